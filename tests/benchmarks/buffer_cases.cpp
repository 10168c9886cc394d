#include <ashlar/buffer/buffer.hpp>
#include <ashlar/memory/device_memory.hpp>

#include <new>
#include <vector>

#include "benchmarks/bench_device.hpp"
#include "benchmarks/cases.hpp"
#include "benchmarks/metered_vulkan.hpp"
#include "benchmarks/steady_state.hpp"

namespace ashlar::bench {

namespace {

constexpr std::uint64_t buffer_size = 256;

/// Buffers by ashlar.
class BufferPieces {
 public:
  using Piece = Subbuffer<std::byte[]>;

  explicit BufferPieces(MemoryAllocator const& allocator) : allocator_{&allocator} {}

  void renew(Piece& piece, Operation const& /*operation*/) {
    piece.~Piece();
    new (&piece)
        Piece{Buffer::create(*allocator_, {.usage = BufferUsage::StorageBuffer | BufferUsage::TransferDestination},
                             {.usage = MemoryUsage::DeviceOnly}, buffer_size)};
  }
  void release(Piece& piece) { piece = {}; }

 private:
  MemoryAllocator const* allocator_;
};

/// The same buffers by the Vulkan calls alone that the library makes: each slot has its place in memory that was
/// allocated before.
class FloorPieces {
 public:
  using Piece = VkBuffer;

  FloorPieces(Device const& device, std::uint32_t memory_type, std::uint32_t live)
      : device_{device.handle()},
        create_{reinterpret_cast<PFN_vkCreateBuffer>(device.proc_addr("vkCreateBuffer"))},
        bind_{reinterpret_cast<PFN_vkBindBufferMemory>(device.proc_addr("vkBindBufferMemory"))},
        destroy_{reinterpret_cast<PFN_vkDestroyBuffer>(device.proc_addr("vkDestroyBuffer"))},
        create_info_{info_of_buffers(device.queue_families())},
        memory_{DeviceMemory::allocate(device, {.size = live * buffer_size, .memory_type = memory_type})} {
    require_room_for_one(device);
  }

  void renew(Piece& piece, Operation const& operation) {
    release(piece);
    require(create_(device_, &create_info_, nullptr, &piece));
    require(bind_(device_, piece, memory_.handle(), operation.slot * buffer_size));
  }
  void release(Piece& piece) {
    destroy_(device_, piece, nullptr);
    piece = VK_NULL_HANDLE;
  }

 private:
  /// As `Buffer` creates them: shared by the families of the device, which outlives this, if there are several.
  static VkBufferCreateInfo info_of_buffers(ArrayView<std::uint32_t> families) {
    bool const shared = families.size() > 1;
    return {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
            .pNext = nullptr,
            .flags = 0,
            .size = buffer_size,
            .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
            .sharingMode = shared ? VK_SHARING_MODE_CONCURRENT : VK_SHARING_MODE_EXCLUSIVE,
            .queueFamilyIndexCount = shared ? static_cast<std::uint32_t>(families.size()) : 0,
            .pQueueFamilyIndices = shared ? families.begin() : nullptr};
  }

  /// Asks once, since all buffers are alike: so does the library.
  void require_room_for_one(Device const& device) const {
    VkBuffer buffer = VK_NULL_HANDLE;
    require(create_(device_, &create_info_, nullptr, &buffer));
    VkMemoryRequirements requirements;
    reinterpret_cast<PFN_vkGetBufferMemoryRequirements>(device.proc_addr("vkGetBufferMemoryRequirements"))(
        device_, buffer, &requirements);
    destroy_(device_, buffer, nullptr);
    if (requirements.size > buffer_size || buffer_size % requirements.alignment != 0) {
      throw WrongResult{"the driver's buffers need more than 256 bytes each"};
    }
  }

  static void require(VkResult result) {
    if (result != VK_SUCCESS) {
      throw WrongResult{"a Vulkan call failed"};
    }
  }

  VkDevice device_;
  PFN_vkCreateBuffer create_;
  PFN_vkBindBufferMemory bind_;
  PFN_vkDestroyBuffer destroy_;
  VkBufferCreateInfo create_info_;
  DeviceMemory memory_;
};

}  // namespace

Figures run_buffers(Options const& options) {
  BenchDevice bench{options};
  std::vector const pieces(options.threads, BufferPieces{bench.allocator()});
  Figures figures;
  run_steady_state(options, pieces, SlotOrder::Random, figures);
  bench.finish(figures);
  return figures;
}

Figures run_buffers_floor(Options const& options) {
  BenchDevice bench{options};
  Figures figures;
  {
    std::vector<FloorPieces> pieces;
    for (std::uint32_t i = 0; i < options.threads; ++i) {
      pieces.emplace_back(bench.device(), bench.device_local_type(), options.live);
    }
    run_steady_state(options, pieces, SlotOrder::Random, figures);
  }
  bench.finish(figures);
  return figures;
}

Figures run_first_buffer(Options const& options) {
  BenchDevice bench{options};
  Figures figures;
  {
    auto const buffer = Buffer::new_sized<std::uint32_t>(bench.allocator(), {.usage = BufferUsage::StorageBuffer}, {});
    figures["device_bytes"] = device_bytes();
  }
  bench.finish(figures);
  return figures;
}

}  // namespace ashlar::bench
