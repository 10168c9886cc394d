#include "simulated_driver/gpu_profile.hpp"

#include <set>
#include <stdexcept>

#include "support/catch.hpp"

namespace ashlar::simulated {
namespace {

/// What is wrong with the text, or nothing.
std::string problem_of(std::string const& json) {
  try {
    static_cast<void>(parse_gpu_profiles(json));
  } catch (std::runtime_error const& error) {
    return error.what();
  }
  return {};
}

/// `text` with its one `from` replaced.
std::string changed(std::string text, std::string const& from, std::string const& to) {
  auto const at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string const good = R"([{
  "name": "Testor 1", "source": "nowhere", "device_type": "virtual_gpu", "class": ["lazy", "odd"],
  "limits": {"nonCoherentAtomSize": 64, "bufferImageGranularity": 1024, "maxMemoryAllocationCount": 4096,
             "minMemoryMapAlignment": 32, "maxMemoryAllocationSize": 4292870144},
  "heaps": [{"size": 4294967296, "flags": ["DEVICE_LOCAL", "MULTI_INSTANCE"]}, {"size": 77, "flags": []}],
  "types": [{"heap": 1, "flags": []}, {"heap": 0, "flags": ["DEVICE_LOCAL", "LAZILY_ALLOCATED"]}]
}])";

}  // namespace

TEST_CASE("a GPU profile is read field by field", "[gpu_profiles]") {
  auto const profiles = parse_gpu_profiles(good);
  REQUIRE(profiles.size() == 1);
  auto const& [name, source, memory, limits, classes] = profiles[0];
  CHECK(name == "Testor 1");
  CHECK(source == "nowhere");
  CHECK(profiles[0].is_a("odd"));
  CHECK_FALSE(profiles[0].is_a("small_bar"));
  CHECK(limits.non_coherent_atom_size == 64);
  CHECK(limits.buffer_image_granularity == 1024);
  CHECK(limits.max_memory_allocation_count == 4096);
  CHECK(limits.min_memory_map_alignment == 32);
  CHECK(limits.max_memory_allocation_size.value() == 4292870144);
  CHECK(memory.device_type == DeviceType::VirtualGpu);
  REQUIRE(memory.heap_count == 2);
  CHECK(memory.heaps[0].size == 4294967296);
  CHECK(memory.heaps[0].flags == (MemoryHeapFlag::DeviceLocal | MemoryHeapFlag::MultiInstance));
  CHECK(memory.heaps[1].size == 77);
  CHECK(memory.heaps[1].flags.empty());
  REQUIRE(memory.type_count == 2);
  CHECK(memory.types[0].heap == 1);
  CHECK(memory.types[0].properties.empty());
  CHECK(memory.types[1].heap == 0);
  CHECK(memory.types[1].properties == (MemoryProperty::DeviceLocal | MemoryProperty::LazilyAllocated));
}

TEST_CASE("the allocation size limit may be absent from a GPU profile", "[gpu_profiles]") {
  auto const profiles = parse_gpu_profiles(changed(good, R"(, "maxMemoryAllocationSize": 4292870144)", ""));
  CHECK_FALSE(profiles.at(0).limits.max_memory_allocation_size.has_value());
}

TEST_CASE("source and class may be absent from a GPU profile, or null", "[gpu_profiles]") {
  std::string const with_nothing =
      changed(changed(good, R"("source": "nowhere", )", ""), R"(, "class": ["lazy", "odd"])", "");
  std::string const with_null = changed(changed(good, R"("nowhere")", "null"), R"(["lazy", "odd"])", "null");
  for (std::string const& text : {with_nothing, with_null}) {
    auto const profiles = parse_gpu_profiles(text);
    CHECK(profiles.at(0).source.empty());
    CHECK(profiles.at(0).classes.empty());
    CHECK(profiles.at(0).memory.heap_count == 2);
  }
  CHECK(parse_gpu_profiles(changed(good, R"(["lazy", "odd"])", "[]")).at(0).classes.empty());
}

TEST_CASE("text that is no JSON is refused with the place", "[gpu_profiles]") {
  for (std::string const text : {"[\n{\"name\": }]", "[", "", "[{\"name\": \"x\"}] tail"}) {
    INFO(text);
    CHECK_THAT(problem_of(text), Catch::Matchers::StartsWith("GPU profiles: are not JSON: "));
  }
  CHECK_THAT(problem_of("[\n{\"name\": }]"), Catch::Matchers::ContainsSubstring("line 2, column 10"));
}

TEST_CASE("a number that no floating-point type holds is refused, as what is no JSON is", "[gpu_profiles]") {
  CHECK_THAT(problem_of(changed(good, "4096", "4096e999")),
             Catch::Matchers::StartsWith("GPU profiles: are not JSON: "));
}

TEST_CASE("limits of a GPU profile that cannot be are refused", "[gpu_profiles]") {
  auto const problem_with = [](std::string const& from, std::string const& to) {
    return problem_of(changed(good, from, to));
  };
  CHECK(problem_with("\"nonCoherentAtomSize\": 64", "\"nonCoherentAtomSize\": 0") ==
        "Testor 1: limits.nonCoherentAtomSize: is not a power of two");
  CHECK(problem_with("\"nonCoherentAtomSize\": 64", "\"nonCoherentAtomSize\": 96") ==
        "Testor 1: limits.nonCoherentAtomSize: is not a power of two");
  CHECK(problem_with("1024", "1000") == "Testor 1: limits.bufferImageGranularity: is not a power of two");
  CHECK(problem_with("\"minMemoryMapAlignment\": 32", "\"minMemoryMapAlignment\": 33") ==
        "Testor 1: limits.minMemoryMapAlignment: is not a power of two");
  CHECK(problem_with("4096", "0") == "Testor 1: limits.maxMemoryAllocationCount: is 0");
  CHECK(problem_with("4292870144", "0") == "Testor 1: limits.maxMemoryAllocationSize: is 0");
  CHECK(problem_with("4096", "null") == "Testor 1: limits.maxMemoryAllocationCount: is not an unsigned integer");
  CHECK(problem_with("4096", "4096.5") == "Testor 1: limits.maxMemoryAllocationCount: is not an unsigned integer");
  CHECK(problem_with("\"limits\": {", "\"limits\": null, \"other\": {") == "Testor 1: limits: is not an object");
  CHECK(problem_with("\"limits\": {", "\"other\": {") == "Testor 1: limits: is missing");
  auto const profiles = parse_gpu_profiles(changed(good, "4292870144", "null"));
  CHECK_FALSE(profiles.at(0).limits.max_memory_allocation_size.has_value());
}

TEST_CASE("a GPU's name is its own, one line, and not that of all GPUs", "[gpu_profiles]") {
  std::string const entry = good.substr(1, good.size() - 2);
  CHECK(problem_of("[" + entry + "," + entry + "]") ==
        "GPU profiles[1]: name: \"Testor 1\" is also that of GPU profiles[0]");
  CHECK(problem_of(changed(good, "Testor 1", "Testor\\n1")) ==
        "GPU profiles[0]: name: has a line break or another control character");
  CHECK(problem_of(changed(good, "Testor 1", "all")) == "GPU profiles[0]: name: means all GPUs");
}

TEST_CASE("figures of a GPU profile that no process can simulate are refused", "[gpu_profiles]") {
  CHECK(problem_of(changed(good, "\"size\": 77", "\"size\": 18446744073709551615")) ==
        "Testor 1: heaps[1].size: is greater than 70368744177664");
  CHECK(problem_of(changed(good, "\"nonCoherentAtomSize\": 64", "\"nonCoherentAtomSize\": 9223372036854775808")) ==
        "Testor 1: limits.nonCoherentAtomSize: is greater than 1073741824");
}

TEST_CASE("a GPU profile without heaps or types is refused", "[gpu_profiles]") {
  std::string const heaps =
      R"([{"size": 4294967296, "flags": ["DEVICE_LOCAL", "MULTI_INSTANCE"]}, {"size": 77, "flags": []}])";
  std::string const types = R"([{"heap": 1, "flags": []}, {"heap": 0, "flags": ["DEVICE_LOCAL", "LAZILY_ALLOCATED"]}])";
  CHECK(problem_of(changed(good, heaps, "[]")) == "Testor 1: heaps: is empty");
  CHECK(problem_of(changed(good, heaps, "{}")) == "Testor 1: heaps: is not an array");
  CHECK(problem_of(changed(good, types, "[]")) == "Testor 1: types: is empty");
  CHECK(problem_of(changed(good, "\"Testor 1\"", "\"\"")) == "GPU profiles[0]: name: is not a text");
}

TEST_CASE("a malformed GPU profile names the entry and the field", "[gpu_profiles]") {
  REQUIRE(problem_of(good).empty());
  CHECK(problem_of("[]") == "GPU profiles: is empty");
  CHECK(problem_of("{}") == "GPU profiles: is not an array");
  CHECK(problem_of("[7]") == "GPU profiles[0]: is not an object");
  CHECK(problem_of("[{}]") == "GPU profiles[0]: name: is missing");
  CHECK(problem_of(changed(good, "virtual_gpu", "abacus")) == "Testor 1: device_type: unknown name \"abacus\"");
  CHECK(problem_of(changed(good, "\"size\": 77", "\"bytes\": 77")) == "Testor 1: heaps[1].size: is missing");
  CHECK(problem_of(changed(good, "\"size\": 77", "\"size\": -77")) ==
        "Testor 1: heaps[1].size: is not an unsigned integer");
  CHECK(problem_of(changed(good, "4096", "4294967296")) ==
        "Testor 1: limits.maxMemoryAllocationCount: is greater than 4294967295");
  CHECK(problem_of(changed(good, "LAZILY_ALLOCATED", "LAZY")) == "Testor 1: types[1].flags[1]: unknown name \"LAZY\"");
  CHECK(problem_of(changed(good, "MULTI_INSTANCE", "HOST_VISIBLE")) ==
        "Testor 1: heaps[0].flags[1]: unknown name \"HOST_VISIBLE\"");
  CHECK(problem_of(changed(good, "\"heap\": 1", "\"heap\": 2")) == "Testor 1: types[0].heap: is greater than 1");
  CHECK(problem_of(changed(good, "\"nowhere\"", "7")) == "Testor 1: source: is not a text");
}

TEST_CASE("a GPU profile with more heaps or types than Vulkan allows is refused", "[gpu_profiles]") {
  std::string heaps;
  for (int i = 0; i < 15; ++i) {
    heaps += R"({"size": 1, "flags": []}, )";
  }
  CHECK(problem_of(changed(good, "\"heaps\": [", "\"heaps\": [" + heaps)) ==
        "Testor 1: heaps: has more than 16 elements");
  std::string types;
  for (int i = 0; i < 31; ++i) {
    types += R"({"heap": 0, "flags": []}, )";
  }
  CHECK(problem_of(changed(good, "\"types\": [", "\"types\": [" + types)) ==
        "Testor 1: types: has more than 32 elements");
}

TEST_CASE("the project's GPU profiles are 26 different GPUs, each with its source", "[gpu_profiles]") {
  std::set<std::string> names;
  for (auto const& profile : gpu_profiles()) {
    INFO(profile.name);
    names.insert(profile.name);
    CHECK_FALSE(profile.source.empty());
    CHECK(profile.memory.heap_count > 0);
    CHECK(profile.memory.type_count > 0);
  }
  CHECK(gpu_profiles().size() >= 26);
  CHECK(names.size() == gpu_profiles().size());
}

TEST_CASE("a GPU profile is found by the start of its name", "[gpu_profiles]") {
  CHECK(gpu_profile("Apple M2").name == "Apple M2 [1.2.11]");
  CHECK_THROWS_AS(gpu_profile("Apple"), std::runtime_error);
  CHECK_THROWS_AS(gpu_profile("Voodoo 2"), std::runtime_error);
}

}  // namespace ashlar::simulated
