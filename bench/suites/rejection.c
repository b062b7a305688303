/* Rejection sampling of N(0, I) from N(0, 1.01^2 I): proposals per second, and acceptance compared with theory. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

static const double ratio = 1.01;
enum { CHECKED = 4096 }; /* proposals that scalar C also decides */

typedef struct state {
    gs_rejection_options options;
    uint64_t proposals, accepted;
    double acceptance; /* in theory */
} state;

/* One row for each algorithm of rejections.def and each dimension. */
typedef struct variant {
    const char *algorithm;
    int dim;
    uint64_t proposals; /* of a call */
} variant;

static gs_status open(bench_row *row, gs_error *error) {
    const variant *v = row->data;
    (void)error;
    ((state *)row->state)->options = (gs_rejection_options){.dim = v->dim,
                                                            .ratio = ratio,
                                                            .algorithm = v->algorithm,
                                                            .seed = row->settings->seed,
                                                            .proposals = v->proposals,
                                                            .threads = row->threads,
                                                            .isa = row->isa};
    return GS_OK;
}

/* Proposals that no earlier call made. */
static gs_status call(bench_row *row, gs_error *error) {
    state *s = row->state;
    gs_rejection_result result;
    gs_status status = gs_rejection(&s->options, 0, NULL, &result, error);
    if (!status) {
        row->ran = result.isa;
        s->acceptance = result.acceptance;
        s->proposals += result.proposals;
        s->accepted += result.accepted;
        s->options.first_proposal += result.proposals;
    }
    return status;
}

/* For scalar C itself, only theory says whether it is right. */
static gs_status compare(bench_row *row, gs_error *error) {
    const state *s = row->state;
    gs_rejection_result result[2];
    gs_status status = GS_OK;
    for (int i = 0; i < 2 && !status; i++) {
        gs_rejection_options options = s->options;
        options.proposals = CHECKED;
        options.first_proposal = 0;
        options.isa = i ? "scalar" : row->isa;
        status = gs_rejection(&options, 0, NULL, &result[i], error);
    }
    if (!status && result[0].accepted != result[1].accepted)
        bench_wrong(row, "%llu of %d proposals accepted, scalar C accepts %llu", (unsigned long long)result[0].accepted,
                    CHECKED, (unsigned long long)result[1].accepted);
    return status;
}

static gs_status check(bench_row *row, gs_error *error) {
    state *s = row->state;
    double low, high, z = gs_binomial_score(s->accepted, s->proposals, s->acceptance);
    gs_status status = gs_binomial_interval(s->accepted, s->proposals, 0.99, &low, &high, error);
    if (status)
        return status;
    const struct {
        const char *name, *unit;
        double value;
    } figures[] = {
        {"accepted", "", (double)s->accepted},  {"acceptance", "ppm", 1e6 * (double)s->accepted / (double)s->proposals},
        {"99 % low", "ppm", 1e6 * low},         {"99 % high", "ppm", 1e6 * high},
        {"theory", "ppm", 1e6 * s->acceptance}, {"z", "", z}};
    for (size_t i = 0; i < GS_COUNT(figures); i++)
        bench_figure_add(row, figures[i].name, figures[i].unit, figures[i].value);
    if (!(fabs(z) <= 4))
        bench_wrong(row, "acceptance is %.1f standard deviations from theory", z);
    return strcmp(row->isa, "scalar") ? compare(row, error) : GS_OK;
}

static uint64_t digest(const bench_row *row) {
    const state *s = row->state;
    return s->accepted;
}

static const bench_kind rejection_kind = {sizeof(state), open, call, check, NULL, digest};

/* Calls take about a millisecond. */
static const variant variants[] = {{"plain", 784, 4096},    {"early", 784, 16384},   {"radius", 784, 1 << 18},
                                   {"plain", 128, 1 << 15}, {"early", 128, 1 << 15}, {"radius", 128, 1 << 17},
                                   {"plain", 64, 1 << 16},  {"early", 64, 1 << 16},  {"radius", 64, 1 << 16},
                                   {"plain", 16, 1 << 17},  {"early", 16, 1 << 17},  {"radius", 16, 1 << 16}};
enum { QUICK_VARIANTS = 3 };

void bench_add_rejection(bench_rows *rows) {
    static const bench_axes axes = {.no_backend = true};
    size_t count = rows->settings->quick ? QUICK_VARIANTS : GS_COUNT(variants);
    for (bench_variant v = {0}; bench_next(rows->settings, &axes, &v);)
        for (size_t i = 0; i < count; i++) {
            char what[40];
            snprintf(what, sizeof what, "%s-d%d", variants[i].algorithm, variants[i].dim);
            bench_row *row = bench_row_add(rows, "rejection", NULL, what, &v, &rejection_kind);
            row->data = &variants[i];
            row->unit = "proposals/s";
            row->items = (double)variants[i].proposals;
        }
}
