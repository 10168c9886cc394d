#pragma once

#include <ashlar/buffer/buffer_contents.hpp>
#include <ashlar/buffer/buffer_create_info.hpp>
#include <ashlar/buffer/buffer_usage.hpp>
#include <ashlar/buffer/flexible.hpp>
#include <ashlar/buffer/input_range.hpp>
#include <ashlar/counted.hpp>
#include <ashlar/device/device.hpp>
#include <ashlar/export.hpp>
#include <ashlar/memory/memory_allocator.hpp>
#include <ashlar/vulkan_handles.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace ashlar {

namespace detail {
class BufferRange;
struct BufferState;
ASHLAR_API void retain(BufferState& state) noexcept;
ASHLAR_API void release(BufferState& state) noexcept;
}  // namespace detail

template <class T>
class Subbuffer;

/// VkBuffer and the memory that it is bound to. A counted handle; the buffer lives as long as a handle, a
/// `Subbuffer` or a guard of it. All use of its contents goes through `Subbuffer`.
///
/// The functions that create one take: the allocator, what the buffer is to be, which memory it gets, and its
/// contents. They throw
/// - `ValidationError` for a wrong info, a UniformBuffer that shaders would read otherwise, no element, a size above
///   maxBufferSize, or an alignment that host-visible memory does not have (minMemoryMapAlignment);
/// - `NotHostVisibleError` if there are contents to be written but the memory is not host-visible;
/// - `OutOfMemoryError` and `VulkanError`;
/// and what the range throws that contents are read from. Nothing is left behind then.
///
/// Cost: vkCreateBuffer, vkBindBufferMemory and a suballocation; rarely a vkAllocateMemory. Contents are written in
/// place, in order, by the calling thread.
///
/// Threads: distinct handles may be used by different threads; the const members by several threads at once.
class ASHLAR_API Buffer {
 public:
  /// Empty: tests false.
  Buffer() noexcept = default;

  /// A buffer that holds one value.
  template <BufferContents T>
    requires(!std::is_array_v<T>)
  [[nodiscard]] static Subbuffer<T> from_data(MemoryAllocator const& allocator,
                                              detail::BufferCreateInfoFor<T> const& info,
                                              AllocationCreateInfo const& allocation_info, T const& value);

  /// A buffer that holds the elements of a C array or a braced list.
  template <BufferContents T, std::size_t N>
  [[nodiscard]] static Subbuffer<T[]> from_data(MemoryAllocator const& allocator,
                                                detail::BufferCreateInfoFor<T[]> const& info,
                                                AllocationCreateInfo const& allocation_info, T const (&values)[N]);

  /// A buffer that holds the elements of a range, which is walked once.
  ///
  /// If the range does not know its length, the elements are first collected in host memory.
  /// \throws ValidationError also if the range has fewer elements than its size() says.
  template <class Range>
    requires BufferContents<detail::RangeElement<Range>>
  [[nodiscard]] static Subbuffer<detail::RangeElement<Range>[]> from_iter(
      MemoryAllocator const& allocator, detail::BufferCreateInfoFor<detail::RangeElement<Range>[]> const& info,
      AllocationCreateInfo const& allocation_info, Range&& range);

  /// A buffer that holds the elements of a braced list.
  template <BufferContents T, std::size_t N>
  [[nodiscard]] static Subbuffer<T[]> from_iter(MemoryAllocator const& allocator,
                                                detail::BufferCreateInfoFor<T[]> const& info,
                                                AllocationCreateInfo const& allocation_info, T const (&values)[N]);

  /// A buffer for one value, with indeterminate contents.
  template <BufferContents T>
  [[nodiscard]] static Subbuffer<T> new_sized(MemoryAllocator const& allocator,
                                              detail::BufferCreateInfoFor<T> const& info,
                                              AllocationCreateInfo const& allocation_info);

  /// A buffer for `count` elements, with indeterminate contents.
  template <BufferContents T>
  [[nodiscard]] static Subbuffer<T[]> new_slice(MemoryAllocator const& allocator,
                                                detail::BufferCreateInfoFor<T[]> const& info,
                                                AllocationCreateInfo const& allocation_info, std::uint64_t count);

  /// A buffer that holds a head, and behind it the elements of a range, as `from_iter` takes it.
  template <ShaderLayout layout = ShaderLayout::Std430, BufferContents Head, class Range>
    requires BufferContents<detail::RangeElement<Range>>
  [[nodiscard]] static Subbuffer<Flexible<Head, detail::RangeElement<Range>, layout>> from_parts(
      MemoryAllocator const& allocator, detail::BufferCreateInfoFor<Head> const& info,
      AllocationCreateInfo const& allocation_info, Head const& head, Range&& range);

  /// The same, of a braced list.
  template <ShaderLayout layout = ShaderLayout::Std430, BufferContents Head, BufferContents T, std::size_t N>
  [[nodiscard]] static Subbuffer<Flexible<Head, T, layout>> from_parts(MemoryAllocator const& allocator,
                                                                       detail::BufferCreateInfoFor<Head> const& info,
                                                                       AllocationCreateInfo const& allocation_info,
                                                                       Head const& head, T const (&values)[N]);

  /// A buffer for a head and `count` elements behind it, of which there may be none, with indeterminate contents.
  template <BufferContents Head, BufferContents T, ShaderLayout layout = ShaderLayout::Std430>
  [[nodiscard]] static Subbuffer<Flexible<Head, T, layout>> new_flexible(MemoryAllocator const& allocator,
                                                                         detail::BufferCreateInfoFor<Head> const& info,
                                                                         AllocationCreateInfo const& allocation_info,
                                                                         std::uint64_t count);

  /// A buffer of `size` bytes, with indeterminate contents, whose memory begins at a multiple of `alignment`.
  [[nodiscard]] static Subbuffer<std::byte[]> create(MemoryAllocator const& allocator, BufferCreateInfo const& info,
                                                     AllocationCreateInfo const& allocation_info, std::uint64_t size,
                                                     std::uint64_t alignment = 1);

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(state_); }
  [[nodiscard]] friend bool operator==(Buffer const&, Buffer const&) noexcept = default;

  [[nodiscard]] VkBuffer handle() const noexcept;

  /// Bytes.
  [[nodiscard]] std::uint64_t size() const noexcept;
  [[nodiscard]] BufferUsages usage() const noexcept;
  [[nodiscard]] Device const& device() const noexcept ASHLAR_LIFETIMEBOUND;

  /// The memory that the buffer is bound to.
  [[nodiscard]] MemoryAllocation const& allocation() const noexcept ASHLAR_LIFETIMEBOUND;

  /// Gives the VkBuffer a debug-utils name; does nothing where VK_EXT_debug_utils is off.
  void set_name(char const* name) const noexcept;

 private:
  friend struct detail::Access;
  explicit Buffer(detail::Counted<detail::BufferState> state) noexcept;

  /// A buffer for `count` elements of `element_size` bytes.
  [[nodiscard]] static detail::BufferRange create_array(MemoryAllocator const& allocator, BufferCreateInfo const& info,
                                                        AllocationCreateInfo const& allocation_info,
                                                        std::uint64_t count, std::uint64_t element_size,
                                                        std::uint64_t alignment);

  /// A buffer for `count` elements behind a head.
  [[nodiscard]] static detail::BufferRange create_flexible(MemoryAllocator const& allocator,
                                                           BufferCreateInfo const& info,
                                                           AllocationCreateInfo const& allocation_info,
                                                           std::uint64_t head_size, std::uint64_t count,
                                                           std::uint64_t element_size, std::uint64_t alignment);

  /// Where the first contents of a new buffer are written to.
  [[nodiscard]] std::byte* begin_contents() const;

  /// Makes them visible to the device.
  /// \throws ValidationError if fewer elements came than were announced.
  void end_contents(char const* function, std::uint64_t announced, std::uint64_t came) const;

  detail::Counted<detail::BufferState> state_;
};

}  // namespace ashlar

#include <ashlar/buffer/subbuffer.hpp>
