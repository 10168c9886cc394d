# The fuzz targets: programs that libFuzzer feeds with bytes (ASHLAR_LIBFUZZER), or that replay the corpus kept for them.

add_custom_target(ashlar_fuzzers)

# ashlar_add_fuzz_test(<folder>/<name>_fuzz.cpp): the program ashlar_<name>_fuzz, and the test fuzz.<name>, which runs it
# over tests/corpus/<name>.
function(ashlar_add_fuzz_test source)
  get_filename_component(name "${source}" NAME_WE)
  set(target ashlar_${name})
  string(REGEX REPLACE "_fuzz$" "" name "${name}")
  add_executable(${target} "${source}")
  ashlar_configure_target(${target})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests" "${PROJECT_SOURCE_DIR}/src")
  target_include_directories(${target} SYSTEM PRIVATE ${ashlar_vulkan_includes})
  target_compile_definitions(${target} PRIVATE VK_NO_PROTOTYPES)
  target_link_libraries(${target} PRIVATE ashlar_objects ashlar_simulated_driver Threads::Threads ${CMAKE_DL_LIBS})
  if(ASHLAR_LIBFUZZER)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests/fuzzing/replay_main.cpp")
    add_test(NAME fuzz.${name} COMMAND ${target} "${PROJECT_SOURCE_DIR}/tests/corpus/${name}")
    set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 300
                                                 ENVIRONMENT_MODIFICATION "${ashlar_sanitizer_environment}")
  endif()
  add_dependencies(ashlar_fuzzers ${target})
endfunction()
