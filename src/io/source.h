/* A source of images: a file, a pipe, or memory, packed by gzip or not. */
#ifndef GS_IO_SOURCE_H
#define GS_IO_SOURCE_H

#include <zlib.h>

#include "base/content.h"
#include "base/stream.h"

enum { GS_SOURCE_ROOM = 1 << 16 };

/* A part of the bytes, such as a file in an archive. */
typedef struct gs_part {
    bool on, deflated;
    bool ended;    /* the packed data are at their end */
    uint64_t left; /* bytes left of it, as they are kept; UINT64_MAX: not known */
    uint64_t size; /* bytes read of it, unpacked */
    uint32_t sum;  /* their CRC-32 */
    z_stream z;
    uint8_t *buffer; /* GS_SOURCE_ROOM, of what is packed */
} gs_part;

typedef struct gs_source {
    const char *path;
    gs_error *error;
    gs_stream stream;
    bool open;             /* the stream is; else the bytes are in memory */
    const uint8_t *memory; /* the next of them */
    size_t left;
    uint8_t *buffer; /* GS_SOURCE_ROOM, of what is packed */
    z_stream z;
    bool packed, ended; /* ended: at the end of a member of what is packed */
    bool sized;         /* `size` is known before the end */
    uint64_t size;      /* unpacked */
    uint64_t taken;     /* bytes read so far */
    bool spent;         /* gs_source_take met the end */
    gs_part part;
    uint8_t *back_buffer; /* what the last part read beyond its end: `back_count` bytes at `back` */
    const uint8_t *back;
    size_t back_count;
    uint8_t head[GS_CONTENT_BYTES]; /* the first bytes, by which the content is known */
    size_t head_count, head_taken;
} gs_source;

/* Open what `path` names, or `size` bytes that are in memory, and unpack the first bytes. `expected` ("a file of
 * images") goes into messages. The strings and bytes must outlive the source. Errors: GS_ERROR_FILE, GS_ERROR_FORMAT,
 * GS_ERROR_MEMORY; it then needs no gs_source_close. */
gs_status gs_source_open(gs_source *source, const char *path, const char *expected, gs_error *error);
gs_status gs_source_open_memory(gs_source *source, const char *name, const void *bytes, size_t size, gs_error *error);

/* Reads the next bytes, at most `room` and at least one; at the end *got is 0. Errors: GS_ERROR_FILE, GS_ERROR_FORMAT:
 * the packed data are damaged or cut short; GS_ERROR_MEMORY. */
gs_status gs_source_read(gs_source *source, void *to, size_t room, size_t *got);

/* Reads exactly `count` bytes; the end of the file is GS_ERROR_FORMAT. */
gs_status gs_source_take(gs_source *source, void *to, size_t count);

/* Read on within a part that begins here and is kept in `left` bytes (UINT64_MAX: not known), raw or `deflated`. It
 * ends where these bytes or the packed data end; a raw part of unknown size has no end that a reader meets. Errors:
 * GS_ERROR_MEMORY. */
gs_status gs_source_enter(gs_source *source, uint64_t left, bool deflated);

/* Read on behind the part, which must have been read to its end. */
void gs_source_leave(gs_source *source);

void gs_source_close(gs_source *source);

#endif
