/* Images and weight files from pipes, and images packed by gzip, are read as from a plain file, and refused in the same
 * words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <nettle/sha2.h>

#include "support/files.h"
#include "support/io/images.h"
#include "support/weights.h"

enum { H = 2, W = 3, PIXELS = H * W };

static const int grey[3] = {1, H, W};
static const float unit[2] = {0, 1};

/* Make test_path a named pipe, into which another process writes these bytes in `pieces`. */
static pid_t write_pipe(const void *bytes, size_t size, size_t pieces) {
    unlink(test_path);
    assert_int_equal(mkfifo(test_path, 0600), 0);
    pid_t writer = fork();
    assert_true(writer >= 0);
    if (writer)
        return writer;
    FILE *out = fopen(test_path, "wb");
    for (size_t i = 0; out && i < pieces; i++) {
        size_t begin = size * i / pieces, end = size * (i + 1) / pieces;
        fwrite((const char *)bytes + begin, 1, end - begin, out);
        fflush(out);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    _exit(0);
}

static void end_pipe(pid_t writer) {
    assert_int_equal(waitpid(writer, NULL, 0), writer);
    unlink(test_path);
}

static void write_images(int kind) {
    const unsigned char bytes[12] = {0, 255, 51, 7};
    const uint8_t pixels[PIXELS] = {0, 51, 102, 153, 204, 255};
    if (kind == 0)
        write_idx(8, 3, (unsigned[]){2, H, W}, 12);
    else if (kind == 3)
        write_png(PNG_FORMAT_GRAY, W, H, pixels);
    else
        write_npy(1,
                  kind == 1 ? "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3)}"
                            : "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 3)}",
                  bytes, 12);
}

/* The same images from a file, packed, from a pipe, and packed from a pipe; the first only, too. */
static void same_from_everywhere(void **state) {
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        for (size_t most = 1; most < 3; most++) {
            write_images(kind);
            gs_image_file expected = read_good(grey, unit, most);
            for (int way = 1; way < 4; way++) {
                size_t size;
                pid_t writer = 0;
                write_images(kind);
                if (way & 1)
                    pack();
                unsigned char *bytes = read_file(test_path, &size);
                if (way & 2)
                    writer = write_pipe(bytes, size, 5);
                free(bytes);
                gs_image_file images = read_good(grey, unit, most);
                if (images.n != expected.n || images.total != expected.total ||
                    memcmp(images.data, expected.data, images.n * PIXELS * sizeof(float)) != 0)
                    fail_msg("kind %d, way %d, at most %zu: %zu of %zu images", kind, way, most, images.n,
                             images.total);
                gs_images_free(&images);
                if (writer)
                    end_pipe(writer);
            }
            gs_images_free(&expected);
        }
    }
}

/* Every shorter packed file and every one with a bit changed. */
static void damaged_packed_files(void **state) {
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        write_images(kind);
        pack();
        damage(grey);
    }
}

/* Write test_path: bytes of a header, then `zeros`, packed. */
static void pack_zeros(const void *header, size_t count, size_t zeros) {
    unsigned char *bytes = calloc(count + zeros, 1);
    assert_non_null(bytes);
    memcpy(bytes, header, count);
    write_file(test_path, bytes, count + zeros);
    free(bytes);
    pack();
}

/* Unpacked data must have the header's sizes. */
static void bombs(void **state) {
    (void)state;
    enum { LARGE = 1 << 25 };
    const unsigned char idx[16] = {0, 0, 8, 3, [7] = 2, [11] = H, [15] = W};
    pack_zeros(idx, 16, 11);
    refuse(grey, GS_ERROR_FORMAT, "is cut short: ends in image 1 of 2");
    pack_zeros(idx, 16, 13);
    refuse(grey, GS_ERROR_FORMAT, "more bytes follow its last image");
    size_t before = gs_allocated_bytes();
    pack_zeros(idx, 16, LARGE);
    refuse(grey, GS_ERROR_FORMAT, "more bytes follow its last image");
    assert_true(gs_allocated_bytes() - before < 1 << 20);
    pack_zeros("\0\0\0\0", 4, LARGE);
    refuse(grey, GS_ERROR_FORMAT, "is no IDX, NPY, NPZ, PGM or PNG");
    write_images(0);
    pack();
    pack();
    refuse(grey, GS_ERROR_FORMAT, "packed by gzip, and so is what is in it");
    write_file(test_path, "\x1f\x8b", 2);
    refuse(grey, GS_ERROR_FORMAT, "packed by gzip, and cut short");
    write_file(test_path, "\x1f\x8b\7\7\7\7\7\7\7\7\7\7", 12);
    refuse(grey, GS_ERROR_FORMAT, "packed by gzip, and");
}

/* Several members, one after the other, are one file; anything else after the first is damage. */
static void members(void **state) {
    (void)state;
    size_t first, second;
    write_file(test_path, "\0\0\10\3\0\0\0\1\0\0", 10);
    pack();
    unsigned char *a = read_file(test_path, &first);
    write_file(test_path, "\0\2\0\0\0\3\0\377\0\0\0\0", 12);
    pack();
    unsigned char *b = read_file(test_path, &second);
    unsigned char *both = malloc(first + second);
    memcpy(both, a, first);
    memcpy(both + first, b, second);
    write_file(test_path, both, first + second);
    gs_image_file images = read_good(grey, unit, 100);
    assert_float_equal(images.data[1], 1, 0);
    gs_images_free(&images);
    write_file(test_path, both, first + second - 1);
    refuse(grey, GS_ERROR_FORMAT, "cut short");
    both[first] = 'x';
    write_file(test_path, both, first + second);
    refuse(grey, GS_ERROR_FORMAT, "packed by gzip, and");
    free(a);
    free(b);
    free(both);
}

static void refused_from_pipes(void **state) {
    (void)state;
    pid_t writer = write_pipe("GIF89a", 6, 1);
    refuse(grey, GS_ERROR_FORMAT, "is a GIF picture");
    end_pipe(writer);
    writer = write_pipe("", 0, 1);
    refuse(grey, GS_ERROR_FORMAT, "is empty");
    end_pipe(writer);
    writer = write_pipe("\0\0\10\3\0\0\0\2\0\0\0\2\0\0\0\3pixels", 22, 3);
    refuse(grey, GS_ERROR_FORMAT, "is cut short: ends in image 1 of 2");
    end_pipe(writer);
    assert_int_equal(mkfifo(test_path, 0600), 0);
    refuse(grey, GS_ERROR_FILE, "is a pipe that no program has opened for writing");
    unlink(test_path);
}

static void devices(void **state) {
    (void)state;
    gs_image_file images;
    gs_error error;
    assert_int_equal(gs_images_read("/dev/zero", &(gs_image_wish){grey, unit, 1, NULL, NULL}, &images, &error),
                     GS_ERROR_FILE);
    assert_string_equal(error.message,
                        "/dev/zero: is a device, expected a file of images, in a regular file or a pipe");
}

/* ---- Weight files ---- */

static void check_model(const void *bytes, size_t size, size_t pieces, const char *hash) {
    gs_model *model;
    gs_error error;
    pid_t writer = write_pipe(bytes, size, pieces);
    if (gs_model_load(test_path, &model, &error))
        fail_msg("%s", error.message);
    assert_string_equal(gs_model_get_info(model)->hash, hash);
    gs_model_free(model);
    end_pipe(writer);
}

/* The SHA-256 of all bytes, computed at once. */
static void hash_of(const void *bytes, size_t size, char text[65]) {
    struct sha256_ctx context;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&context);
    sha256_update(&context, size, bytes);
    sha256_digest(&context, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

/* From a pipe, from memory at any alignment, and larger than a pipe's buffer: the same model. */
static void weight_files(void **state) {
    (void)state;
    enum { LARGE = 1000000 }; /* read in several pieces */
    size_t size;
    gs_model *model;
    gs_error error;
    weights *w = weights_small();
    weights_random(w, "reference_data", 1, (const size_t[]){LARGE}, 4);
    unsigned char *bytes = weights_bytes(w, &size), *moved = malloc(size + 1);
    weights_free(w);
    write_file(test_path, bytes, size);
    assert_int_equal(gs_model_load(test_path, &model, &error), GS_OK);
    char hash[65];
    hash_of(bytes, size, hash);
    assert_string_equal(gs_model_get_info(model)->hash, hash);
    gs_model_free(model);
    check_model(bytes, size, 1, hash);
    check_model(bytes, size, 7, hash);
    memcpy(moved + 1, bytes, size);
    assert_int_equal(gs_model_load_memory(NULL, moved + 1, size, &model, &error), GS_OK);
    free(moved);
    assert_string_equal(gs_model_get_info(model)->hash, hash);
    gs_model_free(model);
    pid_t writer = write_pipe(bytes, size - 1, 3);
    assert_int_equal(gs_model_load(test_path, &model, &error), GS_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "follow"));
    assert_null(model);
    end_pipe(writer);
    memset(bytes + size - 4, 0xff, 4); /* NaN */
    assert_int_equal(gs_model_load_memory(NULL, bytes, size, &model, &error), GS_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "NaN"));
    free(bytes);
}

static void refused_weight_files(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *words;
    } rows[] = {{"", 0, "found 0 bytes, expected a weight file of at least 10"},
                {"\x89PNG\r\n\x1a\n\0\0", 10, ": is a PNG picture, expected a weight file"},
                {"\x1f\x8b\10\10\0\0\0\0\0\0", 10, ": is a file packed by gzip, expected a weight file"},
                {"\0\0\10\3\0\0\0\1\0\0\0\1", 12, ": is an IDX file, expected a weight file"},
                {"version https://git-lfs.github.com/spec/v1\n", 43, "Git LFS pointer"}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        gs_model *model = (gs_model *)&rows;
        gs_error error;
        pid_t writer = write_pipe(rows[i].bytes, rows[i].size, 2);
        if (gs_model_load(test_path, &model, &error) != GS_ERROR_FORMAT || !strstr(error.message, rows[i].words))
            fail_msg("expected %s: %s", rows[i].words, error.message);
        assert_null(model);
        end_pipe(writer);
        if (gs_model_load_memory(NULL, rows[i].bytes, rows[i].size, &model, &error) != GS_ERROR_FORMAT ||
            !strstr(error.message, rows[i].words) || strncmp(error.message, "memory: ", 8) != 0)
            fail_msg("expected %s: %s", rows[i].words, error.message);
    }
    gs_model *model;
    assert_int_equal(gs_model_load_memory("none", NULL, 100, &model, NULL), GS_ERROR_FORMAT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_from_everywhere),
        cmocka_unit_test(damaged_packed_files),
        cmocka_unit_test(bombs),
        cmocka_unit_test(members),
        cmocka_unit_test(refused_from_pipes),
        cmocka_unit_test(devices),
        cmocka_unit_test(weight_files),
        cmocka_unit_test(refused_weight_files),
    };
    return cmocka_run_group_tests(tests, make_test_path, remove_test_path);
}
