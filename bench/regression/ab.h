/* The outcome of `genbench ab`, and its views. */
#ifndef BENCH_AB_H
#define BENCH_AB_H

#include "regression/pairs.h"
#include "regression/regression.h"

typedef enum bench_ab_state {
    BENCH_AB_OPEN,    /* not decided yet */
    BENCH_AB_SAME,    /* not slower */
    BENCH_AB_SLOWER,  /* flagged, and flagged again in fresh processes */
    BENCH_AB_NOISY,   /* flagged, but not twice, or never while its control was steady */
    BENCH_AB_FAILED,  /* one of the builds could not measure it */
    BENCH_AB_ONE_SIDE /* exists in one build only */
} bench_ab_state;

typedef struct bench_ab_row {
    char name[BENCH_NAME_ROOM];
    bench_ab_state state;
    bench_pairs_verdict verdict; /* those of the attempt that decided, or of the last attempt */
    size_t pairs;                /* verdict on these */
    int alarms;                  /* attempts that flagged it */
    bool output_differs;         /* whether the first call's outputs are the same */
    bool model_differs;          /* whether the network's files are the same */
    char why[BENCH_TEXT_ROOM];   /* for BENCH_AB_FAILED and BENCH_AB_ONE_SIDE */
    /* While measuring. */
    int at[3]; /* its number for base, head, control */
    long calls;
    bench_pairs series;
} bench_ab_row;

typedef struct bench_ab_result {
    const bench_settings *settings;
    char commit[2][BENCH_TEXT_ROOM]; /* of base and head, "" if the build does not say */
    bench_ab_row *row;
    int rows;
    double control; /* median of all rows' control medians */
    double elapsed_s;
} bench_ab_result;

/* The exit status: inconclusive if the control of all rows is off; otherwise a regression takes precedence over an
 * error (a row failed, or nothing was measured), and that over inconclusive. */
int bench_ab_exit(const bench_ab_result *result);

/* Print the table and annotations, and write the file of --json. */
gs_status bench_ab_report(const bench_ab_result *result, gs_error *error);

#endif
