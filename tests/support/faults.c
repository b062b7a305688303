#define _GNU_SOURCE /* O_TMPFILE */
#include "support/faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char *faulty; /* the calls that fail, one word each; NULL: none */
static int reason;         /* its errno */
static long left, failing; /* calls that succeed before, and how many fail then */
static long failed;

/* Whether the name is one of the words. */
static bool is_among(const char *words, const char *name) {
    size_t length = strlen(name);
    for (const char *at = words; at; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (!strncmp(at, name, length) && (!at[length] || at[length] == ' '))
            return true;
    }
    return false;
}

/* The calls that an operation makes, one word each, while `faulty` is "". */
static char made[1000];

static void note_call(const char *name) {
    size_t used = strlen(made);
    if (!is_among(made, name))
        snprintf(made + used, sizeof made - used, " %s", name);
}

static bool fails(const char *name) {
    if (faulty && !*faulty)
        note_call(name);
    if (!faulty || !is_among(faulty, name))
        return false;
    if (left > 0) {
        left--;
        return false;
    }
    if (failed == failing)
        return false;
    failed++;
    errno = reason;
    return true;
}

#define CALLS                                                                                               \
    CALL(int, -1, mkdir, (const char *path, mode_t mode), (path, mode))                                     \
    CALL(int, -1, fstat, (int descriptor, struct stat *info), (descriptor, info))                           \
    CALL(int, -1, stat, (const char *path, struct stat *info), (path, info))                                \
    CALL(int, -1, lstat, (const char *path, struct stat *info), (path, info))                               \
    CALL(int, -1, statvfs, (const char *path, struct statvfs *info), (path, info))                          \
    CALL(int, -1, access, (const char *path, int mode), (path, mode))                                       \
    CALL(ssize_t, -1, readlink, (const char *path, char *text, size_t room), (path, text, room))            \
    CALL(off_t, -1, lseek, (int descriptor, off_t place, int from), (descriptor, place, from))              \
    CALL(ssize_t, -1, read, (int descriptor, void *to, size_t room), (descriptor, to, room))                \
    CALL(ssize_t, -1, write, (int descriptor, const void *from, size_t size), (descriptor, from, size))     \
    CALL(int, -1, fchmod, (int descriptor, mode_t mode), (descriptor, mode))                                \
    CALL(int, -1, rename, (const char *from, const char *to), (from, to))                                   \
    CALL(int, -1, linkat, (int a, const char *from, int b, const char *to, int how), (a, from, b, to, how)) \
    CALL(int, -1, getrlimit, (int what, struct rlimit *limit), (what, limit))                               \
    CALL(DIR *, NULL, opendir, (const char *path), (path))                                                  \
    CALL(FILE *, NULL, fdopen, (int descriptor, const char *mode), (descriptor, mode))                      \
    CALL(FILE *, NULL, open_memstream, (char **bytes, size_t *size), (bytes, size))                         \
    CALL(int, EOF, fflush, (FILE * file), (file))                                                           \
    CALL(int, -1, fseeko, (FILE * file, off_t place, int from), (file, place, from))                        \
    CALL(off_t, -1, ftello, (FILE * file), (file))
#define CALL(type, error, name, parameters, arguments)           \
    type __real_##name parameters;                               \
    type __wrap_##name parameters;                               \
    type __wrap_##name parameters {                              \
        return fails(#name) ? (error) : __real_##name arguments; \
    }
CALLS
#undef CALL

/* Where closing fails, the file is closed nevertheless. */
#define CLOSES                      \
    CLOSE(close, int, (descriptor)) \
    CLOSE(fclose, FILE *, (file))
#define CLOSE(name, type, argument)           \
    int __real_##name(type);                  \
    int __wrap_##name(type);                  \
    int __wrap_##name(type it) {              \
        bool failing_now = fails(#name);      \
        int result = __real_##name(it);       \
        errno = failing_now ? reason : errno; \
        return failing_now ? -1 : result;     \
    }
CLOSES
#undef CLOSE

/* To wait for the disk would take most of the time. */
#define SYNCS   \
    SYNC(fsync) \
    SYNC(syncfs)
#define SYNC(name)                      \
    int __wrap_##name(int descriptor);  \
    int __wrap_##name(int descriptor) { \
        (void)descriptor;               \
        return fails(#name) ? -1 : 0;   \
    }
SYNCS
#undef SYNC

/* A stream remembers that a write has failed. */
static FILE *broken;

size_t __real_fwrite(const void *from, size_t size, size_t count, FILE *file);
size_t __wrap_fwrite(const void *from, size_t size, size_t count, FILE *file);
size_t __wrap_fwrite(const void *from, size_t size, size_t count, FILE *file) {
    if (!fails("fwrite"))
        return __real_fwrite(from, size, count, file);
    broken = file;
    return 0;
}

int __real_ferror(FILE *file);
int __wrap_ferror(FILE *file);
int __wrap_ferror(FILE *file) {
    return file == broken || fails("ferror") || __real_ferror(file);
}

int __real_open(const char *path, int how, ...);
int __wrap_open(const char *path, int how, ...);
int __wrap_open(const char *path, int how, ...) {
    va_list rest;
    va_start(rest, how);
    bool makes = how & O_CREAT;
#ifdef O_TMPFILE
    makes = makes || (how & O_TMPFILE) == O_TMPFILE;
#endif
    mode_t mode = makes ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return fails("open") ? -1 : __real_open(path, how, mode);
}

int __real_fcntl(int descriptor, int what, ...);
int __wrap_fcntl(int descriptor, int what, ...);
int __wrap_fcntl(int descriptor, int what, ...) {
    va_list rest;
    va_start(rest, what);
    int value = what == F_GETFL ? 0 : va_arg(rest, int);
    va_end(rest);
    return fails("fcntl") ? -1 : __real_fcntl(descriptor, what, value);
}

static const fault faults[] = {
#define CALL(type, error, name, ...) {#name, EIO},
    CALLS
#undef CALL
#define SYNC(name) {#name, EIO},
        SYNCS
#undef SYNC
    {"fwrite", ENOSPC},
    {"write close", EIO},
    {"fsync fclose", EIO},
    {"fflush ferror", EIO},
    {"rename lseek", EXDEV},
    {"rename read", EXDEV},
    {"rename write", EXDEV},
    {"ferror", EIO},
    {"close", EIO},
    {"fclose", EIO},
    {"fclose", ENOSPC},
    {"open", EIO},
    {"open", ENOMEM},
    {"open", EACCES},
    {"open", EINTR},
    {"fcntl", EMFILE},
    {"fsync", EINVAL},
    {"fsync", ENOTSUP},
    {"fsync", EROFS},
    {"linkat", EEXIST},
    {"linkat", EXDEV},
    {"mkdir", EEXIST},
    {"rename", EXDEV},
};

const fault *fault_get(size_t i) {
    return i < sizeof faults / sizeof *faults ? &faults[i] : NULL;
}

void faults_note(void) {
    made[0] = 0;
    faulty = "";
}

bool fault_may_come(const fault *f) {
    char first[40];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(f->calls, " "), f->calls);
    return is_among(made, first);
}

void faults_start(const fault *f, long succeed, long count) {
    left = succeed;
    failing = count;
    reason = f->reason;
    failed = 0;
    broken = NULL;
    faulty = f->calls;
}

long faults_stop(void) {
    faulty = NULL;
    return failed;
}
