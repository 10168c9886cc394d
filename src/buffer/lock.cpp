#include <ashlar/buffer/lock.hpp>
#include <ashlar/error.hpp>

#include <utility>

namespace ashlar::detail {
namespace {

/// What would wait for itself.
void refuse_conflicts(AccessRequest const* requests, std::size_t count) {
  for (std::size_t later = 1; later < count; ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      AccessRequest const& a = requests[earlier];
      AccessRequest const& b = requests[later];
      bool const writes = a.kind != AccessKind::Read || b.kind != AccessKind::Read;
      if (writes && a.buffer == b.buffer && a.range.overlaps(b.range)) {
        throw AccessConflictError{a.where, b.where};
      }
    }
  }
}

/// Lets go of what was acquired so far, unless all was.
class Attempt {
 public:
  Attempt(AccessGuard* const* guards, AccessRequest const* requests, std::size_t count) noexcept
      : guards_{guards}, requests_{requests}, count_{count} {}
  Attempt(Attempt const&) = delete;
  Attempt& operator=(Attempt const&) = delete;

  ~Attempt() {
    for (std::size_t i = 0; i < count_; ++i) {
      guards_[i]->cancel();
    }
  }

  void wait_for(std::size_t index) { guards_[index]->acquire(requests_[index], Wait::forever()); }

  /// The first that cannot be had now; `count` if all were.
  std::size_t try_all_but(std::size_t index) {
    for (std::size_t i = 0; i < count_; ++i) {
      if (i != index && !guards_[i]->acquire(requests_[i], Wait::not_at_all())) {
        return i;
      }
    }
    return std::exchange(count_, 0);
  }

 private:
  AccessGuard* const* guards_;
  AccessRequest const* requests_;
  std::size_t count_;
};

}  // namespace

void lock_all(AccessGuard* const* guards, AccessRequest const* requests, std::size_t count) {
  refuse_conflicts(requests, count);
  for (std::size_t next = 0; next != count;) {
    Attempt attempt{guards, requests, count};
    attempt.wait_for(next);
    next = attempt.try_all_but(next);
  }
}

bool try_lock_all(AccessGuard* const* guards, AccessRequest const* requests, std::size_t count) {
  return Attempt{guards, requests, count}.try_all_but(count) == count;
}

}  // namespace ashlar::detail
