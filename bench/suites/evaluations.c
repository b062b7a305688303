#include "suites/rows.h"

static gs_status open_with(bench_row *row, bool gradient, gs_error *error) {
    bench_network *network = row->state = gs_alloc(1, sizeof *network);
    return network ? bench_network_open(network, row, (size_t)row->batch, gradient, error)
                   : gs_fail_memory(error, "a network");
}

static gs_status open_outputs(bench_row *row, gs_error *error) {
    return open_with(row, false, error);
}

static gs_status open_gradients(bench_row *row, gs_error *error) {
    return open_with(row, true, error);
}

static gs_status call(bench_row *row, gs_error *error) {
    return bench_network_evaluate(row->state, error);
}

static gs_status check(bench_row *row, gs_error *error) {
    return bench_network_check(row->state, row, error);
}

static void close(bench_row *row) {
    if (row->state)
        bench_network_close(row->state);
    gs_free(row->state);
    row->state = NULL;
}

static uint64_t digest(const bench_row *row) {
    const bench_network *network = row->state;
    return bench_digest(network->y, network->n * network->out * sizeof *network->y);
}

static const bench_kind evaluations = {open_outputs, call, check, close, digest};
static const bench_kind gradients = {open_gradients, call, check, close, digest};

bench_row *bench_evaluation_add(bench_rows *rows, const char *suite, const char *scenario, const char *what,
                                const bench_variant *v, bool gradient, const char *unit) {
    bench_row *row = bench_row_add(rows, suite, scenario, what, v, gradient ? &gradients : &evaluations);
    row->unit = unit;
    row->items = v->batch;
    row->operations = (double)v->batch * (double)v->model->info->operations * (1 + gradient);
    return row;
}
