# Run by ctest when it starts: adds the tests of each GPU that the environment chooses, with its own memory and with
# none that is coherent; on the driver alone and under the validation layer, in the first case under each version of it,
# in the second under the newest. Without ASHLAR_SIM_PROFILES the GPUs are those of all of the project's files. The
# device tests, which are for real drivers, run on ordinary GPUs.

cmake_policy(VERSION 3.22)

function(add_gpu_test name labels gpu environment command)
  add_test("${name}" "${command}" ${ARGN})
  # A name may hold what separates list elements, so it comes last.
  string(REPLACE ";" "\\;" gpu "${gpu}")
  set_tests_properties("${name}" PROPERTIES LABELS "${labels}" TIMEOUT 300
                       FAIL_REGULAR_EXPRESSION "ashlar simulated driver: "
                       ENVIRONMENT_MODIFICATION
                       "${simulated_defaults};${environment};${sanitizer_environment};ASHLAR_SIM_PROFILES=set:${profiles};ASHLAR_SIM_GPU=set:${gpu}")
endfunction()

# The tests of a GPU in one mode of its memory, under these versions of the layer.
function(add_mode_tests gpu name mode versions)
  add_gpu_test("${name}.in_process" "simulated;in_process" "${gpu}" "${mode};ASHLAR_TEST_DRIVER=unset:"
               "${simulated_tests}")
  if(kind STREQUAL "ordinary")
    add_gpu_test("${name}.device.no_layer" simulated "${gpu}" "${environment_none};${mode};ASHLAR_TEST_VALIDATION=set:0"
                 "${device_tests}" "~[layer]~[validation]~[shaders]")
  endif()
  foreach(version IN LISTS versions)
    set(environment "${environment_${version}};${mode}")
    add_gpu_test("${name}.validation_${version}" simulated "${gpu}" "${environment}" "${simulated_tests}"
                 "~[counts_queries]~[misuse]~[failed_calls]~[host_signals]~[long]")
    if(kind STREQUAL "ordinary")
      add_gpu_test("${name}.device.validation_${version}" simulated "${gpu}" "${environment}" "${device_tests}"
                   "~[validation]~[shaders]")
    endif()
  endforeach()
endfunction()

function(add_gpu_tests gpu)
  string(REGEX REPLACE "[^A-Za-z0-9.]+" "_" name "simulated.${gpu}")
  string(REGEX REPLACE "_+$" "" name "${name}")
  while(name IN_LIST used_names)
    string(APPEND name "_")
  endwhile()
  set(used_names ${used_names} "${name}" PARENT_SCOPE)
  set(newest ${versions})
  list(SORT newest COMPARE NATURAL ORDER DESCENDING)
  list(SUBLIST newest 0 1 newest)
  add_mode_tests("${gpu}" "${name}" ASHLAR_SIM_NONCOHERENT=set:0 "${versions}")
  add_mode_tests("${gpu}" "${name}.noncoherent" ASHLAR_SIM_NONCOHERENT=set:1 "${newest}")
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

# The failure sweep of a file's GPUs: in one program, which knows what it has injected on the GPU before.
function(add_sweep)
  get_filename_component(name "${profiles}" NAME_WE)
  add_test("simulated.failure_sweep.${name}" "${failure_sweep}")
  set_tests_properties("simulated.failure_sweep.${name}" PROPERTIES
    LABELS "simulated;in_process" TIMEOUT 600 FAIL_REGULAR_EXPRESSION "ashlar simulated driver: "
    ENVIRONMENT_MODIFICATION
    "${simulated_defaults};${sanitizer_environment};ASHLAR_TEST_DRIVER=unset:;ASHLAR_SIM_PROFILES=set:${profiles};ASHLAR_SIM_GPU=set:$ENV{ASHLAR_SIM_GPU}")
endfunction()

# Fails as listing the GPUs did, and says why.
function(add_failure profiles)
  get_filename_component(name "${profiles}" NAME)
  add_test("simulated.${name}" "${cmake}" -E env "ASHLAR_SIM_PROFILES=${profiles}" "${gpu_names}")
  set_tests_properties("simulated.${name}" PROPERTIES LABELS simulated)
endfunction()

set(files "$ENV{ASHLAR_SIM_PROFILES}")
if(NOT files)
  set(files ${profile_files})
endif()
set(used_names)
foreach(profiles IN LISTS files)
  execute_process(COMMAND "${cmake}" -E env "ASHLAR_SIM_PROFILES=${profiles}" "${gpu_names}"
                  RESULT_VARIABLE status OUTPUT_VARIABLE names ERROR_QUIET)
  if(NOT status EQUAL 0 AND "$ENV{ASHLAR_SIM_GPU}" STREQUAL "")
    add_failure("${profiles}")
  endif()
  if(status EQUAL 0)
    add_sweep()
  endif()
  while(status EQUAL 0 AND names MATCHES "^([a-z]+) ([^\n]+)\n(.*)$")
    set(kind "${CMAKE_MATCH_1}")
    set(names "${CMAKE_MATCH_3}")
    add_gpu_tests("${CMAKE_MATCH_2}")
  endwhile()
endforeach()
if(NOT used_names AND NOT "$ENV{ASHLAR_SIM_GPU}" STREQUAL "")  # A GPU that is named is in one file only.
  foreach(profiles IN LISTS files)
    add_failure("${profiles}")
  endforeach()
endif()
