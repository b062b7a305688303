# Options that make a memory error harder to exploit, as far as compiler and linker support them;
# tests/install/hardening.sh looks for their effects in the built files. The kernels have them too, since they cost
# nothing: samples take 0.99 (AVX2) and 0.94 (AVX-512) of the CPU time they take without it, medians of 15 pairs that
# spread by 10 %. -fno-plt is not hardening, but removes the stubs that have no purpose once symbols are bound at start:
# the scalar kernels, which call fmaf, take 0.77 of the time.
include(CheckCCompilerFlag)
include(CheckCSourceCompiles)
include(CheckLinkerFlag)
include(CheckPIESupported)

check_pie_supported(LANGUAGES C)

# -Werror, since Clang only warns of another processor's flags.
set(CMAKE_REQUIRED_FLAGS -Werror)
foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection -mbranch-protection=standard -fno-plt)
  string(MAKE_C_IDENTIFIER HAVE${flag} variable)
  check_c_compiler_flag(${flag} ${variable})
  if(${variable})
    add_compile_options(${flag})
  endif()
endforeach()
unset(CMAKE_REQUIRED_FLAGS)

foreach(flag relro now noexecstack)
  check_linker_flag(C LINKER:-z,${flag} HAVE_LINKER_${flag})
  if(HAVE_LINKER_${flag})
    add_link_options(LINKER:-z,${flag})
  endif()
endforeach()

# Level 3 needs GCC 12 or Clang 9, and glibc 2.34; older ones warn about it. Sanitizers have checks of their own, and
# without optimisation there is a warning.
if(NOT GENSAMPLE_SANITIZE)
  set(CMAKE_REQUIRED_FLAGS "-O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
  check_c_source_compiles("#include <string.h>\nint main(int c, char **v) { char s[9]; strcpy(s, v[c - 1]); return *s; }"
                          HAVE_FORTIFY_3)
  unset(CMAKE_REQUIRED_FLAGS)
  set(level 2)
  if(HAVE_FORTIFY_3)
    set(level 3)
  endif()
  add_compile_options("$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=${level}>")
endif()
