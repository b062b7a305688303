#include "base/parallel.h"

#ifdef _OPENMP
#include <omp.h>
#endif
#include <signal.h>
#include <stdatomic.h>

#include "base/floats.h"
#include "base/base.h"
#include "base/os.h"

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

static void run_on_one(size_t n, gs_turn *turn, void *context) {
    fenv_t callers = gs_floats_enter();
    for (size_t i = 0; i < n; i++)
        turn(context, i, 0);
    gs_floats_leave(&callers);
}

static void run_alone(gs_region *body, void *context) {
    fenv_t callers = gs_floats_enter();
    body(context, 0, 1);
    gs_floats_leave(&callers);
}

#ifdef _OPENMP
int gs_parallel_processors(void) {
    return omp_get_num_procs();
}

int gs_parallel_threads(int wish) {
    return atomic_load(&threads_lost) ? 1 : wish;
}

const char *gs_parallel_limit(void) {
    return "a child of a process with threads";
}

bool gs_parallel_is_bound(void) {
    return omp_get_proc_bind() != omp_proc_bind_false;
}

/* The processors that threads of a region have taken, a bit each. */
typedef struct seats {
    atomic_uint_least64_t word[GS_CPUS_MAX / 64];
} seats;

static bool take_seat(seats *s, size_t word, uint64_t bit) {
    return !(atomic_fetch_or_explicit(&s->word[word], bit, memory_order_relaxed) & bit);
}

/* Let the calling thread go on on a processor that no other thread of the region has taken. The system is asked for no
 * more than one move: afterwards the thread may run where it was allowed to before. */
static void change_seats(seats *s) {
    gs_cpus allowed;
    if (!gs_os_get_cpus(&allowed))
        return;
    for (size_t word = 0; word < GS_COUNT(allowed.word); word++)
        for (uint64_t left = allowed.word[word]; left; left &= left - 1) {
            gs_cpus only = {{0}};
            only.word[word] = left & -left;
            if (!take_seat(s, word, only.word[word]))
                continue;
            if (gs_os_set_cpus(&only))
                gs_os_set_cpus(&allowed);
            return;
        }
}

/* A thread that slept may be woken on the processor of the one that wakes it while others idle: a guest of KVM takes
 * idle processors for ones that the host has taken away. It would wait there for milliseconds. So the first thread
 * gives way to such a one, once, and threads that find themselves on one processor part. */
static void take_place(seats *s, int thread) {
    int cpu = gs_parallel_is_bound() ? -1 : gs_os_cpu();
    if (cpu < 0 || cpu >= GS_CPUS_MAX)
        return;
    if (!take_seat(s, (size_t)cpu / 64, UINT64_C(1) << cpu % 64))
        change_seats(s);
    else if (thread == 0)
        gs_os_give_way();
}

static void run_on_several(int threads, size_t n, gs_turn *turn, void *context) {
    seats s = {0};
#pragma omp parallel num_threads(threads)
    {
        take_place(&s, omp_get_thread_num());
        fenv_t callers = gs_floats_enter();
#pragma omp for schedule(dynamic) nowait
        for (size_t i = 0; i < n; i++)
            turn(context, i, omp_get_thread_num());
        gs_floats_leave(&callers);
    }
}

static void run_region(int threads, gs_region *body, void *context) {
    seats s = {0};
#pragma omp parallel num_threads(threads)
    {
        take_place(&s, omp_get_thread_num());
        fenv_t callers = gs_floats_enter();
        body(context, omp_get_thread_num(), omp_get_num_threads());
        gs_floats_leave(&callers);
    }
}
#else
int gs_parallel_processors(void) {
    return 1;
}

int gs_parallel_threads(int wish) {
    (void)wish;
    return 1;
}

const char *gs_parallel_limit(void) {
    return "built without OpenMP";
}

bool gs_parallel_is_bound(void) {
    return false;
}

static void run_on_several(int threads, size_t n, gs_turn *turn, void *context) {
    (void)threads;
    run_on_one(n, turn, context);
}

static void run_region(int threads, gs_region *body, void *context) {
    (void)threads;
    run_alone(body, context);
}
#endif

/* The threads to start, of which the caller is one. */
static int choose_threads(int threads) {
    if (threads > 1)
        pthread_once(&watched, watch_forks);
    return gs_parallel_threads(threads);
}

void gs_parallel_region(int threads, gs_region *body, void *context) {
    threads = choose_threads(threads);
    if (threads == 1)
        run_alone(body, context);
    else
        run_region(threads, body, context);
}

void gs_parallel_for(int threads, size_t n, gs_turn *turn, void *context) {
    if ((size_t)threads > n)
        threads = n ? (int)n : 1;
    threads = choose_threads(threads);
    if (threads == 1)
        run_on_one(n, turn, context);
    else
        run_on_several(threads, n, turn, context);
}

/* A handler of the program's would else run on a thread that the program does not know. */
bool gs_beside_start(gs_beside *beside, void *(*run)(void *), void *context) {
    if (gs_parallel_processors() < 2)
        return false;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = !pthread_create(&beside->thread, NULL, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

void gs_beside_wait(gs_beside *beside) {
    pthread_join(beside->thread, NULL);
}
