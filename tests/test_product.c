/* Vector-Jacobian products: the reference compared with central differences; plans compared with the reference, and
 * with themselves for every instruction set, number of threads and block. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/reference.h"
#include "support/about.h"
#include "support/effort.h"
#include "support/energies.h"
#include "support/graphs.h"
#include "support/worst.h"

enum { GRAPHS = 120, PLANNED = 30, IMAGES = 3 };
static const double sigma = 0.75;
static const int labels[IMAGES] = {2, 3, 0};

static gs_model *random_model(unsigned seed) {
    weights *w = graph_random_field(seed);
    gs_model *model = weights_load(w);
    weights_free(w);
    return model;
}

static double *reference_of(const gs_model *graph, const double *x, const double *v, int label, double *product) {
    double *out = malloc(graph->info.output_size[0] * sizeof *out);
    assert_non_null(out);
    assert_int_equal(gs_reference_product(graph, x, v, sigma, label, out, product, NULL), GS_OK);
    return out;
}

static double dot(const double *a, const double *b, size_t size) {
    double sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += a[i] * b[i];
    return sum;
}

/* How far (v^T J) u is from v^T (F(x + h u) - F(x - h u)) / 2 h for a random u, relative to |v^T J| |u|. */
static double difference_error(const gs_model *graph, const double *x, const double *v, int label, unsigned seed) {
    const double h = 1e-5;
    size_t size = image_size(graph);
    float *direction = random_images(graph, 1, seed + 1000);
    double *u = doubles(direction, size), *at = malloc(size * sizeof *at), *product = malloc(size * sizeof *product);
    double ends[2], scale = 0;
    assert_non_null(at);
    assert_non_null(product);
    free(reference_of(graph, x, v, label, product));
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < size; i++)
            at[i] = x[i] + (side ? -h : h) * u[i];
        double *out = reference_of(graph, at, v, label, NULL);
        ends[side] = dot(v, out, graph->info.output_size[0]);
        scale = fmax(scale, sqrt(dot(out, out, size) * dot(v, v, size)));
        free(out);
    }
    double error = fabs((ends[0] - ends[1]) / (2 * h) - dot(product, u, size)) - 4e-15 * scale / h;
    double length = sqrt(dot(product, product, size) * dot(u, u, size));
    free(direction);
    free(u);
    free(at);
    free(product);
    return error / length;
}

static double random_reference_error(unsigned seed) {
    gs_model *model = random_model(seed), *graph = gradient_graph(model);
    float *image = random_images(model, 1, seed), *vector = random_images(model, 1, seed + 500);
    double *x = doubles(image, image_size(model)), *v = doubles(vector, image_size(model));
    double error = difference_error(graph, x, v, 2, seed);
    free(image);
    free(vector);
    free(x);
    free(v);
    gs_model_free(graph);
    gs_model_free(model);
    return error;
}

static void reference_agrees_with_central_differences(void **state) {
    (void)state;
    assert_random_networks(GRAPHS, 1e-6, random_reference_error);
}

typedef struct products {
    float *out, *product;
} products;

static products products_of(gs_plan *plan, const float *x, const float *v, const int *given, size_t n) {
    const gs_model_info *info = &gs_plan_get_model(plan)->info;
    products r = {calloc(n * info->output_size[0] + 1, sizeof(float)),
                  calloc(n * image_size(gs_plan_get_model(plan)) + 1, sizeof(float))};
    gs_error error = {.status = GS_OK};
    assert_non_null(r.out);
    assert_non_null(r.product);
    if (gs_plan_product(plan, x, v, sigma, given, n, r.out, r.product, &error))
        fail_msg("%s", error.message);
    return r;
}

static void free_products(products r) {
    free(r.out);
    free(r.product);
}

/* The largest error of the products, in units of each image's largest element. */
static double plan_error(const gs_model *model, const float *x, const float *v, const int *given, const float *found) {
    size_t size = image_size(model), outputs = model->info.output_size[0];
    gs_model *graph = gradient_graph(model);
    double worst = 0, *expected = malloc(size * sizeof *expected);
    assert_non_null(expected);
    for (size_t i = 0; i < IMAGES; i++) {
        double *image = doubles(x + i * size, size), *vector = doubles(v + i * outputs, outputs);
        free(reference_of(graph, image, vector, given ? given[i] : 0, expected));
        worst = worst_of(worst, gradient_error(found + i * size, expected, size));
        free(image);
        free(vector);
    }
    free(expected);
    gs_model_free(graph);
    return worst;
}

/* Checks that every way to run the model gives the same bytes, among them the output without a product, and returns the
 * error of these. The model is freed. */
static double check_model(gs_model *model, const float *x, int threads, unsigned seed) {
    size_t size = image_size(model), outputs = model->info.output_size[0];
    const int *given = model->info.labels ? labels : NULL;
    float *images = random_images(model, IMAGES, seed), *v = random_images(model, IMAGES, seed + 500);
    assert_int_equal(size, outputs);
    x = x ? x : images;
    gs_plan *plan = make_plan(model, (gs_plan_options){.isa = "scalar", .threads = 1, .block = 1, .gradient = true});
    products first = products_of(plan, x, v, given, IMAGES);
    gs_plan_free(plan);
    plan = make_plan(model, (gs_plan_options){.threads = 1});
    result plain = evaluate(plan, x, sigma, given, IMAGES);
    assert_same_floats(plain.out[0], first.out, IMAGES * outputs, "output");
    free_result(plain);
    gs_plan_free(plan);
    const char *isa;
    for (int k = 0; (isa = isa_at(k)); k++) {
        about("k %d", k);
        plan = make_plan(model, (gs_plan_options){.isa = isa, .threads = threads, .block = 2 + k, .gradient = true});
        products r = products_of(plan, x, v, given, IMAGES);
        assert_same_floats(first.out, r.out, IMAGES * outputs, isa);
        assert_same_floats(first.product, r.product, IMAGES * size, isa);
        free_products(r);
        gs_plan_free(plan);
    }
    double error = plan_error(model, x, v, given, first.product);
    free_products(first);
    free(images);
    free(v);
    gs_model_free(model);
    return error;
}

static double random_plan_error(unsigned seed) {
    return check_model(random_model(seed), NULL, 1, seed);
}

static void random_networks_agree_with_the_reference(void **state) {
    (void)state;
    assert_random_networks(PLANNED, 3e-5, random_plan_error);
}

/* Networks of tests/golden, of all blocks that networks of the zoo have. */
static void networks_agree_with_the_reference(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        about("network %d, %s", i, golden_names[i]);
        golden g = golden_load(golden_names[i]);
        if (g.model->info.kind == GS_KIND_CLASSIFIER || image_size(g.model) != g.model->info.output_size[0]) {
            golden_free(&g);
            continue;
        }
        gs_model *model = g.model;
        g.model = NULL;
        double error = check_model(model, g.x.data, 2, (unsigned)i);
        print_message("%-9s errs by at most %.2g of the largest\n", golden_names[i], error);
        assert_true(error <= 2e-5);
        golden_free(&g);
    }
}

/* F(x) = x^2, whose product is 2 x v. */
static void either_result_may_be_left_out(void **state) {
    (void)state;
    weights *w = weights_new("noise", 2, 3, 4);
    weights_inputs(w, true, 0);
    weights_node(w, "square", "square", "['x']", NULL, NULL);
    gs_model *model = weights_load(w);
    gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = true});
    float x[24], v[24], out[24] = {0}, product[24] = {0};
    for (int i = 0; i < 24; i++) {
        x[i] = (float)i;
        v[i] = (float)(3 - i);
    }
    assert_int_equal(gs_plan_product(plan, x, v, 1, NULL, 1, out, NULL, NULL), GS_OK);
    assert_int_equal(gs_plan_product(plan, x, v, 1, NULL, 1, NULL, product, NULL), GS_OK);
    for (int i = 0; i < 24; i++) {
        about("i %d", i);
        assert_true(out[i] == x[i] * x[i] && product[i] == 2 * x[i] * v[i]);
    }
    assert_int_equal(gs_plan_product(plan, x, v, 1, NULL, 0, out, product, NULL), GS_OK);
    assert_int_equal(gs_plan_product(plan, x, v, 0, NULL, 1, out, product, NULL), GS_ERROR_ARGUMENT);
    gs_plan_free(plan);
    gs_model_free(model);
    weights_free(w);
}

static void other_networks_and_plans_are_refused(void **state) {
    (void)state;
    static const char *const kinds[] = {"classifier", "energy", "denoiser"};
    for (int k = 0; k < 3; k++) {
        about("kind %s", kinds[k]);
        weights *w = weights_new(kinds[k], 1, 1, 1);
        weights_inputs(w, true, 0);
        weights_node(w, "out", "affine", "['x']", "{'scale': 2}", NULL);
        if (k < 2)
            weights_node(w, "flat", "reshape", "['out']", "{'shape': [1]}", NULL);
        gs_model *model = weights_load(w);
        gs_plan *plan = NULL;
        gs_error error;
        float x[1] = {1}, v[1] = {1}, out[1];
        gs_status status = gs_plan_create(model, &(gs_plan_options){.gradient = k < 2}, &plan, &error);
        assert_int_equal(status, k ? GS_OK : GS_ERROR_UNSUPPORTED);
        if (!status)
            assert_int_equal(gs_plan_product(plan, x, v, 1, NULL, 1, NULL, out, &error), GS_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, k == 2 ? "gradient" : kinds[k]));
        gs_plan_free(plan);
        gs_model_free(model);
        weights_free(w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_result_may_be_left_out),
        cmocka_unit_test(other_networks_and_plans_are_refused),
        cmocka_unit_test(networks_agree_with_the_reference),
        cmocka_unit_test(reference_agrees_with_central_differences),
        cmocka_unit_test(random_networks_agree_with_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
