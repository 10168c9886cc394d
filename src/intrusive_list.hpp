#pragma once

namespace ashlar::detail {

/// A list through the `previous` and `next` of its nodes, which somebody else keeps: nothing is allocated.
template <class Node>
class IntrusiveList {
 public:
  [[nodiscard]] Node* front() const noexcept { return front_; }
  [[nodiscard]] bool empty() const noexcept { return front_ == nullptr; }

  void push_back(Node& node) noexcept {
    node.previous = back_;
    node.next = nullptr;
    link(node);
  }

  void remove(Node& node) noexcept {
    (node.previous != nullptr ? node.previous->next : front_) = node.next;
    (node.next != nullptr ? node.next->previous : back_) = node.previous;
  }

  /// Puts `node` where `old` was.
  void replace(Node const& old, Node& node) noexcept {
    node.previous = old.previous;
    node.next = old.next;
    link(node);
  }

 private:
  /// Tells its neighbours.
  void link(Node& node) noexcept {
    (node.previous != nullptr ? node.previous->next : front_) = &node;
    (node.next != nullptr ? node.next->previous : back_) = &node;
  }

  Node* front_ = nullptr;
  Node* back_ = nullptr;
};

}  // namespace ashlar::detail
