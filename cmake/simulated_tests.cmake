# Run by ctest when it starts: adds the tests of each GPU that the environment chooses, with its own memory and with
# none that is coherent; on the driver alone and under each version of the validation layer. Without ASHLAR_SIM_PROFILES
# the GPUs are those of all of the project's files. The device tests expect memory as real drivers have it: they run
# for the project's real GPUs only.

list(GET versions 0 version)
set(by_loader_without_layer "${environment_${version}}" ASHLAR_TEST_VALIDATION=set:0)

function(add_gpu_test name labels gpu environment command)
  add_test("${name}" "${command}" ${ARGN})
  # A name may hold what separates list elements, so it comes last.
  string(REPLACE ";" "\\;" gpu "${gpu}")
  set_tests_properties("${name}" PROPERTIES LABELS "${labels}" TIMEOUT 300
                       FAIL_REGULAR_EXPRESSION "ashlar simulated driver: "
                       ENVIRONMENT_MODIFICATION
                       "${environment};${sanitizer_environment};ASHLAR_SIM_PROFILES=set:${profiles};ASHLAR_SIM_GPU=set:${gpu}")
endfunction()

# The tests of a GPU in one mode of its memory.
function(add_mode_tests gpu name mode)
  add_gpu_test("${name}.in_process" "simulated;in_process" "${gpu}" "${mode};ASHLAR_TEST_DRIVER=unset:"
               "${simulated_tests}")
  if(is_real)
    add_gpu_test("${name}.device.no_layer" simulated "${gpu}" "${mode};${by_loader_without_layer}" "${device_tests}"
                 "~[driver]~[validation]")
  endif()
  foreach(version IN LISTS versions)
    set(environment "${mode};${environment_${version}}")
    add_gpu_test("${name}.validation_${version}" simulated "${gpu}" "${environment}" "${simulated_tests}"
                 "~[counts_queries]~[misuse]")
    if(is_real)
      add_gpu_test("${name}.device.validation_${version}" simulated "${gpu}" "${environment}" "${device_tests}"
                   "~[validation]")
    endif()
  endforeach()
endfunction()

function(add_gpu_tests gpu)
  string(REGEX REPLACE "[^A-Za-z0-9.]+" "_" name "simulated.${gpu}")
  string(REGEX REPLACE "_+$" "" name "${name}")
  add_mode_tests("${gpu}" "${name}" ASHLAR_SIM_NONCOHERENT=set:0)
  add_mode_tests("${gpu}" "${name}.noncoherent" ASHLAR_SIM_NONCOHERENT=set:1)
  foreach(seed IN ITEMS 1 2)
    add_gpu_test("${name}.write_back_${seed}" "simulated;in_process" "${gpu}"
                 "ASHLAR_SIM_NONCOHERENT=set:1;ASHLAR_SIM_WRITE_BACK=set:${seed};ASHLAR_TEST_DRIVER=unset:"
                 "${simulated_tests}")
  endforeach()
  add_gpu_test("${name}.vulkan_1.1" "simulated;in_process" "${gpu}" "ASHLAR_SIM_HIDE=set:1.2;ASHLAR_TEST_DRIVER=unset:"
               "${simulated_tests}")
  add_gpu_test("${name}.no_features" "simulated;in_process" "${gpu}"
               "ASHLAR_SIM_HIDE=set:timelineSemaphore,synchronization2,bufferDeviceAddress,maintenance4,memoryPriority,VK_EXT_memory_budget;ASHLAR_TEST_DRIVER=unset:"
               "${simulated_tests}")
endfunction()

if(NOT "$ENV{ASHLAR_SIM_PROFILES}" STREQUAL "")
  set(files "$ENV{ASHLAR_SIM_PROFILES}")
else()
  set(files ${profile_files})
endif()
list(GET profile_files 0 real_gpus)
set(found FALSE)
set(problems)
foreach(profiles IN LISTS files)
  set(is_real FALSE)
  if(profiles STREQUAL real_gpus)
    set(is_real TRUE)
  endif()
  execute_process(COMMAND "${cmake}" -E env "ASHLAR_SIM_PROFILES=${profiles}" "${gpu_names}"
                  RESULT_VARIABLE status OUTPUT_VARIABLE names ERROR_VARIABLE problem)
  if(NOT status EQUAL 0)
    string(APPEND problems "${profiles}: ${problem}")
  endif()
  while(status EQUAL 0 AND names MATCHES "^([^\n]+)\n(.*)$")
    set(found TRUE)
    set(names "${CMAKE_MATCH_2}")
    add_gpu_tests("${CMAKE_MATCH_1}")
  endwhile()
endforeach()
# A GPU that ASHLAR_SIM_GPU names is in one file only.
if(problems AND (NOT found OR "$ENV{ASHLAR_SIM_GPU}" STREQUAL ""))
  add_test(simulated "${cmake}" -E cat "the simulated GPUs could not be listed: ${problems}")
  set_tests_properties(simulated PROPERTIES LABELS simulated)
endif()
