/* Evaluations per second of a batch by number of threads; the judge adds the efficiency relative to one thread. */
#include "suites/rows.h"

static bool draws(const bench_model *model) {
    return bench_can_sample(model) && !bench_is_energy(model);
}

gs_counts bench_thread_counts(void) {
    gs_counts n = {0};
    int all = bench_processors();
    for (int t = 1; t < all && n.count < GS_LIST_MAX - 1; t *= 2)
        n.values[n.count++] = t;
    n.values[n.count++] = all;
    return n;
}

void bench_add_scaling(bench_rows *rows) {
    const bench_axes axes = {.takes = draws, .threads = bench_thread_counts(), .batch = {1, {64}}, .typed = true};
    for (bench_variant v = {0}; bench_next(rows->settings, &axes, &v);)
        if (!rows->settings->quick || bench_is_usual(rows->settings, v.model))
            bench_evaluation_add(rows, "scaling", "offline", "evaluate", &v, false, "evaluations/s");
}
