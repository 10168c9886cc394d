#include "device/device_selection.hpp"

#include <ashlar/error.hpp>

#include "device/loader.hpp"
#include "device/physical_device_state.hpp"
#include "text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ashlar::detail {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool contains_ignoring_case(std::string_view text, std::string_view part) noexcept {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

bool is_number(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Lower is better.
int rank(DeviceType type) noexcept {
  switch (type) {
    case DeviceType::DiscreteGpu:
      return 0;
    case DeviceType::IntegratedGpu:
      return 1;
    case DeviceType::VirtualGpu:
      return 2;
    case DeviceType::Cpu:
      return 3;
    case DeviceType::Other:
      break;
  }
  return 4;
}

char const* type_text(DeviceType type) noexcept {
  constexpr char const* texts[] = {"discrete GPU", "integrated GPU", "virtual GPU", "CPU", "other"};
  return texts[rank(type)];
}

bool matches(std::string_view wanted, PhysicalDevice const& device, std::size_t index) noexcept {
  if (wanted.empty() || !is_number(wanted)) {
    return contains_ignoring_case(device.name(), wanted);
  }
  std::size_t number = 0;
  auto const [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  return error == std::errc{} && number == index;
}

[[noreturn]] void throw_not_found(std::string_view wanted, PhysicalDevices const& devices) {
  std::string message =
      wanted.empty() ? std::string{"No device offers Vulkan 1.1."}
                     : text("No device that offers Vulkan 1.1 is \"", wanted, "\" by its index or a part of its name.");
  if (devices.empty()) {
    append(message, text(" The Vulkan loader found no device at all. ", driver_hint()));
    throw NotFoundError{message.c_str()};
  }
  append(message, " The devices here:");
  for (std::size_t i = 0; i < devices.size(); ++i) {
    PhysicalDevice const device = devices[i];
    append(message, text("\n  ", i, ": ", device.name(), " (", type_text(device.type()), ", Vulkan ",
                         version_text(device.api_version()), ")"));
  }
  if (wanted.empty()) {
    append(message, text("\n", driver_hint()));
  }
  throw NotFoundError{message.c_str()};
}

}  // namespace

PhysicalDevice select_device(Instance const& instance, char const* wanted) {
  std::string_view wish = wanted;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): who changes the environment meanwhile has the same trouble everywhere.
  if (char const* const variable = std::getenv("ASHLAR_DEVICE"); wish.empty() && variable != nullptr) {
    wish = variable;
  }
  PhysicalDevices const devices = instance.physical_devices();
  PhysicalDevice best;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    PhysicalDevice const device = devices[i];
    if (device.api_version() >= VK_API_VERSION_1_1 && matches(wish, device, i) &&
        (!best || rank(device.type()) < rank(best.type()))) {
      best = device;
    }
  }
  if (!best) {
    throw_not_found(wish, devices);
  }
  return best;
}

}  // namespace ashlar::detail
