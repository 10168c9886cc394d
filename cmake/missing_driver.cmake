# Stands in for a test whose driver or validation layer is not there: it fails, and says what to do.
if(NOT EXISTS "${manifest}" AND NOT driver STREQUAL "gpu")
  message("The driver ${driver} was not found on this machine.")
endif()
if(version STREQUAL "missing")
  message("The layer VK_LAYER_KHRONOS_validation was not found on this machine.")
endif()
message(FATAL_ERROR "./tests/run installs what the tests need, or says how. Drivers elsewhere: set "
                    "ASHLAR_SWIFTSHADER_MANIFEST, ASHLAR_LAVAPIPE_MANIFEST or ASHLAR_VALIDATION_MANIFEST.")
