/* The library's one way to use several threads: loops over OpenMP's team, which survive a fork. Thread-safe. */
#ifndef GS_PARALLEL_H
#define GS_PARALLEL_H

#include <stddef.h>

/* Turn i of a loop, on thread `thread` of those that share it, counted from 0. */
typedef void gs_turn(void *context, size_t i, int thread);

/* Calls turn(context, i, thread) for every i from 0 to n - 1, in any order, on at most `threads` threads, and returns
 * when all are done. Each thread computes in the default floating-point environment (floats.h).
 *
 * On one thread OpenMP is not used at all. Neither is it in a child of a process that has run such a loop on several
 * threads before it forked: OpenMP's threads are not copied by fork(), but GCC's libgomp waits for them. The one thing
 * kept for that between calls is the fact that this process is such a child. */
void gs_parallel_for(int threads, size_t n, gs_turn *turn, void *context);

/* How many of the threads that are wished for gs_parallel_for uses: all, or 1 in such a child. */
int gs_parallel_threads(int wish);

#endif
