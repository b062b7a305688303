#include "support/networks.h"
#include "support/worst.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "engine/reference.h"
#include "support/about.h"
#include "support/random.h"

gs_plan *make_plan(const gs_model *model, gs_plan_options options) {
    gs_plan *plan = NULL;
    gs_error error = {.status = GS_OK};
    if (gs_plan_create(model, &options, &plan, &error))
        fail_msg("%s", error.message);
    return plan;
}

const char *isa_at(int i) {
    bool supported;
    const char *name;
    for (int k = 0; (name = gs_isa_name(k, &supported)); k++)
        if (supported && i-- == 0)
            return name;
    return NULL;
}

result evaluate(gs_plan *plan, const float *x, double sigma, const int *labels, size_t n) {
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

void free_result(result r) {
    free(r.out[0]);
    free(r.out[1]);
}

double relative_error(const float *found, const double *expected, size_t size) {
    double most = 1e-30, error = 0;
    for (size_t i = 0; i < size; i++) {
        most = worst_of(most, fabs(expected[i]));
        error = worst_of(error, fabs((double)found[i] - expected[i]));
    }
    return error / most;
}

const char *const golden_names[GOLDENS] = {"zoo",    "tokens", "tiny",      "tiny-cond", "judge",
                                           "judge2", "ncsn",   "ncsn-cond", "ncsn-fast"};

npy golden_array(const char *name, const char *part) {
    char path[400];
    snprintf(path, sizeof path, GS_SOURCE_DIR "/tests/golden/%s.%s.npy", name, part);
    return npy_read(path);
}

void golden_free(golden *g) {
    gs_model_free(g->model);
    free(g->x.data);
    free(g->sigma.data);
    free(g->label.data);
    free(g->out[0].data);
    free(g->out[1].data);
}

golden golden_load(const char *name) {
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

const float *golden_x(const golden *g, size_t s) {
    return g->x.data + s * (g->x.size / g->levels);
}
double golden_sigma(const golden *g, size_t s) {
    return g->sigma.rank > 0 ? (double)g->sigma.data[s] : 1;
}
const int *golden_labels(const golden *g, size_t s, int labels[64]) {
    assert_in_range(g->images, 1, 64);
    for (size_t i = 0; g->label.rank > 0 && i < g->images; i++)
        labels[i] = (int)g->label.data[s * g->images + i];
    return g->label.rank > 0 ? labels : NULL;
}

double golden_error(const golden *g, gs_plan *plan) {
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

double reference_error(const gs_model *model, const float *x, size_t n, double sigma, const int *labels, result r) {
    const gs_model_info *info = gs_model_get_info(model);
    size_t size = (size_t)(info->shape[0] * info->shape[1] * info->shape[2]);
    double worst = 0, *input = malloc(size * sizeof *input), *out[2];
    for (int k = 0; k < 2; k++) {
        out[k] = malloc((r.size[k] + 1) * sizeof **out);
        assert_non_null(out[k]);
    }
    assert_non_null(input);
    for (size_t i = 0; i < n; i++) {
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

void assert_same_results(result a, result b, size_t n, const char *what) {
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < n * a.size[k]; i++)
            if (memcmp(&a.out[k][i], &b.out[k][i], sizeof(float)))
                fail_msg("%s: output %d, element %zu is %.9g, not %.9g", what, k, i, (double)b.out[k][i],
                         (double)a.out[k][i]);
}

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

double check_network(weights *w, unsigned seed) {
    enum { IMAGES = 3 };
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
    gs_plan *plan = make_plan(model, (gs_plan_options){.isa = "scalar", .threads = 1, .block = 1});
    describe_steps(plan);
    result first = evaluate(plan, x, 0.75, labels, IMAGES);
    gs_plan_free(plan);
    double error = reference_error(model, x, IMAGES, 0.75, labels, first);
    const char *isa;
    for (int k = 0; (isa = isa_at(k)); k++) {
        about("k %d", k);
        plan = make_plan(model, (gs_plan_options){.isa = isa, .threads = 1 + k % 2, .block = 2 + k});
        result r = evaluate(plan, x, 0.75, labels, IMAGES);
        assert_same_results(first, r, IMAGES, isa);
        free_result(r);
        gs_plan_free(plan);
    }
    free_result(first);
    free(x);
    gs_model_free(model);
    return error;
}

size_t image_size(const gs_model *model) {
    return gs_shape_size(gs_value_shape(model, GS_VALUE_X));
}

float *random_images(const gs_model *model, size_t n, unsigned seed) {
    uint64_t random = seed;
    float *x = malloc(n * image_size(model) * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < n * image_size(model); i++)
        x[i] = 2 * random_float(&random);
    return x;
}
