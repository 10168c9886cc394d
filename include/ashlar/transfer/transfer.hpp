#pragma once

#include <ashlar/array_view.hpp>
#include <ashlar/buffer/buffer.hpp>
#include <ashlar/buffer/input_range.hpp>
#include <ashlar/buffer/subbuffer.hpp>
#include <ashlar/counted.hpp>
#include <ashlar/device/queue.hpp>
#include <ashlar/export.hpp>
#include <ashlar/memory/memory_allocator.hpp>
#include <ashlar/transfer/pending.hpp>
#include <ashlar/transfer/submission.hpp>
#include <ashlar/transfer/submit_info.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <type_traits>
#include <utility>
#include <vector>

namespace ashlar {

struct TransferCreateInfo {
  /// Empty: one that can only transfer, or else the one that can do least beside.
  Queue queue{};

  /// Bytes; what each of the two rings of staging memory, to the device and from it, may grow to. While one grows the
  /// smaller one lives on until the device is through with it. One that was used by a quarter at most, the last 64
  /// times that it was used and became empty, is given back; `trim` does that at once.
  std::uint64_t max_staging_size = std::uint64_t{64} << 20U;

  /// Threads that copy large data on the host, the caller included. 0: as many as the processor has, up to 8.
  std::uint32_t max_copy_threads = 0;
};

/// What the device does next with what was transferred, on the queue of the transfer, where that is not told to
/// `Queue::submit`.
struct NextAccess {
  Flags<PipelineStage> stage{};
  Flags<AccessFlag> access{};
};

namespace detail {

/// `void(std::uint64_t done, std::uint64_t total)`, both in bytes, that somebody else keeps.
class ProgressView {
 public:
  ProgressView() noexcept = default;

  template <class Function>
    requires std::invocable<Function&, std::uint64_t, std::uint64_t>
  ProgressView(Function& function) noexcept  // NOLINT(google-explicit-constructor)
      : function_{const_cast<void*>(static_cast<void const*>(&function))},
        call_{[](void* object, std::uint64_t done, std::uint64_t total) {
          (*static_cast<Function*>(object))(done, total);
        }} {}

  void operator()(std::uint64_t done, std::uint64_t total) const {
    if (call_ != nullptr) {
      call_(function_, done, total);
    }
  }

 private:
  void* function_ = nullptr;
  void (*call_)(void*, std::uint64_t, std::uint64_t) = nullptr;
};

/// A contiguous container of which each element may be written.
template <class Container, class T>
concept WritableElements = requires(Container&& container) {
  { container.data() } -> std::convertible_to<T*>;
  static_cast<std::size_t>(container.size());
};

template <class Range, class T>
concept ContiguousElements = requires(Range&& range) {
  { range.data() } -> std::convertible_to<T const*>;
  static_cast<std::size_t>(range.size());
};

}  // namespace detail

/// Copies between the host and buffers in memory that the host cannot reach, or not well, and between buffers: by the
/// queue that can only transfer, where there is one. A counted handle; the last to go waits for what it queued.
///
/// Each call takes the bytes as `Queue::submit` takes its uses: it waits for other threads' guards in conflict, and
/// throws AccessConflictError where this thread itself has one. Guards and submissions of the same bytes wait for it.
/// So a barrier or a semaphore is nobody's concern.
///
/// What is called is queued, and submitted together: by `submit`, by whoever waits for the bytes, or by itself when
/// much has gathered. Data is copied before the call returns, into staging memory or, if the host can write the
/// destination well and nobody uses it, there: on unified memory, or up to 256 KiB (64 KiB in a small heap). Large data
/// goes through the staging ring in chunks, while the device copies others; then the call returns when the last is
/// submitted, or, of a download, when it is there. No write-combined memory is read.
///
/// All functions throw
/// - `ValidationError` if a subbuffer is empty, of another device, without the usage that it takes
///   (BufferUsage::TransferSource, TransferDestination), of a wrong size, or owned by another queue family;
/// - `AccessConflictError` as above; `OutOfMemoryError` if there is no staging memory at all; `VulkanError`.
/// What was not submitted because of an error stays queued, and is submitted the next time; if even the destructor of
/// the last handle cannot submit it, it is given up. An upload of large data, or in place, that throws has written some
/// of it.
///
/// Needs timeline semaphores, but where nothing is done but in place. Cost: of small data a copy and a short lock;
/// then, for all that is submitted together, vkBeginCommandBuffer, vkQueueSubmit and the like once. docs/benchmarks.md
/// has figures.
///
/// Threads: all members may be called by any number of threads at once.
class ASHLAR_API Transfer {
 public:
  /// Empty: tests false.
  Transfer() noexcept = default;

  /// Staging memory, and that of the buffers that it creates, comes from `allocator`.
  /// \throws ValidationError if the allocator is empty, or the queue is of another device or cannot transfer.
  explicit Transfer(MemoryAllocator const& allocator, TransferCreateInfo const& info = {});

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(state_); }
  [[nodiscard]] friend bool operator==(Transfer const&, Transfer const&) noexcept = default;

  /// The queue that it submits to. \pre This is not empty.
  [[nodiscard]] Queue const& queue() const noexcept ASHLAR_LIFETIMEBOUND;

  /// A buffer in DeviceOnly memory that holds a value. `info.usage` gets TransferDestination by itself.
  /// \throws as `Buffer::from_data`, and as above.
  template <BufferContents T>
    requires(!std::is_array_v<T>)
  [[nodiscard]] Subbuffer<T> from_data(detail::BufferCreateInfoFor<T> const& info, T const& value) const {
    auto const subbuffer = Buffer::new_sized<T>(allocator(), with_destination(info), {});
    upload_bytes(subbuffer, &value, sizeof(T), {}, std::source_location::current());
    return subbuffer;
  }

  /// The same, of the elements of a C array or a braced list.
  template <BufferContents T, std::size_t N>
  [[nodiscard]] Subbuffer<T[]> from_data(detail::BufferCreateInfoFor<T[]> const& info, T const (&values)[N]) const {
    return from_elements(info, values, N);
  }

  /// The same, of the elements of a range. If they do not lie in one piece they are first collected in host memory.
  template <class Range>
    requires BufferContents<detail::RangeElement<Range>>
  [[nodiscard]] Subbuffer<detail::RangeElement<Range>[]> from_iter(
      detail::BufferCreateInfoFor<detail::RangeElement<Range>[]> const& info, Range&& range) const {
    using T = detail::RangeElement<Range>;
    if constexpr (detail::ContiguousElements<Range, T>) {
      return from_elements(info, static_cast<T const*>(range.data()), static_cast<std::size_t>(range.size()));
    } else {
      detail::Collected const elements{range};
      return from_elements(info, elements.data(), elements.size());
    }
  }

  /// The same, of a head and the elements of a range behind it.
  template <ShaderLayout layout = ShaderLayout::Std430, BufferContents Head, class Range>
    requires BufferContents<detail::RangeElement<Range>>
  [[nodiscard]] Subbuffer<Flexible<Head, detail::RangeElement<Range>, layout>> from_parts(
      detail::BufferCreateInfoFor<Head> const& info, Head const& head, Range&& range) const {
    using T = detail::RangeElement<Range>;
    if constexpr (detail::ContiguousElements<Range, T>) {
      ArrayView<T> const elements{static_cast<T const*>(range.data()), static_cast<std::size_t>(range.size())};
      auto const subbuffer =
          Buffer::new_flexible<Head, T, layout>(allocator(), with_destination(info), {}, elements.size());
      upload_to(subbuffer.head(), head);
      if (!elements.empty()) {
        upload_to(subbuffer.tail(), elements);
      }
      return subbuffer;
    } else {
      return from_parts<layout>(info, head, detail::Collected{range});
    }
  }

  template <ShaderLayout layout = ShaderLayout::Std430, BufferContents Head, BufferContents T, std::size_t N>
  [[nodiscard]] Subbuffer<Flexible<Head, T, layout>> from_parts(detail::BufferCreateInfoFor<Head> const& info,
                                                                Head const& head, T const (&values)[N]) const {
    return from_parts<layout>(info, head, ArrayView<T>{values});
  }

  template <BufferContents T, std::size_t N>
  [[nodiscard]] Subbuffer<T[]> from_iter(detail::BufferCreateInfoFor<T[]> const& info, T const (&values)[N]) const {
    return from_elements(info, values, N);
  }

  /// Writes a value to a buffer.
  template <BufferContents T>
  void upload_to(Subbuffer<T> const& destination, std::type_identity_t<T> const& value,
                 std::source_location where = std::source_location::current()) const {
    upload_bytes(destination, &value, sizeof(T), {}, where);
  }

  /// Writes as many elements as `destination` has. Above 1 MiB, or a quarter of `max_staging_size`, it returns when the
  /// last chunk is submitted; below when the elements are queued, or written in place.
  template <class T>
  void upload_to(Subbuffer<T[]> const& destination, ArrayView<std::type_identity_t<T>> elements,
                 std::source_location where = std::source_location::current()) const {
    upload_bytes(destination, elements.data(), elements.size() * sizeof(T), {}, where);
  }

  /// The same; calls `progress(done, total)`, in bytes, now and then and at the end, on this thread. What that throws
  /// comes through, and the rest is not uploaded. It must not call this transfer, whose staging memory is in use.
  template <class T, std::invocable<std::uint64_t, std::uint64_t> Progress>
  void upload_to(Subbuffer<T[]> const& destination, ArrayView<std::type_identity_t<T>> elements, Progress&& progress,
                 std::source_location where = std::source_location::current()) const {
    upload_bytes(destination, elements.data(), elements.size() * sizeof(T), progress, where);
  }

  /// Reads a value of a buffer.
  template <BufferContents T>
    requires(!std::is_array_v<T>)
  [[nodiscard]] Pending<T> download(Subbuffer<T> const& source,
                                    std::source_location where = std::source_location::current()) const {
    return download_elements<Pending<T>>(source, 1, where);
  }

  /// Reads the elements of a buffer; of large ones `download_to` is faster, into memory that was written to before.
  /// Above 1 MiB, or a quarter of `max_staging_size`, it returns when they are there; below when the copy is queued.
  template <class T>
  [[nodiscard]] Pending<std::vector<T>> download(Subbuffer<T[]> const& source,
                                                 std::source_location where = std::source_location::current()) const {
    return download_elements<Pending<std::vector<T>>>(source, source.size(), where);
  }

  /// Reads a value of a buffer into `destination`, which has to live until the download is done.
  template <BufferContents T>
    requires(!std::is_array_v<T>)
  [[nodiscard]] Pending<void> download_to(Subbuffer<T> const& source, std::type_identity_t<T>& destination,
                                          std::source_location where = std::source_location::current()) const {
    return Pending<void>{download_bytes(source, &destination, sizeof(T), {}, where)};
  }

  /// Reads the elements of a buffer into as many of `destination`, a std::span or any contiguous container, which has
  /// to live until the download is done.
  template <class T, detail::WritableElements<T> Container>
  [[nodiscard]] Pending<void> download_to(Subbuffer<T[]> const& source, Container&& destination,
                                          std::source_location where = std::source_location::current()) const {
    T* const data = destination.data();
    return Pending<void>{
        download_bytes(source, data, static_cast<std::size_t>(destination.size()) * sizeof(T), {}, where)};
  }

  /// The same, with `progress` as of `upload_to`.
  template <class T, detail::WritableElements<T> Container, std::invocable<std::uint64_t, std::uint64_t> Progress>
  [[nodiscard]] Pending<void> download_to(Subbuffer<T[]> const& source, Container&& destination, Progress&& progress,
                                          std::source_location where = std::source_location::current()) const {
    T* const data = destination.data();
    return Pending<void>{
        download_bytes(source, data, static_cast<std::size_t>(destination.size()) * sizeof(T), progress, where)};
  }

  /// vkCmdCopyBuffer, of all of `source` to all of `destination`, which is as large.
  /// \throws ValidationError also if they overlap (VUID-vkCmdCopyBuffer-pRegions-00117).
  template <class T>
  void copy(Subbuffer<T> const& source, Subbuffer<T> const& destination,
            std::source_location where = std::source_location::current()) const {
    copy_bytes(source, destination, where);
  }

  /// vkCmdFillBuffer: repeats `word`, four bytes.
  /// \throws ValidationError also if the offset or the size is no multiple of 4 (VUID-vkCmdFillBuffer-dstOffset-00025,
  ///   VUID-vkCmdFillBuffer-size-00028).
  template <class T>
  void fill(Subbuffer<T> const& destination, std::uint32_t word,
            std::source_location where = std::source_location::current()) const {
    fill_bytes(destination, word, where);
  }

  /// vkCmdUpdateBuffer: the bytes lie in the command buffer, which takes no staging memory.
  /// \throws ValidationError also if the offset or the size is no multiple of 4, or the size is above 65,536
  ///   (VUID-vkCmdUpdateBuffer-dstOffset-00036, -dataSize-00037, -dataSize-00038).
  template <BufferContents T>
  void update(Subbuffer<T> const& destination, std::type_identity_t<T> const& value,
              std::source_location where = std::source_location::current()) const {
    update_bytes(destination, &value, sizeof(T), where);
  }
  template <class T>
  void update(Subbuffer<T[]> const& destination, ArrayView<std::type_identity_t<T>> elements,
              std::source_location where = std::source_location::current()) const {
    update_bytes(destination, elements.data(), elements.size() * sizeof(T), where);
  }

  /// Submits what is queued, of all threads. The answer is the last submission, which is done when all before is; empty
  /// if there was none yet.
  Submission submit() const;

  /// The same, with a barrier behind it, for work on the same queue that is not submitted by `Queue::submit`. Work on
  /// another queue waits for the submission: `Submission::before(stage)`.
  /// \throws ValidationError if the queue's family does not have the stage
  ///   (VUID-vkCmdPipelineBarrier-dstStageMask-06462).
  Submission submit(NextAccess const& next) const;

  /// Gives staging memory back that is not in use.
  void trim() const;

  /// Bytes of staging memory that it has now.
  [[nodiscard]] std::uint64_t staging_size() const;

 private:
  friend struct detail::Access;

  [[nodiscard]] MemoryAllocator const& allocator() const;
  [[nodiscard]] static BufferCreateInfo with_destination(BufferCreateInfo info) noexcept {
    info.usage |= BufferUsage::TransferDestination;
    return info;
  }

  template <class T>
  [[nodiscard]] Subbuffer<T[]> from_elements(BufferCreateInfo const& info, T const* elements, std::size_t count) const {
    auto const subbuffer = Buffer::new_slice<T>(allocator(), with_destination(info), {}, count);
    upload_bytes(subbuffer, elements, count * sizeof(T), {}, std::source_location::current());
    return subbuffer;
  }

  template <class Result>
  [[nodiscard]] Result download_elements(detail::BufferRange const& source, std::uint64_t count,
                                         std::source_location where) const {
    typename Result::Values values(static_cast<std::size_t>(count));
    detail::PendingBytes bytes = download_bytes(source, values.data(), source.size_bytes(), {}, where);
    return Result{std::move(values), std::move(bytes)};
  }

  void upload_bytes(detail::BufferRange const& destination, void const* bytes, std::uint64_t size,
                    detail::ProgressView progress, std::source_location where) const;
  [[nodiscard]] detail::PendingBytes download_bytes(detail::BufferRange const& source, void* bytes, std::uint64_t size,
                                                    detail::ProgressView progress, std::source_location where) const;
  void copy_bytes(detail::BufferRange const& source, detail::BufferRange const& destination,
                  std::source_location where) const;
  void fill_bytes(detail::BufferRange const& destination, std::uint32_t word, std::source_location where) const;
  void update_bytes(detail::BufferRange const& destination, void const* bytes, std::uint64_t size,
                    std::source_location where) const;

  detail::Counted<detail::TransferState> state_;
};

}  // namespace ashlar
