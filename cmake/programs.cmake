# The programs, their manual and the shells' completions.
include(GNUInstallDirs)

foreach(module libpng zlib)
  pkg_check_modules(${module} REQUIRED IMPORTED_TARGET ${module})
endforeach()

# Files that a program has in it, each as NAME.inc, the elements of an array.
function(gensample_embed target)
  file(GLOB files CONFIGURE_DEPENDS ${ARGN})
  foreach(file ${files})
    get_filename_component(name ${file} NAME)
    set(included ${PROJECT_BINARY_DIR}/embedded/${target}/${name}.inc)
    add_custom_command(OUTPUT ${included} VERBATIM DEPENDS ${file} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
                       COMMAND ${CMAKE_COMMAND} -D IN=${file} -D OUT=${included}
                               -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake)
    target_sources(${target} PRIVATE ${included})
  endforeach()
  target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/embedded/${target})
endfunction()

file(GLOB io_sources CONFIGURE_DEPENDS src/io/*.c src/io/format/*.c)
add_library(gensample_io STATIC ${io_sources})
target_link_libraries(gensample_io PUBLIC gensample_internal PkgConfig::libpng PkgConfig::zlib)
gensample_embed(gensample_io src/io/*.css)

# Files of chains for ArviZ, where netCDF is there. Its library is loaded by its name when a file needs it.
if(NOT GENSAMPLE_NETCDF STREQUAL "OFF")
  pkg_check_modules(netcdf QUIET netcdf)
  if(netcdf_FOUND)
    find_library(GENSAMPLE_NETCDF_LIBRARY netcdf HINTS ${netcdf_LIBRARY_DIRS} NO_CACHE REQUIRED)
    file(REAL_PATH ${GENSAMPLE_NETCDF_LIBRARY} netcdf_file)
    execute_process(COMMAND ${CMAKE_OBJDUMP} -p ${netcdf_file} OUTPUT_VARIABLE netcdf_head ERROR_QUIET)
    string(REGEX MATCH "SONAME +([^\n]+)" _ "${netcdf_head}")
    if(CMAKE_MATCH_1)
      set(netcdf_file ${CMAKE_MATCH_1})
    endif()
    target_compile_definitions(gensample_io PRIVATE GS_NETCDF_LIBRARY="${netcdf_file}")
    target_include_directories(gensample_io SYSTEM PRIVATE ${netcdf_INCLUDE_DIRS})
    target_link_libraries(gensample_io PUBLIC ${CMAKE_DL_LIBS})
  elseif(GENSAMPLE_NETCDF STREQUAL "ON")
    message(FATAL_ERROR "GENSAMPLE_NETCDF is ON, but pkg-config knows no netcdf (Debian's package libnetcdf-dev)")
  endif()
endif()

# What both programs share. They look for the networks from their own folder.
file(GLOB app_sources CONFIGURE_DEPENDS src/app/*.c)
add_library(gensample_app STATIC ${app_sources})
target_link_libraries(gensample_app PUBLIC gensample_io)
file(RELATIVE_PATH models_from_program ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_DATADIR}/gensample/models)
set(GENSAMPLE_PLUGIN_DIR ${CMAKE_INSTALL_LIBDIR}/gensample)
file(RELATIVE_PATH plugins_from_program ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR}/gensample)
target_compile_definitions(gensample_app PRIVATE GS_MODELS_FROM_PROGRAM="${models_from_program}"
                                                 GS_PLUGIN_FROM_PROGRAM="${plugins_from_program}/gensample-mpi.so")
target_link_libraries(gensample_app PUBLIC ${CMAKE_DL_LIBS})

# Studies.
file(GLOB study_sources CONFIGURE_DEPENDS src/study/*.c)
add_library(gensample_study STATIC ${study_sources})
target_link_libraries(gensample_study PUBLIC gensample_app)
gensample_embed(gensample_study src/study/*.css)

# The plugin by which ranks of MPI share a run. Nothing else is linked with MPI, so that without it the program starts
# as ever, and a distribution may have the plugin in a package of its own. Sanitizers find faults in MPI itself.
if(GENSAMPLE_MPI AND NOT GENSAMPLE_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
  set(MPI_CXX_SKIP_MPICXX ON)
  find_package(MPI QUIET COMPONENTS C)
endif()
if(MPI_C_FOUND)
  add_library(gensample_mpi MODULE src/mpi/link.c)
  target_include_directories(gensample_mpi PRIVATE src)
  target_link_libraries(gensample_mpi PRIVATE MPI::MPI_C)
  set_target_properties(gensample_mpi PROPERTIES PREFIX "" OUTPUT_NAME gensample-mpi)
elseif(GENSAMPLE_MPI STREQUAL "ON")
  message(FATAL_ERROR "GENSAMPLE_MPI is ON, but there is no MPI (Debian's package libopenmpi-dev), or this build is for "
                      "another machine or a sanitizer")
endif()

# Everything but the main program is a library, from which tests take what they test.
file(GLOB cli_sources CONFIGURE_DEPENDS src/cli/*.c)
list(REMOVE_ITEM cli_sources ${PROJECT_SOURCE_DIR}/src/cli/main.c)
add_library(gensample_cli STATIC ${cli_sources})
target_link_libraries(gensample_cli PUBLIC gensample_study)
add_executable(gensample src/cli/main.c)
target_link_libraries(gensample PRIVATE gensample_cli)
include(cmake/genbench.cmake)

# Manual and completions are made from the rows that the program itself reads.
file(GLOB generate_sources CONFIGURE_DEPENDS man/*.c)
add_executable(gensample_generate ${generate_sources} src/cli/option.c)
target_link_libraries(gensample_generate PRIVATE gensample_study)
add_custom_target(gensample_documents ALL)
function(gensample_add_document kind file template)
  set(template ${PROJECT_SOURCE_DIR}/${template})
  set(document ${PROJECT_BINARY_DIR}/man/${file})
  add_custom_command(OUTPUT ${document} VERBATIM DEPENDS gensample_generate ${template}
                     COMMAND gensample_generate ${kind} ${template} ${document})
  set_property(TARGET gensample_documents APPEND PROPERTY SOURCES ${document})
endfunction()
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/man)
gensample_add_document(man gensample.1 man/gensample.1.in)
gensample_add_document(bash gensample man/gensample.1.in)
gensample_add_document(zsh _gensample man/gensample.1.in)
gensample_add_document(fish gensample.fish man/gensample.1.in)
gensample_add_document(tables FORMAT.md models/FORMAT.md)
gensample_add_document(tables sampling.md docs/sampling.md)
gensample_add_document(tables densities.md docs/densities.md)
gensample_add_document(tables course.md docs/course.md)
gensample_add_document(tables restore.md docs/restore.md)
if(TARGET genbench)
  configure_file(man/genbench.1.in man/genbench.1 @ONLY)
endif()

# All programs, for those who want no tests: gensample, genbench where it is built, fuzz targets.
add_custom_target(gensample_programs DEPENDS gensample)
if(TARGET gensample_mpi)
  add_dependencies(gensample gensample_mpi)
endif()
if(TARGET genbench)
  add_dependencies(gensample_programs genbench)
endif()
