# cmake -D program=... -P cases_test.cmake
# Each case runs, small, and prints one line of JSON that names it; a wrong command line is told from a wrong result.

set(small --live 100 --ops 1000 --passes 2)
set(simulated --driver simulated)

foreach(command IN ITEMS
        "null;${small}" "null;${small};--threads;2;--remote;8"
        "suballocate;${small}" "suballocate;${small};--sizes;raw;--granule;16;--strategy;min-memory"
        "suballocate;${small};--granularity;1024" "suballocate-buddy;${small}" "suballocate-bump;${small}"
        "fifo;${small}" "lifo;${small}" "latency;${small}" "bookkeeping;${small}"
        "memory;${small};${simulated}" "memory;${small};${simulated};--threads;2;--remote;8"
        "buffers;${small};${simulated}" "buffers;${small};--driver;no-op;--threads;2"
        "buffers-floor;${small};${simulated}" "buffers-floor;${small};--driver;no-op" "first-buffer;${simulated}"
        "guards;--ops;100;${simulated}" "c1;--ops;5000;${simulated};--gpu;Apple M2"
"upload;--bytes;3000000;--passes;2;${simulated}" "download;--bytes;3000000;--threads;2;${simulated}"
        "upload-latency;--ops;10;${simulated}" "uploads;--ops;100;${simulated}" "upload-in-place;--ops;10;${simulated}"
        "c1;--ops;5000;${simulated};--threads;2" "c2;--seed;1;--hi;20" "c3;--ops;5000;--fill;0.9")
  execute_process(COMMAND "${program}" ${command} OUTPUT_VARIABLE output ERROR_VARIABLE error RESULT_VARIABLE status)
  list(GET command 0 name)
  string(JSON printed ERROR_VARIABLE malformed GET "${output}" case)
  if(NOT status STREQUAL "0" OR NOT printed STREQUAL name OR NOT output MATCHES "^[^\n]+\n$" OR NOT error STREQUAL "")
    message(SEND_ERROR "${command}: status ${status}, ${malformed}\n${output}${error}")
  endif()
endforeach()

foreach(command IN ITEMS
        "" "speed" "null;--live" "null;--live;0" "null;--live;many" "null;--speed;1" "null;--sizes;r512"
        "null;--granule;24" "null;--strategy;best" "c3;--fill;1" "latency;--threads;2" "fifo;--remote;8"
        "c1;--remote;8;${simulated}" "memory;--driver;simulated;--gpu;NVIDIA" "memory;--driver;real")
  execute_process(COMMAND "${program}" ${command} OUTPUT_VARIABLE output ERROR_VARIABLE error RESULT_VARIABLE status)
  if(NOT status STREQUAL "2" OR NOT output STREQUAL "" OR NOT error MATCHES "^ashlar_bench: ")
    message(SEND_ERROR "${command}: status ${status} instead of 2\n${output}${error}")
  endif()
endforeach()

execute_process(COMMAND "${program}" --help OUTPUT_VARIABLE output RESULT_VARIABLE status)
if(NOT status STREQUAL "0" OR NOT output MATCHES "buffers-floor.*--granularity")
  message(SEND_ERROR "--help: status ${status}\n${output}")
endif()
