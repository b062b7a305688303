/* Images read from IDX and NPY files: small files made here, each also truncated at every byte and with every byte
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

#include "io/picture.h"
#include "support/about.h"
#include "support/files.h"
#include "support/io/images.h"

enum { H = 2, W = 3, PIXELS = H * W };

static const int grey[3] = {1, H, W}, colour[3] = {3, H, W};
static const float unit[2] = {0, 1}, centred[2] = {-1, 1};
static char *const path = test_path;

/* ---- IDX ---- */

static void idx_files(void **state) {
    (void)state;
    write_idx(8, 3, (unsigned[]){2, H, W}, 12);
    gs_image_file images = read_good(grey, unit, 100);
    assert_int_equal(images.n, 2);
    assert_float_equal(images.data[0], 0, 0);
    assert_float_equal(images.data[11], 1, 0);
    assert_float_equal(images.data[3], 69.0F / 255, 1e-7);
    gs_images_free(&images);
    images = read_good(grey, centred, 1);
    assert_int_equal(images.n, 1);
    assert_int_equal(images.total, 2);
    assert_float_equal(images.data[0], -1, 0);
    gs_images_free(&images);
    damage(grey);
    write_idx(8, 4, (unsigned[]){2, 3, H, W}, 36);
    images = read_good(colour, unit, 100);
    assert_int_equal(images.n, 2);
    gs_images_free(&images);
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
    refuse(grey, GS_ERROR_FORMAT, "1 byte follows its last image");
    write_idx(8, 3, (unsigned[]){0, H, W}, 0);
    refuse(grey, GS_ERROR_FORMAT, "no images");
    write_idx(13, 3, (unsigned[]){2, H, W}, 12);
    refuse(grey, GS_ERROR_FORMAT, "elements 0x0d");
    write_idx(8, 1, (unsigned[]){12}, 12);
    refuse(grey, GS_ERROR_FORMAT, "rank 1");
    write_idx(8, 9, (unsigned[]){1, 1, 1, 1, 1, 1, 1, H, W}, 6);
    refuse(grey, GS_ERROR_FORMAT, "rank 9");
}

/* A refusal names the kind of file, whatever the file is called. */
static void no_files_of_images(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *words;
    } rows[] = {
#define ROW(bytes, words) {bytes, sizeof(bytes) - 1, "is " words ": expected an IDX, NPY, NPZ, PGM or PNG file"}
        ROW("", "empty"),
        ROW("\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG picture"),
        ROW("GIF89a", "a GIF picture"),
        ROW("RIFF\x1a\0\0\0WEBPVP8 ", "a WebP picture"),
        ROW("BM\x3e\0\0\0\0\0\0\0\x36\0\0\0", "a BMP picture"),
        ROW("II*\0\10\0\0\0", "a TIFF picture"),
        ROW("MM\0*\0\0\0\10", "a TIFF picture"),
        ROW("\0\0\0\x1c"
            "ftypavif",
            "an AVIF picture"),
        ROW("%PDF-1.7\n", "a PDF document"),
        ROW("<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "an SVG picture"),
        ROW("\n<!DOCTYPE HTML><title>404</title>", "an HTML page"),
        ROW("PK\3\4\x14\0", "a ZIP archive, such as .npz and .pt files are"),
        ROW("\x89HDF\r\n\x1a\n\0", "an HDF5 file"),
        ROW("\x80\4\x95\x20\0", "a pickle of Python"),
        ROW("BZh91AY&SY", "a file packed by bzip2"),
        ROW("P2\n28 28\n255\n", "a PGM picture in plain text (P2)"),
        ROW("label,1x1,1x2\n5,0,0\n", "a text"),
#undef ROW
    };
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        write_file(path, rows[i].bytes, rows[i].size);
        refuse(grey, GS_ERROR_FORMAT, rows[i].words);
    }
    write_file(path, "\0\0\10\0", 4); /* IDX without an axis */
    refuse(grey, GS_ERROR_FORMAT, "is no IDX, NPY, NPZ, PGM or PNG file");
    write_file(path, "\1\2\3\4", 4);
    refuse(grey, GS_ERROR_FORMAT, "is no IDX, NPY, NPZ, PGM or PNG file");
    unlink(path);
    refuse(grey, GS_ERROR_FILE, "cannot be opened");
    assert_int_equal(mkdir(path, 0700), 0);
    refuse(grey, GS_ERROR_FILE, "a directory");
    rmdir(path);
}

/* What is known of files whose images cannot be read; a note is no one's here. */
static void descriptions(void **state) {
    (void)state;
    static const struct {
        int type, rank;
        unsigned sizes[9];
        const char *text;
    } rows[] = {{8, 3, {2, H, W}, "IDX, bytes, 2 x 2 x 3"},
                {14, 1, {7}, "IDX, 64-bit floats, 7"},
                {10, 2, {1, 1}, "IDX, elements of an unknown type, 1 x 1"},
                {8, 9, {1, 1, 1, 1, 1, 1, 1, H, W}, " x ..."}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        about("rows[%zu]", i);
        gs_description description = {.note = NULL};
        gs_content content;
        bool packed;
        gs_error error;
        write_idx(rows[i].type, rows[i].rank, rows[i].sizes, 1);
        assert_int_equal(gs_images_describe(path, NULL, 0, &description, &content, &packed, &error), GS_OK);
        assert_non_null(strstr(description.text, rows[i].text));
    }
    gs_description description = {.note = NULL};
    gs_content content;
    bool packed;
    gs_error error;
    write_npy(1, "{'descr': ", NULL, 0);
    assert_int_equal(gs_images_describe(path, NULL, 0, &description, &content, &packed, &error), GS_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "its NPY header cannot be read"));
}

/* ---- NPY ---- */

static void npy_files(void **state) {
    (void)state;
    const float floats[12] = {0, 0.5F, 1, -0.05F, 1.05F, 0.25F};
    const double doubles[12] = {0, 0.5, 1};
    const unsigned char big[24] = {0x3f, 0x80, 0, 0}, bytes[6] = {0, 255, 51};
    write_npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2, 3), }  \n", floats, 48);
    gs_image_file images = read_good(grey, unit, 100);
    assert_int_equal(images.n, 2);
    assert_float_equal(images.data[1], 0.5, 0);
    assert_float_equal(images.data[3], 0, 0); /* clipped */
    assert_float_equal(images.data[4], 1, 0);
    gs_images_free(&images);
    damage(grey);
    write_npy(2, "{\"shape\":(2,1,2,3),\"fortran_order\":False,\"descr\":\"<f8\"}", doubles, 96);
    images = read_good(grey, unit, 100);
    assert_float_equal(images.data[1], 0.5, 0);
    gs_images_free(&images);
    write_npy(3, "{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3)}", big, 24);
    images = read_good(grey, unit, 100);
    assert_int_equal(images.n, 1);
    assert_float_equal(images.data[0], 1, 0);
    gs_images_free(&images);
    write_npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)}", bytes, 6);
    images = read_good(grey, centred, 100);
    assert_float_equal(images.data[0], -1, 0);
    assert_float_equal(images.data[1], 1, 0);
    assert_float_equal(images.data[2], -0.6, 1e-6);
    gs_images_free(&images);
}

/* The bytes of numpy.array([[0, 255, 51], [0, 0, 102]], type), by the name of the type. */
static void npy_types(void **state) {
    (void)state;
    static const struct {
        const char *descr;
        unsigned char bytes[48];
        size_t item;
        float white; /* of the second pixel; the third has a fifth of it, the last two fifths */
    } rows[] = {{"|u1", {0, 255, 51, 0, 0, 102}, 1, 1},
                {"<u1", {0, 255, 51, 0, 0, 102}, 1, 1},
                {">u1", {0, 255, 51, 0, 0, 102}, 1, 1},
                {"=u1", {0, 255, 51, 0, 0, 102}, 1, 1},
                {"u1", {0, 255, 51, 0, 0, 102}, 1, 1},
                {"<i2", {[2] = 255, [4] = 51, [10] = 102}, 2, 1},
                {">i2", {[3] = 255, [5] = 51, [11] = 102}, 2, 1},
                {"<i4", {[4] = 255, [8] = 51, [20] = 102}, 4, 1},
                {">u4", {[7] = 255, [11] = 51, [23] = 102}, 4, 1},
                {"<i8", {[8] = 255, [16] = 51, [40] = 102}, 8, 1},
                {">u8", {[15] = 255, [23] = 51, [47] = 102}, 8, 1},
                {"<f2", {[3] = 0x3c, [4] = 0x66, [5] = 0x32, [10] = 0x66, [11] = 0x36}, 2, 1},
                {">f2", {[2] = 0x38, [4] = 0x2e, [5] = 0x66, [10] = 0x32, [11] = 0x66}, 2, 0.5},
                {">f4",
                 {[4] = 0x3f,
                  [5] = 0x80,
                  [8] = 0x3e,
                  [9] = 0x4c,
                  [10] = 0xcc,
                  [11] = 0xcd,
                  [20] = 0x3e,
                  [21] = 0xcc,
                  [22] = 0xcc,
                  [23] = 0xcd},
                 4,
                 1}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        char header[100];
        snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (2, 3)}", rows[i].descr);
        write_npy(1, header, rows[i].bytes, 6 * rows[i].item);
        gs_image_file images = read_good(grey, unit, 100);
        const float shares[6] = {0, 1, 0.2F, 0, 0, 0.4F};
        for (int k = 0; k < 6; k++)
            if (fabsf(images.data[k] - shares[k] * rows[i].white) > 2e-4F)
                fail_msg("%s: pixel %d is %g", rows[i].descr, k, (double)images.data[k]);
        assert_string_equal(images.caution, "");
        gs_images_free(&images);
    }
    const unsigned char bits[6] = {0, 1, 1};
    write_npy(1, "{'descr': '|b1', 'fortran_order': False, 'shape': (2, 3)}", bits, 6);
    gs_image_file images = read_good(grey, centred, 100);
    assert_float_equal(images.data[0], -1, 0);
    assert_float_equal(images.data[1], 1, 0);
    assert_string_equal(images.caution, "");
    gs_images_free(&images);
}

/* One number that no pixel is, and the sizes of half floats that have words of their own in their bits. */
static void npy_numbers(void **state) {
    (void)state;
    static const struct {
        const char *descr;
        unsigned char bytes[4];
        size_t item;
        const char *words;
    } rows[] = {{"|b1", {2}, 1, "expected 0 or 1"},
                {"<i2", {0xff, 0xff}, 2, "expected 0 ... 255, as bytes hold, or floats"},
                {"<i2", {0, 1}, 2, "expected 0 ... 255"},
                {"<f2", {0, 0x7c}, 2, "inf"},
                {"<f2", {0, 0xfc}, 2, "inf"},
                {"<f2", {1, 0x7c}, 2, "nan"}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        about("rows[%zu]", i);
        char header[100];
        snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (1, 1)}", rows[i].descr);
        write_npy(1, header, rows[i].bytes, rows[i].item);
        refuse((const int[]){1, 1, 1}, GS_ERROR_FORMAT, rows[i].words);
    }
    const unsigned char small[2] = {0xff, 0x03}; /* a subnormal one */
    write_npy(1, "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 1, 1)}", small, 2);
    gs_image_file images = read_good((const int[]){1, 1, 1}, unit, 1);
    assert_float_equal(images.data[0], 6.1e-5, 1e-6);
    gs_images_free(&images);
}

/* Column-major arrays, of which any number of the first images are the same as of row-major ones. */
static void npy_orders(void **state) {
    (void)state;
    unsigned char rows[24], columns[24]; /* (4, 2, 3) */
    for (int k = 0; k < 24; k++) {
        rows[k] = (unsigned char)(k * 11);
        columns[k / 6 + 4 * (k / 3 % 2) + 8 * (k % 3)] = rows[k];
    }
    for (size_t most = 1; most <= 5; most++) {
        write_npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (4, 2, 3)}", rows, 24);
        gs_image_file expected = read_good(grey, unit, most);
        write_npy(2, "{'descr': '|u1', 'fortran_order': True, 'shape': (4, 2, 3)}", columns, 24);
        gs_image_file images = read_good(grey, unit, most);
        assert_int_equal(images.n, most < 4 ? most : 4);
        assert_int_equal(images.total, 4);
        assert_memory_equal(images.data, expected.data, images.n * PIXELS * sizeof(float));
        gs_images_free(&images);
        gs_images_free(&expected);
    }
    damage(grey);
    static const char *const shapes[] = {"(4, 1, 2, 3)", "(4, 2, 3, 1)", "(2, 2, 1, 2, 3)", "(4L, 2L, 3L)"};
    for (size_t i = 0; i < GS_COUNT(shapes); i++) {
        char header[100];
        snprintf(header, sizeof header, "{'descr': '|u1', 'fortran_order': False, 'shape': %s}", shapes[i]);
        write_npy(1, header, rows, 24);
        gs_image_file images = read_good(grey, unit, 100);
        assert_int_equal(images.n, 4);
        assert_float_equal(images.data[23], 23 * 11 / 255.0F, 1e-6);
        gs_images_free(&images);
    }
}

/* Samples that leave the range a little are read back and clipped, with a caution; other data are refused. */
static void npy_clipped(void **state) {
    (void)state;
    enum { N = 20, SIZE = N * PIXELS };
    float floats[SIZE] = {0};
    const char *header = "{'descr': '<f4', 'fortran_order': False, 'shape': (20, 1, 2, 3)}";
    floats[7] = -0.75F;
    floats[50] = 1.5F;
    floats[51] = 1.09F;
    write_npy(1, header, floats, sizeof floats);
    gs_image_file images = read_good(grey, unit, 100);
    assert_float_equal(images.data[7], 0, 0);
    assert_float_equal(images.data[50], 1, 0);
    assert_non_null(strstr(images.caution, "2 of 120 pixels are clipped to [0, 1]"));
    assert_non_null(strstr(images.caution, "up to 0.75"));
    gs_images_free(&images);
    memset(floats, 0, sizeof floats);
    floats[50] = 1.5F; /* on one side, but a single one */
    write_npy(1, header, floats, sizeof floats);
    images = read_good(grey, unit, 100);
    assert_non_null(strstr(images.caution, "1 of 120 pixels are clipped"));
    gs_images_free(&images);
    floats[7] = -0.75F;
    for (int k = 12; k < 48; k++)
        floats[k] = 0.5F + (k % 2 ? 0.8F : -0.8F);
    write_npy(1, header, floats, sizeof floats);
    images = read_good(grey, unit, 100);
    assert_non_null(strstr(images.caution, "38 of 120 pixels are clipped"));
    gs_images_free(&images);
    memset(floats, 0, sizeof floats);
    floats[3] = floats[20] = floats[21] = -0.2F;
    write_npy(1, header, floats, sizeof floats);
    refuse(grey, GS_ERROR_FORMAT,
           "-0.2 at image 0, channel 0, row 1, column 0: expected pixels in [0, 1], the model's; 3");
    memset(floats, 0, sizeof floats);
    floats[100] = 2.1F;
    write_npy(1, header, floats, sizeof floats);
    refuse(grey, GS_ERROR_FORMAT, "2.1 at image 16, channel 0, row 1, column 1");
}

/* Bytes of 0 and 1 are nearly black. */
static void dark_files(void **state) {
    (void)state;
    static const struct {
        unsigned char white;
        const char *caution;
    } rows[] = {
        {0, "no value above 0 of 255"}, {1, "no value above 1 of 255"}, {16, "no value above 16 of 255"}, {26, ""}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        const unsigned char bytes[6] = {0, rows[i].white, 0, rows[i].white};
        write_npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)}", bytes, 6);
        gs_image_file images = read_good(grey, unit, 100);
        if (!strstr(images.caution, rows[i].caution) || !images.caution[0] != !rows[i].caution[0])
            fail_msg("white %d: \"%s\"", rows[i].white, images.caution);
        gs_images_free(&images);
        write_png(PNG_FORMAT_GRAY, W, H, bytes);
        images = read_good(grey, unit, 100);
        if (!strstr(images.caution, rows[i].caution) || !images.caution[0] != !rows[i].caution[0])
            fail_msg("white %d: \"%s\"", rows[i].white, images.caution);
        gs_images_free(&images);
    }
}

static void bad_npy_files(void **state) {
    (void)state;
    const float good[6] = {0}, large[6] = {0, 0, 0, 0, 0, 255}, below[6] = {0, -0.2F}, nan[6] = {[2] = NAN};
    const char *header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}";
    write_npy(1, header, large, 24);
    refuse(grey, GS_ERROR_FORMAT, "255 at image 0, channel 0, row 1, column 2: expected pixels in [0, 1]");
    write_npy(1, header, below, 24);
    refuse(grey, GS_ERROR_FORMAT, "-0.2 at image 0, channel 0, row 0, column 1");
    write_npy(1, header, nan, 24);
    refuse(grey, GS_ERROR_FORMAT, "nan at image 0");
    write_npy(1, header, good, 23);
    refuse(grey, GS_ERROR_FORMAT, "cut short: ends in image 0 of 1");
    static const struct {
        const char *header, *words;
    } bad[] = {
        {"{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3)}", "type '<u2': expected float32"},
        {"{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3)}", "type '|i1': expected float32"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (2, 3)}", "type '<c8': expected float32"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (2, 3)}", "type '|O': expected float32"},
        {"{'descr': '<f16', 'fortran_order': False, 'shape': (2, 3)}", "type '<f16': expected float32"},
        {"{'descr': '=f4', 'fortran_order': False, 'shape': (2, 3)}", "unknown byte order: expected '<f4' or '>f4'"},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2)}", "3 x 2: expected 2 x 3"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2)}", "3 x 2: expected 2 x 3"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,)}", "rank 1"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': ()}", "rank 0"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551616, 2, 3)}",
         "sizes (18446744073709551616, 2, 3), more than any file holds"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 1, 2, 3)}",
         "sizes (4294967296, 4294967296, 1, 2, 3), more than any file holds"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999, 2, 3)}", "ends in image 1 of 9999999999"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967295, 2, 3)}", "ends in image 1 of 4294967295"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 2, 3)}", "cannot be read"},
        {"{'descr': '<f4', 'fortran_order': False}", "cannot be read"},
        {"{'descr': '<f4', 'descr': '<f4', 'shape': (2, 3)}", "cannot be read"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3)}", "cannot be read"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x", "cannot be read"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 2, 3)}",
         "sizes (9223372036854775807, 2, 3), more than any file holds"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 0, 1, 2, 3)}", "has no images"},
        {"{'descr': '', 'fortran_order': False, 'shape': (2, 3)}", "type '': expected float32"},
        {"{'descr': 'a type whose name is longer than that of any type', 'fortran_order': False}", "cannot be read"},
        {"{'descr", "cannot be read"},
        {"", "cannot be read"}};
    for (size_t i = 0; i < GS_COUNT(bad); i++) {
        write_npy(1, bad[i].header, good, 24);
        refuse(grey, GS_ERROR_FORMAT, bad[i].words);
    }
    for (size_t extra = 1; extra < 3; extra++) {
        const char more[24 + 2] = {0};
        write_npy(1, header, more, 24 + extra);
        refuse(grey, GS_ERROR_FORMAT,
               extra == 1 ? ": 1 byte follows its last image" : ": 2 bytes follow its last image");
    }
    write_npy(4, header, good, 24);
    refuse(grey, GS_ERROR_FORMAT, "no known version");
    write_file(path, "\x93NUMPY\x02\0\xff\xff\xff\xff", 12);
    refuse(grey, GS_ERROR_FORMAT, "longer than 10000 bytes");
}

/* Points are (n, D), or images of one pixel; what is one pixel high, but wider, is an image. */
static void npy_points(void **state) {
    (void)state;
    const float far[4] = {0, 1, 7, -3}, near[4] = {0, 1, 0.5F, 0};
    static const char *const shapes[] = {"(2, 2)", "(1, 2, 2)", "(2, 2, 1, 1)", "(1, 2, 2, 1, 1)"};
    char header[100];
    for (size_t i = 0; i < GS_COUNT(shapes); i++) {
        about("%s", shapes[i]);
        snprintf(header, sizeof header, "{'descr': '<f4', 'fortran_order': False, 'shape': %s}", shapes[i]);
        write_npy(1, header, far, sizeof far);
        gs_image_file images = read_good((const int[]){2, 1, 1}, unit, 100);
        assert_int_equal(images.n, 2);
        assert_memory_equal(images.data, far, sizeof far);
        gs_images_free(&images);
    }
    write_npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1, 2)}", near, sizeof near);
    gs_image_file images = read_good((const int[]){1, 1, 2}, unit, 100);
    assert_memory_equal(images.data, near, sizeof near);
    gs_images_free(&images);
    write_npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1, 2)}", far, sizeof far);
    refuse((const int[]){1, 1, 2}, GS_ERROR_FORMAT, "7 at image 1");
}

/* The size of a file that is packed is not known before; what its header claims may be more than the machine has. */
static void npy_claims(void **state) {
    (void)state;
    static const char *const counts[] = {"100000000000000", "1537228672809129300"};
    for (size_t i = 0; i < GS_COUNT(counts); i++) {
        about("%s", counts[i]);
        char header[100];
        gs_image_file images;
        gs_error error = {0};
        snprintf(header, sizeof header, "{'descr': '|u1', 'fortran_order': False, 'shape': (%s, 2, 3)}", counts[i]);
        write_npy(1, header, NULL, 0);
        pack();
        const gs_image_wish wish = {.shape = grey, .range = unit, .most = SIZE_MAX};
        assert_int_equal(gs_images_read(path, &wish, &images, &error), GS_ERROR_MEMORY);
        assert_null(images.data);
        refuse(grey, GS_ERROR_FORMAT, "is cut short");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idx_files),    cmocka_unit_test(bad_idx_files), cmocka_unit_test(no_files_of_images),
        cmocka_unit_test(npy_files),    cmocka_unit_test(bad_npy_files), cmocka_unit_test(npy_types),
        cmocka_unit_test(npy_orders),   cmocka_unit_test(npy_clipped),   cmocka_unit_test(dark_files),
        cmocka_unit_test(descriptions), cmocka_unit_test(npy_numbers),   cmocka_unit_test(npy_points),
        cmocka_unit_test(npy_claims),
    };
    return cmocka_run_group_tests(tests, make_test_path, remove_test_path);
}
