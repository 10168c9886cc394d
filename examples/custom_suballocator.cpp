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

// First fit: walks along the pieces and takes the first gap that is large enough. Simple, but slower the more pieces
// there are, where ashlar's FreeListAllocator is not.
//
// It deals in offsets and sizes, and need not know of Vulkan, memory or threads.
class FirstFitAllocator {
 public:
  explicit FirstFitAllocator(ashlar::SuballocatorCreateInfo const& info)
      : region_{info.region}, granularity_{info.granularity}, free_size_{info.region.size} {}

  // A piece that tests false means "no room". That is no error: the memory allocator goes on to another block.
  ashlar::Suballocation allocate(std::uint64_t size, std::uint64_t alignment, ashlar::ResourceTiling) {
    if (size > free_size_) {
      return {};
    }
    // A buffer and an image must not share a unit of `granularity` bytes. Where every piece is made of whole units no
    // two pieces share one, and what the tiling is does not matter.
    size = ashlar::align_up(size, granularity_);
    alignment = std::max(alignment, granularity_);

    // Offsets of memory are far below 2^64: these sums do not overflow.
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

// Alone, without any device: it divides whatever has offsets.
bool divide_a_range() {
  FirstFitAllocator range{{.region = {.offset = 0, .size = 100}}};
  auto const first = range.allocate(40, 1, ashlar::ResourceTiling::Linear);
  auto const second = range.allocate(40, 1, ashlar::ResourceTiling::Linear);
  auto const no_room = range.allocate(40, 1, ashlar::ResourceTiling::Linear);
  range.deallocate(first);
  auto const third = range.allocate(30, 4, ashlar::ResourceTiling::Linear);
  std::printf("of 100 bytes: 40 from %llu on, 40 from %llu on, %s for 40 more; the first 40 freed: 30 from %llu on\n",
              static_cast<unsigned long long>(first.offset), static_cast<unsigned long long>(second.offset),
              no_room ? "room" : "no room", static_cast<unsigned long long>(third.offset));
  return first && second.offset == 40 && !no_room && third && third.offset == 0 && range.free_size() == 30;
}

// In a memory allocator: it divides blocks of device memory. Each block gets a FirstFitAllocator of its own, which is
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

  // They are of one memory type. Of the driver's costly allocations they took only as many as there are blocks.
  ashlar::MemoryTypeStatistics const statistics =
      allocator.statistics().types[buffers[0].buffer().allocation().memory_type()];
  std::printf("%s: %llu buffers share %llu block(s) of memory\n", device.physical_device().name(),
              static_cast<unsigned long long>(statistics.suballocation_count),
              static_cast<unsigned long long>(statistics.block_count));
  return right && statistics.suballocation_count == 100 && statistics.dedicated_count == 0;
}

}  // namespace

int main() {
  try {
    bool const divided = divide_a_range();
    bool const allocated = allocate_buffers();
    return divided && allocated ? 0 : 1;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
