#include "document.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/words.h"
#include "base/stream.h"
#include "base/utf8.h"
#include "io/output.h"
#include "model/json.h"
#include "text.h"

enum { DIGITS = 12, NUMBER_ROOM = 40 };

/* ---- Reading ---- */

/* Feeds jansson, which limits the depth itself. */
typedef struct source {
    gs_stream stream;
    const char *what; /* "a report", for messages */
    size_t bytes;
    gs_status status;
} source;

static gs_status fail_large(const source *s) {
    return gs_fail(s->stream.error, GS_ERROR_FILE, "%s: more than %d bytes, too many for %s", s->stream.path,
                   BENCH_FILE_BYTES_MAX, s->what);
}

static size_t feed(void *buffer, size_t room, void *data) {
    source *s = data;
    size_t count = 0;
    if (!s->status)
        s->status = gs_stream_read(&s->stream, buffer, room, &count);
    s->bytes += count;
    if (!s->status && s->bytes > BENCH_FILE_BYTES_MAX)
        s->status = fail_large(s);
    return s->status ? (size_t)-1 : count;
}

static gs_status parse(source *s, json_t **root, gs_error *error) {
    json_error_t why = {0};
    s->status = s->stream.size > BENCH_FILE_BYTES_MAX ? fail_large(s) : GS_OK;
    *root = s->status ? NULL : json_load_callback(feed, s, JSON_REJECT_DUPLICATES, &why);
    if (s->status || *root)
        return s->status;
    if (json_error_code(&why) == json_error_out_of_memory)
        return gs_fail_memory(error, s->what);
    bench_blank_controls(why.text); /* it quotes the file */
    return gs_fail(error, GS_ERROR_FILE, "%s: line %d: no JSON: %s", s->stream.path, why.line, gs_json_problem(&why));
}

gs_status bench_document_parse(const char *path, const char *what, json_t **root, gs_error *error) {
    source s = {.what = what};
    gs_status status = gs_stream_open(&s.stream, path, what, error);
    if (status)
        return status;
    status = parse(&s, root, error);
    gs_stream_close(&s.stream);
    return status;
}

gs_status bench_document_load(const char *path, bench_document *document, gs_error *error) {
    json_t *root;
    gs_status status = bench_document_parse(path, "a report", &root, error);
    return status ? status : bench_document_take(root, path, document, error);
}

/* ---- What the schema cannot say ---- */

static gs_status wrong(const bench_document *d, const char *list, size_t i, const char *member, const char *what,
                       gs_error *error) {
    return gs_fail(error, GS_ERROR_FILE, "%s: genbench.%s[%zu].%s: %s", d->path, list, i, member, what);
}

/* The signature of a PNG file in base64 (RFC 4648), followed by nothing but base64. */
static bool is_picture(const json_t *picture) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
                      signature[] = "iVBORw0KGgo";
    const char *png = bench_text(picture, "png");
    size_t length = strlen(png), plain = strspn(png, alphabet);
    return !strncmp(png, signature, strlen(signature)) && length % 4 == 0 && length - plain <= 2 &&
           strspn(png + plain, "=") == length - plain;
}

static bool is_ascending(const json_t *x) {
    for (size_t i = 1; i < json_array_size(x); i++)
        if (json_number_value(json_array_get(x, i)) < json_number_value(json_array_get(x, i - 1)))
            return false;
    return true;
}

/* Whether each series has as many y as there are x. */
static bool is_complete(const json_t *trace) {
    const json_t *series;
    size_t i;
    json_array_foreach(json_object_get(trace, "series"), i, series) {
        if (json_array_size(json_object_get(series, "y")) != json_array_size(json_object_get(trace, "x")))
            return false;
    }
    return true;
}

/* A row that was measured has a figure and what it is of, and only a row that is not valid has reasons. */
static gs_status check_row(const bench_document *d, size_t i, const json_t *row, gs_error *error) {
    static const char *const outcome[] = {"value", "low", "high"};
    const json_t *picture = json_object_get(row, "picture"), *trace = json_object_get(row, "trace");
    bool measured = json_array_size(json_object_get(row, "repetitions"));
    for (size_t k = 0; k < GS_COUNT(outcome) && measured; k++)
        if (!json_object_get(row, outcome[k]))
            return wrong(d, "rows", i, outcome[k], "missing", error);
    if (!measured && (bench_flag(row, "valid") || json_object_get(row, "value")))
        return wrong(d, "rows", i, "repetitions", "none, expected some of a row that is valid or has a value", error);
    if (bench_real(row, "low") > bench_real(row, "high"))
        return wrong(d, "rows", i, "low", "above high", error);
    if (bench_flag(row, "valid") != !json_array_size(json_object_get(row, "reasons")))
        return wrong(d, "rows", i, "valid", "expected true without reasons, false with some", error);
    if (picture && !is_picture(picture))
        return wrong(d, "rows", i, "picture.png", "no PNG file in base64", error);
    if (!is_ascending(json_object_get(trace, "x")))
        return wrong(d, "rows", i, "trace.x", "not ascending", error);
    if (!is_complete(trace))
        return wrong(d, "rows", i, "trace.series", "as many y as x expected of each", error);
    return GS_OK;
}

static gs_status check_ratios(const bench_document *d, gs_error *error) {
    size_t i;
    const json_t *ratio;
    json_array_foreach(json_object_get(d->genbench, "ab"), i, ratio) {
        double median = bench_real(ratio, "median");
        if (bench_real(ratio, "low") > median || bench_real(ratio, "high") < median)
            return wrong(d, "ab", i, "median", "not between low and high", error);
    }
    return GS_OK;
}

/* ---- Documents ---- */

static gs_status index_rows(bench_document *document, gs_error *error) {
    size_t i;
    json_t *row;
    json_array_foreach(document->rows, i, row) {
        const char *name = bench_text(row, "name");
        gs_status status = check_row(document, i, row, error);
        if (!status && json_object_get(document->row_of, name))
            status = gs_fail(error, GS_ERROR_FILE, "%s: genbench.rows[%zu].name: \"%.100s\" is there twice",
                             document->path, i, name);
        if (!status && json_object_set(document->row_of, name, row))
            status = gs_fail_memory(error, "reading a report");
        if (status)
            return status;
    }
    return GS_OK;
}

gs_status bench_document_take(json_t *root, const char *path, bench_document *document, gs_error *error) {
    *document = (bench_document){.path = gs_copy_string(path), .root = root, .row_of = json_object()};
    gs_status status = document->path && document->row_of ? bench_schema_check(BENCH_SCHEMA_REPORT, root, path, error)
                                                          : gs_fail_memory(error, "reading a report");
    document->context = json_object_get(root, "context");
    document->benchmarks = json_object_get(root, "benchmarks");
    document->genbench = json_object_get(root, "genbench");
    document->rows = json_object_get(document->genbench, "rows");
    if (!status)
        status = check_ratios(document, error);
    if (!status)
        status = index_rows(document, error);
    if (status)
        bench_document_free(document);
    return status;
}

void bench_document_free(bench_document *document) {
    json_decref(document->row_of);
    json_decref(document->root);
    gs_free(document->path);
    *document = (bench_document){0};
}

gs_status bench_document_write(const json_t *root, bool dense, const char *path, gs_error *error) {
    gs_output output;
    gs_status status = gs_output_open(&output, path, error);
    if (status)
        return status;
    char *text = gs_json_text(root, (dense ? JSON_COMPACT : JSON_INDENT(1)) | JSON_REAL_PRECISION(DIGITS));
    status = text ? gs_output_write(&output, text, strlen(text), error) : gs_fail_memory(error, "writing a report");
    if (!status)
        status = gs_output_write(&output, "\n", 1, error);
    free(text);
    return gs_output_end(&output, status, error);
}

const json_t *bench_document_row(const bench_document *document, const char *name) {
    return json_object_get(document->row_of, name);
}

/* ---- Getters ---- */

const char *bench_text(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

double bench_real(const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

long long bench_integer(const json_t *object, const char *name, long long otherwise) {
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool bench_flag(const json_t *object, const char *name) {
    return json_is_true(json_object_get(object, name));
}

double bench_row_figure(const json_t *row, const char *name, const char **unit) {
    const json_t *figure = json_object_get(json_object_get(row, "figures"), name);
    if (unit)
        *unit = bench_text(figure, "unit");
    return bench_real(figure, "value");
}

void bench_cpu_name(const json_t *context, char *name, size_t room) {
    static const char *const dropped[] = {"(R)", "(r)", "(TM)", "(tm)", " CPU", " Processor"};
    const char *model = bench_text(context, "cpu_model");
    snprintf(name, room, "%.60s", model ? model : "");
    name[strcspn(name, "@")] = '\0';
    for (size_t i = 0; i < GS_COUNT(dropped); i++)
        for (char *at; (at = strstr(name, dropped[i]));)
            memmove(at, at + strlen(dropped[i]), strlen(at + strlen(dropped[i])) + 1);
    for (size_t n = strlen(name); n && name[n - 1] == ' '; n--)
        name[n - 1] = '\0';
    const char *signature = bench_text(context, "cpu_signature"),
               *number = signature ? strstr(signature, "model ") : NULL;
    if (name[0] && number && !strpbrk(name, "0123456789"))
        bench_append(name, room, " %.*s", (int)strcspn(number, ","), number);
}

/* ---- Making trees ---- */

void bench_put_real(json_t *object, const char *name, double value) {
    char text[NUMBER_ROOM];
    if (!isfinite(value))
        return;
    snprintf(text, sizeof text, "%.*g", DIGITS, value);
    json_object_set_new(object, name, json_real(strtod(text, NULL)));
}

json_t *bench_json_text(const char *text) {
    char *copy = gs_copy_string(text);
    if (!copy)
        return NULL;
    bench_blank_controls(copy);
    char *escaped = gs_utf8_escape(copy);
    json_t *string = escaped ? json_string(escaped) : NULL;
    gs_free(escaped);
    gs_free(copy);
    return string;
}

void bench_put_text(json_t *object, const char *name, const char *text) {
    if (text)
        json_object_set_new(object, name, bench_json_text(text));
}

void bench_put_integer(json_t *object, const char *name, long long value) {
    json_object_set_new(object, name, json_integer(value));
}

void bench_put_flag(json_t *object, const char *name, bool value) {
    json_object_set_new(object, name, json_boolean(value));
}
