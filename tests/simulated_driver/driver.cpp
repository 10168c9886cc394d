#include "simulated_driver/driver.hpp"

#include <cassert>
#include <stdexcept>
#include <utility>

#include "simulated_driver/queue.hpp"
#include "simulated_driver/state.hpp"

namespace ashlar::simulated {

namespace {

constexpr std::uint64_t long_enough = 20'000'000'000;  // Nanoseconds, after which a call that has not come never will.

/// Changes the first GPU of the driver, and of every instance.
template <class Change>
void change_first_gpu(Change change) {
  std::lock_guard const lock{driver().mutex};
  change(driver().gpus.at(0));
  for (auto const& [id, instance] : driver().instances) {
    change(instance->gpus.at(0));
  }
}

template <class Value>
Value locked_copy(Value DriverState::* member) {
  std::lock_guard const lock{driver().mutex};
  return driver().*member;
}

}  // namespace

Driver::Driver(std::vector<Gpu> gpus) : gpu_{gpus.at(0)} {
  std::lock_guard const lock{driver().mutex};
  assert(!driver().has_owner);
  driver().gpus = std::move(gpus);
  driver().has_owner = true;
}

Driver::~Driver() {
  std::lock_guard const lock{driver().mutex};
  DriverState& state = driver();
  state.has_owner = false;
  state.gpus.clear();
  state.plan = {};
  state.begins_when_awaited = false;
  for (auto& [function, gate] : state.gates) {
    gate = {};  // Who is held goes on.
  }
  for (auto& [gpu, heaps] : state.heaps) {
    for (HeapUse& heap : heaps) {
      heap = {.used = heap.used, .occupied = 0, .budget = {}};
    }
  }
  state.call_names.clear();
  state.allocations.clear();
  state.flushes.clear();
  state.invalidations.clear();
  state.violations.clear();
  state.changed.notify_all();
}

void Driver::set_buffer_requirements(ResourceRequirements const& requirements) {
  change_first_gpu([&](Gpu& gpu) { gpu.buffers = requirements; });
}

void Driver::set_image_requirements(ResourceRequirements const& requirements) {
  change_first_gpu([&](Gpu& gpu) { gpu.images = requirements; });
}

void Driver::occupy_heap(std::uint32_t heap, VkDeviceSize bytes) {
  std::lock_guard const lock{driver().mutex};
  driver().heap(gpu_, heap).occupied = bytes;
}

void Driver::set_heap_budget(std::uint32_t heap, VkDeviceSize bytes) {
  std::lock_guard const lock{driver().mutex};
  driver().heap(gpu_, heap).budget = bytes;
}

std::uint64_t Driver::calls(char const* function) const { return device_control()->calls(VK_NULL_HANDLE, function); }

void Driver::fail_next(char const* function, VkResult result, std::uint64_t nth) {
  device_control()->fail(VK_NULL_HANDLE, function, result, nth, VK_FALSE, 0);
}

void Driver::fail_from_now_on(char const* function, VkResult result) {
  device_control()->fail(VK_NULL_HANDLE, function, result, 1, VK_TRUE, 0);
}

void Driver::fail_half_way(char const* function, VkResult result, std::uint32_t elements) {
  device_control()->fail(VK_NULL_HANDLE, function, result, 1, VK_FALSE, elements);
}

void Driver::cancel_failures() { device_control()->cancel_failures(VK_NULL_HANDLE); }

void Driver::block_next(char const* function) { device_control()->close_gate(function); }

void Driver::wait_until_blocked(char const* function) const {
  if (device_control()->wait_at_gate(function, long_enough) == VK_FALSE) {
    throw std::runtime_error("no call came to be held: " + std::string{function});
  }
}

void Driver::release(char const* function) { device_control()->open_gate(function); }

void Driver::begin_when_awaited() {
  std::lock_guard const lock{driver().mutex};
  driver().begins_when_awaited = true;
}

void Driver::let_work_end() {
  std::unique_lock lock{driver().mutex};
  for (auto const& [id, device] : driver().devices) {
    begin_awaited(*device, lock);
  }
}

std::vector<char const*> Driver::call_names() const { return locked_copy(&DriverState::call_names); }

std::vector<RecordedAllocation> Driver::allocations() const { return locked_copy(&DriverState::allocations); }

std::vector<RecordedRange> Driver::flushes() const { return locked_copy(&DriverState::flushes); }

std::vector<RecordedRange> Driver::invalidations() const { return locked_copy(&DriverState::invalidations); }

VkDeviceSize Driver::heap_use(std::uint32_t heap) const {
  std::lock_guard const lock{driver().mutex};
  return driver().heap(gpu_, heap).used;
}

std::uint64_t Driver::live_memories() const {
  std::lock_guard const lock{driver().mutex};
  std::uint64_t count = 0;
  for (auto const& [id, device] : driver().devices) {
    count += device->memories.size();
  }
  return count;
}

std::uint64_t Driver::live_objects() const {
  std::lock_guard const lock{driver().mutex};
  std::uint64_t count = driver().instances.size() + driver().devices.size();
  for (auto const& [id, device] : driver().devices) {
    count += device->objects().size();
  }
  return count;
}

VkDevice Driver::device_of(VkDeviceMemory memory) const {
  std::lock_guard const lock{driver().mutex};
  for (auto const& [id, device] : driver().devices) {
    if (device->memories.contains(to_id(memory))) {
      return to_handle<VkDevice>(id);
    }
  }
  throw std::invalid_argument("the simulated driver has no such VkDeviceMemory");
}

void Driver::device_write(VkDeviceMemory memory, VkDeviceSize offset, std::string_view bytes) {
  device_control()->write_memory(device_of(memory), memory, offset, bytes.size(), bytes.data());
}

std::string Driver::device_read(VkDeviceMemory memory, VkDeviceSize offset, std::size_t size) const {
  std::string bytes(size, '\0');
  device_control()->read_memory(device_of(memory), memory, offset, size, bytes.data());
  return bytes;
}

std::string Driver::object_name(VkDevice device, std::uint64_t object) const {
  std::lock_guard const lock{driver().mutex};
  auto const& names = driver().devices.at(to_id(device))->names;
  auto const found = names.find(object);
  return found != names.end() ? found->second : "";
}

std::vector<std::string> Driver::take_violations() {
  std::lock_guard const lock{driver().mutex};
  return std::exchange(driver().violations, {});
}

}  // namespace ashlar::simulated
