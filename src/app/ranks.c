#include "app/ranks.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/find.h"
#include "app/interrupt.h"
#include "app/link.h"
#include "base/os.h"

enum { HOST_ROOM = 64 };

/* What a rank's part came to, as the first rank is told, and what it answers. */
typedef struct word {
    gs_status status;
    bool lost;            /* some rank is */
    char host[HOST_ROOM]; /* of the rank that says it */
    char what[GS_RANKS_WHAT_ROOM], name[GS_RANKS_NAME_ROOM], message[GS_MESSAGE_MAX];
} word;

/* What is known of a rank. */
typedef struct peer {
    char host[HOST_ROOM];
    double silent_s;
    bool lost;
} peer;

static const long piece_us = 50, await_us = 1000;
static const double wait_usual_s = 120, wait_least_s = 1, wait_most_s = 1e6, flush_s = 1;

static const gs_link *linked; /* NULL: there is one rank */
static int own, all = 1;
static double wait_s;
static bool has_failed, has_told, has_lost, has_stuck, speaks;

static pthread_t beats;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all below */
static pthread_cond_t ends;
static clockid_t clock_of_ends;
static bool has_ended; /* what the thread waits for */
static peer *peers;

/* ---- Beginning ---- */

/* How many processes a launcher has started with this one; 0: it does not say. *rank becomes which of them it is. */
static int launched(int *rank) {
    static const struct {
        const char *rank, *count;
    } rows[] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"}, /* Open MPI */
                {"PMI_RANK", "PMI_SIZE"},                         /* MPICH, Slurm with --mpi=pmi2 */
                {"PMIX_RANK", "SLURM_STEP_NUM_TASKS"}};           /* Slurm with --mpi=pmix */
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        const char *number = getenv(rows[i].rank), *count = getenv(rows[i].count);
        *rank = number ? atoi(number) : 0;
        if (number)
            return count ? atoi(count) : 0;
    }
    return 1;
}

/* The plugin in its place where it is installed, or beside the program where it was built. */
static bool find_plugin(char path[GS_PATH_ROOM]) {
    gs_find_from_program(GS_PLUGIN_FROM_PROGRAM, path);
    if (gs_file_is_there(path))
        return true;
    gs_find_from_program("gensample-mpi.so", path);
    return gs_file_is_there(path);
}

bool gs_ranks_can(void) {
    char path[GS_PATH_ROOM];
    return find_plugin(path);
}

/* Its symbols are global, as parts of MPI are plugins themselves. */
static const gs_link *load(const char *path) {
    void *plugin = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    const gs_link *found = plugin ? dlsym(plugin, GS_LINK_SYMBOL) : NULL;
    return found && found->bytes == sizeof *found ? found : NULL;
}

static const char *describe_load(void) {
    const char *why = dlerror();
    return why ? why : "it is of another version";
}

static gs_status read_wait(gs_error *error) {
    const char *text = getenv("GENSAMPLE_MPI_WAIT");
    char *end = NULL;
    wait_s = text ? strtod(text, &end) : wait_usual_s;
    return !text || (end != text && !*end && wait_s >= wait_least_s && wait_s <= wait_most_s)
               ? GS_OK
               : gs_fail(error, GS_ERROR_ARGUMENT,
                         "GENSAMPLE_MPI_WAIT: \"%.40s\" in the environment: expected seconds, %g ... %g", text,
                         wait_least_s, wait_most_s);
}

/* ---- Threads ---- */

/* A thread that handles no signals. */
static gs_status start(pthread_t *thread, void *function(void *), gs_error *error) {
    sigset_t every, before;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    bool started = pthread_create(thread, NULL, function, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started ? GS_OK : gs_fail_memory(error, "a thread that speaks with other ranks");
}

static void stop(pthread_t thread) {
    pthread_mutex_lock(&lock);
    has_ended = true;
    pthread_cond_signal(&ends);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    has_ended = false;
}

/* Wait, with the lock; whether the thread is to end. */
static bool locked_pause(double seconds) {
    struct timespec until;
    clock_gettime(clock_of_ends, &until);
    double whole = (double)(long)seconds;
    until.tv_sec += (time_t)whole;
    until.tv_nsec += (long)((seconds - whole) * 1e9);
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (!has_ended && pthread_cond_timedwait(&ends, &lock, &until) != ETIMEDOUT)
        ;
    return has_ended;
}

/* While MPI waits for the other processes. The first rank ends before the others, so that one message is printed. */
static void *watch_beginning(void *ignored) {
    (void)ignored;
    pthread_mutex_lock(&lock);
    bool begun = locked_pause(wait_s + (own ? 3 : 0));
    pthread_mutex_unlock(&lock);
    if (begun)
        return NULL;
    fprintf(stderr,
            "gensample: rank %d has waited %g s for the other processes: expected that all of them share the run; give "
            "all the same command, and set GENSAMPLE_MPI=off for all or none\n",
            own, wait_s);
    _exit(EXIT_FAILURE);
}

/* Say that this rank lives, and hear who else does. */
static void *beat(void *ignored) {
    char nothing = 0;
    (void)ignored;
    pthread_mutex_lock(&lock);
    do {
        for (int i = 0; i < all; i++) {
            if (i == own || (own && i))
                continue;
            peers[i].silent_s++;
            if (!peers[i].lost)
                linked->send(i, GS_RANKS_BEAT, &nothing, sizeof nothing);
        }
        for (int from = -1; linked->take(GS_RANKS_BEAT, &from, &nothing, sizeof nothing); from = -1)
            peers[from].silent_s = 0;
    } while (!locked_pause(1));
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* ---- Beginning, together ---- */

static gs_status link_all(const gs_link *found, gs_error *error) {
    char why[GS_LINK_WHY_ROOM];
    pthread_t watch;
    clock_of_ends = gs_os_init_condition(&ends);
    gs_status status = start(&watch, watch_beginning, error);
    if (status)
        return status;
    bool begun = found->begin(&own, &all, why);
    stop(watch);
    if (!begun)
        return gs_fail(error, GS_ERROR_FILE, "%s", why);
    peers = gs_alloc((size_t)all, sizeof *peers);
    if (!peers)
        return gs_fail_memory(error, "the ranks");
    linked = found;
    gethostname(peers[own].host, sizeof peers[own].host - 1);
    status = start(&beats, beat, error);
    if (status)
        linked = NULL;
    return status;
}

gs_status gs_ranks_begin(gs_error *error) {
    const char *wish = getenv("GENSAMPLE_MPI");
    char path[GS_PATH_ROOM];
    int rank = 0, count = launched(&rank);
    if (count == 1 || (wish && !strcmp(wish, "off")))
        return GS_OK;
    bool there = find_plugin(path);
    if (!there && !count)
        return GS_OK;
    const gs_link *found = there ? load(path) : NULL;
    own = rank;
    if (!there)
        return gs_fail(error, GS_ERROR_FILE,
                       "%d processes were started to share a run, but the plugin for MPI, %s, is not there; install "
                       "it, let them share a folder of jobs by gensample work, or set GENSAMPLE_MPI=off where each "
                       "has a run of its own",
                       count, path);
    if (!found)
        return gs_fail(error, GS_ERROR_FILE, "the plugin for MPI, %s, cannot be loaded: %s", path, describe_load());
    gs_status status = read_wait(error);
    return !status ? link_all(found, error) : status;
}

int gs_ranks_rank(void) {
    return own;
}

int gs_ranks_count(void) {
    return all;
}

/* ---- Messages ---- */

void gs_ranks_send(int to, int kind, const void *message, size_t bytes) {
    linked->send(to, kind, message, bytes);
}

bool gs_ranks_take(int kind, int *from, void *message, size_t bytes) {
    return linked->take(kind, from, message, bytes);
}

/* MPI's own waiting keeps a processor busy, on which another rank may compute; large messages move in many steps. */
static void sleep_us(long us) {
    const struct timespec pause = {.tv_nsec = us * 1000};
    nanosleep(&pause, NULL);
}

/* Whether it is in vain to wait for a rank. */
static bool is_gone(int rank) {
    if (!gs_ranks_is_lost(rank) && gs_ranks_is_silent(rank))
        gs_ranks_lose(rank, false);
    return gs_ranks_is_lost(rank);
}

bool gs_ranks_deliver(int to) {
    while (!linked->sent()) {
        if (is_gone(to))
            return false;
        sleep_us(piece_us);
    }
    return true;
}

bool gs_ranks_await(int kind, int from, void *message, size_t bytes) {
    for (long us = piece_us; !linked->take(kind, &from, message, bytes); us = us < await_us ? 2 * us : us) {
        if (is_gone(from))
            return false;
        linked->sent();
        sleep_us(us);
    }
    return true;
}

/* ---- Losing ---- */

double gs_ranks_silent_s(int rank) {
    pthread_mutex_lock(&lock);
    double silent_s = peers[rank].silent_s;
    pthread_mutex_unlock(&lock);
    return silent_s;
}

bool gs_ranks_is_silent(int rank) {
    return gs_ranks_silent_s(rank) >= wait_s;
}

void gs_ranks_lose(int rank, bool certain) {
    pthread_mutex_lock(&lock);
    peers[rank].lost = has_lost = true;
    has_stuck = has_stuck || !certain;
    pthread_mutex_unlock(&lock);
}

bool gs_ranks_is_lost(int rank) {
    pthread_mutex_lock(&lock);
    bool lost = linked && peers[rank].lost;
    pthread_mutex_unlock(&lock);
    return lost;
}

/* ---- Agreeing ---- */

void gs_ranks_name(int rank, char name[GS_RANKS_NAME_ROOM]) {
    const char *host = linked ? peers[rank].host : "";
    snprintf(name, GS_RANKS_NAME_ROOM, "rank %d%s%s", rank, host[0] ? " on " : "", host);
}

/* Whether an error goes before another: any before an interruption, else the one that came first. */
static bool goes_before(gs_status status, gs_status first) {
    return status && (!first || (first == GS_ERROR_INTERRUPTED && status != GS_ERROR_INTERRUPTED));
}

/* Where the option, or what is in parentheses, begins in which two texts differ first. */
static size_t first_difference(const char *a, const char *b) {
    size_t begin = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == ' ' && (a[i + 1] == '-' || a[i + 1] == '('))
            begin = i + 1;
    return begin;
}

/* On the first rank: what all say, its own word first. */
static void hear_all(word *verdict) {
    const char *what = verdict->what;
    for (int rank = 1; rank < all; rank++) {
        word said;
        /* what a rank says after it was given up may be about something else */
        if (gs_ranks_is_lost(rank) || !gs_ranks_await(GS_RANKS_SAYS, rank, &said, sizeof said))
            continue;
        memcpy(peers[rank].host, said.host, HOST_ROOM);
        if (!said.status && strcmp(said.what, what) != 0) {
            size_t from = first_difference(said.what, what);
            said.status = GS_ERROR_ARGUMENT;
            snprintf(said.message, sizeof said.message,
                     "its command %s %.150s, that of the first rank %.150s: expected the same",
                     from ? "goes on with" : "is", said.what + from, what + from);
        }
        if (goes_before(said.status, verdict->status)) {
            verdict->status = said.status;
            memcpy(verdict->message, said.message, sizeof said.message);
            gs_ranks_name(rank, verdict->name);
        }
    }
    verdict->lost = has_lost;
    for (int rank = 1; rank < all; rank++)
        if (!gs_ranks_is_lost(rank))
            gs_ranks_send(rank, GS_RANKS_HEARS, verdict, sizeof *verdict);
}

static gs_status fail_first_lost(gs_error *error) {
    char name[GS_RANKS_NAME_ROOM];
    if (own == 1)
        gs_ranks_speak();
    gs_ranks_name(0, name);
    return gs_fail(error, GS_ERROR_INTERRUPTED, "%s has not answered for %g s, and is given up", name, wait_s);
}

static gs_status agree(gs_status status, const char *what, gs_error *error) {
    word mine = {.status = status};
    if (!linked || has_failed || gs_ranks_is_lost(0))
        return status;
    snprintf(mine.what, sizeof mine.what, "%s", what);
    snprintf(mine.message, sizeof mine.message, "%s", status ? error->message : "");
    memcpy(mine.host, peers[own].host, HOST_ROOM);
    if (own) {
        gs_ranks_send(0, GS_RANKS_SAYS, &mine, sizeof mine);
        if (!gs_ranks_await(GS_RANKS_HEARS, 0, &mine, sizeof mine))
            return fail_first_lost(error);
        memcpy(peers[0].host, mine.host, HOST_ROOM);
        has_lost = has_lost || mine.lost;
    } else {
        hear_all(&mine);
    }
    has_failed = mine.status != GS_OK;
    return has_failed ? gs_fail(error, mine.status, "%s%s%s", mine.name, mine.name[0] ? ": " : "", mine.message)
                      : GS_OK;
}

gs_status gs_ranks_agree(gs_status status, gs_error *error) {
    return agree(status, "", error);
}

gs_status gs_ranks_match(const char *what, gs_error *error) {
    return agree(GS_OK, what, error);
}

void gs_ranks_speak(void) {
    speaks = true;
}

void gs_ranks_tell(const gs_error *error) {
    if ((!own || speaks) && !has_told)
        fprintf(stderr, "gensample: %s\n", error->message);
    has_told = true;
}

/* ---- Ending ---- */

void gs_ranks_end(int code) {
    if (!linked)
        return;
    gs_interrupt_install(); /* the launcher may ask for an end as soon as one rank has ended */
    stop(beats);
    if (has_stuck)
        linked->abandon(code);
    if (has_lost) /* MPI's own end would wait for ranks that are lost, to which messages never leave */
        for (double start_s = gs_now_s(); !linked->sent() && gs_now_s() - start_s < flush_s;)
            sleep_us(await_us);
    else
        linked->end();
    gs_free(peers);
    linked = NULL;
}
