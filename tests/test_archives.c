/* Images read from NPZ archives and PGM pictures, which are made here, and damaged everywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/base.h"
#include "support/about.h"
#include "support/files.h"
#include "support/io/images.h"

enum { H = 2, W = 3, PIXELS = H * W, ROOM = 4096, ENTRIES = 4 };
enum { DEFLATED = 1, SIZES_FOLLOW = 2, LARGE = 4, KINDS = 8, WRONG_SUM = 16 };

static const int grey[3] = {1, H, W}, colour[3] = {3, H, W};
static const float unit[2] = {0, 1};

/* ---- NPZ ---- */

typedef struct archive {
    unsigned char bytes[ROOM];
    size_t used;
    int entries;
    uint64_t sum[ENTRIES]; /* their checksums */
} archive;

static void put(archive *a, uint64_t v, int bytes) {
    for (int i = 0; i < bytes; i++)
        a->bytes[a->used++] = (unsigned char)(v >> 8 * i);
}

static void put_bytes(archive *a, const void *bytes, size_t size) {
    memcpy(a->bytes + a->used, bytes, size);
    a->used += size;
}

/* In NPY format, labels, or two images of bytes, of which the first pixel is 51 and the second 255. */
static size_t make_array(const char *labels, unsigned char array[ROOM]) {
    static const char header[] = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3)}\n";
    size_t size;
    const unsigned char data[2 * PIXELS] = {51, 255}, classes[4] = {3, 0, 250, 0};
    if (labels)
        write_npy(1, labels, classes, sizeof classes);
    else
        write_npy(1, header, data, sizeof data);
    unsigned char *bytes = read_file(test_path, &size);
    assert_true(size < ROOM);
    memcpy(array, bytes, size);
    free(bytes);
    return size;
}

static size_t deflate_raw(const unsigned char *from, size_t size, unsigned char to[ROOM]) {
    z_stream z = {
        .next_in = (unsigned char *)(uintptr_t)from, .avail_in = (unsigned)size, .next_out = to, .avail_out = ROOM};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

/* An entry with an array, of labels with that header or else of images, in the ways that `kind` (a sum) says. */
static void put_array(archive *a, const char *name, const char *labels, int kind) {
    unsigned char array[ROOM], packed[ROOM];
    size_t size = make_array(labels, array), kept = kind & DEFLATED ? deflate_raw(array, size, packed) : size;
    bool follow = kind & SIZES_FOLLOW, large = kind & LARGE;
    uint64_t sum = crc32(0, array, (unsigned)size) ^ (kind & WRONG_SUM ? 1 : 0);
    a->sum[a->entries++] = sum;
    put(a, 0x04034b50, 4);
    put(a, 45, 2);
    put(a, follow ? 8 : 0, 2);
    put(a, kind & DEFLATED ? 8 : 0, 2);
    put(a, 0, 4);
    put(a, follow ? 0 : sum, 4);
    put(a, large ? UINT32_MAX : follow ? 0 : kept, 4);
    put(a, large ? UINT32_MAX : follow ? 0 : size, 4);
    put(a, strlen(name), 2);
    put(a, large ? 20 : 0, 2);
    put_bytes(a, name, strlen(name));
    if (large) {
        put(a, 1, 2);
        put(a, 16, 2);
        put(a, follow ? 0 : size, 8);
        put(a, follow ? 0 : kept, 8);
    }
    put_bytes(a, kind & DEFLATED ? packed : array, kept);
    if (follow) {
        put(a, 0x08074b50, 4);
        put(a, sum, 4);
        put(a, kept, large ? 8 : 4);
        put(a, size, large ? 8 : 4);
    }
}

static void put_entry(archive *a, const char *name, int kind) {
    put_array(a, name, NULL, kind);
}

/* The directory, with what readers of the whole archive look at, in the form for more than 4 GiB too if it is `large`.
 */
static void put_directory(archive *a, bool large) {
    for (int k = 0; k < a->entries; k++) {
        put(a, 0x02014b50, 4);
        put(a, 0, 8);
        put(a, 0, 4);
        put(a, a->sum[k], 4);
        put(a, 0, 8);
        put(a, 1, 2);
        put(a, 2, 2);
        put(a, 3, 2);
        put(a, 0, 8);
        put(a, 0, 4);
        put_bytes(a,
                  "n"
                  "ee"
                  "ccc",
                  6);
    }
    if (large) {
        put(a, 0x06064b50, 4);
        put(a, 44, 8);
        for (int i = 0; i < 11; i++)
            put(a, 0, 4);
        put(a, 0x07064b50, 4);
        put(a, 0, 8);
        put(a, 0, 8);
    }
    put(a, 0x06054b50, 4);
    put(a, 0, 8);
    put(a, 0, 8);
    put(a, 4, 2);
    put_bytes(a, "done", 4);
}

static void write_archive(const archive *a) {
    write_file(test_path, a->bytes, a->used);
}

/* With its directory, of several entries in the larger form. */
static void write_whole(const archive *a) {
    archive whole = *a;
    put_directory(&whole, a->entries > 1);
    write_archive(&whole);
}

static void assert_read(const archive *a, size_t most) {
    write_whole(a);
    gs_image_file images = read_good(grey, unit, most);
    assert_int_equal(images.n, most < 2 ? most : 2);
    assert_int_equal(images.total, 2);
    assert_float_equal(images.data[0], 0.2, 1e-7);
    assert_float_equal(images.data[1], 1, 0);
    gs_images_free(&images);
}

static const char row_of_labels[] = "{'descr': '<i2', 'fortran_order': False, 'shape': (2,)}\n";

/* Stored or packed, with sizes before or behind the data, of 4 bytes or 8: all is read, cut short nothing is, and no
 * changed bit does harm. */
static void arrays_are_read(void **state) {
    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        about("kind %d", kind);
        archive a = {.used = 0};
        put_entry(&a, "samples.npy", kind);
        assert_read(&a, 100);
        assert_read(&a, 1);
        put_array(&a, "labels.npy", row_of_labels, kind);
        write_whole(&a);
        damage(grey);
        pack();
        gs_image_file images = read_good(grey, unit, 100);
        gs_images_free(&images);
        a = (archive){.used = 0};
        put_entry(&a, "samples.npy", kind | WRONG_SUM);
        write_whole(&a);
        refuse(grey, GS_ERROR_FORMAT, "its array samples.npy is damaged: ");
        refuse(colour, GS_ERROR_FORMAT, "has images of 2 x 3: expected 3 x 2 x 3");
    }
}

/* Of several arrays the samples count, which come first; a single one may have any name. */
static void arrays_have_names(void **state) {
    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        about("kind %d", kind);
        archive a = {.used = 0};
        put_entry(&a, "samples.npy", kind);
        put_entry(&a, "other.npy", kind);
        put_array(&a, "labels.npy", row_of_labels, kind);
        assert_read(&a, 100);
        a = (archive){.used = 0};
        put_entry(&a, "arr_0.npy", kind);
        assert_read(&a, 100);
        a = (archive){.used = 0};
        put_entry(&a, "other.npy", kind);
        put_entry(&a, "samples.npy", kind);
        write_whole(&a);
        refuse(grey, GS_ERROR_FORMAT, "has several arrays, of which the first is other.npy: expected one array, or ");
    }
}

/* The archive's images, with these labels or, if there are none, with that caution. */
static void assert_labels(const archive *a, size_t most, const int *labels, const char *caution) {
    write_whole(a);
    gs_image_file images = read_good(grey, unit, most);
    for (size_t k = 0; labels && k < images.n; k++)
        assert_true(images.labels && images.labels[k] == labels[k]);
    assert_true(labels || !images.labels);
    if (!strstr(images.labels_caution, caution) || (!*caution && *images.labels_caution))
        fail_msg("\"%s\": expected \"%s\"", images.labels_caution, caution);
    gs_images_free(&images);
}

static void labels_are_read(void **state) {
    (void)state;
    static const struct {
        const char *header;
        int labels[2];
        const char *caution;
    } rows[] = {
        {row_of_labels, {3, 250}, ""},
        {"{'descr': '>i4', 'fortran_order': False, 'shape': (1,)}\n", {0}, "labels.npy is no row of 2 whole numbers"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (1,)}\n", {0}, "labels.npy is no row of 2 whole numbers"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2)}\n", {0}, "labels.npy is no row of 2 whole numbers"},
        {"{'descr': '<f2', 'fortran_order': False, 'shape': (2,)}\n", {0}, "labels.npy is no row of 2 whole numbers"}};
    for (int kind = 0; kind < KINDS; kind++) {
        for (size_t i = 0; i < GS_COUNT(rows); i++) {
            about("kind %d, %s", kind, rows[i].header);
            archive a = {.used = 0};
            put_entry(&a, "samples.npy", kind);
            put_array(&a, "labels.npy", rows[i].header, kind);
            assert_labels(&a, 100, *rows[i].caution ? NULL : rows[i].labels, rows[i].caution);
            assert_labels(&a, 1, *rows[i].caution ? NULL : rows[i].labels, rows[i].caution);
        }
        archive a = {.used = 0};
        put_entry(&a, "x.npy", kind);
        put_array(&a, "y.npy", row_of_labels, kind);
        assert_labels(&a, 100, rows[0].labels, "");
    }
    archive a = {.used = 0};
    put_entry(&a, "samples.npy", 0);
    put_array(&a, "labels.npy", "{'descr': '|S2', 'fortran_order': False, 'shape': (2,)}\n", 0);
    assert_labels(&a, 100, NULL, "labels.npy is no row of 2 whole numbers");
}

/* Behind the images nothing may be missing, and nothing too much. */
static void damaged_ends(void **state) {
    (void)state;
    archive a = {.used = 0};
    put_entry(&a, "samples.npy", 0);
    write_archive(&a);
    refuse(grey, GS_ERROR_FORMAT, "is cut short: ends at byte 124, behind its images");
    put_array(&a, "labels.npy", row_of_labels, WRONG_SUM);
    write_whole(&a);
    refuse(grey, GS_ERROR_FORMAT, "its array labels.npy is damaged: ");
    a = (archive){.used = 0};
    put_entry(&a, "samples.npy", 0);
    a.sum[0]++;
    write_whole(&a);
    refuse(grey, GS_ERROR_FORMAT, "whose directory lists other entries than there are");
    a.sum[0]--;
    put_directory(&a, false);
    put(&a, 0, 1);
    write_archive(&a);
    refuse(grey, GS_ERROR_FORMAT, "that more bytes follow");
    a.used -= 1;
    write_archive(&a);
    gs_image_file images = read_good(grey, unit, 1);
    gs_images_free(&images);
}

static void other_archives(void **state) {
    (void)state;
    archive a = {.used = 0};
    put_entry(&a, "archive/data.pkl", 0);
    write_archive(&a);
    refuse(grey, GS_ERROR_FORMAT, "is a ZIP archive, such as .npz and .pt files are: expected an IDX, NPY, NPZ");
    static const struct {
        size_t at;
        unsigned char byte;
        const char *words;
    } rows[] = {{6, 1, "that is encrypted"},
                {8, 12, "that is packed in another way than by deflate"},
                {29, 8, "with an extra field of more than 1024 bytes"}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        a = (archive){.used = 0};
        put_entry(&a, "samples.npy", 0);
        memset(a.bytes + a.used, 0, ROOM - a.used);
        a.used = ROOM;
        a.bytes[rows[i].at] = rows[i].byte;
        write_archive(&a);
        refuse(grey, GS_ERROR_FORMAT, rows[i].words);
    }
}

/* ---- PGM ---- */

static void write_pgm(const char *header, const void *pixels, size_t size) {
    archive a = {.used = 0};
    put_bytes(&a, header, strlen(header));
    put_bytes(&a, pixels, size);
    write_archive(&a);
}

static void pictures_are_read(void **state) {
    (void)state;
    const unsigned char bytes[PIXELS] = {0, 51, 255}, words[2 * PIXELS] = {0, 0, 0, 200, 3, 232};
    write_pgm("P5\n3 2\n255\n", bytes, sizeof bytes);
    gs_image_file images = read_good(grey, unit, 100);
    assert_int_equal(images.n, 1);
    assert_true(images.data[0] == 0 && images.data[1] == 0.2F && images.data[2] == 1);
    gs_images_free(&images);
    damage(grey);
    write_pgm("P5 # a: b\n# c\n 3\t2\r\n1000 ", words, sizeof words);
    images = read_good(grey, unit, 100);
    assert_float_equal(images.data[1], 0.2, 1e-5);
    assert_float_equal(images.data[2], 1, 0);
    gs_images_free(&images);
    damage(grey);
    images = read_good(colour, unit, 100);
    assert_float_equal(images.data[2 * PIXELS + 1], 0.2, 1e-5);
    gs_images_free(&images);
    const unsigned char two[2 * PIXELS] = {0, 1, 2, 255, 4, 5};
    write_pgm("P5\n3 4\n255\n", two, sizeof two);
    images = read_good(grey, unit, 100);
    assert_int_equal(images.n, 2);
    assert_non_null(strstr(images.taken, "cut into 2 x 1 images of 2 x 3"));
    gs_images_free(&images);
}

static void bad_pictures(void **state) {
    (void)state;
    static const struct {
        const char *header;
        size_t bytes;
        const char *words;
    } rows[] = {
        {"P5\n3 2\n255\n", 7, "more bytes follow its last pixel"},
        {"P5\n3 2\n255\n", 5, "ends at byte 16"},
        {"P5\n3 2\n200\n", 6, "is 255 at row 0, column 0: expected at most 200, white"},
        {"P5\n4 2\n255\n", 8, "a picture of 2 x 4 pixels: expected 2 x 3, the model's, or a grid"},
        {"P5\n16777216 16777216\n255\n", 8, "a picture of 16777216 x 16777216 pixels: expected"},
        {"P5\n3 -2\n255\n", 6, "its PGM header lacks a number"},
        {"P5\n3 2x\n255\n", 6, "its PGM header has more than digits in a number"},
        {"P5\n3 0\n255\n", 6, "its PGM header has a number out of range"},
        {"P5\n3 2\n65536\n", 6, "its PGM header has a number out of range"},
        {"P5\n3 2\n0\n", 6, "its PGM header has a number out of range"},
        {"P5\n3 99999999999999999999\n255\n", 6, "its PGM header has a number that is too large"},
        {"P2\n3 2\n255\n", 6, "is a PGM picture in plain text (P2): expected an IDX, NPY, NPZ, PGM or PNG file"}};
    unsigned char white[PIXELS + 2];
    memset(white, 255, sizeof white);
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        write_pgm(rows[i].header, white, rows[i].bytes);
        refuse(grey, GS_ERROR_FORMAT, rows[i].words);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_are_read), cmocka_unit_test(arrays_have_names), cmocka_unit_test(other_archives),
        cmocka_unit_test(labels_are_read), cmocka_unit_test(damaged_ends),      cmocka_unit_test(pictures_are_read),
        cmocka_unit_test(bad_pictures),
    };
    return cmocka_run_group_tests(tests, make_test_path, remove_test_path);
}
