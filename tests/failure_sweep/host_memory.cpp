#include "failure_sweep/host_memory.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>
#include <utility>

#include "simulated_driver/inside.hpp"

namespace ashlar::test::host_memory {

namespace {

thread_local bool exposed_thread = false;
std::atomic<std::uint64_t> counted{0};
std::atomic<std::uint64_t> failing{0};  ///< The number of the allocation that fails, from 1; 0: none does.
std::atomic<bool> failed{false};

bool is_to_fail() noexcept {
  if (!exposed_thread || simulated::is_inside() || ++counted != failing) {
    return false;
  }
  failed = true;
  return true;
}

void* allocate(std::size_t size) noexcept {
  return is_to_fail() ? nullptr : std::malloc(std::max<std::size_t>(size, 1));
}

void* allocate(std::size_t size, std::align_val_t alignment) noexcept {
  auto const unit = static_cast<std::size_t>(alignment);
  return is_to_fail() ? nullptr : std::aligned_alloc(unit, (std::max<std::size_t>(size, 1) + unit - 1) / unit * unit);
}

void* or_throw(void* memory) {
  if (memory == nullptr) {
    throw std::bad_alloc{};
  }
  return memory;
}

}  // namespace

void fail(std::uint64_t nth) noexcept {
  failed = false;
  failing = counted + nth;
}

bool stop_failing() noexcept {
  failing = 0;
  return failed.exchange(false);
}

std::uint64_t count() noexcept { return counted; }

bool is_exposed() noexcept { return exposed_thread; }

Exposure::Exposure(bool exposed) noexcept : before_{std::exchange(exposed_thread, exposed)} {}

Exposure::~Exposure() { exposed_thread = before_; }

}  // namespace ashlar::test::host_memory

using ashlar::test::host_memory::allocate;
using ashlar::test::host_memory::or_throw;

void* operator new(std::size_t size) { return or_throw(allocate(size)); }
void* operator new[](std::size_t size) { return or_throw(allocate(size)); }
void* operator new(std::size_t size, std::align_val_t alignment) { return or_throw(allocate(size, alignment)); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return or_throw(allocate(size, alignment)); }
void* operator new(std::size_t size, std::nothrow_t const&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, std::nothrow_t const&) noexcept { return allocate(size); }
void* operator new(std::size_t size, std::align_val_t alignment, std::nothrow_t const&) noexcept {
  return allocate(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment, std::nothrow_t const&) noexcept {
  return allocate(size, alignment);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::nothrow_t const&) noexcept { std::free(memory); }
void operator delete[](void* memory, std::nothrow_t const&) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t, std::nothrow_t const&) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t, std::nothrow_t const&) noexcept { std::free(memory); }
