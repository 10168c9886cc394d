// One buffer is copied to another by the GPU.
//
// Run it with ./examples/run copy_buffers

#include <ashlar/ashlar.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <ranges>

namespace {

bool copy_buffers() {
  auto const device = ashlar::Device::create_default();
  auto const allocator = ashlar::StandardMemoryAllocator{device};
  std::printf("device: %s\n", device.physical_device().name());

  // A Transfer copies, on the queue that does little else where there is one. Make one, use it everywhere, from any
  // thread.
  auto const transfer = ashlar::Transfer{allocator};

  // Two buffers that host and device both reach. The usage says which end of a copy each may be.
  auto const source = ashlar::Buffer::from_iter(allocator, {.usage = ashlar::BufferUsage::TransferSource},
                                                {.usage = ashlar::MemoryUsage::Upload}, std::views::iota(0, 64));
  auto const destination = ashlar::Buffer::from_iter(
      allocator, {.usage = ashlar::BufferUsage::TransferDestination}, {.usage = ashlar::MemoryUsage::Download},
      std::views::iota(0, 64) | std::views::transform([](int) { return 0; }));

  // This returns at once.
  transfer.copy(source, destination);

  // A guard waits for all that the device still does with its bytes. So there is nothing to wait for here: no fence, no
  // barrier, no flag.
  int index = 0;
  int wrong = 0;
  for (int const number : destination.read()) {
    wrong += number == index ? 0 : 1;
    ++index;
  }
  std::printf("%d numbers copied, %d of them wrong\n", index, wrong);

  // Parts work the same: the last eight become the first eight, and a fill repeats four bytes. This time nobody looks
  // at the first copy before the second: they are submitted together, in this order.
  transfer.copy(source.slice(56, 8), destination.slice(0, 8));
  transfer.fill(destination.slice(8, 56), 7);
  auto const numbers = destination.read();
  std::printf("after a copy of a part and a fill: %d, …, %d, %d, …, %d\n", numbers[0], numbers[7], numbers[8],
              numbers[63]);
  return index == 64 && wrong == 0 && numbers[0] == 56 && numbers[7] == 63 && numbers[8] == 7 && numbers[63] == 7;
}

}  // namespace

int main() {
  try {
    return copy_buffers() ? 0 : 1;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
