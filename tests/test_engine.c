/* Plans: against PyTorch's results, against the reference on random networks, and with themselves for every instruction
 * set, number of threads, block and batch. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/plan.h"
#include "engine/reference.h"
#include "support/files.h"
#include "support/graphs.h"
#include "support/npy.h"
#include "support/random.h"
#include "support/worst.h"

/* ---- Helpers ---- */

static gs_plan *plan_of(const gs_model *model, const char *isa, int threads, int block) {
    gs_plan *plan = NULL;
    gs_error error = {.status = GS_OK};
    const gs_plan_options options = {.isa = isa, .threads = threads, .block = block};
    if (gs_plan_create(model, &options, &plan, &error))
        fail_msg("%s", error.message);
    return plan;
}

/* Instruction set i that this CPU runs, from scalar on; NULL past the last. */
static const char *isa_at(int i) {
    bool supported;
    const char *name;
    for (int k = 0; (name = gs_isa_name(k, &supported)); k++)
        if (supported && i-- == 0)
            return name;
    return NULL;
}

typedef struct result {
    float *out[2];
    size_t size[2]; /* floats an image */
} result;

static result evaluate(gs_plan *plan, const float *x, double sigma, const int *labels, size_t n) {
    const gs_model_info *info = gs_model_get_info(gs_plan_get_model(plan));
    result r = {.size = {info->output_size[0], info->outputs > 1 ? info->output_size[1] : 0}};
    for (int k = 0; k < info->outputs; k++) {
        r.out[k] = calloc(n * r.size[k] + 1, sizeof(float));
        assert_non_null(r.out[k]);
    }
    gs_error error = {.status = GS_OK};
    if (gs_plan_evaluate(plan, x, sigma, labels, n, r.out, &error))
        fail_msg("%s", error.message);
    return r;
}

static void free_result(result r) {
    free(r.out[0]);
    free(r.out[1]);
}

/* The first n images of two results are the same bytes. */
static void assert_same(result a, result b, size_t n, const char *what) {
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < n * a.size[k]; i++)
            if (memcmp(&a.out[k][i], &b.out[k][i], sizeof(float)))
                fail_msg("%s: output %d, element %zu is %.9g, not %.9g", what, k, i, (double)b.out[k][i],
                         (double)a.out[k][i]);
}

/* The largest error of one image, in units of the largest expected element. */
static double relative_error(const float *found, const double *expected, size_t size) {
    double most = 1e-30, error = 0;
    for (size_t i = 0; i < size; i++) {
        most = worst_of(most, fabs(expected[i]));
        double e = fabs((double)found[i] - expected[i]);
        error = worst_of(error, e);
    }
    return error / most;
}

/* ---- Golden data ---- */

typedef struct golden {
    gs_model *model;
    npy x, sigma, label, out[2];
    size_t levels, images;
} golden;

static npy golden_array(const char *name, const char *part) {
    char path[400];
    snprintf(path, sizeof path, GS_SOURCE_DIR "/tests/golden/%s.%s.npy", name, part);
    return npy_read(path);
}

static void golden_free(golden *g) {
    gs_model_free(g->model);
    free(g->x.data);
    free(g->sigma.data);
    free(g->label.data);
    free(g->out[0].data);
    free(g->out[1].data);
}

static golden golden_load(const char *name) {
    char path[400];
    golden g = {.x = golden_array(name, "x")};
    snprintf(path, sizeof path, GS_SOURCE_DIR "/tests/golden/%s.bin", name);
    if (access(path, R_OK))
        snprintf(path, sizeof path, GS_SOURCE_DIR "/models/%s.bin", name);
    assert_int_equal(g.x.rank, 5);
    gs_error error = {.status = GS_OK};
    if (gs_model_load(path, &g.model, &error))
        fail_msg("%s", error.message);
    g.sigma = golden_array(name, "sigma");
    g.label = golden_array(name, "label");
    g.out[0] = golden_array(name, "out");
    g.out[1] = golden_array(name, "out2");
    g.levels = g.x.shape[0];
    g.images = g.x.shape[1];
    const gs_model_info *info = gs_model_get_info(g.model);
    assert_int_equal(g.sigma.rank > 0 ? g.sigma.size : 1, g.levels);
    assert_int_equal(g.sigma.rank > 0, info->takes_sigma);
    assert_int_equal(g.label.rank > 0, info->labels > 0);
    assert_int_equal(g.out[1].rank > 0, info->outputs > 1);
    return g;
}

/* Input and labels of level s. */
static const float *golden_x(const golden *g, size_t s) {
    return g->x.data + s * (g->x.size / g->levels);
}
static double golden_sigma(const golden *g, size_t s) {
    return g->sigma.rank > 0 ? (double)g->sigma.data[s] : 1;
}
static const int *golden_labels(const golden *g, size_t s, int labels[64]) {
    assert_in_range(g->images, 1, 64);
    for (size_t i = 0; g->label.rank > 0 && i < g->images; i++)
        labels[i] = (int)g->label.data[s * g->images + i];
    return g->label.rank > 0 ? labels : NULL;
}

static double golden_error(const golden *g, gs_plan *plan) {
    double worst = 0;
    for (size_t s = 0; s < g->levels; s++) {
        int labels[64];
        result r = evaluate(plan, golden_x(g, s), golden_sigma(g, s), golden_labels(g, s, labels), g->images);
        for (int k = 0; k < 2; k++)
            for (size_t i = 0; r.size[k] && i < g->images; i++) {
                size_t size = r.size[k];
                double *expected = malloc(size * sizeof *expected);
                assert_non_null(expected);
                assert_int_equal(g->out[k].size, g->levels * g->images * size);
                for (size_t e = 0; e < size; e++)
                    expected[e] = (double)g->out[k].data[(s * g->images + i) * size + e];
                worst = worst_of(worst, relative_error(r.out[k] + i * size, expected, size));
                free(expected);
            }
        free_result(r);
    }
    return worst;
}

static const char *const golden_names[] = {"tiny", "tiny-cond", "zoo", "judge", "ncsn", "ncsn-cond"};
enum { GOLDENS = sizeof golden_names / sizeof *golden_names };

static void networks_agree_with_pytorch(void **state) {
    (void)state;
    for (int i = 0; i < GOLDENS; i++) {
        golden g = golden_load(golden_names[i]);
        const char *isa;
        for (int k = 0; (isa = isa_at(k)); k++) {
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

/* Every way to run a network of `size` floats an image. Blocks and threads are varied together. */
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
                char what[100];
                snprintf(what, sizeof what, "%s, %d threads, block %d, n %zu", isa, threads, blocks[b], n);
                result r = evaluate(plan, x, golden_sigma(g, 0), labels, n);
                assert_same(first, r, n, what);
                free_result(r);
            }
            gs_plan_free(plan);
        }
    free_result(first);
    free(x);
}

static void results_are_the_same_bytes(void **state) {
    (void)state;
    for (int i = 0; i < GOLDENS; i++) {
        golden g = golden_load(golden_names[i]);
        check_same_bytes(&g);
        golden_free(&g);
    }
}

/* ---- Random networks ---- */

enum { GRAPHS = 400, IMAGES = 3 };

static void describe_steps(const gs_plan *plan) {
    char text[300];
    int steps = gs_plan_get_info(plan).steps;
    for (int i = 0; i < steps; i++) {
        assert_true(gs_plan_describe(plan, i, text, sizeof text));
        assert_true(strlen(text) > 20);
        assert_null(strchr(text, '\n'));
    }
    assert_false(gs_plan_describe(plan, steps, text, sizeof text));
    assert_false(gs_plan_describe(plan, -1, text, sizeof text));
}

/* Largest error of r against the reference. */
static double reference_error(const gs_model *model, const float *x, size_t size, double sigma, const int *labels,
                              result r) {
    double worst = 0, *input = malloc(size * sizeof *input), *out[2];
    for (int k = 0; k < 2; k++) {
        out[k] = malloc((r.size[k] + 1) * sizeof **out);
        assert_non_null(out[k]);
    }
    assert_non_null(input);
    for (size_t i = 0; i < IMAGES; i++) {
        for (size_t e = 0; e < size; e++)
            input[e] = (double)x[i * size + e];
        gs_error error = {.status = GS_OK};
        assert_int_equal(gs_reference_evaluate(model, input, sigma, labels[i], out[0], out[1], &error), GS_OK);
        for (int k = 0; k < 2; k++)
            worst = worst_of(worst, relative_error(r.out[k] + i * r.size[k], out[k], r.size[k]));
    }
    free(input);
    free(out[0]);
    free(out[1]);
    return worst;
}

/* Every instruction set gives the bytes of scalar C, which err by the result. Frees the weights. */
static double check_graph(weights *w, unsigned seed) {
    gs_model *model = weights_load(w);
    weights_free(w);
    const gs_model_info *info = gs_model_get_info(model);
    size_t size = (size_t)(info->shape[0] * info->shape[1] * info->shape[2]);
    float *x = malloc(IMAGES * size * sizeof *x);
    const int labels[IMAGES] = {info->labels ? 2 : 0, info->labels, 0};
    uint64_t random = seed;
    assert_non_null(x);
    for (size_t i = 0; i < IMAGES * size; i++)
        x[i] = 2 * random_float(&random);
    gs_plan *plan = plan_of(model, "scalar", 1, 1);
    describe_steps(plan);
    result first = evaluate(plan, x, 0.75, labels, IMAGES);
    gs_plan_free(plan);
    double error = reference_error(model, x, size, 0.75, labels, first);
    const char *isa;
    for (int k = 0; (isa = isa_at(k)); k++) {
        plan = plan_of(model, isa, 1 + k % 2, 2 + k);
        result r = evaluate(plan, x, 0.75, labels, IMAGES);
        assert_same(first, r, IMAGES, isa);
        free_result(r);
        gs_plan_free(plan);
    }
    free_result(first);
    free(x);
    gs_model_free(model);
    return error;
}

static void random_networks_agree_with_the_reference(void **state) {
    (void)state;
    double worst = 0;
    int wrong = 0;
    for (unsigned seed = 0; seed < GRAPHS; seed++) {
        double error = check_graph(graph_random(seed), seed);
        if (!(error <= 3e-5)) {
            print_message("graph %u errs by %.3g of the largest\n", seed, error);
            wrong++;
        }
        worst = worst_of(worst, error);
    }
    print_message("%d random networks err by at most %.2g of the largest\n", GRAPHS, worst);
    assert_int_equal(wrong, 0);
}

/* ---- Networks where values meet in unusual ways ---- */

/* A classifier of x (c, h, w) whose outputs are nodes `first` and `second`, made rank 1. */
static weights *classifier(int c, int h, int w) {
    return weights_new("classifier", c, h, w);
}

static void finish(weights *w, const char *first, int size1, const char *second, int size2) {
    const char *names[2] = {first, second};
    const int sizes[2] = {size1, size2};
    for (int i = 0; i < 2; i++) {
        char inputs[40], shape[40];
        snprintf(inputs, sizeof inputs, "['%s']", names[i]);
        snprintf(shape, sizeof shape, "{'shape': [%d]}", sizes[i]);
        weights_node(w, i ? "end2" : "end1", "reshape", inputs, shape, NULL);
    }
    weights_outputs(w, "['end1', 'end2']");
}

static void conv(weights *w, const char *name, const char *inputs, size_t c, const char *padding) {
    char tensors[40], tensor[20], attributes[60];
    snprintf(tensor, sizeof tensor, "%s.w", name);
    snprintf(tensors, sizeof tensors, "{'weight': '%s'}", tensor);
    snprintf(attributes, sizeof attributes, "{'padding': %s}", padding);
    weights_random(w, tensor, 4, (size_t[]){c, c, 3, 3}, 3);
    weights_node(w, name, "conv2d", inputs, attributes, tensors);
}

/* A value of (C, 1, 1) has a border of zeros for its convolution and scales channels too. */
static weights *channel_factor_with_border(void) {
    weights *w = classifier(32, 1, 1);
    weights_node(w, "y", "silu", "['x']", NULL, NULL);
    weights_node(w, "up", "upsample_nearest", "['x']", "{'scale': [4, 4]}", NULL);
    weights_node(w, "blocked", "layer_norm", "['up']", "{'over': 'all'}", NULL);
    conv(w, "conv", "['y']", 32, "[1, 1]");
    weights_node(w, "mul", "mul", "['blocked', 'y']", NULL, NULL);
    finish(w, "mul", 512, "conv", 32);
    return w;
}

/* (C) + (C, 1, 1) is (C, 1, 1), which is then convolved. */
static weights *sum_of_two_ranks(void) {
    weights *w = classifier(32, 1, 1);
    weights_random(w, "w", 2, (size_t[]){32, 32}, 1);
    weights_node(w, "v", "mean", "['x']", "{'over': 'positions'}", NULL);
    weights_node(w, "linear", "linear", "['v']", NULL, "{'weight': 'w'}");
    weights_node(w, "sum", "add", "['x', 'linear']", NULL, NULL);
    conv(w, "conv", "['sum']", 32, "[1, 1]");
    weights_node(w, "neg", "neg", "['sum']", NULL, NULL);
    finish(w, "conv", 32, "neg", 32);
    return w;
}

/* The scale of a norm of rank 1 makes its result rank 3. */
static weights *scale_of_another_rank(void) {
    weights *w = classifier(32, 1, 1);
    weights_random(w, "c", 3, (size_t[]){32, 1, 1}, 1);
    weights_node(w, "c", "constant", "[]", NULL, "{'value': 'c'}");
    weights_node(w, "v", "mean", "['x']", "{'over': 'positions'}", NULL);
    weights_node(w, "norm", "group_norm", "['v']", "{'groups': 2, 'eps': 0.1}", NULL);
    weights_node(w, "mul", "mul", "['norm', 'c']", NULL, NULL);
    conv(w, "conv", "['mul']", 32, "[1, 1]");
    weights_node(w, "log", "sin", "['mul']", NULL, NULL);
    finish(w, "conv", 32, "log", 32);
    return w;
}

/* Nothing may be fused into a value that is an output or has other readers. */
static weights *values_read_twice(void) {
    weights *w = classifier(16, 6, 5);
    weights_node(w, "norm", "group_norm", "['x']", "{'groups': 4}", NULL);
    weights_node(w, "silu", "silu", "['norm']", NULL, NULL);
    conv(w, "conv", "['silu']", 16, "[1, 1]");
    weights_node(w, "sum", "add", "['norm', 'conv']", NULL, NULL);
    weights_node(w, "twice", "add", "['conv', 'conv']", NULL, NULL);
    weights_node(w, "square", "mul", "['twice', 'twice']", NULL, NULL);
    weights_node(w, "all", "concat", "['sum', 'square', 'sum']", NULL, NULL);
    finish(w, "all", 1440, "conv", 480);
    return w;
}

static weights *dead_nodes(void) {
    weights *w = classifier(16, 6, 5);
    weights_node(w, "y", "tanh", "['x']", NULL, NULL);
    conv(w, "dead", "['y']", 16, "[3, 3]");
    weights_node(w, "dead2", "add", "['dead', 'dead']", NULL, NULL);
    weights_node(w, "relu", "relu", "['y']", NULL, NULL);
    finish(w, "relu", 480, "x", 480);
    return w;
}

/* Winograd's tiles with a different border at each side. */
static weights *unequal_borders(void) {
    weights *w = classifier(16, 9, 11);
    conv(w, "a", "['x']", 16, "[2, 0]");
    conv(w, "b", "['a']", 16, "[0, 3]");
    conv(w, "c", "['a']", 16, "[1, 1]");
    weights_node(w, "sum", "add", "['c', 'a']", NULL, NULL);
    finish(w, "b", 16 * 9 * 13, "sum", 16 * 11 * 9);
    return w;
}

static void unusual_networks_agree_with_the_reference(void **state) {
    (void)state;
    static const struct {
        const char *name;
        weights *(*make)(void);
    } cases[] = {{"channel_factor_with_border", channel_factor_with_border},
                 {"sum_of_two_ranks", sum_of_two_ranks},
                 {"scale_of_another_rank", scale_of_another_rank},
                 {"values_read_twice", values_read_twice},
                 {"dead_nodes", dead_nodes},
                 {"unequal_borders", unequal_borders}};
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double error = check_graph(cases[i].make(), (unsigned)i);
        if (!(error <= 1e-5)) {
            print_message("%s errs by %.3g of the largest\n", cases[i].name, error);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
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
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        assert_int_equal(
            gs_plan_evaluate(plan, g.x.data, calls[i].sigma, &calls[i].label, 1, (float *const[2]){out, NULL}, &error),
            GS_ERROR_ARGUMENT);
    assert_int_equal(gs_plan_evaluate(plan, g.x.data, 1, NULL, 0, (float *const[2]){out, NULL}, &error), GS_OK);
    assert_int_equal(gs_plan_evaluate(plan, g.x.data, 1, (int[]){10}, 1, (float *const[2]){out, NULL}, &error), GS_OK);
    free(out);
    gs_plan_free(plan);
    gs_plan_free(NULL);
    golden_free(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_agree_with_pytorch),
        cmocka_unit_test(results_are_the_same_bytes),
        cmocka_unit_test(unusual_networks_agree_with_the_reference),
        cmocka_unit_test(output_must_depend_on_x),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(random_networks_agree_with_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
