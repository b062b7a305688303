/* The numbers of gensample energy, image by image. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "app/words.h"
#include "cli/energy.h"
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

static void put_csv(const gs_energy_run *run, FILE *out) {
    fprintf(out, "input,image,label,%s%s\n", run->has_energy ? "energy," : "",
            run->has_energy ? "gradient_norm" : "score_norm");
    for (int i = 0; i < run->count; i++) {
        const gs_energies *e = &run->input[i];
        for (size_t k = 0; k < e->given.images.n; k++) {
            put_field(gs_base_name(e->given.path), out);
            fprintf(out, ",%zu,", k);
            if (e->given.labels)
                fprintf(out, "%d", e->given.labels[k]);
            if (run->has_energy)
                fprintf(out, ",%.9g", (double)e->energy[k]);
            fprintf(out, ",%.9g\n", (double)e->norm[k]);
        }
    }
}

static json_t *image_json(const gs_energy_run *run, const gs_energies *e, size_t k) {
    json_t *object = json_object();
    json_object_set_new(object, "input", gs_text_json(gs_base_name(e->given.path)));
    json_object_set_new(object, "image", gs_whole_json(k));
    json_object_set_new(object, "label", e->given.labels ? json_integer(e->given.labels[k]) : json_null());
    if (run->has_energy)
        json_object_set_new(object, "energy", gs_real_json((double)e->energy[k]));
    json_object_set_new(object, run->has_energy ? "gradient_norm" : "score_norm", gs_real_json((double)e->norm[k]));
    return object;
}

/* One object per image and line. */
static void put_json(const gs_energy_run *run, FILE *out) {
    const char *before = "[\n";
    for (int i = 0; i < run->count; i++) {
        for (size_t k = 0; k < run->input[i].given.images.n; k++) {
            json_t *object = image_json(run, &run->input[i], k);
            fputs(before, out);
            json_dumpf(object, out, JSON_COMPACT | JSON_REAL_PRECISION(9));
            json_decref(object);
            before = ",\n";
        }
    }
    fputs("\n]\n", out);
}

static gs_status write_text(const gs_energy_run *run, void put(const gs_energy_run *run, FILE *out), gs_error *error) {
    gs_output output;
    const char *path = run->arguments->out;
    gs_status status = gs_output_open(&output, path, error);
    if (status)
        return status;
    put(run, output.file);
    if (ferror(output.file))
        status = gs_fail(error, GS_ERROR_FILE, "%s: cannot write", path);
    return gs_output_end(&output, status, error);
}

static gs_status write_csv(const gs_energy_run *run, gs_error *error) {
    return write_text(run, put_csv, error);
}

static gs_status write_json(const gs_energy_run *run, gs_error *error) {
    return write_text(run, put_json, error);
}

/* ---- Arrays ---- */

/* (images, 2) energies and lengths, or (images, 1) lengths. */
static gs_status write_npy(const gs_energy_run *run, gs_error *error) {
    gs_sink sink;
    gs_sink_input input = {.sizes = {0, run->has_energy ? 2 : 1}, .rank = 2};
    for (int i = 0; i < run->count; i++)
        input.sizes[0] += run->input[i].given.images.n;
    gs_status status = gs_sink_open(&sink, GS_FORMAT_NPY, run->arguments->out, &input, error);
    if (status)
        return status;
    for (int i = 0; i < run->count; i++) {
        const gs_energies *e = &run->input[i];
        for (size_t k = 0; k < e->given.images.n && !status; k++) {
            const float row[2] = {run->has_energy ? e->energy[k] : e->norm[k], e->norm[k]};
            status = gs_sink_write(&sink, row, 1, error);
        }
    }
    return gs_sink_close(&sink, status, error);
}

/* ---- By name ---- */

static const struct {
    const char *extension;
    gs_status (*write)(const gs_energy_run *run, gs_error *error);
} tables[] = {{".csv", write_csv}, {".json", write_json}, {".npy", write_npy}};

/* The row of the name's extension; GS_COUNT(tables): there is none. */
static size_t find(const char *path) {
    const char *dot = strrchr(path, '.');
    size_t i = 0;
    while (i < GS_COUNT(tables) && (!dot || strcasecmp(dot, tables[i].extension)))
        i++;
    return i;
}

gs_status gs_energy_check_table(const char *path, gs_error *error) {
    return find(path) < GS_COUNT(tables)
               ? GS_OK
               : gs_fail(error, GS_ERROR_ARGUMENT, "--out: %s: expected a name that ends in .csv, .json or .npy", path);
}

gs_status gs_energy_write_table(const gs_energy_run *run, gs_error *error) {
    return tables[find(run->arguments->out)].write(run, error);
}
