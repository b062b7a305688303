#include "base/parallel.h"

#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/floats.h"

/* The only state that outlives a call: a library cannot see a fork coming, so it has to remember that one may
 * happen. */
static pthread_once_t watched = PTHREAD_ONCE_INIT;
static atomic_bool threads_lost;

static void lose_threads(void) {
    atomic_store(&threads_lost, true);
}

/* Where memory does not suffice to watch for forks, no team is started. */
static void watch_forks(void) {
    if (pthread_atfork(NULL, NULL, lose_threads))
        lose_threads();
}

int gs_parallel_threads(int wish) {
    return atomic_load(&threads_lost) ? 1 : wish;
}

void gs_parallel_for(int threads, size_t n, gs_turn *turn, void *context) {
    if (threads > 1)
        pthread_once(&watched, watch_forks);
    threads = gs_parallel_threads(threads);
    if (threads == 1) {
        fenv_t callers = gs_floats_enter();
        for (size_t i = 0; i < n; i++)
            turn(context, i, 0);
        gs_floats_leave(&callers);
        return;
    }
#pragma omp parallel num_threads(threads)
    {
        fenv_t callers = gs_floats_enter();
#pragma omp for schedule(dynamic) nowait
        for (size_t i = 0; i < n; i++)
            turn(context, i, omp_get_thread_num());
        gs_floats_leave(&callers);
    }
}
