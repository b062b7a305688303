/* The methods of plans, compared with the reference, and with themselves for every instruction set: networks that
 * combine values in unusual ways, convolutions and attention of every size, nodes alone. */
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
#include "support/classifiers.h"
#include "support/networks.h"
#include "support/random.h"
#include "support/worst.h"

/* A value of (C, 1, 1) has a border of zeros for its convolution, and also scales channels. */
static weights *channel_factor_with_border(void) {
    weights *w = classifier_new(32, 1, 1);
    weights_node(w, "y", "silu", "['x']", NULL, NULL);
    weights_node(w, "up", "upsample_nearest", "['x']", "{'scale': [4, 4]}", NULL);
    weights_node(w, "blocked", "layer_norm", "['up']", "{'over': 'all'}", NULL);
    classifier_conv(w, "conv", "['y']", 32, "[1, 1]");
    weights_node(w, "mul", "mul", "['blocked', 'y']", NULL, NULL);
    classifier_finish(w, "mul", 512, "conv", 32);
    return w;
}

/* (C) + (C, 1, 1) is (C, 1, 1), which is then convolved. */
static weights *sum_of_two_ranks(void) {
    weights *w = classifier_new(32, 1, 1);
    weights_random(w, "w", 2, (size_t[]){32, 32}, 1);
    weights_node(w, "v", "mean", "['x']", "{'over': 'positions'}", NULL);
    weights_node(w, "linear", "linear", "['v']", NULL, "{'weight': 'w'}");
    weights_node(w, "sum", "add", "['x', 'linear']", NULL, NULL);
    classifier_conv(w, "conv", "['sum']", 32, "[1, 1]");
    weights_node(w, "neg", "neg", "['sum']", NULL, NULL);
    classifier_finish(w, "conv", 32, "neg", 32);
    return w;
}

/* The scale of a norm of rank 1 makes its result rank 3. */
static weights *scale_of_another_rank(void) {
    weights *w = classifier_new(32, 1, 1);
    weights_random(w, "c", 3, (size_t[]){32, 1, 1}, 1);
    weights_node(w, "c", "constant", "[]", NULL, "{'value': 'c'}");
    weights_node(w, "v", "mean", "['x']", "{'over': 'positions'}", NULL);
    weights_node(w, "norm", "group_norm", "['v']", "{'groups': 2, 'eps': 0.1}", NULL);
    weights_node(w, "mul", "mul", "['norm', 'c']", NULL, NULL);
    classifier_conv(w, "conv", "['mul']", 32, "[1, 1]");
    weights_node(w, "log", "sin", "['mul']", NULL, NULL);
    classifier_finish(w, "conv", 32, "log", 32);
    return w;
}

/* Nothing may be fused into a value that is an output or has other readers. */
static weights *values_read_twice(void) {
    weights *w = classifier_new(16, 6, 5);
    weights_node(w, "norm", "group_norm", "['x']", "{'groups': 4}", NULL);
    weights_node(w, "silu", "silu", "['norm']", NULL, NULL);
    classifier_conv(w, "conv", "['silu']", 16, "[1, 1]");
    weights_node(w, "sum", "add", "['norm', 'conv']", NULL, NULL);
    weights_node(w, "twice", "add", "['conv', 'conv']", NULL, NULL);
    weights_node(w, "square", "mul", "['twice', 'twice']", NULL, NULL);
    weights_node(w, "all", "concat", "['sum', 'square', 'sum']", NULL, NULL);
    classifier_finish(w, "all", 1440, "conv", 480);
    return w;
}

/* Sums over so few positions that one chain of additions is exact enough, and over so many that float64 is needed. */
static weights *sums_of_positions(void) {
    weights *w = classifier_new(20, 9, 7);
    classifier_conv(w, "conv", "['x']", 20, "[1, 1]");
    weights_node(w, "sum", "sum", "['conv']", "{'over': 'positions'}", NULL);
    weights_node(w, "mean", "mean", "['conv']", "{'over': 'positions'}", NULL);
    weights_node(w, "up", "upsample_nearest", "['conv']", "{'scale': [5, 4]}", NULL);
    weights_node(w, "large", "sum", "['up']", "{'over': 'positions'}", NULL);
    weights_node(w, "all", "concat", "['sum', 'mean']", NULL, NULL);
    classifier_finish(w, "all", 40, "large", 20);
    return w;
}

static weights *dead_nodes(void) {
    weights *w = classifier_new(16, 6, 5);
    weights_node(w, "y", "tanh", "['x']", NULL, NULL);
    classifier_conv(w, "dead", "['y']", 16, "[3, 3]");
    weights_node(w, "dead2", "add", "['dead', 'dead']", NULL, NULL);
    weights_node(w, "relu", "relu", "['y']", NULL, NULL);
    classifier_finish(w, "relu", 480, "x", 480);
    return w;
}

/* Winograd's tiles with a different border on each side. */
static weights *unequal_borders(void) {
    weights *w = classifier_new(16, 9, 11);
    classifier_conv(w, "a", "['x']", 16, "[2, 0]");
    classifier_conv(w, "b", "['a']", 16, "[0, 3]");
    classifier_conv(w, "c", "['a']", 16, "[1, 1]");
    weights_node(w, "sum", "add", "['c', 'a']", NULL, NULL);
    classifier_finish(w, "b", 16 * 9 * 13, "sum", 16 * 11 * 9);
    return w;
}

/* A convolution of three inputs, one of three outputs with a summand, and a linear layer that reads an image's
 * channels, all but the second with a ReLU behind them. */
static weights *few_channels(void) {
    weights *w = classifier_new(3, 9, 10);
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
    classifier_finish(w, "sum", 270, "relu3", 20);
    return w;
}

/* Residual blocks whose results are multiplied by a vector of the condition before they are added: convolutions with
 * one tap, with a ReLU behind the sum, by groups and with 3 x 3 taps, a linear layer, and one whose product is read
 * twice. */
static weights *gated_residuals(void) {
    weights *w = classifier_new(24, 7, 5);
    weights_random(w, "w", 4, (size_t[]){24, 24, 1, 1}, 1);
    weights_random(w, "grouped", 4, (size_t[]){24, 12, 1, 1}, 1);
    weights_random(w, "linear", 2, (size_t[]){24, 24}, 1);
    weights_random(w, "g", 3, (size_t[]){24, 1, 1}, 1);
    weights_random(w, "v", 1, (size_t[]){24}, 1);
    weights_node(w, "g", "constant", "[]", NULL, "{'value': 'g'}");
    weights_node(w, "v", "constant", "[]", NULL, "{'value': 'v'}");
    weights_node(w, "a", "conv2d", "['x']", NULL, "{'weight': 'w'}");
    weights_node(w, "a2", "mul", "['a', 'g']", NULL, NULL);
    weights_node(w, "a3", "add", "['x', 'a2']", NULL, NULL);
    weights_node(w, "a4", "relu", "['a3']", NULL, NULL);
    weights_node(w, "b", "conv2d", "['a4']", "{'groups': 2}", "{'weight': 'grouped'}");
    weights_node(w, "b2", "mul", "['g', 'b']", NULL, NULL);
    weights_node(w, "b3", "add", "['b2', 'a4']", NULL, NULL);
    classifier_conv(w, "c", "['b3']", 24, "[1, 1]");
    weights_node(w, "c2", "mul", "['c', 'g']", NULL, NULL);
    weights_node(w, "c3", "add", "['b3', 'c2']", NULL, NULL);
    weights_node(w, "d", "conv2d", "['c3']", NULL, "{'weight': 'w'}");
    weights_node(w, "d2", "mul", "['d', 'g']", NULL, NULL);
    weights_node(w, "d3", "add", "['c3', 'd2']", NULL, NULL);
    weights_node(w, "d4", "mul", "['d3', 'd2']", NULL, NULL);
    weights_node(w, "m", "mean", "['d4']", "{'over': 'positions'}", NULL);
    weights_node(w, "e", "linear", "['m']", NULL, "{'weight': 'linear'}");
    weights_node(w, "e2", "mul", "['e', 'v']", NULL, NULL);
    weights_node(w, "e3", "add", "['m', 'e2']", NULL, NULL);
    classifier_finish(w, "d4", 24 * 35, "e3", 24);
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
                 {"few_channels", few_channels},
                 {"gated_residuals", gated_residuals}};
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double error = check_network(cases[i].make(), (unsigned)i);
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
    weights *net = classifier_new(24, h, w);
    weights_random(net, "w", 4, (size_t[]){40, 24, 3, 3}, 3);
    weights_node(net, "a", "conv2d", "['x']", "{'padding': [1, 1]}", "{'weight': 'w'}");
    classifier_conv(net, "b", "['a']", 40, "[1, 1]");
    weights_node(net, "sum", "add", "['b', 'a']", NULL, NULL);
    classifier_finish(net, "sum", 40 * h * w, "a", 40 * h * w);
    return net;
}

static void convolutions_of_every_size_agree_with_the_reference(void **state) {
    (void)state;
    enum { SIDE = 20 };
    double worst = 0;
    for (int h = 1; h <= SIDE; h++)
        for (int w = 1 + h % 3; w <= SIDE; w += 3) {
            about("h %d, w %d", h, w);
            double error = check_network(convolutions_of_size(h, w), (unsigned)(h * SIDE + w));
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
    weights *net = classifier_new(24, h, w);
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
    classifier_finish(net, "product", size, "relu", size);
    return net;
}

static void convolutions_of_stride_2_agree_with_the_reference(void **state) {
    (void)state;
    double worst = 0;
    for (int w = 7; w <= 34; w++) {
        int h = 5 + w % 8, taps = 1 + w % 4, stride = 1 + w / 4 % 3;
        about("h %d, w %d", h, w);
        double error = check_network(strided_convolutions(h, w, taps, stride), (unsigned)w);
        if (!(error <= 5e-6)) /* twice what is measured, on every instruction set */
            fail_msg("%d x %d positions with %d taps and stride %d err by %.3g of the largest", h, w, taps, stride,
                     error);
        worst = worst_of(worst, error);
    }
    print_message("convolutions with stride 2 err by at most %.2g of the largest\n", worst);
}

/* Attention of 3 heads with so many channels among h x w positions of x, which has a halo, and from them to those of
 * pooled values, of 5 channels more, which are a slice. */
static weights *attentions(int h, int w, int channels, const char *attributes) {
    int outputs = channels + 5, keys = (h / 2 + 1) * w;
    weights *net = classifier_new(3 * channels, h, w);
    classifier_conv(net, "k", "['x']", (size_t)(3 * channels), "[1, 1]");
    weights_random(net, "v.w", 4, (size_t[]){(size_t)(3 * outputs + 7), (size_t)(3 * channels), 1, 1}, 3);
    weights_node(net, "more", "conv2d", "['x']", NULL, "{'weight': 'v.w'}");
    char part[40];
    snprintf(part, sizeof part, "{'begin': 7, 'end': %d}", 3 * outputs + 7);
    weights_node(net, "v", "slice", "['more']", part, NULL);
    weights_node(net, "part", "slice", "['more']", part, NULL);
    const char *pool = "{'kernel': [2, 1], 'stride': [2, 1], 'padding': [1, 0]}";
    weights_node(net, "fewer k", "avg_pool", "['k']", pool, NULL);
    weights_node(net, "fewer v", "avg_pool", "['v']", pool, NULL);
    weights_random(net, "m", 3, (size_t[]){3, (size_t)(h * w), (size_t)keys}, 5);
    weights_node(net, "mask", "constant", NULL, NULL, "{'value': 'm'}");
    weights_node(net, "a", "attention", "['x', 'k', 'part']", attributes, NULL);
    weights_node(net, "b", "attention", "['x', 'fewer k', 'fewer v', 'mask']", attributes, NULL);
    classifier_finish(net, "a", 3 * outputs * h * w, "b", 3 * outputs * h * w);
    return net;
}

static void attention_of_every_size_agrees_with_the_reference(void **state) {
    (void)state;
    double worst = 0;
    for (int i = 0; i < 40; i++) {
        int channels = 1 + 11 * i % 36, h = 1 + i * 7 % 12, w = 1 + i % 15;
        about("i %d", i);
        const char *attributes = i % 3 ? "{'heads': 3, 'scale': 0.02}" : "{'heads': 3, 'scale': 0.02, 'causal': 1}";
        double error = check_network(attentions(h, w, channels, attributes), (unsigned)i);
        if (!(error <= 1.2e-5)) /* twice what is measured, as keys are large */
            fail_msg("%d channels at %d x %d positions err by %.3g of the largest", channels, h, w, error);
        worst = worst_of(worst, error);
    }
    print_message("attention errs by at most %.2g of the largest\n", worst);
}

/* ---- One node ---- */

enum { IMAGES = 3 };

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
    gs_plan *plan = make_plan(single, (gs_plan_options){.isa = "scalar", .threads = 1, .block = IMAGES});
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

/* ---- Images abreast ---- */

static gs_plan *plan_density(const gs_model *model, int block) {
    gs_plan *plan;
    assert_int_equal(
        gs_plan_create(model, &(gs_plan_options){.threads = 1, .block = block, .gradient = true}, &plan, NULL), GS_OK);
    return plan;
}

/* Energies, (count), and then gradients of images x, in memory that ends with them. */
static float *gradients_of(const gs_model *model, int block, const float *x, size_t count) {
    size_t size = gs_shape_size(gs_value_shape(model, GS_VALUE_X));
    float *out = malloc(count * (1 + size) * sizeof *out);
    assert_non_null(out);
    gs_plan *plan = plan_density(model, block);
    assert_int_equal(plan->buffer[plan->x_buffer].layout, GS_ABREAST);
    assert_int_equal(gs_plan_gradient(plan, x, 0.5, NULL, count, out, out + count, NULL), GS_OK);
    gs_plan_free(plan);
    return out;
}

/* Few, many and odd numbers of images, in blocks of which 16 are no multiple, are as each is alone. */
static void images_abreast_are_as_each_alone(void **state) {
    (void)state;
    enum { MOST = 70 };
    static const char *const texts[] = {"funnel:dim=10",  "gaussian:dim=100,levels=no",
                                        "gaussian:dim=7", "correlated:dim=17",
                                        "banana:dim=20",  "double-well:dim=128"};
    static const int blocks[] = {0, 1, 5, 16, 20, 64};
    static const size_t counts[] = {1, 2, 15, 16, 17, 33, MOST};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        gs_model *model;
        assert_int_equal(gs_model_create_density(texts[k], &model, NULL), GS_OK);
        size_t size = gs_shape_size(gs_value_shape(model, GS_VALUE_X));
        float *x = malloc(MOST * size * sizeof *x), *alone[MOST];
        uint64_t random = 5;
        assert_non_null(x);
        for (size_t i = 0; i < MOST * size; i++)
            x[i] = random_float(&random);
        for (size_t i = 0; i < MOST; i++)
            alone[i] = gradients_of(model, 1, x + i * size, 1);
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
            for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
                about("%s, %zu images, block %d", texts[k], counts[c], blocks[b]);
                float *some = malloc(counts[c] * size * sizeof *some);
                assert_non_null(some);
                memcpy(some, x, counts[c] * size * sizeof *some);
                float *all = gradients_of(model, blocks[b], some, counts[c]);
                for (size_t i = 0; i < counts[c]; i++) {
                    assert_memory_equal(&all[i], alone[i], sizeof *all);
                    assert_memory_equal(all + counts[c] + i * size, alone[i] + 1, size * sizeof *all);
                }
                free(all);
                free(some);
            }
        for (size_t i = 0; i < MOST; i++)
            free(alone[i]);
        free(x);
        gs_model_free(model);
    }
}

/* A large value would take as long for one image as for 16; other operations have no steps for images abreast. */
static void few_graphs_are_abreast(void **state) {
    (void)state;
    static const char *const texts[] = {"double-well:dim=129", "mixture:levels=no"};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        gs_model *model;
        about("%s", texts[k]);
        assert_int_equal(gs_model_create_density(texts[k], &model, NULL), GS_OK);
        gs_plan *plan = plan_density(model, 0);
        for (int i = 0; i < plan->buffers; i++)
            assert_int_not_equal(plan->buffer[i].layout, GS_ABREAST);
        gs_plan_free(plan);
        gs_model_free(model);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unusual_networks_agree_with_the_reference),
        cmocka_unit_test(convolutions_of_every_size_agree_with_the_reference),
        cmocka_unit_test(convolutions_of_stride_2_agree_with_the_reference),
        cmocka_unit_test(attention_of_every_size_agrees_with_the_reference),
        cmocka_unit_test(one_node_runs_alone),
        cmocka_unit_test(images_abreast_are_as_each_alone),
        cmocka_unit_test(few_graphs_are_abreast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
