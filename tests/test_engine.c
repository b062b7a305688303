/* Plans, compared with PyTorch's results, with the reference on random networks, and with themselves for every
 * instruction set, number of threads, block and batch. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/plan.h"
#include "support/about.h"
#include "support/classifiers.h"
#include "support/effort.h"
#include "support/files.h"
#include "support/graphs.h"
#include "support/networks.h"
#include "support/random.h"

static gs_plan *plan_of(const gs_model *model, const char *isa, int threads, int block) {
    return make_plan(model, (gs_plan_options){.isa = isa, .threads = threads, .block = block});
}

static void networks_agree_with_pytorch(void **state) {
    (void)state;
    for (int i = 0; i < effort(GOLDENS); i++) {
        golden g = golden_load(golden_names[i]);
        const char *isa;
        for (int k = 0; (isa = isa_at(k)); k++) {
            about("i %d, k %d", i, k);
            gs_plan *plan = plan_of(g.model, isa, 1, 0);
            double error = golden_error(&g, plan);
            print_message("%-10s %-8s errs by at most %.2g of the largest\n", golden_names[i], isa, error);
            assert_true(error <= 1e-5);
            gs_plan_free(plan);
        }
        golden_free(&g);
    }
}

/* ---- Same bytes ---- */

enum { BATCH = 20 };

/* Every way to run a network of `size` floats per image. Blocks and threads are varied together. */
static void check_same_bytes(const golden *g) {
    static const int blocks[] = {1, 2, 3, 4, 8, 16};
    size_t size = g->x.size / g->levels / g->images;
    const gs_model_info *info = gs_model_get_info(g->model);
    float *x = malloc(BATCH * size * sizeof *x);
    int labels[BATCH];
    assert_non_null(x);
    for (size_t i = 0; i < BATCH; i++) {
        memcpy(x + i * size, g->x.data + i % g->images * size, size * sizeof *x);
        x[i * size] += (float)i / 32;
        labels[i] = (int)i % (info->labels + 1);
    }
    gs_plan *plan = plan_of(g->model, "scalar", 1, 1);
    result first = evaluate(plan, x, golden_sigma(g, 0), labels, BATCH);
    gs_plan_free(plan);
    const char *isa;
    for (int k = 0; (isa = isa_at(k)); k++)
        for (int b = 0; b < 6; b++) {
            int threads = 1 + (b + k) % 3;
            plan = plan_of(g->model, isa, threads, blocks[b]);
            for (size_t n = b % 2 ? BATCH : 1; n <= BATCH; n += k ? 6 : 19) {
                about("b %d, n %zu", b, n);
                char what[100];
                snprintf(what, sizeof what, "%s, %d threads, block %d, n %zu", isa, threads, blocks[b], n);
                result r = evaluate(plan, x, golden_sigma(g, 0), labels, n);
                assert_same_results(first, r, n, what);
                free_result(r);
            }
            gs_plan_free(plan);
        }
    free_result(first);
    free(x);
}

static void results_are_the_same_bytes(void **state) {
    (void)state;
    for (int i = 0; i < effort(GOLDENS); i++) {
        golden g = golden_load(golden_names[i]);
        check_same_bytes(&g);
        golden_free(&g);
    }
}

/* A plan that has computed other levels and labels before, among them the same. */
static void kept_levels_give_the_same_bytes(void **state) {
    (void)state;
    static const struct {
        double sigma;
        int labels[2];
    } calls[] = {{0.7, {0, 0}}, {0.7, {1, 0}}, {0.7, {3, 2}}, {0.5, {1, 1}}, {0.7, {1, 3}}};
    for (unsigned seed = 0; seed < (unsigned)effort(20); seed++) {
        weights *w = graph_random(seed);
        gs_model *model = weights_load(w);
        const int *shape = gs_model_get_info(model)->shape;
        size_t size = (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
        float *x = calloc(2 * size, sizeof *x);
        assert_non_null(x);
        gs_plan *kept = plan_of(model, NULL, 1, 0);
        for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
            about("seed %u, calls[%zu]", seed, i);
            gs_plan *fresh = plan_of(model, NULL, 1, 0);
            result expected = evaluate(fresh, x, calls[i].sigma, calls[i].labels, 2);
            result found = evaluate(kept, x, calls[i].sigma, calls[i].labels, 2);
            assert_same_results(expected, found, 2, "a plan that has computed other levels");
            free_result(expected);
            free_result(found);
            gs_plan_free(fresh);
        }
        gs_plan_free(kept);
        free(x);
        gs_model_free(model);
        weights_free(w);
    }
}

/* ---- Random networks ---- */

enum { GRAPHS = 400 };

static double random_network_error(unsigned seed) {
    return check_network(graph_random(seed), seed);
}

static void random_networks_agree_with_the_reference(void **state) {
    (void)state;
    assert_random_networks(GRAPHS, 3e-5, random_network_error);
}

static void output_must_depend_on_x(void **state) {
    (void)state;
    weights *w = weights_new("denoiser", 1, 2, 2);
    weights_inputs(w, true, 0);
    weights_random(w, "c", 3, (size_t[]){1, 2, 2}, 1);
    weights_node(w, "c", "constant", "[]", NULL, "{'value': 'c'}");
    weights_node(w, "out", "mul", "['c', 'sigma']", NULL, NULL);
    char *directory = temp_directory(), path[400];
    snprintf(path, sizeof path, "%s/model.bin", directory);
    weights_write(w, path);
    weights_free(w);
    gs_model *model = NULL;
    gs_error error = {.status = GS_OK};
    assert_int_equal(gs_model_load(path, &model, &error), GS_ERROR_FORMAT);
    assert_null(model);
    assert_non_null(strstr(error.message, "depend on x"));
    remove_directory(directory);
}

/* ---- Images at a time ---- */

/* How many images the first step of an operation works on at a time. */
static int images_of(const gs_plan *plan, const char *operation) {
    char text[300] = "";
    int images = 0;
    for (int i = 0; !images && gs_plan_describe(plan, i, text, sizeof text); i++)
        if (!strncmp(text, operation, strlen(operation)))
            sscanf(strstr(text, " image") - 2, "%d", &images);
    return images;
}

/* How many images the step of an activation on (c, h, w) works on at a time, in blocks of 16. */
static int images_at_a_time(int c, int h, int w) {
    weights *net = classifier_new(c, h, w);
    weights_node(net, "silu", "silu", "['x']", NULL, NULL);
    classifier_finish(net, "silu", c * h * w, "silu", c * h * w);
    gs_model *model = weights_load(net);
    weights_free(net);
    gs_plan *plan = plan_of(model, "scalar", 1, 16);
    int images = images_of(plan, "silu");
    gs_plan_free(plan);
    gs_model_free(model);
    return images;
}

static void turns_follow_from_bytes(void **state) {
    (void)state;
    static const struct {
        int c, h, w, images;
    } cases[] = {{160, 1, 1, 8}, {40, 2, 2, 8},   {32, 7, 7, 8},    {32, 14, 14, 4},
                 {1, 28, 28, 1}, {32, 28, 28, 1}, {640, 14, 14, 4}, {32, 64, 64, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        about("cases[%zu]", i);
        assert_int_equal(images_at_a_time(cases[i].c, cases[i].h, cases[i].w), cases[i].images);
    }
}

/* A linear layer with more than 1 MiB of weights between smaller layers, of which one is also read behind it. */
static gs_model *with_large_layer(void) {
    weights *w = classifier_new(32, 4, 4);
    classifier_conv(w, "conv", "['x']", 32, "[1, 1]");
    weights_node(w, "flat", "reshape", "['conv']", "{'shape': [512]}", NULL);
    weights_random(w, "large.w", 2, (size_t[]){520, 512}, 3);
    weights_node(w, "large", "linear", "['flat']", NULL, "{'weight': 'large.w'}");
    weights_node(w, "tanh", "tanh", "['large']", NULL, NULL);
    weights_node(w, "flat.x", "reshape", "['x']", "{'shape': [512]}", NULL);
    weights_node(w, "all", "concat", "['tanh', 'flat', 'flat.x']", NULL, NULL);
    classifier_finish(w, "tanh", 520, "all", 1544);
    gs_model *model = weights_load(w);
    weights_free(w);
    return model;
}

static void large_layers_take_the_whole_block(void **state) {
    (void)state;
    enum { MANY = 20, SIZE = 512 };
    float x[MANY * SIZE];
    const int labels[MANY] = {0};
    uint64_t random = 11;
    for (int i = 0; i < MANY * SIZE; i++)
        x[i] = random_float(&random);
    gs_model *model = with_large_layer();
    gs_plan *one = plan_of(model, "scalar", 1, 1), *many = plan_of(model, "scalar", 1, MANY);
    assert_int_equal(images_of(many, "linear"), MANY);
    assert_int_equal(images_of(many, "tanh"), 8);
    result first = evaluate(one, x, 1, labels, MANY), second = evaluate(many, x, 1, labels, MANY);
    assert_same_results(first, second, MANY, "in blocks of 1 and of 20");
    free_result(first);
    free_result(second);
    gs_plan_free(one);
    gs_plan_free(many);
    gs_model_free(model);
}

/* ---- Arguments ---- */

static void bad_arguments_are_refused(void **state) {
    (void)state;
    golden g = golden_load("tiny-cond");
    static const struct {
        gs_plan_options options;
        const char *message;
    } options[] = {{{.threads = -1}, "threads -1"},
                   {{.threads = 1025}, "threads 1025"},
                   {{.block = -1}, "block -1"},
                   {{.block = 65}, "block 65"},
                   {{.isa = "sse9"}, "sse9"}};
    gs_error error;
    gs_plan *plan;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        about("options[%zu]", i);
        assert_int_equal(gs_plan_create(g.model, &options[i].options, &plan, &error), GS_ERROR_ARGUMENT);
        assert_int_equal(error.status, GS_ERROR_ARGUMENT);
        assert_null(plan);
        assert_non_null(strstr(error.message, options[i].message));
    }
    assert_int_equal(gs_plan_create(g.model, NULL, &plan, NULL), GS_OK);
    size_t size = g.x.size / g.levels / g.images;
    float *out = malloc(size * sizeof *out);
    assert_non_null(out);
    static const struct {
        double sigma;
        int label;
    } calls[] = {{0, 0}, {-1, 0}, {(double)NAN, 0}, {(double)INFINITY, 0}, {1, -1}, {1, 11}};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        about("calls[%zu]", i);
        assert_int_equal(
            gs_plan_evaluate(plan, g.x.data, calls[i].sigma, &calls[i].label, 1, (float *const[2]){out, NULL}, &error),
            GS_ERROR_ARGUMENT);
    }
    assert_int_equal(gs_plan_evaluate(plan, g.x.data, 1, NULL, 0, (float *const[2]){out, NULL}, &error), GS_OK);
    assert_int_equal(gs_plan_evaluate(plan, g.x.data, 1, (int[]){10}, 1, (float *const[2]){out, NULL}, &error), GS_OK);
    free(out);
    gs_plan_free(plan);
    gs_plan_free(NULL);
    golden_free(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_agree_with_pytorch),     cmocka_unit_test(results_are_the_same_bytes),
        cmocka_unit_test(kept_levels_give_the_same_bytes), cmocka_unit_test(output_must_depend_on_x),
        cmocka_unit_test(turns_follow_from_bytes),         cmocka_unit_test(large_layers_take_the_whole_block),
        cmocka_unit_test(bad_arguments_are_refused),       cmocka_unit_test(random_networks_agree_with_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
