# What the library's own sources need: the headers of Vulkan and of volk. Users of ashlar need neither.
# Each is looked for as a target that exists already, a CONFIG package, a module, then downloaded.

include(FetchContent)

# Downloads a library of which only the headers are used: its own CMakeLists.txt is not run.
macro(ashlar_fetch_headers target name url tag include_dir)
  FetchContent_Declare(${name} GIT_REPOSITORY ${url} GIT_TAG ${tag} GIT_SHALLOW TRUE SOURCE_SUBDIR headers-only)
  FetchContent_MakeAvailable(${name})
  add_library(${target} INTERFACE IMPORTED)
  target_include_directories(${target} INTERFACE "${${name}_SOURCE_DIR}/${include_dir}")
endmacro()

set(ashlar_vulkan_tag vulkan-sdk-1.3.296.0)

if(NOT TARGET Vulkan::Headers)
  find_package(VulkanHeaders CONFIG QUIET)
endif()
if(NOT TARGET Vulkan::Headers)
  find_package(Vulkan MODULE QUIET)
endif()
if(NOT TARGET Vulkan::Headers)
  ashlar_fetch_headers(Vulkan::Headers vulkan_headers https://github.com/KhronosGroup/Vulkan-Headers.git
                       ${ashlar_vulkan_tag} include)
endif()

if(NOT TARGET volk::volk_headers AND NOT TARGET volk::volk)
  find_package(volk CONFIG QUIET)
endif()
if(NOT TARGET volk::volk_headers AND NOT TARGET volk::volk)
  find_package(volk MODULE QUIET)
endif()
if(NOT TARGET volk::volk_headers AND NOT TARGET volk::volk)
  ashlar_fetch_headers(volk::volk_headers volk https://github.com/zeux/volk.git ${ashlar_vulkan_tag} .)
endif()

# Only volk.h is wanted: volk::volk would link volk.c.
if(TARGET volk::volk_headers)
  set(ashlar_volk_includes $<TARGET_PROPERTY:volk::volk_headers,INTERFACE_INCLUDE_DIRECTORIES>)
else()
  set(ashlar_volk_includes $<TARGET_PROPERTY:volk::volk,INTERFACE_INCLUDE_DIRECTORIES>)
endif()
set(ashlar_vulkan_includes $<TARGET_PROPERTY:Vulkan::Headers,INTERFACE_INCLUDE_DIRECTORIES> ${ashlar_volk_includes})

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
