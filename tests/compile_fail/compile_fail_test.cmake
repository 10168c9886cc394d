# cmake -D case=<file> -D compiler=... -D include_dir=... -P compile_fail_test.cmake
#
# The case has a line `// expect: <regular expression>`. It must compile with ASHLAR_CONTROL defined, which leaves
# the mistake out and so shows that nothing else is wrong, and without it fail with a message that matches.

cmake_minimum_required(VERSION 3.22)

file(STRINGS "${case}" expected REGEX "^// expect: " LIMIT_COUNT 1)
if(NOT expected)
  message(FATAL_ERROR "${case} has no line `// expect: `")
endif()
string(REGEX REPLACE "^// expect: " "" expected "${expected}")

set(command "${compiler}" -std=c++20 -fsyntax-only "-I${include_dir}" "${case}")
execute_process(COMMAND ${command} -DASHLAR_CONTROL RESULT_VARIABLE status ERROR_VARIABLE errors)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "It does not compile without the mistake either:\n${errors}")
endif()
execute_process(COMMAND ${command} RESULT_VARIABLE status ERROR_VARIABLE errors)
if(status EQUAL 0)
  message(FATAL_ERROR "It compiles.")
endif()
if(NOT errors MATCHES "${expected}")
  message(FATAL_ERROR "It fails, but not with \"${expected}\":\n${errors}")
endif()
