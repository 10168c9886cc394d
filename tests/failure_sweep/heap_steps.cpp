// Heaps that are full, and allocations that are scarce.

#include <ashlar/memory/standard_memory_allocator.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "failure_sweep/script.hpp"

namespace ashlar::test {

namespace {

constexpr std::uint64_t bytes = 1024;
constexpr BufferCreateInfo storage{.usage = BufferUsage::StorageBuffer};
constexpr AllocationCreateInfo upload{.usage = MemoryUsage::Upload};

class HeapStage : public Stage {
 public:
  explicit HeapStage(Driver& its_driver) : Stage{its_driver} {
    device = create_device();
    allocator_ = StandardMemoryAllocator{device};
    watch(allocator_);
  }

  void fill_all() {
    for (std::uint32_t heap = 0; heap < driver.gpu().memory.heap_count; ++heap) {
      fill_heap(heap);
    }
  }

  void find_all_full() {
    std::vector<std::uint32_t> const types = served_types();
    if (!types.empty()) {
      auto const error = allocating(bytes, upload, [&] {
        return thrown_by<OutOfMemoryError>([&] { return Buffer::create(allocator_, storage, upload, bytes); });
      });
      require_figures(error.info(), types[0]);
    }
  }

  void vacate_all() { vacate_heaps(); }

  void try_again() {
    if (!served_types().empty()) {
      buffer_ = allocating(bytes, upload, [&] { return Buffer::create(allocator_, storage, upload, bytes); });
    }
  }

  /// The heap of the type that fits best is full; another may serve.
  void fill_the_best() {
    std::vector<std::uint32_t> const types = served_types();
    MemoryProperties const& memory = driver.gpu().memory;
    bool const has_another_heap =
        std::ranges::any_of(types, [&](auto type) { return memory.types[type].heap != memory.types[types[0]].heap; });
    if (has_another_heap) {
      fill_heap(memory.types[types[0]].heap);
    }
    without_blocks_ = StandardMemoryAllocator{device};
    watch(without_blocks_);
  }

  void fall_back() {
    if (!served_types().empty()) {
      other_ = allocating(bytes, upload, [&] { return Buffer::create(without_blocks_, storage, upload, bytes); });
    }
  }

  void let_go() {
    quietly([&] {
      watch_nothing();
      device = {};
      buffer_ = {};
      other_ = {};
      allocator_ = {};
      without_blocks_ = {};
    });
    require(driver.live_objects() == 0, "everything is gone, but memory is not");
  }

 private:
  [[nodiscard]] std::vector<std::uint32_t> served_types() const {
    host_memory::Exposure const spared{false};
    return memory_types(bytes, upload);
  }

  void require_figures(OutOfMemoryInfo const& info, std::uint32_t best_type) const {
    require(info.requested == bytes, "an OutOfMemoryError tells another size than was asked for");
    require(info.memory_type == best_type, "an OutOfMemoryError tells another memory type than the best");
    require(info.allocation_count == driver.live_memories(), "an OutOfMemoryError miscounts the allocations");
    require(info.result != VK_SUCCESS, "an OutOfMemoryError knows of no call");
  }

  StandardMemoryAllocator allocator_;
  StandardMemoryAllocator without_blocks_;
  Subbuffer<std::byte[]> buffer_;
  Subbuffer<std::byte[]> other_;
};

/// A GPU with two allocations, or one.
class ScarceStage : public Stage {
 public:
  explicit ScarceStage(Driver& its_driver) : Stage{its_driver} {
    device = create_device();
    allocator_ = StandardMemoryAllocator{device};
    watch(allocator_);
  }

  void create() {
    if (is_served(bytes, upload)) {
      buffer_ = allocating(bytes, upload, [&] { return Buffer::create(allocator_, storage, upload, bytes); });
    }
  }

  /// Up to the limit, and one more, which makes no call.
  void allocate_all() {
    AllocationCreateInfo const dedicated{.usage = MemoryUsage::Upload,
                                         .allocate_preference = AllocatePreference::AlwaysAllocate};
    std::vector<Subbuffer<std::byte[]>> buffers;
    while (is_served(bytes, dedicated)) {
      try {
        buffers.push_back(
            allocating(bytes, dedicated, [&] { return Buffer::create(allocator_, storage, dedicated, bytes); }));
      } catch (OutOfMemoryError const& error) {
        if (error.info().result != VK_SUCCESS) {
          throw;  // The driver's answer, not the limit's.
        }
        require(driver.live_memories() == driver.gpu().limits.max_memory_allocation_count,
                "an allocation below maxMemoryAllocationCount was not tried");
        return;
      }
    }
  }

  void let_go() {
    quietly([&] {
      watch_nothing();
      buffer_ = {};
      allocator_ = {};
      device = {};
    });
  }

 private:
  StandardMemoryAllocator allocator_;
  Subbuffer<std::byte[]> buffer_;
};

}  // namespace

Chapter heap_chapter() {
  using S = HeapStage;
  return chapter<S>("heaps", {
                                 step("all full", &S::find_all_full, &S::fill_all),
                                 step("not full any more", &S::try_again, &S::vacate_all),
                                 step("the best full", &S::fall_back, &S::fill_the_best),
                                 step("dropped in odd orders", &S::let_go),
                             });
}

Chapter scarce_allocations_chapter() {
  using S = ScarceStage;
  Chapter scarce = chapter<S>("scarce allocations", {
                                                        step("a buffer", &S::create),
                                                        step("no more allocations", &S::allocate_all),
                                                        step("let go", &S::let_go),
                                                    });
  scarce.least_allocations = 1;
  scarce.most_allocations = 2;
  return scarce;
}

}  // namespace ashlar::test
