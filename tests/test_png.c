/* Images read from PNG files, which are made here, damaged everywhere, and refused where they are no such images. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/about.h"
#include "support/files.h"
#include "support/io/images.h"

enum { H = 2, W = 3, PIXELS = H * W };

static const int grey[3] = {1, H, W}, colour[3] = {3, H, W};
static const float unit[2] = {0, 1}, centred[2] = {-1, 1};
static char *const path = test_path;

static void png_files(void **state) {
    (void)state;
    const uint8_t one[PIXELS] = {0, 51, 102, 153, 204, 255};
    write_png(PNG_FORMAT_GRAY, W, H, one);
    gs_image_file images = read_good(grey, unit, 100);
    assert_int_equal(images.n, 1);
    for (int i = 0; i < PIXELS; i++)
        assert_float_equal(images.data[i], (float)i / 5, 1e-6);
    gs_images_free(&images);
    images = read_good(colour, unit, 100);
    assert_float_equal(images.data[PIXELS + 2], 0.4, 1e-6);
    gs_images_free(&images);
    damage(grey);
    const uint8_t rgb[PIXELS * 3] = {255, 0, 51};
    write_png(PNG_FORMAT_RGB, W, H, rgb);
    images = read_good(colour, centred, 100);
    assert_float_equal(images.data[0], 1, 0);
    assert_float_equal(images.data[PIXELS], -1, 0);
    assert_float_equal(images.data[2 * PIXELS], -0.6, 1e-6);
    gs_images_free(&images);
    refuse(grey, GS_ERROR_FORMAT, "coloured at row 0, column 0");
    const uint8_t bluish[PIXELS * 3] = {51, 51, 52};
    write_png(PNG_FORMAT_RGB, W, H, bluish);
    refuse(grey, GS_ERROR_FORMAT, "coloured at row 0, column 0");
    const uint8_t equal[PIXELS * 3] = {51, 51, 51};
    write_png(PNG_FORMAT_RGB, W, H, equal);
    images = read_good(grey, unit, 100);
    assert_float_equal(images.data[0], 0.2, 1e-6);
    gs_images_free(&images);
}

static void bad_png_files(void **state) {
    (void)state;
    const uint8_t clear[PIXELS * 2] = {0, 255, 7, 128}, plain[144] = {0};
    write_png(PNG_FORMAT_GA, W, H, clear);
    refuse(grey, GS_ERROR_FORMAT, "transparent at row 0, column 1");
    write_png(PNG_FORMAT_GRAY, 4, 4, plain);
    refuse(grey, GS_ERROR_FORMAT, "a picture of 4 x 4 pixels: expected 2 x 3");
    write_png(PNG_FORMAT_GRAY, W, H, plain);
    refuse((const int[]){2, H, W}, GS_ERROR_FORMAT, "1 or 3 channels: expected 2");
    /* A width of 2^31 - 2 pixels in the header: refused before memory for it is allocated. */
    size_t size;
    unsigned char *bytes = read_file(path, &size);
    memcpy(bytes + 16, "\x7f\xff\xff\xfe\x7f\xff\xff\xfe", 8);
    unsigned long crc = 0xffffffff;
    for (size_t i = 12; i < 29; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++)
            crc = crc & 1 ? 0xedb88320 ^ crc >> 1 : crc >> 1;
    }
    for (int i = 0; i < 4; i++)
        bytes[29 + i] = (unsigned char)(~crc >> (24 - 8 * i));
    write_file(path, bytes, size);
    free(bytes);
    refuse(grey, GS_ERROR_FORMAT, "2147483646 x 2147483646 pixels: expected at most");
    /* A text of 540 MB by its chunk's head. */
    write_png(PNG_FORMAT_GRAY, W, H, plain);
    bytes = read_file(path, &size);
    memcpy(bytes + 33, "\x20\x34\x00\x14tEXt", 8);
    write_file(path, bytes, size);
    free(bytes);
    size_t before = gs_allocated_bytes();
    refuse(grey, GS_ERROR_FORMAT, "a chunk needs 540278805 bytes of memory; expected at most");
    assert_true(gs_allocated_bytes() - before < 1 << 24);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(png_files), cmocka_unit_test(bad_png_files)};
    return cmocka_run_group_tests(tests, make_test_path, remove_test_path);
}
