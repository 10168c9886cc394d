// What the guards' types are, seen by the compiler.

#include <ashlar/buffer/flexible.hpp>
#include <ashlar/buffer/overwrite_guard.hpp>
#include <ashlar/buffer/read_guard.hpp>
#include <ashlar/buffer/write_guard.hpp>

#include <array>
#include <concepts>
#include <iterator>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>

#include "support/catch.hpp"

namespace ashlar {
namespace {

template <class Guard>
concept IsGuard = std::is_nothrow_default_constructible_v<Guard> && std::is_nothrow_move_constructible_v<Guard> &&
                  std::is_nothrow_move_assignable_v<Guard> && !std::is_copy_constructible_v<Guard> &&
                  !std::is_copy_assignable_v<Guard> && std::constructible_from<bool, Guard> &&
                  !std::convertible_to<Guard, bool> && !std::convertible_to<Guard&, detail::AccessGuard&>;

static_assert(IsGuard<ReadGuard<int>>);
static_assert(IsGuard<ReadGuard<int[]>>);
static_assert(IsGuard<WriteGuard<int>>);
static_assert(IsGuard<WriteGuard<int[]>>);
static_assert(IsGuard<OverwriteGuard<int>>);
static_assert(IsGuard<OverwriteGuard<int[]>>);
static_assert(sizeof(WriteGuard<int[]>) <= 80);

// Guards of elements are ranges, and views own them.
static_assert(std::ranges::contiguous_range<ReadGuard<int[]>>);
static_assert(std::ranges::sized_range<ReadGuard<int[]>>);
static_assert(std::same_as<std::ranges::range_reference_t<ReadGuard<int[]>>, int const&>);
static_assert(std::ranges::contiguous_range<WriteGuard<int[]>>);
static_assert(std::ranges::contiguous_range<WriteGuard<int[]> const>);
static_assert(std::ranges::sized_range<WriteGuard<int[]>>);
static_assert(std::same_as<std::ranges::range_reference_t<WriteGuard<int[]>>, int&>);
static_assert(std::ranges::viewable_range<ReadGuard<int[]>>);
static_assert(std::ranges::viewable_range<WriteGuard<int[]>&>);
static_assert(!std::ranges::borrowed_range<ReadGuard<int[]>>);
static_assert(std::convertible_to<ReadGuard<int[]>&, std::span<int const>>);
static_assert(std::convertible_to<WriteGuard<int[]>&, std::span<int>>);
static_assert(!std::convertible_to<ReadGuard<int[]>&, std::span<int>>);
static_assert(!std::convertible_to<WriteGuard<int[]>, std::span<int>>);
static_assert(std::convertible_to<detail::Elements<int>, std::span<int>>);
static_assert(!std::convertible_to<detail::Elements<int>, std::span<int, 3>>);

// An overwrite guard is written to, and not read.
static_assert(std::ranges::output_range<OverwriteGuard<int[]>, int>);
static_assert(std::ranges::sized_range<OverwriteGuard<int[]>>);
static_assert(std::sized_sentinel_for<detail::OverwriteIterator<int>, detail::OverwriteIterator<int>>);
static_assert(!std::ranges::input_range<OverwriteGuard<int[]>>);
static_assert(!std::convertible_to<decltype(*std::declval<OverwriteGuard<int>&>()), int>);
static_assert(!std::convertible_to<decltype(std::declval<OverwriteGuard<int[]>&>()[0]), int>);
static_assert(!std::convertible_to<decltype(std::declval<OverwriteGuard<int[]>>()[0]), int>);
static_assert(std::is_assignable_v<decltype(*std::declval<OverwriteGuard<int>&>()), int>);

// A guard that is a temporary gives copies, and what can only be assigned to at once.
static_assert(std::same_as<decltype(*std::declval<ReadGuard<int>&>()), int const&>);
static_assert(std::same_as<decltype(*std::declval<ReadGuard<int>>()), int>);
static_assert(std::same_as<decltype(std::declval<ReadGuard<int[]>>()[0]), int>);
static_assert(std::same_as<decltype(*std::declval<WriteGuard<int>&>()), int&>);
static_assert(std::same_as<decltype(std::declval<WriteGuard<int[]>&>()[0]), int&>);

template <class Element>
concept IsTemporaryReference = !std::is_reference_v<Element> && std::is_assignable_v<Element, int> &&
                               !std::is_assignable_v<Element&, int> && !std::is_copy_constructible_v<Element> &&
                               !std::is_move_constructible_v<Element> && !std::convertible_to<Element, int&>;

static_assert(IsTemporaryReference<decltype(*std::declval<WriteGuard<int>>())>);
static_assert(IsTemporaryReference<decltype(std::declval<WriteGuard<int[]>>()[0])>);
static_assert(IsTemporaryReference<decltype(*std::declval<OverwriteGuard<int>>())>);
static_assert(IsTemporaryReference<decltype(std::declval<OverwriteGuard<int[]>>()[0])>);
static_assert(std::convertible_to<decltype(*std::declval<WriteGuard<int>>()), int>);
static_assert(!std::convertible_to<decltype(*std::declval<WriteGuard<int>>())&, int>);

template <class Guard>
concept GivesPointersOfTemporaries = requires(Guard guard) { std::move(guard).data(); } || requires(Guard guard) {
  std::move(guard).begin();
} || requires(Guard guard) { std::move(guard).end(); } || requires(Guard guard) { std::move(guard).get(); };

static_assert(!GivesPointersOfTemporaries<ReadGuard<int>>);
static_assert(!GivesPointersOfTemporaries<ReadGuard<int[]>>);
static_assert(!GivesPointersOfTemporaries<WriteGuard<int>>);
static_assert(!GivesPointersOfTemporaries<WriteGuard<int[]>>);
static_assert(!GivesPointersOfTemporaries<OverwriteGuard<int[]>>);

// C arrays are contents too; they cannot be copied out of a temporary guard.
template <class Guard>
concept CopiesFromTemporary = requires(Guard guard) { *std::move(guard); };

static_assert(CopiesFromTemporary<ReadGuard<std::array<int, 3>>>);
static_assert(!CopiesFromTemporary<ReadGuard<int[3]>>);
static_assert(std::same_as<decltype(*std::declval<ReadGuard<int[3]>&>()), int const (&)[3]>);
static_assert(std::is_assignable_v<decltype(*std::declval<WriteGuard<int[3]>>()), int const (&)[3]>);
static_assert(std::ranges::contiguous_range<WriteGuard<int[][3]>>);

}  // namespace

TEST_CASE("a guard that holds nothing tests false and is empty", "[guard]") {
  CHECK_FALSE(ReadGuard<int>{});
  CHECK_FALSE(WriteGuard<int>{});
  CHECK_FALSE(OverwriteGuard<int>{});

  ReadGuard<int[]> reader;
  CHECK_FALSE(reader);
  CHECK(reader.empty());
  CHECK(reader.begin() == reader.end());
  WriteGuard<int[]> writer;
  CHECK(writer.size() == 0);
  CHECK(writer.begin() == writer.end());
  OverwriteGuard<int[]> overwriter;
  CHECK(overwriter.size_bytes() == 0);
  CHECK(overwriter.begin() == overwriter.end());

  writer.flush();
  writer.release();
  writer = WriteGuard<int[]>{};
  CHECK_FALSE(writer);
}

}  // namespace ashlar
