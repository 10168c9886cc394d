// Commands that order others: barriers and events.

#include <algorithm>
#include <mutex>
#include <vector>

#include "simulated_driver/call.hpp"
#include "simulated_driver/functions.hpp"
#include "simulated_driver/stages.hpp"

namespace ashlar::simulated {

namespace {

/// The VUIDs of a command that has dependencies, or an event.
struct BarrierRules {
  char const* recording;
  char const* source_stages;  ///< That the queue family has.
  char const* target_stages;
  char const* source_access;  ///< That goes with the stages.
  char const* target_access;
  HandleRules event = {};
};

constexpr BarrierRules pipeline_barrier{
    "VUID-vkCmdPipelineBarrier-commandBuffer-recording",
    "stages that the queue family does not have (VUID-vkCmdPipelineBarrier-srcStageMask-06461)",
    "stages that the queue family does not have (VUID-vkCmdPipelineBarrier-dstStageMask-06462)",
    "an access that is not of the stages (VUID-vkCmdPipelineBarrier-srcAccessMask-02815)",
    "an access that is not of the stages (VUID-vkCmdPipelineBarrier-dstAccessMask-02816)"};
constexpr BarrierRules pipeline_barrier2{
    "VUID-vkCmdPipelineBarrier2-commandBuffer-recording",
    "stages that the queue family does not have (VUID-vkCmdPipelineBarrier2-srcStageMask-03849)",
    "stages that the queue family does not have (VUID-vkCmdPipelineBarrier2-dstStageMask-03850)",
    "an access that is not of the stages (VUID-VkMemoryBarrier2-srcAccessMask-03914)",
    "an access that is not of the stages (VUID-VkMemoryBarrier2-dstAccessMask-03914)"};
constexpr BarrierRules wait_for_events{
    "VUID-vkCmdWaitEvents-commandBuffer-recording",
    "stages that the queue family does not have (VUID-vkCmdWaitEvents-srcStageMask-06459)",
    "stages that the queue family does not have (VUID-vkCmdWaitEvents-dstStageMask-06460)",
    "an access that is not of the stages (VUID-vkCmdWaitEvents-srcAccessMask-02815)",
    "an access that is not of the stages (VUID-vkCmdWaitEvents-dstAccessMask-02816)",
    {"VUID-vkCmdWaitEvents-pEvents-parameter", "VUID-vkCmdWaitEvents-commonparent"}};
constexpr BarrierRules wait_for_events2{
    "VUID-vkCmdWaitEvents2-commandBuffer-recording",
    "stages that the queue family does not have (VUID-vkCmdWaitEvents2-srcStageMask-03842)",
    "stages that the queue family does not have (VUID-vkCmdWaitEvents2-dstStageMask-03843)",
    "an access that is not of the stages (VUID-VkMemoryBarrier2-srcAccessMask-03914)",
    "an access that is not of the stages (VUID-VkMemoryBarrier2-dstAccessMask-03914)",
    {"VUID-vkCmdWaitEvents2-pEvents-parameter", "VUID-vkCmdWaitEvents2-commonparent"}};

/// The dependencies of one barrier command.
class Barrier {
 public:
  Barrier(Call const& call, BarrierRules const& rules) : call_{call}, rules_{rules} {}

  void add(Dependency const& dependency) {
    if (CommandBuffer const* const commands = call_.command_buffer()) {
      std::uint32_t const family = call_.device().pools.at(commands->pool).family;
      VkQueueFlags const queue = call_.device().gpu->queue_families[family].flags;
      call_.require(queue_supports(queue, dependency.source_stages), rules_.source_stages);
      call_.require(queue_supports(queue, dependency.target_stages), rules_.target_stages);
    }
    call_.require(stages_support(dependency.source_stages, dependency.source_access), rules_.source_access);
    call_.require(stages_support(dependency.target_stages, dependency.target_access), rules_.target_access);
    dependencies_.push_back(dependency);
  }

  /// `Info`: VkBufferMemoryBarrier or VkBufferMemoryBarrier2; the dependency has its stages and accesses.
  template <class Info>
  void add_buffer(Dependency dependency, Info const& info) {
    Resource const* const buffer = call_.find_buffer(info.buffer, {"VUID-VkBufferMemoryBarrier-buffer-parameter"});
    if (buffer == nullptr || !check(*buffer, info)) {
      return;
    }
    dependency.resource = to_id(info.buffer);
    dependency.offset = info.offset;
    dependency.size = info.size == VK_WHOLE_SIZE ? buffer->size - info.offset : info.size;
    add_families(dependency, info.srcQueueFamilyIndex, info.dstQueueFamilyIndex, *buffer,
                 "a queue family that is not there (VUID-VkBufferMemoryBarrier-buffer-04089)");
  }

  /// `Info`: VkImageMemoryBarrier or VkImageMemoryBarrier2. It counts for all of the image.
  template <class Info>
  void add_image(Dependency dependency, Info const& info) {
    Resource const* const image = call_.find_image(info.image, {"VUID-VkImageMemoryBarrier-image-parameter"});
    if (image == nullptr || !call_.require(call_.device().memories.contains(image->memory),
                                           "an image without memory (VUID-VkImageMemoryBarrier-image-01932)")) {
      return;
    }
    dependency.resource = to_id(info.image);
    dependency.size = image->requirements.size;
    add_families(dependency, info.srcQueueFamilyIndex, info.dstQueueFamilyIndex, *image,
                 "a queue family that is not there (VUID-VkImageMemoryBarrier-image-04072)");
  }

  /// `Info`: VkMemoryBarrier or VkBufferMemoryBarrier, or VkImageMemoryBarrier; of the command's stages.
  template <class Info>
  [[nodiscard]] static Dependency of(VkPipelineStageFlags source, VkPipelineStageFlags target, Info const& info) {
    return {source, info.srcAccessMask, target, info.dstAccessMask};
  }
  /// `Info`: one of the barriers that have stages of their own.
  template <class Info>
  [[nodiscard]] static Dependency of(Info const& info) {
    return {info.srcStageMask, info.srcAccessMask, info.dstStageMask, info.dstAccessMask};
  }

  [[nodiscard]] std::vector<Dependency> const& dependencies() const { return dependencies_; }

 private:
  template <class Info>
  [[nodiscard]] bool check(Resource const& buffer, Info const& info) const {
    bool const begins_inside =
        call_.require(info.offset < buffer.size, "beyond the buffer (VUID-VkBufferMemoryBarrier-offset-01187)");
    return call_.require(call_.device().memories.contains(buffer.memory),
                         "a buffer without memory (VUID-VkBufferMemoryBarrier-buffer-01931)") &&
           begins_inside && call_.require(info.size != 0, "no size (VUID-VkBufferMemoryBarrier-size-01188)") &&
           call_.require(info.size == VK_WHOLE_SIZE || info.size <= buffer.size - info.offset,
                         "beyond the buffer (VUID-VkBufferMemoryBarrier-size-01189)");
  }

  void add_families(Dependency dependency, std::uint32_t source, std::uint32_t target, Resource const& resource,
                    char const* rule) {
    std::size_t const count = call_.device().gpu->queue_families.size();
    auto const is_there = [&](std::uint32_t family) {
      return family < count || family == VK_QUEUE_FAMILY_EXTERNAL || family == VK_QUEUE_FAMILY_FOREIGN_EXT;
    };
    if (source != target && resource.families.empty() && call_.require(is_there(source) && is_there(target), rule)) {
      dependency.source_family = source;
      dependency.target_family = target;
    }
    add(dependency);
  }

  Call const& call_;
  BarrierRules const& rules_;
  std::vector<Dependency> dependencies_;
};

/// What vkCmdPipelineBarrier and vkCmdWaitEvents are given.
struct Barriers {
  VkPipelineStageFlags source;
  VkPipelineStageFlags target;
  std::uint32_t memory_count;
  VkMemoryBarrier const* memory;
  std::uint32_t buffer_count;
  VkBufferMemoryBarrier const* buffers;
  std::uint32_t image_count;
  VkImageMemoryBarrier const* images;
};

std::vector<Dependency> read(Call const& call, BarrierRules const& rules, Barriers const& info) {
  Barrier barrier{call, rules};
  barrier.add({info.source, 0, info.target, 0});
  std::for_each(info.memory, info.memory + info.memory_count,
                [&](VkMemoryBarrier const& one) { barrier.add(Barrier::of(info.source, info.target, one)); });
  std::for_each(info.buffers, info.buffers + info.buffer_count, [&](VkBufferMemoryBarrier const& one) {
    barrier.add_buffer(Barrier::of(info.source, info.target, one), one);
  });
  std::for_each(info.images, info.images + info.image_count, [&](VkImageMemoryBarrier const& one) {
    barrier.add_image(Barrier::of(info.source, info.target, one), one);
  });
  return barrier.dependencies();
}

std::vector<Dependency> read(Call const& call, BarrierRules const& rules, VkDependencyInfo const& info) {
  Barrier barrier{call, rules};
  std::for_each(info.pMemoryBarriers, info.pMemoryBarriers + info.memoryBarrierCount,
                [&](VkMemoryBarrier2 const& one) { barrier.add(Barrier::of(one)); });
  std::for_each(info.pBufferMemoryBarriers, info.pBufferMemoryBarriers + info.bufferMemoryBarrierCount,
                [&](VkBufferMemoryBarrier2 const& one) { barrier.add_buffer(Barrier::of(one), one); });
  std::for_each(info.pImageMemoryBarriers, info.pImageMemoryBarriers + info.imageMemoryBarrierCount,
                [&](VkImageMemoryBarrier2 const& one) { barrier.add_image(Barrier::of(one), one); });
  return barrier.dependencies();
}

/// A queue carries out one command after the other, each to its end: a barrier has nothing left to do.
void record_barrier(Call const& call, BarrierRules const& rules, std::vector<Dependency> dependencies) {
  call.record({.function = call.function(), .dependencies = std::move(dependencies)}, rules.recording);
}

void VKAPI_CALL barrier(VkCommandBuffer command_buffer, VkPipelineStageFlags source, VkPipelineStageFlags target,
                        VkDependencyFlags /*flags*/, std::uint32_t memory_count, VkMemoryBarrier const* memory,
                        std::uint32_t buffer_count, VkBufferMemoryBarrier const* buffers, std::uint32_t image_count,
                        VkImageMemoryBarrier const* images) {
  Call const call{command_buffer, "vkCmdPipelineBarrier"};
  call.require(call.device().features.contains("synchronization2") || (source != 0 && target != 0),
               "no stages (VUID-vkCmdPipelineBarrier-srcStageMask-03937, "
               "VUID-vkCmdPipelineBarrier-dstStageMask-03937)");
  record_barrier(
      call, pipeline_barrier,
      read(call, pipeline_barrier, {source, target, memory_count, memory, buffer_count, buffers, image_count, images}));
}

void VKAPI_CALL barrier2(VkCommandBuffer command_buffer, VkDependencyInfo const* info) {
  Call const call{command_buffer, "vkCmdPipelineBarrier2"};
  call.require(call.device().features.contains("synchronization2"),
               "synchronization2 is not enabled (VUID-vkCmdPipelineBarrier2-synchronization2-03848)");
  record_barrier(call, pipeline_barrier2, read(call, pipeline_barrier2, *info));
}

// Events.

void change_event(DeviceState& device, std::uint64_t event, bool set) {
  std::lock_guard const lock{driver().mutex};
  if (auto const found = device.events.find(event); found != device.events.end()) {
    found->second.set = set;
  }
  driver().changed.notify_all();
}

void record_event(Call const& call, VkEvent event, bool set, HandleRules const& handle, char const* recording) {
  if (call.find(&DeviceState::events, to_id(event), handle) != nullptr) {
    call.record({.function = call.function(),
                 .objects = {to_id(event)},
                 .run = [id = to_id(event), set](DeviceState& device) { change_event(device, id, set); }},
                recording);
  }
}

void VKAPI_CALL set_event(VkCommandBuffer command_buffer, VkEvent event, VkPipelineStageFlags) {
  record_event(Call{command_buffer, "vkCmdSetEvent"}, event, true,
               {"VUID-vkCmdSetEvent-event-parameter", "VUID-vkCmdSetEvent-commonparent"},
               "VUID-vkCmdSetEvent-commandBuffer-recording");
}

void VKAPI_CALL set_event2(VkCommandBuffer command_buffer, VkEvent event, VkDependencyInfo const*) {
  record_event(Call{command_buffer, "vkCmdSetEvent2"}, event, true,
               {"VUID-vkCmdSetEvent2-event-parameter", "VUID-vkCmdSetEvent2-commonparent"},
               "VUID-vkCmdSetEvent2-commandBuffer-recording");
}

void VKAPI_CALL reset_event(VkCommandBuffer command_buffer, VkEvent event, VkPipelineStageFlags) {
  record_event(Call{command_buffer, "vkCmdResetEvent"}, event, false,
               {"VUID-vkCmdResetEvent-event-parameter", "VUID-vkCmdResetEvent-commonparent"},
               "VUID-vkCmdResetEvent-commandBuffer-recording");
}

void VKAPI_CALL reset_event2(VkCommandBuffer command_buffer, VkEvent event, VkPipelineStageFlags2) {
  record_event(Call{command_buffer, "vkCmdResetEvent2"}, event, false,
               {"VUID-vkCmdResetEvent2-event-parameter", "VUID-vkCmdResetEvent2-commonparent"},
               "VUID-vkCmdResetEvent2-commandBuffer-recording");
}

void wait_until_set(DeviceState& device, std::vector<std::uint64_t> const& events) {
  std::unique_lock lock{driver().mutex};
  driver().changed.wait(lock, [&] {
    return device.lost || device.stopping || std::all_of(events.begin(), events.end(), [&](std::uint64_t id) {
             auto const found = device.events.find(id);
             return found == device.events.end() || found->second.set;
           });
  });
}

/// The wait, and then what its barriers order. They count for all that came before, though Vulkan has them count only
/// for what came before the event was set.
void record_wait(Call const& call, BarrierRules const& rules, std::vector<VkEvent> const& events,
                 std::vector<Dependency> dependencies) {
  std::vector<std::uint64_t> ids;
  for (VkEvent const event : events) {
    if (call.find(&DeviceState::events, to_id(event), rules.event) != nullptr) {
      ids.push_back(to_id(event));
    }
  }
  call.record(
      {.function = call.function(), .objects = ids, .run = [ids](DeviceState& device) { wait_until_set(device, ids); }},
      rules.recording);
  record_barrier(call, rules, std::move(dependencies));
}

void VKAPI_CALL wait_events(VkCommandBuffer command_buffer, std::uint32_t count, VkEvent const* events,
                            VkPipelineStageFlags source, VkPipelineStageFlags target, std::uint32_t memory_count,
                            VkMemoryBarrier const* memory, std::uint32_t buffer_count,
                            VkBufferMemoryBarrier const* buffers, std::uint32_t image_count,
                            VkImageMemoryBarrier const* images) {
  Call const call{command_buffer, "vkCmdWaitEvents"};
  record_wait(
      call, wait_for_events, {events, events + count},
      read(call, wait_for_events, {source, target, memory_count, memory, buffer_count, buffers, image_count, images}));
}

void VKAPI_CALL wait_events2(VkCommandBuffer command_buffer, std::uint32_t count, VkEvent const* events,
                             VkDependencyInfo const* infos) {
  Call const call{command_buffer, "vkCmdWaitEvents2"};
  std::vector<Dependency> all;
  std::for_each(infos, infos + count, [&](VkDependencyInfo const& info) {
    auto const some = read(call, wait_for_events2, info);
    all.insert(all.end(), some.begin(), some.end());
  });
  record_wait(call, wait_for_events2, {events, events + count}, std::move(all));
}

}  // namespace

Functions barrier_functions() {
  constexpr char const* synchronization2 = VK_KHR_SYNCHRONIZATION_2_EXTENSION_NAME;
  return {core<barrier>("vkCmdPipelineBarrier"),
          core<barrier2>("vkCmdPipelineBarrier2", VK_API_VERSION_1_3),
          core<reset_event>("vkCmdResetEvent"),
          core<reset_event2>("vkCmdResetEvent2", VK_API_VERSION_1_3),
          core<set_event>("vkCmdSetEvent"),
          core<set_event2>("vkCmdSetEvent2", VK_API_VERSION_1_3),
          core<wait_events>("vkCmdWaitEvents"),
          core<wait_events2>("vkCmdWaitEvents2", VK_API_VERSION_1_3),
          of_extension<barrier2>("vkCmdPipelineBarrier2KHR", synchronization2),
          of_extension<reset_event2>("vkCmdResetEvent2KHR", synchronization2),
          of_extension<set_event2>("vkCmdSetEvent2KHR", synchronization2),
          of_extension<wait_events2>("vkCmdWaitEvents2KHR", synchronization2)};
}

}  // namespace ashlar::simulated
