#pragma once

#include "transfer/download_state.hpp"
#include "transfer/staging_ring.hpp"
#include "transfer/submitted_work.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ashlar::detail {

class TransferState;

/// A command buffer with a pool of its own, to be recorded again and again.
struct TransferCommands {
  VkCommandPool pool = VK_NULL_HANDLE;
  VkCommandBuffer buffer = VK_NULL_HANDLE;
};

/// \throws VulkanError
[[nodiscard]] TransferCommands make_commands(DeviceState const& device, std::uint32_t family);

/// A command of a transfer.
struct TransferCommand {
  enum class Kind : std::uint8_t { Copy, Fill, Update, Barrier };

  Kind kind = Kind::Copy;
  VkBuffer source = VK_NULL_HANDLE;
  VkBuffer destination = VK_NULL_HANDLE;
  std::uint64_t source_offset = 0;  ///< Of an update: in the work's own bytes.
  std::uint64_t destination_offset = 0;
  std::uint64_t size = 0;
  std::uint32_t word = 0;                                            ///< Of a fill.
  VkPipelineStageFlags next_stage = VK_PIPELINE_STAGE_TRANSFER_BIT;  ///< Of a barrier.
  VkAccessFlags next_access = VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
};

/// Transfers that are submitted together. First they gather, under the lock of their TransferState; then they are
/// recorded and submitted; when they are done their downloads are copied to the host, and staging memory is free again.
class TransferWork final : public SubmittedWork {
 public:
  /// \throws VulkanError
  TransferWork(TransferState& transfer, DeviceState& device, QueueState& queue, ArrayView<BufferUse> uses_of_it);
  ~TransferWork() override;

  /// So many ranges at most: each is looked at for each further command.
  static constexpr std::size_t most_uses = 256;

  struct Download {
    Counted<DownloadState> state;
    StagingPiece source;
  };

  [[nodiscard]] bool is_full() const noexcept { return uses.all().size() >= most_uses; }

  /// Makes room for one more command, so that `add` does not fail. \pre It is not full. \throws std::bad_alloc
  void reserve();

  /// Takes over what a thread holds for `command`, which is ordered behind all others that it conflicts with. Whether
  /// somebody waits for it. \pre `reserve` was called.
  [[nodiscard]] bool add(TransferCommand const& command, DeviceUses& held) noexcept;

  /// A command for which nothing is held.
  void add(TransferCommand const& command);

  void begin(std::uint64_t value) noexcept override;

  /// For vkCmdUpdateBuffer; the offset of the bytes. \throws std::bad_alloc
  [[nodiscard]] std::uint64_t add_bytes(void const* bytes, std::size_t size);

  /// \throws VulkanError; then it may be recorded again.
  void record();

  [[nodiscard]] VkCommandBuffer command_buffer() const noexcept { return recorded_.buffer; }

  // Appended to by TransferState, under its lock.
  std::vector<StagingPiece> pieces;  ///< Released when it is done.
  std::vector<Download> downloads;   ///< Whose pieces are, too.
  std::uint64_t queued_bytes = 0;
  std::vector<Buffer> kept;  ///< The buffers of what is queued; dropped when it is submitted.

 private:
  void finish() noexcept override;
  [[nodiscard]] bool adopt(DeviceUse& held) noexcept;
  [[nodiscard]] bool conflicts(DeviceUse const& held) const noexcept;
  std::size_t record_copies(std::size_t first);
  void complete_downloads() noexcept;

  TransferState& transfer_;
  TransferCommands recorded_;
  std::vector<TransferCommand> commands_;
  std::vector<std::byte> bytes_;
  std::vector<VkBufferCopy> regions_;     ///< While it is recorded.
  std::vector<std::uint32_t> use_turns_;  ///< For each use, behind how many barriers it was last.
  std::uint32_t barriers_ = 0;
};

}  // namespace ashlar::detail
