/* The samples of gensample sample, and the states of their chains. */
#ifndef GS_CLI_RESULT_H
#define GS_CLI_RESULT_H

#include "cli/setup.h"

typedef struct gs_result {
    size_t n, done;     /* per row: samples to draw, and drawn */
    gs_numbers weights; /* of the last network, one per row of a sweep; of an interrupted sweep those whose rows are
                           complete. None: there is no sweep, and one row */
    float *samples;     /* (rows, n, C, H, W) */
    int levels;         /* states that are stored of each chain, or 0 */
    float *trajectory;  /* (levels, n, C, H, W), or NULL */
    double *sigmas;     /* (levels), or NULL */
} gs_result;

/* Whether states are stored, for --trajectory or for a diagnosis with a judge. */
bool gs_result_has_states(const gs_arguments *arguments);

/* The number of rows; the samples of one. */
int gs_result_rows(const gs_result *result);
float *gs_result_row(const gs_result *result, const gs_setup *setup, int row);

/* Allocate the arrays for n and weights, which are set. Errors: GS_ERROR_MEMORY, before the system is asked for more
 * than it has. */
gs_status gs_result_allocate(gs_result *result, gs_setup *setup, gs_error *error);

/* The number of steps after which state i of a trajectory at one noise level was stored. */
int gs_result_step(const gs_result *result, const gs_setup *setup, int i);

/* The classes that the judge assigns to the finished chains' state i, which is denoised first if its noise level is not
 * 0; without stored states to the samples. */
gs_status gs_result_classify(const gs_result *result, const gs_setup *setup, const gs_network *judge, int i,
                             int *classes, gs_error *error);

/* Shorten `count` rows of `from` floats to their first `to` floats, without gaps. */
void gs_close_up(float *rows, size_t count, size_t from, size_t to);

void gs_result_free(gs_result *result);

#endif
