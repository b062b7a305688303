/* The context on which a figure depends besides its row: the build, the machine, the run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commit.h"
#include "runner.h"
#include "report.h"
#include "shim.h"
#include "system.h"
#include "text.h"

enum { ROOM = 8192 };

static void library(const bench_result *result, char *text) {
    (void)result;
    snprintf(text, ROOM, "%s", bench_library_version()[0] ? bench_library_version() : "before 1.9");
}

static void seed(const bench_result *result, char *text) {
    snprintf(text, ROOM, "%llu", (unsigned long long)result->settings->seed);
}

static void pinned(const bench_result *result, char *text) {
    snprintf(text, ROOM, "%s", result->settings->pin ? "one processor per thread" : "as the system places them");
}

static void best(const bench_result *result, char *text) {
    (void)result;
    snprintf(text, ROOM, "%s", gs_isa_best());
}

static void isas(const bench_result *result, char *text) {
    bool supported, used;
    const char *name;
    for (int i = 0; (name = gs_isa_name(i, &supported)); i++) {
        used = false;
        for (int k = 0; k < result->rows->count; k++)
            used = used || !strcmp(result->rows->row[k].isa, name);
        if (used)
            bench_append_item(text, ROOM, ", ", name);
    }
}

static void onednn(const bench_result *result, char *text) {
    (void)result;
    bool built;
    const char *name;
    snprintf(text, ROOM, "not in this build");
    for (int i = 0; (name = gs_backend_name(i, &built, text, ROOM)); i++)
        if (!strcmp(name, "onednn"))
            return;
}

static void models(const bench_result *result, char *text) {
    const bench_models *all = &result->settings->models;
    for (int i = 0; i < all->count; i++) {
        char part[160];
        snprintf(part, sizeof part, "%s %s", all->model[i].info->name, all->model[i].info->hash);
        bench_append_item(text, ROOM, ", ", part);
    }
}

static void peaks(const bench_result *result, char *text) {
    const bench_rows *rows = result->rows;
    for (int i = 0; i < rows->count; i++) {
        char part[80];
        double peak = bench_peak_of(rows, &rows->row[i]);
        snprintf(part, sizeof part, "%s %s %d threads %.4g GFLOP/s", rows->row[i].isa, rows->row[i].dtype,
                 rows->row[i].threads, 1e-9 * peak);
        if (peak > 0 && bench_peak_is_new(rows, i))
            bench_append_item(text, ROOM, ", ", part);
    }
    if (!text[0])
        snprintf(text, ROOM, "not measured");
}

static void bandwidth(const bench_result *result, char *text) {
    snprintf(text, ROOM, "triad %.4g GB/s", 1e-9 * result->triad_bytes_s);
}

/* Our own lines: a constant, or a function that writes into an empty text. */
static const struct {
    const char *name, *constant;
    void (*get)(const bench_result *result, char *text);
} lines[] = {{"gensample_version", GS_VERSION, NULL},
             {"commit", BENCH_COMMIT, NULL},
             {"dirty", BENCH_DIRTY, NULL},
             {"compiler", BENCH_COMPILER, NULL},
             {"build_type", BENCH_BUILD_TYPE, NULL},
             {"flags", BENCH_FLAGS, NULL},
             {"benchmark_version", NULL, library},
             {"seed", NULL, seed},
             {"thread_placement", NULL, pinned},
             {"isa_best", NULL, best},
             {"isa_used", NULL, isas},
             {"dtype", "f32", NULL},
             {"onednn", NULL, onednn},
             {"models", NULL, models},
             {"peaks", NULL, peaks},
             {"bandwidth", NULL, bandwidth}};

json_t *bench_context(const bench_result *result) {
    char *google = bench_context_json(), text[ROOM];
    json_t *all = google ? json_loads(google, 0, NULL) : NULL, *context = json_object_get(all, "context"), *given;
    context = context ? json_incref(context) : json_object();
    const char *name;
    void *next;
    json_object_foreach_safe(context, next, name, given) { /* such as the program's path */
        if (json_is_string(given))
            bench_put_text(context, name, json_string_value(given));
    }
    for (size_t i = 0; i < GS_COUNT(lines); i++) {
        text[0] = '\0';
        if (lines[i].get)
            lines[i].get(result, text);
        bench_put_text(context, lines[i].name, lines[i].get ? text : lines[i].constant);
    }
    bench_put_system(context);
    bench_put_integer(context, "json_schema_version", BENCH_SCHEMA_VERSION);
    json_decref(all);
    free(google);
    return context;
}
