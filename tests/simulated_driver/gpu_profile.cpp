#include "simulated_driver/gpu_profile.hpp"

#include <algorithm>
#include <bit>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace ashlar::simulated {

namespace {

template <class Value>
using Names = std::map<std::string, Value, std::less<>>;

Names<DeviceType> const device_types = {
    {"other", DeviceType::Other},
    {"integrated_gpu", DeviceType::IntegratedGpu},
    {"discrete_gpu", DeviceType::DiscreteGpu},
    {"virtual_gpu", DeviceType::VirtualGpu},
    {"cpu", DeviceType::Cpu},
};

Names<MemoryHeapFlag> const heap_flags = {
    {"DEVICE_LOCAL", MemoryHeapFlag::DeviceLocal},
    {"MULTI_INSTANCE", MemoryHeapFlag::MultiInstance},
};

Names<MemoryProperty> const memory_properties = {
    {"DEVICE_LOCAL", MemoryProperty::DeviceLocal},
    {"HOST_VISIBLE", MemoryProperty::HostVisible},
    {"HOST_COHERENT", MemoryProperty::HostCoherent},
    {"HOST_CACHED", MemoryProperty::HostCached},
    {"LAZILY_ALLOCATED", MemoryProperty::LazilyAllocated},
    {"PROTECTED", MemoryProperty::Protected},
    {"DEVICE_COHERENT_AMD", MemoryProperty::DeviceCoherentAmd},
    {"DEVICE_UNCACHED_AMD", MemoryProperty::DeviceUncachedAmd},
    {"RDMA_CAPABLE_NV", MemoryProperty::RdmaCapableNv},
};

/// Bytes of a heap: what a process can address. Of an alignment or an atom: far more than any GPU has.
constexpr std::uint64_t largest_heap = std::uint64_t{1} << 46U;
constexpr std::uint64_t largest_unit = std::uint64_t{1} << 30U;

/// A JSON value and how one gets to it, for the error message.
struct Field {
  nlohmann::json const& value;
  std::string path;

  [[noreturn]] void fail(std::string const& problem) const { throw std::runtime_error(path + ": " + problem); }

  /// Whether the member is there, and not null.
  [[nodiscard]] bool has(char const* key) const {
    return value.is_object() && value.contains(key) && !value.at(key).is_null();
  }

  [[nodiscard]] Field member(std::string const& key, char const* separator = ".") const {
    std::string const member_path = path + separator + key;
    if (!value.is_object()) {
      fail("is not an object");
    }
    auto const found = value.find(key);
    if (found == value.end()) {
      throw std::runtime_error(member_path + ": is missing");
    }
    return {*found, member_path};
  }

  [[nodiscard]] std::vector<Field> elements(std::size_t most = std::numeric_limits<std::size_t>::max()) const {
    if (!value.is_array()) {
      fail("is not an array");
    }
    if (value.size() > most) {
      fail("has more than " + std::to_string(most) + " elements");
    }
    std::vector<Field> fields;
    for (auto const& element : value) {
      fields.push_back({element, path + "[" + std::to_string(fields.size()) + "]"});
    }
    return fields;
  }

  [[nodiscard]] std::string text() const {
    if (!value.is_string() || value.get_ref<std::string const&>().empty()) {
      fail("is not a text");
    }
    return value.get<std::string>();
  }

  /// A text that can be chosen and shown.
  [[nodiscard]] std::string name() const {
    std::string const result = text();
    if (std::any_of(result.begin(), result.end(), [](unsigned char letter) { return letter < ' '; })) {
      fail("has a line break or another control character");
    }
    if (result == "all") {
      fail("means all GPUs");
    }
    return result;
  }

  [[nodiscard]] std::uint64_t number(std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) const {
    if (!value.is_number_unsigned()) {
      fail("is not an unsigned integer");
    }
    if (value.get<std::uint64_t>() > most) {
      fail("is greater than " + std::to_string(most));
    }
    return value.get<std::uint64_t>();
  }

  [[nodiscard]] std::uint32_t number32(std::uint32_t most = std::numeric_limits<std::uint32_t>::max()) const {
    return static_cast<std::uint32_t>(number(most));
  }

  [[nodiscard]] std::uint64_t positive(std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) const {
    if (number(most) == 0) {
      fail("is 0");
    }
    return number();
  }

  [[nodiscard]] std::uint64_t power_of_two() const {
    if (!std::has_single_bit(number(largest_unit))) {
      fail("is not a power of two");
    }
    return number();
  }

  template <class Value>
  [[nodiscard]] Value named(Names<Value> const& names) const {
    auto const found = names.find(text());
    if (found == names.end()) {
      fail("unknown name \"" + text() + "\"");
    }
    return found->second;
  }

  template <class Bit>
  [[nodiscard]] Flags<Bit> flags(Names<Bit> const& names) const {
    Flags<Bit> result;
    for (auto const& element : elements()) {
      result |= element.named(names);
    }
    return result;
  }
};

MemoryProperties parse_memory(Field const& entry) {
  MemoryProperties memory;
  memory.device_type = entry.member("device_type", ": ").named(device_types);
  Field const heaps = entry.member("heaps", ": ");
  for (auto const& heap : heaps.elements(max_memory_heaps)) {
    memory.heaps[memory.heap_count++] = {heap.member("size").number(largest_heap),
                                         heap.member("flags").flags(heap_flags)};
  }
  if (memory.heap_count == 0) {
    heaps.fail("is empty");
  }
  Field const types = entry.member("types", ": ");
  for (auto const& type : types.elements(max_memory_types)) {
    memory.types[memory.type_count++] = {type.member("flags").flags(memory_properties),
                                         type.member("heap").number32(memory.heap_count - 1)};
  }
  if (memory.type_count == 0) {
    types.fail("is empty");
  }
  return memory;
}

GpuLimits parse_limits(Field const& limits) {
  GpuLimits result;
  result.non_coherent_atom_size = limits.member("nonCoherentAtomSize").power_of_two();
  result.buffer_image_granularity = limits.member("bufferImageGranularity").power_of_two();
  result.max_memory_allocation_count = static_cast<std::uint32_t>(
      limits.member("maxMemoryAllocationCount").positive(std::numeric_limits<std::uint32_t>::max()));
  result.min_memory_map_alignment = limits.member("minMemoryMapAlignment").power_of_two();
  if (limits.has("maxMemoryAllocationSize")) {
    result.max_memory_allocation_size = limits.member("maxMemoryAllocationSize").positive();
  }
  return result;
}

GpuProfile parse_profile(Field const& unnamed) {
  std::string const name = unnamed.member("name", ": ").name();
  Field const entry{unnamed.value, name};
  GpuProfile profile{.name = name,
                     .source = entry.has("source") ? entry.member("source", ": ").text() : "",
                     .memory = parse_memory(entry),
                     .limits = parse_limits(entry.member("limits", ": ")),
                     .classes = {}};
  if (entry.has("class")) {
    for (auto const& class_name : entry.member("class", ": ").elements()) {
      profile.classes.push_back(class_name.text());
    }
  }
  return profile;
}

nlohmann::json parse_json(std::string_view text) {
  try {
    return nlohmann::json::parse(text);
  } catch (nlohmann::json::exception const& error) {  // Of a number that is too large it is no parse_error.
    throw std::runtime_error(std::string{"GPU profiles: are not JSON: "} + error.what());
  }
}

}  // namespace

bool GpuProfile::is_a(std::string_view class_name) const {
  return std::find(classes.begin(), classes.end(), class_name) != classes.end();
}

std::vector<GpuProfile> parse_gpu_profiles(std::string_view json) {
  nlohmann::json const document = parse_json(json);
  std::vector<GpuProfile> profiles;
  for (auto const& entry : Field{document, "GPU profiles"}.elements()) {
    profiles.push_back(parse_profile(entry));
    auto const same = std::find_if(profiles.begin(), profiles.end(),
                                   [&](GpuProfile const& other) { return other.name == profiles.back().name; });
    if (same != profiles.end() - 1) {
      entry.member("name", ": ")
          .fail("\"" + same->name + "\" is also that of GPU profiles[" + std::to_string(same - profiles.begin()) + "]");
    }
  }
  if (profiles.empty()) {
    throw std::runtime_error("GPU profiles: is empty");
  }
  return profiles;
}

std::vector<GpuProfile> load_gpu_profiles(std::string const& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    throw std::runtime_error(path + ": cannot be opened");
  }
  try {
    return parse_gpu_profiles(std::string{std::istreambuf_iterator<char>{file}, {}});
  } catch (std::runtime_error const& error) {
    throw std::runtime_error(path + ": " + error.what());
  }
}

std::vector<GpuProfile> const& gpu_profiles() {
  static std::vector<GpuProfile> const profiles = load_gpu_profiles(ASHLAR_SIM_OWN_PROFILES);
  return profiles;
}

GpuProfile const& gpu_profile(std::string_view name_start) {
  auto const starts_so = [&](GpuProfile const& profile) { return profile.name.starts_with(name_start); };
  auto const& all = gpu_profiles();
  if (std::count_if(all.begin(), all.end(), starts_so) != 1) {
    throw std::runtime_error("not exactly one GPU profile is called " + std::string{name_start});
  }
  return *std::find_if(all.begin(), all.end(), starts_so);
}

}  // namespace ashlar::simulated
