#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace ashlar::detail {

/// Threads that help to copy. They are made when they are first needed, sleep in between, and end with this.
///
/// Threads: any number; the helpers are lent to one at a time, and others do without.
class CopyThreads {
 public:
  /// \param count of threads that copy at once, the caller included; 0: as many as the processor has, up to 8.
  explicit CopyThreads(std::uint32_t count) noexcept;
  CopyThreads(CopyThreads const&) = delete;
  CopyThreads& operator=(CopyThreads const&) = delete;
  ~CopyThreads();

  /// Work that several threads do at once: each helper calls `help` once, until all is done.
  class Job {
   public:
    Job() = default;
    Job(Job const&) = delete;
    Job& operator=(Job const&) = delete;
    virtual ~Job() = default;

    /// Helps until nothing is left to do. Called by each helper, once.
    virtual void help() noexcept = 0;
  };

  /// Helpers at work for a job, until this is destroyed, which waits for them.
  class Help {
   public:
    /// At most `most` helpers, and none if others have them, or no thread can be made.
    Help(CopyThreads& threads, Job& job, std::uint32_t most) noexcept;
    Help(Help const&) = delete;
    Help& operator=(Help const&) = delete;
    ~Help();

    [[nodiscard]] std::uint32_t count() const noexcept { return count_; }

   private:
    CopyThreads& threads_;
    std::uint32_t count_ = 0;
  };

  [[nodiscard]] std::uint32_t most_helpers() const noexcept { return most_helpers_; }

  /// Copies, with their help where that is worth it.
  void copy(std::byte* destination, std::byte const* source, std::size_t size) noexcept;

 private:
  void run() noexcept;
  void make_threads(std::uint32_t count) noexcept;

  std::uint32_t const most_helpers_;

  std::mutex mutex_;
  std::condition_variable work_came_;
  std::condition_variable work_ended_;
  std::vector<std::thread> threads_;
  Job* job_ = nullptr;
  std::uint32_t wanted_ = 0;  ///< Helpers that are still to begin with the job.
  std::uint32_t busy_ = 0;    ///< Helpers that have begun.
  bool lent_ = false;
  bool ends_ = false;
};

}  // namespace ashlar::detail
