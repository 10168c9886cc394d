#include <ashlar/buffer/buffer.hpp>
#include <ashlar/error.hpp>

#include <cstdint>

#include "buffer/guard_fixture.hpp"
#include "support/catch.hpp"

namespace ashlar::test {

namespace {

/// Some devices move single bytes.
class ByteAtomTest : protected GuardTest {
 protected:
  ByteAtomTest() : GuardTest{1} {}
};

}  // namespace

TEST_CASE_METHOD(ByteAtomTest, "memory whose atoms are bytes is flushed and invalidated too", "[guard]") {
  auto const numbers = sevens(4, not_coherent);
  device_write(numbers.index(1), 8);
  CHECK(numbers.read()[1] == 8);
  numbers.write()[2] = 9;
  CHECK(device_value(numbers.index(2)) == 9);
}

TEST_CASE_METHOD(GuardTest, "a read guard sees what the device wrote", "[guard]") {
  auto const numbers = sevens(4 * ints_per_atom, not_coherent);
  auto const number = numbers.index(ints_per_atom + ints_per_atom / 3);
  CHECK(*number.read() == 7);
  device_write(number, 8);
  CHECK(*number.read() == 8);
  CHECK(driver.invalidations().back() == atoms_of(number));
}

TEST_CASE_METHOD(GuardTest, "a write guard's bytes reach the device at its end, and only they change", "[guard]") {
  auto const numbers = sevens(4 * ints_per_atom, not_coherent);
  std::uint64_t const middle = 2 * ints_per_atom - ints_per_atom / 2;
  auto const number = numbers.index(middle);
  device_write(numbers.index(middle - 1), 19);
  device_write(numbers.index(middle + 1), 21);
  auto const flushes = driver.flushes().size();
  {
    auto guard = number.write();
    *guard += 1;
    CHECK((device_value(number) == 7 || !only_flushes));
  }
  CHECK(device_value(number) == 8);
  CHECK(device_value(numbers.index(middle - 1)) == 19);
  CHECK(device_value(numbers.index(middle + 1)) == 21);
  REQUIRE(driver.flushes().size() == flushes + 1);
  CHECK(driver.flushes().back() == atoms_of(number));
}

TEST_CASE_METHOD(GuardTest, "an overwrite guard leaves its neighbours alone", "[guard]") {
  std::uint64_t const size = 4 * ints_per_atom;
  auto const numbers = sevens(size, not_coherent);
  device_write(numbers.index(0), 3);
  device_write(numbers.index(size - 1), 60);
  auto const invalidations = driver.invalidations().size();
  numbers.slice(ints_per_atom, 2 * ints_per_atom).overwrite().fill(1);
  CHECK(driver.invalidations().size() == invalidations);
  auto const part = numbers.slice((ints_per_atom + 1) / 2, 3 * ints_per_atom - 1);
  part.overwrite().fill(2);
  bool const begins_in_an_atom = part.offset() % atom != 0;
  bool const ends_in_an_atom = part.byte_range().end() % atom != 0;
  CHECK(driver.invalidations().size() == invalidations + (begins_in_an_atom ? 1 : 0) + (ends_in_an_atom ? 1 : 0));
  for (std::uint64_t i = 0; i < size; ++i) {
    bool const overwritten =
        numbers.index(i).offset() >= part.offset() && numbers.index(i).offset() < part.byte_range().end();
    int const expected = overwritten ? 2 : i == 0 ? 3 : i == size - 1 ? 60 : 7;
    CHECK(device_value(numbers.index(i)) == expected);
  }
}

TEST_CASE_METHOD(GuardTest, "what was written is flushed, and the range free, when an exception ends the guard",
                 "[guard]") {
  auto const buffer = sevens(4, not_coherent);
  auto const write_and_throw = [&] {
    auto const guard = buffer.write();
    guard[2] = 30;
    throw std::string{"in the middle"};
  };
  CHECK_THROWS_AS(write_and_throw(), std::string);
  CHECK(device_value(buffer.index(2)) == 30);
  CHECK(buffer.try_write());
}

TEST_CASE_METHOD(GuardTest, "flush makes what was written available at once", "[guard]") {
  auto const numbers = sevens(64, not_coherent);
  auto guard = numbers.slice(0, 4).write();
  guard[1] = 5;
  guard.flush();
  CHECK(device_value(numbers.index(1)) == 5);
  guard[1] = 6;
  driver.fail_next("vkFlushMappedMemoryRanges", VK_ERROR_OUT_OF_HOST_MEMORY);
  CHECK_THROWS_AS(guard.flush(), VulkanError);
  CHECK((device_value(numbers.index(1)) == 5 || !only_flushes));
  guard.release();
  CHECK(device_value(numbers.index(1)) == 6);
}

TEST_CASE_METHOD(GuardTest, "a guard moved is flushed once, at the end", "[guard]") {
  auto const numbers = sevens(64, not_coherent);
  auto first = numbers.slice(0, 4).overwrite();
  auto const flushes = driver.flushes().size();
  {
    auto second = std::move(first);
    second[0] = 1;
    first = std::move(second);
  }
  CHECK(driver.flushes().size() == flushes);
  first.release();
  CHECK(driver.flushes().size() == flushes + 1);
  CHECK(device_value(numbers.index(0)) == 1);
}

TEST_CASE_METHOD(GuardTest, "what a guard's end fails to flush, the next guard flushes", "[guard]") {
  auto const numbers = sevens(64, not_coherent);
  driver.fail_next("vkFlushMappedMemoryRanges", VK_ERROR_OUT_OF_HOST_MEMORY);
  *numbers.index(20).write() = 9;
  CHECK((device_value(numbers.index(20)) == 7 || !only_flushes));

  driver.fail_next("vkFlushMappedMemoryRanges", VK_ERROR_OUT_OF_DEVICE_MEMORY);
  try {
    static_cast<void>(numbers.read());
    FAIL("the second failure is nobody's");
  } catch (VulkanError const& error) {
    CHECK(error.result() == VK_ERROR_OUT_OF_DEVICE_MEMORY);
  }
  CHECK((device_value(numbers.index(20)) == 7 || !only_flushes));

  CHECK(numbers.read()[20] == 9);
  CHECK(device_value(numbers.index(20)) == 9);
}

TEST_CASE_METHOD(GuardTest, "a guard whose invalidation fails is not held", "[guard]") {
  auto const numbers = sevens(64, not_coherent);
  driver.fail_next("vkInvalidateMappedMemoryRanges", VK_ERROR_OUT_OF_HOST_MEMORY);
  CHECK_THROWS_AS(numbers.read(), VulkanError);
  CHECK(numbers.try_write());
}

TEST_CASE_METHOD(GuardTest, "a guard that outlives its buffer's handles still flushes", "[guard]") {
  auto numbers = sevens(64, not_coherent);
  auto guard = numbers.write();
  numbers = {};
  auto const flushes = driver.flushes().size();
  guard[0] = 1;
  guard.release();
  CHECK(driver.flushes().size() == flushes + 1);
}

}  // namespace ashlar::test
