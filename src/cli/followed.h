/* Quantities that are followed along chains at one noise level, for --diagnose and --plot: the energy, and coordinates
 * of the state. Of long chains every k-th draw is kept, so that memory does not grow with the steps; means and
 * deviations are of all draws. */
#ifndef GS_CLI_FOLLOWED_H
#define GS_CLI_FOLLOWED_H

#include <jansson.h>

#include "cli/recorded.h"

enum { GS_FOLLOWED_MAX = 1 + GS_LIST_MAX /* the energy, and coordinates */, GS_FOLLOWED_NAME = 24 };

typedef struct gs_quantity {
    char name[GS_FOLLOWED_NAME]; /* "energy", "x[3]" */
    const double *draws;         /* (chains, draws) */
    gs_chain_summary summary;
} gs_quantity;

typedef struct gs_followed {
    int count;
    bool has_energy; /* then it is the first quantity */
    gs_quantity quantity[GS_FOLLOWED_MAX];
    size_t coordinate[GS_FOLLOWED_MAX];
    size_t steps, left_out; /* steps of a chain, and the first of them that are burn-in */
    size_t chains;
    gs_recorded_part part; /* the other steps, of which some are kept */
    size_t draws;          /* that many of each chain */
    double *values;        /* (count, chains, draws) */
    double *sums;          /* (count, chains, 2): mean, sum of squared distances from it; of all draws */
} gs_followed;

/* Check the coordinates of --coordinates. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_followed_check(const gs_setup *setup, gs_error *error);

/* Make room for n chains. Without --coordinates those of a point are followed, the first four of them. Errors:
 * GS_ERROR_MEMORY. */
gs_status gs_followed_open(gs_followed *followed, const gs_setup *setup, size_t n, gs_error *error);

/* The most bytes that gs_followed_summarize takes at a time. */
double gs_followed_bytes(const gs_followed *followed);

/* Take what gs_sample shows. */
void gs_followed_watch(gs_followed *followed, const gs_step_view *view);

/* Fill in the summaries, of the first `done` chains. Errors: GS_ERROR_MEMORY. */
gs_status gs_followed_summarize(gs_followed *followed, size_t done, gs_error *error);

/* Print the quantities as a table, with effective draws per gradient and per second, where these are what the draws
 * cost. */
void gs_followed_print(const gs_followed *followed, double gradients, double seconds, FILE *out);

/* Call `warn` for the coordinate with the largest R-hat and for that with the smallest effective sample size, if these
 * are bad; the energy has the warnings of its diagnosis. */
void gs_followed_warn(const gs_followed *followed, void warn(void *context, const char *text), void *context);

/* The quantities as an array. */
json_t *gs_followed_json(const gs_followed *followed);

void gs_followed_free(gs_followed *followed);

#endif
