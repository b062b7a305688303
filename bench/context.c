/* The context on which a figure depends besides its row: the build, the machine, the run. */
#include <stdio.h>
#include <string.h>

#include "commit.h"
#include "judge.h"
#include "report.h"
#include "shim.h"
#include "system.h"

static void compiler(const bench_result *result, char *text, size_t room) {
    (void)result;
#if defined(__clang__)
    snprintf(text, room, "clang %s", __clang_version__);
#elif defined(__GNUC__)
    snprintf(text, room, "gcc %s", __VERSION__);
#else
    snprintf(text, room, "unknown");
#endif
}

static void version(const bench_result *result, char *text, size_t room) {
    (void)result;
    snprintf(text, room, "%s", gs_version());
}
static void commit(const bench_result *result, char *text, size_t room) {
    (void)result;
    snprintf(text, room, "%s", BENCH_COMMIT);
}
static void dirty(const bench_result *result, char *text, size_t room) {
    (void)result;
    snprintf(text, room, "%s", BENCH_DIRTY);
}
static void build_type(const bench_result *result, char *text, size_t room) {
    (void)result;
    snprintf(text, room, "%s", BENCH_BUILD_TYPE);
}
static void flags(const bench_result *result, char *text, size_t room) {
    (void)result;
    snprintf(text, room, "%s", BENCH_FLAGS);
}
static void library(const bench_result *result, char *text, size_t room) {
    (void)result;
    snprintf(text, room, "%s", bench_library_version()[0] ? bench_library_version() : "before 1.9");
}
static void seed(const bench_result *result, char *text, size_t room) {
    snprintf(text, room, "%llu", (unsigned long long)result->settings->seed);
}
static void pinned(const bench_result *result, char *text, size_t room) {
    snprintf(text, room, "%s", result->settings->pin ? "one processor per thread" : "as the system places them");
}
static void best(const bench_result *result, char *text, size_t room) {
    (void)result;
    snprintf(text, room, "%s", gs_isa_best());
}

static void append(char *text, size_t room, const char *part) {
    size_t used = strlen(text);
    snprintf(text + used, room - used, "%s%s", used ? ", " : "", part);
}

static void isas(const bench_result *result, char *text, size_t room) {
    text[0] = '\0';
    bool supported;
    const char *name;
    for (int i = 0; (name = gs_isa_name(i, &supported)); i++)
        for (int k = 0; k < result->rows->count; k++)
            if (!strcmp(result->rows->row[k].isa, name)) {
                append(text, room, name);
                break;
            }
}

static void onednn(const bench_result *result, char *text, size_t room) {
    (void)result;
    bool built;
    const char *name;
    snprintf(text, room, "not in this build");
    for (int i = 0; (name = gs_backend_name(i, &built, text, room)); i++)
        if (!strcmp(name, "onednn"))
            return;
}

static void models(const bench_result *result, char *text, size_t room) {
    const bench_models *all = &result->settings->models;
    text[0] = '\0';
    for (int i = 0; i < all->count; i++) {
        char part[160];
        snprintf(part, sizeof part, "%s %s", all->model[i].info->name, all->model[i].info->hash);
        append(text, room, part);
    }
}

static void peaks(const bench_result *result, char *text, size_t room) {
    const bench_rows *rows = result->rows;
    text[0] = '\0';
    for (int i = 0; i < rows->count; i++) {
        char part[80];
        double peak = bench_peak_of(rows, &rows->row[i]);
        snprintf(part, sizeof part, "%s f32 %d threads %.4g GFLOP/s", rows->row[i].isa, rows->row[i].threads,
                 1e-9 * peak);
        if (peak > 0 && bench_peak_is_new(rows, i))
            append(text, room, part);
    }
    if (!text[0])
        snprintf(text, room, "not measured");
}

static void bandwidth(const bench_result *result, char *text, size_t room) {
    snprintf(text, room, "triad %.4g GB/s", 1e-9 * result->triad_bytes_s);
}

bool bench_context_line(const bench_result *result, int i, const char **name, char *value, size_t room) {
    static const struct {
        const char *name;
        void (*get)(const bench_result *result, char *text, size_t room);
    } lines[] = {{"gensample_version", version},
                 {"commit", commit},
                 {"dirty", dirty},
                 {"compiler", compiler},
                 {"build_type", build_type},
                 {"flags", flags},
                 {"benchmark_version", library},
                 {"seed", seed},
                 {"thread_placement", pinned},
                 {"isa_best", best},
                 {"isa_used", isas},
                 {"dtype", NULL},
                 {"onednn", onednn},
                 {"models", models},
                 {"peaks", peaks},
                 {"bandwidth", bandwidth}};
    int own = (int)GS_COUNT(lines);
    if (i >= own)
        return bench_system_line(i - own, name, value, room);
    *name = lines[i].name;
    if (lines[i].get)
        lines[i].get(result, value, room);
    else
        snprintf(value, room, "f32");
    return true;
}
