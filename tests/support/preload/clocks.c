/* A library to be preloaded (LD_PRELOAD), in whose world clocks jump: the time of day by ten days, forth and back with
 * every question, as where somebody sets it, and the monotonic clock forth by an hour, as where a machine was asleep.
 */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { HOUR_S = 3600, DAYS_S = 10 * 24 * HOUR_S };
static atomic_long questions;

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (syscall(SYS_clock_gettime, clock, now) != 0)
        return -1;
    long question = atomic_fetch_add(&questions, 1);
    if (clock == CLOCK_REALTIME)
        now->tv_sec += question % 2 ? DAYS_S : -DAYS_S;
    if (clock == CLOCK_MONOTONIC)
        now->tv_sec += question * HOUR_S;
    return 0;
}

time_t time(time_t *now) {
    struct timespec found = {.tv_sec = 0};
    clock_gettime(CLOCK_REALTIME, &found);
    if (now)
        *now = found.tv_sec;
    return found.tv_sec;
}
