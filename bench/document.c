#include "document.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/stream.h"
#include "io/output.h"
#include "base/utf8.h"

enum { DIGITS = 12, NUMBER_ROOM = 40 };

/* ---- Text ---- */

/* The length in bytes of the control character with which text begins, or 0; C1 is U+0080 ... U+009F. */
static int control_length(const char *text) {
    const unsigned char *c = (const unsigned char *)text;
    if (c[0] < ' ' || c[0] == 127)
        return c[0] != 0;
    return c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0 ? 2 : 0;
}

bool bench_has_controls(const char *text) {
    while (*text && !control_length(text))
        text++;
    return *text != 0;
}

static void blank_controls(char *text) {
    for (int length; *text; text += length ? length : 1) {
        length = control_length(text);
        memset(text, ' ', (size_t)length);
    }
}

/* ---- Reading ---- */

/* Feeds jansson, which limits the depth itself. */
typedef struct source {
    gs_stream stream;
    size_t bytes;
    gs_status status;
} source;

static gs_status fail_large(const gs_stream *stream) {
    return gs_fail(stream->error, GS_ERROR_FILE, "%s: more than %d bytes, too many for a report", stream->path,
                   BENCH_FILE_BYTES_MAX);
}

static size_t feed(void *buffer, size_t room, void *data) {
    source *s = data;
    size_t count = 0;
    if (!s->status)
        s->status = gs_stream_read(&s->stream, buffer, room, &count);
    s->bytes += count;
    if (!s->status && s->bytes > BENCH_FILE_BYTES_MAX)
        s->status = fail_large(&s->stream);
    return s->status ? (size_t)-1 : count;
}

static gs_status parse(source *s, json_t **root, gs_error *error) {
    json_error_t why = {0};
    s->status = s->stream.size > BENCH_FILE_BYTES_MAX ? fail_large(&s->stream) : GS_OK;
    *root = s->status ? NULL : json_load_callback(feed, s, JSON_REJECT_DUPLICATES, &why);
    if (s->status || *root)
        return s->status;
    if (json_error_code(&why) == json_error_out_of_memory)
        return gs_fail_memory(error, "reading a report");
    blank_controls(why.text); /* it quotes the file */
    return gs_fail(error, GS_ERROR_FILE, "%s: line %d: no JSON: %s", s->stream.path, why.line, why.text);
}

gs_status bench_document_parse(const char *path, json_t **root, gs_error *error) {
    source s = {0};
    gs_status status = gs_stream_open(&s.stream, path, "a report", error);
    if (status)
        return status;
    status = parse(&s, root, error);
    gs_stream_close(&s.stream);
    return status;
}

gs_status bench_document_load(const char *path, bench_document *document, gs_error *error) {
    json_t *root;
    gs_status status = bench_document_parse(path, &root, error);
    return status ? status : bench_document_take(root, path, document, error);
}

/* ---- Documents ---- */

static gs_status index_rows(bench_document *document, gs_error *error) {
    size_t i;
    json_t *row;
    json_array_foreach(document->rows, i, row) {
        const char *name = bench_text(row, "name");
        if (json_object_get(document->row_of, name))
            return gs_fail(error, GS_ERROR_FILE, "%s: genbench.rows[%zu].name: \"%.100s\" is there twice",
                           document->path, i, name);
        if (json_object_set(document->row_of, name, row))
            return gs_fail_memory(error, "reading a report");
    }
    return GS_OK;
}

gs_status bench_document_take(json_t *root, const char *path, bench_document *document, gs_error *error) {
    *document = (bench_document){.path = gs_copy_string(path), .root = root, .row_of = json_object()};
    gs_status status = document->path && document->row_of ? bench_document_check(root, path, error)
                                                          : gs_fail_memory(error, "reading a report");
    document->context = json_object_get(root, "context");
    document->benchmarks = json_object_get(root, "benchmarks");
    document->genbench = json_object_get(root, "genbench");
    document->rows = json_object_get(document->genbench, "rows");
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
    char *text = json_dumps(root, (dense ? JSON_COMPACT : JSON_INDENT(1)) | JSON_REAL_PRECISION(DIGITS));
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
    size_t used = strlen(name);
    if (used && number && !strpbrk(name, "0123456789"))
        snprintf(name + used, room - used, " %.*s", (int)strcspn(number, ","), number);
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
    blank_controls(copy);
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
