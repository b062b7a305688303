#include "support/outputs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/files.h"

int enter_test_folder(void **state) {
    make_test_path(state);
    return chdir(test_directory);
}

int leave_test_folder(void **state) {
    if (chdir("/"))
        return 1;
    return remove_test_path(state);
}

gs_status put_images(gs_format format, const char *path, const gs_images *images, gs_grid grid, const gs_note *notes,
                     int count, gs_error *error) {
    const int *shape = images->shape;
    gs_sink_input input = {.sizes = {images->n, (size_t)shape[0], (size_t)shape[1], (size_t)shape[2]},
                           .rank = 4,
                           .range = {images->range[0], images->range[1]},
                           .grid = grid,
                           .notes = notes,
                           .note_count = count};
    return gs_sink_put_all(format, path, &input, images->data, error);
}

gs_status put_array(const char *path, const float *data, const size_t *shape, int rank, gs_error *error) {
    gs_sink_input input = {.rank = rank};
    memcpy(input.sizes, shape, (size_t)rank * sizeof *shape);
    return gs_sink_put_all(GS_FORMAT_NPY, path, &input, data, error);
}

void assert_ok(gs_status status, const gs_error *error) {
    if (status)
        fail_msg("%s", error->message);
}

void assert_told(gs_status status, gs_status expected, const gs_error *error, const char *why) {
    if (status != expected || !strstr(error->message, why))
        fail_msg("status %d, expected %d and \"%s\": %s", (int)status, (int)expected, why, error->message);
}

void assert_holds(const char *path, const char *text) {
    size_t size;
    unsigned char *bytes = read_file(path, &size);
    if (size != strlen(text) || memcmp(bytes, text, size) != 0)
        fail_msg("%s: holds \"%s\", expected \"%s\"", path, (const char *)bytes, text);
    free(bytes);
}

void assert_left(const char *names) {
    char command[200], found[400] = "";
    snprintf(command, sizeof command, "LC_ALL=C ls -A | tr '\\n' ' '");
    FILE *list = popen(command, "r");
    assert_non_null(list);
    size_t size = fread(found, 1, sizeof found - 1, list);
    assert_int_equal(pclose(list), 0);
    found[size] = 0;
    assert_string_equal(found, names);
}

gs_status put_text(const char *path, const char *text, gs_error *error) {
    gs_output output;
    gs_status status = gs_output_check(path, GS_FORMAT_TEXT, 0, error);
    if (!status)
        status = gs_output_open(&output, path, error);
    return status ? status : gs_output_end(&output, gs_output_write(&output, text, strlen(text), error), error);
}

struct stat about(const char *path) {
    struct stat info;
    assert_int_equal(lstat(path, &info), 0);
    return info;
}

void check(bool good, int code) {
    if (!good)
        _exit(code);
}

gs_images noise_images(const float *data) {
    return (gs_images){.data = data, .n = 40, .shape = {1, 16, 16}, .range = {0, 1}};
}

float *noise_pixels(void) {
    float *data = malloc(40 * 256 * sizeof *data);
    assert_non_null(data);
    uint32_t random = 1;
    for (int i = 0; i < 40 * 256; i++) {
        random = random * 1664525 + 1013904223;
        data[i] = (float)(random >> 8) / 16777216.0F;
    }
    return data;
}
