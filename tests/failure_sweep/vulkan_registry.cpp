#include "failure_sweep/vulkan_registry.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace ashlar::test {

namespace {

struct ResultName {
  VkResult result;
  std::string_view name;
};

constexpr ResultName result_names[] = {
    {VK_INCOMPLETE, "VK_INCOMPLETE"},
    {VK_ERROR_OUT_OF_HOST_MEMORY, "VK_ERROR_OUT_OF_HOST_MEMORY"},
    {VK_ERROR_OUT_OF_DEVICE_MEMORY, "VK_ERROR_OUT_OF_DEVICE_MEMORY"},
    {VK_ERROR_INITIALIZATION_FAILED, "VK_ERROR_INITIALIZATION_FAILED"},
    {VK_ERROR_DEVICE_LOST, "VK_ERROR_DEVICE_LOST"},
    {VK_ERROR_MEMORY_MAP_FAILED, "VK_ERROR_MEMORY_MAP_FAILED"},
    {VK_ERROR_LAYER_NOT_PRESENT, "VK_ERROR_LAYER_NOT_PRESENT"},
    {VK_ERROR_EXTENSION_NOT_PRESENT, "VK_ERROR_EXTENSION_NOT_PRESENT"},
    {VK_ERROR_FEATURE_NOT_PRESENT, "VK_ERROR_FEATURE_NOT_PRESENT"},
    {VK_ERROR_INCOMPATIBLE_DRIVER, "VK_ERROR_INCOMPATIBLE_DRIVER"},
    {VK_ERROR_TOO_MANY_OBJECTS, "VK_ERROR_TOO_MANY_OBJECTS"},
    {VK_ERROR_OUT_OF_POOL_MEMORY, "VK_ERROR_OUT_OF_POOL_MEMORY"},
    {VK_ERROR_INVALID_EXTERNAL_HANDLE, "VK_ERROR_INVALID_EXTERNAL_HANDLE"},
    {VK_ERROR_INVALID_OPAQUE_CAPTURE_ADDRESS, "VK_ERROR_INVALID_OPAQUE_CAPTURE_ADDRESS"},
    {VK_ERROR_INVALID_OPAQUE_CAPTURE_ADDRESS, "VK_ERROR_INVALID_OPAQUE_CAPTURE_ADDRESS_KHR"},
};

VkResult result_of(std::string_view name) {
  for (ResultName const& known : result_names) {
    if (known.name == name) {
      return known.result;
    }
  }
  throw std::runtime_error("vk.xml has a VkResult that the sweep does not know: " + std::string{name});
}

std::string read_file(std::filesystem::path const& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// It is beside the Vulkan headers: where they are installed, or as they are downloaded.
std::string read_registry() {
  std::istringstream includes{ASHLAR_VULKAN_INCLUDES};
  for (std::string include; std::getline(includes, include, '|');) {
    for (char const* const place : {"../share/vulkan/registry/vk.xml", "../registry/vk.xml"}) {
      if (std::string text = read_file(std::filesystem::path{include} / place); !text.empty()) {
        return text;
      }
    }
  }
  throw std::runtime_error("There is no registry/vk.xml beside the Vulkan headers in " ASHLAR_VULKAN_INCLUDES
                           ". Install it (libvulkan-dev on Debian and Ubuntu, vulkan-headers elsewhere)");
}

/// What stands between `begin` and `end`, the first time from `from` on; empty if nothing does.
std::string between(std::string const& text, std::string_view begin, std::string_view end, std::size_t from = 0) {
  std::size_t const at = text.find(begin, from);
  std::size_t const to = at != std::string::npos ? text.find(end, at + begin.size()) : at;
  return to != std::string::npos ? text.substr(at + begin.size(), to - at - begin.size()) : std::string{};
}

/// Whether a parameter is an array that the function works through.
bool takes_array(std::string const& command) {
  for (std::size_t at = command.find("<param"); at != std::string::npos; at = command.find("<param", at + 1)) {
    std::string const parameter = between(command, "<param", "</param>", at);
    if (parameter.find("const <type>") != std::string::npos && parameter.find(" len=\"") != std::string::npos &&
        parameter.find("null-terminated") == std::string::npos) {
      return true;
    }
  }
  return false;
}

/// Any function may answer so, and newer registries list these with nearly each: they tell of a driver or a program
/// that is at fault, not of a way to fail that ashlar would answer otherwise than with a VulkanError.
bool is_of_every_function(std::string_view result) {
  return result == "VK_ERROR_UNKNOWN" || result.starts_with("VK_ERROR_VALIDATION_FAILED");
}

}  // namespace

VulkanRegistry::VulkanRegistry() {
  std::string const text = read_registry();
  for (std::size_t at = text.find("<command"); at != std::string::npos; at = text.find("<command", at + 1)) {
    std::string const tag = "<command" + between(text, "<command", ">", at);
    if (tag.starts_with("<commands")) {
      continue;
    }
    if (!tag.ends_with('/')) {
      std::string command = "<command" + between(text, "<command", "</command>", at);
      std::string name = between(command, "<name>", "</name>");
      commands_.emplace(std::move(name), std::move(command));
    } else if (std::string target = between(tag, " alias=\"", "\""); !target.empty()) {
      aliases_.emplace(between(tag, " name=\"", "\""), std::move(target));
    }
  }
}

RegisteredFunction VulkanRegistry::find(std::string_view function) const {
  auto const alias = aliases_.find(function);
  auto const found = alias != aliases_.end() ? commands_.find(alias->second) : commands_.find(function);
  if (found == commands_.end()) {
    throw std::runtime_error("vk.xml has no command " + std::string{function});
  }
  RegisteredFunction registered;
  std::istringstream names{between(found->second, " errorcodes=\"", "\"")};
  for (std::string name; std::getline(names, name, ',');) {
    if (!is_of_every_function(name)) {
      registered.failures.push_back(result_of(name));
    }
  }
  registered.may_be_incomplete =
      between(found->second, " successcodes=\"", "\"").find("VK_INCOMPLETE") != std::string::npos;
  registered.takes_array = takes_array(found->second);
  return registered;
}

std::string_view to_words(VkResult result) {
  for (ResultName const& known : result_names) {
    if (known.result == result) {
      return known.name;
    }
  }
  return "an unknown VkResult";
}

}  // namespace ashlar::test
