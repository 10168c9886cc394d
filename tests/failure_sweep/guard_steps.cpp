// Guards: they flush and invalidate where memory is not coherent.

#include <ashlar/memory/standard_memory_allocator.hpp>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <numeric>
#include <string_view>
#include <utility>

#include "failure_sweep/script.hpp"

namespace ashlar::test {

namespace {

constexpr std::uint64_t count = 64;
constexpr std::uint64_t bytes = count * sizeof(std::uint32_t);

/// Two buffers of one usage that the host writes and reads.
class GuardStage : public Stage {
 public:
  explicit GuardStage(Driver& its_driver) : Stage{its_driver} {
    device = create_device();
    StandardMemoryAllocator const allocator{device};
    watch(allocator);
    // Memory that is not coherent, where there is some.
    AllocationCreateInfo const info{.usage = MemoryUsage::Download,
                                    .filter = {.not_preferred = MemoryProperty::HostCoherent}};
    if (is_served(bytes, info)) {
      for (auto* const buffer : {&first_, &second_}) {
        *buffer = Buffer::from_iter(allocator, {.usage = BufferUsage::TransferSource}, info,
                                    std::vector<std::uint32_t>(count, 1));
        watch(*buffer, std::vector<std::uint32_t>(count, 1));
      }
    }
  }

  void read() {
    auto guard = first_.read();
    require(std::ranges::equal(guard, elements_of(first_)), "a guard reads other contents than were written");
    quietly([&] { guard.release(); });
  }

  void write() {
    auto guard = first_.write();
    set(guard, first_, 3, 30);
    set(guard, first_, count - 1, 31);
    quietly([&] { guard.release(); });
  }

  void overwrite_part() {
    auto const slice = second_.slice(5, 20);
    auto guard = slice.overwrite();
    guard.fill(8);
    std::fill_n(elements_of(second_).begin() + 5, 20, 8);
    quietly([&] { guard.release(); });
  }

  void flush() {
    auto guard = first_.write();
    set(guard, first_, 4, 40);
    guard.flush();
    set(guard, first_, 5, 50);
    quietly([&] { guard.release(); });
  }

  void try_guards() {
    auto reading = first_.try_read();
    require(static_cast<bool>(reading), "an idle buffer cannot be read");
    require(!first_.try_write(), "a buffer that is read can be written");
    auto writing = second_.slice(0, 2).try_write();
    require(static_cast<bool>(writing), "an idle slice cannot be written");
    set(writing, second_, 1, 60);
    quietly([&] {
      writing.release();
      reading.release();
    });
  }

  void lock_both() {
    auto [source, target] = ashlar::lock(ashlar::read(first_), ashlar::write(second_.slice(8, 8)));
    target[0] = source[3];
    elements_of(second_)[8] = elements_of(first_)[3];
    quietly([&, &from = source, &to = target] {
      to.release();
      from.release();
    });
  }

  void try_lock_both() {
    auto guards = ashlar::try_lock(ashlar::overwrite(first_.slice(1, 9)), ashlar::read(second_));
    require(static_cast<bool>(guards), "idle buffers cannot be locked");
    guards.get<0>().fill(70);
    std::fill_n(elements_of(first_).begin() + 1, 9, 70);
    quietly([&] { guards = {}; });
  }

  void conflict() {
    auto guard = first_.read();
    static_cast<void>(thrown_by<AccessConflictError>([&] { return first_.write(); }));
    static_cast<void>(
        thrown_by<AccessConflictError>([&] { return ashlar::lock(ashlar::read(second_), ashlar::overwrite(first_)); }));
    quietly([&] { guard.release(); });
  }

  void move() {
    auto guard = first_.write();
    set(guard, first_, 6, 80);
    auto other = second_.write();
    set(other, second_, 6, 81);
    quietly([&] {
      guard = std::move(other);
      guard.release();
    });
  }

  /// Only the guard keeps the buffer that it flushes.
  void outlive_its_buffer() {
    auto slice = second_.slice(0, 4);
    auto guard = slice.write();
    set(guard, second_, 2, 90);
    quietly([&] {
      slice = {};
      guard.release();
    });
  }

  void device_writes() { write_by_device(first_, 11); }

  void read_what_the_device_wrote() {
    auto guard = first_.slice(10, 4).read();
    require(std::ranges::count(guard, 11U) == 4, "a guard does not read what the device wrote");
    quietly([&] { guard.release(); });
  }

  /// A flush fails in the guard's destructor: nobody is told, and the next guard makes up for it.
  void leave_dirty() {
    driver.fail_next("vkFlushMappedMemoryRanges", VK_ERROR_OUT_OF_HOST_MEMORY);
    auto guard = second_.slice(16, 8).write();
    guard[1] = 100;
    elements_of(second_)[17] = 100;
    guard.release();
    driver.cancel_failures();
  }

  void read_what_is_dirty() {
    auto guard = second_.read();
    require(guard[17] == 100, "the host has lost what could not be flushed");
    quietly([&] { guard.release(); });
  }

  void overwrite_what_is_dirty() {
    auto guard = second_.slice(20, 4).overwrite();
    guard.fill(110);
    std::fill_n(elements_of(second_).begin() + 20, 4, 110);
    quietly([&] { guard.release(); });
  }

  void without_guard() {
    MemoryAllocation const& memory = first_.buffer().allocation();
    std::uint32_t* const mapped = first_.unguarded();
    memory.invalidate({0, bytes});
    mapped[7] = 120;
    elements_of(first_)[7] = 120;
    flush_for_sure(memory);
  }

  void let_go() {
    quietly([&] {
      watch_nothing();
      first_ = {};
      second_ = {};
      device = {};
    });
  }

  [[nodiscard]] bool is_there() const { return static_cast<bool>(first_); }

 private:
  /// Writes an element through a guard that begins where the buffer does.
  void set(auto const& guard, Subbuffer<std::uint32_t[]> const& buffer, std::uint64_t index, std::uint32_t value) {
    guard[index] = value;
    elements_of(buffer)[index] = value;
  }

  void write_by_device(Subbuffer<std::uint32_t[]> const& buffer, std::uint32_t value) {
    auto& elements = elements_of(buffer);
    std::fill(elements.begin(), elements.end(), value);
    MemoryAllocation const& memory = buffer.buffer().allocation();
    driver.device_write(memory.memory().handle(), memory.offset(),
                        {reinterpret_cast<char const*>(elements.data()), bytes});
  }

  /// Without a guard nobody else makes up for a flush that fails.
  static void flush_for_sure(MemoryAllocation const& memory) {
    std::exception_ptr failed;
    for (bool is_flushed = false; !is_flushed;) {
      try {
        memory.flush({0, bytes});
        is_flushed = true;
      } catch (...) {
        failed = std::current_exception();
      }
    }
    if (failed != nullptr) {
      std::rethrow_exception(failed);
    }
  }

  Subbuffer<std::uint32_t[]> first_;
  Subbuffer<std::uint32_t[]> second_;
};

/// Leaves out what a GPU without host-visible memory cannot do.
template <void (GuardStage::*run)(), void (GuardStage::*prepare)() = nullptr>
Step guard_step(char const* name) {
  Step made{name, [](Stage& stage) {
              auto& guards = static_cast<GuardStage&>(stage);
              if (guards.is_there()) {
                (guards.*run)();
              }
            }};
  if constexpr (prepare != nullptr) {
    made.prepare = [](Stage& stage) {
      auto& guards = static_cast<GuardStage&>(stage);
      if (guards.is_there()) {
        (guards.*prepare)();
      }
    };
  }
  return made;
}

}  // namespace

Chapter guard_chapter() {
  using S = GuardStage;
  return chapter<S>("guards",
                    {
                        guard_step<&S::read>("read"),
                        guard_step<&S::write>("write"),
                        guard_step<&S::overwrite_part>("overwrite a part"),
                        guard_step<&S::flush>("flush by hand"),
                        guard_step<&S::try_guards>("try"),
                        guard_step<&S::lock_both>("lock two"),
                        guard_step<&S::try_lock_both>("try to lock two"),
                        guard_step<&S::conflict>("conflict"),
                        guard_step<&S::move>("move"),
                        guard_step<&S::outlive_its_buffer>("outlive the handle"),
                        guard_step<&S::read_what_the_device_wrote, &S::device_writes>("read what the device wrote"),
                        guard_step<&S::read_what_is_dirty, &S::leave_dirty>("read what a failed flush left dirty"),
                        guard_step<&S::overwrite_what_is_dirty, &S::leave_dirty>("overwrite what is dirty"),
                        guard_step<&S::without_guard>("without a guard"),
                        step("let go", &S::let_go),
                    });
}

}  // namespace ashlar::test
