/* Teams of threads, and crews that evaluate a network together: to the same bytes as one thread, whoever is in them. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/os.h"
#include "base/parallel.h"
#include "engine/plan.h"
#include "support/about.h"
#include "support/effort.h"
#include "support/graphs.h"
#include "support/networks.h"
#include "support/random.h"

enum { PARTS = 5, IMAGES = 9, MANY = 20 };

/* ---- Regions ---- */

/* Where gs_os_cpu says that the threads of a region are (the program is linked with --wrap), and where they then let
 * themselves be put. */
static struct {
    bool pretends;
    pthread_t first;  /* the caller of the region */
    int cpu[2];       /* of the caller, and of the others */
    atomic_int moves; /* calls of gs_os_set_cpus */
    gs_cpus to[2];
} seat;

int __real_gs_os_cpu(void);
int __wrap_gs_os_cpu(void);
int __wrap_gs_os_cpu(void) {
    return seat.pretends ? seat.cpu[!pthread_equal(pthread_self(), seat.first)] : __real_gs_os_cpu();
}

bool __real_gs_os_set_cpus(const gs_cpus *cpus);
bool __wrap_gs_os_set_cpus(const gs_cpus *cpus);
bool __wrap_gs_os_set_cpus(const gs_cpus *cpus) {
    if (seat.pretends) {
        int i = atomic_fetch_add(&seat.moves, 1);
        if (i < 2)
            seat.to[i] = *cpus;
    }
    return __real_gs_os_set_cpus(cpus);
}

/* Of a region: its threads, and where each may run. */
typedef struct pair {
    int threads;
    gs_cpus allowed[2];
} pair;

static void note_pair(void *context, int thread, int threads) {
    pair *p = context;
    if (thread == 0)
        p->threads = threads;
    gs_os_get_cpus(&p->allowed[thread]);
}

static pair run_pair(int first, int other) {
    pair p = {.threads = 0};
    seat.first = pthread_self();
    seat.cpu[0] = first;
    seat.cpu[1] = other;
    atomic_store(&seat.moves, 0);
    seat.pretends = true;
    gs_parallel_region(2, note_pair, &p);
    seat.pretends = false;
    assert_int_equal(p.threads, 2);
    return p;
}

/* How many there are, and the lowest one. */
static int count_cpus(const gs_cpus *cpus, int *first) {
    int count = 0;
    for (int i = GS_CPUS_MAX - 1; i >= 0; i--)
        if (gs_cpus_has(cpus, i)) {
            *first = i;
            count++;
        }
    return count;
}

/* A thread that wakes up on the caller's processor moves to another one where it may run, and is free then as before;
 * one that wakes up elsewhere stays. */
static void threads_on_one_processor_part(void **state) {
    (void)state;
    gs_cpus all;
    int first = 0, other = 0;
    if (!gs_os_get_cpus(&all) || count_cpus(&all, &first) < 2 || gs_parallel_threads(2) < 2 || gs_parallel_is_bound())
        skip();
    pair p = run_pair(first, first);
    assert_int_equal(atomic_load(&seat.moves), 2);
    assert_int_equal(count_cpus(&seat.to[0], &other), 1);
    assert_true(other != first && gs_cpus_has(&all, other));
    for (int k = 0; k < 2; k++)
        assert_memory_equal(&p.allowed[k], &all, sizeof all);
    run_pair(first, other);
    assert_int_equal(atomic_load(&seat.moves), 0);
}

/* ---- Teams ---- */

typedef struct roll {
    atomic_int members[8], teams[8]; /* by team: who came, and the largest number of members */
} roll;

static void come(void *context, const gs_member *member) {
    roll *r = context;
    atomic_fetch_add(&r->members[member->team], 1);
    if (member->part == 0)
        atomic_store(&r->teams[member->team], member->parts);
    gs_team_meet(member);
}

static void every_team_has_its_members(void **state) {
    (void)state;
    for (int threads = 1; threads <= PARTS; threads++)
        for (size_t teams = 0; teams < 8; teams++) {
            about("threads %d, teams %zu", threads, teams);
            roll r = {0};
            gs_team_run(NULL, threads, teams, come, &r);
            for (size_t t = 0; t < 8; t++) {
                assert_int_equal(atomic_load(&r.members[t]), atomic_load(&r.teams[t]));
                assert_int_equal(atomic_load(&r.members[t]) > 0, t < teams);
            }
        }
}

/* Numbers that are no atomics: only meetings order what reads and writes them. */
typedef struct ledger {
    int rounds, number[PARTS], wrong[PARTS];
} ledger;

static void keep_ledger(void *context, const gs_member *member) {
    ledger *l = context;
    for (int round = 1; round <= l->rounds; round++) {
        l->number[member->part] = round;
        gs_team_meet(member);
        for (int p = 0; p < member->parts; p++)
            l->wrong[member->part] += l->number[p] != round;
        gs_team_meet(member);
    }
}

/* Also where there are fewer processors than threads, so that those who wait must sleep. */
static void after_a_meeting_all_see_what_was_written(void **state) {
    (void)state;
    for (int threads = 1; threads <= PARTS; threads++) {
        ledger l = {.rounds = effort(200)};
        gs_team_run(NULL, threads, 1, keep_ledger, &l);
        for (int p = 0; p < PARTS; p++) {
            about("threads %d, p %d", threads, p);
            assert_int_equal(l.wrong[p], 0);
        }
    }
}

/* ---- Same bytes ---- */

typedef struct job {
    const gs_plan *plan;
    const float *x, *const *condition;
    int n;
    float *out[2];
} job;

static void run_job(void *context, size_t i, gs_crew *crew) {
    (void)i;
    const job *j = context;
    gs_plan_run(j->plan, crew, j->x, j->condition, j->n, j->out);
}

static float *images(size_t floats, unsigned seed) {
    uint64_t random = seed;
    float *x = malloc(floats * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < floats; i++)
        x[i] = 2 * random_float(&random);
    return x;
}

/* The bytes that crews of 1 ... PARTS compute, where they share out all that they can: those of one thread. */
static void check_crews(const gs_model *model, int block, unsigned seed, bool gradient) {
    const gs_model_info *info = gs_model_get_info(model);
    size_t size = (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2];
    gs_plan_options options = {.threads = PARTS, .block = block, .gradient = gradient};
    gs_plan *plan;
    gs_error error;
    if (gs_plan_create_sharing(model, &options, &plan, &error))
        fail_msg("%s", error.message);
    bool *wanted = gs_labels_wanted(plan, (int[]){0, info->labels}, info->labels ? 2 : 1);
    float *table, *x = images(MANY * size, seed);
    const float *condition[MANY];
    assert_int_equal(gs_condition_create(plan, 0.7, wanted, &table, NULL), GS_OK);
    for (int i = 0; i < MANY; i++)
        condition[i] = table + (i % 2 ? (size_t)info->labels * plan->condition_size : 0);
    size_t floats[2] = {plan->model->info.output_size[0], plan->model->info.output_size[1]};
    float *out[2][2];
    for (int k = 0; k < 4; k++)
        out[k / 2][k % 2] = calloc(MANY, floats[k % 2] * sizeof(float) + 1);
    for (int n = block; n > 0; n -= block > IMAGES ? IMAGES - 2 : 1)
        for (int parts = 1; parts <= PARTS; parts++) {
            about("seed %u, n %d, parts %d", seed, n, parts);
            job j = {plan, x, condition, n, {out[parts > 1][0], floats[1] ? out[parts > 1][1] : NULL}};
            gs_crew_run(NULL, &(gs_pace){0}, parts, 1, run_job, &j);
            for (int k = 0; k < 2; k++)
                assert_memory_equal(out[0][k], out[parts > 1][k], (size_t)n * floats[k] * sizeof(float));
        }
    for (int k = 0; k < 4; k++)
        free(out[k / 2][k % 2]);
    free(x);
    gs_free(table);
    gs_free(wanted);
    gs_plan_free(plan);
}

static void check_weights(weights *w, unsigned seed, bool gradient) {
    gs_model *model = weights_load(w);
    weights_free(w);
    check_crews(model, 1 + (int)seed % IMAGES, seed, gradient);
    gs_model_free(model);
}

enum { GRAPHS = 60 };

static void crews_compute_random_networks(void **state) {
    (void)state;
    for (unsigned seed = 0; seed < (unsigned)effort(GRAPHS); seed++)
        check_weights(graph_random(seed), seed, false);
}

static void crews_compute_gradients(void **state) {
    (void)state;
    for (unsigned seed = 0; seed < (unsigned)effort(GRAPHS); seed++)
        check_weights(graph_random_energy(seed), seed, true);
}

/* In blocks of several times the images of most stages. */
static void crews_carry_stages(void **state) {
    (void)state;
    golden g = golden_load("ebm");
    check_crews(g.model, MANY, 1, true);
    golden_free(&g);
}

/* Through the public interface, which lets crews share what is worth it. */
static void crews_compute_shipped_networks(void **state) {
    (void)state;
    for (int i = 0; i < effort(GOLDENS); i++) {
        golden g = golden_load(golden_names[i]);
        const gs_model_info *info = gs_model_get_info(g.model);
        size_t size = (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2];
        float *x = images(IMAGES * size, (unsigned)i);
        gs_plan *alone = make_plan(g.model, (gs_plan_options){.threads = 1});
        result expected = evaluate(alone, x, golden_sigma(&g, 0), NULL, IMAGES);
        for (int threads = 2; threads <= PARTS; threads++) {
            gs_plan *plan = make_plan(g.model, (gs_plan_options){.threads = threads});
            for (size_t n = 1; n <= IMAGES; n++) {
                about("i %d, threads %d, n %zu", i, threads, n);
                result r = evaluate(plan, x, golden_sigma(&g, 0), NULL, n);
                for (int k = 0; k < 2; k++)
                    assert_memory_equal(expected.out[k], r.out[k], n * expected.size[k] * sizeof(float));
                free_result(r);
            }
            gs_plan_free(plan);
        }
        free_result(expected);
        gs_plan_free(alone);
        free(x);
        golden_free(&g);
    }
}

/* ---- Whether crews are worth it ---- */

/* Evaluations that the leader does alone, out of so many that take so long. */
static int count_alone(gs_pace *pace, int evaluations, double crew_s, double alone_s) {
    int alone = 0;
    for (int i = 0; i < evaluations; i++) {
        bool crewed = !gs_pace_rests(pace);
        gs_pace_took(pace, crewed, 1, crewed ? crew_s : alone_s);
        alone += !crewed;
    }
    return alone;
}

static void crews_rest_while_they_are_slower(void **state) {
    (void)state;
    enum { MANY_TIMES = 40000, TRIES = 8 };
    gs_pace pace = {0};
    assert_in_range(count_alone(&pace, MANY_TIMES, 1e-5, 2e-5), 1, MANY_TIMES / 100);
    assert_in_range(count_alone(&pace, MANY_TIMES, 3e-5, 2e-5), MANY_TIMES * 9 / 10, MANY_TIMES * 99 / 100);
    assert_in_range(count_alone(&pace, MANY_TIMES, 1e-5, 2e-5), 1, MANY_TIMES / 25);
    pace = (gs_pace){0};
    gs_pace_took(&pace, false, 1, 1e-5);
    for (int i = 0; i < TRIES; i++)
        gs_pace_took(&pace, true, 2, 3e-5); /* of another number of images */
    assert_false(gs_pace_rests(&pace));
}

/* ---- Where crews are not on their own ---- */

typedef struct nested {
    const gs_model *model;
    const float *x;
    float energy[2][IMAGES];
    gs_status status[2];
} nested;

static void evaluate_nested(void *context, size_t i, int thread) {
    (void)thread;
    nested *w = context;
    gs_plan *plan;
    w->status[i] = gs_plan_create(w->model, &(gs_plan_options){.threads = 2}, &plan, NULL);
    if (!w->status[i])
        w->status[i] = gs_plan_evaluate(plan, w->x, 0.7, NULL, 1, (float *const[2]){w->energy[i], NULL}, NULL);
    gs_plan_free(plan);
}

/* The threads of a loop are all that there are, so a plan's crews have one member. */
static void crews_in_a_loop_do_not_wait_for_threads_that_are_not_there(void **state) {
    (void)state;
    weights *w = graph_random_energy(1);
    gs_model *model = weights_load(w);
    weights_free(w);
    const gs_model_info *info = gs_model_get_info(model);
    float *x = images((size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2], 1);
    nested n = {.model = model, .x = x};
    gs_parallel_for(2, 2, evaluate_nested, &n);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(n.status[i], GS_OK);
        assert_memory_equal(&n.energy[0][0], &n.energy[i][0], sizeof(float));
    }
    free(x);
    gs_model_free(model);
}

static void chains_of_a_crew_are_those_of_one_thread(void **state) {
    (void)state;
    weights *w = graph_random_energy(3);
    gs_model *model = weights_load(w);
    weights_free(w);
    const gs_model_info *info = gs_model_get_info(model);
    size_t size = (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2];
    float *out[2] = {malloc(3 * size * sizeof(float)), malloc(3 * size * sizeof(float))};
    gs_sample_options options = {.sampler = "langevin", .steps = 3, .sigma_low = 0.5, .seed = 5};
    for (int threads = 1; threads <= 4; threads++) {
        gs_plan *plan = make_plan(model, (gs_plan_options){.threads = threads, .gradient = true});
        for (size_t n = 3; n > 0; n--) {
            about("threads %d, n %zu", threads, n);
            gs_error error;
            if (gs_sample(plan, &options, n, out[threads > 1 || n < 3], NULL, &error))
                fail_msg("%s", error.message);
            if (threads > 1 || n < 3)
                assert_memory_equal(out[0], out[1], n * size * sizeof(float));
        }
        gs_plan_free(plan);
    }
    free(out[0]);
    free(out[1]);
    gs_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_on_one_processor_part),
        cmocka_unit_test(every_team_has_its_members),
        cmocka_unit_test(after_a_meeting_all_see_what_was_written),
        cmocka_unit_test(crews_compute_random_networks),
        cmocka_unit_test(crews_compute_gradients),
        cmocka_unit_test(crews_carry_stages),
        cmocka_unit_test(crews_compute_shipped_networks),
        cmocka_unit_test(crews_rest_while_they_are_slower),
        cmocka_unit_test(crews_in_a_loop_do_not_wait_for_threads_that_are_not_there),
        cmocka_unit_test(chains_of_a_crew_are_those_of_one_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
