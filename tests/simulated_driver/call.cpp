#include "simulated_driver/call.hpp"

#include <utility>

#include "simulated_driver/dispatchable.hpp"

namespace ashlar::simulated {

namespace {

constexpr std::size_t most_names = 100'000;

/// Stands for the device of an unknown handle, and of no device.
DeviceState& no_device() {
  static Gpu const gpu;
  static DeviceState device = [] {
    DeviceState state;
    state.gpu = &gpu;
    return state;
  }();
  return device;
}

}  // namespace

Failure CallPlan::count(std::string_view function) {
  auto found = calls_.find(function);
  if (found == calls_.end()) {
    found = calls_.emplace(function, 0).first;
  }
  std::uint64_t const number = ++found->second;
  if (auto const armed = failures_.find(function); armed != failures_.end()) {
    for (Armed const& one : armed->second) {
      if (one.first == number || (one.from_then_on && one.first < number)) {
        return one.failure;
      }
    }
  }
  return {};
}

std::uint64_t CallPlan::calls(std::string_view function) const {
  auto const found = calls_.find(function);
  return found != calls_.end() ? found->second : 0;
}

void CallPlan::fail(std::string_view function, Failure const& failure, std::uint64_t nth, bool from_then_on) {
  failures_[std::string{function}].push_back({calls(function) + nth, from_then_on, failure});
}

Call::Call(char const* function) : function_{function}, lock_{driver().mutex}, device_{&no_device()} { begin(); }

Call::Call(VkDevice device, char const* function) : function_{function}, lock_{driver().mutex}, device_{&no_device()} {
  auto const& devices = driver().devices;
  auto const found = devices.find(to_id(device));
  known_ = found != devices.end();
  if (known_) {
    device_ = found->second.get();
  }
  begin();
}

Call::Call(VkQueue queue, char const* function) : function_{function}, lock_{driver().mutex}, device_{&no_device()} {
  auto const& queues = driver().queues;
  auto const found = queues.find(to_id(queue));
  known_ = found != queues.end();
  if (known_) {
    queue_ = found->second;
    device_ = &queue_->device;
  }
  begin();
}

Call::Call(VkCommandBuffer command_buffer, char const* function)
    : function_{function}, lock_{driver().mutex}, device_{&no_device()} {
  auto const& devices = driver().command_buffers;
  auto const found = devices.find(to_id(command_buffer));
  known_ = found != devices.end();
  if (known_) {
    device_ = found->second;
    command_buffer_ = &device_->command_buffers.at(to_id(command_buffer));
  }
  begin();
}

void Call::begin() {
  DriverState& state = driver();
  if (state.has_owner && state.call_names.size() < most_names) {
    state.call_names.push_back(function_);
  }
  Failure const of_driver = state.plan.count(function_);
  Failure const of_device = device_ != &no_device() ? device_->plan.count(function_) : Failure{};
  if (auto const gate = state.gates.find(function_); gate != state.gates.end()) {
    if (std::exchange(gate->second.armed, false)) {
      gate->second.holds = true;
      state.changed.notify_all();
      state.changed.wait(lock_, [&] { return !gate->second.holds; });
    }
  }
  failure_ = of_device.result != VK_SUCCESS ? of_device : of_driver;
  if (failure_.result == VK_ERROR_DEVICE_LOST && failure_.elements == 0 && device_ != &no_device()) {
    device_->lost = true;
    state.changed.notify_all();
  }
  require(known_, "unknown handle");
}

Call::~Call() { driver().deliver(lock_); }

void Call::record(Command command) const {
  if (command_buffer_ != nullptr) {
    command_buffer_->commands->push_back(std::move(command));
  }
}

bool Call::require(bool holds, char const* rule) const {
  if (!holds) {
    driver().violation(std::string{function_} + ": " + rule);
  }
  return holds;
}

}  // namespace ashlar::simulated
