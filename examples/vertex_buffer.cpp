// A vertex buffer in the GPU's own memory, filled by way of a staging buffer: first by hand, then in one line.
//
// Run it with ./examples/run vertex_buffer

#include <vulkan/vulkan.h>
#include <ashlar/ashlar.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iterator>

namespace {

struct Vertex {
  float position[2];
  float color[3];

  friend bool operator==(Vertex const&, Vertex const&) = default;
};
ASHLAR_BUFFER_CONTENTS(Vertex, position, color);

constexpr Vertex triangle[] = {
    {.position = {0.0F, -0.5F}, .color = {1, 0, 0}},
    {.position = {0.5F, 0.5F}, .color = {0, 1, 0}},
    {.position = {-0.5F, 0.5F}, .color = {0, 0, 1}},
};

void check(VkResult result, char const* function) {
  if (result != VK_SUCCESS) {
    throw ashlar::VulkanError{result, function};
  }
}

// Vertices are read every frame and rarely change: they belong into the memory that the GPU reads fastest, DeviceOnly.
// The host may not reach that. So the vertices go into memory that it can write, Staging, and the GPU copies them.
// TransferSource is only for us, who read them back at the end.
constexpr ashlar::BufferUsages vertex_usage =
    ashlar::BufferUsage::VertexBuffer | ashlar::BufferUsage::TransferDestination | ashlar::BufferUsage::TransferSource;

// A command buffer, and the pool that it goes with.
class Commands {
 public:
  Commands(ashlar::Device const& device, std::uint32_t queue_family) : device_{device.handle()} {
    VkCommandPoolCreateInfo pool_info{};
    pool_info.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    pool_info.queueFamilyIndex = queue_family;
    check(vkCreateCommandPool(device_, &pool_info, nullptr, &pool_), "vkCreateCommandPool");

    VkCommandBufferAllocateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
    info.commandPool = pool_;
    info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
    info.commandBufferCount = 1;
    check(vkAllocateCommandBuffers(device_, &info, &handle_), "vkAllocateCommandBuffers");
  }
  Commands(Commands const&) = delete;
  ~Commands() { vkDestroyCommandPool(device_, pool_, nullptr); }

  [[nodiscard]] VkCommandBuffer handle() const { return handle_; }

 private:
  VkDevice device_;
  VkCommandPool pool_ = VK_NULL_HANDLE;
  VkCommandBuffer handle_ = VK_NULL_HANDLE;
};

// 1. By hand.
ashlar::Subbuffer<Vertex[]> upload_by_hand(ashlar::Device const& device, ashlar::MemoryAllocator const& allocator) {
  auto const staging = ashlar::Buffer::from_iter(allocator, {.usage = ashlar::BufferUsage::TransferSource},
                                                 {.usage = ashlar::MemoryUsage::Staging}, triangle);
  auto const vertices = ashlar::Buffer::new_slice<Vertex>(allocator, {.usage = vertex_usage},
                                                          {.usage = ashlar::MemoryUsage::DeviceOnly}, staging.size());

  // Record the copy.
  auto const queue = device.queue(ashlar::QueueFlag::Transfer);
  Commands const commands{device, queue.family()};
  VkCommandBufferBeginInfo begin_info{};
  begin_info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  begin_info.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  check(vkBeginCommandBuffer(commands.handle(), &begin_info), "vkBeginCommandBuffer");
  VkBufferCopy const region{staging.offset(), vertices.offset(), vertices.size_bytes()};
  vkCmdCopyBuffer(commands.handle(), staging.handle(), vertices.handle(), 1, &region);
  check(vkEndCommandBuffer(commands.handle()), "vkEndCommandBuffer");

  // Submit it, and say what it uses. ashlar then keeps these buffers alive until the copy is done, even if we let go of
  // `staging` now, and whoever uses them next waits for it: a guard on the host, another submission on the device. So
  // there is no barrier in the command buffer above.
  auto const copied = queue.submit(commands.handle(), {ashlar::reads(staging), ashlar::writes(vertices)});

  // The command buffer is ours, and has to live until the device is done with it. Larger programs do not wait here:
  // they keep the command buffer, and ask copied.is_done() before they use it again.
  copied.wait();
  return vertices;
}

// 2. The same in one line. Transfer has staging memory and command buffers of its own, and nobody waits.
ashlar::Subbuffer<Vertex[]> upload(ashlar::Transfer const& transfer) {
  return transfer.from_iter({.usage = vertex_usage}, triangle);
}

bool vertex_buffer() {
  auto const device = ashlar::Device::create_default();
  auto const allocator = ashlar::StandardMemoryAllocator{device};
  auto const transfer = ashlar::Transfer{allocator};
  std::printf("device: %s\n", device.physical_device().name());

  auto const by_hand = upload_by_hand(device, allocator);
  auto const in_one_line = upload(transfer);

  // To draw: by_hand.bind_vertex_buffer(command_buffer), and name ashlar::reads(by_hand) when you submit. Here both are
  // read back. download() asks for a copy in the other direction, get() waits for it. What is asked for together is
  // submitted together.
  auto first = transfer.download(by_hand);
  auto second = transfer.download(in_one_line);
  bool const right = std::ranges::equal(first.get(), triangle) && std::ranges::equal(second.get(), triangle);
  std::printf("%zu vertices, uploaded by hand and in one line: %s\n", std::size(triangle),
              right ? "both buffers hold them" : "WRONG");
  return right;
}

}  // namespace

int main() {
  try {
    return vertex_buffer() ? 0 : 1;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
