#pragma once

#include <ashlar/flags.hpp>

#include <cstdint>

namespace ashlar {

/// VkExternalMemoryHandleTypeFlagBits: ways to share memory with other processes and APIs.
enum class ExternalMemoryHandleType : std::uint32_t {
  OpaqueFd = 0x1,
  OpaqueWin32 = 0x2,
  OpaqueWin32Kmt = 0x4,
  D3D11Texture = 0x8,
  D3D11TextureKmt = 0x10,
  D3D12Heap = 0x20,
  D3D12Resource = 0x40,
  HostAllocation = 0x80,
  HostMappedForeignMemory = 0x100,
  DmaBuf = 0x200,
  AndroidHardwareBuffer = 0x400,
};
template <>
inline constexpr bool enable_flags<ExternalMemoryHandleType> = true;
using ExternalMemoryHandleTypes = Flags<ExternalMemoryHandleType>;

}  // namespace ashlar
