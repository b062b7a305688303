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
#include "engine/single.h"
#include "support/about.h"
#include "support/effort.h"
#include "support/files.h"
#include "support/graphs.h"
#include "support/networks.h"
#include "support/random.h"
#include "support/worst.h"

/* ---- Helpers ---- */

static gs_plan *plan_of(const gs_model *model, const char *isa, int threads, int block) {
    return make_plan(model, (gs_plan_options){.isa = isa, .threads = threads, .block = block});
}

/* The i-th instruction set that this CPU runs, beginning with scalar; NULL past the last. */
static const char *isa_at(int i) {
    bool supported;
    const char *name;
    for (int k = 0; (name = gs_isa_name(k, &supported)); k++)
        if (supported && i-- == 0)
            return name;
    return NULL;
}

/* Checks that the first n images of two results are the same bytes. */
static void assert_same(result a, result b, size_t n, const char *what) {
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < n * a.size[k]; i++)
            if (memcmp(&a.out[k][i], &b.out[k][i], sizeof(float)))
                fail_msg("%s: output %d, element %zu is %.9g, not %.9g", what, k, i, (double)b.out[k][i],
                         (double)a.out[k][i]);
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
            assert_same(expected, found, 2, "a plan that has computed other levels");
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

enum { GRAPHS = 400, IMAGES = 3 };

static void describe_steps(const gs_plan *plan) {
    char text[300];
    int steps = gs_plan_get_info(plan).steps;
    for (int i = 0; i < steps; i++) {
        about("i %d", i);
        assert_true(gs_plan_describe(plan, i, text, sizeof text));
        assert_true(strlen(text) > 20);
        assert_null(strchr(text, '\n'));
    }
    assert_false(gs_plan_describe(plan, steps, text, sizeof text));
    assert_false(gs_plan_describe(plan, -1, text, sizeof text));
}

/* Checks that every instruction set gives the bytes of scalar C, and returns the error of these. Frees the weights. */
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
    double error = reference_error(model, x, IMAGES, 0.75, labels, first);
    const char *isa;
    for (int k = 0; (isa = isa_at(k)); k++) {
        about("k %d", k);
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

static double random_network_error(unsigned seed) {
    return check_graph(graph_random(seed), seed);
}

static void random_networks_agree_with_the_reference(void **state) {
    (void)state;
    assert_random_networks(GRAPHS, 3e-5, random_network_error);
}

/* ---- Networks that combine values in unusual ways ---- */

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

/* A value of (C, 1, 1) has a border of zeros for its convolution, and also scales channels. */
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

/* Sums over so few positions that one chain of additions is exact enough, and over so many that float64 is needed. */
static weights *sums_of_positions(void) {
    weights *w = classifier(20, 9, 7);
    conv(w, "conv", "['x']", 20, "[1, 1]");
    weights_node(w, "sum", "sum", "['conv']", "{'over': 'positions'}", NULL);
    weights_node(w, "mean", "mean", "['conv']", "{'over': 'positions'}", NULL);
    weights_node(w, "up", "upsample_nearest", "['conv']", "{'scale': [5, 4]}", NULL);
    weights_node(w, "large", "sum", "['up']", "{'over': 'positions'}", NULL);
    weights_node(w, "all", "concat", "['sum', 'mean']", NULL, NULL);
    finish(w, "all", 40, "large", 20);
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

/* Winograd's tiles with a different border on each side. */
static weights *unequal_borders(void) {
    weights *w = classifier(16, 9, 11);
    conv(w, "a", "['x']", 16, "[2, 0]");
    conv(w, "b", "['a']", 16, "[0, 3]");
    conv(w, "c", "['a']", 16, "[1, 1]");
    weights_node(w, "sum", "add", "['c', 'a']", NULL, NULL);
    finish(w, "b", 16 * 9 * 13, "sum", 16 * 11 * 9);
    return w;
}

/* A convolution of three inputs, one of three outputs with a summand, and a linear layer that reads an image's
 * channels, all but the second with a ReLU behind them. */
static weights *few_channels(void) {
    weights *w = classifier(3, 9, 10);
    weights_random(w, "in", 4, (size_t[]){48, 3, 3, 5}, 3);
    weights_node(w, "stem", "conv2d", "['x']", "{'padding': [1, 2]}", "{'weight': 'in'}");
    weights_node(w, "relu", "relu", "['stem']", NULL, NULL);
    weights_random(w, "out", 4, (size_t[]){3, 48, 3, 3}, 3);
    weights_node(w, "conv", "conv2d", "['relu']", "{'padding': [1, 1]}", "{'weight': 'out'}");
    weights_node(w, "sum", "add", "['x', 'conv']", NULL, NULL);
    weights_random(w, "thirds", 4, (size_t[]){32, 48, 3, 3}, 3);
    weights_node(w, "small", "conv2d", "['relu']", "{'stride': [3, 3]}", "{'weight': 'thirds'}");
    weights_node(w, "relu2", "relu", "['small']", NULL, NULL);
    weights_node(w, "row", "reshape", "['relu2']", "{'shape': [288]}", NULL);
    weights_random(w, "hidden", 2, (size_t[]){20, 288}, 1);
    weights_node(w, "linear", "linear", "['row']", NULL, "{'weight': 'hidden'}");
    weights_node(w, "relu3", "relu", "['linear']", NULL, NULL);
    finish(w, "sum", 270, "relu3", 20);
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
                 {"unequal_borders", unequal_borders},
                 {"sums_of_positions", sums_of_positions},
                 {"few_channels", few_channels}};
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

/* 3 x 3 convolutions of h x w positions, one after the other, so that tiles of every size meet in both dimensions; the
 * second adds the first's result, and channels do not fill their planes. */
static weights *convolutions_of_size(int h, int w) {
    weights *net = classifier(24, h, w);
    weights_random(net, "w", 4, (size_t[]){40, 24, 3, 3}, 3);
    weights_node(net, "a", "conv2d", "['x']", "{'padding': [1, 1]}", "{'weight': 'w'}");
    conv(net, "b", "['a']", 40, "[1, 1]");
    weights_node(net, "sum", "add", "['b', 'a']", NULL, NULL);
    finish(net, "sum", 40 * h * w, "a", 40 * h * w);
    return net;
}

static void convolutions_of_every_size_agree_with_the_reference(void **state) {
    (void)state;
    enum { SIDE = 20 };
    double worst = 0;
    for (int h = 1; h <= SIDE; h++)
        for (int w = 1 + h % 3; w <= SIDE; w += 3) {
            about("h %d, w %d", h, w);
            double error = check_graph(convolutions_of_size(h, w), (unsigned)(h * SIDE + w));
            if (!(error <= 1e-5))
                fail_msg("%d x %d positions err by %.3g of the largest", h, w, error);
            worst = worst_of(worst, error);
        }
    print_message("3 x 3 convolutions err by at most %.2g of the largest\n", worst);
}

/* Convolutions of three columns of taps and stride 2, with so many rows of taps and so high a vertical stride: the
 * first has a ReLU behind it, the second's result gets a summand and a factor, and channels do not fill their planes.
 */
static weights *strided_convolutions(int h, int w, int taps, int stride) {
    weights *net = classifier(24, h, w);
    const char *names[] = {"a", "b"};
    char attributes[60];
    snprintf(attributes, sizeof attributes, "{'stride': [%d, 2], 'padding': [%d, %d]}", stride, taps / 2, w % 3);
    for (int i = 0; i < 2; i++) {
        char tensors[40];
        snprintf(tensors, sizeof tensors, "{'weight': '%s.w'}", names[i]);
        weights_random(net, i ? "b.w" : "a.w", 4, (size_t[]){40, 24, (size_t)taps, 3}, 3);
        weights_node(net, names[i], "conv2d", "['x']", attributes, tensors);
    }
    weights_node(net, "relu", "relu", "['a']", NULL, NULL);
    weights_node(net, "sum", "add", "['b', 'relu']", NULL, NULL);
    weights_node(net, "product", "mul", "['sum', 'relu']", NULL, NULL);
    int size = 40 * ((h + 2 * (taps / 2) - taps) / stride + 1) * ((w + 2 * (w % 3) - 3) / 2 + 1);
    finish(net, "product", size, "relu", size);
    return net;
}

static void convolutions_of_stride_2_agree_with_the_reference(void **state) {
    (void)state;
    double worst = 0;
    for (int w = 7; w <= 34; w++) {
        int h = 5 + w % 8, taps = 1 + w % 4, stride = 1 + w / 4 % 3;
        about("h %d, w %d", h, w);
        double error = check_graph(strided_convolutions(h, w, taps, stride), (unsigned)w);
        if (!(error <= 5e-6)) /* twice what is measured, on every instruction set */
            fail_msg("%d x %d positions with %d taps and stride %d err by %.3g of the largest", h, w, taps, stride,
                     error);
        worst = worst_of(worst, error);
    }
    print_message("convolutions with stride 2 err by at most %.2g of the largest\n", worst);
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
    weights *net = classifier(c, h, w);
    weights_node(net, "silu", "silu", "['x']", NULL, NULL);
    finish(net, "silu", c * h * w, "silu", c * h * w);
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
    } cases[] = {{32, 1, 1, 8},  {32, 2, 2, 8},   {32, 7, 7, 8},    {32, 14, 14, 4},
                 {1, 28, 28, 1}, {32, 28, 28, 1}, {640, 14, 14, 4}, {32, 64, 64, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        about("cases[%zu]", i);
        assert_int_equal(images_at_a_time(cases[i].c, cases[i].h, cases[i].w), cases[i].images);
    }
}

/* A linear layer with more than 1 MiB of weights between smaller layers, of which one is also read behind it. */
static gs_model *with_large_layer(void) {
    weights *w = classifier(32, 4, 4);
    conv(w, "conv", "['x']", 32, "[1, 1]");
    weights_node(w, "flat", "reshape", "['conv']", "{'shape': [512]}", NULL);
    weights_random(w, "large.w", 2, (size_t[]){520, 512}, 3);
    weights_node(w, "large", "linear", "['flat']", NULL, "{'weight': 'large.w'}");
    weights_node(w, "tanh", "tanh", "['large']", NULL, NULL);
    weights_node(w, "flat.x", "reshape", "['x']", "{'shape': [512]}", NULL);
    weights_node(w, "all", "concat", "['tanh', 'flat', 'flat.x']", NULL, NULL);
    finish(w, "tanh", 520, "all", 1544);
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
    assert_same(first, second, MANY, "in blocks of 1 and of 20");
    free_result(first);
    free_result(second);
    gs_plan_free(one);
    gs_plan_free(many);
    gs_model_free(model);
}

/* ---- One node ---- */

/* Checks the network of node n alone, and that running the node's steps again computes its value again. */
static void check_single(const gs_model *model, int n) {
    gs_model *single;
    assert_int_equal(gs_single_create(model, n, &single, NULL), GS_OK);
    int node = single->nodes - 1;
    size_t size = gs_shape_size(gs_value_shape(single, GS_VALUE_X));
    float *x = malloc(IMAGES * size * sizeof *x);
    uint64_t random = 7;
    assert_non_null(x);
    for (size_t i = 0; i < IMAGES * size; i++)
        x[i] = 2 * random_float(&random);
    const int labels[IMAGES] = {0};
    gs_plan *plan = plan_of(single, "scalar", 1, IMAGES);
    result r = evaluate(plan, x, 1, labels, IMAGES);
    assert_true(reference_error(single, x, IMAGES, 1, labels, r) <= 1e-5);
    int s = 0;
    while (plan->step[s].node != node)
        s++;
    memset(plan->worker[0].image0, 0, sizeof plan->worker[0].image0);
    float *value = gs_buffer_at(&plan->worker[0], plan->step[s].out, 0), first = *value;
    *value = first + 1;
    gs_plan_run_node(plan, node, IMAGES);
    assert_memory_equal(value, &first, sizeof first);
    free_result(r);
    free(x);
    gs_plan_free(plan);
    gs_model_free(single);
}

static void one_node_runs_alone(void **state) {
    (void)state;
    weights *(*const make[])(void) = {unequal_borders, sum_of_two_ranks};
    for (size_t i = 0; i < 2; i++) {
        weights *w = make[i]();
        gs_model *model = weights_load(w);
        weights_free(w);
        for (int n = 0; n < model->nodes; n++) {
            about("i %zu, n %d", i, n);
            if (model->node[n].weight)
                check_single(model, n);
        }
        gs_model_free(model);
    }
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
        cmocka_unit_test(networks_agree_with_pytorch),
        cmocka_unit_test(results_are_the_same_bytes),
        cmocka_unit_test(kept_levels_give_the_same_bytes),
        cmocka_unit_test(unusual_networks_agree_with_the_reference),
        cmocka_unit_test(convolutions_of_every_size_agree_with_the_reference),
        cmocka_unit_test(convolutions_of_stride_2_agree_with_the_reference),
        cmocka_unit_test(output_must_depend_on_x),
        cmocka_unit_test(turns_follow_from_bytes),
        cmocka_unit_test(large_layers_take_the_whole_block),
        cmocka_unit_test(one_node_runs_alone),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(random_networks_agree_with_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
