/* The report as comma-separated values, one line per row (RFC 4180). */
#include <math.h>
#include <string.h>

#include "io/output.h"
#include "table.h"
#include "views.h"

static const char *const texts[] = {"name", "suite",   "scenario", "model",   "model_hash",
                                    "isa",  "backend", "dtype",    "program", "check"};
static const char *const numbers[] = {"threads", "batch", "value", "low", "high", "disturbed"};

/* The names of all figures, as members of an object, in order of their first appearance. */
static json_t *collect(const bench_document *document) {
    json_t *names = json_object(), *row;
    size_t i;
    json_array_foreach(document->rows, i, row) {
        json_object_update_missing(names, json_object_get(row, "figures"));
    }
    return names;
}

/* Prints text in quotes, with inner quotes doubled. */
static void put_text(FILE *f, const char *text) {
    fputc('"', f);
    for (; text && *text; text++) {
        if (*text == '"')
            fputc('"', f);
        fputc(*text, f);
    }
    fputc('"', f);
}

static void put_real(FILE *f, double value) {
    if (isfinite(value))
        fprintf(f, "%.9g", value);
}

static void put_row(FILE *f, const json_t *row, const json_t *figures) {
    char *reasons = bench_row_reasons(row);
    const char *name;
    json_t *figure;
    for (size_t i = 0; i < GS_COUNT(texts); i++) {
        put_text(f, bench_text(row, texts[i]));
        fputc(',', f);
    }
    for (size_t i = 0; i < GS_COUNT(numbers); i++) {
        put_real(f, bench_real(row, numbers[i]));
        fputc(',', f);
    }
    put_text(f, bench_text(row, "unit"));
    fprintf(f, ",%zu,%s,", json_array_size(json_object_get(row, "repetitions")),
            bench_flag(row, "valid") ? "yes" : "no");
    put_text(f, reasons);
    json_object_foreach((json_t *)(uintptr_t)figures, name, figure) {
        fputc(',', f);
        put_real(f, bench_row_figure(row, name, NULL));
    }
    fputs("\r\n", f);
    gs_free(reasons);
}

static void put_rows(FILE *f, const bench_document *document, const json_t *figures) {
    const char *name;
    size_t i;
    json_t *row;
    for (i = 0; i < GS_COUNT(texts); i++)
        fprintf(f, "%s,", texts[i]);
    for (i = 0; i < GS_COUNT(numbers); i++)
        fprintf(f, "%s,", numbers[i]);
    fputs("unit,repetitions,valid,reasons", f);
    json_object_foreach((json_t *)(uintptr_t)figures, name, row) {
        fputc(',', f);
        put_text(f, name);
    }
    fputs("\r\n", f);
    json_array_foreach(document->rows, i, row) {
        put_row(f, row, figures);
    }
}

/* The ratios of two builds. */
static void put_ratios(FILE *f, const json_t *ratios) {
    const json_t *ratio;
    size_t i;
    fputs("name,median,low,high,flagged\r\n", f);
    json_array_foreach(ratios, i, ratio) {
        put_text(f, bench_text(ratio, "name"));
        fprintf(f, ",%.9g,%.9g,%.9g,%s\r\n", bench_real(ratio, "median"), bench_real(ratio, "low"),
                bench_real(ratio, "high"), bench_flag(ratio, "flagged") ? "yes" : "no");
    }
}

gs_status bench_csv_write(const bench_document *document, const char *path, gs_error *error) {
    gs_output output;
    json_t *figures = collect(document), *ratios = json_object_get(document->genbench, "ab");
    gs_status status = figures ? gs_output_open(&output, path, error) : gs_fail_memory(error, "writing a table");
    if (!status) {
        if (json_array_size(document->rows) || !json_array_size(ratios))
            put_rows(output.file, document, figures);
        else
            put_ratios(output.file, ratios);
        status = gs_output_commit(&output, error);
    }
    json_decref(figures);
    return status;
}
