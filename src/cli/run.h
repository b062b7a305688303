/* One run of gensample sample: everything it holds, and its parts. */
#ifndef GS_CLI_RUN_H
#define GS_CLI_RUN_H

#include "cli/arguments.h"
#include "io/images.h"

typedef struct gs_run {
    const gs_arguments *arguments;
    gs_model *model, *judge_model;
    gs_plan *plan, *judge;
    const gs_model_info *info;
    gs_sample_options options; /* resolved */
    gs_format format;
    gs_grid grid;
    size_t n, done, pixels; /* pixels: elements of an image */
    int levels;             /* states of a trajectory */
    int *labels;            /* n, or NULL */
    float *samples;         /* (n, C, H, W) */
    float *trajectory;      /* (levels, n, C, H, W), or NULL */
    double *sigmas;         /* levels, or NULL */
    gs_trace trace;         /* n rates and step sizes, where the sampler accepts and adapts */
    double seconds;         /* of gs_sample alone */
    bool interrupted, judged;
    gs_quality quality;
} gs_run;

/* Load, check and allocate all there is to be, so that whatever can fail does so before the sampling. */
gs_status gs_run_prepare(gs_run *run, const gs_arguments *arguments, gs_error *error);
void gs_run_free(gs_run *run);

/* Check --isa or GENSAMPLE_ISA, and --backend. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_check_isa(const char *isa, gs_error *error);
gs_status gs_check_backend(const char *backend, gs_error *error);

/* Write the first run->done samples, or their trajectories, to --out. */
gs_status gs_run_write(const gs_run *run, gs_error *error);

/* Cells of the picture that are filled; run->done for formats that hold all. */
size_t gs_run_shown(const gs_run *run);

/* Print what was done, as text or with --json as one JSON object. */
gs_status gs_run_report(const gs_run *run, FILE *out, gs_error *error);

/* The settings as a JSON text and as a command that draws the same again; both to be freed with free. */
char *gs_run_settings(const gs_run *run);
char *gs_run_command(const gs_run *run);

/* Whether the run's sampler reads the setting ("steps", "sigmas", ...). */
bool gs_run_reads(const gs_run *run, const char *setting);

/* The commands. */
gs_status gs_sample_command(const gs_arguments *arguments, gs_error *error);
gs_status gs_cpu_command(const gs_arguments *arguments, gs_error *error);

#endif
