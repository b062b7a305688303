/* The declarations that the readers of all formats share. */
#ifndef GS_IO_READER_H
#define GS_IO_READER_H

#include "io/read.h"
#include "io/source.h"

enum { GS_READER_RANK_MAX = 8 };

typedef struct gs_reader {
    const char *path;
    gs_source source;
    const int *shape;                      /* (C, H, W) that is expected */
    const float *range;                    /* of the pixels wanted */
    size_t most;                           /* images wanted at most */
    const char *whose_shape, *whose_range; /* in messages */
    const char *advice;                    /* about numbers out of the range */
    size_t pixels;                         /* elements of an image */
    float highest;    /* of the shares of the maximum that were mapped to `range`; negative: none */
    uint64_t columns; /* of images that are (rows, columns, C, H, W); else 0 */
    gs_image_file *images;
    gs_error *error;
} gs_reader;

/* An array as its header describes it. */
typedef struct gs_array {
    int rank;
    uint64_t sizes[GS_READER_RANK_MAX]; /* UINT64_MAX: more than that */
    const char *text;                   /* of the sizes as they are written, `length` characters; NULL: not written */
    int length;
    uint64_t item_bytes;
    uint64_t total; /* images, from gs_reader_accept on */
} gs_array;

/* Exactly `count` bytes. Errors: GS_ERROR_FILE, GS_ERROR_FORMAT, GS_ERROR_MEMORY. */
gs_status gs_reader_take(gs_reader *reader, void *bytes, size_t count);

/* The (C, H, W) of an array's images, for a description; zeros if it has none. */
void gs_reader_describe_shape(const gs_array *array, int shape[3]);

/* Accept an array whose items begin here and end with the file, and make room for its images. Errors: GS_ERROR_FORMAT,
 * GS_ERROR_MEMORY. */
gs_status gs_reader_accept(gs_reader *reader, gs_array *array);

/* The next `count` items, from item `at` of an accepted array on. Errors: as gs_reader_take. */
gs_status gs_reader_take_items(gs_reader *reader, const gs_array *array, uint64_t at, void *items, size_t count);

/* Read on from item `at` to the array's end, which must be the file's. Errors: as gs_reader_take. */
gs_status gs_reader_finish(gs_reader *reader, const gs_array *array, uint64_t at);

/* Room for the first of `total` images. Errors: GS_ERROR_MEMORY. */
gs_status gs_reader_make_room(gs_reader *reader, uint64_t total);

/* A share t of the maximum, 0 ... 1, as a pixel. */
float gs_reader_pixel(gs_reader *reader, float t);

/* A format that readers.def names. */
typedef struct gs_reader_format {
    /* Whether a file begins like this; GS_CONTENT_BYTES are enough, fewer may do. */
    bool (*knows)(const unsigned char *head, size_t count);

    /* Read the images, or describe the file, from its start. */
    gs_status (*read)(gs_reader *reader);
    gs_status (*describe)(gs_reader *reader, gs_description *description);
} gs_reader_format;

#define GS_READER(file, ...) extern const gs_reader_format gs_reader_##file;
#include "io/readers.def"

#endif
