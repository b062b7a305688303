/* Recognises a file by its first bytes, for messages about files that this library does not read. */
#ifndef GS_CONTENT_H
#define GS_CONTENT_H

#include <stddef.h>

enum { GS_CONTENT_BYTES = 512 };

/* The formats that can be read, and the rest. */
typedef enum gs_content_kind {
    GS_CONTENT_UNKNOWN,
    GS_CONTENT_PNG,
    GS_CONTENT_NPY,
    GS_CONTENT_IDX,
    GS_CONTENT_GZIP,
    GS_CONTENT_PICTURE, /* of another format, which the name says */
    GS_CONTENT_OTHER,   /* known by name too */
    GS_CONTENT_TEXT,
    GS_CONTENT_EMPTY
} gs_content_kind;

typedef struct gs_content {
    gs_content_kind kind;
    const char *name; /* "a JPEG picture"; NULL for GS_CONTENT_UNKNOWN */
} gs_content;

/* Judges by the first bytes, of which GS_CONTENT_BYTES are enough; fewer may do. */
gs_content gs_content_find(const void *bytes, size_t count);

#endif
