#include <ashlar/device/device.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "device/vulkan.hpp"
#include "support/catch.hpp"
#include "support/vulkan_fixture.hpp"

namespace {

using ashlar::test::RecordedMessage;

class ValidationTest : public ashlar::test::VulkanTest {
 protected:
  template <class Function>
  Function function(char const* name) {
    auto const result = reinterpret_cast<Function>(device().proc_addr(name));
    REQUIRE(result != nullptr);
    return result;
  }
};

/// Whether a message has this id, or speaks of it.
bool speaks_of(std::vector<RecordedMessage> const& messages, std::string const& word) {
  return std::any_of(messages.begin(), messages.end(), [&](RecordedMessage const& message) {
    return message.id.find(word) != std::string::npos || message.text.find(word) != std::string::npos;
  });
}

}  // namespace

TEST_CASE_METHOD(ValidationTest, "a wrong call reaches the message callback", "[validation]") {
  REQUIRE(validation_on());
  VkBufferCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.size = 0;  // Wrong.
  info.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT;
  VkBuffer buffer = VK_NULL_HANDLE;
  if (function<PFN_vkCreateBuffer>("vkCreateBuffer")(device().handle(), &info, nullptr, &buffer) == VK_SUCCESS) {
    function<PFN_vkDestroyBuffer>("vkDestroyBuffer")(device().handle(), buffer, nullptr);
  }
  CHECK(speaks_of(take_messages(), "VUID-VkBufferCreateInfo-size-00912"));
}

TEST_CASE_METHOD(ValidationTest, "the destruction of the instance is validated too", "[validation]") {
  REQUIRE(validation_on());
  {
    ashlar::Instance const own = ashlar::Instance::create(instance_info());
    VkDebugUtilsMessengerCreateInfoEXT info{};
    info.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT;
    info.messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
    info.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT;
    info.pfnUserCallback = [](VkDebugUtilsMessageSeverityFlagBitsEXT, VkDebugUtilsMessageTypeFlagsEXT,
                              VkDebugUtilsMessengerCallbackDataEXT const*, void*) -> VkBool32 { return VK_FALSE; };
    VkDebugUtilsMessengerEXT left_behind = VK_NULL_HANDLE;
    REQUIRE(reinterpret_cast<PFN_vkCreateDebugUtilsMessengerEXT>(own.proc_addr("vkCreateDebugUtilsMessengerEXT"))(
                own.handle(), &info, nullptr, &left_behind) == VK_SUCCESS);
  }
  CHECK(speaks_of(take_messages(), "VUID-vkDestroyInstance-instance-00629"));
}

TEST_CASE_METHOD(ValidationTest, "a hazard between commands is reported", "[validation]") {
  REQUIRE(validation_on());
  VkDevice const handle = device().handle();
  ashlar::Queue const queue = device().queue(ashlar::QueueFlag::Transfer);

  VkBufferCreateInfo buffer_info{};
  buffer_info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  buffer_info.size = 256;
  buffer_info.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  VkBuffer buffer = VK_NULL_HANDLE;
  REQUIRE(function<PFN_vkCreateBuffer>("vkCreateBuffer")(handle, &buffer_info, nullptr, &buffer) == VK_SUCCESS);
  VkMemoryRequirements requirements{};
  function<PFN_vkGetBufferMemoryRequirements>("vkGetBufferMemoryRequirements")(handle, buffer, &requirements);
  VkMemoryAllocateInfo memory_info{};
  memory_info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
  memory_info.allocationSize = requirements.size;
  memory_info.memoryTypeIndex = static_cast<std::uint32_t>(std::countr_zero(requirements.memoryTypeBits));
  VkDeviceMemory memory = VK_NULL_HANDLE;
  REQUIRE(function<PFN_vkAllocateMemory>("vkAllocateMemory")(handle, &memory_info, nullptr, &memory) == VK_SUCCESS);
  REQUIRE(function<PFN_vkBindBufferMemory>("vkBindBufferMemory")(handle, buffer, memory, 0) == VK_SUCCESS);

  VkCommandPoolCreateInfo pool_info{};
  pool_info.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  pool_info.queueFamilyIndex = queue.family();
  VkCommandPool pool = VK_NULL_HANDLE;
  REQUIRE(function<PFN_vkCreateCommandPool>("vkCreateCommandPool")(handle, &pool_info, nullptr, &pool) == VK_SUCCESS);
  VkCommandBufferAllocateInfo commands_info{};
  commands_info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  commands_info.commandPool = pool;
  commands_info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  commands_info.commandBufferCount = 1;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  REQUIRE(function<PFN_vkAllocateCommandBuffers>("vkAllocateCommandBuffers")(handle, &commands_info, &commands) ==
          VK_SUCCESS);
  VkCommandBufferBeginInfo begin{};
  begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  CHECK(function<PFN_vkBeginCommandBuffer>("vkBeginCommandBuffer")(commands, &begin) == VK_SUCCESS);
  auto const fill = function<PFN_vkCmdFillBuffer>("vkCmdFillBuffer");
  fill(commands, buffer, 0, VK_WHOLE_SIZE, 1);
  CHECK(take_messages().empty());
  fill(commands, buffer, 0, VK_WHOLE_SIZE, 2);  // Without a barrier.
  CHECK(function<PFN_vkEndCommandBuffer>("vkEndCommandBuffer")(commands) == VK_SUCCESS);
  CHECK(speaks_of(take_messages(), "SYNC-HAZARD-WRITE-AFTER-WRITE"));

  function<PFN_vkDestroyCommandPool>("vkDestroyCommandPool")(handle, pool, nullptr);
  function<PFN_vkDestroyBuffer>("vkDestroyBuffer")(handle, buffer, nullptr);
  function<PFN_vkFreeMemory>("vkFreeMemory")(handle, memory, nullptr);
}
