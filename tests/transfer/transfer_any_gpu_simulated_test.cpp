// On GPUs as they are: with little memory, few allocations, nothing that the host can reach, no timeline semaphores.

#include <ashlar/error.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "memory/this_gpu_fixture.hpp"
#include "support/catch.hpp"
#include "transfer/transfer_fixture.hpp"

namespace ashlar::test {
namespace {

Gpu without_timeline_semaphores() {
  Gpu gpu = with_room(this_gpu());
  gpu.hidden.insert("timelineSemaphore");
  return gpu;
}

/// Whether the GPU has room for all that a transfer of `bytes` needs.
bool has_plenty(std::uint64_t bytes) {
  bool plenty = this_gpu().limits.max_memory_allocation_count >= 16;
  for (MemoryUsage const usage : all_usages) {
    auto const types = order_by_rules(usage, bytes);
    plenty = plenty && !types.empty() && most_at_once(types.front()) >= 64 * bytes + 4 * mib;
  }
  return plenty;
}

class NoTimelineTest : protected TransferTest {
 protected:
  NoTimelineTest() : TransferTest{without_timeline_semaphores()} {}
};

/// The rule that a call breaks.
template <class F>
std::string refused_by(F const& f) {
  return thrown_by<ValidationError>([&] {
           f();
           return 0;
         })
      .vuid();
}

constexpr char const* needs_timeline = "VUID-VkSemaphoreTypeCreateInfo-timelineSemaphore-03252";

}  // namespace

TEST_CASE_METHOD(ThisGpuTest, "on any GPU a transfer works, or it is said that memory is missing", "[transfer]") {
  StandardMemoryAllocator const allocator{device};
  bool const has_timeline = this_gpu().has_feature("timelineSemaphore");
  Transfer const transfer{allocator};
  for (std::size_t const count : {1U, 256U, 4096U, 600'000U}) {
    bool const plenty = has_plenty(count * sizeof(std::uint32_t)) && has_timeline;
    auto const values = numbers(count, 5);
    try {
      auto const got = transfer.download(transfer.from_iter(both_ways, values)).get();
      CHECK(got == values);
    } catch (OutOfMemoryError const& error) {
      INFO(error.what());
      CHECK_FALSE(plenty);
    } catch (ValidationError const& error) {
      INFO(error.what());
      bool const is_too_large = std::string{error.vuid()} == "VUID-VkBufferCreateInfo-size-06409" &&
                                count * sizeof(std::uint32_t) > this_gpu().max_buffer_size();
      bool const needs_semaphore = std::string{error.vuid()} == needs_timeline && !has_timeline;
      bool const cannot_stage = !this_gpu().has_type_with(MemoryProperty::HostVisible);
      CHECK((is_too_large || needs_semaphore || cannot_stage));
    }
  }
}

TEST_CASE_METHOD(NoTimelineTest, "without timeline semaphores what needs the device is refused", "[transfer]") {
  Transfer const transfer{allocator};
  auto const buffer = new_buffer(64);
  CHECK(refused_by([&] { transfer.fill(buffer, 1); }) == needs_timeline);
  CHECK(refused_by([&] { transfer.update(buffer.index(0), 1); }) == needs_timeline);
  CHECK(refused_by([&] { transfer.copy(buffer.slice(0, 4), buffer.slice(4, 4)); }) == needs_timeline);
  CHECK(refused_by([&] { transfer.submit({.stage = PipelineStage::Transfer, .access = {}}); }) == needs_timeline);
  CHECK_FALSE(transfer.submit());
  CHECK(submissions() == 0);
  transfer.trim();
  CHECK(transfer.staging_size() == 0);
}

TEST_CASE_METHOD(NoTimelineTest, "without timeline semaphores what is done in place works", "[transfer]") {
  Transfer const transfer{allocator};
  auto const buffer = Buffer::new_slice<std::uint32_t>(allocator, both_ways, {.usage = MemoryUsage::Download}, 64);
  transfer.upload_to(buffer, numbers(64, 3));
  CHECK(buffer.read()[63] == 66);
  bool const is_cached = buffer.buffer().allocation().properties().contains(MemoryProperty::HostCached);
  if (is_cached) {
    CHECK(transfer.download(buffer).get() == numbers(64, 3));
  } else {
    CHECK(refused_by([&] { static_cast<void>(transfer.download(buffer)); }) == needs_timeline);
  }
  CHECK(submissions() == 0);
}

}  // namespace ashlar::test
