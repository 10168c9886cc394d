#pragma once

#include <ashlar/transfer/submit_info.hpp>

#include "buffer/buffer_state.hpp"

#include <cstdint>

namespace ashlar::detail {

/// \throws ValidationError if a use names no buffer, or one of another device.
void validate_uses(DeviceState const& device, ArrayView<BufferUse> uses, char const* context);

/// Whether buffers with `Sharing::Exclusive` belong to the family that uses them.
/// \throws ValidationError if not.
void validate_owners(ArrayView<BufferUse> uses, std::uint32_t family);

/// The same for one buffer, of which the family keeps the ownership, or takes it if there is no owner yet.
void validate_owner(BufferState const& buffer, std::uint32_t family, char const* context);

/// Who owns them after a submission.
void set_owners(ArrayView<BufferUse> uses, std::uint32_t family) noexcept;
void set_owner(BufferState& buffer, std::uint32_t family) noexcept;

}  // namespace ashlar::detail
