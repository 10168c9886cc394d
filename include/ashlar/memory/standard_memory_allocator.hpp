#pragma once

#include <ashlar/memory/generic_memory_allocator.hpp>
#include <ashlar/suballocator/free_list_allocator.hpp>

namespace ashlar {

/// The allocator for everyday use: any size, freed in any order, at constant cost.
using StandardMemoryAllocator = GenericMemoryAllocator<FreeListAllocator>;

}  // namespace ashlar
