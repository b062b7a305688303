/* What genbench asks the operating system, which may not know: then strings are "unknown" and times 0. */
#ifndef BENCH_SYSTEM_H
#define BENCH_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>

/* Seconds since some time past, of the CPUs this process may run on: taken by the hypervisor; and of this process:
 * CPU time of all its threads and of the programs that it ran to their end, time its threads could have run but other
 * programs did. */
typedef struct bench_times {
    double stolen, process, waited;
} bench_times;

bench_times bench_times_now(void);

/* Keep thread i of OpenMP's team of `threads` on the i-th processor this process may run on, around again past the
 * last; false where the system can't. */
bool bench_pin(int threads);

/* Keep the main thread on the i-th of the processors that it could run on when this or bench_pin was first called,
 * around again past the last; -1: on all of them again. False where the system can't. For the main thread only. */
bool bench_place(int i);

/* The C library and its version. */
const char *bench_libc(void);

/* From here on large blocks of memory always come fresh from the system, so that what zeroing them takes does not
 * depend on what was freed before. */
void bench_steady_memory(void);

/* Peak resident set in bytes. */
double bench_peak_memory(void);

/* Bytes of the last cache, 0 where the system does not tell. */
double bench_last_cache(void);

/* The first line of a file, without its newline; false, with text empty, where there is none. */
bool bench_first_line(const char *path, char *text, size_t room);

/* What follows the colon after `key` in a file of such lines. */
bool bench_find_value(const char *path, const char *key, char *text, size_t room);

/* A line about this machine, 0, 1, 2, ...: *name a constant; false past the last. */
bool bench_system_line(int i, const char **name, char *text, size_t room);

#endif
