#include <ashlar/error.hpp>
#include <ashlar/transfer/pending.hpp>

#include "transfer/download_state.hpp"
#include "transfer/transfer_state.hpp"

#include <exception>

namespace ashlar {

namespace detail {

bool PendingBytes::wait(Wait wait) const { return !state_ || transfer_->wait_for(*state_, wait); }

Submission PendingBytes::submission() const { return state_ ? transfer_->submission_of(*state_) : Submission{}; }

void PendingBytes::abandon() noexcept {
  if (state_) {
    state_->abandon();
    state_ = {};
    transfer_ = {};
  }
}

}  // namespace detail

namespace {

/// Waits for as long as the bytes may still be written.
void finish(Pending<void> const& pending) noexcept {
  try {
    pending.wait();
  } catch (std::exception const&) {
    return;  // Nobody is there to be told. What fails is not written, and what is abandoned neither.
  }
}

}  // namespace

Pending<void>::~Pending() { finish(*this); }

Pending<void>& Pending<void>::operator=(Pending&& other) noexcept {
  if (this != &other) {
    finish(*this);
    bytes_ = std::move(other.bytes_);
  }
  return *this;
}

}  // namespace ashlar
