#include "cli/table.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "app/words.h"
#include "io/sink.h"

/* ---- Text ---- */

/* A field in quotes where it needs them (RFC 4180). */
static void put_field(const char *text, FILE *out) {
    bool plain = !strpbrk(text, ",\"\r\n");
    if (!plain)
        fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    if (!plain)
        fputc('"', out);
}

static const gs_given *given_of(const gs_table *table, int input) {
    return &table->input[input]->given;
}

static void put_csv(const gs_table *table, FILE *out) {
    fputs("input,image,label", out);
    for (int c = 0; c < table->columns; c++)
        fprintf(out, ",%s", table->names[c]);
    fputc('\n', out);
    for (int i = 0; i < table->inputs; i++) {
        const gs_given *given = given_of(table, i);
        for (size_t k = 0; k < given->images.n; k++) {
            put_field(gs_base_name(given->path), out);
            fprintf(out, ",%zu,", k);
            if (given->labels)
                fprintf(out, "%d", given->labels[k]);
            for (int c = 0; c < table->columns; c++)
                fprintf(out, ",%.9g", table->value(table->context, i, k, c));
            fputc('\n', out);
        }
    }
}

static json_t *image_json(const gs_table *table, int input, size_t k) {
    const gs_given *given = given_of(table, input);
    json_t *object = json_object();
    json_object_set_new(object, "input", gs_text_json(gs_base_name(given->path)));
    json_object_set_new(object, "image", gs_whole_json(k));
    json_object_set_new(object, "label", given->labels ? json_integer(given->labels[k]) : json_null());
    for (int c = 0; c < table->columns; c++)
        json_object_set_new(object, table->names[c], gs_real_json(table->value(table->context, input, k, c)));
    return object;
}

/* One object per image and line. */
static void put_json(const gs_table *table, FILE *out) {
    const char *before = "[\n";
    for (int i = 0; i < table->inputs; i++) {
        for (size_t k = 0; k < given_of(table, i)->images.n; k++) {
            json_t *object = image_json(table, i, k);
            fputs(before, out);
            json_dumpf(object, out, JSON_COMPACT | JSON_REAL_PRECISION(9));
            json_decref(object);
            before = ",\n";
        }
    }
    fputs("\n]\n", out);
}

static gs_status write_text(const gs_table *table, const char *path, void put(const gs_table *table, FILE *out),
                            gs_error *error) {
    gs_output output;
    gs_status status = gs_output_open(&output, path, error);
    if (status)
        return status;
    put(table, output.file);
    if (ferror(output.file))
        status = gs_fail(error, GS_ERROR_FILE, "%s: cannot write", path);
    else if (gs_json_lost())
        status = gs_fail_memory(error, "a table");
    return gs_output_end(&output, status, error);
}

static gs_status write_csv(const gs_table *table, const char *path, gs_error *error) {
    return write_text(table, path, put_csv, error);
}

static gs_status write_json(const gs_table *table, const char *path, gs_error *error) {
    return write_text(table, path, put_json, error);
}

/* ---- Arrays ---- */

/* (images, columns). */
static gs_status write_npy(const gs_table *table, const char *path, gs_error *error) {
    gs_sink sink;
    gs_sink_input input = {.sizes = {0, (size_t)table->columns}, .rank = 2};
    float *row = gs_alloc((size_t)table->columns, sizeof *row);
    if (!row)
        return gs_fail_memory(error, "the table");
    for (int i = 0; i < table->inputs; i++)
        input.sizes[0] += given_of(table, i)->images.n;
    gs_status status = gs_sink_open(&sink, GS_FORMAT_NPY, path, &input, error);
    if (!status) {
        for (int i = 0; i < table->inputs; i++) {
            for (size_t k = 0; k < given_of(table, i)->images.n && !status; k++) {
                for (int c = 0; c < table->columns; c++)
                    row[c] = (float)table->value(table->context, i, k, c);
                status = gs_sink_write(&sink, row, 1, error);
            }
        }
        status = gs_sink_close(&sink, status, error);
    }
    gs_free(row);
    return status;
}

/* ---- By name ---- */

static const struct {
    const char *extension;
    gs_status (*write)(const gs_table *table, const char *path, gs_error *error);
} formats[] = {{".csv", write_csv}, {".json", write_json}, {".npy", write_npy}};

/* The row of the name's extension; GS_COUNT(formats): there is none. */
static size_t find(const char *path) {
    const char *dot = strrchr(path, '.');
    size_t i = 0;
    while (i < GS_COUNT(formats) && (!dot || strcasecmp(dot, formats[i].extension)))
        i++;
    return i;
}

gs_status gs_table_check(const gs_arguments *arguments, gs_error *error) {
    const char *path = arguments->out;
    gs_status status = GS_OK;
    if (!path)
        return GS_OK;
    if (find(path) == GS_COUNT(formats))
        status = gs_fail(error, GS_ERROR_ARGUMENT, "--out: %s: expected a name that ends in .csv, .json or .npy", path);
    if (!status)
        status = gs_arguments_check_out(arguments, error);
    return !status ? gs_output_check(path, GS_FORMAT_TEXT, 0, error) : status;
}

gs_status gs_table_write(const gs_table *table, const char *path, gs_error *error) {
    return path ? formats[find(path)].write(table, path, error) : GS_OK;
}
