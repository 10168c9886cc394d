#include "simulated_driver/control.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <new>
#include <stdexcept>

#include "simulated_driver/functions.hpp"
#include "simulated_driver/state.hpp"

namespace ashlar::simulated {

namespace {

/// The device of the handle. A test that names another is wrong.
DeviceState& find_device(VkDevice handle) {
  auto const found = driver().devices.find(to_id(handle));
  if (found == driver().devices.end()) {
    throw std::invalid_argument("the simulated driver has no such VkDevice");
  }
  return *found->second;
}

QueueState& find_queue(VkQueue handle) {
  auto const found = driver().queues.find(to_id(handle));
  if (found == driver().queues.end()) {
    throw std::invalid_argument("the simulated driver has no such VkQueue");
  }
  return *found->second;
}

CallPlan& find_plan(VkDevice device) { return device != VK_NULL_HANDLE ? find_device(device).plan : driver().plan; }

template <class Done>
VkBool32 wait(std::unique_lock<std::mutex>& lock, std::uint64_t timeout, Done done) {
  return driver().changed.wait_for(lock, std::chrono::nanoseconds{timeout}, done) ? VK_TRUE : VK_FALSE;
}

void fail(VkDevice device, char const* function, VkResult result, std::uint64_t nth, VkBool32 from_then_on,
          std::uint32_t elements) {
  std::lock_guard const lock{driver().mutex};
  find_plan(device).fail(counted_name(function), {result, elements}, nth, from_then_on != VK_FALSE);
}

void cancel_failures(VkDevice device) {
  std::lock_guard const lock{driver().mutex};
  find_plan(device).cancel_failures();
}

std::uint64_t calls(VkDevice device, char const* function) {
  std::lock_guard const lock{driver().mutex};
  return find_plan(device).calls(counted_name(function));
}

void close_gate(char const* function) {
  std::lock_guard const lock{driver().mutex};
  driver().gates[counted_name(function)].armed = true;
}

VkBool32 wait_at_gate(char const* function, std::uint64_t timeout) {
  std::unique_lock lock{driver().mutex};
  Gate const& gate = driver().gates[counted_name(function)];
  return wait(lock, timeout, [&] { return gate.holds; });
}

void open_gate(char const* function) {
  std::lock_guard const lock{driver().mutex};
  driver().gates[counted_name(function)] = {};
  driver().changed.notify_all();
}

void hold(VkQueue queue, std::uint64_t submissions) {
  std::lock_guard const lock{driver().mutex};
  QueueState& state = find_queue(queue);
  state.hold = state.begun + submissions;
}

VkBool32 wait_at_hold(VkQueue queue, std::uint64_t timeout) {
  std::unique_lock lock{driver().mutex};
  QueueState const& state = find_queue(queue);
  return wait(lock, timeout, [&] { return state.hold == state.begun && state.submitted > state.begun && !state.busy; });
}

void release(VkQueue queue) {
  std::lock_guard const lock{driver().mutex};
  find_queue(queue).hold.reset();
  driver().changed.notify_all();
}

void lose(VkDevice device) {
  std::lock_guard const lock{driver().mutex};
  find_device(device).lost = true;
  driver().changed.notify_all();
}

HeapUse& find_heap(VkDevice device, std::uint32_t heap) {
  Gpu const& gpu = *find_device(device).gpu;
  if (heap >= gpu.memory.heap_count) {
    throw std::invalid_argument("the simulated GPU has no such heap");
  }
  return driver().heap(gpu, heap);
}

void occupy_heap(VkDevice device, std::uint32_t heap, VkDeviceSize bytes) {
  std::lock_guard const lock{driver().mutex};
  find_heap(device, heap).occupied = bytes;
}

void set_heap_budget(VkDevice device, std::uint32_t heap, VkDeviceSize bytes) {
  std::lock_guard const lock{driver().mutex};
  find_heap(device, heap).budget = bytes;
}

/// The device's copy of a range.
std::byte* find_bytes(VkDevice device, VkDeviceMemory handle, VkDeviceSize offset, VkDeviceSize size) {
  auto& memories = find_device(device).memories;
  auto const found = memories.find(to_id(handle));
  if (found == memories.end()) {
    throw std::invalid_argument("the simulated driver has no such VkDeviceMemory");
  }
  Memory& memory = found->second;
  if (offset > memory.info.size || size > memory.info.size - offset) {
    throw std::invalid_argument("a range outside of the VkDeviceMemory");
  }
  if (memory.device_copy() == nullptr) {
    throw std::bad_alloc{};
  }
  return memory.device_copy()->bytes() + offset;
}

void read_memory(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size, void* bytes) {
  std::lock_guard const lock{driver().mutex};
  std::copy_n(find_bytes(device, memory, offset, size), size, static_cast<std::byte*>(bytes));
}

void write_memory(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size, void const* bytes) {
  std::lock_guard const lock{driver().mutex};
  std::copy_n(static_cast<std::byte const*>(bytes), size, find_bytes(device, memory, offset, size));
  DeviceState& state = find_device(device);
  state.host_writes.device_wrote(state.memories.at(to_id(memory)).device_copy(), offset, offset + size);
}

}  // namespace

ControlTable const* VKAPI_CALL device_control() {
  static ControlTable const table = {.fail = fail,
                                     .cancel_failures = cancel_failures,
                                     .calls = calls,
                                     .close_gate = close_gate,
                                     .wait_at_gate = wait_at_gate,
                                     .open_gate = open_gate,
                                     .hold = hold,
                                     .wait_at_hold = wait_at_hold,
                                     .release = release,
                                     .lose = lose,
                                     .occupy_heap = occupy_heap,
                                     .set_heap_budget = set_heap_budget,
                                     .read_memory = read_memory,
                                     .write_memory = write_memory};
  return &table;
}

}  // namespace ashlar::simulated
