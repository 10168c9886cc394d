#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ashlar::simulated {

/// An object that a call uses: for itself, where the specification's "Host Synchronization" of the function names it,
/// or while other threads may use it, too.
struct ObjectUse {
  char const* type = nullptr;
  std::uint64_t id = 0;
  bool exclusive = true;
};
using ObjectUses = std::vector<ObjectUse>;

/// That a call uses objects, while this lives. Not guarded by the driver's mutex: else no two calls would ever meet.
/// Threads: any number.
class CallUses {
 public:
  CallUses(char const* function, ObjectUses const& objects);
  CallUses(CallUses const&) = delete;
  CallUses& operator=(CallUses const&) = delete;
  ~CallUses();

  /// Which rules are broken, since another thread used an object already.
  [[nodiscard]] std::vector<std::string> const& conflicts() const { return conflicts_; }

 private:
  std::vector<std::string> conflicts_;
};

/// What is used whenever an object is: the pool of a command buffer, the queues of a device that is waited for or
/// destroyed.
void set_used_with(std::uint64_t id, ObjectUses objects);
[[nodiscard]] ObjectUses used_with(std::uint64_t id);

}  // namespace ashlar::simulated
