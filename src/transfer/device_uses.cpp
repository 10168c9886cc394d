#include "transfer/device_uses.hpp"

#include "buffer/host_access.hpp"
#include "this_thread.hpp"

#include <algorithm>

namespace ashlar::detail {
namespace {

void take_in(AccessEntry& entry, AccessEntry const& other) noexcept {
  entry.range = entry.range.hull(other.range);
  if (other.kind != AccessKind::Read) {
    entry.kind = other.kind;
    entry.where = other.where;
  }
}

bool is_before(DeviceUse const& a, DeviceUse const& b) noexcept {
  return a.buffer != b.buffer ? a.buffer < b.buffer : a.entry.range.offset < b.entry.range.offset;
}

/// Makes overlapping ranges one, which would stand in one another's way.
void merge_overlapping(std::vector<DeviceUse>& uses) {
  std::sort(uses.begin(), uses.end(), is_before);
  std::size_t kept = 0;
  for (DeviceUse const& use : uses) {
    DeviceUse& last = uses[kept == 0 ? 0 : kept - 1];
    if (kept != 0 && last.buffer == use.buffer && last.entry.range.overlaps(use.entry.range)) {
      take_in(last.entry, use.entry);
    } else {
      uses[kept++] = use;
    }
  }
  uses.resize(kept);
}

}  // namespace

DeviceUses::DeviceUses(ArrayView<BufferUse> uses) {
  uses_.reserve(uses.size());
  for (BufferUse const& use : uses) {
    if (use.bytes().size_bytes() != 0) {
      DeviceUse& added = uses_.emplace_back();
      added.entry.range = use.bytes().byte_range();
      added.entry.kind = use.kind();
      added.entry.where = use.where();
      added.buffer = &Access::state(use.bytes().buffer());
    }
  }
  if (uses_.size() > 1) {
    merge_overlapping(uses_);
  }
}

bool DeviceUses::acquire_one(std::size_t index, Wait wait, Awaited* transfer) {
  DeviceUse& use = uses_[index];
  use.entry.owner = this_thread();
  use.entry.transfer = transfer;
  return acquire_bytes(use.buffer->tracker, *use.buffer, use.entry, wait);
}

/// While it waits for one it holds none of the others: those are swapped behind it.
bool DeviceUses::acquire(Wait wait, Awaited* transfer) {
  while (held_ != uses_.size()) {
    bool const first = held_ == 0;
    if (acquire_one(held_, first ? wait : Wait::not_at_all(), transfer)) {
      ++held_;
    } else if (wait == Wait::not_at_all()) {
      release();
      return false;
    } else {
      std::size_t const missing = held_;
      release();
      std::swap(uses_.front(), uses_[missing]);
    }
  }
  return true;
}

void DeviceUses::release() noexcept {
  while (held_ != 0) {
    DeviceUse& use = uses_[--held_];
    if (use.buffer->tracker.release(use.entry)) {
      destroy(*use.buffer);
    }
  }
}

DeviceUse& DeviceUses::add(BufferState& buffer) noexcept {
  DeviceUse& use = uses_.emplace_back();
  use.buffer = &buffer;
  ++held_;
  return use;
}

void DeviceUses::begin(DeviceWork& work) noexcept {
  held_ = 0;
  for (DeviceUse& use : uses_) {
    use.buffer->tracker.begin_work(use.entry, work);
  }
}

void DeviceUses::end() noexcept {
  for (DeviceUse& use : uses_) {
    end_work(*use.buffer, use.entry);
  }
  uses_.clear();
}

bool DeviceUses::writes_host_visible() const noexcept {
  return std::any_of(uses_.begin(), uses_.end(), [](DeviceUse const& use) {
    return use.entry.kind != AccessKind::Read &&
           use.buffer->allocation.properties().contains(MemoryProperty::HostVisible);
  });
}

}  // namespace ashlar::detail
