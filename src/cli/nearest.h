/* How near samples are to the training images of --nearest. */
#ifndef GS_CLI_NEAREST_H
#define GS_CLI_NEAREST_H

#include "cli/result.h"
#include "io/read.h"

typedef struct gs_nearest {
    gs_image_file training, held_out; /* the training images, and others if there are any */
    gs_nearness nearness;             /* of no samples before it is measured */
} gs_nearest;

/* Read the images for n samples, if --nearest is given. */
gs_status gs_nearest_read(gs_nearest *nearest, const gs_setup *setup, size_t n, gs_error *error);

/* Measure the samples. */
gs_status gs_nearest_measure(gs_nearest *nearest, const gs_setup *setup, const gs_result *result, gs_error *error);

/* What was measured, as a JSON object and as a line of text. */
json_t *gs_nearest_json(const gs_nearest *nearest);
void gs_nearest_report(const gs_nearest *nearest, FILE *out);

void gs_nearest_free(gs_nearest *nearest);

#endif
