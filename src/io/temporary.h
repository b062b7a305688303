/* Files and directories under a temporary name. A list of them all lets a signal handler remove them when it ends the
 * program. Only one thread, the one that handles signals, may call these functions. */
#ifndef GS_IO_TEMPORARY_H
#define GS_IO_TEMPORARY_H

#include <sys/types.h>

#include "base/base.h"

typedef struct gs_temporary {
    char *name;
    bool is_directory;
    char *file;   /* in a directory: the last name that gs_temporary_file made */
    size_t files; /* number of files in the directory; the caller counts them */
    int digits;
    int unnamed; /* a descriptor of the file while it has no name at all; else -1 */
    int lock;    /* one that keeps the lock by which other processes know that it is in use; or -1 */
    struct gs_temporary *older;
} gs_temporary;

/* Make a new file in the folder of `path`: one without a name where the system and the file system have such files,
 * so that nothing is left when the process is killed; else named ".NAME.PID-ATTEMPT". Returns a
 * descriptor for reading and writing, or -1 with errno set. */
int gs_temporary_make_file(const char *path, mode_t mode, gs_temporary **made);

/* The same with the name `path` itself, in case the folder takes no other. */
int gs_temporary_make_itself(const char *path, mode_t mode, gs_temporary **made);

/* Make a new directory for `n` files in the folder of `path`. Returns 0, or -1 with errno set. */
int gs_temporary_make_directory(const char *path, size_t n, gs_temporary **made);

/* The name of file i in the directory, "007.png", until the next call. */
const char *gs_temporary_file(gs_temporary *temporary, size_t i);

/* The name of a file, which it gets now if it had none, for a library that opens and locks it by its name; NULL with
 * errno set. */
const char *gs_temporary_name(gs_temporary *temporary);

/* Rename and free it. Returns 0, or -1 with errno set; then nothing has changed. */
int gs_temporary_rename(gs_temporary *temporary, const char *name);

/* Let the file or directory stay under its temporary name, even when a signal ends the program. The memory must still
 * be freed. */
void gs_temporary_keep(gs_temporary *temporary);

/* Free it, and remove the file, or the directory with its files, unless gs_temporary_keep was called. NULL is allowed.
 */
void gs_temporary_free(gs_temporary *temporary);

/* Remove what earlier processes that were killed left of `path`, or with `begins` of all paths in that folder that
 * begin so. What a process still uses is locked, and stays; so does everything where the file system has no locks, and,
 * unless the caller is `alone` with these names, what is younger than a minute and whose process's number is in use, as
 * it may be about to be locked. */
void gs_temporary_clear(const char *path, bool begins, bool alone);

/* Remove all temporary files and directories; for a signal handler that ends the program. Frees no memory. */
void gs_temporary_remove_all(void);

#endif
