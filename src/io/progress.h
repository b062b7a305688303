/* A line on a terminal: how much is done, how fast, and how much time is left. */
#ifndef GS_IO_PROGRESS_H
#define GS_IO_PROGRESS_H

#include <stdio.h>

#include "base/base.h"
#include "base/os.h"

typedef struct gs_progress {
    FILE *file; /* NULL: nothing is shown */
    double start_s, shown_s;
    bool shown;
} gs_progress;

/* Show progress on `file` if that is a terminal. */
void gs_progress_start(gs_progress *progress, FILE *file);

/* `done` of `n` samples are finished; shown at most ten times a second. */
void gs_progress_update(gs_progress *progress, size_t done, size_t n);

/* Remove the line. */
void gs_progress_clear(gs_progress *progress);

#endif
