/* Several reports side by side. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "table.h"

enum { MACHINES_MAX = 24 };

/* A column: one instruction set of one report. */
typedef struct machine {
    const bench_document *document;
    const char *isa;
    bench_cell label;
} machine;

typedef struct comparison {
    machine machine[MACHINES_MAX];
    int machines;
    json_t *lines; /* keyed by what is measured: an array (machines) of rows or null */
} comparison;

static void put_label(comparison *c, machine *m) {
    bench_cell cpu;
    int same = 1;
    bench_cpu_name(m->document->context, cpu, sizeof cpu);
    if (!cpu[0])
        snprintf(cpu, sizeof cpu, "unknown CPU");
    snprintf(m->label, BENCH_CELL_ROOM, "%.60s, %.20s", cpu, m->isa);
    size_t used = strlen(m->label);
    for (int i = 0; i < c->machines; i++)
        same += !strncmp(c->machine[i].label, m->label, used) && strchr("#", c->machine[i].label[used]);
    if (same > 1)
        snprintf(m->label + used, BENCH_CELL_ROOM - used, "#%d", same);
}

/* The row's column, added if it is new; -1 if there is no room for another. */
static int find_machine(comparison *c, const bench_document *document, const char *isa) {
    for (int i = 0; i < c->machines; i++)
        if (c->machine[i].document == document && !strcmp(c->machine[i].isa, isa))
            return i;
    if (c->machines == MACHINES_MAX)
        return -1;
    machine *m = &c->machine[c->machines];
    *m = (machine){.document = document, .isa = isa};
    put_label(c, m);
    return c->machines++;
}

static bool take_row(comparison *c, const bench_document *document, json_t *row) {
    char key[BENCH_KEY_ROOM];
    int column = find_machine(c, document, bench_text(row, "isa"));
    if (column < 0)
        return true;
    bench_row_key(row, key);
    json_t *line = json_object_get(c->lines, key);
    if (!line) {
        line = json_array();
        json_object_set_new(c->lines, key, line);
    }
    while (line && json_array_size(line) <= (size_t)column)
        if (json_array_append_new(line, json_null()))
            return false;
    return line && !json_array_set(line, (size_t)column, row);
}

static bool take_rows(comparison *c, const bench_document *documents, int count) {
    bool ok = c->lines != NULL;
    for (int i = 0; i < count && ok; i++) {
        size_t k;
        json_t *row;
        json_array_foreach(documents[i].rows, k, row) {
            ok = ok && (!bench_flag(row, "valid") || take_row(c, &documents[i], row));
        }
    }
    return ok;
}

/* ---- Tables ---- */

static const json_t *first_of(const json_t *line) {
    size_t i = 0;
    while (json_is_null(json_array_get(line, i)))
        i++;
    return json_array_get(line, i);
}

static void put_cells(const comparison *c, bench_table *t, int i, const json_t *line) {
    bench_cell *cell = t->cell + (size_t)i * (size_t)t->columns;
    double base = bench_real(json_array_get(line, 0), "value");
    for (int m = 0; m < c->machines; m++) {
        const json_t *row = json_array_get(line, (size_t)m);
        if (!json_is_object(row))
            continue;
        double value = bench_real(row, "value");
        bench_put_value(row, cell[m + 1]);
        if (m && isfinite(base)) {
            bench_cell ratio;
            bench_put_number(bench_flag(row, "less_is_better") ? base / value : value / base, 2, ratio);
            bench_append(cell[m + 1], BENCH_CELL_ROOM, " (%.20s x)", ratio);
        }
    }
}

static gs_status add_suite(const comparison *c, const char *suite, bench_tables *tables, gs_error *error) {
    const char *key;
    json_t *line;
    int rows = 0, i = 0;
    json_object_foreach(c->lines, key, line) {
        rows += !strcmp(bench_text(first_of(line), "suite"), suite);
    }
    bench_table *t = bench_tables_add(tables, suite, rows, c->machines + 1);
    if (!t)
        return gs_fail_memory(error, "a table");
    t->side_by_side = true;
    for (int m = 0; m < c->machines; m++)
        memcpy(t->title[m + 1], c->machine[m].label, BENCH_CELL_ROOM);
    json_object_foreach(c->lines, key, line) {
        if (strcmp(bench_text(first_of(line), "suite"), suite) != 0)
            continue;
        put_cells(c, t, i, line);
        t->row[i++] = first_of(line);
    }
    bench_table_name(t);
    return GS_OK;
}

gs_status bench_tables_compare(const bench_document *documents, int count, bench_tables *tables, gs_error *error) {
    comparison c = {.lines = json_object()};
    gs_status status = take_rows(&c, documents, count) ? GS_OK : gs_fail_memory(error, "comparing reports");
    const char *key;
    json_t *line;
    json_object_foreach(c.lines, key, line) {
        const char *suite = bench_text(first_of(line), "suite");
        bool done = status;
        for (int i = 0; i < tables->count; i++)
            done = done || !strcmp(tables->table[i].suite, suite);
        if (!done)
            status = add_suite(&c, suite, tables, error);
    }
    json_decref(c.lines);
    return status;
}
