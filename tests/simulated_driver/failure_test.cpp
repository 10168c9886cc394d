// Calls that fail because a test told them to, and calls that are held.

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "simulated_driver/waiter.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

VkResult allocate(RawVulkan& vulkan) {
  VkDeviceMemory memory = VK_NULL_HANDLE;
  return vulkan.try_allocate(16, cached, memory);
}

constexpr VkResult failure = VK_ERROR_OUT_OF_HOST_MEMORY;

}  // namespace

TEST_CASE("the nth call from now on fails, and no other", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  CHECK(allocate(vulkan) == VK_SUCCESS);
  vulkan.control().fail_next("vkAllocateMemory", failure, 2);
  CHECK(allocate(vulkan) == VK_SUCCESS);
  CHECK(allocate(vulkan) == failure);
  CHECK(allocate(vulkan) == VK_SUCCESS);
  CHECK(driver.live_memories() == 3);
}

TEST_CASE("all calls fail from one on, until that is cancelled", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  vulkan.control().fail_from_now_on("vkAllocateMemory", failure);
  for (int i = 0; i < 3; ++i) {
    CHECK(allocate(vulkan) == failure);
  }
  vulkan.control().cancel_failures();
  CHECK(allocate(vulkan) == VK_SUCCESS);
}

TEST_CASE("a failure that is cancelled does not come", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  driver.fail_next("vkAllocateMemory", failure);
  driver.cancel_failures();
  CHECK(allocate(vulkan) == VK_SUCCESS);
}

TEST_CASE("calls and failures are counted by device", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan first{driver};
  RawVulkan second{driver};
  first.control().fail_next("vkAllocateMemory", failure, 2);
  CHECK(allocate(second) == VK_SUCCESS);
  CHECK(allocate(second) == VK_SUCCESS);
  CHECK(allocate(first) == VK_SUCCESS);
  CHECK(allocate(second) == VK_SUCCESS);
  CHECK(allocate(first) == failure);
  CHECK(first.control().calls("vkAllocateMemory") == 2);
  CHECK(second.control().calls("vkAllocateMemory") == 3);
  CHECK(driver.calls("vkAllocateMemory") == 5);
  second.control().cancel_failures();  // Those of the second alone.
  first.control().fail_from_now_on("vkAllocateMemory", failure);
  second.control().cancel_failures();
  CHECK(allocate(first) == failure);
  CHECK(allocate(second) == VK_SUCCESS);
}

TEST_CASE("a failure of the driver's counts the calls of all devices", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan first{driver};
  RawVulkan second{driver};
  driver.fail_next("vkAllocateMemory", failure, 3);
  CHECK(allocate(first) == VK_SUCCESS);
  CHECK(allocate(second) == VK_SUCCESS);
  CHECK(allocate(first) == failure);
}

TEST_CASE("other functions do not fail with one", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  vulkan.control().fail_from_now_on("vkMapMemory", VK_ERROR_MEMORY_MAP_FAILED);
  VkDeviceMemory const memory = vulkan.allocate(16, cached);
  void* address = nullptr;
  CHECK(vulkan.try_map(memory, 0, VK_WHOLE_SIZE, &address) == VK_ERROR_MEMORY_MAP_FAILED);
  CHECK(address == nullptr);
  CHECK(driver.take_violations().empty());
}

TEST_CASE("what fails has made nothing", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  std::uint64_t const before = driver.live_objects();
  for (char const* const function : {"vkCreateBuffer", "vkCreateImage", "vkCreateFence", "vkCreateSemaphore",
                                     "vkCreateEvent", "vkCreateCommandPool", "vkAllocateCommandBuffers"}) {
    vulkan.control().fail_next(function, failure);
  }
  CHECK(vulkan.create_buffer(16) == VK_NULL_HANDLE);
  CHECK(vulkan.create_image(16) == VK_NULL_HANDLE);
  CHECK(vulkan.create_fence() == VK_NULL_HANDLE);
  CHECK(vulkan.create_semaphore() == VK_NULL_HANDLE);
  CHECK(vulkan.create_event() == VK_NULL_HANDLE);
  VkCommandPoolCreateInfo const info{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, nullptr, 0, 0};
  VkCommandPool pool = VK_NULL_HANDLE;
  CHECK(vulkan.call<PFN_vkCreateCommandPool>("vkCreateCommandPool", &info, nullptr, &pool) == failure);
  CHECK(driver.live_objects() == before);
  CHECK(vulkan.allocate_commands(0) == nullptr);
  CHECK(driver.live_objects() == before + 1);  // The pool.
}

TEST_CASE("a flush or an invalidation fails half-way", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(2 * atom, cached);
  char* const host = vulkan.map(memory);
  VkMappedMemoryRange const ranges[] = {{VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, nullptr, memory, 0, atom},
                                        {VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, nullptr, memory, atom, atom}};
  host[0] = host[atom] = 'h';
  vulkan.control().fail_half_way("vkFlushMappedMemoryRanges", failure, 1);
  CHECK(vulkan.call<PFN_vkFlushMappedMemoryRanges>("vkFlushMappedMemoryRanges", 2U, ranges) == failure);
  CHECK(driver.device_read(memory, 0, 1) == "h");
  CHECK(driver.device_read(memory, atom, 1) == std::string(1, fresh));
  CHECK(driver.flushes().size() == 1);
  driver.device_write(memory, 0, "d");
  driver.device_write(memory, atom, "d");
  vulkan.control().fail_half_way("vkInvalidateMappedMemoryRanges", failure, 1);
  CHECK(vulkan.call<PFN_vkInvalidateMappedMemoryRanges>("vkInvalidateMappedMemoryRanges", 2U, ranges) == failure);
  CHECK(host[0] == 'd');
  CHECK(host[atom] == 'h');
}

TEST_CASE("a binding of several buffers fails half-way", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(64, coherent);
  VkBuffer const buffers[] = {vulkan.create_buffer(16), vulkan.create_buffer(16)};
  VkBindBufferMemoryInfo const infos[] = {{VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_INFO, nullptr, buffers[0], memory, 0},
                                          {VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_INFO, nullptr, buffers[1], memory, 16}};
  vulkan.control().fail_half_way("vkBindBufferMemory2", failure, 1);
  CHECK(vulkan.call<PFN_vkBindBufferMemory2>("vkBindBufferMemory2", 2U, infos) == failure);
  vulkan.run(vulkan.queue(0), vulkan.fill(buffers[0], 'a'));
  CHECK(driver.device_read(memory, 0, 16) == std::string(16, 'a'));
  CHECK(vulkan.bind(buffers[1], memory, 16) == VK_SUCCESS);  // It was not.
  CHECK(driver.take_violations().empty());
}

TEST_CASE("calls that need no device fail by the driver's control", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  driver.fail_next("vkCreateInstance", VK_ERROR_INCOMPATIBLE_DRIVER);
  CHECK(RawInstance{}.result() == VK_ERROR_INCOMPATIBLE_DRIVER);
  RawInstance const instance;
  CHECK(instance.result() == VK_SUCCESS);

  std::uint32_t count = 7;
  driver.fail_next("vkEnumeratePhysicalDevices", VK_ERROR_INITIALIZATION_FAILED);
  auto const enumerate = instance.function<PFN_vkEnumeratePhysicalDevices>("vkEnumeratePhysicalDevices");
  CHECK(enumerate(instance.handle(), &count, nullptr) == VK_ERROR_INITIALIZATION_FAILED);
  CHECK(enumerate(instance.handle(), &count, nullptr) == VK_SUCCESS);
  CHECK(count == 1);

  VkDevice device = nullptr;
  driver.fail_next("vkCreateDevice", VK_ERROR_TOO_MANY_OBJECTS);
  CHECK(create_raw_device(instance, driver.gpu(), device) == VK_ERROR_TOO_MANY_OBJECTS);
  CHECK(device == nullptr);
  CHECK(driver.live_objects() == 1);
}

TEST_CASE("a gate holds one call, and lets others pass", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  driver.block_next("vkAllocateMemory");
  VkMemoryAllocateInfo const info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, nullptr, 16, cached};
  VkDeviceMemory held = VK_NULL_HANDLE;
  auto const allocate_memory = vulkan.function<PFN_vkAllocateMemory>("vkAllocateMemory");
  Waiter waiter{[&] { return allocate_memory(vulkan.handle(), &info, nullptr, &held); }};
  driver.wait_until_blocked("vkAllocateMemory");
  CHECK(driver.live_memories() == 0);
  CHECK(allocate(vulkan) == VK_SUCCESS);
  CHECK(driver.live_memories() == 1);
  CHECK(driver.calls("vkAllocateMemory") == 2);
  CHECK_FALSE(waiter.returned());
  driver.release("vkAllocateMemory");
  CHECK(waiter.join() == VK_SUCCESS);
  CHECK(driver.live_memories() == 2);
  vulkan.free(held);
}

TEST_CASE("a call that is held may be told to fail before", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  driver.block_next("vkAllocateMemory");
  vulkan.control().fail_next("vkAllocateMemory", failure);
  VkMemoryAllocateInfo const info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, nullptr, 16, cached};
  VkDeviceMemory held = VK_NULL_HANDLE;
  auto const allocate_memory = vulkan.function<PFN_vkAllocateMemory>("vkAllocateMemory");
  Waiter waiter{[&] { return allocate_memory(vulkan.handle(), &info, nullptr, &held); }};
  driver.wait_until_blocked("vkAllocateMemory");
  CHECK(allocate(vulkan) == VK_SUCCESS);  // The failure is the first call's.
  driver.release("vkAllocateMemory");
  CHECK(waiter.join() == failure);
}

TEST_CASE("functions and heaps that there are not are refused by the control", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  CHECK_THROWS_AS(driver.fail_next("vkAlocateMemory", VK_ERROR_OUT_OF_HOST_MEMORY), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(driver.calls("vkCmdDraw")), std::invalid_argument);
  CHECK_THROWS_AS(driver.block_next(""), std::invalid_argument);
  RawVulkan const vulkan{driver};
  CHECK_THROWS_AS(vulkan.control().occupy_heap(2, 1), std::invalid_argument);
  CHECK_THROWS_AS(vulkan.control().set_heap_budget(16, 1), std::invalid_argument);
}

TEST_CASE("a function is the same by its name as an extension's", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkSemaphore const timeline = vulkan.create_timeline();
  driver.fail_next("vkGetSemaphoreCounterValueKHR", VK_ERROR_OUT_OF_HOST_MEMORY);
  std::uint64_t value = 0;
  CHECK(vulkan.call<PFN_vkGetSemaphoreCounterValue>("vkGetSemaphoreCounterValue", timeline, &value) ==
        VK_ERROR_OUT_OF_HOST_MEMORY);
  CHECK(driver.calls("vkGetSemaphoreCounterValueKHR") == 1);
}

TEST_CASE("waiting at a gate ends when no call comes", "[simulated_driver]") {
  SimulatedDriver const driver{test_gpu()};
  simulated::ControlTable const& table = *simulated::device_control();
  table.close_gate("vkAllocateMemory");
  CHECK(table.wait_at_gate("vkAllocateMemory", 0) == VK_FALSE);
  table.open_gate("vkAllocateMemory");
}

}  // namespace ashlar::test
