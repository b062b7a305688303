/* The questions that genbench asks the operating system. If the system does not know, strings are "unknown" and times
 * are 0. */
#ifndef BENCH_SYSTEM_H
#define BENCH_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* Seconds since some moment in the past. For the CPUs that this process may run on: the time taken by the hypervisor.
 * For this process: the CPU time of all its threads and of the programs that it ran to completion, and the time in
 * which its threads could have run but other programs did. */
typedef struct bench_times {
    double stolen, process, waited;
} bench_times;

bench_times bench_times_now(void);

/* Keep thread i of OpenMP's team of `threads` on the i-th processor that this process may run on, starting over after
 * the last; false if the system cannot. */
bool bench_pin(int threads);

/* Keep the main thread on the i-th of the processors that it could run on when this or bench_pin was first called,
 * starting over after the last; -1 lets it run on all of them again. False if the system cannot. For the main thread
 * only. */
bool bench_place(int i);

/* The compiler of this build and its version. */
#if defined(__clang__)
#define BENCH_COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define BENCH_COMPILER "gcc " __VERSION__
#else
#define BENCH_COMPILER "unknown"
#endif

/* The C library and its version. */
const char *bench_libc(void);

/* From now on large blocks of memory always come fresh from the system, so that the time to zero them does not depend
 * on what was freed before. */
void bench_steady_memory(void);

/* The peak resident set in bytes. */
double bench_peak_memory(void);

/* The size in bytes of the last-level cache, 0 if the system does not report it. */
double bench_last_cache(void);

/* The first line of a file, without its newline; false, with text empty, if there is none. */
bool bench_first_line(const char *path, char *text, size_t room);

/* The text after the colon that follows `key` in a file of such lines. */
bool bench_find_value(const char *path, const char *key, char *text, size_t room);

/* Put strings about this machine into the "context" of a report. */
void bench_put_system(json_t *context);

#endif
