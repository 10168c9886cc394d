#include "transfer/held_queue.hpp"

#include <utility>

#include "simulated_driver/device_control.hpp"
#include "simulated_driver/waiter.hpp"

namespace ashlar::test {

HeldQueue::HeldQueue(Queue const& queue, std::uint64_t submissions) : queue_{queue.handle()} {
  simulated::device_control()->hold(queue_, submissions);
}

void HeldQueue::release() noexcept {
  if (VkQueue const held = std::exchange(queue_, nullptr)) {
    simulated::device_control()->release(held);
  }
}

bool HeldQueue::is_reached() const {
  return simulated::device_control()->wait_at_hold(queue_, long_enough) != VK_FALSE;
}

void HeldQueue::detach() noexcept { queue_ = nullptr; }

}  // namespace ashlar::test
