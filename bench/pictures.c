#include "pictures.h"

#include <math.h>
#include <stdlib.h>

#include <nettle/base64.h>

gs_status bench_picture_draw(bench_row *row, const gs_images *images, gs_grid grid, gs_error *error) {
    gs_canvas canvas;
    char *bytes = NULL;
    size_t size = 0;
    gs_status status = gs_draw_grid(&canvas, images, grid, error);
    if (status)
        return status;
    status = gs_canvas_encode_png(&canvas, &bytes, &size, error);
    gs_canvas_free(&canvas);
    if (!status) {
        gs_free(row->picture);
        row->picture = gs_alloc(BASE64_ENCODE_RAW_LENGTH(size) + 1, 1);
        status = row->picture ? GS_OK : gs_fail_memory(error, "a picture");
    }
    if (!status)
        base64_encode_raw(row->picture, size, (const uint8_t *)bytes);
    free(bytes);
    return status;
}

json_t *bench_picture_json(const bench_row *row) {
    return row->picture ? json_pack("{s:s, s:s+}", "png", row->picture, "caption", row->sampling.sampler, " samples")
                        : NULL;
}

/* An array of numbers, or NULL if one of them is not finite, which JSON cannot express. */
static json_t *reals(const double *values, size_t n) {
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i])) {
            json_decref(array);
            return NULL;
        }
        json_array_append_new(array, json_real(values[i]));
    }
    return array;
}

json_t *bench_trace_json(const bench_row *row) {
    const gs_curve *c = &row->trace;
    const struct {
        const char *name;
        const double *y;
    } series[] = {{"5 %", c->low}, {"median", c->median}, {"95 %", c->high}};
    json_t *all = c->n ? json_array() : NULL;
    for (size_t i = 0; all && i < GS_COUNT(series); i++) {
        json_t *y = reals(series[i].y, c->n);
        if (!y) {
            json_decref(all);
            return NULL;
        }
        json_array_append_new(all, json_pack("{s:s, s:o}", "name", series[i].name, "y", y));
    }
    return all ? json_pack("{s:s, s:s, s:s, s:o, s:o}", "title", "Energy across chains", "x_label", "step", "y_label",
                           "energy", "x", reals(c->step, c->n), "series", all)
               : NULL;
}
