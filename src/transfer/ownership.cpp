#include "transfer/ownership.hpp"

#include <ashlar/error.hpp>

#include "text.hpp"

#include <algorithm>

namespace ashlar::detail {
namespace {

/// In BufferState::owner_family: released to that family, which has not acquired it yet.
constexpr std::uint32_t released = 0x40000000;

constexpr char const* submit_context = "Queue::submit";

/// A transfer of the ownership is of a whole buffer: more is not kept track of.
void require_whole(BufferUse const& use) {
  if (use.bytes().size_bytes() != use.bytes().buffer().size()) {
    throw ValidationError{
        submit_context,
        "the ownership of a part of a buffer is released or acquired; ashlar knows the owner of whole "
        "buffers only: name the whole"};
  }
}

void validate_acquisition(std::uint32_t owner, std::uint32_t family) {
  if (owner != (family | released)) {
    throw ValidationError{
        submit_context,
        text("queue family ", family,
             " acquires a buffer that was not released to it; submit the release first, and name it by "
             "ashlar::releases")
            .c_str(),
        "VUID-vkQueueSubmit-pSubmits-02207"};
  }
}

/// Whether one of the uses acquires the buffer; then others may name it, too.
bool is_acquired(ArrayView<BufferUse> uses, BufferState const& buffer) noexcept {
  return std::any_of(uses.begin(), uses.end(), [&](BufferUse const& use) {
    return use.ownership() == BufferUse::Ownership::Acquires && &Access::state(use.bytes().buffer()) == &buffer;
  });
}

}  // namespace

void validate_uses(DeviceState const& device, ArrayView<BufferUse> uses, char const* context) {
  for (BufferUse const& use : uses) {
    if (!use.bytes()) {
      throw ValidationError{context, "a use names an empty subbuffer; create a buffer first"};
    }
    if (&Access::state(use.bytes().buffer().device()) != &device) {
      throw ValidationError{context, "a use names a buffer of another device", "VUID-vkQueueSubmit-commonparent"};
    }
  }
}

void validate_owner(BufferState const& buffer, std::uint32_t family, char const* context) {
  std::uint32_t const owner = buffer.owner_family.load(std::memory_order_acquire);
  if (owner == no_owner_needed || owner == no_owner_yet || owner == family) {
    return;
  }
  bool const is_released = (owner & released) != 0;
  throw ValidationError{
      context, text("queue family ", family, " uses a buffer with Sharing::Exclusive that ",
                    is_released ? "was released to family " : "belongs to family ", owner & ~released,
                    is_released ? ", which has not acquired it yet"
                                : "; release it there and acquire it here, and name that by ashlar::releases and "
                                  "ashlar::acquires; or create it with Sharing::Concurrent")
                   .c_str()};
}

void validate_owners(ArrayView<BufferUse> uses, std::uint32_t family) {
  for (BufferUse const& use : uses) {
    BufferState const& buffer = Access::state(use.bytes().buffer());
    std::uint32_t const owner = buffer.owner_family.load(std::memory_order_acquire);
    if (owner == no_owner_needed) {
      continue;
    }
    if (use.ownership() != BufferUse::Ownership::Keeps) {
      require_whole(use);
    }
    if (is_acquired(uses, buffer)) {
      validate_acquisition(owner, family);
    } else {
      validate_owner(buffer, family, submit_context);
    }
  }
}

void set_owners(ArrayView<BufferUse> uses, std::uint32_t family) noexcept {
  for (BufferUse const& use : uses) {
    set_owner(Access::state(use.bytes().buffer()), family);
  }
  for (BufferUse const& use : uses) {  // At last: the same submission may use what it releases.
    if (use.ownership() == BufferUse::Ownership::Releases) {
      set_owner(Access::state(use.bytes().buffer()), use.other_family() | released);
    }
  }
}

void set_owner(BufferState& buffer, std::uint32_t family) noexcept {
  if (buffer.owner_family.load(std::memory_order_relaxed) != no_owner_needed) {
    buffer.owner_family.store(family, std::memory_order_release);
  }
}

}  // namespace ashlar::detail
