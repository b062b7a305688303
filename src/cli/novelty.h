/* One run of gensample novelty. */
#ifndef GS_CLI_NOVELTY_H
#define GS_CLI_NOVELTY_H

#include "cli/table.h"

enum { GS_NOVELTIES_MAX = 16 };

/* The images of one file, the first of which are the known ones, and their scores. */
typedef struct gs_scored {
    gs_input in;
    double *score[GS_NOVELTIES_MAX]; /* (scores, n) */
} gs_scored;

typedef struct gs_novelty_run {
    const gs_arguments *arguments;
    gs_networks networks;
    gs_novelty_options options; /* without defaults */
    const gs_novelty_info *by[GS_NOVELTIES_MAX];
    int scores;
    int count;
    gs_scored *input; /* (count), of which the first is --input, the others --against */
    double auroc[GS_LIST_MAX][GS_NOVELTIES_MAX], error[GS_LIST_MAX][GS_NOVELTIES_MAX]; /* of --against number i */
    double seconds;
} gs_novelty_run;

/* Print the report, or one JSON object. */
gs_status gs_novelty_report(const gs_novelty_run *run, FILE *out, gs_error *error);

/* Draw the curves. */
gs_status gs_novelty_plot(const gs_novelty_run *run, gs_error *error);

#endif
