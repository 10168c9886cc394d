#pragma once

#include <cstdint>
#include <mutex>

#include "simulated_driver/inside.hpp"
#include "simulated_driver/state.hpp"

namespace ashlar::simulated {

/// One call of a Vulkan function: counted, held at its gate if that is closed, and told to fail if it is to. Has the
/// driver's mutex while it lives.
class Call {
 public:
  /// A call that belongs to no device.
  explicit Call(char const* function);
  Call(VkDevice device, char const* function);
  Call(VkQueue queue, char const* function);
  Call(VkCommandBuffer command_buffer, char const* function);
  Call(Call const&) = delete;
  Call& operator=(Call const&) = delete;
  ~Call();

  [[nodiscard]] char const* function() const { return function_; }
  /// With what it is to fail, or VK_SUCCESS. VK_ERROR_DEVICE_LOST has lost the device, unless elements are to be done.
  [[nodiscard]] VkResult result() const { return failure_.result; }
  /// How many elements of an array are done before it fails; all of them if it does not.
  [[nodiscard]] std::uint32_t elements(std::uint32_t count) const {
    return failure_.result == VK_SUCCESS || failure_.elements > count ? count : failure_.elements;
  }
  /// The device; of an unknown handle one without anything, after a violation.
  [[nodiscard]] DeviceState& device() const { return *device_; }
  /// Null for an unknown handle.
  [[nodiscard]] QueueState* queue() const { return queue_; }
  [[nodiscard]] CommandBuffer* command_buffer() const { return command_buffer_; }
  [[nodiscard]] std::unique_lock<std::mutex>& lock() { return lock_; }

  /// Adds a command to the command buffer.
  void record(Command command) const;

  /// Notes `rule` as broken unless `holds`; whether it holds.
  bool require(bool holds, char const* rule) const;

  /// The device's object of that table, or null after a violation.
  template <class Object>
  [[nodiscard]] Object* find(std::unordered_map<std::uint64_t, Object> DeviceState::* table, std::uint64_t id) const {
    auto& objects = device_->*table;
    auto const found = objects.find(id);
    return require(found != objects.end(), "unknown handle") ? &found->second : nullptr;
  }

  /// Adds an object to the device's table; its handle.
  template <class Handle, class Object>
  [[nodiscard]] Handle add(std::unordered_map<std::uint64_t, Object> DeviceState::* table, Object object) const {
    std::uint64_t const id = ++driver().last_id;
    (device_->*table).emplace(id, std::move(object));
    return to_handle<Handle>(id);
  }

  /// Takes an object from the device's table; null handles are none.
  template <class Object>
  void erase(std::unordered_map<std::uint64_t, Object> DeviceState::* table, std::uint64_t id) const {
    if (id != 0) {
      require((device_->*table).erase(id) == 1, "unknown handle");
    }
  }

 private:
  void begin();

  Inside inside_;
  char const* function_;
  std::unique_lock<std::mutex> lock_;
  DeviceState* device_;
  QueueState* queue_ = nullptr;
  CommandBuffer* command_buffer_ = nullptr;
  bool known_ = true;
  Failure failure_;
};

}  // namespace ashlar::simulated
