/* The bandwidth of memory, by McCalpin's STREAM triad. */
#ifndef BENCH_TRIAD_H
#define BENCH_TRIAD_H

#include <stddef.h>

/* a[i] = b[i] + s c[i] on threads that each have their own part; which are first touched by the same threads. */
typedef struct bench_triad {
    float *a, *b, *c;
    size_t count;
    int threads;
} bench_triad;

/* Arrays of `bytes` in total; a NULL member means that memory ran out. */
bench_triad bench_triad_new(size_t bytes, int threads);
void bench_triad_run(const bench_triad *triad, float s);
void bench_triad_free(bench_triad *triad);

#endif
