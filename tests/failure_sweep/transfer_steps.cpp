// Transfers between the host and the device: by a ring of staging memory that is small, so that little data is large
// and has to wait for room. Work of the device begins when it is awaited.

#include <ashlar/memory/standard_memory_allocator.hpp>
#include <ashlar/transfer/transfer.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

#include "failure_sweep/script.hpp"

namespace ashlar::test {

namespace {

using Elements = std::vector<std::uint32_t>;

constexpr std::uint64_t count = 64;
constexpr std::uint64_t bytes = count * sizeof(std::uint32_t);
constexpr std::uint64_t ring_size = 4096;
constexpr std::uint64_t large_count = 5 * ring_size / 4 / sizeof(std::uint32_t);  ///< A chunk is a quarter of the ring.
constexpr BufferCreateInfo copied{.usage = BufferUsage::TransferSource | BufferUsage::TransferDestination};
TransferCreateInfo const small_ring{.max_staging_size = ring_size, .max_copy_threads = 1};

/// What the host sees, and, where there is such memory, what it does not.
constexpr AllocationCreateInfo download{.usage = MemoryUsage::Download,
                                        .filter = {.not_preferred = MemoryProperty::HostCoherent}};
constexpr AllocationCreateInfo device_only{.filter = {.not_preferred = MemoryProperty::HostVisible}};
constexpr AllocationCreateInfo staging{.usage = MemoryUsage::Staging};
constexpr AllocationCreateInfo staging_back{.usage = MemoryUsage::Download};

/// Command pools with a command buffer each, for all that a step has in flight; and what a queue's first submission
/// makes.
constexpr std::uint64_t most_objects = 20;
constexpr int most_in_flight = 8;

class TransferStage : public Stage {
 public:
  explicit TransferStage(Driver& its_driver) : Stage{its_driver} {
    driver.begin_when_awaited();
    device = create_device();
    allocator_ = StandardMemoryAllocator{device};
    watch(allocator_);
    if (!device.features().timeline_semaphore || !is_served(ring_size, download) || !is_served(ring_size, staging) ||
        !is_served(large_count * sizeof(std::uint32_t), device_only)) {
      return;
    }
    transfer_ = Transfer{allocator_, small_ring};
    visible_ = Buffer::from_iter(allocator_, copied, download, Elements(count, 1));
    watch(visible_, Elements(count, 1));
    hidden_ = create_hidden(count);
    large_ = create_hidden(large_count);
  }

  void upload() {
    upload(hidden_.slice(0, count / 2));
    upload(hidden_.slice(count / 2, count / 2));
    transfer_.submit();
  }

  /// What the device has to do first is submitted then, and so is this.
  void upload_behind() {
    fill(visible_);
    upload(visible_.slice(8, 16));
    transfer_.submit();
  }

  /// Nobody uses it, and the host sees it.
  void upload_in_place() {
    Elements& elements = elements_of(visible_);
    make_values(values_, count);
    elements.clear();  // Where the flush fails nobody knows.
    also_keeping_failures([&] { allocating(ring_size, staging, [&] { transfer_.upload_to(visible_, values_); }); });
    elements.assign(values_.begin(), values_.end());
  }

  void fill_update_and_copy() {
    fill(hidden_);
    update(hidden_.slice(4, 8));
    copy(hidden_, visible_);
    fill(hidden_.slice(2, 4));
    copy(hidden_.slice(0, 16), visible_.slice(16, 16));
    transfer_.submit();
  }

  void get_download() {
    allocating(ring_size, staging_back, [&] {
      auto pending = transfer_.download(hidden_);
      require(pending.get() == elements_of(hidden_), "other values are downloaded than were written");
    });
  }

  void get_download_of_visible() {
    allocating(ring_size, staging_back, [&] {
      auto pending = transfer_.download(visible_);
      require(pending.get() == elements_of(visible_), "other values are downloaded than were written");
    });
  }

  /// As they were when it was asked for.
  void download_between_fills() {
    fill(hidden_);
    std::uint32_t const value = elements_of(hidden_)[0];
    make_values(values_, count);
    allocating(ring_size, staging_back, [&] {
      auto const pending = transfer_.download_to(hidden_, values_);
      fill(hidden_);
      require(pending.submission().value() != 0, "a download has no submission");
      require(!pending.is_done(), "a download is done that has not begun");
      require(pending.wait_for(std::chrono::hours{1}), "a download takes an hour");
    });
    require(std::ranges::count(values_, value) == count, "other values are downloaded than were written");
  }

  /// Where it fails some of it is there.
  void upload_large() {
    make_values(large_values_, large_count);
    Elements& elements = elements_of(large_);
    elements.clear();
    uploading_to(large_, [&] { transfer_.upload_to(large_, large_values_); });
    elements.assign(large_values_.begin(), large_values_.end());
  }

  void download_large() {
    fill(large_.slice(0, 16));
    make_values(large_values_, large_count);
    std::uint64_t told = 0;
    allocating(ring_size, staging_back, [&] {
      auto const pending =
          transfer_.download_to(large_, large_values_, [&](std::uint64_t done, std::uint64_t) { told = done; });
      pending.wait();
    });
    require(large_values_ == elements_of(large_), "other values are downloaded than were written");
    require(told == large_.size_bytes(), "progress does not end with all");
  }

  /// As much as is submitted by itself.
  void gather() {
    also_keeping_failures([&] { fill(large_.slice(0, large_count / 5)); });
    transfer_.submit();
  }

  /// More than the ring has room for.
  void fill_ring() {
    for (std::uint64_t i = 0; i != ring_size / bytes + 2; ++i) {
      where_gathered([&] { upload(hidden_); });
    }
    transfer_.submit();
  }

  void for_next_access() {
    upload(hidden_);
    transfer_.submit({.stage = PipelineStage::Transfer, .access = AccessFlag::TransferRead});
  }

  void trim() {
    upload(hidden_);
    transfer_.submit().wait();
    transfer_.trim();
    require(!has_staging() || transfer_.staging_size() == 0, "staging memory is kept that nobody uses");
  }

  /// A guard has submitted what is in its way.
  void read() {
    fill(visible_);
    auto guard = visible_.read();
    require(std::ranges::equal(guard, elements_of(visible_)), "a guard does not read what was queued before");
    quietly([&] { guard.release(); });
  }

  void try_guard() {
    fill(visible_);
    require(!visible_.try_read(), "what is queued can be read");
  }

  void submit_by_queue() {
    fill(hidden_);
    device.queue(0).submit({}, {ashlar::reads(hidden_), ashlar::writes(visible_)});
  }

  void drop_download() {
    auto values = allocating(ring_size, staging_back, [&] { return transfer_.download(hidden_); });
    quietly([&] { values = {}; });
  }

  /// Its end waits.
  void drop_download_to_memory() {
    auto pending =
        allocating(ring_size, staging_back, [&] { return transfer_.download_to(hidden_.slice(0, 8), few_values_); });
    quietly([&] { pending = {}; });
  }

  /// Only the transfer keeps it.
  void drop_queued_buffer() {
    auto buffer = allocating(bytes, device_only,
                             [&] { return Buffer::new_slice<std::uint32_t>(allocator_, copied, device_only, count); });
    transfer_.fill(buffer, 5);
    quietly([&] { buffer = {}; });
    transfer_.submit();
  }

  void create() {
    upload_behind();  // So that there is staging memory.
    make_values(values_, count);
    Subbuffer<std::uint32_t[]> buffer;
    Subbuffer<std::uint32_t> one;
    where_gathered([&] {
      buffer = allocating(bytes, AllocationCreateInfo{}, [&] { return transfer_.from_iter(copied, values_); });
      one = allocating(bytes, AllocationCreateInfo{}, [&] { return transfer_.from_data(copied, std::uint32_t{77}); });
    });
    transfer_.submit().wait();
    require(device_has(buffer, values_), "a buffer that a transfer made holds other values");
    quietly([&] {
      one = {};
      buffer = {};
    });
  }

  /// Its end does what is queued, or, where that fails, gives it up.
  void drop_transfer() {
    Transfer transfer{allocator_, small_ring};
    transfer.fill(hidden_, ++last_value_);
    auto& elements = elements_of(hidden_);
    std::ranges::fill(elements, last_value_);
    quietly([&] { transfer = {}; });
    if (!fired().empty()) {
      elements.clear();
    }
  }

  void refuse() {
    auto guard = visible_.read();
    static_cast<void>(thrown_by<AccessConflictError>([&] { transfer_.fill(visible_, 3); }));
    quietly([&] { guard.release(); });
  }

  /// As many at once as never before.
  void have_many_in_flight() {
    device.wait_idle();
    for (int i = 0; i != most_in_flight; ++i) {
      fill(hidden_);
      transfer_.submit();
    }
  }

  void let_go() {
    if (is_there()) {
      fill(hidden_);
      transfer_.submit();
      fill(hidden_);
    }
    quietly([&] {
      watch_nothing();
      visible_ = {};
      hidden_ = {};
      large_ = {};
      device = {};
      allocator_ = {};
      transfer_ = {};
    });
    require(driver.live_objects() == 0, "the last transfer is gone, the device or its memory is not");
  }

  [[nodiscard]] bool is_there() const { return static_cast<bool>(transfer_); }

  /// Without what is queued, in flight, or kept for later.
  void settle() const override {
    if (transfer_) {
      transfer_.submit();
      device.wait_idle();
      transfer_.trim();
    }
  }

 private:
  [[nodiscard]] Subbuffer<std::uint32_t[]> create_hidden(std::uint64_t size) {
    auto const buffer = Buffer::new_slice<std::uint32_t>(allocator_, copied, device_only, size);
    Elements const elements(size, 1);
    MemoryAllocation const& memory = buffer.buffer().allocation();
    driver.device_write(memory.memory().handle(), memory.offset(),
                        {reinterpret_cast<char const*>(elements.data()), size * sizeof(std::uint32_t)});
    watch(buffer, elements);
    return buffer;
  }

  [[nodiscard]] bool device_has(Subbuffer<std::uint32_t[]> const& buffer, Elements const& elements) const {
    host_memory::Exposure const spared{false};
    MemoryAllocation const& memory = buffer.buffer().allocation();
    return driver.device_read(memory.memory().handle(), memory.offset(), buffer.size_bytes()) ==
           std::string{reinterpret_cast<char const*>(elements.data()), buffer.size_bytes()};
  }

  [[nodiscard]] bool has_staging() const { return is_there(); }

  void make_values(Elements& values, std::uint64_t size) {
    host_memory::Exposure const spared{false};
    values.resize(size);
    std::iota(values.begin(), values.end(), last_value_ += 1000);
  }

  /// The elements of a slice of a watched buffer.
  [[nodiscard]] std::uint32_t* elements_in(Subbuffer<std::uint32_t[]> const& slice) {
    for (auto const* const buffer : {&visible_, &hidden_, &large_}) {
      if (buffer->buffer() == slice.buffer()) {
        Elements& elements = elements_of(*buffer);
        if (elements.empty()) {  // All of it was given up; from now on some is known again.
          host_memory::Exposure const spared{false};
          elements = known_by_device(*buffer);
        }
        return elements.data() + (slice.offset() - buffer->offset()) / sizeof(std::uint32_t);
      }
    }
    return nullptr;
  }

  /// What it holds when all that was begun is done.
  [[nodiscard]] Elements known_by_device(Subbuffer<std::uint32_t[]> const& buffer) const {
    driver.let_work_end();
    MemoryAllocation const& memory = buffer.buffer().allocation();
    std::string const now = driver.device_read(memory.memory().handle(), memory.offset(), buffer.size_bytes());
    Elements elements(buffer.size());
    std::memcpy(elements.data(), now.data(), now.size());
    return elements;
  }

  /// Runs `f`, which uploads: by staging memory, or, if the host sees the buffer, through a guard, and it may be mapped
  /// for the first time. Where it fails then nobody knows what is there.
  template <std::invocable F>
  void uploading_to(Subbuffer<std::uint32_t[]> const& buffer, F const& f) {
    bool const is_visible = buffer.buffer().allocation().properties().contains(MemoryProperty::HostVisible);
    if (is_visible && buffer.buffer() != visible_.buffer()) {
      try {
        also_keeping_failures(f);
      } catch (...) {
        elements_of(buffer.buffer() == large_.buffer() ? large_ : hidden_).clear();
        throw;
      }
    } else {
      allocating(ring_size, staging, f);
    }
  }

  /// Runs `f`, which may submit what has gathered by itself; but where few pieces fill the ring each has to wait for
  /// those before, and so asks for it.
  template <std::invocable F>
  void where_gathered(F const& f) {
    if (4 * driver.gpu().limits.non_coherent_atom_size > ring_size) {
      f();
    } else {
      also_keeping_failures(f);
    }
  }

  // Each is queued, or not at all: what it writes is there in the end if it returned.

  void upload(Subbuffer<std::uint32_t[]> const& slice) {
    make_values(values_, slice.size());
    uploading_to(slice, [&] { transfer_.upload_to(slice, values_); });
    std::ranges::copy(values_, elements_in(slice));
  }
  void fill(Subbuffer<std::uint32_t[]> const& slice) {
    transfer_.fill(slice, ++last_value_);
    std::fill_n(elements_in(slice), slice.size(), last_value_);
  }
  void update(Subbuffer<std::uint32_t[]> const& slice) {
    make_values(values_, slice.size());
    transfer_.update(slice, values_);
    std::ranges::copy(values_, elements_in(slice));
  }
  void copy(Subbuffer<std::uint32_t[]> const& from, Subbuffer<std::uint32_t[]> const& to) {
    transfer_.copy(from, to);
    std::copy_n(elements_in(from), from.size(), elements_in(to));
  }

  StandardMemoryAllocator allocator_;
  Transfer transfer_;
  Subbuffer<std::uint32_t[]> visible_;
  Subbuffer<std::uint32_t[]> hidden_;
  Subbuffer<std::uint32_t[]> large_;
  Elements values_;
  Elements few_values_ = Elements(8);
  Elements large_values_;
  std::uint32_t last_value_ = 0;
};

}  // namespace

namespace {

/// Each ends in the same way.
Chapter transfer_chapter(char const* name, std::vector<Step> steps) {
  using S = TransferStage;
  steps.push_back(step_where_there("many in flight", &S::have_many_in_flight));
  steps.back().makes_up = true;
  for (Step& one : steps) {
    one.most_kept = most_objects;
  }
  steps.push_back(step("let go", &S::let_go));
  return chapter<S>(name, std::move(steps));
}

}  // namespace

Chapter transfer_chapter() {
  using S = TransferStage;
  return transfer_chapter("transfers", {
                                           step_where_there("upload", &S::upload),
                                           step_where_there("upload behind", &S::upload_behind),
                                           step_where_there("upload in place", &S::upload_in_place),
                                           step_where_there("fill, update and copy", &S::fill_update_and_copy),
                                           step_where_there("download", &S::get_download),
                                           step_where_there("download what the host sees", &S::get_download_of_visible),
                                           step_where_there("download between fills", &S::download_between_fills),
                                           step_where_there("create", &S::create),
                                           step_where_there("refused", &S::refuse),
                                       });
}

Chapter large_transfer_chapter() {
  using S = TransferStage;
  return transfer_chapter("large transfers", {
                                                 step_where_there("upload", &S::upload_large),
                                                 step_where_there("download", &S::download_large),
                                                 step_where_there("gather", &S::gather),
                                                 step_where_there("fill the ring", &S::fill_ring),
                                             });
}

Chapter transfer_end_chapter() {
  using S = TransferStage;
  return transfer_chapter("ends of transfers",
                          {
                              step_where_there("for the next access", &S::for_next_access),
                              step_where_there("trim", &S::trim),
                              step_where_there("read", &S::read),
                              step_where_there("try", &S::try_guard),
                              step_where_there("submit by a queue", &S::submit_by_queue),
                              step_where_there("drop a download", &S::drop_download),
                              step_where_there("drop a download to memory", &S::drop_download_to_memory),
                              step_where_there("drop a queued buffer", &S::drop_queued_buffer),
                              step_where_there("drop a transfer", &S::drop_transfer),
                          });
}

}  // namespace ashlar::test
