// Data that is larger than the staging memory.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <future>
#include <utility>
#include <vector>

#include "buffer/access_threads.hpp"
#include "support/catch.hpp"
#include "transfer/transfer_fixture.hpp"

namespace ashlar::test {
namespace {

using detail::in_thread;

constexpr std::size_t count = 500'003;  // Four bytes each; no multiple of anything.

struct Abort {};

/// What a progress callback was told.
struct Progress {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> calls;
  std::size_t throws_at = ~std::size_t{0};

  void operator()(std::uint64_t done, std::uint64_t total) {
    calls.emplace_back(done, total);
    if (calls.size() == throws_at) {
      throw Abort{};
    }
  }

  [[nodiscard]] bool is_monotone() const {
    return std::is_sorted(calls.begin(), calls.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
  }
};

/// A buffer that is busy, so that no host copy is made in place.
class ChunksTest : protected TwoGpusTest {
 protected:
  [[nodiscard]] Transfer with_threads(std::uint32_t threads) const {
    return Transfer{allocator, {.max_staging_size = 1 * mib, .max_copy_threads = threads}};
  }

  /// All staging memory can be given back: nothing holds a piece of it.
  static void expect_no_piece(Transfer const& transfer) {
    transfer.submit().wait();
    transfer.trim();
    CHECK(transfer.staging_size() == 0);
  }
};

}  // namespace

TEST_CASE_METHOD(ChunksTest, "data larger than the ring goes through it both ways", "[transfer]") {
  for (std::uint32_t const threads : {1U, 2U, 5U}) {
    Transfer const transfer = with_threads(threads);
    auto const buffer = new_buffer(count);
    transfer.fill(buffer, 0);
    transfer.upload_to(buffer, numbers(count, threads));
    CHECK(transfer.staging_size() <= 2 * mib);
    transfer.update(buffer.index(0), 77);  // It is busy, so that it is not read in place either.
    auto const got = transfer.download(buffer).get();
    CHECK(got[0] == 77);
    CHECK(got[1] == 1 + threads);
    CHECK(std::equal(got.begin() + 1, got.end(), numbers(count, threads).begin() + 1));
    expect_no_piece(transfer);
  }
}

TEST_CASE_METHOD(ChunksTest, "the smallest ring is enough", "[transfer]") {
  Transfer const transfer{allocator, {.max_staging_size = 1, .max_copy_threads = 2}};
  auto const buffer = new_buffer(5000);
  transfer.fill(buffer, 0);
  transfer.upload_to(buffer, numbers(5000, 3));
  transfer.update(buffer.index(0), 7);
  auto got = transfer.download(buffer).get();
  CHECK(std::exchange(got[0], 3U) == 7);
  CHECK(got == numbers(5000, 3));
}

TEST_CASE_METHOD(ChunksTest, "a slice is copied in chunks, and its neighbours stay", "[transfer]") {
  Transfer const transfer = with_threads(2);
  auto const buffer = new_buffer(count);
  transfer.fill(buffer, 5);
  transfer.upload_to(buffer.slice(1, count - 2), numbers(count - 2, 10));
  std::vector<std::uint32_t> got(count - 1);
  transfer.download_to(buffer.slice(0, count - 1), got).wait();
  CHECK(got[0] == 5);
  CHECK(got[1] == 10);
  CHECK(got[count - 2] == count + 7);
  CHECK(transfer.download(buffer.index(count - 1)).get() == 5);
}

TEST_CASE_METHOD(ChunksTest, "the device begins before the host has copied all", "[transfer]") {
  Transfer const transfer = with_threads(1);
  auto const buffer = new_buffer(count);
  HeldQueue held{transfer.queue()};
  transfer.fill(buffer, 0);
  transfer.submit();
  std::uint64_t const before = submissions();
  auto upload = in_thread([&] { transfer.upload_to(buffer, numbers(count, 6)); });
  detail::wait_until([&] { return submissions() > before; });
  CHECK(upload.wait_for(std::chrono::seconds{0}) != std::future_status::ready);
  held.release();
  upload.get();
  CHECK(transfer.download(buffer).get() == numbers(count, 6));
}

TEST_CASE_METHOD(ChunksTest, "nobody comes between the chunks", "[transfer]") {
  Transfer const transfer = with_threads(2);
  Transfer const other{allocator, {.queue = device.queue(QueueFlag::Graphics)}};
  auto const buffer = new_buffer(count);
  transfer.fill(buffer, 0);
  auto const uniform = [](std::vector<std::uint32_t> const& values) {
    return std::all_of(values.begin(), values.end(), [&](std::uint32_t value) { return value == values[0]; });
  };
  auto writer = in_thread([&] {
    for (std::uint32_t round = 1; round < 6; ++round) {
      transfer.upload_to(buffer, std::vector<std::uint32_t>(count, round));
    }
  });
  for (int round = 0; round < 3; ++round) {
    CHECK(uniform(other.download(buffer).get()));
    other.fill(buffer, 100);
  }
  writer.get();
  CHECK(uniform(transfer.download(buffer).get()));
}

TEST_CASE_METHOD(ChunksTest, "progress is told as it is made, and ends at the total", "[transfer]") {
  for (std::uint32_t const threads : {1U, 3U}) {
    Transfer const transfer = with_threads(threads);
    auto const buffer = new_buffer(count);
    transfer.fill(buffer, 0);
    Progress up;
    transfer.upload_to(buffer, numbers(count), up);
    transfer.fill(buffer.slice(0, 1), 0);
    Progress down;
    std::vector<std::uint32_t> got(count);
    transfer.download_to(buffer, got, down).wait();
    for (Progress const& progress : {up, down}) {
      CHECK(progress.is_monotone());
      REQUIRE_FALSE(progress.calls.empty());
      CHECK(progress.calls.back() == std::pair<std::uint64_t, std::uint64_t>{count * 4, count * 4});
      CHECK(progress.calls.front().second == count * 4);
    }
  }
}

TEST_CASE_METHOD(ChunksTest, "progress of small data is told once", "[transfer]") {
  Transfer const transfer{allocator};
  auto const buffer = new_buffer(10);
  Progress up;
  transfer.upload_to(buffer, numbers(10), up);
  CHECK(up.calls == std::vector{std::pair<std::uint64_t, std::uint64_t>{40, 40}});
  transfer.upload_to(buffer, numbers(10), [](std::uint64_t done, std::uint64_t total) { CHECK(done == total); });
}

TEST_CASE_METHOD(ChunksTest, "what progress throws comes through, and nothing stays behind", "[transfer]") {
  for (std::uint32_t const threads : {1U, 3U}) {
    for (std::size_t const at : {1U, 2U, 5U}) {
      Transfer const transfer = with_threads(threads);
      auto const buffer = new_buffer(count);
      transfer.fill(buffer, 0);
      Progress up{.calls = {}, .throws_at = at};
      try {
        transfer.upload_to(buffer, numbers(count), up);
        CHECK(up.calls.size() < at);  // Other threads have copied more at once.
      } catch (Abort const&) {
        CHECK(up.calls.size() == at);
      }
      transfer.fill(buffer, 4);
      Progress down{.calls = {}, .throws_at = at};
      std::vector<std::uint32_t> got(count);
      try {
        transfer.download_to(buffer, got, down).wait();
        CHECK(down.calls.size() < at);
      } catch (Abort const&) {
        CHECK(down.calls.size() == at);
      }
      CHECK(in_thread([&] { return transfer.download(buffer.slice(0, 1000)).get(); }).get() ==
            std::vector<std::uint32_t>(1000, 4));
      expect_no_piece(transfer);
    }
  }
}

TEST_CASE_METHOD(ChunksTest, "what progress throws last comes through when all is there", "[transfer]") {
  Transfer const transfer = with_threads(1);
  auto const buffer = new_buffer(count);
  auto const at_end = [](std::uint64_t done, std::uint64_t total) {
    if (done == total) {
      throw Abort{};
    }
  };
  CHECK_THROWS_AS(transfer.upload_to(buffer, numbers(count, 3), at_end), Abort);
  transfer.update(buffer.index(0), 3);
  CHECK(transfer.download(buffer).get() == numbers(count, 3));
}

TEST_CASE_METHOD(ChunksTest, "several threads copy large data at once through one ring", "[transfer]") {
  Transfer const transfer = with_threads(2);
  std::vector<std::future<bool>> running;
  for (std::uint32_t thread = 0; thread < 4; ++thread) {
    running.push_back(in_thread([&, thread] {
      auto const buffer = new_buffer(300'000);
      bool right = true;
      for (std::uint32_t round = 0; round < 3; ++round) {
        transfer.fill(buffer, 0);
        transfer.upload_to(buffer, numbers(300'000, thread + round));
        transfer.update(buffer.index(0), thread + round);
        right = right && transfer.download(buffer).get() == numbers(300'000, thread + round);
      }
      return right;
    }));
  }
  for (auto& one : running) {
    CHECK(one.get());
  }
}

}  // namespace ashlar::test
