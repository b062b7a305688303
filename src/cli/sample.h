/* One run of gensample sample: its parts, what it writes and what it reports. */
#ifndef GS_CLI_SAMPLE_H
#define GS_CLI_SAMPLE_H

#include "app/shards.h"
#include "cli/draws.h"
#include "cli/judging.h"
#include "cli/nearest.h"
#include "cli/traced.h"
#include "io/grid.h"

/* What memory is for. */
typedef enum gs_account { GS_OF_NETWORKS, GS_OF_PLANS, GS_OF_IMAGES, GS_OF_SAMPLES, GS_ACCOUNTS } gs_account;

typedef struct gs_run {
    gs_arguments arguments; /* with the output that suits the images */
    gs_setup setup;
    gs_start start;
    gs_result result;
    gs_draws draws;
    gs_traced traced;
    gs_judging judging;
    gs_nearest nearest;
    gs_format format;
    gs_grid grid;              /* of a picture of samples */
    size_t bytes[GS_ACCOUNTS]; /* of memory that it has taken so far: files as they were read, plans, images, and what
                                  samples and records of chains will go into */
} gs_run;

/* Load, check and allocate everything, so that whatever can fail does so before the sampling. */
gs_status gs_run_prepare(gs_run *run, const gs_arguments *arguments, gs_error *error);
void gs_run_free(gs_run *run);

/* The same for a run in shards, which keeps no samples, and whose output is checked elsewhere. */
gs_status gs_run_prepare_shards(gs_run *run, const gs_arguments *arguments, gs_error *error);

/* Check the options of a run in shards; run it (sharded.c). *busy becomes the number of shards that are left because
 * other processes have them; nothing is reported then. */
gs_status gs_shards_check_arguments(const gs_arguments *arguments, gs_error *error);
gs_status gs_shards_run(const gs_arguments *arguments, gs_shards_mode mode, size_t *busy, gs_error *error);

/* For a sweep: give the last network the weight of a row. */
void gs_run_weigh(gs_run *run, int row);

/* Begin the file of chains. Errors: those of gs_kept_open. */
gs_status gs_run_keep(gs_run *run, gs_error *error);

/* Write the finished samples, or their trajectories, to --out. */
gs_status gs_run_write(gs_run *run, gs_error *error);

/* The bytes of an array that is written; 0 for pictures, which are compressed. */
double gs_run_output_bytes(const gs_run *run);

/* The number of cells of the picture, per row, that are filled; all samples for other formats. */
size_t gs_run_shown(const gs_run *run);

/* The settings, as members of a JSON object; and the command that draws the same samples again. */
void gs_run_put_settings(const gs_run *run, json_t *object);
void gs_run_put_command(const gs_run *run, FILE *out);

/* Print what was done, as text or, with --json, as one JSON object. */
gs_status gs_run_report(const gs_run *run, FILE *out, gs_error *error);

#endif
