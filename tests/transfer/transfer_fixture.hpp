#pragma once

#include <ashlar/memory/standard_memory_allocator.hpp>
#include <ashlar/transfer/transfer.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "memory/memory_fixture.hpp"
#include "simulated_driver/device_control.hpp"
#include "simulated_driver/waiter.hpp"
#include "support/simulated_driver.hpp"
#include "transfer/held_queue.hpp"

namespace ashlar::test {

inline constexpr BufferCreateInfo both_ways{.usage = BufferUsage::TransferSource | BufferUsage::TransferDestination};

/// `count` numbers, each one more than the last.
[[nodiscard]] std::vector<std::uint32_t> numbers(std::size_t count, std::uint32_t first = 0);

/// The GPU with timeline semaphores, and with room for transfers: heaps that are too small for some MiB are enlarged,
/// as are the number and the size of allocations, and where no memory can be mapped a type is added.
[[nodiscard]] Gpu with_room(Gpu gpu);

/// Lets the calls of a function fail, all of them, while this lives.
class Failing {
 public:
  Failing(SimulatedDriver& driver, char const* function, VkResult result) : driver_{driver} {
    driver.fail_from_now_on(function, result);
  }
  Failing(Failing const&) = delete;
  Failing& operator=(Failing const&) = delete;
  ~Failing() { driver_.cancel_failures(); }

 private:
  SimulatedDriver& driver_;
};

/// A device of a GPU with room, with an allocator.
class TransferTest {
 protected:
  explicit TransferTest(Gpu const& gpu) : driver{gpu} {}
  TransferTest() : TransferTest{with_room(this_gpu())} {}

  /// A buffer that the host cannot reach where there is such memory, with the device's `count` numbers from `first` on.
  [[nodiscard]] Subbuffer<std::uint32_t[]> new_buffer(std::size_t count) const {
    return Buffer::new_slice<std::uint32_t>(allocator, both_ways, {}, count);
  }

  /// Submissions to queues, by ashlar or by the test.
  [[nodiscard]] std::uint64_t submissions() const { return driver.calls("vkQueueSubmit"); }

  /// Waits until a thread waits for the device in the driver, which a function does that was called `before` times.
  void wait_for_driver_wait(std::uint64_t before) const;

  SimulatedDriver driver;
  Device device = driver.create_device();
  /// Of small blocks: the driver that writes back early searches all that is mapped.
  StandardMemoryAllocator allocator{device, {.min_block_size = 64 * kib}};
};

/// Once on a graphics card, once on a GPU that shares the host's memory, of which none is coherent: for what takes too
/// long to run on every GPU.
class TwoGpusTest : protected TransferTest {
 protected:
  TwoGpusTest();
};

}  // namespace ashlar::test
