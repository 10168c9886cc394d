# cmake -D glslang=... -D shader=<file> -D output=<file> -P check_shader.cmake
#
# Compiles the shader and compares with <file>.inc, which `glslangValidator -V -x` wrote. The third word is left out:
# it names the compiler and its version.

function(read_words file variable)
  file(READ "${file}" text)
  string(REGEX REPLACE "//[^\n]*" "" text "${text}")
  string(REGEX MATCHALL "0x[0-9a-f]+" words "${text}")
  list(REMOVE_AT words 2)
  set(${variable} "${words}" PARENT_SCOPE)
endfunction()

if(NOT glslang)
  message(FATAL_ERROR "glslangValidator was not found on this machine.")
endif()
execute_process(COMMAND "${glslang}" -V -x -o "${output}" "${shader}" COMMAND_ERROR_IS_FATAL ANY)
read_words("${output}" compiled)
read_words("${shader}.inc" committed)
if(NOT compiled STREQUAL committed)
  message(FATAL_ERROR "${shader}.inc is not what the shader compiles to. Update: glslangValidator -V -x -o "
                      "${shader}.inc ${shader}")
endif()
