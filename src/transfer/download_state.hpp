#pragma once

#include <ashlar/transfer/pending.hpp>

#include "counted_state.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>

namespace ashlar::detail {

/// Bytes on their way to the host's memory. Owned by who wants them and by the work that copies them.
///
/// Threads: any number.
struct DownloadState final : CountedState {
  DownloadState(std::byte* destination, std::size_t size) noexcept : destination_{destination}, size_{size} {}

  /// Copies them, unless they are not wanted any more.
  void complete(std::byte const* source) noexcept;
  void fail(std::exception_ptr reason) noexcept;

  /// They are there: nothing had to be waited for.
  void set_done() noexcept { complete(nullptr); }

  /// When this returns the destination is not written to any more.
  void abandon() noexcept;

  /// Waits for `complete` or `fail`, which is about to come. \throws what it failed with.
  void await_end();

  /// Whether they are there. \throws what it failed with.
  [[nodiscard]] bool is_done();

  /// Of the submission; 0 while there is none.
  std::atomic<std::uint64_t> value{0};

 private:
  enum class Stage : std::uint8_t { Wanted, Done, Failed, Abandoned };

  void end(Stage how) noexcept;
  [[nodiscard]] bool check() const;

  std::mutex mutex_;
  std::condition_variable ended_;
  Stage stage_ = Stage::Wanted;
  std::byte* const destination_;
  std::size_t const size_;
  std::exception_ptr failure_;
};

}  // namespace ashlar::detail
