/* The oneDNN backend: compared with PyTorch's results, and used as an oracle for the native one, operation by
 * operation. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <omp.h>

#include "support/about.h"
#include "support/graphs.h"
#include "support/networks.h"
#include "support/random.h"
#include "support/weights.h"
#include "support/worst.h"

/* ---- Helpers ---- */

/* Skip the running test, with the reason, if the build has no oneDNN. */
static void need_onednn(void) {
    char about[100];
    bool built;
    assert_string_equal(gs_backend_name(1, &built, about, sizeof about), "onednn");
    if (built)
        return;
    print_message("skipped - the oneDNN backend: %s\n", about);
    skip();
}

static gs_plan *onednn_plan(const gs_model *model, int threads, int block) {
    return make_plan(model, (gs_plan_options){.backend = "onednn", .threads = threads, .block = block});
}

/* The largest difference of `found` from `expected`, image by image, in units of the largest expected element. */
static double difference(result expected, result found, size_t n) {
    double worst = 0;
    for (int k = 0; k < 2; k++) {
        double *image = malloc((expected.size[k] + 1) * sizeof *image);
        assert_non_null(image);
        for (size_t i = 0; expected.size[k] && i < n; i++) {
            for (size_t e = 0; e < expected.size[k]; e++)
                image[e] = (double)expected.out[k][i * expected.size[k] + e];
            worst = worst_of(worst, relative_error(found.out[k] + i * expected.size[k], image, expected.size[k]));
        }
        free(image);
    }
    return worst;
}

/* Counts the steps of a plan that `backend` runs, according to gs_plan_describe, among lines that begin with one of the
 * operations. */
static int steps_of(const gs_plan *plan, const char *backend) {
    char text[300];
    int steps = 0;
    for (int i = 0; gs_plan_describe(plan, i, text, sizeof text); i++)
        steps += strstr(text, backend) != NULL;
    return steps;
}

/* ---- Whole networks ---- */

static bool is_foreign(const gs_node *node) {
    return node->per_sample && (node->op == GS_OP_CONV2D || node->op == GS_OP_LINEAR || node->op == GS_OP_MAX_POOL ||
                                node->op == GS_OP_AVG_POOL);
}

static void networks_agree_with_pytorch(void **state) {
    (void)state;
    need_onednn();
    for (int i = 0; i < GOLDENS; i++) {
        about("i %d", i);
        golden g = golden_load(golden_names[i]);
        double worst = 0;
        for (int block = 0; block < 4; block += 3) {
            about("i %d, block %d", i, block);
            gs_plan *plan = onednn_plan(g.model, 1 + block % 2, block);
            worst = worst_of(worst, golden_error(&g, plan));
            int expected = 0;
            for (int n = 0; n < g.model->nodes; n++)
                expected += is_foreign(&g.model->node[n]);
            assert_in_range(steps_of(plan, " onednn "), expected, expected + 1); /* the zoo has an adaptive pool */
            assert_string_equal(gs_plan_get_info(plan).backend, "onednn");
            gs_plan_free(plan);
        }
        print_message("%-10s errs by at most %.2g of the largest\n", golden_names[i], worst);
        assert_true(worst <= 1e-5);
        golden_free(&g);
    }
}

enum { GRAPHS = 400, IMAGES = 3 };

static void random_networks_agree_with_the_reference(void **state) {
    (void)state;
    need_onednn();
    double worst = 0;
    int wrong = 0;
    for (unsigned seed = 0; seed < GRAPHS; seed++) {
        weights *w = graph_random(seed);
        gs_model *model = weights_load(w);
        weights_free(w);
        const int labels[IMAGES] = {2, 3, 0};
        float *x = random_images(model, IMAGES, seed);
        gs_plan *plan = onednn_plan(model, 1 + (int)seed % 2, 1 + (int)seed % 3);
        result r = evaluate(plan, x, 0.75, labels, IMAGES);
        double error = reference_error(model, x, IMAGES, 0.75, labels, r);
        if (!(error <= 3e-5)) {
            print_message("graph %u errs by %.3g of the largest\n", seed, error);
            wrong++;
        }
        worst = worst_of(worst, error);
        free_result(r);
        gs_plan_free(plan);
        free(x);
        gs_model_free(model);
    }
    print_message("%d random networks err by at most %.2g of the largest\n", GRAPHS, worst);
    assert_int_equal(wrong, 0);
}

/* ---- Single operations, native against oneDNN ---- */

/* Enough for a turn of several images and for a remainder. */
enum { BATCH = 11, BLOCK = 9 };

/* Rounding differs in its order and, where the native backend uses Winograd's method, in kind. */
static const double tolerance = 2e-5;

/* End the network after node `op`, whose result has `size` elements, and compare the backends on it. */
static double compare(weights *w, size_t size, uint64_t seed) {
    char shape[40];
    snprintf(shape, sizeof shape, "{'shape': [%zu]}", size);
    weights_node(w, "end", "reshape", "['op']", shape, NULL);
    weights_outputs(w, "['end']");
    gs_model *model = weights_load(w);
    weights_free(w);
    float *x = random_images(model, BATCH, (unsigned)seed);
    gs_plan *native = make_plan(model, (gs_plan_options){.threads = 1, .block = BLOCK}),
            *other = onednn_plan(model, 1, BLOCK);
    assert_string_equal(gs_plan_get_info(native).backend, "native");
    assert_int_equal(steps_of(native, " onednn "), 0);
    assert_int_equal(steps_of(other, " onednn "), 1);
    result expected = evaluate(native, x, 1, NULL, BATCH), found = evaluate(other, x, 1, NULL, BATCH);
    double error = difference(expected, found, BATCH);
    free_result(expected);
    free_result(found);
    gs_plan_free(native);
    gs_plan_free(other);
    gs_model_free(model);
    free(x);
    return error;
}

/* The node alone with its own weights. */
static weights *alone(const gs_model *model, const gs_node *node) {
    gs_shape in = gs_value_shape(model, node->input[0]);
    const gs_attributes *a = &node->attributes;
    char attributes[300] = "", shape[40];
    weights *w = weights_new("classifier", in.d[0], in.d[1], in.d[2]);
    if (node->weight)
        weights_tensor(w, "w", node->weight->rank, node->weight->shape, node->weight->data);
    if (node->bias)
        weights_tensor(w, "b", node->bias->rank, node->bias->shape, node->bias->data);
    snprintf(shape, sizeof shape, "{'shape': [%d]}", in.d[0]);
    if (in.rank == 1)
        weights_node(w, "flat", "reshape", "['x']", shape, NULL);
    if (node->op == GS_OP_CONV2D)
        snprintf(attributes, sizeof attributes,
                 "{'stride': [%d, %d], 'padding': [%d, %d], 'dilation': [%d, %d], 'groups': %d}", a->stride[0],
                 a->stride[1], a->padding[0], a->padding[1], a->dilation[0], a->dilation[1], a->groups);
    else if (node->op != GS_OP_LINEAR)
        snprintf(attributes, sizeof attributes, "{'kernel': [%d, %d], 'stride': [%d, %d], 'padding': [%d, %d]%s}",
                 a->kernel[0], a->kernel[1], a->stride[0], a->stride[1], a->padding[0], a->padding[1],
                 node->op == GS_OP_AVG_POOL && !a->count_padding ? ", 'count_padding': 0" : "");
    weights_node(w, "op", gs_op_name(node->op), in.rank == 1 ? "['flat']" : "['x']", *attributes ? attributes : NULL,
                 !node->weight ? NULL
                 : node->bias  ? "{'weight': 'w', 'bias': 'b'}"
                               : "{'weight': 'w'}");
    return w;
}

static void operations_of_the_models_agree(void **state) {
    (void)state;
    need_onednn();
    for (int i = 0; i < GOLDENS; i++) {
        golden g = golden_load(golden_names[i]);
        double worst = 0;
        int count = 0;
        for (int n = 0; n < g.model->nodes; n++) {
            const gs_node *node = &g.model->node[n];
            if (!is_foreign(node))
                continue;
            double error = compare(alone(g.model, node), gs_shape_size(node->shape), (uint64_t)n);
            if (!(error <= tolerance))
                fail_msg("%s, node %s: oneDNN differs by %.3g of the largest", golden_names[i], node->name, error);
            worst = worst_of(worst, error);
            count++;
        }
        print_message("%-10s %d operations differ by at most %.2g of the largest\n", golden_names[i], count, worst);
        golden_free(&g);
    }
}

static int windows(int size, int kernel, int stride, int padding, int dilation) {
    int room = size + 2 * padding - dilation * (kernel - 1) - 1;
    return room < 0 ? 0 : room / stride + 1;
}

static size_t size_of(int a) {
    return (size_t)a;
}

/* Channels around whole vectors and groups of them. */
static int channels(uint64_t *random) {
    static const int counts[] = {1, 2, 3, 5, 8, 15, 16, 17, 24, 31, 32, 33, 48, 64, 80, 100};
    return counts[random_below(random, 16)];
}

typedef struct window {
    int kernel[2], stride[2], padding[2], dilation[2], out[2];
} window;

/* Random windows that fit into h x w. */
static window random_window(uint64_t *random, const int size[2], bool pool) {
    window v;
    bool plain = random_below(random, 3) == 0;
    for (int i = 0; i < 2; i++)
        do {
            v.kernel[i] = plain ? 3 : 1 + random_below(random, 5);
            v.stride[i] = plain ? 1 : 1 + random_below(random, 3);
            v.dilation[i] = plain || pool ? 1 : 1 + random_below(random, 3);
            v.padding[i] = random_below(random, pool ? v.kernel[i] / 2 + 1 : 4);
            v.out[i] = windows(size[i], v.kernel[i], v.stride[i], v.padding[i], v.dilation[i]);
        } while (v.out[i] == 0);
    return v;
}

/* A tensor `name` whose sums of products with numbers of unit size have unit size again. */
static void random_tensor(weights *w, const char *name, int rank, const size_t *shape, uint64_t *random) {
    size_t count = 1, inputs = 1;
    for (int i = 0; i < rank; i++) {
        count *= shape[i];
        inputs *= i ? shape[i] : 1;
    }
    float *data = malloc(count * sizeof *data);
    assert_non_null(data);
    for (size_t i = 0; i < count; i++)
        data[i] = random_float(random) * sqrtf(3 / (float)inputs);
    weights_tensor(w, name, rank, shape, data);
    free(data);
}

static weights *random_convolution(uint64_t *random, size_t *size) {
    int in = channels(random), out = channels(random), groups = 1;
    const int hw[2] = {1 + random_below(random, 20), 1 + random_below(random, 20)};
    if (random_below(random, 4) == 0) {
        groups = in % 2 || random_below(random, 2) ? in : 2; /* each channel alone, or halves */
        out = groups * (1 + random_below(random, 3));
    }
    window v = random_window(random, hw, false);
    bool bias = random_below(random, 2);
    char attributes[200];
    snprintf(attributes, sizeof attributes,
             "{'stride': [%d, %d], 'padding': [%d, %d], 'dilation': [%d, %d], 'groups': %d}", v.stride[0], v.stride[1],
             v.padding[0], v.padding[1], v.dilation[0], v.dilation[1], groups);
    weights *w = weights_new("classifier", in, hw[0], hw[1]);
    random_tensor(w, "w", 4, (size_t[]){size_of(out), size_of(in / groups), size_of(v.kernel[0]), size_of(v.kernel[1])},
                  random);
    if (bias)
        random_tensor(w, "b", 1, (size_t[]){size_of(out)}, random);
    weights_node(w, "op", "conv2d", "['x']", attributes, bias ? "{'weight': 'w', 'bias': 'b'}" : "{'weight': 'w'}");
    *size = size_of(out * v.out[0] * v.out[1]);
    return w;
}

static weights *random_linear(uint64_t *random, size_t *size) {
    int in = channels(random) * (1 + random_below(random, 4)), out = channels(random);
    bool bias = random_below(random, 2);
    char shape[40];
    snprintf(shape, sizeof shape, "{'shape': [%d]}", in);
    weights *w = weights_new("classifier", in, 1, 1);
    random_tensor(w, "w", 2, (size_t[]){size_of(out), size_of(in)}, random);
    if (bias)
        random_tensor(w, "b", 1, (size_t[]){size_of(out)}, random);
    weights_node(w, "flat", "reshape", "['x']", shape, NULL);
    weights_node(w, "op", "linear", "['flat']", NULL, bias ? "{'weight': 'w', 'bias': 'b'}" : "{'weight': 'w'}");
    *size = size_of(out);
    return w;
}

static weights *random_pool(uint64_t *random, size_t *size) {
    int c = channels(random), kind = random_below(random, 4);
    const int hw[2] = {1 + random_below(random, 20), 1 + random_below(random, 20)};
    window v = random_window(random, hw, true);
    char attributes[200];
    weights *w = weights_new("classifier", c, hw[0], hw[1]);
    if (kind == 0) {
        for (int i = 0; i < 2; i++) /* windows that are all alike */
            do
                v.out[i] = 1 + random_below(random, hw[i]);
            while (hw[i] % v.out[i]);
        snprintf(attributes, sizeof attributes, "{'size': [%d, %d]}", v.out[0], v.out[1]);
    } else {
        snprintf(attributes, sizeof attributes, "{'kernel': [%d, %d], 'stride': [%d, %d], 'padding': [%d, %d]%s}",
                 v.kernel[0], v.kernel[1], v.stride[0], v.stride[1], v.padding[0], v.padding[1],
                 kind == 1 ? ", 'count_padding': 0" : "");
    }
    weights_node(w, "op",
                 kind == 0   ? "adaptive_avg_pool"
                 : kind == 3 ? "max_pool"
                             : "avg_pool",
                 "['x']", attributes, NULL);
    *size = size_of(c * v.out[0] * v.out[1]);
    return w;
}

static void check_random(const char *what, weights *(*make)(uint64_t *, size_t *), int count) {
    double worst = 0;
    for (int i = 0; i < count; i++) {
        uint64_t random = (uint64_t)i;
        size_t size;
        weights *w = make(&random, &size);
        double error = compare(w, size, (uint64_t)i);
        if (!(error <= tolerance))
            fail_msg("%s %d: oneDNN differs by %.3g of the largest", what, i, error);
        worst = worst_of(worst, error);
    }
    print_message("%d %s differ by at most %.2g of the largest\n", count, what, worst);
}

/* 0 where the system does not tell. */
static int threads_of_process(void) {
    char line[200];
    int threads = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        sscanf(line, "Threads: %d", &threads);
    if (f)
        fclose(f);
    return threads;
}

/* This test runs second, while the process still has only its first thread. */
static void random_operations_agree(void **state) {
    (void)state;
    need_onednn();
    check_random("random convolutions", random_convolution, 400);
    check_random("random linear layers", random_linear, 100);
    check_random("random pools", random_pool, 200);
    assert_in_range(threads_of_process(), 0, 1); /* none of these plans has more than one, or lets oneDNN have more */
}

/* ---- What is special about the backend ---- */

/* A convolution of values that are 1 / 0 beyond the last channel. */
static weights *infinite_lanes(size_t channels, size_t kernel, size_t outputs) {
    uint64_t random = channels;
    size_t size = 7 - kernel;
    char shape[40];
    float *bias = malloc(channels * sizeof *bias);
    assert_non_null(bias);
    for (size_t i = 0; i < channels; i++)
        bias[i] = 10;
    weights *w = weights_new("classifier", 3, 6, 6);
    random_tensor(w, "first", 4, (size_t[]){channels, 3, 3, 3}, &random);
    random_tensor(w, "second", 4, (size_t[]){outputs, channels, kernel, kernel}, &random);
    weights_tensor(w, "b", 1, &channels, bias);
    free(bias);
    weights_node(w, "first", "conv2d", "['x']", "{'padding': [1, 1]}", "{'weight': 'first', 'bias': 'b'}");
    weights_node(w, "turned", "reciprocal", "['first']", NULL, NULL);
    weights_node(w, "second", "conv2d", "['turned']", NULL, "{'weight': 'second'}");
    snprintf(shape, sizeof shape, "{'shape': [%zu]}", outputs * size * size);
    weights_node(w, "end", "reshape", "['second']", shape, NULL);
    weights_outputs(w, "['end']");
    return w;
}

static void lanes_past_the_last_channel_do_not_matter(void **state) {
    (void)state;
    need_onednn();
    static const size_t cases[][3] = {{5, 3, 7}, {17, 3, 16}, {24, 1, 32}}; /* channels, kernel, outputs */
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        weights *w = infinite_lanes(cases[i][0], cases[i][1], cases[i][2]);
        gs_model *model = weights_load(w);
        weights_free(w);
        float *x = random_images(model, BATCH, (unsigned)i);
        gs_plan *plan = onednn_plan(model, 1, 0);
        const int labels[BATCH] = {0};
        result r = evaluate(plan, x, 1, NULL, BATCH);
        double error = reference_error(model, x, BATCH, 1, labels, r);
        if (!(error <= tolerance))
            fail_msg("%zu channels: errs by %.3g of the largest", cases[i][0], error);
        free_result(r);
        gs_plan_free(plan);
        gs_model_free(model);
        free(x);
    }
}

/* This test runs first, while the process has only its first thread. */
static void one_thread_is_one_thread(void **state) {
    (void)state;
    need_onednn();
    omp_set_num_threads(4); /* the number that oneDNN would use */
    for (int i = 0; i < GOLDENS; i++) {
        about("i %d", i);
        golden g = golden_load(golden_names[i]);
        gs_plan *plan = onednn_plan(g.model, 1, 0);
        golden_error(&g, plan);
        assert_int_equal(omp_get_max_threads(), 4);
        gs_plan_free(plan);
        golden_free(&g);
    }
    assert_in_range(threads_of_process(), 0, 1);
}

static void threads_do_not_meet(void **state) {
    (void)state;
    need_onednn();
    enum { MANY = 60 };
    golden g = golden_load("zoo");
    float *x = random_images(g.model, MANY, 5);
    gs_plan *one = onednn_plan(g.model, 1, 4);
    result expected = evaluate(one, x, 1, NULL, MANY);
    for (int threads = 2; threads <= 5; threads++) {
        gs_plan *plan = onednn_plan(g.model, threads, 4);
        for (int round = 0; round < 5; round++) {
            result r = evaluate(plan, x, 1, NULL, MANY);
            double error = difference(expected, r, MANY);
            if (!(error <= 1e-6))
                fail_msg("%d threads: differs by %.3g of the largest", threads, error);
            free_result(r);
        }
        gs_plan_free(plan);
    }
    free_result(expected);
    gs_plan_free(one);
    free(x);
    golden_free(&g);
}

/* The library itself allocates no more often for 8 blocks than for one. */
static void nothing_is_allocated_after_planning(void **state) {
    (void)state;
    need_onednn();
    golden g = golden_load("tiny");
    float *x = random_images(g.model, 64, 5);
    gs_plan *plan = onednn_plan(g.model, 1, 8);
    size_t before = gs_allocations();
    free_result(evaluate(plan, x, 1, NULL, 8));
    size_t between = gs_allocations();
    free_result(evaluate(plan, x, 1, NULL, 64));
    assert_int_equal(gs_allocations() - between, between - before);
    gs_plan_free(plan);
    free(x);
    golden_free(&g);
}

static void unknown_backends_are_refused(void **state) {
    (void)state;
    golden g = golden_load("tiny");
    gs_plan *plan;
    gs_error error;
    gs_plan_options options = {.backend = "mkl"};
    assert_int_equal(gs_plan_create(g.model, &options, &plan, &error), GS_ERROR_ARGUMENT);
    assert_null(plan);
    assert_non_null(strstr(error.message, "\"mkl\" is no backend; known are native, onednn"));
    char about[100];
    bool built;
    assert_string_equal(gs_backend_name(0, &built, about, sizeof about), "native");
    assert_true(built);
    assert_null(gs_backend_name(2, &built, about, sizeof about));
    assert_null(gs_backend_name(-1, &built, about, sizeof about));
    gs_backend_name(1, &built, about, sizeof about);
    options.backend = "onednn";
    assert_int_equal(gs_plan_create(g.model, &options, &plan, &error), built ? GS_OK : GS_ERROR_UNSUPPORTED);
    if (!built)
        assert_non_null(strstr(error.message, "onednn is not in this build"));
    gs_plan_free(plan);
    golden_free(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_is_one_thread),
        cmocka_unit_test(random_operations_agree),
        cmocka_unit_test(networks_agree_with_pytorch),
        cmocka_unit_test(operations_of_the_models_agree),
        cmocka_unit_test(random_networks_agree_with_the_reference),
        cmocka_unit_test(lanes_past_the_last_channel_do_not_matter),
        cmocka_unit_test(threads_do_not_meet),
        cmocka_unit_test(nothing_is_allocated_after_planning),
        cmocka_unit_test(unknown_backends_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
