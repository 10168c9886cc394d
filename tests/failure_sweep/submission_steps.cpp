// Submissions, and who waits for them. Work of the device begins when it is awaited: so what is called does not depend
// on how fast it is.

#include <ashlar/memory/standard_memory_allocator.hpp>
#include <ashlar/transfer/submission.hpp>
#include <ashlar/transfer/tracked_work.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "failure_sweep/recorded_commands.hpp"
#include "failure_sweep/script.hpp"

namespace ashlar::test {

namespace {

constexpr std::uint64_t count = 64;
constexpr std::uint64_t bytes = count * sizeof(std::uint32_t);
constexpr BufferCreateInfo copied{.usage = BufferUsage::TransferSource | BufferUsage::TransferDestination};
/// Memory that is not coherent, where there is some.
constexpr AllocationCreateInfo download{.usage = MemoryUsage::Download,
                                        .filter = {.not_preferred = MemoryProperty::HostCoherent}};

/// A semaphore and a pool with two command buffers, which a queue's first submission makes.
constexpr std::uint64_t most_objects_of_queue = 4;

/// Two buffers that the host and two queues use.
class SubmissionStage : public Stage {
 public:
  explicit SubmissionStage(Driver& its_driver) : Stage{its_driver} {
    driver.begin_when_awaited();
    device = create_device();
    StandardMemoryAllocator const allocator{device};
    watch(allocator);
    if (!device.features().timeline_semaphore || !is_served(bytes, download)) {
      return;
    }
    general_ = device.queue(0);
    other_ = device.queue(device.queue_count() - 1);
    for (auto* const buffer : {&first_, &second_}) {
      *buffer = create(copied);
      watch(*buffer, std::vector<std::uint32_t>(count, 1));
    }
    create_semaphore();
    record();
  }
  ~SubmissionStage() override { destroy_semaphore(); }

  void submit() {
    general_.submit(fill_first_, {ashlar::writes(first_)});
    set(first_, 2);
  }

  void submit_behind() {
    submit();
    general_.submit(fill_second_, {ashlar::writes(second_)});
    set(second_, 3);
    general_.submit(copy_, {ashlar::reads(first_), ashlar::writes(second_)});
    set(second_, 2);
  }

  void submit_to_another_queue() {
    submit();
    other_.submit(other_copy_, {ashlar::reads(first_), ashlar::writes(second_)});
    set(second_, 2);
    general_.submit(fill_second_, {ashlar::writes(second_)});
    set(second_, 3);
  }

  void with_semaphores() {
    Submission const before = other_.submit(other_fill_second_, {ashlar::writes(second_)});
    set(second_, 4);
    general_.submit({.command_buffers = fill_first_,
                     .uses = {ashlar::writes(first_)},
                     .waits = {before},
                     .signals = {{semaphore_, ++last_value_}}});
    set(first_, 2);
  }

  void refuse() {
    auto guard = second_.read();
    static_cast<void>(
        thrown_by<AccessConflictError>([&] { return general_.submit(fill_second_, {ashlar::writes(second_)}); }));
    require(!general_.try_submit(fill_second_, {ashlar::writes(second_)}), "what a guard holds is submitted");
    quietly([&] { guard.release(); });
  }

  void read() {
    submit();
    auto guard = first_.read();
    require(std::ranges::count(guard, 2U) == count, "a guard does not read what the device wrote");
    quietly([&] { guard.release(); });
  }

  void write_what_is_read() {
    submit_behind();
    auto guard = first_.write();
    guard[5] = 50;
    elements_of(first_)[5] = 50;
    quietly([&] { guard.release(); });
  }

  void try_guard() {
    submit();
    require(!first_.try_read(), "what is in flight can be read");
    require(!first_.slice(3, 4).try_overwrite(), "what is in flight can be written");
    require(!first_.read_for(std::chrono::nanoseconds{0}), "what is in flight can be read");
  }

  void lock_both() {
    submit();
    other_.submit(other_fill_second_, {ashlar::writes(second_)});
    set(second_, 4);
    auto [source, target] = ashlar::lock(ashlar::read(first_), ashlar::write(second_.slice(8, 8)));
    target[0] = source[3];
    elements_of(second_)[8] = elements_of(first_)[3];
    quietly([&, &from = source, &to = target] {
      to.release();
      from.release();
    });
  }

  void wait() {
    Submission const first = general_.submit(fill_first_, {ashlar::writes(first_)});
    set(first_, 2);
    require(!first.is_done(), "what has not begun is done");
    Submission const second = other_.submit(other_copy_, {ashlar::reads(first_), ashlar::writes(second_)});
    set(second_, 2);
    require(second.wait_for(std::chrono::hours{1}), "what is submitted takes an hour");
    first.wait();
    require(first.is_done(), "what was waited for is not done");
  }

  void create_what_is_dropped() {
    extra_ = create(copied);
    fill_extra_ = commands_->fill(extra_.buffer(), 6);
  }

  /// Only the device keeps it.
  void drop_in_flight() {
    general_.submit(fill_extra_, {ashlar::writes(extra_)});
    quietly([&] { extra_ = {}; });
  }

  void poll() {
    submit();
    quietly([&] {
      driver.let_work_end();
      device.poll();
    });
    require(static_cast<bool>(first_.try_read()), "what is done cannot be read");
  }

  void track() {
    TrackedWork const work = device.track(semaphore_, ++last_value_, {ashlar::writes(first_)});
    submit_tracked(work);
    set(first_, 7);
    auto guard = first_.read();
    require(guard[9] == 7, "a guard does not read what tracked work wrote");
    quietly([&] { guard.release(); });
  }

  /// It waits for other queues, and they for it.
  void track_between_queues() {
    other_.submit(other_fill_second_, {ashlar::writes(second_)});
    set(second_, 4);
    TrackedWork const work = device.track(semaphore_, ++last_value_, {ashlar::writes(first_), ashlar::writes(second_)});
    submit_tracked(work);
    set(first_, 7);
    other_.submit(other_copy_, {ashlar::reads(first_), ashlar::writes(second_)});
    set(second_, 7);
  }

  void wait_for_all() { device.wait_idle(); }

  void cancel() {
    TrackedWork const work = device.track(semaphore_, ++last_value_, {ashlar::writes(first_)});
    std::exception_ptr failed;
    try {
      require(!first_.try_read(), "what is tracked can be read");
    } catch (...) {
      failed = std::current_exception();
    }
    quietly([&] { work.cancel(); });
    if (failed != nullptr) {
      std::rethrow_exception(failed);
    }
    require(static_cast<bool>(first_.try_read()), "what was cancelled is not free");
  }

  /// From one queue family to the other.
  void hand_over() {
    if (!is_released_) {
      general_.submit(release_, {ashlar::releases(owned_, other_.family())});
      is_released_ = true;
      set(owned_, 8);
    }
    other_.submit(acquire_, {ashlar::acquires(owned_, general_.family())});
    set(owned_, 9);
  }

  void end_commands() {
    device.wait_idle();
    commands_.reset();
    other_commands_.reset();
    destroy_semaphore();
  }

  /// The device waits for its own end.
  void let_go() {
    if (is_there()) {
      general_.submit({}, {ashlar::writes(first_)});
      other_.submit({}, {ashlar::reads(first_), ashlar::writes(second_)});
    }
    quietly([&] {
      watch_nothing();
      general_ = {};
      other_ = {};
      device = {};
      first_ = {};
      second_ = {};
      owned_ = {};
    });
    require(driver.live_objects() == 0, "the last buffer is gone, the device or its memory is not");
  }

  [[nodiscard]] bool is_there() const { return static_cast<bool>(first_); }

 private:
  [[nodiscard]] Subbuffer<std::uint32_t[]> create(BufferCreateInfo const& info) const {
    return Buffer::from_iter(StandardMemoryAllocator{device}, info, download, std::vector<std::uint32_t>(count, 1));
  }

  void create_semaphore() {
    VkSemaphoreTypeCreateInfo const type{VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO, nullptr,
                                         VK_SEMAPHORE_TYPE_TIMELINE, 0};
    VkSemaphoreCreateInfo const info{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, &type, 0};
    function<PFN_vkCreateSemaphore>("vkCreateSemaphore")(device.handle(), &info, nullptr, &semaphore_);
  }
  void destroy_semaphore() {
    if (semaphore_ != VK_NULL_HANDLE) {
      function<PFN_vkDestroySemaphore>("vkDestroySemaphore")(device.handle(), semaphore_, nullptr);
      semaphore_ = VK_NULL_HANDLE;
    }
  }

  void record() {
    commands_.emplace(device, general_.family());
    other_commands_.emplace(device, other_.family());
    fill_first_ = commands_->fill(first_.buffer(), 2);
    fill_second_ = commands_->fill(second_.buffer(), 3);
    copy_ = commands_->copy(first_.buffer(), second_.buffer());
    fill_tracked_ = commands_->fill_tracked(first_.buffer(), 7);
    other_fill_second_ = other_commands_->fill(second_.buffer(), 4);
    other_copy_ = other_commands_->copy(first_.buffer(), second_.buffer());
    BufferCreateInfo owned = copied;
    owned.sharing = Sharing::Exclusive;
    owned_ = create(owned);
    watch(owned_, std::vector<std::uint32_t>(count, 1));
    release_ = commands_->fill_and_release(owned_.buffer(), 8, other_.family());
    acquire_ = other_commands_->acquire_and_fill(owned_.buffer(), 9, general_.family());
  }

  void set(Subbuffer<std::uint32_t[]> const& buffer, std::uint32_t value) {
    std::ranges::fill(elements_of(buffer), value);
  }

  /// As Device::track says: what is not submitted is cancelled, and who hears of a lost device says so.
  void submit_tracked(TrackedWork const& work) const {
    VkResult result = VK_SUCCESS;
    {
      host_memory::Exposure const spared{false};
      std::vector<VkSemaphore> waits;
      std::vector<std::uint64_t> values;
      std::vector<VkPipelineStageFlags> stages;
      for (SemaphoreWait const& wait : work.waits()) {
        waits.push_back(wait.semaphore);
        values.push_back(wait.value);
        stages.push_back(VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
      }
      VkTimelineSemaphoreSubmitInfo const timeline{VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                                   nullptr,
                                                   static_cast<std::uint32_t>(values.size()),
                                                   values.data(),
                                                   1,
                                                   &last_value_};
      VkSubmitInfo const info{VK_STRUCTURE_TYPE_SUBMIT_INFO,
                              &timeline,
                              static_cast<std::uint32_t>(waits.size()),
                              waits.data(),
                              stages.data(),
                              1,
                              &fill_tracked_,
                              1,
                              &semaphore_};
      auto const submit = function<PFN_vkQueueSubmit>("vkQueueSubmit");
      result = general_.with_handle([&](VkQueue queue) { return submit(queue, 1, &info, VK_NULL_HANDLE); });
    }
    if (result == VK_SUCCESS) {
      return;
    }
    if (result == VK_ERROR_DEVICE_LOST) {
      device.notify_lost();
    }
    work.cancel();
    throw VulkanError{result, "vkQueueSubmit"};
  }

  template <class Pointer>
  [[nodiscard]] Pointer function(char const* name) const {
    return reinterpret_cast<Pointer>(device.proc_addr(name));
  }

  Queue general_;
  Queue other_;
  Subbuffer<std::uint32_t[]> first_;
  Subbuffer<std::uint32_t[]> second_;
  Subbuffer<std::uint32_t[]> owned_;  ///< By one queue family at a time.
  Subbuffer<std::uint32_t[]> extra_;
  bool is_released_ = false;
  VkSemaphore semaphore_ = VK_NULL_HANDLE;
  std::uint64_t last_value_ = 0;

  std::optional<RecordedCommands> commands_;
  std::optional<RecordedCommands> other_commands_;
  VkCommandBuffer fill_first_ = nullptr;
  VkCommandBuffer fill_second_ = nullptr;
  VkCommandBuffer fill_extra_ = nullptr;
  VkCommandBuffer fill_tracked_ = nullptr;
  VkCommandBuffer copy_ = nullptr;
  VkCommandBuffer release_ = nullptr;
  VkCommandBuffer other_fill_second_ = nullptr;
  VkCommandBuffer other_copy_ = nullptr;
  VkCommandBuffer acquire_ = nullptr;
};

}  // namespace

Chapter submission_chapter() {
  using S = SubmissionStage;
  auto made =
      chapter<S>("submissions", {
                                    step_where_there("the first", &S::submit),
                                    step_where_there("behind others", &S::submit_behind),
                                    step_where_there("to another queue", &S::submit_to_another_queue),
                                    step_where_there("with semaphores", &S::with_semaphores),
                                    step_where_there("refused", &S::refuse),
                                    step_where_there("read", &S::read),
                                    step_where_there("write what is read", &S::write_what_is_read),
                                    step_where_there("try", &S::try_guard),
                                    step_where_there("lock two", &S::lock_both),
                                    step_where_there("wait", &S::wait),
                                    step_where_there("drop in flight", &S::drop_in_flight, &S::create_what_is_dropped),
                                    step_where_there("poll", &S::poll),
                                    step_where_there("track", &S::track),
                                    step_where_there("track between queues", &S::track_between_queues),
                                    step_where_there("cancel", &S::cancel, &S::wait_for_all),
                                    step_where_there("hand over", &S::hand_over),
                                    step("let go", &S::let_go, &S::end_commands),
                                });
  made.steps[0].most_kept = most_objects_of_queue;
  made.steps[2].most_kept = most_objects_of_queue;
  return made;
}

}  // namespace ashlar::test
