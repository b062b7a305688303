#include "io/reader.h"

#include <stdio.h>
#include <string.h>

#include "base/machine.h"

enum { CHUNK = 4096, RANK_MAX = 5, SIDE_MAX = 65536 };

gs_status gs_reader_take(gs_reader *r, void *bytes, size_t count) {
    return gs_source_take(&r->source, bytes, count);
}

float gs_reader_pixel(gs_reader *r, float t) {
    r->highest = t > r->highest ? t : r->highest;
    return r->range[0] + t * (r->range[1] - r->range[0]);
}

gs_status gs_reader_make_room(gs_reader *r, uint64_t total) {
    size_t n = total < r->most ? (size_t)total : r->most, bytes;
    if (!gs_mul_size(n, r->pixels * sizeof(float), &bytes) || (double)bytes > gs_machine_bytes())
        return gs_fail_memory(r->error, "reading images");
    r->images->data = gs_alloc(bytes, 1);
    if (!r->images->data)
        return gs_fail_memory(r->error, "reading images");
    r->images->n = n;
    r->images->total = (size_t)total;
    return GS_OK;
}

/* ---- Arrays ---- */

/* "1 x 28 x 28" or, of one channel, "28 x 28". */
static void shape_text(const uint64_t chw[3], char text[80]) {
    int at = chw[0] == 1 ? 0 : snprintf(text, 80, "%llu x ", (unsigned long long)chw[0]);
    snprintf(text + at, 80 - (size_t)at, "%llu x %llu", (unsigned long long)chw[1], (unsigned long long)chw[2]);
}

static gs_status check_rank(const gs_reader *r, const gs_array *a) {
    for (int i = 0; i < a->rank && i < GS_READER_RANK_MAX; i++) {
        if (a->sizes[i] == UINT64_MAX)
            return gs_fail(r->error, GS_ERROR_FORMAT, "%s: an array of sizes %.*s, more than any file holds", r->path,
                           a->length < 100 ? a->length : 100, a->text);
    }
    if (a->rank >= 2 && a->rank <= RANK_MAX)
        return GS_OK;
    return gs_fail(r->error, GS_ERROR_FORMAT,
                   "%s: an array of rank %d: expected images (H, W), (n, H, W), (n, C, H, W) or (rows, n, C, H, W)",
                   r->path, a->rank);
}

/* Points, which have no height and width, may be (n, D) or (rows, n, D): images (D, 1, 1). */
static void read_points(const gs_reader *r, gs_array *a) {
    if (r->shape[1] > 1 || r->shape[2] > 1 || a->rank > 3)
        return;
    a->sizes[a->rank++] = 1;
    a->sizes[a->rank++] = 1;
}

/* (C, H, W) of the images; C is 1 if the array has no axis of channels or has it last. */
static void image_shape(bool grey, const gs_array *a, uint64_t found[3]) {
    const uint64_t *sizes = a->sizes;
    bool last = a->rank == 4 && grey && sizes[1] != 1 && sizes[3] == 1;
    found[0] = a->rank >= 4 && !last ? sizes[a->rank - 3] : 1;
    found[1] = last ? sizes[1] : sizes[a->rank - 2];
    found[2] = last ? sizes[2] : sizes[a->rank - 1];
}

/* The number of images; false if it overflows. */
static bool count_images(gs_array *a) {
    a->total = a->rank == 2 ? 1 : a->sizes[0];
    if (a->rank < 5)
        return true;
    bool fits = !a->sizes[1] || a->total <= UINT64_MAX / a->sizes[1];
    a->total = fits ? a->total * a->sizes[1] : UINT64_MAX;
    return fits;
}

void gs_reader_describe_shape(const gs_array *a, int shape[3]) {
    uint64_t found[3] = {0};
    if (a->rank >= 2 && a->rank <= RANK_MAX)
        image_shape(true, a, found);
    bool fits = true;
    for (int i = 0; i < 3; i++)
        fits = fits && found[i] >= 1 && found[i] <= SIDE_MAX;
    for (int i = 0; i < 3; i++)
        shape[i] = fits ? (int)found[i] : 0;
}

static gs_status cut_short(const gs_reader *r, const gs_array *a, uint64_t image) {
    return gs_fail(r->error, GS_ERROR_FORMAT, "%s: is cut short: ends in image %llu of %llu", r->path,
                   (unsigned long long)image, (unsigned long long)a->total);
}

static gs_status check_size(const gs_reader *r, const gs_array *a) {
    uint64_t image = r->pixels * a->item_bytes, bytes = r->source.size - r->source.taken;
    if (!r->source.sized)
        return GS_OK;
    if (bytes / image < a->total)
        return cut_short(r, a, bytes / image);
    if (bytes == a->total * image)
        return GS_OK;
    bytes -= a->total * image;
    return gs_fail(r->error, GS_ERROR_FORMAT, "%s: %llu byte%s its last image", r->path, (unsigned long long)bytes,
                   bytes == 1 ? " follows" : "s follow");
}

gs_status gs_reader_accept(gs_reader *r, gs_array *a) {
    gs_status status = check_rank(r, a);
    if (status)
        return status;
    const uint64_t wanted[3] = {(uint64_t)r->shape[0], (uint64_t)r->shape[1], (uint64_t)r->shape[2]};
    uint64_t found[3];
    read_points(r, a);
    image_shape(r->shape[0] == 1, a, found);
    if (memcmp(found, wanted, sizeof found) != 0) {
        char was[80], expected[80];
        shape_text(found, was);
        shape_text(wanted, expected);
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: has images of %s: expected %s, %s", r->path, was, expected,
                       r->whose_shape);
    }
    if (!count_images(a) || a->total > UINT64_MAX / (r->pixels * a->item_bytes))
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: an array of sizes %.*s, more than any file holds", r->path,
                       a->length < 100 ? a->length : 100, a->text);
    if (a->total == 0)
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: has no images; expected a file with at least one", r->path);
    r->columns = a->rank == 5 ? a->sizes[1] : 0;
    status = check_size(r, a);
    return status ? status : gs_reader_make_room(r, a->total);
}

gs_status gs_reader_take_items(gs_reader *r, const gs_array *a, uint64_t at, void *items, size_t count) {
    uint64_t before = r->source.taken;
    gs_status status = gs_reader_take(r, items, count * (size_t)a->item_bytes);
    if (!status || !r->source.spent)
        return status;
    return cut_short(r, a, (at + (r->source.taken - before) / a->item_bytes) / r->pixels);
}

gs_status gs_reader_finish(gs_reader *r, const gs_array *a, uint64_t at) {
    uint8_t bytes[CHUNK];
    uint64_t size = a->total * r->pixels;
    gs_status status = GS_OK;
    size_t most = CHUNK / (size_t)a->item_bytes, got = 0;
    if (r->source.sized)
        return GS_OK;
    for (; !status && at < size; at += most)
        status = gs_reader_take_items(r, a, at, bytes, size - at < most ? (size_t)(size - at) : most);
    const gs_part *part = &r->source.part;
    bool has_end = !part->on || part->deflated || part->left != UINT64_MAX;
    if (!status && has_end)
        status = gs_source_read(&r->source, bytes, 1, &got);
    return !status && got ? gs_fail(r->error, GS_ERROR_FORMAT, "%s: more bytes follow its last image", r->path)
                          : status;
}
