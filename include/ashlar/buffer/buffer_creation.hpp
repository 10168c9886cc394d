#pragma once

// How `Buffer` creates subbuffers; included by subbuffer.hpp, where both are complete.

#include <ashlar/buffer/buffer.hpp>
#include <ashlar/buffer/buffer_contents.hpp>
#include <ashlar/buffer/buffer_create_info.hpp>
#include <ashlar/buffer/flexible.hpp>
#include <ashlar/buffer/input_range.hpp>
#include <ashlar/buffer/subbuffer.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace ashlar {

inline Subbuffer<std::byte[]> Buffer::create(MemoryAllocator const& allocator, BufferCreateInfo const& info,
                                             AllocationCreateInfo const& allocation_info, std::uint64_t size,
                                             std::uint64_t alignment) {
  return Subbuffer<std::byte[]>{create_array(allocator, info, allocation_info, size, 1, alignment)};
}

template <BufferContents T>
  requires(!std::is_array_v<T>)
Subbuffer<T> Buffer::from_data(MemoryAllocator const& allocator, detail::BufferCreateInfoFor<T> const& info,
                               AllocationCreateInfo const& allocation_info, T const& value) {
  detail::BufferRange bytes = create_array(allocator, info, allocation_info, 1, sizeof(T), alignof(T));
  std::memcpy(bytes.buffer().begin_contents(), &value, sizeof(T));
  bytes.buffer().end_contents("Buffer::from_data", 1, 1);
  return Subbuffer<T>{static_cast<detail::BufferRange&&>(bytes)};
}

template <BufferContents T, std::size_t N>
Subbuffer<T[]> Buffer::from_data(MemoryAllocator const& allocator, detail::BufferCreateInfoFor<T[]> const& info,
                                 AllocationCreateInfo const& allocation_info, T const (&values)[N]) {
  detail::BufferRange bytes = create_array(allocator, info, allocation_info, N, sizeof(T), alignof(T));
  std::memcpy(bytes.buffer().begin_contents(), values, sizeof(values));
  bytes.buffer().end_contents("Buffer::from_data", N, N);
  return Subbuffer<T[]>{static_cast<detail::BufferRange&&>(bytes)};
}

namespace detail {

/// Writes the elements of a range, `count` at most; how many there were.
template <class Range>
std::size_t write_elements(std::byte* contents, std::size_t count, Range& range) {
  using T = RangeElement<Range>;
  std::size_t came = 0;
  for (auto&& element : range) {
    if (came == count) {
      break;
    }
    T const value = static_cast<decltype(element)>(element);
    std::memcpy(contents + came * sizeof(T), &value, sizeof(T));
    ++came;
  }
  return came;
}

}  // namespace detail

template <class Range>
  requires BufferContents<detail::RangeElement<Range>>
Subbuffer<detail::RangeElement<Range>[]> Buffer::from_iter(
    MemoryAllocator const& allocator, detail::BufferCreateInfoFor<detail::RangeElement<Range>[]> const& info,
    AllocationCreateInfo const& allocation_info, Range&& range) {
  using T = detail::RangeElement<Range>;
  if constexpr (detail::SizedRange<std::remove_reference_t<Range>>) {
    std::size_t const count = detail::range_size(range);
    detail::BufferRange bytes = create_array(allocator, info, allocation_info, count, sizeof(T), alignof(T));
    bytes.buffer().end_contents("Buffer::from_iter", count,
                                detail::write_elements(bytes.buffer().begin_contents(), count, range));
    return Subbuffer<T[]>{static_cast<detail::BufferRange&&>(bytes)};
  } else {
    detail::Collected const elements{range};
    detail::BufferRange bytes = create_array(allocator, info, allocation_info, elements.size(), sizeof(T), alignof(T));
    std::memcpy(bytes.buffer().begin_contents(), elements.data(), elements.size() * sizeof(T));
    bytes.buffer().end_contents("Buffer::from_iter", elements.size(), elements.size());
    return Subbuffer<T[]>{static_cast<detail::BufferRange&&>(bytes)};
  }
}

template <BufferContents T, std::size_t N>
Subbuffer<T[]> Buffer::from_iter(MemoryAllocator const& allocator, detail::BufferCreateInfoFor<T[]> const& info,
                                 AllocationCreateInfo const& allocation_info, T const (&values)[N]) {
  return from_data(allocator, info, allocation_info, values);
}

template <BufferContents T>
Subbuffer<T> Buffer::new_sized(MemoryAllocator const& allocator, detail::BufferCreateInfoFor<T> const& info,
                               AllocationCreateInfo const& allocation_info) {
  return Subbuffer<T>{create_array(allocator, info, allocation_info, 1, sizeof(T), alignof(T))};
}

template <BufferContents T>
Subbuffer<T[]> Buffer::new_slice(MemoryAllocator const& allocator, detail::BufferCreateInfoFor<T[]> const& info,
                                 AllocationCreateInfo const& allocation_info, std::uint64_t count) {
  return Subbuffer<T[]>{create_array(allocator, info, allocation_info, count, sizeof(T), alignof(T))};
}

template <ShaderLayout layout, BufferContents Head, class Range>
  requires BufferContents<detail::RangeElement<Range>>
Subbuffer<Flexible<Head, detail::RangeElement<Range>, layout>> Buffer::from_parts(
    MemoryAllocator const& allocator, detail::BufferCreateInfoFor<Head> const& info,
    AllocationCreateInfo const& allocation_info, Head const& head, Range&& range) {
  using T = detail::RangeElement<Range>;
  if constexpr (detail::SizedRange<std::remove_reference_t<Range>>) {
    std::size_t const count = detail::range_size(range);
    auto subbuffer = new_flexible<Head, T, layout>(allocator, info, allocation_info, count);
    std::byte* const contents = subbuffer.buffer().begin_contents();
    std::memcpy(contents, &head, sizeof(Head));
    subbuffer.buffer().end_contents(
        "Buffer::from_parts", count,
        detail::write_elements(contents + Flexible<Head, T, layout>::tail_offset, count, range));
    return subbuffer;
  } else {
    return from_parts<layout>(allocator, info, allocation_info, head, detail::Collected{range});
  }
}

template <ShaderLayout layout, BufferContents Head, BufferContents T, std::size_t N>
Subbuffer<Flexible<Head, T, layout>> Buffer::from_parts(MemoryAllocator const& allocator,
                                                        detail::BufferCreateInfoFor<Head> const& info,
                                                        AllocationCreateInfo const& allocation_info, Head const& head,
                                                        T const (&values)[N]) {
  return from_parts<layout, Head, T const(&)[N]>(allocator, info, allocation_info, head, values);
}

template <BufferContents Head, BufferContents T, ShaderLayout layout>
Subbuffer<Flexible<Head, T, layout>> Buffer::new_flexible(MemoryAllocator const& allocator,
                                                          detail::BufferCreateInfoFor<Head> const& info,
                                                          AllocationCreateInfo const& allocation_info,
                                                          std::uint64_t count) {
  using Contents = Flexible<Head, T, layout>;
  return Subbuffer<Contents>{
      create_flexible(allocator, info, allocation_info, Contents::tail_offset, count, sizeof(T), Contents::alignment)};
}

}  // namespace ashlar
