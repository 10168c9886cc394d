#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simulated_driver/export.hpp"
#include "simulated_driver/gpu.hpp"

namespace ashlar::simulated {

/// The GPUs that the environment asks for:
///
/// | variable | meaning | without it |
/// |---|---|---|
/// | `ASHLAR_SIM_PROFILES` | a file of profiles, as tests/profiles/gpu_memory_profiles.json | that file |
/// | `ASHLAR_SIM_GPU` | the name of a GPU in it, or a part of a name (capitals are small letters); or `all` | `all` |
/// | `ASHLAR_SIM_HIDE` | what to hide: a version (and those after it), features, extensions; commas between | nothing |
/// | `ASHLAR_SIM_QUEUES` | the queue families, as in `graphics+compute+transfer:1,transfer:2` | `Gpu::queue_families` |
/// | `ASHLAR_SIM_NONCOHERENT` | 1: no memory type is HOST_COHERENT | the profile decides |
/// | `ASHLAR_SIM_WRITE_BACK` | a number: `Gpu::write_back_seed` | nothing is written back early |
///
/// \throws std::runtime_error that says what is wrong, and what there is to choose from.
[[nodiscard]] ASHLAR_SIM_API std::vector<Gpu> gpus_of_environment();

/// Those of the profiles that are called so: all of them if the name is `all` or empty, else the one of exactly that
/// name, else the one whose name has it as a part.
/// \throws std::runtime_error unless there is exactly one; it lists the matches, or the names.
[[nodiscard]] ASHLAR_SIM_API std::vector<GpuProfile> select_profiles(std::vector<GpuProfile> const& profiles,
                                                                     std::string_view name);

/// Reads the value of `ASHLAR_SIM_HIDE`, or of `ASHLAR_SIM_QUEUES`, into the GPU.
/// \throws std::runtime_error that names the word that it does not know, and those that it does.
ASHLAR_SIM_API void hide(Gpu& gpu, std::string_view words);
[[nodiscard]] ASHLAR_SIM_API std::vector<QueueFamily> parse_queue_families(std::string_view text);

}  // namespace ashlar::simulated
