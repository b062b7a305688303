#ifdef __APPLE__
#define _DARWIN_C_SOURCE /* _SC_PHYS_PAGES */
#elif defined(__linux__)
#define _DEFAULT_SOURCE /* madvise */
#endif

#include "base/os.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#ifdef __APPLE__
#include <limits.h>
#include <mach-o/dyld.h>
#include <stdint.h>

bool gs_os_program_path(char *path, size_t room) {
    char given[PATH_MAX]; /* may be relative, may be a link */
    uint32_t size = sizeof given;
    char *real = _NSGetExecutablePath(given, &size) ? NULL : realpath(given, NULL);
    bool fits = real && strlen(real) < room;
    if (fits)
        memcpy(path, real, strlen(real) + 1);
    free(real);
    return fits;
}
#else
bool gs_os_program_path(char *path, size_t room) {
    ssize_t length = room ? readlink("/proc/self/exe", path, room) : -1;
    if (length < 0 || (size_t)length >= room)
        return false;
    path[length] = '\0';
    return true;
}
#endif

#if defined(__linux__) && defined(__aarch64__)
#include <sys/auxv.h>

bool gs_os_has_neon(void) {
    enum { CAPABILITY_ASIMD = 1 << 1 }; /* HWCAP_ASIMD of asm/hwcap.h */
    return (getauxval(AT_HWCAP) & CAPABILITY_ASIMD) != 0;
}
#elif defined(__aarch64__)
/* Every 64-bit ARM processor of Apple has it, as the platform's own compilers assume. */
bool gs_os_has_neon(void) {
    return true;
}
#endif

double gs_now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int gs_os_stream_number(const char *path) {
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    enum { DIGITS_MAX = 6 };
    if (!strcmp(path, "/dev/stdout"))
        return STDOUT_FILENO;
    if (!strcmp(path, "/dev/stderr"))
        return STDERR_FILENO;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        size_t length = strlen(folders[i]);
        const char *number = path + length;
        if (strncmp(path, folders[i], length) != 0)
            continue;
        size_t digits = strspn(number, "0123456789");
        return digits >= 1 && digits <= DIGITS_MAX && !number[digits] ? atoi(number) : -1;
    }
    return -1;
}

#ifdef __linux__
#include <errno.h>
#include <sys/xattr.h>

bool gs_os_has_attributes(const char *path) {
    static const char *const kinds[] = {"user.", "system.posix_acl_access"};
    char names[4096];
    ssize_t length = llistxattr(path, names, sizeof names);
    bool found = length < 0 && errno == ERANGE;
    for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1)
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
            found = found || !strncmp(names + at, kinds[i], strlen(kinds[i]));
    return found;
}
#else
bool gs_os_has_attributes(const char *path) {
    (void)path;
    return false;
}
#endif

double gs_os_memory_bytes(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (double)pages * (double)page : (double)INFINITY;
}

void gs_os_want_large_pages(void *memory, size_t bytes) {
#ifdef MADV_HUGEPAGE
    (void)madvise(memory, bytes, MADV_HUGEPAGE); /* only a hint: some systems have no large pages */
#else
    (void)memory;
    (void)bytes;
#endif
}
