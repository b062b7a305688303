/* The rows that `genbench check` counts: one call each of networks, samplers, kernels, layers, rejection algorithms and
 * loading, which are so short that counting all of them takes only a minute or two of emulation. */
#include <string.h>

#include "kernels.h"
#include "regression/regression.h"
#include "runner.h"
#include "suites/rows.h"

/* ---- Networks ---- */

/* One evaluation of each network, and one gradient of each energy. */
static void add_networks(bench_rows *rows) {
    static const bench_axes axes = {.takes = bench_any, .batch = {1, {1}}};
    for (bench_variant v = {0}; bench_next(rows->settings, &axes, &v);)
        for (int gradient = 0; gradient <= bench_is_energy(v.model); gradient++)
            bench_evaluation_add(rows, "network", NULL, gradient ? "gradient" : "evaluate", &v, gradient,
                                 "evaluations/s");
}

/* ---- Samplers ---- */

/* The network with the fewest operations that a sampler draws from, or NULL. */
static const bench_model *cheapest(const bench_settings *s, const bench_sampling *sampling) {
    const bench_model *best = NULL;
    for (int i = 0; i < s->models.count; i++) {
        const bench_model *m = &s->models.model[i];
        bool better = !best || m->info->operations < best->info->operations;
        if (better && bench_can_sample(m) && bench_sampling_draws(sampling, m))
            best = m;
    }
    return best;
}

/* The sampler that a network names as its own. */
static bool is_own(const bench_model *model, const char *sampler) {
    gs_sample_options options = {0};
    return !gs_sample_resolve(model->model, &options, NULL) && !strcmp(options.sampler, sampler);
}

static bool is_widest(const bench_settings *s, const char *isa) {
    return !strcmp(isa, s->isa.values[s->isa.count - 1]);
}

/* Whether emulation can do so many operations in reasonable time; scalar C takes ten times as long as vectors. */
static bool is_short(const bench_settings *s, const bench_variant *v) {
    const uint64_t scalar_most = 5000000;
    return is_widest(s, v->isa) || v->model->info->operations < scalar_most;
}

/* A few steps of each sampler with the cheapest network, and of each network's own sampler with the widest vectors. */
static void add_samplers(bench_rows *rows) {
    enum { STEPS = 2 };
    static const bench_axes axes = {.takes = bench_can_sample, .batch = {1, {1}}};
    const bench_settings *s = rows->settings;
    for (int k = 0; gs_sampler_get(k); k++) {
        const bench_sampling sampling = {
            .sampler = gs_sampler_get(k)->name, .steps = STEPS, .steps_per_level = 1, .brief = true, .unit = "steps/s"};
        for (bench_variant v = {0}; bench_next(s, &axes, &v);) {
            bool own = is_widest(s, v.isa) && is_own(v.model, sampling.sampler);
            bool meant = own || (v.model == cheapest(s, &sampling) && is_short(s, &v));
            if (meant && bench_sampling_draws(&sampling, v.model))
                bench_sampling_add(rows, "sampler", &sampling, &v);
        }
    }
}

/* ---- All ---- */

/* Of the rows from `first` onwards, keep those with the widest vectors whose name contains `part`. */
static void keep_widest(bench_rows *rows, int first, const char *part) {
    int kept = first;
    for (int i = first; i < rows->count; i++)
        if (is_widest(rows->settings, rows->row[i].isa) && strstr(rows->row[i].name, part))
            rows->row[kept++] = rows->row[i];
    rows->count = kept;
}

/* Rejection sampling and loading take long in scalar C, whose kernels are counted by other rows. */
static void add_rows(bench_rows *rows) {
    add_networks(rows);
    add_samplers(rows);
    bench_add_kernels(rows);
    bench_add_layers(rows);
    int first = rows->count;
    bench_add_rejection(rows);
    keep_widest(rows, first, "");
    first = rows->count;
    bench_add_load(rows);
    keep_widest(rows, first, "/first-evaluation/"); /* a first sample is twenty evaluations */
}

static bool callgrind_knows(const char *isa) {
    return !gs_isa_extends(isa, "avx512") && !gs_isa_extends(isa, "avx-vnni");
}

/* Scalar C, and the other instruction sets that callgrind knows on this kind of CPU. */
static gs_status choose_isas(gs_texts *isa, gs_error *error) {
    bool supported, chosen = isa->count > 0;
    const char *name;
    for (int i = 0; i < isa->count; i++)
        if (!callgrind_knows(isa->values[i]))
            return gs_fail(error, GS_ERROR_UNSUPPORTED, "check: --isa: callgrind runs no %s", isa->values[i]);
    for (int i = 0; !chosen && (name = gs_isa_name(i, &supported)); i++)
        if (supported && callgrind_knows(name))
            isa->values[isa->count++] = name;
    return GS_OK;
}

gs_status bench_counted_rows(bench_settings *s, bench_rows *rows, gs_error *error) {
    gs_status status = choose_isas(&s->isa, error);
    s->quick = true;
    s->threads = (gs_counts){1, {1}};
    s->batch = (gs_counts){1, {1}};
    s->backend = (gs_texts){1, {"native"}};
    if (!status)
        add_rows(rows);
    if (!status && rows->failed)
        status = gs_fail_memory(error, "rows");
    if (!status)
        status = bench_filter_items(rows->row, &rows->count, sizeof *rows->row, error);
    if (!status && !rows->count)
        status = gs_fail(error, GS_ERROR_FILE, "check: nothing to count: no row is left by these options");
    return status;
}
