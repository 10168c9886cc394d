#pragma once

#include <cstdint>

namespace ashlar::simulated {

/// What every byte of fresh memory holds. In memory that is not coherent the host's copy and the device's differ.
enum class Pattern : std::uint8_t { Device = 0xD5, Host = 0xA9 };

}  // namespace ashlar::simulated
