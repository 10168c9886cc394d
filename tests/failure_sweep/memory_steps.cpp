// Memory by every allocator: shared, dedicated, exportable, of images, and without an allocator.

#include <ashlar/memory/standard_memory_allocator.hpp>
#include <ashlar/suballocator/buddy_allocator.hpp>
#include <ashlar/suballocator/bump_allocator.hpp>

#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "failure_sweep/script.hpp"
#include "memory/raw_resources.hpp"

namespace ashlar::test {

namespace {

constexpr std::uint64_t bytes = 512;

class MemoryStage : public Stage {
 public:
  explicit MemoryStage(Driver& its_driver) : Stage{its_driver} { device = create_device(); }

  void create_allocators() {
    StandardMemoryAllocator const free_list{device, {.min_block_size = 2048, .max_block_size = 2048}};
    GenericMemoryAllocator<BuddyAllocator> const buddy{device, {.min_block_size = 2048, .max_block_size = 4096}};
    GenericMemoryAllocator<BumpAllocator> const bump{device};
    host_memory::Exposure const spared{false};
    allocators_ = {free_list, buddy, bump};
    for (MemoryAllocator const& allocator : allocators_) {
      watch(allocator);
    }
  }

  /// A piece of a block of each allocator; the second of each needs no new block.
  template <std::size_t index>
  void allocate_from_blocks() {
    AllocationCreateInfo const info{.usage = MemoryUsage::Staging};
    if (is_served(bytes, info)) {
      auto const allocate = [&] { return allocators_[index].allocate({.size = bytes}, info); };
      MemoryAllocation first = allocating(bytes, info, allocate);
      keep(allocating(bytes, info, allocate));
      keep(std::move(first));
    }
  }

  void map_and_flush() {
    for (MemoryAllocation const& allocation : kept_) {
      if (allocation.properties().contains(MemoryProperty::HostVisible)) {
        std::memset(allocation.map(), 3, bytes);
        allocation.flush({0, bytes});
        allocation.invalidate({0, bytes});
      }
    }
  }

  /// Only from blocks that are there: the ones of the steps before.
  void allocate_without_a_call() {
    AllocationCreateInfo const info{.usage = MemoryUsage::Staging,
                                    .allocate_preference = AllocatePreference::NeverAllocate};
    if (!kept_.empty()) {
      try {
        keep(allocators_[0].allocate({.size = 256}, info));
      } catch (OutOfMemoryError const& error) {  // The blocks are full.
        require(error.info().result == VK_SUCCESS, "NeverAllocate made a call");
      }
    }
  }

  void allocate_dedicated() {
    AllocationCreateInfo const info{.usage = MemoryUsage::Upload,
                                    .allocate_preference = AllocatePreference::AlwaysAllocate};
    if (is_served(bytes, info)) {
      MemoryAllocation made = allocating(bytes, info, [&] { return allocators_[0].allocate({.size = bytes}, info); });
      require(made.is_dedicated(), "dedicated memory is shared");
      keep(std::move(made));
    }
  }

  void make_raw_buffer() { raw_buffer_.emplace(device, bytes); }

  void allocate_for_a_raw_buffer() {
    AllocationCreateInfo const info{};
    if (is_served(bytes, info)) {
      MemoryAllocation made =
          allocating(bytes, info, [&] { return allocators_[1].allocate_for_buffer(raw_buffer_->handle(), info); });
      keep(std::move(made));
    }
  }

  void make_raw_images() {
    optimal_.emplace(device, 64);
    linear_.emplace(device, 64, ResourceTiling::Linear);
  }

  void allocate_for_images() {
    AllocationCreateInfo const info{};
    std::uint64_t const image_bytes = driver.gpu().images.alignment;
    if (is_served(image_bytes, info)) {
      MemoryAllocation made = allocating(image_bytes, info, [&] {
        return allocators_[0].allocate_for_image(optimal_->handle(), ResourceTiling::Optimal, info);
      });
      keep(std::move(made));
    }
  }

  void allocate_for_a_linear_image() {
    AllocationCreateInfo const info{};
    std::uint64_t const image_bytes = driver.gpu().images.alignment;
    if (is_served(image_bytes, info)) {
      MemoryAllocation made = allocating(image_bytes, info, [&] {
        return allocators_[0].allocate_for_image(linear_->handle(), ResourceTiling::Linear, info);
      });
      keep(std::move(made));
    }
  }

  void create_exportable() {
    // Exportable memory is dedicated, whatever is preferred.
    AllocationCreateInfo const info{.allocate_preference = AllocatePreference::AlwaysAllocate};
    if (is_served(bytes, info)) {
      buffer_ = allocating(bytes, info, [&] {
        return Buffer::create(
            allocators_[2],
            {.usage = BufferUsage::TransferSource, .external_memory_handle_types = ExternalMemoryHandleType::OpaqueFd},
            info, bytes);
      });
    }
  }

  void create_addressed() {
    AllocationCreateInfo const info{};
    if (is_served(bytes, info) && device.features().buffer_device_address) {
      addressed_ = allocating(bytes, info, [&] {
        return Buffer::create(allocators_[2], {.usage = BufferUsage::ShaderDeviceAddress}, info, bytes);
      });
      require(addressed_.device_address() != 0, "a buffer has no device address");
    }
  }

  void allocate_device_memory() {
    AllocationCreateInfo const info{.usage = MemoryUsage::Upload};
    if (is_served(bytes, info)) {
      std::uint32_t const type = memory_types(bytes, info)[0];
      auto const made = allocating_from(
          type, bytes, [&] { return DeviceMemory::allocate(device, {.size = bytes, .memory_type = type}); });
      std::memset(made.map(), 4, bytes);
      made.flush({0, bytes});
      made.invalidate({1, 2});
    }
  }

  void ask_for_statistics() {
    for (MemoryAllocator const& allocator : allocators_) {
      require(allocator.statistics().type_count == driver.gpu().memory.type_count, "statistics lack memory types");
    }
  }

  void let_go() {
    quietly([&] {
      watch_nothing();
      buffer_ = {};
      optimal_.reset();
      allocators_.clear();
      kept_.clear();
      raw_buffer_.reset();
      linear_.reset();
      device = {};
      addressed_ = {};
    });
    require(driver.live_objects() == 0, "the last allocation is gone, the device or its memory is not");
  }

 private:
  void keep(MemoryAllocation allocation) {
    host_memory::Exposure const spared{false};
    kept_.push_back(std::move(allocation));
  }

  std::optional<RawBuffer> raw_buffer_;
  std::optional<RawImage> optimal_;
  std::optional<RawImage> linear_;
  std::vector<MemoryAllocator> allocators_;
  std::vector<MemoryAllocation> kept_;
  Subbuffer<std::byte[]> buffer_;
  Subbuffer<std::byte[]> addressed_;
};

}  // namespace

Chapter memory_chapter() {
  using S = MemoryStage;
  return chapter<S>("memory", {
                                  step("three allocators", &S::create_allocators),
                                  step("blocks of a free list", &S::allocate_from_blocks<0>),
                                  step("blocks of buddies", &S::allocate_from_blocks<1>),
                                  step("blocks of a bump allocator", &S::allocate_from_blocks<2>),
                                  step("map and flush", &S::map_and_flush),
                                  step("without a call", &S::allocate_without_a_call),
                                  step("dedicated", &S::allocate_dedicated),
                                  step("for a buffer of others", &S::allocate_for_a_raw_buffer, &S::make_raw_buffer),
                                  step("for an image", &S::allocate_for_images, &S::make_raw_images),
                                  step("for a linear image", &S::allocate_for_a_linear_image),
                                  step("exportable", &S::create_exportable),
                                  step("with a device address", &S::create_addressed),
                                  step("without an allocator", &S::allocate_device_memory),
                                  step("statistics", &S::ask_for_statistics),
                                  step("dropped in odd orders", &S::let_go),
                              });
}

}  // namespace ashlar::test
