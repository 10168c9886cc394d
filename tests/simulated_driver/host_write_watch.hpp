#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "device/vulkan.hpp"
#include "simulated_driver/access_history.hpp"
#include "simulated_driver/backing.hpp"
#include "simulated_driver/clock.hpp"

namespace ashlar::simulated {

/// Bytes of host-visible memory that a submission reads or writes.
struct WatchedRange {
  MemoryRange range;
  bool writes = false;
  std::shared_ptr<Backing> device;
  std::shared_ptr<Backing> host;  ///< The same one, if the memory has only one copy.
};

/// Finds host writes to bytes that a submission uses: hashes them when the submission becomes ready (when nothing keeps
/// the queue from it any more), and again when it runs, when it is done, and when the host has waited for it. The
/// host's own copy of memory that is not coherent counts as much as the device's.
///
/// What another submission, a flush or an invalidation changes is no write of the host's: `work_done` and `moved` tell.
/// Each function takes note of what it finds as a violation. Threads: with the driver's mutex.
class HostWriteWatch {
 public:
  void ready(Moment const& moment, std::vector<WatchedRange> const& ranges);
  void run(Moment const& moment);
  void done(Moment const& moment);
  void host_waits_for(Clock const& clock);

  /// Before a flush or an invalidation of bytes of a backing, and after it.
  void moving(std::shared_ptr<Backing> const& backing, VkDeviceSize begin, VkDeviceSize end);
  void moved(std::shared_ptr<Backing> const& backing, VkDeviceSize begin, VkDeviceSize end, bool to_device);
  /// A test wrote as the device would.
  void device_wrote(std::shared_ptr<Backing> const& backing, VkDeviceSize begin, VkDeviceSize end);

  void forget(std::uint64_t memory);

 private:
  enum class State : std::uint8_t { Ready, Running, Done };
  struct Entry {
    Moment moment;
    WatchedRange range;
    State state = State::Ready;
    std::uint64_t device_hash = 0;
    std::uint64_t host_hash = 0;
  };

  static void remember(Entry& entry);
  void verify(Entry& entry, char const* culprit);
  static void verify(Entry& entry, char const* culprit, bool device_writes);
  [[nodiscard]] bool device_writes_to(MemoryRange const& range) const;
  template <class F>
  void for_each_in(std::shared_ptr<Backing> const& backing, VkDeviceSize begin, VkDeviceSize end, F const& f);

  std::vector<Entry> entries_;
};

}  // namespace ashlar::simulated
