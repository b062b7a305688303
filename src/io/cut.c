#include "io/cut.h"

#include <stdlib.h>
#include <string.h>

#include "io/picture.h"

unsigned gs_raster_sample(const gs_raster *r, size_t x, size_t y, size_t channel) {
    const uint8_t *at = r->samples + ((y * r->width + x) * r->channels + channel) * 2;
    return (unsigned)at[0] << 8 | at[1];
}

bool gs_raster_is_plain(const gs_raster *r, size_t x, size_t y, size_t width, size_t height, size_t x0, size_t y0) {
    size_t bytes = r->channels * 2;
    const uint8_t *colour = r->samples + (y0 * r->width + x0) * bytes;
    for (size_t i = y; i < y + height; i++)
        for (size_t j = x; j < x + width; j++)
            if (memcmp(r->samples + (i * r->width + j) * bytes, colour, bytes) != 0)
                return false;
    return true;
}

enum { FOUND_MAX = 8 };

/* ---- Sizes ---- */

/* The number of cells of `side` that, with gaps between them, fill `length` between two margins exactly; 0 if no number
 * does. */
static size_t cells(size_t length, size_t side, size_t gap, size_t margin) {
    if (length < 2 * margin + side)
        return 0;
    size_t inside = length - 2 * margin + gap;
    return inside % (side + gap) ? 0 : inside / (side + gap);
}

static gs_cut cut_of_size(size_t picture_height, size_t picture_width, size_t height, size_t width, size_t gap,
                          size_t margin) {
    return (gs_cut){.rows = cells(picture_height, height, gap, margin),
                    .columns = cells(picture_width, width, gap, margin),
                    .gap = gap,
                    .margin = margin,
                    .scale = 1};
}

/* Gaps are narrower than an image, or as wide as gs_write_grid draws them. */
static size_t widest_gap(size_t height, size_t width) {
    size_t side = height < width ? height : width;
    return side > GS_GRID_GAP ? side - 1 : GS_GRID_GAP;
}

bool gs_cut_may_fit(size_t picture_height, size_t picture_width, size_t height, size_t width) {
    for (size_t gap = 0; gap <= widest_gap(height, width); gap++) {
        gs_cut inside = cut_of_size(picture_height, picture_width, height, width, gap, 0);
        gs_cut around = cut_of_size(picture_height, picture_width, height, width, gap, gap);
        if ((inside.rows && inside.columns) || (around.rows && around.columns))
            return true;
    }
    return false;
}

/* ---- Gaps ---- */

/* Whether all gaps and margins have one colour; if so, records a pixel that has it. */
static bool has_plain_gaps(const gs_raster *r, size_t height, size_t width, gs_cut *c) {
    bool plain = true;
    c->x = c->margin || c->columns < 2 ? 0 : width;
    c->y = c->margin || c->columns > 1 ? 0 : height;
    for (size_t j = 0; plain && j <= c->columns; j++) {
        size_t x = j ? c->margin + j * (width + c->gap) - c->gap : 0;
        size_t wide = j && j < c->columns ? c->gap : c->margin;
        plain = gs_raster_is_plain(r, x, 0, wide, r->height, c->x, c->y);
    }
    for (size_t i = 0; plain && i <= c->rows; i++) {
        size_t y = i ? c->margin + i * (height + c->gap) - c->gap : 0;
        size_t high = i && i < c->rows ? c->gap : c->margin;
        plain = gs_raster_is_plain(r, 0, y, r->width, high, c->x, c->y);
    }
    return plain;
}

/* Add the cuts of a picture of more than an image with gaps of one colour to those found. With `around` the margin is
 * as wide as a gap, as torchvision and gs_write_grid have it; else there is none. */
static void find_gaps(const gs_raster *r, size_t height, size_t width, bool around, gs_cut found[FOUND_MAX],
                      int *count) {
    for (size_t gap = 1; gap <= widest_gap(height, width) && *count < FOUND_MAX; gap++) {
        gs_cut c = cut_of_size(r->height, r->width, height, width, gap, around ? gap : 0);
        if (c.rows && c.columns && has_plain_gaps(r, height, width, &c))
            found[(*count)++] = c;
    }
}

/* The only cut or, of several, the one with the usual gaps and margin: between images with black borders, wider gaps
 * are black too. */
static const gs_cut *choose_gaps(const gs_cut *found, int count) {
    const gs_cut *usual = NULL;
    int usuals = 0;
    for (int i = 0; i < count; i++) {
        if (found[i].gap == GS_GRID_GAP && found[i].margin) {
            usual = &found[i];
            usuals++;
        }
    }
    return count == 1 ? found : usuals == 1 ? usual : NULL;
}

/* ---- Drawings ---- */

/* A comparison of the two sides of the borders between images of a grid without gaps, as sums over all pairs of
 * neighbours there. A drawing that is larger than an image runs on from one side to the other; images end. */
typedef struct seams {
    double least, most;    /* the smaller and the larger of the two samples' distances from the background */
    double across, inside; /* distances of the two, and of those beside them from their neighbours away from the seam */
    bool plain;            /* all are of one colour */
} seams;

/* The most frequent sample of the first channel, in its upper 8 bits. */
static unsigned background(const gs_raster *r) {
    size_t counts[256] = {0}, best = 0;
    for (size_t i = 0; i < r->width * r->height; i++)
        counts[r->samples[i * r->channels * 2]]++;
    for (size_t i = 0; i < 256; i++)
        best = counts[i] > counts[best] ? i : best;
    return (unsigned)best;
}

static double distance(unsigned a, unsigned b) {
    return a > b ? a - b : b - a;
}

/* Add the seam before pixel (x, y), whose neighbour across it is (x - dx, y - dy). */
static void add_pair(const gs_raster *r, size_t x, size_t y, size_t dx, size_t dy, unsigned ground, seams *s) {
    unsigned v[4]; /* two on each side */
    bool wide = x >= 2 * dx && y >= 2 * dy && x + dx < r->width && y + dy < r->height;
    for (size_t k = 0; k < 4; k++) {
        size_t step = wide ? k : k < 2 ? 1 : 2;
        v[k] = gs_raster_sample(r, x + step * dx - 2 * dx, y + step * dy - 2 * dy, 0) >> 8;
    }
    double before = distance(v[1], ground), after = distance(v[2], ground);
    s->least += before < after ? before : after;
    s->most += before < after ? after : before;
    s->across += distance(v[1], v[2]);
    s->inside += (distance(v[0], v[1]) + distance(v[2], v[3])) / 2;
    s->plain = s->plain && before == after && v[1] == (unsigned)(gs_raster_sample(r, 0, 0, 0) >> 8);
}

/* Whether the picture is one image whose pixels were enlarged: all blocks of scale x scale pixels are plain. */
static bool is_blocky(const gs_raster *r, size_t height, size_t width) {
    size_t scale = r->width / width;
    bool plain = scale > 1 && r->height / height == scale;
    for (size_t y = 0; plain && y + scale <= r->height; y += scale)
        for (size_t x = 0; plain && x + scale <= r->width; x += scale)
            plain = gs_raster_is_plain(r, x, y, scale, scale, x, y);
    return plain;
}

/* Whether lines run on across the borders: the samples on both sides are nearly equal and differ from the background,
 * and the borders are no rougher than the places beside them, unless they are borders of enlarged pixels. Separate
 * images that fill their borders have half of the larger distance in common, like two random numbers. */
static bool runs_on(const gs_raster *r, size_t height, size_t width) {
    static const double COMMON = 0.65, COMMON_ENLARGED = 0.25, ROUGHER = 2, GRAIN = 0.05;
    seams s = {.plain = true};
    unsigned ground = background(r);
    for (size_t x = width; x < r->width; x += width)
        for (size_t y = 0; y < r->height; y++)
            add_pair(r, x, y, 1, 0, ground, &s);
    for (size_t y = height; y < r->height; y += height)
        for (size_t x = 0; x < r->width; x++)
            add_pair(r, x, y, 0, 1, ground, &s);
    bool smooth = s.across <= ROUGHER * s.inside + GRAIN * s.most;
    if (s.plain || s.least <= COMMON_ENLARGED * s.most)
        return false;
    return (s.least > COMMON * s.most && smooth) || is_blocky(r, height, width);
}

static gs_status choose_gapless(const gs_raster *r, size_t height, size_t width, gs_cut *cut, const char *path,
                                gs_error *error) {
    *cut = cut_of_size(r->height, r->width, height, width, 0, 0);
    if (!cut->rows || !cut->columns) {
        return gs_fail(error, GS_ERROR_FORMAT,
                       "%s: a picture of %zu x %zu pixels: expected %zu x %zu, or a grid of such images, side by side "
                       "or with gaps of "
                       "one colour",
                       path, r->height, r->width, height, width);
    }
    if (cut->rows * cut->columns == 1 || !runs_on(r, height, width))
        return GS_OK;
    if (cut->rows != cut->columns) {
        return gs_fail(
            error, GS_ERROR_FORMAT,
            "%s: a picture of %zu x %zu pixels whose lines run on across the borders of %zu x %zu images of %zu "
            "x %zu: a drawing is to be scaled to that size, images have gaps between them or go into .npy",
            path, r->height, r->width, cut->rows, cut->columns, height, width);
    }
    *cut = (gs_cut){.rows = 1, .columns = 1, .scale = cut->rows};
    return GS_OK;
}

static gs_status fail_ambiguous(const gs_cut *found, const char *path, gs_error *error) {
    return gs_fail(error, GS_ERROR_FORMAT,
                   "%s: may be %zu x %zu images with gaps of %zu and a margin of %zu pixels, or %zu x %zu with gaps of "
                   "%zu and a margin of %zu: expected a grid that can be cut in one way, such as with gaps of a colour "
                   "that no image has",
                   path, found[0].rows, found[0].columns, found[0].gap, found[0].margin, found[1].rows,
                   found[1].columns, found[1].gap, found[1].margin);
}

/* Gaps of one colour are no accident unless the whole picture has that colour, so they take precedence over a grid
 * without gaps. */
gs_status gs_cut_choose(const gs_raster *r, size_t height, size_t width, gs_cut *cut, const char *path,
                        gs_error *error) {
    gs_cut found[FOUND_MAX];
    int count = 0;
    bool one = r->height == height && r->width == width;
    if (!one && !gs_raster_is_plain(r, 0, 0, r->width, r->height, 0, 0)) {
        find_gaps(r, height, width, true, found, &count);
        find_gaps(r, height, width, false, found, &count);
    }
    if (!count)
        return choose_gapless(r, height, width, cut, path, error);
    const gs_cut *chosen = choose_gaps(found, count);
    if (!chosen)
        return fail_ambiguous(found, path, error);
    *cut = *chosen;
    return GS_OK;
}
