/* The pictures that a row has besides figures: samples, and the energies along the chains. */
#ifndef BENCH_PICTURES_H
#define BENCH_PICTURES_H

#include <jansson.h>

#include "bench.h"
#include "io/picture.h"

/* Draw images as a grid for the reports. Errors: GS_ERROR_UNSUPPORTED (channels), GS_ERROR_MEMORY. */
gs_status bench_picture_draw(bench_row *row, const gs_images *images, gs_grid grid, gs_error *error);

/* The members "picture" and "trace" of a row's JSON object; NULL if there is none. */
json_t *bench_picture_json(const bench_row *row);
json_t *bench_trace_json(const bench_row *row);

#endif
