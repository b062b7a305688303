#include "expectation.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "document.h"
#include "stats.h"

enum { FORMAT = 1, ROWS_MOST = 10000, SAMPLES_MOST = 1 << 24, PATH_ROOM = 4096, PLACE_ROOM = 64 };

/* ---- The file ---- */

typedef struct place {
    const char *path;
    size_t row;
    gs_error *error;
} place;

static gs_status wrong(const place *at, const char *member, const char *expected) {
    return gs_fail(at->error, GS_ERROR_FILE, "%s: rows[%zu].%s: expected %s; models/quality.py makes such files",
                   at->path, at->row, member, expected);
}

static bool is_text(const json_t *row, const char *name) {
    const char *text = bench_text(row, name);
    return text && *text && !bench_has_controls(text);
}

/* Reads one number per seed; all are above `least`. */
static gs_status read_numbers(const place *at, const json_t *row, const char *name, double least, double most,
                              size_t count, double *out) {
    const json_t *list = json_object_get(row, name), *item;
    size_t i;
    if (!json_is_array(list) || json_array_size(list) != count)
        return wrong(at, name, "an array with a number for each seed");
    json_array_foreach(list, i, item) {
        out[i] = json_is_number(item) ? json_number_value(item) : (double)NAN;
        if (!(out[i] > least && out[i] <= most))
            return wrong(at, name, most > 1 ? "positive numbers" : "shares of 0 to 1");
    }
    return GS_OK;
}

static gs_status read_row(const place *at, const json_t *row, bench_expectation *e) {
    static const char *const texts[] = {"model", "model_hash", "judge_hash", "sampler"};
    for (size_t i = 0; i < GS_COUNT(texts); i++)
        if (!is_text(row, texts[i]))
            return wrong(at, texts[i], "words");
    long long n = bench_integer(row, "n", 0);
    size_t seeds = json_array_size(json_object_get(row, "seeds"));
    if (n < 1 || n > SAMPLES_MOST)
        return wrong(at, "n", "a number of samples");
    if (seeds < 1 || seeds > BENCH_SEEDS_MOST)
        return wrong(at, "seeds", "an array of 1 to 64 seeds");
    size_t agreements = json_array_size(json_object_get(row, "agreement"));
    *e = (bench_expectation){.seeds = (int)seeds, .agreements = (int)agreements, .n = (size_t)n};
    gs_status status = read_numbers(at, row, "frechet", 0, INFINITY, seeds, e->frechet);
    if (!status && agreements)
        status = read_numbers(at, row, "agreement", -1, 1, seeds, e->agreement);
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
    const json_t *rows = json_object_get(root, "rows"), *row;
    place at = {.path = path, .error = error};
    if (bench_integer(root, "gensample_quality", 0) != FORMAT)
        return gs_fail(error, GS_ERROR_FILE, "%s: gensample_quality: expected %d", path, FORMAT);
    if (!json_is_array(rows) || json_array_size(rows) > ROWS_MOST)
        return gs_fail(error, GS_ERROR_FILE, "%s: rows: expected an array of at most %d", path, ROWS_MOST);
    json_array_foreach(rows, at.row, row) {
        bench_expectation e;
        gs_status status = read_row(&at, row, &e);
        if (status)
            return status;
        if (e.seeds >= BENCH_SEEDS_LEAST && is_of(row, x, &e))
            *expectation = e;
    }
    return GS_OK;
}

gs_status bench_expectation_find(const bench_expected *x, bench_expectation *expectation, gs_error *error) {
    char path[PATH_ROOM];
    const char *slash = strrchr(x->model_path, '/');
    int folder = slash ? (int)(slash - x->model_path) + 1 : 0;
    *expectation = (bench_expectation){0};
    if (snprintf(path, sizeof path, "%.*squality.json", folder, x->model_path) >= PATH_ROOM || access(path, F_OK))
        return GS_OK;
    json_t *root;
    gs_status status = bench_document_parse(path, &root, error);
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
    double away = bench_student_quantile(BENCH_QUALITY_ALARM, e->seeds - 1) * sqrt(square / (k - 1) * (1 + 1 / k));
    *low = exp(mean - away);
    *high = exp(mean + away);
}

double bench_agreement_chance(const bench_expectation *e, double agreement) {
    double n = (double)e->n, agreed = 0;
    for (int i = 0; i < e->seeds; i++)
        agreed += round(e->agreement[i] * n);
    return bench_fisher(round(agreement * n), n, agreed, n * e->seeds);
}
