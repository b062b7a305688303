#include "io/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/os.h"

/* NAME is cut to NAME_BYTES, since the whole must not be longer than the file system allows. */
enum { ATTEMPTS = 100, NAME_BYTES = 100, NUMBER_ROOM = 64, FRESH_S = 60 };

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
        *temporary = (gs_temporary){
            .name = gs_alloc(room, 1), .is_directory = is_directory, .digits = 1, .unnamed = -1, .lock = -1};
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

/* Make the file or directory and put it on the list, with signals blocked meanwhile. The lock tells other processes,
 * and those that come after this one was killed, whether it is still in use. */
static int make(gs_temporary *temporary, mode_t mode) {
    sigset_t before;
    block_signals(&before);
    int result = temporary->is_directory ? mkdir(temporary->name, mode)
                                         : open(temporary->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (result >= 0) {
        temporary->lock = temporary->is_directory ? open(temporary->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                                                  : fcntl(result, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        gs_os_lock(temporary->lock, GS_LOCK_ALONE);
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
    if (temporary->unnamed >= 0)
        close(temporary->unnamed);
    if (temporary->lock >= 0)
        close(temporary->lock);
    gs_free(temporary->name);
    gs_free(temporary->file);
    gs_free(temporary);
    errno = reason;
}

/* Give it the name for that attempt. */
static void name_beside(gs_temporary *temporary, const char *path, int attempt) {
    size_t start, length;
    find_name(path, &start, &length);
    length = cut_length(path + start, length);
    snprintf(temporary->name, strlen(path) + NUMBER_ROOM, "%.*s.%.*s.%ld-%d", (int)start, path, (int)length,
             path + start, (long)getpid(), attempt);
}

/* A file that has no name yet, so that nothing is left of it when the process is killed; -1 where the system or the
 * file system has no such files. */
static int make_unnamed(gs_temporary *temporary, const char *path, mode_t mode) {
    size_t start, length;
    find_name(path, &start, &length);
    snprintf(temporary->name, strlen(path) + NUMBER_ROOM, "%.*s", start ? (int)start : 1, start ? path : ".");
    int result = gs_os_open_unnamed(temporary->name, mode);
    temporary->unnamed = result >= 0 ? fcntl(result, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : -1;
    if (result >= 0 && temporary->unnamed < 0) {
        close(result);
        return -1;
    }
    gs_os_lock(temporary->unnamed, GS_LOCK_ALONE);
    name_beside(temporary, path, 0);
    return result;
}

static int make_beside(const char *path, mode_t mode, size_t n, bool is_directory, gs_temporary **made) {
    gs_temporary *temporary = create(path, n, is_directory);
    if (!temporary)
        return -1;
    int result = is_directory ? -1 : make_unnamed(temporary, path, mode);
    if (result < 0)
        errno = EEXIST;
    for (int attempt = 0; attempt < ATTEMPTS && result < 0 && errno == EEXIST; attempt++) {
        name_beside(temporary, path, attempt);
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

/* Give a file without a name its temporary one, from which it can be renamed to replace another. 0, or -1 with errno
 * set. */
static int give_name(gs_temporary *temporary) {
    int result = -1, descriptor = temporary->unnamed;
    char *end = strrchr(temporary->name, '-');
    errno = EEXIST;
    for (int attempt = 0; attempt < ATTEMPTS && result < 0 && errno == EEXIST; attempt++) {
        snprintf(end, NUMBER_ROOM / 2, "-%d", attempt);
        result = gs_os_name_file(descriptor, temporary->name);
    }
    if (result < 0)
        return -1;
    temporary->unnamed = -1;
    temporary->lock = descriptor;
    temporary->older = live;
    live = temporary;
    return 0;
}

/* A name that is new is given at once, so that even a kill between the two steps leaves nothing else. */
static int place(gs_temporary *temporary, const char *name) {
    if (temporary->unnamed >= 0) {
        if (gs_os_name_file(temporary->unnamed, name) == 0)
            return 0;
        if (give_name(temporary) < 0)
            return -1;
    }
    return rename(temporary->name, name);
}

const char *gs_temporary_name(gs_temporary *temporary) {
    sigset_t before;
    block_signals(&before);
    int result = temporary->unnamed >= 0 ? give_name(temporary) : 0;
    gs_os_lock(temporary->lock, GS_LOCK_NONE);
    restore_signals(&before);
    return result == 0 ? temporary->name : NULL;
}

int gs_temporary_rename(gs_temporary *temporary, const char *name) {
    sigset_t before;
    block_signals(&before);
    int result = place(temporary, name);
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
    if (temporary->unnamed >= 0)
        give_name(temporary);
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

/* ---- What others left ---- */

/* Whether an entry is called as a temporary of `name` would be, or of a name that begins so. */
static bool is_temporary_of(const char *entry, const char *name, size_t length, bool begins) {
    const char *dash = strrchr(entry, '-'), *dot = dash;
    static const char digits[] = "0123456789";
    if (entry[0] != '.' || strncmp(entry + 1, name, length) != 0 || !dash || !dash[1] ||
        dash[1 + strspn(dash + 1, digits)])
        return false;
    while (dot > entry && dot[-1] >= '0' && dot[-1] <= '9')
        dot--;
    return dot > entry + 1 && dot < dash && dot[-1] == '.' && (begins || (size_t)(dot - 1 - entry) == length + 1);
}

/* Whether a process may be about to lock what it has just made. */
static bool is_fresh(const char *name, const struct stat *info) {
    const char *number = strrchr(name, '-');
    while (number[-1] != '.')
        number--;
    return time(NULL) - info->st_mtime < FRESH_S && (kill((pid_t)atol(number), 0) == 0 || errno == EPERM);
}

/* Remove a file, or a folder of numbered pictures, that no process holds. */
static void remove_left(int folder, const char *name, bool alone) {
    struct stat info;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !(S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) ||
        (!alone && is_fresh(name, &info)))
        return;
    int descriptor = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    DIR *inside = descriptor >= 0 && gs_os_lock(descriptor, GS_LOCK_ALONE) && S_ISDIR(info.st_mode)
                      ? fdopendir(descriptor)
                      : NULL;
    for (const struct dirent *entry; inside && (entry = readdir(inside));)
        if (strspn(entry->d_name, "0123456789") > 0 || is_temporary_of(entry->d_name, "", 0, true))
            unlinkat(descriptor, entry->d_name, 0);
    if (descriptor >= 0 && gs_os_lock(descriptor, GS_LOCK_ALONE))
        unlinkat(folder, name, S_ISDIR(info.st_mode) ? AT_REMOVEDIR : 0);
    if (inside)
        closedir(inside);
    else if (descriptor >= 0)
        close(descriptor);
}

void gs_temporary_clear(const char *path, bool begins, bool alone) {
    size_t start, length;
    find_name(path, &start, &length);
    length = cut_length(path + start, length);
    char *folder = gs_alloc(start + 2, 1);
    if (!folder)
        return;
    memcpy(folder, start ? path : ".", start ? start : 1);
    DIR *directory = opendir(folder);
    for (const struct dirent *entry; directory && (entry = readdir(directory));)
        if (is_temporary_of(entry->d_name, path + start, length, begins))
            remove_left(dirfd(directory), entry->d_name, alone);
    if (directory)
        closedir(directory);
    gs_free(folder);
}

void gs_temporary_remove_all(void) {
    for (gs_temporary *temporary = live; temporary; temporary = temporary->older)
        remove_files(temporary);
}
