#include "support/graphs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "support/effort.h"
#include "support/graph.h"
#include "support/worst.h"

static int (*const makers[])(graph *, int) = {
    graph_make_conv,       graph_make_conv,    graph_make_conv,     graph_make_residual,   graph_make_residual,
    graph_make_norm,       graph_make_norm,    graph_make_norm,     graph_make_linear,     graph_make_binary,
    graph_make_binary,     graph_make_binary,  graph_make_concat,   graph_make_slice,      graph_make_pool,
    graph_make_activation, graph_make_tamed,   graph_make_shuffle,  graph_make_upsample,   graph_make_reshape,
    graph_make_reduction,  graph_make_permute, graph_make_resample, graph_make_comparison, graph_make_step,
    graph_make_table};

/* A value that depends on x: mostly the last one, so that graphs grow deep. */
static int pick(graph *g) {
    int i = graph_below(g, 3) ? g->n - 1 : graph_below(g, g->n);
    while (!g->v[i].sample)
        i = graph_below(g, g->n);
    return i;
}

/* x, sigma, an embedding of the label, and some nodes. */
static graph begin(unsigned seed, const char *kind) {
    graph g = {.random = seed};
    int c = graph_one_of(&g, channel_counts, CHANNEL_COUNTS), h = 1 + graph_below(&g, 17), w = 1 + graph_below(&g, 17),
        nodes = 1 + graph_below(&g, 14);
    char table[12], text[TEXT];
    g.w = weights_new(kind, c, h, w);
    weights_inputs(g.w, true, 3);
    graph_add_value(&g, "x", 3, c, h, w, true);
    graph_add_value(&g, "sigma", 1, 1, 1, 1, false);
    graph_add_value(&g, "label", 1, 1, 1, 1, false);
    graph_tensor(&g, table, 2, (size_t[]){4, 20}, 1, 0);
    snprintf(text, TEXT, "{'weight': '%s'}", table);
    graph_node(&g, "embedding", 2, -1, NULL, text, 1, 20, 1, 1);
    for (int i = 0; i < nodes && g.n < VALUES - 12; i++)
        makers[graph_below(&g, (int)(sizeof makers / sizeof *makers))](&g, pick(&g));
    return g;
}

/* Value a reshaped to rank 1. */
static int flat(graph *g, int a) {
    char text[TEXT];
    int size = elements(&g->v[a]);
    snprintf(text, TEXT, "{'shape': [%d]}", size);
    return g->v[a].rank == 1 && a ? a : graph_node(g, "reshape", a, -1, text, NULL, 1, size, 1, 1);
}

weights *graph_random(unsigned seed) {
    graph g = begin(seed, "classifier");
    char outputs[TEXT];
    int end[2];
    for (int i = 0; i < 2; i++)
        end[i] = flat(&g, pick(&g));
    snprintf(outputs, TEXT, "['%s', '%s']", g.v[end[0]].name, g.v[end[1]].name);
    weights_outputs(g.w, outputs);
    return g.w;
}

/* All elements of a value contribute to the energy, each with its own weight: the plain sum of a norm's result has no
 * gradient. */
static graph energy_of(unsigned seed, const char *model) {
    graph g = begin(seed, model);
    int a = pick(&g), kind = graph_below(&g, 3);
    if (kind) {
        const value v = g.v[a];
        char name[12], text[TEXT];
        size_t shape[3] = {(size_t)v.d[0], (size_t)v.d[1], (size_t)v.d[2]};
        graph_tensor(&g, name, v.rank, shape, 1, 0);
        snprintf(text, TEXT, "{'value': '%s'}", name);
        int constant = graph_node(&g, "constant", -1, -1, NULL, text, v.rank, v.d[0], v.d[1], v.d[2]);
        a = graph_same(&g, kind == 1 ? "square" : "tanh",
                       graph_broadcast(&g, graph_below(&g, 2) ? "add" : "sub", a, constant), NULL);
        a = graph_broadcast(&g, "mul", a, constant);
        a = graph_node(&g, graph_below(&g, 2) ? "sum" : "mean", a, -1, "{'over': 'all'}", NULL, 1, 1, 1, 1);
    } else {
        a = graph_linear(&g, flat(&g, a), 1);
    }
    if (graph_below(&g, 2))
        a = graph_broadcast(&g, graph_below(&g, 2) ? "mul" : "div", a, 1);
    if (graph_below(&g, 2))
        graph_same(&g, "neg", a, NULL);
    return g;
}

weights *graph_random_energy(unsigned seed) {
    return energy_of(seed, "energy").w;
}

weights *graph_random_field(unsigned seed) {
    graph g = energy_of(seed, seed % 2 ? "score" : "denoiser");
    graph_broadcast(&g, "mul", 0, g.n - 1);
    return g.w;
}

void assert_random_networks(int count, double tolerance, double (*error_of)(unsigned seed)) {
    double worst = 0;
    int wrong = 0, some = effort(count);
    for (unsigned seed = 0; seed < (unsigned)some; seed++) {
        double error = error_of(seed);
        if (!(error <= tolerance)) {
            print_message("graph %u errs by %.3g of the largest\n", seed, error);
            wrong++;
        }
        worst = worst_of(worst, error);
    }
    print_message("%d random networks err by at most %.2g of the largest\n", some, worst);
    assert_int_equal(wrong, 0);
}
