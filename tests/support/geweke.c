#include "support/geweke.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/chains.h"
#include "support/networks.h"
#include "support/weights.h"

enum { LABELS = 3, FUNCTIONS = 8, ROUNDS = 6 };
static const double centre[LABELS] = {0, 0.8, -1.5};

/* ---- Random numbers ---- */

double geweke_uniform(uint64_t *state) {
    uint32_t words[4];
    gs_random_words(*state, (const uint32_t[4]){0}, words);
    *state = (uint64_t)words[1] << 32 | words[2];
    return gs_random_unit(words[0]);
}

double geweke_normal(uint64_t *state) {
    double radius = sqrt(-2 * log(geweke_uniform(state)));
    return radius * cos(2 * acos(-1) * geweke_uniform(state));
}

/* ---- The joint law ---- */

/* chains.h's wells of x - centre[y]. */
gs_model *geweke_model(void) {
    double s2 = well_deviation * well_deviation;
    char text[100];
    float table[LABELS + 1] = {0};
    for (int y = 0; y < LABELS; y++)
        table[y] = (float)centre[y];
    weights *w = weights_new("energy", 1, 2, 2);
    weights_inputs(w, false, LABELS);
    weights_tensor(w, "centres", 2, (const size_t[]){LABELS + 1, 1}, table);
    weights_node(w, "m", "embedding", "['label']", NULL, "{'weight': 'centres'}");
    weights_node(w, "d", "sub", "['x', 'm']", NULL, NULL);
    weights_node(w, "square", "square", "['d']", NULL, NULL);
    snprintf(text, sizeof text, "{'scale': %.17g}", 0.5 / s2);
    weights_node(w, "half", "affine", "['square']", text, NULL);
    snprintf(text, sizeof text, "{'scale': %.17g, 'shift': %.17g}", 1 / s2, 0.5 * log(well_share / (1 - well_share)));
    weights_node(w, "u", "affine", "['d']", text, NULL);
    weights_node(w, "twice", "affine", "['u']", "{'scale': 2}", NULL);
    weights_node(w, "soft", "softplus", "['twice']", NULL, NULL);
    weights_node(w, "a", "sub", "['half', 'soft']", NULL, NULL);
    weights_node(w, "b", "add", "['a', 'u']", NULL, NULL);
    weights_node(w, "e", "sum", "['b']", "{'over': 'all'}", NULL);
    gs_model *model = weights_load(w);
    weights_free(w);
    return model;
}

typedef struct draws {
    size_t n;
    float *x;      /* (n, pixels) */
    int *label;    /* (n) */
    float *energy; /* (labels, n) at x */
} draws;

static draws make_room(size_t n) {
    draws d = {.n = n,
               .x = malloc(n * GEWEKE_PIXELS * sizeof *d.x),
               .label = malloc(n * sizeof *d.label),
               .energy = malloc(LABELS * n * sizeof *d.energy)};
    assert_true(d.x && d.label && d.energy);
    return d;
}

static void free_draws(draws d) {
    free(d.x);
    free(d.label);
    free(d.energy);
}

static void draw_exactly(draws *d, uint64_t *state) {
    for (size_t k = 0; k < d->n; k++) {
        d->label[k] = (int)(LABELS * geweke_uniform(state));
        for (size_t i = 0; i < GEWEKE_PIXELS; i++) {
            double well = geweke_uniform(state) < well_share ? 1 : -1;
            d->x[k * GEWEKE_PIXELS + i] = (float)(centre[d->label[k]] + well + well_deviation * geweke_normal(state));
        }
    }
}

static void find_energies(draws *d, gs_plan *plan) {
    int *labels = malloc(d->n * sizeof *labels);
    assert_non_null(labels);
    for (int y = 0; y < LABELS; y++) {
        for (size_t k = 0; k < d->n; k++)
            labels[k] = y;
        float *const out[2] = {d->energy + (size_t)y * d->n, NULL};
        assert_int_equal(gs_plan_evaluate(plan, d->x, 1, labels, d->n, out, NULL), GS_OK);
    }
    free(labels);
}

/* p(y | x) is proportional to exp(-E(x, y)). */
static void draw_labels(draws *d, gs_plan *plan, uint64_t *state) {
    find_energies(d, plan);
    for (size_t k = 0; k < d->n; k++) {
        double share[LABELS], sum = 0;
        for (int y = 0; y < LABELS; y++) {
            share[y] = exp((double)d->energy[k] - (double)d->energy[(size_t)y * d->n + k]);
            sum += share[y];
        }
        double left = sum * geweke_uniform(state);
        int y = 0;
        while (y < LABELS - 1 && left >= share[y])
            left -= share[y++];
        d->label[k] = y;
    }
}

/* ---- Comparison ---- */

static void functions_of(const draws *d, size_t k, double g[FUNCTIONS]) {
    const float *x = d->x + k * GEWEKE_PIXELS;
    int y = d->label[k];
    memset(g, 0, FUNCTIONS * sizeof *g);
    for (int i = 0; i < GEWEKE_PIXELS; i++) {
        double v = (double)x[i];
        g[0] += v;
        g[1] += v * v;
        g[2] += v > 0;
    }
    g[3] = (double)x[0] * (double)x[1];
    g[4] = y == 0;
    g[5] = y == 1;
    g[6] = y == 1 ? (double)x[2] : 0;
    g[7] = (double)d->energy[(size_t)y * d->n + k];
}

/* Means, and their squared standard errors. */
static void summarise(const draws *d, double mean[FUNCTIONS], double error[FUNCTIONS]) {
    double square[FUNCTIONS] = {0}, n = (double)d->n;
    memset(mean, 0, FUNCTIONS * sizeof *mean);
    for (size_t k = 0; k < d->n; k++) {
        double g[FUNCTIONS];
        functions_of(d, k, g);
        for (int f = 0; f < FUNCTIONS; f++) {
            mean[f] += g[f] / n;
            square[f] += g[f] * g[f] / n;
        }
    }
    for (int f = 0; f < FUNCTIONS; f++)
        error[f] = (square[f] - mean[f] * mean[f]) / n;
}

double geweke_worst(geweke_kernel *kernel, void *context, gs_plan *plan, int count, uint64_t seed) {
    uint64_t state = seed;
    draws moved = make_room((size_t)count), exact = make_room((size_t)count);
    draw_exactly(&moved, &state);
    draw_exactly(&exact, &state);
    for (int round = 0; round < ROUNDS; round++) {
        kernel(context, plan, moved.x, moved.label, moved.n, seed + 1 + (uint64_t)round);
        draw_labels(&moved, plan, &state);
    }
    find_energies(&moved, plan);
    find_energies(&exact, plan);
    double mean[2][FUNCTIONS], error[2][FUNCTIONS], worst = 0;
    summarise(&moved, mean[0], error[0]);
    summarise(&exact, mean[1], error[1]);
    for (int f = 0; f < FUNCTIONS; f++) {
        double z = fabs(mean[0][f] - mean[1][f]) / sqrt(error[0][f] + error[1][f]);
        worst = z > worst || isnan(z) ? z : worst;
    }
    free_draws(moved);
    free_draws(exact);
    return worst;
}
