#include <ashlar/ashlar.hpp>
#include <ashlar/suballocator/buddy_allocator.hpp>
#include <ashlar/suballocator/bump_allocator.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "device/vulkan.hpp"
#include "fuzzing/any_gpu.hpp"
#include "fuzzing/contents.hpp"
#include "fuzzing/foreign_device.hpp"
#include "fuzzing/image.hpp"
#include "fuzzing/input.hpp"
#include "fuzzing/require.hpp"
#include "simulated_driver/driver.hpp"
#include "simulated_driver/icd.hpp"

// Any use of the whole library on any GPU of the simulated driver, with calls that fail: only documented exceptions
// come, the host and the device see what was written, Vulkan is used rightly, and in the end nothing lives.

namespace ashlar::fuzzing {
namespace {

class Session {
 public:
  Session(Input& input, simulated::Driver& driver) : input_{input}, driver_{driver} {}

  void run() {
    if (input_.one_in(4)) {
      foreign_ = std::make_unique<ForeignDevice>(driver_.gpu());
    }
    if (input_.one_in(4)) {
      fail_a_call();
    }
    may_fail([&] { create_device(); });
    while (device_ && !input_.empty()) {
      step();
      check();
    }
    drop_all();
  }

 private:
  /// Any of them, or null.
  template <class T>
  T const* choose(std::vector<T> const& handles) {
    return handles.empty() ? nullptr : &handles[input_.byte() % handles.size()];
  }

  void step() {
    switch (input_.below(16)) {
      case 0:
        return create_allocator();
      case 1:
      case 2:
        return create_buffer();
      case 3:
        return slice();
      case 4:
      case 5:
        return acquire();
      case 6:
        return lock_two();
      case 7:
        return release_or_flush();
      case 8:
      case 9:
        return use_on_device();
      case 10:
        return create_image();
      case 11:
        return allocate();
      case 12:
        return fail_a_call();
      case 13:
        return occupy_heap();
      case 14:
        return ask();
      default:
        return drop();
    }
  }

  // Creation.

  void create_device() {
    if (foreign_) {
      device_ = Device::adopt(foreign_->adopt_info());
    } else {
      auto const instance = Instance::create({.message_callback = [](Message const&, void*) {},
                                              .get_instance_proc_addr = simulated::get_instance_proc_addr});
      device_ = Device::create({.physical_device = instance.physical_devices()[0]});
    }
    allocators_.emplace_back(StandardMemoryAllocator{device_});
  }

  void create_allocator() {
    constexpr std::uint64_t sizes[] = {1 << 20, 1, 4096, 1 << 16, 1 << 28};
    std::uint64_t const size = input_.pick(sizes);
    MemoryAllocatorCreateInfo const info{.min_block_size = size, .max_block_size = size << input_.below(8)};
    switch (input_.below(3)) {
      case 0:
        allocators_.emplace_back(StandardMemoryAllocator{device_, info});
        break;
      case 1:
        allocators_.emplace_back(GenericMemoryAllocator<BuddyAllocator>{device_, info});
        break;
      default:
        allocators_.emplace_back(GenericMemoryAllocator<BumpAllocator>{device_, info});
    }
  }

  AllocationCreateInfo any_allocation_info() {
    AllocationCreateInfo info{.usage = static_cast<MemoryUsage>(input_.below(4))};
    if (input_.one_in(4)) {
      info.filter.required = MemoryPropertyFlags::from_mask(input_.below(16));
      info.filter.preferred = MemoryPropertyFlags::from_mask(input_.below(16));
      info.memory_type_bits = static_cast<std::uint32_t>(input_.number(32));
      info.allocate_preference = static_cast<AllocatePreference>(input_.below(3));
    }
    return info;
  }

  BufferCreateInfo any_buffer_info() {
    constexpr BufferUsages usages[] = {BufferUsage::StorageBuffer, BufferUsage::UniformBuffer,
                                       BufferUsage::ShaderDeviceAddress | BufferUsage::StorageBuffer,
                                       BufferUsage::TransferSource | BufferUsage::VertexBuffer};
    BufferCreateInfo info{.usage = input_.pick(usages)};
    if (input_.one_in(8)) {
      info.sharing = Sharing::Exclusive;
      info.external_memory_handle_types = ExternalMemoryHandleType::OpaqueFd;
    }
    return info;
  }

  void create_buffer() {
    MemoryAllocator const* const allocator = choose(allocators_);
    if (allocator == nullptr) {
      return;
    }
    BufferCreateInfo const info = any_buffer_info();
    AllocationCreateInfo const allocation_info = any_allocation_info();
    bool const with_contents = input_.one_in(2);
    // Exportable memory costs all of its pages.
    bool const large = !with_contents && info.external_memory_handle_types.empty() && input_.one_in(4);
    std::uint64_t const count = 1 + input_.number(large ? 32 : 11);
    std::optional<Subbuffer<Word[]>> made;
    allocating(count * sizeof(Word), allocation_info, driver_.gpu().buffers, [&] {
      try {
        made = with_contents ? Buffer::from_iter(*allocator, info, allocation_info, new_words(count))
                             : Buffer::new_slice<Word>(*allocator, info, allocation_info, count);
      } catch (ValidationError const&) {
        bool const lacks_address =
            info.usage.contains(BufferUsage::ShaderDeviceAddress) && !device_.features().buffer_device_address;
        if (!lacks_address && count * sizeof(Word) <= driver_.gpu().max_buffer_size() &&
            info.external_memory_handle_types.empty()) {
          throw;
        }
      } catch (NotHostVisibleError const&) {
        require(with_contents && allocation_info.usage == MemoryUsage::DeviceOnly, "only the device's is not visible");
      }
    });
    if (made) {
      add_view(*made, with_contents);
    }
  }

  std::vector<Word> new_words(std::uint64_t count) {
    return std::vector<Word>(static_cast<std::size_t>(count), ++last_word_);
  }

  void add_view(Subbuffer<Word[]> const& subbuffer, bool with_contents) {
    MemoryAllocation const& memory = subbuffer.buffer().allocation();
    auto contents = std::make_shared<Contents>();
    contents->buffer = subbuffer.handle();
    contents->memory = memory.memory().handle();
    contents->offset = memory.offset();
    contents->host_visible = memory.properties().contains(MemoryProperty::HostVisible);
    bool const coherent = memory.properties().contains(MemoryProperty::HostCoherent);
    contents->atom = contents->host_visible && !coherent ? driver_.gpu().limits.non_coherent_atom_size : 1;
    contents->words.assign(std::min<std::size_t>(subbuffer.size(), Contents::most_words), {with_contents, last_word_});
    buffers_.push_back(contents);
    views_.push_back({subbuffer, std::move(contents)});
  }

  void create_image() {
    if (MemoryAllocator const* const allocator = choose(allocators_)) {
      auto const texels = static_cast<std::uint32_t>(1 + input_.number(11));
      bool const optimal = input_.one_in(2);
      AllocationCreateInfo const info = any_allocation_info();
      allocating(texels * 4, info, driver_.gpu().images,
                 [&] { images_.emplace_back(device_, *allocator, texels, optimal, info); });
    }
  }

  void allocate() {
    if (MemoryAllocator const* const allocator = choose(allocators_)) {
      MemoryRequirements const requirements{
          .size = input_.number(20),
          .alignment = input_.one_in(8) ? input_.number(20) : std::uint64_t{1} << input_.below(17),
          .memory_type_bits = ordinary_types(),
          .tiling = input_.one_in(2) ? ResourceTiling::Optimal : ResourceTiling::Linear};
      AllocationCreateInfo const info = any_allocation_info();
      allocating(requirements.size, info, {.alignment = requirements.alignment}, [&] {
        try {
          allocations_.push_back(allocator->allocate(requirements, info));
        } catch (ValidationError const&) {
          if (requirements.size != 0 && is_power_of_two(requirements.alignment)) {
            throw;
          }
        }
      });
    }
  }

  // Use.

  void slice() {
    if (View const* const view = choose(views_)) {
      std::uint64_t const first = input_.number(11);
      std::uint64_t const count = input_.number(11);
      bool const fits = first <= view->subbuffer.size() && count <= view->subbuffer.size() - first;
      try {
        View part{view->subbuffer.slice(first, count), view->contents};
        require(fits && part.subbuffer.size() == count, "a part lies inside");
        views_.push_back(std::move(part));
      } catch (ValidationError const&) {
        require(!fits, "what lies inside is a part");
      }
    }
  }

  /// At most so many words of a view, of those whose contents are known.
  View any_part(View const& view) {
    std::size_t const known = std::min(view.contents->words.size(), view.first() + view.subbuffer.size());
    std::size_t const have = known - std::min(known, view.first());
    std::size_t const first = have == 0 ? 0 : input_.byte() % have;
    return {view.subbuffer.slice(first, have == 0 ? 0 : input_.byte() % (have - first) + 1), view.contents};
  }

  bool is_taken(View const& part, bool writes) const {
    return std::ranges::any_of(holds_, [&](Hold const& hold) {
      return hold.conflicts(*part.contents, part.first(), part.subbuffer.size(), writes);
    });
  }

  void acquire() {
    View const* const view = choose(views_);
    if (view == nullptr || view->subbuffer.size() == 0) {
      return;
    }
    View const part = any_part(*view);
    std::uint8_t const kind = input_.below(3);
    std::uint8_t const wait = input_.below(3);
    bool const taken = is_taken(part, kind != 0);
    Hold hold{{}, part.contents, part.first(), part.subbuffer.size()};
    bool held = false;
    guarding(part, taken && wait != 1, [&] {
      auto const& subbuffer = part.subbuffer;
      constexpr auto moment = std::chrono::nanoseconds{1};
      if (kind == 0) {
        auto guard = wait == 0 ? subbuffer.read() : wait == 1 ? subbuffer.try_read() : subbuffer.read_for(moment);
        held = static_cast<bool>(guard);
        hold.guard = std::move(guard);
      } else if (kind == 1) {
        auto guard = wait == 0 ? subbuffer.write() : wait == 1 ? subbuffer.try_write() : subbuffer.write_for(moment);
        held = static_cast<bool>(guard);
        hold.guard = std::move(guard);
      } else {
        auto guard = wait == 0   ? subbuffer.overwrite()
                     : wait == 1 ? subbuffer.try_overwrite()
                                 : subbuffer.overwrite_for(moment);
        held = static_cast<bool>(guard);
        hold.guard = std::move(guard);
      }
      require(held != taken, "a guard is had if nothing is in its way");
    });
    if (held) {
      use(hold);
      holds_.push_back(std::move(hold));
    }
  }

  void lock_two() {
    View const* const first = choose(views_);
    View const* const second = choose(views_);
    if (first == nullptr || first->subbuffer.size() == 0 || second->subbuffer.size() == 0) {
      return;
    }
    View const a = any_part(*first);
    View const b = any_part(*second);
    bool const tries = input_.one_in(2);
    Hold read{{}, a.contents, a.first(), a.subbuffer.size()};
    Hold write{WriteGuard<Word[]>{}, b.contents, b.first(), b.subbuffer.size()};
    bool const taken =
        is_taken(a, false) || is_taken(b, true) || write.conflicts(*a.contents, a.first(), a.subbuffer.size(), false);
    bool held = false;
    guarding(a.contents->host_visible ? b : a, taken && !tries, [&] {
      auto guards = tries ? try_lock(ashlar::read(a.subbuffer), ashlar::write(b.subbuffer))
                          : lock(ashlar::read(a.subbuffer), ashlar::write(b.subbuffer));
      held = static_cast<bool>(guards);
      require(held != taken, "guards are had if nothing is in their way");
      read.guard = std::move(std::get<0>(guards));
      write.guard = std::move(std::get<1>(guards));
    });
    if (held) {
      use(read);
      use(write);
      holds_.push_back(std::move(read));
      holds_.push_back(std::move(write));
    }
  }

  /// Reads what a guard may read, and writes all that it may write.
  void use(Hold& hold) {
    auto const words = hold.contents->part(hold.first, hold.count);
    auto const check = [&](auto const& guard) {
      for (std::size_t i = 0; i < words.size(); ++i) {
        require(!words[i].first || guard[i] == words[i].second, "the host reads what was written last");
      }
    };
    if (auto const* const read = std::get_if<0>(&hold.guard)) {
      check(*read);
      return;
    }
    ++last_word_;
    if (auto const* const write = std::get_if<1>(&hold.guard)) {
      check(*write);
      std::ranges::fill(*write, last_word_);
    } else {
      std::get<2>(hold.guard).fill(last_word_);
    }
    std::ranges::fill(words, std::pair{true, last_word_});
  }

  void release_or_flush() {
    if (holds_.empty()) {
      return;
    }
    std::size_t const index = input_.byte() % holds_.size();
    Hold& hold = holds_[index];
    if (input_.one_in(4)) {
      may_fail([&] {
        if (auto const* const write = std::get_if<1>(&hold.guard)) {
          write->flush();
        } else if (auto const* const overwrite = std::get_if<2>(&hold.guard)) {
          overwrite->flush();
        }
      });
    } else {
      release(index);
    }
  }

  void release(std::size_t index) {
    Hold& hold = holds_[index];
    hold.contents->may_be_dirty |= hold.writes() && hold.contents->atom > 1 && fails_;
    holds_.erase(holds_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  /// The device reads or writes what the host does not hold, and no failed flush has left behind.
  void use_on_device() {
    View const* const view = choose(views_);
    if (view == nullptr || view->subbuffer.size() == 0 || view->contents->may_be_dirty) {
      return;
    }
    View const part = any_part(*view);
    Contents& contents = *part.contents;
    ByteRange const bytes{part.first() * sizeof(Word), part.subbuffer.size_bytes()};
    ByteRange const atoms = bytes.widened(std::max<std::uint64_t>(contents.atom, sizeof(Word)));
    bool const writes = input_.one_in(2);
    if (std::ranges::any_of(holds_, [&](Hold const& hold) {
          return hold.conflicts(contents, atoms.offset / sizeof(Word), atoms.size / sizeof(Word), writes);
        })) {
      return;
    }
    auto const words = contents.part(part.first(), part.subbuffer.size());
    if (writes) {
      ++last_word_;
      std::vector<Word> const written(words.size(), last_word_);
      driver_.device_write(contents.memory, contents.offset + bytes.offset,
                           {reinterpret_cast<char const*>(written.data()), bytes.size});
      std::ranges::fill(words, std::pair{true, last_word_});
    } else {
      std::string const seen = driver_.device_read(contents.memory, contents.offset + bytes.offset, bytes.size);
      for (std::size_t i = 0; i < words.size(); ++i) {
        require(!words[i].first || std::memcmp(seen.data() + i * sizeof(Word), &words[i].second, sizeof(Word)) == 0,
                "the device reads what was written last");
      }
    }
  }

  void ask() {
    if (View const* const view = choose(views_)) {
      constexpr DescriptorType types[] = {DescriptorType::StorageBuffer, DescriptorType::UniformBuffer};
      view->subbuffer.buffer().set_name("a buffer");
      try {
        (void)view->subbuffer.descriptor_info(input_.pick(types));
        (void)view->subbuffer.device_address();
      } catch (ValidationError const&) {  // Of the usage, the offset or the size.
      }
    }
    may_fail([&] {
      LiveObjects const live = device_.drain();
      std::erase_if(buffers_, [](auto const& buffer) { return buffer.expired(); });
      require(live.buffers == buffers_.size(), "drain() counts the buffers");
      require(live.memory_allocations == driver_.live_memories(), "drain() counts the memory");
    });
  }

  // Failures.

  void occupy_heap() {
    std::uint32_t const heap = input_.below(driver_.gpu().memory.heap_count);
    occupied_[heap] = input_.number(35);
    driver_.occupy_heap(heap, occupied_[heap]);
  }

  void fail_a_call() {
    if (input_.one_in(2)) {
      driver_.cancel_failures();
      fails_ = is_lost_;
      return;
    }
    constexpr std::pair<char const*, VkResult> failures[] = {
        {"vkAllocateMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY},
        {"vkAllocateMemory", VK_ERROR_OUT_OF_HOST_MEMORY},
        {"vkAllocateMemory", VK_ERROR_TOO_MANY_OBJECTS},
        {"vkMapMemory", VK_ERROR_MEMORY_MAP_FAILED},
        {"vkFlushMappedMemoryRanges", VK_ERROR_OUT_OF_HOST_MEMORY},
        {"vkInvalidateMappedMemoryRanges", VK_ERROR_OUT_OF_DEVICE_MEMORY},
        {"vkBindBufferMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY},
        {"vkBindImageMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY},
        {"vkCreateBuffer", VK_ERROR_OUT_OF_HOST_MEMORY},
        {"vkCreateImage", VK_ERROR_OUT_OF_HOST_MEMORY},
        {"vkCreateInstance", VK_ERROR_INITIALIZATION_FAILED},
        {"vkEnumeratePhysicalDevices", VK_ERROR_OUT_OF_HOST_MEMORY},
        {"vkCreateDevice", VK_ERROR_TOO_MANY_OBJECTS},
        {"vkDeviceWaitIdle", VK_ERROR_DEVICE_LOST}};
    auto const [function, result] = input_.pick(failures);
    is_lost_ |= result == VK_ERROR_DEVICE_LOST;
    fails_ = true;
    if (input_.one_in(4)) {
      driver_.fail_from_now_on(function, result);
    } else {
      driver_.fail_next(function, result, 1 + input_.below(4));
    }
  }

  /// What Vulkan calls are made in.
  template <class Function>
  void may_fail(Function const& function) {
    try {
      function();
    } catch (VulkanError const&) {
      require(fails_, "a Vulkan call fails that is to fail");
    } catch (NotFoundError const&) {
      require(fails_, "what is there is found");
    }
  }

  template <class Function>
  void guarding(View const& part, bool conflicts, Function const& function) {
    try {
      may_fail(function);
    } catch (AccessConflictError const&) {
      require(conflicts, "who is told of a conflict holds one");
    } catch (NotHostVisibleError const&) {
      require(!part.contents->host_visible, "what is visible can be mapped");
    }
  }

  template <class Function>
  void allocating(std::uint64_t size, AllocationCreateInfo const& info, simulated::ResourceRequirements const& needs,
                  Function const& function) {
    try {
      may_fail(function);
    } catch (OutOfMemoryError const& error) {
      require(error.requested() >= size, "the error says what was asked");
      require(fails_ || !has_room(size, info, needs), "memory that is there is found");
    } catch (ValidationError const&) {
      require(info.allocate_preference != AllocatePreference::Automatic || fitting_types(info, needs).empty(),
              "a memory type that fits is found");
    }
  }

  /// As bits, those that every driver lets any resource have.
  std::uint32_t ordinary_types() const {
    MemoryProperties const& memory = driver_.gpu().memory;
    std::uint32_t bits = 0;
    for (std::uint32_t type = 0; type < memory.type_count; ++type) {
      bool const ordinary = (memory.types[type].properties.mask() & ~std::uint32_t{0xF}) == 0;
      bits |= ordinary ? std::uint32_t{1} << type : 0;
    }
    return bits;
  }

  /// The ordinary memory types that a resource may have; whoever asks for others may or may not get them.
  std::vector<std::uint32_t> fitting_types(AllocationCreateInfo const& info,
                                           simulated::ResourceRequirements const& needs) const {
    MemoryProperties const& memory = driver_.gpu().memory;
    auto const required = info.filter.required |
                          (info.usage == MemoryUsage::DeviceOnly ? MemoryPropertyFlags{}
                                                                 : MemoryPropertyFlags{MemoryProperty::HostVisible});
    std::vector<std::uint32_t> types;
    for (std::uint32_t type = 0; type < memory.type_count; ++type) {
      std::uint32_t const bits = ordinary_types() & needs.memory_type_bits & info.memory_type_bits;
      if (memory.types[type].properties.contains(required) && (bits >> type & 1) != 0) {
        types.push_back(type);
      }
    }
    return types;
  }

  /// Whether there is room for sure, with whatever the requirements add.
  bool has_room(std::uint64_t size, AllocationCreateInfo const& info,
                simulated::ResourceRequirements const& needs) const {
    simulated::Gpu const& gpu = driver_.gpu();
    std::uint64_t const most = size + needs.padding + needs.alignment + gpu.limits.non_coherent_atom_size;
    auto const fits = [&](std::uint32_t type) {
      std::uint32_t const heap = gpu.memory.types[type].heap;
      std::uint64_t const taken = driver_.heap_use(heap) + occupied_[heap];
      return taken <= gpu.memory.heaps[heap].size && most <= gpu.memory.heaps[heap].size - taken;
    };
    return info.allocate_preference != AllocatePreference::NeverAllocate && most <= gpu.max_memory_allocation_size() &&
           driver_.live_memories() < gpu.limits.max_memory_allocation_count &&
           std::ranges::any_of(fitting_types(info, needs), fits);
  }

  // Invariants.

  void check() {
    for (std::string const& violation : driver_.take_violations()) {
      require(false, violation);
    }
    if (MemoryAllocator const* const allocator = allocators_.empty() ? nullptr : &allocators_.back()) {
      MemoryStatistics const statistics = allocator->statistics();
      require(statistics.allocation_count == driver_.live_memories(), "the memory objects are counted");
      for (std::uint32_t heap = 0; heap < statistics.heap_count; ++heap) {
        require(statistics.heaps[heap].device_use == driver_.heap_use(heap), "the heaps' bytes are counted");
      }
      for (std::uint32_t type = 0; type < statistics.type_count; ++type) {
        require(statistics.types[type].suballocation_bytes <= statistics.types[type].block_bytes,
                "no more is given out than there is");
      }
    }
  }

  // The end.

  void drop() {
    switch (input_.below(6)) {
      case 0:
        return drop_one(views_);
      case 1:
        return drop_one(images_);
      case 2:
        return drop_one(allocations_);
      case 3:
        return drop_one(allocators_);
      case 4:
        if (!holds_.empty()) {
          release(input_.byte() % holds_.size());
        }
        return;
      default:
        return drop_one(views_);
    }
  }

  void drop_one(auto& handles) {
    if (!handles.empty()) {
      handles.erase(handles.begin() + input_.byte() % static_cast<std::ptrdiff_t>(handles.size()));
    }
  }

  /// The device's handle first: what is left keeps the device.
  void drop_all() {
    device_ = {};
    allocators_.clear();
    views_.clear();
    holds_.clear();
    images_.clear();
    allocations_.clear();
    foreign_.reset();
  }

  Input& input_;
  simulated::Driver& driver_;
  std::unique_ptr<ForeignDevice> foreign_;
  Device device_;
  std::vector<MemoryAllocator> allocators_;
  std::vector<View> views_;
  std::vector<Hold> holds_;
  std::vector<Image> images_;
  std::vector<MemoryAllocation> allocations_;
  std::vector<std::weak_ptr<Contents>> buffers_;
  std::array<std::uint64_t, max_memory_heaps> occupied_{};
  Word last_word_ = 0;
  bool fails_ = false;    ///< Calls may fail.
  bool is_lost_ = false;  ///< And will for ever.
};

void run(Input& input) {
  simulated::Driver driver{{any_gpu(input)}};
  Session{input, driver}.run();
  require(driver.live_objects() == 0, "nothing lives");
  for (std::string const& violation : driver.take_violations()) {
    require(false, violation);
  }
}

}  // namespace
}  // namespace ashlar::fuzzing

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  ashlar::fuzzing::Input input{data, size};
  ashlar::fuzzing::run(input);
  return 0;
}
