/* Threads that run plans together. When there are at least as many blocks of images as threads, every thread runs the
 * steps of its own block, alone. When there are fewer, a block gets a *crew*: a leader, who decides what to evaluate,
 * and others. Each member computes its share of the large steps, into buffers of the leader, and all of the small ones,
 * into buffers of its own (memory.c). Who computes what makes no difference to the results. */
#ifndef GS_CREW_H
#define GS_CREW_H

#include <stdatomic.h>

#include "base/team.h"
#include "engine/data.h"

/* Whether to rest; to be called once per evaluation. */
static inline bool gs_pace_rests(gs_pace *pace) {
    return pace->rest > 0 && pace->rest--;
}

/* Note how a try went. */
static inline void gs_pace_tried(gs_pace *pace, bool waited) {
    enum { LEAST = 15, MOST = 1023 };
    int longer = 4 * pace->last + LEAST;
    pace->last = !waited ? 0 : longer < MOST ? longer : MOST;
    pace->rest = pace->last;
}

/* Note what an evaluation of so many images took. */
static inline void gs_pace_took(gs_pace *pace, bool crewed, int images, double seconds) {
    enum { TRIES = 8, CREWED = 1016, ALONE = 504 }; /* it takes several until threads are awake and caches filled */
    if (images != pace->images)
        *pace = (gs_pace){.rest = pace->rest, .last = pace->last, .images = images};
    if (!crewed) {
        pace->alone_s = pace->alone % TRIES && pace->alone_s < seconds ? pace->alone_s : seconds;
        pace->alone++;
        pace->crewed = 0;
        return;
    }
    if (pace->crewed < TRIES)
        pace->crew_s = pace->crewed && pace->crew_s < seconds ? pace->crew_s : seconds;
    pace->crewed++;
    pace->alone = 0;
    if (pace->rest == 0 && pace->crewed == TRIES && pace->alone_s > 0 && pace->alone_s < pace->crew_s)
        pace->rest = ALONE;
    else if (pace->rest == 0 && pace->crewed >= CREWED)
        pace->rest = TRIES;
}

typedef struct gs_crew gs_crew;

/* What the leader asks of another member, who has just met it; `meetings` counts those of the crew, of which this one
 * was the last. The last thing that it does is to meet the others; from then on what was asked for may change. */
typedef void gs_crew_task(gs_crew *crew, const gs_member *member, unsigned *meetings);

struct gs_crew {
    gs_member leader;   /* leader.thread is the leader's worker in every plan, which has the shared buffers */
    gs_crew_task *task; /* NULL: to go home */
    /* Of the task: steps 0 ... end - 1 for n images. */
    const gs_plan *plan;
    const float *x, *seed, *const *condition; /* plan.h */
    int n, end;
    unsigned meetings; /* so far */
    atomic_uint stop; /* the last meeting at which the leader, having waited too long before, let the others go; or 0 */
    gs_pace pace;
};

/* A crew of one thread, which is worker number `thread`. */
static inline gs_crew gs_crew_alone(int thread) {
    return (gs_crew){.leader = {.thread = thread, .parts = 1}};
}

/* Turn i, which may run plans with the crew; it is called on the leader's thread. */
typedef void gs_crew_turn(void *context, size_t i, gs_crew *crew);

/* Calls turn(context, i, crew) for every i from 0 to n - 1, in any order, on crews that share at most the plan's
 * threads, and returns when all are done. Every other plan that a turn runs must have as many. The pace, zero at first,
 * is the caller's to keep. `images` is how many the plan is evaluated for in all turns: where that takes less time than
 * threads take to wake up, which on a busy machine is long, the calling thread does it alone. */
void gs_crew_for(const gs_plan *plan, gs_pace *pace, double images, size_t n, gs_crew_turn *turn, void *context);

/* The same with n crews of threads, however few processors there are. */
void gs_crew_run(const gs_places *places, gs_pace *pace, int threads, size_t n, gs_crew_turn *turn, void *context);

/* The threads that crews share, of those of a plan: no more than there are processors, as a thread that waits for a
 * processor lets its crew wait. */
int gs_crew_threads(int threads);

#endif
