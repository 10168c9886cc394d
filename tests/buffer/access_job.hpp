#pragma once

#include <ashlar/buffer/access.hpp>

#include <cstdint>
#include <memory>
#include <source_location>

#include "buffer/access_tracker.hpp"
#include "buffer/stepped_thread.hpp"
#include "buffer/two_copies.hpp"

namespace ashlar::test {

enum class Verdict { Works, FailsBefore, FailsAfter };

struct MemoryFailure {};

struct Buffer {
  explicit Buffer(std::uint64_t its_atom) : atom{its_atom}, tracker{its_atom}, memory{its_atom == 0} {}

  std::uint64_t atom;
  detail::AccessTracker tracker;
  TwoCopies memory;
  bool retired = false;
};

/// What an entry is doing on a thread of its own, or did on this one.
struct Job {
  enum class Result { Pending, Admitted, Refused, Conflict, Failed, Released };

  Result result = Result::Pending;
  SteppedThread* thread = nullptr;  ///< Null: this one.
  bool releases = false;
  detail::Wait wait;
  bool must_throw = false;      ///< By the model.
  std::source_location who;     ///< By the error.
  unsigned failing_call = ~0U;  ///< Of the calls of the memory, on this thread.
  bool was_last = false;        ///< What the release of an entry said.
  bool failed_to_flush = false;
  bool is_flush = false;    ///< The call of the memory that it has stopped in,
  ByteRange range;          ///< and its bytes.
  bool acts_early = false;  ///< The call's bytes move when it begins, not when it ends.
  bool has_acted = false;
  Verdict verdict = Verdict::Works;
};

struct Slot {
  detail::AccessEntry entry;
  std::unique_ptr<Job> job;
  bool on_device = false;
};

}  // namespace ashlar::test
