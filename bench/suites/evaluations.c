#include "suites/rows.h"

static gs_status open(bench_row *row, gs_error *error) {
    return bench_network_open(row->state, row, (size_t)row->batch, row->gradient, error);
}

static gs_status call(bench_row *row, gs_error *error) {
    return bench_network_evaluate(row->state, error);
}

static gs_status check(bench_row *row, gs_error *error) {
    return bench_network_check(row->state, row, error);
}

static void close(bench_row *row) {
    bench_network_close(row->state);
}

static uint64_t digest(const bench_row *row) {
    const bench_network *network = row->state;
    return bench_digest(network->y, network->n * network->out * sizeof *network->y);
}

static const bench_kind evaluation_kind = {sizeof(bench_network), open, call, check, close, digest};

bench_row *bench_evaluation_add(bench_rows *rows, const char *suite, const char *scenario, const char *what,
                                const bench_variant *v, bool gradient, const char *unit) {
    bench_row *row = bench_row_add(rows, suite, scenario, what, v, &evaluation_kind);
    row->gradient = gradient;
    row->unit = unit;
    row->items = v->batch;
    row->operations = (double)v->batch * (double)v->model->info->operations * (1 + gradient);
    return row;
}
