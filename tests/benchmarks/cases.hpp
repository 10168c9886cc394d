#pragma once

#include "benchmarks/options.hpp"
#include "benchmarks/timings.hpp"

namespace ashlar::bench {

/// What is measured is wrong: exit code 1.
class WrongResult : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One case each. They throw WrongResult if what was measured did not do what it should.
[[nodiscard]] Figures run_null(Options const& options);
[[nodiscard]] Figures run_suballocate(Options const& options);
[[nodiscard]] Figures run_suballocate_buddy(Options const& options);
[[nodiscard]] Figures run_suballocate_bump(Options const& options);
[[nodiscard]] Figures run_fifo(Options const& options);
[[nodiscard]] Figures run_lifo(Options const& options);
[[nodiscard]] Figures run_latency(Options const& options);
[[nodiscard]] Figures run_bookkeeping(Options const& options);
[[nodiscard]] Figures run_memory(Options const& options);
[[nodiscard]] Figures run_buffers(Options const& options);
[[nodiscard]] Figures run_buffers_floor(Options const& options);
[[nodiscard]] Figures run_first_buffer(Options const& options);
[[nodiscard]] Figures run_guards(Options const& options);
[[nodiscard]] Figures run_c1(Options const& options);
[[nodiscard]] Figures run_c2(Options const& options);
[[nodiscard]] Figures run_c3(Options const& options);
[[nodiscard]] Figures run_upload(Options const& options);
[[nodiscard]] Figures run_download(Options const& options);
[[nodiscard]] Figures run_upload_latency(Options const& options);
[[nodiscard]] Figures run_uploads(Options const& options);
[[nodiscard]] Figures run_upload_in_place(Options const& options);

}  // namespace ashlar::bench
