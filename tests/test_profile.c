/* Profiles of plans: every node of a network is in them once, with its steps and operations. Times are not judged. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "measure/profile.h"
#include "support/about.h"
#include "support/effort.h"
#include "support/graphs.h"
#include "support/networks.h"
#include "support/random.h"

enum { GRAPHS = 60, IMAGES = 3 };

static void mark_needed(const gs_model *model, bool *needed) {
    for (int k = 0; k < model->info.outputs; k++)
        needed[model->output[k]] = true;
    for (int n = model->nodes - 1; n >= 0; n--)
        for (int i = 0; needed[n + GS_VALUE_NODES] && i < model->node[n].inputs; i++)
            needed[model->node[n].input[i]] = true;
}

/* Checks the rows: they have all steps in order, and times that may be. */
static void check_rows(const gs_profile *p, const gs_plan *plan) {
    int step = 0;
    for (int r = 0; r < p->rows; r++) {
        const gs_profile_row *row = &p->row[r];
        char text[100] = "";
        assert_int_equal(row->first, step);
        assert_true(row->last > row->first);
        step = row->last;
        assert_true(row->seconds >= 0 && isfinite(row->seconds));
        assert_true(row->images >= 1 && row->images <= plan->block);
        assert_true(row->scratch_bytes > 0);
        if (row->node >= 0)
            assert_int_equal(p->row_of[row->node], r);
        gs_profile_describe(plan, row, text, sizeof text);
        assert_true(strlen(text) > 0);
    }
    assert_int_equal(step, plan->steps);
}

/* Checks that each node is where it is computed, and that no operation is lost. */
static void check_nodes(const gs_profile *p, const gs_plan *plan) {
    const gs_model *model = plan->model;
    bool *needed = calloc((size_t)model->nodes + GS_VALUE_NODES, sizeof *needed);
    uint64_t operations = 0;
    assert_non_null(needed);
    mark_needed(model, needed);
    for (int n = 0; n < model->nodes; n++) {
        bool by_step = p->row_of[n] >= 0;
        about("node %d, %s", n, model->node[n].name);
        assert_true(p->row_of[n] < p->rows);
        assert_int_equal(by_step, needed[n + GS_VALUE_NODES] && model->node[n].per_sample);
        if (!by_step)
            assert_int_equal(p->row_of[n], needed[n + GS_VALUE_NODES] ? GS_NODE_LEVEL : GS_NODE_UNUSED);
        operations += by_step ? model->node[n].operations : 0;
    }
    for (int r = 0; r < p->rows; r++)
        operations -= p->row[r].operations;
    assert_true(operations == 0);
    free(needed);
}

/* Profiles a network, whose results stay what they were. Frees the weights. */
static void check_graph(weights *w, unsigned seed, bool gradient) {
    gs_model *model = weights_load(w);
    weights_free(w);
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 1, .block = 2, .gradient = gradient});
    size_t size = gs_shape_size(gs_value_shape(model, GS_VALUE_X));
    float *x = malloc(IMAGES * size * sizeof *x);
    const int labels[IMAGES] = {0};
    uint64_t random = seed;
    assert_non_null(x);
    for (size_t i = 0; i < IMAGES * size; i++)
        x[i] = 2 * random_float(&random);
    result before = evaluate(plan, x, 0.75, labels, IMAGES);
    gs_profile profile;
    gs_profile_options options = {.x = x, .images = IMAGES, .sigma = 0.75};
    assert_int_equal(gs_profile_measure(&profile, plan, &options, NULL), GS_OK);
    assert_true(profile.runs >= 5 && profile.images == IMAGES);
    check_rows(&profile, plan);
    check_nodes(&profile, plan);
    result after = evaluate(plan, x, 0.75, labels, IMAGES);
    assert_memory_equal(before.out[0], after.out[0], IMAGES * before.size[0] * sizeof(float));
    free_result(before);
    free_result(after);
    free(x);
    gs_profile_free(&profile);
    gs_plan_free(plan);
    gs_model_free(model);
}

static void random_networks_are_in_profiles(void **state) {
    (void)state;
    for (unsigned seed = 0; seed < (unsigned)effort(GRAPHS); seed++) {
        about("seed %u", seed);
        check_graph(graph_random(seed), seed, false);
        check_graph(graph_random_energy(seed), seed, true);
    }
}

static void shipped_networks_are_in_profiles(void **state) {
    (void)state;
    for (int i = 0; i < effort(GOLDENS); i++) {
        golden g = golden_load(golden_names[i]);
        bool gradient = g.model->info.kind == GS_KIND_ENERGY;
        gs_plan *plan = make_plan(g.model, (gs_plan_options){.threads = 1, .gradient = gradient});
        gs_profile profile;
        gs_profile_options options = {.x = golden_x(&g, 0), .images = 1, .sigma = 1, .label = g.model->info.labels};
        assert_int_equal(gs_profile_measure(&profile, plan, &options, NULL), GS_OK);
        check_rows(&profile, plan);
        check_nodes(&profile, plan);
        gs_profile_free(&profile);
        gs_plan_free(plan);
        golden_free(&g);
    }
}

/* A gradient takes as many operations again as the energy, but for the last layer's derivative, 64 numbers that do not
 * depend on x. */
static void gradients_count_twice(void **state) {
    (void)state;
    golden g = golden_load("ebm-document");
    gs_plan *plan = make_plan(g.model, (gs_plan_options){.threads = 1, .gradient = true});
    gs_profile profile;
    gs_profile_options options = {.x = golden_x(&g, 0), .images = 1};
    uint64_t operations = 0;
    assert_int_equal(gs_profile_measure(&profile, plan, &options, NULL), GS_OK);
    for (int r = 0; r < profile.rows; r++)
        operations += profile.row[r].operations;
    assert_int_equal(operations, 2 * g.model->info.operations - 2 * 64);
    gs_profile_free(&profile);
    gs_plan_free(plan);
    golden_free(&g);
}

static void labels_are_checked(void **state) {
    (void)state;
    golden g = golden_load("ebm-document");
    gs_plan *plan = make_plan(g.model, (gs_plan_options){.threads = 1});
    gs_profile profile;
    gs_profile_options options = {.x = golden_x(&g, 0), .images = 1, .label = 1};
    assert_int_equal(gs_profile_measure(&profile, plan, &options, NULL), GS_ERROR_ARGUMENT);
    gs_profile_free(&profile);
    gs_plan_free(plan);
    golden_free(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_networks_are_in_profiles),
        cmocka_unit_test(shipped_networks_are_in_profiles),
        cmocka_unit_test(gradients_count_twice),
        cmocka_unit_test(labels_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
