// Instances and devices.

#include <cstdint>
#include <utility>

#include "failure_sweep/script.hpp"

namespace ashlar::test {

namespace {

class CreationStage : public Stage {
 public:
  explicit CreationStage(Driver& its_driver) : Stage{its_driver} {
    timeline_.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES;
  }

  void create_default() { device = create_device(); }

  void let_go() {
    quietly([&] { device = {}; });
  }

  /// No device is an ordinary answer here; Device::create_default makes an exception of it.
  void create_instance() {
    Instance made = Instance::create(instance_info());
    if (made.physical_devices().empty()) {
      throw NotFoundError{"the instance has no device"};
    }
    instance_ = std::move(made);
  }

  void ask_for_validation() {
    InstanceCreateInfo info = instance_info();
    info.validation = Validation::Core;
    static_cast<void>(thrown_by<NotFoundError>([&] { return Instance::create(info); }));
  }

  /// With features of one's own, which stay as they are if it fails.
  void create_chosen() {
    PhysicalDevices const devices = instance_.physical_devices();
    QueueCreateInfo const queues[] = {{.family = 0, .count = 1, .priority = 0.5F}};
    bool const has_timeline = devices[0].features().timeline_semaphore;
    timeline_.timelineSemaphore = VK_FALSE;
    try {
      device = Device::create({.physical_device = devices[0],
                               .features = has_timeline ? &timeline_ : nullptr,
                               .queues = queues,
                               .name = "of the sweep"});
    } catch (...) {
      require(timeline_.timelineSemaphore == VK_FALSE, "creation failed, and the user's features are changed");
      throw;
    }
    require((timeline_.timelineSemaphore == VK_TRUE) == device.features().timeline_semaphore,
            "the user's features are not as the device's");
  }

  void wait() {
    Queue const queue = device.queue(QueueFlag::Compute);
    queue.wait_idle();
    device.wait_idle();
    require(device.drain().empty(), "something lives on a new device");
  }

  void name() {
    device.set_name(VK_OBJECT_TYPE_DEVICE, reinterpret_cast<std::uintptr_t>(device.handle()), "renamed");
    queue_ = device.queue(0);
  }

  void let_go_of_the_queue_last() {
    quietly([&] {
      instance_ = {};
      device = {};
      queue_ = {};
    });
    require(driver.live_objects() == 0, "the last handle is gone, the device or the instance is not");
  }

 private:
  VkPhysicalDeviceTimelineSemaphoreFeatures timeline_{};
  Instance instance_;
  Queue queue_;
};

}  // namespace

Chapter creation_chapter() {
  using S = CreationStage;
  return chapter<S>("creation", {
                                    step("the default device", &S::create_default),
                                    step("let go of it", &S::let_go),
                                    step("an instance", &S::create_instance),
                                    step("a layer that is not there", &S::ask_for_validation),
                                    step("a device of choice", &S::create_chosen),
                                    step("wait until it is idle", &S::wait),
                                    step("name it", &S::name),
                                    step("let go, of the queue last", &S::let_go_of_the_queue_last),
                                });
}

}  // namespace ashlar::test
