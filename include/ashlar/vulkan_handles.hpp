#pragma once

#include <cstdint>

/// \file
/// Vulkan's handle names and forward declarations of its structs, so that ashlar's headers include no Vulkan
/// header. A typedef may be repeated: vulkan.h, volk.h and vulkan.hpp may come before or after, in any order.
/// Vulkan's enums cannot be declared this way: a VkResult appears as std::int32_t.

extern "C" {

#define ASHLAR_DISPATCHABLE_HANDLE(name) typedef struct name##_T* name;
#if VK_USE_64_BIT_PTR_DEFINES || (!defined(VK_USE_64_BIT_PTR_DEFINES) && (UINTPTR_MAX > 0xFFFFFFFFu))
#  define ASHLAR_NON_DISPATCHABLE_HANDLE(name) typedef struct name##_T* name;
#else
#  define ASHLAR_NON_DISPATCHABLE_HANDLE(name) typedef std::uint64_t name;
#endif

ASHLAR_DISPATCHABLE_HANDLE(VkInstance)
ASHLAR_DISPATCHABLE_HANDLE(VkPhysicalDevice)
ASHLAR_DISPATCHABLE_HANDLE(VkDevice)
ASHLAR_DISPATCHABLE_HANDLE(VkQueue)
ASHLAR_DISPATCHABLE_HANDLE(VkCommandBuffer)
ASHLAR_NON_DISPATCHABLE_HANDLE(VkBuffer)
ASHLAR_NON_DISPATCHABLE_HANDLE(VkImage)
ASHLAR_NON_DISPATCHABLE_HANDLE(VkDeviceMemory)
ASHLAR_NON_DISPATCHABLE_HANDLE(VkSemaphore)
ASHLAR_NON_DISPATCHABLE_HANDLE(VkFence)

#undef ASHLAR_DISPATCHABLE_HANDLE
#undef ASHLAR_NON_DISPATCHABLE_HANDLE

struct VkAllocationCallbacks;
struct VkDescriptorBufferInfo;
struct VkDeviceCreateInfo;
struct VkMemoryRequirements;
struct VkPhysicalDeviceMemoryProperties;
struct VkPhysicalDeviceProperties;

#if defined(_WIN32)
#  define ASHLAR_VKAPI __stdcall
#elif defined(__ANDROID__) && defined(__ARM_ARCH) && __ARM_ARCH >= 7 && defined(__ARM_32BIT_STATE)
#  define ASHLAR_VKAPI __attribute__((pcs("aapcs-vfp")))
#else
#  define ASHLAR_VKAPI
#endif

typedef void(ASHLAR_VKAPI* PFN_vkVoidFunction)(void);
typedef PFN_vkVoidFunction(ASHLAR_VKAPI* PFN_vkGetInstanceProcAddr)(VkInstance instance, char const* name);

#undef ASHLAR_VKAPI

}  // extern "C"
