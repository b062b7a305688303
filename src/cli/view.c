/* gensample view: draw images of a file, and say what its pixels are like. */
#include "cli/view.h"

#include <stdlib.h>
#include <string.h>

#include "app/words.h"
#include "base/stream.h"
#include "cli/commands.h"
#include "cli/images.h"
#include "cli/output.h"
#include "io/picture.h"

enum { DEFAULT_N = 64, PIPE_MAX = 1 << 30, NOTES = 2 };

/* ---- Reading ---- */

static void ignore_note(void *context, const char *key, const char *text) {
    (void)context;
    (void)key;
    (void)text;
}

/* The bytes of a pipe, which can be read only once; NULL for a file. */
static gs_status read_pipe(const char *path, unsigned char **bytes, size_t *size, gs_error *error) {
    gs_stream stream;
    gs_status status = gs_stream_open(&stream, path, "a file of images", error);
    if (status)
        return status;
    if (!stream.sized)
        status = gs_stream_read_all(&stream, PIPE_MAX, NULL, bytes, size);
    gs_stream_close(&stream);
    return status;
}

/* The size of an image is that of --shape, else what the file says. */
static gs_status find_shape(gs_view *v, const unsigned char *bytes, size_t size, gs_error *error) {
    const gs_arguments *a = v->arguments;
    gs_description description = {.note = ignore_note};
    gs_content content = {0};
    bool packed;
    gs_status status = gs_images_describe(a->input, bytes, size, &description, &content, &packed, error);
    if (status)
        return status;
    memcpy(v->shape, description.shape, sizeof v->shape);
    if (a->given[GS_OPTION_SHAPE]) {
        v->shape[0] = v->shape[0] ? v->shape[0] : 1;
        v->shape[1] = a->shape[0];
        v->shape[2] = a->shape[1];
    }
    v->pixels = (size_t)v->shape[0] * (size_t)v->shape[1] * (size_t)v->shape[2];
    if (v->pixels || !description.text[0]) /* whatever has no description, the reader refuses in its own words */
        return GS_OK;
    return gs_fail(error, GS_ERROR_FORMAT, "%s: %s: has no images of a size that is known; expected --shape HxW",
                   a->input, description.text);
}

static gs_status read_images(gs_view *v, const unsigned char *bytes, size_t size, gs_error *error) {
    static const int unknown[3] = {1, 1, 1};
    const char *path = v->arguments->input;
    const int *shape = v->pixels ? v->shape : unknown;
    gs_image_file *images = &v->given.images;
    const gs_image_wish wish = {.shape = shape,
                                .range = v->range,
                                .most = SIZE_MAX,
                                .whose_shape = "as --shape says",
                                .whose_range = "unless --range says otherwise"};
    gs_status status = bytes ? gs_images_read_memory(path, bytes, size, &wish, images, error)
                             : gs_images_read(path, &wish, images, error);
    if (!status && images->caution[0])
        gs_warn("%s: %s", path, images->caution);
    return status;
}

static gs_status read_input(gs_view *v, gs_error *error) {
    const gs_arguments *a = v->arguments;
    unsigned char *bytes = NULL;
    size_t size = 0;
    v->given.path = a->input;
    gs_status status = read_pipe(a->input, &bytes, &size, error);
    if (!status)
        status = find_shape(v, bytes, size, error);
    if (!status)
        status = read_images(v, bytes, size, error);
    gs_free(bytes);
    return !status ? gs_given_read_labels(&v->given, a->labels.count ? a->labels.values[0] : NULL, error) : status;
}

/* ---- Picking ---- */

static gs_status pick(gs_view *v, gs_error *error) {
    const gs_arguments *a = v->arguments;
    if (a->only.count && !v->given.labels) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--only: there are no labels of %s: name their file with --labels, or put it beside", a->input);
    }
    gs_status status = gs_pixels_pick(v->given.labels, v->given.images.n, a->only.values, a->only.count, a->random,
                                      a->seed, &v->picked, &v->count, error);
    if (status)
        return status;
    if (!v->count)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--only: no image has such a label");
    if (a->first >= v->count) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "--first %llu: there are %zu images, numbered from 0",
                       (unsigned long long)a->first, v->count);
    }
    size_t left = v->count - (size_t)a->first, most = a->given[GS_OPTION_SHOWN] ? (size_t)a->n : DEFAULT_N;
    if (a->given[GS_OPTION_SHOWN] && most > left)
        return gs_fail(error, GS_ERROR_ARGUMENT, "-n: %zu is more than the %zu image%s that there are", most, left,
                       left == 1 ? "" : "s");
    v->n = left < most ? left : most;
    v->figures = gs_pixels_measure(v->given.images.data, v->pixels, v->picked, v->count, v->range);
    return GS_OK;
}

/* ---- Writing ---- */

static gs_status check_output(gs_view *v, gs_error *error) {
    const gs_arguments *a = v->arguments;
    gs_status status = gs_output_format(a->out, a->format, GS_FORMAT_PNG, &v->format, error);
    if (status)
        return status;
    v->grid = gs_grid_square(v->n);
    if (a->columns) {
        int columns = (size_t)a->columns < v->n ? a->columns : (int)v->n;
        size_t rows = (v->n + (size_t)columns - 1) / (size_t)columns;
        v->grid = (gs_grid){.rows = rows < GS_GRID_LIMIT ? (int)rows : GS_GRID_LIMIT, .columns = columns};
    }
    v->grid.has_captions = v->given.labels != NULL;
    status = gs_output_check_scale(a->out, a->given[GS_OPTION_SCALE], v->format, error);
    if (!status && gs_format_holds(v->format) == GS_HOLDS_PICTURE)
        status = gs_grid_check(v->grid, v->shape, a->scale, error);
    if (!status)
        status = gs_images_check(a->out, v->format, v->shape, error);
    if (!status)
        status = gs_arguments_check_out(a, error);
    return !status ? gs_output_check(a->out, v->format, 0, error) : status;
}

static void put_command(const void *context, FILE *out) {
    const gs_view *v = context;
    const gs_arguments *a = v->arguments;
    char low[32], high[32];
    fputs("gensample view", out);
    gs_put_word(out, a->input);
    if (v->given.labels && strcmp(v->given.labels_path, a->input) != 0) {
        fputs(" --labels", out);
        gs_put_word(out, v->given.labels_path);
    }
    if (a->given[GS_OPTION_SHAPE])
        fprintf(out, " --shape %dx%d", a->shape[0], a->shape[1]);
    if (a->range.count)
        fprintf(out, " --range %s,%s", gs_shortest(a->range.values[0], low), gs_shortest(a->range.values[1], high));
    for (int i = 0; i < a->only.count; i++)
        fprintf(out, "%s%d", i ? "," : " --only ", a->only.values[i]);
    if (a->random)
        fprintf(out, " --random --seed %llu", (unsigned long long)a->seed);
    fprintf(out, " --first %llu -n %zu --columns %d", (unsigned long long)a->first, v->n, v->grid.columns);
    gs_arguments_put_out(a, out);
}

/* The images one after the other, and their labels where they are known. */
static gs_status gather(const gs_view *v, float *images, int *labels) {
    for (size_t k = 0; k < v->n; k++) {
        size_t number = gs_view_number(v, k);
        memcpy(images + k * v->pixels, v->given.images.data + number * v->pixels, v->pixels * sizeof *images);
        labels[k] = v->given.labels ? v->given.labels[number] : 0;
    }
    return GS_OK;
}

static gs_status write_images(const gs_view *v, const char *command, gs_error *error) {
    float *images = gs_alloc(v->n * v->pixels, sizeof *images);
    int *labels = gs_alloc(v->n, sizeof *labels);
    const gs_note notes[NOTES] = {{"Software", "gensample " GS_VERSION}, {"gensample:command", command}};
    gs_sink_input input = {.sizes = {v->n, (size_t)v->shape[0], (size_t)v->shape[1], (size_t)v->shape[2]},
                           .rank = 4,
                           .range = {v->range[0], v->range[1]},
                           .labels = v->given.labels ? labels : NULL,
                           .grid = v->grid,
                           .scale = v->arguments->scale,
                           .notes = notes,
                           .note_count = NOTES};
    gs_status status = images && labels && command ? gather(v, images, labels) : gs_fail_memory(error, "the picture");
    if (!status)
        status = gs_sink_put_all(v->format, v->arguments->out, &input, images, error);
    gs_free(images);
    gs_free(labels);
    return status;
}

/* ---- The command ---- */

static gs_status run_command(const gs_arguments *a, gs_error *error) {
    gs_arguments own = *a;
    gs_view v = {.arguments = &own, .range = {0, 1}};
    if (a->range.count) {
        v.range[0] = (float)a->range.values[0];
        v.range[1] = (float)a->range.values[1];
    }
    gs_status status = read_input(&v, error);
    if (!status) {
        gs_output_choose(&own, v.shape, "view.npy");
        status = pick(&v, error);
    }
    if (!status)
        status = check_output(&v, error);
    if (!status) {
        char *command = gs_output_command(put_command, &v);
        status = write_images(&v, command, error);
        free(command);
    }
    if (!status)
        status = gs_view_report(&v, gs_arguments_report(a), error);
    gs_free(v.picked);
    gs_given_free(&v.given);
    return status;
}

static gs_status check(const gs_arguments *a, gs_error *error) {
    if (!a->input)
        return gs_fail(error, GS_ERROR_ARGUMENT, "view: the file's name is missing");
    if (a->range.count && (a->range.count != 2 || !((float)a->range.values[0] < (float)a->range.values[1])))
        return gs_fail(error, GS_ERROR_ARGUMENT, "--range: expected two numbers, the lower one first");
    if (a->given[GS_OPTION_SEED] && !a->random)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--seed: says which order --random takes; add that");
    if (a->labels.count > 1)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--labels: %d files for 1 of images", a->labels.count);
    return GS_OK;
}

const gs_command gs_command_view = {
    .about =
        "Draw images of a file in a grid, under their labels where these are known, and say what the pixels of all\n"
        "images are like: mean, standard deviation, how many are black and white, and how many images each class has.\n"
        "Images come from the file's beginning or, with --random, in a random order, and --first takes the next batch\n"
        "of it. - is standard input.\n",
    .examples = "  gensample view train-images-idx3-ubyte.gz --random --seed 1 --scale 2 --out digits.png\n"
                "  gensample view t10k-images-idx3-ubyte.gz --only 3,8 -n 100 --columns 20\n"
                "  gensample view samples.npy -n 256 --out samples.png\n"
                "  gensample view samples.png --shape 28x28\n",
    .out = "view.png",
    .check = check,
    .run = run_command};
