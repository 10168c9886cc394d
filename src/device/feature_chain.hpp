#pragma once

#include <ashlar/device/physical_device.hpp>

#include "device/name_list.hpp"
#include "device/vulkan.hpp"

#include <cstddef>
#include <cstdint>

namespace ashlar::detail {

/// The features that ashlar profits from, as the structs that each stands in alone (without a version's
/// VkPhysicalDeviceVulkan1xFeatures), so that they may be chained for any version that has the feature or its
/// extension.
struct FeatureStructs {
  VkPhysicalDeviceBufferDeviceAddressFeatures buffer_device_address{};
  VkPhysicalDeviceTimelineSemaphoreFeatures timeline_semaphore{};
  VkPhysicalDeviceSynchronization2Features synchronization2{};
  VkPhysicalDeviceMaintenance4Features maintenance4{};
  VkPhysicalDeviceMemoryPriorityFeaturesEXT memory_priority{};
};

/// The chain to ask a device which of these features it has: of no struct that its version or its extensions lack.
class FeatureQuery {
 public:
  FeatureQuery(std::uint32_t api_version, NameList const& extensions) noexcept;
  FeatureQuery(FeatureQuery const&) = delete;
  FeatureQuery& operator=(FeatureQuery const&) = delete;

  [[nodiscard]] VkPhysicalDeviceFeatures2* features() noexcept { return &features_; }

 private:
  FeatureStructs structs_;
  VkPhysicalDeviceFeatures2 features_{};
};

/// What a pNext chain says is on, among what `api_version` and `extensions` allow.
[[nodiscard]] DeviceFeatures declared_features(void const* chain, std::uint32_t api_version,
                                               NameList const& extensions) noexcept;

/// The extensions that a device of `api_version` needs for `features`: those that are not in that version's core.
void add_feature_extensions(NameList& extensions, DeviceFeatures const& features, std::uint32_t api_version);

/// A user's pNext chain with features turned on: in the struct that governs the feature if that is in the chain, else
/// in one of our own in front of it, so that no struct stands twice (VUID-VkDeviceCreateInfo-sType-unique,
/// VUID-VkDeviceCreateInfo-pNext-02830, VUID-VkDeviceCreateInfo-pNext-06532).
class FeatureChain {
 public:
  /// \param user_chain Outlives this object, or `keep` was called.
  FeatureChain(void* user_chain, DeviceFeatures const& features, std::uint32_t api_version) noexcept;
  FeatureChain(FeatureChain const&) = delete;
  FeatureChain& operator=(FeatureChain const&) = delete;
  /// Puts the user's chain back as it was, unless `keep` was called.
  ~FeatureChain();

  [[nodiscard]] void* head() noexcept { return head_; }
  void keep() noexcept { change_count_ = 0; }

 private:
  struct Change {
    VkBool32* member;
    VkBool32 before;
  };

  template <class Struct>
  void turn_on(VkBool32* users_member, Struct& own, VkStructureType type, VkBool32 Struct::* member) noexcept;

  void* head_;
  FeatureStructs structs_;
  Change changes_[5] = {};
  std::size_t change_count_ = 0;
};

/// Whether the chain holds VK_EXT_buffer_device_address's struct, an elder that excludes the newer one.
[[nodiscard]] bool chains_buffer_device_address_ext(void const* chain) noexcept;

}  // namespace ashlar::detail
