#include "transfer/transfer_state.hpp"

#include "buffer/buffer_state.hpp"
#include "device/check.hpp"
#include "text.hpp"
#include "transfer/chunked_copy.hpp"
#include "transfer/ownership.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ashlar::detail {
namespace {

/// What gathers is submitted when it has so many bytes: the device begins early then.
constexpr std::uint64_t batch_bytes = std::uint64_t{4} << 20U;

/// From this size on data is copied in chunks, by several threads.
constexpr std::uint64_t large_bytes = std::uint64_t{1} << 20U;

/// The largest data to be written in place over the bus: measured on an NVIDIA H100, where it is as fast as staging up
/// to 1 MiB, and several times as fast up to here. A small window is written in smaller pieces.
constexpr std::uint64_t in_place_bytes = std::uint64_t{256} << 10U;
constexpr std::uint64_t in_place_bytes_of_small_heap = std::uint64_t{64} << 10U;

bool is_in_place_size(DeviceState const& device, std::uint32_t memory_type, std::uint64_t size) noexcept {
  MemoryProperties const& memory = device.physical_device.memory();
  bool const small = is_small_heap(memory, memory.types[memory_type].heap);
  return is_unified(memory) || size <= (small ? in_place_bytes_of_small_heap : in_place_bytes);
}

}  // namespace

void retain(TransferState& state) noexcept { state.add_reference(); }

void release(TransferState& state) noexcept {
  if (state.drop_reference()) {
    delete &state;
  }
}

/// A piece of staging memory that goes back unless a queued command takes it.
class TransferState::HeldPiece {
 public:
  HeldPiece(TransferState& transfer, StagingPiece const& piece) noexcept : transfer_{transfer}, piece_{piece} {}
  HeldPiece(HeldPiece const&) = delete;
  HeldPiece& operator=(HeldPiece const&) = delete;
  ~HeldPiece() {
    if (piece_) {
      transfer_.release(&piece_, 1);
    }
  }

  [[nodiscard]] StagingPiece const& get() const noexcept { return piece_; }
  [[nodiscard]] StagingPiece take() noexcept { return std::exchange(piece_, {}); }

 private:
  TransferState& transfer_;
  StagingPiece piece_;
};

TransferState::TransferState(MemoryAllocator its_allocator, Queue its_queue, TransferCreateInfo const& info)
    : allocator{std::move(its_allocator)},
      queue{std::move(its_queue)},
      allocator_device_{allocator.device()},
      copy_threads_{info.max_copy_threads},
      to_device_{allocator, {MemoryUsage::Staging, BufferUsage::TransferSource, info.max_staging_size}},
      from_device_{allocator, {MemoryUsage::Download, BufferUsage::TransferDestination, info.max_staging_size}} {}

TransferState::~TransferState() {
  if (!try_submit()) {
    closed_.clear();  // What it was to do is given up; nobody is there to be told.
  }
  open_ = {};
  QueueTimeline& timeline = queue_state().timeline;
  InFlight& in_flight = device().in_flight;
  std::unique_lock lock{mutex_};
  while (in_flight_ != 0) {
    std::uint64_t const last = last_value_;
    lock.unlock();
    static_cast<void>(in_flight.try_wait(timeline.semaphore, timeline.reached, last, INT64_MAX));
    // Looked at before `retire`, which then takes all of them.
    bool const is_over = in_flight.is_lost() || timeline.reached.load(std::memory_order_acquire) >= last;
    in_flight.retire();
    lock.lock();
    if (is_over) {
      changed_.wait(lock, [&] { return in_flight_ == 0; });  // Others are about to finish them.
    }
  }
  lock.unlock();
  for (TransferCommands const& commands : all_commands_) {
    device().vk.vkDestroyCommandPool(device().handle, commands.pool, device().allocation_callbacks);
  }
}

void TransferState::drop() noexcept { detail::release(*this); }

void TransferState::await(std::int64_t) { static_cast<void>(submit()); }

void TransferState::prepare() { prepare_queue(device(), queue_state(), "Transfer"); }

void TransferState::validate_owner_of(BufferRange const& bytes, char const* context) const {
  validate_owner(Access::state(bytes.buffer()), queue.family(), context);
}

bool TransferState::is_large(std::uint64_t size, StagingRing const& ring) const noexcept {
  return size > std::min(large_bytes, ring.max_size() / 4);
}

/// In pieces, after each of which but the last the progress is told.
void TransferState::copy_in_place(std::byte* destination, std::byte const* source, std::uint64_t size,
                                  ProgressView progress) {
  constexpr std::uint64_t piece = std::uint64_t{16} << 20U;
  for (std::uint64_t done = 0; done != size;) {
    std::uint64_t const part = std::min(piece, size - done);
    copy_threads_.copy(destination + done, source + done, static_cast<std::size_t>(part));
    done += part;
    if (done != size) {
      progress(done, size);
    }
  }
}

bool TransferState::upload_in_place(Part const& destination, std::byte const* bytes, std::uint64_t size,
                                    ProgressView progress) {
  MemoryAllocation const& memory = destination.bytes.buffer().allocation();
  if (!memory.properties().contains(MemoryProperty::HostVisible) ||
      !is_in_place_size(device(), memory.memory_type(), size)) {
    return false;
  }
  AccessGuard guard{destination.bytes, 1, AccessKind::Overwrite, Wait::not_at_all(), destination.where};
  if (!guard) {
    return false;
  }
  try {
    validate_owner_of(destination.bytes, "Transfer::upload_to");  // As by way of the queue: idle or not.
  } catch (...) {
    guard.cancel();  // Its end would flush what the host's caches hold, over what the device wrote.
    throw;
  }
  copy_in_place(guard.data(), bytes, size, progress);
  guard.flush();
  return true;
}

bool TransferState::download_in_place(Part const& source, std::byte* bytes, std::uint64_t size, ProgressView progress) {
  MemoryAllocation const& memory = source.bytes.buffer().allocation();
  if (!memory.properties().contains(MemoryProperty::HostVisible | MemoryProperty::HostCached)) {
    return false;
  }
  AccessGuard const guard{source.bytes, 1, AccessKind::Read, Wait::not_at_all(), source.where};
  if (guard) {
    validate_owner_of(source.bytes, "Transfer::download");
    copy_in_place(bytes, guard.data(), size, progress);
  }
  return static_cast<bool>(guard);
}

void TransferState::upload(Part const& destination, std::byte const* bytes, std::uint64_t size, ProgressView progress) {
  if (size != 0 && !upload_in_place(destination, bytes, size, progress)) {
    prepare();
    if (is_large(size, to_device_)) {
      ChunkedUpload{*this, destination.bytes, destination.where, bytes, size}.run(progress);
      return;
    }
    BufferUse const use{destination.bytes, AccessKind::Write, destination.where};
    DeviceUses held{{&use, 1}};
    static_cast<void>(held.acquire(Wait::forever(), this));
    validate_owner_of(destination.bytes, "Transfer::upload_to");
    HeldPiece piece{*this, reserve(to_device_, size)};
    std::memcpy(piece.get().bytes(), bytes, static_cast<std::size_t>(size));
    piece.get().flush();
    TransferCommand const command{.source = piece.get().buffer(),
                                  .destination = destination.bytes.handle(),
                                  .source_offset = piece.get().offset(),
                                  .destination_offset = destination.bytes.offset(),
                                  .size = size};
    enqueue(command, held, [&](TransferWork& work, TransferCommand&) { work.pieces.push_back(piece.take()); });
  }
  progress(size, size);
}

Counted<DownloadState> TransferState::download(Part const& source, std::byte* bytes, std::uint64_t size,
                                               ProgressView progress) {
  Counted<DownloadState> const state{new DownloadState{bytes, static_cast<std::size_t>(size)}};
  if (size == 0 || download_in_place(source, bytes, size, progress)) {
    state->set_done();
    progress(size, size);
    return state;
  }
  prepare();
  if (is_large(size, from_device_)) {
    ChunkedDownload{*this, source.bytes, source.where, bytes, size}.run(progress);
    state->set_done();
    return state;
  }
  BufferUse const use{source.bytes, AccessKind::Read, source.where};
  DeviceUses held{{&use, 1}};
  static_cast<void>(held.acquire(Wait::forever(), this));
  validate_owner_of(source.bytes, "Transfer::download");
  HeldPiece piece{*this, reserve(from_device_, size)};
  TransferCommand const command{.source = source.bytes.handle(),
                                .destination = piece.get().buffer(),
                                .source_offset = source.bytes.offset(),
                                .destination_offset = piece.get().offset(),
                                .size = size};
  enqueue(command, held, [&](TransferWork& work, TransferCommand&) {
    work.writes_for_host = true;
    work.downloads.push_back({state, piece.get()});
    work.pieces.push_back(piece.take());
  });
  return state;
}

void TransferState::copy(BufferRange const& source, BufferRange const& destination, std::source_location where) {
  prepare();
  BufferUse const uses[] = {{source, AccessKind::Read, where}, {destination, AccessKind::Write, where}};
  DeviceUses held{uses};
  static_cast<void>(held.acquire(Wait::forever(), this));
  validate_owner_of(destination, "Transfer::copy");
  validate_owner_of(source, "Transfer::copy");
  TransferCommand const command{.source = source.handle(),
                                .destination = destination.handle(),
                                .source_offset = source.offset(),
                                .destination_offset = destination.offset(),
                                .size = source.size_bytes()};
  enqueue(command, held, [](TransferWork&, TransferCommand&) {});
}

void TransferState::fill(Part const& destination, std::uint32_t word) {
  prepare();
  BufferUse const use{destination.bytes, AccessKind::Write, destination.where};
  DeviceUses held{{&use, 1}};
  static_cast<void>(held.acquire(Wait::forever(), this));
  validate_owner_of(destination.bytes, "Transfer::fill");
  TransferCommand const command{.kind = TransferCommand::Kind::Fill,
                                .destination = destination.bytes.handle(),
                                .destination_offset = destination.bytes.offset(),
                                .size = destination.bytes.size_bytes(),
                                .word = word};
  enqueue(command, held, [](TransferWork&, TransferCommand&) {});
}

void TransferState::update(Part const& destination, void const* bytes, std::uint64_t size) {
  prepare();
  BufferUse const use{destination.bytes, AccessKind::Write, destination.where};
  DeviceUses held{{&use, 1}};
  static_cast<void>(held.acquire(Wait::forever(), this));
  validate_owner_of(destination.bytes, "Transfer::update");
  TransferCommand const command{.kind = TransferCommand::Kind::Update,
                                .destination = destination.bytes.handle(),
                                .destination_offset = destination.bytes.offset(),
                                .size = size};
  enqueue(command, held, [&](TransferWork& work, TransferCommand& queued) {
    queued.source_offset = work.add_bytes(bytes, static_cast<std::size_t>(size));
  });
}

/// Queues a command. `prepare(work, command)` is called when nothing else can fail any more.
template <class Prepare>
void TransferState::enqueue(TransferCommand const& command, DeviceUses& held, Prepare const& prepare) {
  Counted<TransferWork> made;
  std::unique_lock lock{mutex_};
  while (!open_ || open_->is_full()) {
    if (made) {
      close();  // If it is full: somebody is about to submit it, and waits for his turn.
      open_ = std::exchange(made, {});
    } else {
      lock.unlock();
      made = make_work();
      lock.lock();
    }
  }
  TransferCommand queued = command;
  open_->reserve();
  prepare(*open_, queued);
  for (DeviceUse const& use : held.all()) {
    set_owner(*use.buffer, queue.family());
  }
  bool const is_due =
      open_->add(queued, held) || open_->queued_bytes >= std::min(batch_bytes, to_device_.max_size() / 4);
  changed_.notify_all();
  lock.unlock();
  if (is_due) {
    static_cast<void>(try_submit());
  }
}

/// If it fails all stays queued, and whoever submits or waits for it next is told.
bool TransferState::try_submit() noexcept {
  try {
    static_cast<void>(submit());
    return true;
  } catch (...) {
    return false;
  }
}

Counted<TransferWork> TransferState::make_work(ArrayView<BufferUse> uses) {
  return Counted<TransferWork>{new TransferWork{*this, device(), queue_state(), uses}};
}

/// What gathered so far is to be submitted.
/// \pre `mutex_` is held.
void TransferState::close() {
  if (open_) {
    closed_.emplace_back();
    std::swap(closed_.back(), open_);
  }
}

/// \pre `submit_mutex_` is held.
void TransferState::close_and_submit(std::vector<Buffer>& released) {
  {
    std::lock_guard const lock{mutex_};
    close();
  }
  for (;;) {
    Counted<TransferWork> work;
    {
      std::lock_guard const lock{mutex_};
      if (closed_.empty()) {
        return;
      }
      work = closed_.front();
    }
    released.reserve(released.size() + work->kept.size());  // Nothing fails once it is submitted.
    require_not_lost(device());  // The device may still have commands that it was said not to have taken.
    work->record();
    static_cast<void>(
        detail::submit(device(), queue_state(), *work, work->uses, {.command_buffers = work->command_buffer()}));
    std::list<Counted<TransferWork>> submitted;
    {
      std::lock_guard const lock{mutex_};
      submitted.splice(submitted.end(), closed_, closed_.begin());
    }
    std::move(work->kept.begin(), work->kept.end(), std::back_inserter(released));
    work->kept.clear();
  }
}

Submission TransferState::submit() {
  device().in_flight.retire();
  std::vector<Buffer> released;  // Let go of without a lock.
  {
    std::lock_guard const submitting{submit_mutex_};
    close_and_submit(released);
  }
  std::lock_guard const lock{mutex_};
  return last_value_ == 0 ? Submission{} : make_submission(device(), queue_state(), last_value_);
}

Submission TransferState::submit(NextAccess const& next) {
  prepare();
  Counted<TransferWork> const work = make_work();
  work->add(
      {.kind = TransferCommand::Kind::Barrier, .next_stage = next.stage.mask(), .next_access = next.access.mask()});
  {
    std::lock_guard const lock{mutex_};
    close();
    closed_.push_back(work);
  }
  return submit();
}

bool TransferState::wait_for(DownloadState& download, Wait wait) {
  if (download.is_done()) {
    return true;
  }
  if (download.value.load(std::memory_order_acquire) == 0) {
    static_cast<void>(submit());
  }
  QueueTimeline& timeline = queue_state().timeline;
  std::uint64_t const value = download.value.load(std::memory_order_acquire);
  if (!device().in_flight.wait(timeline.semaphore, timeline.reached, value, wait.nanoseconds)) {
    return false;
  }
  device().in_flight.retire();
  download.await_end();
  return true;
}

Submission TransferState::submission_of(DownloadState const& download) {
  if (download.value.load(std::memory_order_acquire) == 0) {
    static_cast<void>(submit());
  }
  std::uint64_t const value = download.value.load(std::memory_order_acquire);
  return value == 0 ? Submission{} : make_submission(device(), queue_state(), value);
}

TransferCommands TransferState::take_commands() {
  {
    std::lock_guard const lock{mutex_};
    if (!spare_commands_.empty()) {
      TransferCommands const commands = spare_commands_.back();
      spare_commands_.pop_back();
      return commands;
    }
  }
  TransferCommands const commands = make_commands(device(), queue.family());
  std::lock_guard const lock{mutex_};
  try {
    spare_commands_.reserve(all_commands_.size() + 1);  // For `give_back`.
    all_commands_.push_back(commands);
  } catch (...) {
    device().vk.vkDestroyCommandPool(device().handle, commands.pool, device().allocation_callbacks);
    throw;
  }
  return commands;
}

void TransferState::give_back(TransferCommands const& commands, std::vector<StagingPiece> const& pieces) noexcept {
  release(pieces.data(), pieces.size());
  std::lock_guard const lock{mutex_};
  spare_commands_.push_back(commands);
}

void TransferState::began(std::uint64_t value) noexcept {
  std::lock_guard const lock{mutex_};
  ++in_flight_;
  last_value_ = std::max(last_value_, value);
  changed_.notify_all();  // Who waits for others waits for the device now.
}

void TransferState::finished(TransferCommands const& commands, std::vector<StagingPiece> const& pieces) noexcept {
  give_back(commands, pieces);
  std::lock_guard const lock{mutex_};
  --in_flight_;
  changed_.notify_all();
}

}  // namespace ashlar::detail
