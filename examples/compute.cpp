// A compute shader squares a million numbers: ashlar for the memory, plain Vulkan for the pipeline.
//
// Run it with ./examples/run compute

#include <ashlar/ashlar.hpp>

#define VK_NO_PROTOTYPES  // The device is asked for Vulkan's functions: nothing has to be linked.
#include <vulkan/vulkan.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <ranges>
#include <utility>

namespace {

using Numbers = ashlar::Subbuffer<std::uint32_t[]>;

// squares[i] = numbers[i] * numbers[i], by a compute shader. Waits until it is done.
void square(ashlar::Device const& device, Numbers const& numbers, Numbers const& squares);

bool compute() {
  constexpr std::uint32_t count = 1'000'000;
  auto const device = ashlar::Device::create_default();
  auto const allocator = ashlar::StandardMemoryAllocator{device};
  std::printf("device: %s\n", device.physical_device().name());

  // What the host writes and the shader reads: Upload. That is the graphics card's own memory if the host can
  // write there, or else memory of the host.
  Numbers const numbers =
      ashlar::Buffer::from_iter(allocator, {.usage = ashlar::BufferUsage::StorageBuffer},
                                {.usage = ashlar::MemoryUsage::Upload}, std::views::iota(std::uint32_t{0}, count));

  // What the shader writes and the host reads: Download. That is memory of the host, behind its caches, for
  // reading a graphics card's memory over the bus is slow.
  Numbers const squares = ashlar::Buffer::new_slice<std::uint32_t>(
      allocator, {.usage = ashlar::BufferUsage::StorageBuffer}, {.usage = ashlar::MemoryUsage::Download}, count);

  // A submission of your own is unknown to ashlar: hold no guard of its buffers while it runs.
  square(device, numbers, squares);

  // Large squares do not fit into 32 bits. Unsigned arithmetic wraps around, in the shader as in C++.
  std::uint32_t number = 0;
  std::uint32_t wrong = 0;
  for (std::uint32_t const result : squares.read()) {
    wrong += result == number * number ? 0 : 1;
    ++number;
  }
  std::printf("%u numbers squared, %u of them wrong; the square of 999 is %u\n", number, wrong,
              *squares.index(999).read());
  return number == count && wrong == 0;
}

// The rest is plain Vulkan, as in any program.

// The shader, compiled. Its source is shaders/square.comp.
constexpr std::uint32_t square_spirv[] = {
#include "shaders/square.comp.inc"
};
constexpr std::uint32_t workgroup_size = 64;

// A function of Vulkan by its name. Larger programs look it up once.
template <class Function>
Function function(ashlar::Device const& device, char const* name) {
  return reinterpret_cast<Function>(device.proc_addr(name));
}
#define VULKAN(name) function<PFN_##name>(device, #name)

void check(VkResult result, char const* function_name) {
  if (result != VK_SUCCESS) {
    throw ashlar::VulkanError{result, function_name};
  }
}

// A Vulkan object that is destroyed at the end of its scope, so that an exception leaves nothing behind.
template <class Handle>
class Owned {
 public:
  using Destroy = void(VKAPI_PTR*)(VkDevice, Handle, VkAllocationCallbacks const*);

  Owned(VkDevice device, Handle handle, Destroy destroy) : device_{device}, handle_{handle}, destroy_{destroy} {}
  Owned(Owned&& other) noexcept
      : device_{other.device_}, handle_{std::exchange(other.handle_, VK_NULL_HANDLE)}, destroy_{other.destroy_} {}
  ~Owned() { destroy_(device_, handle_, nullptr); }  // Does nothing with a null handle.

  Handle const& operator*() const { return handle_; }

 private:
  VkDevice device_;
  Handle handle_;
  Destroy destroy_;
};

// vkCreateFence(device, &info, nullptr, &fence), and all the functions of the same form.
template <class Handle, class Info>
Owned<Handle> create(ashlar::Device const& device, char const* create_name, char const* destroy_name,
                     Info const& info) {
  using Create = VkResult(VKAPI_PTR*)(VkDevice, Info const*, VkAllocationCallbacks const*, Handle*);
  Handle handle = VK_NULL_HANDLE;
  check(function<Create>(device, create_name)(device.handle(), &info, nullptr, &handle), create_name);
  return {device.handle(), handle, function<typename Owned<Handle>::Destroy>(device, destroy_name)};
}

// Bindings 0 and 1 of the shader are storage buffers.
Owned<VkDescriptorSetLayout> create_set_layout(ashlar::Device const& device) {
  VkDescriptorSetLayoutBinding bindings[2]{};
  for (std::uint32_t i = 0; i < 2; ++i) {
    bindings[i].binding = i;
    bindings[i].descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    bindings[i].descriptorCount = 1;
    bindings[i].stageFlags = VK_SHADER_STAGE_COMPUTE_BIT;
  }
  VkDescriptorSetLayoutCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
  info.bindingCount = 2;
  info.pBindings = bindings;
  return create<VkDescriptorSetLayout>(device, "vkCreateDescriptorSetLayout", "vkDestroyDescriptorSetLayout", info);
}

Owned<VkPipelineLayout> create_pipeline_layout(ashlar::Device const& device, VkDescriptorSetLayout const& set_layout) {
  VkPipelineLayoutCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
  info.setLayoutCount = 1;
  info.pSetLayouts = &set_layout;
  return create<VkPipelineLayout>(device, "vkCreatePipelineLayout", "vkDestroyPipelineLayout", info);
}

Owned<VkPipeline> create_pipeline(ashlar::Device const& device, VkPipelineLayout layout) {
  VkShaderModuleCreateInfo shader_info{};
  shader_info.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
  shader_info.codeSize = sizeof(square_spirv);
  shader_info.pCode = square_spirv;
  auto const shader = create<VkShaderModule>(device, "vkCreateShaderModule", "vkDestroyShaderModule", shader_info);

  VkComputePipelineCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
  info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = *shader;
  info.stage.pName = "main";
  info.layout = layout;
  VkPipeline pipeline = VK_NULL_HANDLE;
  check(VULKAN(vkCreateComputePipelines)(device.handle(), VK_NULL_HANDLE, 1, &info, nullptr, &pipeline),
        "vkCreateComputePipelines");
  return {device.handle(), pipeline, VULKAN(vkDestroyPipeline)};
}

Owned<VkDescriptorPool> create_descriptor_pool(ashlar::Device const& device) {
  VkDescriptorPoolSize const size{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 2};
  VkDescriptorPoolCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
  info.maxSets = 1;
  info.poolSizeCount = 1;
  info.pPoolSizes = &size;
  return create<VkDescriptorPool>(device, "vkCreateDescriptorPool", "vkDestroyDescriptorPool", info);
}

Owned<VkCommandPool> create_command_pool(ashlar::Device const& device, std::uint32_t queue_family) {
  VkCommandPoolCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  info.queueFamilyIndex = queue_family;
  return create<VkCommandPool>(device, "vkCreateCommandPool", "vkDestroyCommandPool", info);
}

// Tells the shader where its buffers are. The set goes with its pool.
VkDescriptorSet create_descriptor_set(ashlar::Device const& device, VkDescriptorPool pool,
                                      VkDescriptorSetLayout const& layout, Numbers const& numbers,
                                      Numbers const& squares) {
  VkDescriptorSetAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
  info.descriptorPool = pool;
  info.descriptorSetCount = 1;
  info.pSetLayouts = &layout;
  VkDescriptorSet set = VK_NULL_HANDLE;
  check(VULKAN(vkAllocateDescriptorSets)(device.handle(), &info, &set), "vkAllocateDescriptorSets");

  // A Subbuffer knows its VkBuffer, offset and size; it throws if it was not created for this usage.
  VkDescriptorBufferInfo const buffers[] = {numbers.descriptor_info(ashlar::DescriptorType::StorageBuffer),
                                            squares.descriptor_info(ashlar::DescriptorType::StorageBuffer)};
  VkWriteDescriptorSet writes[2]{};
  for (std::uint32_t i = 0; i < 2; ++i) {
    writes[i].sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
    writes[i].dstSet = set;
    writes[i].dstBinding = i;
    writes[i].descriptorCount = 1;
    writes[i].descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    writes[i].pBufferInfo = &buffers[i];
  }
  VULKAN(vkUpdateDescriptorSets)(device.handle(), 2, writes, 0, nullptr);
  return set;
}

// Begins a command buffer, which goes with its pool.
VkCommandBuffer begin_commands(ashlar::Device const& device, VkCommandPool pool) {
  VkCommandBufferAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  info.commandPool = pool;
  info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  info.commandBufferCount = 1;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  check(VULKAN(vkAllocateCommandBuffers)(device.handle(), &info, &commands), "vkAllocateCommandBuffers");

  VkCommandBufferBeginInfo begin_info{};
  begin_info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  begin_info.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  check(VULKAN(vkBeginCommandBuffer)(commands, &begin_info), "vkBeginCommandBuffer");
  return commands;
}

// When a fence is signaled the shader is done, but only after this barrier may the host see what it wrote. The other
// way needs none: a submission sees what the host wrote before it.
void make_visible_to_host(ashlar::Device const& device, VkCommandBuffer commands) {
  VkMemoryBarrier barrier{};
  barrier.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  barrier.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT;
  barrier.dstAccessMask = VK_ACCESS_HOST_READ_BIT;
  auto const pipeline_barrier = VULKAN(vkCmdPipelineBarrier);
  pipeline_barrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0,
                   nullptr, 0, nullptr);
}

void submit_and_wait(ashlar::Device const& device, ashlar::Queue const& queue, VkCommandBuffer const& commands) {
  VkFenceCreateInfo fence_info{};
  fence_info.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
  auto const fence = create<VkFence>(device, "vkCreateFence", "vkDestroyFence", fence_info);

  VkSubmitInfo submission{};
  submission.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  submission.commandBufferCount = 1;
  submission.pCommandBuffers = &commands;
  // Only one thread at a time may use a VkQueue: with_handle holds the queue's mutex meanwhile.
  queue.with_handle(
      [&](VkQueue handle) { check(VULKAN(vkQueueSubmit)(handle, 1, &submission, *fence), "vkQueueSubmit"); });
  check(VULKAN(vkWaitForFences)(device.handle(), 1, &*fence, VK_TRUE, UINT64_MAX), "vkWaitForFences");
}

void square(ashlar::Device const& device, Numbers const& numbers, Numbers const& squares) {
  auto const set_layout = create_set_layout(device);
  auto const layout = create_pipeline_layout(device, *set_layout);
  auto const pipeline = create_pipeline(device, *layout);
  auto const descriptor_pool = create_descriptor_pool(device);
  VkDescriptorSet const set = create_descriptor_set(device, *descriptor_pool, *set_layout, numbers, squares);

  // The queue that can compute and least else. Buffers may be used on every queue of the device.
  auto const queue = device.queue(ashlar::QueueFlag::Compute);
  auto const command_pool = create_command_pool(device, queue.family());
  VkCommandBuffer const commands = begin_commands(device, *command_pool);
  auto const groups = static_cast<std::uint32_t>((numbers.size() + workgroup_size - 1) / workgroup_size);
  VULKAN(vkCmdBindPipeline)(commands, VK_PIPELINE_BIND_POINT_COMPUTE, *pipeline);
  VULKAN(vkCmdBindDescriptorSets)(commands, VK_PIPELINE_BIND_POINT_COMPUTE, *layout, 0, 1, &set, 0, nullptr);
  VULKAN(vkCmdDispatch)(commands, groups, 1, 1);
  make_visible_to_host(device, commands);
  check(VULKAN(vkEndCommandBuffer)(commands), "vkEndCommandBuffer");
  submit_and_wait(device, queue, commands);
}

}  // namespace

int main() {
  try {
    return compute() ? 0 : 1;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
