#include "simulated_driver/inside.hpp"

namespace ashlar::simulated {

namespace {

thread_local int depth = 0;

}  // namespace

Inside::Inside() noexcept { ++depth; }

Inside::~Inside() { --depth; }

bool is_inside() noexcept { return depth != 0; }

}  // namespace ashlar::simulated
