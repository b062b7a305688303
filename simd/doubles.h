/* Floats as doubles, in the compilers' own vectors, of as many bytes as the instruction set's registers: GS_DOUBLES of
 * the floats at x. */
#ifndef GS_DOUBLES_H
#define GS_DOUBLES_H

#ifdef __AVX512F__
enum { GS_DOUBLES = 8 };
typedef float gs_singles __attribute__((vector_size(32), aligned(4), may_alias));
typedef double gs_doubles __attribute__((vector_size(64)));
#elif defined __AVX2__
enum { GS_DOUBLES = 4 };
typedef float gs_singles __attribute__((vector_size(16), aligned(4), may_alias));
typedef double gs_doubles __attribute__((vector_size(32)));
#else
enum { GS_DOUBLES = 2 };
typedef float gs_singles __attribute__((vector_size(8), aligned(4), may_alias));
typedef double gs_doubles __attribute__((vector_size(16)));
#endif
#define GS_TO_DOUBLES(x) __builtin_convertvector(*(const gs_singles *)(x), gs_doubles)

#endif
