#include "transfer/copy_threads.hpp"

#include "transfer/host_copy.hpp"

#include <algorithm>
#include <atomic>
#include <system_error>

namespace ashlar::detail {
namespace {

/// More are no faster: eight keep up with the bus of an NVIDIA H100.
constexpr std::uint32_t most_by_default = 8;

std::uint32_t helper_count(std::uint32_t threads) noexcept {
  std::uint32_t const processors = std::max(std::thread::hardware_concurrency(), 1U);
  return (threads != 0 ? threads : std::min(processors, most_by_default)) - 1;
}

/// One copy, in parts that whoever is free takes.
class CopyJob final : public CopyThreads::Job {
 public:
  static constexpr std::size_t part = std::size_t{256} << 10U;

  CopyJob(std::byte* destination, std::byte const* source, std::size_t size) noexcept
      : destination_{destination}, source_{source}, size_{size} {}

  void help() noexcept override {
    for (std::size_t at = next_.fetch_add(part); at < size_; at = next_.fetch_add(part)) {
      copy_past_caches(destination_ + at, source_ + at, std::min(part, size_ - at));
    }
  }

 private:
  std::byte* destination_;
  std::byte const* source_;
  std::size_t size_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace

CopyThreads::CopyThreads(std::uint32_t count) noexcept : most_helpers_{helper_count(count)} {}

CopyThreads::~CopyThreads() {
  {
    std::lock_guard const lock{mutex_};
    ends_ = true;
    work_came_.notify_all();
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void CopyThreads::copy(std::byte* destination, std::byte const* source, std::size_t size) noexcept {
  CopyJob job{destination, source, size};
  Help const help{*this, job, static_cast<std::uint32_t>(std::min<std::size_t>(size / CopyJob::part, most_helpers_))};
  job.help();
}

void CopyThreads::run() noexcept {
  std::unique_lock lock{mutex_};
  for (;;) {
    work_came_.wait(lock, [&] { return wanted_ != 0 || ends_; });
    if (ends_) {
      return;
    }
    --wanted_;
    ++busy_;
    Job& job = *job_;
    lock.unlock();
    job.help();
    lock.lock();
    --busy_;
    work_ended_.notify_all();
  }
}

/// As many as can be made. \pre The mutex is held.
void CopyThreads::make_threads(std::uint32_t count) noexcept {
  try {
    while (threads_.size() < count) {
      threads_.emplace_back([this] { run(); });
    }
  } catch (std::exception const&) {
    return;  // Fewer do, too.
  }
}

CopyThreads::Help::Help(CopyThreads& threads, Job& job, std::uint32_t most) noexcept : threads_{threads} {
  std::lock_guard const lock{threads.mutex_};
  std::uint32_t const wanted = std::min(most, threads.most_helpers_);
  if (threads.lent_ || wanted == 0) {
    return;
  }
  threads.make_threads(wanted);
  count_ = std::min(wanted, static_cast<std::uint32_t>(threads.threads_.size()));
  if (count_ != 0) {
    threads.lent_ = true;
    threads.job_ = &job;
    threads.wanted_ = count_;
    threads.work_came_.notify_all();
  }
}

CopyThreads::Help::~Help() {
  if (count_ == 0) {
    return;
  }
  std::unique_lock lock{threads_.mutex_};
  threads_.wanted_ = 0;  // Who has not begun need not.
  threads_.work_ended_.wait(lock, [&] { return threads_.busy_ == 0; });
  threads_.job_ = nullptr;
  threads_.lent_ = false;
}

}  // namespace ashlar::detail
