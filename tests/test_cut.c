/* Pictures cut into images: with gaps of any colour and width, without, and large drawings; each picture is drawn here
 * from its own images, with which the result can be compared. */
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
#include "support/outputs.h"
#include "support/files.h"
#include "support/io/images.h"

enum { SIDE = 28, PIXELS = SIDE * SIDE, BORDER = 4, MOST = 14 * 14 };

static const int grey[3] = {1, SIDE, SIDE};
static const float unit[2] = {0, 1};
static uint8_t digits[MOST]
                     [PIXELS]; /* a stroke from one side of the inner 20 x 20 pixels to another, as MNIST has them */

/* An inclined stroke three pixels wide, different in each image, black around it. */
static int draw_digits(void **state) {
    for (int k = 0; k < MOST; k++)
        for (int i = BORDER; i < SIDE - BORDER; i++)
            for (int w = -1; w <= 1; w++) {
                int reach = SIDE - 2 * BORDER - 3, slope = k * 5 % 17 - 8;
                int x = BORDER + 1 + (k * 7 % reach + slope * (i - BORDER) / 10 + 2 * reach) % reach;
                digits[k][i * SIDE + x + w] = (uint8_t)(w ? 200 : 255);
            }
    return make_test_path(state);
}

typedef struct grid {
    int rows, columns, gap, margin;
    uint8_t colour;
} grid;

/* Write test_path: the first images in a grid, cells past `count` left in the gaps' colour. */
static void write_grid(grid g, int count) {
    int width = g.columns * (SIDE + g.gap) - g.gap + 2 * g.margin;
    int height = g.rows * (SIDE + g.gap) - g.gap + 2 * g.margin;
    uint8_t *all = malloc((size_t)width * (size_t)height);
    assert_non_null(all);
    memset(all, g.colour, (size_t)width * (size_t)height);
    for (int k = 0; k < count; k++) {
        int x = g.margin + k % g.columns * (SIDE + g.gap), y = g.margin + k / g.columns * (SIDE + g.gap);
        for (int i = 0; i < SIDE; i++)
            memcpy(all + (y + i) * width + x, digits[k] + i * SIDE, SIDE);
    }
    write_png(PNG_FORMAT_GRAY, width, height, all);
    free(all);
}

/* Checks that the images come back, and that the report says how the picture was cut. */
static void check_grid(grid g, int count) {
    char words[200];
    write_grid(g, count);
    gs_image_file images = read_good(grey, unit, MOST);
    if (g.gap)
        snprintf(words, sizeof words, "cut into %d x %d images of 28 x 28 with gaps of %d", g.rows, g.columns, g.gap);
    else
        snprintf(words, sizeof words, "cut into %d x %d images of 28 x 28", g.rows, g.columns);
    if (images.n != (size_t)count || strncmp(images.taken, words, strlen(words)) != 0 || images.caution[0])
        fail_msg("%s, %d images, margin %d, colour %d: %zu images, \"%s\", \"%s\"", words, count, g.margin, g.colour,
                 images.n, images.taken, images.caution);
    for (size_t k = 0; k < (size_t)count * PIXELS; k++)
        if ((int)(images.data[k] * 255 + 0.5F) != digits[k / PIXELS][k % PIXELS])
            fail_msg("%s, margin %d, colour %d: pixel %zu is %g", words, g.margin, g.colour, k, (double)images.data[k]);
    gs_images_free(&images);
}

static void gaps(void **state) {
    (void)state;
    static const int sizes[][2] = {{1, 2}, {2, 1}, {3, 5}, {7, 7}, {13, 13}, {1, 8}};
    static const int ways[][2] = {{2, 2}, {1, 1}, {3, 3}, {4, 4}, {9, 9}, {16, 16}, {2, 0}, {5, 0}}; /* gap, margin */
    static const uint8_t colours[] = {255, 128, GS_GRID_BACKGROUND};
    for (size_t i = 0; i < GS_COUNT(sizes); i++)
        for (size_t k = 0; k < GS_COUNT(ways); k++)
            for (size_t c = 0; c < GS_COUNT(colours); c++)
                check_grid((grid){sizes[i][0], sizes[i][1], ways[k][0], ways[k][1], colours[c]},
                           sizes[i][0] * sizes[i][1]);
    check_grid((grid){13, 13, 2, 2, 0}, 169); /* 392 = 14 x 28 pixels */
    check_grid((grid){2, 2, 2, 2, 0}, 4);
    check_grid((grid){6, 6, 4, 4, 0}, 36); /* 196 = 7 x 28 */
    check_grid((grid){3, 4, 2, 2, 255}, 10);
    check_grid((grid){3, 4, 2, 2, 0}, 11);
}

static void no_gaps(void **state) {
    (void)state;
    static const int sizes[][2] = {{1, 2}, {2, 2}, {3, 1}, {4, 5}, {10, 10}, {14, 14}};
    for (size_t i = 0; i < GS_COUNT(sizes); i++)
        check_grid((grid){sizes[i][0], sizes[i][1], 0, 0, 0}, sizes[i][0] * sizes[i][1]);
}

/* Black images without a border of their own in one colour may end anywhere. */
static void ambiguous_gaps(void **state) {
    (void)state;
    write_grid((grid){2, 2, 1, 1, 0}, 4);
    refuse(grey, GS_ERROR_FORMAT,
           "may be 2 x 2 images with gaps of 1 and a margin of 1 pixels, or 2 x 2 with gaps of 3 and a margin of 0");
}

/* A picture of one colour says nothing about gaps. */
static void blank_pictures(void **state) {
    (void)state;
    static const uint8_t plain[4 * PIXELS];
    write_png(PNG_FORMAT_GRAY, 2 * SIDE, 2 * SIDE, plain);
    gs_image_file images = read_good(grey, unit, MOST);
    assert_int_equal(images.n, 4);
    gs_images_free(&images);
    write_png(PNG_FORMAT_GRAY, 32, 32, plain);
    refuse(grey, GS_ERROR_FORMAT, "a picture of 32 x 32 pixels: expected 28 x 28");
}

/* Pictures by gs_write_grid, with its empty cells; and a frame around one image. */
static void own_grids(void **state) {
    (void)state;
    float drawn[5 * PIXELS];
    for (int k = 0; k < 5 * PIXELS; k++)
        drawn[k] = (float)digits[k / PIXELS][k % PIXELS] / 255;
    char name[600];
    snprintf(name, sizeof name, "%s.png", test_path);
    gs_images own = {.data = drawn, .n = 5, .shape = {1, SIDE, SIDE}, .range = {0, 1}};
    for (size_t n = 1; n <= 5; n += 4) {
        own.n = n;
        unlink(test_path);
        assert_int_equal(put_images(GS_FORMAT_PNG, name, &own,
                                    n == 1 ? (gs_grid){.rows = 1, .columns = 1} : (gs_grid){.rows = 3, .columns = 2},
                                    NULL, 0, NULL),
                         GS_OK);
        assert_int_equal(rename(name, test_path), 0);
        gs_image_file images = read_good(grey, unit, MOST);
        assert_int_equal(images.n, n);
        assert_true(n == 1 ||
                    strstr(images.taken, "3 x 2 images of 28 x 28 with gaps of 2 pixels, of which 1 is empty"));
        for (size_t k = 0; k < n * PIXELS; k++)
            assert_float_equal(images.data[k], drawn[k], 1e-6);
        gs_images_free(&images);
    }
}

/* Coloured gaps and transparent ones between grey images. */
static void coloured_gaps(void **state) {
    (void)state;
    enum { WIDTH = 3 * (SIDE + 2) + 2, HEIGHT = SIDE + 4 };
    static uint8_t all[HEIGHT * WIDTH * 4];
    for (int i = 0; i < HEIGHT; i++) {
        for (int j = 0; j < WIDTH; j++) {
            int y = i - 2, x = j % (SIDE + 2) - 2;
            bool inside = y >= 0 && y < SIDE && x >= 0 && x < SIDE;
            uint8_t *p = all + (i * WIDTH + j) * 4;
            memset(p, inside ? digits[j / (SIDE + 2)][y * SIDE + x] : 30, 3);
            p[0] = inside ? p[0] : 220;
            p[3] = inside ? 255 : 0;
        }
    }
    write_png(PNG_FORMAT_RGBA, WIDTH, HEIGHT, all);
    gs_image_file images = read_good(grey, unit, MOST);
    assert_int_equal(images.n, 3);
    assert_float_equal(images.data[2 * PIXELS + 14 * SIDE + 14], (float)digits[2][14 * SIDE + 14] / 255, 1e-6);
    gs_images_free(&images);
}

/* ---- Drawings ---- */

/* A digit enlarged, its pixels as blocks or with smooth edges. */
static void write_drawing(int scale, bool smooth, bool inverted, int repeated) {
    int side = SIDE * scale;
    uint8_t *all = malloc((size_t)side * (size_t)side * (size_t)repeated);
    assert_non_null(all);
    for (int y = 0; y < side; y++) {
        for (int x = 0; x < side * repeated; x++) {
            float down = (float)y / (float)scale, right = (float)(x % side) / (float)scale;
            float middle = 6 + 0.7F * down, distance = right > middle ? right - middle : middle - right;
            bool ends = down < BORDER || down > SIDE - BORDER;
            float ink = ends || distance > 2.5F ? 0 : distance < 2 ? 255 : (2.5F - distance) * 510;
            uint8_t v = smooth ? (uint8_t)ink : digits[3][y / scale * SIDE + x % side / scale];
            all[y * side * repeated + x] = inverted ? (uint8_t)(255 - v) : v;
        }
    }
    write_png(PNG_FORMAT_GRAY, side * repeated, side, all);
    free(all);
}

static void drawings(void **state) {
    (void)state;
    static const int scales[] = {2, 3, 4, 7, 10, 16};
    for (size_t i = 0; i < GS_COUNT(scales); i++) {
        for (int way = 0; way < 4; way++) {
            write_drawing(scales[i], way & 1, way & 2, 1);
            gs_image_file images = read_good(grey, unit, MOST);
            char words[100];
            snprintf(words, sizeof words, "one drawing of %d x %d", SIDE * scales[i], SIDE * scales[i]);
            if (images.n != 1 || !strstr(images.taken, words) || !strstr(images.caution, words))
                fail_msg("%s, way %d: %zu images, \"%s\", \"%s\"", words, way, images.n, images.taken, images.caution);
            for (int k = 0; way == 0 && k < PIXELS; k++)
                assert_float_equal(images.data[k], (float)digits[3][k] / 255, 1e-6);
            gs_images_free(&images);
        }
    }
    write_drawing(10, true, false, 2);
    refuse(grey, GS_ERROR_FORMAT, "lines run on across the borders of 10 x 20 images of 28 x 28");
}

/* Images that fill their borders, smooth ones and noise, are no drawing. */
static void full_images(void **state) {
    (void)state;
    enum { CELLS = 4, ALL = CELLS * SIDE };
    static uint8_t all[ALL * ALL];
    for (int smooth = 0; smooth < 2; smooth++) {
        uint32_t seed = 1;
        for (int y = 0; y < ALL; y++) {
            for (int x = 0; x < ALL; x++) {
                int cell = y / SIDE * CELLS + x / SIDE;
                seed = seed * 1664525 + 1013904223;
                int slope = 30 + 97 * cell % 160 + (x % SIDE * (cell % 3) + y % SIDE) / 2;
                all[y * ALL + x] = smooth ? (uint8_t)slope : (uint8_t)(seed >> 24);
            }
        }
        write_png(PNG_FORMAT_GRAY, ALL, ALL, all);
        gs_image_file images = read_good(grey, unit, MOST);
        if (images.n != 16)
            fail_msg("smooth %d: %zu images, \"%s\"", smooth, images.n, images.taken);
        gs_images_free(&images);
    }
}

/* Noise in a column of images, and images of a single pixel, whose neighbours on both sides are other images. */
static void columns_and_pixels(void **state) {
    (void)state;
    enum { CELLS = 4 };
    static uint8_t all[CELLS * PIXELS];
    uint32_t seed = 1;
    for (int i = 0; i < CELLS * PIXELS; i++) {
        seed = seed * 1664525 + 1013904223;
        all[i] = (uint8_t)(seed >> 24);
    }
    write_png(PNG_FORMAT_GRAY, SIDE, CELLS * SIDE, all);
    gs_image_file images = read_good(grey, unit, MOST);
    assert_int_equal(images.n, CELLS);
    assert_non_null(strstr(images.taken, "cut into 4 x 1 images of 28 x 28"));
    gs_images_free(&images);
    write_png(PNG_FORMAT_GRAY, CELLS, CELLS, all);
    images = read_good((const int[]){1, 1, 1}, unit, MOST);
    assert_int_equal(images.n, CELLS * CELLS);
    for (int i = 0; i < CELLS * CELLS; i++)
        assert_float_equal(images.data[i], (float)all[i] / 255, 1e-6);
    gs_images_free(&images);
}

static void bad_sizes(void **state) {
    (void)state;
    static const int sizes[][2] = {{27, 28}, {28, 29}, {30, 60}, {28, 57}, {300, 300}};
    static uint8_t plain[300 * 300];
    for (size_t i = 0; i < GS_COUNT(sizes); i++) {
        char words[100];
        for (int k = 0; k < 300 * 300; k++)
            plain[k] = (uint8_t)(k * 7);
        snprintf(words, sizeof words, "a picture of %d x %d pixels: expected 28 x 28", sizes[i][0], sizes[i][1]);
        write_png(PNG_FORMAT_GRAY, sizes[i][1], sizes[i][0], plain);
        refuse(grey, GS_ERROR_FORMAT, words);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps),           cmocka_unit_test(no_gaps),
        cmocka_unit_test(ambiguous_gaps), cmocka_unit_test(blank_pictures),
        cmocka_unit_test(own_grids),      cmocka_unit_test(coloured_gaps),
        cmocka_unit_test(drawings),       cmocka_unit_test(full_images),
        cmocka_unit_test(bad_sizes),      cmocka_unit_test(columns_and_pixels),
    };
    return cmocka_run_group_tests(tests, draw_digits, remove_test_path);
}
