# The benchmark program. Google Benchmark is C++, and nothing else here is, so the C++ compiler is only looked for if
# the library is there. Sanitizers need one compiler's runtime for both languages.
if(GENSAMPLE_GENBENCH)
  include(CheckLanguage)
  find_package(benchmark QUIET CONFIG)
  if(benchmark_FOUND AND (CMAKE_CXX_COMPILER OR NOT CMAKE_CROSSCOMPILING))
    check_language(CXX)
  endif()
  if(benchmark_FOUND AND CMAKE_CXX_COMPILER)
    enable_language(CXX)
    if(NOT GENSAMPLE_SANITIZE OR CMAKE_CXX_COMPILER_ID STREQUAL CMAKE_C_COMPILER_ID)
      set(build_genbench ON)
    endif()
  endif()
  if(GENSAMPLE_GENBENCH STREQUAL "ON" AND NOT build_genbench)
    message(FATAL_ERROR "GENSAMPLE_GENBENCH is ON, but there is no Google Benchmark or no C++ compiler for it")
  endif()
endif()

# Everything but the main program and Google Benchmark is a library, from which tests take what they test. It has the
# commit at the time of building.
set(BENCH_HEADERS ${PROJECT_BINARY_DIR}/bench)
string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
get_directory_property(options COMPILE_OPTIONS)
list(FILTER options EXCLUDE REGEX "[$>]") # generator expressions
list(JOIN options " " options)
string(STRIP "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${type}} ${options}" flags)
add_custom_target(gensample_commit BYPRODUCTS ${BENCH_HEADERS}/commit.h VERBATIM
                  COMMAND ${CMAKE_COMMAND} -D SOURCE=${PROJECT_SOURCE_DIR} -D OUT=${BENCH_HEADERS}/commit.h
                          -P ${PROJECT_SOURCE_DIR}/cmake/commit.cmake)
file(GLOB bench_sources CONFIGURE_DEPENDS bench/*.c bench/page/*.c bench/regression/*.c bench/suites/*.c)
list(REMOVE_ITEM bench_sources ${PROJECT_SOURCE_DIR}/bench/main.c)
add_library(gensample_bench STATIC EXCLUDE_FROM_ALL ${bench_sources})
add_dependencies(gensample_bench gensample_commit)
target_include_directories(gensample_bench PUBLIC bench ${BENCH_HEADERS})
target_link_libraries(gensample_bench PUBLIC gensample_app kernel_cases)
target_compile_definitions(gensample_bench PRIVATE BENCH_BUILD_TYPE="${CMAKE_BUILD_TYPE}" "BENCH_FLAGS=\"${flags}\"")

gensample_embed(gensample_bench bench/*.schema.json bench/page/*.css bench/page/*.js)

if(build_genbench)
  add_executable(genbench bench/main.c bench/shim.cc)
  target_link_libraries(genbench PRIVATE gensample_bench benchmark::benchmark)
  set_target_properties(genbench PROPERTIES CXX_STANDARD 17)
  # Only for tests of the regression check: the percentage of its work that a kernel does twice; see
  # bench/procedure/slow.c.
  set(GENSAMPLE_SLOW_KERNEL 0 CACHE STRING "Per cent by which genbench's multiply-add kernel is slowed on purpose")
  mark_as_advanced(GENSAMPLE_SLOW_KERNEL)
  if(GENSAMPLE_SLOW_KERNEL GREATER 0)
    target_sources(genbench PRIVATE bench/procedure/slow.c)
    target_compile_definitions(genbench PRIVATE GENSAMPLE_SLOW_KERNEL=${GENSAMPLE_SLOW_KERNEL})
    target_link_options(genbench PRIVATE LINKER:--wrap=gs_kernels_find)
  endif()
endif()
