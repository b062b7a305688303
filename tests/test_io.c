/* Every written file is read back, byte by byte; failures leave nothing behind. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/picture.h"
#include "support/outputs.h"
#include "support/about.h"
#include "support/files.h"
#include "support/io/place.h"

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
                    {"x\x7f.npy", NULL, "control"},
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
