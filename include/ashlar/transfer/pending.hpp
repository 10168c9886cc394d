#pragma once

#include <ashlar/counted.hpp>
#include <ashlar/duration.hpp>
#include <ashlar/export.hpp>
#include <ashlar/transfer/submission.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace ashlar {

namespace detail {

struct DownloadState;
class TransferState;
ASHLAR_API void retain(DownloadState& state) noexcept;
ASHLAR_API void release(DownloadState& state) noexcept;
ASHLAR_API void retain(TransferState& state) noexcept;
ASHLAR_API void release(TransferState& state) noexcept;

/// What `Pending` is, whatever comes: bytes on their way to memory that somebody else keeps.
class ASHLAR_API PendingBytes {
 public:
  PendingBytes() noexcept = default;
  PendingBytes(Counted<TransferState> transfer, Counted<DownloadState> state) noexcept
      : transfer_{std::move(transfer)}, state_{std::move(state)} {}
  PendingBytes(PendingBytes&&) noexcept = default;
  PendingBytes& operator=(PendingBytes&& other) noexcept {
    if (this != &other) {
      abandon();
      transfer_ = std::move(other.transfer_);
      state_ = std::move(other.state_);
    }
    return *this;
  }

  /// Nothing is written any more when this returns.
  ~PendingBytes() { abandon(); }

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(state_); }

  /// Whether the bytes are there within the time; submits what is queued.
  /// \throws what the transfer failed with.
  [[nodiscard]] bool wait(Wait wait) const;
  [[nodiscard]] Submission submission() const;

  /// The bytes are not wanted any more.
  void abandon() noexcept;

 private:
  Counted<TransferState> transfer_;
  Counted<DownloadState> state_;
};

/// Where the values of a `Pending` lie until they are handed out.
template <class T>
struct PendingValues {
  using Type = std::vector<T>;
};
template <class T>
struct PendingValues<std::vector<T>> {
  using Type = std::vector<T>;
};

}  // namespace detail

/// A value, or a `std::vector`, that is on its way from the device. Movable, not copyable; a moved-from one is empty.
/// Let it go and the value is not copied to the host.
///
/// Threads: one at a time.
template <class T>
class [[nodiscard]] Pending {
 public:
  /// Empty: tests false.
  Pending() noexcept = default;
  Pending(Pending&&) noexcept = default;
  Pending& operator=(Pending&& other) noexcept {
    bytes_ = {};  // Before the memory that it writes to goes.
    values_ = std::move(other.values_);
    bytes_ = std::move(other.bytes_);
    return *this;
  }
  ~Pending() = default;

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(bytes_); }

  /// Waits for the value, and hands it out: once.
  /// \pre This is not empty.
  /// \throws VulkanError if the transfer failed; ask again where a call failed that may succeed later.
  [[nodiscard]] T get() {
    wait();
    bytes_.abandon();
    if constexpr (std::is_same_v<T, Values>) {
      return std::move(values_);
    } else {
      return values_.front();
    }
  }

  /// Waits for the value. \throws as `get`.
  void wait() const { static_cast<void>(bytes_.wait(detail::Wait::forever())); }

  /// Whether the value is there within `duration`. \throws as `get`.
  template <detail::Duration Duration>
  [[nodiscard]] bool wait_for(Duration const& duration) const {
    return bytes_.wait(detail::Wait::at_most(duration));
  }
  [[nodiscard]] bool is_done() const { return bytes_.wait(detail::Wait::not_at_all()); }

  /// The submission that copies it; submits it if that is still to be done. Empty if it was copied without one.
  /// \throws VulkanError
  [[nodiscard]] Submission submission() const { return bytes_.submission(); }

 private:
  friend class Transfer;

  using Values = typename detail::PendingValues<T>::Type;

  Pending(Values values, detail::PendingBytes bytes) noexcept : values_{std::move(values)}, bytes_{std::move(bytes)} {}

  Values values_;  // Outlives what writes to it.
  detail::PendingBytes bytes_;
};

/// Bytes that are on their way into memory of the caller's, which has to live until then: the destructor waits.
///
/// Threads: one at a time.
template <>
class [[nodiscard]] Pending<void> {
 public:
  /// Empty: tests false.
  Pending() noexcept = default;
  Pending(Pending&&) noexcept = default;

  /// Waits for its own bytes first, as the destructor does.
  ASHLAR_API Pending& operator=(Pending&& other) noexcept;

  /// Waits. What fails now cannot be told: `wait()` first.
  ASHLAR_API ~Pending();

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(bytes_); }

  /// Waits until the bytes are there.
  /// \throws VulkanError if the transfer failed; wait again where a call failed that may succeed later.
  void wait() const { static_cast<void>(bytes_.wait(detail::Wait::forever())); }

  /// Whether the bytes are there within `duration`. \throws as `wait`.
  template <detail::Duration Duration>
  [[nodiscard]] bool wait_for(Duration const& duration) const {
    return bytes_.wait(detail::Wait::at_most(duration));
  }
  [[nodiscard]] bool is_done() const { return bytes_.wait(detail::Wait::not_at_all()); }

  /// The submission that copies them; submits it if that is still to be done. Empty if it was copied without one.
  /// \throws VulkanError
  [[nodiscard]] Submission submission() const { return bytes_.submission(); }

 private:
  friend class Transfer;
  explicit Pending(detail::PendingBytes bytes) noexcept : bytes_{std::move(bytes)} {}

  detail::PendingBytes bytes_;
};

}  // namespace ashlar
