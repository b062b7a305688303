#include "io/progress.h"

#include <unistd.h>

static const double INTERVAL_S = 0.1;

void gs_progress_start(gs_progress *progress, FILE *file) {
    *progress = (gs_progress){.file = isatty(fileno(file)) ? file : NULL, .start_s = gs_now_s()};
}

void gs_progress_update(gs_progress *progress, size_t done, size_t n) {
    double now = gs_now_s(), elapsed = now - progress->start_s;
    if (!progress->file || now - progress->shown_s < INTERVAL_S)
        return;
    fprintf(progress->file, "\r\033[K%zu of %zu", done, n);
    if (done > 0 && elapsed > 0) {
        double rate = (double)done / elapsed, left = (double)(n - done) / rate;
        fprintf(progress->file, ", %.4g samples/s, %.0f s left", rate, left);
    }
    fflush(progress->file);
    progress->shown_s = now;
    progress->shown = true;
}

void gs_progress_clear(gs_progress *progress) {
    if (progress->shown) {
        fputs("\r\033[K", progress->file);
        fflush(progress->file);
        progress->shown = false;
    }
}
