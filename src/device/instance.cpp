#include <ashlar/device/instance.hpp>

#include <ashlar/error.hpp>

#include "access.hpp"
#include "device/check.hpp"
#include "device/enumerate.hpp"
#include "device/instance_state.hpp"
#include "device/loader.hpp"
#include "text.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

namespace ashlar {

namespace detail {

namespace {

constexpr char const* validation_layer = "VK_LAYER_KHRONOS_validation";

/// Functions that need no instance.
struct GlobalFunctions {
  PFN_vkEnumerateInstanceVersion vkEnumerateInstanceVersion = nullptr;
  PFN_vkEnumerateInstanceExtensionProperties vkEnumerateInstanceExtensionProperties = nullptr;
  PFN_vkEnumerateInstanceLayerProperties vkEnumerateInstanceLayerProperties = nullptr;
  PFN_vkCreateInstance vkCreateInstance = nullptr;
};

/// Looks up one function. \throws VulkanError naming it if it is missing.
template <class Function>
void load(Function& function, PFN_vkGetInstanceProcAddr loader, VkInstance instance, char const* name) {
  function = reinterpret_cast<Function>(loader(instance, name));
  if (function == nullptr) {
    throw VulkanError{VK_ERROR_INITIALIZATION_FAILED, name, "The Vulkan loader does not have this function"};
  }
}

GlobalFunctions load_global_functions(PFN_vkGetInstanceProcAddr loader) {
  GlobalFunctions vk;
  // Missing in a loader of Vulkan 1.0.
  vk.vkEnumerateInstanceVersion =
      reinterpret_cast<PFN_vkEnumerateInstanceVersion>(loader(VK_NULL_HANDLE, "vkEnumerateInstanceVersion"));
  load(vk.vkEnumerateInstanceExtensionProperties, loader, VK_NULL_HANDLE, "vkEnumerateInstanceExtensionProperties");
  load(vk.vkEnumerateInstanceLayerProperties, loader, VK_NULL_HANDLE, "vkEnumerateInstanceLayerProperties");
  load(vk.vkCreateInstance, loader, VK_NULL_HANDLE, "vkCreateInstance");
  return vk;
}

/// The newest version up to 1.3 that the loader has.
std::uint32_t usable_version(GlobalFunctions const& vk) {
  std::uint32_t version = VK_API_VERSION_1_0;
  if (vk.vkEnumerateInstanceVersion != nullptr) {
    check(vk.vkEnumerateInstanceVersion(&version), "vkEnumerateInstanceVersion");
  }
  if (version < VK_API_VERSION_1_1) {
    throw NotFoundError{text("The Vulkan loader offers Vulkan ", version_text(version),
                             ", but 1.1 is needed. Install a newer loader or graphics driver")
                            .c_str()};
  }
  return std::min(version, VK_API_VERSION_1_3);
}

/// The extensions of the loader and its drivers, or those of `layer`.
NameList instance_extensions(GlobalFunctions const& vk, char const* layer) {
  NameList names;
  add_names(names, enumerate<VkExtensionProperties>("vkEnumerateInstanceExtensionProperties",
                                                    [&](std::uint32_t* count, VkExtensionProperties* data) {
                                                      return vk.vkEnumerateInstanceExtensionProperties(layer, count,
                                                                                                       data);
                                                    }));
  return names;
}

void require_validation_layer(GlobalFunctions const& vk) {
  for (VkLayerProperties const &layer : enumerate<VkLayerProperties>(
           "vkEnumerateInstanceLayerProperties", [&](std::uint32_t* count, VkLayerProperties* data) {
             return vk.vkEnumerateInstanceLayerProperties(count, data);
           })) {
    if (std::string_view{layer.layerName} == validation_layer) {
      return;
    }
  }
  throw NotFoundError{
      "The layer VK_LAYER_KHRONOS_validation was asked for but is not installed: vulkan-validationlayers on Debian, "
      "Ubuntu and of Homebrew, vulkan-validation-layers on Fedora and Arch Linux; or let VK_LAYER_PATH name the "
      "folder of its manifest"};
}

/// Everything that the instance could enable.
NameList available_extensions(GlobalFunctions const& vk, Validation validation) {
  NameList names = instance_extensions(vk, nullptr);
  if (validation != Validation::Off) {
    require_validation_layer(vk);
    for (std::string const& name : instance_extensions(vk, validation_layer)) {
      add_name(names, name);
    }
  }
  return names;
}

/// The user's extensions and ashlar's.
NameList chosen_extensions(InstanceCreateInfo const& info, NameList const& available) {
  NameList chosen;
  for (char const* const name : info.extensions) {
    if (!contains(available, name)) {
      throw NotFoundError{
          text("The instance extension ", name, " is offered by no Vulkan driver or layer here").c_str()};
    }
    add_name(chosen, name);
  }
  for (char const* const name : {VK_EXT_DEBUG_UTILS_EXTENSION_NAME, VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME}) {
    if (contains(available, name)) {
      add_name(chosen, name);
    }
  }
  if (info.validation == Validation::Synchronization) {
    if (!contains(available, VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME)) {
      throw NotFoundError{
          "The installed VK_LAYER_KHRONOS_validation cannot be asked for synchronization validation: it "
          "lacks VK_EXT_validation_features"};
    }
    add_name(chosen, VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME);
  }
  return chosen;
}

VKAPI_ATTR VkBool32 VKAPI_CALL forward_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                               VkDebugUtilsMessageTypeFlagsEXT /*types*/,
                                               VkDebugUtilsMessengerCallbackDataEXT const* data,
                                               void* user_data) noexcept {
  static_cast<MessageSink const*>(user_data)->report(
      {.severity = severity >= VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT ? MessageSeverity::Error
                                                                             : MessageSeverity::Warning,
       .id = data->pMessageIdName != nullptr ? data->pMessageIdName : "",
       .text = data->pMessage != nullptr ? data->pMessage : ""});
  return VK_FALSE;
}

VkDebugUtilsMessengerCreateInfoEXT messenger_info(InstanceState& state) noexcept {
  VkDebugUtilsMessengerCreateInfoEXT info{};
  info.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT;
  info.messageSeverity =
      VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
  info.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT;
  info.pfnUserCallback = forward_message;
  info.pUserData = &state.messages;
  return info;
}

VkInstance create_instance(GlobalFunctions const& vk, InstanceCreateInfo const& info, InstanceState& state,
                           NameList const& extensions, bool messages) {
  VkApplicationInfo application{};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.pApplicationName = info.application_name;
  application.pEngineName = "ashlar";
  application.apiVersion = state.api_version;

  std::vector<char const*> const extension_names = c_strings(extensions);
  VkInstanceCreateInfo create_info{};
  create_info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  create_info.pApplicationInfo = &application;
  create_info.enabledLayerCount = info.validation == Validation::Off ? 0 : 1;
  create_info.ppEnabledLayerNames = &validation_layer;
  create_info.enabledExtensionCount = static_cast<std::uint32_t>(extension_names.size());
  create_info.ppEnabledExtensionNames = extension_names.data();
  if (contains(extensions, VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME)) {
    create_info.flags = VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR;
  }

  VkValidationFeatureEnableEXT const synchronization = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
  VkValidationFeaturesEXT validation_features{};
  validation_features.sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT;
  validation_features.enabledValidationFeatureCount = 1;
  validation_features.pEnabledValidationFeatures = &synchronization;
  if (info.validation == Validation::Synchronization) {
    create_info.pNext = &validation_features;
  }

  // Chained here too, the messenger hears of the instance's own creation and destruction.
  VkDebugUtilsMessengerCreateInfoEXT messenger = messenger_info(state);
  if (messages) {
    messenger.pNext = create_info.pNext;
    create_info.pNext = &messenger;
  }

  VkInstance instance = VK_NULL_HANDLE;
  VkResult const result = vk.vkCreateInstance(&create_info, info.allocation_callbacks, &instance);
  if (result == VK_ERROR_INCOMPATIBLE_DRIVER) {
    throw NotFoundError{text("No Vulkan driver was found. ", driver_hint()).c_str()};
  }
  check(result, "vkCreateInstance");
  return instance;
}

std::vector<VkPhysicalDevice> physical_device_handles(InstanceState const& state) {
  return enumerate<VkPhysicalDevice>("vkEnumeratePhysicalDevices", [&](std::uint32_t* count, VkPhysicalDevice* data) {
    VkResult const result = state.vk.vkEnumeratePhysicalDevices(state.handle, count, data);
    // So loaders say that no driver came up.
    if (result == VK_ERROR_INITIALIZATION_FAILED) {
      *count = 0;
      return VK_SUCCESS;
    }
    return result;
  });
}

}  // namespace

void retain(InstanceState& state) noexcept { state.add_reference(); }

void release(InstanceState& state) noexcept {
  if (state.drop_reference()) {
    delete &state;
  }
}

InstanceState::~InstanceState() {
  if (messenger != VK_NULL_HANDLE) {
    vk.vkDestroyDebugUtilsMessengerEXT(handle, messenger, allocation_callbacks);
  }
  if (owned && vk.vkDestroyInstance != nullptr) {
    vk.vkDestroyInstance(handle, allocation_callbacks);
  }
}

InstanceFunctions load_instance_functions(PFN_vkGetInstanceProcAddr loader, VkInstance instance, bool debug_utils) {
  InstanceFunctions vk;
  vk.vkGetInstanceProcAddr = loader;
#define ASHLAR_LOAD(name) load(vk.name, loader, instance, #name);
  ASHLAR_INSTANCE_FUNCTIONS(ASHLAR_LOAD)
  if (debug_utils) {
    ASHLAR_DEBUG_UTILS_FUNCTIONS(ASHLAR_LOAD)
  }
#undef ASHLAR_LOAD
  return vk;
}

void MessageSink::report(Message const& message) const noexcept {
  if (callback != nullptr) {
    callback(message, user_data);
    return;
  }
  char const* const severity = message.severity == MessageSeverity::Error ? "error" : "warning";
  std::fprintf(stderr, "ashlar: Vulkan %s %s: %s\n", severity, message.id, message.text);
}

}  // namespace detail

using detail::InstanceState;

Instance::Instance(detail::Counted<InstanceState> state) noexcept : state_{std::move(state)} {}

Instance Instance::create(InstanceCreateInfo const& info) {
  PFN_vkGetInstanceProcAddr const loader =
      info.get_instance_proc_addr != nullptr ? info.get_instance_proc_addr : detail::system_loader();
  auto const vk = detail::load_global_functions(loader);

  detail::Counted<InstanceState> state{new InstanceState};
  state->api_version = detail::usable_version(vk);
  state->allocation_callbacks = info.allocation_callbacks;
  state->messages = {info.message_callback, info.message_user_data};
  detail::NameList const extensions =
      detail::chosen_extensions(info, detail::available_extensions(vk, info.validation));
  state->debug_utils = detail::contains(extensions, VK_EXT_DEBUG_UTILS_EXTENSION_NAME);

  bool const messages = state->debug_utils && (info.validation != Validation::Off || info.message_callback != nullptr);
  state->handle = detail::create_instance(vk, info, *state, extensions, messages);
  state->owned = true;
  detail::load(state->vk.vkDestroyInstance, loader, state->handle, "vkDestroyInstance");
  state->vk = detail::load_instance_functions(loader, state->handle, state->debug_utils);
  if (messages) {
    VkDebugUtilsMessengerCreateInfoEXT const messenger = detail::messenger_info(*state);
    VkDebugUtilsMessengerEXT created = VK_NULL_HANDLE;  // Undefined if that fails.
    detail::check(
        state->vk.vkCreateDebugUtilsMessengerEXT(state->handle, &messenger, info.allocation_callbacks, &created),
        "vkCreateDebugUtilsMessengerEXT");
    state->messenger = created;
  }
  for (VkPhysicalDevice const device : detail::physical_device_handles(*state)) {
    state->physical_devices.push_back(detail::read_physical_device(*state, device));
  }
  return Instance{std::move(state)};
}

VkInstance Instance::handle() const noexcept { return state_->handle; }

std::uint32_t Instance::api_version() const noexcept { return state_->api_version; }

bool Instance::debug_utils() const noexcept { return state_->debug_utils; }

PhysicalDevices Instance::physical_devices() const noexcept { return PhysicalDevices{state_}; }

PFN_vkVoidFunction Instance::proc_addr(char const* name) const noexcept {
  return state_->vk.vkGetInstanceProcAddr(state_->handle, name);
}

}  // namespace ashlar
