# Installs the library, its headers, and what find_package(ashlar) and `pkg-config ashlar` read.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(ashlar_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/ashlar")

install(TARGETS ashlar EXPORT ashlar-targets INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/ashlar" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.hpp")
install(EXPORT ashlar-targets NAMESPACE ashlar:: DESTINATION "${ashlar_cmake_dir}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/ashlar-config.cmake.in"
                              "${PROJECT_BINARY_DIR}/ashlar-config.cmake"
                              INSTALL_DESTINATION "${ashlar_cmake_dir}"
                              NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/ashlar-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/ashlar-config.cmake" "${PROJECT_BINARY_DIR}/ashlar-config-version.cmake"
        DESTINATION "${ashlar_cmake_dir}")

# The paths in ashlar.pc count from the file itself, so that an installed tree can be moved.
file(RELATIVE_PATH ashlar_pc_prefix "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
file(RELATIVE_PATH ashlar_pc_include "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
get_target_property(ashlar_type ashlar TYPE)
if(ashlar_type STREQUAL "SHARED_LIBRARY")
  set(ashlar_pc_cflags " -DASHLAR_SHARED")
endif()
set(ashlar_pc_libs_private " -pthread")
foreach(library IN LISTS CMAKE_DL_LIBS)
  string(APPEND ashlar_pc_libs_private " -l${library}")
endforeach()
configure_file("${PROJECT_SOURCE_DIR}/cmake/ashlar.pc.in" "${PROJECT_BINARY_DIR}/ashlar.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/ashlar.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
