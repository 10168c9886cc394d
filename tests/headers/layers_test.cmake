# cmake -D root=<project> -P layers_test.cmake
#
# A file of the library includes only its own layer or a lower one, wherever it stands: include/ashlar or src.

cmake_minimum_required(VERSION 3.22)

set(layers suballocator device memory buffer transfer)  # 1 and up; layer 0 is what lies in no folder

# The layer of a path that counts from include/ashlar or src.
function(layer_of path variable)
  if(path MATCHES "^([^/]+)/")
    list(FIND layers "${CMAKE_MATCH_1}" index)
    if(index EQUAL -1)
      message(SEND_ERROR "${path}: there is no layer of that name")
    endif()
    math(EXPR index "${index} + 1")
  elseif(path STREQUAL "ashlar.hpp")
    set(index 99)  # the umbrella is above all
  else()
    set(index 0)
  endif()
  set(${variable} ${index} PARENT_SCOPE)
endfunction()

set(checked 0)
foreach(base IN ITEMS include/ashlar src)
  file(GLOB_RECURSE files RELATIVE "${root}/${base}" "${root}/${base}/*.hpp" "${root}/${base}/*.cpp")
  foreach(file IN LISTS files)
    layer_of("${file}" own_layer)
    file(STRINGS "${root}/${base}/${file}" lines REGEX "^[ ]*#[ ]*include")
    foreach(line IN LISTS lines)
      if(line MATCHES "[<\"](vulkan/|vk_video/|volk)")
        if(base STREQUAL "include/ashlar")
          message(SEND_ERROR "${base}/${file} is public and has ${line}")
        elseif(file MATCHES "^suballocator/")
          message(SEND_ERROR "${base}/${file} must not know Vulkan, and has ${line}")
        endif()
        continue()
      elseif(line MATCHES "<ashlar/([^>]+)>|\"([^\"]+)\"")
        set(included "${CMAKE_MATCH_1}${CMAKE_MATCH_2}")
      else()
        continue()
      endif()
      math(EXPR checked "${checked} + 1")
      cmake_path(GET file PARENT_PATH folder)
      if(line MATCHES "\"" AND EXISTS "${root}/${base}/${folder}/${included}")
        continue()  # its neighbour
      endif()
      layer_of("${included}" other_layer)
      if(other_layer GREATER own_layer)
        message(SEND_ERROR "${base}/${file} includes upwards: ${line}")
      endif()
      if(file MATCHES "^buffer/" AND included MATCHES "standard_memory_allocator")
        message(SEND_ERROR "${base}/${file} must see MemoryAllocator only, and has ${line}")
      endif()
    endforeach()
  endforeach()
endforeach()

message("${checked} includes checked")
if(checked EQUAL 0)
  message(SEND_ERROR "no includes found")
endif()
