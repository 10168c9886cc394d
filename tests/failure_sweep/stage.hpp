#pragma once

#include <ashlar/buffer/subbuffer.hpp>
#include <ashlar/memory/memory_allocator.hpp>

#include <concepts>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "failure_sweep/expectation.hpp"
#include "failure_sweep/host_memory.hpp"
#include "simulated_driver/driver.hpp"

namespace ashlar::test {

using simulated::Driver;
using simulated::Gpu;

/// Something is not as it must be.
class Mismatch : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws Mismatch unless `holds`.
void require(bool holds, char const* what);

/// Figures that a failed step must leave as they were.
struct Figures {
  std::uint64_t live_objects = 0;  ///< The driver's count.
  std::uint64_t memories = 0;      ///< The driver's count of VkDeviceMemory.
  LiveObjects live{};              ///< Device::drain.
  /// Those of the allocators, each with all its memory types.
  std::vector<MemoryTypeStatistics> types{};

  [[nodiscard]] std::uint64_t objects() const { return live_objects - memories; }  ///< But for memory.
  [[nodiscard]] std::uint64_t blocks() const;
  [[nodiscard]] std::uint64_t block_bytes() const;
  [[nodiscard]] std::uint64_t resources() const;
};

/// A failure that has come.
struct FiredInjection {
  Injection injection;
  Part part{};  ///< That it fell into.
};

/// What a chapter of the script works on, and what the sweep looks at: one device, the allocators and the buffers that
/// live, and what the buffers must hold. The script tells it which parts of a step failures are expected to end
/// otherwise in than with their exception.
class Stage {
 public:
  explicit Stage(Driver& its_driver) : driver{its_driver} {}
  Stage(Stage const&) = delete;
  Stage& operator=(Stage const&) = delete;
  virtual ~Stage() = default;

  Driver& driver;
  Device device;

  /// Lets these failures come from now on.
  void arm(std::vector<Injection> const& injections);
  /// Takes back those that have not come, and returns them, to be armed again.
  [[nodiscard]] std::vector<Injection> disarm();
  /// Those that have come since `arm`, and where.
  [[nodiscard]] std::vector<FiredInjection> const& fired() const noexcept { return fired_; }

  /// Ends what a step has begun: figures are taken, and each step begins, after it. No failure comes meanwhile.
  virtual void settle() const {}

  [[nodiscard]] Figures figures() const;
  /// Throws Mismatch unless every figure adds up, every buffer holds what it must, for the host and for the device, and
  /// nobody holds any. What a buffer without elements holds is not known.
  void check();
  /// What is so of a lost device: every call that waits says that it is, and nobody holds a buffer.
  void check_lost() const;

 protected:
  /// Runs `f`, which keeps failures to itself.
  template <std::invocable F>
  void quietly(F const& f) {
    in_part({.is_quiet = true}, f);
  }

  /// Runs `f`, which allocates so many bytes by `info`, and returns what it returns.
  template <std::invocable F>
  decltype(auto) allocating(std::uint64_t size, AllocationCreateInfo const& info, F const& f) {
    return in_part(allocation_part(size, info), f);
  }

  /// Runs `f`, which also does what nobody has asked for, and keeps to itself what fails then.
  template <std::invocable F>
  void also_keeping_failures(F const& f) {
    in_part({}, [&] {
      bool const did = std::exchange(keeps_failures_, true);
      try {
        in_part({}, f);
      } catch (...) {
        keeps_failures_ = did;
        throw;
      }
      keeps_failures_ = did;
    });
  }

  /// Runs `f`, which asks the driver for so many bytes of a memory type, and returns what it returns.
  template <std::invocable F>
  decltype(auto) allocating_from(std::uint32_t memory_type, std::uint64_t size, F const& f) {
    return in_part({.size = size, .best_type = memory_type}, f);
  }

  /// Lets others use all of a heap that is not in use; lets them go again.
  void fill_heap(std::uint32_t heap);
  void vacate_heaps();

  /// The memory types that could give so many bytes, best first, whatever is full.
  [[nodiscard]] std::vector<std::uint32_t> memory_types(std::uint64_t size, AllocationCreateInfo const& info) const;
  [[nodiscard]] bool is_served(std::uint64_t size, AllocationCreateInfo const& info) const;

  /// Makes a device as Device::create does, and as a program that cares for messages.
  [[nodiscard]] Device create_device() const;
  [[nodiscard]] static InstanceCreateInfo instance_info();

  /// From now on the allocator's figures count; the buffer must hold the elements.
  void watch(MemoryAllocator const& allocator);
  void watch(Subbuffer<std::uint32_t[]> const& buffer, std::vector<std::uint32_t> const& elements);
  /// What a watched buffer must hold; to be changed.
  [[nodiscard]] std::vector<std::uint32_t>& elements_of(Subbuffer<std::uint32_t[]> const& buffer);
  /// Lets go of what is watched.
  void watch_nothing() noexcept;

 private:
  struct ArmedInjection {
    Injection injection;
    std::uint64_t call = 0;  ///< The number of the call that is to fail, counted from the driver's begin.
  };

  struct WatchedBuffer {
    Subbuffer<std::uint32_t[]> buffer;
    std::vector<std::uint32_t> elements;
  };

  template <std::invocable F>
  decltype(auto) in_part(Part const& part, F const& f) {
    struct Noting {
      Stage& stage;
      Part const& part;
      ~Noting() { stage.note_fired(part); }
    };
    note_fired({});
    Noting const noting{*this, part};
    return f();
  }

  /// Notes which failures have come, in this part.
  void note_fired(Part const& part);
  /// Calls of the function, or allocations, since the begin.
  [[nodiscard]] std::uint64_t made_so_far(Injection const& injection) const;
  [[nodiscard]] Part allocation_part(std::uint64_t size, AllocationCreateInfo const& info) const;
  void check_figures() const;
  void check_buffer(WatchedBuffer const& watched) const;
  static void check_lock(WatchedBuffer const& watched);

  bool keeps_failures_ = false;
  std::uint32_t full_heaps_ = 0;  ///< Bit i: heap i.
  std::vector<ArmedInjection> armed_;
  std::vector<FiredInjection> fired_;
  std::vector<MemoryAllocator> allocators_;
  std::vector<WatchedBuffer> buffers_;
};

/// Throws Mismatch unless `f` throws an Exception, which is returned; what else it throws comes through.
template <class Exception, std::invocable F>
Exception thrown_by(F const& f) {
  try {
    static_cast<void>(f());
  } catch (Exception const& exception) {
    return exception;
  }
  host_memory::Exposure const spared{false};
  throw Mismatch{"nothing was thrown where an exception is documented"};
}

}  // namespace ashlar::test
