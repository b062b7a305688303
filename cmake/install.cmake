# The shared library, and what `cmake --install` puts where. Everything finds its parts from its own place, so that an
# installed tree may be moved, and a prefix given at install time.
include(GNUInstallDirs)
include(CheckLinkerFlag)
include(CMakePackageConfigHelpers)

# While the version is 0.x a minor version may change the ABI, so the soname carries both numbers.
set(abi ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/gensample)
set(data_dir ${CMAKE_INSTALL_DATADIR}/gensample)

# The same objects as the static library's.
get_target_property(kernels gensample_objects SOURCES)
list(FILTER kernels INCLUDE REGEX TARGET_OBJECTS)
get_target_property(libraries gensample_objects LINK_LIBRARIES)
add_library(gensample_shared SHARED $<TARGET_OBJECTS:gensample_objects> ${kernels})
target_link_libraries(gensample_shared PRIVATE ${libraries})
set_target_properties(gensample_shared PROPERTIES OUTPUT_NAME gensample EXPORT_NAME gensample LINKER_LANGUAGE C
                      VERSION ${PROJECT_VERSION} SOVERSION ${abi})
# Hidden visibility keeps all to itself that the public header does not declare; the script does so with what compilers
# make up, such as the locks of OpenMP, and gives the rest a version.
check_linker_flag(C LINKER:--version-script=${CMAKE_SOURCE_DIR}/cmake/gensample.map HAVE_LINKER_version_script)
if(HAVE_LINKER_version_script)
  target_link_options(gensample_shared PRIVATE LINKER:--version-script=${CMAKE_SOURCE_DIR}/cmake/gensample.map)
  set_target_properties(gensample_shared PROPERTIES LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/gensample.map)
endif()
check_linker_flag(C LINKER:--no-undefined HAVE_LINKER_no_undefined)
if(HAVE_LINKER_no_undefined AND NOT GENSAMPLE_SANITIZE)
  target_link_options(gensample_shared PRIVATE LINKER:--no-undefined)
endif()
set_target_properties(gensample_objects PROPERTIES EXPORT_NAME static)

# A library as a linker takes it: by its name if any linker finds it, else by its path.
function(add_library_flag name path list)
  check_linker_flag(C -l${name} HAVE_LIBRARY_${name})
  if(HAVE_LIBRARY_${name})
    list(APPEND ${list} -l${name})
  else()
    list(APPEND ${list} ${path})
  endif()
  set(${list} ${${list}} PARENT_SCOPE)
endfunction()

# Who links the static library, in whatever language, needs OpenMP's library rather than the compiler's option. Only
# Clang itself knows where its own is.
foreach(name ${OpenMP_C_LIB_NAMES})
  add_library_flag(${name} "${OpenMP_${name}_LIBRARY}" openmp_libraries)
endforeach()
target_link_libraries(gensample_objects PUBLIC $<INSTALL_INTERFACE:${openmp_libraries}>)

# Two sets of targets: who links the shared library need not have what the static one needs.
function(install_library target set)
  install(TARGETS ${target} EXPORT ${set} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT ${set} NAMESPACE gensample:: FILE gensample-${set}.cmake DESTINATION ${package_dir})
endfunction()
install_library(gensample_shared shared)
install_library(gensample_objects static)
install(TARGETS gensample)
install(DIRECTORY include/gensample DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

configure_package_config_file(cmake/gensample-config.cmake.in gensample-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(gensample-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/gensample-config.cmake ${CMAKE_BINARY_DIR}/gensample-config-version.cmake
        DESTINATION ${package_dir})

set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH prefix_from_pkgconfig ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" prefix_from_pkgconfig ${prefix_from_pkgconfig})
list(JOIN library_modules " " requires)
set(private ${openmp_libraries} -lm)
list(FILTER libraries INCLUDE REGEX ^/) # those that pkg-config does not know
foreach(path ${libraries})
  get_filename_component(name ${path} NAME_WE)
  string(REGEX REPLACE "^lib" "" name ${name})
  add_library_flag(${name} ${path} private)
endforeach()
list(JOIN private " " private)
configure_file(cmake/gensample.pc.in gensample.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/gensample.pc DESTINATION ${pkgconfig_dir})

# The networks, which the programs look for from their own folder.
file(RELATIVE_PATH models_from_program ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_DATADIR}/gensample/models)
target_compile_definitions(gensample PRIVATE GS_MODELS_FROM_PROGRAM="${models_from_program}")
if(TARGET genbench)
  install(TARGETS genbench)
  target_compile_definitions(genbench PRIVATE GS_MODELS_FROM_PROGRAM="${models_from_program}")
endif()
file(GLOB models CONFIGURE_DEPENDS models/*.bin models/quality.json)
install(FILES ${models} DESTINATION ${data_dir}/models)
install(FILES README.md CHANGELOG.md LICENSE models/FORMAT.md models/MODELS.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The manual and the shells' completions are made from the rows that the program itself reads.
add_executable(generate man/generate.c src/cli/option.c src/cli/words.c)
target_link_libraries(generate PRIVATE gensample_objects)
function(add_generated kind file destination)
  set(template ${CMAKE_SOURCE_DIR}/man/gensample.1.in)
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/${file} VERBATIM DEPENDS generate ${template}
                     COMMAND generate ${kind} ${template} ${CMAKE_BINARY_DIR}/${file})
  set_property(TARGET documents APPEND PROPERTY SOURCES ${CMAKE_BINARY_DIR}/${file})
  install(FILES ${CMAKE_BINARY_DIR}/${file} DESTINATION ${destination})
endfunction()
add_custom_target(documents ALL)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/man)
add_generated(man man/gensample.1 ${CMAKE_INSTALL_MANDIR}/man1)
add_generated(bash man/gensample ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
add_generated(zsh man/_gensample ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
add_generated(fish man/gensample.fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
if(TARGET genbench)
  configure_file(man/genbench.1.in man/genbench.1 @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/man/genbench.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES man/genbench.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME genbench)
endif()
