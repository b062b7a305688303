#include "io/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* NAME is cut to NAME_BYTES, since the whole must not be longer than the file system allows. */
enum { ATTEMPTS = 100, NAME_BYTES = 100, NUMBER_ROOM = 64 };

/* The newest comes first. Signals are blocked while the list changes. */
static gs_temporary *live;

static void block_signals(sigset_t *before) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, before);
}

static void restore_signals(const sigset_t *before) {
    int reason = errno;
    pthread_sigmask(SIG_SETMASK, before, NULL);
    errno = reason;
}

/* Find where the last part of a path begins, and its length without slashes at the end. */
static void find_name(const char *path, size_t *start, size_t *length) {
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    *start = end;
    while (*start > 0 && path[*start - 1] != '/')
        --*start;
    *length = end - *start;
}

static size_t cut_length(const char *name, size_t length) {
    if (length <= NAME_BYTES)
        return length;
    length = NAME_BYTES;
    while (length > 0 && ((unsigned char)name[length] & 0xC0) == 0x80) /* inside a UTF-8 character */
        length--;
    return length;
}

static gs_temporary *create(const char *path, size_t n, bool is_directory) {
    gs_temporary *temporary = gs_alloc(1, sizeof *temporary);
    size_t room = strlen(path) + NUMBER_ROOM;
    if (temporary) {
        *temporary = (gs_temporary){.name = gs_alloc(room, 1), .is_directory = is_directory, .digits = 1};
        for (size_t last = n ? n - 1 : 0; last >= 10; last /= 10)
            temporary->digits++;
        temporary->file = is_directory ? gs_alloc(room + NUMBER_ROOM, 1) : NULL;
        if (temporary->name && (temporary->file || !is_directory))
            return temporary;
        gs_free(temporary->name);
        gs_free(temporary->file);
        gs_free(temporary);
    }
    errno = ENOMEM;
    return NULL;
}

/* Make the file or directory and put it on the list, with signals blocked meanwhile. */
static int make(gs_temporary *temporary, mode_t mode) {
    sigset_t before;
    block_signals(&before);
    int result = temporary->is_directory ? mkdir(temporary->name, mode)
                                         : open(temporary->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (result >= 0) {
        temporary->older = live;
        live = temporary;
    }
    restore_signals(&before);
    return result;
}

static void forget(gs_temporary *temporary) {
    gs_temporary **at = &live;
    while (*at && *at != temporary)
        at = &(*at)->older;
    if (*at)
        *at = temporary->older;
}

static void free_one(gs_temporary *temporary) {
    int reason = errno;
    gs_free(temporary->name);
    gs_free(temporary->file);
    gs_free(temporary);
    errno = reason;
}

static int make_beside(const char *path, mode_t mode, size_t n, bool is_directory, gs_temporary **made) {
    gs_temporary *temporary = create(path, n, is_directory);
    if (!temporary)
        return -1;
    size_t start, length;
    find_name(path, &start, &length);
    length = cut_length(path + start, length);
    int result = -1;
    errno = EEXIST;
    for (int attempt = 0; attempt < ATTEMPTS && result < 0 && errno == EEXIST; attempt++) {
        snprintf(temporary->name, strlen(path) + NUMBER_ROOM, "%.*s.%.*s.%ld-%d", (int)start, path, (int)length,
                 path + start, (long)getpid(), attempt);
        result = make(temporary, mode);
    }
    if (result < 0)
        free_one(temporary);
    else
        *made = temporary;
    return result;
}

int gs_temporary_make_file(const char *path, mode_t mode, gs_temporary **made) {
    return make_beside(path, mode, 0, false, made);
}

int gs_temporary_make_directory(const char *path, size_t n, gs_temporary **made) {
    return make_beside(path, 0777, n, true, made);
}

int gs_temporary_make_itself(const char *path, mode_t mode, gs_temporary **made) {
    gs_temporary *temporary = create(path, 0, false);
    if (!temporary)
        return -1;
    memcpy(temporary->name, path, strlen(path) + 1);
    int result = make(temporary, mode);
    if (result < 0)
        free_one(temporary);
    else
        *made = temporary;
    return result;
}

/* A signal handler calls this, so it must not call snprintf. */
const char *gs_temporary_file(gs_temporary *temporary, size_t i) {
    size_t length = strlen(temporary->name), digits = (size_t)temporary->digits;
    char *at = temporary->file + length;
    memcpy(temporary->file, temporary->name, length);
    *at++ = '/';
    for (size_t k = digits; k > 0; k--, i /= 10)
        at[k - 1] = (char)('0' + i % 10);
    memcpy(at + digits, ".png", sizeof ".png");
    return temporary->file;
}

static void remove_files(gs_temporary *temporary) {
    for (size_t i = 0; i < temporary->files; i++)
        unlink(gs_temporary_file(temporary, i));
    if (temporary->is_directory)
        rmdir(temporary->name);
    else
        unlink(temporary->name);
}

int gs_temporary_rename(gs_temporary *temporary, const char *name) {
    sigset_t before;
    block_signals(&before);
    int result = rename(temporary->name, name);
    if (result == 0)
        forget(temporary);
    restore_signals(&before);
    if (result == 0)
        free_one(temporary);
    return result;
}

void gs_temporary_keep(gs_temporary *temporary) {
    sigset_t before;
    block_signals(&before);
    forget(temporary);
    restore_signals(&before);
}

static bool is_live(const gs_temporary *temporary) {
    const gs_temporary *at = live;
    while (at && at != temporary)
        at = at->older;
    return at != NULL;
}

void gs_temporary_free(gs_temporary *temporary) {
    if (!temporary)
        return;
    int reason = errno;
    sigset_t before;
    block_signals(&before);
    if (is_live(temporary))
        remove_files(temporary);
    forget(temporary);
    restore_signals(&before);
    free_one(temporary);
    errno = reason;
}

void gs_temporary_remove_all(void) {
    for (gs_temporary *temporary = live; temporary; temporary = temporary->older)
        remove_files(temporary);
}
