#ifdef __APPLE__
#define _DARWIN_C_SOURCE /* _SC_PHYS_PAGES */
#elif defined(__linux__)
#define _GNU_SOURCE /* madvise, O_TMPFILE, syncfs, sched_setaffinity */
#endif

#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
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

#if defined(__linux__) && defined(__x86_64__)
#include <sys/syscall.h>

bool gs_os_permits_tiles(void) {
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 }; /* ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA of asm/prctl.h */
    return !syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA);
}
#else
bool gs_os_permits_tiles(void) {
    return false;
}
#endif

#if defined(__linux__) && defined(__aarch64__)
#include <sys/auxv.h>

uint32_t gs_os_arm_extensions(void) {
    /* HWCAP_ASIMD, HWCAP_ASIMDDP, HWCAP2_BF16 of asm/hwcap.h */
    enum { CAPABILITY_ASIMD = 1 << 1, CAPABILITY_ASIMDDP = 1 << 20, CAPABILITY_2_BF16 = 1 << 14 };
    const unsigned long first = getauxval(AT_HWCAP), second = getauxval(AT_HWCAP2);
    return (first & CAPABILITY_ASIMD ? GS_ARM_NEON : 0u) | (first & CAPABILITY_ASIMDDP ? GS_ARM_DOTPROD : 0u) |
           (second & CAPABILITY_2_BF16 ? GS_ARM_BF16 : 0u);
}
#elif defined(__APPLE__) && defined(__aarch64__)
#include <sys/sysctl.h>

static bool has(const char *name) {
    int value = 0;
    size_t size = sizeof value;
    return !sysctlbyname(name, &value, &size, NULL, 0) && value;
}

/* Every 64-bit ARM processor of Apple has NEON, as the platform's own compilers assume. */
uint32_t gs_os_arm_extensions(void) {
    return GS_ARM_NEON | (has("hw.optional.arm.FEAT_DotProd") ? GS_ARM_DOTPROD : 0u) |
           (has("hw.optional.arm.FEAT_BF16") ? GS_ARM_BF16 : 0u);
}
#elif defined(__aarch64__)
uint32_t gs_os_arm_extensions(void) {
    return GS_ARM_NEON;
}
#endif

bool gs_os_lock(int descriptor, gs_lock how) {
    static const int operations[] = {[GS_LOCK_ALONE] = LOCK_EX | LOCK_NB,
                                     [GS_LOCK_SHARED] = LOCK_SH | LOCK_NB,
                                     [GS_LOCK_WAIT] = LOCK_EX,
                                     [GS_LOCK_NONE] = LOCK_UN};
    int result;
    if (descriptor < 0)
        return false; /* with EINTR of the opening, the loop would not end */
    do {
        result = flock(descriptor, operations[how]);
    } while (result < 0 && errno == EINTR);
    return result == 0;
}

#if defined(__linux__) && defined(O_TMPFILE)
enum { LINK_ROOM = 40 };

/* The name under which the system shows an open file, by which it is given another one. */
static void link_name(int descriptor, char name[LINK_ROOM]) {
    snprintf(name, LINK_ROOM, "/proc/self/fd/%d", descriptor);
}

int gs_os_open_unnamed(const char *folder, unsigned mode) {
    char name[LINK_ROOM];
    int descriptor = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, (mode_t)mode);
    if (descriptor < 0)
        return -1;
    link_name(descriptor, name);
    if (access(name, F_OK) == 0)
        return descriptor;
    close(descriptor); /* without /proc it could never be named */
    errno = ENOTSUP;
    return -1;
}

int gs_os_name_file(int descriptor, const char *name) {
    char from[LINK_ROOM];
    link_name(descriptor, from);
    return linkat(AT_FDCWD, from, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

bool gs_os_sync_all(int descriptor) {
    return syncfs(descriptor) == 0;
}
#else
int gs_os_open_unnamed(const char *folder, unsigned mode) {
    (void)folder;
    (void)mode;
    errno = ENOTSUP;
    return -1;
}

int gs_os_name_file(int descriptor, const char *name) {
    (void)descriptor;
    (void)name;
    errno = ENOTSUP;
    return -1;
}

bool gs_os_sync_all(int descriptor) {
    (void)descriptor;
    sync();
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

clockid_t gs_os_init_condition(pthread_cond_t *condition) {
#ifdef __APPLE__
    pthread_cond_init(condition, NULL);
    return CLOCK_REALTIME;
#else
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return CLOCK_MONOTONIC;
#endif
}

#ifdef __linux__
bool gs_os_get_cpus(gs_cpus *cpus) {
    return sched_getaffinity(0, sizeof *cpus, (cpu_set_t *)(void *)cpus) == 0;
}

bool gs_os_set_cpus(const gs_cpus *cpus) {
    return sched_setaffinity(0, sizeof *cpus, (const cpu_set_t *)(const void *)cpus) == 0;
}

int gs_os_cpu(void) {
    return sched_getcpu();
}

void gs_os_renew_pages(void *memory, size_t bytes) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), before = (page - (uintptr_t)memory % page) % page;
    if (bytes >= before + page)
        (void)madvise((char *)memory + before, (bytes - before) / page * page, MADV_DONTNEED);
}
#else
bool gs_os_get_cpus(gs_cpus *cpus) {
    (void)cpus;
    return false;
}

bool gs_os_set_cpus(const gs_cpus *cpus) {
    (void)cpus;
    return false;
}

int gs_os_cpu(void) {
    return -1;
}

void gs_os_renew_pages(void *memory, size_t bytes) {
    (void)memory;
    (void)bytes;
}
#endif

void gs_os_give_way(void) {
    (void)sched_yield();
}

double gs_os_memory_bytes(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (double)pages * (double)page : (double)INFINITY;
}

double gs_os_mapped_bytes(void) {
    FILE *f = fopen("/proc/self/statm", "r"); /* of Linux; the first number counts pages */
    double pages = 0;
    if (f && fscanf(f, "%lf", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return pages * (double)sysconf(_SC_PAGESIZE);
}

void gs_os_want_large_pages(void *memory, size_t bytes) {
#ifdef MADV_HUGEPAGE
    (void)madvise(memory, bytes, MADV_HUGEPAGE); /* only a hint: some systems have no large pages */
#else
    (void)memory;
    (void)bytes;
#endif
}
