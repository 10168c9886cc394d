#include "shader_layout/compute_shader.hpp"

#include <cstddef>
#include <stdexcept>
#include <string>

#include "shader_layout/spirv_types.hpp"

namespace ashlar::test {
namespace {

void require(VkResult result, char const* function) {
  if (result != VK_SUCCESS) {
    throw std::runtime_error(std::string{function} + " failed: " + std::to_string(result));
  }
}

VkDescriptorType type_of(ShaderBinding const& binding) { return static_cast<VkDescriptorType>(binding.type); }

}  // namespace

// Once the first constructor is through, the destructor cleans up what the second one created before it threw.
ComputeShader::ComputeShader(Device const& device, std::span<std::uint32_t const> spirv,
                             std::vector<ShaderBinding> const& bindings)
    : ComputeShader{device} {
  require_spirv(spirv);
  create_layouts(bindings);
  create_pipeline(spirv);
  create_pool(bindings);
  create_set(bindings);
}

ComputeShader::~ComputeShader() {
  VkDevice const device = device_.handle();
  function<PFN_vkDestroyDescriptorPool>("vkDestroyDescriptorPool")(device, pool_, nullptr);
  function<PFN_vkDestroyPipeline>("vkDestroyPipeline")(device, pipeline_, nullptr);
  function<PFN_vkDestroyPipelineLayout>("vkDestroyPipelineLayout")(device, layout_, nullptr);
  function<PFN_vkDestroyDescriptorSetLayout>("vkDestroyDescriptorSetLayout")(device, set_layout_, nullptr);
}

void ComputeShader::record(VkCommandBuffer commands) const {
  function<PFN_vkCmdBindPipeline>("vkCmdBindPipeline")(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline_);
  function<PFN_vkCmdBindDescriptorSets>("vkCmdBindDescriptorSets")(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout_, 0,
                                                                   1, &set_, 0, nullptr);
  function<PFN_vkCmdDispatch>("vkCmdDispatch")(commands, 1, 1, 1);
}

void ComputeShader::create_layouts(std::vector<ShaderBinding> const& bindings) {
  std::vector<VkDescriptorSetLayoutBinding> described;
  for (ShaderBinding const& binding : bindings) {
    described.push_back(
        {static_cast<std::uint32_t>(described.size()), type_of(binding), 1, VK_SHADER_STAGE_COMPUTE_BIT, nullptr});
  }
  VkDescriptorSetLayoutCreateInfo const set_info{VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO, nullptr, 0,
                                                 static_cast<std::uint32_t>(described.size()), described.data()};
  require(function<PFN_vkCreateDescriptorSetLayout>("vkCreateDescriptorSetLayout")(device_.handle(), &set_info, nullptr,
                                                                                   &set_layout_),
          "vkCreateDescriptorSetLayout");
  VkPipelineLayoutCreateInfo const info{
      VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO, nullptr, 0, 1, &set_layout_, 0, nullptr};
  require(function<PFN_vkCreatePipelineLayout>("vkCreatePipelineLayout")(device_.handle(), &info, nullptr, &layout_),
          "vkCreatePipelineLayout");
}

void ComputeShader::create_pipeline(std::span<std::uint32_t const> spirv) {
  VkShaderModuleCreateInfo const shader_info{VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, nullptr, 0,
                                             spirv.size_bytes(), spirv.data()};
  VkShaderModule shader = VK_NULL_HANDLE;
  require(function<PFN_vkCreateShaderModule>("vkCreateShaderModule")(device_.handle(), &shader_info, nullptr, &shader),
          "vkCreateShaderModule");
  VkComputePipelineCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
  info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = shader;
  info.stage.pName = "main";
  info.layout = layout_;
  VkResult const result = function<PFN_vkCreateComputePipelines>("vkCreateComputePipelines")(
      device_.handle(), VK_NULL_HANDLE, 1, &info, nullptr, &pipeline_);
  function<PFN_vkDestroyShaderModule>("vkDestroyShaderModule")(device_.handle(), shader, nullptr);
  require(result, "vkCreateComputePipelines");
}

void ComputeShader::create_pool(std::vector<ShaderBinding> const& bindings) {
  std::vector<VkDescriptorPoolSize> sizes;
  for (ShaderBinding const& binding : bindings) {
    sizes.push_back({type_of(binding), 1});
  }
  VkDescriptorPoolCreateInfo const info{VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO, nullptr,     0, 1,
                                        static_cast<std::uint32_t>(sizes.size()),      sizes.data()};
  require(function<PFN_vkCreateDescriptorPool>("vkCreateDescriptorPool")(device_.handle(), &info, nullptr, &pool_),
          "vkCreateDescriptorPool");
}

void ComputeShader::create_set(std::vector<ShaderBinding> const& bindings) {
  VkDescriptorSetAllocateInfo const info{VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO, nullptr, pool_, 1,
                                         &set_layout_};
  require(function<PFN_vkAllocateDescriptorSets>("vkAllocateDescriptorSets")(device_.handle(), &info, &set_),
          "vkAllocateDescriptorSets");
  std::vector<VkWriteDescriptorSet> writes;
  for (ShaderBinding const& binding : bindings) {
    VkWriteDescriptorSet write{};
    write.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
    write.dstSet = set_;
    write.dstBinding = static_cast<std::uint32_t>(writes.size());
    write.descriptorCount = 1;
    write.descriptorType = type_of(binding);
    write.pBufferInfo = &binding.buffer;
    writes.push_back(write);
  }
  function<PFN_vkUpdateDescriptorSets>("vkUpdateDescriptorSets")(
      device_.handle(), static_cast<std::uint32_t>(writes.size()), writes.data(), 0, nullptr);
}

}  // namespace ashlar::test
