// Handles of what does not live are noted, and never dereferenced; so is what lives too long.

#include <functional>
#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using Catch::Matchers::ContainsSubstring;

/// A handle that no driver gave.
template <class Handle>
Handle garbage() {
  if constexpr (std::is_pointer_v<Handle>) {
    return reinterpret_cast<Handle>(std::uintptr_t{24});
  } else {
    return 0xDEADBEEF;
  }
}

struct Scene {
  /// What a function breaks, called with a device of garbage and of life.
  template <class Pointer, class... Arguments>
  std::string call(char const* name, Arguments... arguments) {
    vulkan.call<Pointer>(name, arguments...);
    return violations(driver);
  }
  template <class Pointer, class... Arguments>
  std::string call_garbage(char const* name, Arguments... arguments) {
    vulkan.function<Pointer>(name)(garbage<VkDevice>(), arguments...);
    return violations(driver);
  }
  /// What a function breaks whose first argument is no device.
  template <class Pointer, class... Arguments>
  std::string call_other(char const* name, Arguments... arguments) {
    vulkan.instance().function<Pointer>(name)(arguments...);
    return violations(driver);
  }

  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
};

}  // namespace

TEST_CASE("calls on a device, queue or command buffer that does not live are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkMemoryAllocateInfo const allocation{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, nullptr, 16, cached};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  CHECK_THAT(scene.call_garbage<PFN_vkAllocateMemory>("vkAllocateMemory", &allocation, nullptr, &memory),
             ContainsSubstring("vkAllocateMemory: unknown handle"));
  CHECK_THAT(scene.call_garbage<PFN_vkDestroyDevice>("vkDestroyDevice", nullptr),
             ContainsSubstring("vkDestroyDevice: unknown handle"));
  CHECK_THAT(scene.call_garbage<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle"), ContainsSubstring("unknown handle"));
  VkQueue queue = nullptr;
  CHECK_THAT(scene.call_garbage<PFN_vkGetDeviceQueue>("vkGetDeviceQueue", 0U, 0U, &queue),
             ContainsSubstring("unknown handle"));
  CHECK_THAT(scene.call_other<PFN_vkQueueSubmit>("vkQueueSubmit", garbage<VkQueue>(), 0U, nullptr, VkFence{}),
             ContainsSubstring("vkQueueSubmit: unknown handle"));
  CHECK_THAT(scene.call_other<PFN_vkQueueWaitIdle>("vkQueueWaitIdle", garbage<VkQueue>()),
             ContainsSubstring("unknown handle"));
  auto const commands = garbage<VkCommandBuffer>();
  CHECK_THAT(scene.call_other<PFN_vkEndCommandBuffer>("vkEndCommandBuffer", commands),
             ContainsSubstring("unknown handle"));
  VkBufferCopy const region{0, 0, 1};
  CHECK_THAT(scene.call_other<PFN_vkCmdCopyBuffer>("vkCmdCopyBuffer", commands, VkBuffer{}, VkBuffer{}, 1U, &region),
             ContainsSubstring("unknown handle"));
}

TEST_CASE("a device that is destroyed does not live", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawInstance const instance;
  VkDevice device = nullptr;
  REQUIRE(create_raw_device(instance, driver.gpu(), device) == VK_SUCCESS);
  auto const wait_idle = instance.function<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle");
  auto const destroy = instance.function<PFN_vkDestroyDevice>("vkDestroyDevice");
  destroy(device, nullptr);
  CHECK(driver.take_violations().empty());
  wait_idle(device);
  destroy(device, nullptr);
  destroy(nullptr, nullptr);
  CHECK(violations(driver) == "vkDeviceWaitIdle: unknown handle\nvkDestroyDevice: unknown handle\n");
}

TEST_CASE("calls on an instance or a physical device that does not live are noted", "[simulated_driver][misuse]") {
  Scene scene;
  std::uint32_t count = 0;
  CHECK_THAT(scene.call_other<PFN_vkEnumeratePhysicalDevices>("vkEnumeratePhysicalDevices", garbage<VkInstance>(),
                                                              &count, nullptr),
             ContainsSubstring("unknown handle"));
  CHECK_THAT(scene.call_other<PFN_vkDestroyInstance>("vkDestroyInstance", garbage<VkInstance>(), nullptr),
             ContainsSubstring("unknown handle"));
  auto const gpu = garbage<VkPhysicalDevice>();
  VkPhysicalDeviceProperties properties{};
  CHECK_THAT(scene.call_other<PFN_vkGetPhysicalDeviceProperties>("vkGetPhysicalDeviceProperties", gpu, &properties),
             ContainsSubstring("unknown handle"));
  VkFormatProperties format{};
  CHECK_THAT(scene.call_other<PFN_vkGetPhysicalDeviceFormatProperties>("vkGetPhysicalDeviceFormatProperties", gpu,
                                                                       VK_FORMAT_R8_UNORM, &format),
             ContainsSubstring("unknown handle"));
  VkDeviceCreateInfo const info{
      VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, nullptr, 0, 0, nullptr, 0, nullptr, 0, nullptr, nullptr};
  VkDevice device = nullptr;
  CHECK_THAT(scene.call_other<PFN_vkCreateDevice>("vkCreateDevice", gpu, &info, nullptr, &device),
             ContainsSubstring("unknown handle"));
}

TEST_CASE("memory that does not live is noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkDeviceMemory const freed = scene.vulkan.allocate(64, cached);
  REQUIRE(scene.vulkan.map(freed) != nullptr);
  scene.vulkan.free(freed);
  VkBuffer const buffer = scene.vulkan.create_buffer(64);
  for (VkDeviceMemory const memory : {freed, garbage<VkDeviceMemory>()}) {
    scene.vulkan.flush(memory);
    CHECK_THAT(violations(scene.driver), ContainsSubstring("vkFlushMappedMemoryRanges: unknown handle"));
    scene.vulkan.invalidate(memory);
    CHECK_THAT(violations(scene.driver), ContainsSubstring("vkInvalidateMappedMemoryRanges: unknown handle"));
    CHECK(scene.vulkan.map(memory) == nullptr);
    CHECK_THAT(violations(scene.driver), ContainsSubstring("vkMapMemory: unknown handle"));
    scene.vulkan.unmap(memory);
    CHECK_THAT(violations(scene.driver), ContainsSubstring("vkUnmapMemory: unknown handle"));
    scene.vulkan.bind(buffer, memory);
    CHECK_THAT(violations(scene.driver), ContainsSubstring("vkBindBufferMemory: unknown handle"));
    scene.vulkan.free(memory);
    CHECK_THAT(violations(scene.driver), ContainsSubstring("vkFreeMemory: unknown handle"));
  }
}

TEST_CASE("other objects that do not live are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkBuffer const buffer = scene.vulkan.create_buffer(64);
  scene.vulkan.destroy_buffer(buffer);
  CHECK(scene.driver.take_violations().empty());
  scene.vulkan.destroy_buffer(buffer);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("vkDestroyBuffer: unknown handle"));
  static_cast<void>(scene.vulkan.requirements(buffer));
  CHECK_THAT(violations(scene.driver), ContainsSubstring("vkGetBufferMemoryRequirements: unknown handle"));
  static_cast<void>(scene.vulkan.fill(buffer, 'a'));
  CHECK_THAT(violations(scene.driver), ContainsSubstring("vkCmdFillBuffer: unknown handle"));
  scene.vulkan.destroy_image(garbage<VkImage>());
  CHECK_THAT(violations(scene.driver), ContainsSubstring("vkDestroyImage: unknown handle"));
  scene.vulkan.destroy_fence(garbage<VkFence>());
  CHECK_THAT(violations(scene.driver), ContainsSubstring("vkDestroyFence: unknown handle"));
  static_cast<void>(scene.vulkan.wait(garbage<VkFence>()));
  CHECK_THAT(violations(scene.driver), ContainsSubstring("vkWaitForFences: unknown handle"));
  scene.vulkan.destroy_semaphore(garbage<VkSemaphore>());
  CHECK_THAT(violations(scene.driver), ContainsSubstring("vkDestroySemaphore: unknown handle"));
  scene.vulkan.signal(garbage<VkSemaphore>(), 1);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("vkSignalSemaphore: unknown handle"));
  scene.vulkan.destroy_event(garbage<VkEvent>());
  CHECK_THAT(violations(scene.driver), ContainsSubstring("vkDestroyEvent: unknown handle"));
  CHECK_THAT(scene.call<PFN_vkDestroyCommandPool>("vkDestroyCommandPool", garbage<VkCommandPool>(), nullptr),
             ContainsSubstring("unknown handle"));
  CHECK_THAT(scene.call<PFN_vkDestroyBufferView>("vkDestroyBufferView", garbage<VkBufferView>(), nullptr),
             ContainsSubstring("unknown handle"));
  scene.vulkan.submit(scene.vulkan.queue(0), {{.command_buffers = {garbage<VkCommandBuffer>()}}});
  CHECK_THAT(violations(scene.driver), ContainsSubstring("vkQueueSubmit: unknown command buffer"));
  scene.vulkan.submit(scene.vulkan.queue(0), {{.waits = {garbage<VkSemaphore>()}}});
  CHECK_THAT(violations(scene.driver), ContainsSubstring("vkQueueSubmit: unknown handle"));
  scene.vulkan.wait_idle(scene.vulkan.queue(0));
}

TEST_CASE("objects are of one device", "[simulated_driver][misuse]") {
  Scene scene;
  RawVulkan other{scene.driver};
  VkDeviceMemory const memory = other.allocate(64, cached);
  CHECK(scene.vulkan.map(memory) == nullptr);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("vkMapMemory: unknown handle"));
}

TEST_CASE("objects that outlive their device are noted", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawInstance const instance;
  VkDevice device = nullptr;
  REQUIRE(create_raw_device(instance, driver.gpu(), device) == VK_SUCCESS);
  VkMemoryAllocateInfo const info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, nullptr, 16, cached};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  instance.function<PFN_vkAllocateMemory>("vkAllocateMemory")(device, &info, nullptr, &memory);
  CHECK(driver.live_objects() == 3);
  instance.function<PFN_vkDestroyDevice>("vkDestroyDevice")(device, nullptr);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkDestroyDevice-device-00378"));
  CHECK(driver.live_objects() == 1);
  CHECK(driver.heap_use(1) == 0);
}

TEST_CASE("a device that is destroyed with work under way is noted", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawInstance const instance;
  RawFeatures const features{driver.gpu()};
  VkDevice device = nullptr;
  REQUIRE(create_raw_device(instance, driver.gpu(), device, features.chain()) == VK_SUCCESS);
  VkSemaphoreTypeCreateInfo const type{VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO, nullptr,
                                       VK_SEMAPHORE_TYPE_TIMELINE, 0};
  VkSemaphoreCreateInfo const info{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, &type, 0};
  VkSemaphore semaphore = VK_NULL_HANDLE;
  instance.function<PFN_vkCreateSemaphore>("vkCreateSemaphore")(device, &info, nullptr, &semaphore);
  VkQueue queue = nullptr;
  instance.function<PFN_vkGetDeviceQueue>("vkGetDeviceQueue")(device, 0, 0, &queue);
  std::uint64_t const value = 1;
  VkTimelineSemaphoreSubmitInfo const values{
      VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO, nullptr, 1, &value, 0, nullptr};
  VkPipelineStageFlags const stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
  VkSubmitInfo const submit{VK_STRUCTURE_TYPE_SUBMIT_INFO, &values, 1, &semaphore, &stage, 0, nullptr, 0, nullptr};
  instance.function<PFN_vkQueueSubmit>("vkQueueSubmit")(queue, 1, &submit, VK_NULL_HANDLE);
  instance.function<PFN_vkDestroyDevice>("vkDestroyDevice")(device, nullptr);
  CHECK_THAT(violations(driver), ContainsSubstring("vkDestroyDevice: work is still under way"));
}

TEST_CASE("a device that outlives its instance is noted, and can be used", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawInstance instance;
  VkDevice device = nullptr;
  REQUIRE(create_raw_device(instance, driver.gpu(), device) == VK_SUCCESS);
  auto const allocate = instance.function<PFN_vkAllocateMemory>("vkAllocateMemory");
  auto const free = instance.function<PFN_vkFreeMemory>("vkFreeMemory");
  auto const destroy = instance.function<PFN_vkDestroyDevice>("vkDestroyDevice");
  instance.destroy();
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkDestroyInstance-instance-00629"));
  VkMemoryAllocateInfo const info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, nullptr, 16, cached};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  CHECK(allocate(device, &info, nullptr, &memory) == VK_SUCCESS);
  free(device, memory, nullptr);
  destroy(device, nullptr);
  CHECK(driver.take_violations().empty());
}

}  // namespace ashlar::test
