/* Meetings are the dissemination barrier of Hensgen, Finkel & Manber 1988, "Two algorithms for barrier
 * synchronization": in round r each member tells the one 2^r places further that it and those before it have come, and
 * waits to be told the same. After ceil(log2(parts)) rounds everyone knows of everyone. A team of two needs a single
 * message each way: 230 ns on Zen 5, where a shared counter takes 400. */
#include "base/team.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/base.h"
#include "base/os.h"
#include "base/parallel.h"

enum { ROUNDS_MOST = 10, PARTS_MOST = 1 << ROUNDS_MOST, LINE = 128 /* adjacent lines are fetched in pairs */ };

/* A member that is not told after so long sleeps: about what it takes to put a thread to sleep and wake it up. Where
 * there are more threads than processors, the others get on. */
static const double seconds_awake = 100e-6;

/* What one member is told. The numbers only grow, so a member may already be told of the next meeting. */
typedef struct seat {
    _Alignas(LINE) atomic_uint told[ROUNDS_MOST]; /* the meeting, counted from 1, by round */
    unsigned meetings;                            /* the member's own */
} seat;

struct gs_meeting {
    atomic_int asleep;
    pthread_mutex_t lock;
    pthread_cond_t news;
    seat *seat; /* by part */
};

gs_meeting *gs_meeting_create(int parts) {
    char *memory = parts <= PARTS_MOST ? gs_alloc(sizeof(gs_meeting) + LINE + (size_t)parts * sizeof(seat), 1) : NULL;
    if (!memory)
        return NULL;
    gs_meeting *m = (gs_meeting *)memory;
    memory += sizeof *m;
    m->seat = (seat *)(memory + (LINE - (uintptr_t)memory % LINE) % LINE);
    if (pthread_mutex_init(&m->lock, NULL)) {
        gs_free(m);
        return NULL;
    }
    if (pthread_cond_init(&m->news, NULL)) {
        pthread_mutex_destroy(&m->lock);
        gs_free(m);
        return NULL;
    }
    return m;
}

void gs_meeting_free(gs_meeting *m) {
    if (!m)
        return;
    pthread_cond_destroy(&m->news);
    pthread_mutex_destroy(&m->lock);
    gs_free(m);
}

static bool is_told(atomic_uint *told, unsigned meeting) {
    return (int)(atomic_load_explicit(told, memory_order_acquire) - meeting) >= 0;
}

/* Either the sleeper sees what it is told, or the teller sees that somebody sleeps: both write first and then read, in
 * one order for all (memory_order_seq_cst). */
static void tell(gs_meeting *m, atomic_uint *told, unsigned meeting) {
    atomic_store(told, meeting);
    if (!atomic_load(&m->asleep))
        return;
    pthread_mutex_lock(&m->lock);
    pthread_cond_broadcast(&m->news);
    pthread_mutex_unlock(&m->lock);
}

static void sleep_until_told(gs_meeting *m, atomic_uint *told, unsigned meeting) {
    pthread_mutex_lock(&m->lock);
    atomic_fetch_add(&m->asleep, 1);
    while ((int)(atomic_load(told) - meeting) < 0)
        pthread_cond_wait(&m->news, &m->lock);
    atomic_fetch_sub(&m->asleep, 1);
    pthread_mutex_unlock(&m->lock);
}

/* What spins tells the processor so. */
static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Returns whether it slept. */
static bool wait_until_told(gs_meeting *m, atomic_uint *told, unsigned meeting) {
    enum { BETWEEN = 64 };
    double until = 0;
    for (int spins = 1; !is_told(told, meeting); spins++) {
        pause_briefly();
        if (spins % BETWEEN)
            continue;
        double now = gs_now_s();
        until = until > 0 ? until : now + seconds_awake;
        if (now >= until) {
            sleep_until_told(m, told, meeting);
            return true;
        }
    }
    return false;
}

bool gs_team_meet(const gs_member *member) {
    gs_meeting *m = member->meeting;
    if (!m)
        return false;
    bool slept = false;
    seat *own = &m->seat[member->part];
    unsigned meeting = ++own->meetings;
    for (int round = 0, distance = 1; distance < member->parts; round++, distance *= 2) {
        tell(m, &m->seat[(member->part + distance) % member->parts].told[round], meeting);
        slept = wait_until_told(m, &own->told[round], meeting) || slept;
    }
    return slept;
}

/* ---- Teams ---- */

typedef struct teams {
    const gs_places *places; /* or NULL */
    size_t count;
    gs_meeting **meeting; /* (count), or NULL: all teams have one member */
    gs_team_turn *turn;
    void *context;
} teams;

/* Threads and the teams that they are shared out to: all, or those of a node. */
typedef struct group {
    size_t team, teams, thread, threads;
} group;

/* The first part of n things in `parts` parts. */
static size_t first_of(size_t part, size_t n, size_t parts) {
    return (part * n + parts - 1) / parts;
}

/* The groups of so many threads, which are numbered from 0. */
static size_t count_groups(const teams *t, size_t threads) {
    return t->places && t->places->moves ? (size_t)t->places->node[threads - 1] + 1 : 1;
}

static group group_at(const teams *t, size_t i, size_t threads) {
    size_t groups = count_groups(t, threads);
    if (groups == 1)
        return (group){.teams = t->count, .threads = threads};
    group g = {.team = first_of(i, t->count, groups), .thread = (size_t)t->places->first[i]};
    size_t end = (size_t)t->places->first[i + 1];
    g.teams = first_of(i + 1, t->count, groups) - g.team;
    g.threads = (end < threads ? end : threads) - g.thread;
    return g;
}

static void take_turns(const teams *t, int thread, size_t threads) {
    gs_member member = {.thread = thread, .parts = 1};
    group g = group_at(t, count_groups(t, threads) > 1 ? (size_t)t->places->node[thread] : 0, threads);
    size_t own = (size_t)thread - g.thread;
    if (!t->meeting || g.threads <= g.teams) {
        for (member.team = g.team + own; member.team < g.team + g.teams; member.team += g.threads)
            t->turn(t->context, &member);
        return;
    }
    if (!g.teams)
        return;
    size_t team = own * g.teams / g.threads, first = first_of(team, g.threads, g.teams);
    member.team = g.team + team;
    member.part = (int)(own - first);
    member.parts = (int)(first_of(team + 1, g.threads, g.teams) - first);
    member.meeting = member.parts > 1 ? t->meeting[member.team] : NULL;
    t->turn(t->context, &member);
}

static void be_member(void *context, int thread, int threads) {
    const teams *t = context;
    gs_stay stay;
    gs_places_enter(t->places, thread, &stay);
    take_turns(t, thread, (size_t)threads);
    gs_places_leave(&stay);
}

/* No team gets more members, also if fewer threads come than are asked for: with fewer groups, none has fewer teams
 * than all of them divided by the groups that are asked for. */
static size_t most_members(const teams *t, size_t threads) {
    size_t groups = count_groups(t, threads), most = groups > 1 ? (size_t)t->places->most : threads,
           teams_least = t->count / groups;
    return teams_least ? (most + teams_least - 1) / teams_least : most;
}

static bool make_meetings(teams *t, int threads) {
    size_t most = most_members(t, (size_t)threads);
    t->meeting = gs_alloc(t->count, sizeof(gs_meeting *));
    bool ok = t->meeting != NULL;
    for (size_t i = 0; ok && i < t->count; i++) {
        t->meeting[i] = gs_meeting_create((int)most);
        ok = t->meeting[i] != NULL;
    }
    return ok;
}

static void free_meetings(teams *t) {
    for (size_t i = 0; t->meeting && i < t->count; i++)
        gs_meeting_free(t->meeting[i]);
    gs_free(t->meeting);
    t->meeting = NULL;
}

void gs_team_run(const gs_places *places, int threads, size_t count, gs_team_turn *turn, void *context) {
    teams t = {.places = places, .count = count, .turn = turn, .context = context};
    if ((size_t)threads > count && count && !make_meetings(&t, threads))
        free_meetings(&t);
    gs_parallel_region(threads, be_member, &t);
    free_meetings(&t);
}
