#include <ashlar/device/device.hpp>

#include <ashlar/error.hpp>

#include "device/check.hpp"
#include "device/device_state.hpp"
#include "text.hpp"

#include <algorithm>
#include <bit>
#include <string>

namespace ashlar {

namespace detail {

void retain(DeviceState& state) noexcept { state.add_reference(); }

void release(DeviceState& state) noexcept {
  if (state.drop_reference()) {
    delete &state;
  }
}

DeviceState::~DeviceState() {
  in_flight.end();
  if (owned && vk.vkDestroyDevice != nullptr) {
    if (vk.vkDeviceWaitIdle != nullptr) {
      vk.vkDeviceWaitIdle(handle);
    }
    vk.vkDestroyDevice(handle, allocation_callbacks);
  }
}

namespace {

std::string flags_text(Flags<QueueFlag> flags) {
  constexpr struct {
    QueueFlag flag;
    char const* name;
  } names[] = {{QueueFlag::Graphics, "Graphics"},
               {QueueFlag::Compute, "Compute"},
               {QueueFlag::Transfer, "Transfer"},
               {QueueFlag::SparseBinding, "SparseBinding"},
               {QueueFlag::Protected, "Protected"}};
  std::string result;
  for (auto const& [flag, name] : names) {
    if (flags.contains(flag)) {
      append(result, text(result.empty() ? "" : " | ", name));
      flags = flags.without(flag);
    }
  }
  if (!flags.empty()) {
    append(result, text(result.empty() ? "" : " | ", flags.mask()));
  }
  return result;
}

[[noreturn]] void throw_no_queue(DeviceState const& device, Flags<QueueFlag> flags) {
  std::string problem = text("no queue of this device can do ", flags_text(flags), "; its queues can do: ");
  char const* separator = "";
  for (QueueState const& queue : device.queues) {
    append(problem, text(separator, flags_text(queue.flags)));
    separator = "; ";
  }
  append(problem, device.queues.empty() ? "nothing, for it has none" : "");
  throw ValidationError{"Device::queue", problem.c_str()};
}

void report_named_objects(DeviceState const& device, LiveObjects const& live) {
  std::string names;
  device.buffer_names.list(names);
  device.memory_names.list(names);
  if (names.empty()) {
    return;
  }
  std::string const message =
      text("Still alive on the device: buffers: ", live.buffers, ", memory allocations: ", live.memory_allocations,
           " of ", bytes_text(live.memory_bytes), ". Named: ", names);
  device.instance().messages.report(
      {.severity = MessageSeverity::Warning, .id = "ashlar-live-objects", .text = message.c_str()});
}

}  // namespace

}  // namespace detail

Device::Device(detail::Counted<detail::DeviceState> state) noexcept : state_{std::move(state)} {}

VkDevice Device::handle() const noexcept { return state_->handle; }

PhysicalDevice const& Device::physical_device() const noexcept { return state_->physical_device; }

std::uint32_t Device::api_version() const noexcept { return state_->api_version; }

DeviceFeatures const& Device::features() const noexcept { return state_->features; }

bool Device::extension_enabled(char const* name) const noexcept { return detail::contains(state_->extensions, name); }

std::uint32_t Device::queue_count() const noexcept { return static_cast<std::uint32_t>(state_->queues.size()); }

Queue Device::queue(std::uint32_t index) const noexcept {
  return detail::Access::make<Queue>(state_, state_->queues[index]);
}

Queue Device::queue(Flags<QueueFlag> flags) const {
  auto const others = [&](detail::QueueState const& queue) { return std::popcount(queue.flags.without(flags).mask()); };
  detail::QueueState* best = nullptr;
  for (detail::QueueState& queue : state_->queues) {
    if (queue.flags.contains(flags) && (best == nullptr || others(queue) < others(*best))) {
      best = &queue;
    }
  }
  if (best == nullptr) {
    detail::throw_no_queue(*state_, flags);
  }
  return detail::Access::make<Queue>(state_, *best);
}

ArrayView<std::uint32_t> Device::queue_families() const noexcept { return state_->queue_families; }

void Device::wait_idle() const {
  std::vector<std::unique_lock<detail::QueueState>> locks;
  locks.reserve(state_->queues.size());
  for (auto queue = state_->queues.begin(); queue != state_->queues.end(); ++queue) {
    // An owner may guard several queues with one lock.
    if (std::none_of(state_->queues.begin(), queue, [&](auto const& earlier) { return earlier.shares_lock(*queue); })) {
      locks.emplace_back(*queue);
    }
  }
  VkResult const result = state_->vk.vkDeviceWaitIdle(state_->handle);
  locks.clear();
  state_->in_flight.check_device(result, "vkDeviceWaitIdle");
  state_->in_flight.retire();
}

void Device::poll() const noexcept { state_->in_flight.retire(); }

void Device::notify_lost() const noexcept { state_->in_flight.notify_lost(); }

bool Device::is_lost() const noexcept { return state_->in_flight.is_lost(); }

LiveObjects Device::drain() const {
  wait_idle();
  LiveObjects live{.buffers = state_->buffer_count.load(), .memory_allocations = state_->own_memory_allocation_count};
  for (auto const& use : state_->heap_use) {
    live.memory_bytes += use;
  }
  detail::report_named_objects(*state_, live);
  return live;
}

void Device::set_name(std::int32_t object_type, std::uint64_t handle, char const* name) const noexcept {
  if (object_type == VK_OBJECT_TYPE_BUFFER) {
    state_->buffer_names.set(handle, name);
  } else if (object_type == VK_OBJECT_TYPE_DEVICE_MEMORY) {
    state_->memory_names.set(handle, name);
  }
  if (!state_->debug_utils) {
    return;
  }
  VkDebugUtilsObjectNameInfoEXT info{};
  info.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT;
  info.objectType = static_cast<VkObjectType>(object_type);
  info.objectHandle = handle;
  info.pObjectName = name;
  state_->instance().vk.vkSetDebugUtilsObjectNameEXT(state_->handle, &info);
}

PFN_vkVoidFunction Device::proc_addr(char const* name) const noexcept {
  return state_->instance().vk.vkGetDeviceProcAddr(state_->handle, name);
}

}  // namespace ashlar
