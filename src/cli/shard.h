/* Shards of gensample sample: what draws one, with the program's settings, and writes its files. */
#ifndef GS_CLI_SHARD_H
#define GS_CLI_SHARD_H

#include "app/checkpoint.h"
#include "app/dealer.h"
#include "cli/output.h"
#include "cli/sample.h"

/* What it needs from one shard to the next. Its memory does not depend on the number of chains. */
typedef struct gs_drawer {
    gs_run *run;
    const gs_shards *shards;
    bool walks;       /* the sampler stays at one noise level, so that chains stop and go on between steps */
    size_t image;     /* floats of a sample */
    size_t per_chain; /* samples */
    size_t room;      /* chains for which the arrays have room */
    size_t block;     /* chains per call */
    int stride;       /* steps per call */
    float *samples;   /* (room, per_chain, image): what a block's chains gave */
    float *mapped;    /* the same in the judge's range, or NULL */
    float *x;         /* (room, image), of walks: the states, the gradients and the walks' numbers */
    float *gradient;
    double *numbers;
    int *labels; /* (room * per_chain) of samples, or NULL */
    gs_term terms[GS_LIST_MAX];
    gs_notes notes;     /* in pictures */
    gs_outcome outcome; /* of the chains that were drawn */
    double seconds;     /* in gs_sample */
    double begun,
        span; /* parts of its steps that the present block had made before the present call, and that it makes */
    uint64_t done, replayed, all; /* chains that are done, those of them that an interrupted run had drawn, and all that
                                     this process is to draw */
    double interrupted_s;         /* when an interruption was noticed; 0: not yet */
    gs_progress progress;
    gs_dealer *dealer; /* which is told how far it is; NULL: there are no other ranks */
} gs_drawer;

/* Prepare to draw shards of a run that is prepared. Errors: GS_ERROR_ARGUMENT: the settings give no samples;
 * GS_ERROR_MEMORY. The drawer must be freed in any case. */
gs_status gs_drawer_create(gs_drawer *drawer, gs_run *run, const gs_shards *shards, gs_error *error);
void gs_drawer_free(gs_drawer *drawer);

/* The samples that a chain gives by the settings; 0: none. */
size_t gs_drawer_per_chain(const gs_setup *setup);

/* Draw a shard, or the rest of one that was interrupted: its file and that of its sums are then in their places and on
 * the disk, and its record is sealed, but not committed. Errors: those of gs_sample and of sinks; GS_ERROR_INTERRUPTED:
 * its state is kept, where checkpoints are. */
gs_status gs_drawer_draw(gs_drawer *drawer, gs_shard *shard, gs_error *error);

/* The judge's figures of all finished shards, from the files of their sums, in the shards' order. Errors:
 * GS_ERROR_FILE, GS_ERROR_FORMAT, GS_ERROR_MEMORY. */
gs_status gs_shards_measure(const gs_shards *shards, const gs_network *judge, gs_quality *quality, gs_error *error);

/* Write a shard's sums to their file. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY. */
gs_status gs_shard_put_sums(const gs_shards *shards, const gs_shard *shard, const gs_quality_sums *sums,
                            gs_error *error);

#endif
