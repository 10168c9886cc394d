#pragma once

#include "device/vulkan.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::detail {

/// Names of extensions or layers, each once.
using NameList = std::vector<std::string>;

[[nodiscard]] inline bool contains(NameList const& names, std::string_view name) noexcept {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Adds `name` unless it is there.
inline void add_name(NameList& names, std::string_view name) {
  if (!contains(names, name)) {
    names.emplace_back(name);
  }
}

inline void add_names(NameList& names, std::vector<VkExtensionProperties> const& extensions) {
  for (VkExtensionProperties const& extension : extensions) {
    add_name(names, extension.extensionName);
  }
}

/// The form that Vulkan takes; valid while `names` is unchanged.
[[nodiscard]] inline std::vector<char const*> c_strings(NameList const& names) {
  std::vector<char const*> result;
  for (std::string const& name : names) {
    result.push_back(name.c_str());
  }
  return result;
}

}  // namespace ashlar::detail
