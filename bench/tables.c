/* The tables of a report, and of the ratios of two builds. */
#include "table.h"

#include "rivals.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS_MAX = 32, VALUE = 1, SPREAD, FIGURES };
static const char DISTURBED[] = "disturbed";

/* ---- One report ---- */

static void put_figure(const json_t *row, const char *name, bench_cell text) {
    const char *unit = "";
    double value = strcmp(name, DISTURBED) ? bench_row_figure(row, name, &unit) : bench_real(row, DISTURBED);
    if (!isfinite(value))
        return;
    int digits = value == floor(value) ? 0 : fabs(value) < 1 ? 3 : fabs(value) < 100 ? 2 : 0;
    if (!strcmp(unit, "%"))
        digits = 0;
    bench_put_number(value, digits, text);
    bench_put_unit(unit, text);
}

static void put_cells(bench_table *t, int i, const json_t *rows) {
    const json_t *row = t->row[i];
    bench_cell *cell = t->cell + (size_t)i * (size_t)t->columns;
    bench_put_value(row, cell[VALUE]);
    if (cell[VALUE][0]) {
        bench_put_number(50 * ((bench_real(row, "high") - bench_real(row, "low")) / bench_real(row, "value")), 1,
                         cell[SPREAD]);
        bench_put_unit("%", cell[SPREAD]);
    }
    for (int c = FIGURES; c < t->columns - 1; c++) {
        put_figure(row, t->title[c], cell[c]);
        if (!bench_ratio_doubtful(rows, row, t->title[c]))
            continue;
        bench_put_unit(BENCH_DOUBT_MARK, cell[c]);
        t->doubts = true;
    }
    snprintf(cell[t->columns - 1], BENCH_CELL_ROOM, "%s", bench_flag(row, "valid") ? "valid" : "INVALID");
}

/* The names of the rows' figures in order of their first appearance, and the number of disturbed repetitions if there
 * were any; returns their number. */
static int collect_figures(const json_t **rows, int count, const char *names[COLUMNS_MAX]) {
    int found = 0;
    bool disturbed = false;
    for (int i = 0; i < count; i++) {
        const char *name;
        json_t *figure;
        json_object_foreach(json_object_get(rows[i], "figures"), name, figure) {
            bool known = bench_figure_hidden(name);
            for (int k = 0; k < found; k++)
                known = known || !strcmp(names[k], name);
            if (!known && found < COLUMNS_MAX)
                names[found++] = name;
        }
        disturbed = disturbed || bench_integer(rows[i], DISTURBED, 0) > 0;
    }
    if (disturbed && found < COLUMNS_MAX)
        names[found++] = DISTURBED;
    return found;
}

static gs_status add_suite(const bench_document *d, bench_tables *tables, const json_t **rows, int count,
                           gs_error *error) {
    static const char *const titles[] = {"", "median", "+-"};
    const char *names[COLUMNS_MAX];
    int figures = collect_figures(rows, count, names);
    bench_table *t = bench_tables_add(tables, bench_text(rows[0], "suite"), count, FIGURES + figures + 1);
    if (!t)
        return gs_fail_memory(error, "a table");
    memcpy(t->row, rows, (size_t)count * sizeof(const json_t *));
    for (int c = 0; c < FIGURES + figures; c++)
        snprintf(t->title[c], BENCH_CELL_ROOM, "%.60s", c < FIGURES ? titles[c] : names[c - FIGURES]);
    bench_table_name(t);
    for (int i = 0; i < count; i++)
        put_cells(t, i, d->rows);
    return GS_OK;
}

static gs_status add_all(const bench_document *document, bench_tables *tables, gs_error *error) {
    size_t n = json_array_size(document->rows);
    const json_t **rows = gs_alloc(n, sizeof *rows);
    gs_status status = rows || !n ? GS_OK : gs_fail_memory(error, "tables");
    for (size_t i = 0; i < n && !status; i++) {
        const char *suite = bench_text(json_array_get(document->rows, i), "suite");
        int count = 0;
        bool done = false;
        for (size_t k = 0; k < n; k++) {
            const json_t *row = json_array_get(document->rows, k);
            bool same = !strcmp(bench_text(row, "suite"), suite);
            done = done || (same && k < i);
            if (same)
                rows[count++] = row;
        }
        if (!done)
            status = add_suite(document, tables, rows, count, error);
    }
    gs_free(rows);
    return status;
}

/* ---- Ratios of two builds ---- */

/* "0.970 to 1.020" */
static void put_interval(const json_t *ratio, bench_cell text) {
    bench_cell low, high;
    bench_put_number(bench_real(ratio, "low"), 3, low);
    bench_put_number(bench_real(ratio, "high"), 3, high);
    snprintf(text, BENCH_CELL_ROOM, "%.40s to %.40s", low, high);
}

static gs_status add_ratios(const bench_document *d, bool named, bench_tables *tables, gs_error *error) {
    static const char *const titles[] = {"", "head/base", "99 % interval", ""};
    const json_t *all = json_object_get(d->genbench, "ab"), *ratio;
    size_t i;
    if (!json_array_size(all))
        return GS_OK;
    bench_table *t = bench_tables_add(tables, "ab", (int)json_array_size(all), GS_COUNT(titles));
    if (!t)
        return gs_fail_memory(error, "a table");
    snprintf(t->heading, sizeof t->heading, "times of head over base, 1 is the same%s%.200s", named ? "; " : "",
             named ? d->path : "");
    for (i = 0; i < GS_COUNT(titles); i++)
        snprintf(t->title[i], BENCH_CELL_ROOM, "%s", titles[i]);
    json_array_foreach(all, i, ratio) {
        bench_cell *cell = t->cell + i * GS_COUNT(titles);
        t->row[i] = ratio;
        snprintf(cell[0], BENCH_CELL_ROOM, "%s", bench_text(ratio, "name"));
        bench_put_number(bench_real(ratio, "median"), 3, cell[1]);
        put_interval(ratio, cell[2]);
        snprintf(cell[3], BENCH_CELL_ROOM, "%s", bench_flag(ratio, "flagged") ? "flagged" : "");
    }
    return GS_OK;
}

/* ---- All ---- */

gs_status bench_tables_make(const bench_document *documents, int count, bench_tables *tables, gs_error *error) {
    *tables = (bench_tables){0};
    gs_status status =
        count == 1 ? add_all(documents, tables, error) : bench_tables_compare(documents, count, tables, error);
    for (int i = 0; i < count && !status; i++)
        status = add_ratios(&documents[i], count > 1, tables, error);
    if (status)
        bench_tables_free(tables);
    return status;
}
