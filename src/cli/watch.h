/* The line of progress of a measurement that says which part of it is done, and its time. */
#ifndef GS_CLI_WATCH_H
#define GS_CLI_WATCH_H

#include "io/progress.h"

typedef struct gs_watch {
    gs_progress progress;
    double n;             /* images of all stages */
    double before, share; /* parts of the work: what is done, and what the present stage is */
    double start_s;
} gs_watch;

/* Begin, and have signals ask for an end from now on. */
void gs_watch_start(gs_watch *watch, size_t n);

/* A stage about `n` of the images begins. */
void gs_watch_stage(gs_watch *watch, size_t n);

/* A callback of the library's, whose context is the watch: false after a signal. */
bool gs_watch_show(void *watch, double part);

/* Remove the line; returns the seconds since the beginning. */
double gs_watch_end(gs_watch *watch);

#endif
