#include "memory/thread_home.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <limits>

namespace ashlar::detail {
namespace {

/// Bit i: a thread has shard i for its own. The first is everybody's.
constinit std::atomic<std::uint32_t> taken_homes{1};
static_assert(max_shards == std::numeric_limits<std::uint32_t>::digits);

class OwnHome {
 public:
  OwnHome() noexcept {
    std::uint32_t taken = taken_homes.load(std::memory_order_relaxed);
    do {
      shard_ = static_cast<unsigned>(std::countr_one(taken));
    } while (shard_ < max_shards &&
             !taken_homes.compare_exchange_weak(taken, taken | std::uint32_t{1} << shard_, std::memory_order_relaxed));
  }
  OwnHome(OwnHome const&) = delete;
  OwnHome& operator=(OwnHome const&) = delete;
  ~OwnHome() {
    if (shard_ < max_shards) {
      taken_homes.fetch_and(~(std::uint32_t{1} << shard_), std::memory_order_relaxed);
    }
  }

  /// `max_shards` if none was left.
  [[nodiscard]] unsigned shard() const noexcept { return shard_; }

 private:
  unsigned shard_ = 0;
};

}  // namespace

constinit thread_local unsigned thread_home = 0;

void move_thread_home() noexcept {
  if (thread_home == 0) {
    thread_local OwnHome const own;
    thread_home = std::min(own.shard(), max_shards - 1);
  }
}

}  // namespace ashlar::detail
