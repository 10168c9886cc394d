#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <utility>

namespace ashlar::test {

/// A thread that runs one job after another, and stops inside of one wherever that calls `pause()`, until it may go on.
class SteppedThread {
 public:
  enum class State { Idle, Running, Paused };

  SteppedThread() : thread_{[this] { run(); }} {}
  SteppedThread(SteppedThread const&) = delete;
  SteppedThread& operator=(SteppedThread const&) = delete;
  ~SteppedThread() {
    start(nullptr);
    thread_.join();
  }

  State state() const { return state_.load(); }

  /// \pre It is idle.
  void start(std::function<void()> job) {
    job_ = std::move(job);
    go_on();
  }

  /// \pre It is paused.
  void go_on() {
    state_ = State::Running;
    state_.notify_one();
  }

  /// The one that the calling thread is, or null.
  static SteppedThread* current() { return current_; }

  void pause() { stop(State::Paused); }

 private:
  void run() {
    current_ = this;
    for (state_.wait(State::Idle); job_; stop(State::Idle)) {
      job_();
    }
  }

  void stop(State state) {
    state_ = state;
    state_.wait(state);
  }

  static inline thread_local SteppedThread* current_ = nullptr;

  std::atomic<State> state_{State::Idle};
  std::function<void()> job_;
  std::thread thread_;
};

}  // namespace ashlar::test
