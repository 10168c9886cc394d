#include <ashlar/buffer/buffer.hpp>
#include <ashlar/buffer/lock.hpp>
#include <ashlar/error.hpp>

#include <cstddef>
#include <cstdint>
#include <future>
#include <source_location>
#include <type_traits>
#include <utility>
#include <vector>

#include "buffer/access_threads.hpp"
#include "buffer/guard_fixture.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using detail::in_thread;

constexpr BufferCreateInfo storage{.usage = BufferUsage::StorageBuffer};

/// The line of the guard in the way, if `lock` says that it would wait for ever.
template <class F>
std::uint32_t line_in_the_way(F const& lock) {
  try {
    static_cast<void>(lock());
  } catch (AccessConflictError const& error) {
    return error.who().line();
  }
  return 0;
}

std::uint32_t here(std::source_location where = std::source_location::current()) { return where.line(); }

}  // namespace

TEST_CASE_METHOD(GuardTest, "lock acquires several guards", "[lock]") {
  auto const a = sevens(4, host_visible);
  auto const b = sevens(8, host_visible);
  auto const c = Buffer::from_data(allocator, storage, host_visible, 1.5F);
  {
    auto [x, y, z] = lock(read(a), write(b), overwrite(c));
    static_assert(std::is_same_v<decltype(x), ReadGuard<int[]>>);
    static_assert(std::is_same_v<decltype(y), WriteGuard<int[]>>);
    static_assert(std::is_same_v<decltype(z), OverwriteGuard<float>>);
    REQUIRE(x);
    REQUIRE(y);
    REQUIRE(z);
    CHECK(x.size() == 4);
    CHECK(y.size() == 8);
    y[7] = x[0] + 1;
    *z = 2.5F;
    CHECK(a.try_read());
    CHECK_FALSE(a.try_write());
    CHECK_FALSE(b.try_read());
    CHECK_FALSE(c.try_read());
  }
  CHECK(b.read()[7] == 8);
  CHECK(*c.read() == 2.5F);
  CHECK(a.try_write());
}

TEST_CASE_METHOD(GuardTest, "guards that were locked together can be kept apart", "[lock]") {
  auto const a = sevens(4, host_visible);
  auto const b = sevens(4, host_visible);
  auto both = lock(write(a), write(b));
  CHECK(both);
  auto kept = std::move(both).get<1>();
  {
    auto const end = std::move(both.get<0>());
  }
  CHECK(a.try_write());
  CHECK_FALSE(b.try_read());
  CHECK(kept.size() == 4);
}

TEST_CASE_METHOD(GuardTest, "lock takes parts of one buffer", "[lock]") {
  auto const numbers = sevens(8, host_visible);
  auto const [low, high] = numbers.split_at(4);
  auto [source, target] = lock(read(low), overwrite(high));
  target.copy_from(source);
  CHECK(lock(read(low)));
  auto [first, second] = lock(read(low), read(numbers.slice(0, 2)));
  CHECK(second.size() == 2);
}

TEST_CASE_METHOD(GuardTest, "lock refuses what conflicts with itself", "[lock]") {
  auto const a = sevens(4, host_visible);
  auto const b = sevens(4, host_visible);
  auto const first = read(a, std::source_location::current());
  auto const line = here() - 1;
  CHECK(line_in_the_way([&] { return lock(first, write(a)); }) == line);
  CHECK(line_in_the_way([&] { return lock(read(b), first, overwrite(a.slice(3, 1))); }) == line);
  CHECK(a.try_write());
  CHECK(b.try_write());
  CHECK_FALSE(try_lock(read(a), write(a)));
  CHECK(a.try_write());
}

TEST_CASE_METHOD(GuardTest, "lock refuses what conflicts with a guard of the thread, wherever it stands", "[lock]") {
  auto const a = sevens(4, host_visible);
  auto const b = sevens(4, host_visible);
  auto const line = here() + 1;
  auto const held = a.read();
  CHECK(line_in_the_way([&] { return lock(write(a), write(b)); }) == line);
  CHECK(line_in_the_way([&] { return lock(write(b), write(a)); }) == line);
  CHECK(b.try_write());
  CHECK(a.try_read());
}

TEST_CASE_METHOD(GuardTest, "try_lock acquires all or none", "[lock]") {
  auto const a = sevens(4, host_visible);
  auto const b = sevens(4, host_visible);
  auto const c = sevens(4, host_visible);
  auto const held = b.read();
  {
    auto const guards = try_lock(write(a), write(b), write(c));
    CHECK_FALSE(guards);
    auto const& [x, y, z] = guards;
    CHECK_FALSE(x);
    CHECK_FALSE(y);
    CHECK_FALSE(z);
    CHECK(a.try_write());
    CHECK(c.try_write());
  }
  auto const guards = try_lock(write(a), read(b), write(c));
  CHECK(guards);
  CHECK_FALSE(c.try_read());
}

TEST_CASE_METHOD(GuardTest, "lock holds nothing while it waits", "[lock]") {
  auto const a = sevens(4, host_visible);
  auto const b = sevens(4, host_visible);
  auto held = b.write();
  auto waiting = in_thread([&] {
    auto [x, y] = lock(write(a), write(b));
    y[0] = 1;
    return static_cast<bool>(x);
  });
  // As long as the other thread waits for b, a is free; a try may meet it while it finds that out.
  detail::wait_until([&] { return static_cast<bool>(a.try_write()); });
  held.release();
  CHECK(waiting.get());
  CHECK(b.read()[0] == 1);
}

TEST_CASE_METHOD(GuardTest, "what lock takes and gives up again is not changed", "[lock]") {
  auto const a = sevens(16, not_coherent);
  auto const b = sevens(16, not_coherent);
  device_write(a.index(3), 3);  // The host has not seen this, and an overwrite does not look.
  {
    auto const held = b.read();
    CHECK_FALSE(try_lock(overwrite(a), write(b)));
    CHECK(line_in_the_way([&] { return lock(overwrite(a), write(b)); }) != 0);
  }
  CHECK(device_value(a.index(3)) == 3);
  CHECK(a.read()[3] == 3);
}

TEST_CASE_METHOD(GuardTest, "lock holds nothing after a failure", "[lock]") {
  auto const a = sevens(16, not_coherent);
  auto const b = sevens(16, not_coherent);
  auto const c = Buffer::new_sized<int>(allocator, storage, not_visible);
  device_write(a.index(3), 3);
  auto const flushes = driver.flushes().size();
  driver.fail_next("vkInvalidateMappedMemoryRanges", VK_ERROR_OUT_OF_HOST_MEMORY);
  CHECK_THROWS_AS(lock(overwrite(a), read(b)), VulkanError);
  CHECK_THROWS_AS(lock(overwrite(a), read(c)), NotHostVisibleError);
  CHECK_THROWS_AS(lock(overwrite(a), read(Subbuffer<int>{})), ValidationError);
  CHECK(driver.flushes().size() == flushes);
  CHECK(device_value(a.index(3)) == 3);
  CHECK(a.try_write());
  CHECK(b.try_write());
}

TEST_CASE_METHOD(GuardTest, "threads that lock in different orders all get through", "[lock]") {
  auto const a = sevens(1, host_visible);
  auto const b = sevens(1, host_visible);
  auto const c = sevens(1, host_visible);
  constexpr int rounds = 500;
  auto const count = [](auto const& first, auto const& second, auto const& third) {
    for (int i = 0; i < rounds; ++i) {
      auto [x, y, z] = lock(write(first), write(second), write(third));
      ++x[0];
      ++y[0];
      ++z[0];
    }
  };
  {
    std::vector<std::future<void>> threads;
    threads.push_back(in_thread([&] { count(a, b, c); }));
    threads.push_back(in_thread([&] { count(c, b, a); }));
    threads.push_back(in_thread([&] { count(b, a, c); }));
    threads.push_back(in_thread([&] { count(c, a, b); }));
    for (auto& thread : threads) {
      thread.get();
    }
  }
  CHECK(a.read()[0] == 7 + 4 * rounds);
  CHECK(b.read()[0] == 7 + 4 * rounds);
  CHECK(c.read()[0] == 7 + 4 * rounds);
}

}  // namespace ashlar::test
