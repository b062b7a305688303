/* IDX files as MNIST has them. */
#include "io/reader.h"

#include <stdio.h>

enum { CHUNK = 4096, MAGIC = 4, IDX_BYTES = 8, IDX_LAST = 14, RANK_MAX = 5 };

/* 00 00 TYPE RANK. */
static bool knows(const unsigned char *head, size_t count) {
    return count >= MAGIC && !head[0] && !head[1] && head[2] >= IDX_BYTES && head[2] <= IDX_LAST && head[3] >= 1;
}

/* Magic 00 00 TYPE RANK, then big-endian sizes (LeCun et al., the MNIST database); the sizes are not read if the rank
 * is too high. */
static gs_status read_idx_header(gs_reader *r, gs_array *array, int *type) {
    uint8_t header[MAGIC + 4 * RANK_MAX] = {0};
    gs_status status = gs_reader_take(r, header, MAGIC);
    *array = (gs_array){.rank = header[3], .item_bytes = 1};
    *type = header[2];
    if (!status && array->rank <= RANK_MAX)
        status = gs_reader_take(r, header + MAGIC, 4 * (size_t)array->rank);
    for (size_t i = 0; i < 4 * RANK_MAX; i++)
        array->sizes[i / 4] = array->sizes[i / 4] << 8 | header[MAGIC + i];
    return status;
}

static gs_status describe_file(gs_reader *r, gs_description *description) {
    static const struct {
        int type;
        const char *name;
    } types[] = {{8, "bytes"},          {9, "signed bytes"},  {11, "16-bit integers"}, {12, "32-bit integers"},
                 {13, "32-bit floats"}, {14, "64-bit floats"}};
    gs_array array;
    int type;
    size_t i = 0;
    gs_status status = read_idx_header(r, &array, &type);
    while (i < GS_COUNT(types) && types[i].type != type)
        i++;
    int used = snprintf(description->text, sizeof description->text, "IDX, %s, ",
                        i < GS_COUNT(types) ? types[i].name : "elements of an unknown type");
    for (int k = 0; k < array.rank && k < RANK_MAX; k++)
        used += snprintf(description->text + used, sizeof description->text - (size_t)used, "%s%llu", k ? " x " : "",
                         (unsigned long long)array.sizes[k]);
    gs_reader_describe_shape(&array, description->shape);
    if (array.rank > RANK_MAX)
        snprintf(description->text + used, sizeof description->text - (size_t)used, " x ...");
    return status;
}

static gs_status read_images(gs_reader *r) {
    gs_array array;
    int type;
    gs_status status = read_idx_header(r, &array, &type);
    if (!status && type != IDX_BYTES)
        return gs_fail(r->error, GS_ERROR_FORMAT, "%s: an IDX file of elements 0x%02x: expected 0x08, bytes", r->path,
                       type);
    if (!status)
        status = gs_reader_accept(r, &array);
    size_t size = r->images->n * r->pixels;
    for (size_t at = 0; !status && at < size; at += CHUNK) {
        uint8_t bytes[CHUNK];
        size_t count = size - at < CHUNK ? size - at : CHUNK;
        status = gs_reader_take_items(r, &array, at, bytes, count);
        for (size_t i = 0; !status && i < count; i++)
            r->images->data[at + i] = gs_reader_pixel(r, (float)bytes[i] / 255.0F);
    }
    return status ? status : gs_reader_finish(r, &array, size);
}

const gs_reader_format gs_reader_idx = {.knows = knows, .read = read_images, .describe = describe_file};
