#include <ashlar/error.hpp>
#include <ashlar/transfer/transfer.hpp>

#include "device/device_state.hpp"
#include "text.hpp"
#include "transfer/transfer_state.hpp"

namespace ashlar {

using namespace detail;

namespace {

struct UsageRule {
  BufferUsage usage;
  char const* name;
  char const* vuid;
};

void validate(TransferState const& transfer, BufferRange const& bytes, char const* context, UsageRule const& rule) {
  if (!bytes) {
    throw ValidationError{context, "the subbuffer is empty; create a buffer first"};
  }
  if (bytes.buffer().device() != transfer.allocator.device()) {
    throw ValidationError{context, "the buffer is of another device than the transfer"};
  }
  if (!bytes.buffer().usage().contains(rule.usage)) {
    throw ValidationError{
        context,
        text("the buffer was created without BufferUsage::", rule.name, "; add it to BufferCreateInfo::usage").c_str(),
        rule.vuid};
  }
}

void validate_destination(TransferState const& transfer, BufferRange const& bytes, char const* context,
                          char const* vuid) {
  validate(transfer, bytes, context, {BufferUsage::TransferDestination, "TransferDestination", vuid});
}

void validate_source(TransferState const& transfer, BufferRange const& bytes, char const* context) {
  validate(transfer, bytes, context,
           {BufferUsage::TransferSource, "TransferSource", "VUID-vkCmdCopyBuffer-srcBuffer-00118"});
}

void validate_size(BufferRange const& bytes, std::uint64_t size, char const* context) {
  if (bytes.size_bytes() != size) {
    throw ValidationError{context, text("the host's data has ", size, " bytes, the subbuffer ", bytes.size_bytes(),
                                        "; slice the longer one")
                                       .c_str()};
  }
}

void require_words(std::uint64_t bytes, char const* what, char const* context, char const* vuid) {
  if (bytes % 4 != 0) {
    throw ValidationError{context, text("the ", what, " of ", bytes, " bytes is not a multiple of 4").c_str(), vuid};
  }
}

Queue choose_queue(MemoryAllocator const& allocator, Queue const& wanted) {
  constexpr char const* context = "Transfer";
  if (!allocator) {
    throw ValidationError{context, "the allocator is empty; make one for your device first"};
  }
  if (!wanted) {
    return allocator.device().queue(QueueFlag::Transfer);
  }
  Device const& device = allocator.device();
  bool is_own = false;
  for (std::uint32_t i = 0; i != device.queue_count(); ++i) {
    is_own = is_own || device.queue(i) == wanted;
  }
  if (!is_own) {
    throw ValidationError{context, "the queue is of another device than the allocator"};
  }
  if (!wanted.flags().contains(QueueFlag::Transfer)) {
    throw ValidationError{context,
                          "the queue cannot transfer; leave TransferCreateInfo::queue empty to have one chosen"};
  }
  return wanted;
}

/// Which stages a queue's family has (specification, "Pipeline Stages", table "Supported pipeline stage flags").
Flags<PipelineStage> stages_of(Queue const& queue) noexcept {
  Flags<PipelineStage> stages = PipelineStage::TopOfPipe | PipelineStage::BottomOfPipe;
  stages |= PipelineStage::Transfer | PipelineStage::Host | PipelineStage::AllCommands;
  if (queue.flags().contains(QueueFlag::Compute) || queue.flags().contains(QueueFlag::Graphics)) {
    stages |= PipelineStage::DrawIndirect;
  }
  if (queue.flags().contains(QueueFlag::Compute)) {
    stages |= PipelineStage::ComputeShader;
  }
  if (queue.flags().contains(QueueFlag::Graphics)) {
    stages |= Flags<PipelineStage>::from_mask(0xFFFFFFFF).without(PipelineStage::ComputeShader);
  }
  return stages;
}

}  // namespace

Transfer::Transfer(MemoryAllocator const& allocator, TransferCreateInfo const& info) {
  Queue const queue = choose_queue(allocator, info.queue);
  state_ = Counted<TransferState>{new TransferState{allocator, queue, info}};
}

Queue const& Transfer::queue() const noexcept { return state_->queue; }

MemoryAllocator const& Transfer::allocator() const {
  if (!state_) {
    throw ValidationError{"Transfer", "the transfer is empty; make one for an allocator first"};
  }
  return state_->allocator;
}

void Transfer::upload_bytes(BufferRange const& destination, void const* bytes, std::uint64_t size,
                            ProgressView progress, std::source_location where) const {
  constexpr char const* context = "Transfer::upload_to";
  static_cast<void>(allocator());
  validate_destination(*state_, destination, context, "VUID-vkCmdCopyBuffer-dstBuffer-00120");
  validate_size(destination, size, context);
  state_->upload({destination, where}, static_cast<std::byte const*>(bytes), size, progress);
}

PendingBytes Transfer::download_bytes(BufferRange const& source, void* bytes, std::uint64_t size, ProgressView progress,
                                      std::source_location where) const {
  constexpr char const* context = "Transfer::download";
  static_cast<void>(allocator());
  validate_source(*state_, source, context);
  validate_size(source, size, context);
  return {state_, state_->download({source, where}, static_cast<std::byte*>(bytes), size, progress)};
}

void Transfer::copy_bytes(BufferRange const& source, BufferRange const& destination, std::source_location where) const {
  constexpr char const* context = "Transfer::copy";
  static_cast<void>(allocator());
  validate_source(*state_, source, context);
  validate_destination(*state_, destination, context, "VUID-vkCmdCopyBuffer-dstBuffer-00120");
  if (source.size_bytes() != destination.size_bytes()) {
    throw ValidationError{context, text("the source has ", source.size_bytes(), " bytes, the destination ",
                                        destination.size_bytes(), "; slice the longer one")
                                       .c_str()};
  }
  if (source.buffer() == destination.buffer() && source.byte_range().overlaps(destination.byte_range())) {
    throw ValidationError{context, "the source and the destination overlap; copy by way of another buffer",
                          "VUID-vkCmdCopyBuffer-pRegions-00117"};
  }
  if (source.size_bytes() != 0) {
    state_->copy(source, destination, where);
  }
}

void Transfer::fill_bytes(BufferRange const& destination, std::uint32_t word, std::source_location where) const {
  constexpr char const* context = "Transfer::fill";
  static_cast<void>(allocator());
  validate_destination(*state_, destination, context, "VUID-vkCmdFillBuffer-dstBuffer-00029");
  require_words(destination.offset(), "offset", context, "VUID-vkCmdFillBuffer-dstOffset-00025");
  require_words(destination.size_bytes(), "size", context, "VUID-vkCmdFillBuffer-size-00028");
  if (destination.size_bytes() != 0) {
    state_->fill({destination, where}, word);
  }
}

void Transfer::update_bytes(BufferRange const& destination, void const* bytes, std::uint64_t size,
                            std::source_location where) const {
  constexpr char const* context = "Transfer::update";
  constexpr std::uint64_t most = 65536;
  static_cast<void>(allocator());
  validate_destination(*state_, destination, context, "VUID-vkCmdUpdateBuffer-dstBuffer-00034");
  validate_size(destination, size, context);
  require_words(destination.offset(), "offset", context, "VUID-vkCmdUpdateBuffer-dstOffset-00036");
  require_words(size, "size", context, "VUID-vkCmdUpdateBuffer-dataSize-00038");
  if (size > most) {
    throw ValidationError{context,
                          text("the size of ", bytes_text(size), " is above 64 KiB; upload_to takes any").c_str(),
                          "VUID-vkCmdUpdateBuffer-dataSize-00037"};
  }
  if (size != 0) {
    state_->update({destination, where}, bytes, size);
  }
}

Submission Transfer::submit() const {
  static_cast<void>(allocator());
  return state_->submit();
}

Submission Transfer::submit(NextAccess const& next) const {
  static_cast<void>(allocator());
  if (next.stage.empty()) {
    throw ValidationError{"Transfer::submit", "no stage comes next; name one, or leave the argument out",
                          "VUID-vkCmdPipelineBarrier-dstStageMask-parameter"};
  }
  if (!stages_of(queue()).contains(next.stage)) {
    throw ValidationError{
        "Transfer::submit",
        "the family of the transfer's queue has no such stage; let the work's own submission wait for "
        "this one: Submission::before(stage)",
        "VUID-vkCmdPipelineBarrier-dstStageMask-06462"};
  }
  return state_->submit(next);
}

void Transfer::trim() const {
  static_cast<void>(allocator());
  state_->trim();
}

std::uint64_t Transfer::staging_size() const {
  static_cast<void>(allocator());
  return state_->staging_size();
}

}  // namespace ashlar
