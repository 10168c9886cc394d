#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "device/vulkan.hpp"
#include "simulated_driver/clock.hpp"

namespace ashlar::simulated {

/// Bytes of a memory.
struct MemoryRange {
  std::uint64_t memory = 0;
  VkDeviceSize begin = 0;
  VkDeviceSize end = 0;

  [[nodiscard]] bool overlaps(MemoryRange const& other) const {
    return memory == other.memory && begin < other.end && other.begin < end;
  }
};

/// Bytes that a command reads or writes.
struct MemoryAccess {
  char const* function = nullptr;
  Moment moment;
  VkPipelineStageFlags2 stage = 0;
  MemoryRange range;
  bool writes = false;
  bool host_visible = false;
};

/// The scopes of a memory dependency, expanded to single stages and accesses.
struct Scopes {
  VkPipelineStageFlags2 source_stages = 0;
  VkAccessFlags2 source_access = 0;
  VkPipelineStageFlags2 target_stages = 0;
  VkAccessFlags2 target_access = 0;
};

/// A barrier as the history takes it.
struct OrderedScopes {
  Scopes scopes;
  MemoryRange range;  ///< What it makes available and visible; all memory if it has none.
};

/// What commands did to memory, and what has been ordered after them. It finds two commands that touch the same bytes,
/// one of them writing, with no dependency between the two, and writes that the host waits for but cannot see.
/// (Specification, "Execution and Memory Dependencies".)
class AccessHistory {
 public:
  /// A queue's later commands, in these stages, come after all that the clock covers, and see it.
  void order(std::size_t queue, VkPipelineStageFlags2 stages, Clock const& clock);
  /// The barriers of one command of a submission; they do not chain with each other.
  void order(Moment const& moment, std::vector<OrderedScopes> const& barriers);
  /// All that a queue's commands up to now come after.
  [[nodiscard]] Clock known(std::size_t queue) const;

  /// Adds an access. What it conflicts with, in words; empty if with nothing.
  [[nodiscard]] std::string add(MemoryAccess const& access);

  /// The host comes after what the clock covers. Names what it then cannot see, in words.
  [[nodiscard]] std::vector<std::string> host_waits_for(Clock const& clock);

  /// Drops what all submissions from now on come after.
  void forget_before(Clock const& clock);
  void forget(std::uint64_t memory);

 private:
  struct Scope {
    VkPipelineStageFlags2 stages = 0;
    VkAccessFlags2 access = 0;
  };
  struct Entry {
    MemoryAccess access;
    VkPipelineStageFlags2 followed_by = 0;  ///< Stages of its queue that come after it.
    bool available = false;
    std::vector<Scope> visible_to;
    std::vector<Moment> shown;  ///< Submissions with a barrier that makes it visible to the host.
    bool host_has_waited = false;
  };
  /// Stages of a queue that come after what a clock covers.
  struct Order {
    VkPipelineStageFlags2 stages = 0;
    Clock clock;
  };

  [[nodiscard]] bool comes_after(std::size_t queue, VkPipelineStageFlags2 stages, Moment const& moment) const;
  void extend(Entry const& before, Entry& entry, Moment const& moment, OrderedScopes const& barrier) const;
  [[nodiscard]] bool is_ordered(Entry const& entry, MemoryAccess const& later) const;

  std::vector<Entry> entries_;
  std::map<std::size_t, std::vector<Order>> orders_;  ///< By queue.
};

}  // namespace ashlar::simulated
