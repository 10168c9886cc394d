#include <ashlar/transfer/transfer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "benchmarks/bare_copies.hpp"
#include "benchmarks/bench_device.hpp"
#include "benchmarks/cases.hpp"
#include "benchmarks/threads.hpp"

namespace ashlar::bench {
namespace {

constexpr BufferCreateInfo both_ways{.usage = BufferUsage::TransferSource | BufferUsage::TransferDestination};

using Bytes = Subbuffer<std::byte[]>;

template <class Do>
double seconds_of(Do once) {
  Clock::time_point const begin = Clock::now();
  once();
  return std::chrono::duration<double>{Clock::now() - begin}.count();
}

/// Ordinary memory of the host, touched.
std::vector<std::byte> pageable(std::uint64_t size) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::byte>(i * 7 + i / 4096);
  }
  return bytes;
}

/// std::memcpy by so many threads, each a part in one piece.
void copy_by_threads(std::byte* destination, std::byte const* source, std::size_t size, std::uint32_t threads) {
  std::size_t const part = (size + threads - 1) / threads;
  run_threads(threads, [&](std::uint32_t index) {
    std::size_t const begin = std::min(index * part, size);
    std::memcpy(destination + begin, source + begin, std::min(part, size - begin));
  });
}

/// What several ways to do the same took, pass by pass in turns; of several passes the first does not count.
class Ways {
 public:
  Ways(std::uint32_t passes, double bytes) : passes_{passes}, bytes_{bytes} {}

  template <class Do>
  void time(std::uint32_t pass, std::vector<double>& seconds, Do once) {
    double const took = seconds_of(once);
    if (pass != 0 || passes_ == 1) {
      seconds.push_back(took);
    }
  }

  /// Gigabytes a second, the best and the median.
  void add(Figures& figures, std::string const& name, std::vector<double> const& seconds) const {
    figures[name + "_gb_s_best"] = rounded(bytes_ / minimum(seconds) * 1e-9);
    figures[name + "_gb_s_median"] = rounded(bytes_ / median(seconds) * 1e-9);
  }

 private:
  std::uint32_t passes_;
  double bytes_;
};

void require_equal(std::vector<std::byte> const& a, std::vector<std::byte> const& b) {
  if (a != b) {
    throw WrongResult{"what came back is not what was sent"};
  }
}

Bytes staging(BenchDevice const& bench, MemoryUsage usage, std::uint64_t size) {
  return Buffer::create(bench.allocator(), both_ways, {.usage = usage}, size);
}

/// Uploads and downloads of large data, beside memcpy between the host's memory and staging memory by as many threads,
/// and beside the device's copy alone.
Figures run_large(Options const& options, bool up) {
  BenchDevice bench{options};
  Figures figures;
  std::vector<double> own;
  std::vector<double> copied;
  std::vector<double> bare;
  Ways ways{options.passes, static_cast<double>(options.bytes)};
  {
    Transfer const transfer{bench.allocator(), {.max_copy_threads = options.threads}};
    Bytes const buffer = Buffer::create(bench.allocator(), both_ways, {}, options.bytes);
    Bytes const staged = staging(bench, up ? MemoryUsage::Staging : MemoryUsage::Download, options.bytes);
    BareCopies copies{bench.device(), transfer.queue()};
    std::vector<std::byte> const sent = pageable(options.bytes);
    std::vector<std::byte> received(sent.size(), std::byte{1});
    transfer.upload_to(buffer, sent);
    static_cast<void>(transfer.submit());
    std::byte* const mapped = staged.unguarded();
    std::memset(mapped, 0, sent.size());
    for (std::uint32_t pass = 0; pass < options.passes; ++pass) {
      if (up) {
        ways.time(pass, own, [&] {
          transfer.upload_to(buffer, sent);
          transfer.submit().wait();
        });
        ways.time(pass, copied, [&] { copy_by_threads(mapped, sent.data(), sent.size(), options.threads); });
        ways.time(pass, bare, [&] { copies.copy(staged.handle(), 0, buffer.handle(), 0, options.bytes); });
      } else {
        ways.time(pass, own, [&] { transfer.download_to(buffer, received).wait(); });
        require_equal(received, sent);
        ways.time(pass, copied, [&] { copy_by_threads(received.data(), mapped, sent.size(), options.threads); });
        ways.time(pass, bare, [&] { copies.copy_for_host(buffer.handle(), staged.handle(), options.bytes); });
      }
    }
    if (up) {
      transfer.download_to(buffer, received).wait();
      require_equal(received, sent);
    }
    figures["memory_type"] = buffer.buffer().allocation().memory_type();
  }
  ways.add(figures, "ashlar", own);
  ways.add(figures, "memcpy", copied);
  ways.add(figures, "bare_copy", bare);
  figures["ashlar_over_memcpy"] = rounded(minimum(copied) / minimum(own));
  bench.finish(figures);
  return figures;
}

}  // namespace

Figures run_upload(Options const& options) { return run_large(options, true); }

Figures run_download(Options const& options) { return run_large(options, false); }

/// One small upload, waited for, and the same by Vulkan's functions alone.
Figures run_upload_latency(Options const& options) {
  BenchDevice bench{options};
  Figures figures;
  std::vector<double> own;
  std::vector<double> bare;
  {
    Transfer const transfer{bench.allocator()};
    Bytes const buffer = Buffer::create(bench.allocator(), both_ways, {}, options.bytes);
    Bytes const staged = staging(bench, MemoryUsage::Staging, options.bytes);
    BareCopies copies{bench.device(), transfer.queue()};
    std::vector<std::byte> const sent = pageable(options.bytes);
    std::byte* const mapped = staged.unguarded();
    for (std::uint64_t i = 0; i < options.ops; ++i) {
      own.push_back(seconds_of([&] {
        transfer.upload_to(buffer, sent);
        if (Submission const submission = transfer.submit()) {
          submission.wait();
        }
      }));
      bare.push_back(seconds_of([&] {
        std::memcpy(mapped, sent.data(), sent.size());
        copies.copy(staged.handle(), 0, buffer.handle(), 0, options.bytes);
      }));
    }
    figures["memory_type"] = buffer.buffer().allocation().memory_type();
  }
  figures["ashlar_us_median"] = rounded(median(own) * 1e6);
  figures["ashlar_us_min"] = rounded(minimum(own) * 1e6);
  figures["bare_us_median"] = rounded(median(bare) * 1e6);
  figures["bare_us_min"] = rounded(minimum(bare) * 1e6);
  figures["ashlar_over_bare_median"] = rounded(median(own) / median(bare));
  figures["ashlar_over_bare_min"] = rounded(minimum(own) / minimum(bare));
  bench.finish(figures);
  return figures;
}

/// Many small uploads, submitted together, beside as many submissions one after the other.
Figures run_uploads(Options const& options) {
  BenchDevice bench{options};
  Figures figures;
  std::vector<double> own;
  std::vector<double> bare;
  Ways ways{options.passes, static_cast<double>(options.bytes * options.ops)};
  {
    Transfer const transfer{bench.allocator()};
    Bytes const buffer = Buffer::create(bench.allocator(), both_ways, {}, options.bytes * options.ops);
    Bytes const staged = staging(bench, MemoryUsage::Staging, options.bytes);
    BareCopies copies{bench.device(), transfer.queue()};
    std::vector<std::byte> const sent = pageable(options.bytes);
    std::byte* const mapped = staged.unguarded();
    for (std::uint32_t pass = 0; pass < options.passes; ++pass) {
      ways.time(pass, own, [&] {
        for (std::uint64_t i = 0; i < options.ops; ++i) {
          transfer.upload_to(buffer.slice(i * options.bytes, options.bytes), sent);
        }
        if (Submission const submission = transfer.submit()) {
          submission.wait();
        }
      });
      ways.time(pass, bare, [&] {
        for (std::uint64_t i = 0; i < options.ops; ++i) {
          std::memcpy(mapped, sent.data(), sent.size());
          copies.copy(staged.handle(), 0, buffer.handle(), i * options.bytes, options.bytes);
        }
      });
    }
    figures["memory_type"] = buffer.buffer().allocation().memory_type();
  }
  auto const each = [&](std::vector<double> const& seconds) {
    return rounded(median(seconds) * 1e6 / static_cast<double>(options.ops), 3);
  };
  figures["ashlar_us_each"] = each(own);
  figures["single_us_each"] = each(bare);
  figures["single_over_ashlar"] = rounded(median(bare) / median(own));
  bench.finish(figures);
  return figures;
}

/// Uploads to device-local memory that the host can write, in place.
Figures run_upload_in_place(Options const& options) {
  BenchDevice bench{options};
  Figures figures;
  std::vector<double> own;
  {
    Transfer const transfer{bench.allocator()};
    Bytes const buffer = staging(bench, MemoryUsage::Upload, options.bytes);
    std::vector<std::byte> const sent = pageable(options.bytes);
    for (std::uint64_t i = 0; i < options.ops; ++i) {
      own.push_back(seconds_of([&] { transfer.upload_to(buffer, sent); }));
    }
    figures["memory_type"] = buffer.buffer().allocation().memory_type();
  }
  figures["ashlar_us_median"] = rounded(median(own) * 1e6, 3);
  figures["ashlar_us_min"] = rounded(minimum(own) * 1e6, 3);
  bench.finish(figures);
  return figures;
}

}  // namespace ashlar::bench
