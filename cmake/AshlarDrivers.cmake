# The Vulkan drivers and validation layers that tests run on, and ashlar_add_driver_tests().
#
# They are found where a distribution installs them; SwiftShader, and a newer validation layer, also in
# build/drivers, where tests/run unpacks them. A driver that is not found becomes a test that fails.

set(ashlar_unpacked_dir "${PROJECT_SOURCE_DIR}/build/drivers")

file(GLOB manifests /usr/share/vulkan/icd.d/lvp_icd*.json /usr/local/share/vulkan/icd.d/lvp_icd*.json)
if(manifests)
  list(GET manifests 0 manifests)
endif()
set(ASHLAR_LAVAPIPE_MANIFEST "${manifests}" CACHE FILEPATH "Driver manifest of Mesa's lavapipe")
find_file(ASHLAR_SWIFTSHADER_MANIFEST vk_swiftshader_icd.json DOC "Driver manifest of SwiftShader" NO_DEFAULT_PATH
          PATHS "${ashlar_unpacked_dir}" /usr/lib/chromium /usr/lib64/chromium-browser)
find_file(ASHLAR_VALIDATION_MANIFEST VkLayer_khronos_validation.json DOC "Manifest of the Khronos validation layer"
          NO_DEFAULT_PATH PATHS /usr/share/vulkan/explicit_layer.d /usr/local/share/vulkan/explicit_layer.d)

# Writes a layer's manifest into a folder of its own, so that VK_LAYER_PATH can show that version alone.
function(ashlar_add_validation_layer version manifest)
  file(WRITE "${PROJECT_BINARY_DIR}/validation/${version}/VkLayer_khronos_validation.json" "${manifest}")
  set(ashlar_validation_versions ${ashlar_validation_versions} ${version} PARENT_SCOPE)
endfunction()

# The distribution's layer.
if(ASHLAR_VALIDATION_MANIFEST)
  file(READ "${ASHLAR_VALIDATION_MANIFEST}" manifest)
  string(JSON version GET "${manifest}" layer api_version)
  string(JSON library GET "${manifest}" layer library_path)
  if(library MATCHES "^[^/].*/")  # a path that counts from its manifest
    cmake_path(ABSOLUTE_PATH library BASE_DIRECTORY "${ASHLAR_VALIDATION_MANIFEST}/.." NORMALIZE)
    string(JSON manifest SET "${manifest}" layer library_path "\"${library}\"")
  endif()
  ashlar_add_validation_layer(${version} "${manifest}")
endif()

# The unpacked layer, which has no manifest.
set(library "${ashlar_unpacked_dir}/libVkLayer_khronos_validation.so")
if(EXISTS "${library}")
  if(NOT ASHLAR_UNPACKED_VALIDATION_VERSION)
    try_run(status compiled "${PROJECT_BINARY_DIR}/validation" "${PROJECT_SOURCE_DIR}/cmake/layer_version.cpp"
            LINK_LIBRARIES Vulkan::Headers ${CMAKE_DL_LIBS}
            COMPILE_OUTPUT_VARIABLE output RUN_OUTPUT_VARIABLE version ARGS "${library}")
    if(NOT compiled OR NOT status EQUAL 0)
      message(FATAL_ERROR "Cannot ask ${library} for its version: ${output}${version}")
    endif()
    set(ASHLAR_UNPACKED_VALIDATION_VERSION ${version} CACHE INTERNAL "")
  endif()
  set(version ${ASHLAR_UNPACKED_VALIDATION_VERSION})
  file(READ "${PROJECT_SOURCE_DIR}/cmake/VkLayer_khronos_validation.json.in" manifest)
  string(CONFIGURE "${manifest}" manifest @ONLY)
  ashlar_add_validation_layer(${version} "${manifest}")
endif()
list(REMOVE_DUPLICATES ashlar_validation_versions)
list(SORT ashlar_validation_versions COMPARE NATURAL)
set(versions ${ashlar_validation_versions})
list(POP_BACK versions ashlar_newest_validation_version)

# Drivers, layers and the loader are not instrumented; they leak, and most are unloaded before that is found.
file(WRITE "${PROJECT_BINARY_DIR}/leak_suppressions.txt" "leak:<unknown module>\nleak:libvulkan.so\n")
set(ashlar_sanitizer_environment TSAN_OPTIONS=set:ignore_noninstrumented_modules=1
                                 LSAN_OPTIONS=set:suppressions=${PROJECT_BINARY_DIR}/leak_suppressions.txt)

# Tests and examples of its own build use the simulated driver by this manifest.
set(ASHLAR_SIMULATED_MANIFEST "${PROJECT_BINARY_DIR}/tests/simulated_driver/ashlar_simulated_driver.json")
set(ashlar_simulated_defaults ASHLAR_SIM_PROFILES=unset: ASHLAR_SIM_GPU=unset: ASHLAR_SIM_HIDE=unset:
                              ASHLAR_SIM_QUEUES=unset: ASHLAR_SIM_NONCOHERENT=unset: ASHLAR_SIM_WRITE_BACK=unset:)

# What a run sees beside its driver: that version of the validation layer (`none`: none), and no implicit layer.
function(ashlar_layer_environment variable driver version)
  set(${variable}
      VK_LAYER_PATH=set:${PROJECT_BINARY_DIR}/validation/${version} VK_ADD_LAYER_PATH=unset: VK_INSTANCE_LAYERS=unset:
      VK_LOADER_LAYERS_ENABLE=unset: VK_LOADER_LAYERS_DISABLE=set:~implicit~ NODEVICE_SELECT=set:1
      ASHLAR_TEST_DRIVER=set:${driver} ASHLAR_TEST_VALIDATION_VERSION=set:${version}
      PARENT_SCOPE)
endfunction()

# ashlar_add_driver_tests(<name> COMMAND <command>... VALIDATION <version>... [SIMULATED] [LABELS <label>...]
#                         [ENVIRONMENT <modification>...] [PROPERTIES <property> <value>...])
#
# Registers the command once per version of the validation layer and per driver: swiftshader, lavapipe and gpu,
# which are labels, too. Each run sees that driver, that layer, and no implicit layer. The gpu runs take
# the machine's own drivers, and are left out unless ctest is called with `-C gpu`. With SIMULATED comes the simulated
# driver, with a GPU that has coherent memory and memory that is not.
function(ashlar_add_driver_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SIMULATED" "" "COMMAND;VALIDATION;LABELS;ENVIRONMENT;PROPERTIES")
  if(NOT arg_VALIDATION)
    set(arg_VALIDATION missing)
  endif()
  set(drivers swiftshader lavapipe gpu)
  if(arg_SIMULATED)
    list(APPEND drivers simulated)
  endif()
  foreach(driver IN LISTS drivers)
    string(TOUPPER ${driver} upper)
    set(manifest "${ASHLAR_${upper}_MANIFEST}")
    foreach(version IN LISTS arg_VALIDATION)
      set(test ${name}.${driver}.validation_${version})
      if(version STREQUAL "missing" OR NOT EXISTS "${manifest}" AND driver MATCHES "swiftshader|lavapipe")
        set(command "${CMAKE_COMMAND}" -D driver=${driver} -D "manifest=${manifest}" -D version=${version}
                    -P "${PROJECT_SOURCE_DIR}/cmake/missing_driver.cmake")
      else()
        set(command ${arg_COMMAND})
      endif()
      if(driver STREQUAL "gpu")
        add_test(NAME ${test} COMMAND ${command} CONFIGURATIONS gpu)
        set(environment)
      else()
        add_test(NAME ${test} COMMAND ${command})
        set(environment VK_DRIVER_FILES=set:${manifest} VK_ICD_FILENAMES=set:${manifest} VK_ADD_DRIVER_FILES=unset:)
      endif()
      if(driver STREQUAL "simulated")
        list(APPEND environment ${ashlar_simulated_defaults} ASHLAR_SIM_GPU=set:Mali-T760)
      endif()
      ashlar_layer_environment(layer ${driver} ${version})
      list(APPEND environment ${layer} ${ashlar_sanitizer_environment} ${arg_ENVIRONMENT})
      set_tests_properties(${test} PROPERTIES LABELS "${driver};${arg_LABELS}" TIMEOUT 600
                                              ENVIRONMENT_MODIFICATION "${environment}" ${arg_PROPERTIES})
    endforeach()
  endforeach()
endfunction()

# ashlar_add_program_tests(<name> <command> <label> [SIMULATED]): runs a program on each driver, under the newest
# validation layer, which prints what it finds: a message fails the test. Older loaders ask newer layers for a device's
# functions by names that are not a device's; that message is theirs.
function(ashlar_add_program_tests name command label)
  ashlar_add_driver_tests(${name} COMMAND ${command}
                          VALIDATION ${ashlar_newest_validation_version}
                          LABELS ${label} ${ARGN}
                          ENVIRONMENT VK_INSTANCE_LAYERS=set:VK_LAYER_KHRONOS_validation
                                      VK_LAYER_VALIDATE_SYNC=set:1
                                      VK_LAYER_MESSAGE_ID_FILTER=set:WARNING-vkGetDeviceProcAddr-device
                          PROPERTIES FAIL_REGULAR_EXPRESSION
                                     "VUID-;SYNC-HAZARD;Validation (Error|Warning);simulated driver:")
endfunction()
