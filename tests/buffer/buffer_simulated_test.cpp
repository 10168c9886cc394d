// Buffers in the memory of this GPU, for each MemoryUsage.

#include <ashlar/buffer/buffer.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "memory/this_gpu_fixture.hpp"
#include "support/catch.hpp"

namespace ashlar::test {

namespace {

constexpr BufferCreateInfo storage{.usage = BufferUsage::StorageBuffer};
constexpr std::uint32_t count = 32;

/// As many numbers as every test here takes: 128 bytes.
std::vector<std::uint32_t> numbers() {
  std::vector<std::uint32_t> result(count);
  std::iota(result.begin(), result.end(), 100U);
  return result;
}

class BufferOnThisGpuTest : protected ThisGpuTest {
 protected:
  /// Usages whose best memory type is host-visible, or is not, and can hold the numbers.
  static std::vector<MemoryUsage> usages(bool host_visible) {
    std::vector<MemoryUsage> result;
    for (MemoryUsage const usage : all_usages) {
      std::vector<std::uint32_t> const types = types_that_hold(usage, count * sizeof(std::uint32_t));
      if (!types.empty() && is_host_visible(types[0]) == host_visible) {
        result.push_back(usage);
      }
    }
    return result;
  }

  [[nodiscard]] std::vector<std::uint32_t> on_device(Subbuffer<std::uint32_t[]> const& buffer) const {
    MemoryAllocation const& allocation = buffer.buffer().allocation();
    std::string const bytes =
        driver.device_read(allocation.memory().handle(), allocation.offset() + buffer.offset(), buffer.size_bytes());
    std::vector<std::uint32_t> values(buffer.size());
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }

  void write_on_device(Subbuffer<std::uint32_t> const& element, std::uint32_t value) {
    MemoryAllocation const& allocation = element.buffer().allocation();
    driver.device_write(allocation.memory().handle(), allocation.offset() + element.offset(),
                        {reinterpret_cast<char const*>(&value), sizeof value});
  }

  /// Of small blocks: the driver that writes back early searches all that is mapped.
  StandardMemoryAllocator const allocator{device, {.min_block_size = 16 * kib}};
};

std::vector<std::uint32_t> contents(Subbuffer<std::uint32_t[]> const& buffer) {
  auto const guard = buffer.read();
  return {guard.begin(), guard.end()};
}

}  // namespace

TEST_CASE_METHOD(BufferOnThisGpuTest, "the device sees what from_iter and from_data write", "[buffer][this_gpu]") {
  for (MemoryUsage const usage : usages(true)) {
    INFO(to_words(usage));
    StandardMemoryAllocator const own{device};
    {
      auto const buffer = Buffer::from_iter(own, storage, {.usage = usage}, numbers());
      CHECK(buffer.buffer().allocation().memory_type() == types_that_hold(usage, buffer.size_bytes())[0]);
      CHECK(on_device(buffer) == numbers());
      CHECK(contents(buffer) == numbers());
    }
    {
      auto const value = Buffer::from_data(own, storage, {.usage = usage}, std::uint32_t{69});
      CHECK(on_device(value.reinterpret<std::uint32_t[]>()) == std::vector<std::uint32_t>{69});
      CHECK(*value.read() == 69);
    }
    CHECK(nothing_allocated(own));
  }
}

TEST_CASE_METHOD(BufferOnThisGpuTest, "device and host see each other's writes, whichever part of the buffer",
                 "[buffer][this_gpu]") {
  for (MemoryUsage const usage : usages(true)) {
    INFO(to_words(usage));
    auto const buffer = Buffer::from_iter(allocator, storage, {.usage = usage}, numbers());
    std::vector<std::uint32_t> expected = numbers();
    for (std::uint32_t i = 0; i < count; i += 3) {
      write_on_device(buffer.index(i), i);
      expected[i] = i;
      CHECK(*buffer.index(i).read() == i);
    }
    for (std::uint32_t i = 1; i < count; i += 3) {
      *buffer.index(i).write() += 1000;
      expected[i] += 1000;
    }
    buffer.slice(5, 3).overwrite().fill(5);
    std::fill_n(expected.begin() + 5, 3, 5U);
    CHECK(on_device(buffer) == expected);
    CHECK(contents(buffer) == expected);
    auto const [first, second] = buffer.split_at(7);
    CHECK(on_device(first) == std::vector(expected.begin(), expected.begin() + 7));
    CHECK(contents(second.slice(2, 4)) == std::vector(expected.begin() + 9, expected.begin() + 13));
  }
}

TEST_CASE_METHOD(BufferOnThisGpuTest, "buffers side by side keep to themselves", "[buffer][this_gpu]") {
  for (MemoryUsage const usage : usages(true)) {
    INFO(to_words(usage));
    std::vector<Subbuffer<std::uint32_t>> values;
    for (std::uint32_t i = 0; i < 20; ++i) {
      try {
        values.push_back(Buffer::from_data(allocator, storage, {.usage = usage}, i));
      } catch (OutOfMemoryError const&) {  // A heap of a few atoms.
        REQUIRE_FALSE(values.empty());
        break;
      }
    }
    for (std::uint32_t i = 0; i < values.size(); i += 2) {
      write_on_device(values[i], i + 500);
    }
    for (std::uint32_t i = 1; i < values.size(); i += 2) {
      *values[i].write() += 500;
    }
    for (std::uint32_t i = 0; i < values.size(); ++i) {
      CHECK(*values[i].read() == i + 500);
      CHECK(on_device(values[i].reinterpret<std::uint32_t[]>()) == std::vector{i + 500});
    }
  }
}

TEST_CASE_METHOD(BufferOnThisGpuTest, "memory of this GPU that the host cannot reach is refused, and stays unlocked",
                 "[buffer][this_gpu]") {
  for (MemoryUsage const usage : usages(false)) {
    INFO(to_words(usage));
    {
      auto const buffer = Buffer::new_slice<std::uint32_t>(allocator, storage, {.usage = usage}, count);
      for (int i = 0; i < 2; ++i) {  // A range that stayed locked would be an AccessConflictError the second time.
        CHECK_THROWS_AS(buffer.read(), NotHostVisibleError);
        CHECK_THROWS_AS(buffer.try_write(), NotHostVisibleError);
        CHECK_THROWS_AS(buffer.overwrite(), NotHostVisibleError);
        CHECK_THROWS_AS(buffer.unguarded(), NotHostVisibleError);
      }
    }
    CHECK_THROWS_AS(Buffer::from_iter(allocator, storage, {.usage = usage}, numbers()), NotHostVisibleError);
    CHECK(nothing_allocated(allocator));
  }
}

TEST_CASE_METHOD(BufferOnThisGpuTest, "where there is no memory for a buffer nothing of it stays",
                 "[buffer][this_gpu][failure]") {
  for (MemoryUsage const usage : all_usages) {
    INFO(to_words(usage));
    StandardMemoryAllocator const own{device};
    auto const make = [&] { return Buffer::new_slice<std::uint32_t>(own, storage, {.usage = usage}, count); };
    std::uint64_t const objects = driver.live_objects();
    std::uint64_t const size = count * sizeof(std::uint32_t);
    if (order_by_rules(usage, size).empty() || size > this_gpu().max_buffer_size()) {
      CHECK_THROWS_AS(make(), ValidationError);
    } else {
      occupy_rest_of_all();
      CHECK_THROWS_AS(make(), OutOfMemoryError);
      vacate_all();
    }
    CHECK(driver.live_objects() == objects);
  }
}

}  // namespace ashlar::test
