// SAXPY, y = a * x + y, by a compute shader: ashlar for the memory and the waiting, plain Vulkan for the pipeline.
//
// Run it with ./examples/run saxpy

#include <vulkan/vulkan.h>
#include <ashlar/ashlar.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <ranges>

namespace {

using Floats = ashlar::Subbuffer<float[]>;

void check(VkResult result, char const* function) {
  if (result != VK_SUCCESS) {
    throw ashlar::VulkanError{result, function};
  }
}

// The compute shader with all that Vulkan wants to run it. It is written below.
class Kernel {
 public:
  Kernel(ashlar::Device const& device, std::uint32_t queue_family);
  Kernel(Kernel const&) = delete;
  ~Kernel();

  // Records y = a * x + y. The command buffer goes with the kernel.
  VkCommandBuffer record(float a, Floats const& x, Floats const& y) const;

 private:
  explicit Kernel(VkDevice device) : device_{device} {}
  void create_layouts();
  void create_pipeline();
  void create_pools(std::uint32_t queue_family);
  VkDescriptorSet create_descriptor_set(Floats const& x, Floats const& y) const;

  VkDevice device_;
  VkDescriptorSetLayout set_layout_ = VK_NULL_HANDLE;
  VkPipelineLayout layout_ = VK_NULL_HANDLE;
  VkPipeline pipeline_ = VK_NULL_HANDLE;
  VkDescriptorPool descriptor_pool_ = VK_NULL_HANDLE;
  VkCommandPool command_pool_ = VK_NULL_HANDLE;
};

bool saxpy() {
  constexpr int count = 1'000'000;
  auto const device = ashlar::Device::create_default();
  auto const allocator = ashlar::StandardMemoryAllocator{device};
  std::printf("device: %s\n", device.physical_device().name());

  // What the shader only reads goes into the GPU's own memory, which the host may not reach: a Transfer brings it
  // there.
  auto const transfer = ashlar::Transfer{allocator};
  auto const numbers = std::views::iota(0, count);
  Floats const x =
      transfer.from_iter({.usage = ashlar::BufferUsage::StorageBuffer},
                         numbers | std::views::transform([](int i) { return static_cast<float>(i % 1000); }));

  // What the shader writes and the host reads: Download. That is memory of the host, behind its caches, for reading a
  // graphics card's memory over the bus is slow.
  Floats const y = ashlar::Buffer::from_iter(allocator, {.usage = ashlar::BufferUsage::StorageBuffer},
                                             {.usage = ashlar::MemoryUsage::Download},
                                             numbers | std::views::transform([](int) { return 1.0F; }));

  // The queue that can compute and least else. Buffers may be used on every queue of the device.
  auto const queue = device.queue(ashlar::QueueFlag::Compute);
  Kernel const kernel{device, queue.family()};
  VkCommandBuffer const commands = kernel.record(2.0F, x, y);

  // Submit it and say what it uses, twice: y = 2x + (2x + 1). The first waits, on the device, until the transfer has
  // brought x there, and the second for the first. No barrier and no semaphore of ours is needed for that.
  queue.submit(commands, {ashlar::reads(x), ashlar::writes(y)});
  queue.submit(commands, {ashlar::reads(x), ashlar::writes(y)});

  // A guard waits until the device is done with y, and sees what it wrote.
  int index = 0;
  int wrong = 0;
  for (float const result : y.read()) {
    wrong += result == 4.0F * static_cast<float>(index % 1000) + 1.0F ? 0 : 1;
    ++index;
  }
  std::printf("y = 2x + y, twice, for %d elements, %d of them wrong; 999 became %g\n", index, wrong,
              static_cast<double>(*y.index(999).read()));
  return index == count && wrong == 0;
}

// The rest is plain Vulkan, as in any program.

// The shader, compiled. Its source is shaders/saxpy.comp.
constexpr std::uint32_t spirv[] = {
#include "shaders/saxpy.comp.inc"
};
constexpr std::uint32_t workgroup_size = 64;

// Once the first constructor is through, the destructor cleans up whatever the second one has created when it throws.
Kernel::Kernel(ashlar::Device const& device, std::uint32_t queue_family) : Kernel{device.handle()} {
  create_layouts();
  create_pipeline();
  create_pools(queue_family);
}

Kernel::~Kernel() {
  vkDeviceWaitIdle(device_);  // ashlar keeps buffers until the device is done with them, but not the command buffer.
  vkDestroyCommandPool(device_, command_pool_, nullptr);
  vkDestroyDescriptorPool(device_, descriptor_pool_, nullptr);
  vkDestroyPipeline(device_, pipeline_, nullptr);
  vkDestroyPipelineLayout(device_, layout_, nullptr);
  vkDestroyDescriptorSetLayout(device_, set_layout_, nullptr);
}

// The shader has two storage buffers, at bindings 0 and 1, and a float as push constant.
void Kernel::create_layouts() {
  VkDescriptorSetLayoutBinding bindings[2]{};
  for (std::uint32_t i = 0; i < 2; ++i) {
    bindings[i].binding = i;
    bindings[i].descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    bindings[i].descriptorCount = 1;
    bindings[i].stageFlags = VK_SHADER_STAGE_COMPUTE_BIT;
  }
  VkDescriptorSetLayoutCreateInfo set_info{};
  set_info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
  set_info.bindingCount = 2;
  set_info.pBindings = bindings;
  check(vkCreateDescriptorSetLayout(device_, &set_info, nullptr, &set_layout_), "vkCreateDescriptorSetLayout");

  VkPushConstantRange const constant{VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(float)};
  VkPipelineLayoutCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
  info.setLayoutCount = 1;
  info.pSetLayouts = &set_layout_;
  info.pushConstantRangeCount = 1;
  info.pPushConstantRanges = &constant;
  check(vkCreatePipelineLayout(device_, &info, nullptr, &layout_), "vkCreatePipelineLayout");
}

void Kernel::create_pipeline() {
  VkShaderModuleCreateInfo shader_info{};
  shader_info.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
  shader_info.codeSize = sizeof(spirv);
  shader_info.pCode = spirv;
  VkShaderModule shader = VK_NULL_HANDLE;
  check(vkCreateShaderModule(device_, &shader_info, nullptr, &shader), "vkCreateShaderModule");

  VkComputePipelineCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
  info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = shader;
  info.stage.pName = "main";
  info.layout = layout_;
  VkResult const result = vkCreateComputePipelines(device_, VK_NULL_HANDLE, 1, &info, nullptr, &pipeline_);
  vkDestroyShaderModule(device_, shader, nullptr);  // The pipeline needs it no more.
  check(result, "vkCreateComputePipelines");
}

void Kernel::create_pools(std::uint32_t queue_family) {
  VkDescriptorPoolSize const size{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 2};
  VkDescriptorPoolCreateInfo descriptor_info{};
  descriptor_info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
  descriptor_info.maxSets = 1;
  descriptor_info.poolSizeCount = 1;
  descriptor_info.pPoolSizes = &size;
  check(vkCreateDescriptorPool(device_, &descriptor_info, nullptr, &descriptor_pool_), "vkCreateDescriptorPool");

  VkCommandPoolCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  info.queueFamilyIndex = queue_family;
  check(vkCreateCommandPool(device_, &info, nullptr, &command_pool_), "vkCreateCommandPool");
}

// Tells the shader where its buffers are.
VkDescriptorSet Kernel::create_descriptor_set(Floats const& x, Floats const& y) const {
  VkDescriptorSetAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
  info.descriptorPool = descriptor_pool_;
  info.descriptorSetCount = 1;
  info.pSetLayouts = &set_layout_;
  VkDescriptorSet set = VK_NULL_HANDLE;
  check(vkAllocateDescriptorSets(device_, &info, &set), "vkAllocateDescriptorSets");

  // A Subbuffer knows its VkBuffer, offset and size; it throws if it was not created for this usage.
  VkDescriptorBufferInfo const buffers[] = {x.descriptor_info(ashlar::DescriptorType::StorageBuffer),
                                            y.descriptor_info(ashlar::DescriptorType::StorageBuffer)};
  VkWriteDescriptorSet write{};  // Of bindings 0 and 1.
  write.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
  write.dstSet = set;
  write.descriptorCount = 2;
  write.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
  write.pBufferInfo = buffers;
  vkUpdateDescriptorSets(device_, 1, &write, 0, nullptr);
  return set;
}

VkCommandBuffer Kernel::record(float a, Floats const& x, Floats const& y) const {
  VkDescriptorSet const set = create_descriptor_set(x, y);
  VkCommandBufferAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  info.commandPool = command_pool_;
  info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  info.commandBufferCount = 1;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  check(vkAllocateCommandBuffers(device_, &info, &commands), "vkAllocateCommandBuffers");

  VkCommandBufferBeginInfo begin_info{};
  begin_info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  begin_info.flags = VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT;  // May be submitted again before it is done.
  check(vkBeginCommandBuffer(commands, &begin_info), "vkBeginCommandBuffer");
  auto const groups = static_cast<std::uint32_t>((y.size() + workgroup_size - 1) / workgroup_size);
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline_);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout_, 0, 1, &set, 0, nullptr);
  vkCmdPushConstants(commands, layout_, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(a), &a);
  vkCmdDispatch(commands, groups, 1, 1);
  check(vkEndCommandBuffer(commands), "vkEndCommandBuffer");
  return commands;
}

}  // namespace

int main() {
  try {
    return saxpy() ? 0 : 1;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
