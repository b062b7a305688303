/* Images read from IDX, NPY and PNG files: small files made here, each also truncated at every byte and with every byte
 * changed. These must be refused with a message or read as images, and never take more memory than the kind of file
 * may. */
#include <math.h>
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
#include <png.h>

#include "io/images.h"
#include "io/read.h"
#include "support/about.h"
#include "support/files.h"

enum { H = 2, W = 3, PIXELS = H * W };

static const int grey[3] = {1, H, W}, colour[3] = {3, H, W};
static const float unit[2] = {0, 1}, centred[2] = {-1, 1};
static char *const path = test_path;

static gs_image_file read_good(const int shape[3], const float range[2], size_t most) {
    gs_image_file images;
    gs_error error = {0};
    if (gs_images_read(path, shape, range, most, &images, &error))
        fail_msg("%s", error.message);
    return images;
}

/* Checks that the message names the file and has `words`. */
static void refuse(const int shape[3], gs_status expected, const char *words) {
    gs_image_file images;
    gs_error error = {0};
    gs_status status = gs_images_read(path, shape, unit, 100, &images, &error);
    if (status != expected || strncmp(error.message, path, strlen(path)) != 0 || !strstr(error.message, words))
        fail_msg("status %d, \"%s\": expected %d, \"%s\"", status, error.message, expected, words);
    assert_null(images.data);
}

/* Every shorter file is refused; a file with any byte changed is refused or read. */
static void damage(const int shape[3]) {
    size_t size;
    unsigned char *bytes = read_file(path, &size);
    for (size_t length = 0; length < size; length++) {
        write_file(path, bytes, length);
        gs_image_file images;
        gs_error error = {0};
        gs_status status = gs_images_read(path, shape, unit, 100, &images, &error);
        if (status != GS_ERROR_FORMAT || strncmp(error.message, path, strlen(path)) != 0)
            fail_msg("%zu of %zu bytes: status %d, \"%s\"", length, size, status, error.message);
    }
    for (size_t at = 0; at < size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            about("at %zu, bit %d", at, bit);
            bytes[at] ^= (unsigned char)(1 << bit);
            write_file(path, bytes, size);
            gs_image_file images;
            gs_error error = {0};
            gs_status status = gs_images_read(path, shape, unit, 100, &images, &error);
            assert_true(!status || status == GS_ERROR_FORMAT);
            assert_true(!status || error.message[0]);
            gs_free(images.data);
            bytes[at] ^= (unsigned char)(1 << bit);
        }
    }
    free(bytes);
}

/* ---- IDX ---- */

static void write_idx(int type, int rank, const unsigned *sizes, size_t bytes) {
    unsigned char file[200] = {0, 0, (unsigned char)type, (unsigned char)rank};
    size_t at = 4;
    for (int i = 0; i < rank; i++)
        for (int shift = 24; shift >= 0; shift -= 8)
            file[at++] = (unsigned char)(sizes[i] >> shift);
    for (size_t i = 0; i < bytes; i++)
        file[at + i] = (unsigned char)(i * 255 / 11);
    write_file(path, file, at + bytes);
}

static void idx_files(void **state) {
    (void)state;
    write_idx(8, 3, (unsigned[]){2, H, W}, 12);
    gs_image_file images = read_good(grey, unit, 100);
    assert_int_equal(images.n, 2);
    assert_float_equal(images.data[0], 0, 0);
    assert_float_equal(images.data[11], 1, 0);
    assert_float_equal(images.data[3], 69.0F / 255, 1e-7);
    gs_free(images.data);
    images = read_good(grey, centred, 1);
    assert_int_equal(images.n, 1);
    assert_int_equal(images.total, 2);
    assert_float_equal(images.data[0], -1, 0);
    gs_free(images.data);
    damage(grey);
    write_idx(8, 4, (unsigned[]){2, 3, H, W}, 36);
    images = read_good(colour, unit, 100);
    assert_int_equal(images.n, 2);
    gs_free(images.data);
}

static void bad_idx_files(void **state) {
    (void)state;
    write_idx(8, 3, (unsigned[]){2, 3, 2}, 12);
    refuse(grey, GS_ERROR_FORMAT, "has images of 3 x 2: expected 2 x 3");
    refuse(colour, GS_ERROR_FORMAT, "has images of 3 x 2: expected 3 x 2 x 3");
    write_idx(8, 3, (unsigned[]){3, H, W}, 17);
    refuse(grey, GS_ERROR_FORMAT, "cut short: ends in image 2 of 3");
    write_idx(8, 3, (unsigned[]){4294967295, H, W}, 17);
    refuse(grey, GS_ERROR_FORMAT, "ends in image 2 of 4294967295");
    write_idx(8, 3, (unsigned[]){2, H, W}, 13);
    refuse(grey, GS_ERROR_FORMAT, "1 bytes follow");
    write_idx(8, 3, (unsigned[]){0, H, W}, 0);
    refuse(grey, GS_ERROR_FORMAT, "no images");
    write_idx(13, 3, (unsigned[]){2, H, W}, 12);
    refuse(grey, GS_ERROR_FORMAT, "elements 0x0d");
    write_idx(8, 1, (unsigned[]){12}, 12);
    refuse(grey, GS_ERROR_FORMAT, "rank 1");
    write_idx(8, 9, (unsigned[]){1, 1, 1, 1, 1, 1, 1, H, W}, 6);
    refuse(grey, GS_ERROR_FORMAT, "rank 9");
}

static void no_files_of_images(void **state) {
    (void)state;
    write_file(path, "", 0);
    refuse(grey, GS_ERROR_FORMAT, "no IDX, NPY or PNG");
    write_file(path, "GIF89a", 6);
    refuse(grey, GS_ERROR_FORMAT, "no IDX, NPY or PNG");
    write_file(path, "\x1f\x8b\x08\x08", 4);
    refuse(grey, GS_ERROR_FORMAT, "gunzip");
    unlink(path);
    refuse(grey, GS_ERROR_FILE, "can't be opened");
    assert_int_equal(mkfifo(path, 0600), 0);
    refuse(grey, GS_ERROR_FILE, "not a regular file");
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    refuse(grey, GS_ERROR_FILE, "a directory");
    rmdir(path);
}

/* ---- NPY ---- */

static void write_npy_text(int version, const char *header, const void *data, size_t bytes) {
    unsigned char file[600] = "\x93NUMPY";
    size_t length = strlen(header), at = version == 1 ? 10 : 12;
    file[6] = (unsigned char)version;
    file[8] = (unsigned char)length;
    memcpy(file + at, header, length);
    memcpy(file + at + length, data, bytes);
    write_file(path, file, at + length + bytes);
}

static void npy_files(void **state) {
    (void)state;
    const float floats[12] = {0, 0.5F, 1, -0.05F, 1.05F, 0.25F};
    const double doubles[12] = {0, 0.5, 1};
    const unsigned char big[24] = {0x3f, 0x80, 0, 0}, bytes[6] = {0, 255, 51};
    write_npy_text(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2, 3), }  \n", floats, 48);
    gs_image_file images = read_good(grey, unit, 100);
    assert_int_equal(images.n, 2);
    assert_float_equal(images.data[1], 0.5, 0);
    assert_float_equal(images.data[3], 0, 0); /* clipped */
    assert_float_equal(images.data[4], 1, 0);
    gs_free(images.data);
    damage(grey);
    write_npy_text(2, "{\"shape\":(2,1,2,3),\"fortran_order\":False,\"descr\":\"<f8\"}", doubles, 96);
    images = read_good(grey, unit, 100);
    assert_float_equal(images.data[1], 0.5, 0);
    gs_free(images.data);
    write_npy_text(3, "{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3)}", big, 24);
    images = read_good(grey, unit, 100);
    assert_int_equal(images.n, 1);
    assert_float_equal(images.data[0], 1, 0);
    gs_free(images.data);
    write_npy_text(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)}", bytes, 6);
    images = read_good(grey, centred, 100);
    assert_float_equal(images.data[0], -1, 0);
    assert_float_equal(images.data[1], 1, 0);
    assert_float_equal(images.data[2], -0.6, 1e-6);
    gs_free(images.data);
}

static void bad_npy_files(void **state) {
    (void)state;
    const float good[6] = {0}, large[6] = {0, 0, 0, 0, 0, 255}, below[6] = {0, -0.2F}, nan[6] = {[2] = NAN};
    const char *header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}";
    write_npy_text(1, header, large, 24);
    refuse(grey, GS_ERROR_FORMAT, "255 at image 0, channel 0, row 1, column 2: expected pixels in [0, 1]");
    write_npy_text(1, header, below, 24);
    refuse(grey, GS_ERROR_FORMAT, "-0.2 at image 0, channel 0, row 0, column 1");
    write_npy_text(1, header, nan, 24);
    refuse(grey, GS_ERROR_FORMAT, "nan at image 0");
    write_npy_text(1, header, good, 23);
    refuse(grey, GS_ERROR_FORMAT, "cut short: ends in image 0 of 1");
    static const struct {
        const char *header, *words;
    } bad[] = {
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3)}", "type '<i4': expected float32"},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}", "column-major"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2)}", "3 x 2: expected 2 x 3"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,)}", "rank 1"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': ()}", "rank 0"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551616, 2, 3)}", "can't be read"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967295, 2, 3)}", "ends in image 1 of 4294967295"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 2, 3)}", "can't be read"},
        {"{'descr': '<f4', 'fortran_order': False}", "can't be read"},
        {"{'descr': '<f4', 'descr': '<f4', 'shape': (2, 3)}", "can't be read"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3)}", "can't be read"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x", "can't be read"},
        {"", "can't be read"}};
    for (size_t i = 0; i < GS_COUNT(bad); i++) {
        write_npy_text(1, bad[i].header, good, 24);
        refuse(grey, GS_ERROR_FORMAT, bad[i].words);
    }
    write_npy_text(4, header, good, 24);
    refuse(grey, GS_ERROR_FORMAT, "no known version");
    write_file(path, "\x93NUMPY\x02\0\xff\xff\xff\xff", 12);
    refuse(grey, GS_ERROR_FORMAT, "longer than 10000 bytes");
}

/* ---- PNG ---- */

static void write_png(png_uint_32 format, int width, int height, const void *pixels) {
    png_image image = {
        .version = PNG_IMAGE_VERSION, .format = format, .width = (png_uint_32)width, .height = (png_uint_32)height};
    assert_true(png_image_write_to_file(&image, path, 0, pixels, 0, NULL));
}

static void png_files(void **state) {
    (void)state;
    const uint8_t one[PIXELS] = {0, 51, 102, 153, 204, 255};
    write_png(PNG_FORMAT_GRAY, W, H, one);
    gs_image_file images = read_good(grey, unit, 100);
    assert_int_equal(images.n, 1);
    for (int i = 0; i < PIXELS; i++) {
        about("i %d", i);
        assert_float_equal(images.data[i], (float)i / 5, 1e-6);
    }
    gs_free(images.data);
    images = read_good(colour, unit, 100);
    assert_float_equal(images.data[PIXELS + 2], 0.4, 1e-6);
    gs_free(images.data);
    damage(grey);
    const uint8_t rgb[PIXELS * 3] = {255, 0, 51};
    write_png(PNG_FORMAT_RGB, W, H, rgb);
    images = read_good(colour, centred, 100);
    assert_float_equal(images.data[0], 1, 0);
    assert_float_equal(images.data[PIXELS], -1, 0);
    assert_float_equal(images.data[2 * PIXELS], -0.6, 1e-6);
    gs_free(images.data);
    refuse(grey, GS_ERROR_FORMAT, "coloured at row 0, column 0");
    const uint8_t equal[PIXELS * 3] = {51, 51, 51};
    write_png(PNG_FORMAT_RGB, W, H, equal);
    images = read_good(grey, unit, 100);
    assert_float_equal(images.data[0], 0.2, 1e-6);
    gs_free(images.data);
}

static void png_grids(void **state) {
    (void)state;
    uint8_t six[2 * PIXELS * 3]; /* 2 rows of 3 images, side by side; each pixel says which one it belongs to */
    for (int y = 0; y < 2 * H; y++)
        for (int x = 0; x < 3 * W; x++)
            six[y * 3 * W + x] = (uint8_t)(51 * (y / H * 3 + x / W));
    write_png(PNG_FORMAT_GRAY, 3 * W, 2 * H, six);
    gs_image_file images = read_good(grey, unit, 5);
    assert_int_equal(images.n, 5);
    assert_int_equal(images.total, 6);
    for (int i = 0; i < 5 * PIXELS; i++) {
        about("i %d", i);
        assert_float_equal(images.data[i], (float)(i / PIXELS) / 5, 1e-6);
    }
    gs_free(images.data);
    float drawn[5 * PIXELS];
    for (int i = 0; i < 5 * PIXELS; i++)
        drawn[i] = (float)(i % 6) / 5;
    unlink(path);
    char name[600];
    snprintf(name, sizeof name, "%s.png", path);
    gs_images own = {.data = drawn, .n = 5, .shape = {1, H, W}, .range = {0, 1}};
    assert_int_equal(gs_write_grid(name, &own, (gs_grid){3, 2, false}, NULL, 0, NULL), GS_OK);
    assert_int_equal(rename(name, path), 0);
    images = read_good(grey, unit, 100);
    assert_int_equal(images.n, 5); /* the sixth cell is empty */
    for (int i = 0; i < 5 * PIXELS; i++) {
        about("i %d", i);
        assert_float_equal(images.data[i], drawn[i], 1e-6);
    }
    gs_free(images.data);
}

static void bad_png_files(void **state) {
    (void)state;
    const uint8_t clear[PIXELS * 2] = {0, 255, 7, 128}, plain[144] = {0};
    write_png(PNG_FORMAT_GA, W, H, clear);
    refuse(grey, GS_ERROR_FORMAT, "transparent at row 0, column 1");
    write_png(PNG_FORMAT_GRAY, 4, 4, plain);
    refuse(grey, GS_ERROR_FORMAT, "a picture of 4 x 4 pixels: expected 2 x 3");
    write_png(PNG_FORMAT_GRAY, W + 2 * GS_GRID_GAP, H + 2 * GS_GRID_GAP, plain); /* gaps of another colour */
    refuse(grey, GS_ERROR_FORMAT, "a picture of 6 x 7 pixels");
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
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idx_files), cmocka_unit_test(bad_idx_files), cmocka_unit_test(no_files_of_images),
        cmocka_unit_test(npy_files), cmocka_unit_test(bad_npy_files), cmocka_unit_test(png_files),
        cmocka_unit_test(png_grids), cmocka_unit_test(bad_png_files),
    };
    return cmocka_run_group_tests(tests, make_test_path, remove_test_path);
}
