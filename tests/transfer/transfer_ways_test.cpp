// Which way data takes: in place, or through staging memory.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "transfer/transfer_fixture.hpp"

namespace ashlar::test {
namespace {

using enum MemoryProperty;

// The memory types of all GPUs here.
constexpr std::uint32_t own = 0;        ///< Of the device alone.
constexpr std::uint32_t coherent = 1;   ///< Of the host, write-combined.
constexpr std::uint32_t cached = 2;     ///< Of the host, not coherent.
constexpr std::uint32_t reachable = 3;  ///< The device's own, which the host reaches through a window.

constexpr std::uint64_t small = 1024;         // Numbers, of four bytes each.
constexpr std::uint64_t large = 1024 * 1024;  // Too large to be written over the bus, or to be staged as a whole.

Gpu with_memory(MemoryProperties const& memory) {
  Gpu gpu;
  gpu.memory = memory;
  return gpu;
}

/// The host reaches none of the device's memory, a small window of it, or all of it.
Gpu without_bar() { return with_memory(discrete_memory()); }
Gpu with_small_bar() {
  return with_memory(
      make_memory(DeviceType::DiscreteGpu,
                  {{8 * gib, MemoryHeapFlag::DeviceLocal}, {16 * gib, {}}, {256 * mib, MemoryHeapFlag::DeviceLocal}},
                  {{DeviceLocal, 0},
                   {HostVisible | HostCoherent, 1},
                   {HostVisible | HostCached, 1},
                   {DeviceLocal | HostVisible | HostCoherent, 2}}));
}
Gpu with_full_bar() {
  return with_memory(make_memory(DeviceType::DiscreteGpu, {{8 * gib, MemoryHeapFlag::DeviceLocal}, {16 * gib, {}}},
                                 {{DeviceLocal, 0},
                                  {HostVisible | HostCoherent, 1},
                                  {HostVisible | HostCached, 1},
                                  {DeviceLocal | HostVisible | HostCoherent, 0}}));
}
/// The host and the device share one memory.
Gpu unified() {
  return with_memory(make_memory(
      DeviceType::IntegratedGpu, {{8 * gib, MemoryHeapFlag::DeviceLocal}},
      {{DeviceLocal, 0}, {DeviceLocal | HostVisible | HostCoherent, 0}, {DeviceLocal | HostVisible | HostCached, 0}}));
}

class Ways : public TransferTest {
 public:
  explicit Ways(Gpu const& gpu) : TransferTest{gpu} {}

  using TransferTest::driver;
  using TransferTest::submissions;

  [[nodiscard]] Subbuffer<std::uint32_t[]> in_type(std::uint32_t type, std::uint64_t count) const {
    return Buffer::new_slice<std::uint32_t>(
        allocator, both_ways,
        {.usage = type == own ? MemoryUsage::DeviceOnly : MemoryUsage::Staging, .memory_type_bits = type_bit(type)},
        count);
  }

  /// Whether `f` is done without the device.
  template <class F>
  [[nodiscard]] bool without_device(F const& f) const {
    transfer.submit();
    std::uint64_t const before = submissions();
    f();
    transfer.submit();
    return submissions() == before;
  }

  [[nodiscard]] bool uploads_in_place(std::uint32_t type, std::uint64_t count) const {
    auto const buffer = in_type(type, count);
    bool const in_place = without_device([&] { transfer.upload_to(buffer, numbers(count, 3)); });
    CHECK(transfer.download(buffer).get() == numbers(count, 3));
    return in_place;
  }

  [[nodiscard]] bool downloads_in_place(std::uint32_t type, std::uint64_t count) const {
    auto const buffer = in_type(type, count);
    transfer.fill(buffer, 4);
    transfer.submit().wait();
    std::vector<std::uint32_t> got;
    bool const in_place = without_device([&] { got = transfer.download(buffer).get(); });
    CHECK(got == std::vector<std::uint32_t>(count, 4));
    return in_place;
  }

  /// The memory types in which memory was allocated.
  [[nodiscard]] std::vector<std::uint32_t> allocated_types() const {
    std::vector<std::uint32_t> types;
    for (RecordedAllocation const& allocation : driver.allocations()) {
      types.push_back(allocation.memory_type);
    }
    return types;
  }

  Transfer const transfer{allocator, {.max_copy_threads = 2}};
};

}  // namespace

TEST_CASE("the device's own memory is reached by way of staging memory", "[transfer]") {
  for (Gpu const& gpu : {without_bar(), with_small_bar(), with_full_bar(), unified()}) {
    Ways const ways{gpu};
    CHECK_FALSE(ways.uploads_in_place(own, small));
    CHECK_FALSE(ways.uploads_in_place(own, large));
    CHECK_FALSE(ways.downloads_in_place(own, small));
    CHECK_FALSE(ways.downloads_in_place(own, large));
  }
}

TEST_CASE("small data is written in place where the host can reach it", "[transfer]") {
  for (Gpu const& gpu : {with_small_bar(), with_full_bar()}) {
    Ways const ways{gpu};
    CHECK(ways.uploads_in_place(reachable, small));
    CHECK_FALSE(ways.uploads_in_place(reachable, large));
  }
  Ways const ways{without_bar()};
  CHECK(ways.uploads_in_place(coherent, small));
  CHECK(ways.uploads_in_place(cached, small));
  CHECK_FALSE(ways.uploads_in_place(coherent, large));
}

TEST_CASE("more is written in place through a large window than through a small one", "[transfer]") {
  constexpr std::uint64_t medium = 32 * 1024;  // 128 KiB.
  CHECK(Ways{with_full_bar()}.uploads_in_place(reachable, medium));
  CHECK_FALSE(Ways{with_small_bar()}.uploads_in_place(reachable, medium));
}

TEST_CASE("on unified memory data of any size is written in place", "[transfer]") {
  Ways const ways{unified()};
  for (std::uint64_t const count : {small, large}) {
    CHECK(ways.uploads_in_place(coherent, count));
    CHECK(ways.uploads_in_place(cached, count));
  }
}

TEST_CASE("what is done in place takes no staging memory", "[transfer]") {
  Ways const ways{unified()};
  auto const buffer = ways.in_type(cached, large);
  ways.transfer.upload_to(buffer, numbers(large));
  CHECK(ways.transfer.download(buffer).get() == numbers(large));
  CHECK(ways.transfer.staging_size() == 0);
  CHECK(ways.submissions() == 0);
}

TEST_CASE("only memory that the host caches is read in place", "[transfer]") {
  for (Gpu const& gpu : {without_bar(), with_small_bar(), with_full_bar(), unified()}) {
    Ways const ways{gpu};
    for (std::uint64_t const count : {small, large}) {
      CHECK(ways.downloads_in_place(cached, count));
      CHECK_FALSE(ways.downloads_in_place(coherent, count));
    }
  }
  for (Gpu const& gpu : {with_small_bar(), with_full_bar()}) {
    CHECK_FALSE(Ways{gpu}.downloads_in_place(reachable, small));
  }
}

TEST_CASE("uploads are staged in coherent memory, downloads land in cached memory", "[transfer]") {
  Ways const ways{with_full_bar()};
  auto const buffer = ways.in_type(own, small);
  auto const types_before = ways.allocated_types().size();
  ways.transfer.upload_to(buffer, numbers(small));
  auto const of_upload = ways.allocated_types();
  REQUIRE(of_upload.size() == types_before + 1);
  CHECK(of_upload.back() == coherent);
  CHECK(ways.transfer.download(buffer).get() == numbers(small));
  auto const of_download = ways.allocated_types();
  REQUIRE(of_download.size() == types_before + 2);
  CHECK(of_download.back() == cached);
}

TEST_CASE("memory that is busy is not written in place, but in its turn", "[transfer]") {
  Ways const ways{unified()};
  auto const buffer = ways.in_type(cached, small);
  {
    HeldQueue const held{ways.transfer.queue()};
    ways.transfer.fill(buffer, 1);
    ways.transfer.upload_to(buffer.slice(0, 10), numbers(10, 9));
    CHECK(ways.transfer.staging_size() != 0);
    CHECK_FALSE(buffer.try_read());
  }
  auto const got = ways.transfer.download(buffer).get();
  CHECK(got[9] == 18);
  CHECK(got[10] == 1);
}

TEST_CASE("memory is written in place where only other bytes of its buffer are busy", "[transfer]") {
  Ways const ways{unified()};
  auto const buffer = ways.in_type(cached, large);
  HeldQueue held{ways.transfer.queue()};
  ways.transfer.fill(buffer.slice(0, 1), 1);
  std::uint64_t const atom = ways.driver.gpu().limits.non_coherent_atom_size / 4;
  ways.transfer.upload_to(buffer.slice(atom, large - atom), numbers(large - atom, 10));
  CHECK(ways.transfer.staging_size() == 0);
  held.release();
  auto const got = ways.transfer.download(buffer).get();
  CHECK(got[0] == 1);
  CHECK(got[large - 1] == large - atom + 9);
}

TEST_CASE("memory that a guard holds is not written in place", "[transfer]") {
  Ways const ways{unified()};
  auto const buffer = ways.in_type(cached, small);
  ways.transfer.upload_to(buffer, numbers(small, 1));
  auto const other = ways.in_type(own, small);
  {
    auto const guard = buffer.read();
    CHECK(ways.without_device([&] { CHECK(ways.transfer.download(buffer).get() == numbers(small, 1)); }));
    ways.transfer.copy(buffer, other);  // Both only read.
  }
  CHECK(ways.transfer.download(other).get() == numbers(small, 1));
}

TEST_CASE("in place the destination is flushed, else the staging memory", "[transfer]") {
  Gpu gpu = without_bar();
  gpu.make_non_coherent();
  Ways const ways{gpu};
  auto const memory_of = [](auto const& buffer) { return buffer.buffer().allocation().memory().handle(); };

  auto const mapped = ways.in_type(cached, small);
  ways.transfer.upload_to(mapped, numbers(small));
  auto const in_place = ways.driver.flushes();
  REQUIRE_FALSE(in_place.empty());
  CHECK(std::all_of(in_place.begin(), in_place.end(),
                    [&](RecordedRange const& range) { return range.memory == memory_of(mapped); }));

  auto const buffer = ways.in_type(own, small);
  ways.transfer.upload_to(buffer, numbers(small, 8));
  auto const staged = ways.driver.flushes();
  REQUIRE(staged.size() == in_place.size() + 1);
  CHECK(staged.back().size >= small * 4);
  CHECK(staged.back().memory != memory_of(buffer));

  auto const invalidations = ways.driver.invalidations().size();
  CHECK(ways.transfer.download(buffer).get() == numbers(small, 8));
  auto const read = ways.driver.invalidations();
  REQUIRE(read.size() == invalidations + 1);
  CHECK(read.back().size >= small * 4);
}

TEST_CASE("staging memory is allocated once, and reused as the device passes it", "[transfer]") {
  Ways const ways{without_bar()};
  auto const buffer = ways.in_type(own, small);
  auto const round = [&](std::uint32_t first) {
    ways.transfer.upload_to(buffer, numbers(small, first));
    CHECK(ways.transfer.download(buffer).get() == numbers(small, first));
  };
  round(0);
  auto const size = ways.transfer.staging_size();
  auto const allocations = ways.driver.allocations().size();
  auto const pools = ways.driver.calls("vkCreateCommandPool");
  for (std::uint32_t i = 1; i < 1000; ++i) {
    round(i);
  }
  CHECK(ways.driver.allocations().size() == allocations);
  CHECK(ways.transfer.staging_size() == size);
  CHECK(ways.driver.calls("vkCreateCommandPool") <= pools + 1);
}

}  // namespace ashlar::test
