#include "device/feature_chain.hpp"

namespace ashlar::detail {

namespace {

template <class Struct>
VkBool32* find_member(void* chain, VkStructureType type, VkBool32 Struct::* member) noexcept {
  for (auto* base = static_cast<VkBaseOutStructure*>(chain); base != nullptr; base = base->pNext) {
    if (base->sType == type) {
      return &(reinterpret_cast<Struct*>(base)->*member);
    }
  }
  return nullptr;
}

/// The members of a chain that turn each feature on; null where no struct of the chain has one.
struct GoverningMembers {
  VkBool32* buffer_device_address = nullptr;
  VkBool32* timeline_semaphore = nullptr;
  VkBool32* synchronization2 = nullptr;
  VkBool32* maintenance4 = nullptr;
  VkBool32* memory_priority = nullptr;
};

GoverningMembers single_members(void* chain) noexcept {
  return {
      find_member(chain, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES,
                  &VkPhysicalDeviceBufferDeviceAddressFeatures::bufferDeviceAddress),
      find_member(chain, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
                  &VkPhysicalDeviceTimelineSemaphoreFeatures::timelineSemaphore),
      find_member(chain, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES,
                  &VkPhysicalDeviceSynchronization2Features::synchronization2),
      find_member(chain, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_FEATURES,
                  &VkPhysicalDeviceMaintenance4Features::maintenance4),
      find_member(chain, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PRIORITY_FEATURES_EXT,
                  &VkPhysicalDeviceMemoryPriorityFeaturesEXT::memoryPriority),
  };
}

/// A version's struct governs its features where it is chained: the single ones must not stand beside it.
GoverningMembers governing_members(void* chain, std::uint32_t api_version) noexcept {
  GoverningMembers members = single_members(chain);
  if (api_version >= VK_API_VERSION_1_2) {
    constexpr VkStructureType type = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
    if (auto* address = find_member(chain, type, &VkPhysicalDeviceVulkan12Features::bufferDeviceAddress)) {
      members.buffer_device_address = address;
      members.timeline_semaphore = find_member(chain, type, &VkPhysicalDeviceVulkan12Features::timelineSemaphore);
    }
  }
  if (api_version >= VK_API_VERSION_1_3) {
    constexpr VkStructureType type = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES;
    if (auto* synchronization2 = find_member(chain, type, &VkPhysicalDeviceVulkan13Features::synchronization2)) {
      members.synchronization2 = synchronization2;
      members.maintenance4 = find_member(chain, type, &VkPhysicalDeviceVulkan13Features::maintenance4);
    }
  }
  return members;
}

/// The features that a version's core or an extension makes possible.
DeviceFeatures allowed_features(std::uint32_t api_version, NameList const& extensions) noexcept {
  bool const v12 = api_version >= VK_API_VERSION_1_2;
  bool const v13 = api_version >= VK_API_VERSION_1_3;
  return {
      .buffer_device_address = v12 || contains(extensions, VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME),
      .timeline_semaphore = v12 || contains(extensions, VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME),
      .synchronization2 = v13 || contains(extensions, VK_KHR_SYNCHRONIZATION_2_EXTENSION_NAME),
      .maintenance4 = v13 || contains(extensions, VK_KHR_MAINTENANCE_4_EXTENSION_NAME),
      .memory_budget = contains(extensions, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME),
      .memory_priority = contains(extensions, VK_EXT_MEMORY_PRIORITY_EXTENSION_NAME),
  };
}

template <class Struct>
void push_front(void*& head, Struct& link, VkStructureType type) noexcept {
  link.sType = type;
  link.pNext = head;
  head = &link;
}

bool is_on(VkBool32 const* member) noexcept { return member != nullptr && *member == VK_TRUE; }

}  // namespace

FeatureQuery::FeatureQuery(std::uint32_t api_version, NameList const& extensions) noexcept {
  DeviceFeatures const allowed = allowed_features(api_version, extensions);
  features_.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
  if (allowed.buffer_device_address) {
    push_front(features_.pNext, structs_.buffer_device_address,
               VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES);
  }
  if (allowed.timeline_semaphore) {
    push_front(features_.pNext, structs_.timeline_semaphore,
               VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES);
  }
  if (allowed.synchronization2) {
    push_front(features_.pNext, structs_.synchronization2,
               VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES);
  }
  if (allowed.maintenance4) {
    push_front(features_.pNext, structs_.maintenance4, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_FEATURES);
  }
  if (allowed.memory_priority) {
    push_front(features_.pNext, structs_.memory_priority,
               VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PRIORITY_FEATURES_EXT);
  }
}

DeviceFeatures declared_features(void const* chain, std::uint32_t api_version, NameList const& extensions) noexcept {
  // Vulkan's chains are walked without being written to.
  GoverningMembers const members = governing_members(const_cast<void*>(chain), api_version);
  DeviceFeatures features = allowed_features(api_version, extensions);
  features.buffer_device_address &= is_on(members.buffer_device_address);
  features.timeline_semaphore &= is_on(members.timeline_semaphore);
  features.synchronization2 &= is_on(members.synchronization2);
  features.maintenance4 &= is_on(members.maintenance4);
  features.memory_priority &= is_on(members.memory_priority);
  return features;
}

void add_feature_extensions(NameList& extensions, DeviceFeatures const& features, std::uint32_t api_version) {
  auto const add = [&](bool wanted, std::uint32_t core_since, char const* name) {
    if (wanted && api_version < core_since) {
      add_name(extensions, name);
    }
  };
  constexpr std::uint32_t never = ~std::uint32_t{0};
  add(features.buffer_device_address, VK_API_VERSION_1_2, VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME);
  add(features.timeline_semaphore, VK_API_VERSION_1_2, VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME);
  add(features.synchronization2, VK_API_VERSION_1_3, VK_KHR_SYNCHRONIZATION_2_EXTENSION_NAME);
  add(features.maintenance4, VK_API_VERSION_1_3, VK_KHR_MAINTENANCE_4_EXTENSION_NAME);
  add(features.memory_budget, never, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
  add(features.memory_priority, never, VK_EXT_MEMORY_PRIORITY_EXTENSION_NAME);
}

template <class Struct>
void FeatureChain::turn_on(VkBool32* users_member, Struct& own, VkStructureType type,
                           VkBool32 Struct::* member) noexcept {
  if (users_member != nullptr) {
    changes_[change_count_++] = {users_member, *users_member};
    *users_member = VK_TRUE;
  } else {
    own.*member = VK_TRUE;
    push_front(head_, own, type);
  }
}

FeatureChain::FeatureChain(void* user_chain, DeviceFeatures const& features, std::uint32_t api_version) noexcept
    : head_{user_chain} {
  GoverningMembers const members = governing_members(user_chain, api_version);
  if (features.buffer_device_address) {
    turn_on(members.buffer_device_address, structs_.buffer_device_address,
            VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES,
            &VkPhysicalDeviceBufferDeviceAddressFeatures::bufferDeviceAddress);
  }
  if (features.timeline_semaphore) {
    turn_on(members.timeline_semaphore, structs_.timeline_semaphore,
            VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
            &VkPhysicalDeviceTimelineSemaphoreFeatures::timelineSemaphore);
  }
  if (features.synchronization2) {
    turn_on(members.synchronization2, structs_.synchronization2,
            VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES,
            &VkPhysicalDeviceSynchronization2Features::synchronization2);
  }
  if (features.maintenance4) {
    turn_on(members.maintenance4, structs_.maintenance4, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_FEATURES,
            &VkPhysicalDeviceMaintenance4Features::maintenance4);
  }
  if (features.memory_priority) {
    turn_on(members.memory_priority, structs_.memory_priority,
            VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PRIORITY_FEATURES_EXT,
            &VkPhysicalDeviceMemoryPriorityFeaturesEXT::memoryPriority);
  }
}

FeatureChain::~FeatureChain() {
  for (std::size_t i = 0; i < change_count_; ++i) {
    *changes_[i].member = changes_[i].before;
  }
}

bool chains_buffer_device_address_ext(void const* chain) noexcept {
  return find_member(const_cast<void*>(chain), VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES_EXT,
                     &VkPhysicalDeviceBufferDeviceAddressFeaturesEXT::bufferDeviceAddress) != nullptr;
}

}  // namespace ashlar::detail
