/* The outcome of `genbench ab`, and its views. */
#ifndef BENCH_AB_H
#define BENCH_AB_H

#include "regression/pairs.h"
#include "regression/regression.h"

typedef enum bench_ab_state {
    BENCH_AB_OPEN,    /* not decided yet */
    BENCH_AB_SAME,    /* not slower */
    BENCH_AB_SLOWER,  /* flagged, and again in fresh processes */
    BENCH_AB_NOISY,   /* flagged, but never while its control was steady, or not twice */
    BENCH_AB_FAILED,  /* one of the builds could not measure it */
    BENCH_AB_ONE_SIDE /* in one build only */
} bench_ab_state;

typedef struct bench_ab_row {
    char name[BENCH_NAME_ROOM];
    bench_ab_state state;
    bench_pairs_verdict verdict; /* the last that decided, or of the last attempt */
    size_t pairs;                /* of that */
    int alarms;                  /* attempts that flagged it */
    bool output_differs;         /* first call's output */
    bool model_differs;          /* the network's file */
    char why[BENCH_TEXT_ROOM];   /* of BENCH_AB_FAILED and BENCH_AB_ONE_SIDE */
    /* While measuring. */
    int at[3]; /* its number for base, head, control */
    long calls;
    bench_pairs series;
} bench_ab_row;

typedef struct bench_ab_result {
    const char *base, *head; /* as named on the command line */
    bench_ab_row *row;
    int rows;
    double control; /* median of all rows' control medians */
    bool github, interrupted;
    const char *json;
    uint64_t seed;
    double elapsed_s;
} bench_ab_result;

/* The exit status: inconclusive where the control of all rows is off, else a regression before an error (failed, or
 * nothing measured), before inconclusive. */
int bench_ab_exit(const bench_ab_result *result);

/* Table, annotations, and --json. */
gs_status bench_ab_report(const bench_ab_result *result, int argc, char *const *argv, gs_error *error);

#endif
