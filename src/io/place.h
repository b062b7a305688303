/* The place to which the path of an output leads. */
#ifndef GS_IO_PLACE_H
#define GS_IO_PLACE_H

#include <sys/stat.h>

#include "base/base.h"

typedef struct gs_place {
    char *target;   /* the path with symbolic links followed */
    int descriptor; /* of a stream that is open already and has no name of its own; else -1 */
    bool exists;    /* whether there is something, which `info` describes */
    struct stat info;
} gs_place;

/* Follow the path, through symbolic links, even to a name that does not exist yet. "-" means standard output;
 * /dev/stdout, /dev/fd/3 (process substitution) and the like mean the streams that are open under these numbers.
 * Errors: GS_ERROR_FILE: a link leads in a circle, the path is a directory's, a part of it is no directory, or the
 * stream is closed or open for reading; GS_ERROR_MEMORY. */
gs_status gs_place_find(const char *path, gs_place *place, gs_error *error);
void gs_place_free(gs_place *place);

/* Whether both paths mean the same regular file, which need not exist yet. */
bool gs_place_same(const char *a, const char *b);

#endif
