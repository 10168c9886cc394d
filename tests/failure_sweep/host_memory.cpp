#include "failure_sweep/host_memory.hpp"

#include <dlfcn.h>
#include <execinfo.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <new>
#include <string_view>
#include <utility>

#include "simulated_driver/inside.hpp"

// ThreadSanitizer has an operator new of its own, beside which there may be no other.
#if defined(__SANITIZE_THREAD__)
#  define ASHLAR_THREAD_SANITIZER
#elif defined(__has_feature)
#  if __has_feature(thread_sanitizer)
#    define ASHLAR_THREAD_SANITIZER
#  endif
#endif

namespace ashlar::test::host_memory {

namespace {

thread_local bool exposed_thread = false;
std::atomic<std::uint64_t> counted{0};
std::atomic<std::uint64_t> failing{0};  ///< The number of the allocation that fails, from 1; 0: none does.
std::atomic<bool> failed{false};
std::atomic<bool> dispensable{false};  ///< What failed.

constexpr int most_frames = 32;
std::atomic<bool> places_are_noted{false};
std::mutex places_mutex;
std::vector<std::uint64_t> places;

/// FNV-1a, over the return addresses.
std::uint64_t hash_of_stack() noexcept {
  void* frames[most_frames];
  int const count = backtrace(frames, most_frames);
  std::uint64_t hash = 14695981039346656037U;
  for (int i = 0; i < count; ++i) {
    hash = (hash ^ reinterpret_cast<std::uintptr_t>(frames[i])) * 1099511628211U;
  }
  return hash;
}

}  // namespace

void fail(std::uint64_t nth) noexcept {
  failed = false;
  failing = counted + nth;
}

void stop_failing() noexcept {
  failing = 0;
  failed = false;
}

bool has_failed() noexcept { return failed; }

bool was_dispensable() noexcept { return dispensable; }

bool can_fail() noexcept {
#if defined(ASHLAR_THREAD_SANITIZER)
  return false;
#else
  return true;
#endif
}

std::uint64_t count() noexcept { return counted; }

bool is_exposed() noexcept { return exposed_thread; }

void start_noting_places() {
  static_cast<void>(hash_of_stack());  // The first one allocates.
  std::lock_guard const lock{places_mutex};
  places.clear();
  places_are_noted = true;
}

std::vector<std::uint64_t> stop_noting_places() {
  std::lock_guard const lock{places_mutex};
  places_are_noted = false;
  return std::exchange(places, {});
}

Exposure::Exposure(bool exposed) noexcept : before_{std::exchange(exposed_thread, exposed)} {}

Exposure::~Exposure() { exposed_thread = before_; }

}  // namespace ashlar::test::host_memory

#if !defined(ASHLAR_THREAD_SANITIZER)

namespace ashlar::test::host_memory {

namespace {

void note_place() noexcept {
  Exposure const spared{false};
  std::lock_guard const lock{places_mutex};
  if (places_are_noted) {
    places.push_back(hash_of_stack());
  }
}

/// The program exports its functions, so that dladdr knows them.
bool does_without_memory(void const* code) noexcept {
  Dl_info info{};
  if (dladdr(code, &info) == 0 || info.dli_sname == nullptr) {
    return false;
  }
  std::string_view const function = info.dli_sname;
  return function.starts_with("_ZNK6ashlar6Device8set_nameE") ||
         function.starts_with("_ZN6ashlar6detail10SharedTextC") ||
         (function.starts_with("_ZN6ashlar") && function.find("ErrorC") != std::string_view::npos);
}

bool is_dispensable() noexcept {
  void* frames[most_frames];
  int const count = backtrace(frames, most_frames);
  return std::any_of(frames, frames + count, does_without_memory);
}

bool is_to_fail() noexcept {
  if (!exposed_thread || simulated::is_inside()) {
    return false;
  }
  if (places_are_noted) {
    note_place();
  }
  if (++counted != failing) {
    return false;
  }
  dispensable = is_dispensable();
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

#endif
