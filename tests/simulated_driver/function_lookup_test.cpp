// Which functions are to be had, from whom, and when.

#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

bool has_instance_function(VkInstance instance, char const* name) {
  return simulated::get_instance_proc_addr(instance, name) != nullptr;
}

/// A device without any extension, and what it has.
class BareDevice {
 public:
  explicit BareDevice(Gpu const& gpu, std::vector<std::string> const& extensions = {}) {
    REQUIRE(create_raw_device(instance_, gpu, device_, nullptr, extensions) == VK_SUCCESS);
    proc_addr_ = instance_.function<PFN_vkGetDeviceProcAddr>("vkGetDeviceProcAddr");
  }
  BareDevice(BareDevice const&) = delete;
  BareDevice& operator=(BareDevice const&) = delete;
  ~BareDevice() { instance_.function<PFN_vkDestroyDevice>("vkDestroyDevice")(device_, nullptr); }

  [[nodiscard]] PFN_vkVoidFunction find(char const* name) const { return proc_addr_(device_, name); }
  [[nodiscard]] bool has(char const* name) const { return find(name) != nullptr; }
  [[nodiscard]] RawInstance const& instance() const { return instance_; }

 private:
  RawInstance instance_;
  VkDevice device_ = nullptr;
  PFN_vkGetDeviceProcAddr proc_addr_ = nullptr;
};

}  // namespace

TEST_CASE("without an instance only the global functions are there", "[simulated_driver]") {
  SimulatedDriver const driver{test_gpu()};
  for (char const* const name :
       {"vkCreateInstance", "vkEnumerateInstanceExtensionProperties", "vkEnumerateInstanceLayerProperties",
        "vkEnumerateInstanceVersion", "vkGetInstanceProcAddr"}) {
    CHECK(has_instance_function(nullptr, name));
  }
  for (char const* const name : {"vkDestroyInstance", "vkEnumeratePhysicalDevices", "vkGetPhysicalDeviceProperties",
                                 "vkCreateDevice", "vkGetDeviceProcAddr", "vkAllocateMemory", "vkNothing"}) {
    CHECK_FALSE(has_instance_function(nullptr, name));
  }
}

TEST_CASE("an instance that does not live has no functions", "[simulated_driver]") {
  SimulatedDriver const driver{test_gpu()};
  auto const garbage = reinterpret_cast<VkInstance>(std::uintptr_t{16});
  CHECK_FALSE(has_instance_function(garbage, "vkEnumeratePhysicalDevices"));
  RawInstance instance;
  VkInstance const handle = instance.handle();
  CHECK(has_instance_function(handle, "vkEnumeratePhysicalDevices"));
  instance.destroy();
  CHECK_FALSE(has_instance_function(handle, "vkEnumeratePhysicalDevices"));
}

TEST_CASE("what the driver cannot do it does not offer", "[simulated_driver]") {
  SimulatedDriver const driver{test_gpu()};
  BareDevice const device{driver.gpu(), driver.gpu().extensions()};
  for (char const* const name : {"vkCmdDraw", "vkCreateShaderModule", "vkQueueBindSparse", "vkCmdDispatch"}) {
    CHECK_FALSE(device.has(name));
    CHECK_FALSE(has_instance_function(device.instance().handle(), name));
  }
}

TEST_CASE("a device has functions of devices alone", "[simulated_driver]") {
  SimulatedDriver const driver{test_gpu()};
  BareDevice const device{driver.gpu()};
  for (char const* const name : {"vkDestroyDevice", "vkGetDeviceProcAddr", "vkGetDeviceQueue", "vkAllocateMemory",
                                 "vkQueueSubmit", "vkCmdCopyBuffer"}) {
    CHECK(device.has(name));
    CHECK(has_instance_function(device.instance().handle(), name));
  }
  for (char const* const name : {"vkCreateInstance", "vkDestroyInstance", "vkEnumeratePhysicalDevices",
                                 "vkCreateDevice", "vkGetPhysicalDeviceProperties"}) {
    CHECK_FALSE(device.has(name));
  }
}

TEST_CASE("functions of an extension are there once it is enabled", "[simulated_driver]") {
  SimulatedDriver const driver{test_gpu()};
  struct Extension {
    char const* name;
    char const* function;
  };
  Extension const extension =
      GENERATE(Extension{VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME, "vkGetMemoryFdKHR"},
               Extension{VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME, "vkWaitSemaphoresKHR"},
               Extension{VK_KHR_SYNCHRONIZATION_2_EXTENSION_NAME, "vkQueueSubmit2KHR"},
               Extension{VK_KHR_COPY_COMMANDS_2_EXTENSION_NAME, "vkCmdCopyBuffer2KHR"},
               Extension{VK_KHR_BIND_MEMORY_2_EXTENSION_NAME, "vkBindBufferMemory2KHR"},
               Extension{VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME, "vkGetBufferDeviceAddressKHR"},
               Extension{VK_KHR_MAINTENANCE_4_EXTENSION_NAME, "vkGetDeviceBufferMemoryRequirementsKHR"});
  INFO(extension.name);
  CHECK_FALSE(BareDevice{driver.gpu()}.has(extension.function));
  CHECK(BareDevice(driver.gpu(), {extension.name}).has(extension.function));
}

TEST_CASE("a function of an extension is that of the version that took it over", "[simulated_driver]") {
  SimulatedDriver const driver{test_gpu()};
  BareDevice const device{driver.gpu(), driver.gpu().extensions()};
  for (std::string const name : {"vkBindBufferMemory2",
                                 "vkBindImageMemory2",
                                 "vkCmdCopyBuffer2",
                                 "vkCmdCopyBufferToImage2",
                                 "vkCmdCopyImage2",
                                 "vkCmdCopyImageToBuffer2",
                                 "vkCmdPipelineBarrier2",
                                 "vkCmdResetEvent2",
                                 "vkCmdSetEvent2",
                                 "vkCmdWaitEvents2",
                                 "vkGetBufferDeviceAddress",
                                 "vkGetBufferMemoryRequirements2",
                                 "vkGetBufferOpaqueCaptureAddress",
                                 "vkGetDeviceBufferMemoryRequirements",
                                 "vkGetDeviceImageMemoryRequirements",
                                 "vkGetDeviceImageSparseMemoryRequirements",
                                 "vkGetDeviceMemoryOpaqueCaptureAddress",
                                 "vkGetImageMemoryRequirements2",
                                 "vkGetImageSparseMemoryRequirements2",
                                 "vkGetSemaphoreCounterValue",
                                 "vkQueueSubmit2",
                                 "vkSignalSemaphore",
                                 "vkWaitSemaphores"}) {
    INFO(name);
    CHECK(device.find(name.c_str()) != nullptr);
    CHECK(device.find(name.c_str()) == device.find((name + "KHR").c_str()));
  }
  RawInstance const instance{
      {VK_KHR_GET_PHYSICAL_DEVICE_PROPERTIES_2_EXTENSION_NAME, VK_KHR_EXTERNAL_MEMORY_CAPABILITIES_EXTENSION_NAME}};
  for (std::string const name :
       {"vkGetPhysicalDeviceExternalBufferProperties", "vkGetPhysicalDeviceFeatures2",
        "vkGetPhysicalDeviceFormatProperties2", "vkGetPhysicalDeviceImageFormatProperties2",
        "vkGetPhysicalDeviceMemoryProperties2", "vkGetPhysicalDeviceProperties2",
        "vkGetPhysicalDeviceQueueFamilyProperties2", "vkGetPhysicalDeviceSparseImageFormatProperties2"}) {
    INFO(name);
    auto const function = instance.function<PFN_vkVoidFunction>(name.c_str());
    CHECK(function != nullptr);
    CHECK(function == instance.function<PFN_vkVoidFunction>((name + "KHR").c_str()));
  }
}

TEST_CASE("functions of a version are there unless the GPU is older", "[simulated_driver]") {
  Gpu gpu = test_gpu();
  gpu.api_version = GENERATE(VK_API_VERSION_1_0, VK_API_VERSION_1_1, VK_API_VERSION_1_2, VK_API_VERSION_1_3);
  SimulatedDriver const driver{gpu};
  BareDevice const device{gpu};
  CHECK(device.has("vkAllocateMemory"));
  CHECK(device.has("vkBindBufferMemory2") == (gpu.api_version >= VK_API_VERSION_1_1));
  CHECK(device.has("vkWaitSemaphores") == (gpu.api_version >= VK_API_VERSION_1_2));
  CHECK(device.has("vkGetBufferDeviceAddress") == (gpu.api_version >= VK_API_VERSION_1_2));
  CHECK(device.has("vkQueueSubmit2") == (gpu.api_version >= VK_API_VERSION_1_3));
  CHECK(device.has("vkGetDeviceBufferMemoryRequirements") == (gpu.api_version >= VK_API_VERSION_1_3));
  VkPhysicalDeviceProperties properties{};
  device.instance().query<PFN_vkGetPhysicalDeviceProperties>("vkGetPhysicalDeviceProperties", properties);
  CHECK(properties.apiVersion == gpu.api_version);
}

TEST_CASE("functions of an instance's extension are there once it is enabled", "[simulated_driver]") {
  SimulatedDriver const driver{test_gpu()};
  RawInstance const bare;
  CHECK_FALSE(has_instance_function(bare.handle(), "vkGetPhysicalDeviceProperties2KHR"));
  CHECK_FALSE(has_instance_function(bare.handle(), "vkCreateDebugUtilsMessengerEXT"));
  RawInstance const extended{
      {VK_KHR_GET_PHYSICAL_DEVICE_PROPERTIES_2_EXTENSION_NAME, VK_EXT_DEBUG_UTILS_EXTENSION_NAME}};
  CHECK(has_instance_function(extended.handle(), "vkGetPhysicalDeviceProperties2KHR"));
  CHECK(has_instance_function(extended.handle(), "vkCreateDebugUtilsMessengerEXT"));
  CHECK(RawInstance{{"VK_KHR_surface"}}.result() == VK_ERROR_EXTENSION_NOT_PRESENT);
}

TEST_CASE("the loader is offered no VK_EXT_debug_utils: it has its own", "[simulated_driver]") {
  SimulatedDriver const driver{test_gpu()};
  auto const offers_it = [](PFN_vkGetInstanceProcAddr proc_addr) {
    auto const enumerate = reinterpret_cast<PFN_vkEnumerateInstanceExtensionProperties>(
        proc_addr(nullptr, "vkEnumerateInstanceExtensionProperties"));
    std::uint32_t count = 0;
    REQUIRE(enumerate(nullptr, &count, nullptr) == VK_SUCCESS);
    std::vector<VkExtensionProperties> extensions(count);
    REQUIRE(enumerate(nullptr, &count, extensions.data()) == VK_SUCCESS);
    return std::any_of(extensions.begin(), extensions.end(), [](VkExtensionProperties const& one) {
      return std::string{one.extensionName} == VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
    });
  };
  CHECK(offers_it(simulated::get_instance_proc_addr));
  CHECK_FALSE(offers_it(vk_icdGetInstanceProcAddr));
}

TEST_CASE("the loader's interface is version 5 or later", "[simulated_driver]") {
  std::uint32_t version = 7;
  CHECK(vk_icdNegotiateLoaderICDInterfaceVersion(&version) == VK_SUCCESS);
  CHECK(version == 5);
  version = 4;
  CHECK(vk_icdNegotiateLoaderICDInterfaceVersion(&version) == VK_ERROR_INCOMPATIBLE_DRIVER);
  CHECK(vk_icdGetPhysicalDeviceProcAddr(nullptr, "vkGetPhysicalDeviceProperties") != nullptr);
  CHECK(vk_icdGetPhysicalDeviceProcAddr(nullptr, "vkAllocateMemory") == nullptr);
}

}  // namespace ashlar::test
