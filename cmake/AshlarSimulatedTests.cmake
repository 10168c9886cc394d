# The tests on the simulated driver.

# What a run by the loader sees: the simulated driver, and what ashlar_layer_environment() says. The layer leaves handles as
# they are, for tests hand them to the driver.
function(ashlar_simulated_environment variable version)
  if(version VERSION_LESS 1.4)
    set(handles VK_LAYER_DISABLES=set:VK_VALIDATION_FEATURE_DISABLE_UNIQUE_HANDLES_EXT)
  else()
    set(handles VK_LAYER_UNIQUE_HANDLES=set:0)
  endif()
  ashlar_layer_environment(layer simulated ${version})
  set(${variable}
      VK_DRIVER_FILES=set:${ASHLAR_SIMULATED_MANIFEST} VK_ICD_FILENAMES=set:${ASHLAR_SIMULATED_MANIFEST}
      VK_ADD_DRIVER_FILES=unset: ${layer} ${handles} ${ashlar_simulated_defaults} PARENT_SCOPE)
endfunction()

# ashlar_add_simulated_tests(): the unit tests under each version of the validation layer, and, by GPU, the tests that
# ctest finds when it starts: ASHLAR_SIM_PROFILES and ASHLAR_SIM_GPU, then, choose the GPUs.
function(ashlar_add_simulated_tests)
  if(NOT ashlar_validation_versions)
    add_test(NAME simulated.validation_missing
             COMMAND "${CMAKE_COMMAND}" -D driver=simulated -D "manifest=${CMAKE_CURRENT_LIST_FILE}" -D version=missing
                     -P "${PROJECT_SOURCE_DIR}/cmake/missing_driver.cmake")
    set_tests_properties(simulated.validation_missing PROPERTIES LABELS simulated)
  endif()
  ashlar_simulated_environment(environment none)
  set(layers "set(environment_none [==[${environment}]==])\n")
  foreach(version IN LISTS ashlar_validation_versions)
    ashlar_simulated_environment(environment ${version})
    # Where the layer makes calls of its own, counting them proves nothing.
    add_test(NAME unit.simulated.validation_${version} COMMAND ashlar_unit_tests "~[counts_queries]~[misuse]~[failed_calls]~[host_signals]~[long]")
    set_tests_properties(unit.simulated.validation_${version} PROPERTIES
      LABELS simulated TIMEOUT 600 ENVIRONMENT_MODIFICATION "${environment};${ashlar_sanitizer_environment}")
    string(APPEND layers "set(environment_${version} [==[${environment}]==])\n")
  endforeach()
  file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/simulated_tests.cmake" CONTENT
"set(cmake [==[${CMAKE_COMMAND}]==])
set(gpu_names [==[$<TARGET_FILE:ashlar_gpu_names_tool>]==])
set(device_tests [==[$<TARGET_FILE:ashlar_device_tests>]==])
set(simulated_tests [==[$<TARGET_FILE:ashlar_simulated_tests>]==])
set(failure_sweep [==[$<TARGET_FILE:ashlar_failure_sweep>]==])
set(profile_files [==[${PROJECT_SOURCE_DIR}/tests/profiles/gpu_memory_profiles.json]==]
                  [==[${PROJECT_SOURCE_DIR}/tests/profiles/odd_memory_profiles.json]==])
set(sanitizer_environment [==[${ashlar_sanitizer_environment}]==])
set(simulated_defaults [==[${ashlar_simulated_defaults}]==])
set(versions ${ashlar_validation_versions})
${layers}
include([==[${PROJECT_SOURCE_DIR}/cmake/simulated_tests.cmake]==])
")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${PROJECT_BINARY_DIR}/simulated_tests.cmake")
endfunction()
