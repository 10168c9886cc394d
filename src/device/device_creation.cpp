#include <ashlar/device/device.hpp>
#include <ashlar/error.hpp>

#include "device/check.hpp"
#include "device/device_selection.hpp"
#include "device/device_state.hpp"
#include "device/device_table.hpp"
#include "device/feature_chain.hpp"
#include "text.hpp"

#include <algorithm>
#include <bit>

namespace ashlar {

namespace detail {

namespace {

constexpr char const* context = "Device::create";

/// The family that can do `all`, nothing of `none`, and least else; null if there is none.
QueueFamily const* find_family(std::vector<QueueFamily> const& families, Flags<QueueFlag> all, Flags<QueueFlag> none) {
  auto const others = [&](QueueFamily const& family) { return std::popcount(family.flags.without(all).mask()); };
  QueueFamily const* best = nullptr;
  for (QueueFamily const& family : families) {
    if (family.flags.contains(all) && !family.flags.intersects(none) &&
        (best == nullptr || others(family) < others(*best))) {
      best = &family;
    }
  }
  return best;
}

/// One general queue, and one of a compute-only and a transfer-only family where there are such.
std::vector<QueueCreateInfo> default_queues(std::vector<QueueFamily> const& families) {
  QueueFamily const* general = find_family(families, QueueFlag::Graphics | QueueFlag::Compute, {});
  for (Flags<QueueFlag> const less : {Flags{QueueFlag::Compute}, Flags{QueueFlag::Graphics}, Flags<QueueFlag>{}}) {
    general = general != nullptr ? general : find_family(families, less, {});
  }
  QueueFamily const* const compute = find_family(families, QueueFlag::Compute, QueueFlag::Graphics);
  QueueFamily const* const transfer =
      find_family(families, QueueFlag::Transfer, QueueFlag::Graphics | QueueFlag::Compute);

  std::vector<QueueCreateInfo> queues;
  for (QueueFamily const* const family :
       {general, compute != general ? compute : nullptr, transfer != general ? transfer : nullptr}) {
    if (family != nullptr) {
      queues.push_back({.family = static_cast<std::uint32_t>(family - families.data())});
    }
  }
  return queues;
}

void check_queue(QueueCreateInfo const& queue, std::vector<QueueFamily> const& families) {
  if (queue.family >= families.size()) {
    throw ValidationError{
        context,
        text("queue family ", queue.family, " was asked for, but the device has ", families.size(), " families")
            .c_str(),
        "VUID-VkDeviceQueueCreateInfo-queueFamilyIndex-00381"};
  }
  std::uint32_t const available = families[queue.family].queue_count;
  if (queue.count == 0 || queue.count > available) {
    throw ValidationError{
        context,
        text(queue.count, " queues of family ", queue.family, " were asked for; 1 to ", available, " can be created")
            .c_str(),
        "VUID-VkDeviceQueueCreateInfo-queueCount-00382"};
  }
  bool const in_range = queue.priority >= 0.0F && queue.priority <= 1.0F;  // A NaN is not.
  if (!in_range) {
    throw ValidationError{context,
                          text("the priority of family ", queue.family, "'s queues is not from 0 to 1").c_str(),
                          "VUID-VkDeviceQueueCreateInfo-pQueuePriorities-00383"};
  }
}

/// The queues that the user asked for, or the default ones.
std::vector<QueueCreateInfo> chosen_queues(ArrayView<QueueCreateInfo> users, std::vector<QueueFamily> const& families) {
  if (users.empty()) {
    return default_queues(families);
  }
  for (QueueCreateInfo const& queue : users) {
    check_queue(queue, families);
    if (std::count_if(users.begin(), users.end(), [&](auto const& other) { return other.family == queue.family; }) >
        1) {
      throw ValidationError{context, text("queue family ", queue.family, " stands twice in the queues").c_str(),
                            "VUID-VkDeviceCreateInfo-queueFamilyIndex-02802"};
    }
  }
  return {users.begin(), users.end()};
}

/// The user's extensions, those of the features, and the one that a device which has it must enable.
NameList chosen_extensions(ArrayView<char const*> users, PhysicalDeviceState const& physical_device,
                           DeviceFeatures const& features) {
  NameList chosen;
  for (char const* const name : users) {
    if (!contains(physical_device.extensions, name)) {
      throw NotFoundError{
          text("The device extension ", name, " is not offered by ", physical_device.properties.deviceName).c_str()};
    }
    add_name(chosen, name);
  }
  add_feature_extensions(chosen, features, physical_device.api_version);
  constexpr char const* portability_subset = "VK_KHR_portability_subset";  // Named in vulkan_beta.h only.
  if (contains(physical_device.extensions, portability_subset)) {
    add_name(chosen, portability_subset);
  }
  return chosen;
}

/// What ashlar turns on by itself: what the device has, unless the user chose VK_EXT_buffer_device_address, which
/// excludes its successor (VUID-VkDeviceCreateInfo-pNext-04748, VUID-VkDeviceCreateInfo-ppEnabledExtensionNames-03328).
DeviceFeatures wanted_features(DeviceCreateInfo const& info, DeviceFeatures const& available) {
  DeviceFeatures wanted = available;
  bool const elder = std::any_of(info.extensions.begin(), info.extensions.end(), [](std::string_view name) {
    return name == VK_EXT_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME;
  });
  if (elder || chains_buffer_device_address_ext(info.features)) {
    wanted.buffer_device_address = false;
  }
  return wanted;
}

VkDevice create_device(DeviceState const& state, PhysicalDeviceState const& physical_device, void const* features,
                       std::vector<QueueCreateInfo> const& queues) {
  std::vector<std::vector<float>> priorities;
  std::vector<VkDeviceQueueCreateInfo> queue_infos;
  for (QueueCreateInfo const& queue : queues) {
    VkDeviceQueueCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    info.queueFamilyIndex = queue.family;
    info.queueCount = queue.count;
    info.pQueuePriorities = priorities.emplace_back(queue.count, queue.priority).data();
    queue_infos.push_back(info);
  }
  std::vector<char const*> const extensions = c_strings(state.extensions);
  VkDeviceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  info.pNext = features;
  info.queueCreateInfoCount = static_cast<std::uint32_t>(queue_infos.size());
  info.pQueueCreateInfos = queue_infos.data();
  info.enabledExtensionCount = static_cast<std::uint32_t>(extensions.size());
  info.ppEnabledExtensionNames = extensions.data();

  VkDevice device = VK_NULL_HANDLE;
  check(state.instance().vk.vkCreateDevice(physical_device.handle, &info, state.allocation_callbacks, &device),
        "vkCreateDevice");
  return device;
}

/// One state per queue; the handles are asked for when the device is there.
void add_queues(DeviceState& state, std::vector<QueueCreateInfo> const& queues,
                std::vector<QueueFamily> const& families) {
  for (QueueCreateInfo const& info : queues) {
    for (std::uint32_t i = 0; i < info.count; ++i) {
      QueueState& queue = state.queues.emplace_back();
      queue.family = info.family;
      queue.index = i;
      queue.flags = families[info.family].flags;
    }
    state.queue_families.push_back(info.family);
  }
}

void name_queues(Device const& device) {
  for (QueueState const& queue : Access::state(device).queues) {
    device.set_name(VK_OBJECT_TYPE_QUEUE, reinterpret_cast<std::uintptr_t>(queue.handle),
                    text("ashlar queue ", queue.index, " of family ", queue.family).c_str());
  }
}

}  // namespace

}  // namespace detail

using namespace detail;

Device Device::create_default(DefaultDeviceInfo const& info) {
  return create({.physical_device = select_device(Instance::create(info.instance), info.device),
                 .allocation_callbacks = info.instance.allocation_callbacks});
}

Device Device::create(DeviceCreateInfo const& info) {
  PhysicalDevice const chosen = info.physical_device ? info.physical_device : select_device(Instance::create(), "");
  PhysicalDeviceState const& physical_device = Access::state(chosen);
  if (physical_device.api_version < VK_API_VERSION_1_1) {
    throw NotFoundError{text(physical_device.properties.deviceName, " offers Vulkan ",
                             version_text(physical_device.api_version), " here, but 1.1 is needed")
                            .c_str()};
  }

  Counted<DeviceState> state{new DeviceState};
  state->physical_device = chosen;
  state->allocation_callbacks = info.allocation_callbacks;
  state->api_version = physical_device.api_version;
  state->debug_utils = physical_device.instance->debug_utils;
  std::vector<QueueCreateInfo> const queues = chosen_queues(info.queues, physical_device.queue_families);
  add_queues(*state, queues, physical_device.queue_families);

  DeviceFeatures const wanted = wanted_features(info, physical_device.features);
  state->extensions = chosen_extensions(info.extensions, physical_device, wanted);
  FeatureChain chain{info.features, wanted, state->api_version};
  state->features = declared_features(chain.head(), state->api_version, state->extensions);

  state->handle = create_device(*state, physical_device, chain.head(), queues);
  state->owned = true;
  load_device_functions(*state);
  for (QueueState& queue : state->queues) {
    state->vk.vkGetDeviceQueue(state->handle, queue.family, queue.index, &queue.handle);
  }
  Device const device{std::move(state)};
  name_queues(device);
  if (*info.name != '\0') {
    device.set_name(VK_OBJECT_TYPE_DEVICE, reinterpret_cast<std::uintptr_t>(device.handle()), info.name);
  }
  chain.keep();
  return device;
}

}  // namespace ashlar
