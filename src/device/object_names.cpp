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

void ObjectNames::erase(std::uint64_t handle) noexcept {
  std::lock_guard const lock{mutex_};
  names_.erase(handle);
  any_ = !names_.empty();
}

void ObjectNames::list(std::string& to) const {
  std::lock_guard const lock{mutex_};
  for (auto const& [handle, name] : names_) {
    to += to.empty() ? "\"" : ", \"";
    to += name;
    to += '"';
  }
}

}  // namespace ashlar::detail
