#pragma once

#include <utility>

namespace ashlar::detail {

/// The one friend of every handle: opens it for `src`.
struct Access;

/// One reference to counted state that is private to `src`; the base of every handle.
///
/// `State` needs `retain(State&)` and `release(State&)`, noexcept and found beside it; they are compiled, since
/// <atomic> and <memory> are heavy. Copying is one atomic increment. Distinct copies may be used by
/// different threads, one copy by one thread at a time.
template <class State>
class Counted {
 public:
  Counted() noexcept = default;

  /// Takes over a reference that the caller holds.
  explicit Counted(State* state) noexcept : state_{state} {}

  Counted(Counted const& other) noexcept : state_{other.state_} {
    if (state_ != nullptr) {
      retain(*state_);
    }
  }

  Counted(Counted&& other) noexcept : state_{std::exchange(other.state_, nullptr)} {}

  Counted& operator=(Counted other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }

  ~Counted() {
    if (state_ != nullptr) {
      release(*state_);
    }
  }

  [[nodiscard]] State* get() const noexcept { return state_; }
  [[nodiscard]] State& operator*() const noexcept { return *state_; }
  [[nodiscard]] State* operator->() const noexcept { return state_; }
  [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }
  [[nodiscard]] friend bool operator==(Counted const& a, Counted const& b) noexcept { return a.state_ == b.state_; }

 private:
  State* state_ = nullptr;
};

}  // namespace ashlar::detail
