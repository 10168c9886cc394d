#pragma once

#include <ashlar/memory/memory_allocator.hpp>
#include <ashlar/suballocator/free_list_allocator.hpp>
#include <ashlar/suballocator/suballocator.hpp>

#include <concepts>
#include <cstdint>

namespace ashlar {

namespace detail {

template <Suballocator S>
class SuballocatorModel final : public AnySuballocator {
 public:
  explicit SuballocatorModel(SuballocatorCreateInfo const& info) : suballocator_{info} {}

  [[nodiscard]] static AnySuballocator* create(SuballocatorCreateInfo const& info) {
    return new SuballocatorModel{info};
  }

  Suballocation allocate(std::uint64_t size, std::uint64_t alignment, ResourceTiling tiling) override {
    return suballocator_.allocate(size, alignment, tiling);
  }
  void deallocate(Suballocation const& piece) noexcept override { suballocator_.deallocate(piece); }
  std::uint64_t free_size() const noexcept override { return suballocator_.free_size(); }
  bool empty() const noexcept override { return suballocator_.empty(); }

 private:
  S suballocator_;
};

template <Suballocator S>
[[nodiscard]] constexpr SuballocatorFactory suballocator_factory() noexcept {
  if constexpr (std::same_as<S, FreeListAllocator>) {
    return nullptr;
  } else {
    return &SuballocatorModel<S>::create;
  }
}

}  // namespace detail

/// A `MemoryAllocator` whose blocks are divided by `S`: one of ashlar's suballocators, or your own.
///
/// Adds no data to its base: pass it on as `MemoryAllocator const&`, nothing is sliced off.
template <Suballocator S>
class GenericMemoryAllocator : public MemoryAllocator {
 public:
  /// Empty: tests false.
  GenericMemoryAllocator() noexcept = default;

  /// Allocates nothing from the device yet.
  /// \throws ValidationError if the device is empty, or the block sizes are not 0 < min <= max.
  explicit GenericMemoryAllocator(Device const& device, MemoryAllocatorCreateInfo const& info = {})
      : MemoryAllocator{device, info, detail::suballocator_factory<S>()} {}
};

}  // namespace ashlar
