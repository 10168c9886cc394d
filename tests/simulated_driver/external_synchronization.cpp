#include "simulated_driver/external_synchronization.hpp"

#include <algorithm>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

namespace ashlar::simulated {

namespace {

/// A use that goes on.
struct ActiveUse {
  CallUses const* call;
  ObjectUse object;
  std::thread::id thread;
  char const* function;
};

struct Table {
  std::mutex mutex;
  std::vector<ActiveUse> active;
  std::unordered_map<std::uint64_t, ObjectUses> used_with;
};

Table& table() {
  static auto* const one = new Table;  // Never destroyed, as the driver's state.
  return *one;
}

bool is_conflict(ObjectUse const& object, ActiveUse const& active) {
  return active.object.id == object.id && active.thread != std::this_thread::get_id() &&
         (active.object.exclusive || object.exclusive);
}

}  // namespace

CallUses::CallUses(char const* function, ObjectUses const& objects) {
  std::lock_guard const lock{table().mutex};
  auto& active = table().active;
  for (ObjectUse const& object : objects) {
    auto const other =
        std::find_if(active.begin(), active.end(), [&](ActiveUse const& use) { return is_conflict(object, use); });
    if (other != active.end()) {
      conflicts_.push_back(std::string{"a "} + object.type + " is used by another thread at the same time, by " +
                           other->function + " (ASHLAR-two-threads)");
    }
  }
  for (ObjectUse const& object : objects) {
    if (object.id != 0) {
      active.push_back({this, object, std::this_thread::get_id(), function});
    }
  }
}

CallUses::~CallUses() {
  std::lock_guard const lock{table().mutex};
  std::erase_if(table().active, [&](ActiveUse const& use) { return use.call == this; });
}

void set_used_with(std::uint64_t id, ObjectUses objects) {
  std::lock_guard const lock{table().mutex};
  if (objects.empty()) {
    table().used_with.erase(id);
  } else {
    table().used_with[id] = std::move(objects);
  }
}

ObjectUses used_with(std::uint64_t id) {
  std::lock_guard const lock{table().mutex};
  auto const found = table().used_with.find(id);
  return found != table().used_with.end() ? found->second : ObjectUses{};
}

}  // namespace ashlar::simulated
