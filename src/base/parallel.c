#include "base/parallel.h"

#ifdef _OPENMP
#include <omp.h>
#endif
#include <signal.h>
#include <stdatomic.h>

#include "base/floats.h"
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
    bool are_known;
    atomic_int come; /* threads, beside the caller */
    atomic_uint_least64_t word[GS_CPUS_MAX / 64];
} seats;

static bool take_seat(seats *s, int cpu) {
    uint64_t bit = UINT64_C(1) << cpu % 64;
    return !(atomic_fetch_or_explicit(&s->word[cpu / 64], bit, memory_order_relaxed) & bit);
}

/* The caller takes its seat before the others wake up, so that it never moves. */
static void take_first_seat(seats *s) {
    int cpu = gs_parallel_is_bound() ? -1 : gs_os_cpu();
    s->are_known = cpu >= 0 && cpu < GS_CPUS_MAX && take_seat(s, cpu);
}

/* Move the calling thread from its processor to the next one that no other thread of the region has taken, and let it
 * run where it might before. */
static void change_seats(seats *s, int own) {
    gs_cpus allowed, only = {{0}};
    if (!gs_os_get_cpus(&allowed))
        return;
    int cpu = (own + 1) % GS_CPUS_MAX;
    while (cpu != own && !(gs_cpus_has(&allowed, cpu) && take_seat(s, cpu)))
        cpu = (cpu + 1) % GS_CPUS_MAX;
    only.word[cpu / 64] = UINT64_C(1) << cpu % 64;
    if (cpu != own && gs_os_set_cpus(&only))
        gs_os_set_cpus(&allowed);
}

/* Yield once if the others have not come after a microsecond or two, for threads that were awake come sooner. Beside a
 * busy process per processor, regions of 20 us, 0.5 ms and 5 ms were as many per second with it as without. */
static void give_way(seats *s, int others) {
    enum { LOOKS = 1000 };
    int looks = 0;
    while (looks < LOOKS && atomic_load_explicit(&s->come, memory_order_relaxed) < others)
        looks++;
    if (looks == LOOKS)
        gs_os_give_way();
}

/* A thread that slept may be woken on its waker's processor while others are idle, because a KVM guest takes an idle
 * processor for one that the host has preempted; there it waits for milliseconds. So the first thread gives way to such
 * a one, which moves to another processor. */
static void take_place(seats *s, int thread, int threads) {
    if (!s->are_known || threads == 1)
        return;
    if (thread == 0) {
        give_way(s, threads - 1);
        return;
    }
    atomic_fetch_add_explicit(&s->come, 1, memory_order_relaxed);
    int cpu = gs_os_cpu();
    if (cpu >= 0 && cpu < GS_CPUS_MAX && !take_seat(s, cpu))
        change_seats(s, cpu);
}

static void run_region(int threads, gs_region *body, void *context) {
    seats s = {0};
    take_first_seat(&s);
#pragma omp parallel num_threads(threads)
    {
        take_place(&s, omp_get_thread_num(), omp_get_num_threads());
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

/* The turns of a loop, of which threads take the next one each. */
typedef struct turns {
    gs_turn *turn;
    void *context;
    size_t n;
    atomic_size_t next;
} turns;

static void take_turns(void *context, int thread, int threads) {
    (void)threads;
    turns *t = context;
    size_t i;
    while ((i = atomic_fetch_add_explicit(&t->next, 1, memory_order_relaxed)) < t->n)
        t->turn(t->context, i, thread);
}

/* A loop of OpenMP's own would tie what Clang makes of it to the OpenMP library of that version. */
void gs_parallel_for(int threads, size_t n, gs_turn *turn, void *context) {
    turns t = {.turn = turn, .context = context, .n = n};
    if ((size_t)threads > n)
        threads = n ? (int)n : 1;
    gs_parallel_region(threads, take_turns, &t);
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
