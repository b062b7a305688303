#include "outputs.h"

#include "io/output.h"
#include "io/place.h"
#include "views.h"

static const struct output {
    size_t path; /* offset in bench_settings */
    const char *what;
} outputs[] = {{offsetof(bench_settings, json), "the report"},
               {offsetof(bench_settings, html), "the page"},
               {offsetof(bench_settings, chart), "the chart"},
               {offsetof(bench_settings, markdown), "the tables"},
               {offsetof(bench_settings, csv), "the values"}};

/* NULL: it is not asked for. */
static const char *path_of(const bench_settings *s, size_t i) {
    return *(const char *const *)(const void *)((const char *)s + outputs[i].path);
}

static gs_status check_path(const bench_settings *s, size_t i, gs_error *error) {
    const char *path = path_of(s, i);
    for (size_t k = 0; k < i; k++)
        if (path_of(s, k) && gs_place_same(path_of(s, k), path))
            return gs_fail(error, GS_ERROR_ARGUMENT, "%s: %s and %s would be one file; give each its own name", path,
                           outputs[k].what, outputs[i].what);
    for (int k = 0; k < s->operands; k++)
        if (gs_place_same(s->operand[k], path))
            return gs_fail(error, GS_ERROR_ARGUMENT, "%s: it is read, and %s would replace it; give another name", path,
                           outputs[i].what);
    return gs_output_check(path, GS_FORMAT_TEXT, 0, error);
}

gs_status bench_outputs_check(const bench_settings *s, FILE **console, gs_error *error) {
    gs_status status = GS_OK;
    *console = stdout;
    for (size_t i = 0; i < GS_COUNT(outputs) && !status; i++) {
        if (!path_of(s, i))
            continue;
        status = check_path(s, i, error);
        if (gs_output_is_stdout(path_of(s, i)))
            *console = stderr;
    }
    return status;
}

gs_status bench_outputs_write(const bench_settings *s, const bench_document *documents, int count, gs_error *error) {
    gs_status status = GS_OK;
    if (s->csv && count > 1)
        status = gs_fail(error, GS_ERROR_ARGUMENT, "--csv: of one report only, and these are %d", count);
    if (!status && s->html)
        status = bench_html_write(documents, count, s->html, error);
    if (!status && s->chart)
        status = bench_chart_write(documents, count, s->chart, error);
    if (!status && s->markdown)
        status = bench_markdown_write(documents, count, s->markdown, error);
    if (!status && s->csv)
        status = bench_csv_write(documents, s->csv, error);
    return status;
}

void bench_outputs_name(const bench_settings *s, FILE *out) {
    for (size_t i = 0; i < GS_COUNT(outputs); i++)
        if (path_of(s, i))
            fprintf(out, "%s: %s\n", outputs[i].what, gs_output_label(path_of(s, i)));
}
