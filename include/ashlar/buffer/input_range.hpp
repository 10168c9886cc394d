#pragma once

#include <cstddef>
#include <cstring>
#include <exception>
#include <new>
#include <type_traits>
#include <utility>

/// \file
/// What `Buffer::from_iter` needs of ranges, by shape: <ranges> and <iterator> are heavy.

namespace ashlar::detail {

/// The first element, decayed. Never called: its type is the range's element type.
template <class Range>
auto first_element(Range& range) {
  for (auto&& element : range) {
    return std::remove_cvref_t<decltype(element)>(static_cast<decltype(element)>(element));
  }
  std::terminate();
}

template <class Range>
using RangeElement = decltype(first_element(std::declval<Range&>()));

template <class Range>
concept HasSize = requires(Range& range) { static_cast<std::size_t>(range.size()); };

template <class Range>
concept HasDistance = requires(Range& range) { static_cast<std::size_t>(range.end() - range.begin()); };

/// Whether a range's length is known before it is walked.
template <class Range>
concept SizedRange = HasSize<Range> || HasDistance<Range> || std::is_array_v<Range>;

template <SizedRange Range>
[[nodiscard]] std::size_t range_size(Range& range) {
  if constexpr (std::is_array_v<Range>) {
    return std::extent_v<Range>;
  } else if constexpr (HasSize<Range>) {
    return static_cast<std::size_t>(range.size());
  } else {
    return static_cast<std::size_t>(range.end() - range.begin());
  }
}

/// The elements of a range whose length shows only when it has been walked.
template <class T>
class Collected {
 public:
  Collected() noexcept = default;
  template <class Range>
  explicit Collected(Range& range) : Collected{} {
    for (auto&& element : range) {
      push_back(static_cast<decltype(element)>(element));
    }
  }
  Collected(Collected const&) = delete;
  Collected& operator=(Collected const&) = delete;
  ~Collected() { ::operator delete(data_, std::align_val_t{alignof(T)}); }

  void push_back(T const& value) {
    if (size_ == capacity_) {
      grow();
    }
    std::memcpy(static_cast<void*>(data_ + size_), &value, sizeof(T));
    ++size_;
  }

  [[nodiscard]] T const* begin() const noexcept { return data_; }
  [[nodiscard]] T const* end() const noexcept { return data_ + size_; }
  [[nodiscard]] T const* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  void grow() {
    std::size_t const capacity = capacity_ == 0 ? 64 : capacity_ * 2;
    T* const data = static_cast<T*>(::operator new(capacity * sizeof(T), std::align_val_t{alignof(T)}));
    if (size_ != 0) {
      std::memcpy(static_cast<void*>(data), data_, size_ * sizeof(T));
    }
    ::operator delete(std::exchange(data_, data), std::align_val_t{alignof(T)});
    capacity_ = capacity;
  }

  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

template <class Range>
Collected(Range& range) -> Collected<RangeElement<Range>>;

}  // namespace ashlar::detail
