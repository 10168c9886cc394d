// Memory whose dirty atoms may reach the device at any time, as a processor may write a cache line back.

#include <cstring>
#include <set>
#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

constexpr std::size_t atoms = 256;

Gpu write_back_gpu(std::uint64_t seed) {
  Gpu gpu = test_gpu();
  gpu.write_back_seed = seed;
  return gpu;
}

/// Lets a queue begin a submission: a time at which atoms may be written back.
void pass_time(RawVulkan& vulkan) {
  vulkan.submit(vulkan.queue(0), {RawSubmit{}});
  vulkan.wait_idle(vulkan.queue(0));
}

/// Which atoms of dirty memory have reached the device after a while: a character for each.
std::string early_atoms(std::uint64_t seed) {
  SimulatedDriver driver{write_back_gpu(seed)};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(atoms * atom, cached);
  std::memset(vulkan.map(memory), 'h', atoms * atom);
  pass_time(vulkan);
  std::string result;
  for (std::size_t i = 0; i < atoms; ++i) {
    std::string const bytes = driver.device_read(memory, i * atom, atom);
    CHECK((bytes == std::string(atom, 'h') || bytes == std::string(atom, fresh)));  // Whole atoms.
    result += bytes[0];
  }
  return result;
}

}  // namespace

TEST_CASE("without a seed nothing is written back early", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(atom, cached);
  std::memset(vulkan.map(memory), 'h', atom);
  for (int i = 0; i < 16; ++i) {
    pass_time(vulkan);
  }
  CHECK(driver.device_read(memory, 0, atom) == std::string(atom, fresh));
}

TEST_CASE("with a seed some dirty atoms are written back early, whole, and others are not", "[simulated_driver]") {
  for (std::uint64_t const seed : {1U, 2U, 3U}) {
    std::string const early = early_atoms(seed);
    CHECK(early.find('h') != std::string::npos);
    CHECK(early.find(fresh) != std::string::npos);
  }
}

TEST_CASE("which atoms are written back early depends on the seed alone", "[simulated_driver]") {
  CHECK(early_atoms(1) == early_atoms(1));
  CHECK(early_atoms(1) != early_atoms(2));
}

TEST_CASE("a clean atom is never written back over what the device wrote", "[simulated_driver]") {
  SimulatedDriver driver{write_back_gpu(7)};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(atoms * atom, cached);
  char* const host = vulkan.map(memory);
  SECTION("clean as it is fresh") {}
  SECTION("clean after a flush") {
    std::memset(host, 'h', atoms * atom);
    vulkan.flush(memory);
  }
  SECTION("clean after an invalidation") {
    driver.device_write(memory, 0, std::string(atoms * atom, 'c'));
    vulkan.invalidate(memory);
  }
  SECTION("clean after it was written back early") {
    std::memset(host, 'h', atoms * atom);
    while (driver.device_read(memory, 0, atoms * atom) != std::string(atoms * atom, 'h')) {
      pass_time(vulkan);
    }
  }
  driver.device_write(memory, 0, std::string(atoms * atom, 'd'));
  for (int i = 0; i < 16; ++i) {
    pass_time(vulkan);
  }
  CHECK(driver.device_read(memory, 0, atoms * atom) == std::string(atoms * atom, 'd'));
}

TEST_CASE("a clean atom among dirty ones is not written back over what the device wrote", "[simulated_driver]") {
  SimulatedDriver driver{write_back_gpu(3)};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(atoms * atom, cached);
  char* const host = vulkan.map(memory);
  driver.device_write(memory, 0, std::string(atoms * atom, 'd'));
  for (std::size_t i = 0; i < atoms; i += 2) {
    std::memset(host + i * atom, 'h', atom);
  }
  pass_time(vulkan);
  for (std::size_t i = 1; i < atoms; i += 2) {
    CHECK(driver.device_read(memory, i * atom, atom) == std::string(atom, 'd'));
  }
}

TEST_CASE("an atom with one dirty byte is written back with its stale neighbours", "[simulated_driver]") {
  SimulatedDriver driver{write_back_gpu(1)};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(2 * atom, cached);
  char* const host = vulkan.map(memory);
  driver.device_write(memory, 0, std::string(2 * atom, 'd'));
  host[1] = 'h';
  while (driver.device_read(memory, 1, 1) != "h") {
    pass_time(vulkan);
  }
  constexpr char stale = static_cast<char>(simulated::Pattern::Host);
  CHECK(driver.device_read(memory, 0, 2 * atom) ==
        std::string{stale, 'h'} + std::string(atom - 2, stale) + std::string(atom, 'd'));
}

TEST_CASE("an atom at the end of a mapping is written back whole", "[simulated_driver]") {
  SimulatedDriver driver{write_back_gpu(1)};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(3 * atom, cached);
  driver.device_write(memory, 0, std::string(3 * atom, 'd'));
  char* const host = vulkan.map(memory, 0, atom + 1);
  host[atom] = 'h';
  while (driver.device_read(memory, atom, 1) != "h") {
    pass_time(vulkan);
  }
  constexpr char stale = static_cast<char>(simulated::Pattern::Host);
  CHECK(driver.device_read(memory, atom, 2 * atom) == "h" + std::string(atom - 1, stale) + std::string(atom, 'd'));
}

TEST_CASE("coherent memory has nothing to write back", "[simulated_driver]") {
  SimulatedDriver driver{write_back_gpu(1)};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = vulkan.allocate(atom, coherent);
  *vulkan.map(memory) = 'h';
  driver.device_write(memory, 0, "d");
  for (int i = 0; i < 16; ++i) {
    pass_time(vulkan);
  }
  CHECK(driver.device_read(memory, 0, 1) == "d");
}

}  // namespace ashlar::test
