#include "device/enumerate.hpp"

#include <ashlar/error.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

using ashlar::VulkanError;
using ashlar::detail::enumerate;

/// An enumeration of so many elements, 1, 2, …, that first answers with the results that are given.
struct Enumeration {
  VkResult operator()(std::uint32_t* count, int* elements) {
    ++calls;
    VkResult const result = results.empty() ? VK_SUCCESS : results.front();
    if (!results.empty()) {
      results.erase(results.begin());
    }
    *count = elements == nullptr || *count > size ? size : *count;
    for (std::uint32_t i = 0; elements != nullptr && i < *count; ++i) {
      elements[i] = static_cast<int>(i) + 1;
    }
    return result;
  }

  std::uint32_t size = 0;
  std::vector<VkResult> results{};
  int calls = 0;
};

std::vector<int> all_of(Enumeration& enumeration) {
  return enumerate<int>("vkEnumerate",
                        [&](std::uint32_t* count, int* elements) { return enumeration(count, elements); });
}

}  // namespace

TEST_CASE("an enumeration gives all elements", "[enumerate]") {
  Enumeration three{.size = 3};
  CHECK(all_of(three) == std::vector<int>{1, 2, 3});
  CHECK(three.calls == 2);
}

TEST_CASE("an enumeration that comes up short is asked again", "[enumerate]") {
  Enumeration enumeration{.size = 3, .results = {VK_SUCCESS, VK_INCOMPLETE}};
  CHECK(all_of(enumeration) == std::vector<int>{1, 2, 3});
  CHECK(enumeration.calls == 4);
}

// Asked for no elements, it would take the null pointer of an empty array for the question how many there are.
TEST_CASE("an enumeration of nothing is not asked for elements", "[enumerate]") {
  Enumeration nothing{};
  CHECK(all_of(nothing).empty());
  CHECK(nothing.calls == 1);
}

TEST_CASE("an enumeration that fails says so, by either call", "[enumerate]") {
  Enumeration enumeration{.size = 3,
                          .results = GENERATE(std::vector{VK_ERROR_OUT_OF_HOST_MEMORY},
                                              std::vector{VK_SUCCESS, VK_ERROR_OUT_OF_HOST_MEMORY})};
  try {
    static_cast<void>(all_of(enumeration));
    FAIL("nothing was thrown");
  } catch (VulkanError const& error) {
    CHECK(error.result() == VK_ERROR_OUT_OF_HOST_MEMORY);
    CHECK(error.function() == std::string{"vkEnumerate"});
  }
}
