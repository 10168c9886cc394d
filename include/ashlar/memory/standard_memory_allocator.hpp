#pragma once

#include <ashlar/memory/generic_memory_allocator.hpp>
#include <ashlar/suballocator/free_list_allocator.hpp>

namespace ashlar {

/// The allocator for everyday use: any size, freed in any order. All blocks of a memory type are divided by one free
/// list
/// (`FreeListAllocator` says how), so that both cost the same however much is live.
using StandardMemoryAllocator = GenericMemoryAllocator<FreeListAllocator>;

}  // namespace ashlar
