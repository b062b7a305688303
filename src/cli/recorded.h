/* The record of chains at one noise level, made of what gs_sample shows of them. Of long chains evenly spaced steps are
 * recorded, so that memory does not grow with the steps; what a step is counted for is of all of them. */
#ifndef GS_CLI_RECORDED_H
#define GS_CLI_RECORDED_H

#include "cli/setup.h"

/* Rows of each of two parts, burn-in (or the first half) and what follows it; as many draws are followed. */
enum { GS_RECORDED_ROWS = 4096 };

/* Steps of a part: the last one is recorded, and every `stride`-th before it, `rows` in all. */
typedef struct gs_recorded_part {
    size_t end, steps, stride, rows;
} gs_recorded_part;

/* The part of so many steps that ends with step number `end`. */
gs_recorded_part gs_recorded_part_of(size_t end, size_t steps);

/* The row of the part, from 0, that has step number `step` or is the next that does, in *row; whether it has it. */
bool gs_recorded_row(const gs_recorded_part *part, size_t step, size_t *row);

/* The first of the steps that count: the burn-in, or half of the steps without any. */
size_t gs_recorded_left_out(const gs_sample_options *options);

typedef struct gs_recorded {
    size_t chains, size; /* floats of a state */
    int max_depth;
    gs_recorded_part part[2];
    size_t rows;        /* of both */
    size_t *step;       /* (rows + 1) */
    float *energy;      /* (rows + 1, chains) */
    float *gradient;    /* likewise; not filled in where has_gradient is false */
    bool *has_gradient; /* (chains) */
    float *acceptance;  /* (rows, chains), of samplers that accept by energies; else NULL, as the next ones */
    double *accepted;   /* (chains): sum since the last row */
    gs_step_sums *sums; /* (chains) */
} gs_recorded;

/* Make room for n chains. Errors: GS_ERROR_MEMORY. */
gs_status gs_recorded_open(gs_recorded *recorded, const gs_setup *setup, size_t n, gs_error *error);

/* Take what gs_sample shows. */
void gs_recorded_watch(gs_recorded *recorded, const gs_step_view *view);

/* What is recorded of the first `done` chains, which are all from then on; it points into `recorded`. */
gs_record gs_recorded_get(gs_recorded *recorded, const gs_setup *setup, size_t done);

void gs_recorded_free(gs_recorded *recorded);

#endif
