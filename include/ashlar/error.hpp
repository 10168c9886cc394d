#pragma once

#include <ashlar/export.hpp>

#include <cstdint>
#include <exception>
#include <source_location>

namespace ashlar {

namespace detail {

/// Immutable text shared by the copies of an exception: copying cannot throw.
class ASHLAR_API SharedText {
 public:
  /// Copies `text`; if there is no memory for that, the text says so instead.
  explicit SharedText(char const* text) noexcept;
  SharedText(SharedText const& other) noexcept;
  SharedText& operator=(SharedText const& other) noexcept;
  ~SharedText();

  [[nodiscard]] char const* c_str() const noexcept;

 private:
  struct Block;
  Block* block_ = nullptr;
};

}  // namespace detail

/// The base of everything that ashlar throws by itself. Cheap to copy; copying does not throw. Beside it std::bad_alloc
/// comes through, where the host has no memory for the bookkeeping.
///
/// Strong guarantee throughout the library: after a throw nothing is leaked, locked or changed.
class ASHLAR_API Error : public std::exception {
 public:
  explicit Error(char const* text) noexcept;
  Error(Error const&) noexcept;
  Error& operator=(Error const&) noexcept;
  ~Error() override;

  /// What was asked, what stands against it, and what to do.
  [[nodiscard]] char const* what() const noexcept override;

 private:
  detail::SharedText text_;
};

/// A Vulkan function, or the search for one, failed.
class ASHLAR_API VulkanError : public Error {
 public:
  /// \param result a VkResult.
  /// \param function the name of the Vulkan function; a string literal.
  /// \param hint what to do, or empty.
  VulkanError(std::int32_t result, char const* function, char const* hint = "") noexcept;
  VulkanError(VulkanError const&) noexcept;
  VulkanError& operator=(VulkanError const&) noexcept;
  ~VulkanError() override;

  /// The VkResult.
  [[nodiscard]] std::int32_t result() const noexcept { return result_; }

  /// The Vulkan function's name.
  [[nodiscard]] char const* function() const noexcept { return function_; }

 private:
  std::int32_t result_;
  char const* function_;
};

/// No Vulkan device, driver, loader or layer fits what was asked; the text lists what was looked for and what to
/// install.
class ASHLAR_API NotFoundError : public Error {
 public:
  explicit NotFoundError(char const* text) noexcept;
  NotFoundError(NotFoundError const&) noexcept;
  NotFoundError& operator=(NotFoundError const&) noexcept;
  ~NotFoundError() override;
};

/// What was asked of memory, and what stood against it.
struct OutOfMemoryInfo {
  std::uint64_t requested = 0;             ///< Bytes that were asked for.
  std::uint32_t memory_type = 0;           ///< The memory type that fitted best.
  std::uint32_t heap = 0;                  ///< Its heap.
  std::uint64_t heap_size = 0;             ///< Bytes.
  std::uint64_t heap_use = 0;              ///< Bytes that this device has allocated from that heap.
  std::uint64_t budget = 0;                ///< Bytes the driver advises for the process (VK_EXT_memory_budget), or 0.
  std::uint64_t allocation_count = 0;      ///< VkDeviceMemory objects of this device.
  std::uint64_t max_allocation_count = 0;  ///< maxMemoryAllocationCount.
  std::uint64_t max_allocation_size = 0;   ///< maxMemoryAllocationSize in bytes.
  std::int32_t result = 0;                 ///< The last VkResult; 0 where no call was made.
};

/// No memory type could give what was asked.
class ASHLAR_API OutOfMemoryError : public Error {
 public:
  explicit OutOfMemoryError(OutOfMemoryInfo const& info) noexcept;
  OutOfMemoryError(OutOfMemoryError const&) noexcept;
  OutOfMemoryError& operator=(OutOfMemoryError const&) noexcept;
  ~OutOfMemoryError() override;

  [[nodiscard]] OutOfMemoryInfo const& info() const noexcept { return info_; }
  [[nodiscard]] std::uint64_t requested() const noexcept { return info_.requested; }
  [[nodiscard]] std::uint32_t heap() const noexcept { return info_.heap; }
  [[nodiscard]] std::uint64_t budget() const noexcept { return info_.budget; }

 private:
  OutOfMemoryInfo info_;
};

/// Bytes were asked for, by a guard, a submission or a transfer, that can never be had: waiting for them would close a
/// cycle of waiting threads.
class ASHLAR_API AccessConflictError : public Error {
 public:
  /// \param who where the bytes in the way were acquired.
  /// \param asked where the bytes were asked for.
  AccessConflictError(std::source_location who, std::source_location asked) noexcept;
  AccessConflictError(AccessConflictError const&) noexcept;
  AccessConflictError& operator=(AccessConflictError const&) noexcept;
  ~AccessConflictError() override;

  /// Where the bytes in the way were acquired.
  [[nodiscard]] std::source_location const& who() const noexcept { return who_; }

 private:
  std::source_location who_;
};

/// The host cannot touch this memory.
class ASHLAR_API NotHostVisibleError : public Error {
 public:
  explicit NotHostVisibleError(char const* text) noexcept;
  NotHostVisibleError(NotHostVisibleError const&) noexcept;
  NotHostVisibleError& operator=(NotHostVisibleError const&) noexcept;
  ~NotHostVisibleError() override;
};

/// A wrong call, refused before anything happened.
class ASHLAR_API ValidationError : public Error {
 public:
  /// \param context the function that was called.
  /// \param problem what is wrong, and what to do.
  /// \param vuid the rule of the Vulkan specification that the call would have broken, or empty.
  ValidationError(char const* context, char const* problem, char const* vuid = "") noexcept;
  ValidationError(ValidationError const&) noexcept;
  ValidationError& operator=(ValidationError const&) noexcept;
  ~ValidationError() override;

  [[nodiscard]] char const* context() const noexcept { return context_.c_str(); }
  [[nodiscard]] char const* problem() const noexcept { return problem_.c_str(); }
  [[nodiscard]] char const* vuid() const noexcept { return vuid_.c_str(); }

 private:
  detail::SharedText context_;
  detail::SharedText problem_;
  detail::SharedText vuid_;
};

}  // namespace ashlar
