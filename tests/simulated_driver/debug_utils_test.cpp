// VK_EXT_debug_utils, which the driver has where there is no loader.

#include <string>
#include <vector>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using Texts = std::vector<std::string>;

VkBool32 VKAPI_CALL note(VkDebugUtilsMessageSeverityFlagBitsEXT, VkDebugUtilsMessageTypeFlagsEXT,
                         VkDebugUtilsMessengerCallbackDataEXT const* data, void* texts) {
  static_cast<Texts*>(texts)->emplace_back(data->pMessage);
  return VK_FALSE;
}

/// For errors of validation.
VkDebugUtilsMessengerCreateInfoEXT messenger_info(Texts& texts) {
  VkDebugUtilsMessengerCreateInfoEXT info{};
  info.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT;
  info.messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
  info.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT;
  info.pfnUserCallback = note;
  info.pUserData = &texts;
  return info;
}

/// An instance with a messenger.
struct Scene {
  Scene() {
    VkDebugUtilsMessengerCreateInfoEXT const info = messenger_info(texts);
    auto const create = instance.function<PFN_vkCreateDebugUtilsMessengerEXT>("vkCreateDebugUtilsMessengerEXT");
    REQUIRE(create(instance.handle(), &info, nullptr, &messenger) == VK_SUCCESS);
  }

  void destroy_messenger() const {
    instance.function<PFN_vkDestroyDebugUtilsMessengerEXT>("vkDestroyDebugUtilsMessengerEXT")(instance.handle(),
                                                                                              messenger, nullptr);
  }
  void submit(VkDebugUtilsMessageSeverityFlagBitsEXT severity, VkDebugUtilsMessageTypeFlagsEXT type,
              char const* text) const {
    VkDebugUtilsMessengerCallbackDataEXT data{};
    data.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CALLBACK_DATA_EXT;
    data.pMessage = text;
    instance.function<PFN_vkSubmitDebugUtilsMessageEXT>("vkSubmitDebugUtilsMessageEXT")(instance.handle(), severity,
                                                                                        type, &data);
  }
  void use_wrongly() const {
    auto const garbage = reinterpret_cast<VkDevice>(std::uintptr_t{16});
    instance.function<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle")(garbage);
  }

  Texts texts;
  RawInstance instance{{VK_EXT_DEBUG_UTILS_EXTENSION_NAME}};
  VkDebugUtilsMessengerEXT messenger = VK_NULL_HANDLE;
};

}  // namespace

TEST_CASE("a messenger hears the messages of its severities and types", "[simulated_driver]") {
  SimulatedDriver const driver{test_gpu()};
  Scene scene;
  scene.submit(VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT, VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT, "heard");
  scene.submit(VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT, VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT, "mild");
  scene.submit(VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT, VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT, "general");
  CHECK(scene.texts == Texts{"heard"});
  scene.destroy_messenger();
  scene.submit(VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT, VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT, "late");
  CHECK(scene.texts == Texts{"heard"});
}

TEST_CASE("a messenger hears what the driver notes as wrong", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene;
  scene.use_wrongly();
  CHECK(scene.texts == Texts{"vkDeviceWaitIdle: a handle that does not live (VUID-vkDeviceWaitIdle-device-parameter)"});
  scene.destroy_messenger();
  scene.use_wrongly();
  CHECK(scene.texts.size() == 1);
  CHECK(driver.take_violations().size() == 2);
}

TEST_CASE("a messenger in the chain of vkCreateInstance hears, too", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  Texts texts;
  VkDebugUtilsMessengerCreateInfoEXT const info = messenger_info(texts);
  RawInstance const instance{{VK_EXT_DEBUG_UTILS_EXTENSION_NAME}, &info};
  auto const garbage = reinterpret_cast<VkDevice>(std::uintptr_t{16});
  instance.function<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle")(garbage);
  CHECK(texts == Texts{"vkDeviceWaitIdle: a handle that does not live (VUID-vkDeviceWaitIdle-device-parameter)"});
  CHECK(driver.take_violations().size() == 1);
}

TEST_CASE("names of objects are kept", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  Scene scene;
  VkDevice device = nullptr;
  REQUIRE(create_raw_device(scene.instance, driver.gpu(), device) == VK_SUCCESS);
  auto const set_name = scene.instance.function<PFN_vkSetDebugUtilsObjectNameEXT>("vkSetDebugUtilsObjectNameEXT");
  REQUIRE(set_name != nullptr);
  auto const name = [&](std::uint64_t object, char const* text) {
    VkDebugUtilsObjectNameInfoEXT const info{VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT, nullptr,
                                             VK_OBJECT_TYPE_BUFFER, object, text};
    return set_name(device, &info);
  };
  CHECK(driver.object_name(device, 7).empty());
  CHECK(name(7, "vertices") == VK_SUCCESS);
  CHECK(driver.object_name(device, 7) == "vertices");
  CHECK(driver.object_name(device, 8).empty());
  CHECK(name(7, nullptr) == VK_SUCCESS);
  CHECK(driver.object_name(device, 7).empty());
  scene.instance.function<PFN_vkDestroyDevice>("vkDestroyDevice")(device, nullptr);
  scene.destroy_messenger();
}

TEST_CASE("a messenger that outlives its instance is noted", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  {
    Scene const scene;
  }
  CHECK(violations(driver) ==
        "vkDestroyInstance: a VkDebugUtilsMessengerEXT still lives (VUID-vkDestroyInstance-instance-00629)\n");
}

}  // namespace ashlar::test
