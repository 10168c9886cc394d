// A program that has its own VkDevice lets ashlar use it: ashlar::Device::adopt.
//
// Run it with ./examples/run adopt_device

#include <vulkan/vulkan.h>
#include <ashlar/ashlar.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <mutex>
#include <vector>

namespace {

void check(VkResult result, char const* function) {
  if (result != VK_SUCCESS) {
    throw ashlar::VulkanError{result, function};
  }
}

// --- The program's own Vulkan, as it was before ashlar ----------------------------------------------------------

constexpr std::uint32_t api_version = VK_API_VERSION_1_1;  // ashlar needs 1.1 or later.

struct Renderer {
  VkInstance instance = VK_NULL_HANDLE;
  VkPhysicalDevice physical_device = VK_NULL_HANDLE;
  VkDevice device = VK_NULL_HANDLE;
  std::uint32_t queue_family = 0;
  VkQueue queue = VK_NULL_HANDLE;
  std::mutex queue_mutex;  // Vulkan lets one thread at a time touch a queue.
  VkCommandPool command_pool = VK_NULL_HANDLE;

  Renderer() = default;
  Renderer(Renderer const&) = delete;
  ~Renderer() {
    if (device != VK_NULL_HANDLE) {
      vkDeviceWaitIdle(device);
      vkDestroyCommandPool(device, command_pool, nullptr);
      vkDestroyDevice(device, nullptr);
    }
    if (instance != VK_NULL_HANDLE) {
      vkDestroyInstance(instance, nullptr);
    }
  }
};

void create_instance(Renderer& renderer) {
  VkApplicationInfo application{};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.apiVersion = api_version;
  VkInstanceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  info.pApplicationInfo = &application;
  check(vkCreateInstance(&info, nullptr, &renderer.instance), "vkCreateInstance");
}

// The first device that knows Vulkan 1.1, and its first queue family that can compute, and so copy and fill.
bool choose_device(Renderer& renderer) {
  std::uint32_t count = 0;
  check(vkEnumeratePhysicalDevices(renderer.instance, &count, nullptr), "vkEnumeratePhysicalDevices");
  std::vector<VkPhysicalDevice> devices(count);
  check(vkEnumeratePhysicalDevices(renderer.instance, &count, devices.data()), "vkEnumeratePhysicalDevices");
  for (VkPhysicalDevice const device : devices) {
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(device, &properties);
    vkGetPhysicalDeviceQueueFamilyProperties(device, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families.data());
    for (std::uint32_t family = 0; family < count; ++family) {
      if ((families[family].queueFlags & VK_QUEUE_COMPUTE_BIT) != 0 && properties.apiVersion >= api_version) {
        std::printf("the program's own device: %s\n", properties.deviceName);
        renderer.physical_device = device;
        renderer.queue_family = family;
        return true;
      }
    }
  }
  return false;
}

void create_device(Renderer& renderer, VkDeviceCreateInfo const& info) {
  check(vkCreateDevice(renderer.physical_device, &info, nullptr, &renderer.device), "vkCreateDevice");
  vkGetDeviceQueue(renderer.device, renderer.queue_family, 0, &renderer.queue);

  VkCommandPoolCreateInfo pool_info{};
  pool_info.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  pool_info.queueFamilyIndex = renderer.queue_family;
  check(vkCreateCommandPool(renderer.device, &pool_info, nullptr, &renderer.command_pool), "vkCreateCommandPool");
}

// Submits commands that fill a buffer with a value and make it visible to the host.
void fill(Renderer& renderer, VkBuffer buffer, std::uint32_t value) {
  VkCommandBufferAllocateInfo allocate_info{};
  allocate_info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  allocate_info.commandPool = renderer.command_pool;
  allocate_info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  allocate_info.commandBufferCount = 1;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  check(vkAllocateCommandBuffers(renderer.device, &allocate_info, &commands), "vkAllocateCommandBuffers");

  VkCommandBufferBeginInfo begin_info{};
  begin_info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  check(vkBeginCommandBuffer(commands, &begin_info), "vkBeginCommandBuffer");
  vkCmdFillBuffer(commands, buffer, 0, VK_WHOLE_SIZE, value);
  VkMemoryBarrier barrier{};
  barrier.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  barrier.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
  barrier.dstAccessMask = VK_ACCESS_HOST_READ_BIT;
  vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0, nullptr,
                       0, nullptr);
  check(vkEndCommandBuffer(commands), "vkEndCommandBuffer");

  VkSubmitInfo submission{};
  submission.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  submission.commandBufferCount = 1;
  submission.pCommandBuffers = &commands;
  std::lock_guard const lock{renderer.queue_mutex};
  check(vkQueueSubmit(renderer.queue, 1, &submission, VK_NULL_HANDLE), "vkQueueSubmit");
}

// --- ashlar beside it -------------------------------------------------------------------------------------------

// The program also submits to the queue itself, under a mutex of its own. ashlar takes that mutex through these two.
void lock_queue(void* mutex) { static_cast<std::mutex*>(mutex)->lock(); }
void unlock_queue(void* mutex) { static_cast<std::mutex*>(mutex)->unlock(); }

ashlar::Device adopt(Renderer& renderer, VkDeviceCreateInfo const& create_info) {
  // Vulkan cannot be asked what a device was created with. What is not told here, ashlar takes to be off: it uses only
  // the extensions, the features (create_info.pNext) and the queues that it reads here.
  return ashlar::Device::adopt({
      .instance = renderer.instance,
      .physical_device = renderer.physical_device,
      .device = renderer.device,
      .get_instance_proc_addr = vkGetInstanceProcAddr,  // this program's loader
      .api_version = api_version,
      .create_info = &create_info,  // Read during the call only.
      .queues = {{.handle = renderer.queue,
                  .family = renderer.queue_family,
                  .index = 0,
                  .lock = {.lock = lock_queue, .unlock = unlock_queue, .user_data = &renderer.queue_mutex}}},
  });
}

// Buffers as on any other device.
bool use(ashlar::Device const& device, Renderer& renderer) {
  auto const allocator = ashlar::StandardMemoryAllocator{device};
  auto const numbers = ashlar::Buffer::new_slice<std::uint32_t>(
      allocator, {.usage = ashlar::BufferUsage::TransferDestination}, {.usage = ashlar::MemoryUsage::Download}, 1000);
  fill(renderer, numbers.handle(), 7);  // The program submits, under its mutex,
  device.queue(0).wait_idle();          // and so may ashlar, under the same.

  std::uint32_t sum = 0;
  for (std::uint32_t const number : numbers.read()) {
    sum += number;
  }
  std::printf("the GPU wrote 1000 sevens into a buffer of ashlar's: their sum is %u\n", sum);
  return sum == 7000;
}

bool adopt_and_use() {
  Renderer renderer;
  create_instance(renderer);
  if (!choose_device(renderer)) {
    std::fprintf(stderr, "There is no device with Vulkan 1.1.\n");
    return false;
  }
  float const priority = 1.0F;
  VkDeviceQueueCreateInfo queue_info{};
  queue_info.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
  queue_info.queueFamilyIndex = renderer.queue_family;
  queue_info.queueCount = 1;
  queue_info.pQueuePriorities = &priority;
  VkDeviceCreateInfo create_info{};
  create_info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  create_info.queueCreateInfoCount = 1;
  create_info.pQueueCreateInfos = &queue_info;
  create_device(renderer, create_info);

  ashlar::Device const device = adopt(renderer, create_info);
  bool const right = use(device, renderer);

  // Before the program destroys its device: wait until it is idle, and see whether anything of ashlar's is left, a
  // buffer in some global variable for example, which would use the device after its end.
  ashlar::LiveObjects const live = device.drain();
  std::printf("left on the device: %llu buffers, %llu memory allocations\n",
              static_cast<unsigned long long>(live.buffers), static_cast<unsigned long long>(live.memory_allocations));
  return right && live.empty();
}  // ashlar's handle goes first, then the renderer destroys its device. ashlar destroys nothing that it did not create.

}  // namespace

int main() {
  try {
    return adopt_and_use() ? 0 : 1;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
