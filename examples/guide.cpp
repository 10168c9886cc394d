// The guide: create buffers, write them, read them back. Start here.
//
// Run it with ./examples/run

#include <ashlar/ashlar.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <ranges>

namespace {

// A struct that is to lie in a buffer. The macro checks at compile time that it may, field by field: a pointer,
// a bool or a std::string would mean nothing to the GPU.
struct MyStruct {
  std::uint32_t a, b;
};
ASHLAR_BUFFER_CONTENTS(MyStruct, a, b);

void guide() {
  // 1. A device: the best GPU here, or a software one. Set the environment variable ASHLAR_DEVICE to a part of
  //    a device's name, or to its index, to choose another.
  auto const device = ashlar::Device::create_default();
  std::printf("device: %s\n", device.physical_device().name());

  // 2. An allocator. Drivers allow only so many allocations, and each takes long, so it asks the driver for blocks of
  //    memory and divides them. Make one, use it everywhere, from any thread.
  auto const allocator = ashlar::StandardMemoryAllocator{device};

  // 3. A buffer that holds one value, an i32 of 12. The usage says what the GPU will do with it; MemoryUsage says
  //    what the memory is for, and from that ashlar picks the memory type: Upload is memory that the host
  //    writes and the device reads.
  auto const twelve = ashlar::Buffer::from_data(allocator, {.usage = ashlar::BufferUsage::UniformBuffer},
                                                {.usage = ashlar::MemoryUsage::Upload}, std::int32_t{12});
  std::printf("a number: %d\n", *twelve.read());

  // 4. A struct works the same way. What comes back is a Subbuffer<MyStruct>: it knows its type.
  auto const uniform = ashlar::Buffer::from_data(allocator, {.usage = ashlar::BufferUsage::UniformBuffer},
                                                 {.usage = ashlar::MemoryUsage::Upload}, MyStruct{.a = 5, .b = 69});

  // 5. A braced list or a C array becomes a Subbuffer<T[]>, which has a size, slices and elements.
  auto const primes = ashlar::Buffer::from_data(allocator, {.usage = ashlar::BufferUsage::StorageBuffer},
                                                {.usage = ashlar::MemoryUsage::Upload}, {2U, 3U, 5U, 7U, 11U});
  std::printf("primes: %llu of them\n", static_cast<unsigned long long>(primes.size()));

  // 6. So does anything that can be walked: here 128 fives, made up on the way.
  auto const fives = ashlar::Buffer::from_iter(
      allocator, {.usage = ashlar::BufferUsage::StorageBuffer}, {.usage = ashlar::MemoryUsage::Upload},
      std::views::iota(0, 128) | std::views::transform([](int) { return std::uint8_t{5}; }));

  // 7. Writing. write() waits until nobody else reads or writes these bytes, and keeps others out until the guard is
  //    gone, like a RwLock. The guard acts as a pointer to MyStruct.
  {
    auto content = uniform.write();
    content->a *= 2;
    content->b = 9;
  }  // The lock is gone, and the GPU will see the new values.

  // The guard of an array is a range of its elements.
  for (std::uint8_t& five : fives.write()) {
    five += 1;
  }

  // If you only write, say so. Upload memory is often write-combined: fast to write, but reading a GPU's
  // memory over the bus is a hundred times slower, and an overwrite guard cannot be read by mistake.
  *twelve.overwrite() = 13;
  fives.overwrite()[12] = 83;

  // 8. Reading back. Any number of readers may look at once.
  {
    auto const content = uniform.read();
    std::printf("a struct: a = %u, b = %u\n", content->a, content->b);
  }
  unsigned sum = 0;
  for (std::uint8_t const five : fives.read()) {
    sum += five;
  }
  std::printf("128 fives became sixes, and one of them 83: their sum is %u\n", sum);
  std::printf("a number: %d\n", *twelve.read());
}

}  // namespace

int main() {
  try {
    guide();
    return 0;
  } catch (std::exception const& error) {  // Everything that ashlar throws says what to do.
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
