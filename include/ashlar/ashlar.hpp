#pragma once

/// \file
/// All of ashlar. Include single headers where compile time counts.

#include <ashlar/array_view.hpp>
#include <ashlar/buffer/buffer.hpp>
#include <ashlar/buffer/buffer_contents.hpp>
#include <ashlar/buffer/buffer_usage.hpp>
#include <ashlar/buffer/lock.hpp>
#include <ashlar/buffer/subbuffer.hpp>
#include <ashlar/device/device.hpp>
#include <ashlar/device/instance.hpp>
#include <ashlar/device/physical_device.hpp>
#include <ashlar/device/queue.hpp>
#include <ashlar/duration.hpp>
#include <ashlar/error.hpp>
#include <ashlar/flags.hpp>
#include <ashlar/layout.hpp>
#include <ashlar/memory/device_memory.hpp>
#include <ashlar/memory/generic_memory_allocator.hpp>
#include <ashlar/memory/memory_allocation.hpp>
#include <ashlar/memory/memory_allocator.hpp>
#include <ashlar/memory/memory_type.hpp>
#include <ashlar/memory/standard_memory_allocator.hpp>
#include <ashlar/memory/statistics.hpp>
#include <ashlar/suballocator/buddy_allocator.hpp>
#include <ashlar/suballocator/bump_allocator.hpp>
#include <ashlar/suballocator/free_list_allocator.hpp>
#include <ashlar/suballocator/suballocator.hpp>
#include <ashlar/transfer/pending.hpp>
#include <ashlar/transfer/submission.hpp>
#include <ashlar/transfer/submit_info.hpp>
#include <ashlar/transfer/tracked_work.hpp>
#include <ashlar/transfer/transfer.hpp>
