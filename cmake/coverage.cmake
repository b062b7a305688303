# Which branches the tests take is counted in what reads, checks and writes (tests/coverage.sh), compiled without optimisation;
# the rest, in which tests spend their time, is compiled as ever.
file(GLOB covered CONFIGURE_DEPENDS src/model/*.c src/op/*.c src/io/*.c src/io/format/*.c src/app/*.c src/cli/*.c)
set_source_files_properties(${covered} PROPERTIES COMPILE_OPTIONS "-O0;-U_FORTIFY_SOURCE;--coverage;-fprofile-update=atomic")
add_link_options(--coverage)
