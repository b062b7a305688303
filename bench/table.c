/* The report as tables for people: one a suite, whose constant parts of names stand in its heading. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { COLUMNS_MAX = 24, CELL_ROOM = 96, PARTS_MAX = 16 };

typedef struct table {
    const bench_rows *rows;
    int first, end; /* the suite's rows */
    int columns;
    const char *title[COLUMNS_MAX];
    int width[COLUMNS_MAX];
    char constant[2 * BENCH_NAME_ROOM]; /* parts of all names, each after a '/' */
} table;

/* Figures that the JSON and CSV reports have, but no column for people. */
static bool is_hidden(const char *figure) {
    static const char *const hidden[] = {"plan", "confident", "most", "calls"};
    for (size_t i = 0; i < GS_COUNT(hidden); i++)
        if (!strcmp(hidden[i], figure))
            return true;
    return false;
}

/* ---- Names ---- */

/* Part i of "a/b/c" from 0; false past the last. */
static bool part_of(const char *name, int i, char part[BENCH_NAME_ROOM]) {
    for (; i > 0 && name; i--) {
        name = strchr(name, '/');
        name += name != NULL;
    }
    if (name)
        snprintf(part, BENCH_NAME_ROOM, "%.*s", (int)strcspn(name, "/"), name);
    return name != NULL;
}

static bool has_part(const char *name, const char *wanted) {
    char part[BENCH_NAME_ROOM];
    for (int i = 0; part_of(name, i, part); i++)
        if (!strcmp(part, wanted))
            return true;
    return false;
}

/* Parts of settings that all rows have: those that say what a row is stay. */
static void find_constant(table *t) {
    const bench_row *row = &t->rows->row[t->first];
    const char *settings = row->name + row->what_at + row->what_length;
    char part[BENCH_NAME_ROOM];
    t->constant[0] = '\0';
    for (int i = 1; part_of(settings, i, part); i++) {
        bool all = true;
        for (int k = t->first; k < t->end; k++)
            all = all && has_part(t->rows->row[k].name, part);
        size_t used = strlen(t->constant);
        if (all)
            snprintf(t->constant + used, sizeof t->constant - used, "/%s", part);
    }
}

static void short_name(const table *t, const bench_row *row, char text[CELL_ROOM]) {
    char part[BENCH_NAME_ROOM];
    text[0] = '\0';
    for (int i = 1; part_of(row->name, i, part); i++) {
        size_t used = strlen(text);
        if (!has_part(t->constant, part))
            snprintf(text + used, CELL_ROOM - used, "%s%s", used ? "/" : "", part);
    }
}

/* ---- Cells ---- */

/* "94.3 GFLOP/s" */
static void put_value(const bench_row *row, char text[CELL_ROOM]) {
    static const struct {
        const char *unit, *symbol;
    } scaled[] = {{"FLOP/s", "FLOP/s"}, {"bytes/s", "B/s"}, {"elements/s", "elements/s"}};
    for (size_t i = 0; i < GS_COUNT(scaled); i++)
        if (!strcmp(row->unit, scaled[i].unit)) {
            snprintf(text, CELL_ROOM, "%.1f G%s", 1e-9 * row->value, scaled[i].symbol);
            return;
        }
    int digits = row->value < 10 ? 3 : row->value < 100 ? 2 : row->value < 1000 ? 1 : 0;
    snprintf(text, CELL_ROOM, "%.*f %s", digits, row->value, row->unit);
}

static void put_figure(const bench_figure *f, char text[CELL_ROOM]) {
    int digits = f->value == floor(f->value) ? 0 : fabs(f->value) < 1 ? 3 : fabs(f->value) < 100 ? 2 : 0;
    if (!strcmp(f->unit, "%"))
        digits = 0;
    snprintf(text, CELL_ROOM, "%.*f%s%s", digits, f->value, f->unit[0] ? " " : "", f->unit);
}

enum { NAME, VALUE, SPREAD, FIGURES };

/* Columns: name, value, spread, figures, validity. */
static void put_cell(const table *t, const bench_row *row, int column, char text[CELL_ROOM]) {
    text[0] = '\0';
    if (column == NAME)
        short_name(t, row, text);
    else if (column == t->columns - 1)
        snprintf(text, CELL_ROOM, "%s", row->reasons ? "INVALID" : "valid");
    else if (column == VALUE && row->repetitions)
        put_value(row, text);
    else if (column == SPREAD && row->repetitions)
        snprintf(text, CELL_ROOM, "%.1f %%", 50 * (row->high - row->low) / row->value);
    else if (column >= FIGURES)
        for (int f = 0; f < row->figures; f++)
            if (!strcmp(row->figure[f].name, t->title[column]))
                put_figure(&row->figure[f], text);
}

static void find_columns(table *t) {
    static const char *const fixed[] = {"", "median", "+-"};
    for (t->columns = 0; t->columns < FIGURES; t->columns++)
        t->title[t->columns] = fixed[t->columns];
    for (int i = t->first; i < t->end; i++)
        for (int f = 0; f < t->rows->row[i].figures; f++) {
            const char *name = t->rows->row[i].figure[f].name;
            bool known = is_hidden(name);
            for (int c = FIGURES; c < t->columns; c++)
                known = known || !strcmp(t->title[c], name);
            if (!known && t->columns < COLUMNS_MAX - 1)
                t->title[t->columns++] = name;
        }
    t->title[t->columns++] = "";
    for (int c = 0; c < t->columns; c++) {
        t->width[c] = (int)strlen(t->title[c]);
        for (int i = t->first; i < t->end; i++) {
            char text[CELL_ROOM];
            put_cell(t, &t->rows->row[i], c, text);
            if ((int)strlen(text) > t->width[c])
                t->width[c] = (int)strlen(text);
        }
    }
}

static void print_line(const table *t, const bench_row *row) {
    for (int c = 0; c < t->columns; c++) {
        char text[CELL_ROOM];
        if (row)
            put_cell(t, row, c, text);
        else
            snprintf(text, sizeof text, "%s", t->title[c]);
        if (c == t->columns - 1)
            printf("  %s", text);
        else
            printf("%s%*s", c ? "  " : "  ", c ? t->width[c] : -t->width[c], text);
    }
    if (row && row->reasons) {
        char reasons[BENCH_REASONS_MAX * BENCH_TEXT_ROOM];
        bench_reasons(row, reasons, sizeof reasons);
        printf(": %s", reasons);
    }
    putchar('\n');
}

static void print_suite(const bench_rows *rows, int first, int end) {
    table t = {.rows = rows, .first = first, .end = end};
    find_constant(&t);
    find_columns(&t);
    printf("%s", rows->row[first].suite);
    for (char *at = t.constant, *next; *at; at = next) {
        next = at + 1 + strcspn(at + 1, "/");
        printf("  %.*s", (int)(next - at) - 1, at + 1);
    }
    putchar('\n');
    print_line(&t, NULL);
    for (int i = first; i < end; i++)
        print_line(&t, &rows->row[i]);
    putchar('\n');
}

void bench_table_print(const bench_result *result) {
    const bench_rows *rows = result->rows;
    for (int i = 0, end; i < rows->count; i = end) {
        for (end = i; end < rows->count && rows->row[end].suite == rows->row[i].suite; end++)
            ;
        print_suite(rows, i, end);
    }
    printf("%d rows", rows->count);
    if (result->invalid)
        printf(", %d INVALID: their figures are not to be relied on", result->invalid);
    puts(result->interrupted ? "; interrupted" : "");
}
