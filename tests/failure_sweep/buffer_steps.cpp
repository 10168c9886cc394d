// Buffers of every usage: made, sliced, and dropped in odd orders.

#include <ashlar/memory/standard_memory_allocator.hpp>

#include <array>
#include <cstdint>
#include <numeric>
#include <ranges>
#include <string_view>
#include <utility>

#include "failure_sweep/script.hpp"

namespace ashlar::test {

namespace {

constexpr std::uint64_t count = 64;
constexpr std::uint64_t bytes = count * sizeof(std::uint32_t);
constexpr BufferCreateInfo storage{.usage = BufferUsage::StorageBuffer | BufferUsage::TransferSource};

std::vector<std::uint32_t> numbers_from(std::uint32_t first) {
  std::vector<std::uint32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

class BufferStage : public Stage {
 public:
  explicit BufferStage(Driver& its_driver) : Stage{its_driver} { device = create_device(); }

  void create_allocator() {
    allocator_ = StandardMemoryAllocator{device};
    watch(allocator_);
  }

  /// Elements of a range, in memory of the usage.
  template <MemoryUsage usage>
  void create_from_range() {
    AllocationCreateInfo const info{.usage = usage};
    if (!is_served(bytes, info)) {
      return;
    }
    auto const first = static_cast<std::uint32_t>(usage) * 1000;
    auto const last = first + static_cast<std::uint32_t>(count);
    allocating(bytes, info, [&] {
      keep(Buffer::from_iter(allocator_, storage, info, std::views::iota(first, last)), numbers_from(first));
    });
  }

  /// A range that does not know its length.
  void create_from_unsized_range() {
    AllocationCreateInfo const info{.usage = MemoryUsage::Upload};
    if (!is_served(bytes, info)) {
      return;
    }
    allocating(bytes, info, [&] {
      auto even = std::views::iota(0U, 128U) | std::views::filter([](std::uint32_t n) { return n % 2 == 0; });
      std::vector<std::uint32_t> const numbers{even.begin(), even.end()};
      keep(Buffer::from_iter(allocator_, storage, info, even), numbers);
    });
  }

  void create_from_value() {
    AllocationCreateInfo const info{.usage = MemoryUsage::Staging};
    if (!is_served(bytes, info)) {
      return;
    }
    std::array<std::uint32_t, count> value{};
    value.fill(42);
    allocating(bytes, info, [&] {
      auto const buffer = Buffer::from_data(allocator_, {.usage = BufferUsage::UniformBuffer}, info, value);
      keep(buffer.reinterpret<std::uint32_t[]>(), std::vector<std::uint32_t>(count, 42));
    });
  }

  /// The device fills what the host cannot reach.
  void create_for_the_device() {
    AllocationCreateInfo const info{};
    if (!is_served(bytes, info)) {
      return;
    }
    allocating(bytes, info, [&] {
      auto const buffer = Buffer::new_slice<std::uint32_t>(allocator_, storage, info, count);
      std::vector<std::uint32_t> const numbers = numbers_from(5);
      host_memory::Exposure const spared{false};
      MemoryAllocation const& memory = buffer.buffer().allocation();
      driver.device_write(memory.memory().handle(), memory.offset(),
                          {reinterpret_cast<char const*>(numbers.data()), bytes});
      keep(buffer, numbers);
    });
  }

  void name_buffers() {
    for (auto const& buffer : kept_) {
      buffer.buffer().set_name("a buffer of the sweep");
    }
  }

  void slice() {
    if (kept_.empty()) {
      return;
    }
    auto const [first, second] = kept_.back().split_at(count / 2);
    require(first.size() + second.size() == count, "a split buffer has lost elements");
    static_cast<void>(thrown_by<ValidationError>([&, &part = second] { return part.slice(1, count); }));
    Subbuffer<std::uint32_t[]> const part = first.slice(2, 4);
    host_memory::Exposure const spared{false};
    kept_.push_back(part);
    kept_.pop_back();
  }

  void refuse() {
    static_cast<void>(
        thrown_by<ValidationError>([&] { return Buffer::new_slice<std::uint32_t>(allocator_, storage, {}, 0); }));
  }

  /// Every other buffer goes at once; the rest outlive the handles of their device and their allocator.
  void let_go() {
    quietly([&] {
      watch_nothing();
      allocator_ = {};
      for (std::size_t i = 0; i < kept_.size(); i += 2) {
        kept_[i] = {};
      }
      device = {};
      kept_.clear();
    });
    require(driver.live_objects() == 0, "the last buffer is gone, the device or its memory is not");
  }

 private:
  void keep(Subbuffer<std::uint32_t[]> const& buffer, std::vector<std::uint32_t> const& elements) {
    host_memory::Exposure const spared{false};
    kept_.push_back(buffer);
    watch(buffer, elements);
  }

  StandardMemoryAllocator allocator_;
  std::vector<Subbuffer<std::uint32_t[]>> kept_;
};

}  // namespace

Chapter buffer_chapter() {
  using S = BufferStage;
  return chapter<S>("buffers", {
                                   step("an allocator", &S::create_allocator),
                                   step("from a range, to upload", &S::create_from_range<MemoryUsage::Upload>),
                                   step("from a range, to download", &S::create_from_range<MemoryUsage::Download>),
                                   step("from a range, to stage", &S::create_from_range<MemoryUsage::Staging>),
                                   step("from a range without a size", &S::create_from_unsized_range),
                                   step("from a value", &S::create_from_value),
                                   step("for the device alone", &S::create_for_the_device),
                                   step("named", &S::name_buffers),
                                   step("sliced", &S::slice),
                                   step("refused", &S::refuse),
                                   step("dropped in odd orders", &S::let_go),
                               });
}

}  // namespace ashlar::test
