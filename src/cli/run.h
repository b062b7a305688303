/* One run of gensample sample: everything it holds, and its parts. */
#ifndef GS_CLI_RUN_H
#define GS_CLI_RUN_H

#include <jansson.h>

#include "cli/arguments.h"
#include "io/images.h"
#include "io/read.h"

/* A further network of a product of densities. */
typedef struct gs_factor {
    gs_model *model;
    gs_plan *plan;
} gs_factor;

/* Samples under one weight, and what they are. */
typedef struct gs_row {
    double weight; /* of the last network */
    gs_quality quality;
    double stroke, thick, both; /* mean stroke width in pixels; share of thick samples; of those that are also of the
                                   label they were drawn for. NaN where there are none */
} gs_row;

typedef struct gs_run {
    const gs_arguments *arguments;
    gs_model *model, *judge_model;
    gs_plan *plan, *judge;
    const gs_model_info *info;
    gs_sample_options options; /* resolved */
    gs_format format;
    gs_grid grid;
    size_t n, done, pixels;   /* pixels: elements of an image */
    int levels;               /* states of a trajectory */
    const gs_model *labelled; /* the first network that takes labels; NULL: none does */
    int classes;              /* of it, or 0 */
    int *labels;              /* n, or NULL */
    float *samples;           /* (rows, n, C, H, W) */
    int rows;                 /* 1, or as many as weights of a sweep */
    gs_factor factors[GS_LIST_MAX];
    gs_term terms[GS_LIST_MAX]; /* the same in gs_sample's terms */
    gs_image_file init;         /* what the chains begin with */
    float *init_states;         /* the same noised, (n, C, H, W); NULL: not */
    double
        *kept; /* by state, the result last: share of chains that look to the judge as what they began with; or NULL */
    float *trajectory; /* (levels, n, C, H, W), or NULL */
    double *sigmas;    /* levels, or NULL */
    gs_trace trace;    /* n rates and step sizes, where the sampler accepts and adapts; with --diagnose all */
    gs_record record;  /* with --diagnose: of the finished chains, from the trace and what is below */
    gs_diagnosis diagnosis;
    size_t *mark;   /* (levels) steps of the states */
    double *shares; /* (levels, classes_judged) */
    int classes_judged;
    double seconds; /* of gs_sample alone */
    bool interrupted, judged;
    gs_row row[GS_LIST_MAX]; /* (rows) */
} gs_run;

/* Load, check and allocate all there is to be, so that whatever can fail does so before the sampling. */
gs_status gs_run_prepare(gs_run *run, const gs_arguments *arguments, gs_error *error);
void gs_run_free(gs_run *run);

/* Parts of it: the network, with --label checked against it; the judge of --judge; plans of both; and whether the
 * sampler of run->options reads the settings that were given. */
gs_status gs_run_load(gs_run *run, const gs_arguments *arguments, gs_error *error);
gs_status gs_run_load_judge(gs_run *run, gs_error *error);
gs_status gs_run_make_plans(gs_run *run, gs_error *error);

/* Of a product: its further networks, which must fit the first; their plans; the weights of row i of a sweep. */
gs_status gs_run_load_factors(gs_run *run, gs_error *error);
gs_status gs_run_check_levels(const gs_run *run, gs_error *error);
gs_status gs_run_plan_factors(gs_run *run, const gs_plan_options *options, gs_error *error);
void gs_run_weigh(gs_run *run, int row);

/* Of a sweep: its picture, and what is measured of all rows. */
gs_status gs_run_write_sweep(const gs_run *run, const gs_note *notes, int count, gs_error *error);
gs_status gs_run_measure(gs_run *run, gs_error *error);

/* Of --init: the images; how they are noised; and, by the judge, how many labels the chains kept. */
gs_status gs_run_read_init(gs_run *run, size_t most, gs_error *error);
gs_status gs_run_noise_init(gs_run *run, gs_error *error);
double gs_run_init_noise(const gs_run *run);
gs_status gs_run_measure_kept(gs_run *run, gs_error *error);

gs_status gs_run_check_settings(const gs_run *run, gs_error *error);

/* gs_sample of run->n chains with a line of progress; sets run->done, and adds to run->seconds. Interrupted, it is
 * GS_OK with run->interrupted. */
gs_status gs_run_draw(gs_run *run, float *samples, gs_error *error);

/* Images of the model in the judge's data range: themselves, or a copy in `room` of the same size. */
const float *gs_run_map(const gs_run *run, const float *images, size_t n, float *room);

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

/* What the sampler is told, as JSON and as options, without the images' own steps and noises in gensample denoise: only
 * what it reads, so that equal pictures have equal settings. */
void gs_run_put_settings(const gs_run *run, json_t *object);
void gs_run_put_options(const gs_run *run, FILE *out);

/* Of samplers at one noise level: the temperature, of langevin as its step size goes to 0. */
double gs_run_temperature(const gs_run *run);

/* The backend if it is not the native one, whose bytes are the same everywhere; else NULL. */
const char *gs_run_foreign_backend(const gs_run *run);

/* What chains at one noise level accepted, as JSON and as a line with the temperature. */
json_t *gs_run_acceptance_json(const gs_run *run);
void gs_run_report_chains(const gs_run *run, FILE *out);

/* Of --diagnose and --plot: whether they are given, and whether states are stored, for them or to be drawn; the check
 * of them, which chooses the steps of the states; room for what is recorded; and the diagnosis of the finished chains,
 * with its picture. */
bool gs_run_diagnoses(const gs_run *run);
bool gs_run_stores_states(const gs_run *run);
gs_status gs_run_check_trace(gs_run *run, gs_error *error);
gs_status gs_run_allocate_trace(gs_run *run, gs_error *error);
void gs_run_free_trace(gs_run *run);
gs_status gs_run_diagnose(gs_run *run, gs_error *error);

/* Close up `count` rows of `from` floats to rows of their first `to`. */
void gs_run_close_up(float *rows, size_t count, size_t from, size_t to);

/* The step after which state i of a trajectory at one noise level was stored. */
int gs_run_state_step(const gs_run *run, int i);

/* What the judge takes the finished chains' state i for, denoised where its noise level is not 0. */
gs_status gs_run_classify_state(const gs_run *run, int i, int *classes, gs_error *error);

/* Whether all networks are energies. */
bool gs_run_has_energy(const gs_run *run);

/* The commands. */
gs_status gs_sample_command(const gs_arguments *arguments, gs_error *error);
gs_status gs_denoise_command(const gs_arguments *arguments, gs_error *error);
gs_status gs_rejection_command(const gs_arguments *arguments, gs_error *error);
gs_status gs_cpu_command(const gs_arguments *arguments, gs_error *error);

#endif
