#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
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
    {
      std::lock_guard const lock{mutex_};
      state_ = State::Running;
    }
    goes_on_.notify_one();
  }

  /// The one that the calling thread is, or null.
  static SteppedThread* current() { return current_; }

  void pause() { stop(State::Paused); }

 private:
  void run() {
    current_ = this;
    for (wait(); job_; stop(State::Idle)) {
      job_();
    }
  }

  void stop(State state) {
    state_ = state;
    wait();
  }

  void wait() {
    std::unique_lock lock{mutex_};
    goes_on_.wait(lock, [&] { return state_ == State::Running; });
  }

  static inline thread_local SteppedThread* current_ = nullptr;

  std::atomic<State> state_{State::Idle};
  std::function<void()> job_;
  std::mutex mutex_;
  std::condition_variable goes_on_;
  std::thread thread_;
};

}  // namespace ashlar::test
