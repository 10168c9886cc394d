#include <ashlar/ashlar.hpp>
#include <ashlar/suballocator/buddy_allocator.hpp>
#include <ashlar/suballocator/bump_allocator.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fuzzing/any_gpu.hpp"
#include "fuzzing/buffer_use.hpp"
#include "fuzzing/failures.hpp"
#include "fuzzing/foreign_device.hpp"
#include "fuzzing/image.hpp"
#include "fuzzing/input.hpp"
#include "fuzzing/require.hpp"
#include "simulated_driver/driver.hpp"
#include "simulated_driver/icd.hpp"

// Any use of the whole library on any GPU of the simulated driver, with calls that fail: only documented exceptions
// come, the host and the device see what was written, Vulkan is used rightly, and in the end nothing lives.

namespace ashlar::fuzzing {
namespace {

class Run {
 public:
  Run(Input& input, simulated::Driver& driver)
      : input_{input}, driver_{driver}, failures_{input, driver}, buffers_{input, driver, failures_} {}

  void run() {
    if (input_.one_in(4)) {
      foreign_ = std::make_unique<ForeignDevice>(driver_.gpu());
    }
    if (input_.one_in(4)) {
      failures_.fail_a_call();
    }
    failures_.may_fail([&] { create_device(); });
    while (device_ && !input_.empty()) {
      step();
      check();
    }
    drop_all();
  }

 private:
  void step() {
    switch (input_.below(16)) {
      case 0:
        return create_allocator();
      case 1:
      case 2:
        return create_buffer();
      case 3:
        return buffers_.slice();
      case 4:
      case 5:
        return buffers_.acquire();
      case 6:
        return buffers_.lock_two();
      case 7:
        return buffers_.release_or_flush();
      case 8:
      case 9:
        return buffers_.use_on_device();
      case 10:
        return create_image();
      case 11:
        return allocate();
      case 12:
        return failures_.fail_a_call();
      case 13:
        return failures_.occupy_heap();
      case 14:
        return ask();
      default:
        return drop();
    }
  }

  // Creation.

  void create_device() {
    if (foreign_) {
      device_ = Device::adopt(foreign_->adopt_info());
    } else {
      auto const instance = Instance::create({.message_callback = [](Message const&, void*) {},
                                              .get_instance_proc_addr = simulated::get_instance_proc_addr});
      device_ = Device::create({.physical_device = instance.physical_devices()[0]});
    }
    allocators_.emplace_back(StandardMemoryAllocator{device_});
  }

  void create_allocator() {
    constexpr std::uint64_t sizes[] = {1 << 20, 1, 4096, 1 << 16, 1 << 28};
    std::uint64_t const size = input_.pick(sizes);
    MemoryAllocatorCreateInfo const info{.min_block_size = size, .max_block_size = size << input_.below(8)};
    switch (input_.below(3)) {
      case 0:
        allocators_.emplace_back(StandardMemoryAllocator{device_, info});
        break;
      case 1:
        allocators_.emplace_back(GenericMemoryAllocator<BuddyAllocator>{device_, info});
        break;
      default:
        allocators_.emplace_back(GenericMemoryAllocator<BumpAllocator>{device_, info});
    }
  }

  AllocationCreateInfo any_allocation_info() {
    AllocationCreateInfo info{.usage = static_cast<MemoryUsage>(input_.below(4))};
    if (input_.one_in(4)) {
      info.filter.required = MemoryPropertyFlags::from_mask(input_.below(16));
      info.filter.preferred = MemoryPropertyFlags::from_mask(input_.below(16));
      info.memory_type_bits = static_cast<std::uint32_t>(input_.number(32));
      info.allocate_preference = static_cast<AllocatePreference>(input_.below(3));
    }
    return info;
  }

  BufferCreateInfo any_buffer_info() {
    constexpr BufferUsages usages[] = {BufferUsage::StorageBuffer, BufferUsage::UniformBuffer,
                                       BufferUsage::ShaderDeviceAddress | BufferUsage::StorageBuffer,
                                       BufferUsage::TransferSource | BufferUsage::VertexBuffer};
    BufferCreateInfo info{.usage = input_.pick(usages)};
    if (input_.one_in(8)) {
      info.sharing = Sharing::Exclusive;
      info.external_memory_handle_types = ExternalMemoryHandleType::OpaqueFd;
    }
    return info;
  }

  bool is_offered(BufferCreateInfo const& info) const {
    bool const lacks_address =
        info.usage.contains(BufferUsage::ShaderDeviceAddress) && !device_.features().buffer_device_address;
    return !lacks_address && (info.external_memory_handle_types.mask() & ~driver_.gpu().external_handle_types()) == 0;
  }

  void create_buffer() {
    MemoryAllocator const* const allocator = input_.choose(allocators_);
    if (allocator == nullptr) {
      return;
    }
    BufferCreateInfo const info = any_buffer_info();
    AllocationCreateInfo const allocation_info = any_allocation_info();
    bool const with_contents = input_.one_in(2);
    bool const exportable = !info.external_memory_handle_types.empty();
    // Exportable memory costs all of its pages.
    bool const large = !with_contents && !exportable && input_.one_in(4);
    std::uint64_t const count = 1 + input_.number(large ? 32 : 11);
    std::optional<Subbuffer<Word[]>> made;
    failures_.allocating(*allocator, count * sizeof(Word), allocation_info, driver_.gpu().buffers, exportable, [&] {
      try {
        made = with_contents ? Buffer::from_iter(*allocator, info, allocation_info, buffers_.new_words(count))
                             : Buffer::new_slice<Word>(*allocator, info, allocation_info, count);
      } catch (ValidationError const&) {
        if (is_offered(info) && count * sizeof(Word) <= driver_.gpu().max_buffer_size()) {
          throw;
        }
      } catch (NotHostVisibleError const&) {
        require(with_contents && allocation_info.usage == MemoryUsage::DeviceOnly, "only the device's is not visible");
      }
    });
    if (made) {
      buffers_.add(*made, with_contents);
    }
  }

  void create_image() {
    if (MemoryAllocator const* const allocator = input_.choose(allocators_)) {
      auto const texels = static_cast<std::uint32_t>(1 + input_.number(11));
      bool const optimal = input_.one_in(2);
      AllocationCreateInfo const info = any_allocation_info();
      failures_.allocating(*allocator, texels * 4, info, driver_.gpu().images, false,
                           [&] { images_.emplace_back(device_, *allocator, texels, optimal, info); });
    }
  }

  void allocate() {
    if (MemoryAllocator const* const allocator = input_.choose(allocators_)) {
      MemoryRequirements const requirements{
          .size = input_.number(20),
          .alignment = input_.one_in(8) ? input_.number(20) : std::uint64_t{1} << input_.below(17),
          .memory_type_bits = failures_.ordinary_types(),
          .tiling = input_.one_in(2) ? ResourceTiling::Optimal : ResourceTiling::Linear};
      AllocationCreateInfo const info = any_allocation_info();
      failures_.allocating(*allocator, requirements.size, info, {.alignment = requirements.alignment}, false, [&] {
        try {
          allocations_.push_back(allocator->allocate(requirements, info));
        } catch (ValidationError const&) {
          if (requirements.size != 0 && is_power_of_two(requirements.alignment)) {
            throw;
          }
        }
      });
    }
  }

  // Use.

  void ask() {
    buffers_.ask();
    failures_.may_fail([&] {
      LiveObjects const live = device_.drain();
      require(live.buffers == buffers_.live_count(), "drain() counts the buffers");
      require(live.memory_allocations == driver_.live_memories(), "drain() counts the memory");
    });
  }

  // Invariants.

  void check() {
    for (std::string const& violation : driver_.take_violations()) {
      require(false, violation);
    }
    if (MemoryAllocator const* const allocator = allocators_.empty() ? nullptr : &allocators_.back()) {
      MemoryStatistics const statistics = allocator->statistics();
      require(statistics.allocation_count == driver_.live_memories(), "the memory objects are counted");
      for (std::uint32_t heap = 0; heap < statistics.heap_count; ++heap) {
        require(statistics.heaps[heap].device_use == driver_.heap_use(heap), "the heaps' bytes are counted");
      }
      for (std::uint32_t type = 0; type < statistics.type_count; ++type) {
        require(statistics.types[type].suballocation_bytes <= statistics.types[type].block_bytes,
                "no more is given out than there is");
      }
    }
  }

  // The end.

  void drop() {
    switch (input_.below(6)) {
      case 0:
        return buffers_.drop_view();
      case 1:
        return drop_one(images_);
      case 2:
        return drop_one(allocations_);
      case 3:
        return drop_one(allocators_);
      case 4:
        return buffers_.drop_guard();
      default:
        return buffers_.drop_view();
    }
  }

  void drop_one(auto& handles) {
    if (!handles.empty()) {
      handles.erase(handles.begin() + input_.byte() % static_cast<std::ptrdiff_t>(handles.size()));
    }
  }

  /// The device's handle first: what is left keeps the device. An allocator may outlive what it allocated, or not.
  void drop_all() {
    device_ = {};
    if (input_.one_in(2)) {
      allocators_.clear();
    }
    buffers_.clear();
    images_.clear();
    allocations_.clear();
    for (MemoryAllocator const& allocator : allocators_) {
      MemoryStatistics const statistics = allocator.statistics();
      for (MemoryTypeStatistics const& type : statistics.types) {
        require(type.suballocation_count == 0 && type.dedicated_count == 0, "all memory was given back");
        require(type.block_count <= 1, "one empty block is kept");
      }
    }
    allocators_.clear();
    foreign_.reset();
  }

  Input& input_;
  simulated::Driver& driver_;
  Failures failures_;
  BufferUse buffers_;
  std::unique_ptr<ForeignDevice> foreign_;
  Device device_;
  std::vector<MemoryAllocator> allocators_;
  std::vector<Image> images_;
  std::vector<MemoryAllocation> allocations_;
};

void run(Input& input) {
  simulated::Driver driver{{any_gpu(input)}};
  Run{input, driver}.run();
  require(driver.live_objects() == 0, "nothing lives");
  for (std::string const& violation : driver.take_violations()) {
    require(false, violation);
  }
}

}  // namespace
}  // namespace ashlar::fuzzing

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  ashlar::fuzzing::Input input{data, size};
  ashlar::fuzzing::run(input);
  return 0;
}
