/* Steps per second of chains on an energy: the gradient by itself, and samplers that take one gradient per step. */
#include "suites/rows.h"

/* Samplers at one noise level; langevin and mala take one gradient per step, hmc one per leapfrog step. A name that the
 * library lacks gives no rows. */
static const bench_sampling steppers[] = {
    {.sampler = "langevin", .steps = 20, .mixing = 500, .unit = "steps/s"},
    {.sampler = "mala", .steps = 20, .mixing = 500, .unit = "steps/s"},
    {.sampler = "hmc", .steps = 4, .mixing = 50, .unit = "steps/s"},
};

void bench_add_energy(bench_rows *rows) {
    static const bench_axes axes = {.takes = bench_is_energy, .batch = {1, {64}}};
    for (bench_variant v = {0}; bench_next(rows->settings, &axes, &v);) {
        bench_evaluation_add(rows, "energy", "offline", "gradient", &v, true, "steps/s");
        for (size_t i = 0; i < GS_COUNT(steppers); i++)
            if (bench_sampling_draws(&steppers[i], v.model) && (!rows->settings->quick || v.model->info->labels == 0))
                bench_sampling_add(rows, "energy", &steppers[i], &v);
    }
}
