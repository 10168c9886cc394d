#include <ashlar/error.hpp>

#include "counted_state.hpp"
#include "text.hpp"

#include <new>
#include <string>
#include <string_view>

namespace ashlar {

namespace detail {

struct SharedText::Block final : CountedState {
  explicit Block(char const* from) : text{from} {}

  std::string text;
};

SharedText::SharedText(char const* text) noexcept {
  try {
    block_ = new Block{text};
  } catch (std::bad_alloc const&) {
    block_ = nullptr;  // c_str() says so.
  }
}

SharedText::SharedText(SharedText const& other) noexcept : block_{other.block_} {
  if (block_ != nullptr) {
    block_->add_reference();
  }
}

SharedText& SharedText::operator=(SharedText const& other) noexcept {
  SharedText copy{other};
  std::swap(block_, copy.block_);
  return *this;
}

SharedText::~SharedText() {
  if (block_ != nullptr && block_->drop_reference()) {
    delete block_;
  }
}

char const* SharedText::c_str() const noexcept {
  return block_ != nullptr ? block_->text.c_str() : "(no host memory is left for the text of this error)";
}

}  // namespace detail

namespace {

using detail::append;
using detail::bytes_text;
using detail::text;

/// An error with the text that `compose` gives, or `fallback` where there is no memory to compose it.
template <class Compose>
Error composed(char const* fallback, Compose compose) noexcept {
  try {
    return Error{compose().c_str()};
  } catch (std::bad_alloc const&) {
    return Error{fallback};
  }
}

struct ResultName {
  std::int32_t result;
  std::string_view name;
};

/// VkResult of Vulkan 1.3 and the usual extensions; this layer knows no Vulkan header.
constexpr ResultName result_names[] = {
    {0, "VK_SUCCESS"},
    {1, "VK_NOT_READY"},
    {2, "VK_TIMEOUT"},
    {3, "VK_EVENT_SET"},
    {4, "VK_EVENT_RESET"},
    {5, "VK_INCOMPLETE"},
    {-1, "VK_ERROR_OUT_OF_HOST_MEMORY"},
    {-2, "VK_ERROR_OUT_OF_DEVICE_MEMORY"},
    {-3, "VK_ERROR_INITIALIZATION_FAILED"},
    {-4, "VK_ERROR_DEVICE_LOST"},
    {-5, "VK_ERROR_MEMORY_MAP_FAILED"},
    {-6, "VK_ERROR_LAYER_NOT_PRESENT"},
    {-7, "VK_ERROR_EXTENSION_NOT_PRESENT"},
    {-8, "VK_ERROR_FEATURE_NOT_PRESENT"},
    {-9, "VK_ERROR_INCOMPATIBLE_DRIVER"},
    {-10, "VK_ERROR_TOO_MANY_OBJECTS"},
    {-11, "VK_ERROR_FORMAT_NOT_SUPPORTED"},
    {-12, "VK_ERROR_FRAGMENTED_POOL"},
    {-13, "VK_ERROR_UNKNOWN"},
    {-1000069000, "VK_ERROR_OUT_OF_POOL_MEMORY"},
    {-1000072003, "VK_ERROR_INVALID_EXTERNAL_HANDLE"},
    {-1000161000, "VK_ERROR_FRAGMENTATION"},
    {-1000257000, "VK_ERROR_INVALID_OPAQUE_CAPTURE_ADDRESS"},
    {-1000000000, "VK_ERROR_SURFACE_LOST_KHR"},
    {-1000000001, "VK_ERROR_NATIVE_WINDOW_IN_USE_KHR"},
    {1000001003, "VK_SUBOPTIMAL_KHR"},
    {-1000001004, "VK_ERROR_OUT_OF_DATE_KHR"},
    {-1000011001, "VK_ERROR_VALIDATION_FAILED_EXT"},
    {-1000158000, "VK_ERROR_INVALID_DRM_FORMAT_MODIFIER_PLANE_LAYOUT_EXT"},
    {-1000174001, "VK_ERROR_NOT_PERMITTED_KHR"},
    {-1000255000, "VK_ERROR_FULL_SCREEN_EXCLUSIVE_MODE_LOST_EXT"},
};

/// "VK_ERROR_DEVICE_LOST (-4)".
std::string result_text(std::int32_t result) {
  for (ResultName const& known : result_names) {
    if (known.result == result) {
      return text(known.name, " (", result, ")");
    }
  }
  return text("VkResult ", result);
}

/// ". Hint", or nothing.
std::string sentence(std::string_view hint) { return hint.empty() ? std::string{} : text(". ", hint); }

std::string out_of_memory_text(OutOfMemoryInfo const& info) {
  std::string result = text("No memory type could give ", bytes_text(info.requested), ". The best fit, memory type ",
                            info.memory_type, ", lies in heap ", info.heap, " of ", bytes_text(info.heap_size),
                            ", of which this device has allocated ", bytes_text(info.heap_use));
  if (info.budget != 0) {
    append(result, text("; the driver advises this process to use at most ", bytes_text(info.budget)));
  }
  append(result,
         text(". Allocations: ", info.allocation_count, " of at most ", info.max_allocation_count,
              " (maxMemoryAllocationCount), each of at most ", bytes_text(info.max_allocation_size),
              " (maxMemoryAllocationSize). ",
              info.result != 0 ? text("The last try ended with ", result_text(info.result)) : "No Vulkan call was made",
              ". Free buffers, ask for less at once, or allow more memory types"));
  return result;
}

std::string place_text(std::source_location const& place) { return text(place.file_name(), ":", place.line()); }

}  // namespace

Error::Error(char const* text) noexcept : text_{text} {}
Error::Error(Error const&) noexcept = default;
Error& Error::operator=(Error const&) noexcept = default;
Error::~Error() = default;

char const* Error::what() const noexcept { return text_.c_str(); }

VulkanError::VulkanError(std::int32_t result, char const* function, char const* hint) noexcept
    : Error{composed(function, [&] { return text(function, " failed with ", result_text(result), sentence(hint)); })},
      result_{result},
      function_{function} {}
VulkanError::VulkanError(VulkanError const&) noexcept = default;
VulkanError& VulkanError::operator=(VulkanError const&) noexcept = default;
VulkanError::~VulkanError() = default;

NotFoundError::NotFoundError(char const* text) noexcept : Error{text} {}
NotFoundError::NotFoundError(NotFoundError const&) noexcept = default;
NotFoundError& NotFoundError::operator=(NotFoundError const&) noexcept = default;
NotFoundError::~NotFoundError() = default;

OutOfMemoryError::OutOfMemoryError(OutOfMemoryInfo const& info) noexcept
    : Error{composed("No memory type could give what was asked", [&] { return out_of_memory_text(info); })},
      info_{info} {}
OutOfMemoryError::OutOfMemoryError(OutOfMemoryError const&) noexcept = default;
OutOfMemoryError& OutOfMemoryError::operator=(OutOfMemoryError const&) noexcept = default;
OutOfMemoryError::~OutOfMemoryError() = default;

AccessConflictError::AccessConflictError(std::source_location who, std::source_location asked) noexcept
    : Error{composed("Bytes were asked for that can never be had",
                     [&] {
                       return text("The bytes asked for at ", place_text(asked),
                                   " can never be had: waiting for those acquired at ", place_text(who),
                                   " would close a cycle of waiting threads. Release those first, or take all that you "
                                   "need at once, with lock() or in one submission");
                     })},
      who_{who} {}
AccessConflictError::AccessConflictError(AccessConflictError const&) noexcept = default;
AccessConflictError& AccessConflictError::operator=(AccessConflictError const&) noexcept = default;
AccessConflictError::~AccessConflictError() = default;

NotHostVisibleError::NotHostVisibleError(char const* text) noexcept : Error{text} {}
NotHostVisibleError::NotHostVisibleError(NotHostVisibleError const&) noexcept = default;
NotHostVisibleError& NotHostVisibleError::operator=(NotHostVisibleError const&) noexcept = default;
NotHostVisibleError::~NotHostVisibleError() = default;

ValidationError::ValidationError(char const* context, char const* problem, char const* vuid) noexcept
    : Error{composed(problem,
                     [&] {
                       std::string_view const rule = vuid;
                       return text(context, ": ", problem, rule.empty() ? std::string{} : text(" (", rule, ")"));
                     })},
      context_{context},
      problem_{problem},
      vuid_{vuid} {}
ValidationError::ValidationError(ValidationError const&) noexcept = default;
ValidationError& ValidationError::operator=(ValidationError const&) noexcept = default;
ValidationError::~ValidationError() = default;

}  // namespace ashlar
