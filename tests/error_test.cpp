#include <ashlar/error.hpp>

#include <cstdint>
#include <limits>
#include <source_location>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"

namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using std::string;

/// The text of an OutOfMemoryError for a request of `bytes`.
string text_for(std::uint64_t bytes) { return ashlar::OutOfMemoryError{{.requested = bytes}}.what(); }

}  // namespace

TEMPLATE_TEST_CASE("errors are exceptions that copy without throwing", "[error]", ashlar::Error, ashlar::VulkanError,
                   ashlar::NotFoundError, ashlar::OutOfMemoryError, ashlar::AccessConflictError,
                   ashlar::NotHostVisibleError, ashlar::ValidationError) {
  STATIC_REQUIRE(std::is_base_of_v<std::exception, TestType>);
  STATIC_REQUIRE(std::is_base_of_v<ashlar::Error, TestType>);
  STATIC_REQUIRE(std::is_nothrow_copy_constructible_v<TestType>);
  STATIC_REQUIRE(std::is_nothrow_copy_assignable_v<TestType>);
}

TEST_CASE("a copy of an error keeps the text when the original is gone", "[error]") {
  string const long_text(1000, 'x');
  ashlar::Error copy{"first"};
  {
    ashlar::Error const original{long_text.c_str()};
    copy = original;
    CHECK(copy.what() == original.what());  // Shared, not copied.
  }
  CHECK(copy.what() == long_text);
  ashlar::Error const& alias = copy;
  copy = alias;
  CHECK(copy.what() == long_text);
}

TEST_CASE("an error owns its text", "[error]") {
  char text[] = "text";
  ashlar::NotFoundError const error{text};
  text[0] = 'n';
  CHECK(error.what() == string{"text"});
}

TEST_CASE("copies of an error may be made and dropped by several threads", "[error]") {
  ashlar::ValidationError const error{"context", "problem", "vuid"};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) {
        ashlar::ValidationError copy{error};
        copy = error;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(error.problem() == string{"problem"});
}

TEST_CASE("a Vulkan error names the function and the result", "[error]") {
  ashlar::VulkanError const error{-2, "vkAllocateMemory"};
  CHECK(error.what() == string{"vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY (-2)"});
  CHECK(error.result() == -2);
  CHECK(error.function() == string{"vkAllocateMemory"});
  CHECK(ashlar::VulkanError{-4, "f", "Restart"}.what() == string{"f failed with VK_ERROR_DEVICE_LOST (-4). Restart"});
  CHECK(ashlar::VulkanError{-1000072003, "f"}.what() ==
        string{"f failed with VK_ERROR_INVALID_EXTERNAL_HANDLE (-1000072003)"});
  CHECK(ashlar::VulkanError{-1234, "f"}.what() == string{"f failed with VkResult -1234"});
}

TEST_CASE("an out of memory error gives every figure", "[error]") {
  ashlar::OutOfMemoryInfo const info{.requested = 3221225472,
                                     .memory_type = 7,
                                     .heap = 1,
                                     .heap_size = 8589934592,
                                     .heap_use = 6442450945,
                                     .budget = 7516192768,
                                     .allocation_count = 12,
                                     .max_allocation_count = 4096,
                                     .max_allocation_size = 4294967295,
                                     .result = -2};
  ashlar::OutOfMemoryError const error{info};
  string const text = error.what();
  CHECK_THAT(text, Contains("3221225472 bytes (3 GiB)"));
  CHECK_THAT(text, Contains("memory type 7"));
  CHECK_THAT(text, Contains("heap 1 of 8589934592 bytes (8 GiB)"));
  CHECK_THAT(text, Contains("allocated 6442450945 bytes (6 GiB)"));
  CHECK_THAT(text, Contains("at most 7516192768 bytes (7 GiB)"));
  CHECK_THAT(text, Contains("12 of at most 4096"));
  CHECK_THAT(text, Contains("each of at most 4294967295 bytes (3.9 GiB)"));
  CHECK_THAT(text, Contains("VK_ERROR_OUT_OF_DEVICE_MEMORY (-2)"));
  CHECK(error.requested() == info.requested);
  CHECK(error.heap() == 1);
  CHECK(error.budget() == info.budget);
  CHECK(error.info().max_allocation_size == info.max_allocation_size);
}

TEST_CASE("an out of memory error leaves out what is not known", "[error]") {
  string const text = text_for(1);
  CHECK_THAT(text, !Contains("advises"));
  CHECK_THAT(text, Contains("No Vulkan call was made"));
}

TEST_CASE("bytes are readable", "[error]") {
  CHECK_THAT(text_for(0), Contains("give 0 bytes."));
  CHECK_THAT(text_for(1), Contains("give 1 byte."));
  CHECK_THAT(text_for(1023), Contains("give 1023 bytes."));
  CHECK_THAT(text_for(1024), Contains("give 1024 bytes (1 KiB)."));
  CHECK_THAT(text_for(1536), Contains("give 1536 bytes (1.5 KiB)."));
  CHECK_THAT(text_for((1 << 20) - 1), Contains("give 1048575 bytes (1023.9 KiB)."));
  CHECK_THAT(text_for(1 << 20), Contains("give 1048576 bytes (1 MiB)."));
  CHECK_THAT(text_for(std::numeric_limits<std::uint64_t>::max()),
             Contains("give 18446744073709551615 bytes (15.9 EiB)."));
}

TEST_CASE("an access conflict names both places", "[error]") {
  auto const who = std::source_location::current();
  auto const asked = std::source_location::current();
  ashlar::AccessConflictError const error{who, asked};
  string const text = error.what();
  CHECK_THAT(text, StartsWith("The bytes asked for at " + string{asked.file_name()} + ":" +
                              std::to_string(asked.line()) + " "));
  CHECK_THAT(text, Contains("acquired at " + string{who.file_name()} + ":" + std::to_string(who.line()) + " "));
  CHECK(error.who().line() == who.line());
}

TEST_CASE("a validation error keeps its parts and joins them in its text", "[error]") {
  ashlar::ValidationError const error{"Buffer::create", "the size is 0", "VUID-VkBufferCreateInfo-size-00912"};
  CHECK(error.context() == string{"Buffer::create"});
  CHECK(error.problem() == string{"the size is 0"});
  CHECK(error.vuid() == string{"VUID-VkBufferCreateInfo-size-00912"});
  CHECK(error.what() == string{"Buffer::create: the size is 0 (VUID-VkBufferCreateInfo-size-00912)"});
  CHECK_THAT((ashlar::ValidationError{"a", "b"}.what()), EndsWith("a: b"));
}

TEST_CASE("errors are caught by their own type, by Error and by std::exception", "[error]") {
  auto const fail = [] { throw ashlar::NotHostVisibleError{"stage it"}; };
  CHECK_THROWS_AS(fail(), ashlar::NotHostVisibleError);
  CHECK_THROWS_AS(fail(), ashlar::Error);
  CHECK_THROWS_WITH(fail(), "stage it");
}
