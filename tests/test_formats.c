/* Formats of outputs: what all have in common, and those that no other test is about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "support/outputs.h" /* before about.h, whose macro has the name of a function here */
#include "support/about.h"
#include "support/files.h"

static void a_grey_map(void **state) {
    (void)state;
    gs_error error = {0};
    float data[] = {0, 1, 0.5F, 2}, colours[6] = {0};
    gs_images images = {.data = data, .n = 1, .shape = {1, 2, 2}, .range = {0, 1}};
    const gs_note notes[] = {{"Software", "a test"}, {"command", "gensample\n--out x"}};
    const char header[] = "P5\n# Software: a test\n# command: gensample --out x\n6 6\n255\n";
    const size_t start = sizeof header - 1;
    size_t size;
    assert_ok(put_images(GS_FORMAT_PGM, "x", &images, (gs_grid){.rows = 1, .columns = 1}, notes, 2, &error), &error);
    unsigned char *bytes = read_file("x", &size);
    assert_int_equal(size, start + 36);
    assert_memory_equal(bytes, header, start);
    for (int i = 0; i < 36; i++) {
        int y = i / 6 - 2, x = i % 6 - 2;
        bool inside = x >= 0 && x < 2 && y >= 0 && y < 2;
        about("pixel %d", i);
        assert_int_equal(bytes[start + (size_t)i], inside ? gs_pixel(data[2 * y + x], 0, 1) : GS_GRID_BACKGROUND);
    }
    free(bytes);
    assert_int_equal(unlink("x"), 0);
    images = (gs_images){.data = colours, .n = 1, .shape = {3, 1, 2}, .range = {0, 1}};
    assert_int_equal(gs_images_check("x", GS_FORMAT_PGM, images.shape, &error), GS_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "images of 3 channels cannot be drawn, only those of 1; .npy"));
    assert_int_equal(put_images(GS_FORMAT_PGM, "x", &images, (gs_grid){.rows = 1, .columns = 1}, NULL, 0, &error),
                     GS_ERROR_UNSUPPORTED);
    assert_int_equal(gs_images_check("x", GS_FORMAT_PGM, (int[]){1, 1, 1}, &error), GS_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "points of 1 number are no images; .npy and .npz take them"));
    assert_left("");
}

static uint32_t number(const unsigned char *bytes, int count) {
    uint32_t v = 0;
    for (int i = count - 1; i >= 0; i--)
        v = v << 8 | bytes[i];
    return v;
}

/* Entry k of an archive that ends with its directory: its data, which the directory's checksum fits. */
static const unsigned char *entry_of(const unsigned char *zip, size_t size, int k, const char *name, size_t *length) {
    const unsigned char *end = zip + size - 98, *at = zip + number(end + 48, 4);
    assert_int_equal(number(end, 4), 0x06064b50);
    assert_int_equal(number(end + 76, 4), 0x06054b50);
    for (; k > 0; k--)
        at += 46 + number(at + 28, 2) + number(at + 30, 2);
    assert_int_equal(number(at, 4), 0x02014b50);
    assert_memory_equal(at + 46, name, strlen(name));
    const unsigned char *large = at + 46 + strlen(name), *local = zip + number(large + 20, 4);
    *length = number(large + 4, 4);
    assert_int_equal(number(local, 4), 0x04034b50);
    const unsigned char *data = local + 30 + number(local + 26, 2) + number(local + 28, 2);
    assert_int_equal(crc32_z(0, data, *length), number(at + 16, 4));
    return data;
}

/* An archive has what the NPY file has, and the labels; of fewer images than were announced too. */
static void an_npz_archive(void **state) {
    (void)state;
    gs_error error = {0};
    float *data = noise_pixels();
    const int labels[] = {3, 1, 4, 1, 5};
    gs_images images = noise_images(data);
    gs_sink_input input = {.sizes = {5, 1, 16, 16}, .rank = 4, .range = {0, 1}, .labels = labels};
    for (images.n = 5; images.n >= 4; images.n--) {
        size_t size, array_size, length;
        gs_sink sink;
        about("%zu of 5 images", images.n);
        assert_ok(gs_sink_open(&sink, GS_FORMAT_NPZ, "x", &input, &error), &error);
        assert_ok(gs_sink_write(&sink, data, images.n, &error), &error);
        assert_ok(gs_sink_close(&sink, GS_OK, &error), &error);
        unsigned char *zip = read_file("x", &size);
        assert_ok(put_images(GS_FORMAT_NPY, "y", &images, (gs_grid){0}, NULL, 0, &error), &error);
        unsigned char *array = read_file("y", &array_size);
        const unsigned char *entry = entry_of(zip, size, 0, "samples.npy", &length);
        assert_int_equal(length, array_size);
        assert_memory_equal(entry, array, length);
        entry = entry_of(zip, size, 1, "labels.npy", &length);
        assert_int_equal(length, 128 + images.n * sizeof(int));
        assert_memory_equal(entry + 128, labels, images.n * sizeof(int));
        free(zip);
        free(array);
        assert_int_equal(unlink("x") | unlink("y"), 0);
    }
    free(data);
    assert_left("");
}

/* An array has 1 to GS_SINK_RANK_MAX axes. */
static void arrays_of_other_ranks_are_refused(void **state) {
    (void)state;
    static const int ranks[] = {0, GS_SINK_RANK_MAX + 1};
    for (size_t i = 0; i < GS_COUNT(ranks); i++) {
        gs_error error = {0};
        gs_sink sink;
        const gs_sink_input input = {.sizes = {1, 1, 1, 1, 1, 1, 1, 1}, .rank = ranks[i]};
        about("rank %d", ranks[i]);
        assert_told(gs_sink_open(&sink, GS_FORMAT_NPY, "x", &input, &error), GS_ERROR_UNSUPPORTED, &error, "of rank");
    }
    assert_left("");
}

static void lists_of_formats(void **state) {
    (void)state;
    char text[GS_FORMATS_ROOM];
    assert_string_equal(gs_formats_list(0, ".", " and ", text), "");
    assert_non_null(strstr(gs_formats_list(GS_HOLDS_ARRAY, ".", " and ", text), ".npy"));
}

/* Blocks make the same file as all at once, and so do fewer images than were announced, which files that list images
 * correct. */
static void every_format_takes_blocks(void **state) {
    (void)state;
    gs_error error = {0};
    float *data = noise_pixels();
    gs_images images = noise_images(data);
    const gs_sink_input input = {
        .sizes = {40, 1, 16, 16}, .rank = 4, .range = {0, 1}, .grid = {.rows = 6, .columns = 5}};
    images.n = 37;
    for (int i = 0; i < GS_FORMAT_COUNT; i++) {
        if (gs_format_holds((gs_format)i) == GS_HOLDS_CHAINS) /* which come by chain_file.h */
            continue;
        const gs_format format = (gs_format)i;
        size_t size[2], done = 0;
        gs_sink sink;
        about("format %s", gs_format_name(format));
        assert_ok(put_images(format, "whole", &images, input.grid, NULL, 0, &error), &error);
        unsigned char *whole = read_file("whole", &size[0]);
        assert_int_equal(unlink("whole"), 0);
        assert_ok(gs_sink_open(&sink, format, "blocks", &input, &error), &error);
        for (size_t block = 1; done < images.n;
             done += block, block = 3 * block < images.n - done ? 3 * block : images.n - done)
            assert_ok(gs_sink_write(&sink, data + done * 256, block, &error), &error);
        assert_int_equal(done, images.n);
        assert_ok(gs_sink_close(&sink, GS_OK, &error), &error);
        unsigned char *blocks = read_file("blocks", &size[1]);
        assert_int_equal(unlink("blocks"), 0);
        assert_int_equal(size[0], size[1]);
        assert_memory_equal(whole, blocks, size[0]);
        free(whole);
        free(blocks);
        assert_ok(gs_sink_open(&sink, format, "none", &input, &error), &error);
        assert_ok(gs_sink_write(&sink, data, 3, &error), &error);
        gs_sink_abandon(&sink);
        assert_left("");
    }
    free(data);
}

/* Images are no steps of chains. */
static void chains_take_no_images(void **state) {
    (void)state;
    gs_error error = {0};
    gs_sink sink;
    const gs_sink_input input = {.sizes = {4, 1, 16, 16}, .rank = 4, .range = {0, 1}};
    gs_status status = gs_sink_open(&sink, GS_FORMAT_NC, "x.nc", &input, &error);
    assert_told(status, GS_ERROR_UNSUPPORTED, &error, "x.nc: .nc files hold the steps of chains");
    assert_left("");
}

int main(void) {
    const struct CMUnitTest tests[] = {OUTPUT_TEST(arrays_of_other_ranks_are_refused),
                                       OUTPUT_TEST(lists_of_formats),
                                       OUTPUT_TEST(a_grey_map),
                                       OUTPUT_TEST(an_npz_archive),
                                       OUTPUT_TEST(every_format_takes_blocks),
                                       OUTPUT_TEST(chains_take_no_images)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
