// A program that is itself linked to the Vulkan loader and calls it, beside ashlar, which opens it at run time.
#include <vulkan/vulkan.h>
#include <ashlar/ashlar.hpp>

#include <cstdio>
#include <cstring>

int main() {
  auto const device = ashlar::Device::create_default();
  VkPhysicalDeviceProperties properties;
  vkGetPhysicalDeviceProperties(device.physical_device().handle(), &properties);
  std::printf("%s\n", properties.deviceName);
  return std::strcmp(properties.deviceName, device.physical_device().name());
}
