/* Weight files that are of another kind, truncated or changed, or that claim more than their bytes give: header and
 * tensors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "support/effort.h"
#include "support/files.h"
#include "support/hostile.h"

/* ---- Paths ---- */

static void test_paths_of_no_file(void **state) {
    (void)state;
    static const struct {
        const char *path, *fragment;
    } rows[] = {{"/dev/null", "is a device, expected a weight file, in a regular file or a pipe"},
                {"/proc/self/nowhere", "No such file"},
                {"/", "is a directory, expected a weight file"},
                {"/dev/null/x", "Not a directory"}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        hostile_kind();
        hostile_path_refused(rows[i].path, 0, GS_ERROR_FILE, rows[i].fragment);
    }
    hostile_kind();
    const char *path = hostile_path("loop");
    assert_int_equal(symlink(path, path), 0);
    hostile_path_refused(path, 0, GS_ERROR_FILE, "symbolic links");
}

/* Nobody writes to it, so opening it for reading would wait for ever. */
static void test_fifo(void **state) {
    (void)state;
    hostile_kind();
    const char *path = hostile_path("fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    hostile_path_refused(path, 0, GS_ERROR_FILE, "is a pipe that no program has opened for writing");
}

/* The superuser may read everything, so the test becomes another user for a while. */
static void test_no_permission(void **state) {
    (void)state;
    enum { NOBODY = 65534 };
    hostile_kind();
    const char *path = hostile_path("secret");
    write_file(path, "", 0);
    assert_int_equal(chmod(path, 0), 0);
    uid_t before = geteuid();
    if (before == 0)
        assert_int_equal(seteuid(NOBODY), 0);
    hostile_path_refused(path, 0, GS_ERROR_FILE, "Permission denied");
    assert_int_equal(seteuid(before), 0);
}

/* ---- Cut and changed files ---- */

/* A header of about 1 KB and 20 KB of data. */
static unsigned char *good_file(size_t *size, size_t *header_end) {
    weights *w = weights_small();
    weights_random(w, "reference_data", 1, (const size_t[]){5000}, 4);
    unsigned char *bytes = weights_bytes(w, size);
    weights_free(w);
    *header_end = 8 + bytes[0] + 256 * (size_t)bytes[1];
    return bytes;
}

static void test_truncations(void **state) {
    (void)state;
    size_t size, header_end;
    unsigned char *bytes = good_file(&size, &header_end);
    hostile_kind();
    for (size_t keep = 0; keep < 8; keep++)
        hostile_bytes_refused(bytes, keep, "expected a weight file of at least 10");
    hostile_kind();
    for (size_t keep = 8; keep < header_end; keep += effort_step())
        hostile_bytes_refused(bytes, keep, "bytes follow");
    hostile_kind();
    for (size_t keep = header_end; keep < size; keep += keep + 32 < size && keep > header_end + 32 ? 499 : 1)
        hostile_bytes_refused(bytes, keep, "bytes follow the header");
    hostile_kind();
    for (size_t keep = 4096; keep < size; keep += 4096)
        hostile_bytes_refused(bytes, keep, "bytes follow the header");
    free(bytes);
}

/* Every bit of the header in turn. Some changes leave a valid file with another name or provenance. */
static void test_flipped_bits(void **state) {
    (void)state;
    size_t size, header_end;
    unsigned char *bytes = good_file(&size, &header_end);
    int loaded = 0, flipped = 0;
    hostile_kind();
    for (size_t bit = 0; bit < 8 * header_end; bit += effort_step()) {
        bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
        loaded += !hostile_bytes_refused_or_loaded(bytes, size);
        flipped++;
        bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
    }
    print_message("flipped bits: %d, of which %d leave a good file\n", flipped, loaded);
    assert_in_range(loaded, 1, header_end);
    free(bytes);
}

/* Every byte of the header is replaced by the characters that mean most to a parser. */
static void test_changed_bytes(void **state) {
    (void)state;
    static const char with[] = "\"\\{}[],:0-e \n\xff";
    size_t size, header_end;
    unsigned char *bytes = good_file(&size, &header_end);
    hostile_kind();
    for (size_t i = 8; i < header_end; i += effort_step()) {
        unsigned char before = bytes[i];
        for (size_t k = 0; k < sizeof with; k++) {
            bytes[i] = (unsigned char)with[k];
            hostile_bytes_refused_or_loaded(bytes, size);
        }
        bytes[i] = before;
    }
    free(bytes);
}

static void test_header_lengths(void **state) {
    (void)state;
    static const struct {
        uint64_t length;
        const char *fragment;
    } rows[] = {
        {0, "header length: found 0, expected 1 ... 16777216"},
        {16777217, "header length: found 16777217, expected"},
        {(uint64_t)1 << 63, "header length: found 9223372036854775808, expected"},
        {UINT64_MAX, "header length: found 18446744073709551615, expected"},
        {UINT64_MAX - 7, "expected 1 ... 16777216"},
        {100000, "header length: found 100000, but only"},
        {1, "expected one JSON object"},
    };
    size_t size, header_end;
    unsigned char *bytes = good_file(&size, &header_end);
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        for (unsigned k = 0; k < 8; k++)
            bytes[k] = (unsigned char)(rows[i].length >> 8 * k);
        hostile_kind();
        hostile_bytes_refused(bytes, size, rows[i].fragment);
    }
    free(bytes);
}

/* ---- Files of another kind ---- */

static void test_other_files(void **state) {
    (void)state;
    static const struct {
        const char *text, *fragment;
    } rows[] = {
        {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n", "Git LFS pointer"},
        {"<!DOCTYPE html><html><body>404 Not Found</body></html>", "header length: found"},
        {"PK\x03\x04\x14 a PyTorch checkpoint is a ZIP file", "header length: found"},
        {"\x93NUMPY\x01 and no weights", "header length: found"},
        {"{\"graph\": {\"nodes\": []}}", "header length: found"},
        {"GGUF\x03 of another program", "header length: found"},
    };
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        hostile_kind();
        hostile_bytes_refused(rows[i].text, strlen(rows[i].text), rows[i].fragment);
    }
    hostile_kind();
    unsigned char zeros[4096] = {0};
    hostile_bytes_refused(zeros, sizeof zeros, "header length: found 0");
}

/* ---- Headers ---- */

#define NINES "99999999999999999999"
#define EIGHT "aaaaaaaa" /* two floats */
#define META "\"__metadata__\":{}"

/* Whole headers, and the data after them. */
static void test_headers(void **state) {
    (void)state;
    static const struct {
        const char *header, *data, *fragment;
    } rows[] = {
        {"{}", "", "no '__metadata__'"},
        {"{" META "}", "", "gensample: found version 'none'"},
        {"[]", "", "expected one JSON object"},
        {" {}", "", "expected one JSON object"},
        {"{}\n", "", "expected one JSON object"},
        {"{}{}", "", "expected JSON"},
        {"{\"a\":\"\\u0000\"}", "", "\\u0000 in a text, where it may not be, expected JSON"},
        {"{\"\\u0000\":1}", "", "\\u0000 in a text, where it may not be, expected JSON"},
        {"{\"a\":1,}", "", "expected JSON"},
        {"{\"a\xff\":1}", "", "expected JSON"},
        {"{" META "," META "}", "", "duplicate"},
        {"{\"a\":1}", "", "tensor 'a': found an integer, expected an object"},
        {"{\"\":{}}", "", "expected 1 ... 255"},
        {"{\"a\":{}}", "", "dtype: found 'nothing'"},
        {"{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", EIGHT, "found 'F64', expected 'F32'"},
        {"{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,8]}}", EIGHT, "expected 2 per value"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"extra\":1}}", EIGHT, "unknown key 'extra'"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]}}", EIGHT, "shape: expected an array"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", EIGHT, "expected positive integers"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}", EIGHT, "expected positive integers"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2,0],\"data_offsets\":[0,8]}}", EIGHT, "expected positive integers"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", "", "too large"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", "", "found 0 bytes"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775808],\"data_offsets\":[0,0]}}", "", "expected JSON"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[" NINES "," NINES "," NINES "],\"data_offsets\":[0,8]}}", EIGHT,
         "expected JSON"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,2],\"data_offsets\":[0,8]}}", EIGHT, "0 ... 6 sizes"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", EIGHT, "0 <= begin <= end"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]}}", EIGHT, "expected integers [begin, end]"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}", EIGHT, "0 <= begin <= end"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", EIGHT, "found 4 bytes"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", EIGHT "aaaa", "a gap lies before"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "aaaa", "only 4 bytes follow"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1099511627776],\"data_offsets\":[0,4398046511104]}}", EIGHT,
         "only 8 bytes follow"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", EIGHT "b", "found 1 bytes after the last"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
         EIGHT "aaaa", "tensors overlap"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
         "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}",
         EIGHT EIGHT, "duplicate"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "aaaa\xff\xff\xff\x7f", "value 1 is NaN"},
    };
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        hostile_kind();
        hostile_header_refused(rows[i].header, strlen(rows[i].header), rows[i].data, strlen(rows[i].data),
                               rows[i].fragment);
    }
}

static void test_weights_that_are_no_numbers(void **state) {
    (void)state;
    static const struct {
        uint32_t bits;
        const char *fragment;
    } rows[] = {{0x7f800000, "tensor 'bad': value 1 is infinite, expected finite values"},
                {0xff800000, "tensor 'bad': value 1 is infinite"},
                {0x7fc00000, "tensor 'bad': value 1 is NaN"},
                {0xff800001, "tensor 'bad': value 1 is NaN"}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        float values[2] = {0};
        memcpy(&values[1], &rows[i].bits, sizeof *values);
        hostile_kind();
        weights *w = weights_small();
        weights_tensor(w, "bad", 1, (const size_t[]){2}, values);
        hostile_weights_refused(w, rows[i].fragment);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_of_no_file), cmocka_unit_test(test_fifo),
        cmocka_unit_test(test_no_permission),    cmocka_unit_test(test_truncations),
        cmocka_unit_test(test_flipped_bits),     cmocka_unit_test(test_changed_bytes),
        cmocka_unit_test(test_header_lengths),   cmocka_unit_test(test_other_files),
        cmocka_unit_test(test_headers),          cmocka_unit_test(test_weights_that_are_no_numbers),
    };
    return cmocka_run_group_tests(tests, hostile_begin, hostile_end);
}
