#include "this_thread.hpp"

#include <atomic>

namespace ashlar::detail {

constinit thread_local std::uint64_t thread_number = 0;

std::uint64_t number_this_thread() noexcept {
  static constinit std::atomic<std::uint64_t> last{0};
  thread_number = last.fetch_add(1, std::memory_order_relaxed) + 1;
  return thread_number;
}

}  // namespace ashlar::detail
