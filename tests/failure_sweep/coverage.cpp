#include "failure_sweep/coverage.hpp"

#include <algorithm>

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

std::string line(std::string name, std::string const& injected, std::string const& left) {
  name.resize(84, ' ');
  return name + std::string(10 - std::min<std::size_t>(injected.size(), 10), ' ') + injected +
         std::string(10 - std::min<std::size_t>(left.size(), 10), ' ') + left + "\n";
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
  std::string text = line("failures of", "injected", "left");
  Counts sum;
  for (auto const& [name, counts] : counts_) {
    text += line(name, std::to_string(counts.injected), std::to_string(counts.left));
    sum.injected += counts.injected;
    sum.left += counts.left;
  }
  return text + line("all", std::to_string(sum.injected), std::to_string(sum.left));
}

}  // namespace ashlar::test
