#include "simulated_driver/environment.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <map>
#include <stdexcept>

namespace ashlar::simulated {

namespace {

constexpr std::uint64_t most_queues = 64;  // Of a family; each may have a thread.

std::string variable(char const* name) {
  char const* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    auto const length = text.find(separator);
    parts.emplace_back(text.substr(0, length));
    text = length != std::string_view::npos ? text.substr(length + 1) : std::string_view{};
  }
  return parts;
}

std::string small_letters(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char letter) { return static_cast<char>(std::tolower(static_cast<unsigned char>(letter))); });
  return result;
}

std::string list_of(std::vector<std::string> const& names) {
  std::string list;
  for (std::string const& name : names) {
    list += "\n  " + name;
  }
  return list;
}

std::string list_of(std::vector<GpuProfile> const& profiles) {
  std::vector<std::string> names;
  for (GpuProfile const& profile : profiles) {
    names.push_back(profile.name);
  }
  return list_of(names);
}

/// The number that is all of the text.
std::uint64_t number(std::string_view text, std::string const& what) {
  std::uint64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw std::runtime_error(what + ": \"" + std::string{text} + "\" is not a number");
  }
  return value;
}

std::vector<GpuProfile> matches_of(std::vector<GpuProfile> const& profiles, std::string_view name) {
  std::vector<GpuProfile> matches;
  auto const add_if = [&](auto condition) {
    std::copy_if(profiles.begin(), profiles.end(), std::back_inserter(matches), condition);
  };
  add_if([&](GpuProfile const& profile) { return profile.name == name; });
  if (matches.empty()) {
    add_if([&, part = small_letters(name)](GpuProfile const& profile) {
      return small_letters(profile.name).find(part) != std::string::npos;
    });
  }
  return matches;
}

}  // namespace

std::vector<GpuProfile> select_profiles(std::vector<GpuProfile> const& profiles, std::string_view name) {
  if (name.empty() || name == "all") {
    return profiles;
  }
  std::vector<GpuProfile> matches = matches_of(profiles, name);
  if (matches.empty()) {
    throw std::runtime_error("ASHLAR_SIM_GPU: no GPU is called \"" + std::string{name} +
                             "\". There are:" + list_of(profiles));
  }
  if (matches.size() > 1) {
    throw std::runtime_error("ASHLAR_SIM_GPU: \"" + std::string{name} +
                             "\" may be any of these, say more of the name:" + list_of(matches));
  }
  return matches;
}

void hide(Gpu& gpu, std::string_view words) {
  static std::map<std::string_view, std::uint32_t> const versions = {
      {"1.1", VK_API_VERSION_1_0}, {"1.2", VK_API_VERSION_1_1}, {"1.3", VK_API_VERSION_1_2}};
  auto const& names = hideable_names();
  for (std::string const& word : split(words, ',')) {
    if (auto const version = versions.find(word); version != versions.end()) {
      gpu.api_version = std::min(gpu.api_version, version->second);
    } else if (std::find(names.begin(), names.end(), word) != names.end()) {
      gpu.hidden.insert(word);
    } else {
      throw std::runtime_error(
          "ASHLAR_SIM_HIDE: cannot hide \"" + word +
          "\". It takes, with commas between them, a version (1.1, 1.2 or 1.3) and:" + list_of(names));
    }
  }
}

std::vector<QueueFamily> parse_queue_families(std::string_view text) {
  static std::map<std::string_view, VkQueueFlags> const flags = {
      {"graphics", VK_QUEUE_GRAPHICS_BIT}, {"compute", VK_QUEUE_COMPUTE_BIT}, {"transfer", VK_QUEUE_TRANSFER_BIT}};
  std::vector<QueueFamily> families;
  for (std::string const& part : split(text, ',')) {
    auto const colon = std::min(part.find(':'), part.size());
    QueueFamily family;
    for (std::string const& word : split(std::string_view{part}.substr(0, colon), '+')) {
      auto const flag = flags.find(word);
      if (flag == flags.end()) {
        throw std::runtime_error("ASHLAR_SIM_QUEUES: \"" + word + "\" is not graphics, compute or transfer");
      }
      family.flags |= flag->second;
    }
    if (colon < part.size()) {
      auto const count = number(std::string_view{part}.substr(colon + 1), "ASHLAR_SIM_QUEUES");
      if (count > most_queues) {
        throw std::runtime_error("ASHLAR_SIM_QUEUES: \"" + part + "\" has more than " + std::to_string(most_queues) +
                                 " queues");
      }
      family.queue_count = static_cast<std::uint32_t>(count);
    }
    if (family.flags == 0 || family.queue_count == 0) {
      throw std::runtime_error("ASHLAR_SIM_QUEUES: \"" + part +
                               "\" is not a queue family with queues, such as compute+transfer:2");
    }
    families.push_back(family);
  }
  if (families.empty()) {
    throw std::runtime_error("ASHLAR_SIM_QUEUES: names no queue family; try graphics+compute+transfer:1");
  }
  return families;
}

std::vector<Gpu> gpus_of_environment() {
  std::string const file = variable("ASHLAR_SIM_PROFILES");
  std::vector<Gpu> gpus;
  for (GpuProfile const& profile :
       select_profiles(file.empty() ? gpu_profiles() : load_gpu_profiles(file), variable("ASHLAR_SIM_GPU"))) {
    Gpu gpu{profile};
    hide(gpu, variable("ASHLAR_SIM_HIDE"));
    if (std::string const queues = variable("ASHLAR_SIM_QUEUES"); !queues.empty()) {
      gpu.queue_families = parse_queue_families(queues);
    }
    std::string const non_coherent = variable("ASHLAR_SIM_NONCOHERENT");
    if (!non_coherent.empty() && number(non_coherent, "ASHLAR_SIM_NONCOHERENT") != 0) {
      gpu.make_non_coherent();
    }
    if (std::string const seed = variable("ASHLAR_SIM_WRITE_BACK"); !seed.empty()) {
      gpu.write_back_seed = number(seed, "ASHLAR_SIM_WRITE_BACK");
    }
    gpus.push_back(std::move(gpu));
  }
  return gpus;
}

}  // namespace ashlar::simulated
