#include <ashlar/error.hpp>
#include <ashlar/transfer/tracked_work.hpp>

#include "transfer/ownership.hpp"
#include "transfer/tracked_work_state.hpp"

#include <cstdint>

namespace ashlar {

namespace detail {

void retain(TrackedWorkState& state) noexcept { state.add_reference(); }
void release(TrackedWorkState& state) noexcept { state.drop(); }

}  // namespace detail

using namespace detail;

ArrayView<SemaphoreWait> TrackedWork::waits() const noexcept {
  return state_ ? ArrayView<SemaphoreWait>{state_->dependencies.waits()} : ArrayView<SemaphoreWait>{};
}

void TrackedWork::cancel() const noexcept {
  if (state_) {
    state_->reached.store(UINT64_MAX, std::memory_order_release);
    device_->in_flight.wake();
    device_->in_flight.retire();
    device_->in_flight.let_go(state_->reached);
  }
}

bool TrackedWork::wait(Wait wait) const {
  if (!state_) {
    return true;
  }
  InFlight& in_flight = device_->in_flight;
  if (!in_flight.wait(state_->semaphore(), state_->reached, state_->value(), wait.nanoseconds)) {
    return false;
  }
  in_flight.retire();
  in_flight.let_go(state_->reached);
  return true;
}

TrackedWork Device::track(VkSemaphore semaphore, std::uint64_t value, ArrayView<BufferUse> uses) const {
  constexpr char const* context = "Device::track";
  if (semaphore == VK_NULL_HANDLE) {
    throw ValidationError{context, "the semaphore is null; give the timeline semaphore that your work signals"};
  }
  validate_uses(*state_, uses, context);
  for (BufferUse const& use : uses) {
    if (use.ownership() != BufferUse::Ownership::Keeps) {
      throw ValidationError{
          context, "a use releases or acquires a buffer; hand ownership over in a submission by Queue::submit"};
    }
  }
  state_->in_flight.require_timeline_semaphores(context);
  state_->in_flight.retire();
  Counted<TrackedWorkState> work{new TrackedWorkState{*state_, semaphore, uses}};
  static_cast<void>(work->uses.acquire(Wait::forever()));
  work->dependencies.add(work->uses);
  work->set_value(value);
  work->uses.begin(*work);
  work->add_reference();
  state_->in_flight.add_tracked(*work);
  return Access::make<TrackedWork>(state_, std::move(work));
}

}  // namespace ashlar
