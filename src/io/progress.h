/* A line on a terminal: a bar, how much is done, how fast, and how much time is left. */
#ifndef GS_IO_PROGRESS_H
#define GS_IO_PROGRESS_H

#include <stdio.h>

#include "base/base.h"
#include "base/os.h"

typedef struct gs_progress {
    FILE *file;       /* NULL: nothing is shown */
    const char *what; /* what goes on, before the bar; NULL: nothing */
    double start_s, shown_s;
    bool has_no_rate; /* what is done is not counted in samples */
    int columns;      /* of the terminal */
    bool shown;
    int done, stages; /* of work in stages */
} gs_progress;

/* Show progress on `file` if that is a terminal; `what` must live as long. */
void gs_progress_start(gs_progress *progress, FILE *file, const char *what);

/* A `part` of the work, 0 ... 1, is done, and `done` of `n` samples are finished; shown at most ten times per
 * second. */
void gs_progress_update(gs_progress *progress, double part, size_t done, size_t n);

/* The same for work in stages that do not report their progress: there are `stages`, and none is done; and one more is
 * done. */
void gs_progress_stages(gs_progress *progress, int stages);
void gs_progress_next(gs_progress *progress);

/* Remove the line. */
void gs_progress_clear(gs_progress *progress);

/* A time for people: "42 s", "3 min 20 s", "2 h 5 min", "4 d 7 h". */
void gs_progress_time(double seconds, char *text, size_t size);

#endif
