/* A library to be preloaded (LD_PRELOAD), by which a call that the program makes fails once: the first one, of those
 * below and of allocations, from a place where none has failed yet. A place is the innermost FRAMES addresses of the
 * program's own code and the function's name; those where a call has failed, this one too, are lines of the file
 * PLACES_FAILED. So as many runs as there are places let each of them fail. It needs glibc, whose own calls come here
 * too. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unwind.h>

#include "program.h"

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);

enum { FRAMES = 4, PLACE_ROOM = 160, PLACES_ROOM = 1 << 22, FILE_HAS_FAILED = 0x20 /* in glibc's FILE */ };

typedef struct place {
    uintptr_t at[FRAMES];
    int count;
} place;

static char *failed; /* what the file had at the start */
static bool ready, done;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread bool inside __attribute__((tls_model("initial-exec")));

static _Unwind_Reason_Code add_frame(struct _Unwind_Context *context, void *data) {
    place *p = data;
    uintptr_t at = _Unwind_GetIP(context);
    if (program_has(at))
        p->at[p->count++] = at - program_begin;
    return p->count < FRAMES ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static bool choose(const char *name, const place *p) {
    char line[PLACE_ROOM];
    int used = snprintf(line, sizeof line, "%s", name);
    for (int i = 0; i < p->count; i++)
        used += snprintf(line + used, sizeof line - (size_t)used, " %lx", (unsigned long)p->at[i]);
    snprintf(line + used, sizeof line - (size_t)used, "\n");
    if (strstr(failed, line))
        return false;
    done = true;
    FILE *file = fopen(getenv("PLACES_FAILED"), "a");
    if (!file)
        abort();
    fputs(line, file);
    fclose(file);
    return true;
}

static bool fails(const char *name) {
    if (!ready || done || inside || program_has_ended)
        return false;
    int error = errno;
    place p = {.count = 0};
    bool chosen = false;
    inside = true;
    _Unwind_Backtrace(add_frame, &p);
    pthread_mutex_lock(&lock);
    if (p.count)
        program_watch();
    if (p.count && !done)
        chosen = choose(name, &p);
    pthread_mutex_unlock(&lock);
    inside = false;
    errno = error;
    return chosen;
}

static bool has_failed(FILE *file) {
    file->_flags |= FILE_HAS_FAILED;
    return true;
}

/* With THEN as what else happens where it fails. */
#define FAILING(type, name, parameters, arguments, result, error, then) \
    type name parameters;                                               \
    type name parameters {                                              \
        static type(*next) parameters;                                  \
        if (!next)                                                      \
            *(void **)&next = dlsym(RTLD_NEXT, #name);                  \
        if (!fails(#name))                                              \
            return next arguments;                                      \
        then;                                                           \
        errno = error;                                                  \
        return result;                                                  \
    }

FAILING(int, open, (const char *path, int flags, unsigned mode), (path, flags, mode), -1, ENFILE, )
FAILING(int, openat, (int at, const char *path, int flags, unsigned mode), (at, path, flags, mode), -1, ENFILE, )
FAILING(FILE *, fopen, (const char *path, const char *mode), (path, mode), NULL, ENFILE, )
FAILING(FILE *, fdopen, (int file, const char *mode), (file, mode), NULL, ENOMEM, )
FAILING(FILE *, open_memstream, (char **text, size_t *size), (text, size), NULL, ENOMEM, )
FAILING(DIR *, opendir, (const char *path), (path), NULL, ENFILE, )
FAILING(DIR *, fdopendir, (int file), (file), NULL, ENOMEM, )
FAILING(ssize_t, read, (int file, void *bytes, size_t count), (file, bytes, count), -1, EIO, )
FAILING(ssize_t, write, (int file, const void *bytes, size_t count), (file, bytes, count), -1, ENOSPC, )
FAILING(int, close, (int file), (file), -1, EIO, next(file)) /* Linux closes it all the same */
FAILING(int, fsync, (int file), (file), -1, EIO, )
FAILING(int, syncfs, (int file), (file), -1, EIO, )
FAILING(int, ftruncate, (int file, long size), (file, size), -1, ENOSPC, )
FAILING(long, lseek, (int file, long at, int from), (file, at, from), -1, EIO, )
FAILING(int, flock, (int file, int operation), (file, operation), -1, ENOLCK, )
FAILING(int, rename, (const char *from, const char *to), (from, to), -1, ESTALE, )
FAILING(int, mkdir, (const char *path, unsigned mode), (path, mode), -1, EDQUOT, )
FAILING(int, stat, (const char *path, void *info), (path, info), -1, ESTALE, )
FAILING(int, lstat, (const char *path, void *info), (path, info), -1, ESTALE, )
FAILING(int, fstat, (int file, void *info), (file, info), -1, ESTALE, )
FAILING(int, fstatat, (int at, const char *path, void *info, int flags), (at, path, info, flags), -1, ESTALE, )
FAILING(int, fchmod, (int file, unsigned mode), (file, mode), -1, EPERM, )
FAILING(size_t, fread, (void *to, size_t size, size_t count, FILE *file), (to, size, count, file), 0, EIO,
        has_failed(file))
FAILING(int, fseeko, (FILE * file, long at, int from), (file, at, from), -1, EIO, )
FAILING(long, ftello, (FILE * file), (file), -1, EIO, )
FAILING(int, fflush, (FILE * file), (file), EOF, ENOSPC, has_failed(file))
FAILING(int, fclose, (FILE * file), (file), EOF, EIO, next(file))
FAILING(int, pthread_create, (pthread_t * thread, const pthread_attr_t *how, void *(*run)(void *), void *with),
        (thread, how, run, with), EAGAIN, EAGAIN, )
FAILING(int, pthread_mutex_init, (pthread_mutex_t * mutex, const pthread_mutexattr_t *how), (mutex, how), ENOMEM,
        ENOMEM, )
FAILING(int, pthread_cond_init, (pthread_cond_t * news, const pthread_condattr_t *how), (news, how), ENOMEM, ENOMEM, )

/* dlsym itself allocates, so that these three have names by which glibc's own are called. */
#define FAILING_ALLOCATION(name, parameters, arguments) \
    void *name parameters {                             \
        if (!fails(#name))                              \
            return __libc_##name arguments;             \
        errno = ENOMEM;                                 \
        return NULL;                                    \
    }

FAILING_ALLOCATION(malloc, (size_t bytes), (bytes))
FAILING_ALLOCATION(calloc, (size_t count, size_t bytes), (count, bytes))
FAILING_ALLOCATION(realloc, (void *memory, size_t bytes), (memory, bytes))

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("PLACES_FAILED");
    FILE *file = path ? fopen(path, "r") : NULL;
    size_t used = 0;
    failed = calloc(1, PLACES_ROOM);
    if (!failed)
        abort();
    if (file) {
        used = fread(failed, 1, (PLACES_ROOM)-1, file);
        fclose(file);
    }
    failed[used] = '\0';
    place warm = {.count = FRAMES - 1};
    program_find();
    _Unwind_Backtrace(add_frame, &warm); /* what it needs is loaded by its first use */
    ready = path != NULL;
}
