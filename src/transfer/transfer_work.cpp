#include "transfer/transfer_work.hpp"

#include "device/check.hpp"
#include "transfer/transfer_state.hpp"

#include <algorithm>
#include <utility>

namespace ashlar::detail {
namespace {

bool touch(ByteRange a, ByteRange b) noexcept { return a.offset <= b.end() && b.offset <= a.end(); }

}  // namespace

TransferCommands make_commands(DeviceState const& device, std::uint32_t family) {
  TransferCommands commands;
  VkCommandPoolCreateInfo const pool_info{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, nullptr,
                                          VK_COMMAND_POOL_CREATE_TRANSIENT_BIT, family};
  check(device.vk.vkCreateCommandPool(device.handle, &pool_info, device.allocation_callbacks, &commands.pool),
        "vkCreateCommandPool");
  VkCommandBufferAllocateInfo const info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, nullptr, commands.pool,
                                         VK_COMMAND_BUFFER_LEVEL_PRIMARY, 1};
  VkResult const result = device.vk.vkAllocateCommandBuffers(device.handle, &info, &commands.buffer);
  if (result != VK_SUCCESS) {
    device.vk.vkDestroyCommandPool(device.handle, commands.pool, device.allocation_callbacks);
  }
  check(result, "vkAllocateCommandBuffers");
  return commands;
}

TransferWork::TransferWork(TransferState& transfer, DeviceState& device, QueueState& queue,
                           ArrayView<BufferUse> uses_of_it)
    : SubmittedWork{device, queue, uses_of_it}, transfer_{transfer}, recorded_{transfer.take_commands()} {}

TransferWork::~TransferWork() {
  if (recorded_.pool != VK_NULL_HANDLE) {  // It was not submitted: the transfer is still there.
    transfer_.give_back(recorded_, pieces);
  }
}

void TransferWork::reserve() {
  auto const grow = [](auto& vector, std::size_t more) {
    if (vector.size() + more > vector.capacity()) {
      vector.reserve(std::max<std::size_t>(2 * vector.capacity(), vector.size() + more));
    }
  };
  uses.reserve(most_uses + 2);  // Whose places are stable.
  grow(commands_, 2);
  grow(use_turns_, 2);
  grow(kept, 2);
  grow(pieces, 1);
  grow(downloads, 1);
}

/// Whether a command here, since the last barrier, conflicts with it.
bool TransferWork::conflicts(DeviceUse const& held) const noexcept {
  for (std::size_t i = 0; i != use_turns_.size(); ++i) {
    DeviceUse const& own = uses.all()[i];
    if (own.buffer == held.buffer && use_turns_[i] == barriers_ && own.entry.range.overlaps(held.entry.range) &&
        one_writes(own.entry, held.entry)) {
      return true;
    }
  }
  return false;
}

/// Whether somebody waits for it.
bool TransferWork::adopt(DeviceUse& held) noexcept {
  for (std::size_t i = use_turns_.size(); i-- != 0;) {
    DeviceUse& own = uses.all()[i];
    if (own.buffer == held.buffer && own.entry.kind == held.entry.kind && touch(own.entry.range, held.entry.range)) {
      use_turns_[i] = barriers_;
      return own.buffer->tracker.merge(held.entry, own.entry);
    }
  }
  use_turns_.push_back(barriers_);
  retain(*held.buffer);
  kept.push_back(Access::make<Buffer>(Counted<BufferState>{held.buffer}));
  return held.buffer->tracker.queue(held.entry, uses.add(*held.buffer).entry);
}

bool TransferWork::add(TransferCommand const& command, DeviceUses& held) noexcept {
  bool const ordered =
      std::any_of(held.all().begin(), held.all().end(), [&](DeviceUse const& use) { return conflicts(use); });
  if (ordered) {
    commands_.push_back({.kind = TransferCommand::Kind::Barrier});
    ++barriers_;
  }
  commands_.push_back(command);
  queued_bytes += command.size;
  bool waited_for = false;
  for (DeviceUse& use : held.all()) {
    waited_for = adopt(use) || waited_for;
  }
  held.forget();
  return waited_for || is_full();
}

void TransferWork::add(TransferCommand const& command) { commands_.push_back(command); }

std::uint64_t TransferWork::add_bytes(void const* bytes, std::size_t size) {
  std::uint64_t const offset = bytes_.size();
  auto const* const first = static_cast<std::byte const*>(bytes);
  bytes_.insert(bytes_.end(), first, first + size);
  return offset;
}

/// Records copies from one buffer to another as one command, and as one region what lies in one piece in both.
std::size_t TransferWork::record_copies(std::size_t first) {
  TransferCommand const& leader = commands_[first];
  regions_.clear();
  std::size_t end = first;
  for (; end != commands_.size(); ++end) {
    TransferCommand const& copy = commands_[end];
    if (copy.kind != TransferCommand::Kind::Copy || copy.source != leader.source ||
        copy.destination != leader.destination) {
      break;
    }
    bool const continues = !regions_.empty() &&
                           regions_.back().srcOffset + regions_.back().size == copy.source_offset &&
                           regions_.back().dstOffset + regions_.back().size == copy.destination_offset;
    if (continues) {
      regions_.back().size += copy.size;
    } else {
      regions_.push_back({copy.source_offset, copy.destination_offset, copy.size});
    }
  }
  device_.vk.vkCmdCopyBuffer(recorded_.buffer, leader.source, leader.destination,
                             static_cast<std::uint32_t>(regions_.size()), regions_.data());
  return end;
}

void TransferWork::record() {
  VolkDeviceTable const& vk = device_.vk;
  VkCommandBufferBeginInfo const begin{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, nullptr,
                                       VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT, nullptr};
  check(vk.vkResetCommandPool(device_.handle, recorded_.pool, 0), "vkResetCommandPool");
  check(vk.vkBeginCommandBuffer(recorded_.buffer, &begin), "vkBeginCommandBuffer");
  for (std::size_t i = 0; i != commands_.size();) {
    TransferCommand const& command = commands_[i];
    switch (command.kind) {
      case TransferCommand::Kind::Copy:
        i = record_copies(i);
        continue;
      case TransferCommand::Kind::Fill:
        vk.vkCmdFillBuffer(recorded_.buffer, command.destination, command.destination_offset, command.size,
                           command.word);
        break;
      case TransferCommand::Kind::Update:
        vk.vkCmdUpdateBuffer(recorded_.buffer, command.destination, command.destination_offset, command.size,
                             bytes_.data() + command.source_offset);
        break;
      case TransferCommand::Kind::Barrier: {
        VkMemoryBarrier const barrier{VK_STRUCTURE_TYPE_MEMORY_BARRIER, nullptr, VK_ACCESS_TRANSFER_WRITE_BIT,
                                      command.next_access};
        vk.vkCmdPipelineBarrier(recorded_.buffer, VK_PIPELINE_STAGE_TRANSFER_BIT, command.next_stage, 0, 1, &barrier, 0,
                                nullptr, 0, nullptr);
        break;
      }
    }
    ++i;
  }
  check(vk.vkEndCommandBuffer(recorded_.buffer), "vkEndCommandBuffer");
}

void TransferWork::begin(std::uint64_t value) noexcept {
  for (Download const& download : downloads) {
    download.state->value.store(value, std::memory_order_release);
  }
  transfer_.began(value);
  SubmittedWork::begin(value);
}

void TransferWork::complete_downloads() noexcept {
  for (Download const& download : downloads) {
    try {
      if (!is_done()) {
        throw VulkanError{VK_ERROR_DEVICE_LOST, "vkWaitSemaphores"};
      }
      download.source.invalidate();
      download.state->complete(download.source.bytes());
    } catch (...) {
      download.state->fail(std::current_exception());
    }
  }
}

void TransferWork::finish() noexcept {
  complete_downloads();
  uses.end();
  downloads.clear();
  transfer_.finished(std::exchange(recorded_, {}), pieces);
}

}  // namespace ashlar::detail
