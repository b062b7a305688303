/* The command line, parsed and checked as far as is possible without the model. */
#ifndef GS_CLI_ARGUMENTS_H
#define GS_CLI_ARGUMENTS_H

#include <stdio.h>

#include "app/find.h"
#include "app/option.h"

enum { GS_SAMPLE = 1, GS_INSPECT = 2, GS_CPU = 4, GS_DENOISE = 8, GS_REJECT = 16, GS_ANY = 31 };

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
    const char *model, *out, *format, *judge, *isa, *backend, *algorithm;
    uint64_t n, seed, first;
    int threads, block, label, dim;
    double ratio;
    int grid[2];
    const char *input, *init, *plot, *map, *nearest;
    const char *second_judge; /* beside the default judge, where it is there; or NULL */
    gs_numbers noises, step_counts, sweep;
    gs_texts compose;
    double init_noise;
    bool trajectory, quality, diagnose, json, quiet, help, version;
    const char *file;                  /* operand of inspect */
    char found[3][GS_PATH_ROOM];       /* paths of gs_arguments_find, of shipped networks */
    bool model_is_shipped;             /* found[0] is its path */
    char default_out[32];              /* the default output, with the extension of --format */
    gs_composed composed[GS_LIST_MAX]; /* what `compose` names, one each */
} gs_arguments;

/* Parse argv, whose strings must outlive *arguments. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_arguments_parse(gs_arguments *arguments, int argc, char *const *argv, gs_error *error);

/* Find the weight files that are meant: a name without a folder may be a shipped network's, and a missing --model or
 * --judge is filled in; "-" is standard input. The paths belong to *arguments. Errors: GS_ERROR_ARGUMENT,
 * GS_ERROR_FILE: there is none of that name. */
gs_status gs_arguments_find(gs_arguments *arguments, gs_error *error);

/* How the command kept in a picture names files. The weight files of --model and of --compose number k are named as
 * they were given, so that the command finds them from the same folder; a shipped network's name has no folder. The
 * output's name has no folder either, so that running the command does not replace the picture. */
const char *gs_arguments_model_word(const gs_arguments *arguments);
const char *gs_arguments_composed_word(const gs_arguments *arguments, int k);
void gs_arguments_put_out(const gs_arguments *arguments, FILE *out);

/* The stream that the report goes to: stdout, or stderr if an output goes to standard output. */
FILE *gs_arguments_report(const gs_arguments *arguments);

/* Refuse an --out that is one of the files that are read. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_arguments_check_out(const gs_arguments *arguments, gs_error *error);

/* Print the help of a command. */
void gs_help_print(int command, FILE *out);

#endif
