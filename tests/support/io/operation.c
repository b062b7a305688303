#include "support/io/operation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/files.h"
#include "support/outputs.h"
#include "support/about.h"
#include "support/allocation.h"
#include "support/effort.h"
#include "support/faults.h"

enum { NAME_ROOM = 256 };

int operation_stream = -1;

typedef struct content {
    unsigned char *bytes; /* NULL: no regular file */
    size_t size;
} content;

static content content_of(const char *path) {
    struct stat info;
    content c = {0};
    if (lstat(path, &info) == 0 && S_ISREG(info.st_mode))
        c.bytes = read_file(path, &c.size);
    return c;
}

static bool same(const content *a, const content *b) {
    return a->size == b->size && (!a->size || !memcmp(a->bytes, b->bytes, a->size));
}

/* Remove all that is in a folder, which holds files and folders of files. */
static void empty_folder(const char *path) {
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char name[2 * NAME_ROOM];
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (unlink(name) == 0)
            continue;
        empty_folder(name);
        assert_int_equal(rmdir(name), 0);
    }
    closedir(folder);
}

/* The hidden file that is there, in `name`; false: there is none. */
static bool find_hidden(char name[NAME_ROOM]) {
    DIR *folder = opendir(".");
    assert_non_null(folder);
    name[0] = 0;
    for (const struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] == '.' && entry->d_name[1] != '.' && entry->d_name[1])
            snprintf(name, NAME_ROOM, "%.250s", entry->d_name);
    closedir(folder);
    return name[0];
}

static int descriptors(void) {
    int count = 0;
    for (int i = 0; i < 64; i++)
        count += fcntl(i, F_GETFD) >= 0;
    return count;
}

/* What an error leaves: the old file or the whole new one; or, where only a copy could be made and failed, a hidden
 * file that is whole, as the error says. */
static void check_left(const content *old, const content *new, const char *message) {
    char hidden[NAME_ROOM];
    content there = content_of("x");
    if (find_hidden(hidden)) {
        content kept = content_of(hidden);
        if (!strstr(message, "kept"))
            fail_msg("%s is left: %s", hidden, message);
        if (kept.bytes && !same(&kept, new))
            fail_msg("%s is not whole: %s", hidden, message);
        free(kept.bytes);
    } else if (there.bytes && !same(&there, old) && !same(&there, new)) {
        fail_msg("x is neither the old nor the new file, of %zu bytes: %s", there.size, message);
    }
    free(there.bytes);
}

static void begin_run(const operation *o) {
    empty_folder(".");
    operation_stream = -1;
    if (o->prepare)
        o->prepare();
}

static void end_run(gs_status status, const gs_error *error, const content *old, const content *new) {
    char hidden[NAME_ROOM];
    if (operation_stream >= 0)
        close(operation_stream);
    if (status) {
        assert_int_equal(status, error->status);
        if (!error->message[0] || strchr(error->message, '\n'))
            fail_msg("it ends with \"%s\"", error->message);
        check_left(old, new, error->message);
        return;
    }
    content there = content_of("x");
    if (!same(&there, new))
        fail_msg("it ends well, with a file of %zu bytes instead of %zu", there.size, new->size);
    if (find_hidden(hidden))
        fail_msg("%s is left", hidden);
    free(there.bytes);
}

/* One run; returns how many calls failed. */
static long run_with(const operation *o, const fault *f, long before, long count, const content *old,
                     const content *new) {
    gs_error error = {0};
    begin_run(o);
    int open_before = descriptors();
    long blocks = allocation_blocks();
    faults_start(f, before, count);
    gs_status status = o->act(&error);
    long failed = faults_stop();
    if (!o->in_memory)
        assert_int_equal(allocation_blocks(), blocks);
    assert_int_equal(descriptors(), open_before);
    if (f->reason == EINTR)
        assert_true(status == GS_OK || status == GS_ERROR_INTERRUPTED || status == GS_ERROR_FILE);
    else if (status != GS_OK && status != GS_ERROR_FILE && status != GS_ERROR_MEMORY)
        fail_msg("status %d, '%s'", status, error.message);
    end_run(status, &error, old, new);
    return failed;
}

static long run_without_memory(const operation *o, long before, bool all, const content *old, const content *new) {
    gs_error error = {0};
    begin_run(o);
    int open_before = descriptors();
    long blocks = allocation_blocks();
    allocation_start_failing(before, all);
    gs_status status = o->act(&error);
    long count = allocation_stop_failing();
    if (!o->in_memory)
        assert_int_equal(allocation_blocks(), blocks);
    assert_int_equal(descriptors(), open_before);
    if (status != GS_ERROR_MEMORY && (all && count ? true : status != GS_OK))
        fail_msg("status %d, '%s'", status, error.message);
    end_run(status, &error, old, new);
    return count;
}

void operation_try(const operation *o) {
    static const long counts[] = {1, 2, INT32_MAX};
    const char *name = o->name;
    gs_error error = {0};
    begin_run(o);
    content old = content_of("x");
    faults_note();
    gs_status status = o->act(&error);
    faults_stop();
    assert_ok(status, &error);
    if (operation_stream >= 0)
        close(operation_stream);
    content new = content_of("x");
    const fault *f;
    for (size_t i = 0; (f = fault_get(i)); i++)
        for (size_t way = 0; way < GS_COUNT(counts) && fault_may_come(f); way++)
            for (long k = 0, hit = 1; hit; k += (long)effort_step()) {
                about("%s, %ld of %s fail with %d after %ld", name, counts[way], f->calls, f->reason, k);
                hit = run_with(o, f, k, counts[way], &old, &new);
            }
    for (int all = 0; all < 2; all++)
        for (long k = 0, hit = 1; hit; k += (long)effort_step()) {
            about("%s, allocation %ld, all %d", name, k, all);
            hit = run_without_memory(o, k, all, &old, &new);
        }
    free(old.bytes);
    free(new.bytes);
}
