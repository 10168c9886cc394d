# cmake -D vulkaninfo=... -D gpu_names=... -P vulkaninfo_test.cmake
# vulkaninfo succeeds, and shows each GPU that the environment chooses.

if(NOT vulkaninfo)
  message(FATAL_ERROR "vulkaninfo was not found on this machine. ./tests/run installs it, or says how.")
endif()
execute_process(COMMAND "${gpu_names}" OUTPUT_VARIABLE names COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${vulkaninfo}" OUTPUT_VARIABLE output ERROR_VARIABLE errors RESULT_VARIABLE status)
message("${errors}")
if(NOT status EQUAL 0)
  message(FATAL_ERROR "vulkaninfo: ${status}")
endif()
while(names MATCHES "^[a-z]+ ([^\n]+)\n(.*)$")
  set(names "${CMAKE_MATCH_2}")
  string(FIND "${output}" "= ${CMAKE_MATCH_1}\n" found)
  if(found EQUAL -1)
    message(SEND_ERROR "vulkaninfo does not show ${CMAKE_MATCH_1}")
  endif()
endwhile()
