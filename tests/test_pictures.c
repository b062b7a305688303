/* Every written picture is read back by libpng: its pixels, its grid and its text. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/picture.h"
#include "io/sheet.h"
#include "support/outputs.h"
#include "support/about.h"
#include "support/files.h"
#include "support/io/place.h"

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

static void sizes_that_no_picture_has(void **state) {
    (void)state;
    static const size_t sizes[][2] = {{0, 1}, {1, 0}, {(size_t)INT32_MAX + 1, 1}, {1, (size_t)INT32_MAX + 1}};
    for (size_t i = 0; i < GS_COUNT(sizes); i++) {
        gs_canvas canvas;
        gs_error error = {0};
        assert_int_equal(gs_canvas_create(&canvas, sizes[i][0], sizes[i][1], 1, 0, &error), GS_ERROR_UNSUPPORTED);
        assert_non_null(strstr(error.message, "more than a PNG file holds"));
        assert_null(canvas.pixels);
    }
    const float pixel[2] = {0};
    const gs_images images = {.data = pixel, .n = 1, .shape = {2, 1, 1}, .range = {0, 1}};
    gs_canvas canvas;
    assert_int_equal(gs_draw_grid(&canvas, &images, gs_grid_square(1), NULL), GS_ERROR_UNSUPPORTED);
    assert_null(canvas.pixels);
}

/* Images past the last cell have no caption either. */
static void captions_stay_in_the_grid(void **state) {
    (void)state;
    const gs_grid grid = {.rows = 1, .columns = 1, .has_captions = true};
    const int shape[3] = {1, 12, 12};
    gs_canvas canvas;
    assert_int_equal(gs_grid_create(&canvas, grid, shape, NULL), GS_OK);
    size_t size = gs_grid_bytes(grid, shape);
    uint8_t *before = malloc(size);
    assert_non_null(before);
    memcpy(before, canvas.pixels, size);
    gs_grid_caption(&canvas, grid, 1, shape, 7);
    assert_memory_equal(canvas.pixels, before, size);
    gs_grid_caption(&canvas, grid, 0, shape, 7);
    assert_memory_not_equal(canvas.pixels, before, size);
    free(before);
    gs_canvas_free(&canvas);
}

/* A single state, whose noise is more than its head has digits for. */
static void a_trajectory_of_one_state(void **state) {
    place *p = *state;
    const float pixels[64] = {0};
    const double sigma = 30000;
    gs_error error = {0};
    gs_trajectory t = {
        .states = {.data = pixels, .n = 1, .shape = {1, 8, 8}, .range = {0, 1}}, .levels = 1, .sigmas = &sigma};
    assert_ok(gs_write_trajectory(GS_FORMAT_PNG, in(p, "t.png"), &t, NULL, 0, &error), &error);
    uint8_t *drawn;
    png_image image = read_png(p->path, PNG_FORMAT_GRAY, &drawn);
    assert_int_equal(image.width, 11 + 17 + 6); /* "3e4" is wider than the image */
    assert_int_equal(image.height, 13 + 8 + 2 + 2);
    free(drawn);
}

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
        TEST(sizes_that_no_picture_has),
        TEST(captions_stay_in_the_grid),
        TEST(a_trajectory_of_one_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
