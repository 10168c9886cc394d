#include "simulated_driver/host_write_watch.hpp"

#include <algorithm>
#include <cstddef>

#include "simulated_driver/races_with_host.hpp"
#include "simulated_driver/state.hpp"

namespace ashlar::simulated {

namespace {

/// FNV-1a.
ASHLAR_SIM_RACES_WITH_HOST std::uint64_t hash(std::byte const* bytes, std::size_t size) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (std::size_t i = 0; i < size; ++i) {
    value = (value ^ static_cast<std::uint64_t>(bytes[i])) * 0x100000001b3;
  }
  return value;
}

std::uint64_t hash(Backing const& backing, MemoryRange const& range) {
  return hash(backing.bytes() + range.begin, static_cast<std::size_t>(range.end - range.begin));
}

constexpr char const* host = "the host wrote";

}  // namespace

void HostWriteWatch::remember(Entry& entry) {
  WatchedRange const& watched = entry.range;
  entry.device_hash = hash(*watched.device, watched.range);
  entry.host_hash = watched.host == watched.device ? entry.device_hash : hash(*watched.host, watched.range);
}

/// Each copy that the device is not writing to has to be as it was remembered.
void HostWriteWatch::verify(Entry& entry, char const* culprit, bool device_writes) {
  Entry const before = entry;
  remember(entry);
  bool const device_changed = !device_writes && before.device_hash != entry.device_hash;
  bool const host_changed = entry.range.host != entry.range.device && before.host_hash != entry.host_hash;
  if (device_changed || host_changed) {
    MemoryRange const& range = entry.range.range;
    driver().violation(std::string{culprit} + " to bytes " + std::to_string(range.begin) + " to " +
                       std::to_string(range.end) + " of VkDeviceMemory " + std::to_string(range.memory) +
                       ", which submission " + std::to_string(entry.moment.number) + " of queue " +
                       std::to_string(entry.moment.queue) +
                       " uses and the host has not waited for (ASHLAR-host-write)");
  }
}

/// A submission that runs writes to them, this one or a later one.
bool HostWriteWatch::device_writes_to(MemoryRange const& range) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](Entry const& entry) {
    return entry.state == State::Running && entry.range.writes && entry.range.range.overlaps(range);
  });
}

void HostWriteWatch::verify(Entry& entry, char const* culprit) {
  verify(entry, culprit, device_writes_to(entry.range.range));
}

void HostWriteWatch::ready(Moment const& moment, std::vector<WatchedRange> const& ranges) {
  for (WatchedRange range : ranges) {
    range.writes = std::any_of(ranges.begin(), ranges.end(), [&](WatchedRange const& other) {
      return other.writes && other.range.overlaps(range.range);
    });
    entries_.push_back({moment, range});
    remember(entries_.back());
  }
}

void HostWriteWatch::run(Moment const& moment) {
  for (Entry& entry : entries_) {
    if (entry.moment == moment) {
      verify(entry, host);
      entry.state = State::Running;
    }
  }
}

/// What it wrote is new to whoever else uses the same bytes, and no longer theirs if they are done.
void HostWriteWatch::done(Moment const& moment) {
  std::vector<MemoryRange> written;
  for (Entry& entry : entries_) {
    if (entry.moment == moment) {
      verify(entry, host);
      entry.state = State::Done;
      if (entry.range.writes) {
        written.push_back(entry.range.range);
      }
    }
  }
  auto const is_written = [&](Entry const& entry) {
    return entry.moment != moment && std::any_of(written.begin(), written.end(), [&](MemoryRange const& range) {
             return range.overlaps(entry.range.range);
           });
  };
  for (Entry& entry : entries_) {
    if (is_written(entry)) {
      verify(entry, host, true);
    }
  }
  std::erase_if(entries_, [&](Entry const& entry) { return entry.state == State::Done && is_written(entry); });
}

void HostWriteWatch::host_waits_for(Clock const& clock) {
  for (Entry& entry : entries_) {
    if (clock.covers(entry.moment)) {
      verify(entry, host);
    }
  }
  std::erase_if(entries_, [&](Entry const& entry) { return clock.covers(entry.moment); });
}

template <class F>
void HostWriteWatch::for_each_in(std::shared_ptr<Backing> const& backing, VkDeviceSize begin, VkDeviceSize end,
                                 F const& f) {
  for (Entry& entry : entries_) {
    MemoryRange const& range = entry.range.range;
    if (entry.range.device == backing && range.begin < end && begin < range.end) {
      f(entry);
    }
  }
}

void HostWriteWatch::moving(std::shared_ptr<Backing> const& backing, VkDeviceSize begin, VkDeviceSize end) {
  for_each_in(backing, begin, end, [this](Entry& entry) { verify(entry, host); });
}

void HostWriteWatch::moved(std::shared_ptr<Backing> const& backing, VkDeviceSize begin, VkDeviceSize end,
                           bool to_device) {
  for_each_in(backing, begin, end, [&](Entry& entry) {
    if (to_device) {
      verify(entry, "a flush moved what the host wrote");
    } else {
      remember(entry);
    }
  });
}

void HostWriteWatch::device_wrote(std::shared_ptr<Backing> const& backing, VkDeviceSize begin, VkDeviceSize end) {
  for_each_in(backing, begin, end, [](Entry& entry) { verify(entry, host, true); });
}

void HostWriteWatch::forget(std::uint64_t memory) {
  std::erase_if(entries_, [&](Entry const& entry) { return entry.range.range.memory == memory; });
}

}  // namespace ashlar::simulated
