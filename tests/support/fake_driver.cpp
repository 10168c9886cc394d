#include "support/fake_driver.hpp"

#include <ashlar/device/instance.hpp>

#include <cassert>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "support/catch.hpp"
#include "support/fake_driver_state.hpp"

namespace ashlar::test {

namespace {

FakeDriverState* active = nullptr;

FakeDriverInfo info_of(GpuProfile const& gpu) {
  FakeDriverInfo info;
  info.memory = gpu.memory;
  info.limits = gpu.limits;
  return info;
}

/// Stands for every function that the driver does not have.
void VKAPI_CALL missing_function() {
  std::lock_guard const lock{fake_driver().mutex};
  fake_driver().violation("a function was called that FakeDriver does not have");
}

/// Fails the test from a destructor: Catch2 throws from a failed check if it was told to stop at the first failure.
void expect_clean(FakeDriverState const& state, std::uint64_t live) noexcept {
  try {
    CHECK(live == 0);
    for (std::string const& violation : state.violations) {
      FAIL_CHECK(violation);
    }
  } catch (...) {  // Catch2 has recorded the failure.
  }
}

}  // namespace

std::byte* FakeStorage::bytes(VkDeviceSize size, VkDeviceSize alignment) {
  if (memory_ == nullptr) {
    memory_.reset(std::calloc(static_cast<std::size_t>(size + alignment), 1));
  }
  auto const address = reinterpret_cast<std::uintptr_t>(memory_.get());
  return reinterpret_cast<std::byte*>(align_up(address, alignment));
}

std::byte* FakeDriverState::view(FakeMemory& memory, bool host) {
  FakeStorage& storage = host && has_two_views(memory) ? memory.host_view : memory.device_view;
  return storage.bytes(memory.info.size, info.limits.min_memory_map_alignment);
}

FakeDriverState& fake_driver() {
  assert(active != nullptr);
  return *active;
}

FakeCall::FakeCall(char const* function) : driver_{fake_driver()}, lock_{driver_.mutex} {
  std::uint64_t const number = ++driver_.calls[function];
  FakeGate& gate = driver_.gates[function];
  if (std::exchange(gate.armed, false)) {
    gate.holds = true;
    driver_.changed.notify_all();
    driver_.changed.wait(lock_, [&] { return !gate.holds; });
  }
  auto const& failures = driver_.failures[function];
  if (auto const failure = failures.find(number); failure != failures.end()) {
    result_ = failure->second;
  }
}

FakeDriver::FakeDriver(FakeDriverInfo const& info) : state_{std::make_unique<FakeDriverState>(info)} {
  assert(active == nullptr);
  active = state_.get();
}

FakeDriver::FakeDriver(GpuProfile const& gpu) : FakeDriver{info_of(gpu)} {}

FakeDriver::~FakeDriver() {
  expect_clean(*state_, live_objects());
  active = nullptr;
}

PFN_vkVoidFunction VKAPI_CALL FakeDriver::get_instance_proc_addr(VkInstance /*instance*/, char const* name) {
  static FakeFunctions const functions = [] {
    FakeFunctions all = fake_instance_functions();
    all.merge(fake_memory_functions());
    return all;
  }();
  auto const found = functions.find(name);
  return found != functions.end() ? found->second : void_function(missing_function);
}

Device FakeDriver::create_device() {
  auto const instance = Instance::create({.get_instance_proc_addr = get_instance_proc_addr});
  return Device::create({.physical_device = instance.physical_devices()[0]});
}

void FakeDriver::set_buffer_requirements(FakeRequirements const& requirements) {
  std::lock_guard const lock{state_->mutex};
  state_->buffer_requirements = requirements;
}

void FakeDriver::set_image_requirements(FakeRequirements const& requirements) {
  std::lock_guard const lock{state_->mutex};
  state_->image_requirements = requirements;
}

void FakeDriver::occupy_heap(std::uint32_t heap, VkDeviceSize bytes) {
  std::lock_guard const lock{state_->mutex};
  state_->occupied[heap] = bytes;
}

std::uint64_t FakeDriver::calls(std::string_view function) const {
  std::lock_guard const lock{state_->mutex};
  auto const found = state_->calls.find(function);
  return found != state_->calls.end() ? found->second : 0;
}

void FakeDriver::fail_next(std::string_view function, VkResult result, std::uint64_t nth) {
  std::lock_guard const lock{state_->mutex};
  std::string const name{function};
  state_->failures[name][state_->calls[name] + nth] = result;
}

void FakeDriver::block_next(std::string_view function) {
  std::lock_guard const lock{state_->mutex};
  state_->gates[std::string{function}].armed = true;
}

void FakeDriver::wait_until_blocked(std::string_view function) const {
  std::unique_lock lock{state_->mutex};
  FakeGate const& gate = state_->gates[std::string{function}];
  if (!state_->changed.wait_for(lock, std::chrono::seconds{20}, [&] { return gate.holds; })) {
    throw std::runtime_error("no call came to be held: " + std::string{function});
  }
}

void FakeDriver::release(std::string_view function) {
  std::lock_guard const lock{state_->mutex};
  state_->gates[std::string{function}] = {};
  state_->changed.notify_all();
}

std::vector<RecordedAllocation> FakeDriver::allocations() const {
  std::lock_guard const lock{state_->mutex};
  return state_->allocations;
}

std::vector<RecordedRange> FakeDriver::flushes() const {
  std::lock_guard const lock{state_->mutex};
  return state_->flushes;
}

std::vector<RecordedRange> FakeDriver::invalidations() const {
  std::lock_guard const lock{state_->mutex};
  return state_->invalidations;
}

VkDeviceSize FakeDriver::heap_use(std::uint32_t heap) const {
  std::lock_guard const lock{state_->mutex};
  return state_->used[heap];
}

std::uint64_t FakeDriver::live_memories() const {
  std::lock_guard const lock{state_->mutex};
  return state_->memories.size();
}

std::uint64_t FakeDriver::live_objects() const {
  std::lock_guard const lock{state_->mutex};
  return state_->instances.size() + state_->devices.size() + state_->memories.size() + state_->resources.size();
}

void FakeDriver::device_write(VkDeviceMemory memory, VkDeviceSize offset, std::string_view bytes) {
  std::lock_guard const lock{state_->mutex};
  std::memcpy(state_->view(state_->memories.at(to_id(memory)), false) + offset, bytes.data(), bytes.size());
}

std::string FakeDriver::device_read(VkDeviceMemory memory, VkDeviceSize offset, std::size_t size) const {
  std::lock_guard const lock{state_->mutex};
  std::byte const* const bytes = state_->view(state_->memories.at(to_id(memory)), false);
  return {reinterpret_cast<char const*>(bytes) + offset, size};
}

std::vector<std::string> FakeDriver::take_violations() {
  std::lock_guard const lock{state_->mutex};
  return std::exchange(state_->violations, {});
}

}  // namespace ashlar::test
