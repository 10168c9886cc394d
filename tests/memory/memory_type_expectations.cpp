#include "memory/memory_type_expectations.hpp"

namespace ashlar::test {

// These orders come from reading the rules against each GPU's heaps and types, never from running the code. In the
// remarks and reasons, D is DEVICE_LOCAL, V HOST_VISIBLE, C HOST_COHERENT, $ HOST_CACHED, and "-" a type without flags.
std::vector<MemoryTypeExpectation> const& memory_type_expectations() {
  static std::vector<MemoryTypeExpectation> const expectations = {

      // One heap. 0 DVC, 1 DV$, 2 DVC, 3 DV$.
      {.gpu = "Intel(R) HD Graphics 500 (APL 2) [Mesa 25.2.8-0ubuntu0.25.10.2]",
       .unified = true,
       .small_heaps = {},
       .device_only = {{0, 2, 1, 3}, "all are D and V; $ is avoided; duplicates by index"},
       .upload = {{0, 2, 1, 3}, "all are D; C is preferred; duplicates by index"},
       .download = {{1, 3, 0, 2}, "$ is preferred before C, so the non-coherent cached types win"},
       .staging = {{0, 2, 1, 3}, "C is preferred; duplicates by index"}},

      // 0 D in VRAM, 1 VC host, 2 DVC in a window of 256 MiB, 3 VC$ host.
      {.gpu = "AMD RADV PITCAIRN (LLVM 6.0.1) [driver 75501572]",
       .unified = false,
       .small_heaps = {1},
       .device_only = {{0, 2, 1, 3}, "D first, of those not the avoided V; then the host's, $ being avoided too"},
       .upload = {{2, 1, 3}, "64 KiB may go into the window, which alone is D and V; then the host's without $"},
       .download = {{3, 1, 2}, "only 3 is $; of the uncached ones the window is avoided for being D"},
       .staging = {{1, 3, 2}, "all are C; avoiding D comes before avoiding $, so the window is last"}},

      // 0 and 8 D, 1 and 9 VC host, 2 and 10 DVC, 3 and 11 VC$ host; 4-7 and 12-15 are AMD coherent and uncached.
      {.gpu = "AMD Radeon RX 6700 XT [(AMD proprietary shader compiler)]",
       .unified = false,
       .small_heaps = {},
       .device_only = {{0, 8, 2, 10, 1, 9, 3, 11}, "D without V, then D with V, then the host's, $ last"},
       .upload = {{2, 10, 1, 9, 3, 11}, "the whole VRAM is V, so D wins at any size; then the host's without $"},
       .download = {{3, 11, 1, 9, 2, 10}, "$ first; then the host's, since D is avoided"},
       .staging = {{1, 9, 3, 11, 2, 10}, "all are C; avoiding D comes before avoiding $"}},

      // The same types as the RX 6700 XT, but of one memory: 1.3 GiB said to be the host's, 2.6 GiB the device's.
      {.gpu = "AMD Radeon(TM) Graphics [25.9.1 (AMD proprietary shader compiler)]",
       .unified = true,
       .small_heaps = {},
       .device_only = {{2, 10, 0, 8, 1, 9, 3, 11},
                       "integrated: D and V in the larger heap, to be filled without staging"},
       .upload = {{2, 10, 1, 9, 3, 11}, "D first; $ is not avoided on unified memory, but nobody asked for it"},
       .download = {{3, 11, 1, 9, 2, 10}, "$ first; D is not avoided on unified memory, but nobody asked for it"},
       .staging = {{1, 9, 2, 10, 3, 11}, "$ is avoided, D is merely not asked for"}},

      // 0 - host, 1 and 2 D, 3 VC host, 4 VC$ host, 5 DVC over all of VRAM.
      {.gpu = "NVIDIA GeForce RTX 2050 [581.42]",
       .unified = false,
       .small_heaps = {},
       .device_only = {{1, 2, 5, 0, 3, 4},
                       "D without V, duplicates by index; D with V; the host's without V, then $ last"},
       .upload = {{5, 3, 4}, "D and V is there in full; then the host's without $"},
       .download = {{4, 3, 5}, "$ first; then D is avoided: reading the BAR is slow"},
       .staging = {{3, 4, 5}, "avoiding D comes before avoiding $"}},

      // As the RX 6700 XT, but 2 and 10 lie in a window of 256 MiB.
      {.gpu = "AMD Radeon RX 6650 XT [24.10.1 (AMD proprietary shader compiler)]",
       .unified = false,
       .small_heaps = {2},
       .device_only = {{0, 8, 2, 10, 1, 9, 3, 11}, "D without V; 64 KiB may also go into the window; then the host's"},
       .upload = {{2, 10, 1, 9, 3, 11}, "64 KiB may go into the window, which alone is D and V"},
       .download = {{3, 11, 1, 9, 2, 10}, "$ first; then the host's, since D is avoided"},
       .staging = {{1, 9, 3, 11, 2, 10}, "all are C; avoiding D comes before avoiding $"}},

      // One heap. 0 D, 1 DVC, 2 DVC$.
      {.gpu = "Intel(R) Iris(R) Xe Graphics [Intel driver]",
       .unified = true,
       .small_heaps = {},
       .device_only = {{1, 2, 0}, "V is preferred on unified memory, before $ is avoided"},
       .upload = {{1, 2}, "both D and C; $ is not avoided, but nobody asked for it"},
       .download = {{2, 1}, "$ is preferred"},
       .staging = {{1, 2}, "$ is avoided"}},

      // 0 - host, 1 D, 2 VC host, 3 VC$ host, 4 DVC over all of VRAM. Heap 1, the host's, is the larger one.
      {.gpu = "NVIDIA GeForce RTX 4070 Laptop GPU [572.42]",
       .unified = false,
       .small_heaps = {},
       .device_only = {{1, 4, 0, 2, 3},
                       "D without V, D with V, the host's without V, then $ last; no heap size counts"},
       .upload = {{4, 2, 3}, "D and V is there in full; then the host's without $"},
       .download = {{3, 2, 4}, "$ first; then D is avoided: reading the BAR is slow"},
       .staging = {{2, 3, 4}, "avoiding D comes before avoiding $"}},

      // 0 - host, 1 VC host, 2 VC$ host, 3 D. Heap 0 is the host's.
      {.gpu = "Microsoft Direct3D12 (NVIDIA GeForce RTX 4070 Laptop GPU) [Mesa 25.2.0-devel (git-3753bb8501)]",
       .unified = false,
       .small_heaps = {},
       .device_only = {{3, 0, 1, 2}, "only the last type is D; then the host's without V, then $ last"},
       .upload = {{1, 2}, "no type is D and V; $ is avoided"},
       .download = {{2, 1}, "$ is preferred"},
       .staging = {{1, 2}, "both C and not D; $ is avoided"}},

      // 0 to 6 - host, 7 and 8 D, 9 VC host, 10 VC$ host.
      {.gpu = "Quadro K620 [driver 1637203968]",
       .unified = false,
       .small_heaps = {},
       .device_only = {{7, 8, 0, 1, 2, 3, 4, 5, 6, 9, 10}, "D, behind seven types without flags; V is avoided, $ last"},
       .upload = {{9, 10}, "no type is D and V; $ is avoided"},
       .download = {{10, 9}, "$ is preferred"},
       .staging = {{9, 10}, "both C and not D; $ is avoided"}},

      // 0 - host, 1 D, 2 VC host, 3 VC$ host, 4 DVC in a window of 214 MiB.
      {.gpu = "NVIDIA GeForce RTX 3060 [532.03]",
       .unified = false,
       .small_heaps = {2},
       .device_only = {{1, 4, 0, 2, 3},
                       "D without V; 64 KiB may also go into the window; the host's without V; $ last"},
       .upload = {{4, 2, 3}, "64 KiB may go into the window, which alone is D and V"},
       .download = {{3, 2, 4}, "$ first; then D is avoided"},
       .staging = {{2, 3, 4}, "avoiding D comes before avoiding $"}},

      // One heap. 0 D, 1 DVC$, 2 D lazily allocated.
      {.gpu = "Apple M2 [1.2.11]",
       .unified = true,
       .small_heaps = {},
       .device_only = {{1, 0}, "V is preferred on unified memory, before $ is avoided; never the lazily allocated one"},
       .upload = {{1}, "the only V"},
       .download = {{1}, "the only V"},
       .staging = {{1}, "the only V, though $ is avoided"}},

      // One heap. 0 D, 1 DVC$, 2 DV$, 3 D lazily allocated.
      {.gpu = "Apple M1 [1.1.7]",
       .unified = true,
       .small_heaps = {},
       .device_only = {{2, 1, 0}, "both V are $; 2 has one flag less that nobody asked for (C); never 3"},
       .upload = {{1, 2}, "both D; C is preferred"},
       .download = {{1, 2}, "both $; C is preferred next"},
       .staging = {{1, 2}, "C is preferred"}},

      // One heap. 0 D, 1 DV$, 2 DVC$, 3 D, 4 DVC.
      {.gpu = "Adreno (TM) 540 [gpuinfo.org report]",
       .unified = true,
       .small_heaps = {},
       .device_only = {{4, 1, 2, 0, 3},
                       "V, of those not the avoided $, though it comes last; 1 has fewer flags than 2"},
       .upload = {{4, 2, 1}, "all D; C is preferred; $ of 2 is not asked for"},
       .download = {{2, 1, 4}, "$ is preferred, then C"},
       .staging = {{4, 2, 1}, "C is preferred; $ is avoided"}},

      // 0 to 6 - host, 7 and 8 D, 9 VC host, 10 VC$ host. The host's heap is six times the VRAM.
      {.gpu = "GeForce GTX 1080 Ti [gpuinfo.org report]",
       .unified = false,
       .small_heaps = {},
       .device_only = {{7, 8, 0, 1, 2, 3, 4, 5, 6, 9, 10}, "D, behind seven types without flags; V is avoided, $ last"},
       .upload = {{9, 10}, "no type is D and V; $ is avoided"},
       .download = {{10, 9}, "$ is preferred"},
       .staging = {{9, 10}, "both C and not D; $ is avoided"}},

      // 0 DVC$ in 10.5 GiB, 1 DVC$ in 1 GiB, which is too large to count as small.
      {.gpu = "Intel(R) HD Graphics 520 (Skylake GT2) [gpuinfo.org report]",
       .unified = true,
       .small_heaps = {},
       .device_only = {{0, 1}, "V is preferred only in 0, whose heap is the larger"},
       .upload = {{0, 1}, "equal flags: the larger heap"},
       .download = {{0, 1}, "equal flags: the larger heap"},
       .staging = {{0, 1}, "equal flags: the larger heap"}},

      // One heap. 0 DVC, 1 DV$, 2 D lazily allocated.
      {.gpu = "Mali-T760 [gpuinfo.org report]",
       .unified = true,
       .small_heaps = {},
       .device_only = {{0, 1}, "both V; $ is avoided; never the lazily allocated one"},
       .upload = {{0, 1}, "C is preferred"},
       .download = {{1, 0}, "$ is preferred before C"},
       .staging = {{0, 1}, "C is preferred"}},

      // One heap. 0 D, 1 D, 2 DVC, 3 DV$.
      {.gpu = "NVIDIA Tegra X1 [gpuinfo.org report]",
       .unified = true,
       .small_heaps = {},
       .device_only = {{2, 3, 0, 1}, "V is preferred on unified memory, $ avoided after that; duplicates by index"},
       .upload = {{2, 3}, "C is preferred"},
       .download = {{3, 2}, "$ is preferred before C"},
       .staging = {{2, 3}, "C is preferred"}},

      // One heap, one type: DVC. It says that it is discrete.
      {.gpu = "PowerVR Rogue GE8300 [gpuinfo.org report]",
       .unified = true,
       .small_heaps = {},
       .device_only = {{0}, "the only type"},
       .upload = {{0}, "the only type"},
       .download = {{0}, "the only type; $ is never required"},
       .staging = {{0}, "the only type"}},

      // One heap, one type: DVC.
      {.gpu = "Raspberry Pi 4 2 GB, V3D 4.2 (v3dv)",
       .unified = true,
       .small_heaps = {},
       .device_only = {{0}, "the only type"},
       .upload = {{0}, "the only type"},
       .download = {{0}, "the only type; $ is never required"},
       .staging = {{0}, "the only type"}},

      // 0 D in VRAM, 1 VC$ host, 2 DVC in a window of 256 MiB.
      {.gpu = "Intel Arc A770 16 GB small BAR (ANV i915/xe)",
       .unified = false,
       .small_heaps = {2},
       .device_only = {{0, 2, 1}, "D without V; 64 KiB may also go into the window; then the host's"},
       .upload = {{2, 1}, "64 KiB may go into the window, which alone is D and V"},
       .download = {{1, 2}, "$ is preferred"},
       .staging = {{1, 2}, "both C; avoiding D comes before avoiding $"}},

      // One heap. 0 D, 1 DVC, 2 DVC$, 3 D protected.
      {.gpu = "Intel iGPU with LLC and protected contexts (ANV i915)",
       .unified = true,
       .small_heaps = {},
       .device_only = {{1, 2, 0}, "V is preferred on unified memory, before $ is avoided; never the protected one"},
       .upload = {{1, 2}, "both D and C; $ is not avoided, but nobody asked for it"},
       .download = {{2, 1}, "$ is preferred"},
       .staging = {{1, 2}, "$ is avoided"}},

      // 0 - host, 1 D, 2 V host, 3 V$ host, 4 DV in a window of 214 MiB; the other heaps have 2 GiB. Nothing is C.
      {.gpu = "Android emulator gfxstream over RTX 3060 host (no coherent guest memory)",
       .unified = false,
       .small_heaps = {2},
       .device_only = {{1, 4, 0, 2, 3},
                       "D without V; 64 KiB may also go into the window; the host's without V; $ last"},
       .upload = {{4, 2, 3}, "C is only preferred, so its absence excludes nothing; D, then the host's without $"},
       .download = {{3, 2, 4}, "$ first; then D is avoided"},
       .staging = {{2, 3, 4}, "avoiding D comes before avoiding $"}},

      // 0 - host, 1 D, 2 VC host, 3 VC$ host, 4 DVC over all of VRAM.
      {.gpu = "NVIDIA H100 80GB HBM3 [driver 580]",
       .unified = false,
       .small_heaps = {},
       .device_only = {{1, 4, 0, 2, 3}, "D without V, D with V, the host's without V, then $ last"},
       .upload = {{4, 2, 3}, "D and V is there in full, and the host writes it as fast as its own"},
       .download = {{3, 2, 4}, "$ first; then D is avoided: the BAR is read at 0.04 GB/s"},
       .staging = {{2, 3, 4}, "avoiding D comes before avoiding $"}},

      // One heap, one type: DVC$.
      {.gpu = "llvmpipe (LLVM 15.0.6, 256 bits) [Mesa 22.3.6]",
       .unified = true,
       .small_heaps = {},
       .device_only = {{0}, "the only type"},
       .upload = {{0}, "the only type"},
       .download = {{0}, "the only type"},
       .staging = {{0}, "the only type, though $ is avoided"}},

      // One heap, one type: DVC$.
      {.gpu = "SwiftShader [Chromium 156]",
       .unified = true,
       .small_heaps = {},
       .device_only = {{0}, "the only type"},
       .upload = {{0}, "the only type"},
       .download = {{0}, "the only type"},
       .staging = {{0}, "the only type, though $ is avoided"}},
  };
  return expectations;
}

}  // namespace ashlar::test
