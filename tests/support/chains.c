#include "support/chains.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/networks.h"
#include "support/weights.h"

static gs_model *load(weights *w) {
    gs_model *model = weights_load(w);
    weights_free(w);
    return model;
}

static void affine(weights *w, const char *name, const char *input, double scale, double shift) {
    char text[100];
    snprintf(text, sizeof text, "{'scale': %.17g, 'shift': %.17g}", scale, shift);
    weights_node(w, name, "affine", input, text, NULL);
}

/* The sum of the squares of value "d", over 2 variance. */
static gs_model *squares(weights *w, double variance) {
    weights_node(w, "square", "square", "['d']", NULL, NULL);
    weights_node(w, "sum", "sum", "['square']", "{'over': 'all'}", NULL);
    affine(w, "e", "['sum']", 0.5 / variance, 0);
    return load(w);
}

gs_model *normal_energy(double mean, double variance) {
    weights *w = weights_new("energy", 1, CHAIN_SIDE, CHAIN_SIDE);
    affine(w, "d", "['x']", 1, -mean);
    return squares(w, variance);
}

gs_model *normal_score(double mean, double variance) {
    weights *w = weights_new("score", 1, CHAIN_SIDE, CHAIN_SIDE);
    affine(w, "s", "['x']", -1 / variance, mean / variance);
    return load(w);
}

gs_model *labelled_energy(double variance) {
    const float table[2] = {(float)label_mean, (float)label_none_mean};
    weights *w = weights_new("energy", 1, CHAIN_SIDE, CHAIN_SIDE);
    weights_inputs(w, false, 1);
    weights_tensor(w, "means", 2, (const size_t[]){2, 1}, table);
    weights_node(w, "m", "embedding", "['label']", NULL, "{'weight': 'means'}");
    weights_node(w, "d", "sub", "['x', 'm']", NULL, NULL);
    return squares(w, variance);
}

/* -log is x^2 / 2 s^2 - log(2 cosh u), u = x / s^2 + log(p / (1 - p)) / 2, and log(2 cosh u) = softplus(2 u) - u. */
gs_model *wells_energy(void) {
    double s2 = well_deviation * well_deviation;
    weights *w = weights_new("energy", 1, CHAIN_SIDE, CHAIN_SIDE);
    weights_node(w, "square", "square", "['x']", NULL, NULL);
    affine(w, "half", "['square']", 0.5 / s2, 0);
    affine(w, "u", "['x']", 1 / s2, 0.5 * log(well_share / (1 - well_share)));
    affine(w, "twice", "['u']", 2, 0);
    weights_node(w, "soft", "softplus", "['twice']", NULL, NULL);
    weights_node(w, "a", "sub", "['half', 'soft']", NULL, NULL);
    weights_node(w, "b", "add", "['a', 'u']", NULL, NULL);
    weights_node(w, "e", "sum", "['b']", "{'over': 'all'}", NULL);
    return load(w);
}

gs_model *linear_energy(double slope) {
    weights *w = weights_new("energy", 1, CHAIN_SIDE, CHAIN_SIDE);
    weights_node(w, "sum", "sum", "['x']", "{'over': 'all'}", NULL);
    affine(w, "e", "['sum']", slope, 1);
    return load(w);
}

static void *room(size_t count, size_t size) {
    void *memory = calloc(count, size);
    assert_non_null(memory);
    return memory;
}

chains chains_create(const gs_model *model, const gs_sample_options *options, size_t n) {
    chains c = {.n = n, .steps = gs_sample_trace_steps(options)};
    size_t steps = (size_t)c.steps;
    c.count = gs_sample_levels(model, options, NULL, 0) - 1;
    assert_true(c.steps >= 1 && c.count >= 1);
    c.out = room(n * CHAIN_PIXELS, sizeof *c.out);
    c.states = room((size_t)(c.count + 1) * n * CHAIN_PIXELS, sizeof *c.states);
    c.trace = (gs_trace){.energy = room((steps + 1) * n, sizeof(float)),
                         .gradient_norm = room((steps + 1) * n, sizeof(float)),
                         .acceptance = room(steps * n, sizeof(float)),
                         .rate = room(n, sizeof(double)),
                         .step_size = room(n, sizeof(double))};
    return c;
}

chains chains_draw(const gs_model *model, gs_sample_options options, size_t n) {
    gs_error error = {.status = GS_OK};
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 2, .gradient = model->info.kind == GS_KIND_ENERGY});
    if (gs_sample_resolve(model, &options, &error))
        fail_msg("%s", error.message);
    chains c = chains_create(model, &options, n);
    options.trajectory = c.states;
    options.trace = &c.trace;
    if (gs_sample(plan, &options, n, c.out, NULL, &error))
        fail_msg("%s", error.message);
    assert_memory_equal(c.out, c.states + (size_t)c.count * n * CHAIN_PIXELS, n * CHAIN_PIXELS * sizeof *c.out);
    gs_plan_free(plan);
    return c;
}

void chains_free(chains c) {
    free(c.out);
    free(c.states);
    free(c.trace.energy);
    free(c.trace.gradient_norm);
    free(c.trace.acceptance);
    free(c.trace.rate);
    free(c.trace.step_size);
}
