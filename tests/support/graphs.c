#include "support/graphs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/effort.h"
#include "support/random.h"
#include "support/worst.h"

enum { VALUES = 80, TEXT = 160, MOST = 12000 /* elements of a value */ };

typedef struct value {
    char name[12];
    int rank, d[3];
    bool sample; /* depends on x */
} value;

typedef struct graph {
    weights *w;
    uint64_t random;
    value v[VALUES];
    int n, tensors;
} graph;

static int below(graph *g, int n) {
    return random_below(&g->random, n);
}

static int one_of(graph *g, const int *choices, int n) {
    return choices[below(g, n)];
}

static int elements(const value *v) {
    return v->d[0] * v->d[1] * v->d[2];
}

static int add_value(graph *g, const char *name, int rank, int c, int h, int w, bool sample) {
    assert_in_range(g->n, 0, VALUES - 1);
    value *v = &g->v[g->n];
    *v = (value){.rank = rank, .d = {c, h, w}, .sample = sample};
    snprintf(v->name, sizeof v->name, "%s", name);
    return g->n++;
}

/* Adds a node with inputs a and b (-1: none), whose result has this shape. */
static int node(graph *g, const char *op, int a, int b, const char *attributes, const char *tensors, int rank, int c,
                int h, int w) {
    char name[12], inputs[TEXT] = "[]";
    snprintf(name, sizeof name, "n%d", g->n);
    if (b >= 0)
        snprintf(inputs, sizeof inputs, "['%s', '%s']", g->v[a].name, g->v[b].name);
    else if (a >= 0)
        snprintf(inputs, sizeof inputs, "['%s']", g->v[a].name);
    weights_node(g->w, name, op, inputs, attributes, tensors);
    bool sample = (a >= 0 && g->v[a].sample) || (b >= 0 && g->v[b].sample);
    return add_value(g, name, rank, c, h, w, sample);
}

/* Adds a node of a's shape. */
static int same(graph *g, const char *op, int a, const char *attributes) {
    const value v = g->v[a];
    return node(g, op, a, -1, attributes, NULL, v.rank, v.d[0], v.d[1], v.d[2]);
}

/* Adds a tensor of uniform numbers with this mean and standard deviation; `name` receives its name. */
static void tensor(graph *g, char name[12], int rank, const size_t *shape, double deviation, float mean) {
    size_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= shape[i];
    float *data = malloc(count * sizeof *data);
    assert_non_null(data);
    for (size_t i = 0; i < count; i++)
        data[i] = mean + (float)(sqrt(3) * deviation) * random_float(&g->random);
    snprintf(name, 12, "t%d", g->tensors++);
    weights_tensor(g->w, name, rank, shape, data);
    free(data);
}

/* "{'weight': 't1', 'bias': 't2'}"; half of the cases have the bias, whose shape is the first bias_rank sizes. */
static void weight_and_bias(graph *g, char text[TEXT], int rank, const size_t *shape, int bias_rank, double deviation,
                            float mean) {
    char weight[12], bias[12];
    tensor(g, weight, rank, shape, deviation, mean);
    if (below(g, 2)) {
        snprintf(text, TEXT, "{'weight': '%s'}", weight);
        return;
    }
    tensor(g, bias, bias_rank, shape, 0.5, 0);
    snprintf(text, TEXT, "{'weight': '%s', 'bias': '%s'}", weight, bias);
}

/* ---- Makers: a node or a few on value a; -1 where a does not fit ---- */

static const int channel_counts[] = {1, 3, 5, 16, 16, 17, 24, 32, 32, 48};

static int make_reduction(graph *g, int a) {
    const value v = g->v[a];
    const char *op = below(g, 2) ? "sum" : "mean";
    switch (v.rank == 3 ? below(g, 5) : below(g, 2)) {
    case 0:
        return node(g, op, a, -1, "{'over': 'positions'}", NULL, 1, v.d[0], 1, 1);
    case 1:
        return node(g, "mean", a, -1, "{'over': 'all'}", NULL, 1, 1, 1, 1);
    default:
        return node(g, "mean", a, -1, "{'over': 'channels'}", NULL, 3, 1, v.d[1], v.d[2]);
    }
}

static int windows(int size, int kernel, int stride, int padding, int dilation) {
    int room = size + 2 * padding - dilation * (kernel - 1) - 1;
    return room < 0 ? 0 : room / stride + 1;
}

/* A convolution; with `keep`, the result has a's own shape. */
static int convolution(graph *g, int a, bool keep) {
    const value v = g->v[a];
    int k[2], s[2], p[2], d[2], out[2], groups = 1, outputs = keep ? v.d[0] : one_of(g, channel_counts, 10);
    bool plain = keep || below(g, 2);
    for (int i = 0; i < 2; i++) {
        k[i] = keep ? 1 + 2 * below(g, 2) : plain ? 3 : 1 + below(g, 5);
        s[i] = plain ? 1 : 1 + below(g, 3);
        d[i] = plain ? 1 : 1 + below(g, 2);
        p[i] = keep ? (k[i] - 1) / 2 : below(g, 4);
        out[i] = windows(v.d[i + 1], k[i], s[i], p[i], d[i]);
    }
    if (!plain && below(g, 3) == 0) {
        groups = v.d[0] % 2 ? v.d[0] : 2;
        outputs = groups * (1 + below(g, 3));
    }
    if (v.rank != 3 || !out[0] || !out[1] || outputs * out[0] * out[1] > MOST)
        return -1;
    size_t shape[4] = {(size_t)outputs, (size_t)(v.d[0] / groups), (size_t)k[0], (size_t)k[1]};
    char attributes[TEXT], tensors[TEXT];
    weight_and_bias(g, tensors, 4, shape, 1, 1 / sqrt((double)(shape[1] * shape[2] * shape[3])), 0);
    snprintf(attributes, TEXT, "{'stride': [%d, %d], 'padding': [%d, %d], 'dilation': [%d, %d], 'groups': %d}", s[0],
             s[1], p[0], p[1], d[0], d[1], groups);
    return node(g, "conv2d", a, -1, attributes, tensors, 3, outputs, out[0], out[1]);
}

static int linear(graph *g, int a, int outputs) {
    const value v = g->v[a];
    if (v.rank != 1)
        return -1;
    char tensors[TEXT];
    weight_and_bias(g, tensors, 2, (size_t[]){(size_t)outputs, (size_t)v.d[0]}, 1, 1 / sqrt(v.d[0]), 0);
    return node(g, "linear", a, -1, NULL, tensors, 1, outputs, 1, 1);
}

static int make_conv(graph *g, int a) {
    return convolution(g, a, false);
}

static int make_linear(graph *g, int a) {
    if (g->v[a].rank != 1)
        a = make_reduction(g, a);
    return g->v[a].rank == 1 ? linear(g, a, one_of(g, channel_counts, 10)) : a;
}

/* a + conv(a) or conv(a) + a, in which the convolution may or may not read a. */
static int make_residual(graph *g, int a) {
    int from = below(g, 2) ? same(g, "silu", a, NULL) : a;
    int b = g->v[a].rank == 3 ? convolution(g, from, true) : linear(g, from, g->v[a].d[0]);
    const value v = g->v[a];
    if (b < 0)
        return -1;
    return below(g, 2) ? node(g, "add", a, b, NULL, NULL, v.rank, v.d[0], v.d[1], v.d[2])
                       : node(g, "add", b, a, NULL, NULL, v.rank, v.d[0], v.d[1], v.d[2]);
}

static int make_activation(graph *g, int a) {
    static const struct {
        const char *op, *attributes;
    } choices[] = {{"relu", NULL},
                   {"silu", NULL},
                   {"tanh", NULL},
                   {"sigmoid", NULL},
                   {"softplus", NULL},
                   {"leaky_relu", "{'slope': 0.2}"},
                   {"elu", NULL},
                   {"gelu", NULL},
                   {"gelu", "{'approximate': 'tanh'}"},
                   {"neg", NULL},
                   {"affine", "{'scale': -1.5, 'shift': 0.25}"}};
    int i = below(g, 11);
    /* Some sigmoids are a softmax instead, which takes no draw of its own: that would change all networks. */
    if (!strcmp(choices[i].op, "sigmoid") && g->n % 3)
        return same(g, "softmax", a, g->n % 3 == 1 ? "{'over': 'channels'}" : "{'over': 'last'}");
    return same(g, choices[i].op, a, choices[i].attributes);
}

/* Functions that are steep or undefined somewhere get tame arguments. */
static int make_tamed(graph *g, int a) {
    static const char *const positive[] = {"log", "sqrt", "reciprocal"}, *const any[] = {"exp", "sin", "cos", "square"};
    int t = same(g, "tanh", a, NULL);
    if (below(g, 2))
        return same(g, any[below(g, 4)], t, NULL);
    return same(g, positive[below(g, 3)], same(g, "affine", t, "{'scale': 0.5, 'shift': 2}"), NULL);
}

/* A constant of channels (C), (C, 1, 1) or everything, or a vector made from sigma or label. */
static int make_condition(graph *g, int channels, const value *like) {
    char name[12], text[TEXT];
    size_t shape[3] = {(size_t)channels, 1, 1};
    int rank = 1, kind = below(g, like ? 5 : 4);
    if (kind == 0)
        return linear(g, below(g, 2) ? 1 : 3, channels); /* sigma, an embedding of the label */
    if (kind == 1)
        rank = 3;
    if (kind == 4) {
        rank = like->rank;
        for (int i = 0; i < 3; i++)
            shape[i] = (size_t)like->d[i];
    }
    tensor(g, name, rank, shape, 0.5, 1);
    snprintf(text, TEXT, "{'value': '%s'}", name);
    return node(g, "constant", -1, -1, NULL, text, rank, channels, (int)shape[1], (int)shape[2]);
}

static int broadcast(graph *g, const char *op, int a, int b) {
    const value v = g->v[a], u = g->v[b];
    int rank = v.rank > u.rank ? v.rank : u.rank, d[3];
    for (int i = 0; i < 3; i++) {
        d[i] = v.d[i] > u.d[i] ? v.d[i] : u.d[i];
        if ((v.d[i] != d[i] && v.d[i] != 1) || (u.d[i] != d[i] && u.d[i] != 1))
            return -1;
    }
    if (d[0] * d[1] * d[2] > MOST)
        return -1;
    return node(g, op, a, b, NULL, NULL, rank, d[0], d[1], d[2]);
}

static int norm(graph *g, int a) {
    enum { BY_CHANNELS, OVER_ALL, INSTANCE, GROUPS };
    static const int wanted[] = {1, 2, 3, 8, 16};
    const value v = g->v[a];
    size_t shape[3] = {(size_t)v.d[0], (size_t)v.d[1], (size_t)v.d[2]};
    int kind = below(g, 6), groups = one_of(g, wanted, 5), rank = kind == OVER_ALL ? v.rank : 1;
    char attributes[TEXT], tensors[TEXT];
    if (v.rank == 2 || (v.rank == 1 && kind == INSTANCE))
        return -1;
    weight_and_bias(g, tensors, rank, shape, rank, 0.3, 1);
    if (kind <= OVER_ALL)
        snprintf(attributes, TEXT, "{'eps': 0.1, 'over': '%s'}", kind == OVER_ALL ? "all" : "channels");
    else if (kind == INSTANCE)
        snprintf(attributes, TEXT, "{'eps': 0.1}");
    else
        snprintf(attributes, TEXT, "{'eps': 0.1, 'groups': %d}", v.d[0] % groups ? 1 : groups);
    return node(g,
                kind <= OVER_ALL   ? "layer_norm"
                : kind == INSTANCE ? "instance_norm"
                                   : "group_norm",
                a, -1, attributes, tensors, v.rank, v.d[0], v.d[1], v.d[2]);
}

/* A norm followed by what may be fused into it. */
static int make_norm(graph *g, int a) {
    int out = norm(g, a), channels = g->v[a].d[0];
    if (out >= 0 && below(g, 2))
        out = broadcast(g, "mul", out, make_condition(g, channels, NULL));
    if (out >= 0 && below(g, 2)) {
        int shift = make_condition(g, channels, NULL);
        out = below(g, 2) ? broadcast(g, "add", out, shift) : broadcast(g, "add", shift, out);
    }
    return out >= 0 && below(g, 2) ? make_activation(g, out) : out;
}

static int make_binary(graph *g, int a) {
    static const char *const ops[] = {"add", "sub", "mul", "mul"};
    int b, kind = below(g, 5);
    if (kind == 0)
        b = below(g, g->n);
    else if (kind == 1)
        b = make_reduction(g, a);
    else
        b = make_condition(g, g->v[a].d[0], &g->v[a]);
    bool swap = below(g, 2);
    if (below(g, 6) == 0) {
        b = same(g, "affine", same(g, "tanh", b, NULL), "{'scale': 0.5, 'shift': 2}");
        return broadcast(g, "div", a, b);
    }
    return broadcast(g, ops[below(g, 4)], swap ? b : a, swap ? a : b);
}

static int make_concat(graph *g, int a) {
    int b = below(g, 2) ? same(g, "sin", same(g, "tanh", a, NULL), NULL) : below(g, g->n);
    const value v = g->v[a], u = g->v[b];
    if (u.rank != v.rank || u.d[1] != v.d[1] || u.d[2] != v.d[2] || elements(&v) + elements(&u) > MOST)
        return -1;
    return node(g, "concat", a, b, NULL, NULL, v.rank, v.d[0] + u.d[0], v.d[1], v.d[2]);
}

static int make_slice(graph *g, int a) {
    const value v = g->v[a];
    int begin = below(g, 2) ? v.d[0] / 16 * below(g, 2) * 16 : below(g, v.d[0]);
    begin = begin < v.d[0] ? begin : 0;
    int end = begin + 1 + below(g, v.d[0] - begin);
    char attributes[TEXT];
    snprintf(attributes, TEXT, "{'begin': %d, 'end': %d}", begin, end);
    return node(g, "slice", a, -1, attributes, NULL, v.rank, end - begin, v.d[1], v.d[2]);
}

static int make_reshape(graph *g, int a) {
    const value v = g->v[a];
    char attributes[TEXT];
    const int forms[4][4] = {{1, elements(&v), 1, 1},
                             {2, v.d[0] * v.d[1], v.d[2], 1},
                             {3, v.d[0], 1, v.d[1] * v.d[2]},
                             {3, v.d[2], v.d[0], v.d[1]}};
    const int *f = forms[below(g, 4)];
    snprintf(attributes, TEXT,
             f[0] == 1   ? "{'shape': [%d]}"
             : f[0] == 2 ? "{'shape': [%d, %d]}"
                         : "{'shape': [%d, %d, %d]}",
             f[1], f[2], f[3]);
    return node(g, "reshape", a, -1, attributes, NULL, f[0], f[1], f[2], f[3]);
}

static int make_upsample(graph *g, int a) {
    const value v = g->v[a];
    int h = 1 + below(g, 3), w = 1 + below(g, 3);
    if (v.rank != 3 || elements(&v) * h * w > MOST)
        return -1;
    char attributes[TEXT];
    snprintf(attributes, TEXT, "{'scale': [%d, %d]}", h, w);
    return node(g, "upsample_nearest", a, -1, attributes, NULL, 3, v.d[0], v.d[1] * h, v.d[2] * w);
}

static int make_pool(graph *g, int a) {
    const value v = g->v[a];
    if (v.rank != 3)
        return -1;
    char attributes[TEXT];
    int kind = below(g, 3), k[2], s[2], p[2], out[2];
    for (int i = 0; i < 2; i++) {
        k[i] = 1 + below(g, 3);
        s[i] = 1 + below(g, 3);
        p[i] = below(g, k[i] / 2 + 1);
        out[i] = kind ? windows(v.d[i + 1], k[i], s[i], p[i], 1) : 1 + below(g, 5);
    }
    if (!out[0] || !out[1] || v.d[0] * out[0] * out[1] > MOST)
        return -1;
    if (kind == 0)
        snprintf(attributes, TEXT, "{'size': [%d, %d]}", out[0], out[1]);
    else
        snprintf(attributes, TEXT, "{'kernel': [%d, %d], 'stride': [%d, %d], 'padding': [%d, %d]%s}", k[0], k[1], s[0],
                 s[1], p[0], p[1], kind == 1 && below(g, 2) ? ", 'count_padding': 0" : "");
    return node(g,
                kind == 0   ? "adaptive_avg_pool"
                : kind == 1 ? "avg_pool"
                            : "max_pool",
                a, -1, attributes, NULL, 3, v.d[0], out[0], out[1]);
}

static int make_shuffle(graph *g, int a) {
    const value v = g->v[a];
    if (v.rank != 3)
        return -1;
    if (v.d[0] % 4 == 0 && below(g, 2))
        return node(g, "pixel_shuffle", a, -1, "{'factor': 2}", NULL, 3, v.d[0] / 4, v.d[1] * 2, v.d[2] * 2);
    if (v.d[1] % 2 == 0 && v.d[2] % 2 == 0)
        return node(g, "pixel_unshuffle", a, -1, "{'factor': 2}", NULL, 3, v.d[0] * 4, v.d[1] / 2, v.d[2] / 2);
    return -1;
}

static int (*const makers[])(graph *, int) = {
    make_conv, make_conv,       make_conv,   make_residual, make_residual, make_norm,    make_norm,
    make_norm, make_linear,     make_binary, make_binary,   make_binary,   make_concat,  make_slice,
    make_pool, make_activation, make_tamed,  make_shuffle,  make_upsample, make_reshape, make_reduction};

/* A value that depends on x: mostly the last one, so that graphs grow deep. */
static int pick(graph *g) {
    int i = below(g, 3) ? g->n - 1 : below(g, g->n);
    while (!g->v[i].sample)
        i = below(g, g->n);
    return i;
}

/* x, sigma, an embedding of the label, and some nodes. */
static graph begin(unsigned seed, const char *kind) {
    graph g = {.random = seed};
    int c = one_of(&g, channel_counts, 10), h = 1 + below(&g, 17), w = 1 + below(&g, 17), nodes = 1 + below(&g, 14);
    char table[12], text[TEXT];
    g.w = weights_new(kind, c, h, w);
    weights_inputs(g.w, true, 3);
    add_value(&g, "x", 3, c, h, w, true);
    add_value(&g, "sigma", 1, 1, 1, 1, false);
    add_value(&g, "label", 1, 1, 1, 1, false);
    tensor(&g, table, 2, (size_t[]){4, 20}, 1, 0);
    snprintf(text, TEXT, "{'weight': '%s'}", table);
    node(&g, "embedding", 2, -1, NULL, text, 1, 20, 1, 1);
    for (int i = 0; i < nodes && g.n < VALUES - 12; i++)
        makers[below(&g, (int)(sizeof makers / sizeof *makers))](&g, pick(&g));
    return g;
}

/* Value a reshaped to rank 1. */
static int flat(graph *g, int a) {
    char text[TEXT];
    int size = elements(&g->v[a]);
    snprintf(text, TEXT, "{'shape': [%d]}", size);
    return g->v[a].rank == 1 && a ? a : node(g, "reshape", a, -1, text, NULL, 1, size, 1, 1);
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
weights *graph_random_energy(unsigned seed) {
    graph g = begin(seed, "energy");
    int a = pick(&g), kind = below(&g, 3);
    if (kind) {
        const value v = g.v[a];
        char name[12], text[TEXT];
        size_t shape[3] = {(size_t)v.d[0], (size_t)v.d[1], (size_t)v.d[2]};
        tensor(&g, name, v.rank, shape, 1, 0);
        snprintf(text, TEXT, "{'value': '%s'}", name);
        int constant = node(&g, "constant", -1, -1, NULL, text, v.rank, v.d[0], v.d[1], v.d[2]);
        a = same(&g, kind == 1 ? "square" : "tanh", broadcast(&g, below(&g, 2) ? "add" : "sub", a, constant), NULL);
        a = broadcast(&g, "mul", a, constant);
        a = node(&g, below(&g, 2) ? "sum" : "mean", a, -1, "{'over': 'all'}", NULL, 1, 1, 1, 1);
    } else {
        a = linear(&g, flat(&g, a), 1);
    }
    if (below(&g, 2))
        a = broadcast(&g, below(&g, 2) ? "mul" : "div", a, 1);
    if (below(&g, 2))
        same(&g, "neg", a, NULL);
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
