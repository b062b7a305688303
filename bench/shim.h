/* The part of Google Benchmark that the C code of genbench needs; its own interface is C++. */
#ifndef BENCH_SHIM_H
#define BENCH_SHIM_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A benchmark as Google Benchmark calls it: possibly several times, with more iterations each time, until the time is
 * long enough. begin and batch must remember what they answered and, if that was false, why. */
typedef struct bench_callbacks {
    bool (*begin)(void *context);              /* before a start of `iterations`, not timed */
    bool (*batch)(void *context);              /* one iteration, timed */
    void (*end)(void *context, bool complete); /* after the last iteration, not timed */
} bench_callbacks;

/* One repetition that counts. */
typedef struct bench_timing {
    long long iterations;
    double real_s, cpu_s; /* for all iterations together; CPU time of the calling thread */
} bench_timing;

/* Take the --benchmark_ options off a command line and remember them; unknown ones stay. Prints and exits on a
 * malformed value, as Google Benchmark does. `min_time_s` is the default of --benchmark_min_time; 0 means the library's
 * own. */
void bench_initialize(int *argc, char **argv, double min_time_s);

/* --benchmark_filter as given, or "". */
const char *bench_filter(void);

/* Add a benchmark; those that bench_run runs are numbered from 0 in the order in which they were added. */
void bench_register(const char *name, const bench_callbacks *callbacks, void *context);

/* Run all benchmarks that were added since the last call. `report` is called once for each benchmark `number` with its
 * repetitions, or with none if begin or batch answered false. With `display`, for --benchmark_format on the command
 * line, Google Benchmark's own report of all calls together goes to standard output as well; --benchmark_out has only
 * the last call. */
void bench_run(void (*report)(void *context, int number, const bench_timing *timings, size_t count), void *context,
               bool display);

/* To be called after the last bench_run. */
void bench_run_end(void);

/* Google Benchmark's own "context" of a report: JSON text of an object with that member, to be freed with free(). NULL
 * before bench_run or when memory ends. */
char *bench_context_json(void);

/* Its version, or "" if it does not say. */
const char *bench_library_version(void);

#ifdef __cplusplus
}
#endif
#endif
