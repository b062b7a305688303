/* Gradients of energies: the reference compared with central differences; plans compared with the reference, with
 * PyTorch, and with themselves for every instruction set, number of threads, block and batch. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/gradient.h"
#include "engine/plan.h"
#include "engine/reference.h"
#include "op/operation.h"
#include "support/about.h"
#include "support/effort.h"
#include "support/energies.h"
#include "support/graphs.h"
#include "support/random.h"
#include "support/worst.h"

enum { GRAPHS = 400 };

/* ---- The reference against central differences ---- */

static double length(const double *x, size_t size) {
    double sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += x[i] * x[i];
    return sqrt(sum);
}

/* How far the gradient along a random direction is from (E(x + h v) - E(x - h v)) / 2 h, relative to the gradient's
 * length. */
static double difference_error(const gs_model *model, const gs_model *graph, const double *x, int label,
                               const double *gradient, unsigned seed) {
    const double h = 1e-4;
    size_t size = image_size(model);
    uint64_t random = seed;
    double *v = malloc(size * sizeof *v), *at = malloc(size * sizeof *at), slope = 0, ends[2];
    assert_non_null(v);
    assert_non_null(at);
    for (size_t i = 0; i < size; i++)
        v[i] = (double)random_float(&random);
    double unit = 1 / length(v, size);
    for (size_t i = 0; i < size; i++)
        slope += gradient[i] * v[i] * unit;
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < size; i++)
            at[i] = x[i] + (side ? -h : h) * v[i] * unit;
        ends[side] = reference_energy(graph, at, label, NULL);
    }
    double rounding = 4e-15 * (fabs(ends[0]) + 1) / h;
    double error = fabs((ends[0] - ends[1]) / (2 * h) - slope) - rounding;
    free(v);
    free(at);
    return error / length(gradient, size);
}

static void count_operations(const gs_model *model, int *seen) {
    for (int n = 0; n < model->nodes; n++)
        if (model->node[n].per_sample)
            seen[model->node[n].op]++;
}

static void reference_agrees_with_central_differences(void **state) {
    (void)state;
    int seen[GS_OP_ALL] = {0}, wrong = 0;
    double worst = 0;
    for (unsigned seed = 0; seed < (unsigned)effort(GRAPHS); seed++) {
        weights *w = graph_random_energy(seed);
        gs_model *model = weights_load(w), *graph = gradient_graph(model);
        weights_free(w);
        count_operations(graph, seen);
        float *image = random_images(model, 1, seed);
        double *x = doubles(image, image_size(model)), *gradient = malloc(image_size(model) * sizeof *gradient);
        assert_non_null(gradient);
        reference_energy(graph, x, 2, gradient);
        double error = difference_error(model, graph, x, 2, gradient, seed);
        if (!(error <= 1e-6)) {
            print_message("graph %u errs by %.3g of the gradient\n", seed, error);
            wrong++;
        }
        worst = worst_of(worst, error);
        free(image);
        free(x);
        free(gradient);
        gs_model_free(graph);
        gs_model_free(model);
    }
    print_message("%d random networks err by at most %.2g of the gradient\n", effort(GRAPHS), worst);
    for (int op = 0; effort_percent() == 100 && op < GS_OP_ALL; op++)
        if (op != GS_OP_COUNT && op != GS_OP_SEED && !seen[op] &&
            (op > GS_OP_COUNT || gs_operation_of((gs_op)op)->derivative))
            fail_msg("no network has the gradient of %s", gs_op_name((gs_op)op));
    assert_int_equal(wrong, 0);
}

/* ---- Plans against the reference ---- */

static double random_network_error(unsigned seed) {
    return check_energy_network(graph_random_energy(seed), seed);
}

static void random_networks_agree_with_the_reference(void **state) {
    (void)state;
    assert_random_networks(GRAPHS, 3e-5, random_network_error);
}

/* ---- The energy network of tests/golden ---- */

typedef struct energy_golden {
    golden network; /* output 0: energies */
    npy gradient;
    size_t size; /* of an image */
} energy_golden;

static energy_golden energy_golden_load(void) {
    energy_golden g = {.network = golden_load("energy"), .gradient = golden_array("energy", "gradient")};
    g.size = image_size(g.network.model);
    assert_int_equal(g.gradient.size, g.network.x.size);
    assert_int_equal(g.network.out[0].size, g.network.levels * g.network.images);
    assert_int_equal(g.network.label.size, g.network.levels * g.network.images);
    return g;
}

static void energy_golden_free(energy_golden *g) {
    golden_free(&g->network);
    free(g->gradient.data);
}

static double energy_golden_error(const energy_golden *g, gs_plan *plan) {
    double worst = 0;
    for (size_t s = 0; s < g->network.levels; s++) {
        about("s %zu", s);
        int labels[64];
        size_t images = g->network.images;
        gradients r = gradient_at(plan, golden_x(&g->network, s), golden_sigma(&g->network, s),
                                  golden_labels(&g->network, s, labels), images);
        for (size_t i = 0; i < images; i++) {
            size_t at = s * images + i;
            double *gradient = doubles(g->gradient.data + at * g->size, g->size);
            double energy = (double)g->network.out[0].data[at];
            worst = worst_of(worst, gradient_error(r.gradient + i * g->size, gradient, g->size));
            worst = worst_of(worst, gradient_error(r.energy + i, &energy, 1));
            free(gradient);
        }
        free_gradients(r);
    }
    return worst;
}

static void energies_and_gradients_agree_with_pytorch(void **state) {
    (void)state;
    energy_golden g = energy_golden_load();
    const char *isa;
    for (int k = 0; (isa = isa_at(k)); k++) {
        about("k %d", k);
        gs_plan *plan = make_plan(g.network.model, (gs_plan_options){.isa = isa, .threads = 1, .gradient = true});
        double error = energy_golden_error(&g, plan);
        print_message("%-8s errs by at most %.2g of the largest\n", isa, error);
        assert_true(error <= 1e-5);
        gs_plan_free(plan);
    }
    energy_golden_free(&g);
}

enum { BATCH = 20 };

/* Every way to run the network: blocks and threads are varied together. */
static void gradients_are_the_same_bytes(void **state) {
    (void)state;
    static const int blocks[] = {1, 2, 3, 4, 8, 16};
    energy_golden g = energy_golden_load();
    int given[BATCH];
    float *x = random_images(g.network.model, BATCH, 1);
    for (int i = 0; i < BATCH; i++)
        given[i] = i % (g.network.model->info.labels + 1);
    gs_plan *plan =
        make_plan(g.network.model, (gs_plan_options){.isa = "scalar", .threads = 1, .block = 1, .gradient = true});
    gradients first = gradient_of(plan, x, given, BATCH);
    gs_plan_free(plan);
    const char *isa;
    for (int k = 0; (isa = isa_at(k)); k++)
        for (int b = 0; b < 6; b++) {
            int threads = 1 + (b + k) % 3;
            plan = make_plan(g.network.model,
                             (gs_plan_options){.isa = isa, .threads = threads, .block = blocks[b], .gradient = true});
            for (size_t n = b % 2 ? BATCH : 1; n <= BATCH; n += k ? 6 : 19) {
                about("b %d, n %zu", b, n);
                char what[100];
                snprintf(what, sizeof what, "%s, %d threads, block %d, n %zu", isa, threads, blocks[b], n);
                gradients r = gradient_of(plan, x, given, n);
                assert_same_floats(first.energy, r.energy, n, what);
                assert_same_floats(first.gradient, r.gradient, n * g.size, what);
                free_gradients(r);
            }
            gs_plan_free(plan);
        }
    free_gradients(first);
    free(x);
    energy_golden_free(&g);
}

/* The call that a sampler makes at every step. */
static void running_allocates_nothing(void **state) {
    (void)state;
    energy_golden g = energy_golden_load();
    gs_plan *plan = make_plan(g.network.model, (gs_plan_options){.threads = 1, .block = 3, .gradient = true});
    gradients expected = gradient_at(plan, g.network.x.data, golden_sigma(&g.network, 0), (int[]){1, 1, 1}, 3);
    float *table, energy[3] = {0}, *gradient = calloc(3 * g.size, sizeof *gradient);
    bool wanted[4] = {false, true};
    assert_non_null(gradient);
    assert_int_equal(gs_condition_create(plan, golden_sigma(&g.network, 0), wanted, &table, NULL), GS_OK);
    const float *row = table + plan->condition_size, *condition[3] = {row, row, row};
    gs_crew alone = gs_crew_alone(0);
    size_t before = gs_allocations();
    gs_plan_run_gradient(plan, &alone, g.network.x.data, condition, 3, energy, gradient);
    assert_int_equal(gs_allocations(), before);
    assert_same_floats(expected.energy, energy, 3, "energy");
    assert_same_floats(expected.gradient, gradient, 3 * g.size, "gradient");
    gs_free(table);
    free(gradient);
    free_gradients(expected);
    gs_plan_free(plan);
    energy_golden_free(&g);
}

/* ---- Arguments ---- */

static weights *square(const char *kind) {
    weights *w = weights_new(kind, 2, 3, 4);
    weights_node(w, "square", "square", "['x']", NULL, NULL);
    if (!strcmp(kind, "energy"))
        weights_node(w, "e", "sum", "['square']", "{'over': 'all'}", NULL);
    return w;
}

static void only_energies_have_gradients(void **state) {
    (void)state;
    float x[24] = {0}, energy[1], gradient[24];
    for (int score = 0; score < 2; score++) {
        weights *w = square(score ? "score" : "energy");
        gs_model *model = weights_load(w);
        gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = score});
        gs_error error;
        assert_int_equal(gs_plan_gradient(plan, x, 1, NULL, 1, energy, gradient, &error), GS_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, score ? "score" : "gradient"));
        gs_plan_free(plan);
        gs_model_free(model);
        weights_free(w);
    }
}

static void either_result_may_be_left_out(void **state) {
    (void)state;
    weights *w = square("energy");
    gs_model *model = weights_load(w);
    gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = true});
    float x[24], energy[1] = {0}, gradient[24];
    for (int i = 0; i < 24; i++)
        x[i] = (float)i;
    assert_int_equal(gs_plan_gradient(plan, x, 1, NULL, 1, energy, NULL, NULL), GS_OK);
    assert_true(energy[0] == 4324.0F);
    assert_int_equal(gs_plan_gradient(plan, x, 1, NULL, 1, NULL, gradient, NULL), GS_OK);
    for (int i = 0; i < 24; i++) {
        about("i %d", i);
        assert_true(gradient[i] == 2 * x[i]);
    }
    assert_int_equal(gs_plan_gradient(plan, x, 1, NULL, 0, energy, gradient, NULL), GS_OK);
    assert_int_equal(gs_plan_gradient(plan, x, 1, (int[]){1}, 1, energy, gradient, NULL), GS_ERROR_ARGUMENT);
    gs_plan_free(plan);
    gs_model_free(model);
    weights_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_energies_have_gradients),
        cmocka_unit_test(either_result_may_be_left_out),
        cmocka_unit_test(energies_and_gradients_agree_with_pytorch),
        cmocka_unit_test(gradients_are_the_same_bytes),
        cmocka_unit_test(running_allocates_nothing),
        cmocka_unit_test(reference_agrees_with_central_differences),
        cmocka_unit_test(random_networks_agree_with_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
