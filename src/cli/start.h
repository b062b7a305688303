/* The images of --init, at which chains begin. */
#ifndef GS_CLI_START_H
#define GS_CLI_START_H

#include "cli/setup.h"
#include "io/read.h"

typedef struct gs_start {
    gs_image_file images;
    float *states; /* the same with noise, (n, C, H, W) */
} gs_start;

/* Read the first `most` images, if there is an --init. */
gs_status gs_start_read(gs_start *start, const gs_setup *setup, size_t most, gs_error *error);

/* The standard deviation of the noise. */
double gs_start_noise(const gs_setup *setup);

/* Add it to the images, if there are any, and have chains begin there. */
gs_status gs_start_add_noise(gs_start *start, gs_setup *setup, gs_error *error);

void gs_start_free(gs_start *start);

#endif
