/* The report as values separated by commas: a line a row (RFC 4180). */
#include <math.h>
#include <string.h>

#include "io/output.h"
#include "report.h"

void bench_reasons(const bench_row *row, char *text, size_t room) {
    text[0] = '\0';
    for (int i = 0; i < row->reasons; i++) {
        size_t used = strlen(text);
        snprintf(text + used, room - used, "%s%s", i ? "; " : "", row->reason[i]);
    }
}

/* All names of figures, in the order they first come in; their number. */
static int collect(const bench_rows *rows, const char *names[], int room) {
    int count = 0;
    for (int i = 0; i < rows->count; i++)
        for (int f = 0; f < rows->row[i].figures; f++) {
            int k = 0;
            while (k < count && strcmp(names[k], rows->row[i].figure[f].name))
                k++;
            if (k == count && count < room)
                names[count++] = rows->row[i].figure[f].name;
        }
    return count;
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

static void put_row(FILE *f, const bench_row *row, const char *names[], int count) {
    char reasons[BENCH_REASONS_MAX * BENCH_TEXT_ROOM];
    const char *texts[] = {row->name,
                           row->suite,
                           row->scenario,
                           row->model ? row->model->info->name : NULL,
                           row->model ? row->model->info->hash : NULL,
                           row->isa,
                           row->backend};
    for (size_t i = 0; i < GS_COUNT(texts); i++) {
        put_text(f, texts[i]);
        fputc(',', f);
    }
    fprintf(f, "f32,%d,%d,", row->threads, row->batch);
    if (row->repetitions)
        fprintf(f, "%.9g,%.9g,%.9g,", row->value, row->low, row->high);
    else
        fputs(",,,", f);
    put_text(f, row->unit);
    bench_reasons(row, reasons, sizeof reasons);
    fprintf(f, ",%d,%s,", row->repetitions, row->reasons ? "no" : "yes");
    put_text(f, reasons);
    for (int k = 0; k < count; k++) {
        double value = bench_figure_get(row, names[k]);
        fputc(',', f);
        if (isfinite(value))
            fprintf(f, "%.9g", value);
    }
    fputs("\r\n", f);
}

gs_status bench_csv_write(const bench_result *result, gs_error *error) {
    enum { NAMES_MAX = 64 };
    const char *names[NAMES_MAX];
    gs_output output;
    gs_status status = gs_output_open(&output, result->settings->csv, error);
    if (status)
        return status;
    int count = collect(result->rows, names, NAMES_MAX);
    fputs("name,suite,scenario,model,model_hash,isa,backend,dtype,threads,batch,value,low,high,unit,repetitions,valid,"
          "reasons",
          output.file);
    for (int k = 0; k < count; k++) {
        fputc(',', output.file);
        put_text(output.file, names[k]);
    }
    fputs("\r\n", output.file);
    for (int i = 0; i < result->rows->count; i++)
        put_row(output.file, &result->rows->row[i], names, count);
    if (!ferror(output.file))
        return gs_output_commit(&output, error);
    status = gs_fail(error, GS_ERROR_FILE, "%s: cannot write", result->settings->csv);
    gs_output_abandon(&output);
    return status;
}
