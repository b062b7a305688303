/* Loops on several threads, and work beside the caller; both survive a fork. Nothing else of the library starts
 * threads. Thread-safe. */
#ifndef GS_PARALLEL_H
#define GS_PARALLEL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* Turn i of a loop, on thread `thread` of those that share it, counted from 0. */
typedef void gs_turn(void *context, size_t i, int thread);

/* Calls turn(context, i, thread) for every i from 0 to n - 1, in any order, on at most `threads` threads, and returns
 * when all are done. Each thread computes in the default floating-point environment (floats.h).
 *
 * A single thread does without OpenMP. So does a child of a process that had run such a loop on several threads before
 * it forked: fork() does not copy OpenMP's threads, but GCC's libgomp waits for them. Nothing is kept between calls but
 * the flag that this process is such a child. */
void gs_parallel_for(int threads, size_t n, gs_turn *turn, void *context);

/* What each thread does of a region: thread `thread` of the `threads` that there are. */
typedef void gs_region(void *context, int thread, int threads);

/* Calls body(context, thread, n) on n threads that are there at the same time, and returns when all are done: n is at
 * least 1 and at most `threads`. It is 1 also within a thread of another region or loop. */
void gs_parallel_region(int threads, gs_region *body, void *context);

/* The threads that gs_parallel_for uses of the `wish` it is asked for: all, or 1 in such a child or without OpenMP. */
int gs_parallel_threads(int wish);

/* Why gs_parallel_for uses no more than one thread, where that is so. */
const char *gs_parallel_limit(void);

/* The processors that this process may run on, as far as gs_parallel_for can use them: 1 in a library that was built
 * without OpenMP. */
int gs_parallel_processors(void);

/* Whether the user has OpenMP bind threads to places, by OMP_PROC_BIND, OMP_PLACES or what one compiler's library has
 * beside them. */
bool gs_parallel_is_bound(void);

/* A thread beside its caller. */
typedef struct gs_beside {
    pthread_t thread;
} gs_beside;

/* Begin run(context) on a thread of its own, which takes no signals; false where there is none to be had, and where a
 * second one would not help: on one processor, and without OpenMP. Whoever began it waits for its end, in the same call
 * of the library, so that no fork by that caller can lose it. */
bool gs_beside_start(gs_beside *beside, void *(*run)(void *), void *context);
void gs_beside_wait(gs_beside *beside);

#endif
