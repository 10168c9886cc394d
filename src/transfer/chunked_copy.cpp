#include "transfer/chunked_copy.hpp"

#include "device/device_state.hpp"
#include "transfer/host_copy.hpp"
#include "transfer/ownership.hpp"

#include <cstring>
#include <utility>

namespace ashlar::detail {
namespace {

// Measured on an NVIDIA H100: its copy engine loses a tenth of its speed with half the chunk. One thread is faster with
// long parts, several with short ones, and with a longer chunk it has fewer to submit.
constexpr std::uint64_t part_bytes = std::uint64_t{256} << 10U;
constexpr std::uint64_t part_bytes_of_one_thread = std::uint64_t{4} << 20U;
constexpr std::uint64_t most_chunk_bytes = std::uint64_t{4} << 20U;
constexpr std::uint64_t most_chunk_bytes_of_one_thread = std::uint64_t{8} << 20U;
constexpr std::uint64_t least_chunk_bytes = std::uint64_t{1} << 20U;
constexpr std::uint64_t slots = 8;

/// With more threads the memory is the limit, and past the caches is no faster.
constexpr std::uint32_t few_helpers = 3;

std::uint64_t choose_chunk_bytes(std::uint64_t size, bool alone, std::uint64_t ring_size) noexcept {
  std::uint64_t const most = alone ? most_chunk_bytes_of_one_thread : most_chunk_bytes;
  std::uint64_t const wanted = std::clamp(align_up(size / slots + 1, part_bytes), least_chunk_bytes, most);
  std::uint64_t const allowed = ring_size / 4;
  return wanted <= allowed ? wanted
                           : std::max<std::uint64_t>(align_down(allowed, allowed >= part_bytes ? part_bytes : 64), 64);
}

std::uint32_t divide_up(std::uint64_t size, std::uint64_t unit) noexcept {
  return static_cast<std::uint32_t>((size + unit - 1) / unit);
}

}  // namespace

ChunkedCopy::ChunkedCopy(TransferState& transfer, StagingRing& ring, BufferUse const& use, std::uint64_t size)
    : transfer_{transfer},
      ring_{ring},
      bytes_{use.bytes()},
      size_{size},
      part_bytes_{transfer.copy_threads_.most_helpers() == 0 ? part_bytes_of_one_thread : part_bytes},
      chunk_bytes_{choose_chunk_bytes(size, transfer.copy_threads_.most_helpers() == 0, ring.max_size())},
      chunk_count_{divide_up(size, chunk_bytes_)},
      chunks_(chunk_count_),
      held_{transfer.make_work({&use, 1})},
      parts_per_chunk_{divide_up(chunk_bytes_, part_bytes_)},
      part_count_{(chunk_count_ - 1) * parts_per_chunk_ +
                  divide_up(size - (chunk_count_ - 1) * chunk_bytes_, part_bytes_)} {
  static_cast<void>(held_->uses.acquire(Wait::forever(), &transfer));
  BufferState& buffer = Access::state(bytes_.buffer());
  validate_owner(buffer, transfer.queue.family(), "Transfer");
  static_cast<void>(transfer.submit());  // What was queued before comes before.
  set_owner(buffer, transfer.queue.family());
  static_cast<void>(transfer.grow(ring, std::min(size, ring.max_size()), chunk_bytes_));
}

template <class Steps>
void ChunkedCopy::run_with_help(Steps const& steps) {
  {
    CopyThreads::Help const help{transfer_.copy_threads_, *this, part_count_ - 1};
    try {
      steps();
    } catch (...) {
      fail(std::current_exception());
    }
    stop();
  }
  if (failure_ != nullptr) {
    wait_for_device();
    release_pieces();
    std::rethrow_exception(failure_);
  }
}

void ChunkedCopy::help() noexcept {
  for (;;) {
    std::uint32_t const part = next_part_.fetch_add(1, std::memory_order_relaxed);
    if (part >= part_count_ || !wait_until_open(part)) {
      return;
    }
    copy(part);
  }
}

/// False if all is given up.
bool ChunkedCopy::wait_until_open(std::uint32_t part) const noexcept {
  constexpr std::uint32_t most_looks = 4096;
  std::uint32_t looks = 0;
  for (std::uint32_t open = parts_open_.load(std::memory_order_acquire); open <= part;
       open = parts_open_.load(std::memory_order_acquire)) {
    if (++looks > most_looks) {
      parts_open_.wait(open, std::memory_order_acquire);
    }
  }
  return !stopped_.load(std::memory_order_acquire);
}

void ChunkedCopy::open_parts(std::uint32_t chunk) noexcept {
  chunks_[chunk].parts_left.store(parts_in(chunk), std::memory_order_relaxed);
  parts_open_.fetch_add(parts_in(chunk), std::memory_order_release);
  parts_open_.notify_all();
}

bool ChunkedCopy::copy_open_part() noexcept {
  std::uint32_t part = next_part_.load(std::memory_order_relaxed);
  do {
    if (part >= parts_open_.load(std::memory_order_relaxed)) {
      return false;
    }
  } while (!next_part_.compare_exchange_weak(part, part + 1, std::memory_order_relaxed));
  copy(part);
  return true;
}

void ChunkedCopy::copy(std::uint32_t part) noexcept {
  std::uint32_t const index = part / parts_per_chunk_;
  Chunk& chunk = chunks_[index];
  std::uint64_t const in_chunk = (part % parts_per_chunk_) * part_bytes_;
  std::uint64_t const size = std::min(part_bytes_, chunk_size(index) - in_chunk);
  copy_part(chunk.piece.bytes() + in_chunk, chunk_offset(index) + in_chunk, static_cast<std::size_t>(size));
  copied_bytes_.fetch_add(size, std::memory_order_relaxed);
  if (chunk.parts_left.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    try {
      end_chunk(chunk, index);
    } catch (...) {
      fail(std::current_exception());
    }
  }
  parts_copied_.fetch_add(1, std::memory_order_release);
  parts_copied_.notify_all();
}

/// The end is reported at the end.
void ChunkedCopy::report(ProgressView progress) const {
  if (std::uint64_t const copied = copied_bytes_.load(std::memory_order_relaxed); copied != size_) {
    progress(copied, size_);
  }
}

void ChunkedCopy::wait_for_part() noexcept {
  std::uint32_t const copied = parts_copied_.load(std::memory_order_acquire);
  if (copied != parts_open_.load(std::memory_order_relaxed)) {
    parts_copied_.wait(copied, std::memory_order_acquire);
  }
}

void ChunkedCopy::fail(std::exception_ptr failure) noexcept {
  std::lock_guard const lock{failure_mutex_};
  if (failure_ == nullptr) {
    failure_ = std::move(failure);
  }
}

void ChunkedCopy::rethrow_failure() {
  std::lock_guard const lock{failure_mutex_};
  if (failure_ != nullptr) {
    std::rethrow_exception(failure_);
  }
}

/// Helpers that wait for parts go home.
void ChunkedCopy::stop() noexcept {
  stopped_.store(true, std::memory_order_release);
  parts_open_.store(UINT32_MAX, std::memory_order_release);
  parts_open_.notify_all();
}

void ChunkedCopy::wait_for_device() noexcept {
  QueueTimeline& timeline = transfer_.queue_state().timeline;
  InFlight& in_flight = transfer_.device().in_flight;
  while (timeline.reached.load(std::memory_order_acquire) < last_value_ && !in_flight.is_lost()) {
    static_cast<void>(in_flight.try_wait(timeline.semaphore, timeline.reached, last_value_, INT64_MAX));
  }
}

void ChunkedCopy::release_pieces() noexcept {
  for (Chunk& chunk : chunks_) {
    if (chunk.piece) {
      transfer_.release(&chunk.piece, 1);
    }
  }
}

bool ChunkedCopy::try_reserve(std::uint32_t chunk) {
  transfer_.device().in_flight.retire();
  chunks_[chunk].piece = transfer_.try_reserve(ring_, chunk_size(chunk));
  return static_cast<bool>(chunks_[chunk].piece);
}

void ChunkedCopy::reserve(std::uint32_t chunk) { chunks_[chunk].piece = transfer_.reserve(ring_, chunk_size(chunk)); }

void ChunkedCopy::submit_chunk(Chunk& chunk, TransferCommand const& command, bool is_upload) {
  static DeviceUses const none;
  std::lock_guard const submitting{transfer_.submit_mutex_};
  bool const is_last = submitted_ + 1 == chunk_count_;
  Counted<TransferWork> const work = is_upload && is_last ? held_ : transfer_.make_work();
  work->add(command);
  work->writes_for_host = !is_upload || held_->uses.writes_host_visible();
  if (is_upload) {
    work->pieces.push_back(chunk.piece);
    chunk.piece = {};
  }
  work->record();
  // All later ones are behind the first on the queue, and so behind what that is behind.
  Submission const submission =
      submit(transfer_.device(), transfer_.queue_state(), *work, submitted_ == 0 ? held_->uses : none,
             {.command_buffers = work->command_buffer()});
  chunk.value = submission.value();
  last_value_ = chunk.value;
  ++submitted_;
}

ChunkedUpload::ChunkedUpload(TransferState& transfer, BufferRange const& destination, std::source_location where,
                             std::byte const* source, std::uint64_t size)
    : ChunkedCopy{transfer, transfer.to_device_, BufferUse{destination, AccessKind::Write, where}, size},
      source_{source} {}

void ChunkedUpload::run(ProgressView progress) {
  run_with_help([&] {
    std::uint32_t opened = 0;
    while (opened != chunk_count_ || !all_open_parts_copied()) {
      rethrow_failure();
      if (opened != chunk_count_ && try_reserve(opened)) {
        open_parts(opened++);
      } else if (copy_open_part()) {
        report(progress);
      } else if (!all_open_parts_copied()) {
        wait_for_part();
      } else if (opened != chunk_count_) {
        reserve(opened);
        open_parts(opened++);
      }
    }
    rethrow_failure();
  });
  progress(size_, size_);
}

void ChunkedUpload::copy_part(std::byte* staged, std::uint64_t offset, std::size_t size) noexcept {
  if (transfer_.copy_threads_.most_helpers() <= few_helpers) {
    copy_past_caches(staged, source_ + offset, size);
  } else {
    std::memcpy(staged, source_ + offset, size);
  }
}

void ChunkedUpload::end_chunk(Chunk& chunk, std::uint32_t index) {
  chunk.piece.flush();
  submit_chunk(chunk,
               {.source = chunk.piece.buffer(),
                .destination = bytes_.handle(),
                .source_offset = chunk.piece.offset(),
                .destination_offset = bytes_.offset() + chunk_offset(index),
                .size = chunk_size(index)},
               true);
}

ChunkedDownload::ChunkedDownload(TransferState& transfer, BufferRange const& source, std::source_location where,
                                 std::byte* destination, std::uint64_t size)
    : ChunkedCopy{transfer, transfer.from_device_, BufferUse{source, AccessKind::Read, where}, size},
      destination_{destination} {}

void ChunkedDownload::begin_chunk(std::uint32_t index) {
  Chunk& chunk = chunks_[index];
  submit_chunk(chunk,
               {.source = bytes_.handle(),
                .destination = chunk.piece.buffer(),
                .source_offset = bytes_.offset() + chunk_offset(index),
                .destination_offset = chunk.piece.offset(),
                .size = chunk_size(index)},
               false);
}

/// Opens the next chunk for the host if the device has copied it within the time.
bool ChunkedDownload::open_next(std::uint32_t& opened, std::int64_t nanoseconds) {
  QueueTimeline& timeline = transfer_.queue_state().timeline;
  Chunk& chunk = chunks_[opened];
  bool const is_copied =
      transfer_.device().in_flight.wait(timeline.semaphore, timeline.reached, chunk.value, nanoseconds);
  if (is_copied) {
    chunk.piece.invalidate();
    open_parts(opened++);
  }
  return is_copied;
}

void ChunkedDownload::run(ProgressView progress) {
  run_with_help([&] {
    std::uint32_t begun = 0;
    std::uint32_t opened = 0;
    while (opened != chunk_count_ || !all_open_parts_copied()) {
      rethrow_failure();
      if (begun != chunk_count_ && try_reserve(begun)) {
        begin_chunk(begun++);
      } else if (opened != begun && open_next(opened, 0)) {
        continue;
      } else if (copy_open_part()) {
        report(progress);
      } else if (opened != begun) {
        static_cast<void>(open_next(opened, INT64_MAX));
      } else if (!all_open_parts_copied()) {
        wait_for_part();
      } else if (begun != chunk_count_) {
        reserve(begun);
        begin_chunk(begun++);
      }
    }
    rethrow_failure();
  });
  progress(size_, size_);
}

void ChunkedDownload::copy_part(std::byte* staged, std::uint64_t offset, std::size_t size) noexcept {
  copy_past_caches(destination_ + offset, staged, size);
}

void ChunkedDownload::end_chunk(Chunk& chunk, std::uint32_t) {
  transfer_.release(&chunk.piece, 1);
  chunk.piece = {};
}

}  // namespace ashlar::detail
