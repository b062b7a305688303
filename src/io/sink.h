/* Sinks: files of any format that take images, or other rows of numbers, block by block as they come. They keep no more
 * than a picture in memory. */
#ifndef GS_IO_SINK_H
#define GS_IO_SINK_H

#include "io/grid.h"

enum { GS_SINK_RANK_MAX = 8, GS_SINK_HEADER_MAX = 512 };

/* What goes into a sink. Its items are the slices along the first axis. */
typedef struct gs_sink_input {
    size_t sizes[GS_SINK_RANK_MAX]; /* images (n, C, H, W); of arrays any shape */
    int rank;
    float range[2];       /* of images; shown as black ... white, clipped */
    const int *labels;    /* of images, for formats that keep them: (n), or (sizes[1]) of (rows, n, C, H, W); or NULL */
    gs_grid grid;         /* of pictures */
    int scale;            /* of pictures, as of a canvas */
    const gs_note *notes; /* of pictures; these and the labels must live as long as the sink */
    int note_count;
    bool is_durable; /* once the sink is closed, what was written is on the disk */
} gs_sink_input;

typedef struct gs_sink {
    gs_format format;
    const char *path; /* belongs to the caller */
    gs_sink_input input;
    size_t item, done; /* elements per item; items written */
    gs_output output;  /* of a file other than a picture, which is opened at the end */
    size_t header;     /* its bytes */
    long long start;   /* the place where it begins; -1: a pipe */
    uint32_t sum;      /* a checksum of the items, if the format has one */
    gs_canvas canvas;  /* of pictures */
    gs_output_directory directory;
} gs_sink;

/* A format that sinks.def names. Pictures have `encode`, the others the rest. */
typedef struct gs_sink_format {
    size_t value_bytes; /* per element; 0: compressed */
    bool has_colours;   /* encode takes canvases of three channels */

    /* Write the whole file. */
    gs_status (*encode)(gs_output *output, const gs_canvas *canvas, const gs_note *notes, int count, gs_error *error);

    /* Whether the input fits, before anything is written. Errors: GS_ERROR_UNSUPPORTED. */
    gs_status (*check)(const char *path, const gs_sink_input *input, gs_error *error);

    /* The bytes before the first item, at least `least`; returns how many there are. */
    size_t (*header)(const gs_sink_input *input, size_t least, char header[GS_SINK_HEADER_MAX]);

    /* Write `count` elements. */
    gs_status (*put)(gs_sink *sink, const float *data, size_t count, gs_error *error);

    /* Write what follows sink->done items; NULL: nothing does. */
    gs_status (*end)(gs_sink *sink, gs_error *error);
} gs_sink_format;

#define GS_SINK(id, file, ...) extern const gs_sink_format gs_sink_##file;
#include "io/sinks.def"

/* The record of a row. */
const gs_sink_format *gs_sink_format_of(gs_format format);

/* Bytes per element, 0 where a format compresses them. */
size_t gs_format_value_bytes(gs_format format);

/* Open a sink of a row's format, or of a directory. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY, GS_ERROR_INTERRUPTED,
 * GS_ERROR_UNSUPPORTED (channels that a picture cannot show, sizes that the format cannot say); the sink then needs no
 * gs_sink_close. */
gs_status gs_sink_open(gs_sink *sink, gs_format format, const char *path, const gs_sink_input *input, gs_error *error);

/* Write the next `items`. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY; the sink must still be closed. */
gs_status gs_sink_write(gs_sink *sink, const float *data, size_t items, gs_error *error);

/* Complete and commit the file if `status` is GS_OK, else leave nothing; free the sink. If fewer items were written
 * than the input has, the header is corrected, which cannot be done in a pipe or a stream that appends: GS_ERROR_FILE.
 * Returns the first failure, if any. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY, GS_ERROR_INTERRUPTED. */
gs_status gs_sink_close(gs_sink *sink, gs_status status, gs_error *error);

/* Leave nothing, and free; a sink of zeros is allowed. */
void gs_sink_abandon(gs_sink *sink);

/* Whether what is written goes straight into a file, a pipe or a stream, so that it stays there. */
bool gs_sink_is_straight(const gs_sink *sink);

/* All items at once. Errors: those of the three functions. */
gs_status gs_sink_put_all(gs_format format, const char *path, const gs_sink_input *input, const float *data,
                          gs_error *error);

/* Write a canvas as a picture of the format. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY, GS_ERROR_INTERRUPTED. */
gs_status gs_sink_put_canvas(gs_format format, const char *path, const gs_canvas *canvas, const gs_note *notes,
                             int count, gs_error *error);

#endif
