#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "device/vulkan.hpp"

namespace ashlar::test {

/// What Vulkan's registry, vk.xml, says of a function.
struct RegisteredFunction {
  std::vector<VkResult> failures;  ///< None of a function that cannot fail.
  bool may_be_incomplete = false;  ///< Whether VK_INCOMPLETE is one of its successes.
  bool takes_array = false;        ///< So that it may fail half-way.
};

/// The commands of the registry that this program was built with.
class VulkanRegistry {
 public:
  /// Reads them. \throws std::runtime_error if the file is not there, or is not as expected.
  VulkanRegistry();

  /// \throws std::runtime_error if it has no such function, or the function a VkResult that this program does not know.
  [[nodiscard]] RegisteredFunction find(std::string_view function) const;

 private:
  /// The element of a command, by its name.
  std::map<std::string, std::string, std::less<>> commands_;
  /// What an older name of a command stands for.
  std::map<std::string, std::string, std::less<>> aliases_;
};

/// "VK_ERROR_DEVICE_LOST".
[[nodiscard]] std::string_view to_words(VkResult result);

}  // namespace ashlar::test
