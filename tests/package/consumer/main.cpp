// Uses ashlar without a driver: calls into the library, and catches what it throws.
#include <ashlar/ashlar.hpp>

#include <cstdio>

namespace {

PFN_vkVoidFunction no_function(VkInstance, char const*) { return nullptr; }

bool catches_errors() {
  try {
    (void)ashlar::Instance::create({.get_instance_proc_addr = no_function});
  } catch (ashlar::VulkanError const& error) {
    std::printf("caught: %s\n", error.what());
    return true;
  }
  return false;
}

}  // namespace

int main() {
  ashlar::FreeListAllocator allocator{{.region = {.offset = 0, .size = 1024}}};
  auto const piece = allocator.allocate(100, 16, ashlar::ResourceTiling::Linear);
  allocator.deallocate(piece);
  return piece && allocator.empty() && catches_errors() ? 0 : 1;
}
