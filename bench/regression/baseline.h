/* The counts of rows, from this build or from a baseline, and how they compare. */
#ifndef BENCH_BASELINE_H
#define BENCH_BASELINE_H

#include "bench.h"

/* BENCH_COUNT(name in the file, what it counts) */
#define BENCH_COUNT_ROWS(COUNT)                               \
    COUNT(instructions, "instructions")                       \
    COUNT(allocations, "allocations")                         \
    COUNT(allocated_bytes, "bytes allocated")                 \
    COUNT(opening_allocations, "allocations before the call") \
    COUNT(opening_bytes, "bytes allocated before the call")   \
    COUNT(operations, "operations")

enum {
#define BENCH_COUNT_ENUM(name, what) BENCH_COUNT_##name,
    BENCH_COUNT_ROWS(BENCH_COUNT_ENUM)
#undef BENCH_COUNT_ENUM
        BENCH_COUNTS
};

/* The surroundings on which the number of instructions depends besides the source. */
enum { BENCH_SURROUNDINGS = 7, BENCH_SURROUNDING_ROOM = 400 };

typedef struct bench_tally_row {
    char name[BENCH_NAME_ROOM]; /* first, as bench_filter_items wants it */
    long long of[BENCH_COUNTS];
} bench_tally_row;

typedef struct bench_tally {
    char surrounding[BENCH_SURROUNDINGS][BENCH_SURROUNDING_ROOM];
    bench_tally_row *row;
    int count;
} bench_tally;

/* "architecture", "compiler", ... */
const char *bench_surrounding_name(int i);

/* Those of this build and run; `valgrind` is valgrind's version. */
void bench_surroundings_fill(bench_tally *tally, const char *valgrind);

const char *bench_count_what(int k);

/* Read a baseline. Errors: GS_ERROR_FILE, which names file and place; GS_ERROR_MEMORY. *tally then needs no freeing. */
gs_status bench_tally_read(const char *path, bench_tally *tally, gs_error *error);

/* Write one. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY; nothing is left behind. */
gs_status bench_tally_write(const bench_tally *tally, const char *path, gs_error *error);
void bench_tally_free(bench_tally *tally);

/* Put the rows of `part` into *tally, each in the place of the one of its name if there is one, else behind the others.
 * Errors: GS_ERROR_ARGUMENT if they are of other surroundings, GS_ERROR_MEMORY. */
gs_status bench_tally_renew(bench_tally *tally, const bench_tally *part, gs_error *error);

/* Whether `now` lacks a row that this CPU could count. */
bool bench_tally_is_gone(const bench_tally *now, const char *name);

/* ---- Comparison ---- */

/* A relative difference above this is a change. */
#define BENCH_COUNT_TOLERANCE 0.01

typedef enum bench_change {
    BENCH_WORSE,
    BENCH_BETTER,
    BENCH_UNKNOWN,    /* the baseline has no such row */
    BENCH_GONE,       /* only the baseline has it */
    BENCH_IMPOSSIBLE, /* only the baseline has it, because this CPU lacks the instruction set */
    BENCH_CHANGES
} bench_change;

typedef struct bench_finding {
    bench_change change;
    const char *row; /* borrowed from either tally */
    int count;       /* which count, for the first two changes */
    long long before, now;
} bench_finding;

typedef struct bench_comparison {
    bench_finding *finding;
    int findings, of[BENCH_CHANGES]; /* of: how many of each change */
    int compared;                    /* rows that both have */
    int left_out;                    /* number of rows of the baseline that were not asked for */
    int differs; /* the first surrounding that differs, or -1. If any differs, instructions are not compared */
} bench_comparison;

/* Compare; `some` means that not all rows were asked for, so that rows which only the baseline has are left out.
 * Errors: GS_ERROR_MEMORY. */
gs_status bench_tally_compare(const bench_tally *before, const bench_tally *now, bool some,
                              bench_comparison *comparison, gs_error *error);
void bench_comparison_free(bench_comparison *comparison);

/* The exit status: a regression takes precedence over an error (rows without a counterpart, or nothing compared), and
 * that over inconclusive. */
int bench_comparison_exit(const bench_comparison *comparison);

#endif
