#include "transfer/download_state.hpp"

#include "transfer/host_copy.hpp"

#include <utility>

namespace ashlar::detail {

void retain(DownloadState& state) noexcept { state.add_reference(); }

void release(DownloadState& state) noexcept {
  if (state.drop_reference()) {
    delete &state;
  }
}

/// \pre The mutex is held.
void DownloadState::end(Stage how) noexcept {
  stage_ = how;
  ended_.notify_all();
}

void DownloadState::complete(std::byte const* source) noexcept {
  std::lock_guard const lock{mutex_};
  if (stage_ == Stage::Wanted) {
    if (source != nullptr) {
      copy_past_caches(destination_, source, size_);
    }
    end(Stage::Done);
  }
}

void DownloadState::fail(std::exception_ptr reason) noexcept {
  std::lock_guard const lock{mutex_};
  if (stage_ == Stage::Wanted) {
    failure_ = std::move(reason);
    end(Stage::Failed);
  }
}

void DownloadState::abandon() noexcept {
  std::lock_guard const lock{mutex_};
  if (stage_ == Stage::Wanted) {
    end(Stage::Abandoned);
  }
}

/// \pre The mutex is held.
bool DownloadState::check() const {
  if (stage_ == Stage::Failed) {
    std::rethrow_exception(failure_);
  }
  return stage_ != Stage::Wanted;
}

void DownloadState::await_end() {
  std::unique_lock lock{mutex_};
  ended_.wait(lock, [&] { return stage_ != Stage::Wanted; });
  static_cast<void>(check());
}

bool DownloadState::is_done() {
  std::lock_guard const lock{mutex_};
  return check();
}

}  // namespace ashlar::detail
