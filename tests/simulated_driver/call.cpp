#include "simulated_driver/call.hpp"

#include <algorithm>
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

ObjectUses with(ObjectUses uses, ObjectUse const& object) {
  uses.push_back(object);
  return uses;
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

Call::Call(char const* function, ObjectUses const& uses)
    : function_{function}, uses_{std::in_place, function, uses}, lock_{driver().mutex}, device_{&no_device()} {
  begin("");
}

Call::Call(VkDevice device, char const* function, ObjectUses uses)
    : function_{function},
      uses_{std::in_place, function, with(std::move(uses), {"VkDevice", to_id(device), false})},
      lock_{driver().mutex},
      device_{&no_device()} {
  auto const& devices = driver().devices;
  auto const found = devices.find(to_id(device));
  known_ = found != devices.end();
  if (known_) {
    device_ = found->second.get();
  }
  begin("device");
}

Call::Call(VkQueue queue, char const* function, ObjectUses uses, bool exclusive)
    : function_{function},
      uses_{std::in_place, function, with(std::move(uses), {"VkQueue", to_id(queue), exclusive})},
      lock_{driver().mutex},
      device_{&no_device()} {
  auto const& queues = driver().queues;
  auto const found = queues.find(to_id(queue));
  known_ = found != queues.end();
  if (known_) {
    queue_ = found->second;
    device_ = &queue_->device;
  }
  begin("queue");
}

Call::Call(VkCommandBuffer command_buffer, char const* function)
    : function_{function},
      uses_{std::in_place, function,
            with(used_with(to_id(command_buffer)), {"VkCommandBuffer", to_id(command_buffer)})},
      lock_{driver().mutex},
      device_{&no_device()} {
  auto const& devices = driver().command_buffers;
  auto const found = devices.find(to_id(command_buffer));
  known_ = found != devices.end();
  if (known_) {
    device_ = found->second;
    command_buffer_ = &device_->command_buffers.at(to_id(command_buffer));
  }
  begin("commandBuffer");
}

void Call::begin(char const* parameter) {
  DriverState& state = driver();
  if (state.has_owner && state.call_names.size() < most_names) {
    state.call_names.push_back(function_);
  }
  for (std::string const& conflict : uses_->conflicts()) {
    require(false, conflict);
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
  if (!known_) {
    require(false, std::string{"a handle that does not live (VUID-"} + function_ + "-" + parameter + "-parameter)");
  }
}

/// The uses end before others may be given a handle that the call has set free.
Call::~Call() {
  uses_.reset();
  driver().deliver(lock_);
}

void Call::record(Command command, char const* rule) const {
  if (command_buffer_ != nullptr && require(command_buffer_->state == CommandBuffer::State::Recording,
                                            std::string{"it is not being recorded ("} + rule + ")")) {
    command_buffer_->commands->push_back(std::move(command));
  }
}

bool Call::require(bool holds, std::string_view rule) const {
  if (!holds) {
    driver().violation(std::string{function_} + ": " + std::string{rule});
  }
  return holds;
}

Resource* Call::find_resource(std::uint64_t id, bool is_image, HandleRules const& rules) const {
  auto const found = device_->resources.find(id);
  if (found != device_->resources.end() && found->second.is_image == is_image) {
    return &found->second;
  }
  note_unknown(id, rules);
  return nullptr;
}

void Call::note_unknown(std::uint64_t id, HandleRules const& rules) const {
  auto const& devices = driver().devices;
  bool const foreign = std::any_of(devices.begin(), devices.end(), [&](auto const& entry) {
    return entry.second.get() != device_ && entry.second->type_of(id) != nullptr;
  });
  char const* const type = device_->type_of(id);
  std::string text = id == 0                  ? "a null handle"
                     : type != nullptr        ? std::string{"a handle of a "} + type
                     : foreign                ? "a handle of another device"
                     : id <= driver().last_id ? "a handle of what was destroyed"
                                              : "a handle that never was one";
  if (char const* const vuid = foreign && rules.parent != nullptr ? rules.parent : rules.valid) {
    text += std::string{" ("} + vuid + ")";
  }
  require(false, text);
}

}  // namespace ashlar::simulated
