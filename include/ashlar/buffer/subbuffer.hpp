#pragma once

#include <ashlar/buffer/access.hpp>
#include <ashlar/buffer/buffer.hpp>
#include <ashlar/buffer/buffer_contents.hpp>
#include <ashlar/buffer/flexible.hpp>
#include <ashlar/buffer/flexible_guards.hpp>
#include <ashlar/buffer/lock.hpp>
#include <ashlar/buffer/overwrite_guard.hpp>
#include <ashlar/buffer/read_guard.hpp>
#include <ashlar/buffer/write_guard.hpp>
#include <ashlar/duration.hpp>
#include <ashlar/export.hpp>
#include <ashlar/layout.hpp>
#include <ashlar/vulkan_handles.hpp>

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <type_traits>

namespace ashlar {

/// VkDescriptorType, as far as it takes a VkDescriptorBufferInfo.
enum class DescriptorType : std::int32_t {
  UniformBuffer = 6,
  StorageBuffer = 7,
  UniformBufferDynamic = 8,
  StorageBufferDynamic = 9,
};

/// Both parts of a `Subbuffer` that was split.
template <class T>
struct SplitSubbuffer {
  Subbuffer<T[]> first;
  Subbuffer<T[]> second;
};

namespace detail {

/// The type of indices, as VkIndexType.
template <class T>
concept IndexElement = std::is_same_v<T, std::uint16_t> || std::is_same_v<T, std::uint32_t>;

/// What a Subbuffer is, whatever its contents: bytes of a buffer.
class ASHLAR_API BufferRange {
 public:
  BufferRange() noexcept = default;
  BufferRange(Buffer buffer, ByteRange range) noexcept : buffer_{static_cast<Buffer&&>(buffer)}, range_{range} {}

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(buffer_); }

  /// The buffer that this is a part of.
  [[nodiscard]] Buffer const& buffer() const noexcept ASHLAR_LIFETIMEBOUND { return buffer_; }

  [[nodiscard]] VkBuffer handle() const noexcept { return buffer_.handle(); }

  /// Bytes from the begin of the buffer.
  [[nodiscard]] std::uint64_t offset() const noexcept { return range_.offset; }
  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return range_.size; }

  /// The range, in bytes of the buffer.
  [[nodiscard]] ByteRange byte_range() const noexcept { return range_; }

  /// The address of the first byte for shaders (vkGetBufferDeviceAddress).
  /// \throws ValidationError without BufferUsage::ShaderDeviceAddress (VUID-VkBufferDeviceAddressInfo-buffer-02601).
  [[nodiscard]] std::uint64_t device_address() const;

  /// What vkUpdateDescriptorSets takes; include a Vulkan header to call it.
  /// \throws ValidationError without the usage that the type asks for (VUID-VkWriteDescriptorSet-descriptorType-00330,
  ///   -00331), at an offset that is not a multiple of the device's minimum (-00327, -00328), or above its largest
  ///   range
  ///   (-00332, -00333).
  [[nodiscard]] VkDescriptorBufferInfo descriptor_info(DescriptorType type) const;

  /// vkCmdBindVertexBuffers, for one binding.
  /// \throws ValidationError without BufferUsage::VertexBuffer (VUID-vkCmdBindVertexBuffers-pBuffers-00627).
  void bind_vertex_buffer(VkCommandBuffer command_buffer, std::uint32_t binding = 0) const;

 protected:
  [[nodiscard]] friend bool operator==(BufferRange const&, BufferRange const&) noexcept = default;

  /// The elements [first, first + count).
  /// \throws ValidationError if they are not all in here.
  [[nodiscard]] BufferRange part(char const* context, std::uint64_t first, std::uint64_t count,
                                 std::uint64_t element_size) const;

  /// The `size` bytes from `offset` on, which are in here unless this is empty.
  /// \throws ValidationError if it is.
  [[nodiscard]] BufferRange piece(char const* context, std::uint64_t offset, std::uint64_t size) const;

  /// The same bytes as elements of another type, behind a head perhaps.
  /// \throws ValidationError if the size is no multiple of the element's, or not the element's where there is to be
  ///   one, or the first byte is not aligned for it.
  [[nodiscard]] BufferRange as_elements(std::uint64_t element_size, std::uint64_t alignment, bool single,
                                        std::uint64_t head_size = 0) const;

  /// What the host's guards of elements of this alignment work on.
  /// \throws ValidationError if this is empty, or mapped memory has no such alignment.
  [[nodiscard]] BufferState& state(std::uint64_t alignment) const;

  [[nodiscard]] std::byte* host_pointer(std::uint64_t alignment) const;
  void bind_index_buffer(VkCommandBuffer command_buffer, std::int32_t index_type) const;

  Buffer buffer_;
  ByteRange range_;
};

}  // namespace detail

/// Typed bytes of a buffer: one `T`, or for `T[]` a number of elements. A counted handle, cheap to copy and to slice;
/// const is shallow.
///
/// The host reads and writes the bytes through guards, which work like those of a readers-writer lock, per range of
/// bytes:
///
/// - `read()` shares; `write()` excludes, and may read and change; `overwrite()` excludes, and may only write, which on
///   write-combined memory is the one fast way: reading a graphics card's memory over the bus runs at a hundredth of
///   the speed of writing it.
/// - They wait while other threads hold guards in conflict, and while the device uses the bytes in conflict, as far as
///   ashlar was told: by `Queue::submit`, `Device::track` or a `Transfer`. A wait that could never end (this thread
///   holds the conflicting guard, or threads wait for one another in a circle) throws AccessConflictError instead.
/// - `try_…` does not wait, `…_for` at most so long; both give a guard that tests false if they do not get the bytes.
/// - On memory that is not coherent they invalidate and flush what is needed.
///
/// A guard keeps the buffer alive. `ashlar::lock(ashlar::read(a), ashlar::write(b))` takes several at once.
///
/// Of a submission that ashlar was not told of it knows nothing: hold no guard of bytes that it uses; on memory that is
/// not coherent, nor of bytes in the same nonCoherentAtomSize, which a write guard flushes too.
///
/// All guards throw NotHostVisibleError where the host cannot reach the memory, and VulkanError if mapping or
/// invalidating it fails, or the device is lost; then nothing is held. Threads: distinct handles may be used by
/// different threads; the const members by several threads at once.
template <class T>
class Subbuffer : public detail::BufferRange {
  static_assert(
      detail::SubbufferContents<T>,
      "this type cannot lie in a buffer, for the reason that is named here: of a struct, list the fields with "
      "ASHLAR_BUFFER_CONTENTS");

  using Base = detail::BufferRange;
  using Location = std::source_location;

 public:
  /// `T`, or the element of `T[]`.
  using Element = detail::Element<T>;

  /// Empty: tests false.
  Subbuffer() noexcept = default;

  [[nodiscard]] friend bool operator==(Subbuffer const& a, Subbuffer const& b) noexcept {
    return static_cast<Base const&>(a) == static_cast<Base const&>(b);
  }

  /// The number of elements.
  [[nodiscard]] std::uint64_t size() const noexcept
    requires std::is_unbounded_array_v<T>
  {
    return size_bytes() / sizeof(Element);
  }

  /// The number of elements of the tail of a `Flexible`.
  [[nodiscard]] std::uint64_t size() const noexcept
    requires detail::FlexibleContents<T>
  {
    return *this ? (size_bytes() - T::tail_offset) / sizeof(detail::TailElementOf<T>) : 0;
  }

  /// The head of a `Flexible`.
  /// \throws ValidationError if this is empty, here and below.
  [[nodiscard]] auto head() const
    requires detail::FlexibleContents<T>
  {
    return Subbuffer<detail::HeadOf<T>>{piece("Subbuffer::head", 0, sizeof(detail::HeadOf<T>))};
  }

  /// The elements of a `Flexible`, to be sliced for example.
  [[nodiscard]] auto tail() const
    requires detail::FlexibleContents<T>
  {
    using E = detail::TailElementOf<T>;
    return Subbuffer<E[]>{piece("Subbuffer::tail", T::tail_offset, size() * sizeof(E))};
  }

  /// The elements [first, first + count).
  /// \throws ValidationError if they are not all in here.
  [[nodiscard]] Subbuffer slice(std::uint64_t first, std::uint64_t count) const
    requires std::is_unbounded_array_v<T>
  {
    return Subbuffer{part("Subbuffer::slice", first, count, sizeof(Element))};
  }

  /// One element.
  /// \throws ValidationError if `index` is not below `size()`.
  [[nodiscard]] Subbuffer<Element> index(std::uint64_t index) const
    requires std::is_unbounded_array_v<T>
  {
    return Subbuffer<Element>{part("Subbuffer::index", index, 1, sizeof(Element))};
  }

  /// The elements [0, middle) and [middle, size()).
  /// \throws ValidationError if `middle` is above `size()`.
  [[nodiscard]] SplitSubbuffer<Element> split_at(std::uint64_t middle) const
    requires std::is_unbounded_array_v<T>
  {
    Subbuffer first{part("Subbuffer::split_at", 0, middle, sizeof(Element))};
    return {first, Subbuffer{part("Subbuffer::split_at", middle, size() - middle, sizeof(Element))}};
  }

  [[nodiscard]] Subbuffer<std::byte[]> as_bytes() const noexcept { return Subbuffer<std::byte[]>{*this}; }

  /// The same bytes as a `U`, as many elements of `U[]` as there are, or a `Flexible` with as long a tail.
  /// \throws ValidationError if the size or the alignment does not fit.
  template <class U>
    requires detail::SubbufferContents<U>
  [[nodiscard]] Subbuffer<U> reinterpret() const {
    if constexpr (detail::FlexibleContents<U>) {
      return Subbuffer<U>{as_elements(sizeof(detail::TailElementOf<U>), U::alignment, false, U::tail_offset)};
    } else {
      using E = detail::Element<U>;
      return Subbuffer<U>{as_elements(sizeof(E), alignof(E), !std::is_unbounded_array_v<U>)};
    }
  }

  /// vkCmdBindIndexBuffer.
  /// \throws ValidationError without BufferUsage::IndexBuffer (VUID-vkCmdBindIndexBuffer-buffer-00433).
  void bind_index_buffer(VkCommandBuffer command_buffer) const
    requires detail::IndexElement<Element>
  {
    Base::bind_index_buffer(command_buffer, sizeof(Element) == 2 ? 0 : 1);
  }

  /// Shared access to the contents.
  [[nodiscard]] ReadGuard<T> read(Location where = Location::current()) const {
    return ReadGuard<T>{*this, detail::Wait::forever(), where};
  }
  [[nodiscard]] ReadGuard<T> try_read(Location where = Location::current()) const {
    return ReadGuard<T>{*this, detail::Wait::not_at_all(), where};
  }
  template <detail::Duration Duration>
  [[nodiscard]] ReadGuard<T> read_for(Duration const& duration, Location where = Location::current()) const {
    return ReadGuard<T>{*this, detail::Wait::at_most(duration), where};
  }

  /// Exclusive access to read and change the contents. Reading is slow on write-combined memory (MemoryUsage::Upload
  /// on a graphics card): if you only write, `overwrite()`.
  [[nodiscard]] WriteGuard<T> write(Location where = Location::current()) const {
    return WriteGuard<T>{*this, detail::Wait::forever(), where};
  }
  [[nodiscard]] WriteGuard<T> try_write(Location where = Location::current()) const {
    return WriteGuard<T>{*this, detail::Wait::not_at_all(), where};
  }
  template <detail::Duration Duration>
  [[nodiscard]] WriteGuard<T> write_for(Duration const& duration, Location where = Location::current()) const {
    return WriteGuard<T>{*this, detail::Wait::at_most(duration), where};
  }

  /// Exclusive access to write the contents, without reading them.
  [[nodiscard]] OverwriteGuard<T> overwrite(Location where = Location::current()) const {
    return OverwriteGuard<T>{*this, detail::Wait::forever(), where};
  }
  [[nodiscard]] OverwriteGuard<T> try_overwrite(Location where = Location::current()) const {
    return OverwriteGuard<T>{*this, detail::Wait::not_at_all(), where};
  }
  template <detail::Duration Duration>
  [[nodiscard]] OverwriteGuard<T> overwrite_for(Duration const& duration, Location where = Location::current()) const {
    return OverwriteGuard<T>{*this, detail::Wait::at_most(duration), where};
  }

  /// The mapped contents without any guard: nothing waits, nothing is flushed or invalidated, and nobody keeps the
  /// buffer alive but its handles. For who takes over all of that.
  /// \throws NotHostVisibleError, VulkanError
  [[nodiscard]] Element* unguarded() const
    requires(!detail::FlexibleContents<T>)
  {
    return static_cast<Element*>(static_cast<void*>(host_pointer(alignof(Element))));
  }

 private:
  friend struct detail::Access;
  friend class Buffer;
  template <class U>
  friend class Subbuffer;

  explicit Subbuffer(Base range) noexcept : Base{static_cast<Base&&>(range)} {}
};

}  // namespace ashlar

#include <ashlar/buffer/buffer_creation.hpp>
