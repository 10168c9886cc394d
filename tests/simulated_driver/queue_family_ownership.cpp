#include "simulated_driver/queue_family_ownership.hpp"

#include <algorithm>

namespace ashlar::simulated {

auto QueueFamilyOwnership::use(ResourceUse const& use, std::uint32_t family) -> Verdict {
  VkDeviceSize const end = use.offset + use.size;
  auto& all = owned_[use.resource];
  bool const foreign = std::any_of(all.begin(), all.end(), [&](Owned const& one) {
    bool const touched = one.begin < end && use.offset < one.end;
    return touched && (one.family != family || one.released_to != VK_QUEUE_FAMILY_IGNORED);
  });
  set(use.resource, {use.offset, end, family});
  return foreign ? Verdict::OwnedByAnother : Verdict::Right;
}

void QueueFamilyOwnership::release(Dependency const& barrier) {
  set(barrier.resource, {barrier.offset, barrier.offset + barrier.size, barrier.source_family, barrier.target_family});
}

auto QueueFamilyOwnership::acquire(Dependency const& barrier) -> Verdict {
  VkDeviceSize const end = barrier.offset + barrier.size;
  auto& all = owned_[barrier.resource];
  bool const released = std::any_of(all.begin(), all.end(), [&](Owned const& one) {
    return one.begin <= barrier.offset && end <= one.end && one.family == barrier.source_family &&
           one.released_to == barrier.target_family;
  });
  set(barrier.resource, {barrier.offset, end, barrier.target_family});
  return released ? Verdict::Right : Verdict::NotReleased;
}

void QueueFamilyOwnership::set(std::uint64_t resource, Owned const& owned) {
  auto& all = owned_[resource];
  std::vector<Owned> kept{owned};
  for (Owned one : all) {
    Owned after = one;
    one.end = std::min(one.end, owned.begin);
    after.begin = std::max(after.begin, owned.end);
    for (Owned const& part : {one, after}) {
      if (part.begin < part.end) {
        kept.push_back(part);
      }
    }
  }
  all = std::move(kept);
}

}  // namespace ashlar::simulated
