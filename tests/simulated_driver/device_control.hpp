#pragma once

#include <stdexcept>

#include "simulated_driver/control.hpp"

namespace ashlar::simulated {

/// `ControlTable` of one device, however the device was made: in this process, through the loader, under layers. Needs
/// nothing of the driver but this header.
class DeviceControl {
 public:
  /// \throws std::runtime_error if the device is not the simulated driver's.
  DeviceControl(VkDevice device, PFN_vkGetDeviceProcAddr get_device_proc_addr) : device_{device} {
    auto const function = reinterpret_cast<PFN_deviceControl>(get_device_proc_addr(device, control_name));
    if (function == nullptr) {
      throw std::runtime_error("not a device of the simulated driver");
    }
    table_ = function();
  }

  [[nodiscard]] ControlTable const& table() const { return *table_; }

  void fail_next(char const* function, VkResult result, std::uint64_t nth = 1) const {
    table_->fail(device_, function, result, nth, VK_FALSE, 0);
  }
  void fail_from_now_on(char const* function, VkResult result) const {
    table_->fail(device_, function, result, 1, VK_TRUE, 0);
  }
  void fail_half_way(char const* function, VkResult result, std::uint32_t elements) const {
    table_->fail(device_, function, result, 1, VK_FALSE, elements);
  }
  void cancel_failures() const { table_->cancel_failures(device_); }
  [[nodiscard]] std::uint64_t calls(char const* function) const { return table_->calls(device_, function); }

  void close_gate(char const* function) const { table_->close_gate(function); }
  [[nodiscard]] bool wait_at_gate(char const* function, std::uint64_t timeout) const {
    return table_->wait_at_gate(function, timeout) != VK_FALSE;
  }
  void open_gate(char const* function) const { table_->open_gate(function); }

  void hold(VkQueue queue, std::uint64_t submissions = 0) const { table_->hold(queue, submissions); }
  [[nodiscard]] bool wait_at_hold(VkQueue queue, std::uint64_t timeout) const {
    return table_->wait_at_hold(queue, timeout) != VK_FALSE;
  }
  void release(VkQueue queue) const { table_->release(queue); }
  void lose() const { table_->lose(device_); }
  void occupy_heap(std::uint32_t heap, VkDeviceSize bytes) const { table_->occupy_heap(device_, heap, bytes); }
  void set_heap_budget(std::uint32_t heap, VkDeviceSize bytes) const { table_->set_heap_budget(device_, heap, bytes); }

 private:
  VkDevice device_;
  ControlTable const* table_ = nullptr;
};

}  // namespace ashlar::simulated
