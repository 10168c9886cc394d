#include "simulated_driver/memory_access.hpp"

#include <algorithm>
#include <cstring>

#include "simulated_driver/races_with_host.hpp"
#include "simulated_driver/rounding.hpp"

namespace ashlar::simulated {

namespace {

ASHLAR_SIM_RACES_WITH_HOST void write_back(std::byte const* host, std::byte* device, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    device[i] = host[i];
  }
}

ASHLAR_SIM_RACES_WITH_HOST bool differs(std::byte const* host, std::byte const* clean, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (host[i] != clean[i]) {
      return true;
    }
  }
  return false;
}

}  // namespace

MemoryRange range_in_memory(DeviceState const& device, std::uint64_t resource, VkDeviceSize offset, VkDeviceSize size) {
  auto const found = device.resources.find(resource);
  if (found == device.resources.end()) {
    return {};
  }
  VkDeviceSize const begin = found->second.offset + offset;
  return {found->second.memory, begin, begin + size};
}

DeviceBytes device_bytes(DeviceState& device, std::uint64_t resource, VkDeviceSize offset, VkDeviceSize size,
                         char const* command) {
  auto const fail = [&](char const* rule) {
    driver().violation(std::string{command} + ": " + rule);
    return DeviceBytes{};
  };
  if (device.lost) {
    return {};
  }
  auto const found = device.resources.find(resource);
  if (found == device.resources.end()) {
    return fail("a buffer or image that does not live (VUID-vkQueueSubmit-pCommandBuffers-00070)");
  }
  auto const memory = device.memories.find(found->second.memory);
  if (memory == device.memories.end()) {
    return fail("a buffer or image without memory");
  }
  VkDeviceSize const whole = found->second.requirements.size;
  if (offset > whole || size > whole - offset) {
    return fail("a range outside of the buffer or image");
  }
  auto const& backing = memory->second.device_copy();
  if (backing == nullptr) {
    return fail("this process has no memory left to simulate it");
  }
  return {backing, backing->bytes() + found->second.offset + offset};
}

void move_atoms(DeviceState& device, Memory& memory, VkDeviceSize begin, VkDeviceSize end, bool to_device) {
  VkDeviceSize const atom = device.gpu->limits.non_coherent_atom_size;
  begin = round_up(begin, atom);
  end = end >= memory.info.size ? memory.info.size : round_down(end, atom);
  if (!memory.has_two_copies() || begin >= end) {
    return;
  }
  auto const& host = memory.host_copy();
  auto const& own = memory.device_copy();
  if (host == nullptr || own == nullptr) {
    driver().violation("this process has no memory left to simulate a flush");
    return;
  }
  auto const size = static_cast<std::size_t>(end - begin);
  if (!device.lost) {
    device.host_writes.moving(own, begin, end);
  }
  if (to_device) {
    write_back(host->bytes() + begin, own->bytes() + begin, size);
  } else {
    std::memcpy(host->bytes() + begin, own->bytes() + begin, size);
  }
  if (!device.lost) {
    device.host_writes.moved(own, begin, end, to_device);
  }
  if (device.gpu->write_back_seed) {  // Both copies are the same now, and clean.
    std::memcpy(memory.clean_copy()->bytes() + begin, own->bytes() + begin, size);
  }
}

void write_back_some(DeviceState& device) {
  if (!device.gpu->write_back_seed) {
    return;
  }
  VkDeviceSize const atom = device.gpu->limits.non_coherent_atom_size;
  for (auto& [id, memory] : device.memories) {
    if (memory.map_size == 0 || !memory.has_two_copies()) {
      continue;
    }
    VkDeviceSize const end = std::min(round_up(memory.map_offset + memory.map_size, atom), memory.info.size);
    constexpr VkDeviceSize page = 4096;
    std::byte const* const host = memory.host_copy()->bytes();
    std::byte* const clean = memory.clean_copy()->bytes();
    std::byte* const own = memory.device_copy()->bytes();
    for (VkDeviceSize at = round_down(memory.map_offset, atom); at < end; at += std::max(page, atom)) {
      VkDeviceSize const page_end = std::min(at + std::max(page, atom), end);
      if (!differs(host + at, clean + at, static_cast<std::size_t>(page_end - at))) {
        continue;
      }
      for (VkDeviceSize one = at; one < page_end; one += atom) {
        auto const size = static_cast<std::size_t>(std::min(atom, end - one));
        if (differs(host + one, clean + one, size) && device.write_back_random() % 2 == 0) {
          write_back(host + one, own + one, size);
          std::memcpy(clean + one, own + one, size);
        }
      }
    }
  }
}

}  // namespace ashlar::simulated
