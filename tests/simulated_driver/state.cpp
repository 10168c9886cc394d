#include "simulated_driver/state.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "simulated_driver/dispatchable.hpp"

namespace ashlar::simulated {

std::shared_ptr<Backing> const& Memory::device_copy() {
  if (device_bytes == nullptr) {
    device_bytes = Backing::create(info.size, map_alignment, Pattern::Device);
  }
  return device_bytes;
}

std::shared_ptr<Backing> const& Memory::host_copy() {
  if (!has_two_copies()) {
    return device_copy();
  }
  if (host_bytes_ == nullptr) {
    host_bytes_ = Backing::create(info.size, map_alignment, Pattern::Host);
  }
  return host_bytes_;
}

std::shared_ptr<Backing> const& Memory::clean_copy() {
  if (clean_bytes_ == nullptr) {
    clean_bytes_ = Backing::create(info.size, map_alignment, Pattern::Host);
  }
  return clean_bytes_;
}

void Semaphore::signal(std::uint64_t to, Clock const& clock) {
  constexpr std::size_t most = 64;  // Who waits for an older value is taken to come after a newer one.
  value = to;
  signals_[to] = clock;
  if (signals_.size() > most) {
    signals_.erase(signals_.begin());
  }
}

Clock Semaphore::clock_of(std::uint64_t of) const {
  auto const found = signals_.lower_bound(of);
  return found != signals_.end() ? found->second : Clock{};
}

std::vector<LivingObject> DeviceState::objects() const {
  std::vector<LivingObject> all;
  auto const add = [&](auto const& table, char const* type) {
    for (auto const& [id, state] : table) {
      all.push_back({id, type});
    }
  };
  add(memories, "VkDeviceMemory");
  add(fences, "VkFence");
  add(semaphores, "VkSemaphore");
  add(events, "VkEvent");
  add(pools, "VkCommandPool");
  add(command_buffers, "VkCommandBuffer");
  add(buffer_views, "VkBufferView");
  for (auto const& [id, resource] : resources) {
    all.push_back({id, resource.is_image ? "VkImage" : "VkBuffer"});
  }
  std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.id < b.id; });
  return all;
}

char const* DeviceState::type_of(std::uint64_t id) const {
  auto const all = objects();
  auto const found = std::find_if(all.begin(), all.end(), [&](LivingObject const& one) { return one.id == id; });
  return found != all.end() ? found->type : nullptr;
}

std::string DeviceState::describe(char const* type, std::uint64_t id) const {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "a %s, 0x%llx", type, static_cast<unsigned long long>(id));
  auto const name = names.find(id);
  return name != names.end() && !name->second.empty() ? text.data() + std::string{", \""} + name->second + "\""
                                                      : text.data();
}

HeapUse& DriverState::heap(Gpu const& gpu, std::uint32_t heap) {
  auto& of_gpu = heaps[gpu.name];
  of_gpu.resize(max_memory_heaps);
  return of_gpu[heap];
}

void DriverState::violation(std::string text) {
  violations.push_back(text);
  undelivered.push_back(std::move(text));
}

void DriverState::deliver(std::unique_lock<std::mutex>& lock) {
  if (undelivered.empty()) {
    return;
  }
  std::vector<std::string> const texts = std::exchange(undelivered, {});
  std::vector<Messenger> messengers;
  for (auto const& [handle, instance] : instances) {
    for (auto const& [id, messenger] : instance->messengers) {
      messengers.push_back(messenger);
    }
  }
  bool const to_stderr = !has_owner;
  if (to_stderr) {
    violations.clear();
  }
  lock.unlock();
  for (std::string const& text : texts) {
    if (to_stderr) {
      std::fprintf(stderr, "ashlar simulated driver: wrong use: %s\n", text.c_str());
    }
    VkDebugUtilsMessengerCallbackDataEXT data{};
    data.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CALLBACK_DATA_EXT;
    data.pMessageIdName = "ashlar-simulated-driver";
    data.pMessage = text.c_str();
    for (Messenger const& messenger : messengers) {
      if ((messenger.severities & VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT) != 0 &&
          (messenger.types & VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT) != 0) {
        messenger.callback(VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
                           VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT, &data, messenger.user_data);
      }
    }
  }
  lock.lock();
}

DriverState& driver() {
  static auto* const state = new DriverState;  // Never destroyed: a program may call Vulkan to its very end.
  return *state;
}

}  // namespace ashlar::simulated
