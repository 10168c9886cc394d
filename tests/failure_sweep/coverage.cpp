#include "failure_sweep/coverage.hpp"

#include <cstdio>

#include "failure_sweep/vulkan_registry.hpp"

namespace ashlar::test {

namespace {

std::string name_of(Injection const& injection) {
  if (injection.of_host_memory()) {
    return "operator new";
  }
  return injection.function + " " + std::string{to_words(injection.result)} +
         (injection.elements != 0 ? ", half-way" : "");
}

std::string line(std::string const& name, std::uint64_t injected, std::uint64_t left) {
  char text[160];
  std::snprintf(text, sizeof text, "%-84s %9llu %9llu\n", name.c_str(), static_cast<unsigned long long>(injected),
                static_cast<unsigned long long>(left));
  return text;
}

}  // namespace

std::string to_words(Injection const& injection) {
  if (injection.of_host_memory()) {
    return "new:" + std::to_string(injection.nth);
  }
  return injection.function + ":" + std::to_string(injection.nth) + ":" + std::string{to_words(injection.result)} +
         (injection.elements != 0 ? ":" + std::to_string(injection.elements) : "");
}

bool Coverage::take(Injection const& injection, std::string const& signature) {
  bool const is_new = all_ || signatures_.insert(signature).second;
  Counts& counts = counts_[name_of(injection)];
  ++(is_new ? counts.injected : counts.left);
  return is_new;
}

std::string Coverage::table() const {
  std::string text =
      "failures of                                                                           injected      left\n";
  Counts sum;
  for (auto const& [name, counts] : counts_) {
    text += line(name, counts.injected, counts.left);
    sum.injected += counts.injected;
    sum.left += counts.left;
  }
  return text + line("all", sum.injected, sum.left);
}

}  // namespace ashlar::test
