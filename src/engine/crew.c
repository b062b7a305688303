#include "engine/crew.h"

#include "base/parallel.h"

typedef struct turns {
    gs_crew_turn *turn;
    void *context;
    const gs_places *places;
    size_t n;
    atomic_size_t next; /* turn that nobody has taken yet */
    gs_crew *crew;      /* by team */
    gs_pace *pace;      /* of a single turn, where it is alone; else NULL */
} turns;

static void turn_alone(const turns *t, size_t i, int thread) {
    gs_crew alone = gs_crew_alone(thread);
    if (t->pace)
        alone.pace = *t->pace;
    t->turn(t->context, i, &alone);
    if (t->pace)
        *t->pace = alone.pace;
}

/* One turn after the other, as long as there are any. */
static void take_turns(void *context, int thread, int threads) {
    turns *t = context;
    gs_stay stay;
    (void)threads;
    gs_places_enter(t->places, thread, &stay);
    for (size_t i; (i = atomic_fetch_add_explicit(&t->next, 1, memory_order_relaxed)) < t->n;)
        turn_alone(t, i, thread);
    gs_places_leave(&stay);
}

static void run_alone(turns *t, int threads) {
    gs_parallel_region((size_t)threads < t->n || t->n == 0 ? threads : (int)t->n, take_turns, t);
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

void gs_crew_run(const gs_places *places, gs_pace *pace, int threads, size_t n, gs_crew_turn *turn, void *context) {
    turns t = {.turn = turn, .context = context, .places = places, .n = n, .crew = gs_alloc(n, sizeof *t.crew)};
    for (size_t i = 0; t.crew && i < n; i++)
        t.crew[i].pace = *pace;
    if (t.crew)
        gs_team_run(places, threads, n, join_crew, &t);
    else
        run_alone(&t, threads);
    for (size_t i = 0; t.crew && i < n; i++)
        if (i == 0 || t.crew[i].pace.rest > pace->rest)
            *pace = t.crew[i].pace;
    gs_free(t.crew);
}

/* Work of fewer seconds is done before another thread is awake. */
static const double seconds_to_wake = 5e-5;

void gs_crew_for(const gs_plan *plan, gs_pace *pace, double images, size_t n, gs_crew_turn *turn, void *context) {
    int threads = images * plan->image_s < seconds_to_wake ? 1 : plan->threads;
    turns t = {.turn = turn, .context = context, .places = plan->places, .n = n, .pace = n == 1 ? pace : NULL};
    if (n < (size_t)plan->crew_threads && !gs_pace_rests(pace))
        gs_crew_run(plan->places, pace, plan->crew_threads, n, turn, context);
    else
        run_alone(&t, threads);
}
