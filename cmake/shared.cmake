# The shared library, of the same objects as the static one.
include(CheckLinkerFlag)

# While the version is 0.x a minor version may change the ABI, so the soname carries both numbers.
set(abi ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
get_target_property(kernels gensample_objects SOURCES)
list(FILTER kernels INCLUDE REGEX TARGET_OBJECTS)
get_target_property(libraries gensample_objects LINK_LIBRARIES)
add_library(gensample_shared SHARED $<TARGET_OBJECTS:gensample_objects> ${kernels})
target_link_libraries(gensample_shared PRIVATE ${libraries})
target_include_directories(gensample_shared PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
add_library(gensample::gensample ALIAS gensample_shared)
set_target_properties(gensample_shared PROPERTIES OUTPUT_NAME gensample EXPORT_NAME gensample LINKER_LANGUAGE C
                      VERSION ${PROJECT_VERSION} SOVERSION ${abi})
# Hidden visibility hides everything that the public header does not declare; the script hides the symbols that
# compilers add, such as the locks of OpenMP, and gives the rest a version.
check_linker_flag(C LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/gensample.map HAVE_LINKER_version_script)
if(HAVE_LINKER_version_script)
  target_link_options(gensample_shared PRIVATE LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/gensample.map)
  set_target_properties(gensample_shared PROPERTIES LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/gensample.map)
endif()
check_linker_flag(C LINKER:--no-undefined HAVE_LINKER_no_undefined)
if(HAVE_LINKER_no_undefined AND NOT GENSAMPLE_SANITIZE)
  target_link_options(gensample_shared PRIVATE LINKER:--no-undefined)
endif()
set_target_properties(gensample_objects PROPERTIES EXPORT_NAME static)
