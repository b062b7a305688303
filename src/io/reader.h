/* What the readers of each format share. */
#ifndef GS_IO_READER_H
#define GS_IO_READER_H

#include <stdio.h>

#include "io/read.h"

typedef struct gs_reader {
    const char *path;
    FILE *file;
    uint64_t size;      /* bytes of the file */
    const int *shape;   /* (C, H, W) that is expected */
    const float *range; /* of the pixels wanted */
    size_t most;        /* images wanted at most */
    size_t pixels;      /* elements of an image */
    gs_image_file *images;
    gs_error *error;
} gs_reader;

/* Exactly `count` bytes. Errors: GS_ERROR_FILE. */
gs_status gs_reader_take(gs_reader *reader, void *bytes, size_t count);

/* Accept an array of `rank` sizes whose items of `item_bytes` begin at byte `start` and end with the file, and make
 * room for its images. Errors: GS_ERROR_FORMAT, GS_ERROR_MEMORY. */
gs_status gs_reader_accept(gs_reader *reader, int rank, const uint64_t *sizes, uint64_t item_bytes, uint64_t start);

/* Room for the first of `total` images. Errors: GS_ERROR_MEMORY. */
gs_status gs_reader_make_room(gs_reader *reader, uint64_t total);

/* t in 0 ... 1 as a pixel. */
float gs_reader_pixel(const gs_reader *reader, float t);

/* The formats, each after its first bytes have been seen, from the file's start. */
gs_status gs_read_idx(gs_reader *reader);
gs_status gs_read_npy(gs_reader *reader);
gs_status gs_read_png(gs_reader *reader);

#endif
