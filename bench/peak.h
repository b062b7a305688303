/* How fast this machine is at best, for comparison with the figures. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include <stddef.h>

/* Run `blocks` blocks of independent fused multiply-adds in registers with an instruction set on each of `threads`
 * threads; returns the floating-point operations of one thread (2 per multiply-add and lane), or 0 if this build lacks
 * the instruction set. The multiply-adds are those of the kernel `iterate`; in scalar C each is a call of fmaf. */
double bench_peak_run(const char *isa, int threads, long blocks);

/* The mean of the results of such a loop on one thread, which tends to 1; NaN if this build lacks the instruction
 * set. */
double bench_peak_result(const char *isa, long blocks);

/* FLOP/s of all threads together: the best of twelve runs of a millisecond or more, in which all threads begin
 * together, because a disturbance of single runs does not mean that the machine has changed. 0 if this build lacks the
 * instruction set. */
double bench_peak_measure(const char *isa, int threads);

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
