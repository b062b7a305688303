/* The report as a JSON tree. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "again.h"
#include "runner.h"
#include "pictures.h"
#include "report.h"
#include "measure/statistics.h"
#include "system.h"
#include "text.h"

static const double NANO = 1e-9;

/* ---- "benchmarks", as Google Benchmark writes them ---- */

static json_t *entry(const bench_row *row, int family, const char *suffix, const char *type) {
    json_t *e = json_object();
    char name[BENCH_NAME_ROOM + 16], label[BENCH_REASONS_MAX * BENCH_TEXT_ROOM + 16];
    snprintf(name, sizeof name, "%s%s", row->name, suffix);
    bench_put_text(e, "name", name);
    bench_put_integer(e, "family_index", family);
    bench_put_integer(e, "per_family_instance_index", 0);
    bench_put_text(e, "run_name", row->name);
    bench_put_text(e, "run_type", type);
    bench_put_integer(e, "repetitions", row->repetitions);
    bench_put_integer(e, "threads", row->threads);
    label[0] = '\0';
    for (int i = 0; i < row->reasons; i++)
        bench_append(label, sizeof label, "%s%s", i ? "; " : "INVALID: ", row->reason[i]);
    bench_put_text(e, "label", row->reasons ? label : NULL);
    return e;
}

static void put_times(json_t *e, double real, double cpu) {
    bench_put_real(e, "real_time", real);
    bench_put_real(e, "cpu_time", cpu);
    bench_put_text(e, "time_unit", "ns");
}

/* Nanoseconds per call in a repetition that took so many seconds. */
static double per_call(const bench_row *row, const bench_repetition *r, double seconds) {
    return seconds / ((double)r->iterations * row->calls) / NANO;
}

/* The mean, median and deviation of the repetitions' times. */
enum { MEAN, MEDIAN, STDDEV, AGGREGATES };
static void aggregate(const bench_row *row, bool cpu, double of[AGGREGATES]) {
    size_t n = (size_t)row->repetitions;
    double *all = gs_alloc(n, sizeof *all), sum = 0, square = 0;
    of[MEAN] = of[MEDIAN] = of[STDDEV] = (double)NAN;
    if (!all)
        return;
    for (size_t k = 0; k < n; k++) {
        const bench_repetition *r = &row->repetition[k];
        all[k] = per_call(row, r, cpu ? r->cpu_s : r->real_s);
        sum += all[k];
    }
    of[MEAN] = sum / (double)n;
    for (size_t k = 0; k < n; k++)
        square += (all[k] - of[MEAN]) * (all[k] - of[MEAN]);
    of[STDDEV] = sqrt(square / (double)(n - 1));
    gs_sort(all, n);
    of[MEDIAN] = gs_median(all, n);
    gs_free(all);
}

static void add_benchmarks(json_t *list, const bench_row *row, int family) {
    static const char *const names[AGGREGATES] = {"mean", "median", "stddev"};
    double real[AGGREGATES], cpu[AGGREGATES];
    for (int k = 0; k < row->repetitions; k++) {
        json_t *e = entry(row, family, "", "iteration");
        const bench_repetition *r = &row->repetition[k];
        bench_put_integer(e, "repetition_index", k);
        bench_put_integer(e, "iterations", r->iterations * row->calls);
        put_times(e, per_call(row, r, r->real_s), per_call(row, r, r->cpu_s));
        bench_put_real(e, "items_per_second", row->items / (per_call(row, r, r->real_s) * NANO));
        json_array_append_new(list, e);
    }
    aggregate(row, false, real);
    aggregate(row, true, cpu);
    for (int i = 0; row->repetitions > 1 && i < AGGREGATES; i++) {
        char suffix[16];
        snprintf(suffix, sizeof suffix, "_%s", names[i]);
        json_t *e = entry(row, family, suffix, "aggregate");
        bench_put_text(e, "aggregate_name", names[i]);
        bench_put_text(e, "aggregate_unit", "time");
        bench_put_integer(e, "iterations", row->repetitions);
        put_times(e, real[i], cpu[i]);
        json_array_append_new(list, e);
    }
    if (!row->repetitions) {
        json_t *e = entry(row, family, "", "iteration");
        json_object_set_new(e, "error_occurred", json_true());
        bench_put_text(e, "error_message", row->reasons ? row->reason[0] : "");
        bench_put_integer(e, "iterations", 0);
        put_times(e, 0, 0);
        json_array_append_new(list, e);
    }
}

/* ---- "genbench" ---- */

static json_t *repetition(const bench_repetition *r) {
    json_t *o = json_object(), *samples = json_array();
    bench_put_integer(o, "order", r->order);
    bench_put_integer(o, "iterations", r->iterations);
    bench_put_real(o, "real_s", r->real_s);
    bench_put_real(o, "cpu_s", r->cpu_s);
    bench_put_real(o, "wall_s", r->wall_s);
    bench_put_real(o, "process_cpu_s", r->conditions.process_s);
    bench_put_real(o, "peak_before_flops", r->conditions.peak[0]);
    bench_put_real(o, "peak_after_flops", r->conditions.peak[1]);
    bench_put_real(o, "stolen_s", r->conditions.stolen);
    bench_put_real(o, "waited_s", r->conditions.waited);
    for (size_t i = 0; i < r->samples; i++)
        json_array_append_new(samples, json_integer(llround(r->sample[i] / NANO)));
    bench_put_text(o, "disturbed", r->disturbed[0] ? r->disturbed : NULL);
    json_object_set_new(o, "samples_ns", samples);
    return o;
}

static json_t *figures(const bench_row *row) {
    json_t *o = json_object();
    for (int i = 0; i < row->figures; i++) {
        json_t *f = json_object();
        bench_put_real(f, "value", row->figure[i].value);
        bench_put_text(f, "unit", row->figure[i].unit);
        json_object_set_new(o, row->figure[i].name, f);
    }
    return o;
}

static const char *check_word(bench_check_state check) {
    return check == BENCH_CHECK_PASSED ? "passed" : check == BENCH_CHECK_FAILED ? "failed" : "not checked";
}

static json_t *row_object(const bench_row *row) {
    json_t *o = json_object(), *reasons = json_array(), *repetitions = json_array(), *aside = json_array();
    char what[BENCH_NAME_ROOM];
    snprintf(what, sizeof what, "%.*s", (int)row->what_length, row->name + row->what_at);
    bench_put_text(o, "name", row->name);
    bench_put_text(o, "suite", row->suite);
    bench_put_text(o, "what", what);
    bench_put_text(o, "scenario", row->scenario);
    bench_put_text(o, "model", row->model ? row->model->info->name : NULL);
    bench_put_text(o, "model_hash", row->model ? row->model->info->hash : NULL);
    bench_put_text(o, "isa", row->isa);
    bench_put_text(o, "dtype", row->dtype);
    if (row->approximate)
        json_object_set_new(o, "exact", json_false());
    bench_put_text(o, "backend", row->backend);
    bench_put_integer(o, "threads", row->threads);
    if (row->batch)
        bench_put_integer(o, "batch", row->batch);
    bench_put_text(o, "unit", row->unit);
    bench_put_flag(o, "less_is_better", !strcmp(row->unit, "ms"));
    bench_put_flag(o, "valid", !row->reasons);
    for (int i = 0; i < row->reasons; i++)
        json_array_append_new(reasons, bench_json_text(row->reason[i]));
    json_object_set_new(o, "reasons", reasons);
    bench_put_text(o, "check", check_word(row->check));
    bench_put_integer(o, "disturbed", bench_count_disturbed(row, 0));
    if (row->repetitions) {
        bench_put_real(o, "value", row->value);
        bench_put_real(o, "low", row->low);
        bench_put_real(o, "high", row->high);
    }
    bench_put_integer(o, "calls_per_iteration", row->calls);
    bench_put_real(o, "items_per_call", row->items);
    bench_put_real(o, "operations_per_call", row->operations);
    if (row->bytes > 0)
        bench_put_real(o, "bytes_per_call", row->bytes);
    json_object_set_new(o, "figures", figures(row));
    json_object_set_new(o, "picture", bench_picture_json(row));
    json_object_set_new(o, "trace", bench_trace_json(row));
    for (int k = 0; k < row->repetitions; k++)
        json_array_append_new(repetitions, repetition(&row->repetition[k]));
    json_object_set_new(o, "repetitions", repetitions);
    for (int k = row->repetitions; k < row->repetitions + row->aside; k++)
        json_array_append_new(aside, repetition(&row->repetition[k]));
    json_object_set_new(o, "set_aside", aside);
    return o;
}

static json_t *peaks(const bench_rows *rows) {
    json_t *list = json_array();
    for (int i = 0; i < rows->count; i++) {
        double peak = bench_peak_of(rows, &rows->row[i]);
        if (!(peak > 0) || !bench_peak_is_new(rows, i))
            continue;
        json_t *o = json_object();
        bench_put_text(o, "isa", rows->row[i].isa);
        bench_put_text(o, "dtype", rows->row[i].dtype);
        bench_put_integer(o, "threads", rows->row[i].threads);
        bench_put_real(o, "flops", peak);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *run_object(const bench_result *result) {
    const bench_settings *s = result->settings;
    json_t *o = json_object(), *command = json_array(), *rows = json_array();
    bench_put_integer(o, "json_schema_version", BENCH_SCHEMA_VERSION);
    bench_put_flag(o, "complete", !result->interrupted);
    bench_put_flag(o, "interrupted", result->interrupted);
    bench_put_integer(o, "rows_invalid", result->invalid);
    bench_put_integer(o, "rows_failed", result->failed);
    bench_put_integer(o, "disturbed", result->disturbed);
    bench_put_real(o, "patience_s", result->patience_s);
    bench_put_text(o, "started", result->started);
    bench_put_real(o, "elapsed_s", result->elapsed_s);
    bench_put_integer(o, "seed", (long long)s->seed);
    bench_put_real(o, "triad_bytes_per_second", result->triad_bytes_s);
    bench_put_real(o, "peak_memory_bytes", bench_peak_memory());
    bench_put_real(o, "peak_tolerance", BENCH_PEAK_TOLERANCE);
    bench_put_real(o, "taken_most", BENCH_TAKEN_MOST);
    json_object_set_new(o, "peaks", peaks(result->rows));
    for (int i = 0; i < s->argc; i++)
        json_array_append_new(command, bench_json_text(s->argv[i]));
    json_object_set_new(o, "command", command);
    for (int i = 0; i < result->rows->count; i++)
        json_array_append_new(rows, row_object(&result->rows->row[i]));
    json_object_set_new(o, "rows", rows);
    return o;
}

json_t *bench_report_tree(const bench_result *result) {
    json_t *root = json_object(), *list = json_array();
    for (int i = 0; i < result->rows->count; i++)
        add_benchmarks(list, &result->rows->row[i], i);
    json_object_set_new(root, "context", bench_context(result));
    json_object_set_new(root, "benchmarks", list);
    json_object_set_new(root, "genbench", run_object(result));
    return root;
}
