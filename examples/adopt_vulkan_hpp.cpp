// A program that has its own device, made with vulkan.hpp's raii classes, lets ashlar use it: ashlar::Device::adopt.
//
// Run it with ./examples/run adopt_vulkan_hpp

#include <ashlar/ashlar.hpp>
#include <vulkan/vulkan_raii.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace {

constexpr std::uint32_t api_version = VK_API_VERSION_1_1;  // ashlar needs 1.1 or later.

// --- The program's own Vulkan, as it was before ashlar --------------------------------------------------------------

struct DeviceChoice {
  vk::raii::PhysicalDevice physical_device;
  std::uint32_t queue_family;
};

// The first device that knows Vulkan 1.1, and its first queue family that can compute, and so fill and copy.
DeviceChoice choose_device(vk::raii::Instance const& instance) {
  for (vk::raii::PhysicalDevice& device : vk::raii::PhysicalDevices{instance}) {
    auto const families = device.getQueueFamilyProperties();
    for (std::uint32_t family = 0; family < families.size(); ++family) {
      if (device.getProperties().apiVersion >= api_version &&
          (families[family].queueFlags & vk::QueueFlagBits::eCompute)) {
        return {std::move(device), family};
      }
    }
  }
  throw std::runtime_error{"There is no device with Vulkan 1.1."};
}

// Commands that fill a buffer with a value and make it visible to the host.
vk::raii::CommandBuffer record_fill(vk::raii::Device const& device, vk::raii::CommandPool const& pool,
                                    vk::Buffer buffer, std::uint32_t value) {
  vk::raii::CommandBuffers all{device, {*pool, vk::CommandBufferLevel::ePrimary, 1}};
  vk::raii::CommandBuffer commands = std::move(all.front());
  commands.begin(vk::CommandBufferBeginInfo{vk::CommandBufferUsageFlagBits::eOneTimeSubmit});
  commands.fillBuffer(buffer, 0, VK_WHOLE_SIZE, value);
  commands.pipelineBarrier(vk::PipelineStageFlagBits::eTransfer, vk::PipelineStageFlagBits::eHost, {},
                           vk::MemoryBarrier{vk::AccessFlagBits::eTransferWrite, vk::AccessFlagBits::eHostRead}, {},
                           {});
  commands.end();
  return commands;
}

// --- ashlar beside it -----------------------------------------------------------------------------------------------

bool adopt_and_use() {
  vk::raii::Context const context;
  vk::ApplicationInfo const application{"adopt_vulkan_hpp", 1, nullptr, 0, api_version};
  vk::raii::Instance const instance{context, vk::InstanceCreateInfo{{}, &application}};
  auto const [physical_device, queue_family] = choose_device(instance);
  std::printf("the program's own device: %s\n", physical_device.getProperties().deviceName.data());

  float const priority = 1.0F;
  vk::DeviceQueueCreateInfo const queue_info{{}, queue_family, 1, &priority};
  vk::DeviceCreateInfo const create_info{{}, queue_info};
  vk::raii::Device const own_device{physical_device, create_info};
  vk::raii::Queue const own_queue{own_device, queue_family, 0};
  std::mutex queue_mutex;  // Vulkan lets one thread at a time touch a queue.

  // The handles of vulkan.hpp convert to Vulkan's own. Vulkan cannot be asked what a device was created with: what is
  // not told here, ashlar takes to be off. It uses only the extensions, features (pNext) and queues that it reads here.
  VkDeviceCreateInfo const& plain_create_info = create_info;
  auto const device = ashlar::Device::adopt({
      .instance = *instance,
      .physical_device = *physical_device,
      .device = *own_device,
      .get_instance_proc_addr = context.getDispatcher()->vkGetInstanceProcAddr,  // the same loader
      .api_version = api_version,
      .create_info = &plain_create_info,  // Read during the call only.
      .queues = {{.handle = *own_queue,
                  .family = queue_family,
                  .index = 0,
                  // The program also submits to the queue, under its mutex. So will ashlar.
                  .lock = {.lock = [](void* mutex) { static_cast<std::mutex*>(mutex)->lock(); },
                           .unlock = [](void* mutex) { static_cast<std::mutex*>(mutex)->unlock(); },
                           .user_data = &queue_mutex}}},
  });

  std::uint32_t sum = 0;
  {
    auto const allocator = ashlar::StandardMemoryAllocator{device};
    auto const numbers = ashlar::Buffer::new_slice<std::uint32_t>(
        allocator, {.usage = ashlar::BufferUsage::TransferDestination}, {.usage = ashlar::MemoryUsage::Download}, 1000);

    vk::raii::CommandPool const pool{own_device, vk::CommandPoolCreateInfo{{}, queue_family}};
    vk::raii::CommandBuffer const commands = record_fill(own_device, pool, numbers.handle(), 7);
    {
      std::lock_guard const lock{queue_mutex};
      own_queue.submit(vk::SubmitInfo{{}, {}, *commands});
    }
    device.queue(0).wait_idle();  // Locks the same mutex meanwhile.

    for (std::uint32_t const number : numbers.read()) {
      sum += number;
    }
    std::printf("the GPU wrote 1000 sevens into a buffer of ashlar's: their sum is %u\n", sum);
  }

  // Before the device goes: wait until it is idle, and see whether anything of ashlar's is left.
  ashlar::LiveObjects const live = device.drain();
  std::printf("left on the device: %llu buffers, %llu memory allocations\n",
              static_cast<unsigned long long>(live.buffers), static_cast<unsigned long long>(live.memory_allocations));
  return sum == 7000 && live.empty();
}  // ashlar's handle goes before own_device, which is destroyed by its owner alone.

}  // namespace

int main() {
  try {
    return adopt_and_use() ? 0 : 1;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
