/* The time to the first sample: the program gensample beside this one, from its start until the picture of one sample
 * is closed, where the weight file is in the system's cache of files, as the first call leaves it. */
#include "suites/rows.h"

gs_status bench_add_warm_start(bench_rows *rows, gs_error *error) {
    (void)error;
    static const bench_axes axes = {.takes = bench_draws_pictures, .batch = {1, {1}}};
    const bench_settings *s = rows->settings;
    int at = 0;
    bench_variant v;
    while (bench_next(s, &axes, &at, &v))
        if (!s->quick || bench_is_usual(s, v.model))
            bench_program_add(rows, "warm-start", "first-sample", &v);
    return GS_OK;
}
