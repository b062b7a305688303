#include "support/io/archives.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "support/files.h"
#include "support/io/images.h"

void archive_put(archive *a, uint64_t v, int bytes) {
    for (int i = 0; i < bytes; i++)
        a->bytes[a->used++] = (unsigned char)(v >> 8 * i);
}

void archive_put_bytes(archive *a, const void *bytes, size_t size) {
    memcpy(a->bytes + a->used, bytes, size);
    a->used += size;
}

/* In NPY format, labels, or two images of bytes, of which the first pixel is 51 and the second 255. */
static size_t make_array(const char *labels, unsigned char array[ARCHIVE_ROOM]) {
    static const char header[] = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3)}\n";
    size_t size;
    const unsigned char data[2 * ARCHIVE_PIXELS] = {51, 255}, classes[4] = {3, 0, 250, 0};
    if (labels)
        write_npy(1, labels, classes, sizeof classes);
    else
        write_npy(1, header, data, sizeof data);
    unsigned char *bytes = read_file(test_path, &size);
    assert_true(size < ARCHIVE_ROOM);
    memcpy(array, bytes, size);
    free(bytes);
    return size;
}

static size_t deflate_raw(const unsigned char *from, size_t size, unsigned char to[ARCHIVE_ROOM]) {
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)from,
                  .avail_in = (unsigned)size,
                  .next_out = to,
                  .avail_out = ARCHIVE_ROOM};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

void archive_put_array(archive *a, const char *name, const char *labels, int kind) {
    unsigned char array[ARCHIVE_ROOM], packed[ARCHIVE_ROOM];
    size_t size = make_array(labels, array), kept = kind & ARCHIVE_DEFLATED ? deflate_raw(array, size, packed) : size;
    bool follow = kind & ARCHIVE_SIZES_FOLLOW, large = kind & ARCHIVE_LARGE;
    uint64_t sum = crc32(0, array, (unsigned)size) ^ (kind & ARCHIVE_WRONG_SUM ? 1 : 0);
    assert_true(a->entries < ARCHIVE_ENTRIES);
    a->sum[a->entries++] = sum;
    archive_put(a, 0x04034b50, 4);
    archive_put(a, 45, 2);
    archive_put(a, follow ? 8 : 0, 2);
    archive_put(a, kind & ARCHIVE_DEFLATED ? 8 : 0, 2);
    archive_put(a, 0, 4);
    archive_put(a, follow ? 0 : sum, 4);
    archive_put(a, large ? UINT32_MAX : follow ? 0 : kept, 4);
    archive_put(a, large ? UINT32_MAX : follow ? 0 : size, 4);
    archive_put(a, strlen(name), 2);
    archive_put(a, large ? 20 : 0, 2);
    archive_put_bytes(a, name, strlen(name));
    if (large) {
        archive_put(a, 1, 2);
        archive_put(a, 16, 2);
        archive_put(a, follow ? 0 : size, 8);
        archive_put(a, follow ? 0 : kept, 8);
    }
    archive_put_bytes(a, kind & ARCHIVE_DEFLATED ? packed : array, kept);
    if (follow) {
        archive_put(a, 0x08074b50, 4);
        archive_put(a, sum, 4);
        archive_put(a, kept, large ? 8 : 4);
        archive_put(a, size, large ? 8 : 4);
    }
}

void archive_put_entry(archive *a, const char *name, int kind) {
    archive_put_array(a, name, NULL, kind);
}

void archive_put_directory(archive *a, bool large) {
    for (int k = 0; k < a->entries; k++) {
        archive_put(a, 0x02014b50, 4);
        archive_put(a, 0, 8);
        archive_put(a, 0, 4);
        archive_put(a, a->sum[k], 4);
        archive_put(a, 0, 8);
        archive_put(a, 1, 2);
        archive_put(a, 2, 2);
        archive_put(a, 3, 2);
        archive_put(a, 0, 8);
        archive_put(a, 0, 4);
        archive_put_bytes(a,
                          "n"
                          "ee"
                          "ccc",
                          6);
    }
    if (large) {
        archive_put(a, 0x06064b50, 4);
        archive_put(a, 44, 8);
        for (int i = 0; i < 11; i++)
            archive_put(a, 0, 4);
        archive_put(a, 0x07064b50, 4);
        archive_put(a, 0, 8);
        archive_put(a, 0, 8);
    }
    archive_put(a, 0x06054b50, 4);
    archive_put(a, 0, 8);
    archive_put(a, 0, 8);
    archive_put(a, 4, 2);
    archive_put_bytes(a, "done", 4);
}

void archive_write(const archive *a) {
    write_file(test_path, a->bytes, a->used);
}

void archive_write_whole(const archive *a) {
    archive whole = *a;
    archive_put_directory(&whole, a->entries > 1);
    archive_write(&whole);
}
