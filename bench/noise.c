#include "noise.h"

#include <ctype.h>
#include <dirent.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "io/progress.h"
#include "measure/peak.h"
#include "measure/statistics.h"
#include "system.h"
#include "text.h"

enum { WOBBLES = 30, PROGRAMS_MAX = 8192, SHOWN = 3, LINE = 1024 };
static const double SPIN_S = 0.5, PAUSE_S = 20e-6, LEAST_SHOWN = 0.01;

bench_wobble bench_measure_wobble(const char *isa, int threads) {
    double peak[WOBBLES];
    for (int i = 0; i < WOBBLES; i++)
        peak[i] = gs_peak_measure(isa, "f32", threads);
    gs_sort(peak, WOBBLES);
    double median = gs_median(peak, WOBBLES);
    double span = gs_rank_quantile(peak, WOBBLES, 0.9) - gs_rank_quantile(peak, WOBBLES, 0.1);
    return (bench_wobble){.spread = span / median, .median = median};
}

bench_pauses bench_measure_pauses(int threads) {
    double longest = 0, lost = 0;
#pragma omp parallel num_threads(threads) reduction(max : longest) reduction(+ : lost)
    {
        double start = gs_now_s(), last = start;
        while (last - start < SPIN_S) {
            double now = gs_now_s(), gap = now - last;
            longest = fmax(longest, gap);
            lost += gap >= PAUSE_S ? gap : 0;
            last = now;
        }
    }
    return (bench_pauses){.longest_s = longest, .lost = lost / (SPIN_S * threads)};
}

/* ---- Other programs ---- */

typedef struct program {
    long id;
    double ticks; /* CPU time used so far, or since then */
    char name[32];
} program;

/* Fields of /proc/ID/stat: the name is in parentheses and may contain any character. */
static bool read_program(const char *id, program *p) {
    char path[LINE], line[LINE];
    double user, system;
    snprintf(path, sizeof path, "/proc/%s/stat", id);
    if (!bench_first_line(path, line, sizeof line))
        return false;
    char *name = strchr(line, '('), *end = strrchr(line, ')');
    if (!name || !end || end < name ||
        sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lf %lf", &user, &system) != 2)
        return false;
    *end = '\0';
    *p = (program){.id = strtol(id, NULL, 10), .ticks = user + system};
    snprintf(p->name, sizeof p->name, "%s", name + 1);
    for (char *c = p->name; *c; c++)
        if (!isprint((unsigned char)*c))
            *c = '?';
    return true;
}

/* All programs except this one. */
static int read_programs(program *list) {
    DIR *all = opendir("/proc");
    int count = 0;
    for (struct dirent *entry; all && count < PROGRAMS_MAX && (entry = readdir(all));)
        if (isdigit((unsigned char)entry->d_name[0]) && read_program(entry->d_name, &list[count]) &&
            list[count].id != (long)getpid())
            count++;
    if (all)
        closedir(all);
    return count;
}

static int by_ticks(const void *a, const void *b) {
    double x = ((const program *)a)->ticks, y = ((const program *)b)->ticks;
    return (x < y) - (x > y);
}

static void subtract(program *after, int count, const program *before, int count_before) {
    for (int i = 0; i < count; i++)
        for (int k = 0; k < count_before; k++)
            if (before[k].id == after[i].id && before[k].ticks <= after[i].ticks) {
                after[i].ticks -= before[k].ticks;
                break;
            }
}

bench_others bench_measure_others(void) {
    bench_others others = {0};
    program *before = gs_alloc(PROGRAMS_MAX, sizeof *before), *after = gs_alloc(PROGRAMS_MAX, sizeof *after);
    if (before && after) {
        int count_before = read_programs(before);
        double start = gs_now_s();
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
        int count = read_programs(after);
        double second = (gs_now_s() - start) * (double)sysconf(_SC_CLK_TCK);
        subtract(after, count, before, count_before);
        qsort(after, (size_t)count, sizeof *after, by_ticks);
        others.known = count_before > 0;
        for (int i = 0; i < count; i++) {
            double share = after[i].ticks / second;
            others.processors += share;
            if (i < SHOWN && share >= LEAST_SHOWN)
                bench_append(others.names, sizeof others.names, "%s%s %.2f", others.names[0] ? ", " : "", after[i].name,
                             share);
        }
    }
    gs_free(before);
    gs_free(after);
    return others;
}
