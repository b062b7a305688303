#include "support/hostile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/allocation.h"
#include "support/files.h"

enum { PATH_ROOM = 600, MEBIBYTE = 1 << 20 };

static char *directory;
static int kinds;
static long refused;
static bool first_of_kind;
static double most_share;  /* share of the allowed memory */
static double allowed = 2; /* in the file's size */

int hostile_begin(void **state) {
    (void)state;
    allocation_watch_jansson();
    directory = temp_directory();
    return 0;
}

int hostile_end(void **state) {
    (void)state;
    remove_directory(directory);
    print_message("hostile files: %d kinds, %ld files refused, with at most %.0f %% of the memory that they may take\n",
                  kinds, refused, 100 * most_share);
    return 0;
}

const char *hostile_path(const char *name) {
    static char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

void hostile_allow(double times) {
    allowed = times;
}

void hostile_kind(void) {
    kinds++;
    first_of_kind = true;
}

static void check_memory(size_t size, long used, const char *message) {
    double share = (double)used / (allowed * (double)size + MEBIBYTE);
    if (share > 1)
        fail_msg("%ld bytes for a file of %zu: '%s'", used, size, message);
    if (share > most_share)
        most_share = share;
}

/* Load a file, from `bytes` if they are given; returns whether that failed, which must happen in the right way. */
static bool refuses(const char *path, const void *bytes, size_t size, gs_status status, const char *fragment) {
    gs_error error = {.status = GS_OK};
    gs_model *model = (gs_model *)&error;
    long blocks = allocation_blocks(), before = allocation_bytes();
    allocation_start_peak();
    gs_status found =
        bytes ? gs_model_load_memory(path, bytes, size, &model, &error) : gs_model_load(path, &model, &error);
    if (!found) {
        gs_model_free(model);
        assert_int_equal(allocation_blocks(), blocks);
        return false;
    }
    assert_null(model);
    if (found != status || error.status != status || !strstr(error.message, path) || !strstr(error.message, fragment) ||
        strchr(error.message, '\n'))
        fail_msg("status %d (expected %d), message '%s' (expected '%s')", found, status, error.message, fragment);
    assert_int_equal(allocation_blocks(), blocks);
    check_memory(size, allocation_peak() - before, error.message);
    refused++;
    return true;
}

void hostile_path_refused(const char *path, size_t size, gs_status status, const char *fragment) {
    gs_model *model;
    if (!refuses(path, NULL, size, status, fragment))
        fail_msg("%s loads (expected '%s')", path, fragment);
    assert_int_equal(gs_model_load(path, &model, NULL), status);
}

/* Keep one file of each kind for the tests of the command line. */
static void keep(const void *bytes, size_t size, const char *fragment) {
    const char *where = getenv("GENSAMPLE_HOSTILE_KEEP");
    if (!first_of_kind || !where)
        return;
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%d.bin", where, kinds);
    write_file(path, bytes, size);
    snprintf(path, sizeof path, "%s/%d.txt", where, kinds);
    write_file(path, fragment, strlen(fragment));
    first_of_kind = false;
}

void hostile_bytes_refused(const void *bytes, size_t size, const char *fragment) {
    const char *path = hostile_path("hostile.bin");
    write_file(path, bytes, size);
    keep(bytes, size, fragment);
    hostile_path_refused(path, size, GS_ERROR_FORMAT, fragment);
}

bool hostile_bytes_refused_or_loaded(const void *bytes, size_t size) {
    bool answer = refuses("a changed file", bytes, size, GS_ERROR_FORMAT, "");
    if (answer)
        keep(bytes, size, "");
    return answer;
}

void hostile_header_refused(const char *header, size_t length, const void *data, size_t size, const char *fragment) {
    unsigned char *bytes = malloc(8 + length + size);
    assert_non_null(bytes);
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)length >> 8 * i);
    memcpy(bytes + 8, header, length);
    if (size)
        memcpy(bytes + 8 + length, data, size);
    hostile_bytes_refused(bytes, 8 + length + size, fragment);
    free(bytes);
}

void hostile_weights_refused(weights *w, const char *fragment) {
    size_t size;
    unsigned char *bytes = weights_bytes(w, &size);
    weights_free(w);
    hostile_bytes_refused(bytes, size, fragment);
    free(bytes);
}
