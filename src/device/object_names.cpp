#include "device/object_names.hpp"

#include <new>

namespace ashlar::detail {

void ObjectNames::set(std::uint64_t handle, char const* name) noexcept {
  if (*name == '\0') {
    forget(handle);
    return;
  }
  std::lock_guard const lock{mutex_};
  try {
    names_[handle] = name;
    any_ = true;
  } catch (std::bad_alloc const&) {
    names_.erase(handle);
  }
}

void ObjectNames::forget(std::uint64_t handle) noexcept {
  if (!any_) {
    return;
  }
  std::lock_guard const lock{mutex_};
  names_.erase(handle);
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
