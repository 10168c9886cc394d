#include <ashlar/suballocator/buddy_allocator.hpp>
#include <ashlar/suballocator/bump_allocator.hpp>
#include <ashlar/suballocator/free_list_allocator.hpp>
#include <ashlar/suballocator/suballocator.hpp>

#include <cstdint>
#include <type_traits>

#include "support/catch.hpp"

namespace ashlar::test {
namespace {

static_assert(Suballocator<FreeListAllocator>);
static_assert(Suballocator<BuddyAllocator>);
static_assert(Suballocator<BumpAllocator>);

template <class S>
constexpr bool is_only_movable = std::is_nothrow_move_constructible_v<S> && std::is_nothrow_move_assignable_v<S> &&
                                 !std::is_copy_constructible_v<S> && !std::is_copy_assignable_v<S>;

static_assert(is_only_movable<FreeListAllocator>);
static_assert(is_only_movable<BuddyAllocator>);
static_assert(is_only_movable<BumpAllocator>);

/// The least that a user's own suballocator must be: here, one that gives its whole region to one resource.
class WholeRegion {
 public:
  explicit WholeRegion(SuballocatorCreateInfo const& info) : region_{info.region} {}

  Suballocation allocate(std::uint64_t size, std::uint64_t alignment, ResourceTiling) {
    if (taken_ || size > region_.size || region_.offset % alignment != 0) {
      return {};
    }
    taken_ = true;
    return {.offset = region_.offset, .size = region_.size};
  }

  void deallocate(Suballocation const&) noexcept { taken_ = false; }
  std::uint64_t free_size() const noexcept { return taken_ ? 0 : region_.size; }
  bool empty() const noexcept { return !taken_; }

 private:
  ByteRange region_;
  bool taken_ = false;
};
static_assert(Suballocator<WholeRegion>);

struct ThrowsOnDeallocate : WholeRegion {
  using WholeRegion::WholeRegion;
  void deallocate(Suballocation const&) {}
};
static_assert(!Suballocator<ThrowsOnDeallocate>);

struct CountsWithoutConst : WholeRegion {
  using WholeRegion::WholeRegion;
  std::uint64_t free_size() noexcept { return 0; }
};
static_assert(!Suballocator<CountsWithoutConst>);

struct NeedsMoreThanCreateInfo : WholeRegion {
  NeedsMoreThanCreateInfo(SuballocatorCreateInfo const& info, int) : WholeRegion{info} {}
};
static_assert(!Suballocator<NeedsMoreThanCreateInfo>);

template <Suballocator S>
bool gives_and_takes_back(S suballocator) {
  Suballocation const piece = suballocator.allocate(100, 4, ResourceTiling::Linear);
  bool const was_given = piece && !suballocator.empty();
  suballocator.deallocate(piece);
  return was_given && suballocator.empty();
}

TEST_CASE("A user's suballocator stands where ours do", "[suballocator]") {
  SuballocatorCreateInfo const info{.region = {.offset = 256, .size = 4096}};
  CHECK(gives_and_takes_back(WholeRegion{info}));
  CHECK(gives_and_takes_back(FreeListAllocator{info}));
  CHECK(gives_and_takes_back(BuddyAllocator{info}));
  CHECK(gives_and_takes_back(BumpAllocator{info}));
}

}  // namespace
}  // namespace ashlar::test
