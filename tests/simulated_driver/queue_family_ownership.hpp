#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "device/vulkan.hpp"
#include "simulated_driver/command.hpp"

namespace ashlar::simulated {

/// Which queue family owns which bytes of resources that are not shared between families (specification, "Queue Family
/// Ownership Transfer"). Bytes that no queue has used belong to none, and to the first that uses them.
///
/// Threads: with the driver's mutex.
class QueueFamilyOwnership {
 public:
  enum class Verdict : std::uint8_t { Right, OwnedByAnother, NotReleased };

  /// Commands of a family use the bytes; they belong to it then, whatever the verdict.
  [[nodiscard]] Verdict use(ResourceUse const& use, std::uint32_t family);
  /// A barrier that is a release on the one family's queue, and the acquisition on the other's.
  void release(Dependency const& barrier);
  [[nodiscard]] Verdict acquire(Dependency const& barrier);
  void forget(std::uint64_t resource) { owned_.erase(resource); }

 private:
  struct Owned {
    VkDeviceSize begin = 0;
    VkDeviceSize end = 0;
    std::uint32_t family = VK_QUEUE_FAMILY_IGNORED;
    std::uint32_t released_to = VK_QUEUE_FAMILY_IGNORED;
  };

  /// Replaces what there is in the bytes of `owned`.
  void set(std::uint64_t resource, Owned const& owned);

  std::unordered_map<std::uint64_t, std::vector<Owned>> owned_;
};

}  // namespace ashlar::simulated
