#pragma once

#include "transfer/copy_threads.hpp"
#include "transfer/transfer_state.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <vector>

namespace ashlar::detail {

/// A copy of large data through staging memory: in chunks, each in parts that whichever thread is free copies on the
/// host, while the device copies other chunks.
///
/// The buffer's bytes are held from begin to end, so that nobody comes in between. Of one thread, with the help of
/// others between `run`'s begin and its end.
class ChunkedCopy : public CopyThreads::Job {
 public:
  void help() noexcept override;

 protected:
  /// A chunk on its way.
  struct Chunk {
    StagingPiece piece;
    std::uint64_t value = 0;  ///< Of the device's copy, once that is submitted.
    std::atomic<std::uint32_t> parts_left{0};
  };

  ChunkedCopy(TransferState& transfer, StagingRing& ring, BufferUse const& use, std::uint64_t size);

  /// Runs `steps` with the help of other threads; ends in an orderly way whatever is thrown, here or there.
  template <class Steps>
  void run_with_help(Steps const& steps);

  /// The host's copy of a part.
  virtual void copy_part(std::byte* staged, std::uint64_t offset, std::size_t size) noexcept = 0;
  /// The host's copy of a chunk is complete; called by whichever thread copied the last part.
  virtual void end_chunk(Chunk& chunk, std::uint32_t index) = 0;

  /// Lets the host's copy of the next chunk begin.
  void open_parts(std::uint32_t chunk) noexcept;
  /// Copies a part, if one is open; whether there was one.
  bool copy_open_part() noexcept;
  /// Waits until another part is copied. \pre Some are open and not copied.
  void wait_for_part() noexcept;
  void report(ProgressView progress) const;
  void fail(std::exception_ptr failure) noexcept;
  void rethrow_failure();
  /// Waits for all of the device's copies that were submitted.
  void wait_for_device() noexcept;

  /// Takes a piece for a chunk, if there is room; `reserve` waits for it.
  [[nodiscard]] bool try_reserve(std::uint32_t chunk);
  void reserve(std::uint32_t chunk);

  /// Submits the device's copy of a chunk. If the chunk is done then its piece goes back by itself.
  void submit_chunk(Chunk& chunk, TransferCommand const& command, bool is_upload);

  [[nodiscard]] std::uint64_t chunk_offset(std::uint32_t chunk) const noexcept { return chunk * chunk_bytes_; }
  [[nodiscard]] std::uint64_t chunk_size(std::uint32_t chunk) const noexcept {
    return std::min(chunk_bytes_, size_ - chunk_offset(chunk));
  }
  [[nodiscard]] std::uint32_t parts_in(std::uint32_t chunk) const noexcept {
    return static_cast<std::uint32_t>((chunk_size(chunk) + part_bytes_ - 1) / part_bytes_);
  }
  [[nodiscard]] bool all_open_parts_copied() const noexcept {
    return parts_copied_.load(std::memory_order_acquire) == parts_open_.load(std::memory_order_relaxed);
  }

  TransferState& transfer_;
  StagingRing& ring_;
  BufferRange const bytes_;
  std::uint64_t const size_;
  std::uint64_t const part_bytes_;
  std::uint64_t const chunk_bytes_;
  std::uint32_t const chunk_count_;
  std::vector<Chunk> chunks_;
  Counted<TransferWork> held_;  ///< Holds the bytes; submitted last by an upload.
  std::uint64_t last_value_ = 0;
  std::uint32_t submitted_ = 0;  ///< Guarded by the transfer's `submit_mutex_`.

 private:
  void copy(std::uint32_t part) noexcept;
  [[nodiscard]] bool wait_until_open(std::uint32_t part) const noexcept;
  void stop() noexcept;
  void release_pieces() noexcept;

  std::uint32_t const parts_per_chunk_;
  std::uint32_t const part_count_;
  std::atomic<std::uint32_t> next_part_{0};
  std::atomic<std::uint32_t> parts_open_{0};
  std::atomic<std::uint32_t> parts_copied_{0};
  std::atomic<std::uint64_t> copied_bytes_{0};
  std::atomic<bool> stopped_{false};
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
};

/// From the host. Returns when the last chunk is submitted.
class ChunkedUpload final : public ChunkedCopy {
 public:
  ChunkedUpload(TransferState& transfer, BufferRange const& destination, std::source_location where,
                std::byte const* source, std::uint64_t size);
  void run(ProgressView progress);

 private:
  void copy_part(std::byte* staged, std::uint64_t offset, std::size_t size) noexcept override;
  void end_chunk(Chunk& chunk, std::uint32_t index) override;

  std::byte const* source_;
};

/// To the host. Returns when all is there.
class ChunkedDownload final : public ChunkedCopy {
 public:
  ChunkedDownload(TransferState& transfer, BufferRange const& source, std::source_location where,
                  std::byte* destination, std::uint64_t size);
  void run(ProgressView progress);

 private:
  void copy_part(std::byte* staged, std::uint64_t offset, std::size_t size) noexcept override;
  void end_chunk(Chunk& chunk, std::uint32_t index) override;
  void begin_chunk(std::uint32_t index);
  [[nodiscard]] bool open_next(std::uint32_t& opened, std::int64_t nanoseconds);

  std::byte* destination_;
};

}  // namespace ashlar::detail
