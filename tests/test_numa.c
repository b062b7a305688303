/* NUMA nodes: read from trees of files that stand for machines, threads shared out to them, a copy of the packed
 * weights in the memory of each, and the same bytes as on one node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/parallel.h"
#include "engine/plan.h"
#include "support/about.h"
#include "support/effort.h"
#include "support/files.h"
#include "support/graphs.h"
#include "support/machine.h"
#include "support/networks.h"

/* ---- Lists ---- */

static void lists_are_read_or_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool is_list;
        uint64_t low; /* the first 64 */
    } cases[] = {{"0\n", true, 1},
                 {"0-3,8\n", true, 0x10f},
                 {"\n", true, 0},
                 {"", true, 0},
                 {"63", true, 1ULL << 63},
                 {"5-5\n", true, 0x20},
                 {"3-1\n", false, 0},
                 {"1,\n", false, 0},
                 {",1\n", false, 0},
                 {"1-\n", false, 0},
                 {"-1\n", false, 0},
                 {"a\n", false, 0},
                 {"1 2\n", false, 0},
                 {"0-100\n", false, 0},
                 {"1-2-3\n", false, 0},
                 {"+1\n", false, 0},
                 {"99999999999999999999\n", false, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        about("\"%s\"", cases[i].text);
        gs_cpus set;
        assert_int_equal(gs_numa_read_list(cases[i].text, 100, &set), cases[i].is_list);
        if (cases[i].is_list)
            assert_true(set.word[0] == cases[i].low && set.word[1] == 0);
    }
}

/* ---- Machines ---- */

#define NODES "sys/devices/system/node/"
#define STATUS "proc/thread-self/status"

typedef struct entry {
    const char *path, *text;
} entry;

static const struct machine {
    const char *name;
    entry file[12];
    const char *expected; /* by node: its number, its processors, and the number of the node with its weights */
} machines[] = {
    {"no files", {{"sys/x", ""}}, ""},
    {"one node", {{NODES "has_cpu", "0\n"}, {NODES "node0/cpulist", "0-7\n"}}, "0:8@0 "},
    {"two nodes",
     {{NODES "has_cpu", "0-1\n"}, {NODES "node0/cpulist", "0-1\n"}, {NODES "node1/cpulist", "2-3\n"}},
     "0:2@0 1:2@1 "},
    {"an old kernel, which says online nodes only",
     {{NODES "online", "0,2\n"}, {NODES "node0/cpulist", "0,2\n"}, {NODES "node2/cpulist", "1,3\n"}},
     "0:2@0 2:2@2 "},
    {"processors that are offline are in no list",
     {{NODES "has_cpu", "0-1\n"}, {NODES "node0/cpulist", "0,3\n"}, {NODES "node1/cpulist", "5\n"}},
     "0:2@0 1:1@1 "},
    {"a node that the mask leaves out",
     {{NODES "has_cpu", "0-2\n"},
      {NODES "node0/cpulist", "0-3\n"},
      {NODES "node1/cpulist", "4-7\n"},
      {NODES "node2/cpulist", "8-11\n"},
      {STATUS, "Name:\tx\nCpus_allowed:\tc3\nCpus_allowed_list:\t2-3,8\nMems_allowed_list:\t0-2\n"}},
     "0:2@0 2:1@2 "},
    {"a mask of one node",
     {{NODES "has_cpu", "0-1\n"},
      {NODES "node0/cpulist", "0-3\n"},
      {NODES "node1/cpulist", "4-7\n"},
      {STATUS, "Name:\tx\nCpus_allowed_list:\t5,6\n"}},
     "1:2@1 "},
    {"a node without memory, and the nearest that has some",
     {{NODES "has_cpu", "0-2\n"},
      {NODES "online", "0-2\n"},
      {NODES "has_memory", "0,2\n"},
      {NODES "node0/cpulist", "0-3\n"},
      {NODES "node1/cpulist", "4-7\n"},
      {NODES "node2/cpulist", "8-11\n"},
      {NODES "node1/distance", "21 10 12\n"}},
     "0:4@0 1:4@2 2:4@2 "},
    {"no distances: the first that has memory",
     {{NODES "has_cpu", "0-2\n"},
      {NODES "has_memory", "1,2\n"},
      {NODES "node0/cpulist", "0-3\n"},
      {NODES "node1/cpulist", "4-7\n"},
      {NODES "node2/cpulist", "8-11\n"}},
     "0:4@1 1:4@1 2:4@2 "},
    {"memory of one node is allowed",
     {{NODES "has_cpu", "0-1\n"},
      {NODES "has_memory", "0-1\n"},
      {NODES "node0/cpulist", "0-3\n"},
      {NODES "node1/cpulist", "4-7\n"},
      {STATUS, "Name:\tx\nMems_allowed_list:\t1\n"}},
     "0:4@1 1:4@1 "},
    {"a node of memory alone",
     {{NODES "has_cpu", "0-1\n"},
      {NODES "online", "0-2\n"},
      {NODES "has_memory", "0-2\n"},
      {NODES "node0/cpulist", "0\n"},
      {NODES "node1/cpulist", "1\n"},
      {NODES "node2/cpulist", "\n"}},
     "0:1@0 1:1@1 "},
    {"a list that is none", {{NODES "has_cpu", "0-x\n"}}, ""},
    {"processors that are no list",
     {{NODES "has_cpu", "0-1\n"}, {NODES "node0/cpulist", "0-1\n"}, {NODES "node1/cpulist", "two\n"}},
     ""},
    {"a node without a list", {{NODES "has_cpu", "0-1\n"}, {NODES "node0/cpulist", "0-1\n"}}, ""},
    {"a processor in two nodes",
     {{NODES "has_cpu", "0-1\n"}, {NODES "node0/cpulist", "0-2\n"}, {NODES "node1/cpulist", "2-3\n"}},
     ""},
    {"a processor beyond all", {{NODES "has_cpu", "0\n"}, {NODES "node0/cpulist", "0-8192\n"}}, ""},
    {"a mask that is none counts as no mask",
     {{NODES "has_cpu", "0-1\n"},
      {NODES "node0/cpulist", "0-1\n"},
      {NODES "node1/cpulist", "2-3\n"},
      {STATUS, "Name:\tx\nCpus_allowed_list:\tall\n"}},
     "0:2@0 1:2@1 "},
};

static void machines_are_read(void **state) {
    (void)state;
    gs_numa *numa = malloc(sizeof *numa);
    assert_non_null(numa);
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        const struct machine *m = &machines[i];
        char *root = temp_directory(), text[1024] = "";
        for (const entry *e = m->file; e < m->file + 12 && e->path; e++)
            machine_file(root, e->path, e->text);
        gs_numa_read(root, numa);
        for (int k = 0; k < numa->count; k++) {
            const gs_numa_node *n = &numa->node[k];
            snprintf(text + strlen(text), sizeof text - strlen(text), "%d:%d@%d ", n->number, n->count,
                     numa->node[n->memory].number);
        }
        if (strcmp(text, m->expected) != 0)
            fail_msg("%s: nodes \"%s\", expected \"%s\"", m->name, text, m->expected);
        gs_error error;
        about("%s", m->name);
        assert_int_equal(gs_numa_check(root, &error), m->expected[0] ? GS_OK : GS_ERROR_ARGUMENT);
        assert_true(m->expected[0] || strstr(error.message, root));
        remove_directory(root);
    }
    free(numa);
}

/* 64 nodes are known, of one more nothing. */
static void too_many_nodes_are_none(void **state) {
    (void)state;
    gs_numa *numa = malloc(sizeof *numa);
    assert_non_null(numa);
    for (int extra = 0; extra < 2; extra++) {
        char *root = machine_create(GS_NUMA_MAX + extra, 2);
        gs_numa_read(root, numa);
        assert_int_equal(numa->count, extra ? 0 : GS_NUMA_MAX);
        machine_remove(root);
    }
    free(numa);
}

/* ---- Places ---- */

static gs_places *places_of(int threads) {
    gs_places *places;
    gs_error error;
    assert_int_equal(gs_places_create(threads, &places, &error), GS_OK);
    return places;
}

static void threads_are_shared_out_by_processors(void **state) {
    (void)state;
    static const struct {
        int nodes, processors, threads;
        const char *expected; /* threads by node */
    } cases[] = {{2, 2, 4, "2 2 "},
                 {2, 2, 3, "2 1 "},
                 {2, 2, 2, "1 1 "},
                 {2, 2, 9, "5 4 "},
                 {8, 32, 256, "32 32 32 32 32 32 32 32 "},
                 {8, 32, 4, "1 1 1 1 "},
                 {8, 32, 10, "2 1 1 1 2 1 1 1 "},
                 {8, 1, 1024, "128 128 128 128 128 128 128 128 "}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        about("%d x %d, threads %d", cases[i].nodes, cases[i].processors, cases[i].threads);
        char *root = machine_create(cases[i].nodes, cases[i].processors), text[256] = "";
        gs_places *p = places_of(cases[i].threads);
        assert_non_null(p);
        assert_true(p->moves && p->simulated);
        assert_int_equal(p->first[p->nodes.count], cases[i].threads);
        assert_int_equal(p->copies, p->nodes.count);
        for (int k = 0; k < p->nodes.count; k++) {
            snprintf(text + strlen(text), sizeof text - strlen(text), "%d ", p->first[k + 1] - p->first[k]);
            for (int t = p->first[k]; t < p->first[k + 1]; t++)
                assert_int_equal(p->node[t], k);
            assert_int_equal(gs_places_reader(p, k), p->first[k]);
        }
        assert_string_equal(text, cases[i].expected);
        gs_free(p);
        machine_remove(root);
    }
}

/* A single thread has no place, and on one node nobody has. */
static void where_there_is_one_node_nothing_is_placed(void **state) {
    (void)state;
    char *root = machine_create(1, 8);
    assert_null(places_of(8));
    machine_remove(root);
    root = machine_create(8, 32);
    assert_null(places_of(1));
    machine_remove(root);
}

/* Places on this very machine, each of whose first two processors passes for a node. */
static void threads_stay_on_their_node_and_come_back(void **state) {
    (void)state;
    gs_cpus before, now;
    int cpu[2], found = 0;
    if (!gs_os_get_cpus(&before))
        skip();
    for (int i = 0; i < GS_CPUS_MAX && found < 2; i++)
        if (gs_cpus_has(&before, i))
            cpu[found++] = i;
    if (found < 2)
        skip();
    gs_places *p = calloc(1, sizeof *p + 2 * sizeof p->node[0]);
    assert_non_null(p);
    *p = (gs_places){.threads = 2, .moves = true, .nodes.count = 2};
    for (int k = 0; k < 2; k++) {
        p->node[k] = k;
        p->nodes.node[k].cpus.word[cpu[k] / 64] = UINT64_C(1) << (cpu[k] % 64);
    }
    for (int k = 0; k < 2; k++) {
        gs_stay stay;
        gs_places_enter(p, k, &stay);
        assert_true(stay.moved);
        assert_int_equal(gs_os_cpu(), cpu[k]);
        assert_true(gs_os_get_cpus(&now));
        assert_memory_equal(&now, &p->nodes.node[k].cpus, sizeof now);
        gs_places_leave(&stay);
        assert_true(gs_os_get_cpus(&now));
        assert_memory_equal(&now, &before, sizeof now);
    }
    /* who may not run there at all stays where he is */
    gs_stay stay, other;
    gs_places_enter(p, 0, &stay);
    gs_places_enter(p, 1, &other);
    assert_false(other.moved);
    assert_int_equal(gs_os_cpu(), cpu[0]);
    gs_places_leave(&other);
    gs_places_leave(&stay);
    free(p);
}

/* ---- Teams ---- */

enum { THREADS = 256, TEAMS = 300 };

typedef struct roll {
    const gs_places *places;
    atomic_int members[TEAMS], parts[TEAMS],
        node[TEAMS]; /* by team: who came, its size, 1 + its node; -1: of several */
} roll;

static void come(void *context, const gs_member *member) {
    roll *r = context;
    int node = 1 + r->places->node[member->thread], none = 0;
    atomic_fetch_add(&r->members[member->team], 1);
    atomic_store(&r->parts[member->team], member->parts);
    if (!atomic_compare_exchange_strong(&r->node[member->team], &none, node) && none != node)
        atomic_store(&r->node[member->team], -1);
    gs_team_meet(member);
}

/* However many teams there are, all come, and each has members of one node only. */
static void teams_stay_within_nodes(void **state) {
    (void)state;
    static const int machines_of[][2] = {{8, 32}, {2, 128}, {3, 5}, {64, 4}};
    static const size_t teams[] = {1, 2, 3, 7, 8, 9, 100, 255, 256, 257, TEAMS};
    for (size_t m = 0; m < 4; m++) {
        char *root = machine_create(machines_of[m][0], machines_of[m][1]);
        gs_places *p = places_of(THREADS);
        for (size_t i = 0; i < sizeof teams / sizeof *teams; i++) {
            roll *r = calloc(1, sizeof *r);
            assert_non_null(r);
            r->places = p;
            gs_team_run(p, THREADS, teams[i], come, r);
            for (size_t t = 0; t < TEAMS; t++) {
                about("machine %zu, teams %zu, team %zu", m, teams[i], t);
                assert_int_equal(atomic_load(&r->members[t]), atomic_load(&r->parts[t]));
                assert_int_equal(atomic_load(&r->members[t]) > 0, t < teams[i]);
                assert_true(atomic_load(&r->node[t]) >= 0);
                assert_true(atomic_load(&r->members[t]) <= p->most);
            }
            free(r);
        }
        gs_free(p);
        machine_remove(root);
    }
}

/* What teams take of memory grows with threads, not with their square. */
static void teams_take_memory_by_thread(void **state) {
    (void)state;
    size_t bytes[2];
    for (int k = 0; k < 2; k++) {
        int threads = k ? 1024 : 256;
        char *root = machine_create(8, threads / 8);
        gs_places *p = places_of(threads);
        roll *r = calloc(1, sizeof *r);
        assert_non_null(r);
        r->places = p;
        size_t before = gs_allocated_bytes();
        gs_team_run(p, threads, (size_t)threads / 4, come, r);
        bytes[k] = gs_allocated_bytes() - before;
        free(r);
        gs_free(p);
        machine_remove(root);
    }
    assert_true(bytes[1] < 5 * bytes[0]);
}

/* ---- Plans ---- */

static void every_thread_has_a_copy_beside_it(void **state) {
    (void)state;
    golden g = golden_load("tiny");
    char *root = machine_create(8, 32);
    gs_plan *plan = make_plan(g.model, (gs_plan_options){.threads = 256});
    assert_int_equal(plan->copies, 8);
    for (int t = 0; t < 256; t++) {
        const gs_plan *own = plan->worker[t].plan;
        assert_ptr_equal(own, t < 32 ? plan : plan->copy[t / 32 - 1]);
        assert_int_equal(own->steps, plan->steps);
        assert_int_equal(own->scratch_bytes, plan->scratch_bytes);
        assert_true(t < 32 || own->weights != plan->weights);
    }
    gs_plan_memory memory = gs_plan_get_memory(plan);
    assert_int_equal(memory.copies, 8);
    assert_int_equal(memory.threads, 256);
    gs_plan_free(plan);
    machine_remove(root);
    plan = make_plan(g.model, (gs_plan_options){.threads = 256});
    gs_plan_memory alone = gs_plan_get_memory(plan);
    assert_int_equal(alone.weights, memory.weights);
    assert_int_equal(alone.scratch, memory.scratch);
    gs_plan_free(plan);
    golden_free(&g);
}

/* Random networks on 2 nodes x 2 and on 8 x 32, evaluated alone, in crews and anew with other weights: the bytes of one
 * thread. */
static void check_plan(const gs_model *model, unsigned seed, bool gradient) {
    enum { IMAGES = 9 };
    float *x = random_images(model, IMAGES, seed);
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 1, .gradient = gradient});
    result expected = evaluate(plan, x, 0.7, NULL, IMAGES);
    gs_plan_free(plan);
    for (int k = 0; k < 2; k++) {
        char *root = k ? machine_create(8, 32) : machine_create(2, 2);
        gs_plan_options options = {.threads = k ? 64 : 4, .block = 1 + (int)seed % 3, .gradient = gradient};
        assert_int_equal(gs_plan_create_sharing(model, &options, &plan, NULL), GS_OK);
        assert_int_equal(plan->copies, k ? 8 : 2);
        for (int again = 0; again < 2; again++) {
            about("seed %u, machine %d, updated %d", seed, k, again);
            for (size_t n = IMAGES; n <= IMAGES; n -= 4) {
                result found = evaluate(plan, x, 0.7, NULL, n);
                assert_same_results(found, expected, n, "on several nodes");
                free_result(found);
            }
            assert_int_equal(gs_plan_update(plan, NULL, 0, NULL), GS_OK);
        }
        gs_plan_free(plan);
        machine_remove(root);
    }
    free_result(expected);
    free(x);
}

static void plans_on_several_nodes_give_the_same_bytes(void **state) {
    (void)state;
    for (unsigned seed = 0; seed < (unsigned)effort(20); seed++) {
        weights *w = seed % 2 ? graph_random_energy(seed) : graph_random(seed);
        gs_model *model = weights_load(w);
        weights_free(w);
        check_plan(model, seed, seed % 2);
        gs_model_free(model);
    }
}

/* 1000 chains on 256 threads of 8 nodes: those of one thread. With less effort, as under emulators, fewer of both. */
static void samples_of_many_threads_are_those_of_one(void **state) {
    (void)state;
    if (effort(100) < 20) /* an emulator takes minutes over so many threads */
        skip();
    const size_t chains = (size_t)effort(1000);
    const int threads = effort(256) < 128 ? 16 : 256;
    golden g = golden_load("tiny");
    const gs_model_info *info = gs_model_get_info(g.model);
    size_t floats = chains * (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2];
    float *x[2] = {calloc(floats, sizeof(float)), calloc(floats, sizeof(float))};
    for (int k = 0; k < 2; k++) {
        char *root = k ? machine_create(8, threads / 8) : NULL;
        gs_plan *plan = make_plan(g.model, (gs_plan_options){.threads = k ? threads : 1});
        assert_int_equal(gs_sample(plan, &(gs_sample_options){.steps = 3}, chains, x[k], NULL, NULL), GS_OK);
        gs_plan_free(plan);
        if (root)
            machine_remove(root);
    }
    assert_memory_equal(x[0], x[1], floats * sizeof(float));
    free(x[0]);
    free(x[1]);
    golden_free(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read_or_refused),
        cmocka_unit_test(machines_are_read),
        cmocka_unit_test(too_many_nodes_are_none),
        cmocka_unit_test(threads_are_shared_out_by_processors),
        cmocka_unit_test(where_there_is_one_node_nothing_is_placed),
        cmocka_unit_test(threads_stay_on_their_node_and_come_back),
        cmocka_unit_test(teams_stay_within_nodes),
        cmocka_unit_test(teams_take_memory_by_thread),
        cmocka_unit_test(every_thread_has_a_copy_beside_it),
        cmocka_unit_test(plans_on_several_nodes_give_the_same_bytes),
        cmocka_unit_test(samples_of_many_threads_are_those_of_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
