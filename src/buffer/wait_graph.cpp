#include "buffer/wait_graph.hpp"

namespace ashlar::detail {

constinit WaitGraph wait_graph;

void WaitGraph::insert(Waiter& waiter) noexcept {
  Waiter*& first = bucket(waiter.entry.owner);
  waiter.next_in_bucket = first;
  first = &waiter;
}

void WaitGraph::erase(Waiter& waiter) noexcept {
  Waiter** link = &bucket(waiter.entry.owner);
  while (*link != &waiter) {
    link = &(*link)->next_in_bucket;
  }
  *link = waiter.next_in_bucket;
}

Waiter* WaitGraph::find(std::uint64_t thread) noexcept {
  Waiter* waiter = bucket(thread);
  while (waiter != nullptr && waiter->entry.owner != thread) {
    waiter = waiter->next_in_bucket;
  }
  return waiter;
}

std::optional<WaitPath> WaitGraph::find_cycle(Waiter& start, bool with_queues) noexcept {
  std::uint64_t const search = ++searches_;
  std::optional<WaitPath> found;
  start.visited = search;
  start.path = {};
  start.next_to_visit = nullptr;

  for (Waiter* to_visit = &start; !found && to_visit != nullptr;) {
    Waiter& waiter = *to_visit;
    to_visit = waiter.next_to_visit;
    auto const reach = [&](AccessEntry const& entry, Waiter* polite) {
      WaitPath const path{.holder = &waiter == &start ? entry.where : waiter.path.holder, .polite = polite};
      if (entry.owner == start.entry.owner) {
        found = path;
      } else if (Waiter* const next = find(entry.owner); next != nullptr && next->visited != search) {
        next->visited = search;
        next->path = path;
        next->next_to_visit = to_visit;
        to_visit = next;
      }
    };
    waiter.tracker.visit(Obstacle::Active, waiter, [&](AccessEntry const& entry) { reach(entry, waiter.path.polite); });
    if (with_queues) {
      waiter.tracker.visit(Obstacle::Earlier, waiter, [&](AccessEntry const& entry) { reach(entry, &waiter); });
    }
  }
  return found;
}

}  // namespace ashlar::detail
