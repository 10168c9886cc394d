#include <ashlar/buffer/buffer.hpp>
#include <ashlar/buffer/lock.hpp>
#include <ashlar/buffer/padded.hpp>
#include <ashlar/buffer/subbuffer.hpp>
#include <ashlar/error.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>
#include <ashlar/transfer/transfer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <forward_list>
#include <numeric>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "memory/memory_fixture.hpp"
#include "shader_layout/shader_types.hpp"
#include "support/catch.hpp"
#include "support/vulkan_fixture.hpp"

namespace {

using namespace ashlar;
using Catch::Matchers::Contains;

constexpr BufferCreateInfo storage{.usage = BufferUsage::StorageBuffer};
constexpr AllocationCreateInfo upload{.usage = MemoryUsage::Upload};

struct Head {
  std::uint32_t count;
  std::uint32_t flags;
  float scale;
  [[nodiscard]] friend bool operator==(Head, Head) = default;
};
ASHLAR_BUFFER_CONTENTS(Head, count, flags, scale);

/// A vec4: the elements begin 4 bytes behind the head.
struct alignas(16) Point {
  float x, y, z, w;
  [[nodiscard]] friend bool operator==(Point const&, Point const&) = default;
};

}  // namespace

template <>
inline constexpr auto ashlar::enable_buffer_contents<Point> = ashlar::shader_vector<float, 4>;

namespace {

struct alignas(128) VeryWide {
  float v[32];
};
ASHLAR_BUFFER_CONTENTS(VeryWide, v);

using Points = Flexible<Head, Point>;
static_assert(Points::tail_offset == 16 && Points::alignment == 16);

// Heads as large as they are, and up to the end of the struct that the shader knows.
static_assert(Flexible<std::uint32_t, std::uint32_t>::tail_offset == 4);
static_assert(Flexible<std::uint32_t, double>::tail_offset == 8);
static_assert(Flexible<Head, std::uint8_t>::tail_offset == 12);
struct Vec4AndFloat {
  test::Vector<float, 4> a;
  float b;
};
ASHLAR_BUFFER_CONTENTS(Vec4AndFloat, a, b);
static_assert(sizeof(Vec4AndFloat) == 20);
static_assert(Flexible<Vec4AndFloat, float, ShaderLayout::Std430>::tail_offset == 32);
static_assert(Flexible<Vec4AndFloat, float, ShaderLayout::Scalar>::tail_offset == 20);
static_assert(Flexible<std::uint32_t, Padded<float, 12>, ShaderLayout::Std140>::tail_offset == 16);
static_assert(Flexible<std::uint8_t, std::uint64_t, ShaderLayout::Cpp>::tail_offset == 8);

template <class T>
concept HasUnguarded = requires(Subbuffer<T> const& subbuffer) { subbuffer.unguarded(); };
static_assert(!HasUnguarded<Points> && HasUnguarded<Point[]>);

template <class T>
concept Downloads = requires(Transfer const& transfer, Subbuffer<T> const& subbuffer) { transfer.download(subbuffer); };
static_assert(Downloads<Head> && !Downloads<Points>, "head and elements, each by itself");

class FlexibleTest : protected test::VulkanTest {
 protected:
  static constexpr Head three{.count = 3, .flags = 7, .scale = 0.5F};

  [[nodiscard]] Subbuffer<Points> three_points(BufferUsages usage = storage.usage) const {
    return Buffer::from_parts(allocator, {.usage = usage}, upload, three,
                              std::vector{Point{1, 2, 3, 4}, Point{5, 6, 7, 8}, Point{9, 10, 11, 12}});
  }

  StandardMemoryAllocator const allocator{device()};
};

std::string problem_of(auto const& function) { return test::thrown_by<ValidationError>(function).problem(); }

}  // namespace

TEST_CASE_METHOD(FlexibleTest, "a head and elements lie where the shader expects them", "[flexible]") {
  auto const buffer = three_points();
  CHECK(buffer.size() == 3);
  CHECK(buffer.size_bytes() == 16 + 3 * 16);
  auto const bytes = buffer.as_bytes().read();
  Head head{};
  std::memcpy(&head, bytes.data(), sizeof(Head));
  CHECK(head == three);
  float second[4];
  std::memcpy(second, bytes.data() + 16 + 16, sizeof second);
  CHECK(second[3] == 8);
}

TEST_CASE_METHOD(FlexibleTest, "the elements are of any range", "[flexible]") {
  SECTION("sized, made up on the way") {
    auto const buffer = Buffer::from_parts(allocator, storage, upload, std::uint32_t{4}, std::views::iota(10, 14));
    static_assert(std::is_same_v<decltype(buffer), Subbuffer<Flexible<std::uint32_t, int>> const>);
    auto const guard = buffer.read();
    CHECK(guard.head() == 4);
    CHECK(std::ranges::equal(guard.tail(), std::array{10, 11, 12, 13}));
  }
  SECTION("of unknown length") {
    auto const buffer = Buffer::from_parts(allocator, storage, upload, 1.5F, std::forward_list<int>{3, 1, 2});
    auto const guard = buffer.read();
    CHECK(guard.head() == 1.5F);
    CHECK(std::ranges::equal(guard.tail(), std::array{3, 1, 2}));
  }
  SECTION("in braces") {
    auto const buffer = Buffer::from_parts(allocator, storage, upload, three, {Point{1, 2, 3, 4}, Point{5, 6, 7, 8}});
    static_assert(std::is_same_v<decltype(buffer), Subbuffer<Points> const>);
    CHECK(buffer.read().size() == 2);
    CHECK(buffer.tail().read()[1] == Point{5, 6, 7, 8});
  }
  SECTION("in another layout") {
    using Weight = Padded<float, 12>;
    auto const buffer = Buffer::from_parts<ShaderLayout::Std140>(allocator, storage, upload, std::uint32_t{2},
                                                                 std::vector<Weight>{1.0F, 2.0F});
    CHECK(buffer.size_bytes() == 16 + 2 * 16);
    CHECK(*buffer.tail().index(1).read()->operator->() == 2);
  }
  SECTION("of none") {
    auto const buffer = Buffer::from_parts(allocator, storage, upload, three, std::vector<Point>{});
    CHECK(buffer.size() == 0);
    CHECK(buffer.read().head() == three);
    CHECK(buffer.read().size() == 0);
    CHECK(buffer.tail().size() == 0);
  }
}

TEST_CASE_METHOD(FlexibleTest,
                 "behind a head, too, a range that throws or is shorter than it says leaves nothing behind",
                 "[flexible]") {
  auto const throwing =
      std::views::iota(0, 100) | std::views::transform([](int i) { return i == 50 ? throw std::string{"stop"} : i; });
  CHECK_THROWS_AS(Buffer::from_parts(allocator, storage, upload, three, throwing), std::string);

  struct Liar {
    std::vector<int> elements{1, 2, 3};
    [[nodiscard]] std::size_t size() const { return 4; }
    [[nodiscard]] auto begin() const { return elements.begin(); }
    [[nodiscard]] auto end() const { return elements.end(); }
  };
  auto const error =
      test::thrown_by<ValidationError>([&] { return Buffer::from_parts(allocator, storage, upload, three, Liar{}); });
  CHECK(error.context() == std::string{"Buffer::from_parts"});
  CHECK_THAT(error.problem(), Contains("ended after 3"));
  CHECK(test::nothing_allocated(allocator));
}

TEST_CASE_METHOD(FlexibleTest, "new_flexible leaves the contents to guards", "[flexible]") {
  auto const buffer = Buffer::new_flexible<Head, Point>(allocator, storage, upload, 4);
  static_assert(std::is_same_v<decltype(buffer), Subbuffer<Points> const>);
  CHECK(buffer.size() == 4);
  {
    auto const guard = buffer.overwrite();
    guard.head() = three;
    guard.tail().fill({0, 0, 0, 1});
    guard.tail()[2] = Point{1, 2, 3, 4};
  }
  {
    auto const guard = buffer.write();
    CHECK(guard.head() == three);
    CHECK(guard.tail()[1] == Point{0, 0, 0, 1});
    guard.head().count = 4;
    std::span<Point const> const elements = guard.tail();
    CHECK(elements.size() == 4);
    std::span<Point> const tail = guard.tail();
    tail[3] = tail[2];
    for (Point& point : guard.tail()) {
      point.x += 10;
    }
  }
  auto const guard = buffer.read();
  CHECK(guard.head().count == 4);
  CHECK(guard.head().flags == 7);
  std::span<Point const> const tail = guard.tail();
  CHECK(tail.size() == 4);
  CHECK(tail[3] == Point{11, 2, 3, 4});

  CHECK(Buffer::new_flexible<Head, Point>(allocator, storage, upload, 0).size_bytes() == 16);
}

TEST_CASE_METHOD(FlexibleTest, "a tail is overwritten as a whole by as many elements", "[flexible]") {
  auto const buffer = three_points();
  std::vector<Point> const points(3, Point{1, 1, 1, 1});
  {
    auto const guard = buffer.overwrite();
    CHECK(guard.tail().size() == 3);
    guard.tail().copy_from(points);
    CHECK_THAT(problem_of([&] {
                 guard.tail().copy_from(std::vector<Point>(2));
                 return 0;
               }),
               Contains("the source has 32 bytes, the guard 48"));
  }
  CHECK(std::ranges::equal(buffer.tail().read(), points));
}

TEST_CASE_METHOD(FlexibleTest, "a guard of it is one, of head and elements", "[flexible]") {
  auto const buffer = three_points();
  ReadGuard<Points> empty;
  CHECK_FALSE(empty);
  CHECK(empty.size() == 0);
  CHECK(empty.tail().empty());

  auto guard = buffer.write();
  CHECK(guard);
  CHECK_FALSE(buffer.head().try_read());
  CHECK_FALSE(buffer.tail().slice(2, 1).try_read());
  CHECK_FALSE(buffer.try_read());
  guard.release();
  CHECK_FALSE(guard);
  CHECK(buffer.try_overwrite());

  buffer.write().head() = {.count = 2, .flags = 1, .scale = 1};  // As long as the expression.
  CHECK(buffer.read().head().count == 2);
  buffer.overwrite().head() = three;
  CHECK(buffer.read().head() == three);

  auto const other = three_points();
  {
    auto [from, to] = lock(read(buffer), overwrite(other));
    to.head() = from.head();
    to.tail().copy_from(from.tail());
    CHECK_FALSE(other.try_read());
  }
  CHECK(other.tail().read()[2] == Point{9, 10, 11, 12});
}

TEST_CASE_METHOD(FlexibleTest, "the head and slices of the tail are subbuffers of their own", "[flexible]") {
  auto const buffer = three_points();
  auto const head = buffer.head();
  static_assert(std::is_same_v<decltype(head), Subbuffer<Head> const>);
  CHECK(head.offset() == buffer.offset());
  CHECK(head.size_bytes() == sizeof(Head));
  auto const tail = buffer.tail();
  static_assert(std::is_same_v<decltype(tail), Subbuffer<Point[]> const>);
  CHECK(tail.offset() == buffer.offset() + 16);
  CHECK(tail.size() == 3);
  CHECK(tail.slice(1, 2).offset() == buffer.offset() + 32);

  auto const writing_head = head.write();  // Neither waits for the other.
  auto const writing_last = tail.index(2).try_write();
  REQUIRE(writing_last);
  CHECK(writing_last->w == 12);

  CHECK_THAT(problem_of([&] { return tail.index(3); }), Contains("3 elements"));
  CHECK_THROWS_AS(tail.slice(2, 2), ValidationError);
  CHECK_THAT(problem_of([&] { return Subbuffer<Points>{}.head(); }), Contains("the subbuffer is empty"));
  CHECK_THAT(problem_of([&] { return Subbuffer<Points>{}.tail(); }), Contains("the subbuffer is empty"));
  CHECK(Subbuffer<Points>{}.size() == 0);
}

TEST_CASE_METHOD(FlexibleTest, "bytes are read as a head and elements where they fit", "[flexible]") {
  auto const buffer = three_points();
  auto const again = buffer.as_bytes().reinterpret<Points>();
  CHECK(again == buffer);
  CHECK(again.read().head() == three);
  auto const fewer = buffer.as_bytes().slice(0, 16 + 16).reinterpret<Points>();
  CHECK(fewer.size() == 1);
  CHECK(buffer.as_bytes().slice(0, 16).reinterpret<Points>().size() == 0);
  CHECK(buffer.reinterpret<float[]>().size() == 16);
  CHECK(buffer.reinterpret<Flexible<std::array<std::uint32_t, 4>, float>>().tail().read()[11] == 12);

  auto const reinterpreted = [&](std::uint64_t first, std::uint64_t size) {
    return problem_of([&] { return buffer.as_bytes().slice(first, size).reinterpret<Points>(); });
  };
  CHECK_THAT(reinterpreted(0, 12), Contains("12 bytes are less than the head, which takes 16"));
  CHECK_THAT(reinterpreted(0, 40), Contains("24 bytes behind the head are not whole elements of 16"));
  CHECK_THAT(reinterpreted(4, 32), Contains("not aligned to 16"));
  CHECK_THROWS_AS(Subbuffer<std::byte[]>{}.reinterpret<Points>(), ValidationError);
}

TEST_CASE_METHOD(FlexibleTest, "the elements' device address is the head's and what lies between", "[flexible]") {
  if (!device().features().buffer_device_address) {
    CHECK_THROWS_AS(three_points(BufferUsage::ShaderDeviceAddress), ValidationError);
    return;
  }
  auto const buffer = three_points(BufferUsage::ShaderDeviceAddress);
  CHECK(buffer.head().device_address() == buffer.device_address());
  CHECK(buffer.tail().device_address() == buffer.device_address() + 16);
  CHECK(buffer.tail().slice(2, 1).device_address() == buffer.device_address() + 48);
}

TEST_CASE_METHOD(FlexibleTest, "sizes that no buffer can have are refused", "[flexible]") {
  auto const refused_by = [](auto const& function) {
    return std::string{test::thrown_by<ValidationError>(function).vuid()};
  };
  auto const sized = [&](std::uint64_t count) {
    return refused_by([&] { return Buffer::new_flexible<Head, Point>(allocator, storage, upload, count); });
  };
  CHECK(sized(~std::uint64_t{0}) == "VUID-VkBufferCreateInfo-size-06409");
  CHECK(sized(~std::uint64_t{0} / 16) == "VUID-VkBufferCreateInfo-size-06409");
  CHECK(sized(~std::uint64_t{0} / 32) == "VUID-VkBufferCreateInfo-size-06409");
  CHECK(test::nothing_allocated(allocator));
}

TEST_CASE_METHOD(FlexibleTest, "memory is aligned for head and elements, on the device beyond what the host has",
                 "[flexible]") {
  AllocationCreateInfo const device_only{.usage = MemoryUsage::DeviceOnly};
  auto const first = Buffer::from_data(allocator, storage, upload, std::uint8_t{1});
  auto const points = Buffer::new_flexible<std::uint32_t, Point>(allocator, storage, upload, 1);
  CHECK(points.buffer().allocation().offset() % 16 == 0);
  auto const wide =
      Buffer::new_flexible<VeryWide, std::uint32_t, ShaderLayout::Cpp>(allocator, storage, device_only, 3);
  CHECK(wide.buffer().allocation().offset() % 128 == 0);
  auto const wide_elements =
      Buffer::new_flexible<std::uint32_t, VeryWide, ShaderLayout::Cpp>(allocator, storage, device_only, 3);
  CHECK(wide_elements.buffer().allocation().offset() % 128 == 0);
  CHECK(wide_elements.tail().offset() == 128);

  if (device().physical_device().limits().min_memory_map_alignment < 128) {
    CHECK_THAT(problem_of([&] {
                 return Buffer::new_flexible<VeryWide, std::uint32_t, ShaderLayout::Cpp>(allocator, storage, upload, 3);
               }),
               Contains("use MemoryUsage::DeviceOnly or a less aligned type"));
  }
}

TEST_CASE_METHOD(FlexibleTest, "device-only memory gets head and elements by transfers", "[flexible]") {
  Transfer const transfer{allocator};
  auto const buffer = Buffer::new_flexible<Head, Point>(
      allocator, {.usage = BufferUsage::StorageBuffer | BufferUsage::TransferSource | BufferUsage::TransferDestination},
      {.usage = MemoryUsage::DeviceOnly}, 2);
  transfer.upload_to(buffer.head(), three);
  transfer.upload_to(buffer.tail(), std::vector{Point{1, 2, 3, 4}, Point{5, 6, 7, 8}});
  CHECK(transfer.download(buffer.head()).get() == three);
  CHECK(transfer.download(buffer.tail().slice(1, 1)).get() == std::vector{Point{5, 6, 7, 8}});

  BufferCreateInfo const info{.usage = BufferUsage::StorageBuffer | BufferUsage::TransferSource};
  auto const numbers_of = [&](auto const& subbuffer) { return transfer.download(subbuffer.tail()).get(); };
  auto const sized = transfer.from_parts(info, three, std::vector{Point{1, 2, 3, 4}});
  static_assert(std::is_same_v<decltype(sized), Subbuffer<Points> const>);
  CHECK(transfer.download(sized.head()).get() == three);
  CHECK(numbers_of(sized) == std::vector{Point{1, 2, 3, 4}});
  CHECK(numbers_of(transfer.from_parts(info, three, std::forward_list<int>{3, 1})) == std::vector{3, 1});
  CHECK(numbers_of(transfer.from_parts<ShaderLayout::Scalar>(info, 1.5F, {7, 8, 9})) == std::vector{7, 8, 9});
  auto const none = transfer.from_parts(info, three, std::vector<int>{});
  CHECK(none.size() == 0);
  CHECK(transfer.download(none.head()).get() == three);
}

TEST_CASE_METHOD(FlexibleTest, "the device sees what guards of head and elements wrote", "[flexible]") {
  Transfer const transfer{allocator};
  auto const buffer = three_points(BufferUsage::TransferSource);
  auto const on_device = Buffer::new_flexible<Head, Point>(
      allocator, {.usage = BufferUsage::TransferSource | BufferUsage::TransferDestination},
      {.usage = MemoryUsage::DeviceOnly}, 3);
  {
    auto const guard = buffer.overwrite();
    guard.head() = {.count = 30, .flags = 0, .scale = 2};
    guard.tail().fill({5, 5, 5, 5});
  }
  {
    auto const guard = buffer.write();
    guard.head().flags = 8;
    guard.tail()[2].w = 50;
  }
  transfer.copy(buffer, on_device);
  CHECK(transfer.download(on_device.head()).get() == Head{.count = 30, .flags = 8, .scale = 2});
  CHECK(transfer.download(on_device.tail()).get() ==
        std::vector{Point{5, 5, 5, 5}, Point{5, 5, 5, 5}, Point{5, 5, 5, 50}});
}
