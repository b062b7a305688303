/* The report as Markdown, as GitHub renders it. */
#include <string.h>

#include "io/output.h"
#include "rivals.h"
#include "table.h"
#include "views.h"

/* Text in a cell: characters that mean something to Markdown or HTML are escaped. */
static void put_text(FILE *f, const char *text) {
    for (; *text; text++)
        if (*text == '<')
            fputs("&lt;", f);
        else if (*text == '&')
            fputs("&amp;", f);
        else if (*text == '\n' || *text == '\r')
            fputc(' ', f);
        else
            fprintf(f, "%s%c", strchr("|\\`*_[]~#", *text) ? "\\" : "", *text);
}

static void put_line(FILE *f, const bench_table *t, const bench_cell *cells) {
    for (int c = 0; c < t->columns; c++) {
        fputs("| ", f);
        put_text(f, cells[c]);
        fputc(' ', f);
    }
    fputs("|\n", f);
}

static void put_reasons(FILE *f, const bench_table *t) {
    for (int i = 0; i < t->rows && !t->side_by_side; i++) {
        char *reasons = bench_row_reasons(t->row[i]);
        if (reasons && *reasons) {
            fputs("- ", f);
            put_text(f, t->cell[i * t->columns]);
            fputs(": ", f);
            put_text(f, reasons);
            fputc('\n', f);
        }
        gs_free(reasons);
    }
}

static void put_table(FILE *f, const bench_table *t) {
    fputs("\n## ", f);
    put_text(f, t->suite);
    if (t->heading[0])
        fputs(": ", f);
    put_text(f, t->heading);
    fputs("\n\n", f);
    put_line(f, t, t->title);
    for (int c = 0; c < t->columns; c++)
        fputs(c ? "|---:" : "|---", f);
    fputs("|\n", f);
    for (int i = 0; i < t->rows; i++)
        put_line(f, t, t->cell + (size_t)i * (size_t)t->columns);
    fputs(t->doubts ? "\n" BENCH_DOUBT_MEANING "\n\n" : "\n", f);
    put_reasons(f, t);
}

static void put_context(FILE *f, const bench_document *d) {
    static const char *const shown[] = {"cpu_model", "cpu_signature", "virtualisation", "kernel",   "compiler",
                                        "commit",    "isa_used",      "peaks",          "bandwidth"};
    char tally[BENCH_TALLY_ROOM];
    fputs("\n`", f);
    fputs(strchr(d->path, '`') ? "report" : d->path, f);
    fputc('`', f);
    if (bench_text(d->genbench, "started")) {
        fputs(", ", f);
        put_text(f, bench_text(d->genbench, "started"));
    }
    if (bench_flag(d->genbench, "interrupted"))
        fputs(", interrupted", f);
    fputs("\n\n", f);
    for (size_t i = 0; i < GS_COUNT(shown); i++)
        if (bench_text(d->context, shown[i])) {
            fprintf(f, "- %s: ", shown[i]);
            put_text(f, bench_text(d->context, shown[i]));
            fputc('\n', f);
        }
    if (bench_tally_document(d, tally))
        fprintf(f, "- beside other programs: %s\n", tally);
}

gs_status bench_markdown_write(const bench_document *documents, int count, const char *path, gs_error *error) {
    bench_tables tables;
    gs_output output;
    gs_status status = bench_tables_make(documents, count, &tables, error);
    if (status)
        return status;
    status = gs_output_open(&output, path, error);
    if (!status) {
        fputs("# genbench\n", output.file);
        for (int i = 0; i < count; i++)
            put_context(output.file, &documents[i]);
        for (int i = 0; i < tables.count; i++)
            put_table(output.file, &tables.table[i]);
        status = gs_output_commit(&output, error);
    }
    bench_tables_free(&tables);
    return status;
}
