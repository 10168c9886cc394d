#include "simulated_driver/access_history.hpp"

#include <algorithm>

namespace ashlar::simulated {

namespace {

VkAccessFlags2 kind_of(MemoryAccess const& access) {
  return access.writes ? VK_ACCESS_2_TRANSFER_WRITE_BIT : VK_ACCESS_2_TRANSFER_READ_BIT;
}

std::string describe(MemoryAccess const& access) {
  return std::string{access.function} + " (submission " + std::to_string(access.moment.number) + " of queue " +
         std::to_string(access.moment.queue) + ")";
}

}  // namespace

void AccessHistory::order(std::size_t queue, VkPipelineStageFlags2 stages, Clock const& clock) {
  auto& orders = orders_[queue];
  auto const same = std::find_if(orders.begin(), orders.end(), [&](Order const& one) { return one.stages == stages; });
  if (same != orders.end()) {
    same->clock.join(clock);
  } else {
    orders.push_back({stages, clock});
  }
}

void AccessHistory::order(Moment const& moment, std::vector<OrderedScopes> const& barriers) {
  for (Entry& entry : entries_) {
    Entry const before = entry;
    for (OrderedScopes const& barrier : barriers) {
      extend(before, entry, moment, barrier);
    }
  }
  for (Order& order : orders_[moment.queue]) {
    VkPipelineStageFlags2 const before = order.stages;
    for (OrderedScopes const& barrier : barriers) {
      if ((before & barrier.scopes.source_stages) != 0) {
        order.stages |= barrier.scopes.target_stages;
      }
    }
  }
}

bool AccessHistory::comes_after(std::size_t queue, VkPipelineStageFlags2 stages, Moment const& moment) const {
  auto const& orders = orders_.at(queue);
  return std::any_of(orders.begin(), orders.end(),
                     [&](Order const& order) { return (order.stages & stages) != 0 && order.clock.covers(moment); });
}

/// A dependency that begins where an earlier one ended goes on with it; what is available stays so.
void AccessHistory::extend(Entry const& before, Entry& entry, Moment const& moment,
                           OrderedScopes const& barrier) const {
  Scopes const& scopes = barrier.scopes;
  MemoryAccess const& access = entry.access;
  bool const same_queue = access.moment.queue == moment.queue;
  bool const waited_for = comes_after(moment.queue, scopes.source_stages, access.moment);
  bool const direct = same_queue && (access.stage & scopes.source_stages) != 0;
  bool const chained = same_queue && (before.followed_by & scopes.source_stages) != 0;
  if (!waited_for && !direct && !chained) {
    return;
  }
  if (same_queue) {
    entry.followed_by |= scopes.target_stages;
  }
  bool const made_available = direct && (scopes.source_access & VK_ACCESS_2_TRANSFER_WRITE_BIT) != 0;
  bool const in_range = barrier.range.memory == 0 || barrier.range.overlaps(access.range);
  if (!in_range || (!made_available && !before.available && !waited_for)) {
    return;
  }
  entry.available = true;
  if (same_queue) {
    entry.visible_to.push_back({scopes.target_stages, scopes.target_access});
  }
  constexpr VkAccessFlags2 by_host = VK_ACCESS_2_HOST_READ_BIT | VK_ACCESS_2_HOST_WRITE_BIT;
  if ((scopes.target_stages & VK_PIPELINE_STAGE_2_HOST_BIT) != 0 && (scopes.target_access & by_host) != 0) {
    entry.shown.push_back(moment);
  }
}

Clock AccessHistory::known(std::size_t queue) const {
  Clock clock;
  if (auto const found = orders_.find(queue); found != orders_.end()) {
    for (Order const& order : found->second) {
      clock.join(order.clock);
    }
  }
  return clock;
}

/// A read is ordered before a write by an execution dependency alone; a write needs a memory dependency.
bool AccessHistory::is_ordered(Entry const& entry, MemoryAccess const& later) const {
  if (comes_after(later.moment.queue, later.stage, entry.access.moment)) {
    return true;
  }
  if (entry.access.moment.queue != later.moment.queue || (entry.followed_by & later.stage) == 0) {
    return false;
  }
  return !entry.access.writes || std::any_of(entry.visible_to.begin(), entry.visible_to.end(), [&](Scope const& scope) {
    return (scope.stages & later.stage) != 0 && (scope.access & kind_of(later)) != 0;
  });
}

std::string AccessHistory::add(MemoryAccess const& access) {
  auto const conflicts = [&](Entry const& entry) {
    return entry.access.range.overlaps(access.range) && (entry.access.writes || access.writes) &&
           !is_ordered(entry, access);
  };
  auto const found = std::find_if(entries_.begin(), entries_.end(), conflicts);
  std::string text;
  if (found != entries_.end()) {
    text = describe(access) + (access.writes ? " writes" : " reads") + " what " + describe(found->access) +
           (found->access.writes ? " wrote" : " read") + ", with no dependency between the two (ASHLAR-conflict)";
  }
  entries_.push_back({access, 0, false, {}, {}, false});
  return text;
}

std::vector<std::string> AccessHistory::host_waits_for(Clock const& clock) {
  std::vector<std::string> texts;
  for (Entry& entry : entries_) {
    if (entry.host_has_waited || !clock.covers(entry.access.moment)) {
      continue;
    }
    entry.host_has_waited = true;
    bool const is_shown =
        std::any_of(entry.shown.begin(), entry.shown.end(), [&](Moment const& moment) { return clock.covers(moment); });
    if (entry.access.writes && entry.access.host_visible && !is_shown) {
      texts.push_back("the host has waited for " + describe(entry.access) +
                      ", which wrote to host-visible memory, with no barrier to VK_PIPELINE_STAGE_HOST_BIT "
                      "(ASHLAR-no-host-barrier)");
    }
  }
  return texts;
}

void AccessHistory::forget_before(Clock const& clock) {
  std::erase_if(entries_, [&](Entry const& entry) { return clock.covers(entry.access.moment); });
}

void AccessHistory::forget(std::uint64_t memory) {
  std::erase_if(entries_, [&](Entry const& entry) { return entry.access.range.memory == memory; });
}

}  // namespace ashlar::simulated
