// A suballocator of your own: how a range is divided is your choice, ashlar does the rest.
//
// Run it with ./examples/run custom_suballocator

#include <ashlar/ashlar.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <vector>

namespace {

// First fit: walks along the pieces and takes the first gap that is large enough. Simple, but the more pieces there
// are the longer it takes; ashlar's FreeListAllocator takes the same time always.
//
// It deals in offsets and sizes and knows nothing of Vulkan, memory or threads.
class FirstFitAllocator {
 public:
  explicit FirstFitAllocator(ashlar::SuballocatorCreateInfo const& info)
      : region_{info.region}, granularity_{info.granularity}, free_size_{info.region.size} {}

  // A piece that tests false says "no room", which is no error: the allocator then makes another block.
  ashlar::Suballocation allocate(std::uint64_t size, std::uint64_t alignment, ashlar::ResourceTiling) {
    // Buffers and images must not share a unit of `granularity` bytes. Where every piece is made of whole units,
    // no two pieces share one, and the tiling does not matter.
    alignment = std::max(alignment, granularity_);
    if (size > region_.size) {
      return {};
    }
    size = ashlar::align_up(size, granularity_);

    std::uint64_t offset = ashlar::align_up(region_.offset, alignment);
    for (auto const& [begin, piece_size] : pieces_) {
      if (offset + size <= begin) {
        break;  // It fits in front of this piece.
      }
      offset = ashlar::align_up(begin + piece_size, alignment);
    }
    if (offset + size > region_.end()) {
      return {};
    }
    pieces_.emplace(offset, size);
    free_size_ -= size;
    return {.offset = offset, .size = size};
  }

  void deallocate(ashlar::Suballocation const& piece) noexcept {
    pieces_.erase(piece.offset);
    free_size_ += piece.size;
  }

  std::uint64_t free_size() const noexcept { return free_size_; }
  bool empty() const noexcept { return pieces_.empty(); }

 private:
  ashlar::ByteRange region_;
  std::uint64_t granularity_;
  std::uint64_t free_size_;
  std::map<std::uint64_t, std::uint64_t> pieces_;  // Offset and size of each, in order.
};

// The concept lists what a suballocator has to have. If something is missing the compiler says what.
static_assert(ashlar::Suballocator<FirstFitAllocator>);

// Alone, without any device: it divides whatever has offsets, here the 100 seats of a row.
bool divide_seats() {
  FirstFitAllocator seats{{.region = {.offset = 0, .size = 100}}};
  auto const first = seats.allocate(40, 1, ashlar::ResourceTiling::Linear);
  auto const second = seats.allocate(40, 1, ashlar::ResourceTiling::Linear);
  auto const no_room = seats.allocate(40, 1, ashlar::ResourceTiling::Linear);
  seats.deallocate(first);
  auto const third = seats.allocate(30, 1, ashlar::ResourceTiling::Linear);
  std::printf("seats %llu and %llu; a third party finds %s; the first leaves, and then 30 get seat %llu\n",
              static_cast<unsigned long long>(first.offset), static_cast<unsigned long long>(second.offset),
              no_room ? "room" : "no room", static_cast<unsigned long long>(third.offset));
  bool const right = first.offset == 0 && second.offset == 40 && !no_room && third && third.offset == 0;
  seats.deallocate(second);
  seats.deallocate(third);
  return right && seats.empty() && seats.free_size() == 100;
}

// In an allocator: it divides the blocks of device memory. One FirstFitAllocator is made for each block, and is
// called by one thread at a time.
bool allocate_buffers() {
  auto const device = ashlar::Device::create_default();
  auto const allocator = ashlar::GenericMemoryAllocator<FirstFitAllocator>{device};

  std::vector<ashlar::Subbuffer<std::uint32_t>> buffers;
  for (std::uint32_t number = 0; number < 100; ++number) {
    buffers.push_back(ashlar::Buffer::from_data(allocator, {.usage = ashlar::BufferUsage::UniformBuffer},
                                                {.usage = ashlar::MemoryUsage::Upload}, number));
  }
  bool right = true;
  for (std::uint32_t number = 0; number < 100; ++number) {
    right = right && *buffers[number].read() == number;
  }

  // All of them are of one memory type; statistics() shows how few allocations of the driver's they took.
  ashlar::MemoryTypeStatistics const statistics =
      allocator.statistics().types[buffers[0].buffer().allocation().memory_type()];
  std::printf("%s: %llu buffers in %llu blocks of memory\n", device.physical_device().name(),
              static_cast<unsigned long long>(statistics.suballocation_count),
              static_cast<unsigned long long>(statistics.block_count));
  return right && statistics.suballocation_count == 100;
}

}  // namespace

int main() {
  try {
    bool const divided = divide_seats();
    bool const allocated = allocate_buffers();
    return divided && allocated ? 0 : 1;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
