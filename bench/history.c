#include "history.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "changes.h"
#include "documents.h"

enum { PATH_ROOM = 4200, MACHINE_ROOM = 128 };

/* ---- Collecting ---- */

typedef struct collection {
    json_t *reports; /* in the order in which they are read */
    json_t *series;  /* by name, network and machine */
} collection;

static void add_row(collection *c, const bench_document *d, const json_t *row, size_t report) {
    static const char *const same[] = {"name", "suite", "unit", "less_is_better", "model_hash"};
    char machine[MACHINE_ROOM], key[BENCH_NAME_ROOM + 512];
    const char *hash = bench_text(row, "model_hash");
    if (!(bench_real(row, "value") > 0))
        return;
    bench_cpu_name(d->context, machine, sizeof machine);
    snprintf(key, sizeof key, "%.400s %.70s %.100s", bench_text(row, "name"), hash ? hash : "", machine);
    json_t *series = json_object_get(c->series, key);
    if (!series) {
        series = json_object();
        for (size_t i = 0; i < GS_COUNT(same); i++)
            if (json_object_get(row, same[i]))
                json_object_set(series, same[i], json_object_get(row, same[i]));
        bench_put_text(series, "machine", machine);
        json_object_set_new(series, "points", json_array());
        json_object_set_new(c->series, key, series);
    }
    json_t *point = json_object();
    bench_put_integer(point, "report", (long long)report);
    bench_put_real(point, "value", bench_real(row, "value"));
    bench_put_flag(point, "valid", bench_flag(row, "valid"));
    json_array_append_new(json_object_get(series, "points"), point);
}

static void add_document(collection *c, const bench_document *d) {
    const char *started = bench_text(d->genbench, "started");
    json_t *report = json_object(), *row;
    size_t i;
    bench_put_text(report, "path", d->path);
    bench_put_text(report, "started", started ? started : bench_text(d->context, "date"));
    bench_put_text(report, "commit", bench_text(d->context, "commit"));
    bench_put_integer(report, "read", (long long)json_array_size(c->reports));
    json_array_foreach(d->rows, i, row) {
        add_row(c, d, row, json_array_size(c->reports));
    }
    json_array_append_new(c->reports, report);
}

static int is_report(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return length > 5 && !strcmp(entry->d_name + length - 5, ".json") && entry->d_name[0] != '.';
}

static gs_status read_folder(const char *folder, collection *c, gs_error *error) {
    static bench_documents all;
    struct dirent **entries;
    int count = scandir(folder, &entries, is_report, alphasort);
    gs_status status = GS_OK;
    if (count < 0)
        return gs_fail(error, GS_ERROR_FILE, "%s: cannot read the folder: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char path[PATH_ROOM], *name = path;
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
        if (!status)
            status = bench_documents_load(&name, 1, &all, error);
        for (int d = 0; d < all.count; d++)
            add_document(c, &all.document[d]);
        bench_documents_free(&all);
    }
    free(entries);
    if (!status && !json_array_size(c->reports))
        status = gs_fail(error, GS_ERROR_FILE, "%s: there is no report, a file whose name ends with .json", folder);
    return status;
}

/* ---- By time ---- */

static int compare_reports(const void *a, const void *b) {
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    const char *of_x = bench_text(x, "started"), *of_y = bench_text(y, "started");
    int order = strcmp(of_x ? of_x : "", of_y ? of_y : "");
    long long read_x = bench_integer(x, "read", 0), read_y = bench_integer(y, "read", 0);
    return order ? order : (read_x > read_y) - (read_x < read_y);
}

static int compare_points(const void *a, const void *b) {
    long long x = bench_integer(*(json_t *const *)a, "report", 0), y = bench_integer(*(json_t *const *)b, "report", 0);
    return (x > y) - (x < y);
}

static bool sort(json_t *array, int (*compare)(const void *a, const void *b)) {
    size_t n = json_array_size(array);
    json_t **item = gs_alloc(n, sizeof *item);
    if (!item)
        return false;
    for (size_t i = 0; i < n; i++)
        item[i] = json_incref(json_array_get(array, i));
    qsort(item, n, sizeof *item, compare);
    for (size_t i = 0; i < n; i++)
        json_array_set_new(array, i, item[i]);
    gs_free(item);
    return true;
}

/* Reports by time; points say the report's place among them. */
static bool sort_all(collection *c) {
    size_t i, k, n = json_array_size(c->reports);
    size_t *place = gs_alloc(n, sizeof *place);
    const char *key;
    json_t *report, *series, *point;
    bool ok = place && sort(c->reports, compare_reports);
    json_array_foreach(c->reports, i, report) {
        if (ok)
            place[bench_integer(report, "read", 0)] = i;
        json_object_del(report, "read");
    }
    json_object_foreach(c->series, key, series) {
        json_t *points = json_object_get(series, "points");
        json_array_foreach(points, k, point) {
            if (ok)
                bench_put_integer(point, "report", (long long)place[bench_integer(point, "report", 0)]);
        }
        ok = ok && sort(points, compare_points);
    }
    gs_free(place);
    return ok;
}

/* ---- Changes ---- */

/* Finds the changes of a series' speed, in the order of time, without figures that are not valid. */
static gs_status find_changes(json_t *series, gs_error *error) {
    const json_t *points = json_object_get(series, "points"), *point;
    json_t *list = json_array();
    bench_change changes[BENCH_CHANGES_MAX];
    size_t i, n = 0, count = 0;
    double *speed = gs_alloc(json_array_size(points), sizeof *speed);
    long long *report = gs_alloc(json_array_size(points), sizeof *report);
    gs_status status = speed && report ? GS_OK : gs_fail_memory(error, "a row's history");
    json_array_foreach(points, i, point) {
        if (status || !bench_flag(point, "valid"))
            continue;
        double value = bench_real(point, "value");
        speed[n] = bench_flag(series, "less_is_better") ? 1 / value : value;
        report[n++] = bench_integer(point, "report", 0);
    }
    if (!status)
        status = bench_changes_find(speed, n, changes, &count, error);
    for (i = 0; i < count; i++) {
        json_t *change = json_object();
        bench_put_integer(change, "report", report[changes[i].at]);
        bench_put_real(change, "times_as_fast", changes[i].ratio);
        json_array_append_new(list, change);
    }
    json_object_set_new(series, "changes", list);
    gs_free(speed);
    gs_free(report);
    return status;
}

gs_status bench_history_read(const char *folder, json_t **history, gs_error *error) {
    collection c = {json_array(), json_object()};
    json_t *list = json_array(), *series;
    const char *key;
    gs_status status = read_folder(folder, &c, error);
    if (!status && !sort_all(&c))
        status = gs_fail_memory(error, "sorting reports");
    json_object_foreach(c.series, key, series) {
        if (!status)
            status = find_changes(series, error);
        json_array_append(list, series);
    }
    json_decref(c.series);
    *history =
        json_pack("{s:i, s:o, s:o}", "json_schema_version", BENCH_SCHEMA_VERSION, "reports", c.reports, "series", list);
    if (!status && !*history)
        status = gs_fail_memory(error, "a history");
    if (status) {
        json_decref(*history);
        *history = NULL;
    }
    return status;
}

void bench_history_label(const json_t *history, long long report, char label[BENCH_REPORT_ROOM]) {
    const json_t *one = json_array_get(json_object_get(history, "reports"), (size_t)report);
    const char *commit = bench_text(one, "commit"), *started = bench_text(one, "started");
    if (commit && *commit)
        snprintf(label, BENCH_REPORT_ROOM, "%.7s", commit);
    else
        snprintf(label, BENCH_REPORT_ROOM, "%.10s", started ? started : "?");
}

/* ---- Telling ---- */

/* "kernels/mac/t:1/isa:avx2/f32, Some CPU: 1.10 x as fast since 0123456 (2026-11-28)" */
static void print_change(FILE *out, const json_t *history, const json_t *series, const json_t *change) {
    char label[BENCH_REPORT_ROOM];
    long long report = bench_integer(change, "report", 0);
    const char *started = bench_text(json_array_get(json_object_get(history, "reports"), (size_t)report), "started");
    bench_history_label(history, report, label);
    fprintf(out, "  %s, %s: %.3f x as fast since %s (%.10s)\n", bench_text(series, "name"),
            bench_text(series, "machine"), bench_real(change, "times_as_fast"), label, started ? started : "no date");
}

void bench_history_print(FILE *out, const json_t *history) {
    const json_t *all = json_object_get(history, "series"), *series, *change;
    size_t i, k, reports = json_array_size(json_object_get(history, "reports")), changes = 0;
    json_array_foreach(all, i, series) {
        json_array_foreach(json_object_get(series, "changes"), k, change) {
            print_change(out, history, series, change);
            changes++;
        }
    }
    fprintf(out, "%zu report%s, %zu row%s, %zu change%s\n", reports, reports == 1 ? "" : "s", json_array_size(all),
            json_array_size(all) == 1 ? "" : "s", changes, changes == 1 ? "" : "s");
}
