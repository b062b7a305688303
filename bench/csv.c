/* The report as values separated by commas: a line a row (RFC 4180). */
#include <math.h>
#include <string.h>

#include "io/output.h"
#include "table.h"
#include "views.h"

static const char *const texts[] = {"name", "suite",   "scenario", "model",  "model_hash",
                                    "isa",  "backend", "dtype",    "program"};
static const char *const numbers[] = {"threads", "batch", "value", "low", "high"};

/* Names of all figures, as members of an object, in the order they first come in. */
static json_t *collect(const bench_document *document) {
    json_t *names = json_object(), *row;
    size_t i;
    json_array_foreach(document->rows, i, row) {
        json_object_update_missing(names, json_object_get(row, "figures"));
    }
    return names;
}

/* Between quotes, inner quotes doubled. */
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

gs_status bench_csv_write(const bench_document *document, const char *path, gs_error *error) {
    gs_output output;
    json_t *figures = collect(document), *row;
    gs_status status = figures ? gs_output_open(&output, path, error) : gs_fail_memory(error, "writing a table");
    if (!status) {
        const char *name;
        size_t i;
        for (i = 0; i < GS_COUNT(texts); i++)
            fprintf(output.file, "%s,", texts[i]);
        for (i = 0; i < GS_COUNT(numbers); i++)
            fprintf(output.file, "%s,", numbers[i]);
        fputs("unit,repetitions,valid,reasons", output.file);
        json_object_foreach(figures, name, row) {
            fputc(',', output.file);
            put_text(output.file, name);
        }
        fputs("\r\n", output.file);
        json_array_foreach(document->rows, i, row) {
            put_row(output.file, row, figures);
        }
        status = gs_output_commit(&output, error);
    }
    json_decref(figures);
    return status;
}
