/* The command line, parsed and checked as far as is possible without the model. */
#ifndef GS_CLI_ARGUMENTS_H
#define GS_CLI_ARGUMENTS_H

#include <stdio.h>

#include "app/find.h"
#include "app/option.h"
#include "study/parameters.h"

/* The numbers of the commands, and their bits, as in GS_SAMPLE. */
enum {
#define GS_COMMAND(id, ...) GS_COMMAND_##id,
#include "cli/commands.def"
    GS_COMMAND_COUNT
};
enum {
#define GS_COMMAND(id, ...) GS_##id = 1 << GS_COMMAND_##id,
#include "cli/commands.def"
    GS_ANY = (1 << GS_COMMAND_COUNT) - 1
};

typedef enum gs_option {
#define GS_OPTION(id, ...) GS_OPTION_##id,
#include "cli/options.def"
    GS_OPTION_COUNT
} gs_option;

/* A network of a product of densities. */
typedef struct gs_composed {
    char path[GS_PATH_ROOM];
    bool is_shipped; /* found among the shipped networks */
    double weight;
} gs_composed;

typedef struct gs_arguments {
    int command; /* GS_SAMPLE, ... */
    bool given[GS_OPTION_COUNT];
    gs_sample_options settings; /* the sampler and its settings, as far as they are given */
    const char *model, *format, *judge, *isa, *backend, *algorithm;
    uint64_t n, seed, first, shard_size;
    gs_dtype dtype; /* of products */
    int threads, block, label, dim, batch;
    double ratio;
    int grid[2];
    const char *input, *init, *plot, *map, *nearest;
    const char *mask, *operator_; /* of measurements */
    double measured_noise;        /* -1: none */
    const char *second_judge;     /* beside the default judge, where it is there; or NULL */
    gs_numbers noises, step_counts, sweep, ladder;
    gs_texts compose, inputs, labels;
    gs_texts studies;                      /* operands */
    gs_numbers study[GS_STUDY_PARAMETERS]; /* parameters of studies; none: not given */
    const char *data;                      /* MNIST's folder */
    gs_numbers range;                      /* of pixels */
    gs_counts only, coordinates;
    int shape[2];
    int levels, draws, scale, columns, chains;
    double ends[2];      /* of noise levels */
    const char *weights; /* the type in which they are stored */
    double limit;        /* of the error */
    int bands;
    double init_noise, sigma;
    int flow_steps, probes, dequantize, frames; /* dequantize: -1 for none, 0: not given */
    double tolerance;
    const char *trace, *method;
    gs_texts by, against; /* scores of novelty, and files of images beside --input */
    gs_numbers prior;
    gs_counts seeds;
    double checkpoint_s; /* -1: never */
    int keep_every;      /* 0: the last state of each chain alone */
    const char *out;     /* NULL: none is asked for */
    bool out_is_given;   /* else it is the command's default */
    bool resume, dry_run, measured, random, trajectory, warmup, direct, quality, diagnose, gradient, json, quiet, help;
    bool version;
    const char *file, *folder;         /* operands of inspect and verify */
    char found[3][GS_PATH_ROOM];       /* paths of gs_arguments_find, of shipped networks */
    bool model_is_shipped;             /* found[0] is its path */
    char default_out[32];              /* the default output, with the extension of --format */
    gs_composed composed[GS_LIST_MAX]; /* what `compose` names, one each */
    /* gs_arguments_parse, for a command that reads other command lines: naming it, it would name what knows all
     * commands */
    gs_status (*parse)(struct gs_arguments *arguments, int argc, char *const *argv, gs_error *error);
} gs_arguments;

/* Parse argv, whose strings must outlive *arguments. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_arguments_parse(gs_arguments *arguments, int argc, char *const *argv, gs_error *error);

/* Find the weight files that are meant: a name without a folder may be a shipped network's, and a missing --model or
 * --judge is filled in; "-" is standard input. The paths belong to *arguments. Errors: GS_ERROR_ARGUMENT,
 * GS_ERROR_FILE: there is none of that name. */
gs_status gs_arguments_find(gs_arguments *arguments, gs_error *error);

/* Where the library says what is wrong with a value that was given, begin its message with the option's name. */
gs_status gs_arguments_blame(const gs_arguments *arguments, gs_status status, gs_error *error);

/* How the command kept in a picture names files. The weight files of --model and of --compose number k are named as
 * they were given, so that the command finds them from the same folder; a shipped network's name has no folder. The
 * output's name has no folder either, so that running the command does not replace the picture. */
const char *gs_arguments_model_word(const gs_arguments *arguments);
const char *gs_arguments_composed_word(const gs_arguments *arguments, int k);
void gs_arguments_put_out(const gs_arguments *arguments, FILE *out);

/* The stream that the report goes to: stdout, or stderr if an output goes to standard output. */
FILE *gs_arguments_report(const gs_arguments *arguments);

/* End a line of the report with the files that are written: "; wrote OUT and PLOT". */
void gs_arguments_put_written(const gs_arguments *arguments, FILE *out);

/* Refuse an --out that is one of the files that are read. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_arguments_check_out(const gs_arguments *arguments, gs_error *error);

/* Check that the file of an option that draws a picture in SVG, such as "--plot", can be written: its name, and that no
 * other output has it. Errors: GS_ERROR_ARGUMENT, GS_ERROR_FILE. */
gs_status gs_arguments_check_svg(const gs_arguments *arguments, const char *option, const char *path, gs_error *error);

/* Print the help of a command. */
void gs_help_print(int command, FILE *out);

#endif
