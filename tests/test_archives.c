/* Images read from NPZ archives and PGM pictures, which are made here, and damaged everywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "io/sink.h"
#include "support/files.h"
#include "support/outputs.h"
#include "support/about.h"
#include "support/io/archives.h"
#include "support/io/images.h"

enum { H = 2, W = 3, PIXELS = H * W };

static const int grey[3] = {1, H, W}, colour[3] = {3, H, W};
static const float unit[2] = {0, 1};

/* ---- NPZ ---- */

static void assert_read(const archive *a, size_t most) {
    archive_write_whole(a);
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
    for (int kind = 0; kind < ARCHIVE_KINDS; kind++) {
        about("kind %d", kind);
        archive a = {.used = 0};
        archive_put_entry(&a, "samples.npy", kind);
        assert_read(&a, 100);
        assert_read(&a, 1);
        archive_put_array(&a, "labels.npy", row_of_labels, kind);
        archive_write_whole(&a);
        damage(grey);
        pack();
        gs_image_file images = read_good(grey, unit, 100);
        gs_images_free(&images);
        a = (archive){.used = 0};
        archive_put_entry(&a, "samples.npy", kind | ARCHIVE_WRONG_SUM);
        archive_write_whole(&a);
        refuse(grey, GS_ERROR_FORMAT, "its array samples.npy is damaged: ");
        refuse(colour, GS_ERROR_FORMAT, "has images of 2 x 3: expected 3 x 2 x 3");
    }
}

/* Of several arrays the samples count, which come first; a single one may have any name. */
static void arrays_have_names(void **state) {
    (void)state;
    for (int kind = 0; kind < ARCHIVE_KINDS; kind++) {
        about("kind %d", kind);
        archive a = {.used = 0};
        archive_put_entry(&a, "samples.npy", kind);
        archive_put_entry(&a, "other.npy", kind);
        archive_put_array(&a, "labels.npy", row_of_labels, kind);
        assert_read(&a, 100);
        a = (archive){.used = 0};
        archive_put_entry(&a, "arr_0.npy", kind);
        assert_read(&a, 100);
        a = (archive){.used = 0};
        archive_put_entry(&a, "other.npy", kind);
        archive_put_entry(&a, "samples.npy", kind);
        archive_write_whole(&a);
        refuse(grey, GS_ERROR_FORMAT, "has several arrays, of which the first is other.npy: expected one array, or ");
    }
}

/* The archive's images, with these labels or, if there are none, with that caution. */
static void assert_labels(const archive *a, size_t most, const int *labels, const char *caution) {
    archive_write_whole(a);
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
    for (int kind = 0; kind < ARCHIVE_KINDS; kind++) {
        for (size_t i = 0; i < GS_COUNT(rows); i++) {
            about("kind %d, %s", kind, rows[i].header);
            archive a = {.used = 0};
            archive_put_entry(&a, "samples.npy", kind);
            archive_put_array(&a, "labels.npy", rows[i].header, kind);
            assert_labels(&a, 100, *rows[i].caution ? NULL : rows[i].labels, rows[i].caution);
            assert_labels(&a, 1, *rows[i].caution ? NULL : rows[i].labels, rows[i].caution);
        }
        archive a = {.used = 0};
        archive_put_entry(&a, "x.npy", kind);
        archive_put_array(&a, "y.npy", row_of_labels, kind);
        assert_labels(&a, 100, rows[0].labels, "");
    }
    archive a = {.used = 0};
    archive_put_entry(&a, "samples.npy", 0);
    archive_put_array(&a, "labels.npy", "{'descr': '|S2', 'fortran_order': False, 'shape': (2,)}\n", 0);
    assert_labels(&a, 100, NULL, "labels.npy is no row of 2 whole numbers");
    a = (archive){.used = 0};
    archive_put_entry(&a, "samples.npy", 0);
    archive_put_array(&a, "labels.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (9223372036854775808, 4)}\n",
                      0);
    assert_labels(&a, 100, NULL, "labels.npy is no row of 2 whole numbers");
}

/* Of several arrays of labels the first is taken, or missed. */
static void the_first_labels_count(void **state) {
    (void)state;
    static const char short_row[] = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}\n",
                      other_row[] = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}\n";
    archive a = {.used = 0};
    archive_put_entry(&a, "samples.npy", 0);
    archive_put_array(&a, "labels.npy", row_of_labels, 0);
    archive_put_array(&a, "y.npy", other_row, 0);
    assert_labels(&a, 100, (const int[]){3, 250}, "");
    a = (archive){.used = 0};
    archive_put_entry(&a, "samples.npy", 0);
    archive_put_array(&a, "y.npy", short_row, 0);
    archive_put_array(&a, "labels.npy", other_row, 0);
    assert_labels(&a, 100, NULL, "y.npy is no row");
}

/* Trajectories (rows, n, ...) have a label per chain, for each of their rows. */
static void labels_of_trajectories_are_those_of_chains(void **state) {
    (void)state;
    static const int labels[] = {3, 1, 2};
    enum { ROWS = 2, CHAINS = GS_COUNT(labels) };
    float pixels[ROWS * CHAINS * PIXELS] = {0};
    gs_error error = {0};
    const gs_sink_input input = {.sizes = {ROWS, CHAINS, 1, H, W}, .rank = 5, .labels = labels};
    unlink(test_path);
    assert_ok(gs_sink_put_all(GS_FORMAT_NPZ, test_path, &input, pixels, &error), &error);
    gs_image_file images = read_good(grey, unit, 100);
    assert_int_equal(images.n, ROWS * CHAINS);
    assert_non_null(images.labels);
    for (size_t k = 0; k < images.n; k++)
        assert_int_equal(images.labels[k], labels[k % CHAINS]);
    gs_images_free(&images);
}

/* Behind the images nothing may be missing, and nothing too much. */
static void damaged_ends(void **state) {
    (void)state;
    archive a = {.used = 0};
    archive_put_entry(&a, "samples.npy", 0);
    archive_write(&a);
    refuse(grey, GS_ERROR_FORMAT, "is cut short: ends at byte 124, behind its images");
    archive_put_array(&a, "labels.npy", row_of_labels, ARCHIVE_WRONG_SUM);
    archive_write_whole(&a);
    refuse(grey, GS_ERROR_FORMAT, "its array labels.npy is damaged: ");
    a = (archive){.used = 0};
    archive_put_entry(&a, "samples.npy", 0);
    a.sum[0]++;
    archive_write_whole(&a);
    refuse(grey, GS_ERROR_FORMAT, "whose directory lists other entries than there are");
    a.sum[0]--;
    archive_put_directory(&a, false);
    archive_put(&a, 0, 1);
    archive_write(&a);
    refuse(grey, GS_ERROR_FORMAT, "that more bytes follow");
    a.used -= 1;
    archive_write(&a);
    gs_image_file images = read_good(grey, unit, 1);
    gs_images_free(&images);
}

static void other_archives(void **state) {
    (void)state;
    archive a = {.used = 0};
    archive_put_entry(&a, "archive/data.pkl", 0);
    archive_write(&a);
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
        archive_put_entry(&a, "samples.npy", 0);
        memset(a.bytes + a.used, 0, ARCHIVE_ROOM - a.used);
        a.used = ARCHIVE_ROOM;
        a.bytes[rows[i].at] = rows[i].byte;
        archive_write(&a);
        refuse(grey, GS_ERROR_FORMAT, rows[i].words);
    }
}

/* ---- Descriptions ---- */

static int notes_told;

static void count_note(void *context, const char *key, const char *text) {
    (void)context;
    assert_string_equal(key, "a");
    assert_string_equal(text, "b");
    notes_told++;
}

/* Describe test_path: the text, or the words of the error. */
static void assert_described(const char *text, const char *words, int notes) {
    gs_description description = {.note = count_note};
    gs_content content;
    bool packed;
    gs_error error = {0};
    notes_told = 0;
    gs_status status = gs_images_describe(test_path, NULL, 0, &description, &content, &packed, &error);
    if (words)
        assert_told(status, GS_ERROR_FORMAT, &error, words);
    else
        assert_ok(status, &error);
    if (text)
        assert_string_equal(description.text, text);
    assert_int_equal(notes_told, notes);
}

static void archives_are_described(void **state) {
    (void)state;
    archive a = {.used = 0};
    archive_put_entry(&a, "samples.npy", 0);
    archive_write_whole(&a);
    assert_described("NPZ, samples.npy: NPY, elements '|u1', shape (2, 2, 3), row-major", NULL, 0);
    a.bytes[6] |= 1;
    archive_write_whole(&a);
    assert_described(NULL, "that is encrypted", 0);
    a = (archive){.used = 0};
    archive_put_array(&a, "samples.npy", "{'descr'", 0);
    archive_write_whole(&a);
    assert_described(NULL, "its NPY header cannot be read", 0);
    a = (archive){.used = 0};
    archive_put_entry(&a, "x", 0);
    memcpy(a.bytes + 30, "x", 1);
    archive_write_whole(&a);
    gs_content content;
    gs_description description;
    bool packed;
    assert_int_equal(gs_images_describe(test_path, NULL, 0, &description, &content, &packed, NULL), GS_OK);
    assert_int_not_equal(content.kind, GS_CONTENT_IMAGES); /* an archive of something else */
}

/* A name that ends before it seems to is none of an array. */
static void names_with_zeros_are_refused(void **state) {
    (void)state;
    archive a = {.used = 0};
    archive_put_entry(&a, "samples.npy", 0);
    a.bytes[30 + 3] = 0;
    archive_write_whole(&a);
    refuse(grey, GS_ERROR_FORMAT, "whose first entry is no array NAME.npy");
}

/* ---- PGM ---- */

static void write_pgm(const char *header, const void *pixels, size_t size) {
    archive a = {.used = 0};
    archive_put_bytes(&a, header, strlen(header));
    if (size)
        archive_put_bytes(&a, pixels, size);
    archive_write(&a);
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
        {"P5\n0 2\n255\n", 6, "its PGM header has a number out of range"},
        {"P5x3 2\n255\n", 6, "is a text: expected an IDX, NPY, NPZ, PGM or PNG file"},
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
    write_pgm(rows[0].header, white, PIXELS);
    pack();
    size_t size;
    unsigned char *bytes = read_file(test_path, &size);
    bytes[size - 8] ^= 1; /* the checksum, which is read behind the last pixel */
    write_file(test_path, bytes, size);
    free(bytes);
    refuse(grey, GS_ERROR_FORMAT, "is packed by gzip, and");
}

static void long_headers_are_refused(void **state) {
    (void)state;
    enum { SIZE = (1 << 20) + 100 };
    char *bytes = malloc(SIZE);
    assert_non_null(bytes);
    memset(bytes, ' ', SIZE);
    memcpy(bytes, "P5", 2);
    write_file(test_path, bytes, SIZE);
    free(bytes);
    refuse(grey, GS_ERROR_FORMAT, "its PGM header is longer than a megabyte");
}

static void pictures_are_described(void **state) {
    (void)state;
    write_pgm("P5 # a: b\n#no key\n 3 2 1000 ", NULL, 0);
    assert_described("PGM, 2 x 3 pixels, 16-bit grey", NULL, 1);
    write_pgm("P5#a: b\n3 2 255\n", NULL, 0);
    assert_described("PGM, 2 x 3 pixels, 8-bit grey", NULL, 1);
    write_pgm("P5 3 2 x", NULL, 0);
    assert_described(NULL, "its PGM header lacks a number", 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_are_read),
        cmocka_unit_test(arrays_have_names),
        cmocka_unit_test(other_archives),
        cmocka_unit_test(labels_are_read),
        cmocka_unit_test(damaged_ends),
        cmocka_unit_test(pictures_are_read),
        cmocka_unit_test(bad_pictures),
        cmocka_unit_test(the_first_labels_count),
        cmocka_unit_test(labels_of_trajectories_are_those_of_chains),
        cmocka_unit_test(archives_are_described),
        cmocka_unit_test(names_with_zeros_are_refused),
        cmocka_unit_test(long_headers_are_refused),
        cmocka_unit_test(pictures_are_described),
    };
    return cmocka_run_group_tests(tests, make_test_path, remove_test_path);
}
