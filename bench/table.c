#include "table.h"

#include "rivals.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS_MAX = 32, VALUE = 1, SPREAD, FIGURES };
static const char DISTURBED[] = "disturbed";

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
    for (int i = 0; bench_name_part(bench_text(row, "name"), i, part); i++) {
        size_t used = strlen(key);
        if (strncmp(part, "isa:", 4) != 0)
            snprintf(key + used, BENCH_KEY_ROOM - used, "%s/", part);
    }
    size_t used = strlen(key);
    snprintf(key + used, BENCH_KEY_ROOM - used, "%.70s", hash ? hash : "");
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
        size_t used = strlen(t->heading);
        if (all)
            snprintf(t->heading + used, sizeof t->heading - used, "%s%s", used ? "  " : "", part);
    }
}

static bool in_heading(const bench_table *t, const char *part) {
    size_t length = strlen(part);
    for (const char *at = t->heading; (at = strstr(at, part)); at++)
        if ((at == t->heading || at[-1] == ' ') && (!at[length] || at[length] == ' '))
            return true;
    return false;
}

static void put_name(const bench_table *t, const json_t *row, bench_cell text) {
    bench_cell part;
    text[0] = '\0';
    for (int i = 1; bench_name_part(bench_text(row, "name"), i, part); i++) {
        size_t used = strlen(text);
        if (is_shown(t, part) && !in_heading(t, part))
            snprintf(text + used, BENCH_CELL_ROOM - used, "%s%s", used ? "/" : "", part);
    }
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

static void put_unit(const char *unit, bench_cell text) {
    size_t used = strlen(text);
    if (unit[0])
        snprintf(text + used, BENCH_CELL_ROOM - used, " %.40s", unit);
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
            put_unit(scaled[i].symbol, text);
            return;
        }
    bench_put_number(value, value < 10 ? 3 : value < 100 ? 2 : value < 1000 ? 1 : 0, text);
    put_unit(unit, text);
}

static void put_figure(const json_t *row, const char *name, bench_cell text) {
    const char *unit = "";
    double value = strcmp(name, DISTURBED) ? bench_row_figure(row, name, &unit) : bench_real(row, DISTURBED);
    if (!isfinite(value))
        return;
    int digits = value == floor(value) ? 0 : fabs(value) < 1 ? 3 : fabs(value) < 100 ? 2 : 0;
    if (!strcmp(unit, "%"))
        digits = 0;
    bench_put_number(value, digits, text);
    put_unit(unit, text);
}

static void put_cells(bench_table *t, int i, const json_t *rows) {
    const json_t *row = t->row[i];
    bench_cell *cell = t->cell + (size_t)i * (size_t)t->columns;
    bench_put_value(row, cell[VALUE]);
    if (cell[VALUE][0]) {
        bench_put_number(50 * ((bench_real(row, "high") - bench_real(row, "low")) / bench_real(row, "value")), 1,
                         cell[SPREAD]);
        put_unit("%", cell[SPREAD]);
    }
    for (int c = FIGURES; c < t->columns - 1; c++) {
        put_figure(row, t->title[c], cell[c]);
        if (!bench_ratio_doubtful(rows, row, t->title[c]))
            continue;
        put_unit(BENCH_DOUBT_MARK, cell[c]);
        t->doubts = true;
    }
    snprintf(cell[t->columns - 1], BENCH_CELL_ROOM, "%s", bench_flag(row, "valid") ? "valid" : "INVALID");
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
            snprintf(text + strlen(text), room - strlen(text), "%s%s", i ? "; " : "", json_string_value(reason));
    }
    return text;
}

/* ---- One report ---- */

bool bench_figure_hidden(const char *figure) {
    static const char *const hidden[] = {"plan", "confident", "most", "calls", "bytes", "FD at least", "FD at most"};
    for (size_t i = 0; i < GS_COUNT(hidden); i++)
        if (!strcmp(hidden[i], figure))
            return true;
    return false;
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
