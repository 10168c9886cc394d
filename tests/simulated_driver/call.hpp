#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "simulated_driver/external_synchronization.hpp"
#include "simulated_driver/state.hpp"

namespace ashlar::simulated {

/// The VUIDs of a parameter that is a handle.
struct HandleRules {
  char const* valid = nullptr;   ///< That it lives.
  char const* parent = nullptr;  ///< That it is of the call's device; null: the same.
};

/// Uses of an object by its handle.
template <class Handle>
[[nodiscard]] ObjectUse exclusive(char const* type, Handle handle) {
  return {type, to_id(handle), true};
}
template <class Handle>
[[nodiscard]] ObjectUse shared(char const* type, Handle handle) {
  return {type, to_id(handle), false};
}

/// One call of a Vulkan function: counted, held at its gate if that is closed, and told to fail if it is to. Has the
/// driver's mutex while it lives; it uses its objects from before it waits for that.
class Call {
 public:
  /// A call that belongs to no device.
  explicit Call(char const* function, ObjectUses const& uses = {});
  /// It uses the device, with others, and `uses`.
  Call(VkDevice device, char const* function, ObjectUses uses = {});
  /// It uses the queue, for itself unless it says otherwise, and `uses`.
  Call(VkQueue queue, char const* function, ObjectUses uses = {}, bool exclusive = true);
  /// It uses the command buffer and its pool.
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

  /// Adds a command to the command buffer that is being recorded. `rule`: the VUID that it has to be.
  void record(Command command, char const* rule) const;

  /// Notes `rule` as broken unless `holds`; whether it holds.
  bool require(bool holds, std::string_view rule) const;

  template <class Object>
  using Table = std::unordered_map<std::uint64_t, Object> DeviceState::*;

  /// The device's object of that table, or null after a violation.
  template <class Object>
  [[nodiscard]] Object* find(Table<Object> table, std::uint64_t id, HandleRules const& rules) const {
    auto& objects = device_->*table;
    if (auto const found = objects.find(id); found != objects.end()) {
      return &found->second;
    }
    note_unknown(id, rules);
    return nullptr;
  }
  [[nodiscard]] Resource* find_buffer(VkBuffer handle, HandleRules const& rules) const {
    return find_resource(to_id(handle), false, rules);
  }
  [[nodiscard]] Resource* find_image(VkImage handle, HandleRules const& rules) const {
    return find_resource(to_id(handle), true, rules);
  }

  /// Adds an object to the device's table; its handle.
  template <class Handle, class Object>
  [[nodiscard]] Handle add(Table<Object> table, Object object) const {
    std::uint64_t const id = ++driver().last_id;
    (device_->*table).emplace(id, std::move(object));
    return to_handle<Handle>(id);
  }

  /// Takes an object from the device's table; null handles are none.
  template <class Object>
  void erase(Table<Object> table, std::uint64_t id, HandleRules const& rules = {}) const {
    if (id != 0 && find(table, id, rules) != nullptr) {
      (device_->*table).erase(id);
      device_->names.erase(id);
    }
  }

 private:
  void begin(char const* parameter);
  [[nodiscard]] Resource* find_resource(std::uint64_t id, bool is_image, HandleRules const& rules) const;
  /// Notes what is wrong with a handle that is none of the device's objects of its type.
  void note_unknown(std::uint64_t id, HandleRules const& rules) const;

  char const* function_;
  std::optional<CallUses> uses_;
  std::unique_lock<std::mutex> lock_;
  DeviceState* device_;
  QueueState* queue_ = nullptr;
  CommandBuffer* command_buffer_ = nullptr;
  bool known_ = true;
  Failure failure_;
};

}  // namespace ashlar::simulated
