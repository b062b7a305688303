#include "io/format/pictured.h"

#include <stdio.h>

enum { PIXELS_MAX = 1 << 24 };

gs_status gs_pictured_check(const gs_reader *r, const gs_raster *a) {
    if (!gs_cut_may_fit(a->height, a->width, (size_t)r->shape[1], (size_t)r->shape[2])) {
        return gs_fail(r->error, GS_ERROR_FORMAT,
                       "%s: a picture of %zu x %zu pixels: expected %d x %d, %s, or a grid of such images", r->path,
                       a->height, a->width, r->shape[1], r->shape[2], r->whose_shape);
    }
    if (a->width > PIXELS_MAX / a->height) {
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: a picture of %zu x %zu pixels: expected at most %d", r->path,
                       a->height, a->width, PIXELS_MAX);
    }
    return GS_OK;
}

/* ---- Colours ---- */

static gs_status fail_at(const gs_reader *r, size_t x, size_t y, const char *found, const char *expected) {
    return gs_fail(r->error, GS_ERROR_FORMAT, "%s: is %s at row %zu, column %zu: expected %s", r->path, found, y, x,
                   expected);
}

/* Checks that the picture's colours are as wanted: they must be opaque, and grey if one channel is wanted. */
static gs_status check_colours(const gs_reader *r, const gs_raster *a, size_t left, size_t top, size_t width,
                               size_t height) {
    size_t colours = a->channels < 3 ? 1 : 3;
    bool need_grey = r->shape[0] == 1 && colours == 3;
    for (size_t y = top; y < top + height; y++) {
        for (size_t x = left; x < left + width; x++) {
            if (a->channels > colours && gs_raster_sample(a, x, y, colours) != UINT16_MAX)
                return fail_at(r, x, y, "transparent", "opaque");
            unsigned red = gs_raster_sample(a, x, y, 0);
            if (need_grey && (gs_raster_sample(a, x, y, 1) != red || gs_raster_sample(a, x, y, 2) != red))
                return fail_at(r, x, y, "coloured", "grey, as there is to be one channel");
        }
    }
    return GS_OK;
}

/* ---- Images ---- */

/* The mean over scale x scale pixels, as a share of white. */
static float mean(const gs_raster *a, size_t x, size_t y, size_t channel, size_t scale) {
    uint64_t sum = 0;
    for (size_t i = 0; i < scale; i++)
        for (size_t j = 0; j < scale; j++)
            sum += gs_raster_sample(a, x + j, y + i, channel);
    return scale == 1 ? (float)sum / (float)UINT16_MAX
                      : (float)((double)sum / ((double)UINT16_MAX * (double)(scale * scale)));
}

static void take_image(gs_reader *r, const gs_raster *a, size_t x, size_t y, size_t scale, float *image) {
    for (int c = 0; c < r->shape[0]; c++) {
        for (int i = 0; i < r->shape[1]; i++) {
            for (int j = 0; j < r->shape[2]; j++) {
                size_t channel = a->channels < 3 ? 0 : (size_t)c;
                *image++ = gs_reader_pixel(r, mean(a, x + (size_t)j * scale, y + (size_t)i * scale, channel, scale));
            }
        }
    }
}

/* Cut the picture into images; if `images` is NULL, only check their colours and count them. */
static gs_status cut_up(gs_reader *r, const gs_raster *a, const gs_cut *c, float *images, size_t most, size_t *n) {
    size_t w = (size_t)r->shape[2], h = (size_t)r->shape[1];
    gs_status status = GS_OK;
    *n = 0;
    for (size_t k = 0; !status && k < c->rows * c->columns && *n < most; k++) {
        size_t x = c->margin + k % c->columns * (w + c->gap), y = c->margin + k / c->columns * (h + c->gap);
        if (c->gap && gs_raster_is_plain(a, x, y, w, h, c->x, c->y))
            continue;
        if (images)
            take_image(r, a, x, y, c->scale, images + *n * r->pixels);
        else
            status = check_colours(r, a, x, y, w * c->scale, h * c->scale);
        ++*n;
    }
    return status;
}

static void tell(const gs_reader *r, const gs_raster *a, const gs_cut *c, size_t total) {
    gs_image_file *images = r->images;
    int h = r->shape[1], w = r->shape[2];
    size_t cells = c->rows * c->columns;
    if (c->scale > 1) {
        snprintf(images->taken, GS_REMARK_MAX, "one drawing of %zu x %zu, scaled down to %d x %d", a->height, a->width,
                 h, w);
        snprintf(images->caution, GS_REMARK_MAX,
                 "taken as one drawing of %zu x %zu, scaled down, because its lines run on across the borders of %zu x "
                 "%zu images of %d x %d",
                 a->height, a->width, c->scale, c->scale, h, w);
    } else if (cells > 1 || c->gap) {
        int used =
            snprintf(images->taken, GS_REMARK_MAX, "cut into %zu x %zu images of %d x %d", c->rows, c->columns, h, w);
        if (c->gap)
            used += snprintf(images->taken + used, GS_REMARK_MAX - (size_t)used, " with gaps of %zu pixel%s", c->gap,
                             c->gap == 1 ? "" : "s");
        if (total < cells)
            snprintf(images->taken + used, GS_REMARK_MAX - (size_t)used, ", of which %zu %s empty", cells - total,
                     cells - total == 1 ? "is" : "are");
    }
}

gs_status gs_pictured_take(gs_reader *r, const gs_raster *a) {
    gs_cut c = {0};
    size_t total = 0, taken;
    if (r->shape[0] != 1 && r->shape[0] != 3) {
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: a picture has 1 or 3 channels: expected %d, %s", r->path,
                       r->shape[0], r->whose_shape);
    }
    gs_status status = gs_cut_choose(a, (size_t)r->shape[1], (size_t)r->shape[2], &c, r->path, r->error);
    if (!status)
        status = cut_up(r, a, &c, NULL, SIZE_MAX, &total);
    if (!status && total == 0)
        status = gs_fail(r->error, GS_ERROR_FORMAT, "%s: has no images; expected a file with at least one", r->path);
    if (!status)
        status = gs_reader_make_room(r, total);
    if (status)
        return status;
    tell(r, a, &c, total);
    return cut_up(r, a, &c, r->images->data, r->images->n, &taken);
}
