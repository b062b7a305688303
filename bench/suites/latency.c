/* Denoising one image, one call after the other. For an energy this needs the gradient: D(x, sigma) = x - sigma^2
 * dE/dx.
 */
#include "suites/rows.h"
#include "measure/statistics.h"

static bool denoises(const bench_model *model) {
    return model->info->takes_sigma && bench_can_sample(model);
}

void bench_add_latency(bench_rows *rows) {
    static const bench_axes axes = {.takes = denoises, .typed = true};
    const bench_settings *s = rows->settings;
    int repetitions = s->repetitions ? s->repetitions : 3;
    for (bench_variant v = {0}; bench_next(s, &axes, &v);) {
        v.batch = 1;
        bool energy = bench_is_energy(v.model);
        bench_row *row =
            bench_evaluation_add(rows, "latency", "single-stream", energy ? "gradient" : "denoise", &v, energy, "ms");
        row->single = true;
        row->calls = (BENCH_CALLS_P99 + repetitions - 1) / repetitions;
    }
}
