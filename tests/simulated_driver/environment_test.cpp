// The GPUs that environment variables choose.

#include "simulated_driver/environment.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "simulated_driver/raw_instance.hpp"
#include "support/catch.hpp"
#include "support/environment_variable.hpp"

namespace ashlar::test {
namespace {

using Catch::Matchers::ContainsSubstring;
using simulated::gpus_of_environment;

/// None of the driver's variables, for the time of a test.
struct CleanEnvironment {
  EnvironmentVariable profiles{"ASHLAR_SIM_PROFILES", nullptr};
  EnvironmentVariable gpu{"ASHLAR_SIM_GPU", nullptr};
  EnvironmentVariable hide{"ASHLAR_SIM_HIDE", nullptr};
  EnvironmentVariable queues{"ASHLAR_SIM_QUEUES", nullptr};
  EnvironmentVariable non_coherent{"ASHLAR_SIM_NONCOHERENT", nullptr};
  EnvironmentVariable write_back{"ASHLAR_SIM_WRITE_BACK", nullptr};
};

/// What the environment is told to be wrong, or nothing.
std::string problem() {
  try {
    static_cast<void>(gpus_of_environment());
  } catch (std::runtime_error const& error) {
    return error.what();
  }
  return {};
}

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (Gpu const& gpu : gpus_of_environment()) {
    result.push_back(gpu.name);
  }
  return result;
}

/// A file that is gone with this.
class File {
 public:
  explicit File(std::string const& text) { std::ofstream{path_} << text; }
  File(File const&) = delete;
  File& operator=(File const&) = delete;
  ~File() { std::filesystem::remove(path_); }

  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("ashlar_environment_test_" + std::to_string(getpid()) + ".json");
};

std::string const two_gpus = R"([
  {"name": "Alpha", "device_type": "cpu", "heaps": [{"size": 4096, "flags": []}],
   "types": [{"heap": 0, "flags": ["HOST_VISIBLE", "HOST_COHERENT"]}],
   "limits": {"nonCoherentAtomSize": 64, "bufferImageGranularity": 1, "maxMemoryAllocationCount": 7,
              "minMemoryMapAlignment": 64}},
  {"name": "Alpha Beta", "device_type": "cpu", "heaps": [{"size": 4096, "flags": []}],
   "types": [{"heap": 0, "flags": []}],
   "limits": {"nonCoherentAtomSize": 64, "bufferImageGranularity": 1, "maxMemoryAllocationCount": 7,
              "minMemoryMapAlignment": 64}}
])";

/// What this process writes to stderr meanwhile.
template <class Body>
std::string stderr_of(Body body) {
  FILE* const file = std::tmpfile();
  REQUIRE(file != nullptr);
  std::fflush(stderr);
  int const before = dup(2);
  REQUIRE(dup2(fileno(file), 2) == 2);
  body();
  std::fflush(stderr);
  dup2(before, 2);
  close(before);
  std::rewind(file);
  std::string text;
  std::array<char, 256> part{};
  while (std::fgets(part.data(), part.size(), file) != nullptr) {
    text += part.data();
  }
  std::fclose(file);
  return text;
}

}  // namespace

TEST_CASE("without a choice the environment has all GPUs", "[simulated_driver]") {
  CleanEnvironment const clean;
  CHECK(gpus_of_environment().size() == gpu_profiles().size());
  EnvironmentVariable const all{"ASHLAR_SIM_GPU", "all"};
  CHECK(gpus_of_environment().size() == gpu_profiles().size());
}

TEST_CASE("a GPU is chosen by its name, or by a part that no other name has", "[simulated_driver]") {
  CleanEnvironment const clean;
  File const file{two_gpus};
  EnvironmentVariable const profiles{"ASHLAR_SIM_PROFILES", file.path().c_str()};
  CHECK(names() == std::vector<std::string>{"Alpha", "Alpha Beta"});
  auto const chosen = [](char const* name) {
    EnvironmentVariable const gpu{"ASHLAR_SIM_GPU", name};
    return names();
  };
  CHECK(chosen("Alpha") == std::vector<std::string>{"Alpha"});
  CHECK(chosen("beta") == std::vector<std::string>{"Alpha Beta"});
  EnvironmentVariable const ambiguous{"ASHLAR_SIM_GPU", "ALPHA"};
  CHECK(problem() == "ASHLAR_SIM_GPU: \"ALPHA\" may be any of these, say more of the name:\n  Alpha\n  Alpha Beta");
  EnvironmentVariable const unknown{"ASHLAR_SIM_GPU", "Gamma"};
  CHECK(problem() == "ASHLAR_SIM_GPU: no GPU is called \"Gamma\". There are:\n  Alpha\n  Alpha Beta");
}

TEST_CASE("the environment hides versions, features and extensions", "[simulated_driver]") {
  CleanEnvironment const clean;
  EnvironmentVariable const gpu{"ASHLAR_SIM_GPU", "Apple M2"};
  {
    EnvironmentVariable const hide{"ASHLAR_SIM_HIDE", "1.2,timelineSemaphore,VK_EXT_memory_budget"};
    Gpu const found = gpus_of_environment().at(0);
    CHECK(found.api_version == VK_API_VERSION_1_1);
    CHECK(found.hidden == std::set<std::string, std::less<>>{"VK_EXT_memory_budget", "timelineSemaphore"});
    CHECK_FALSE(found.has_feature("timelineSemaphore"));
    CHECK(found.has_feature("synchronization2"));
  }
  EnvironmentVariable const hide{"ASHLAR_SIM_HIDE", "geometryShader"};
  CHECK_THAT(problem(), ContainsSubstring("ASHLAR_SIM_HIDE: cannot hide \"geometryShader\"") &&
                            ContainsSubstring("\n  timelineSemaphore"));
}

TEST_CASE("the environment says which queues there are", "[simulated_driver]") {
  CleanEnvironment const clean;
  EnvironmentVariable const gpu{"ASHLAR_SIM_GPU", "Apple M2"};
  {
    EnvironmentVariable const queues{"ASHLAR_SIM_QUEUES", "graphics+compute+transfer:3,transfer"};
    CHECK(gpus_of_environment().at(0).queue_families ==
          std::vector<simulated::QueueFamily>{{VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT | VK_QUEUE_TRANSFER_BIT, 3},
                                              {VK_QUEUE_TRANSFER_BIT, 1}});
  }
  auto const problem_of = [](char const* value) {
    EnvironmentVariable const queues{"ASHLAR_SIM_QUEUES", value};
    return problem();
  };
  CHECK(problem_of("video:1") == "ASHLAR_SIM_QUEUES: \"video\" is not graphics, compute or transfer");
  CHECK(problem_of("compute:many") == "ASHLAR_SIM_QUEUES: \"many\" is not a number");
  CHECK_THAT(problem_of("compute:0"), ContainsSubstring("\"compute:0\" is not a queue family with queues"));
  CHECK_THAT(problem_of(":1"), ContainsSubstring("\":1\" is not a queue family with queues"));
  CHECK_THAT(problem_of("compute:65"), ContainsSubstring("\"compute:65\" has more than 64 queues"));
}

TEST_CASE("the environment takes coherence from all memory, and writes back early", "[simulated_driver]") {
  CleanEnvironment const clean;
  EnvironmentVariable const gpu{"ASHLAR_SIM_GPU", "Apple M2"};
  Gpu const before = gpus_of_environment().at(0);
  CHECK(before.has_type_with(MemoryProperty::HostCoherent));
  CHECK_FALSE(before.write_back_seed.has_value());
  EnvironmentVariable const seed{"ASHLAR_SIM_WRITE_BACK", "7"};
  EnvironmentVariable const off{"ASHLAR_SIM_NONCOHERENT", "0"};
  CHECK(gpus_of_environment().at(0).has_type_with(MemoryProperty::HostCoherent));
  EnvironmentVariable const on{"ASHLAR_SIM_NONCOHERENT", "1"};
  Gpu const after = gpus_of_environment().at(0);
  CHECK_FALSE(after.has_type_with(MemoryProperty::HostCoherent));
  CHECK(after.has_type_with(MemoryProperty::HostVisible));
  CHECK(after.write_back_seed == 7);
  EnvironmentVariable const wrong{"ASHLAR_SIM_NONCOHERENT", "yes"};
  CHECK(problem() == "ASHLAR_SIM_NONCOHERENT: \"yes\" is not a number");
}

TEST_CASE("a file of profiles that is wrong is named, with the entry and the field", "[simulated_driver]") {
  CleanEnvironment const clean;
  std::string text = two_gpus;
  File const file{text.replace(text.find("\"heap\": 0"), 9, "\"heap\": 3")};
  EnvironmentVariable const profiles{"ASHLAR_SIM_PROFILES", file.path().c_str()};
  CHECK(problem() == file.path() + ": Alpha: types[0].heap: is greater than 0");
  EnvironmentVariable const absent{"ASHLAR_SIM_PROFILES", "/nowhere/profiles.json"};
  CHECK(problem() == "/nowhere/profiles.json: cannot be opened");
}

TEST_CASE("no instance is made in a wrong environment, which is told", "[simulated_driver]") {
  CleanEnvironment const clean;
  EnvironmentVariable const gpu{"ASHLAR_SIM_GPU", "Voodoo 2"};
  VkResult result = VK_SUCCESS;
  std::string const text = stderr_of([&] { result = RawInstance{}.result(); });
  CHECK(result == VK_ERROR_INITIALIZATION_FAILED);
  CHECK_THAT(text, ContainsSubstring("ashlar simulated driver: ASHLAR_SIM_GPU: no GPU is called \"Voodoo 2\""));
  File const file{"[{\"name\": \"Alpha\"}]"};
  EnvironmentVariable const profiles{"ASHLAR_SIM_PROFILES", file.path().c_str()};
  CHECK(stderr_of([&] { result = RawInstance{}.result(); }) ==
        "ashlar simulated driver: " + file.path() + ": Alpha: device_type: is missing\n");
  CHECK(result == VK_ERROR_INITIALIZATION_FAILED);
}

TEST_CASE("an instance has the environment's GPUs where no test has its own", "[simulated_driver]") {
  CleanEnvironment const clean;
  CHECK(RawInstance{}.physical_devices().size() == gpu_profiles().size());
  EnvironmentVariable const gpu{"ASHLAR_SIM_GPU", "Apple M2"};
  RawInstance const instance;
  REQUIRE(instance.physical_devices().size() == 1);
  VkPhysicalDeviceProperties properties{};
  instance.query<PFN_vkGetPhysicalDeviceProperties>("vkGetPhysicalDeviceProperties", properties);
  CHECK(properties.deviceName == gpu_profile("Apple M2").name);
}

TEST_CASE("what is wrong is written to stderr where no test takes it", "[simulated_driver][misuse]") {
  CleanEnvironment const clean;
  EnvironmentVariable const gpu{"ASHLAR_SIM_GPU", "Apple M2"};
  RawInstance const instance;
  std::string const text = stderr_of([&] {
    auto const garbage = reinterpret_cast<VkDevice>(std::uintptr_t{16});
    instance.function<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle")(garbage);
  });
  CHECK(text ==
        "ashlar simulated driver: wrong use: vkDeviceWaitIdle: a handle that does not live "
        "(VUID-vkDeviceWaitIdle-device-parameter)\n");
}

}  // namespace ashlar::test
