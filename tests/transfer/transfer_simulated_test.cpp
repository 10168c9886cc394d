#include <ashlar/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <ranges>
#include <utility>
#include <vector>

#include "buffer/access_threads.hpp"
#include "support/catch.hpp"
#include "transfer/transfer_fixture.hpp"

namespace ashlar::test {
namespace {

using detail::in_thread;

struct Pair {
  std::uint32_t a;
  std::uint32_t b;
};
ASHLAR_BUFFER_CONTENTS(Pair, a, b);

TransferCreateInfo const small_rings{.max_staging_size = 1 * mib, .max_copy_threads = 3};

}  // namespace

TEST_CASE_METHOD(TransferTest, "what is uploaded is downloaded again, small and large", "[transfer]") {
  Transfer const transfer{allocator, small_rings};
  for (std::size_t const count : {1U, 1000U, 65'536U, 70'000U, 300'000U, 1'000'001U}) {
    auto const values = numbers(count, 7);
    auto const buffer = transfer.from_iter(both_ways, values);
    CHECK(transfer.download(buffer).get() == values);
  }
}

TEST_CASE_METHOD(TransferTest, "buffers are created of values, arrays, braces and ranges", "[transfer]") {
  Transfer const transfer{allocator};
  constexpr BufferCreateInfo source{.usage = BufferUsage::TransferSource};
  auto const pair = transfer.from_data(source, Pair{.a = 1, .b = 2});
  static_assert(std::is_same_v<decltype(pair), Subbuffer<Pair> const>);
  CHECK(transfer.download(pair).get().b == 2);
  Pair got;
  transfer.download_to(pair, got).wait();
  CHECK(got.b == 2);
  CHECK(pair.buffer().usage() == (BufferUsage::TransferSource | BufferUsage::TransferDestination));

  std::uint16_t const array[] = {3, 4, 5};
  CHECK(transfer.download(transfer.from_data(source, array)).get() == std::vector<std::uint16_t>{3, 4, 5});
  CHECK(transfer.download(transfer.from_data(source, {1.5F, 2.5F})).get() == std::vector{1.5F, 2.5F});
  CHECK(transfer.download(transfer.from_iter(source, array)).get() == std::vector<std::uint16_t>{3, 4, 5});
  CHECK(transfer.download(transfer.from_iter(source, {7, 8})).get() == std::vector{7, 8});
  CHECK(transfer.download(transfer.from_iter(source, std::array{9, 10})).get() == std::vector{9, 10});
  CHECK(transfer.download(transfer.from_iter(source, std::list{11, 12, 13})).get() == std::vector{11, 12, 13});
  auto const squares = std::views::iota(0, 5) | std::views::transform([](int i) { return i * i; });
  CHECK(transfer.download(transfer.from_iter(source, squares)).get() == std::vector{0, 1, 4, 9, 16});
  CHECK(transfer.download(transfer.from_iter(source, std::vector<std::uint8_t>(5, 6))).get() ==
        std::vector<std::uint8_t>(5, 6));
}

TEST_CASE_METHOD(TransferTest, "a buffer of no elements is not created", "[transfer]") {
  Transfer const transfer{allocator};
  CHECK_THROWS_AS(transfer.from_iter(both_ways, std::vector<int>{}), ValidationError);
}

TEST_CASE_METHOD(TransferTest, "slices are uploaded and downloaded by themselves", "[transfer]") {
  Transfer const transfer{allocator};
  auto const buffer = transfer.from_iter(both_ways, numbers(300));
  transfer.upload_to(buffer.slice(100, 3), {1, 2, 3});
  transfer.upload_to(buffer.index(299), 4);
  transfer.upload_to(buffer.slice(300, 0), {});
  std::array<std::uint32_t, 5> part{};
  transfer.download_to(buffer.slice(99, 5), part).wait();
  CHECK(part == std::array<std::uint32_t, 5>{99, 1, 2, 3, 103});
  CHECK(transfer.download(buffer.index(299)).get() == 4);
  CHECK(transfer.download(buffer.slice(5, 0)).get().empty());
  CHECK(transfer.download(buffer.slice(0, 1)).get() == numbers(1));
}

TEST_CASE_METHOD(TransferTest, "a borrowed source is consumed before the call returns", "[transfer]") {
  Transfer const transfer{allocator, small_rings};
  auto const buffer = new_buffer(200'000);
  transfer.fill(buffer, 0);  // So that it is not idle.
  auto values = numbers(200'000, 1);
  transfer.upload_to(buffer, values);
  std::fill(values.begin(), values.end(), 0U);
  auto small = numbers(10, 50);
  transfer.upload_to(buffer.slice(0, 10), small);
  std::fill(small.begin(), small.end(), 0U);
  std::uint32_t update = 77;
  transfer.update(buffer.index(10), update);
  update = 0;
  auto const got = transfer.download(buffer).get();
  CHECK(got[9] == 59);
  CHECK(got[10] == 77);
  CHECK(got[11] == 12);
  CHECK(got[199'999] == 200'000);
}

TEST_CASE_METHOD(TransferTest, "copies, fills and updates of one batch come one after the other", "[transfer]") {
  Transfer const transfer{allocator};
  auto const a = transfer.from_iter(both_ways, numbers(64, 0));
  auto const b = transfer.from_iter(both_ways, numbers(64, 100));
  transfer.copy(a, b);
  transfer.fill(a.slice(0, 32), 9);
  transfer.update(a.slice(32, 2), {5, 6});
  transfer.copy(a.slice(0, 34), b.slice(10, 34));
  transfer.copy(b.slice(40, 4), b.slice(0, 4));
  auto const got = transfer.download(b).get();
  CHECK(got[0] == 9);
  CHECK(got[2] == 5);
  CHECK(got[4] == 4);
  CHECK(got[9] == 9);
  CHECK(got[10] == 9);
  CHECK(got[42] == 5);
  CHECK(got[43] == 6);
  CHECK(got[44] == 44);
}

TEST_CASE_METHOD(TransferTest, "a guard waits for what is queued, and sees it", "[transfer]") {
  Transfer const transfer{allocator};
  auto const source = transfer.from_iter(both_ways, numbers(64, 5));
  auto const target = Buffer::new_slice<std::uint32_t>(allocator, both_ways, {.usage = MemoryUsage::Download}, 64);
  transfer.fill(target, 1);
  transfer.copy(source.slice(0, 32), target.slice(0, 32));
  auto const guard = target.read();
  CHECK(guard[0] == 5);
  CHECK(guard[31] == 36);
  CHECK(guard[32] == 1);
}

TEST_CASE_METHOD(TransferTest, "what a guard has written is copied by the device", "[transfer]") {
  Transfer const transfer{allocator};
  auto const source = Buffer::new_slice<std::uint32_t>(allocator, both_ways, {.usage = MemoryUsage::Upload}, 64);
  auto const target = new_buffer(64);
  for (std::uint32_t round = 0; round < 3; ++round) {
    source.overwrite().copy_from(numbers(64, round));
    transfer.copy(source, target);
    source.overwrite().fill(1000);
    CHECK(transfer.download(target).get() == numbers(64, round));
  }
}

TEST_CASE_METHOD(TransferTest, "a guard waits while the queue is held", "[transfer]") {
  Transfer const transfer{allocator};
  auto const target = Buffer::new_slice<std::uint32_t>(allocator, both_ways, {.usage = MemoryUsage::Download}, 64);
  transfer.fill(target, 1);
  std::uint64_t const waits = driver.calls("vkWaitSemaphores");
  HeldQueue held{transfer.queue()};
  auto reader = in_thread([&] { return target.read()[63]; });
  REQUIRE(held.is_reached());
  wait_for_driver_wait(waits);
  CHECK_FALSE(target.try_read());
  CHECK_FALSE(target.write_for(std::chrono::microseconds{1}));
  held.release();
  CHECK(reader.get() == 1);
}

TEST_CASE_METHOD(TransferTest, "who tries submits, and succeeds later", "[transfer]") {
  Transfer const transfer{allocator};
  auto const target = Buffer::new_slice<std::uint32_t>(allocator, both_ways, {.usage = MemoryUsage::Download}, 64);
  HeldQueue held{transfer.queue()};
  transfer.fill(target, 3);
  std::uint64_t const before = submissions();
  CHECK_FALSE(target.try_read());
  CHECK(submissions() == before + 1);
  CHECK_FALSE(target.try_read());
  CHECK(submissions() == before + 1);
  held.release();
  transfer.submit().wait();
  auto const guard = target.try_read();
  REQUIRE(guard);
  CHECK(guard[0] == 3);
}

TEST_CASE_METHOD(TransferTest, "a thread that waits for its own guard is told", "[transfer]") {
  Transfer const transfer{allocator};
  auto const target = Buffer::new_slice<std::uint32_t>(allocator, both_ways, {.usage = MemoryUsage::Download}, 64);
  auto const source = transfer.from_iter(both_ways, numbers(64));
  auto const guard = target.read();
  CHECK_THROWS_AS(transfer.fill(target, 1), AccessConflictError);
  CHECK_THROWS_AS(transfer.update(target.index(3), 1), AccessConflictError);
  CHECK_THROWS_AS(transfer.copy(source, target), AccessConflictError);
  CHECK_THROWS_AS(transfer.upload_to(target, numbers(64)), AccessConflictError);
  transfer.copy(target, source);  // It reads, too.
  CHECK(source.buffer() != target.buffer());
}

TEST_CASE_METHOD(TransferTest, "an exclusive buffer belongs to the transfer's queue family", "[transfer]") {
  Transfer const transfer{allocator};
  Transfer const other{allocator, {.queue = device.queue(QueueFlag::Graphics)}};
  REQUIRE(transfer.queue().family() != other.queue().family());
  constexpr BufferCreateInfo exclusive{.usage = BufferUsage::TransferSource | BufferUsage::TransferDestination,
                                       .sharing = Sharing::Exclusive};
  auto const buffer = Buffer::new_slice<std::uint32_t>(allocator, exclusive, {}, 400'000);
  transfer.fill(buffer, 6);
  auto const shared = new_buffer(400'000);
  CHECK_THROWS_AS(other.fill(buffer, 1), ValidationError);
  CHECK_THROWS_AS(other.upload_to(buffer, numbers(400'000)), ValidationError);
  CHECK_THROWS_AS(other.download(buffer), ValidationError);
  CHECK_THROWS_AS(other.copy(buffer, shared), ValidationError);
  CHECK_THROWS_AS(other.copy(shared, buffer), ValidationError);
  transfer.upload_to(buffer.slice(0, 300'000), numbers(300'000));
  auto const got = transfer.download(buffer).get();
  CHECK(got[299'999] == 299'999);
  CHECK(got[300'000] == 6);
}

TEST_CASE_METHOD(TransferTest, "an upload that the buffer's owner forbids changes nothing in an idle buffer",
                 "[transfer]") {
  Transfer const transfer{allocator};
  Transfer const other{allocator, {.queue = device.queue(QueueFlag::Graphics)}};
  constexpr BufferCreateInfo exclusive{.usage = BufferUsage::TransferSource | BufferUsage::TransferDestination,
                                       .sharing = Sharing::Exclusive};
  constexpr AllocationCreateInfo for_host{.usage = MemoryUsage::Download};
  auto const buffer = Buffer::new_slice<std::uint32_t>(allocator, exclusive, for_host, 1000);
  transfer.fill(buffer, 6);
  transfer.submit().wait();
  CHECK_THROWS_AS(other.upload_to(buffer, numbers(1000)), ValidationError);
  auto const got = transfer.download(buffer).get();
  CHECK(std::all_of(got.begin(), got.end(), [](std::uint32_t number) { return number == 6; }));
}

TEST_CASE_METHOD(TransferTest, "transfers of several queues, and submissions, are in order", "[transfer]") {
  Transfer const first{allocator};
  Transfer const second{allocator, {.queue = device.queue(QueueFlag::Graphics)}};
  auto const a = new_buffer(1000);
  auto const b = new_buffer(1000);
  for (std::uint32_t round = 0; round < 5; ++round) {
    first.upload_to(a, numbers(1000, round));
    second.copy(a, b);
    first.fill(a, round);
    second.copy(b.slice(0, 500), a.slice(500, 500));
    auto const got = first.download(a).get();
    CHECK(got[499] == round);
    CHECK(got[500] == round);
    CHECK(got[999] == round + 499);
  }
}

TEST_CASE_METHOD(TransferTest, "the queue can be chosen, and else does little beside", "[transfer]") {
  Transfer const transfer{allocator};
  CHECK(transfer.queue().flags() == QueueFlag::Transfer);
  Queue const graphics = device.queue(QueueFlag::Graphics);
  CHECK(Transfer{allocator, {.queue = graphics}}.queue() == graphics);
}

TEST_CASE_METHOD(TransferTest, "a handle is empty or equals its copies", "[transfer]") {
  Transfer const none;
  CHECK_FALSE(none);
  Transfer const transfer{allocator};
  Transfer const copy = transfer;  // NOLINT(performance-unnecessary-copy-initialization)
  CHECK(copy);
  CHECK(copy == transfer);
  CHECK_FALSE(copy == Transfer{allocator});
  CHECK_FALSE(copy.submit());
}

}  // namespace ashlar::test
