#include "base/machine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/base.h"
#include "base/os.h"
#include "base/parallel.h"

gs_machine gs_machine_read(const char *root) {
    gs_machine machine = {.processors = gs_parallel_processors(), .machine_bytes = gs_os_memory_bytes()};
    gs_os_group_limits(root, &machine.quota, &machine.group_bytes);
    return machine;
}

/* The first number of the variable, which may be a list with one number per level of nested loops; 0 if it is not
 * valid. */
static long openmp_threads(void) {
    const char *value = getenv("OMP_NUM_THREADS");
    char *end = NULL;
    long threads = value ? strtol(value, &end, 10) : 0;
    return threads > 0 && (*end == '\0' || *end == ',' || *end == ' ') ? threads : 0;
}

int gs_machine_threads(const gs_machine *machine, char *why, size_t room) {
    char ignored[1];
    why = why ? why : ignored;
    room = why == ignored ? sizeof ignored : room;
    long named = openmp_threads(), threads = machine->processors;
    if (gs_parallel_threads(2) == 1) {
        snprintf(why, room, "%s", gs_parallel_limit());
        threads = 1;
    } else if (named) {
        snprintf(why, room, "OMP_NUM_THREADS");
        threads = named;
    } else if (ceil(machine->quota) < machine->processors) {
        snprintf(why, room, "cgroup quota %.3g", machine->quota);
        threads = machine->quota > 1 ? (long)ceil(machine->quota) : 1;
    } else {
        snprintf(why, room, "processors this process may run on");
    }
    return threads < GS_THREADS_MAX ? (int)threads : GS_THREADS_MAX;
}

/* What the limit of the process's addresses leaves for its memory, where that which it has already taken counts as
 * left. */
static double address_bytes(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY)
        return INFINITY;
    return fmax(0, (double)limit.rlim_cur - fmax(0, gs_os_mapped_bytes() - (double)gs_allocated_now()));
}

double gs_machine_bytes(void) {
    gs_machine machine = gs_machine_read("");
    return fmin(fmin(machine.machine_bytes, machine.group_bytes), address_bytes());
}
