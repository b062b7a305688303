/* What a plan does for each node of the network, and how long that takes. */
#ifndef GS_PROFILE_H
#define GS_PROFILE_H

#include "engine/data.h"

/* The steps of one node, which may compute later nodes too, or one change of layout. */
typedef struct gs_profile_row {
    int node;             /* of plan->model; -1: a change of layout */
    int first, last;      /* steps first ... last - 1 */
    gs_shape from, to;    /* of the first operand and of the result */
    int images;           /* computed at a time */
    uint64_t operations;  /* 2 x multiply-adds per image of the nodes, done directly */
    size_t weight_bytes;  /* packed weights */
    size_t scratch_bytes; /* results of one thread, in memory that later steps use again, and scratch memory of the
                             steps */
    double seconds;       /* of all images: the median of the runs */
} gs_profile_row;

/* Where a node is computed, if not by a row. */
enum { GS_NODE_LEVEL = -1, /* once per noise level and label */ GS_NODE_UNUSED = -2 /* no output needs it */ };

typedef struct gs_profile {
    int images, runs;
    double seconds;       /* of all images, without a clock between the steps: the median of the runs */
    double level_seconds; /* of what is computed once per noise level and label, likewise */
    int rows;
    gs_profile_row *row;
    int *row_of; /* per node of plan->model: its row, or GS_NODE_... */
} gs_profile;

/* How to measure a plan, which has one thread. */
typedef struct gs_profile_options {
    const float *x; /* (images, C, H, W) */
    int images;
    double sigma;   /* above 0, for networks that take one */
    int label;      /* K: none */
    double seconds; /* to measure for, at least; never fewer than 5 runs */
} gs_profile_options;

/* Evaluate the images block by block, again and again, once with a clock read before and after every step and once
 * without. The rows are in the order in which they run; their seconds, whose sum is near `seconds`, are of steps as
 * they run one after the other, with what the one before leaves in the caches. Errors: GS_ERROR_ARGUMENT: the
 * label is out of range; GS_ERROR_MEMORY. gs_profile_free must be called on failure too. */
gs_status gs_profile_measure(gs_profile *profile, gs_plan *plan, const gs_profile_options *options, gs_error *error);
void gs_profile_free(gs_profile *profile);

/* What the methods say of a row's steps: "winograd-f4", or "direct, in blocks + from-blocks"; cut to fit. */
void gs_profile_describe(const gs_plan *plan, const gs_profile_row *row, char *text, size_t size);

#endif
