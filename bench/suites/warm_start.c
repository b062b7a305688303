/* The time to the first sample: the program gensample beside this one, from its start until the picture of one sample
 * is closed, where the weight file is in the system's cache of files, as the first call leaves it. */
#include "suites/rows.h"

void bench_add_warm_start(bench_rows *rows) {
    static const bench_axes axes = {.takes = bench_draws_pictures, .batch = {1, {1}}};
    const bench_settings *s = rows->settings;
    for (bench_variant v = {0}; bench_next(s, &axes, &v);)
        if (!s->quick || bench_is_usual(s, v.model))
            bench_program_add(rows, "warm-start", "first-sample", &v);
}
