# cmake -D case=... -D compiler=... -D include_dir=... -D vulkan_includes=a|b -D work_dir=... -P headers_test.cmake

cmake_minimum_required(VERSION 3.22)

set(umbrella ashlar/ashlar.hpp)
set(warnings -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
file(GLOB_RECURSE headers RELATIVE "${include_dir}" "${include_dir}/ashlar/*.hpp")
if(NOT umbrella IN_LIST headers)
  message(FATAL_ERROR "${umbrella} is missing")
endif()

# Compiles lines of code, without a warning; `what` is for the message.
function(check_compiles what code)
  string(MAKE_C_IDENTIFIER "${what}" name)
  set(file "${work_dir}/${name}.cpp")
  file(WRITE "${file}" "${code}")
  execute_process(COMMAND "${compiler}" -std=c++20 -fsyntax-only ${warnings} "-I${include_dir}" ${ARGN} "${file}"
                  RESULT_VARIABLE status ERROR_VARIABLE errors)
  if(NOT status EQUAL 0)
    message(SEND_ERROR "${what} does not compile:\n${errors}")
  endif()
endfunction()

# A header's text without comments.
function(read_code header variable)
  file(READ "${include_dir}/${header}" code)
  string(REGEX REPLACE "//[^\n]*" "" code "${code}")
  set(${variable} "${code}" PARENT_SCOPE)
endfunction()

# Every header compiles alone, and may be included twice.
function(check_alone)
  foreach(header IN LISTS headers)
    check_compiles(${header} "#include <${header}>\n#include <${header}>\n" ${ARGN})
  endforeach()
endfunction()

if(case STREQUAL "alone")
  check_alone()

elseif(case STREQUAL "no_exceptions")
  check_alone(-fno-exceptions -fno-rtti)

elseif(case STREQUAL "macros")
  # Standard headers come first: what is tested is our own text.
  set(prelude)
  foreach(header IN LISTS headers)
    read_code(${header} code)
    string(REGEX MATCHALL "#include <[a-z_]+>" includes "${code}")
    list(APPEND prelude ${includes})
  endforeach()
  list(REMOVE_DUPLICATES prelude)
  list(JOIN prelude "\n" prelude)
  file(WRITE "${work_dir}/prelude.hpp" "${prelude}\n#include \"${CMAKE_CURRENT_LIST_DIR}/platform_macros.hpp\"\n")
  check_alone(-include "${work_dir}/prelude.hpp")

elseif(case STREQUAL "dependencies")
  # No public header needs Vulkan's or volk's headers, and the umbrella includes every public header.
  foreach(header IN LISTS headers)
    execute_process(COMMAND "${compiler}" -std=c++20 -M "-I${include_dir}" "${include_dir}/${header}"
                    OUTPUT_VARIABLE dependencies COMMAND_ERROR_IS_FATAL ANY)
    if(dependencies MATCHES "[^ ]*/(vulkan/|vk_video/|volk)[^ ]*")
      message(SEND_ERROR "${header} includes ${CMAKE_MATCH_0}")
    endif()
    if(header STREQUAL umbrella)
      set(umbrella_dependencies "${dependencies}")
    endif()
  endforeach()
  foreach(header IN LISTS headers)
    string(FIND "${umbrella_dependencies}" "/${header}" position)
    if(position EQUAL -1)
      message(SEND_ERROR "${umbrella} does not include ${header}")
    endif()
  endforeach()

elseif(case STREQUAL "order")
  string(REPLACE "|" ";" vulkan_includes "${vulkan_includes}")
  list(TRANSFORM vulkan_includes PREPEND "-idirafter")
  set(A "#include <${umbrella}>\n")
  set(V "#include <vulkan/vulkan.h>\n")
  set(K "#include <volk.h>\n")
  set(H "#include <vulkan/vulkan.hpp>\n")
  check_compiles("ashlar, vulkan.h with prototypes" "${A}${V}" ${vulkan_includes})
  check_compiles("vulkan.h with prototypes, ashlar" "${V}${A}" ${vulkan_includes})
  check_compiles("ashlar, volk.h" "${A}${K}" -DVK_NO_PROTOTYPES ${vulkan_includes})
  check_compiles("volk.h, ashlar" "${K}${A}" -DVK_NO_PROTOTYPES ${vulkan_includes})
  check_compiles("ashlar, vulkan.hpp" "${A}${H}" ${vulkan_includes})
  check_compiles("vulkan.hpp, ashlar" "${H}${A}" ${vulkan_includes})
  check_compiles("vulkan.h, ashlar, vulkan.hpp" "${V}${A}${H}" ${vulkan_includes})
  check_compiles("volk.h, vulkan.hpp, ashlar, vulkan.h" "${K}${H}${A}${V}" -DVK_NO_PROTOTYPES ${vulkan_includes})

elseif(case STREQUAL "size")
  execute_process(COMMAND "${compiler}" -std=c++20 -E -P "-I${include_dir}" "${include_dir}/${umbrella}"
                  OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX REPLACE "[^\n]+" "" lines "${text}")
  string(LENGTH "${lines}" count)
  message("${umbrella}: ${count} preprocessed lines")
  if(count GREATER 20000)
    message(SEND_ERROR "That is more than 20000.")
  endif()

elseif(case STREQUAL "text")
  set(heavy "algorithm|any|array|atomic|chrono|deque|filesystem|format|fstream|functional|future|iomanip|ios|iosfwd"
            "|iostream|istream|iterator|list|locale|map|memory|memory_resource|mutex|numeric|optional|ostream|queue"
            "|random|ranges|regex|set|shared_mutex|span|sstream|stdexcept|string|string_view|thread"
            "|unordered_map|unordered_set|variant|vector")
  string(JOIN "" heavy ${heavy})
  foreach(header IN LISTS headers)
    read_code(${header} code)
    if(header MATCHES "^ashlar/transfer/")
      string(REPLACE "#include <vector>" "" code "${code}")
    endif()
    if(code MATCHES "#[ ]*include[ ]*<(${heavy})>")
      message(SEND_ERROR "${header} includes <${CMAKE_MATCH_1}>, which takes long to compile")
    endif()
    if(code MATCHES "(^|[^A-Za-z0-9_])(throw|try)[^A-Za-z0-9_]")
      message(SEND_ERROR "${header} contains `${CMAKE_MATCH_2}`")
    endif()
  endforeach()

else()
  message(FATAL_ERROR "there is no case ${case}")
endif()
