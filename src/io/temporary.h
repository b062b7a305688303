/* Files and directories that have a temporary name until they are complete. The program knows them all, so that a
 * signal that ends it leaves none behind. For one thread, the one that handles signals. */
#ifndef GS_IO_TEMPORARY_H
#define GS_IO_TEMPORARY_H

#include <sys/types.h>

#include "base/base.h"

typedef struct gs_temporary {
    char *name;
    bool is_directory;
    char *file;   /* of a directory: the name that gs_temporary_file made last */
    size_t files; /* in it, named by gs_temporary_file; counted by whoever writes them */
    int digits;
    struct gs_temporary *older;
} gs_temporary;

/* Make a new file beside `path`, under the name ".NAME.PID-ATTEMPT". Returns its descriptor, for reading and writing,
 * or -1 with errno set. */
int gs_temporary_make_file(const char *path, mode_t mode, gs_temporary **made);

/* The same under the name `path` itself, for a folder that takes no other name. */
int gs_temporary_make_itself(const char *path, mode_t mode, gs_temporary **made);

/* A directory beside `path`, for `n` files. Returns 0, or -1 with errno set. */
int gs_temporary_make_directory(const char *path, size_t n, gs_temporary **made);

/* The name of file i in the directory, "007.png", until the next call. */
const char *gs_temporary_file(gs_temporary *temporary, size_t i);

/* Give it its own name and free it. Returns 0, or -1 with errno set and all as it was. */
int gs_temporary_rename(gs_temporary *temporary, const char *name);

/* Let it stay, whatever ends the program. It is still to be freed. */
void gs_temporary_keep(gs_temporary *temporary);

/* Free it; without gs_temporary_keep before, the file, or the directory with its files, is removed. NULL is allowed. */
void gs_temporary_free(gs_temporary *temporary);

/* Remove all there are, and leave the memory as it is; for a signal handler that ends the program. */
void gs_temporary_remove_all(void);

#endif
