#pragma once

// How `Buffer` creates subbuffers; included by subbuffer.hpp, where both are complete.

#include <ashlar/buffer/buffer.hpp>
#include <ashlar/buffer/buffer_contents.hpp>
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
Subbuffer<T> Buffer::from_data(MemoryAllocator const& allocator, BufferCreateInfo const& info,
                               AllocationCreateInfo const& allocation_info, T const& value) {
  detail::BufferRange bytes = create_array(allocator, info, allocation_info, 1, sizeof(T), alignof(T));
  std::memcpy(bytes.buffer().begin_contents(), &value, sizeof(T));
  bytes.buffer().end_contents(1, 1);
  return Subbuffer<T>{static_cast<detail::BufferRange&&>(bytes)};
}

template <BufferContents T, std::size_t N>
Subbuffer<T[]> Buffer::from_data(MemoryAllocator const& allocator, BufferCreateInfo const& info,
                                 AllocationCreateInfo const& allocation_info, T const (&values)[N]) {
  detail::BufferRange bytes = create_array(allocator, info, allocation_info, N, sizeof(T), alignof(T));
  std::memcpy(bytes.buffer().begin_contents(), values, sizeof(values));
  bytes.buffer().end_contents(N, N);
  return Subbuffer<T[]>{static_cast<detail::BufferRange&&>(bytes)};
}

template <class Range>
  requires BufferContents<detail::RangeElement<Range>>
Subbuffer<detail::RangeElement<Range>[]> Buffer::from_iter(MemoryAllocator const& allocator,
                                                           BufferCreateInfo const& info,
                                                           AllocationCreateInfo const& allocation_info, Range&& range) {
  using T = detail::RangeElement<Range>;
  if constexpr (detail::SizedRange<std::remove_reference_t<Range>>) {
    std::size_t const count = detail::range_size(range);
    detail::BufferRange bytes = create_array(allocator, info, allocation_info, count, sizeof(T), alignof(T));
    std::byte* const contents = bytes.buffer().begin_contents();
    std::size_t came = 0;
    for (auto&& element : range) {
      if (came == count) {
        break;
      }
      T const value = static_cast<decltype(element)>(element);
      std::memcpy(contents + came * sizeof(T), &value, sizeof(T));
      ++came;
    }
    bytes.buffer().end_contents(count, came);
    return Subbuffer<T[]>{static_cast<detail::BufferRange&&>(bytes)};
  } else {
    detail::Collected<T> elements;
    for (auto&& element : range) {
      elements.push_back(static_cast<decltype(element)>(element));
    }
    detail::BufferRange bytes = create_array(allocator, info, allocation_info, elements.size(), sizeof(T), alignof(T));
    std::memcpy(bytes.buffer().begin_contents(), elements.data(), elements.size() * sizeof(T));
    bytes.buffer().end_contents(elements.size(), elements.size());
    return Subbuffer<T[]>{static_cast<detail::BufferRange&&>(bytes)};
  }
}

template <BufferContents T, std::size_t N>
Subbuffer<T[]> Buffer::from_iter(MemoryAllocator const& allocator, BufferCreateInfo const& info,
                                 AllocationCreateInfo const& allocation_info, T const (&values)[N]) {
  return from_data(allocator, info, allocation_info, values);
}

template <BufferContents T>
Subbuffer<T> Buffer::new_sized(MemoryAllocator const& allocator, BufferCreateInfo const& info,
                               AllocationCreateInfo const& allocation_info) {
  return Subbuffer<T>{create_array(allocator, info, allocation_info, 1, sizeof(T), alignof(T))};
}

template <BufferContents T>
Subbuffer<T[]> Buffer::new_slice(MemoryAllocator const& allocator, BufferCreateInfo const& info,
                                 AllocationCreateInfo const& allocation_info, std::uint64_t count) {
  return Subbuffer<T[]>{create_array(allocator, info, allocation_info, count, sizeof(T), alignof(T))};
}

}  // namespace ashlar
