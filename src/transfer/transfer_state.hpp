#pragma once

#include <ashlar/transfer/transfer.hpp>

#include "counted_state.hpp"
#include "device/device_work.hpp"
#include "transfer/copy_threads.hpp"
#include "transfer/staging_ring.hpp"
#include "transfer/transfer_work.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

namespace ashlar::detail {

/// What is behind a Transfer: commands that gather, staging memory, threads that copy.
///
/// Threads: any number. Lock order: `submit_mutex_`, then the queue's, then `mutex_`, then a tracker's. Under `mutex_`
/// no driver is called.
class TransferState final : public CountedState, public Awaited {
 public:
  TransferState(MemoryAllocator its_allocator, Queue its_queue, TransferCreateInfo const& info);
  ~TransferState() override;

  /// What is copied, and by what name it was called.
  struct Part {
    BufferRange const& bytes;
    std::source_location where;
  };

  void upload(Part const& destination, std::byte const* bytes, std::uint64_t size, ProgressView progress);
  [[nodiscard]] Counted<DownloadState> download(Part const& source, std::byte* bytes, std::uint64_t size,
                                                ProgressView progress);
  void copy(BufferRange const& source, BufferRange const& destination, std::source_location where);
  void fill(Part const& destination, std::uint32_t word);
  void update(Part const& destination, void const* bytes, std::uint64_t size);

  /// Submits all that is queued.
  /// \throws VulkanError; then it stays queued.
  Submission submit();
  Submission submit(NextAccess const& next);

  /// Whether the download is there within the time.
  /// \throws what it failed with, VulkanError
  [[nodiscard]] bool wait_for(DownloadState& download, Wait wait);
  [[nodiscard]] Submission submission_of(DownloadState const& download);

  void trim();
  [[nodiscard]] std::uint64_t staging_size();

  // Of TransferWork.
  [[nodiscard]] TransferCommands take_commands();
  void give_back(TransferCommands const& commands, std::vector<StagingPiece> const& pieces) noexcept;
  void began(std::uint64_t value) noexcept;
  void finished(TransferCommands const& commands, std::vector<StagingPiece> const& pieces) noexcept;

  // Awaited: by who waits for what is queued.
  [[nodiscard]] bool try_retain() noexcept override { return try_add_reference(); }
  void drop() noexcept override;
  void await(std::int64_t nanoseconds) override;

  MemoryAllocator const allocator;
  Queue const queue;

 private:
  friend class ChunkedCopy;
  friend class ChunkedUpload;
  friend class ChunkedDownload;
  class HeldPiece;

  [[nodiscard]] DeviceState& device() const noexcept { return Access::state(allocator_device_); }
  [[nodiscard]] QueueState& queue_state() const noexcept { return Access::state(queue); }

  void validate_owner_of(BufferRange const& bytes, char const* context) const;
  void prepare();
  void copy_in_place(std::byte* destination, std::byte const* source, std::uint64_t size, ProgressView progress);
  [[nodiscard]] bool upload_in_place(Part const& destination, std::byte const* bytes, std::uint64_t size,
                                     ProgressView progress);
  [[nodiscard]] bool download_in_place(Part const& source, std::byte* bytes, std::uint64_t size, ProgressView progress);
  [[nodiscard]] bool is_large(std::uint64_t size, StagingRing const& ring) const noexcept;

  template <class Prepare>
  void enqueue(TransferCommand const& command, DeviceUses& held, Prepare const& prepare);
  [[nodiscard]] Counted<TransferWork> make_work(ArrayView<BufferUse> uses = {});
  void close();
  void close_and_submit(std::vector<Buffer>& released);
  [[nodiscard]] bool try_submit() noexcept;

  [[nodiscard]] StagingPiece reserve(StagingRing& ring, std::uint64_t size);
  [[nodiscard]] StagingPiece try_reserve(StagingRing& ring, std::uint64_t size);
  [[nodiscard]] bool grow(StagingRing& ring, std::uint64_t wanted, std::uint64_t needed);
  [[nodiscard]] StagingPiece wait_for_space(StagingRing& ring, std::uint64_t size);
  void release(StagingPiece const* pieces, std::size_t count) noexcept;

  Device const allocator_device_;
  CopyThreads copy_threads_;

  std::mutex submit_mutex_;  ///< One is recorded and submitted at a time, in the order of gathering.

  std::mutex mutex_;
  std::condition_variable changed_;  ///< Staging memory was released, or something queued or finished.
  StagingRing to_device_;
  StagingRing from_device_;
  std::list<Counted<TransferWork>> closed_;  ///< To be submitted, in this order; what fails stays.
  Counted<TransferWork> open_;               ///< Gathers.
  std::vector<TransferCommands> spare_commands_;
  std::vector<TransferCommands> all_commands_;
  std::uint64_t in_flight_ = 0;  ///< Works that are not finished.
  std::uint64_t last_value_ = 0;
};

}  // namespace ashlar::detail
