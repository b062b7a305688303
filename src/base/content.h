/* Recognises a file by its first bytes, for messages about it. */
#ifndef GS_CONTENT_H
#define GS_CONTENT_H

#include <stddef.h>

enum { GS_CONTENT_BYTES = 512 };

typedef enum gs_content_kind {
    GS_CONTENT_UNKNOWN,
    GS_CONTENT_GZIP,
    GS_CONTENT_IMAGES, /* a picture, or an array that may be of images */
    GS_CONTENT_OTHER,
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
