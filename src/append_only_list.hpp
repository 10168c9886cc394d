#pragma once

#include <atomic>
#include <memory>
#include <utility>

namespace ashlar::detail {

/// A list that only grows, for what is looked up much more often than added.
///
/// Threads: any number may search and add at once; nobody waits.
template <class Entry>
class AppendOnlyList {
 public:
  AppendOnlyList() noexcept = default;
  AppendOnlyList(AppendOnlyList const&) = delete;
  AppendOnlyList& operator=(AppendOnlyList const&) = delete;
  ~AppendOnlyList() {
    Node const* node = first_.load(std::memory_order_acquire);
    while (node != nullptr) {
      delete std::exchange(node, node->next);
    }
  }

  /// The first entry that the predicate accepts, or null. Valid as long as the list.
  template <class Predicate>
  [[nodiscard]] Entry const* find(Predicate const& accepts) const noexcept {
    for (Node const* node = first_.load(std::memory_order_acquire); node != nullptr; node = node->next) {
      if (accepts(node->entry)) {
        return &node->entry;
      }
    }
    return nullptr;
  }

  /// Adds an entry, at the front. Two threads may add equal ones.
  /// \throws std::bad_alloc
  Entry const& add(Entry const& entry) {
    Node* const node = new Node{entry, first_.load(std::memory_order_relaxed)};
    while (!first_.compare_exchange_weak(node->next, node, std::memory_order_release, std::memory_order_relaxed)) {
    }
    return node->entry;
  }

 private:
  struct Node {
    Entry entry;
    Node* next;
  };

  std::atomic<Node*> first_{nullptr};
};

}  // namespace ashlar::detail
