#pragma once

#include <ashlar/device/device.hpp>
#include <ashlar/memory/statistics.hpp>

namespace ashlar::detail {

/// Size, use and budget of every heap of the device now.
void read_heaps(Device const& device, MemoryStatistics& statistics) noexcept;

}  // namespace ashlar::detail
