#include "table.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Names ---- */

bool bench_name_part(const char *name, int i, bench_cell part) {
    for (; i > 0 && name; i--) {
        const char *slash = strchr(name, '/');
        name = slash ? slash + 1 : NULL;
    }
    if (name)
        snprintf(part, BENCH_CELL_ROOM, "%.*s", (int)strcspn(name, "/"), name);
    return name != NULL;
}

void bench_row_key(const json_t *row, char key[BENCH_KEY_ROOM]) {
    const char *hash = bench_text(row, "model_hash");
    bench_cell part;
    key[0] = '\0';
    for (int i = 0; bench_name_part(bench_text(row, "name"), i, part); i++)
        if (strncmp(part, "isa:", 4) != 0)
            bench_append(key, BENCH_KEY_ROOM, "%s/", part);
    bench_append(key, BENCH_KEY_ROOM, "%.70s", hash ? hash : "");
}

static bool has_part(const char *name, const char *wanted) {
    bench_cell part;
    for (int i = 0; bench_name_part(name, i, part); i++)
        if (!strcmp(part, wanted))
            return true;
    return false;
}

/* The first part of a row's name that is a setting; the parts before it say what is measured. */
static int first_setting(const json_t *row) {
    const char *name = bench_text(row, "name"), *model = bench_text(row, "model"), *what = bench_text(row, "what");
    bench_cell part;
    int i = 1;
    if (model && bench_name_part(name, i, part) && !strcmp(part, model))
        i++;
    while (bench_name_part(name, i, part) && strcmp(part, what) != 0)
        i++;
    return i + 1;
}

/* In a comparison side by side, rows of several instruction sets count as one. */
static bool is_shown(const bench_table *t, const char *part) {
    return !t->side_by_side || strncmp(part, "isa:", 4) != 0;
}

/* The settings that all rows share. */
static void find_constant(bench_table *t) {
    bench_cell part;
    const char *name = bench_text(t->row[0], "name");
    for (int i = first_setting(t->row[0]); bench_name_part(name, i, part); i++) {
        bool all = is_shown(t, part);
        for (int k = 0; k < t->rows && all; k++)
            all = has_part(bench_text(t->row[k], "name"), part);
        if (all)
            bench_append_item(t->heading, sizeof t->heading, "  ", part);
    }
}

static bool in_heading(const bench_table *t, const char *part) {
    size_t length = strlen(part);
    for (const char *at = t->heading; *at && (at = strstr(at, part)); at++) /* a part may be empty */
        if ((at == t->heading || at[-1] == ' ') && (!at[length] || at[length] == ' '))
            return true;
    return false;
}

static void put_name(const bench_table *t, const json_t *row, bench_cell text) {
    bench_cell part;
    text[0] = '\0';
    for (int i = 1; bench_name_part(bench_text(row, "name"), i, part); i++)
        if (is_shown(t, part) && !in_heading(t, part))
            bench_append_item(text, BENCH_CELL_ROOM, "/", part);
}

void bench_table_name(bench_table *t) {
    find_constant(t);
    for (int i = 0; i < t->rows; i++)
        put_name(t, t->row[i], t->cell[(size_t)i * (size_t)t->columns]);
}

/* ---- Cells ---- */

void bench_put_number(double value, int digits, bench_cell text) {
    double most = fmin(fmax(value, -DBL_MAX), DBL_MAX), size = fabs(most);
    bool plain = size < 1e15 && (size == 0 || size >= 1e-3 || digits < 2);
    snprintf(text, BENCH_CELL_ROOM, plain ? "%.*f" : "%.*e", plain ? digits : 2, most);
}

void bench_put_unit(const char *unit, bench_cell text) {
    if (unit[0])
        bench_append(text, BENCH_CELL_ROOM, " %.40s", unit);
}

void bench_put_value(const json_t *row, bench_cell text) {
    static const struct {
        const char *unit, *symbol;
    } scaled[] = {{"FLOP/s", "GFLOP/s"}, {"bytes/s", "GB/s"}, {"elements/s", "Gelements/s"}};
    const char *unit = bench_text(row, "unit");
    double value = bench_real(row, "value");
    text[0] = '\0';
    if (!isfinite(value))
        return;
    for (size_t i = 0; i < GS_COUNT(scaled); i++)
        if (!strcmp(unit, scaled[i].unit)) {
            bench_put_number(1e-9 * value, 1, text);
            bench_put_unit(scaled[i].symbol, text);
            return;
        }
    bench_put_number(value, value < 10 ? 3 : value < 100 ? 2 : value < 1000 ? 1 : 0, text);
    bench_put_unit(unit, text);
}

char *bench_row_reasons(const json_t *row) {
    const json_t *reasons = json_object_get(row, "reasons"), *reason;
    size_t i, room = 1;
    json_array_foreach(reasons, i, reason) {
        room += json_string_length(reason) + 2;
    }
    char *text = gs_alloc(room, 1);
    json_array_foreach(reasons, i, reason) {
        if (text)
            bench_append(text, room, "%s%s", i ? "; " : "", json_string_value(reason));
    }
    return text;
}

bool bench_figure_hidden(const char *figure) {
    static const char *const hidden[] = {"plan", "confident", "most", "calls", "bytes", "FD at least", "FD at most"};
    for (size_t i = 0; i < GS_COUNT(hidden); i++)
        if (!strcmp(hidden[i], figure))
            return true;
    return false;
}

/* ---- Tables ---- */

bench_table *bench_tables_add(bench_tables *tables, const char *suite, int rows, int columns) {
    bench_table *all = gs_grow(tables->table, (size_t)tables->count, &tables->room, sizeof *all);
    if (!all)
        return NULL;
    tables->table = all;
    bench_table *t = &all[tables->count++];
    *t = (bench_table){.suite = suite, .rows = rows, .columns = columns};
    t->title = gs_alloc((size_t)columns, sizeof *t->title);
    t->cell = gs_alloc((size_t)columns * (size_t)rows, sizeof *t->cell);
    t->row = gs_alloc((size_t)rows, sizeof *t->row);
    return t->title && t->cell && t->row ? t : NULL;
}

void bench_tables_free(bench_tables *tables) {
    for (int i = 0; i < tables->count; i++) {
        gs_free(tables->table[i].title);
        gs_free(tables->table[i].cell);
        gs_free(tables->table[i].row);
    }
    gs_free(tables->table);
    *tables = (bench_tables){0};
}
