// VK_EXT_debug_utils, offered where there is no loader to offer it.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "simulated_driver/call.hpp"
#include "simulated_driver/functions.hpp"

namespace ashlar::simulated {

namespace {

VkResult VKAPI_CALL create_messenger(VkInstance handle, VkDebugUtilsMessengerCreateInfoEXT const* info,
                                     VkAllocationCallbacks const* /*callbacks*/, VkDebugUtilsMessengerEXT* messenger) {
  Call const call{"vkCreateDebugUtilsMessengerEXT"};
  auto const found = driver().instances.find(to_id(handle));
  if (call.result() == VK_SUCCESS &&
      call.require(found != driver().instances.end(),
                   "a handle that does not live (VUID-vkCreateDebugUtilsMessengerEXT-instance-parameter)")) {
    found->second->messengers[++driver().last_id] = {info->messageSeverity, info->messageType, info->pfnUserCallback,
                                                     info->pUserData};
    *messenger = to_handle<VkDebugUtilsMessengerEXT>(driver().last_id);
  } else {
    *messenger = to_handle<VkDebugUtilsMessengerEXT>(~std::uint64_t{0});  // Undefined, says Vulkan.
  }
  return call.result();
}

void VKAPI_CALL destroy_messenger(VkInstance handle, VkDebugUtilsMessengerEXT messenger,
                                  VkAllocationCallbacks const* /*callbacks*/) {
  Call const call{"vkDestroyDebugUtilsMessengerEXT", {exclusive("VkDebugUtilsMessengerEXT", messenger)}};
  auto const found = driver().instances.find(to_id(handle));
  if (messenger != VK_NULL_HANDLE &&
      call.require(found != driver().instances.end(),
                   "a handle that does not live (VUID-vkDestroyDebugUtilsMessengerEXT-instance-parameter)")) {
    call.require(found->second->messengers.erase(to_id(messenger)) == 1,
                 "a handle that does not live (VUID-vkDestroyDebugUtilsMessengerEXT-messenger-parameter)");
  }
}

void VKAPI_CALL submit_message(VkInstance handle, VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                               VkDebugUtilsMessageTypeFlagsEXT types,
                               VkDebugUtilsMessengerCallbackDataEXT const* data) {
  std::map<std::uint64_t, Messenger> messengers;
  {
    Call const call{"vkSubmitDebugUtilsMessageEXT"};
    auto const found = driver().instances.find(to_id(handle));
    if (call.require(found != driver().instances.end(),
                     "a handle that does not live (VUID-vkSubmitDebugUtilsMessageEXT-instance-parameter)")) {
      messengers = found->second->messengers;
    }
  }
  for (auto const& [id, messenger] : messengers) {
    if ((messenger.severities & static_cast<VkFlags>(severity)) != 0 && (messenger.types & types) != 0) {
      messenger.callback(severity, types, data, messenger.user_data);
    }
  }
}

VkResult VKAPI_CALL set_name(VkDevice device, VkDebugUtilsObjectNameInfoEXT const* info) {
  Call const call{device, "vkSetDebugUtilsObjectNameEXT"};
  if (call.result() == VK_SUCCESS) {
    call.device().names[info->objectHandle] = info->pObjectName != nullptr ? info->pObjectName : "";
  }
  return call.result();
}

VkResult VKAPI_CALL set_tag(VkDevice device, VkDebugUtilsObjectTagInfoEXT const* /*info*/) {
  return Call{device, "vkSetDebugUtilsObjectTagEXT"}.result();
}

// Labels are for tools that show them.

void VKAPI_CALL queue_label(VkQueue queue, VkDebugUtilsLabelEXT const*) {
  Call const call{queue, "vkQueueBeginDebugUtilsLabelEXT", {}, false};
}
void VKAPI_CALL queue_end_label(VkQueue queue) { Call const call{queue, "vkQueueEndDebugUtilsLabelEXT", {}, false}; }
void VKAPI_CALL command_label(VkCommandBuffer commands, VkDebugUtilsLabelEXT const*) {
  Call const call{commands, "vkCmdBeginDebugUtilsLabelEXT"};
}
void VKAPI_CALL command_end_label(VkCommandBuffer commands) { Call const call{commands, "vkCmdEndDebugUtilsLabelEXT"}; }

}  // namespace

Functions debug_utils_functions() {
  constexpr char const* extension = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
  auto const of_instance = [](char const* name, PFN_vkVoidFunction pointer) {
    return Function{name, pointer, FunctionLevel::Instance, 0, extension};
  };
  return {of_instance("vkCreateDebugUtilsMessengerEXT", entry_point<create_messenger>()),
          of_instance("vkDestroyDebugUtilsMessengerEXT", entry_point<destroy_messenger>()),
          of_instance("vkSubmitDebugUtilsMessageEXT", entry_point<submit_message>()),
          of_extension<command_label>("vkCmdBeginDebugUtilsLabelEXT", extension),
          of_extension<command_end_label>("vkCmdEndDebugUtilsLabelEXT", extension),
          of_extension<command_label>("vkCmdInsertDebugUtilsLabelEXT", extension),
          of_extension<queue_label>("vkQueueBeginDebugUtilsLabelEXT", extension),
          of_extension<queue_end_label>("vkQueueEndDebugUtilsLabelEXT", extension),
          of_extension<queue_label>("vkQueueInsertDebugUtilsLabelEXT", extension),
          of_extension<set_name>("vkSetDebugUtilsObjectNameEXT", extension),
          of_extension<set_tag>("vkSetDebugUtilsObjectTagEXT", extension)};
}

}  // namespace ashlar::simulated
