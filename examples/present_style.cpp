// How a program that draws in a window submits: two frames in flight, binary semaphores between acquiring an image,
// rendering and presenting, and a fence per frame. There is no window here: a submission stands for
// vkAcquireNextImageKHR, another for vkQueuePresentKHR, and a copy for all the drawing.
//
// Run it with ./examples/run present_style

#include <vulkan/vulkan.h>
#include <ashlar/ashlar.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>

namespace {

constexpr std::uint32_t frame_count = 100;
constexpr std::uint32_t frames_in_flight = 2;

// What the shaders of a frame would read.
struct Uniforms {
  float time;
  std::uint32_t frame;
};
ASHLAR_BUFFER_CONTENTS(Uniforms, time, frame);

void check(VkResult result, char const* function) {
  if (result != VK_SUCCESS) {
    throw ashlar::VulkanError{result, function};
  }
}

// What each frame in flight has for itself.
class Frame {
 public:
  Frame(ashlar::MemoryAllocator const& allocator, ashlar::Queue const& queue);
  Frame(Frame const&) = delete;
  ~Frame();

  // Waits until the device is done with the command buffer, and begins it anew.
  void begin() const;

  ashlar::Subbuffer<Uniforms> uniforms;
  VkSemaphore acquired = VK_NULL_HANDLE;
  VkSemaphore rendered = VK_NULL_HANDLE;  // With a swapchain: one per image.
  VkFence done = VK_NULL_HANDLE;
  VkCommandPool pool = VK_NULL_HANDLE;
  VkCommandBuffer commands = VK_NULL_HANDLE;

 private:
  explicit Frame(ashlar::Device const& device) : device_{device.handle()} {}
  void create_semaphores();
  void create_commands(std::uint32_t queue_family);

  VkDevice device_;
};

// In a program with a window: vkAcquireNextImageKHR(device, swapchain, UINT64_MAX, frame.acquired, …).
void acquire_image(ashlar::Queue const& queue, Frame const& frame) {
  queue.submit({.signals = {{.semaphore = frame.acquired}}});
}

// In a program with a window: queue.with_handle([&](VkQueue handle) { return vkQueuePresentKHR(handle, &info); }),
// where `info` waits for frame.rendered.
void present_image(ashlar::Queue const& queue, Frame const& frame) {
  queue.submit({.waits = {{.semaphore = frame.rendered}}});
}

// "Draws" the uniforms to the screen.
void render(ashlar::Queue const& queue, Frame const& frame, ashlar::Subbuffer<Uniforms> const& pixel) {
  VkBufferCopy const region{frame.uniforms.offset(), pixel.offset(), pixel.size_bytes()};
  vkCmdCopyBuffer(frame.commands, frame.uniforms.handle(), pixel.handle(), 1, &region);
  check(vkEndCommandBuffer(frame.commands), "vkEndCommandBuffer");

  // What ashlar is told by `uses` it waits for by itself. The semaphores are for what it does not know of, the
  // swapchain's image: the stage that touches it waits, and earlier ones may run before. For drawing that is
  // ColorAttachmentOutput.
  queue.submit({.command_buffers = frame.commands,
                .uses = {ashlar::reads(frame.uniforms), ashlar::writes(pixel)},
                .waits = {{.semaphore = frame.acquired, .stage = ashlar::PipelineStage::Transfer}},
                .signals = {{.semaphore = frame.rendered}},
                .fence = frame.done});
}

bool present_style() {
  auto const device = ashlar::Device::create_default();
  auto const allocator = ashlar::StandardMemoryAllocator{device};
  auto const queue = device.queue(ashlar::QueueFlag::Graphics);
  std::printf("device: %s\n", device.physical_device().name());

  // The "screen" has one "pixel" for each frame, so that we can see afterwards what each has drawn.
  auto const screen =
      ashlar::Buffer::new_slice<Uniforms>(allocator, {.usage = ashlar::BufferUsage::TransferDestination},
                                          {.usage = ashlar::MemoryUsage::Download}, frame_count);
  Frame const frames[frames_in_flight] = {{allocator, queue}, {allocator, queue}};

  for (std::uint32_t n = 0; n < frame_count; ++n) {
    Frame const& frame = frames[n % frames_in_flight];

    // The frame before the last may still be reading these uniforms. overwrite() waits until it has.
    *frame.uniforms.overwrite() = {.time = static_cast<float>(n) / 60, .frame = n};

    // Command buffers are nothing of ashlar's: for these the fence is.
    frame.begin();
    acquire_image(queue, frame);
    render(queue, frame, screen.index(n));
    present_image(queue, frame);
  }

  std::uint32_t n = 0;
  std::uint32_t wrong = 0;
  for (Uniforms const& pixel : screen.read()) {  // Waits for the last frames.
    wrong += pixel.frame == n ? 0 : 1;
    ++n;
  }
  std::printf("%u frames, %u in flight at a time; %u of them drew another frame's uniforms\n", n, frames_in_flight,
              wrong);
  return n == frame_count && wrong == 0;
}

// The rest is plain Vulkan, as in any program.

// Once the first constructor is through, the destructor cleans up whatever the second one has created when it throws.
Frame::Frame(ashlar::MemoryAllocator const& allocator, ashlar::Queue const& queue) : Frame{allocator.device()} {
  uniforms = ashlar::Buffer::new_sized<Uniforms>(
      allocator, {.usage = ashlar::BufferUsage::UniformBuffer | ashlar::BufferUsage::TransferSource},
      {.usage = ashlar::MemoryUsage::Upload});
  create_semaphores();
  create_commands(queue.family());
}

Frame::~Frame() {
  vkDeviceWaitIdle(device_);
  vkDestroyCommandPool(device_, pool, nullptr);
  vkDestroyFence(device_, done, nullptr);
  vkDestroySemaphore(device_, rendered, nullptr);
  vkDestroySemaphore(device_, acquired, nullptr);
}

void Frame::create_semaphores() {
  VkSemaphoreCreateInfo semaphore_info{};
  semaphore_info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
  check(vkCreateSemaphore(device_, &semaphore_info, nullptr, &acquired), "vkCreateSemaphore");
  check(vkCreateSemaphore(device_, &semaphore_info, nullptr, &rendered), "vkCreateSemaphore");

  VkFenceCreateInfo fence_info{};
  fence_info.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
  fence_info.flags = VK_FENCE_CREATE_SIGNALED_BIT;  // The first frame has none to wait for.
  check(vkCreateFence(device_, &fence_info, nullptr, &done), "vkCreateFence");
}

void Frame::create_commands(std::uint32_t queue_family) {
  VkCommandPoolCreateInfo pool_info{};
  pool_info.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  pool_info.queueFamilyIndex = queue_family;
  check(vkCreateCommandPool(device_, &pool_info, nullptr, &pool), "vkCreateCommandPool");

  VkCommandBufferAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  info.commandPool = pool;
  info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  info.commandBufferCount = 1;
  check(vkAllocateCommandBuffers(device_, &info, &commands), "vkAllocateCommandBuffers");
}

void Frame::begin() const {
  check(vkWaitForFences(device_, 1, &done, VK_TRUE, UINT64_MAX), "vkWaitForFences");
  check(vkResetFences(device_, 1, &done), "vkResetFences");
  check(vkResetCommandPool(device_, pool, 0), "vkResetCommandPool");

  VkCommandBufferBeginInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  info.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  check(vkBeginCommandBuffer(commands, &info), "vkBeginCommandBuffer");
}

}  // namespace

int main() {
  try {
    return present_style() ? 0 : 1;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
