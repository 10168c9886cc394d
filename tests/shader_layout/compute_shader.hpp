#pragma once

#include <ashlar/buffer/subbuffer.hpp>
#include <ashlar/device/device.hpp>

#include <cstdint>
#include <span>
#include <vector>

#include "device/vulkan.hpp"

namespace ashlar::test {

/// What a shader sees at a binding.
struct ShaderBinding {
  DescriptorType type;
  VkDescriptorBufferInfo buffer;
};

/// A compute shader with its buffers, at the bindings 0, 1, … of set 0. It has to outlive the commands' execution.
class ComputeShader {
 public:
  /// \throws std::runtime_error
  ComputeShader(Device const& device, std::span<std::uint32_t const> spirv, std::vector<ShaderBinding> const& bindings);
  ComputeShader(ComputeShader const&) = delete;
  ComputeShader& operator=(ComputeShader const&) = delete;
  ~ComputeShader();

  /// One workgroup of it.
  void record(VkCommandBuffer commands) const;

 private:
  template <class Pointer>
  [[nodiscard]] Pointer function(char const* name) const {
    return reinterpret_cast<Pointer>(device_.proc_addr(name));
  }
  explicit ComputeShader(Device const& device) : device_{device} {}
  void create_layouts(std::vector<ShaderBinding> const& bindings);
  void create_pipeline(std::span<std::uint32_t const> spirv);
  void create_pool(std::vector<ShaderBinding> const& bindings);
  void create_set(std::vector<ShaderBinding> const& bindings);

  Device device_;
  VkDescriptorSetLayout set_layout_ = VK_NULL_HANDLE;
  VkPipelineLayout layout_ = VK_NULL_HANDLE;
  VkPipeline pipeline_ = VK_NULL_HANDLE;
  VkDescriptorPool pool_ = VK_NULL_HANDLE;
  VkDescriptorSet set_ = VK_NULL_HANDLE;
};

}  // namespace ashlar::test
