// Prints the Vulkan version that the layer in the shared library argv[1] was written against.

#include <dlfcn.h>
#include <vulkan/vulkan_core.h>

#include <cstdint>
#include <cstdio>

int main(int argc, char** argv) {
  void* const library = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : nullptr;
  if (library == nullptr) {
    std::puts(dlerror());
    return 1;
  }
  auto const enumerate =
      reinterpret_cast<PFN_vkEnumerateInstanceLayerProperties>(dlsym(library, "vkEnumerateInstanceLayerProperties"));
  std::uint32_t count = 1;
  VkLayerProperties layer = {};
  if (enumerate == nullptr || enumerate(&count, &layer) != VK_SUCCESS) {
    return 1;
  }
  std::printf("%u.%u.%u", VK_API_VERSION_MAJOR(layer.specVersion), VK_API_VERSION_MINOR(layer.specVersion),
              VK_API_VERSION_PATCH(layer.specVersion));
}
