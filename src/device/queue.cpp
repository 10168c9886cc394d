#include <ashlar/device/queue.hpp>

#include "device/device_state.hpp"

namespace ashlar {

namespace detail {

void QueueState::lock() {
  if (owner_lock.lock != nullptr) {
    owner_lock.lock(owner_lock.user_data);
  } else {
    mutex.lock();
  }
}

void QueueState::unlock() noexcept {
  if (owner_lock.unlock != nullptr) {
    owner_lock.unlock(owner_lock.user_data);
  } else {
    mutex.unlock();
  }
}

bool QueueState::shares_lock(QueueState const& other) const noexcept {
  return owner_lock.lock != nullptr && owner_lock.lock == other.owner_lock.lock &&
         owner_lock.user_data == other.owner_lock.user_data;
}

}  // namespace detail

Queue::Queue(detail::Counted<detail::DeviceState> device, detail::QueueState& state) noexcept
    : device_{std::move(device)}, state_{&state} {}

VkQueue Queue::handle() const noexcept { return state_->handle; }

std::uint32_t Queue::family() const noexcept { return state_->family; }

std::uint32_t Queue::index() const noexcept { return state_->index; }

Flags<QueueFlag> Queue::flags() const noexcept { return state_->flags; }

void Queue::wait_idle() const {
  VkResult const result = with_handle([&](VkQueue queue) { return device_->vk.vkQueueWaitIdle(queue); });
  device_->in_flight.check_device(result, "vkQueueWaitIdle");
  device_->in_flight.retire();
}

Queue::Lock::Lock(Queue const& queue) : state_{queue.state_} { state_->lock(); }

Queue::Lock::~Lock() { state_->unlock(); }

}  // namespace ashlar
