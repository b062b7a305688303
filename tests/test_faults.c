/* Every operation on files while calls of the system, of stdio and for memory fail, one or two at a time or all from
 * one on: each run ends well, with the same file as without a failure, or with an error that says why; it loses no
 * memory, and leaves no file that is cut short or hidden. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "io/diagram.h"
#include "io/label_file.h"
#include "io/map.h"
#include "io/picture.h"
#include "io/plot.h"
#include "io/read.h"
#include "support/files.h"
#include "support/outputs.h"
#include "support/io/archives.h"
#include "support/io/operation.h"

/* ---- Operations ---- */

enum { IMAGES = 6, WRITTEN = 4, SIDE = 8, PIXELS = SIDE * SIDE, LABELS = 5000 };

static const int shape[3] = {1, SIDE, SIDE}, labels[IMAGES] = {0, 1, 2, 3, 0, 1};
static const gs_note note = {"Software", "a test"};
static float pixels[IMAGES * PIXELS];

/* What is written to "x" is on the disk in the end. */
static gs_status put_durable(const char *path, gs_error *error) {
    gs_output output;
    gs_status status = gs_output_open(&output, path, error);
    output.is_durable = true;
    return status ? status : gs_output_end(&output, gs_output_write(&output, "new", 3, error), error);
}

static gs_status put_x(gs_error *error) {
    return put_text("x", "new", error);
}

static gs_status put_durable_x(gs_error *error) {
    return put_durable("x", error);
}

static gs_status put_linked(gs_error *error) {
    return put_text("link", "new", error);
}

static gs_status put_in_folder(gs_error *error) {
    return put_durable("./x", error);
}

static gs_status put_stream(gs_error *error) {
    char path[40];
    snprintf(path, sizeof path, "/dev/fd/%d", operation_stream);
    return put_durable(path, error);
}

static void make_old(void) {
    write_file("x", "old", 3);
}

static void make_two_names(void) {
    make_old();
    assert_int_equal(link("x", "y"), 0);
}

static void make_link(void) {
    assert_int_equal(symlink("x", "link"), 0);
}

static void make_pipe(void) {
    assert_int_equal(mkfifo("x", 0600), 0);
    operation_stream = open("x", O_RDONLY | O_NONBLOCK);
}

static void make_stream(void) {
    operation_stream = open("x", O_WRONLY | O_CREAT | O_APPEND, 0600);
}

static void make_folder(void) {
    assert_int_equal(mkdir("x", 0700), 0);
}

static gs_format format;

/* A file of fewer items than were announced, but for pictures. */
static gs_status put_format(gs_error *error) {
    gs_sink_input input = {.sizes = {IMAGES, 1, SIDE, SIDE},
                           .rank = 4,
                           .range = {0, 1},
                           .labels = labels,
                           .grid = gs_grid_square(IMAGES),
                           .notes = &note,
                           .note_count = 1,
                           .is_durable = true};
    gs_sink sink;
    input.grid.has_captions = true;
    gs_status status = gs_sink_open(&sink, format, "x", &input, error);
    size_t n = gs_format_holds(format) == GS_HOLDS_PICTURE ? IMAGES : WRITTEN;
    return !status ? gs_sink_close(&sink, gs_sink_write(&sink, pixels, n, error), error) : status;
}

static gs_status put_folder(gs_error *error) {
    gs_status status = gs_output_check("x/", GS_FORMAT_DIRECTORY, 0, error);
    format = GS_FORMAT_DIRECTORY;
    return status ? status : put_format(error);
}

static gs_status put_trajectory(gs_error *error) {
    const double sigmas[2] = {10, 0};
    const gs_trajectory trajectory = {
        .states = {.data = pixels, .n = IMAGES / 2, .shape = {1, SIDE, SIDE}, .range = {0, 1}},
        .levels = 2,
        .sigmas = sigmas,
        .labels = labels,
        .classes = 9};
    return gs_write_trajectory(GS_FORMAT_PGM, "x", &trajectory, &note, 1, error);
}

static gs_status encode_sheet(gs_error *error) {
    gs_sheet sheet;
    char *bytes = NULL;
    size_t size;
    int width;
    gs_status status = gs_sheet_create(&sheet, shape, 2, 2, error);
    if (status)
        return status;
    gs_sheet_row(&sheet, 0, pixels, (const float[]){0, 1});
    status = gs_sheet_encode(&sheet, &bytes, &size, &width, error);
    assert_true(status ? !bytes : size > 0 && width > 0);
    free(bytes);
    gs_sheet_free(&sheet);
    return status;
}

static gs_status put_plot(gs_error *error) {
    const double x[] = {0, 1}, y[] = {1, 2};
    const gs_series series = {.name = "y", .y = y};
    const gs_panel panels[] = {
        {.title = "areas",
         .x_label = "x",
         .y_label = "y",
         .x = x,
         .n = 2,
         .series = &series,
         .count = 1,
         .stacked = true},
        {.title = "lines", .x_label = "x", .y_label = "y", .x = x, .n = 2, .series = &series, .count = 1}};
    const gs_figure figure = {.title = "plot", .panels = panels, .count = 2};
    return gs_plot_write("x", &figure, error);
}

static const gs_map map = {.title = "T", .caption = "C", .low = -1, .high = 1, .points = pixels, .n = 2};

static gs_status put_map(gs_error *error) {
    return gs_map_write("x", &map, error);
}

/* Bytes of a picture, which are there and whole unless it failed. */
static gs_status end_picture(gs_status status, char *bytes) {
    assert_true(status ? !bytes : strstr(bytes, "</svg>") != NULL);
    free(bytes);
    return status;
}

static gs_status encode_map(gs_error *error) {
    char *bytes = NULL;
    size_t size;
    gs_status status = gs_map_encode(&map, &bytes, &size, error);
    return end_picture(status, bytes);
}

static gs_status encode_diagram(gs_error *error) {
    const double y[] = {1, 2};
    const gs_diagram_series series[] = {{.name = "a", .y = y, .n = 2}, {.y = y, .n = 2, .stroke = GS_STROKE_BARS}};
    const gs_diagram diagram = {.title = "T", .series = series, .count = 2};
    char *bytes = NULL;
    size_t size;
    gs_status status = gs_diagram_encode(&diagram, &bytes, &size, error);
    return end_picture(status, bytes);
}

static void pack_x(void) {
    size_t size;
    unsigned char *bytes = read_file("x", &size);
    gzFile out = gzopen("x", "wb");
    assert_non_null(out);
    assert_int_equal(gzwrite(out, bytes, (unsigned)size), size);
    assert_int_equal(gzclose(out), Z_OK);
    free(bytes);
}

static void make_labels(void) {
    static unsigned char bytes[8 + LABELS] = {0, 0, 8, 1, 0, 0, LABELS >> 8, LABELS & 255};
    write_file("x", bytes, sizeof bytes);
}

static void make_packed_labels(void) {
    make_labels();
    pack_x();
}

static gs_status read_labels(gs_error *error, size_t most) {
    gs_label_file file;
    gs_status status = gs_labels_read("x", most, &file, error);
    assert_int_equal(file.n, status ? 0 : most);
    gs_free(file.labels);
    return status;
}

static gs_status read_all_labels(gs_error *error) {
    return read_labels(error, LABELS);
}

static gs_status read_few_labels(gs_error *error) {
    return read_labels(error, 3);
}

static void make_images(void) {
    gs_error error = {0};
    assert_ok(put_format(&error), &error);
}

static void make_packed_images(void) {
    make_images();
    pack_x();
}

/* Longer, packed too, than what is read of a file at once. */
static void make_many_images(void) {
    enum { MANY = 500 };
    static float noise[MANY * PIXELS];
    uint32_t random = 1;
    gs_error error = {0};
    for (int i = 0; i < MANY * PIXELS; i++) {
        random = random * 1664525 + 1013904223;
        noise[i] = (float)(random >> 8) / 16777216.0F;
    }
    assert_ok(put_array("file", noise, (const size_t[]){MANY, SIDE, SIDE}, 3, &error), &error);
    assert_int_equal(rename("file", "x"), 0);
    pack_x();
}

static int kind;

/* With labels behind the images, in the way that `kind` says. */
static void make_archive(void) {
    archive a = {.used = 0};
    archive_put_entry(&a, "samples.npy", kind);
    archive_put_array(&a, "labels.npy", "{'descr': '<i2', 'fortran_order': False, 'shape': (2,)}\n", kind);
    archive_write_whole(&a);
    assert_int_equal(rename(test_path, "x"), 0);
}

static void make_picture(void) {
    static const char header[] = "P5\n8 8\n255\n";
    char bytes[sizeof header - 1 + PIXELS] = {0};
    memcpy(bytes, header, sizeof header - 1);
    write_file("x", bytes, sizeof bytes);
}

static gs_status read_some(gs_error *error, const int wanted[3], size_t most) {
    gs_image_file file;
    const gs_image_wish wish = {.shape = wanted, .range = (const float[]){0, 1}, .most = most};
    gs_status status = gs_images_read("x", &wish, &file, error);
    assert_int_equal(file.data != NULL, !status);
    gs_images_free(&file);
    return status;
}

static gs_status read_images(gs_error *error) {
    return read_some(error, shape, IMAGES);
}

static gs_status read_first(gs_error *error) {
    return read_some(error, shape, 1);
}

static gs_status read_archive(gs_error *error) {
    return read_some(error, (const int[]){1, 2, 3}, IMAGES);
}

static gs_status describe(gs_error *error) {
    gs_description description = {.note = NULL};
    gs_content content;
    bool packed;
    return gs_images_describe("x", NULL, 0, &description, &content, &packed, error);
}

/* ---- Running them ---- */

static const operation operations[] = {
    {.name = "a text", .act = put_x},
    {.name = "a durable text", .act = put_durable_x},
    {.name = "a text in place of another", .act = put_durable_x, .prepare = make_old},
    {.name = "a text in place of another, checked", .act = put_x, .prepare = make_old},
    {.name = "a file of two names", .act = put_durable_x, .prepare = make_two_names},
    {.name = "a file behind a link", .act = put_linked, .prepare = make_link},
    {.name = "a file in a folder", .act = put_in_folder},
    {.name = "a pipe", .act = put_durable_x, .prepare = make_pipe},
    {.name = "a stream", .act = put_stream, .prepare = make_stream},
    {.name = "a folder of pictures", .act = put_folder},
    {.name = "a folder in place of another", .act = put_folder, .prepare = make_folder},
    {.name = "a trajectory", .act = put_trajectory},
    {.name = "a sheet", .act = encode_sheet, .in_memory = true},
    {.name = "a plot", .act = put_plot},
    {.name = "a map", .act = put_map},
    {.name = "a map in memory", .act = encode_map, .in_memory = true},
    {.name = "a diagram", .act = encode_diagram, .in_memory = true},
    {.name = "all labels", .act = read_all_labels, .prepare = make_labels},
    {.name = "a few labels", .act = read_few_labels, .prepare = make_labels},
    {.name = "packed labels", .act = read_few_labels, .prepare = make_packed_labels}};

static void operations_fail_cleanly(void **state) {
    (void)state;
    for (size_t i = 0; i < GS_COUNT(operations); i++)
        operation_try(&operations[i]);
}

static void formats_fail_cleanly(void **state) {
    (void)state;
    for (int i = 0; i < GS_FORMAT_COUNT; i++)
        if (gs_format_holds((gs_format)i) != GS_HOLDS_CHAINS) {
            format = (gs_format)i;
            operation_try(&(operation){.name = gs_format_name(format), .act = put_format});
        }
}

static void readers_fail_cleanly(void **state) {
    (void)state;
    static const gs_format formats[] = {GS_FORMAT_NPY, GS_FORMAT_NPZ, GS_FORMAT_IDX};
    for (size_t i = 0; i < GS_COUNT(formats); i++) {
        format = formats[i];
        operation_try(&(operation){.name = gs_format_name(format), .prepare = make_images, .act = read_images});
        operation_try(&(operation){.name = "a packed file", .prepare = make_packed_images, .act = read_images});
    }
    static const int kinds[] = {0, ARCHIVE_DEFLATED, ARCHIVE_DEFLATED | ARCHIVE_SIZES_FOLLOW};
    for (size_t i = 0; i < GS_COUNT(kinds); i++) {
        kind = kinds[i];
        operation_try(&(operation){.name = "an archive", .prepare = make_archive, .act = read_archive});
        operation_try(&(operation){.name = "what an archive is", .prepare = make_archive, .act = describe});
    }
    operation_try(&(operation){.name = "the first of many", .prepare = make_many_images, .act = read_first});
    operation_try(&(operation){.name = "a picture", .prepare = make_picture, .act = read_images});
}

static int draw_pixels(void **state) {
    (void)state;
    for (int i = 0; i < IMAGES * PIXELS; i++)
        pixels[i] = (float)(i % 50) / 50;
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {OUTPUT_TEST(operations_fail_cleanly), OUTPUT_TEST(formats_fail_cleanly),
                                       OUTPUT_TEST(readers_fail_cleanly)};
    return cmocka_run_group_tests(tests, draw_pixels, NULL);
}
