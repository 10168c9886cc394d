// Handles of memory in every ordinary memory type of this GPU: lifetimes, moves, ranges, bindings.

#include <ashlar/memory/memory_allocation.hpp>

#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "memory/this_gpu_fixture.hpp"

namespace ashlar::test {

namespace {

/// This GPU with enough allocations for a block and dedicated memory.
class AllocationTest : protected ThisGpuTest {
 protected:
  AllocationTest() : ThisGpuTest{this_gpu_with_allocations(4)} {}
};

AllocationCreateInfo of_type(std::uint32_t type, AllocatePreference preference = AllocatePreference::Automatic) {
  return {.memory_type_bits = type_bit(type), .allocate_preference = preference};
}

std::string host_bytes(MemoryAllocation const& allocation, std::uint64_t offset, std::size_t size) {
  return {reinterpret_cast<char const*>(allocation.map() + offset), size};
}

}  // namespace

TEST_CASE("an allocation keeps its allocator, device and instance alive", "[memory_allocation][this_gpu]") {
  bool const piece_goes_first = GENERATE(true, false);
  SimulatedDriver driver{this_gpu_with_allocations(4)};
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    MemoryAllocation piece;
    MemoryAllocation alone;
    {
      StandardMemoryAllocator const allocator{driver.create_device()};
      piece = allocator.allocate({.size = 16}, of_type(type));
      alone = allocator.allocate({.size = 16}, of_type(type, AllocatePreference::AlwaysAllocate));
    }
    stamp(driver, piece, 1);
    stamp(driver, alone, 2);
    CHECK(has_stamp(driver, piece, 1));
    CHECK(has_stamp(driver, alone, 2));
    (piece_goes_first ? piece : alone) = {};
    CHECK(driver.live_memories() == (piece_goes_first ? 2 : 1));  // The block stays in reserve.
    (piece_goes_first ? alone : piece) = {};
    CHECK(driver.live_objects() == 0);
  }
}

TEST_CASE("a DeviceMemory taken from an allocation outlives it", "[memory_allocation][this_gpu]") {
  SimulatedDriver driver{this_gpu_with_allocations(4)};
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    DeviceMemory memory;
    {
      StandardMemoryAllocator const allocator{driver.create_device()};
      memory = allocator.allocate({.size = 16}, of_type(type)).memory();
    }
    CHECK(driver.live_memories() == 1);
    if (is_host_visible(type)) {
      CHECK(memory.map() != nullptr);
    }
    memory = {};
    CHECK(driver.live_objects() == 0);
  }
}

TEST_CASE_METHOD(AllocationTest, "moving an allocation leaves an empty one, and gives back what was assigned to",
                 "[memory_allocation][this_gpu]") {
  auto const preference = GENERATE(AllocatePreference::Automatic, AllocatePreference::AlwaysAllocate);
  CHECK_FALSE(MemoryAllocation{});
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device};
    MemoryAllocation first = allocator.allocate({.size = 16}, of_type(type, preference));
    MemoryAllocation second = allocator.allocate({.size = 16}, of_type(type, preference));
    auto const count = [&] { return total(allocator).suballocation_count + total(allocator).dedicated_count; };
    CHECK(count() == 2);
    DeviceMemory const memory = second.memory();
    std::uint64_t const offset = second.offset();
    first = std::move(second);
    CHECK(count() == 1);
    CHECK_FALSE(second);  // NOLINT(bugprone-use-after-move): a promise of the class
    CHECK(first.memory() == memory);
    CHECK(first.offset() == offset);
    MemoryAllocation third{std::move(first)};
    CHECK_FALSE(first);  // NOLINT(bugprone-use-after-move)
    MemoryAllocation& same = third;
    third = std::move(same);
    CHECK(third);
    CHECK(count() == 1);
    third = {};
    CHECK(count() == 0);
  }
}

TEST_CASE_METHOD(AllocationTest, "an allocation counts from its own begin", "[memory_allocation][this_gpu]") {
  std::uint64_t const atom = this_gpu().limits.non_coherent_atom_size;
  for (std::uint32_t const type : types_with_blocks(MemoryProperty::HostVisible)) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device, blocks_of_two_pieces()};
    MemoryAllocation const before = allocator.allocate({.size = piece_size()}, of_type(type));
    MemoryAllocation const piece = allocator.allocate({.size = piece_size()}, of_type(type));
    REQUIRE(before.memory() == piece.memory());
    REQUIRE(piece.offset() == piece_size());
    CHECK(piece.memory_type() == type);
    CHECK(piece.properties() == type_of_this_gpu(type).properties);
    CHECK(piece.map() == piece.memory().map() + piece.offset());

    std::uint64_t const at = piece_size() - 5;
    std::uint64_t const begin = align_down(at, atom);
    RecordedRange const told{piece.memory().handle(), piece.offset() + begin, piece_size() - begin};
    std::size_t const flushes = driver.flushes().size();
    std::size_t const invalidations = driver.invalidations().size();
    stamp(driver, piece, 1);
    std::memcpy(piece.map() + at, "bytes", 5);
    piece.flush({at, 5});
    CHECK(driver.device_read(piece.memory().handle(), piece.offset() + at, 5) == "bytes");
    driver.device_write(piece.memory().handle(), piece.offset() + at, "other");
    piece.invalidate({at, 5});
    CHECK(host_bytes(piece, at, 5) == "other");
    REQUIRE(driver.flushes().size() == flushes + (needs_flush(type) ? 2 : 0));  // One by the stamp.
    REQUIRE(driver.invalidations().size() == invalidations + (needs_flush(type) ? 1 : 0));
    if (needs_flush(type)) {
      CHECK(driver.flushes().back() == told);
      CHECK(driver.invalidations().back() == told);
    }
  }
}

TEST_CASE_METHOD(AllocationTest, "an allocation refuses ranges that are not inside it",
                 "[memory_allocation][this_gpu]") {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  for (std::uint32_t const type : types_with_blocks(MemoryProperty::HostVisible)) {
    StandardMemoryAllocator const allocator{device};
    MemoryAllocation const before = allocator.allocate({.size = piece_size()}, of_type(type));
    MemoryAllocation const piece = allocator.allocate({.size = piece_size()}, of_type(type));
    REQUIRE(piece.map() != nullptr);
    std::uint64_t const size = piece.size();
    std::size_t const flushes = driver.flushes().size();
    std::size_t const invalidations = driver.invalidations().size();
    for (ByteRange const range :
         {ByteRange{0, size + 1}, {size, 1}, {size + 1, 0}, {most, 1}, {most - 63, 64}, {64, most}}) {
      INFO("memory type " << type << ": " << range.offset << ", +" << range.size);
      CHECK_THROWS_AS(piece.flush(range), ValidationError);
      CHECK_THROWS_AS(piece.invalidate(range), ValidationError);
    }
    CHECK(driver.flushes().size() == flushes);
    piece.flush({0, size});
    piece.invalidate({size, 0});
    CHECK(driver.flushes().size() == flushes + (needs_flush(type) ? 1 : 0));
    CHECK(driver.invalidations().size() == invalidations);
  }
}

TEST_CASE_METHOD(AllocationTest, "an allocation that is not host-visible is not mapped",
                 "[memory_allocation][this_gpu]") {
  StandardMemoryAllocator const allocator{device};
  for (std::uint32_t const type : types_with_blocks()) {
    if (!is_host_visible(type)) {
      INFO("memory type " << type);
      MemoryAllocation const allocation = allocator.allocate({.size = 16}, of_type(type));
      CHECK_THROWS_AS(allocation.map(), NotHostVisibleError);
    }
  }
  CHECK(driver.calls("vkMapMemory") == 0);
}

// The driver notes a wrong binding as a violation.
TEST_CASE_METHOD(AllocationTest, "the requirements of a resource can be given by the user, who binds it himself",
                 "[memory_allocation][this_gpu][counts_queries]") {
  std::uint64_t const buffer_alignment = this_gpu().buffers.alignment;
  std::uint64_t const image_alignment = this_gpu().images.alignment;
  std::uint64_t bound = 0;
  for (std::uint32_t const type : types_with_blocks()) {
    INFO("memory type " << type);
    StandardMemoryAllocator const allocator{device};
    MemoryAllocation const first = allocator.allocate({.size = 64}, of_type(type));
    RawBuffer const buffer{device, 60};
    MemoryAllocation const of_buffer =
        allocator.allocate({.size = align_up(60, buffer_alignment), .alignment = buffer_alignment}, of_type(type));
    of_buffer.bind_buffer(buffer.handle());
    RawImage const image{device, 25};
    MemoryAllocation const of_image = allocator.allocate(
        {.size = align_up(100, image_alignment), .alignment = image_alignment, .tiling = ResourceTiling::Optimal},
        of_type(type));
    of_image.bind_image(image.handle());
    ++bound;
    CHECK(driver.calls("vkBindBufferMemory") == bound);
    CHECK(driver.calls("vkBindImageMemory") == bound);
  }
  CHECK(driver.calls("vkGetBufferMemoryRequirements2") == 0);
  CHECK(driver.calls("vkGetImageMemoryRequirements2") == 0);
}

}  // namespace ashlar::test
