# Finds volk.h where volk has no CMake package, as in Debian's libvulkan-volk-dev.
# Defines the target volk::volk_headers.

find_path(volk_INCLUDE_DIR volk.h)
mark_as_advanced(volk_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(volk REQUIRED_VARS volk_INCLUDE_DIR)

if(volk_FOUND AND NOT TARGET volk::volk_headers)
  add_library(volk::volk_headers INTERFACE IMPORTED)
  target_include_directories(volk::volk_headers INTERFACE "${volk_INCLUDE_DIR}")
endif()
