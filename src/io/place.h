/* What the path of an output leads to. */
#ifndef GS_IO_PLACE_H
#define GS_IO_PLACE_H

#include <sys/stat.h>

#include "base/base.h"

typedef struct gs_place {
    char *target;     /* the name after all symbolic links */
    int descriptor;   /* of a stream that is open already, which has no name of its own; else -1 */
    bool exists;      /* under that name; `info` is then of it */
    struct stat info; /* of the stream, too */
} gs_place;

/* Symbolic links are followed, also to a name that is not there yet. "-" is standard output, and
 * /dev/stdout, /dev/fd/3 (process substitution) and the like are the streams that are open under these numbers,
 * whatever they were opened as. Errors: GS_ERROR_FILE: a link that leads nowhere, a directory, a folder on the way that
 * is not there, a stream that is closed or for reading; GS_ERROR_MEMORY. */
gs_status gs_place_find(const char *path, gs_place *place, gs_error *error);
void gs_place_free(gs_place *place);

/* Whether both paths are of one file, be it there already or not. Streams, pipes and devices are none. */
bool gs_place_same(const char *a, const char *b);

#endif
