/* Tables on a terminal. */
#include <string.h>

#include "rivals.h"
#include "table.h"
#include "views.h"

/* Counts the bytes that begin a character in UTF-8. */
static int width_of(const char *text) {
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

static int column_width(const bench_table *t, int c) {
    int width = width_of(t->title[c]);
    for (int i = 0; i < t->rows; i++) {
        int w = width_of(t->cell[i * t->columns + c]);
        width = w > width ? w : width;
    }
    return width;
}

/* Names are left-aligned, numbers right-aligned; the last column of a single report, which says whether a row is valid,
 * is left-aligned. */
static void print_line(FILE *out, const bench_table *t, const bench_cell *cells) {
    for (int c = 0; c < t->columns; c++) {
        int pad = column_width(t, c) - width_of(cells[c]);
        bool left = c == 0 || (c == t->columns - 1 && !t->side_by_side), last = c == t->columns - 1;
        fprintf(out, "  %*s%s%*s", left ? 0 : pad, "", cells[c], left && !last ? pad : 0, "");
    }
}

static void print_reasons(FILE *out, const json_t *row) {
    char *reasons = bench_row_reasons(row);
    if (reasons && *reasons)
        fprintf(out, ": %s", reasons);
    gs_free(reasons);
}

static void print_table(FILE *out, const bench_table *t) {
    fprintf(out, "%s%s%s\n", t->suite, t->heading[0] ? "  " : "", t->heading);
    print_line(out, t, t->title);
    fputc('\n', out);
    for (int i = 0; i < t->rows; i++) {
        print_line(out, t, t->cell + (size_t)i * (size_t)t->columns);
        if (!t->side_by_side)
            print_reasons(out, t->row[i]);
        fputc('\n', out);
    }
    fputs(t->doubts ? "  " BENCH_DOUBT_MEANING "\n\n" : "\n", out);
}

static void print_sum(FILE *out, const bench_document *d, bool named) {
    const json_t *ratios = json_object_get(d->genbench, "ab"), *item;
    size_t i, invalid = 0, flagged = 0, rows = json_array_size(d->rows), pairs = json_array_size(ratios);
    json_array_foreach(d->rows, i, item) {
        invalid += !bench_flag(item, "valid");
    }
    json_array_foreach(ratios, i, item) {
        flagged += bench_flag(item, "flagged");
    }
    char tally[BENCH_TALLY_ROOM];
    fputs(named ? d->path : "", out);
    fputs(named ? ": " : "", out);
    if (rows || !pairs)
        fprintf(out, "%zu row%s", rows, rows == 1 ? "" : "s");
    if (invalid)
        fprintf(out, ", %zu INVALID: %s figures are not to be relied on", invalid, invalid == 1 ? "its" : "their");
    if (pairs)
        fprintf(out, "%s%zu row%s of two builds, %zu flagged", rows ? "; " : "", pairs, pairs == 1 ? "" : "s", flagged);
    if (bench_tally_document(d, tally))
        fprintf(out, "; beside other programs %s", tally);
    fputs(bench_flag(d->genbench, "interrupted") ? "; interrupted\n" : "\n", out);
}

gs_status bench_console_print(FILE *out, const bench_document *documents, int count, gs_error *error) {
    bench_tables tables;
    gs_status status = bench_tables_make(documents, count, &tables, error);
    if (status)
        return status;
    for (int i = 0; i < tables.count; i++)
        print_table(out, &tables.table[i]);
    for (int i = 0; i < count; i++)
        print_sum(out, &documents[i], count > 1);
    bench_tables_free(&tables);
    return GS_OK;
}
