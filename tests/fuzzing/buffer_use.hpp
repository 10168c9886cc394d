#pragma once

#include <ashlar/ashlar.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fuzzing/contents.hpp"
#include "fuzzing/failures.hpp"
#include "fuzzing/input.hpp"
#include "fuzzing/require.hpp"
#include "simulated_driver/driver.hpp"

namespace ashlar::fuzzing {

/// Uses what is in buffers, on the host and on the device, and knows what must be in them.
class BufferUse {
 public:
  BufferUse(Input& input, simulated::Driver& driver, Failures& failures)
      : input_{input}, driver_{driver}, failures_{failures} {}

  std::vector<Word> new_words(std::uint64_t count) {
    return std::vector<Word>(static_cast<std::size_t>(count), ++last_word_);
  }

  void add(Subbuffer<Word[]> const& subbuffer, bool with_contents) {
    MemoryAllocation const& memory = subbuffer.buffer().allocation();
    auto contents = std::make_shared<Contents>();
    contents->buffer = subbuffer.handle();
    contents->memory = memory.memory().handle();
    contents->offset = memory.offset();
    contents->host_visible = memory.properties().contains(MemoryProperty::HostVisible);
    bool const coherent = memory.properties().contains(MemoryProperty::HostCoherent);
    contents->atom = contents->host_visible && !coherent ? driver_.gpu().limits.non_coherent_atom_size : 0;
    contents->words.assign(std::min<std::size_t>(subbuffer.size(), Contents::most_words), {with_contents, last_word_});
    buffers_.push_back(contents);
    views_.push_back({subbuffer, std::move(contents)});
  }

  void ask() {
    if (View const* const view = input_.choose(views_)) {
      constexpr DescriptorType types[] = {DescriptorType::StorageBuffer, DescriptorType::UniformBuffer};
      view->subbuffer.buffer().set_name("a buffer");
      try {
        (void)view->subbuffer.descriptor_info(input_.pick(types));
        (void)view->subbuffer.device_address();
      } catch (ValidationError const&) {  // Of the usage, the offset or the size.
      }
    }
  }

  std::size_t live_count() {
    std::erase_if(buffers_, [](auto const& buffer) { return buffer.expired(); });
    return buffers_.size();
  }

  void drop_view() {
    if (!views_.empty()) {
      views_.erase(views_.begin() + input_.byte() % static_cast<std::ptrdiff_t>(views_.size()));
    }
  }

  void drop_guard() {
    if (!holds_.empty()) {
      release(input_.byte() % holds_.size());
    }
  }

  /// The guards last: they keep the buffers.
  void clear() {
    views_.clear();
    holds_.clear();
  }

  void slice() {
    if (View const* const view = input_.choose(views_)) {
      std::uint64_t const first = input_.number(11);
      std::uint64_t const count = input_.number(11);
      bool const fits = first <= view->subbuffer.size() && count <= view->subbuffer.size() - first;
      try {
        View part{view->subbuffer.slice(first, count), view->contents};
        require(fits && part.subbuffer.size() == count, "a part lies inside");
        views_.push_back(std::move(part));
      } catch (ValidationError const&) {
        require(!fits, "what lies inside is a part");
      }
    }
  }

  void acquire() {
    View const* const view = input_.choose(views_);
    if (view == nullptr || view->subbuffer.size() == 0) {
      return;
    }
    View const part = any_part(*view);
    std::uint8_t const kind = input_.below(3);
    std::uint8_t const wait = input_.below(3);
    bool const taken = is_taken(part, kind != 0);
    Hold hold{{}, part.contents, part.first(), part.subbuffer.size()};
    bool held = false;
    guarding(part, taken && wait != 1, [&] {
      auto const& subbuffer = part.subbuffer;
      constexpr auto moment = std::chrono::nanoseconds{1};
      if (kind == 0) {
        auto guard = wait == 0 ? subbuffer.read() : wait == 1 ? subbuffer.try_read() : subbuffer.read_for(moment);
        held = static_cast<bool>(guard);
        hold.guard = std::move(guard);
      } else if (kind == 1) {
        auto guard = wait == 0 ? subbuffer.write() : wait == 1 ? subbuffer.try_write() : subbuffer.write_for(moment);
        held = static_cast<bool>(guard);
        hold.guard = std::move(guard);
      } else {
        auto guard = wait == 0   ? subbuffer.overwrite()
                     : wait == 1 ? subbuffer.try_overwrite()
                                 : subbuffer.overwrite_for(moment);
        held = static_cast<bool>(guard);
        hold.guard = std::move(guard);
      }
      require(held != taken, "a guard is had if nothing is in its way");
    });
    if (held) {
      use(hold);
      holds_.push_back(std::move(hold));
    }
  }

  void lock_two() {
    View const* const first = input_.choose(views_);
    View const* const second = input_.choose(views_);
    if (first == nullptr || first->subbuffer.size() == 0 || second->subbuffer.size() == 0) {
      return;
    }
    View const a = any_part(*first);
    View const b = any_part(*second);
    bool const tries = input_.one_in(2);
    Hold read{{}, a.contents, a.first(), a.subbuffer.size()};
    Hold write{WriteGuard<Word[]>{}, b.contents, b.first(), b.subbuffer.size()};
    bool const taken =
        is_taken(a, false) || is_taken(b, true) || write.conflicts(*a.contents, a.first(), a.subbuffer.size(), false);
    bool held = false;
    guarding(a.contents->host_visible ? b : a, taken && !tries, [&] {
      auto guards = tries ? try_lock(ashlar::read(a.subbuffer), ashlar::write(b.subbuffer))
                          : lock(ashlar::read(a.subbuffer), ashlar::write(b.subbuffer));
      held = static_cast<bool>(guards);
      require(held != taken, "guards are had if nothing is in their way");
      read.guard = std::move(guards.get<0>());
      write.guard = std::move(guards.get<1>());
    });
    if (held) {
      use(read);
      use(write);
      holds_.push_back(std::move(read));
      holds_.push_back(std::move(write));
    }
  }

  void release_or_flush() {
    if (holds_.empty()) {
      return;
    }
    std::size_t const index = input_.byte() % holds_.size();
    Hold& hold = holds_[index];
    if (input_.one_in(4)) {
      failures_.may_fail([&] {
        if (auto const* const write = std::get_if<1>(&hold.guard)) {
          write->flush();
        } else if (auto const* const overwrite = std::get_if<2>(&hold.guard)) {
          overwrite->flush();
        }
      });
    } else {
      release(index);
    }
  }

  /// The device reads or writes what the host does not hold, and no failed flush has left behind.
  void use_on_device() {
    View const* const view = input_.choose(views_);
    if (view == nullptr || view->subbuffer.size() == 0 || view->contents->may_be_dirty) {
      return;
    }
    View const part = any_part(*view);
    Contents& contents = *part.contents;
    ByteRange const bytes{part.first() * sizeof(Word), part.subbuffer.size_bytes()};
    ByteRange const atoms = bytes.widened(std::max<std::uint64_t>(contents.atom, sizeof(Word)));
    bool const writes = input_.one_in(2);
    if (std::ranges::any_of(holds_, [&](Hold const& hold) {
          return hold.conflicts(contents, atoms.offset / sizeof(Word), atoms.size / sizeof(Word), writes);
        })) {
      return;
    }
    auto const words = contents.part(part.first(), part.subbuffer.size());
    if (writes) {
      ++last_word_;
      std::vector<Word> const written(words.size(), last_word_);
      driver_.device_write(contents.memory, contents.offset + bytes.offset,
                           {reinterpret_cast<char const*>(written.data()), bytes.size});
      std::ranges::fill(words, std::pair{true, last_word_});
    } else {
      std::string const seen = driver_.device_read(contents.memory, contents.offset + bytes.offset, bytes.size);
      for (std::size_t i = 0; i < words.size(); ++i) {
        require(!words[i].first || std::memcmp(seen.data() + i * sizeof(Word), &words[i].second, sizeof(Word)) == 0,
                "the device reads what was written last");
      }
    }
  }

 private:
  /// At most so many words of a view, of those whose contents are known.
  View any_part(View const& view) {
    std::size_t const known = std::min(view.contents->words.size(), view.first() + view.subbuffer.size());
    std::size_t const have = known - std::min(known, view.first());
    std::size_t const first = have == 0 ? 0 : input_.byte() % have;
    return {view.subbuffer.slice(first, have == 0 ? 0 : input_.byte() % (have - first) + 1), view.contents};
  }

  bool is_taken(View const& part, bool writes) const {
    return std::ranges::any_of(holds_, [&](Hold const& hold) {
      return hold.conflicts(*part.contents, part.first(), part.subbuffer.size(), writes);
    });
  }

  template <class Function>
  void guarding(View const& part, bool conflicts, Function const& function) {
    try {
      failures_.may_fail(function);
    } catch (AccessConflictError const&) {
      require(conflicts, "who is told of a conflict holds one");
    } catch (NotHostVisibleError const&) {
      require(!part.contents->host_visible, "what is visible can be mapped");
    }
  }

  /// Reads what a guard may read, and writes all that it may write.
  void use(Hold& hold) {
    auto const words = hold.contents->part(hold.first, hold.count);
    auto const check = [&](auto const& guard) {
      for (std::size_t i = 0; i < words.size(); ++i) {
        require(!words[i].first || guard[i] == words[i].second, "the host reads what was written last");
      }
    };
    if (auto const* const read = std::get_if<0>(&hold.guard)) {
      check(*read);
      return;
    }
    ++last_word_;
    if (auto const* const write = std::get_if<1>(&hold.guard)) {
      check(*write);
      std::ranges::fill(*write, last_word_);
    } else {
      std::get<2>(hold.guard).fill(last_word_);
    }
    std::ranges::fill(words, std::pair{true, last_word_});
  }

  void release(std::size_t index) {
    Hold& hold = holds_[index];
    hold.contents->may_be_dirty |= hold.writes() && hold.contents->atom != 0 && failures_.any();
    holds_.erase(holds_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  Input& input_;
  simulated::Driver& driver_;
  Failures& failures_;
  std::vector<View> views_;
  std::vector<Hold> holds_;
  std::vector<std::weak_ptr<Contents>> buffers_;
  Word last_word_ = 0;
};

}  // namespace ashlar::fuzzing
