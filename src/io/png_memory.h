/* Reading and writing PNG files share this: the memory of libpng and zlib goes through our allocator, and libpng's
 * warnings are dropped. */
#ifndef GS_IO_PNG_MEMORY_H
#define GS_IO_PNG_MEMORY_H

#include <png.h>

#include "base/base.h"

/* libpng's memory pointer points to one of these. */
typedef struct gs_png {
    gs_error *error;
    gs_status status; /* the first failure, GS_OK before */
    const char *what; /* what needs the memory: "the PNG writer" */
    const char *path; /* while chunks of this file are read, which may not claim any number of bytes; or NULL */
} gs_png;

void gs_png_ignore(png_structp png, png_const_charp message);
png_voidp gs_png_take(png_structp png, png_alloc_size_t size);
void gs_png_give(png_structp png, png_voidp memory);

/* Limit what a file may ask for: sizes that our own checks allow, a mebibyte per chunk, 64 chunks of text. */
void gs_png_limit(png_structp png);

#endif
