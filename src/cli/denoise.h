/* One run of gensample denoise: its state and its report. */
#ifndef GS_CLI_DENOISE_H
#define GS_CLI_DENOISE_H

#include "cli/run.h"

/* Means over the images of one noise level, either the noisy or the restored ones. */
typedef struct gs_trial {
    double noise; /* in units in which pixels are 0 ... 1 */
    int steps;    /* 0 for the noisy images */
    uint64_t evaluations;
    double psnr, ssim, kept, seconds; /* kept: share of images whose class the judge still recognises */
    bool best;                        /* has the best PSNR of its noise level's step counts */
} gs_trial;

typedef struct gs_denoise {
    gs_run run; /* the network, the judge, their plans and labels */
    gs_image_file input;
    float *noisy, *restored, *room; /* (noises, n, C, H, W), of the best step counts; (n, C, H, W) */
    int *classes, *found;           /* (n) classes of clean and of restored images by the judge; or NULL */
    gs_trial noisy_trials[GS_LIST_MAX], trials[GS_LIST_MAX][GS_LIST_MAX]; /* by noise level, then by step count */
} gs_denoise;

/* Print the table or, with --json, one JSON object. */
gs_status gs_denoise_report(const gs_denoise *d, FILE *out, gs_error *error);

/* The settings as a JSON text and as a command that repeats the run; both to be freed with free. */
char *gs_denoise_settings(const gs_denoise *d);
char *gs_denoise_command_text(const gs_denoise *d);

#endif
