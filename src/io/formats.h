/* The formats of output files, made from the rows of sinks.def. */
#ifndef GS_IO_FORMATS_H
#define GS_IO_FORMATS_H

#include "base/base.h"

/* After the rows' formats: a directory of PNG files, and GS_FORMAT_TEXT, which stands for everything but images:
 * reports, pages and plots. */
typedef enum gs_format {
#define GS_SINK(id, ...) GS_FORMAT_##id,
#include "io/sinks.def"
    GS_FORMAT_DIRECTORY,
    GS_FORMAT_TEXT,
    GS_FORMAT_COUNT = GS_FORMAT_DIRECTORY /* the number of rows */
} gs_format;

/* What a format holds. */
typedef enum gs_format_kind {
    GS_HOLDS_PICTURE = 1, /* a grid of images, or a table with heads */
    GS_HOLDS_ARRAY = 2,   /* numbers of any shape */
    GS_HOLDS_IMAGES = 4,  /* one image after another */
    GS_HOLDS_CHAINS = 8,  /* the steps of chains, which only chain_file.h writes */
    GS_HOLDS_ANY = 15
} gs_format_kind;

/* The kind and the name of a format other than GS_FORMAT_TEXT; a directory's are GS_HOLDS_IMAGES and "png". */
gs_format_kind gs_format_holds(gs_format format);
const char *gs_format_name(gs_format format);

/* The rows' names that are of one of the `kinds` (a sum of them), each after `before`, with `last` between the last
 * two:
 * ".png, .npy or .idx" is made with "." and " or ". */
enum { GS_FORMATS_ROOM = 128 };
const char *gs_formats_list(unsigned kinds, const char *before, const char *last, char text[GS_FORMATS_ROOM]);

/* The format of an extension (without the dot) or, with `is_name`, of a name, in upper or lower case. False if there is
 * none. */
bool gs_format_find(const char *text, bool is_name, gs_format *format);

/* All extensions, each after a dot. */
const char *gs_formats_extensions(char text[GS_FORMATS_ROOM]);

#endif
