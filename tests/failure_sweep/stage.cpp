#include "failure_sweep/stage.hpp"

#include <ashlar/device/instance.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

#include "memory/memory_type_rules.hpp"
#include "simulated_driver/control.hpp"
#include "simulated_driver/icd.hpp"

namespace ashlar::test {

namespace {

using host_memory::Exposure;

void ignore_message(Message const& /*message*/, void* /*user_data*/) {}

void require_lost(auto const& wait, char const* function) {
  auto const error = thrown_by<VulkanError>(wait);
  require(error.result() == VK_ERROR_DEVICE_LOST && std::string{error.function()} == function,
          "a lost device's wait throws another VulkanError");
}

}  // namespace

void require(bool holds, char const* what) {
  if (!holds) {
    Exposure const spared{false};
    throw Mismatch{what};
  }
}

std::uint64_t Figures::blocks() const {
  std::uint64_t sum = 0;
  for (MemoryTypeStatistics const& type : types) {
    sum += type.block_count;
  }
  return sum;
}

std::uint64_t Figures::block_bytes() const {
  std::uint64_t sum = 0;
  for (MemoryTypeStatistics const& type : types) {
    sum += type.block_bytes;
  }
  return sum;
}

std::uint64_t Figures::resources() const {
  std::uint64_t sum = 0;
  for (MemoryTypeStatistics const& type : types) {
    sum += type.suballocation_count + type.dedicated_count;
  }
  return sum;
}

void Stage::arm(std::vector<Injection> const& injections) {
  armed_.clear();
  fired_.clear();
  for (Injection const& injection : injections) {
    armed_.push_back({injection, made_so_far(injection) + injection.nth});
    if (injection.of_host_memory()) {
      host_memory::fail(injection.nth);
    } else {
      simulated::device_control()->fail(VK_NULL_HANDLE, injection.function.c_str(), injection.result, injection.nth,
                                        VK_FALSE, injection.elements);
    }
  }
}

std::vector<Injection> Stage::disarm() {
  note_fired({});
  driver.cancel_failures();
  host_memory::stop_failing();
  std::vector<Injection> left;
  for (ArmedInjection const& armed : armed_) {
    left.push_back(armed.injection);
    left.back().nth = armed.call - made_so_far(armed.injection);
  }
  armed_.clear();
  return left;
}

std::uint64_t Stage::made_so_far(Injection const& injection) const {
  return injection.of_host_memory() ? host_memory::count() : driver.calls(injection.function.c_str());
}

void Stage::note_fired(Part const& part) {
  Exposure const spared{false};
  std::erase_if(armed_, [&](ArmedInjection const& armed) {
    bool const of_host_memory = armed.injection.of_host_memory();
    bool const has_come = of_host_memory ? host_memory::has_failed() : made_so_far(armed.injection) >= armed.call;
    if (has_come) {
      fired_.push_back({armed.injection, part});
      fired_.back().part.keeps_some_failures = keeps_failures_;
      fired_.back().part.is_dispensable = of_host_memory && host_memory::was_dispensable();
    }
    return has_come;
  });
}

Figures Stage::figures() const {
  settle();
  Figures figures{.live_objects = driver.live_objects(), .memories = driver.live_memories()};
  if (device) {
    figures.live = device.drain();
  }
  for (MemoryAllocator const& allocator : allocators_) {
    MemoryStatistics const statistics = allocator.statistics();
    figures.types.insert(figures.types.end(), statistics.types, statistics.types + statistics.type_count);
  }
  return figures;
}

void Stage::check() {
  check_figures();
  for (WatchedBuffer const& watched : buffers_) {
    check_buffer(watched);
  }
}

void Stage::check_figures() const {
  Figures const now = figures();
  if (device) {
    require(now.live.memory_allocations == now.memories, "Device::drain counts other memory than the driver");
    std::uint64_t bytes = 0;
    for (std::uint32_t heap = 0; heap < driver.gpu().memory.heap_count; ++heap) {
      bytes += driver.heap_use(heap);
    }
    require(now.live.memory_bytes == bytes, "Device::drain counts other bytes of memory than the driver");
  }
  for (MemoryAllocator const& allocator : allocators_) {
    MemoryStatistics const statistics = allocator.statistics();
    require(statistics.allocation_count == now.memories, "the allocator counts other memory than the driver");
  }
}

/// The guard for reading comes first: a flush that failed before is made up for by it, or the device's bytes are wrong.
void Stage::check_buffer(WatchedBuffer const& watched) const {
  Subbuffer<std::uint32_t[]> const& buffer = watched.buffer;
  MemoryAllocation const& memory = buffer.buffer().allocation();
  if (watched.elements.empty()) {
    check_lock(watched);
    return;
  }
  if (memory.properties().contains(MemoryProperty::HostVisible)) {
    auto const guard = buffer.try_read();
    require(static_cast<bool>(guard), "a buffer cannot be read: somebody holds it");
    require(std::ranges::equal(guard, watched.elements), "the host reads other contents than were written");
  }
  std::string const bytes =
      driver.device_read(memory.memory().handle(), memory.offset() + buffer.offset(), buffer.size_bytes());
  require(std::memcmp(bytes.data(), watched.elements.data(), bytes.size()) == 0,
          "the device sees other contents than were written");
  check_lock(watched);
}

void Stage::check_lock(WatchedBuffer const& watched) {
  if (watched.buffer.buffer().allocation().properties().contains(MemoryProperty::HostVisible)) {
    require(static_cast<bool>(watched.buffer.try_write()), "a buffer cannot be written: somebody holds it");
  }
}

void Stage::check_lost() const {
  require_lost([this] { device.wait_idle(); }, "vkDeviceWaitIdle");
  require_lost([this] { return device.drain(); }, "vkDeviceWaitIdle");
  require_lost([this] { device.queue(0).wait_idle(); }, "vkQueueWaitIdle");
  for (WatchedBuffer const& watched : buffers_) {
    try {
      check_lock(watched);
    } catch (VulkanError const& error) {  // A transfer has it queued, and cannot submit that any more.
      require(error.result() == VK_ERROR_DEVICE_LOST && std::string{error.function()} == "vkQueueSubmit",
              "a lost device's buffer cannot be had for another reason");
    }
  }
}

void Stage::fill_heap(std::uint32_t heap) {
  driver.occupy_heap(heap, driver.gpu().memory.heaps[heap].size - driver.heap_use(heap));
  full_heaps_ |= std::uint32_t{1} << heap;
}

void Stage::vacate_heaps() {
  for (std::uint32_t heap = 0; heap < driver.gpu().memory.heap_count; ++heap) {
    driver.occupy_heap(heap, 0);
  }
  full_heaps_ = 0;
}

std::vector<std::uint32_t> Stage::memory_types(std::uint64_t size, AllocationCreateInfo const& info) const {
  Gpu const& gpu = driver.gpu();
  std::vector<std::uint32_t> types = MemoryTypeRules{
      gpu.memory,
      {.usage = info.usage,
       .filter = info.filter,
       .user_type_bits = info.memory_type_bits,
       .size = size}}.order();
  std::erase_if(types, [&](std::uint32_t type) {
    return std::min(gpu.memory.heaps[gpu.memory.types[type].heap].size, gpu.max_memory_allocation_size()) < size;
  });
  return types;
}

bool Stage::is_served(std::uint64_t size, AllocationCreateInfo const& info) const {
  Exposure const spared{false};
  return !memory_types(size, info).empty();
}

Part Stage::allocation_part(std::uint64_t size, AllocationCreateInfo const& info) const {
  Exposure const spared{false};
  std::vector<std::uint32_t> types = memory_types(size, info);
  std::uint32_t const best_type = types.at(0);
  std::erase_if(types,
                [&](std::uint32_t type) { return ((full_heaps_ >> driver.gpu().memory.types[type].heap) & 1U) != 0; });
  return {.size = size,
          .best_type = best_type,
          .allocates = true,
          .memory_types = std::move(types),
          .is_dedicated = info.allocate_preference == AllocatePreference::AlwaysAllocate,
          .maps = info.usage != MemoryUsage::DeviceOnly};
}

InstanceCreateInfo Stage::instance_info() {
  return {.application_name = "ashlar's failure sweep",
          .message_callback = ignore_message,
          .get_instance_proc_addr = simulated::get_instance_proc_addr};
}

Device Stage::create_device() const {
  return Device::create_default({.device = driver.gpu().name.c_str(), .instance = instance_info()});
}

void Stage::watch(MemoryAllocator const& allocator) {
  Exposure const spared{false};
  allocators_.push_back(allocator);
}

void Stage::watch(Subbuffer<std::uint32_t[]> const& buffer, std::vector<std::uint32_t> const& elements) {
  Exposure const spared{false};
  buffers_.push_back({buffer, elements});
}

std::vector<std::uint32_t>& Stage::elements_of(Subbuffer<std::uint32_t[]> const& buffer) {
  auto const found = std::ranges::find(buffers_, buffer, &WatchedBuffer::buffer);
  require(found != buffers_.end(), "the script asks for a buffer that is not watched");
  return found->elements;
}

void Stage::watch_nothing() noexcept {
  buffers_.clear();
  allocators_.clear();
}

}  // namespace ashlar::test
