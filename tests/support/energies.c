#include "support/energies.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine/gradient.h"
#include "engine/reference.h"
#include "support/about.h"
#include "support/worst.h"

enum { IMAGES = 3 };
static const double sigma = 0.75;
static const int labels[IMAGES] = {2, 3, 0};

static const int *labels_of(const gs_model *model) {
    return model->info.labels ? labels : NULL;
}

gs_model *gradient_graph(const gs_model *model) {
    gs_model *graph = NULL;
    gs_error error = {.status = GS_OK};
    if (gs_gradient_graph(model, &graph, &error))
        fail_msg("%s", error.message);
    return graph;
}

double reference_energy(const gs_model *graph, const double *x, int label, double *gradient) {
    double energy = 0;
    gs_error error = {.status = GS_OK};
    assert_int_equal(gs_reference_evaluate(graph, x, sigma, label, &energy, gradient, &error), GS_OK);
    return energy;
}

double *doubles(const float *x, size_t size) {
    double *d = malloc(size * sizeof *d);
    assert_non_null(d);
    for (size_t i = 0; i < size; i++)
        d[i] = (double)x[i];
    return d;
}

gradients gradient_at(gs_plan *plan, const float *x, double level, const int *given, size_t n) {
    const gs_model *model = gs_plan_get_model(plan);
    gradients r = {calloc(n + 1, sizeof(float)), calloc(n * image_size(model) + 1, sizeof(float))};
    gs_error error = {.status = GS_OK};
    assert_non_null(r.energy);
    assert_non_null(r.gradient);
    if (gs_plan_gradient(plan, x, level, given, n, r.energy, r.gradient, &error))
        fail_msg("%s", error.message);
    return r;
}

gradients gradient_of(gs_plan *plan, const float *x, const int *given, size_t n) {
    return gradient_at(plan, x, sigma, given, n);
}

void free_gradients(gradients r) {
    free(r.energy);
    free(r.gradient);
}

void assert_same_floats(const float *a, const float *b, size_t n, const char *what) {
    for (size_t i = 0; i < n; i++)
        if (memcmp(&a[i], &b[i], sizeof(float)))
            fail_msg("%s: element %zu is %.9g, not %.9g", what, i, (double)b[i], (double)a[i]);
}

double gradient_error(const float *found, const double *expected, size_t size) {
    double most = 0, error = 0;
    for (size_t i = 0; i < size; i++) {
        most = worst_of(most, fabs(expected[i]));
        error = worst_of(error, fabs((double)found[i] - expected[i]));
    }
    return most > 1e-10 ? error / most : error;
}

/* The largest error of the gradients, in units of each image's largest element. */
static double plan_error(const gs_model *model, const float *x, const float *gradient) {
    size_t size = image_size(model);
    gs_model *graph = gradient_graph(model);
    double worst = 0, *expected = malloc(size * sizeof *expected);
    assert_non_null(expected);
    for (size_t i = 0; i < IMAGES; i++) {
        double *image = doubles(x + i * size, size);
        reference_energy(graph, image, labels[i], expected);
        worst = worst_of(worst, gradient_error(gradient + i * size, expected, size));
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
        gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 1, .block = 2, .gradient = gradient});
        float found[IMAGES];
        assert_int_equal(
            gs_plan_evaluate(plan, x, sigma, labels_of(model), IMAGES, (float *const[2]){found, NULL}, NULL), GS_OK);
        assert_same_floats(energy, found, IMAGES, gradient ? "energy alone" : "energy of a plan without gradient");
        gs_plan_free(plan);
    }
}

double check_energy_network(weights *w, unsigned seed) {
    gs_model *model = weights_load(w);
    weights_free(w);
    float *x = random_images(model, IMAGES, seed);
    gs_plan *plan = make_plan(model, (gs_plan_options){.isa = "scalar", .threads = 1, .block = 1, .gradient = true});
    gradients first = gradient_of(plan, x, labels_of(model), IMAGES);
    gs_plan_free(plan);
    double error = plan_error(model, x, first.gradient);
    check_energies(model, x, first.energy);
    const char *isa;
    for (int k = 0; (isa = isa_at(k)); k++) {
        about("k %d", k);
        plan = make_plan(model, (gs_plan_options){.isa = isa, .threads = 1 + k % 2, .block = 2 + k, .gradient = true});
        gradients r = gradient_of(plan, x, labels_of(model), IMAGES);
        assert_same_floats(first.energy, r.energy, IMAGES, isa);
        assert_same_floats(first.gradient, r.gradient, IMAGES * image_size(model), isa);
        free_gradients(r);
        gs_plan_free(plan);
    }
    free_gradients(first);
    free(x);
    gs_model_free(model);
    return error;
}
