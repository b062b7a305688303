#include "engine/crew.h"

#include "base/parallel.h"

typedef struct turns {
    gs_crew_turn *turn;
    void *context;
    gs_crew *crew; /* by team */
    gs_pace *pace; /* of a single turn, where it is alone; else NULL */
} turns;

static void turn_alone(void *context, size_t i, int thread) {
    const turns *t = context;
    gs_crew alone = gs_crew_alone(thread);
    if (t->pace)
        alone.pace = *t->pace;
    t->turn(t->context, i, &alone);
    if (t->pace)
        *t->pace = alone.pace;
}

static void follow(gs_crew *crew, const gs_member *member) {
    for (unsigned meetings = 1;; meetings++) {
        gs_team_meet(member);
        if (!crew->task)
            return;
        crew->task(crew, member, &meetings);
    }
}

static void join_crew(void *context, const gs_member *member) {
    const turns *t = context;
    gs_crew *crew = &t->crew[member->team];
    if (member->part > 0) {
        follow(crew, member);
        return;
    }
    crew->leader = *member;
    t->turn(t->context, member->team, crew);
    crew->task = NULL;
    gs_team_meet(member);
}

int gs_crew_threads(int threads) {
    int processors = threads > 1 ? gs_parallel_processors() : 1;
    return threads < processors ? threads : processors;
}

void gs_crew_run(gs_pace *pace, int threads, size_t n, gs_crew_turn *turn, void *context) {
    turns t = {.turn = turn, .context = context, .crew = gs_alloc(n, sizeof *t.crew)};
    for (size_t i = 0; t.crew && i < n; i++)
        t.crew[i].pace = *pace;
    if (t.crew)
        gs_team_run(threads, n, join_crew, &t);
    else
        gs_parallel_for(threads, n, turn_alone, &t);
    for (size_t i = 0; t.crew && i < n; i++)
        if (i == 0 || t.crew[i].pace.rest > pace->rest)
            *pace = t.crew[i].pace;
    gs_free(t.crew);
}

/* Work of fewer seconds is done before another thread is awake. */
static const double seconds_to_wake = 5e-5;

void gs_crew_for(const gs_plan *plan, gs_pace *pace, double images, size_t n, gs_crew_turn *turn, void *context) {
    int threads = images * plan->image_s < seconds_to_wake ? 1 : plan->threads;
    if (n < (size_t)plan->crew_threads && !gs_pace_rests(pace))
        gs_crew_run(pace, plan->crew_threads, n, turn, context);
    else
        gs_parallel_for(threads, n, turn_alone,
                        &(turns){.turn = turn, .context = context, .pace = n == 1 ? pace : NULL});
}
