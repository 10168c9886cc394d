#include <ashlar/buffer/buffer.hpp>
#include <ashlar/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <ranges>
#include <source_location>
#include <span>
#include <utility>
#include <vector>

#include "buffer/access_threads.hpp"
#include "buffer/buffer_state.hpp"
#include "buffer/guard_fixture.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using detail::in_thread;

struct Pair {
  int a;
  int b;
};
ASHLAR_BUFFER_CONTENTS(Pair, a, b);

constexpr BufferCreateInfo storage{.usage = BufferUsage::StorageBuffer};

std::vector<int> contents(Subbuffer<int[]> const& buffer) {
  auto const guard = buffer.read();
  return {guard.begin(), guard.end()};
}

}  // namespace

TEST_CASE_METHOD(GuardTest, "only memory that is not coherent is tracked by atoms", "[guard]") {
  auto const is_coherent = [](auto const& buffer) { return detail::Access::state(buffer.buffer()).tracker.coherent(); };
  CHECK(is_coherent(sevens(4, coherent)));
  CHECK_FALSE(is_coherent(sevens(4, not_coherent)));
}

TEST_CASE_METHOD(GuardTest, "a guard of one value acts as a pointer", "[guard]") {
  auto const pair = Buffer::from_data(allocator, storage, host_visible, Pair{.a = 1, .b = 2});
  {
    auto const guard = pair.read();
    REQUIRE(guard);
    CHECK(guard->a == 1);
    CHECK((*guard).b == 2);
    CHECK(guard.get() == &*guard);
  }
  {
    auto guard = pair.write();
    guard->a *= 5;
    guard.get()->b = 9;
    CHECK((*guard).a == 5);
  }
  CHECK(pair.read()->b == 9);
  {
    auto guard = pair.overwrite();
    *guard = Pair{.a = 3, .b = 4};
  }
  CHECK(pair.read()->a == 3);
}

TEST_CASE_METHOD(GuardTest, "a guard of elements acts as a range", "[guard]") {
  auto const numbers = sevens(4, host_visible);
  {
    auto guard = numbers.write();
    CHECK(guard.size() == 4);
    CHECK(guard.size_bytes() == 16);
    CHECK_FALSE(guard.empty());
    std::iota(guard.begin(), guard.end(), 0);
    guard[3] += 10;
    for (int& number : guard) {
      ++number;
    }
    std::span<int> const span = guard;
    span[0] = 50;
  }
  CHECK(contents(numbers) == std::vector{50, 2, 3, 14});
  auto const part = numbers.slice(1, 2).read();
  CHECK(part.size() == 2);
  CHECK(part[0] == 2);
  CHECK(part.data() + 2 == part.end());
  CHECK(std::ranges::equal(part, std::array{2, 3}));
}

TEST_CASE_METHOD(GuardTest, "an overwrite guard is written to by element and by algorithm", "[guard]") {
  auto const numbers = sevens(4, host_visible);
  auto guard = numbers.overwrite();
  SECTION("element") {
    guard[0] = 1;
    guard[3] = 2;
    guard.release();
    CHECK(contents(numbers) == std::vector{1, 7, 7, 2});
  }
  SECTION("loop") {
    int next = 0;
    for (auto&& number : guard) {
      number = next++;
    }
    guard.release();
    CHECK(contents(numbers) == std::vector{0, 1, 2, 3});
  }
  SECTION("std::ranges::copy") {
    std::ranges::copy(std::views::iota(1, 4), guard.begin());
    guard.release();
    CHECK(contents(numbers) == std::vector{1, 2, 3, 7});
  }
  SECTION("std::ranges::transform") {
    std::ranges::transform(std::array{1, 2, 3, 4}, guard.begin(), [](int i) { return i * i; });
    guard.release();
    CHECK(contents(numbers) == std::vector{1, 4, 9, 16});
  }
  SECTION("std::ranges::fill and generate") {
    std::ranges::fill(guard, 3);
    guard.release();
    CHECK(contents(numbers) == std::vector{3, 3, 3, 3});
    std::ranges::generate(numbers.overwrite(), [i = 5]() mutable { return i++; });
    CHECK(contents(numbers) == std::vector{5, 6, 7, 8});
  }
  SECTION("std::copy") {
    std::array const source{4, 3, 2, 1};
    std::copy(source.begin(), source.end(), guard.begin());
    guard.release();
    CHECK(contents(numbers) == std::vector{4, 3, 2, 1});
  }
  SECTION("fill") {
    guard.fill(5);
    guard.release();
    CHECK(contents(numbers) == std::vector{5, 5, 5, 5});
  }
  SECTION("copy_from") {
    guard.copy_from({4, 5, 6, 7});
    guard.release();
    CHECK(contents(numbers) == std::vector{4, 5, 6, 7});
    numbers.overwrite().copy_from(std::vector{1, 2, 3, 4});
    CHECK(contents(numbers) == std::vector{1, 2, 3, 4});
    numbers.slice(4, 0).overwrite().copy_from({});
  }
  SECTION("copy_from of another length") {
    CHECK_THROWS_AS(guard.copy_from({1, 2, 3}), ValidationError);
    CHECK_THROWS_AS(guard.copy_from({1, 2, 3, 4, 5}), ValidationError);
    guard.release();
    CHECK(contents(numbers) == std::vector{7, 7, 7, 7});
  }
}

TEST_CASE_METHOD(GuardTest, "a guard that is a temporary copies and assigns", "[guard]") {
  auto const number = Buffer::from_data(allocator, storage, host_visible, 12);
  *number.write() = 13;
  CHECK(*number.read() == 13);
  int const copy = *number.write();
  CHECK(copy == 13);
  int const& extended = *number.read();
  *number.overwrite() = 14;
  CHECK(extended == 13);
  CHECK(*number.read() == 14);

  auto const numbers = sevens(3, host_visible);
  numbers.write()[1] = 8;
  numbers.overwrite()[2] = 9;
  CHECK(numbers.read()[1] == 8);
  numbers.write()[0] = *number.write();
  CHECK(numbers.read()[0] == 14);
  numbers.slice(0, 1).write()[0] = numbers.slice(2, 1).write()[0];
  CHECK(contents(numbers) == std::vector{9, 8, 9});

  auto const pair = Buffer::from_data(allocator, storage, host_visible, Pair{.a = 1, .b = 2});
  pair.write()->b = 5;
  Pair const both = *pair.write();
  CHECK(both.b == 5);
}

TEST_CASE_METHOD(GuardTest, "an element of a temporary write guard can be changed in place", "[guard]") {
  auto const numbers = Buffer::from_data(allocator, storage, host_visible, {std::uint8_t{12}});
  auto const after = [&](auto const& change) {
    numbers.write()[0] = 12;
    change();
    return +numbers.read()[0];
  };
  CHECK(after([&] { numbers.write()[0] += 250; }) == 6);
  CHECK(after([&] { numbers.write()[0] -= 2; }) == 10);
  CHECK(after([&] { numbers.write()[0] *= 3; }) == 36);
  CHECK(after([&] { numbers.write()[0] /= 5; }) == 2);
  CHECK(after([&] { numbers.write()[0] %= 5; }) == 2);
  CHECK(after([&] { numbers.write()[0] &= 6; }) == 4);
  CHECK(after([&] { numbers.write()[0] |= 3; }) == 15);
  CHECK(after([&] { numbers.write()[0] ^= 6; }) == 10);
  CHECK(after([&] { numbers.write()[0] <<= 2; }) == 48);
  CHECK(after([&] { numbers.write()[0] >>= 2; }) == 3);
  auto const real = Buffer::from_data(allocator, storage, host_visible, 1.5F);
  *real.write() *= 3.0F;
  CHECK(*real.read() == 4.5F);
}

TEST_CASE_METHOD(GuardTest, "views own guards", "[guard]") {
  auto const numbers = sevens(3, host_visible);
  auto const twice = std::views::transform([](int i) { return 2 * i; });
  auto doubled = numbers.read() | twice;
  CHECK_FALSE(numbers.try_write());
  CHECK(std::ranges::equal(doubled, std::array{14, 14, 14}));
  auto moved = std::move(doubled);
  CHECK_FALSE(numbers.try_write());
  moved = numbers.slice(0, 1).read() | twice;
  CHECK(numbers.slice(1, 2).try_write());
  CHECK_FALSE(numbers.slice(0, 1).try_write());
}

TEST_CASE_METHOD(GuardTest, "guards exclude as a readers-writer lock does, per range", "[guard]") {
  auto const numbers = sevens(8, host_visible);
  {
    auto const reader = numbers.slice(0, 4).read();
    CHECK(numbers.try_read());
    CHECK(numbers.slice(4, 4).try_write());
    CHECK_FALSE(numbers.slice(3, 1).try_write());
    CHECK_FALSE(numbers.try_overwrite());
    CHECK_FALSE(numbers.write_for(std::chrono::seconds{0}));
    CHECK_FALSE(numbers.overwrite_for(std::chrono::seconds{-1}));
  }
  auto const writer = numbers.slice(0, 4).overwrite();
  CHECK_FALSE(numbers.try_read());
  CHECK_FALSE(numbers.index(3).read_for(std::chrono::nanoseconds{0}));
  CHECK(numbers.slice(4, 4).try_read());
}

TEST_CASE_METHOD(GuardTest, "a guard that would wait for its own thread throws, and says where the other is",
                 "[guard]") {
  auto const numbers = sevens(8, host_visible);
  auto const line = std::source_location::current().line() + 1;
  auto const reader = numbers.read();
  auto const line_told = [&](auto const& ask) {
    try {
      static_cast<void>(ask());
    } catch (AccessConflictError const& error) {
      return error.who().line();
    }
    return decltype(line){0};
  };
  CHECK(line_told([&] { return numbers.write(); }) == line);
  CHECK(line_told([&] { return numbers.overwrite(); }) == line);
  CHECK(line_told([&] { return numbers.write_for(std::chrono::minutes{1}); }) == line);
  CHECK(line_told([&] { return numbers.index(2).write(); }) == line);
  CHECK(numbers.try_read());
}

TEST_CASE_METHOD(GuardTest, "a released or moved guard holds nothing", "[guard]") {
  auto const numbers = sevens(8, host_visible);
  auto first = numbers.write();
  auto second = std::move(first);
  CHECK_FALSE(first);  // NOLINT(bugprone-use-after-move): it promises to be empty.
  CHECK(first.empty());
  CHECK(first.size_bytes() == 0);
  CHECK(first.data() == nullptr);
  REQUIRE(second);
  CHECK(second.size() == 8);
  CHECK(second[7] == 7);
  CHECK_FALSE(numbers.try_read());

  first = std::move(second);
  CHECK(first.size() == 8);
  auto& same = first;
  first = std::move(same);
  CHECK(first.size() == 8);
  CHECK_FALSE(numbers.try_read());

  first.release();
  CHECK_FALSE(first);
  CHECK(first.empty());
  first.release();
  CHECK(numbers.try_write());
}

TEST_CASE_METHOD(GuardTest, "a guard releases what it held before it takes over", "[guard]") {
  auto const numbers = sevens(8, host_visible);
  auto guard = numbers.slice(0, 4).write();
  guard = numbers.slice(4, 4).write();
  CHECK(numbers.slice(0, 4).try_write());
  CHECK_FALSE(numbers.slice(4, 4).try_read());
  std::swap(guard, guard);
  CHECK(guard.size() == 4);
}

TEST_CASE_METHOD(GuardTest, "a guard belongs to the thread that moved it last", "[guard]") {
  auto const numbers = sevens(8, host_visible);
  auto mine = numbers.write();
  auto gate = detail::Gate{};
  auto mover = in_thread([&] {
    auto const theirs = std::move(mine);
    gate.pass();
    return static_cast<bool>(theirs);
  });
  gate.wait_for_arrivals(1);
  // This thread may wait for it now, and does so until the mover is through.
  gate.open();
  CHECK(numbers.read()[0] == 7);
  CHECK(mover.get());
}

TEST_CASE_METHOD(GuardTest, "a guard keeps its buffer alive", "[guard]") {
  auto numbers = sevens(8, host_visible);
  auto const buffers = driver.calls("vkDestroyBuffer");
  auto first = numbers.slice(0, 4).write();
  auto second = numbers.slice(4, 4).read();
  numbers = {};
  CHECK(driver.calls("vkDestroyBuffer") == buffers);
  first[0] = 3;
  auto third = std::move(first);
  CHECK(third[0] == 3);
  third.release();
  CHECK(driver.calls("vkDestroyBuffer") == buffers);
  CHECK(second[0] == 7);
  second.release();
  CHECK(driver.calls("vkDestroyBuffer") == buffers + 1);
}

TEST_CASE_METHOD(GuardTest, "a thread's first guard is its own, and so are those after it", "[guard]") {
  auto const buffer = sevens(4, GENERATE(false, true) ? not_coherent : coherent);
  bool refused[2] = {};
  in_thread([&] {
    for (bool& one : refused) {
      auto const guard = buffer.read();
      try {
        static_cast<void>(buffer.write());
      } catch (AccessConflictError const&) {
        one = true;
      }
    }
  }).get();
  CHECK(refused[0]);
  CHECK(refused[1]);
}

TEST_CASE_METHOD(GuardTest, "the last guard destroys the buffer, whichever thread it is on", "[guard]") {
  for (int round = 0; round < 50; ++round) {
    auto numbers = sevens(8, host_visible);
    auto first = numbers.read();
    auto second = numbers.read();
    auto const buffers = driver.calls("vkDestroyBuffer");
    auto other = in_thread([guard = std::move(first)]() mutable { guard.release(); });
    numbers = {};
    second.release();
    other.get();
    REQUIRE(driver.calls("vkDestroyBuffer") == buffers + 1);
  }
}

TEST_CASE_METHOD(GuardTest, "memory that the host cannot reach stays unlocked", "[guard]") {
  auto const number = Buffer::new_sized<int>(allocator, storage, not_visible);
  for (int i = 0; i < 2; ++i) {
    CHECK_THROWS_AS(number.write(), NotHostVisibleError);
    CHECK_THROWS_AS(number.try_read(), NotHostVisibleError);
  }
}

TEST_CASE_METHOD(GuardTest, "a part without bytes can be guarded", "[guard]") {
  auto const numbers = sevens(8, GENERATE(false, true) ? not_coherent : coherent);
  auto const writer = numbers.write();
  auto const none = numbers.slice(4, 0).write();
  CHECK(none);
  CHECK(none.empty());
  none.flush();
}

}  // namespace ashlar::test
