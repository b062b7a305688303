/* What a row shows beside figures: samples, and energies on their way. */
#ifndef BENCH_PICTURES_H
#define BENCH_PICTURES_H

#include <jansson.h>

#include "bench.h"
#include "io/images.h"

/* Draw images as a grid for the reports. Errors: GS_ERROR_UNSUPPORTED (channels), GS_ERROR_MEMORY. */
gs_status bench_picture_draw(bench_row *row, const gs_images *images, gs_grid grid, gs_error *error);

/* "picture" and "trace" of a row's JSON object; NULL where there is none. */
json_t *bench_picture_json(const bench_row *row);
json_t *bench_trace_json(const bench_row *row);

#endif
