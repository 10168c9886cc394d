// What is submitted together, and in which order.

#include <ashlar/error.hpp>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "access.hpp"
#include "buffer/access_threads.hpp"
#include "device/device_state.hpp"
#include "support/catch.hpp"
#include "transfer/transfer_fixture.hpp"

namespace ashlar::test {
namespace {

using detail::in_thread;

PFN_vkCmdCopyBuffer copy_buffer = nullptr;
std::uint64_t regions = 0;

VKAPI_ATTR void VKAPI_CALL count_regions(VkCommandBuffer commands, VkBuffer source, VkBuffer destination,
                                         std::uint32_t count, VkBufferCopy const* copies) {
  regions += count;
  copy_buffer(commands, source, destination, count, copies);
}

Gpu discrete_gpu() {
  Gpu gpu;
  gpu.memory = discrete_memory();
  return gpu;
}

class BatchTest : protected TransferTest {
 protected:
  BatchTest() : TransferTest{discrete_gpu()} {
    VolkDeviceTable& table = detail::Access::state(device).vk;
    copy_buffer = table.vkCmdCopyBuffer;
    table.vkCmdCopyBuffer = count_regions;
    transfer.fill(buffer, 0);
    transfer.submit().wait();
    regions = 0;
    submissions_before = submissions();
    barriers_before = driver.calls("vkCmdPipelineBarrier");
  }

  [[nodiscard]] std::uint64_t new_submissions() const { return submissions() - submissions_before; }
  [[nodiscard]] std::uint64_t new_barriers() const { return driver.calls("vkCmdPipelineBarrier") - barriers_before; }

  Transfer const transfer{allocator};
  Subbuffer<std::uint32_t[]> const buffer = new_buffer(40'000);
  std::uint64_t submissions_before = 0;
  std::uint64_t barriers_before = 0;
};

/// A buffer of the test's own command pool, in which a copy of a buffer's first bytes to others is recorded.
class RecordedCopy {
 public:
  RecordedCopy(Device const& device, std::uint32_t family, Subbuffer<std::uint32_t[]> const& source,
               Subbuffer<std::uint32_t[]> const& destination)
      : device_{device} {
    VolkDeviceTable const& vk = detail::Access::state(device).vk;
    VkCommandPoolCreateInfo const pool{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, nullptr, 0, family};
    REQUIRE(vk.vkCreateCommandPool(device.handle(), &pool, nullptr, &pool_) == VK_SUCCESS);
    VkCommandBufferAllocateInfo const info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, nullptr, pool_,
                                           VK_COMMAND_BUFFER_LEVEL_PRIMARY, 1};
    REQUIRE(vk.vkAllocateCommandBuffers(device.handle(), &info, &commands_) == VK_SUCCESS);
    VkCommandBufferBeginInfo begin{};
    begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    REQUIRE(vk.vkBeginCommandBuffer(commands_, &begin) == VK_SUCCESS);
    VkBufferCopy const region{source.offset(), destination.offset(), destination.size_bytes()};
    vk.vkCmdCopyBuffer(commands_, source.handle(), destination.handle(), 1, &region);
    REQUIRE(vk.vkEndCommandBuffer(commands_) == VK_SUCCESS);
  }
  RecordedCopy(RecordedCopy const&) = delete;
  RecordedCopy& operator=(RecordedCopy const&) = delete;
  ~RecordedCopy() { detail::Access::state(device_).vk.vkDestroyCommandPool(device_.handle(), pool_, nullptr); }

  [[nodiscard]] VkCommandBuffer commands() const { return commands_; }

 private:
  Device device_;
  VkCommandPool pool_ = VK_NULL_HANDLE;
  VkCommandBuffer commands_ = nullptr;
};

}  // namespace

TEST_CASE_METHOD(BatchTest, "small uploads side by side make few submissions of few regions", "[transfer]") {
  auto const large = new_buffer(160'000);
  for (std::uint32_t i = 0; i < 10'000; ++i) {  // Each is a cache line: what is staged is, at least.
    transfer.upload_to(large.slice(16 * std::uint64_t{i}, 16), std::vector<std::uint32_t>(16, i));
  }
  transfer.submit();
  CHECK(new_submissions() <= 20);
  CHECK(regions <= 3 * new_submissions());
  CHECK(new_barriers() == 0);
  auto const got = transfer.download(large).get();
  for (std::uint32_t i = 0; i < 160'000; ++i) {
    REQUIRE(got[i] == i / 16);
  }
}

TEST_CASE_METHOD(BatchTest, "copies that lie side by side in both buffers are one region", "[transfer]") {
  auto const other = new_buffer(40'000);
  for (std::uint64_t i = 0; i < 100; ++i) {
    transfer.copy(buffer.slice(10 * i, 10), other.slice(500 + 10 * i, 10));
  }
  transfer.submit();
  CHECK(new_submissions() == 1);
  CHECK(regions == 1);
  std::vector<std::uint32_t> line = numbers(16);
  for (std::uint64_t i = 0; i < 100; ++i) {
    transfer.upload_to(buffer.slice(16 * i, 16), line);
  }
  transfer.submit();
  CHECK(new_submissions() == 2);
  CHECK(regions == 2);
}

TEST_CASE_METHOD(BatchTest, "many small uploads far from one another make few submissions", "[transfer]") {
  for (std::uint32_t i = 0; i < 5000; ++i) {
    transfer.upload_to(buffer.index(8 * std::uint64_t{i}), i);
  }
  transfer.submit();
  CHECK(new_submissions() <= 25);
  auto const got = transfer.download(buffer).get();
  for (std::uint32_t i = 0; i < 5000; ++i) {
    REQUIRE(got[8 * std::size_t{i}] == i);
    REQUIRE(got[8 * std::size_t{i} + 1] == 0);
  }
}

TEST_CASE_METHOD(BatchTest, "only commands that conflict are ordered by a barrier", "[transfer]") {
  auto const other = new_buffer(40'000);
  transfer.copy(buffer.slice(0, 10), other.slice(0, 10));
  transfer.copy(buffer.slice(0, 10), other.slice(10, 10));
  transfer.fill(buffer.slice(10, 10), 5);
  transfer.submit();
  CHECK(new_barriers() == 0);
  transfer.fill(other.slice(100, 10), 1);  // Behind an earlier submission it needs none here either.
  transfer.fill(other.slice(100, 10), 2);
  transfer.copy(other.slice(105, 10), buffer.slice(0, 10));
  transfer.submit();
  CHECK(new_barriers() == 2);
  CHECK(transfer.download(buffer.index(0)).get() == 2);
}

TEST_CASE_METHOD(BatchTest, "commands of all kinds in conflict have their order", "[transfer]") {
  auto const a = buffer.slice(0, 64);
  auto const b = new_buffer(64);
  for (std::uint32_t round = 0; round < 10; ++round) {
    transfer.upload_to(a, std::vector<std::uint32_t>(64, round));
    auto before = transfer.download(a);
    transfer.fill(a, 100 + round);
    transfer.copy(a, b);
    transfer.update(a.slice(3, 1), {200 + round});
    transfer.upload_to(a.slice(4, 1), {300 + round});
    auto after = transfer.download(a);
    transfer.copy(a.slice(3, 2), b.slice(0, 2));
    auto copied = transfer.download(b);
    CHECK(before.get()[5] == round);
    auto const values = after.get();
    CHECK(values[2] == 100 + round);
    CHECK(values[3] == 200 + round);
    CHECK(values[4] == 300 + round);
    auto const copies = copied.get();
    CHECK(copies[0] == 200 + round);
    CHECK(copies[1] == 300 + round);
    CHECK(copies[2] == 100 + round);
  }
}

TEST_CASE_METHOD(BatchTest, "much data is submitted without being asked for", "[transfer]") {
  auto const block = std::vector<std::uint32_t>(16'384, 3);
  auto const large = new_buffer(200 * block.size());
  for (std::uint64_t i = 0; i < 200; ++i) {
    transfer.upload_to(large.slice(i * block.size(), block.size()), block);
  }
  CHECK(new_submissions() > 1);
  CHECK(new_submissions() < 50);
}

TEST_CASE_METHOD(BatchTest, "what is submitted by itself is told to nobody if it fails, and submitted later",
                 "[transfer][failed_calls]") {
  {
    Failing const failing{driver, "vkQueueSubmit", VK_ERROR_OUT_OF_HOST_MEMORY};
    for (std::uint32_t i = 0; i < 1000; ++i) {
      transfer.update(buffer.index(4 * std::uint64_t{i}), i);
    }
    CHECK_THROWS_AS(transfer.submit(), VulkanError);
  }
  auto const got = transfer.download(buffer).get();
  CHECK(got[4] == 1);
  CHECK(got[3996] == 999);
}

TEST_CASE_METHOD(BatchTest, "where nothing is queued nothing is submitted", "[transfer]") {
  auto const last = transfer.submit();
  CHECK(last);
  CHECK(transfer.submit() == last);
  CHECK(new_submissions() == 0);
  transfer.fill(buffer.slice(0, 1), 1);
  auto const next = transfer.submit();
  CHECK(next.value() == last.value() + 1);
  CHECK(next.semaphore() == last.semaphore());
}

TEST_CASE_METHOD(BatchTest, "who needs what another thread queued has it submitted", "[transfer]") {
  in_thread([&] { transfer.fill(buffer, 6); }).get();
  Transfer const other{allocator, {.queue = device.queue(QueueFlag::Graphics)}};
  CHECK(new_submissions() == 0);
  CHECK(other.download(buffer.index(9)).get() == 6);
  CHECK(new_submissions() == 2);
}

TEST_CASE_METHOD(BatchTest, "a submission is behind what a transfer has queued", "[transfer]") {
  auto const copied = new_buffer(10);
  Queue const graphics = device.queue(QueueFlag::Graphics);
  RecordedCopy const copy{device, graphics.family(), buffer, copied};
  transfer.fill(buffer, 11);
  graphics.submit(copy.commands(), {reads(buffer), writes(copied)});
  transfer.fill(buffer, 12);  // Which waits for the reader.
  CHECK(transfer.download(copied).get() == std::vector<std::uint32_t>(10, 11));
  CHECK(transfer.download(buffer.index(0)).get() == 12);
  device.wait_idle();
}

TEST_CASE_METHOD(BatchTest, "work on the same queue may follow where its stage and access are named", "[transfer]") {
  auto const copied = new_buffer(10);
  RecordedCopy const copy{device, transfer.queue().family(), buffer, copied};
  transfer.fill(buffer, 21);
  auto const submission = transfer.submit({.stage = PipelineStage::Transfer, .access = AccessFlag::TransferRead});
  CHECK(submission.value() > 0);
  transfer.queue().with_handle([&](VkQueue queue) {
    VkCommandBuffer const commands = copy.commands();
    VkSubmitInfo info{};
    info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    info.commandBufferCount = 1;
    info.pCommandBuffers = &commands;
    REQUIRE(detail::Access::state(device).vk.vkQueueSubmit(queue, 1, &info, VK_NULL_HANDLE) == VK_SUCCESS);
  });
  device.wait_idle();
  auto const got =
      driver.device_read(copied.buffer().allocation().memory().handle(), copied.buffer().allocation().offset(), 1);
  CHECK(got[0] == 21);
}

TEST_CASE_METHOD(BatchTest, "threads may queue while another one submits", "[transfer]") {
  transfer.update(buffer.index(39'999), 1);
  driver.block_next("vkQueueSubmit");
  auto submitting = in_thread([&] { transfer.submit(); });
  driver.wait_until_blocked("vkQueueSubmit");
  // A batch is full with 256 ranges; then the thread that filled it waits for its turn to submit, and others go on.
  std::atomic<int> begun{0};
  std::vector<std::jthread> running;
  for (std::uint32_t thread = 0; thread < 8; ++thread) {
    running.emplace_back([&, thread] {
      for (std::uint32_t i = 0; i < 300; ++i) {
        ++begun;
        transfer.update(buffer.index(2 * (std::uint64_t{thread} * 300 + i)), thread + 1);
      }
    });
  }
  detail::wait_until([&] { return begun >= 256 + 6; });
  driver.release("vkQueueSubmit");
  submitting.get();
  running.clear();
  auto const got = transfer.download(buffer).get();
  for (std::uint32_t i = 0; i < 8 * 300; ++i) {
    REQUIRE(got[2 * std::size_t{i}] == i / 300 + 1);
  }
}

}  // namespace ashlar::test
