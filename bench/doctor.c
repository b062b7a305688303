/* genbench doctor finds what makes this machine noisy, and says how to quieten it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/machine.h"
#include "bench.h"
#include "noise.h"
#include "system.h"
#include "text.h"

enum { FOUND_ROOM = 240 };

/* UNKNOWN: this system does not report it. NOTE: worth knowing, but not wrong. */
typedef enum grade { UNKNOWN, CALM, NOTE, NOISY } grade;

typedef struct symptom {
    const char *name;
    grade (*look)(char found[FOUND_ROOM]);
    const char *remedy; /* number of findings that are not calm */
} symptom;

/* ---- What the build and the system say ---- */

static grade build(char found[FOUND_ROOM]) {
#if defined(GS_SANITIZED)
    snprintf(found, FOUND_ROOM, "with sanitizers");
    return NOISY;
#elif defined(__OPTIMIZE__)
    snprintf(found, FOUND_ROOM, "optimised");
    return CALM;
#else
    snprintf(found, FOUND_ROOM, "not optimised");
    return NOISY;
#endif
}

static grade governor(char found[FOUND_ROOM]) {
    if (!bench_first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", found, FOUND_ROOM))
        return UNKNOWN;
    return strcmp(found, "performance") ? NOISY : CALM;
}

static grade boost(char found[FOUND_ROOM]) {
    static const struct {
        const char *path;
        char off;
    } files[] = {{"/sys/devices/system/cpu/intel_pstate/no_turbo", '1'},
                 {"/sys/devices/system/cpu/cpufreq/boost", '0'}};
    char text[16];
    for (size_t i = 0; i < GS_COUNT(files); i++)
        if (bench_first_line(files[i].path, text, sizeof text)) {
            bool off = text[0] == files[i].off;
            snprintf(found, FOUND_ROOM, "%s", off ? "off" : "on: the clock depends on heat and on how many cores work");
            return off ? CALM : NOTE;
        }
    return UNKNOWN;
}

static grade siblings(char found[FOUND_ROOM]) {
    char list[64];
    if (!bench_first_line("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list", list, sizeof list))
        return UNKNOWN;
    bool shared = strpbrk(list, ",-") != NULL;
    snprintf(found, FOUND_ROOM, "processor 0: %s%s", shared ? "shares its core: " : "a core of its own",
             shared ? list : "");
    return shared ? NOTE : CALM;
}

static grade virtual(char found[FOUND_ROOM]) {
    static char flags[8192];
    if (!bench_find_value("/proc/cpuinfo", "flags", flags, sizeof flags))
        return UNKNOWN;
    bool is_virtual = strstr(flags, "hypervisor") != NULL;
    snprintf(found, FOUND_ROOM, "%s",
             is_virtual ? "a virtual machine: what others do on the host is not seen from here" : "none");
    return is_virtual ? NOTE : CALM;
}

static grade affinity(char found[FOUND_ROOM]) {
    char allowed[100], online[100];
    if (!bench_find_value("/proc/self/status", "Cpus_allowed_list", allowed, sizeof allowed) ||
        !bench_first_line("/sys/devices/system/cpu/online", online, sizeof online))
        return UNKNOWN;
    bool all = !strcmp(allowed, online);
    snprintf(found, FOUND_ROOM, "%s of %s", all ? "all" : allowed, online);
    return all ? CALM : NOTE;
}

static grade quota(char found[FOUND_ROOM]) {
    double allowed = gs_machine_read("").quota;
    if (isinf(allowed)) {
        snprintf(found, FOUND_ROOM, "none");
        return CALM;
    }
    snprintf(found, FOUND_ROOM, "%.2f processors' time, then all stand still until the next period", allowed);
    return NOISY;
}

static grade clock_source(char found[FOUND_ROOM]) {
    static const char *const fast[] = {"tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page"};
    if (!bench_first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", found, FOUND_ROOM))
        return UNKNOWN;
    for (size_t i = 0; i < GS_COUNT(fast); i++)
        if (!strcmp(found, fast[i]))
            return CALM;
    return NOTE;
}

static grade memory(char found[FOUND_ROOM]) {
    char text[64];
    static const double enough = 1e9;
    if (!bench_find_value("/proc/meminfo", "MemAvailable", text, sizeof text))
        return UNKNOWN;
    double bytes = 1024 * strtod(text, NULL);
    snprintf(found, FOUND_ROOM, "%.1f GB are free", 1e-9 * bytes);
    return bytes < enough ? NOISY : CALM;
}

static grade power(char found[FOUND_ROOM]) {
    for (int i = 0; i < 4; i++) {
        char path[80];
        snprintf(path, sizeof path, "/sys/class/power_supply/BAT%d/status", i);
        if (bench_first_line(path, found, FOUND_ROOM))
            return strcmp(found, "Discharging") ? CALM : NOISY;
    }
    return UNKNOWN;
}

static grade priority(char found[FOUND_ROOM]) {
    int nice = getpriority(PRIO_PROCESS, 0);
    snprintf(found, FOUND_ROOM, "nice %d", nice);
    return nice > 0 ? NOISY : CALM;
}

static grade environment(char found[FOUND_ROOM]) {
    static const char *const names[] = {"GENSAMPLE_ISA", "OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OMP_WAIT_POLICY",
                                        "OMP_PROC_BIND", "OMP_PLACES",      "OMP_DYNAMIC",      "LD_PRELOAD"};
    found[0] = '\0';
    for (size_t i = 0; i < GS_COUNT(names); i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            bench_append(found, FOUND_ROOM, "%s%s=%.40s", found[0] ? ", " : "", names[i], value);
    }
    if (found[0])
        return NOTE;
    snprintf(found, FOUND_ROOM, "nothing set that matters");
    return CALM;
}

/* ---- What is measured ---- */

static grade others(char found[FOUND_ROOM]) {
    static const double calm = 0.02;
    bench_others o = bench_measure_others();
    if (!o.known)
        return UNKNOWN;
    snprintf(found, FOUND_ROOM, "use %.2f of %d processors%s%s", o.processors, bench_processors(),
             o.names[0] ? ": " : "", o.names);
    return o.processors > calm ? NOISY : CALM;
}

static grade wobble_of(int threads, char found[FOUND_ROOM]) {
    static const double calm = 0.02;
    bench_times before = bench_times_now();
    bench_wobble w = bench_measure_wobble(gs_isa_best(), threads);
    bench_times after = bench_times_now();
    double stolen = after.stolen - before.stolen, used = after.process - before.process;
    snprintf(found, FOUND_ROOM, "%.1f GFLOP/s, varies by %.1f %%%s", 1e-9 * w.median, 100 * w.spread,
             stolen > calm * used ? "; the hypervisor took time" : "");
    return w.spread > calm || stolen > calm * used ? NOISY : CALM;
}
static grade wobble_one(char found[FOUND_ROOM]) {
    return wobble_of(1, found);
}
static grade wobble_all(char found[FOUND_ROOM]) {
    return bench_processors() > 1 ? wobble_of(bench_processors(), found) : UNKNOWN;
}

static grade pauses(char found[FOUND_ROOM]) {
    static const double calm_s = 2e-3, calm_share = 0.01;
    bench_pauses p = bench_measure_pauses(bench_processors());
    snprintf(found, FOUND_ROOM, "the longest %.2f ms, %.2f %% of the time in all", 1e3 * p.longest_s, 100 * p.lost);
    return p.longest_s > calm_s || p.lost > calm_share ? NOISY : CALM;
}

static const symptom symptoms[] = {
    {"build", build, "cmake --preset release"},
    {"frequency governor", governor, "cpupower frequency-set --governor performance"},
    {"boost", boost,
     "for figures that repeat: echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo, or echo 0 > "
     "/sys/devices/system/cpu/cpufreq/boost"},
    {"siblings", siblings,
     "one thread per core: --threads CORES --pin, or echo off > /sys/devices/system/cpu/smt/control"},
    {"hypervisor", virtual, "trust ratios measured in one run more than figures of different days; see genbench ab"},
    {"processors allowed", affinity, "the rest of the machine may still disturb: shared cache, memory, heat"},
    {"quota", quota, "run without a CPU limit, or with fewer threads than it allows"},
    {"clock", clock_source,
     "reading this clock is slow: echo tsc > "
     "/sys/devices/system/clocksource/clocksource0/current_clocksource, where the CPU allows"},
    {"memory", memory, "close other programs: swapping makes every figure useless"},
    {"power", power, "plug it in"},
    {"priority", priority, "run it without nice"},
    {"environment", environment, "unset what is not meant"},
    {"other programs", others, "stop them, or let them wait: nice -n -19 genbench (as root)"},
    {"peak, one thread", wobble_one, "other programs, heat or a clock that changes; see above"},
    {"peak, all threads", wobble_all, "other programs, heat or a clock that changes; see above"},
    {"pauses", pauses, "interrupts and other programs: --pin, fewer threads than processors, isolcpus= at boot"}};

const char *bench_doctor_remedy(const char *name) {
    for (size_t i = 0; i < GS_COUNT(symptoms); i++)
        if (!strcmp(symptoms[i].name, name))
            return symptoms[i].remedy;
    return NULL;
}

static const char *word_of(grade g) {
    return g == UNKNOWN ? "-" : g == CALM ? "calm" : g == NOTE ? "note" : "NOISY";
}

gs_status bench_doctor(bench_settings *settings, gs_error *error) {
    char cpu[FOUND_ROOM];
    int noisy = 0;
    (void)settings;
    (void)error;
    if (bench_find_value("/proc/cpuinfo", "model name", cpu, sizeof cpu))
        printf("%s, %s, %d processors\n\n", cpu, gs_isa_best(), bench_processors());
    for (size_t i = 0; i < GS_COUNT(symptoms); i++) {
        char found[FOUND_ROOM] = "";
        grade g = symptoms[i].look(found);
        printf("%-5s  %-18s  %s\n", word_of(g), symptoms[i].name, g == UNKNOWN ? "this system does not tell" : found);
        if (g == NOTE || g == NOISY)
            printf("%-27s> %s\n", "", symptoms[i].remedy);
        fflush(stdout);
        noisy += g == NOISY;
    }
    if (noisy)
        printf("\n%d of these make figures unsteady: calm them first\n", noisy);
    else
        puts("\nNothing was seen that would make figures unsteady");
    return GS_OK;
}
