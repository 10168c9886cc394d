#include <ashlar/device/device.hpp>
#include <ashlar/error.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/fake_vulkan.hpp"

namespace {

using ashlar::Device;
using ashlar::Queue;
using ashlar::test::FakeVulkan;

/// The story of a lock: "lock a", "wait", ….
std::vector<std::string> story;

struct Owner {
  std::string name;
  bool throws = false;
};

void owner_lock(void* user_data) {
  auto const& owner = *static_cast<Owner*>(user_data);
  if (owner.throws) {
    throw owner.name;
  }
  story.push_back("lock " + owner.name);
}

void owner_unlock(void* user_data) { story.push_back("unlock " + static_cast<Owner*>(user_data)->name); }

/// A device with queues a and b that their owner locks.
Device adopt(FakeVulkan& fake, Owner& a, Owner& b) {
  story.clear();
  fake.devices = {{}};
  fake.on_device_wait = [] { story.push_back("wait"); };
  float const priorities[] = {1.0F, 1.0F};
  VkDeviceQueueCreateInfo queue_info{};
  queue_info.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
  queue_info.queueCount = 2;
  queue_info.pQueuePriorities = priorities;
  VkDeviceCreateInfo create_info{};
  create_info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  create_info.queueCreateInfoCount = 1;
  create_info.pQueueCreateInfos = &queue_info;
  return Device::adopt(
      {.instance = fake.instance_handle(),
       .physical_device = fake.physical_device_handle(0),
       .device = fake.device_handle(),
       .get_instance_proc_addr = FakeVulkan::get_instance_proc_addr,
       .api_version = VK_API_VERSION_1_3,
       .create_info = &create_info,
       .queues = {{.handle = FakeVulkan::queue_handle(0, 0), .index = 0, .lock = {owner_lock, owner_unlock, &a}},
                  {.handle = FakeVulkan::queue_handle(0, 1), .index = 1, .lock = {owner_lock, owner_unlock, &b}}}});
}

Device create(FakeVulkan& fake) {
  fake.devices = {{}};
  return Device::create(
      {.physical_device = ashlar::Instance::create({.get_instance_proc_addr = FakeVulkan::get_instance_proc_addr})
                              .physical_devices()[0]});
}

using Story = std::vector<std::string>;

}  // namespace

TEST_CASE("with_handle passes the queue and returns what the function returns", "[queue]") {
  FakeVulkan fake;
  Queue const queue = create(fake).queue(0);
  int value = 3;
  decltype(auto) result = queue.with_handle([&](VkQueue handle) -> int& {
    CHECK(handle == queue.handle());
    return value;
  });
  CHECK(&result == &value);
}

TEST_CASE("with_handle lets one thread in at a time", "[queue]") {
  FakeVulkan fake;
  Device const device = create(fake);
  std::atomic<int> inside{0};
  std::atomic<bool> together{false};
  int count = 0;  // Guarded by the queue's mutex alone: ThreadSanitizer watches it.
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Queue const queue = device.queue(0);
      for (int j = 0; j < 1000; ++j) {
        queue.with_handle([&](VkQueue /*handle*/) {
          if (inside.fetch_add(1) != 0) {
            together = true;
          }
          ++count;
          std::this_thread::yield();
          inside.fetch_sub(1);
        });
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK_FALSE(together);
  CHECK(count == 4000);
}

TEST_CASE("the mutex is released if the function throws", "[queue]") {
  FakeVulkan fake;
  Queue const queue = create(fake).queue(0);
  CHECK_THROWS_AS(queue.with_handle([](VkQueue /*handle*/) { throw 1; }), int);
  CHECK(queue.with_handle([](VkQueue /*handle*/) { return true; }));
}

TEST_CASE("an adopted queue is locked by its owner's functions", "[queue]") {
  FakeVulkan fake;
  Owner a{"a"};
  Owner b{"b"};
  Device const device = adopt(fake, a, b);
  device.queue(0).with_handle([](VkQueue /*handle*/) { story.push_back("call"); });
  CHECK(story == Story{"lock a", "call", "unlock a"});

  story.clear();
  CHECK_THROWS_AS(device.queue(1).with_handle([](VkQueue /*handle*/) { throw 1; }), int);
  CHECK(story == Story{"lock b", "unlock b"});

  story.clear();
  device.queue(1).wait_idle();
  CHECK(story == Story{"lock b", "unlock b"});
}

TEST_CASE("if the owner's lock throws, nothing is held", "[queue]") {
  FakeVulkan fake;
  Owner a{"a"};
  Owner b{.name = "b", .throws = true};
  Device const device = adopt(fake, a, b);
  CHECK_THROWS_AS(device.queue(1).with_handle([](VkQueue /*handle*/) { story.push_back("call"); }), std::string);
  CHECK(story.empty());

  CHECK_THROWS_AS(device.wait_idle(), std::string);
  CHECK(story == Story{"lock a", "unlock a"});
}

TEST_CASE("the device is waited for under the locks of all queues", "[queue]") {
  FakeVulkan fake;
  Owner a{"a"};
  Owner b{"b"};
  Device const device = adopt(fake, a, b);
  device.wait_idle();
  REQUIRE(story.size() == 5);
  CHECK(Story(story.begin(), story.begin() + 3) == Story{"lock a", "lock b", "wait"});
}

TEST_CASE("queues may share their owner's lock", "[queue]") {
  FakeVulkan fake;
  Owner both{"both"};
  Device const device = adopt(fake, both, both);
  device.wait_idle();
  CHECK(story == std::vector<std::string>{"lock both", "wait", "unlock both"});
}

TEST_CASE("a failed wait releases the locks", "[queue]") {
  FakeVulkan fake;
  Owner a{"a"};
  Owner b{"b"};
  Device const device = adopt(fake, a, b);
  fake.wait_result = VK_ERROR_DEVICE_LOST;
  CHECK_THROWS_AS(device.queue(0).wait_idle(), ashlar::VulkanError);
  CHECK(story == Story{"lock a", "unlock a"});
  story.clear();
  CHECK_THROWS_AS(device.wait_idle(), ashlar::VulkanError);
  CHECK(std::count(story.begin(), story.end(), "unlock a") == 1);
  CHECK(std::count(story.begin(), story.end(), "unlock b") == 1);
}
