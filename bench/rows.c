/* Rows, and the variants from which suites make them. */
#include "bench.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/machine.h"
#include "model/model.h"
#include "text.h"

void bench_figure_add(bench_row *row, const char *name, const char *unit, double value) {
    if (isfinite(value) && row->figures < BENCH_FIGURES_MAX)
        row->figure[row->figures++] = (bench_figure){name, unit, value};
}

double bench_figure_get(const bench_row *row, const char *name) {
    for (int i = 0; i < row->figures; i++)
        if (!strcmp(row->figure[i].name, name))
            return row->figure[i].value;
    return (double)NAN;
}

void bench_reason(bench_row *row, bench_check_state check, const char *format, ...) {
    static const char *const kinds[] = {[BENCH_CHECK_FAILED] = "wrong: ", [BENCH_CHECK_IMPOSSIBLE] = "not checked: "};
    char text[BENCH_TEXT_ROOM];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (row->reasons < BENCH_REASONS_MAX)
        snprintf(row->reason[row->reasons++], BENCH_TEXT_ROOM, "%s%.*s", kinds[check] ? kinds[check] : "",
                 BENCH_TEXT_ROOM - 16, text);
    if (check != BENCH_CHECK_OPEN && row->check != BENCH_CHECK_FAILED)
        row->check = check;
}

uint64_t bench_digest(const void *bytes, size_t count) {
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < count; i++)
        digest = (digest ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
    return digest;
}

int bench_processors(void) {
    gs_machine machine = gs_machine_read("");
    return gs_machine_threads(&machine, NULL, 0);
}

/* ---- Variants ---- */

static gs_counts choose_numbers(const gs_counts *asked, const gs_counts *otherwise, int none) {
    const gs_counts *from = asked->count && (otherwise->count || none) ? asked : otherwise;
    return from->count ? *from : (gs_counts){1, {none}};
}

static gs_texts choose_isas(const bench_settings *s, bool all) {
    gs_texts chosen = s->isa;
    bool supported;
    const char *name;
    for (int i = 0; !s->isa.count && (name = gs_isa_name(i, &supported)); i++)
        if (supported && (all || !strcmp(name, gs_isa_best())))
            chosen.values[chosen.count++] = name;
    return chosen;
}

static gs_texts choose_backends(const bench_settings *s, const bench_axes *axes) {
    gs_texts chosen = s->backend;
    bool built;
    char about[BENCH_TEXT_ROOM];
    const char *name;
    for (int i = 0; !s->backend.count && (name = gs_backend_name(i, &built, about, sizeof about)); i++)
        if (built && (i == 0 || axes->all_backends))
            chosen.values[chosen.count++] = name;
    return axes->no_backend ? (gs_texts){1, {NULL}} : chosen;
}

/* Whether a network can be computed with products of this type. */
static bool has_dtype(const bench_axes *axes, const bench_model *model, const char *dtype, const char *backend) {
    if (!axes->typed || !strcmp(dtype, gs_dtype_name(GS_DTYPE_F32)))
        return true;
    bool quantised = model && gs_model_get_quantization(model->model)->nodes;
    bool integers = !strcmp(dtype, gs_dtype_name(GS_DTYPE_INT8)) || !strcmp(dtype, gs_dtype_name(GS_DTYPE_INT16));
    return !strcmp(backend, "native") && (quantised || !integers);
}

bool bench_next(const bench_settings *s, const bench_axes *axes, bench_variant *v) {
    gs_counts threads = choose_numbers(&s->threads, &axes->threads, bench_processors());
    gs_counts batch = choose_numbers(&s->batch, &axes->batch, 0);
    gs_texts isa = choose_isas(s, axes->all_isas), backend = choose_backends(s, axes);
    gs_texts dtype = axes->typed && s->dtype.count ? s->dtype : (gs_texts){1, {"f32"}};
    int models = axes->takes ? s->models.count : 1;
    for (int at = v->next;; at++) {
        int d = at % dtype.count, rest = at / dtype.count;
        int b = rest % backend.count, i = (rest /= backend.count) % isa.count, t = (rest /= isa.count) % threads.count;
        int n = (rest /= threads.count) % batch.count, m = rest / batch.count;
        if (m >= models)
            return false;
        if (axes->takes && !axes->takes(&s->models.model[m]))
            continue;
        bool energy = axes->takes && s->models.model[m].info->kind == GS_KIND_ENERGY;
        if (energy && strcmp(backend.values[b], "native")) /* the only one that has gradients */
            continue;
        if (!has_dtype(axes, axes->takes ? &s->models.model[m] : NULL, dtype.values[d], backend.values[b]))
            continue;
        *v = (bench_variant){.model = axes->takes ? &s->models.model[m] : NULL,
                             .threads = threads.values[t],
                             .batch = batch.values[n],
                             .isa = isa.values[i],
                             .backend = backend.values[b],
                             .dtype = dtype.values[d],
                             .next = at + 1};
        return true;
    }
}

/* ---- Rows ---- */

static void make_name(bench_row *row, const char *what) {
    bench_append(row->name, BENCH_NAME_ROOM, "%s", row->suite);
    if (row->model)
        bench_append(row->name, BENCH_NAME_ROOM, "/%s", row->model->info->name);
    size_t begin = strlen(row->name) + 1;
    bench_append(row->name, BENCH_NAME_ROOM, "/%s", what);
    row->what_at = begin;
    row->what_length = strlen(row->name) - begin;
    if (row->scenario)
        bench_append(row->name, BENCH_NAME_ROOM, "/%s", row->scenario);
    if (row->batch)
        bench_append(row->name, BENCH_NAME_ROOM, "/b:%d", row->batch);
    bench_append(row->name, BENCH_NAME_ROOM, "/t:%d/isa:%s/%s", row->threads, row->isa, row->dtype);
    if (row->backend && strcmp(row->backend, "native"))
        bench_append(row->name, BENCH_NAME_ROOM, "/%s", row->backend);
}

bench_row *bench_row_add(bench_rows *rows, const char *suite, const char *scenario, const char *what,
                         const bench_variant *v, const bench_kind *kind) {
    bench_row *all = gs_grow(rows->row, (size_t)rows->count, &rows->room, sizeof *all);
    bench_row *row = all ? &all[rows->count++] : &rows->lost;
    rows->row = all ? all : rows->row;
    rows->failed = rows->failed || !all;
    *row = (bench_row){.suite = suite,
                       .scenario = scenario,
                       .kind = kind,
                       .model = v->model,
                       .settings = rows->settings,
                       .isa = v->isa,
                       .backend = v->backend,
                       .dtype = v->dtype,
                       .threads = v->threads,
                       .batch = v->batch};
    make_name(row, what);
    return row;
}

gs_status bench_row_open(bench_row *row, gs_error *error) {
    size_t size = row->kind->state;
    row->state = size ? gs_alloc(1, size) : NULL;
    return size && !row->state ? gs_fail_memory(error, "a row") : row->kind->open(row, error);
}

void bench_row_close(bench_row *row) {
    if (row->kind->close && (row->state || !row->kind->state))
        row->kind->close(row);
    gs_free(row->state);
    row->state = NULL;
}

/* ---- What was asked for ---- */

/* The settings of rows that are lists on the command line. */
enum { THREADS, BATCH, ISA, BACKEND, DTYPE, ASKED };
static const char *const asked_names[ASKED] = {"threads", "batch", "isa", "backend", "dtype"};

static void put(char text[BENCH_TEXT_ROOM], const char *name, int number) {
    snprintf(text, BENCH_TEXT_ROOM, "%s", name ? name : "");
    if (number)
        snprintf(text, BENCH_TEXT_ROOM, "%d", number);
}

/* Value i of the list as text; false past the last value. */
static bool value_of(const bench_settings *s, int k, int i, char text[BENCH_TEXT_ROOM]) {
    const gs_texts *names = k == ISA ? &s->isa : k == BACKEND ? &s->backend : k == DTYPE ? &s->dtype : NULL;
    const gs_counts *numbers = k == THREADS ? &s->threads : &s->batch;
    if (i >= (names ? names->count : numbers->count))
        return false;
    put(text, names ? names->values[i] : NULL, names ? 0 : numbers->values[i]);
    return true;
}

/* The row's value, "" if it has none. */
static void setting_of(const bench_row *row, int k, char text[BENCH_TEXT_ROOM]) {
    put(text,
        k == ISA       ? row->isa
        : k == BACKEND ? row->backend
        : k == DTYPE   ? row->dtype
                       : NULL,
        k == THREADS ? row->threads
        : k == BATCH ? row->batch
                     : 0);
}

/* Check that some row has each value; rows without such a setting are native. */
static gs_status find_asked(const bench_rows *rows, int k, gs_error *error) {
    char value[BENCH_TEXT_ROOM], text[BENCH_TEXT_ROOM];
    for (int i = 0; rows->count && value_of(rows->settings, k, i, value); i++) {
        bool found = false;
        for (int r = 0; r < rows->count && !found; r++) {
            setting_of(&rows->row[r], k, text);
            found = !strcmp(text, value) || (!text[0] && !strcmp(value, "native"));
        }
        if (!found)
            return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: %s: no row has it; see genbench list", asked_names[k],
                           value);
    }
    return GS_OK;
}

/* Whether the row's setting, if it has one, is among the values, if there are any. */
static gs_status check_row(const bench_settings *s, int k, const bench_row *row, gs_error *error) {
    char value[BENCH_TEXT_ROOM], text[BENCH_TEXT_ROOM];
    setting_of(row, k, text);
    bool any = false, found = !text[0];
    for (int i = 0; value_of(s, k, i, value); i++) {
        any = true;
        found = found || !strcmp(text, value);
    }
    return !any || found
               ? GS_OK
               : gs_fail(error, GS_ERROR_ARGUMENT, "--%s: suite %s takes none, its rows have %s; see genbench list",
                         asked_names[k], row->suite, text);
}

gs_status bench_rows_obey(const bench_rows *rows, gs_error *error) {
    const bench_settings *s = rows->settings;
    bool networks = !s->model.count || !rows->count;
    gs_status status = GS_OK;
    for (int k = 0; k < ASKED && !status; k++) {
        for (int i = 0; s->suite.count && i < rows->count && !status; i++)
            status = check_row(s, k, &rows->row[i], error);
        if (!status)
            status = find_asked(rows, k, error);
    }
    for (int i = 0; i < rows->count; i++)
        networks = networks || rows->row[i].model;
    if (!status && !networks)
        status = gs_fail(error, GS_ERROR_ARGUMENT, "--model: no row has a network; see genbench list");
    return status;
}

void bench_rows_free(bench_rows *rows) {
    for (int i = 0; i < rows->count; i++) {
        bench_row *row = &rows->row[i];
        for (int k = 0; k < row->repetitions + row->aside; k++)
            gs_free(row->repetition[k].sample);
        gs_free(row->repetition);
        gs_free(row->picture);
        gs_curve_free(&row->trace);
    }
    gs_free(rows->row);
    rows->row = NULL;
    rows->count = 0;
    rows->room = 0;
}
