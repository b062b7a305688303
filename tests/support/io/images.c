#include "support/io/images.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "support/files.h"

static const float unit[2] = {0, 1};

gs_image_file read_good(const int shape[3], const float range[2], size_t most) {
    gs_image_file images;
    gs_error error = {0};
    if (gs_images_read(test_path, &(gs_image_wish){.shape = shape, .range = range, .most = most}, &images, &error))
        fail_msg("%s", error.message);
    return images;
}

void refuse(const int shape[3], gs_status expected, const char *words) {
    gs_image_file images;
    gs_error error = {0};
    const gs_image_wish wish = {.shape = shape, .range = unit, .most = 100};
    gs_status status = gs_images_read(test_path, &wish, &images, &error);
    if (status != expected || strncmp(error.message, test_path, strlen(test_path)) != 0 ||
        !strstr(error.message, words))
        fail_msg("status %d, \"%s\": expected %d, \"%s\"", status, error.message, expected, words);
    assert_null(images.data);
}

/* Reads from memory, which must give the same words as from a file. */
static gs_status read_bytes(const void *bytes, size_t size, const int shape[3], gs_error *error) {
    gs_image_file images;
    *error = (gs_error){0};
    const gs_image_wish wish = {.shape = shape, .range = unit, .most = 100};
    gs_status status = gs_images_read_memory("damaged", bytes, size, &wish, &images, error);
    if (status && (status != GS_ERROR_FORMAT || strncmp(error->message, "damaged: ", 9) != 0 || images.data))
        fail_msg("status %d, \"%s\"", status, error->message);
    gs_images_free(&images);
    return status;
}

void damage(const int shape[3]) {
    size_t size;
    gs_error error;
    unsigned char *bytes = read_file(test_path, &size);
    for (size_t length = 0; length < size; length++) {
        void *copy = malloc(length ? length : 1); /* of its own, so that reading past the end is seen */
        memcpy(copy, bytes, length);
        if (!read_bytes(copy, length, shape, &error))
            fail_msg("%zu of %zu bytes were read", length, size);
        free(copy);
        if (length % 16)
            continue;
        write_file(test_path, bytes, length);
        refuse(shape, GS_ERROR_FORMAT, error.message + strlen("damaged: "));
    }
    for (size_t at = 0; at < size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            bytes[at] ^= (unsigned char)(1 << bit);
            read_bytes(bytes, size, shape, &error);
            bytes[at] ^= (unsigned char)(1 << bit);
        }
    }
    write_file(test_path, bytes, size);
    free(bytes);
}

void write_png(png_uint_32 format, int width, int height, const void *pixels) {
    png_image image = {
        .version = PNG_IMAGE_VERSION, .format = format, .width = (png_uint_32)width, .height = (png_uint_32)height};
    assert_true(png_image_write_to_file(&image, test_path, 0, pixels, 0, NULL));
}

void write_idx(int type, int rank, const unsigned *sizes, size_t bytes) {
    unsigned char file[200] = {0, 0, (unsigned char)type, (unsigned char)rank};
    size_t at = 4;
    for (int i = 0; i < rank; i++)
        for (int shift = 24; shift >= 0; shift -= 8)
            file[at++] = (unsigned char)(sizes[i] >> shift);
    for (size_t i = 0; i < bytes; i++)
        file[at + i] = (unsigned char)(i * 255 / 11);
    write_file(test_path, file, at + bytes);
}

void write_npy(int version, const char *header, const void *data, size_t bytes) {
    size_t length = strlen(header), at = version == 1 ? 10 : 12;
    unsigned char *file = calloc(at + length + bytes, 1);
    assert_non_null(file);
    memcpy(file, "\x93NUMPY", 6);
    file[6] = (unsigned char)version;
    file[8] = (unsigned char)length;
    memcpy(file + at, header, length);
    if (bytes)
        memcpy(file + at + length, data, bytes);
    write_file(test_path, file, at + length + bytes);
    free(file);
}

void pack(void) {
    size_t size;
    unsigned char *bytes = read_file(test_path, &size);
    gzFile out = gzopen(test_path, "wb");
    assert_non_null(out);
    assert_int_equal(gzwrite(out, bytes, (unsigned)size), size);
    assert_int_equal(gzclose(out), Z_OK);
    free(bytes);
}
