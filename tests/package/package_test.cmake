# cmake -D kind=static|shared -D step=... -D source_dir=... -D work_dir=... -D generator=... -D compiler=...
#       -D pkg_config=... -D nm=... -P package_test.cmake

cmake_minimum_required(VERSION 3.22)

set(prefix "${work_dir}/prefix")

function(run)
  list(JOIN ARGN " " command)
  message("> ${command}")
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Configures, builds and runs the consumer project.
function(run_consumer build_dir)
  run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/consumer" -B "${build_dir}" -G "${generator}"
      -D "CMAKE_CXX_COMPILER=${compiler}" -D CMAKE_BUILD_TYPE=Debug ${ARGN})
  run("${CMAKE_COMMAND}" --build "${build_dir}")
  run("${build_dir}/consumer")
endfunction()

# Builds and runs one file with a compiler and what pkg-config says.
function(build_by_pkg_config name)
  if(NOT pkg_config)
    message(FATAL_ERROR "pkg-config was not found on this machine.")
  endif()
  file(GLOB_RECURSE pc_file "${prefix}/*/ashlar.pc")
  cmake_path(GET pc_file PARENT_PATH pc_dir)
  set(ENV{PKG_CONFIG_PATH} "${pc_dir}")
  set(ENV{LD_LIBRARY_PATH} "${pc_dir}/..")
  set(static)
  if(kind STREQUAL "static")
    set(static --static)
  endif()
  execute_process(COMMAND "${pkg_config}" --cflags --libs ${static} "ashlar >= 0.1" OUTPUT_VARIABLE flags
                  COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  run("${compiler}" -std=c++20 "${CMAKE_CURRENT_LIST_DIR}/consumer/${name}.cpp" ${flags} ${ARGN}
      -o "${work_dir}/${name}")
  run("${work_dir}/${name}")
endfunction()

if(step STREQUAL "add_subdirectory")
  string(COMPARE EQUAL ${kind} shared shared)
  run_consumer("${work_dir}/${step}" -D "ASHLAR_SOURCE_DIR=${source_dir}" -D BUILD_SHARED_LIBS=${shared}
               -D ASHLAR_INSTALL=ON)
  # What is installed may be moved.
  file(REMOVE_RECURSE "${work_dir}/stage" "${prefix}")
  run("${CMAKE_COMMAND}" --install "${work_dir}/${step}" --prefix "${work_dir}/stage")
  file(RENAME "${work_dir}/stage" "${prefix}")

elseif(step STREQUAL "find_package")
  # The installed package asks for no Vulkan.
  file(REMOVE_RECURSE "${work_dir}/${step}")
  run_consumer("${work_dir}/${step}" -D "CMAKE_PREFIX_PATH=${prefix}" -D CMAKE_DISABLE_FIND_PACKAGE_Vulkan=ON
               -D CMAKE_DISABLE_FIND_PACKAGE_VulkanHeaders=ON -D CMAKE_DISABLE_FIND_PACKAGE_volk=ON)

elseif(step STREQUAL "pkg_config")
  build_by_pkg_config(main)

elseif(step STREQUAL "linked_to_loader")
  build_by_pkg_config(linked_to_loader -lvulkan)

elseif(step STREQUAL "symbols")
  # A global vk... symbol would take the place of the loader's in a program that links it.
  file(GLOB_RECURSE library "${prefix}/*/libashlar.a" "${prefix}/*/libashlar.so")
  if(kind STREQUAL "shared")
    set(dynamic -D)
  endif()
  execute_process(COMMAND "${nm}" -g --defined-only ${dynamic} "${library}" OUTPUT_VARIABLE symbols
                  COMMAND_ERROR_IS_FATAL ANY)
  if(NOT symbols MATCHES "FreeListAllocator")
    message(FATAL_ERROR "${library} does not export ashlar's own symbols")
  endif()
  if(symbols MATCHES "[^\n]* _?vk[A-Z][^\n]*")
    message(FATAL_ERROR "${library} defines ${CMAKE_MATCH_0}")
  endif()

else()
  message(FATAL_ERROR "there is no step ${step}")
endif()
