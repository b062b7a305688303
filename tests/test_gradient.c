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
#include "support/about.h"
#include "support/effort.h"
#include "support/graphs.h"
#include "support/npy.h"
#include "support/random.h"

enum { GRAPHS = 400, IMAGES = 3 };
static const double sigma = 0.75;
static const int labels[IMAGES] = {2, 3, 0};

/* ---- Helpers ---- */

static gs_plan *plan_of(const gs_model *model, gs_plan_options options) {
    gs_plan *plan = NULL;
    gs_error error = {.status = GS_OK};
    if (gs_plan_create(model, &options, &plan, &error))
        fail_msg("%s", error.message);
    return plan;
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

static size_t image_size(const gs_model *model) {
    return gs_shape_size(gs_value_shape(model, GS_VALUE_X));
}

static float *random_images(const gs_model *model, size_t n, unsigned seed) {
    uint64_t random = seed;
    float *x = malloc(n * image_size(model) * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < n * image_size(model); i++)
        x[i] = 2 * random_float(&random);
    return x;
}

static const int *labels_of(const gs_model *model) {
    return model->info.labels ? labels : NULL;
}

static gs_model *gradient_graph(const gs_model *model) {
    gs_model *graph = NULL;
    gs_error error = {.status = GS_OK};
    if (gs_gradient_graph(model, &graph, &error))
        fail_msg("%s", error.message);
    return graph;
}

/* The energy and, unless NULL, the gradient of one image in double precision. */
static double reference_energy(const gs_model *graph, const double *x, int label, double *gradient) {
    double energy = 0;
    gs_error error = {.status = GS_OK};
    assert_int_equal(gs_reference_evaluate(graph, x, sigma, label, &energy, gradient, &error), GS_OK);
    return energy;
}

static double *doubles(const float *x, size_t size) {
    double *d = malloc(size * sizeof *d);
    assert_non_null(d);
    for (size_t i = 0; i < size; i++)
        d[i] = (double)x[i];
    return d;
}

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
        worst = fmax(worst, error);
        free(image);
        free(x);
        free(gradient);
        gs_model_free(graph);
        gs_model_free(model);
    }
    print_message("%d random networks err by at most %.2g of the gradient\n", effort(GRAPHS), worst);
    for (int op = 0; effort_percent() == 100 && op < GS_OP_ALL; op++)
        if (!seen[op] && op != GS_OP_CONSTANT && op != GS_OP_EMBEDDING && op != GS_OP_COUNT)
            fail_msg("no network has the gradient of %s", gs_op_name((gs_op)op));
    assert_int_equal(wrong, 0);
}

/* ---- Plans against the reference ---- */

typedef struct result {
    float *energy, *gradient;
} result;

static result gradient_at(gs_plan *plan, const float *x, double level, const int *given, size_t n) {
    const gs_model *model = gs_plan_get_model(plan);
    result r = {calloc(n + 1, sizeof(float)), calloc(n * image_size(model) + 1, sizeof(float))};
    gs_error error = {.status = GS_OK};
    assert_non_null(r.energy);
    assert_non_null(r.gradient);
    if (gs_plan_gradient(plan, x, level, given, n, r.energy, r.gradient, &error))
        fail_msg("%s", error.message);
    return r;
}

static result gradient_of(gs_plan *plan, const float *x, const int *given, size_t n) {
    return gradient_at(plan, x, sigma, given, n);
}

static void free_result(result r) {
    free(r.energy);
    free(r.gradient);
}

static void assert_same(const float *a, const float *b, size_t n, const char *what) {
    for (size_t i = 0; i < n; i++)
        if (memcmp(&a[i], &b[i], sizeof(float)))
            fail_msg("%s: element %zu is %.9g, not %.9g", what, i, (double)b[i], (double)a[i]);
}

/* The largest error in units of the largest element; the absolute error where the gradient should vanish, as before the
 * norm of a single number or the mean of a norm's result. */
static double relative_error(const float *found, const double *expected, size_t size) {
    double most = 0, error = 0;
    for (size_t i = 0; i < size; i++) {
        most = fmax(most, fabs(expected[i]));
        double e = fabs((double)found[i] - expected[i]);
        error = e <= error ? error : e; /* NaN is the largest */
    }
    return most > 1e-10 ? error / most : error;
}

/* The largest error of the gradients, in units of each image's largest element. */
static double reference_error(const gs_model *model, const float *x, const float *gradient) {
    size_t size = image_size(model);
    gs_model *graph = gradient_graph(model);
    double worst = 0, *expected = malloc(size * sizeof *expected);
    assert_non_null(expected);
    for (size_t i = 0; i < IMAGES; i++) {
        double *image = doubles(x + i * size, size);
        reference_energy(graph, image, labels[i], expected);
        worst = fmax(worst, relative_error(gradient + i * size, expected, size));
        free(image);
    }
    free(expected);
    gs_model_free(graph);
    return worst;
}

/* A plan with the gradient gives the energies of one without, whether asked for the gradient or not. */
static void check_energies(const gs_model *model, const float *x, const float *energy) {
    for (int gradient = 0; gradient < 2; gradient++) {
        about("gradient %d", gradient);
        gs_plan *plan = plan_of(model, (gs_plan_options){.threads = 1, .block = 2, .gradient = gradient});
        float found[IMAGES];
        assert_int_equal(
            gs_plan_evaluate(plan, x, sigma, labels_of(model), IMAGES, (float *const[2]){found, NULL}, NULL), GS_OK);
        assert_same(energy, found, IMAGES, gradient ? "energy alone" : "energy of a plan without gradient");
        gs_plan_free(plan);
    }
}

/* Checks that every instruction set gives the bytes of scalar C, and returns the error of these. Frees the weights. */
static double check_network(weights *w, unsigned seed) {
    gs_model *model = weights_load(w);
    weights_free(w);
    float *x = random_images(model, IMAGES, seed);
    gs_plan *plan = plan_of(model, (gs_plan_options){.isa = "scalar", .threads = 1, .block = 1, .gradient = true});
    result first = gradient_of(plan, x, labels_of(model), IMAGES);
    gs_plan_free(plan);
    double error = reference_error(model, x, first.gradient);
    check_energies(model, x, first.energy);
    const char *isa;
    for (int k = 0; (isa = isa_at(k)); k++) {
        about("k %d", k);
        plan = plan_of(model, (gs_plan_options){.isa = isa, .threads = 1 + k % 2, .block = 2 + k, .gradient = true});
        result r = gradient_of(plan, x, labels_of(model), IMAGES);
        assert_same(first.energy, r.energy, IMAGES, isa);
        assert_same(first.gradient, r.gradient, IMAGES * image_size(model), isa);
        free_result(r);
        gs_plan_free(plan);
    }
    free_result(first);
    free(x);
    gs_model_free(model);
    return error;
}

static double random_network_error(unsigned seed) {
    return check_network(graph_random_energy(seed), seed);
}

static void random_networks_agree_with_the_reference(void **state) {
    (void)state;
    assert_random_networks(GRAPHS, 3e-5, random_network_error);
}

/* ---- Single operations ---- */

enum { CONVOLUTIONS = 400 };

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

/* A linear function of tanh of one convolution: its adjoint by phase, in blocks, by Winograd's method, trimmed. */
static weights *random_convolution(unsigned seed) {
    static const size_t channels[] = {1, 1, 2, 3, 4, 5, 16, 20, 32};
    uint64_t random = seed;
    size_t c = channels[random_below(&random, 9)], outputs = channels[random_below(&random, 9)], size = outputs;
    int h[2], k[2], s[2], p[2], d[2];
    for (int i = 0; i < 2; i++) {
        k[i] = 1 + random_below(&random, 5);
        s[i] = 1 + random_below(&random, 4);
        p[i] = random_below(&random, 6);
        d[i] = 1 + random_below(&random, 3);
        if (seed % 3 == 0) /* as most are in practice */
            s[i] = d[i] = 1;
        int least = (k[i] - 1) * d[i] + 1 - 2 * p[i];
        h[i] = (least > 1 ? least : 1) + random_below(&random, 20);
        size *= (size_t)((h[i] + 2 * p[i] - (k[i] - 1) * d[i] - 1) / s[i] + 1);
    }
    char text[100];
    weights *w = weights_new("energy", (int)c, h[0], h[1]);
    size_t taps = (size_t)(k[0] * k[1]);
    fill_tensor(w, "w", 4, (size_t[]){outputs, c, (size_t)k[0], (size_t)k[1]}, c * taps, &random);
    fill_tensor(w, "v", 2, (size_t[]){1, size}, size, &random);
    snprintf(text, sizeof text, "{'stride': [%d, %d], 'padding': [%d, %d], 'dilation': [%d, %d]}", s[0], s[1], p[0],
             p[1], d[0], d[1]);
    weights_node(w, "conv", "conv2d", "['x']", text, "{'weight': 'w'}");
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
        double error = check_network(random_convolution(seed), seed);
        if (!(error <= 1e-5))
            fail_msg("convolution %u errs by %.3g of the largest", seed, error);
        worst = fmax(worst, error);
    }
    print_message("%d convolutions err by at most %.2g of the largest\n", effort(CONVOLUTIONS), worst);
}

/* E = sum of f(x) i for element i = 1, 2, ... of f(x), and its gradient at x by the plan and by the reference. */
static void check_gradient(const char *op, const char *attributes, int outputs, const float x[6],
                           const float expected[6]) {
    weights *w = weights_new("energy", 1, 1, 6);
    const float factors[6] = {1, 2, 3, 4, 5, 6};
    weights_tensor(w, "v", 2, (size_t[]){1, (size_t)outputs}, factors);
    weights_node(w, "f", op, "['x']", attributes, NULL);
    char shape[40];
    snprintf(shape, sizeof shape, "{'shape': [%d]}", outputs);
    weights_node(w, "flat", "reshape", "['f']", shape, NULL);
    weights_node(w, "e", "linear", "['flat']", NULL, "{'weight': 'v'}");
    gs_model *model = weights_load(w), *graph = gradient_graph(model);
    gs_plan *plan = plan_of(model, (gs_plan_options){.gradient = true});
    result r = gradient_of(plan, x, NULL, 1);
    double *image = doubles(x, 6), reference[6];
    reference_energy(graph, image, 0, reference);
    for (int i = 0; i < 6; i++)
        if (fabsf(r.gradient[i] - expected[i]) > 1e-6F || fabs(reference[i] - (double)expected[i]) > 1e-6)
            fail_msg("%s: element %d is %g and %g, expected %g", op, i, (double)r.gradient[i], reference[i],
                     (double)expected[i]);
    free(image);
    free_result(r);
    gs_plan_free(plan);
    gs_model_free(graph);
    gs_model_free(model);
    weights_free(w);
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

/* The expected gradients are PyTorch's in float64. */
static void softmax_has_the_gradient_of_pytorch(void **state) {
    (void)state;
    const float x[6] = {0.5F, -1, 2, 0, 1.25F, -0.75F};
    check_gradient(
        "softmax", "{'over': 'last'}", 6, x,
        (float[]){-0.27527299866F, -0.03581827968F, -0.20517076853F, 0.04183049063F, 0.38892132543F, 0.08551023081F});
    check_gradient("softmax", "{'over': 'channels'}", 6, x, (float[]){0, 0, 0, 0, 0, 0}); /* of one channel: 1 */
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
    gs_plan *plan = plan_of(model, (gs_plan_options){.gradient = true});
    result r = gradient_of(plan, (float[]){5, 6, 7}, NULL, 1);
    const float expected[3] = {0, 12, 28};
    double reference[3];
    assert_true(reference_energy(graph, (double[]){5, 6, 7}, 0, reference) == 134 && r.energy[0] == 134);
    for (int i = 0; i < 3; i++) {
        about("i %d", i);
        assert_true(r.gradient[i] == expected[i] && reference[i] == (double)expected[i]);
    }
    free_result(r);
    gs_plan_free(plan);
    gs_model_free(graph);
    gs_model_free(model);
}

/* ---- The energy network of tests/golden ---- */

typedef struct golden {
    gs_model *model;
    npy x, sigma, label, energy, gradient;
    size_t levels, images, size;
} golden;

static npy golden_array(const char *part) {
    char path[400];
    snprintf(path, sizeof path, GS_SOURCE_DIR "/tests/golden/energy.%s.npy", part);
    return npy_read(path);
}

static golden golden_load(void) {
    golden g = {.x = golden_array("x"),
                .sigma = golden_array("sigma"),
                .label = golden_array("label"),
                .energy = golden_array("out"),
                .gradient = golden_array("gradient")};
    gs_error error = {.status = GS_OK};
    if (gs_model_load(GS_SOURCE_DIR "/tests/golden/energy.bin", &g.model, &error))
        fail_msg("%s", error.message);
    assert_int_equal(g.x.rank, 5);
    assert_int_equal(g.gradient.size, g.x.size);
    g.levels = g.x.shape[0];
    g.images = g.x.shape[1];
    g.size = image_size(g.model);
    assert_int_equal(g.energy.size, g.levels * g.images);
    assert_int_equal(g.label.size, g.levels * g.images);
    return g;
}

static void golden_free(golden *g) {
    gs_model_free(g->model);
    free(g->x.data);
    free(g->sigma.data);
    free(g->label.data);
    free(g->energy.data);
    free(g->gradient.data);
}

static double golden_error(const golden *g, gs_plan *plan) {
    double worst = 0;
    for (size_t s = 0; s < g->levels; s++) {
        about("s %zu", s);
        int given[64];
        assert_in_range(g->images, 1, 64);
        for (size_t i = 0; i < g->images; i++)
            given[i] = (int)g->label.data[s * g->images + i];
        const float *x = g->x.data + s * g->images * g->size;
        result r = gradient_at(plan, x, (double)g->sigma.data[s], given, g->images);
        for (size_t i = 0; i < g->images; i++) {
            size_t at = s * g->images + i;
            double *gradient = doubles(g->gradient.data + at * g->size, g->size), energy = (double)g->energy.data[at];
            worst = fmax(worst, relative_error(r.gradient + i * g->size, gradient, g->size));
            worst = fmax(worst, relative_error(r.energy + i, &energy, 1));
            free(gradient);
        }
        free_result(r);
    }
    return worst;
}

static void energies_and_gradients_agree_with_pytorch(void **state) {
    (void)state;
    golden g = golden_load();
    const char *isa;
    for (int k = 0; (isa = isa_at(k)); k++) {
        about("k %d", k);
        gs_plan *plan = plan_of(g.model, (gs_plan_options){.isa = isa, .threads = 1, .gradient = true});
        double error = golden_error(&g, plan);
        print_message("%-8s errs by at most %.2g of the largest\n", isa, error);
        assert_true(error <= 1e-5);
        gs_plan_free(plan);
    }
    golden_free(&g);
}

enum { BATCH = 20 };

/* Every way to run the network: blocks and threads are varied together. */
static void gradients_are_the_same_bytes(void **state) {
    (void)state;
    static const int blocks[] = {1, 2, 3, 4, 8, 16};
    golden g = golden_load();
    int given[BATCH];
    float *x = random_images(g.model, BATCH, 1);
    for (int i = 0; i < BATCH; i++)
        given[i] = i % (g.model->info.labels + 1);
    gs_plan *plan = plan_of(g.model, (gs_plan_options){.isa = "scalar", .threads = 1, .block = 1, .gradient = true});
    result first = gradient_of(plan, x, given, BATCH);
    gs_plan_free(plan);
    const char *isa;
    for (int k = 0; (isa = isa_at(k)); k++)
        for (int b = 0; b < 6; b++) {
            int threads = 1 + (b + k) % 3;
            plan = plan_of(g.model,
                           (gs_plan_options){.isa = isa, .threads = threads, .block = blocks[b], .gradient = true});
            for (size_t n = b % 2 ? BATCH : 1; n <= BATCH; n += k ? 6 : 19) {
                about("b %d, n %zu", b, n);
                char what[100];
                snprintf(what, sizeof what, "%s, %d threads, block %d, n %zu", isa, threads, blocks[b], n);
                result r = gradient_of(plan, x, given, n);
                assert_same(first.energy, r.energy, n, what);
                assert_same(first.gradient, r.gradient, n * g.size, what);
                free_result(r);
            }
            gs_plan_free(plan);
        }
    free_result(first);
    free(x);
    golden_free(&g);
}

/* The call that a sampler makes at every step. */
static void running_allocates_nothing(void **state) {
    (void)state;
    golden g = golden_load();
    gs_plan *plan = plan_of(g.model, (gs_plan_options){.threads = 1, .block = 3, .gradient = true});
    result expected = gradient_at(plan, g.x.data, (double)g.sigma.data[0], (int[]){1, 1, 1}, 3);
    float *table, energy[3] = {0}, *gradient = calloc(3 * g.size, sizeof *gradient);
    bool wanted[4] = {false, true};
    assert_non_null(gradient);
    assert_int_equal(gs_condition_create(plan, (double)g.sigma.data[0], wanted, &table, NULL), GS_OK);
    const float *row = table + plan->condition_size, *condition[3] = {row, row, row};
    gs_crew alone = gs_crew_alone(0);
    size_t before = gs_allocations();
    gs_plan_run_gradient(plan, &alone, g.x.data, condition, 3, energy, gradient);
    assert_int_equal(gs_allocations(), before);
    assert_same(expected.energy, energy, 3, "energy");
    assert_same(expected.gradient, gradient, 3 * g.size, "gradient");
    gs_free(table);
    free(gradient);
    free_result(expected);
    gs_plan_free(plan);
    golden_free(&g);
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
    weights *w = square("score");
    gs_model *model = weights_load(w);
    gs_plan *plan;
    gs_error error;
    assert_int_equal(gs_plan_create(model, &(gs_plan_options){.gradient = true}, &plan, &error), GS_ERROR_UNSUPPORTED);
    assert_null(plan);
    assert_non_null(strstr(error.message, "score"));
    assert_int_equal(gs_plan_create(model, NULL, &plan, &error), GS_OK);
    float x[24] = {0}, energy[1], gradient[24];
    assert_int_equal(gs_plan_gradient(plan, x, 1, NULL, 1, energy, gradient, &error), GS_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "gradient"));
    gs_plan_free(plan);
    gs_model_free(model);
    weights_free(w);
}

static void either_result_may_be_left_out(void **state) {
    (void)state;
    weights *w = square("energy");
    gs_model *model = weights_load(w);
    gs_plan *plan = plan_of(model, (gs_plan_options){.gradient = true});
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
        cmocka_unit_test(kinks_have_one_side),
        cmocka_unit_test(softmax_has_the_gradient_of_pytorch),
        cmocka_unit_test(slices_take_derivatives_of_another_rank),
        cmocka_unit_test(convolutions_agree_with_the_reference),
        cmocka_unit_test(reference_agrees_with_central_differences),
        cmocka_unit_test(random_networks_agree_with_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
