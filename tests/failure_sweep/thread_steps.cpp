// Two threads at once, in an order that is always the same.

#include <ashlar/memory/standard_memory_allocator.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <latch>
#include <thread>
#include <utility>

#include "failure_sweep/script.hpp"
#include "simulated_driver/control.hpp"

namespace ashlar::test {

namespace {

constexpr std::uint64_t count = 64;
constexpr std::uint64_t bytes = count * sizeof(std::uint32_t);
constexpr std::uint64_t one_millisecond = 1'000'000;
constexpr BufferCreateInfo storage{.usage = BufferUsage::StorageBuffer};
constexpr AllocationCreateInfo dedicated{.usage = MemoryUsage::Upload,
                                         .allocate_preference = AllocatePreference::AlwaysAllocate};

/// Another thread that does something, as exposed to failing allocations as this one. It must not outlive what it uses.
class Worker {
 public:
  template <std::invocable F>
  explicit Worker(F f) {
    bool const exposed = host_memory::is_exposed();
    host_memory::Exposure const spared{false};
    thread_ = std::thread{[this, exposed, f] {
      host_memory::Exposure const exposure{exposed};
      try {
        f();
      } catch (...) {
        exception_ = std::current_exception();
      }
      done_ = true;
    }};
  }
  Worker(Worker const&) = delete;
  Worker& operator=(Worker const&) = delete;
  ~Worker() {
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  [[nodiscard]] bool is_done() const { return done_; }

  void join() {
    thread_.join();
    if (exception_ != nullptr) {
      std::rethrow_exception(exception_);
    }
  }

 private:
  std::exception_ptr exception_;
  std::atomic<bool> done_{false};
  std::thread thread_;
};

class ThreadStage : public Stage {
 public:
  explicit ThreadStage(Driver& its_driver) : Stage{its_driver} {
    device = create_device();
    allocator_ = StandardMemoryAllocator{device};
    watch(allocator_);
  }

  /// This thread allocates while the other is inside of vkAllocateMemory.
  void allocate() {
    if (is_served(bytes, dedicated)) {
      auto made = allocating(bytes, dedicated, [this] { return allocate_twice(); });
      host_memory::Exposure const spared{false};
      first_ = made.first;
      second_ = made.second;
    }
  }

  void start_watching() {
    if (first_) {
      auto const guard = first_.write();
      std::ranges::fill(guard, 0U);
      watch(first_, std::vector<std::uint32_t>(count, 0));
    }
  }

  /// This thread writes while the other holds the other half.
  void write() {
    if (!first_) {
      return;
    }
    auto const [mine, others] = first_.split_at(count / 2);
    std::latch has_tried{1};
    std::latch may_go{1};
    Worker worker{[&, &half = others] {
      WriteGuard<std::uint32_t[]> guard;
      try {
        guard = half.write();
        guard[0] = 5;
        elements_of(first_)[count / 2] = 5;
      } catch (...) {
        has_tried.count_down();
        throw;
      }
      has_tried.count_down();
      may_go.wait();
    }};
    has_tried.wait();
    std::exception_ptr failed = caught([&, &half = mine] { write_first_element(half, 6); });
    quietly([&] {
      may_go.count_down();
      failed = failed == nullptr ? caught([&] { worker.join(); }) : failed;
    });
    if (failed != nullptr) {
      std::rethrow_exception(failed);
    }
  }

  void let_go() {
    quietly([&] {
      watch_nothing();
      first_ = {};
      second_ = {};
      allocator_ = {};
      device = {};
    });
  }

 private:
  using Made = std::pair<Subbuffer<std::uint32_t[]>, Subbuffer<std::uint32_t[]>>;

  static std::exception_ptr caught(std::invocable auto const& f) {
    try {
      f();
    } catch (...) {
      return std::current_exception();
    }
    return nullptr;
  }

  void write_first_element(Subbuffer<std::uint32_t[]> const& half, std::uint32_t value) {
    auto guard = half.write();
    guard[0] = value;
    elements_of(first_)[0] = value;
    quietly([&] { guard.release(); });
  }

  [[nodiscard]] Subbuffer<std::uint32_t[]> create() const {
    return Buffer::new_slice<std::uint32_t>(allocator_, storage, dedicated, count);
  }

  Made allocate_twice() {
    Made made;
    hold_next_allocation();
    Worker worker{[&] { made.first = create(); }};
    wait_until_held(worker);
    std::exception_ptr const failed = caught([&] { made.second = create(); });
    release_allocation();
    worker.join();
    if (failed != nullptr) {
      std::rethrow_exception(failed);
    }
    return made;
  }

  void hold_next_allocation() {
    host_memory::Exposure const spared{false};
    driver.block_next("vkAllocateMemory");
  }

  void wait_until_held(Worker const& worker) {
    host_memory::Exposure const spared{false};
    while (!worker.is_done() &&
           simulated::device_control()->wait_at_gate("vkAllocateMemory", one_millisecond) == VK_FALSE) {
    }
    if (worker.is_done()) {  // It failed before, and the gate would hold this thread.
      driver.release("vkAllocateMemory");
    }
  }

  void release_allocation() {
    host_memory::Exposure const spared{false};
    driver.release("vkAllocateMemory");
  }

  StandardMemoryAllocator allocator_;
  Subbuffer<std::uint32_t[]> first_;
  Subbuffer<std::uint32_t[]> second_;
};

}  // namespace

Chapter thread_chapter() {
  using S = ThreadStage;
  return chapter<S>("threads", {
                                   step("allocate from two threads", &S::allocate),
                                   step("write from two threads", &S::write, &S::start_watching),
                                   step("let go", &S::let_go),
                               });
}

}  // namespace ashlar::test
