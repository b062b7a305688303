#include "cli/watch.h"

#include "app/interrupt.h"

void gs_watch_start(gs_watch *watch, size_t n) {
    *watch = (gs_watch){.n = n ? (double)n : 1, .start_s = gs_now_s()};
    gs_interrupt_install();
    gs_progress_start(&watch->progress, stderr, NULL);
}

void gs_watch_stage(gs_watch *watch, size_t n) {
    watch->before += watch->share;
    watch->share = (double)n / watch->n;
}

bool gs_watch_show(void *context, double part) {
    gs_watch *watch = context;
    double all = watch->before + watch->share * part;
    gs_progress_update(&watch->progress, all, (size_t)(all * watch->n), (size_t)watch->n);
    return !gs_interrupted();
}

double gs_watch_end(gs_watch *watch) {
    gs_progress_clear(&watch->progress);
    return gs_now_s() - watch->start_s;
}
