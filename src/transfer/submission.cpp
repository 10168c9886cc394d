#include <ashlar/error.hpp>
#include <ashlar/transfer/submission.hpp>

#include "device/check.hpp"
#include "text.hpp"
#include "transfer/ownership.hpp"
#include "transfer/submitted_work.hpp"

namespace ashlar {

using namespace detail;

namespace {

void refuse_chained(void const* next) {
  for (auto const* link = static_cast<VkBaseInStructure const*>(next); link != nullptr; link = link->pNext) {
    if (link->sType == VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO) {
      throw ValidationError{
          "Queue::submit", "SubmitInfo::next has a VkTimelineSemaphoreSubmitInfo; give the values in waits and signals",
          "VUID-VkSubmitInfo-sType-unique"};
    }
    if (link->sType == VK_STRUCTURE_TYPE_PROTECTED_SUBMIT_INFO &&
        reinterpret_cast<VkProtectedSubmitInfo const*>(link)->protectedSubmit != VK_FALSE) {
      throw ValidationError{
          "Queue::submit",
          "SubmitInfo::next has a VkProtectedSubmitInfo; ashlar's own command buffers are unprotected: "
          "submit this yourself, and let Device::track know its uses"};
    }
    if (link->sType == VK_STRUCTURE_TYPE_DEVICE_GROUP_SUBMIT_INFO) {
      throw ValidationError{
          "Queue::submit",
          "SubmitInfo::next has a VkDeviceGroupSubmitInfo, which counts the command buffers; ashlar may "
          "add some: submit this yourself, and let Device::track know its uses"};
    }
  }
}

void validate(SubmitInfo const& info) {
  refuse_chained(info.next);
  for (SemaphoreWait const& wait : info.waits) {
    if (wait.stage.empty()) {
      throw ValidationError{"Queue::submit", "no stage waits for a semaphore; name one, or leave it at AllCommands",
                            "VUID-VkSubmitInfo-pWaitDstStageMask-parameter"};
    }
    if (wait.semaphore == VK_NULL_HANDLE) {
      throw ValidationError{"Queue::submit",
                            "a semaphore to wait for is null; leave out what is done, an empty Submission "
                            "for example",
                            "VUID-VkSubmitInfo-pWaitSemaphores-parameter"};
    }
  }
  for (SemaphoreSignal const& signal : info.signals) {
    if (signal.semaphore == VK_NULL_HANDLE) {
      throw ValidationError{"Queue::submit", "a semaphore to signal is null",
                            "VUID-VkSubmitInfo-pSignalSemaphores-parameter"};
    }
  }
}

/// The work of `Queue::submit`.
class QueueWork final : public SubmittedWork {
 public:
  QueueWork(DeviceState& device, QueueState& queue, ArrayView<BufferUse> uses_of_it)
      : SubmittedWork{device, queue, uses_of_it}, named_{uses_of_it}, family_{queue.family} {}

  /// The owners change while the bytes are still held.
  void begin(std::uint64_t value) noexcept override {
    set_owners(named_, family_);
    SubmittedWork::begin(value);
  }

 private:
  ArrayView<BufferUse> named_;  ///< Until it has begun.
  std::uint32_t family_;
};

Submission submit_uses(DeviceState& device, QueueState& queue, SubmitInfo const& info, Wait wait) {
  validate(info);
  validate_uses(device, info.uses, "Queue::submit");
  prepare_queue(device, queue, "Queue::submit");
  device.in_flight.retire();
  Counted<QueueWork> const work{new QueueWork{device, queue, info.uses}};
  if (!work->uses.acquire(wait)) {
    return {};
  }
  validate_owners(info.uses, queue.family);
  return submit(device, queue, *work, work->uses, info);
}

}  // namespace

Submission Queue::submit(SubmitInfo const& info) const { return submit_uses(*device_, *state_, info, Wait::forever()); }

Submission Queue::submit(CommandBuffers const& command_buffers, ArrayView<BufferUse> uses) const {
  return submit({.command_buffers = command_buffers, .uses = uses});
}

Submission Queue::try_submit(SubmitInfo const& info) const {
  return submit_uses(*device_, *state_, info, Wait::not_at_all());
}

Submission Queue::try_submit(CommandBuffers const& command_buffers, ArrayView<BufferUse> uses) const {
  return try_submit({.command_buffers = command_buffers, .uses = uses});
}

VkSemaphore Queue::timeline_semaphore() const noexcept {
  return state_->timeline.ready.load(std::memory_order_acquire) ? state_->timeline.semaphore : VK_NULL_HANDLE;
}

VkSemaphore Submission::semaphore() const noexcept {
  return queue_ != nullptr ? queue_->timeline.semaphore : VK_NULL_HANDLE;
}

bool Submission::wait(Wait wait) const {
  if (!device_) {
    return true;
  }
  std::atomic<std::uint64_t>& reached = queue_->timeline.reached;
  if (reached.load(std::memory_order_acquire) >= value_) {
    return true;
  }
  bool const done = device_->in_flight.wait(queue_->timeline.semaphore, reached, value_, wait.nanoseconds);
  if (done) {
    device_->in_flight.retire();
  }
  return done;
}

}  // namespace ashlar
