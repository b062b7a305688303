/* One run of gensample sample: its state and its parts. */
#ifndef GS_CLI_RUN_H
#define GS_CLI_RUN_H

#include <jansson.h>

#include "cli/arguments.h"
#include "io/picture.h"
#include "io/progress.h"
#include "io/read.h"
#include "io/sink.h"
#include "model/settings.h"

/* A further network in a product of densities. */
typedef struct gs_factor {
    gs_model *model;
    gs_plan *plan;
} gs_factor;

/* The measurements of the samples drawn under one weight. */
typedef struct gs_row {
    double weight; /* weight of the last network */
    gs_quality quality;
    double stroke, thick, both; /* mean stroke width in pixels; share of thick samples; of those that are also of the
                                   label they were drawn for. NaN where there are none */
} gs_row;

/* A second judge, which reports beside the one by which settings may have been chosen; without a plan there is none. */
typedef struct gs_second_judge {
    gs_model *model;
    gs_plan *plan;
    gs_quality quality;
    gs_comparison comparison;
} gs_second_judge;

typedef struct gs_run {
    const gs_arguments *arguments;
    gs_model *model, *judge_model;
    gs_plan *plan, *judge;
    const gs_model_info *info;
    gs_sample_options options; /* resolved */
    gs_format format;
    gs_grid grid;
    size_t n, done, pixels;   /* pixels: elements per image */
    int levels;               /* states of a trajectory */
    const gs_model *labelled; /* the first network that takes labels; NULL: none does */
    int classes;              /* of it, or 0 */
    int *labels;              /* n, or NULL */
    float *samples;           /* (rows, n, C, H, W) */
    int rows;                 /* 1, or as many as weights of a sweep */
    gs_factor factors[GS_LIST_MAX];
    gs_term terms[GS_LIST_MAX]; /* the same as gs_sample takes them */
    gs_image_file init;         /* the images at which the chains begin */
    float *init_states;         /* the same with noise, (n, C, H, W); NULL if none is added */
    double *kept;               /* by state, the result last: share of chains that kept their image's class; or NULL */
    float *trajectory;          /* (levels, n, C, H, W), or NULL */
    double *sigmas;             /* levels, or NULL */
    gs_trace trace; /* n rates and step sizes, where the sampler accepts and adapts; with --diagnose the whole trace */
    gs_record record; /* with --diagnose: of the finished chains, made from the trace and the arrays below */
    gs_diagnosis diagnosis;
    size_t *mark;   /* (levels) steps of the states */
    double *shares; /* (levels, classes_judged) */
    int classes_judged;
    double seconds;   /* spent in gs_sample alone */
    json_t *warnings; /* texts about the results of all calls of gs_sample */
    bool interrupted, judged;
    gs_arguments own;         /* what gs_run_own_arguments returns */
    gs_row row[GS_LIST_MAX];  /* (rows) */
    gs_comparison comparison; /* of the samples, where there is no sweep */
    gs_second_judge second;
    gs_image_file training, held_out; /* of --nearest: the training images, and others if there are any */
    gs_nearness nearness;
} gs_run;

/* Load, check and allocate everything, so that whatever can fail does so before the sampling. */
gs_status gs_run_prepare(gs_run *run, const gs_arguments *arguments, gs_error *error);
void gs_run_free(gs_run *run);

/* Parts of it: load the network and check --label against it; load the judge of --judge; plan both; check that the
 * sampler of run->options reads the settings that were given. */
gs_status gs_run_load(gs_run *run, const gs_arguments *arguments, gs_error *error);
gs_status gs_run_load_judge(gs_run *run, gs_error *error);
gs_status gs_run_make_plans(gs_run *run, gs_error *error);

/* For a product: load its further networks, which must fit the first; plan them; set the weights of row i of a
 * sweep. */
gs_status gs_run_load_factors(gs_run *run, gs_error *error);
gs_status gs_run_check_levels(const gs_run *run, gs_error *error);
gs_status gs_run_plan_factors(gs_run *run, const gs_plan_options *options, gs_error *error);
void gs_run_weigh(gs_run *run, int row);

/* For a sweep: the samples of a row; draw its picture. */
const float *gs_run_row(const gs_run *run, int row);
gs_status gs_run_write_sweep(const gs_run *run, const gs_note *notes, int count, gs_error *error);

/* Have the judges measure the samples of all rows. */
gs_status gs_run_measure(gs_run *run, gs_error *error);

/* For --nearest, if it is given: read its images, and measure with them. */
gs_status gs_run_read_nearest(gs_run *run, gs_error *error);
gs_status gs_run_measure_nearest(gs_run *run, gs_error *error);

/* The measurements, as members of a JSON object and as lines of text; and one line "warning: ..." for each reason why a
 * figure means less than it seems to. */
void gs_run_put_measured(const gs_run *run, json_t *object);
void gs_run_report_measured(const gs_run *run, FILE *out);
void gs_run_warn_of_quality(const gs_run *run, FILE *out);
/* Read the first images of a file for the run's network, `most` or fewer, but no fewer if that many were asked for
 * (`given`). Print cautions on standard error, and how a picture was cut. */
gs_status gs_run_read_images(const gs_run *run, const char *path, bool given, size_t most, gs_image_file *images,
                             gs_error *error);
void gs_run_put_taken(const char *path, const gs_image_file *images, FILE *out);

/* For --init: read the images; add noise to them; and let the judge count how many chains kept their label. */
gs_status gs_run_read_init(gs_run *run, size_t most, gs_error *error);
gs_status gs_run_noise_init(gs_run *run, gs_error *error);
double gs_run_init_noise(const gs_run *run);
gs_status gs_run_measure_kept(gs_run *run, gs_error *error);

gs_status gs_run_check_settings(const gs_run *run, gs_error *error);

/* Refuse 0 steps, which mean nothing to the program, but "not given" to the library. */
gs_status gs_run_check_steps(const gs_run *run, int steps, gs_error *error);

/* Call gs_sample for run->n chains and show a line of progress; sets run->done, and adds to run->seconds and
 * run->warnings. An interruption gives GS_OK and sets run->interrupted. `what` tells one of several calls from the
 * others in the line and in the warnings; NULL if there is one call. */
gs_status gs_run_draw(gs_run *run, const char *what, float *samples, gs_error *error);

/* Show `what` on a line until gs_progress_clear, for long work that does not report its progress. */
gs_progress gs_run_wait(const gs_run *run, const char *what);

/* Print the warnings. */
void gs_run_warn(const gs_run *run, FILE *out);

/* The model's images in the judge's data range: the images themselves, or a converted copy in `room`, which has the
 * same size. */
const float *gs_run_map(const gs_run *run, const float *images, size_t n, float *room);

/* Refuse a format that cannot hold rows of images. `what`: "a sweep goes". Errors: GS_ERROR_ARGUMENT. */
gs_status gs_run_check_table(const gs_run *run, const char *what, gs_error *error);

/* Write the first run->done samples, or their trajectories, to --out. */
gs_status gs_run_write(const gs_run *run, gs_error *error);

/* What a sink is told of the run's images: (n, C, H, W) or, if `rows` is not 0, (rows, n, C, H, W). */
gs_sink_input gs_run_sink_input(const gs_run *run, size_t rows, size_t n);

/* The number of cells of the picture that are filled; run->done for formats that hold all samples. */
size_t gs_run_shown(const gs_run *run);

/* A copy of the arguments, from now on the run's own, so that an interrupted run can shorten the list of which it has
 * finished a part. */
gs_arguments *gs_run_own_arguments(gs_run *run);

/* Print what was done, as text or, with --json, as one JSON object. */
gs_status gs_run_report(const gs_run *run, FILE *out, gs_error *error);

/* The settings as a JSON text and as a command that draws the same samples again; both to be freed with free. */
char *gs_run_settings(const gs_run *run);
char *gs_run_command(const gs_run *run);

/* The row of the run's sampler. */
const gs_sampler_info *gs_run_sampler(const gs_run *run);

/* Whether the run's sampler reads the setting. */
bool gs_run_reads(const gs_run *run, gs_setting_id setting);

/* The sampler's settings, as JSON and as options: only those that it reads, so that equal pictures have equal settings.
 * In gensample denoise they leave out the steps and noise levels, which that command lists itself. */
void gs_run_put_settings(const gs_run *run, json_t *object);
void gs_run_put_options(const gs_run *run, FILE *out);

/* The temperature of a sampler at one noise level; langevin's is the limit as its step size goes to 0. */
double gs_run_temperature(const gs_run *run);

/* The backend's name, or NULL for the native one, whose bytes are the same everywhere. */
const char *gs_run_foreign_backend(const gs_run *run);

/* The share of proposals that chains at one noise level accepted, as JSON and as a line with the temperature. */
json_t *gs_run_acceptance_json(const gs_run *run);
void gs_run_report_chains(const gs_run *run, FILE *out);

/* For --diagnose and --plot: whether they are given, and whether states are stored, for them or to be drawn; their
 * check, which chooses the steps of the states; the allocation of what is recorded; and the diagnosis of the finished
 * chains, with its picture. */
bool gs_run_diagnoses(const gs_run *run);
bool gs_run_stores_states(const gs_run *run);
gs_status gs_run_check_trace(gs_run *run, gs_error *error);
gs_status gs_run_allocate_trace(gs_run *run, gs_error *error);
void gs_run_free_trace(gs_run *run);
gs_status gs_run_diagnose(gs_run *run, gs_error *error);

/* Shorten `count` rows of `from` floats to their first `to` floats, without gaps. */
void gs_run_close_up(float *rows, size_t count, size_t from, size_t to);

/* The number of steps after which state i of a trajectory at one noise level was stored. */
int gs_run_state_step(const gs_run *run, int i);

/* The classes that the judge assigns to the finished chains' state i, which is denoised first if its noise level is not
 * 0. */
gs_status gs_run_classify_state(const gs_run *run, int i, int *classes, gs_error *error);

/* Whether all networks are energies. */
bool gs_run_has_energy(const gs_run *run);

#endif
