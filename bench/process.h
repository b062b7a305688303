/* Other programs, run to completion, and folders for what they write. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include <sys/types.h>

#include "base/base.h"

enum { BENCH_FOLDER_ROOM = 1024, BENCH_PATH_ROOM = BENCH_FOLDER_ROOM + 300, BENCH_LINE_ROOM = 512 };

/* Run words[0], which is looked for in PATH unless it has a slash, and append what it prints to the file `log`. *status
 * is as from waitpid. An interruption (app/interrupt.h) kills it and everything it started. Errors:
 * GS_ERROR_INTERRUPTED; GS_ERROR_UNSUPPORTED: it cannot be started; GS_ERROR_FILE: no pipe could be made. */
gs_status bench_process_run(char *const *words, char *const *environment, const char *log, int *status,
                            gs_error *error);

/* The environment for another program, in `chosen`: the entries of ours whose names are among `names`, or with `others`
 * those whose are not; and `more`. Both lists end with NULL. */
enum { BENCH_ENVIRONMENT_MOST = 1024 };
void bench_environment(char *chosen[BENCH_ENVIRONMENT_MOST], const char *const *names, bool others,
                       const char *const *more);

/* The last line of a file that is more than dashes, or "". */
void bench_last_line(const char *path, char line[BENCH_LINE_ROOM]);

/* A folder for the files of other programs. A process of its own removes it when `alive` closes, so that nothing is
 * left behind however this program ends. */
typedef struct bench_folder {
    char path[BENCH_FOLDER_ROOM];
    int alive;    /* end of a pipe */
    pid_t keeper; /* 0: there is no folder */
} bench_folder;

/* A new folder in TMPDIR or /tmp. Errors: GS_ERROR_FILE; bench_folder_remove then does nothing. */
gs_status bench_folder_make(bench_folder *folder, gs_error *error);

/* Remove it and its files, including those that a process that has just been killed is still about to create. */
void bench_folder_remove(bench_folder *folder);

#endif
