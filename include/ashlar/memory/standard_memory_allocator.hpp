#pragma once

#include <ashlar/memory/generic_memory_allocator.hpp>
#include <ashlar/suballocator/free_list_allocator.hpp>

namespace ashlar {

/// The allocator for everyday use: any size, freed in any order. Within a block both cost the same however much is
/// live (`FreeListAllocator`); what finding the block costs is said at `MemoryAllocator`.
using StandardMemoryAllocator = GenericMemoryAllocator<FreeListAllocator>;

}  // namespace ashlar
