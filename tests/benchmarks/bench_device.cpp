#include "benchmarks/bench_device.hpp"

#include <ashlar/memory/memory_type.hpp>

#include <stdexcept>
#include <string>
#include <vector>

#include "benchmarks/cases.hpp"
#include "benchmarks/metered_vulkan.hpp"
#include "simulated_driver/environment.hpp"

namespace ashlar::bench {

namespace {

simulated::Gpu chosen_gpu(std::string const& name) {
  try {
    std::vector<simulated::GpuProfile> const found = simulated::select_profiles(simulated::gpu_profiles(), name);
    if (found.size() == 1) {
      return simulated::Gpu{found[0]};
    }
  } catch (std::runtime_error const& error) {
    throw UsageError{std::string{"--gpu: "} + error.what()};
  }
  throw UsageError{"--gpu names one GPU"};
}

}  // namespace

BenchDevice::BenchDevice(Options const& options) : threads_{options.threads} {
  if (options.driver != DriverChoice::Loader) {
    driver_.emplace(std::vector{chosen_gpu(options.gpu)});
  }
  choose_vulkan(options.driver);
  device_ = Device::create_default({.instance = {.get_instance_proc_addr = metered_instance_proc_addr}});
  allocator_ = StandardMemoryAllocator{device_, {.strategy = options.strategy}};
}

std::uint32_t BenchDevice::device_local_type() const {
  MemoryProperties const& memory = device_.physical_device().memory();
  MemoryTypeRanking const ranking = rank_memory_types(memory, {.usage = MemoryUsage::DeviceOnly, .size = alignment});
  if (ranking.empty() || !memory.types[ranking[0]].properties.contains(MemoryProperty::DeviceLocal)) {
    throw WrongResult{"the device has no device-local memory type"};
  }
  return ranking[0];
}

void BenchDevice::finish(Figures& figures) {
  MemoryStatistics const statistics = allocator_.statistics();
  for (MemoryTypeStatistics const& type : statistics.types) {
    if (type.suballocation_count != 0 || type.suballocation_bytes != 0 || type.dedicated_count != 0) {
      throw WrongResult{"the allocator says that a resource still has memory"};
    }
    if (type.block_count > threads_ + 1) {
      throw WrongResult{"blocks without pieces were not given back: they have not become one free range again"};
    }
  }
  if (driver_) {
    for (std::string const& violation : driver_->take_violations()) {
      throw WrongResult{violation};
    }
  }
  figures["gpu"] = device_.physical_device().name();
}

}  // namespace ashlar::bench
