// What is refused before anything is done.

#include <ashlar/error.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "transfer/transfer_fixture.hpp"

namespace ashlar::test {
namespace {

Gpu discrete_gpu() {
  Gpu gpu;
  gpu.memory = discrete_memory();
  return gpu;
}

class ValidationTest : protected TransferTest {
 protected:
  ValidationTest() : TransferTest{discrete_gpu()} {}

  [[nodiscard]] Subbuffer<std::uint32_t[]> with_usage(BufferUsages usage) const {
    return Buffer::new_slice<std::uint32_t>(allocator, {.usage = usage}, {}, 16);
  }

  Transfer const transfer{allocator};
  Subbuffer<std::uint32_t[]> const buffer = new_buffer(32'000);
  Subbuffer<std::uint32_t[]> const only_source = with_usage(BufferUsage::TransferSource);
  Subbuffer<std::uint32_t[]> const only_destination = with_usage(BufferUsage::TransferDestination);
};

/// The rule that a call breaks, which may have no name.
template <class F>
std::string refused_by(F const& f) {
  return thrown_by<ValidationError>([&] {
           f();
           return 0;
         })
      .vuid();
}

}  // namespace

TEST_CASE_METHOD(ValidationTest, "buffers without the usage are refused", "[transfer]") {
  CHECK(refused_by([&] { transfer.upload_to(only_source, numbers(16)); }) == "VUID-vkCmdCopyBuffer-dstBuffer-00120");
  CHECK(refused_by([&] { static_cast<void>(transfer.download(only_destination)); }) ==
        "VUID-vkCmdCopyBuffer-srcBuffer-00118");
  CHECK(refused_by([&] { transfer.copy(only_destination, buffer.slice(0, 16)); }) ==
        "VUID-vkCmdCopyBuffer-srcBuffer-00118");
  CHECK(refused_by([&] { transfer.copy(buffer.slice(0, 16), only_source); }) == "VUID-vkCmdCopyBuffer-dstBuffer-00120");
  CHECK(refused_by([&] { transfer.fill(only_source, 1); }) == "VUID-vkCmdFillBuffer-dstBuffer-00029");
  CHECK(refused_by([&] { transfer.update(only_source.index(0), 1); }) == "VUID-vkCmdUpdateBuffer-dstBuffer-00034");
  CHECK(submissions() == 0);
}

TEST_CASE_METHOD(ValidationTest, "a copy onto itself is refused, one beside itself is not", "[transfer]") {
  CHECK(refused_by([&] { transfer.copy(buffer.slice(0, 8), buffer.slice(7, 8)); }) ==
        "VUID-vkCmdCopyBuffer-pRegions-00117");
  CHECK(refused_by([&] { transfer.copy(buffer, buffer); }) == "VUID-vkCmdCopyBuffer-pRegions-00117");
  transfer.fill(buffer, 1);
  transfer.copy(buffer.slice(0, 8), buffer.slice(8, 8));
  transfer.copy(buffer.slice(0, 0), buffer.slice(0, 0));
}

TEST_CASE_METHOD(ValidationTest, "what is no multiple of four is refused", "[transfer]") {
  auto const bytes = buffer.as_bytes();
  CHECK(refused_by([&] { transfer.fill(bytes.slice(2, 4), 1); }) == "VUID-vkCmdFillBuffer-dstOffset-00025");
  CHECK(refused_by([&] { transfer.fill(bytes.slice(4, 6), 1); }) == "VUID-vkCmdFillBuffer-size-00028");
  std::vector<std::byte> const six(6);
  CHECK(refused_by([&] { transfer.update(bytes.slice(4, 6), six); }) == "VUID-vkCmdUpdateBuffer-dataSize-00038");
  CHECK(refused_by([&] { transfer.update(bytes.slice(2, 4), std::vector<std::byte>(4)); }) ==
        "VUID-vkCmdUpdateBuffer-dstOffset-00036");
  transfer.upload_to(bytes.slice(3, 5), std::vector<std::byte>(5, std::byte{7}));  // A copy may begin anywhere.
  CHECK(transfer.download(bytes.index(7)).get() == std::byte{7});
}

TEST_CASE_METHOD(ValidationTest, "an update of more than 64 KiB is refused", "[transfer]") {
  transfer.update(buffer.slice(0, 16'384), numbers(16'384, 2));
  CHECK(transfer.download(buffer.index(16'383)).get() == 16'385);
  CHECK(refused_by([&] { transfer.update(buffer.slice(0, 16'385), numbers(16'385)); }) ==
        "VUID-vkCmdUpdateBuffer-dataSize-00037");
}

TEST_CASE_METHOD(ValidationTest, "sizes that differ are refused", "[transfer]") {
  std::vector<std::uint32_t> four(4);
  CHECK_THROWS_AS(transfer.upload_to(buffer.slice(0, 5), four), ValidationError);
  CHECK_THROWS_AS(transfer.upload_to(buffer.slice(0, 3), four), ValidationError);
  CHECK_THROWS_AS(transfer.update(buffer.slice(0, 5), four), ValidationError);
  CHECK_THROWS_AS(transfer.download_to(buffer.slice(0, 5), four), ValidationError);
  CHECK_THROWS_AS(transfer.copy(buffer.slice(0, 4), buffer.slice(8, 5)), ValidationError);
}

TEST_CASE_METHOD(ValidationTest, "empty handles, and those of another device, are refused", "[transfer]") {
  Subbuffer<std::uint32_t[]> const none;
  CHECK_THROWS_AS(transfer.fill(none, 1), ValidationError);
  CHECK_THROWS_AS(transfer.upload_to(none, {}), ValidationError);
  CHECK_THROWS_AS(transfer.download(none), ValidationError);
  CHECK_THROWS_AS(transfer.copy(none, buffer), ValidationError);
  CHECK_THROWS_AS(Transfer{}.submit(), ValidationError);
  CHECK_THROWS_AS(Transfer{}.trim(), ValidationError);
  CHECK_THROWS_AS(Transfer{}.fill(buffer, 1), ValidationError);
  CHECK_THROWS_AS(Transfer{MemoryAllocator{}}, ValidationError);

  Device const other = driver.create_device();
  Transfer const others{StandardMemoryAllocator{other}};
  CHECK_THROWS_AS(others.fill(buffer, 1), ValidationError);
  CHECK_THROWS_AS((Transfer{allocator, {.queue = other.queue(QueueFlag::Transfer)}}), ValidationError);
}

TEST_CASE_METHOD(ValidationTest, "a stage that the queue's family does not have is refused", "[transfer]") {
  CHECK(refused_by([&] { transfer.submit({.stage = PipelineStage::VertexInput, .access = {}}); }) ==
        "VUID-vkCmdPipelineBarrier-dstStageMask-06462");
  CHECK(refused_by([&] { transfer.submit({.stage = PipelineStage::ComputeShader, .access = {}}); }) ==
        "VUID-vkCmdPipelineBarrier-dstStageMask-06462");
  CHECK(refused_by([&] { transfer.submit(NextAccess{}); }) == "VUID-vkCmdPipelineBarrier-dstStageMask-parameter");
  Transfer const graphics{allocator, {.queue = device.queue(QueueFlag::Graphics)}};
  graphics.fill(buffer, 1);
  CHECK(graphics.submit({.stage = PipelineStage::VertexInput, .access = AccessFlag::VertexAttributeRead}));
}

}  // namespace ashlar::test
