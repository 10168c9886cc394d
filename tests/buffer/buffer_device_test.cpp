#include <ashlar/buffer/buffer.hpp>
#include <ashlar/buffer/subbuffer.hpp>
#include <ashlar/error.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>

#include "support/catch.hpp"
#include "support/vulkan_fixture.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <forward_list>
#include <list>
#include <numeric>
#include <ranges>
#include <span>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using namespace ashlar;

constexpr BufferCreateInfo storage{.usage = BufferUsage::StorageBuffer};
constexpr AllocationCreateInfo upload{.usage = MemoryUsage::Upload};

struct MyStruct {
  std::uint32_t a, b;
  [[nodiscard]] friend bool operator==(MyStruct, MyStruct) = default;
};
ASHLAR_BUFFER_CONTENTS(MyStruct, a, b);

struct alignas(64) Wide {
  float v[16];
};
ASHLAR_BUFFER_CONTENTS(Wide, v);

class BufferTest : protected test::VulkanTest {
 protected:
  StandardMemoryAllocator const allocator{device()};
};

template <class T>
std::vector<T> contents(Subbuffer<T[]> const& buffer) {
  auto const guard = buffer.read();
  return {guard.begin(), guard.end()};
}

/// The ValidationError that `f` throws.
template <class F>
ValidationError refusal(F const& f) {
  try {
    f();
  } catch (ValidationError const& error) {
    return error;
  }
  FAIL("no ValidationError was thrown");
  return {"", ""};
}

std::uint64_t live_suballocations(MemoryAllocator const& allocator) {
  MemoryStatistics const statistics = allocator.statistics();
  return std::accumulate(statistics.types, statistics.types + statistics.type_count, std::uint64_t{0},
                         [](std::uint64_t sum, MemoryTypeStatistics const& type) {
                           return sum + type.suballocation_count + type.dedicated_count;
                         });
}

}  // namespace

TEST_CASE_METHOD(BufferTest, "from_data holds a number, a struct, an array as one value") {
  auto const number = Buffer::from_data(allocator, {.usage = BufferUsage::UniformBuffer}, upload, std::int32_t{12});
  static_assert(std::is_same_v<decltype(number), Subbuffer<std::int32_t> const>);
  CHECK(*number.read() == 12);
  CHECK(number.size_bytes() == 4);

  auto const structure = Buffer::from_data(allocator, storage, upload, MyStruct{.a = 5, .b = 69});
  static_assert(std::is_same_v<decltype(structure), Subbuffer<MyStruct> const>);
  CHECK(*structure.read() == MyStruct{5, 69});

  auto const array = Buffer::from_data(allocator, storage, upload, std::array<float, 3>{1, 2, 3});
  static_assert(std::is_same_v<decltype(array), Subbuffer<std::array<float, 3>> const>);
  CHECK(*array.read() == std::array<float, 3>{1, 2, 3});
}

TEST_CASE_METHOD(BufferTest, "from_data makes elements of a C array and of a braced list") {
  std::uint16_t const c_array[] = {1, 2, 3, 4, 5};
  auto const from_array = Buffer::from_data(allocator, storage, upload, c_array);
  static_assert(std::is_same_v<decltype(from_array), Subbuffer<std::uint16_t[]> const>);
  CHECK(contents(from_array) == std::vector<std::uint16_t>{1, 2, 3, 4, 5});

  auto const from_list = Buffer::from_data(allocator, storage, upload, {MyStruct{1, 2}, MyStruct{3, 4}});
  static_assert(std::is_same_v<decltype(from_list), Subbuffer<MyStruct[]> const>);
  CHECK(contents(from_list) == std::vector<MyStruct>{{1, 2}, {3, 4}});
}

TEST_CASE_METHOD(BufferTest, "elements may be C arrays") {
  int const rows[2][3] = {{1, 2, 3}, {4, 5, 6}};
  auto const table = Buffer::from_data(allocator, storage, upload, rows);
  static_assert(std::is_same_v<decltype(table), Subbuffer<int[][3]> const>);
  CHECK(table.size() == 2);
  CHECK(table.index(1).size_bytes() == 12);
  auto row = table.index(0).write();
  CHECK((*row)[2] == 3);
  (*row)[1] = 20;
  row.release();
  *table.index(1).overwrite() = {7, 8, 9};
  auto const content = table.read();
  CHECK(content[0][1] == 20);
  CHECK(content[1][0] == 7);
}

TEST_CASE_METHOD(BufferTest, "from_iter takes any range, once") {
  SECTION("sized, made up on the way") {
    auto const fives =
        Buffer::from_iter(allocator, storage, upload,
                          std::views::iota(0, 128) | std::views::transform([](int) { return std::uint8_t{5}; }));
    static_assert(std::is_same_v<decltype(fives), Subbuffer<std::uint8_t[]> const>);
    CHECK(contents(fives) == std::vector<std::uint8_t>(128, 5));
    fives.write()[12] = 83;
    auto expected = std::vector<std::uint8_t>(128, 5);
    expected[12] = 83;
    CHECK(contents(fives) == expected);
  }
  SECTION("containers") {
    std::vector<double> const vector{1.5, 2.5};
    CHECK(contents(Buffer::from_iter(allocator, storage, upload, vector)) == vector);
    CHECK(contents(Buffer::from_iter(allocator, storage, upload, std::list<int>{3, 1, 2})) == std::vector{3, 1, 2});
    CHECK(contents(Buffer::from_iter(allocator, storage, upload, std::span{vector})) == vector);
    int c_array[] = {7, 8};
    CHECK(contents(Buffer::from_iter(allocator, storage, upload, c_array)) == std::vector{7, 8});
    CHECK(contents(Buffer::from_iter(allocator, storage, upload, {9, 10, 11})) == std::vector{9, 10, 11});
  }
  SECTION("of unknown length") {
    CHECK(contents(Buffer::from_iter(allocator, storage, upload, std::forward_list<int>{1, 2, 3})) ==
          std::vector{1, 2, 3});
    auto odd = std::views::iota(0, 1000) | std::views::filter([](int i) { return i % 2 == 1; });
    auto const buffer = Buffer::from_iter(allocator, storage, upload, odd);
    CHECK(buffer.size() == 500);
    CHECK(std::ranges::equal(buffer.read(), odd));
  }
  SECTION("that can be walked only once") {
    std::istringstream words{"4 8 15 16 23 42"};
    CHECK(contents(Buffer::from_iter(allocator, storage, upload, std::ranges::istream_view<int>{words})) ==
          std::vector{4, 8, 15, 16, 23, 42});
  }
}

TEST_CASE_METHOD(BufferTest, "a range that throws, or is shorter than it says, leaves nothing behind") {
  CHECK_THROWS_AS(
      Buffer::from_iter(allocator, storage, upload, std::views::iota(0, 100) | std::views::transform([](int i) {
                                                      return i == 50 ? throw std::string{"stop"} : i;
                                                    })),
      std::string);

  struct Liar {
    std::vector<int> elements{1, 2, 3};
    [[nodiscard]] std::size_t size() const { return 4; }
    [[nodiscard]] auto begin() const { return elements.begin(); }
    [[nodiscard]] auto end() const { return elements.end(); }
  };
  auto const error = refusal([&] { static_cast<void>(Buffer::from_iter(allocator, storage, upload, Liar{})); });
  CHECK_THAT(error.problem(), Catch::Matchers::Contains("ended after 3"));
  CHECK(live_suballocations(allocator) == 0);
}

TEST_CASE_METHOD(BufferTest, "new_sized, new_slice and create leave the contents to the user") {
  auto const one = Buffer::new_sized<MyStruct>(allocator, storage, upload);
  *one.overwrite() = MyStruct{1, 2};
  CHECK(*one.read() == MyStruct{1, 2});

  auto const many = Buffer::new_slice<std::uint64_t>(allocator, storage, upload, 1000);
  CHECK(many.size() == 1000);
  CHECK(many.size_bytes() == 8000);

  auto const raw = Buffer::create(allocator, storage, upload, 100, 64);
  static_assert(std::is_same_v<decltype(raw), Subbuffer<std::byte[]> const>);
  CHECK(raw.size() == 100);
  CHECK(raw.buffer().allocation().offset() % 64 == 0);
}

TEST_CASE_METHOD(BufferTest, "elements are placed as aligned as their type") {
  auto const first = Buffer::from_data(allocator, storage, upload, std::uint8_t{1});
  auto const wide = Buffer::new_slice<Wide>(allocator, storage, upload, 2);
  CHECK(reinterpret_cast<std::uintptr_t>(wide.unguarded()) % 64 == 0);
}

TEST_CASE_METHOD(BufferTest, "wrong infos are refused with the rule that they break, and leave nothing behind") {
  auto const create = [&](BufferCreateInfo const& info, std::uint64_t size, std::uint64_t alignment = 1) {
    return refusal([&] { static_cast<void>(Buffer::create(allocator, info, upload, size, alignment)); });
  };
  CHECK(create({}, 16).vuid() == std::string{"VUID-VkBufferCreateInfo-usage-requiredbitmask"});
  CHECK(create(storage, 0).vuid() == std::string{"VUID-VkBufferCreateInfo-size-00912"});
  CHECK_THAT(create(storage, 16, 3).problem(), Catch::Matchers::Contains("power of two"));
  CHECK_THAT(create(storage, 16, std::uint64_t{1} << 40U).problem(), Catch::Matchers::Contains("aligned"));
  for (auto const flag :
       {BufferCreateFlag::SparseBinding, BufferCreateFlag::SparseResidency, BufferCreateFlag::SparseAliased,
        BufferCreateFlag::Protected, BufferCreateFlag::DeviceAddressCaptureReplay}) {
    CHECK_THAT(create({.usage = BufferUsage::StorageBuffer, .flags = flag}, 16).problem(),
               Catch::Matchers::Contains("not supported"));
  }
  CHECK(std::string{refusal([&] {
                      static_cast<void>(
                          Buffer::new_slice<std::uint64_t>(allocator, storage, upload, ~std::uint64_t{0} / 4));
                    }).vuid()} == "VUID-VkBufferCreateInfo-size-06409");
  CHECK(std::string{refusal([&] {
                      static_cast<void>(Buffer::from_iter(allocator, storage, upload, std::vector<int>{}));
                    }).vuid()} == "VUID-VkBufferCreateInfo-size-00912");
  CHECK(std::string{refusal([&] {
                      static_cast<void>(Buffer::from_iter(allocator, storage, upload, std::forward_list<int>{}));
                    }).vuid()} == "VUID-VkBufferCreateInfo-size-00912");
  CHECK_THROWS_AS(Buffer::create(StandardMemoryAllocator{}, storage, upload, 16), ValidationError);
  CHECK(live_suballocations(allocator) == 0);
}

TEST_CASE_METHOD(BufferTest, "more than the device has is an OutOfMemoryError with the figures") {
  std::uint64_t const most = std::min(device().physical_device().limits().max_buffer_size, std::uint64_t{1} << 50U);
  MemoryProperties const& memory = device().physical_device().memory();
  std::uint64_t largest = 0;
  for (std::uint32_t heap = 0; heap < memory.heap_count; ++heap) {
    largest = std::max(largest, memory.heaps[heap].size);
  }
  if (most <= largest) {  // No buffer can be too large for a heap: that is refused earlier.
    CHECK_THROWS_AS(Buffer::create(allocator, storage, upload, largest + 1), ValidationError);
    return;
  }
  try {
    static_cast<void>(Buffer::create(allocator, storage, upload, most));
    FAIL("there is no such heap");
  } catch (OutOfMemoryError const& error) {
    CHECK(error.requested() >= most);
    CHECK(error.info().heap_size == memory.heaps[error.heap()].size);
  } catch (VulkanError const& error) {  // Some drivers already refuse to create such a buffer.
    CHECK(error.function() == std::string{"vkCreateBuffer"});
  }
  CHECK(live_suballocations(allocator) == 0);
}

TEST_CASE_METHOD(BufferTest, "buffers keep what they need alive, whatever goes first") {
  Subbuffer<int> buffer;
  {
    auto const own_device = Device::create({.physical_device = device().physical_device()});
    StandardMemoryAllocator const own_allocator{own_device};
    buffer = Buffer::from_data(own_allocator, storage, upload, 7);
  }
  CHECK(*buffer.read() == 7);

  ReadGuard<int> guard = buffer.read();
  buffer = {};
  CHECK(*guard == 7);
}

TEST_CASE_METHOD(BufferTest, "handles are empty, comparable and cheap to pass on") {
  Subbuffer<int[]> const empty;
  CHECK_FALSE(empty);
  CHECK_THROWS_AS(empty.read(), ValidationError);
  CHECK_THROWS_AS(empty.unguarded(), ValidationError);

  auto const buffer = Buffer::from_iter(allocator, storage, upload, {1, 2, 3, 4});
  auto const copy = buffer;
  CHECK(buffer);
  CHECK(copy == buffer);
  CHECK(copy.slice(1, 2) == buffer.slice(1, 2));
  CHECK_FALSE(copy.slice(1, 2) == buffer.slice(2, 2));
  CHECK_FALSE(copy == Buffer::from_iter(allocator, storage, upload, {1, 2, 3, 4}));
  CHECK(buffer.buffer().usage() == BufferUsages{BufferUsage::StorageBuffer});
  CHECK(buffer.buffer().size() == 16);
  CHECK(buffer.buffer().device() == device());
  CHECK(buffer.handle() == buffer.buffer().handle());
}

TEST_CASE_METHOD(BufferTest, "ten thousand buffers take few allocations, and give them back") {
  {
    std::vector<Subbuffer<std::uint32_t>> buffers;
    for (std::uint32_t i = 0; i < 10'000; ++i) {
      buffers.push_back(Buffer::from_data(allocator, storage, upload, i));
    }
    CHECK(allocator.statistics().allocation_count < 20);
    bool right = true;
    for (std::uint32_t i = 0; i < 10'000; ++i) {
      right = right && *buffers[i].read() == i;
    }
    CHECK(right);
  }
  CHECK(live_suballocations(allocator) == 0);
  MemoryStatistics const statistics = allocator.statistics();
  CHECK(std::all_of(statistics.types, statistics.types + statistics.type_count,
                    [](MemoryTypeStatistics const& type) { return type.block_count <= 1; }));  // The reserve.
}

TEST_CASE_METHOD(BufferTest, "names are kept for the validation layer and for drain") {
  auto const buffer = Buffer::from_data(allocator, storage, upload, 7);
  buffer.buffer().set_name("the seven");
  CHECK(device().drain().buffers == 1);
  auto const messages = take_messages();
  CHECK(std::any_of(messages.begin(), messages.end(), [](test::RecordedMessage const& message) {
    return message.text.find("the seven") != std::string::npos;
  }));
}
