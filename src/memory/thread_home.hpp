#pragma once

namespace ashlar::detail {

/// So many shards does a pool have at most.
inline constexpr unsigned max_shards = 32;

/// The shard, of every pool, from which the calling thread allocates. Read; changed by `move_thread_home` alone.
extern constinit thread_local unsigned thread_home;

/// Gives the calling thread a home of its own until it ends, if it is still at the first, where all begin. Threads that
/// come when none is left share the last.
void move_thread_home() noexcept;

}  // namespace ashlar::detail
