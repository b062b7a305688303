/* One run of gensample denoise: its state and its report. */
#ifndef GS_CLI_DENOISE_H
#define GS_CLI_DENOISE_H

#include "cli/draws.h"
#include "io/formats.h"
#include "io/read.h"
#include "measure/judge.h"

/* What the judge takes images for, as shares of them. */
typedef struct gs_class_shares {
    double of[GS_JUDGE_CLASSES_MAX];
    double rejected; /* none of the classes */
} gs_class_shares;

/* Means over the images of one noise level, either the noisy or the restored ones. */
typedef struct gs_trial {
    double noise; /* in units in which pixels are 0 ... 1 */
    int steps;    /* 0 for the noisy images */
    double evaluations;
    double psnr, ssim, kept, seconds; /* kept: share of images whose class the judge still recognises */
    gs_class_shares shares;
    bool best; /* has the best PSNR of its noise level's step counts */
} gs_trial;

typedef struct gs_denoise {
    gs_arguments arguments; /* with the output that suits the images */
    gs_setup setup;
    gs_network judge; /* zeros: there is none */
    gs_draws draws;
    gs_format format;
    gs_image_file input;
    size_t n;
    gs_numbers noises;      /* those of --noise, or the first, if an interruption cuts the others */
    float *noisy, *best;    /* (noises, n, C, H, W), of the best step counts */
    float *restored, *room; /* (n, C, H, W) */
    int *classes, *found;   /* (n) classes of clean and of restored images by the judge; or NULL */
    gs_class_shares clean_shares;
    gs_trial noisy_trials[GS_LIST_MAX], trials[GS_LIST_MAX][GS_LIST_MAX]; /* by noise level, then by step count */
} gs_denoise;

/* Print the table or, with --json, one JSON object. */
gs_status gs_denoise_report(const gs_denoise *d, FILE *out, gs_error *error);

/* The settings as a JSON text and as a command that repeats the run; NULL when memory runs out; both to be freed with
 * free. */
char *gs_denoise_settings(const gs_denoise *d);
char *gs_denoise_command_text(const gs_denoise *d);

#endif
