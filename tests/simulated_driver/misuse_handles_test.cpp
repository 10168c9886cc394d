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
  constexpr std::uintptr_t value = 0xDEADBEEF;
  if constexpr (std::is_pointer_v<Handle>) {
    return reinterpret_cast<Handle>(value);
  } else {
    return value;
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
  CHECK_THAT(
      scene.call_garbage<PFN_vkAllocateMemory>("vkAllocateMemory", &allocation, nullptr, &memory),
      ContainsSubstring("vkAllocateMemory: a handle that does not live (VUID-vkAllocateMemory-device-parameter)"));
  CHECK_THAT(scene.call_garbage<PFN_vkDestroyDevice>("vkDestroyDevice", nullptr),
             ContainsSubstring("VUID-vkDestroyDevice-device-parameter"));
  CHECK_THAT(scene.call_garbage<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle"),
             ContainsSubstring("VUID-vkDeviceWaitIdle-device-parameter"));
  VkQueue queue = nullptr;
  CHECK_THAT(scene.call_garbage<PFN_vkGetDeviceQueue>("vkGetDeviceQueue", 0U, 0U, &queue),
             ContainsSubstring("VUID-vkGetDeviceQueue-device-parameter"));
  CHECK_THAT(scene.call_other<PFN_vkQueueSubmit>("vkQueueSubmit", garbage<VkQueue>(), 0U, nullptr, VkFence{}),
             ContainsSubstring("VUID-vkQueueSubmit-queue-parameter"));
  CHECK_THAT(scene.call_other<PFN_vkQueueWaitIdle>("vkQueueWaitIdle", garbage<VkQueue>()),
             ContainsSubstring("VUID-vkQueueWaitIdle-queue-parameter"));
  auto const commands = garbage<VkCommandBuffer>();
  CHECK_THAT(scene.call_other<PFN_vkEndCommandBuffer>("vkEndCommandBuffer", commands),
             ContainsSubstring("VUID-vkEndCommandBuffer-commandBuffer-parameter"));
  VkBufferCopy const region{0, 0, 1};
  CHECK_THAT(scene.call_other<PFN_vkCmdCopyBuffer>("vkCmdCopyBuffer", commands, VkBuffer{}, VkBuffer{}, 1U, &region),
             ContainsSubstring("VUID-vkCmdCopyBuffer-commandBuffer-parameter"));
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
  CHECK(violations(driver) ==
        "vkDeviceWaitIdle: a handle that does not live (VUID-vkDeviceWaitIdle-device-parameter)\n"
        "vkDestroyDevice: a handle that does not live (VUID-vkDestroyDevice-device-parameter)\n");
}

TEST_CASE("calls on an instance or a physical device that does not live are noted", "[simulated_driver][misuse]") {
  Scene scene;
  std::uint32_t count = 0;
  CHECK_THAT(scene.call_other<PFN_vkEnumeratePhysicalDevices>("vkEnumeratePhysicalDevices", garbage<VkInstance>(),
                                                              &count, nullptr),
             ContainsSubstring("VUID-vkEnumeratePhysicalDevices-instance-parameter"));
  CHECK_THAT(scene.call_other<PFN_vkDestroyInstance>("vkDestroyInstance", garbage<VkInstance>(), nullptr),
             ContainsSubstring("VUID-vkDestroyInstance-instance-parameter"));
  auto const gpu = garbage<VkPhysicalDevice>();
  VkPhysicalDeviceProperties properties{};
  CHECK_THAT(scene.call_other<PFN_vkGetPhysicalDeviceProperties>("vkGetPhysicalDeviceProperties", gpu, &properties),
             ContainsSubstring("VUID-vkGetPhysicalDeviceProperties-physicalDevice-parameter"));
  VkFormatProperties format{};
  CHECK_THAT(scene.call_other<PFN_vkGetPhysicalDeviceFormatProperties>("vkGetPhysicalDeviceFormatProperties", gpu,
                                                                       VK_FORMAT_R8_UNORM, &format),
             ContainsSubstring("VUID-vkGetPhysicalDeviceFormatProperties-physicalDevice-parameter"));
  VkDeviceCreateInfo const info{
      VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, nullptr, 0, 0, nullptr, 0, nullptr, 0, nullptr, nullptr};
  VkDevice device = nullptr;
  CHECK_THAT(scene.call_other<PFN_vkCreateDevice>("vkCreateDevice", gpu, &info, nullptr, &device),
             ContainsSubstring("VUID-vkCreateDevice-physicalDevice-parameter"));
}

TEST_CASE("memory that does not live is noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkDeviceMemory const freed = scene.vulkan.allocate(64, cached);
  REQUIRE(scene.vulkan.map(freed) != nullptr);
  scene.vulkan.free(freed);
  VkBuffer const buffer = scene.vulkan.create_buffer(64);
  auto const check = [&](VkDeviceMemory memory, std::string const& what) {
    scene.vulkan.flush(memory);
    CHECK(violations(scene.driver) ==
          "vkFlushMappedMemoryRanges: " + what + " (VUID-VkMappedMemoryRange-memory-parameter)\n");
    scene.vulkan.invalidate(memory);
    CHECK(violations(scene.driver) ==
          "vkInvalidateMappedMemoryRanges: " + what + " (VUID-VkMappedMemoryRange-memory-parameter)\n");
    CHECK(scene.vulkan.map(memory) == nullptr);
    CHECK(violations(scene.driver) == "vkMapMemory: " + what + " (VUID-vkMapMemory-memory-parameter)\n");
    scene.vulkan.unmap(memory);
    CHECK(violations(scene.driver) == "vkUnmapMemory: " + what + " (VUID-vkUnmapMemory-memory-parameter)\n");
    scene.vulkan.bind(buffer, memory);
    CHECK(violations(scene.driver) == "vkBindBufferMemory: " + what + " (VUID-vkBindBufferMemory-memory-parameter)\n");
    scene.vulkan.free(memory);
    CHECK(violations(scene.driver) == "vkFreeMemory: " + what + " (VUID-vkFreeMemory-memory-parameter)\n");
  };
  check(freed, "a handle of what was destroyed");
  check(garbage<VkDeviceMemory>(), "a handle that never was one");
}

TEST_CASE("other objects that do not live are noted", "[simulated_driver][misuse]") {
  Scene scene;
  VkBuffer const buffer = scene.vulkan.create_buffer(64);
  scene.vulkan.destroy_buffer(buffer);
  CHECK(scene.driver.take_violations().empty());
  scene.vulkan.destroy_buffer(buffer);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkDestroyBuffer-buffer-parameter"));
  static_cast<void>(scene.vulkan.requirements(buffer));
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkGetBufferMemoryRequirements-buffer-parameter"));
  static_cast<void>(scene.vulkan.fill(buffer, 'a'));
  CHECK_THAT(violations(scene.driver), ContainsSubstring("vkCmdFillBuffer: a handle of what was destroyed"));
  scene.vulkan.destroy_image(garbage<VkImage>());
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkDestroyImage-image-parameter"));
  scene.vulkan.destroy_fence(garbage<VkFence>());
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkDestroyFence-fence-parameter"));
  static_cast<void>(scene.vulkan.wait(garbage<VkFence>()));
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkWaitForFences-pFences-parameter"));
  scene.vulkan.destroy_semaphore(garbage<VkSemaphore>());
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkDestroySemaphore-semaphore-parameter"));
  scene.vulkan.signal(garbage<VkSemaphore>(), 1);
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkSemaphoreSignalInfo-semaphore-parameter"));
  scene.vulkan.destroy_event(garbage<VkEvent>());
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-vkDestroyEvent-event-parameter"));
  CHECK_THAT(scene.call<PFN_vkDestroyCommandPool>("vkDestroyCommandPool", garbage<VkCommandPool>(), nullptr),
             ContainsSubstring("a handle that never was one"));
  CHECK_THAT(scene.call<PFN_vkDestroyBufferView>("vkDestroyBufferView", garbage<VkBufferView>(), nullptr),
             ContainsSubstring("VUID-vkDestroyBufferView-bufferView-parameter"));
  scene.vulkan.submit(scene.vulkan.queue(0), {{.command_buffers = {garbage<VkCommandBuffer>()}}});
  CHECK_THAT(violations(scene.driver), ContainsSubstring("VUID-VkSubmitInfo-pCommandBuffers-parameter"));
  scene.vulkan.submit(scene.vulkan.queue(0), {{.waits = {garbage<VkSemaphore>()}}});
  CHECK_THAT(violations(scene.driver), ContainsSubstring("vkQueueSubmit: a handle that never was one"));
  scene.vulkan.wait_idle(scene.vulkan.queue(0));
}

TEST_CASE("objects are of one device", "[simulated_driver][misuse]") {
  Scene scene;
  RawVulkan other{scene.driver};
  VkDeviceMemory const memory = other.allocate(64, cached);
  CHECK(scene.vulkan.map(memory) == nullptr);
  CHECK(violations(scene.driver) == "vkMapMemory: a handle of another device (VUID-vkMapMemory-memory-parent)\n");
  VkBuffer const buffer = scene.vulkan.create_buffer(64);
  VkBindBufferMemoryInfo const info{VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_INFO, nullptr, buffer, memory, 0};
  CHECK(scene.call<PFN_vkBindBufferMemory2>("vkBindBufferMemory2", 1U, &info) ==
        "vkBindBufferMemory2: a handle of another device (VUID-VkBindBufferMemoryInfo-commonparent)\n");
  other.bind(other.create_buffer(64), memory);
  CHECK(scene.driver.take_violations().empty());
}

TEST_CASE("a handle of another type is no handle of this one", "[simulated_driver][misuse]") {
  Scene scene;
  VkImage const image = scene.vulkan.create_image(16);
  VkBuffer const buffer = reinterpret_cast<VkBuffer>(image);
  static_cast<void>(scene.vulkan.requirements(buffer));
  CHECK(violations(scene.driver) ==
        "vkGetBufferMemoryRequirements: a handle of a VkImage "
        "(VUID-vkGetBufferMemoryRequirements-buffer-parameter)\n");
  scene.vulkan.call<PFN_vkDestroyBuffer>("vkDestroyBuffer", buffer, nullptr);
  CHECK(violations(scene.driver) == "vkDestroyBuffer: a handle of a VkImage (VUID-vkDestroyBuffer-buffer-parameter)\n");
  scene.vulkan.unmap(reinterpret_cast<VkDeviceMemory>(image));
  CHECK(violations(scene.driver) == "vkUnmapMemory: a handle of a VkImage (VUID-vkUnmapMemory-memory-parameter)\n");
  scene.vulkan.bind(scene.vulkan.create_buffer(16), VK_NULL_HANDLE);
  CHECK(violations(scene.driver) == "vkBindBufferMemory: a null handle (VUID-vkBindBufferMemory-memory-parameter)\n");
}

TEST_CASE("each object that outlives its device is noted, by its name if it has one", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawInstance const instance{{VK_EXT_DEBUG_UTILS_EXTENSION_NAME}};
  VkDevice device = nullptr;
  REQUIRE(create_raw_device(instance, driver.gpu(), device) == VK_SUCCESS);
  VkMemoryAllocateInfo const info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, nullptr, 16, cached};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  instance.function<PFN_vkAllocateMemory>("vkAllocateMemory")(device, &info, nullptr, &memory);
  VkFenceCreateInfo const fence_info{VK_STRUCTURE_TYPE_FENCE_CREATE_INFO, nullptr, 0};
  VkFence fence = VK_NULL_HANDLE;
  instance.function<PFN_vkCreateFence>("vkCreateFence")(device, &fence_info, nullptr, &fence);
  VkDebugUtilsObjectNameInfoEXT const name{VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT, nullptr,
                                           VK_OBJECT_TYPE_DEVICE_MEMORY, reinterpret_cast<std::uint64_t>(memory),
                                           "vertices"};
  instance.function<PFN_vkSetDebugUtilsObjectNameEXT>("vkSetDebugUtilsObjectNameEXT")(device, &name);
  CHECK(driver.live_objects() == 4);
  instance.function<PFN_vkDestroyDevice>("vkDestroyDevice")(device, nullptr);
  auto const noted = driver.take_violations();
  REQUIRE(noted.size() == 2);
  CHECK_THAT(noted[0], ContainsSubstring("vkDestroyDevice: a VkDeviceMemory, 0x"));
  CHECK_THAT(noted[0], ContainsSubstring(", \"vertices\", still lives (VUID-vkDestroyDevice-device-00378)"));
  CHECK_THAT(noted[1], ContainsSubstring("vkDestroyDevice: a VkFence, 0x"));
  CHECK_THAT(noted[1], ContainsSubstring(", still lives (VUID-vkDestroyDevice-device-00378)"));
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
  auto const noted = driver.take_violations();
  REQUIRE(noted.size() == 1);
  CHECK_THAT(noted[0], ContainsSubstring("vkDestroyInstance: a VkDevice, 0x"));
  CHECK_THAT(noted[0], ContainsSubstring("VUID-vkDestroyInstance-instance-00629"));
  VkMemoryAllocateInfo const info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, nullptr, 16, cached};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  CHECK(allocate(device, &info, nullptr, &memory) == VK_SUCCESS);
  free(device, memory, nullptr);
  destroy(device, nullptr);
  CHECK(driver.take_violations().empty());
}

}  // namespace ashlar::test
