#include "device/object_names.hpp"

#include <new>

namespace ashlar::detail {

void ObjectNames::set(std::int32_t type, std::uint64_t handle, char const* name) noexcept {
  if (*name == '\0') {
    forget(type, handle);
    return;
  }
  std::lock_guard const lock{mutex_};
  try {
    names_[{type, handle}] = name;
    any_ = true;
  } catch (std::bad_alloc const&) {
    names_.erase({type, handle});
  }
}

void ObjectNames::forget(std::int32_t type, std::uint64_t handle) noexcept {
  if (!any_) {
    return;
  }
  std::lock_guard const lock{mutex_};
  names_.erase({type, handle});
  any_ = !names_.empty();
}

std::string ObjectNames::list() const {
  std::lock_guard const lock{mutex_};
  std::string result;
  for (auto const& [handle, name] : names_) {
    result += result.empty() ? "\"" : ", \"";
    result += name;
    result += '"';
  }
  return result;
}

}  // namespace ashlar::detail
