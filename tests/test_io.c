/* Every written file is read back, pictures by libpng and the rest byte by byte; failures leave nothing behind. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <png.h>

#include "io/picture.h"
#include "io/sheet.h"
#include "support/outputs.h"
#include "support/about.h"
#include "support/files.h"

typedef struct place {
    char *directory;
    char path[512];
} place;

static int make_place(void **state) {
    place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->directory = temp_directory();
    *state = p;
    return 0;
}

static int remove_place(void **state) {
    place *p = *state;
    remove_directory(p->directory);
    free(p);
    return 0;
}

static const char *in(place *p, const char *name) {
    snprintf(p->path, sizeof p->path, "%s/%s", p->directory, name);
    return p->path;
}

/* remove_directory refuses unexpected contents, but only rmdir shows that nothing hidden is left. */
static void assert_empty(place *p) {
    if (rmdir(p->directory) != 0)
        fail_msg("%s is not empty", p->directory);
    assert_int_equal(mkdir(p->directory, 0700), 0);
}

/* ---- PNG ---- */

static png_image read_png(const char *path, png_uint_32 format, uint8_t **pixels) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_file(&image, path));
    assert_int_equal(image.format, format);
    *pixels = malloc(PNG_IMAGE_SIZE(image));
    assert_non_null(*pixels);
    assert_true(png_image_finish_read(&image, NULL, *pixels, 0, NULL));
    return image;
}

static void pixels_are_rounded_and_clipped(void **state) {
    (void)state;
    assert_int_equal(gs_pixel(0, 0, 1), 0);
    assert_int_equal(gs_pixel(1, 0, 1), 255);
    assert_int_equal(gs_pixel(0.5F, 0, 1), 128);
    assert_int_equal(gs_pixel(0.49F / 255, 0, 1), 0);
    assert_int_equal(gs_pixel(0.51F / 255, 0, 1), 1);
    assert_int_equal(gs_pixel(254.4F / 255, 0, 1), 254);
    assert_int_equal(gs_pixel(-3, 0, 1), 0);
    assert_int_equal(gs_pixel(7, 0, 1), 255);
    assert_int_equal(gs_pixel(0, -1, 1), 128);
    assert_int_equal(gs_pixel(NAN, 0, 1), 0);
    assert_int_equal(gs_pixel(INFINITY, 0, 1), 255);
    assert_int_equal(gs_pixel(-INFINITY, 0, 1), 0);
}

static void a_grey_grid(void **state) {
    place *p = *state;
    gs_error error = {0};
    const float data[] = {0, 1, 0.2F, 0.4F, 0.6F, 0.8F, /* the second image */ 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0};
    gs_images images = {.data = data, .n = 3, .shape = {1, 2, 3}, .range = {0, 1}};
    gs_note notes[] = {{"Software", "a test"}, {"gensample:model", "m"}};
    assert_ok(put_images(GS_FORMAT_PNG, in(p, "x.png"), &images, (gs_grid){.rows = 2, .columns = 2}, notes, 2, &error),
              &error);
    uint8_t *pixels;
    png_image image = read_png(p->path, PNG_FORMAT_GRAY, &pixels);
    assert_int_equal(image.width, 2 * (3 + 2) + 2);
    assert_int_equal(image.height, 2 * (2 + 2) + 2);
    const uint8_t first[] = {0, 255, 51}, second[] = {255, 255, 255}, third[] = {0, 0, 0};
    assert_memory_equal(pixels + 2 * image.width + 2, first, 3);
    assert_memory_equal(pixels + 3 * image.width + 2, ((uint8_t[]){102, 153, 204}), 3);
    assert_memory_equal(pixels + 2 * image.width + 7, second, 3);
    assert_memory_equal(pixels + 6 * image.width + 2, third, 3);
    assert_int_equal(pixels[0], pixels[6 * image.width + 7]); /* an empty cell is background */
    free(pixels);

    size_t size;
    unsigned char *bytes = read_file(p->path, &size);
    bool found = false;
    for (size_t i = 0; i + 21 < size; i++)
        found = found || !memcmp(bytes + i, "tEXtgensample:model\0m", 21);
    assert_true(found);
    free(bytes);
    unlink(p->path);
    assert_empty(p);
}

/* Written into memory, it is the same file. */
static void a_grid_in_memory(void **state) {
    place *p = *state;
    gs_error error = {0};
    const float data[] = {0, 0.25F, 0.5F, 1};
    gs_images images = {.data = data, .n = 1, .shape = {1, 2, 2}, .range = {0, 1}};
    gs_canvas canvas;
    char *bytes;
    size_t size, expected_size;
    assert_ok(put_images(GS_FORMAT_PNG, in(p, "x.png"), &images, (gs_grid){.rows = 1, .columns = 1}, NULL, 0, &error),
              &error);
    assert_ok(gs_draw_grid(&canvas, &images, (gs_grid){.rows = 1, .columns = 1}, &error), &error);
    assert_ok(gs_canvas_encode_png(&canvas, &bytes, &size, &error), &error);
    unsigned char *expected = read_file(p->path, &expected_size);
    assert_int_equal(size, expected_size);
    assert_memory_equal(bytes, expected, size);
    free(expected);
    free(bytes);
    gs_canvas_free(&canvas);
    unlink(p->path);
}

static void a_coloured_grid_by_column(void **state) {
    place *p = *state;
    gs_error error = {0};
    const float data[] = {-1, 0, 1, /* red, green and blue of the second image */ 1, 1, -1, -1, -1, 1};
    gs_images images = {.data = data, .n = 3, .shape = {3, 1, 1}, .range = {-1, 1}};
    assert_ok(put_images(GS_FORMAT_PNG, in(p, "x.png"), &images, (gs_grid){.rows = 2, .columns = 2, .by_column = true},
                         NULL, 0, &error),
              &error);
    uint8_t *pixels;
    png_image image = read_png(p->path, PNG_FORMAT_RGB, &pixels);
    assert_int_equal(image.width, 8);
    assert_int_equal(image.height, 8);
    assert_memory_equal(pixels + 3 * (2 * 8 + 2), ((uint8_t[]){0, 128, 255}), 3);
    assert_memory_equal(pixels + 3 * (5 * 8 + 2), ((uint8_t[]){255, 255, 0}), 3);
    assert_memory_equal(pixels + 3 * (2 * 8 + 5), ((uint8_t[]){0, 0, 255}), 3);
    free(pixels);
    images.shape[0] = 2;
    assert_int_equal(put_images(GS_FORMAT_PNG, in(p, "y.png"), &images,
                                (gs_grid){.rows = 2, .columns = 2, .by_column = true}, NULL, 0, &error),
                     GS_ERROR_UNSUPPORTED);
    assert_int_equal(gs_images_check("y.png", GS_FORMAT_PNG, images.shape, &error), GS_ERROR_UNSUPPORTED);
    assert_int_equal(gs_images_check("y.npy", GS_FORMAT_NPY, images.shape, &error), GS_OK);
}

static void a_larger_picture(void **state) {
    (void)state;
    gs_canvas canvas;
    uint8_t row[18];
    static const uint8_t wide[2][18] = {{1, 2, 3, 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6, 4, 5, 6},
                                        {7, 8, 9, 7, 8, 9, 7, 8, 9, 10, 11, 12, 10, 11, 12, 10, 11, 12}};
    assert_int_equal(gs_canvas_create(&canvas, 2, 2, 3, 0, NULL), GS_OK);
    for (uint8_t i = 0; i < 12; i++)
        canvas.pixels[i] = i + 1;
    canvas.scale = 3;
    assert_int_equal(gs_canvas_written_width(&canvas), 6);
    assert_int_equal(gs_canvas_written_height(&canvas), 6);
    for (int y = 0; y < 6; y++) {
        about("row %d", y);
        gs_canvas_written_row(&canvas, y, row);
        assert_memory_equal(row, wide[y / 3], sizeof row);
    }
    gs_canvas_free(&canvas);
}

/* A picture of more pixels than programs open is refused, with the scale that fits. */
static void too_large_pictures(void **state) {
    (void)state;
    const int one[3] = {1, 28, 28}, large[3] = {3, 4096, 4096};
    const gs_grid square = {.rows = 8, .columns = 8}, row = {.rows = 1, .columns = GS_GRID_LIMIT};
    gs_error error;
    assert_int_equal(gs_grid_check(square, one, GS_CANVAS_SCALE_MAX, NULL), GS_OK);
    assert_int_equal(gs_grid_check(row, one, 0, NULL), GS_OK);
    assert_int_equal(gs_grid_check(row, one, 3, &error), GS_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "as with --scale 2"));
    assert_int_equal(gs_grid_check(row, large, 1, &error), GS_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "draw fewer images"));
    assert_int_equal(gs_sheet_check(one, GS_SHEET_ROWS, GS_SHEET_COLUMNS, 13, NULL), GS_OK);
    assert_int_equal(gs_sheet_check(one, GS_SHEET_ROWS, GS_SHEET_COLUMNS, 14, NULL), GS_ERROR_ARGUMENT);
}

static void grids(void **state) {
    (void)state;
    static const struct {
        size_t n;
        int rows, columns;
    } square[] = {{1, 1, 1},  {2, 1, 2},      {3, 2, 2},      {64, 8, 8},
                  {65, 8, 9}, {1024, 32, 32}, {1025, 32, 32}, {SIZE_MAX, 32, 32}};
    for (size_t i = 0; i < GS_COUNT(square); i++) {
        about("square[%zu]", i);
        gs_grid grid = gs_grid_square(square[i].n);
        assert_int_equal(grid.rows, square[i].rows);
        assert_int_equal(grid.columns, square[i].columns);
    }
    gs_grid grid = gs_grid_classes(101, 10);
    assert_true(grid.by_column && grid.rows == 10 && grid.columns == 11);
    grid = gs_grid_classes(1000000, 10);
    assert_true(grid.rows == 10 && grid.columns == 102);
    grid = gs_grid_classes(5, 65535);
    assert_true(grid.rows == GS_GRID_MAX && grid.columns == 1);
}

/* ---- Text ---- */

static void text_is_drawn_inside_the_canvas_only(void **state) {
    (void)state;
    gs_canvas canvas;
    gs_error error;
    assert_int_equal(gs_canvas_create(&canvas, 9, 7, 1, 0, &error), GS_OK);
    gs_canvas_text(&canvas, 0, 0, "1?", 200);
    const uint8_t one[7] = {0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E};
    for (int y = 0; y < 7; y++)
        for (int x = 0; x < 9; x++) {
            about("x %d", x);
            assert_int_equal(canvas.pixels[y * 9 + x], x < 5 && one[y] >> (4 - x) & 1 ? 200 : 0);
        }
    gs_canvas_text(&canvas, -3, -3, "8888", 255);
    gs_canvas_text(&canvas, 7, 5, "8888", 255);
    gs_canvas_free(&canvas);
    assert_int_equal(gs_text_width(""), 0);
    assert_int_equal(gs_text_width("0.5"), 17);
    assert_int_equal(gs_canvas_create(&canvas, SIZE_MAX, 1, 1, 0, &error), GS_ERROR_UNSUPPORTED);
    assert_int_equal(gs_canvas_create(&canvas, 0, 1, 1, 0, &error), GS_ERROR_UNSUPPORTED);
}

static void a_trajectory(void **state) {
    place *p = *state;
    gs_error error = {0};
    enum { LEVELS = 30, N = 2 };
    float data[LEVELS * N];
    double sigmas[LEVELS];
    for (int l = 0; l < LEVELS; l++) {
        sigmas[l] = l == LEVELS - 1 ? 0 : 100.0 * pow(0.5, l);
        data[2 * l] = (float)(0.5 + 2 * sigmas[l]); /* bright noise, and a result of 1/2 */
        data[2 * l + 1] = 1;
    }
    gs_trajectory t = {.states = {.data = data, .n = N, .shape = {1, 1, 1}, .range = {0, 1}},
                       .levels = LEVELS,
                       .sigmas = sigmas,
                       .labels = (int[]){7, 10},
                       .classes = 10};
    assert_ok(gs_write_trajectory(GS_FORMAT_PNG, in(p, "t.png"), &t, NULL, 0, &error), &error);
    uint8_t *pixels;
    png_image image = read_png(p->path, PNG_FORMAT_GRAY, &pixels);
    int pitch = 29 + 2 + 2, top = 13, left = 11; /* the widest head is 3.1e-5 or 0.012: 29 pixels */
    assert_int_equal(image.width, left + GS_TRAJECTORY_COLUMNS * pitch + 2);
    assert_int_equal(image.height, top + 2 * 9 + 2);
    /* The first state: 1/2 + 2 sigma is just below white; the last column shows the results as they are. */
    int middle = left + 15, last = middle + (GS_TRAJECTORY_COLUMNS - 1) * pitch;
    assert_int_equal(pixels[top * (int)image.width + middle], 255);
    assert_int_equal(pixels[top * (int)image.width + last], 128);
    assert_int_equal(pixels[(top + 9) * (int)image.width + last], 255);
    free(pixels);
}

/* ---- Arrays ---- */

static void an_npy_file(void **state) {
    place *p = *state;
    gs_error error = {0};
    const float data[] = {1, -2, 0.5F, 0, 3, 4};
    assert_ok(put_array(in(p, "x.npy"), data, (size_t[]){3, 1, 2}, 3, &error), &error);
    size_t size;
    unsigned char *bytes = read_file(p->path, &size);
    assert_int_equal(size, 128 + sizeof data);
    assert_memory_equal(bytes,
                        "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (3, 1, 2), }", 72);
    assert_int_equal(bytes[127], '\n');
    assert_memory_equal(bytes + 128, data, sizeof data);
    free(bytes);
    assert_ok(put_array(in(p, "x.npy"), data, (size_t[]){6}, 1, &error), &error);
    bytes = read_file(p->path, &size);
    assert_non_null(strstr((char *)bytes + 10, "(6,), }"));
    free(bytes);
    assert_int_equal(put_array(in(p, "y.npy"), data, (size_t[]){SIZE_MAX / 2, 4}, 2, &error), GS_ERROR_UNSUPPORTED);
    assert_int_equal(put_array(in(p, "y.npy"), data, (size_t[]){1}, 0, &error), GS_ERROR_UNSUPPORTED);
    unlink(in(p, "x.npy"));
    assert_empty(p);
}

static void an_idx_file(void **state) {
    place *p = *state;
    gs_error error = {0};
    const float data[] = {0, 1, 0.2F, 2, -1, 0.4F};
    gs_images images = {.data = data, .n = 3, .shape = {1, 1, 2}, .range = {0, 1}};
    assert_ok(put_images(GS_FORMAT_IDX, in(p, "x.idx"), &images, (gs_grid){0}, NULL, 0, &error), &error);
    size_t size;
    unsigned char *bytes = read_file(p->path, &size);
    const unsigned char expected[] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255, 51, 255, 0, 102};
    assert_int_equal(size, sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
    free(bytes);
    images.shape[0] = 2;
    images.shape[2] = 1;
    assert_ok(put_images(GS_FORMAT_IDX, in(p, "x.idx"), &images, (gs_grid){0}, NULL, 0, &error), &error);
    bytes = read_file(p->path, &size);
    assert_int_equal(size, 4 + 4 * 4 + 6);
    assert_memory_equal(bytes, ((unsigned char[]){0, 0, 8, 4, 0, 0, 0, 3, 0, 0, 0, 2}), 12);
    free(bytes);
    images.n = (size_t)UINT32_MAX + 1;
    assert_int_equal(put_images(GS_FORMAT_IDX, in(p, "y.idx"), &images, (gs_grid){0}, NULL, 0, &error),
                     GS_ERROR_UNSUPPORTED);
}

static void an_idx_file_longer_than_a_chunk(void **state) {
    place *p = *state;
    gs_error error = {0};
    enum { N = 10000 };
    float *data = malloc(N * sizeof *data);
    assert_non_null(data);
    for (int i = 0; i < N; i++)
        data[i] = (float)(i % 256);
    gs_images images = {.data = data, .n = N, .shape = {1, 1, 1}, .range = {0, 255}};
    assert_ok(put_images(GS_FORMAT_IDX, in(p, "x.idx"), &images, (gs_grid){0}, NULL, 0, &error), &error);
    size_t size;
    unsigned char *bytes = read_file(p->path, &size);
    assert_int_equal(size, 16 + N);
    for (int i = 0; i < N; i++) {
        about("i %d", i);
        assert_int_equal(bytes[16 + i], i % 256);
    }
    free(bytes);
    free(data);
}

/* ---- Names and failures ---- */

static void formats_by_name(void **state) {
    (void)state;
    static const struct {
        const char *path;
        gs_format format;
        const char *named;
    } known[] = {{"x.png", GS_FORMAT_PNG, NULL},
                 {"x.PNG", GS_FORMAT_PNG, NULL},
                 {"x.pgm", GS_FORMAT_PGM, NULL},
                 {"x.npz", GS_FORMAT_NPZ, NULL},
                 {"a.b/x.npy", GS_FORMAT_NPY, NULL},
                 {"x.Npy", GS_FORMAT_NPY, "npy"},
                 {"x.idx", GS_FORMAT_IDX, NULL},
                 {"x.IDX", GS_FORMAT_IDX, NULL},
                 {"x.idx3-ubyte", GS_FORMAT_IDX, "idx"},
                 {"x", GS_FORMAT_DIRECTORY, NULL},
                 {"x", GS_FORMAT_NPY, "npy"},
                 {"x.dat", GS_FORMAT_IDX, "idx"},
                 {"a.b/x", GS_FORMAT_DIRECTORY, NULL},
                 {"x.png/", GS_FORMAT_DIRECTORY, NULL},
                 {"png/", GS_FORMAT_DIRECTORY, "png"},
                 {"..", GS_FORMAT_DIRECTORY, NULL},
                 {"a/.hidden", GS_FORMAT_DIRECTORY, NULL},
                 {"-", GS_FORMAT_PNG, NULL},
                 {"-", GS_FORMAT_NPY, "npy"},
                 {"/dev/stdout", GS_FORMAT_PNG, NULL},
                 {"/dev/null", GS_FORMAT_IDX, "idx"}};
    gs_error error = {0};
    gs_format format;
    for (size_t i = 0; i < GS_COUNT(known); i++)
        if (gs_output_format(known[i].path, known[i].named, GS_FORMAT_PNG, &format, &error) ||
            format != known[i].format)
            fail_msg("%s: format %d, expected %d: %s", known[i].path, (int)format, (int)known[i].format, error.message);
    assert_int_equal(gs_output_format("-", NULL, GS_FORMAT_NPY, &format, &error), GS_OK);
    assert_int_equal(format, GS_FORMAT_NPY);
}

static void names_that_are_mistakes(void **state) {
    (void)state;
    static const struct {
        const char *path, *named, *why;
    } mistakes[] = {{"", NULL, "is empty"},
                    {"x.jpg", NULL, "unknown extension"},
                    {"x.pngg", NULL, "unknown extension"},
                    {"x.", NULL, "unknown extension"},
                    {"x.png.gz", NULL, "unknown extension"},
                    {"-o", NULL, "dash"},
                    {"--json", NULL, "dash"},
                    {"-x.png", NULL, "dash"},
                    {"x.png ", NULL, "space"},
                    {"a/x ", NULL, "space"},
                    {" x.png", NULL, "space"},
                    {"x.png\n", NULL, "control"},
                    {"x\t.npy", NULL, "control"},
                    {".png", NULL, "no name"},
                    {"a/.NPY", NULL, "no name"},
                    {"png", NULL, "a format"},
                    {"a/npy", NULL, "a format"},
                    {"x.png", "npy", "asks for png"},
                    {"x/", "idx", "asks for a directory of png"},
                    {"x.png", "jpeg", "known are png, "}};
    for (size_t i = 0; i < GS_COUNT(mistakes); i++) {
        gs_error error = {0};
        gs_format format;
        gs_status status = gs_output_format(mistakes[i].path, mistakes[i].named, GS_FORMAT_PNG, &format, &error);
        if (status != GS_ERROR_ARGUMENT || !strstr(error.message, mistakes[i].why))
            fail_msg("\"%s\": status %d, expected \"%s\": %s", mistakes[i].path, (int)status, mistakes[i].why,
                     error.message);
    }
}

static void checks_leave_nothing(void **state) {
    place *p = *state;
    gs_error error;
    assert_int_equal(gs_output_check(in(p, "x.png"), GS_FORMAT_PNG, 0, &error), GS_OK);
    assert_int_equal(gs_output_check(in(p, "d/"), GS_FORMAT_DIRECTORY, 0, &error), GS_OK);
    assert_int_equal(gs_output_check(in(p, "no/x.png"), GS_FORMAT_PNG, 0, &error), GS_ERROR_FILE);
    assert_non_null(strstr(error.message, strerror(ENOENT)));
    assert_int_equal(gs_output_check(p->directory, GS_FORMAT_DIRECTORY, 0, &error), GS_OK); /* it is empty */
    assert_int_equal(gs_output_check("/", GS_FORMAT_DIRECTORY, 0, &error), GS_ERROR_FILE);
    assert_non_null(strstr(error.message, "is not empty"));
    assert_empty(p);
}

static void a_full_device(void **state) {
    place *p = *state;
    gs_error error;
    float *data = noise_pixels();
    gs_images images = noise_images(data);
    assert_int_equal(symlink("/dev/full", in(p, "full")), 0);
    assert_int_equal(put_images(GS_FORMAT_PNG, p->path, &images, gs_grid_square(40), NULL, 0, &error), GS_ERROR_FILE);
    assert_non_null(strstr(error.message, strerror(ENOSPC)));
    assert_int_equal(put_images(GS_FORMAT_IDX, p->path, &images, (gs_grid){0}, NULL, 0, &error), GS_ERROR_FILE);
    assert_int_equal(put_array(p->path, data, (size_t[]){40 * 256}, 1, &error), GS_ERROR_FILE);
    assert_non_null(strstr(error.message, strerror(ENOSPC)));
    free(data);
    unlink(p->path);
    assert_empty(p);
}

/* Writes that fail part-way: every writer, at every limit on the file's size from 0 upwards. */
static void files_cut_short(void **state) {
    place *p = *state;
    gs_error error;
    float *data = noise_pixels();
    gs_images images = noise_images(data);
    struct rlimit before, limit;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    static const rlim_t limits[] = {0, 10, 100, 5000};
    for (size_t i = 0; i < GS_COUNT(limits); i++) {
        about("limits[%zu]", i);
        limit = before;
        limit.rlim_cur = limits[i];
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        gs_status grid = put_images(GS_FORMAT_PNG, in(p, "x.png"), &images, gs_grid_square(40), NULL, 0, &error);
        gs_status npy = put_array(in(p, "x.npy"), data, (size_t[]){40 * 256}, 1, &error);
        gs_status idx = put_images(GS_FORMAT_IDX, in(p, "x.idx"), &images, (gs_grid){0}, NULL, 0, &error);
        gs_status directory = limits[i] < 5000
                                  ? put_images(GS_FORMAT_DIRECTORY, in(p, "d"), &images, (gs_grid){0}, NULL, 0, &error)
                                  : GS_ERROR_FILE;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(grid, GS_ERROR_FILE);
        assert_int_equal(npy, GS_ERROR_FILE);
        assert_int_equal(idx, GS_ERROR_FILE);
        assert_int_equal(directory, GS_ERROR_FILE);
        assert_non_null(strstr(error.message, strerror(EFBIG)));
        assert_empty(p);
    }
    free(data);
}

static void directories_are_not_overwritten(void **state) {
    place *p = *state;
    gs_error error = {0};
    float *data = noise_pixels();
    gs_images images = noise_images(data);
    images.n = 11;
    char name[600];
    assert_ok(put_images(GS_FORMAT_DIRECTORY, in(p, "d//"), &images, (gs_grid){0}, NULL, 0, &error), &error);
    for (int i = 0; i < 11; i++) {
        about("i %d", i);
        snprintf(name, sizeof name, "%s/d/%02d.png", p->directory, i);
        uint8_t *pixels;
        png_image image = read_png(name, PNG_FORMAT_GRAY, &pixels);
        assert_int_equal(image.width, 16);
        for (int j = 0; j < 256; j++) {
            about("i %d, j %d", i, j);
            assert_int_equal(pixels[j], gs_pixel(data[i * 256 + j], 0, 1));
        }
        free(pixels);
        assert_int_equal(put_images(GS_FORMAT_DIRECTORY, in(p, "d"), &images, (gs_grid){0}, NULL, 0, &error),
                         GS_ERROR_FILE);
        assert_int_equal(access(name, F_OK), 0);
        unlink(name);
    }
    assert_int_equal(rmdir(in(p, "d")), 0);
    assert_empty(p);
    free(data);
}

static void an_abandoned_file_leaves_the_old(void **state) {
    place *p = *state;
    gs_error error;
    gs_output output;
    write_file(in(p, "x.npy"), "old", 3);
    assert_int_equal(gs_output_open(&output, p->path, &error), GS_OK);
    assert_int_equal(gs_output_write(&output, "new", 3, &error), GS_OK);
    gs_output_abandon(&output);
    size_t size;
    unsigned char *bytes = read_file(p->path, &size);
    assert_string_equal(bytes, "old");
    free(bytes);
    assert_int_equal(gs_output_open(&output, p->path, &error), GS_OK);
    assert_int_equal(gs_output_write(&output, "new", 3, &error), GS_OK);
    assert_int_equal(gs_output_commit(&output, &error), GS_OK);
    bytes = read_file(p->path, &size);
    assert_string_equal(bytes, "new");
    free(bytes);
    unlink(p->path);
    assert_empty(p);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_place, remove_place)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(pixels_are_rounded_and_clipped),
        TEST(a_grey_grid),
        TEST(a_grid_in_memory),
        TEST(a_coloured_grid_by_column),
        TEST(grids),
        TEST(a_larger_picture),
        TEST(too_large_pictures),
        TEST(text_is_drawn_inside_the_canvas_only),
        TEST(a_trajectory),
        TEST(an_npy_file),
        TEST(an_idx_file),
        TEST(an_idx_file_longer_than_a_chunk),
        TEST(formats_by_name),
        TEST(names_that_are_mistakes),
        TEST(checks_leave_nothing),
        TEST(a_full_device),
        TEST(files_cut_short),
        TEST(directories_are_not_overwritten),
        TEST(an_abandoned_file_leaves_the_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
