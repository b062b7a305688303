#ifdef __linux__
#define _GNU_SOURCE /* sched_setaffinity */
#endif

#include "system.h"

#include <dirent.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#include <malloc.h>
#endif
#ifdef __linux__
#include <sched.h>
#endif

#include "document.h"
#include "text.h"

enum { LINE = 4096 };

/* ---- Times ---- */

#ifdef __linux__
/* The processors that this process could run on when this was first called; NULL if the system cannot tell. */
static const cpu_set_t *processors(void) {
    static cpu_set_t all;
    static bool known;
    known = known || sched_getaffinity(0, sizeof all, &all) == 0;
    return known ? &all : NULL;
}
#endif

static bool may_run_on(size_t cpu) {
#ifdef __linux__
    const cpu_set_t *all = processors();
    return !all || (cpu < CPU_SETSIZE && CPU_ISSET(cpu, all));
#else
    (void)cpu;
    return true;
#endif
}

/* The sum of column 8 of the lines "cpuN ..." of /proc/stat, in ticks. */
static double stolen_s(void) {
    FILE *f = fopen("/proc/stat", "r");
    char line[LINE];
    double ticks = 0;
    while (f && fgets(line, sizeof line, f)) {
        size_t cpu;
        double column[8] = {0};
        if (sscanf(line, "cpu%zu %lf %lf %lf %lf %lf %lf %lf %lf", &cpu, &column[0], &column[1], &column[2], &column[3],
                   &column[4], &column[5], &column[6], &column[7]) == 9 &&
            may_run_on(cpu))
            ticks += column[7];
    }
    if (f)
        fclose(f);
    return ticks / (double)sysconf(_SC_CLK_TCK);
}

/* The sum of the second number in every thread's schedstat: nanoseconds in which it was ready but did not run. */
static double waited_s(void) {
    DIR *tasks = opendir("/proc/self/task");
    double sum = 0;
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        char path[LINE];
        double waited;
        snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", task->d_name);
        FILE *f = fopen(path, "r");
        if (f && fscanf(f, "%*f %lf", &waited) == 1)
            sum += waited;
        if (f)
            fclose(f);
    }
    if (tasks)
        closedir(tasks);
    return sum * 1e-9;
}

static double seconds(struct timeval t) {
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

bench_times bench_times_now(void) {
    struct timespec own;
    struct rusage others;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
    getrusage(RUSAGE_CHILDREN, &others);
    return (bench_times){.stolen = stolen_s(),
                         .waited = waited_s(),
                         .process = (double)own.tv_sec + 1e-9 * (double)own.tv_nsec + seconds(others.ru_utime) +
                                    seconds(others.ru_stime)};
}

/* ---- Threads and memory ---- */

#ifdef __linux__
/* Keep this thread on the i-th processor of a set, starting over after the last. */
static bool place_on(const cpu_set_t *all, int i) {
    int left = i % CPU_COUNT(all);
    size_t cpu = 0;
    while (!CPU_ISSET(cpu, all) || left-- > 0)
        cpu++;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0;
}
#endif

bool bench_pin(int threads) {
#ifdef __linux__
    const cpu_set_t *all = processors();
    int failed = 0;
    if (!all)
        return false;
#pragma omp parallel num_threads(threads) reduction(+ : failed)
    failed += !place_on(all, omp_get_thread_num());
    return !failed;
#else
    (void)threads;
    return false;
#endif
}

bool bench_place(int i) {
#ifdef __linux__
    const cpu_set_t *all = processors();
    if (!all)
        return false;
    return i < 0 ? sched_setaffinity(0, sizeof *all, all) == 0 : place_on(all, i);
#else
    (void)i;
    return false;
#endif
}

const char *bench_libc(void) {
#ifdef __GLIBC__
    static char text[64];
    snprintf(text, sizeof text, "glibc %s", gnu_get_libc_version());
    return text;
#else
    return "unknown";
#endif
}

void bench_steady_memory(void) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 64 << 10);
#endif
}

double bench_peak_memory(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) ? 0 : 1024.0 * (double)usage.ru_maxrss;
}

/* ---- What kind of machine ---- */

bool bench_first_line(const char *path, char *text, size_t room) {
    FILE *f = fopen(path, "r");
    bool ok = f && fgets(text, (int)room, f);
    if (f)
        fclose(f);
    text[ok ? strcspn(text, "\n") : 0] = '\0';
    return ok;
}

bool bench_find_value(const char *path, const char *key, char *text, size_t room) {
    FILE *f = fopen(path, "r");
    char line[LINE];
    bool found = false;
    while (!found && f && fgets(line, sizeof line, f)) {
        char *colon = strchr(line, ':');
        if (!colon || strncmp(line, key, strlen(key)))
            continue;
        colon += strspn(colon, ": \t");
        colon[strcspn(colon, "\n")] = '\0';
        snprintf(text, room, "%s", colon);
        found = true;
    }
    if (f)
        fclose(f);
    return found;
}

double bench_last_cache(void) {
    double size = 0;
    for (int i = 0; i < 8; i++) {
        char path[LINE], text[64], unit;
        double number;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", i);
        if (bench_first_line(path, text, sizeof text) && sscanf(text, "%lf%c", &number, &unit) == 2)
            size = number * (unit == 'K' ? 1024.0 : unit == 'M' ? 1048576.0 : 1);
    }
    return size;
}

static bool cpu_signature(char *text, size_t room) {
    char family[16], model[16], stepping[16];
    bool ok = bench_find_value("/proc/cpuinfo", "cpu family", family, sizeof family) &&
              bench_find_value("/proc/cpuinfo", "model\t", model, sizeof model) &&
              bench_find_value("/proc/cpuinfo", "stepping", stepping, sizeof stepping);
    if (ok)
        snprintf(text, room, "family %s, model %s, stepping %s", family, model, stepping);
    return ok;
}
static bool cores(char *text, size_t room) {
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    snprintf(text, room, "%ld", online);
    return online > 0;
}
static bool smt(char *text, size_t room) {
    char siblings[64];
    if (bench_first_line("/sys/devices/system/cpu/smt/control", text, room))
        return true;
    bool known =
        bench_first_line("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list", siblings, sizeof siblings);
    snprintf(text, room, "%s", strpbrk(siblings, ",-") ? "on" : "off");
    return known;
}
static bool virtualisation(char *text, size_t room) {
    char flags[LINE], vendor[128];
    if (!bench_find_value("/proc/cpuinfo", "flags", flags, sizeof flags))
        return false;
    if (!bench_first_line("/sys/class/dmi/id/sys_vendor", vendor, sizeof vendor))
        vendor[0] = '\0';
    snprintf(text, room, "%s%s%s", strstr(flags, "hypervisor") ? "virtual" : "none", vendor[0] ? ", " : "", vendor);
    return true;
}
static bool kernel(char *text, size_t room) {
    struct utsname name;
    if (uname(&name) < 0)
        return false;
    snprintf(text, room, "%s %s %s", name.sysname, name.release, name.machine);
    return true;
}
static bool openmp(char *text, size_t room) {
    static const char *const variables[] = {"OMP_NUM_THREADS", "OMP_WAIT_POLICY", "OMP_PROC_BIND", "OMP_PLACES"};
    snprintf(text, room, "%d", _OPENMP);
    for (size_t i = 0; i < GS_COUNT(variables); i++) {
        const char *value = getenv(variables[i]);
        if (value)
            bench_append(text, room, ", %s=%s", variables[i], value);
    }
    return true;
}

/* Lines that are the value of a key in a file, or of another key; or a file's first line; or what a function says. */
static const struct {
    const char *name, *path, *key, *other;
    bool (*get)(char *text, size_t room);
} lines[] = {{"cpu_model", "/proc/cpuinfo", "model name", "Model", NULL},
             {"cpu_signature", NULL, NULL, NULL, cpu_signature},
             {"cpu_features", "/proc/cpuinfo", "flags", "Features", NULL},
             {"microcode", "/proc/cpuinfo", "microcode", "microcode", NULL},
             {"cores", NULL, NULL, NULL, cores},
             {"smt", NULL, NULL, NULL, smt},
             {"affinity", "/proc/self/status", "Cpus_allowed_list", "Cpus_allowed_list", NULL},
             {"governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", NULL, NULL, NULL},
             {"virtualisation", NULL, NULL, NULL, virtualisation},
             {"kernel", NULL, NULL, NULL, kernel},
             {"openmp", NULL, NULL, NULL, openmp}};

void bench_put_system(json_t *context) {
    char text[2 * LINE];
    for (size_t i = 0; i < GS_COUNT(lines); i++) {
        bool known = lines[i].get   ? lines[i].get(text, sizeof text)
                     : lines[i].key ? bench_find_value(lines[i].path, lines[i].key, text, sizeof text) ||
                                          bench_find_value(lines[i].path, lines[i].other, text, sizeof text)
                                    : bench_first_line(lines[i].path, text, sizeof text);
        bench_put_text(context, lines[i].name, known ? text : "unknown");
    }
}
