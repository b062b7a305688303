#include "expectation.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "document.h"
#include "measure/statistics.h"

enum { PATH_ROOM = 4096 };

/* ---- The file ---- */

static gs_status read_numbers(const char *path, size_t i, const json_t *row, const char *name, double *out, int count,
                              gs_error *error) {
    const json_t *list = json_object_get(row, name);
    if ((int)json_array_size(list) != count)
        return gs_fail(error, GS_ERROR_FILE,
                       "%s: rows[%zu].%s: expected a number for each seed; models/quality.py makes such files", path, i,
                       name);
    for (int k = 0; k < count; k++)
        out[k] = json_number_value(json_array_get(list, (size_t)k));
    return GS_OK;
}

static gs_status read_row(const char *path, size_t i, const json_t *row, bench_expectation *e, gs_error *error) {
    *e = (bench_expectation){.seeds = (int)json_array_size(json_object_get(row, "seeds")),
                             .n = (size_t)bench_integer(row, "n", 0)};
    e->agreements = json_array_size(json_object_get(row, "agreement")) ? e->seeds : 0;
    gs_status status = read_numbers(path, i, row, "frechet", e->frechet, e->seeds, error);
    if (!status && e->agreements)
        status = read_numbers(path, i, row, "agreement", e->agreement, e->agreements, error);
    return status;
}

static bool is_of(const json_t *row, const bench_expected *x, const bench_expectation *e) {
    return !strcmp(bench_text(row, "model_hash"), x->model_hash) &&
           !strcmp(bench_text(row, "judge_hash"), x->judge_hash) && !strcmp(bench_text(row, "sampler"), x->sampler) &&
           e->n == x->n;
}

/* All rows are checked, not only the one that is wanted. */
static gs_status read_rows(const char *path, const json_t *root, const bench_expected *x,
                           bench_expectation *expectation, gs_error *error) {
    gs_status status = bench_schema_check(BENCH_SCHEMA_QUALITY, root, path, error);
    const json_t *row;
    size_t i;
    json_array_foreach(json_object_get(root, "rows"), i, row) {
        bench_expectation e;
        if (!status)
            status = read_row(path, i, row, &e, error);
        if (status)
            break;
        if (e.seeds >= BENCH_SEEDS_LEAST && is_of(row, x, &e))
            *expectation = e;
    }
    return status;
}

gs_status bench_expectation_find(const bench_expected *x, bench_expectation *expectation, gs_error *error) {
    char path[PATH_ROOM];
    const char *slash = strrchr(x->model_path, '/');
    int folder = slash ? (int)(slash - x->model_path) + 1 : 0;
    *expectation = (bench_expectation){0};
    if (snprintf(path, sizeof path, "%.*squality.json", folder, x->model_path) >= PATH_ROOM || access(path, F_OK))
        return GS_OK;
    json_t *root;
    gs_status status = bench_document_parse(path, "expected quality", &root, error);
    if (status)
        return status;
    status = read_rows(path, root, x, expectation, error);
    json_decref(root);
    return status;
}

/* ---- What follows from it ---- */

void bench_expected_distances(const bench_expectation *e, double *low, double *high) {
    double k = e->seeds, mean = 0, square = 0;
    for (int i = 0; i < e->seeds; i++)
        mean += log(e->frechet[i]) / k;
    for (int i = 0; i < e->seeds; i++)
        square += pow(log(e->frechet[i]) - mean, 2);
    double away = gs_student_quantile(BENCH_QUALITY_ALARM, e->seeds - 1) * sqrt(square / (k - 1) * (1 + 1 / k));
    *low = exp(mean - away);
    *high = exp(mean + away);
}

double bench_agreement_chance(const bench_expectation *e, double agreement) {
    double n = (double)e->n, agreed = 0;
    for (int i = 0; i < e->seeds; i++)
        agreed += round(e->agreement[i] * n);
    return gs_fisher(round(agreement * n), n, agreed, n * e->seeds);
}
