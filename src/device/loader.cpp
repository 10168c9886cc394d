#include "device/loader.hpp"

#include <ashlar/error.hpp>

#if defined(_WIN32)
#  include <windows.h>
#else
#  include <dlfcn.h>
#endif

namespace ashlar::detail {

namespace {

#if defined(_WIN32)
constexpr char const* library_names[] = {"vulkan-1.dll"};

PFN_vkGetInstanceProcAddr open_library(char const* name) noexcept {
  HMODULE const library = LoadLibraryA(name);
  return library == nullptr ? nullptr
                            : reinterpret_cast<PFN_vkGetInstanceProcAddr>(
                                  reinterpret_cast<void (*)()>(GetProcAddress(library, "vkGetInstanceProcAddr")));
}
#else
#  if defined(__APPLE__)
constexpr char const* library_names[] = {"libvulkan.1.dylib", "libvulkan.dylib", "libMoltenVK.dylib"};
#  else
constexpr char const* library_names[] = {"libvulkan.so.1", "libvulkan.so"};
#  endif

PFN_vkGetInstanceProcAddr open_library(char const* name) noexcept {
  void* const library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  return library == nullptr ? nullptr
                            : reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library, "vkGetInstanceProcAddr"));
}
#endif

PFN_vkGetInstanceProcAddr open_loader() {
  for (char const* const name : library_names) {
    if (PFN_vkGetInstanceProcAddr const function = open_library(name)) {
      return function;
    }
  }
  throw NotFoundError{
      "No Vulkan loader (libvulkan.so.1, vulkan-1.dll, libvulkan.1.dylib) could be opened. Install it: libvulkan1 on "
      "Debian and Ubuntu, vulkan-loader on Fedora, vulkan-icd-loader on Arch Linux, vulkan-loader and molten-vk "
      "of Homebrew on macOS; on Windows it comes with the graphics driver. Or pass your own vkGetInstanceProcAddr"};
}

}  // namespace

PFN_vkGetInstanceProcAddr system_loader() {
  static PFN_vkGetInstanceProcAddr const loader = open_loader();
  return loader;
}

char const* driver_hint() noexcept {
  return "Install a Vulkan driver: the vendor's for an NVIDIA GPU, Mesa's for others and for a software device "
         "(mesa-vulkan-drivers on Debian, Ubuntu and Fedora; vulkan-radeon, vulkan-intel or vulkan-swrast on Arch "
         "Linux; molten-vk of Homebrew on macOS). `vulkaninfo --summary` shows what the loader finds. On an NVIDIA "
         "machine without a display the driver's own manifest may need X: let VK_DRIVER_FILES name a manifest whose "
         "library_path is libEGL_nvidia.so.0";
}

}  // namespace ashlar::detail
