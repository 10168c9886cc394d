#pragma once

#include <type_traits>

namespace ashlar {

/// True for those of ashlar's scoped enums whose enumerators are bits: they get `|` and `Flags`.
template <class Bit>
inline constexpr bool enable_flags = false;

template <class Bit>
concept FlagBit = std::is_enum_v<Bit> && enable_flags<Bit>;

/// A set of bits of one enum: Vulkan's flags, without mixing up whose they are.
///
/// Bits of an extension that ashlar does not name enter by `from_mask`.
template <FlagBit Bit>
class Flags {
 public:
  using Mask = std::underlying_type_t<Bit>;

  constexpr Flags() noexcept = default;
  constexpr Flags(Bit bit) noexcept : mask_{static_cast<Mask>(bit)} {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] static constexpr Flags from_mask(Mask mask) noexcept {
    Flags flags;
    flags.mask_ = mask;
    return flags;
  }

  /// The value that Vulkan takes.
  [[nodiscard]] constexpr Mask mask() const noexcept { return mask_; }

  /// Whether every bit of `other` is set.
  [[nodiscard]] constexpr bool contains(Flags other) const noexcept { return (mask_ & other.mask_) == other.mask_; }

  /// Whether any bit of `other` is set.
  [[nodiscard]] constexpr bool intersects(Flags other) const noexcept { return (mask_ & other.mask_) != 0; }

  [[nodiscard]] constexpr bool empty() const noexcept { return mask_ == 0; }

  /// These bits without those of `other`.
  [[nodiscard]] constexpr Flags without(Flags other) const noexcept {
    return from_mask(static_cast<Mask>(mask_ & ~other.mask_));
  }

  constexpr Flags& operator|=(Flags other) noexcept {
    mask_ = static_cast<Mask>(mask_ | other.mask_);
    return *this;
  }

  constexpr Flags& operator&=(Flags other) noexcept {
    mask_ = static_cast<Mask>(mask_ & other.mask_);
    return *this;
  }

  [[nodiscard]] friend constexpr Flags operator|(Flags a, Flags b) noexcept { return a |= b; }
  [[nodiscard]] friend constexpr Flags operator&(Flags a, Flags b) noexcept { return a &= b; }
  [[nodiscard]] friend constexpr bool operator==(Flags, Flags) noexcept = default;

 private:
  Mask mask_ = 0;
};

template <FlagBit Bit>
[[nodiscard]] constexpr Flags<Bit> operator|(Bit a, Bit b) noexcept {
  return Flags<Bit>{a} | Flags<Bit>{b};
}

}  // namespace ashlar
