/* Gradients of single operations, compared with PyTorch's, and of convolutions, compared with the reference. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/gradient.h"
#include "support/about.h"
#include "support/effort.h"
#include "support/energies.h"
#include "support/random.h"
#include "support/worst.h"

enum { CONVOLUTIONS = 600 };

/* A tensor of numbers with standard deviation 1 / sqrt(inputs). */
static void fill_tensor(weights *w, const char *name, int rank, const size_t *shape, size_t inputs, uint64_t *random) {
    size_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= shape[i];
    float *data = malloc(count * sizeof *data);
    assert_non_null(data);
    for (size_t i = 0; i < count; i++)
        data[i] = sqrtf(3 / (float)inputs) * random_float(random);
    weights_tensor(w, name, rank, shape, data);
    free(data);
}

/* The rows or columns of a convolution's result, or with `extra` at its end of a transposed one's. */
static int result_size(int h, int k, int s, int p, int d) {
    return (h + 2 * p - (k - 1) * d - 1) / s + 1;
}
static int transposed_size(int h, int k, int s, int p, int d, int extra) {
    return (h - 1) * s - 2 * p + (k - 1) * d + extra + 1;
}

/* Every fifth is in groups: of one channel, of four or two, of 16 or more, and of a number that no method likes. */
static void choose_channels(unsigned seed, uint64_t *random, size_t *inputs, size_t *outputs, size_t *groups) {
    static const size_t channels[] = {1, 1, 2, 3, 4, 5, 16, 20, 32};
    static const size_t grouped[][3] = {{5, 5, 5},   {16, 16, 16}, {32, 32, 32}, {16, 16, 4},
                                        {32, 32, 2}, {32, 64, 2},  {64, 32, 2},  {6, 12, 3}};
    bool in_groups = seed % 5 == 0;
    const size_t *chosen = grouped[random_below(random, 8)];
    *inputs = in_groups ? chosen[0] : channels[random_below(random, 9)];
    *outputs = in_groups ? chosen[1] : channels[random_below(random, 9)];
    *groups = in_groups ? chosen[2] : 1;
}

/* A linear function of tanh of one convolution: its adjoint by phase, in blocks, by Winograd's method, trimmed; every
 * second one is transposed. */
static weights *random_convolution(unsigned seed) {
    uint64_t random = seed;
    bool transposed = seed % 2;
    size_t c, outputs, groups;
    choose_channels(seed, &random, &c, &outputs, &groups);
    size_t size = outputs;
    int h[2], k[2], s[2], p[2], d[2], extra[2] = {0};
    for (int i = 0; i < 2; i++) {
        k[i] = 1 + random_below(&random, 5);
        s[i] = 1 + random_below(&random, 4);
        p[i] = random_below(&random, 6);
        d[i] = 1 + random_below(&random, 3);
        if (seed % 3 == 0) /* as most are in practice */
            s[i] = d[i] = 1;
        if (transposed)
            extra[i] = random_below(&random, s[i] > d[i] ? s[i] : d[i]);
        int least = transposed ? 1 : (k[i] - 1) * d[i] + 1 - 2 * p[i];
        h[i] = (least > 1 ? least : 1) + random_below(&random, transposed ? 12 : 20);
        while (transposed && transposed_size(h[i], k[i], s[i], p[i], d[i], extra[i]) < 1)
            h[i]++;
        size *= (size_t)(transposed ? transposed_size(h[i], k[i], s[i], p[i], d[i], extra[i])
                                    : result_size(h[i], k[i], s[i], p[i], d[i]));
    }
    char text[200];
    weights *w = weights_new("energy", (int)c, h[0], h[1]);
    size_t taps = (size_t)(k[0] * k[1]);
    fill_tensor(w, "w", 4,
                (size_t[]){transposed ? c : outputs, (transposed ? outputs : c) / groups, (size_t)k[0], (size_t)k[1]},
                c / groups * taps, &random);
    fill_tensor(w, "b", 1, (size_t[]){outputs}, 1, &random);
    fill_tensor(w, "v", 2, (size_t[]){1, size}, size, &random);
    int used =
        snprintf(text, sizeof text, "{'stride': [%d, %d], 'padding': [%d, %d], 'dilation': [%d, %d], 'groups': %zu",
                 s[0], s[1], p[0], p[1], d[0], d[1], groups);
    snprintf(text + used, sizeof text - (size_t)used, transposed ? ", 'output_padding': [%d, %d]}" : "}", extra[0],
             extra[1]);
    weights_node(w, "conv", transposed ? "conv_transpose2d" : "conv2d", "['x']", text, "{'weight': 'w', 'bias': 'b'}");
    weights_node(w, "tanh", "tanh", "['conv']", NULL, NULL);
    snprintf(text, sizeof text, "{'shape': [%zu]}", size);
    weights_node(w, "flat", "reshape", "['tanh']", text, NULL);
    weights_node(w, "e", "linear", "['flat']", NULL, "{'weight': 'v'}");
    return w;
}

static void convolutions_agree_with_the_reference(void **state) {
    (void)state;
    double worst = 0;
    for (unsigned seed = 0; seed < (unsigned)effort(CONVOLUTIONS); seed++) {
        double error = check_energy_network(random_convolution(seed), seed);
        if (!(error <= 1e-5))
            fail_msg("convolution %u errs by %.3g of the largest", seed, error);
        worst = worst_of(worst, error);
    }
    print_message("%d convolutions err by at most %.2g of the largest\n", effort(CONVOLUTIONS), worst);
}

/* E = sum of f_i i for the elements i = 1, 2, ... of node f, and its gradient at x by the plan and by the reference.
 * Frees the weights. */
static void check_gradient_of(weights *w, const char *what, int outputs, const float x[6], const float expected[6]) {
    const float factors[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    weights_tensor(w, "v", 2, (size_t[]){1, (size_t)outputs}, factors);
    char shape[40];
    snprintf(shape, sizeof shape, "{'shape': [%d]}", outputs);
    weights_node(w, "flat", "reshape", "['f']", shape, NULL);
    weights_node(w, "e", "linear", "['flat']", NULL, "{'weight': 'v'}");
    gs_model *model = weights_load(w), *graph = gradient_graph(model);
    gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = true});
    gradients r = gradient_of(plan, x, NULL, 1);
    double *image = doubles(x, 6), reference[6];
    reference_energy(graph, image, 0, reference);
    for (int i = 0; i < 6; i++)
        if (fabsf(r.gradient[i] - expected[i]) > 1e-6F || fabs(reference[i] - (double)expected[i]) > 1e-6)
            fail_msg("%s: element %d is %g and %g, expected %g", what, i, (double)r.gradient[i], reference[i],
                     (double)expected[i]);
    free(image);
    free_gradients(r);
    gs_plan_free(plan);
    gs_model_free(graph);
    gs_model_free(model);
    weights_free(w);
}

/* The same of one operation on x (1, 1, 6). */
static void check_gradient(const char *op, const char *attributes, int outputs, const float x[6],
                           const float expected[6]) {
    weights *w = weights_new("energy", 1, 1, 6);
    weights_node(w, "f", op, "['x']", attributes, NULL);
    check_gradient_of(w, op, outputs, x, expected);
}

/* The first maximum counts; a kink has the slope of its left side. */
static void kinks_have_one_side(void **state) {
    (void)state;
    check_gradient("max_pool", "{'kernel': [1, 3]}", 2, (float[]){1, 1, 0, 2, 3, 3}, (float[]){1, 0, 0, 0, 2, 0});
    check_gradient("max_pool", "{'kernel': [1, 2], 'stride': [1, 1]}", 5, (float[]){1, 1, 1, 0, 2, 2},
                   (float[]){1, 2, 3, 0, 9, 0});
    check_gradient("relu", NULL, 6, (float[]){0, -1, 1, -0.0F, 2, 0}, (float[]){0, 0, 3, 0, 5, 0});
    check_gradient("leaky_relu", "{'slope': 0.5}", 6, (float[]){0, -1, 1, -0.0F, 2, 0}, (float[]){0.5F, 1, 3, 2, 5, 3});
    check_gradient("elu", "{'alpha': 0.5}", 6, (float[]){0, 0, 1, -0.0F, 2, 0}, (float[]){0.5F, 1, 3, 2, 5, 3});
}

/* At infinity slopes are their limits. */
static void slopes_reach_their_limits(void **state) {
    (void)state;
    const float x[6] = {INFINITY, -INFINITY, 0, INFINITY, -INFINITY, 0}, expected[6] = {1, 0, 1.5F, 4, 0, 3};
    check_gradient("silu", NULL, 6, x, expected);
    check_gradient("gelu", NULL, 6, x, expected);
    check_gradient("gelu", "{'approximate': 'tanh'}", 6, x, expected);
}

/* The reference's energy where x has a NaN, which no function and no maximum hides. */
static void nan_is_not_hidden(void **state) {
    (void)state;
    static const char *const cases[][2] = {{"abs", NULL},
                                           {"clamp", "{'low': 0, 'high': 1}"},
                                           {"relu", NULL},
                                           {"max", "{'over': 'all'}"},
                                           {"max_pool", "{'kernel': [1, 6]}"}};
    const double x[6] = {0.5, NAN, 2, 0, NAN, -0.75};
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        about("%s", cases[i][0]);
        weights *w = weights_new("energy", 1, 1, 6);
        double gradient[6];
        weights_node(w, "f", cases[i][0], "['x']", cases[i][1], NULL);
        weights_node(w, "e", "sum", "['f']", "{'over': 'all'}", NULL);
        gs_model *model = weights_load(w), *graph = gradient_graph(model);
        assert_true(isnan(reference_energy(graph, x, 0, gradient)));
        assert_true(isnan(gradient[1]) || gradient[1] == 1); /* that of a maximum goes to the first NaN */
        gs_model_free(graph);
        gs_model_free(model);
        weights_free(w);
    }
}

/* The expected gradients are PyTorch's in float64. */
static void softmax_has_the_gradient_of_pytorch(void **state) {
    (void)state;
    const float x[6] = {0.5F, -1, 2, 0, 1.25F, -0.75F};
    check_gradient(
        "softmax", "{'over': 'last'}", 6, x,
        (float[]){-0.27527299866F, -0.03581827968F, -0.20517076853F, 0.04183049063F, 0.38892132543F, 0.08551023081F});
    check_gradient("softmax", "{'over': 'channels'}", 6, x, (float[]){0, 0, 0, 0, 0, 0}); /* of one channel: 1 */
}

/* Products of a = (2, 3) and b = (3, 2), both x seen as matrices; the expected gradients are PyTorch's in float64. */
static void matmul_has_the_gradient_of_pytorch(void **state) {
    (void)state;
    const float x[6] = {0.5F, -1, 2, 0, 1.25F, -0.75F};
    const struct {
        const char *inputs, *attributes;
        int outputs;
        float expected[6];
    } cases[] = {{"['a', 'a']", "{'transpose_b': 1}", 4, {1, 4.25F, 0.25F, 2.5F, 5, 4}},
                 {"['a', 'b']", "{'transpose_a': 1, 'transpose_b': 1}", 9, {18.75F, 19.25F, 42.75F, -3, 5, -13}}};
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        weights *w = weights_new("energy", 2, 1, 3);
        weights_node(w, "a", "reshape", "['x']", "{'shape': [2, 3]}", NULL);
        weights_node(w, "b", "reshape", "['x']", "{'shape': [1, 3, 2]}", NULL);
        weights_node(w, "f", "matmul", cases[i].inputs, cases[i].attributes, NULL);
        check_gradient_of(w, cases[i].attributes, cases[i].outputs, x, cases[i].expected);
    }
}

/* Queries, keys and values are x (2, 1, 3); the expected gradients are PyTorch's in float64. */
static void attention_has_the_gradient_of_pytorch(void **state) {
    (void)state;
    const float x[6] = {0.5F, -1, 2, 0, 1.25F, -0.75F}, mask[9] = {0.5F, -0.25F, 1, 0, -1, 0.75F, 0.125F, 0.5F, 2};
    const struct {
        const char *attributes;
        bool masked;
        float expected[6];
    } cases[] = {
        {"{'heads': 1}", false, {-0.4863964501F, 1.512338733F, 3.06974607F, 2.86051963F, 5.798845191F, 7.653241618F}},
        {"{'heads': 2, 'scale': 0.5}",
         false,
         {1.291673222F, 2.736310779F, 4.725333973F, 5.498937764F, 7.607875478F, 6.580748673F}},
        {"{'heads': 1, 'causal': 1}",
         false,
         {1.639033185F, 1.297016613F, 2.717813346F, 4.694982131F, 5.036097649F, 5.552889287F}},
        {"{'heads': 2}", true, {1.027105872F, 4.441931485F, 3.706892448F, 4.126775207F, 8.948530292F, 8.585630514F}}};
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        weights *w = weights_new("energy", 2, 1, 3);
        weights_tensor(w, "m", 3, (size_t[]){1, 3, 3}, mask);
        weights_node(w, "mask", "constant", NULL, NULL, "{'value': 'm'}");
        weights_node(w, "f", "attention", cases[i].masked ? "['x', 'x', 'x', 'mask']" : "['x', 'x', 'x']",
                     cases[i].attributes, NULL);
        check_gradient_of(w, cases[i].attributes, 6, x, cases[i].expected);
    }
}

/* f is the squares of slices of x, one after the other: their derivatives are joined where one slice begins where the
 * other ends, in whatever order, and added where they are apart or overlap. */
static void slices_give_the_sum_of_their_derivatives(void **state) {
    (void)state;
    enum { PARTS = 3 };
    static const int cases[][PARTS][2] = {{{0, 2}, {2, 6}},         {{2, 6}, {0, 2}},         {{0, 2}, {3, 6}},
                                          {{1, 3}, {3, 5}},         {{0, 3}, {2, 6}},         {{0, 2}, {2, 4}, {4, 6}},
                                          {{4, 6}, {0, 2}, {2, 4}}, {{0, 2}, {4, 6}, {1, 4}}, {{5, 6}, {5, 6}}};
    const float x[6] = {0.5F, -1, 2, 0, 1.25F, -0.75F};
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        weights *w = weights_new("energy", 6, 1, 1);
        float expected[6] = {0};
        char names[60] = "", text[60];
        int outputs = 0;
        for (int k = 0; k < PARTS && cases[i][k][1]; k++) {
            const int *part = cases[i][k];
            snprintf(text, sizeof text, "{'begin': %d, 'end': %d}", part[0], part[1]);
            char slice[] = {'s', (char)('0' + k), '\0'};
            weights_node(w, slice, "slice", "['x']", text, NULL);
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s'%s'", k ? ", " : "", slice);
            for (int at = part[0]; at < part[1]; at++)
                expected[at] += 2 * x[at] * (float)++outputs;
        }
        snprintf(text, sizeof text, "[%s]", names);
        weights_node(w, "all", "concat", text, NULL, NULL);
        weights_node(w, "f", "square", "['all']", NULL, NULL);
        snprintf(text, sizeof text, "slices, case %zu", i);
        check_gradient_of(w, text, outputs, x, expected);
    }
}

/* A mask that depends on x, too: x^T x of x (2, 3). The expected gradients are differences in float64. */
static void masks_have_derivatives(void **state) {
    (void)state;
    const float x[6] = {0.5F, -1, 2, 0, 1.25F, -0.75F};
    const float expected[2][6] = {{-1.352321019F, 2.184794804F, 3.358428732F, 1.919984866F, 5.276370818F, 8.937650399F},
                                  {-1.400711826F, 2.32012923F, 3.315267269F, 4.375096711F, 5.715898324F, 8.467599621F}};
    for (int heads = 1; heads <= 2; heads++) {
        char text[20];
        weights *w = weights_new("energy", 2, 1, 3);
        weights_node(w, "a", "reshape", "['x']", "{'shape': [2, 3]}", NULL);
        weights_node(w, "product", "matmul", "['a', 'a']", "{'transpose_a': 1}", NULL);
        weights_node(w, "mask", "reshape", "['product']", "{'shape': [1, 3, 3]}", NULL);
        snprintf(text, sizeof text, "{'heads': %d}", heads);
        weights_node(w, "f", "attention", "['x', 'x', 'x', 'mask']", text, NULL);
        check_gradient_of(w, text, 6, x, expected[heads - 1]);
    }
}

/* E of attention among 2^14 positions: its derivative would hold 2^28 scores. */
static void derivatives_too_large_are_refused(void **state) {
    (void)state;
    weights *w = weights_new("energy", 1, 128, 128);
    weights_node(w, "mix", "attention", "['x', 'x', 'x']", "{'heads': 1}", NULL);
    weights_node(w, "e", "mean", "['mix']", "{'over': 'all'}", NULL);
    gs_model *model = weights_load(w);
    gs_plan *plan;
    gs_error error;
    assert_int_equal(gs_plan_create(model, &(gs_plan_options){.gradient = true}, &plan, &error), GS_ERROR_UNSUPPORTED);
    assert_string_equal(error.message,
                        "gradient: node 'mix': its derivative needs values of more than 67108864 elements");
    gs_model_free(model);
    weights_free(w);
}

/* The graph of a network of causal attention has the mask once. */
static void causal_masks_are_shared(void **state) {
    (void)state;
    weights *w = weights_new("energy", 2, 4, 4);
    weights_node(w, "a", "attention", "['x', 'x', 'x']", "{'heads': 1, 'causal': 1}", NULL);
    weights_node(w, "b", "attention", "['a', 'a', 'x']", "{'heads': 2, 'causal': 1}", NULL);
    weights_node(w, "e", "mean", "['b']", "{'over': 'all'}", NULL);
    gs_model *model = weights_load(w), *graph;
    int masks = 0;
    assert_int_equal(gs_gradient_graph(model, &graph, NULL), GS_OK);
    for (int n = 0; n < graph->nodes; n++)
        masks += graph->node[n].op == GS_OP_CONSTANT && gs_shape_size(graph->node[n].shape) == 16 * 16;
    assert_int_equal(masks, 1);
    gs_model_free(graph);
    gs_model_free(model);
    weights_free(w);
}

static void comparisons_have_the_gradient_of_pytorch(void **state) {
    (void)state;
    const float x[6] = {0, -1, 2, 2, 0.5F, -2};
    check_gradient("abs", NULL, 6, x, (float[]){0, -2, 3, 4, 5, -6});
    check_gradient("clamp", "{'low': -1, 'high': 2}", 6, x, (float[]){1, 2, 3, 4, 5, 0});
    check_gradient("clamp", "{'low': 0.5}", 6, x, (float[]){0, 0, 3, 4, 5, 0});
    check_gradient("clamp", "{'low': 1, 'high': 0}", 6, x, (float[]){0, 0, 0, 0, 0, 0});
    check_gradient("max", "{'over': 'all'}", 1, x, (float[]){0, 0, 0.5F, 0.5F, 0, 0});
    check_gradient("max", "{'over': 'channels'}", 6, x, (float[]){1, 2, 3, 4, 5, 6});
    for (int i = 0; i < 2; i++)
        check_gradient(i ? "sign" : "floor", NULL, 6, x, (float[]){0, 0, 0, 0, 0, 0});
    const float y[6] = {0.5F, -1, 2, 0, 1.25F, -0.75F}, z[6] = {0.5F, 1, 2, 0.25F, 1.25F, 3};
    check_gradient("erf", NULL, 6, y,
                   (float[]){0.878782579F, 0.830214995F, 0.0620009561F, 4.51351667F, 1.18260561F, 3.85758642F});
    check_gradient("power", "{'exponent': 1.5}", 6, z,
                   (float[]){1.06066017F, 3, 6.36396103F, 3, 8.38525492F, 15.5884573F});
    check_gradient("power", "{'exponent': 0}", 6, y, (float[]){0, 0, 0, 0, 0, 0});
}

/* E = x_1^2 + 2 x_2^2 of channels 1 and 2 out of three of a single pixel: the derivative of their sums over positions
 * has rank 1 and the slice's result rank 3. */
static void slices_take_derivatives_of_another_rank(void **state) {
    (void)state;
    weights *w = weights_new("energy", 3, 1, 1);
    weights_tensor(w, "v", 2, (size_t[]){1, 2}, (float[]){1, 2});
    weights_node(w, "slice", "slice", "['x']", "{'begin': 1, 'end': 3}", NULL);
    weights_node(w, "sums", "sum", "['slice']", "{'over': 'positions'}", NULL);
    weights_node(w, "squares", "square", "['sums']", NULL, NULL);
    weights_node(w, "e", "linear", "['squares']", NULL, "{'weight': 'v'}");
    gs_model *model = weights_load(w), *graph = gradient_graph(model);
    weights_free(w);
    gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = true});
    gradients r = gradient_of(plan, (float[]){5, 6, 7}, NULL, 1);
    const float expected[3] = {0, 12, 28};
    double reference[3];
    assert_true(reference_energy(graph, (double[]){5, 6, 7}, 0, reference) == 134 && r.energy[0] == 134);
    for (int i = 0; i < 3; i++) {
        about("i %d", i);
        assert_true(r.gradient[i] == expected[i] && reference[i] == (double)expected[i]);
    }
    free_gradients(r);
    gs_plan_free(plan);
    gs_model_free(graph);
    gs_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinks_have_one_side),
        cmocka_unit_test(slopes_reach_their_limits),
        cmocka_unit_test(nan_is_not_hidden),
        cmocka_unit_test(softmax_has_the_gradient_of_pytorch),
        cmocka_unit_test(matmul_has_the_gradient_of_pytorch),
        cmocka_unit_test(attention_has_the_gradient_of_pytorch),
        cmocka_unit_test(slices_give_the_sum_of_their_derivatives),
        cmocka_unit_test(masks_have_derivatives),
        cmocka_unit_test(derivatives_too_large_are_refused),
        cmocka_unit_test(causal_masks_are_shared),
        cmocka_unit_test(comparisons_have_the_gradient_of_pytorch),
        cmocka_unit_test(slices_take_derivatives_of_another_rank),
        cmocka_unit_test(convolutions_agree_with_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
