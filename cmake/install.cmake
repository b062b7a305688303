# The files that `cmake --install` installs, and their folders. Everything finds its parts from its own place, so that
# an installed tree may be moved, and a prefix may be given at install time; this does not hold for folders that were
# given as absolute paths.
include(GNUInstallDirs)
include(CheckLinkerFlag)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/gensample)

# A library as a linker takes it: by its name if any linker finds it, else by its path.
function(gensample_add_library_flag name path list)
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
  gensample_add_library_flag(${name} "${OpenMP_${name}_LIBRARY}" openmp_libraries)
endforeach()
target_link_libraries(gensample_objects PUBLIC $<INSTALL_INTERFACE:${openmp_libraries}>)

# Two sets of targets: who links the shared library need not have what the static one needs.
function(gensample_install_library target set)
  install(TARGETS ${target} EXPORT ${set} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT ${set} NAMESPACE gensample:: FILE gensample-${set}.cmake DESTINATION ${package_dir})
endfunction()
gensample_install_library(gensample_shared shared)
gensample_install_library(gensample_objects static)
install(DIRECTORY include/gensample DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

configure_package_config_file(cmake/gensample-config.cmake.in gensample-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(gensample-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/gensample-config.cmake ${PROJECT_BINARY_DIR}/gensample-config-version.cmake
        DESTINATION ${package_dir})

# Relative folders are found from the file's own place, so that an installed tree may be moved.
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
set(pc_prefix ${CMAKE_INSTALL_PREFIX})
if(NOT IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
  file(RELATIVE_PATH pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
  string(REGEX REPLACE "/$" "" pc_prefix "\${pcfiledir}/${pc_prefix}")
endif()
foreach(folder INCLUDEDIR LIBDIR)
  set(pc_${folder} ${CMAKE_INSTALL_${folder}})
  if(NOT IS_ABSOLUTE ${pc_${folder}})
    string(PREPEND pc_${folder} "\${prefix}/")
  endif()
endforeach()
list(JOIN library_modules " " requires)
set(private ${openmp_libraries} -lm)
list(FILTER libraries INCLUDE REGEX ^/) # those that pkg-config does not know
foreach(path ${libraries})
  get_filename_component(name ${path} NAME_WE)
  string(REGEX REPLACE "^lib" "" name ${name})
  gensample_add_library_flag(${name} ${path} private)
endforeach()
list(JOIN private " " private)
configure_file(cmake/gensample.pc.in gensample.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/gensample.pc DESTINATION ${pkgconfig_dir})

if(NOT GENSAMPLE_PROGRAMS)
  return()
endif()
install(TARGETS gensample)
if(TARGET gensample_mpi)
  install(TARGETS gensample_mpi DESTINATION ${GENSAMPLE_PLUGIN_DIR})
endif()
file(GLOB models CONFIGURE_DEPENDS models/*.bin models/quality.json)
install(FILES ${models} DESTINATION ${CMAKE_INSTALL_DATADIR}/gensample/models)
file(GLOB logs CONFIGURE_DEPENDS models/logs/*.jsonl models/logs/*.idx)
install(FILES ${logs} DESTINATION ${CMAKE_INSTALL_DATADIR}/gensample/models/logs)
install(FILES README.md CHANGELOG.md LICENSE models/FORMAT.md models/MODELS.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${PROJECT_BINARY_DIR}/man/gensample.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${PROJECT_BINARY_DIR}/man/gensample DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${PROJECT_BINARY_DIR}/man/_gensample DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${PROJECT_BINARY_DIR}/man/gensample.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
if(TARGET genbench)
  install(TARGETS genbench)
  install(FILES ${PROJECT_BINARY_DIR}/man/genbench.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES man/genbench.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME genbench)
  install(FILES man/genbench.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _genbench)
  install(FILES man/genbench.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
