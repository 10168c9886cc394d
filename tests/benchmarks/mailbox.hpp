#pragma once

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

namespace ashlar::bench {

/// A ring through which one thread hands pieces to one other, without a lock.
template <class Piece>
class Mailbox {
 public:
  /// By the sender: whether there was room.
  [[nodiscard]] bool send(Piece& piece) {
    std::uint64_t const sent = sent_.load(std::memory_order_relaxed);
    if (sent - received_.load(std::memory_order_acquire) == capacity) {
      return false;
    }
    pieces_[sent % capacity] = std::exchange(piece, Piece{});
    sent_.store(sent + 1, std::memory_order_release);
    return true;
  }

  /// By the receiver: calls `take` for each piece that is there.
  template <class Take>
  void receive(Take take) {
    std::uint64_t const sent = sent_.load(std::memory_order_acquire);
    std::uint64_t received = received_.load(std::memory_order_relaxed);
    while (received != sent) {
      take(pieces_[received % capacity]);
      received_.store(++received, std::memory_order_release);
    }
  }

  /// By the sender: nothing more comes in this pass.
  void close(std::uint32_t pass) { closed_.store(pass, std::memory_order_release); }

  /// By the receiver: whether this pass was closed. What was sent in it can be received then.
  [[nodiscard]] bool closed(std::uint32_t pass) const { return closed_.load(std::memory_order_acquire) == pass; }

 private:
  static constexpr std::size_t capacity = 1024;

  std::vector<Piece> pieces_ = std::vector<Piece>(capacity);
  alignas(64) std::atomic<std::uint64_t> sent_ = 0;
  alignas(64) std::atomic<std::uint64_t> received_ = 0;
  alignas(64) std::atomic<std::uint32_t> closed_ = 0;
};

}  // namespace ashlar::bench
