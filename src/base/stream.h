/* The bytes of a file or a pipe, read in order. Thread-safe. */
#ifndef GS_STREAM_H
#define GS_STREAM_H

#include "base/base.h"

typedef struct gs_stream {
    const char *path;
    gs_error *error;
    int descriptor;
    bool sized;    /* a regular file, of `size` bytes */
    uint64_t size; /* 0 where that is not known before the end */
    bool begun;    /* something was read */
} gs_stream;

/* Open what `path` names; `expected` ("a weight file") goes into messages. Directories and devices, terminals
 * among them, are refused. The
 * strings must outlive the stream. Errors: GS_ERROR_FILE; the stream then needs no gs_stream_close. */
gs_status gs_stream_open(gs_stream *stream, const char *path, const char *expected, gs_error *error);

/* Reads the next bytes, at most `room` and at least one; at the end *got is 0. It waits for a pipe's bytes, but at most
 * three seconds for the first writer of a named pipe. Errors: GS_ERROR_FILE. */
gs_status gs_stream_read(gs_stream *stream, void *to, size_t room, size_t *got);

/* All bytes, followed by a 0 byte that is not counted, to be freed with gs_free; NULL on failure. It takes at most
 * three times as much memory as it reads bytes. `enough`, unless NULL, is asked when the first bytes are there and may
 * end the reading early. Errors: GS_ERROR_FILE, GS_ERROR_FORMAT: more than `most` bytes; GS_ERROR_MEMORY. */
gs_status gs_stream_read_all(gs_stream *stream, size_t most, bool (*enough)(const unsigned char *bytes, size_t count),
                             unsigned char **bytes, size_t *count);

void gs_stream_close(gs_stream *stream);

#endif
