/* Makers of convolutions, norms, activations and products. */
#include "support/graph.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Sums of many elements would leave the range in which other operations change. */
int graph_make_reduction(graph *g, int a) {
    const value v = g->v[a];
    const char *op = graph_below(g, 2) && v.d[1] * v.d[2] <= 64 ? "sum" : "mean";
    switch (v.rank == 3 ? graph_below(g, 5) : graph_below(g, 2)) {
    case 0:
        return graph_node(g, op, a, -1, "{'over': 'positions'}", NULL, 1, v.d[0], 1, 1);
    case 1:
        return graph_node(g, "mean", a, -1, "{'over': 'all'}", NULL, 1, 1, 1, 1);
    default:
        return graph_node(g, "mean", a, -1, "{'over': 'channels'}", NULL, 3, 1, v.d[1], v.d[2]);
    }
}

/* A convolution; with `keep`, the result has a's own shape. */
static int convolution(graph *g, int a, bool keep) {
    const value v = g->v[a];
    int k[2], s[2], p[2], d[2], out[2], groups = 1,
                                        outputs = keep ? v.d[0] : graph_one_of(g, channel_counts, CHANNEL_COUNTS);
    bool plain = keep || graph_below(g, 2);
    for (int i = 0; i < 2; i++) {
        k[i] = keep ? 1 + 2 * graph_below(g, 2) : plain ? 3 : 1 + graph_below(g, 5);
        s[i] = plain ? 1 : 1 + graph_below(g, 3);
        d[i] = plain ? 1 : 1 + graph_below(g, 2);
        p[i] = keep ? (k[i] - 1) / 2 : graph_below(g, 4);
        out[i] = graph_windows(v.d[i + 1], k[i], s[i], p[i], d[i]);
    }
    if (!plain && graph_below(g, 3) == 0) {
        groups = v.d[0] % 2 ? v.d[0] : 2;
        outputs = groups * (1 + graph_below(g, 3));
    }
    if (v.rank != 3 || !out[0] || !out[1] || outputs * out[0] * out[1] > MOST)
        return -1;
    size_t shape[4] = {(size_t)outputs, (size_t)(v.d[0] / groups), (size_t)k[0], (size_t)k[1]};
    char attributes[TEXT], tensors[TEXT];
    graph_weight_and_bias(g, tensors, 4, shape, 1, 1 / sqrt((double)(shape[1] * shape[2] * shape[3])), 0);
    snprintf(attributes, TEXT, "{'stride': [%d, %d], 'padding': [%d, %d], 'dilation': [%d, %d], 'groups': %d}", s[0],
             s[1], p[0], p[1], d[0], d[1], groups);
    return graph_node(g, "conv2d", a, -1, attributes, tensors, 3, outputs, out[0], out[1]);
}

int graph_linear(graph *g, int a, int outputs) {
    const value v = g->v[a];
    if (v.rank != 1)
        return -1;
    char tensors[TEXT];
    graph_weight_and_bias(g, tensors, 2, (size_t[]){(size_t)outputs, (size_t)v.d[0]}, 1, 1 / sqrt(v.d[0]), 0);
    return graph_node(g, "linear", a, -1, NULL, tensors, 1, outputs, 1, 1);
}

int graph_make_conv(graph *g, int a) {
    return convolution(g, a, false);
}

int graph_make_linear(graph *g, int a) {
    if (g->v[a].rank != 1)
        a = graph_make_reduction(g, a);
    return g->v[a].rank == 1 ? graph_linear(g, a, graph_one_of(g, channel_counts, CHANNEL_COUNTS)) : a;
}

/* a + conv(a) or conv(a) + a, in which the convolution may or may not read a. */
int graph_make_residual(graph *g, int a) {
    int from = graph_below(g, 2) ? graph_same(g, "silu", a, NULL) : a;
    int b = g->v[a].rank == 3 ? convolution(g, from, true) : graph_linear(g, from, g->v[a].d[0]);
    const value v = g->v[a];
    if (b < 0)
        return -1;
    return graph_below(g, 2) ? graph_node(g, "add", a, b, NULL, NULL, v.rank, v.d[0], v.d[1], v.d[2])
                             : graph_node(g, "add", b, a, NULL, NULL, v.rank, v.d[0], v.d[1], v.d[2]);
}

/* A constant of uniform numbers. */
static int constant(graph *g, int rank, int c, int h, int w, double deviation) {
    char name[12], text[TEXT];
    graph_tensor(g, name, rank, (size_t[]){(size_t)c, (size_t)h, (size_t)w}, deviation, 0);
    snprintf(text, TEXT, "{'value': '%s'}", name);
    return graph_node(g, "constant", -1, -1, NULL, text, rank, c, h, w);
}

/* Attention of a's shape among a's positions, or between them and constants. */
static int attention(graph *g, int a) {
    static const int counts[] = {4, 3, 2, 17};
    const value v = g->v[a];
    int q = a, k = a, heads = 1, positions = v.d[1] * v.d[2], keys = positions, kind = graph_below(g, 4);
    for (int i = 0; i < 4 && graph_below(g, 4); i++)
        heads = v.d[0] % counts[i] ? heads : counts[i];
    if (kind == 0)
        k = constant(g, 2, v.d[0], keys = 1 + graph_below(g, 40), 1, 1);
    else if (kind == 1)
        q = constant(g, v.rank, v.d[0], v.d[1], v.d[2], 1);
    if (heads * positions * keys > 8 * MOST)
        return -1;
    int values = kind == 0 ? k : kind == 2 ? graph_same(g, "sin", a, NULL) : a, mask = -1;
    if (kind == 2)
        q = graph_same(g, "tanh", a, NULL);
    if (positions * keys <= MOST && graph_below(g, 3) == 0)
        mask = constant(g, 3, graph_below(g, 2) ? heads : 1, positions, keys, 1);
    char attributes[TEXT];
    snprintf(attributes, TEXT, "{'heads': %d%s%s}", heads, graph_below(g, 3) ? "" : ", 'causal': 1",
             graph_below(g, 3) ? "" : ", 'scale': 0.25");
    return graph_node_of(g, "attention", (const int[]){q, k, values, mask}, attributes, NULL, v.rank, v.d[0], v.d[1],
                         v.d[2]);
}

/* A product of a's shape: of matrices, or of one of them, on a's left or right. */
static int matmul(graph *g, int a) {
    const value v = g->v[a];
    int rank = graph_below(g, 2) ? v.rank : 2, rows = v.rank == 3 ? v.d[1] : v.d[0],
        columns = v.rank == 3 ? v.d[2] : v.d[1];
    int count = rank == 3 && graph_below(g, 2) ? v.d[0] : 1, transpose = graph_below(g, 2);
    if (v.rank == 1)
        return -1;
    bool left = graph_below(g, 2);
    int size = left ? rows : columns;
    int b =
        rank == 3 ? constant(g, 3, count, size, size, 1 / sqrt(size)) : constant(g, 2, size, size, 1, 1 / sqrt(size));
    char attributes[TEXT];
    snprintf(attributes, TEXT, "{'transpose_%c': %d}", left ? 'a' : 'b', transpose);
    return graph_node(g, "matmul", left ? b : a, left ? a : b, attributes, NULL, v.rank, v.d[0], v.d[1], v.d[2]);
}

/* The Gram matrices x x^T of a, transposed first or not. */
static int gram(graph *g, int a) {
    const value v = g->v[a];
    int t = graph_below(g, 2), i = v.rank - 2 + t;
    if (v.rank == 1 || v.d[0] * v.d[i] * v.d[i] > MOST)
        return -1;
    char attributes[TEXT];
    snprintf(attributes, TEXT, "{'transpose_a': %d, 'transpose_b': %d}", t, 1 - t);
    a = graph_same(g, "tanh", a, NULL);
    return v.rank == 3 ? graph_node(g, "matmul", a, a, attributes, NULL, 3, v.d[0], v.d[i], v.d[i])
                       : graph_node(g, "matmul", a, a, attributes, NULL, 2, v.d[i], v.d[i], 1);
}

/* What mixes positions, with draws of its own: others would change all networks. -1 where there is none. */
static int mixed(graph *g, int a) {
    uint64_t kept = g->random;
    int (*const choices[])(graph *, int) = {attention, attention, matmul, gram};
    int out = choices[graph_below(g, 4)](g, a);
    g->random = kept;
    return out;
}

int graph_make_activation(graph *g, int a) {
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
    int i = graph_below(g, 11);
    /* Some sigmoids are a softmax instead, which takes no draw of its own: that would change all networks. */
    if (!strcmp(choices[i].op, "sigmoid") && g->n % 3)
        return graph_same(g, "softmax", a, g->n % 3 == 1 ? "{'over': 'channels'}" : "{'over': 'last'}");
    int out = i >= 9 && g->n % 3 && g->n < VALUES - 24 ? mixed(g, a) : -1;
    if (out >= 0)
        return out;
    return graph_same(g, choices[i].op, a, choices[i].attributes);
}

/* Functions that are steep or undefined somewhere get tame arguments. */
int graph_make_tamed(graph *g, int a) {
    static const char *const positive[] = {"log", "sqrt", "reciprocal"}, *const any[] = {"exp", "sin", "cos", "square"};
    int t = graph_same(g, "tanh", a, NULL);
    if (graph_below(g, 2))
        return graph_same(g, any[graph_below(g, 4)], t, NULL);
    return graph_same(g, positive[graph_below(g, 3)], graph_same(g, "affine", t, "{'scale': 0.5, 'shift': 2}"), NULL);
}

/* A constant of channels (C), (C, 1, 1) or everything, or a vector made from sigma or label. */
int graph_make_condition(graph *g, int channels, const value *like) {
    char name[12], text[TEXT];
    size_t shape[3] = {(size_t)channels, 1, 1};
    int rank = 1, kind = graph_below(g, like ? 5 : 4);
    if (kind == 0)
        return graph_linear(g, graph_below(g, 2) ? 1 : 3, channels); /* sigma, an embedding of the label */
    if (kind == 1)
        rank = 3;
    if (kind == 4) {
        rank = like->rank;
        for (int i = 0; i < 3; i++)
            shape[i] = (size_t)like->d[i];
    }
    graph_tensor(g, name, rank, shape, 0.5, 1);
    snprintf(text, TEXT, "{'value': '%s'}", name);
    return graph_node(g, "constant", -1, -1, NULL, text, rank, channels, (int)shape[1], (int)shape[2]);
}

int graph_broadcast(graph *g, const char *op, int a, int b) {
    const value v = g->v[a], u = g->v[b];
    int rank = v.rank > u.rank ? v.rank : u.rank, d[3];
    for (int i = 0; i < 3; i++) {
        d[i] = v.d[i] > u.d[i] ? v.d[i] : u.d[i];
        if ((v.d[i] != d[i] && v.d[i] != 1) || (u.d[i] != d[i] && u.d[i] != 1))
            return -1;
    }
    if (d[0] * d[1] * d[2] > MOST)
        return -1;
    return graph_node(g, op, a, b, NULL, NULL, rank, d[0], d[1], d[2]);
}

static int norm(graph *g, int a) {
    enum { BY_CHANNELS, OVER_ALL, INSTANCE, GROUPS };
    static const int wanted[] = {1, 2, 3, 8, 16};
    const value v = g->v[a];
    size_t shape[3] = {(size_t)v.d[0], (size_t)v.d[1], (size_t)v.d[2]};
    int kind = graph_below(g, 6), groups = graph_one_of(g, wanted, 5), rank = kind == OVER_ALL ? v.rank : 1;
    char attributes[TEXT], tensors[TEXT];
    if (v.rank == 2 || (v.rank == 1 && kind == INSTANCE) || elements(&v) == 1)
        return -1;
    graph_weight_and_bias(g, tensors, rank, shape, rank, 0.3, 1);
    if (kind <= OVER_ALL)
        snprintf(attributes, TEXT, "{'eps': 0.1, 'over': '%s'}", kind == OVER_ALL ? "all" : "channels");
    else if (kind == INSTANCE)
        snprintf(attributes, TEXT, "{'eps': 0.1}");
    else
        snprintf(attributes, TEXT, "{'eps': 0.1, 'groups': %d}", v.d[0] % groups ? 1 : groups);
    return graph_node(g,
                      kind <= OVER_ALL   ? "layer_norm"
                      : kind == INSTANCE ? "instance_norm"
                                         : "group_norm",
                      a, -1, attributes, tensors, v.rank, v.d[0], v.d[1], v.d[2]);
}

/* A norm followed by what may be fused into it. */
int graph_make_norm(graph *g, int a) {
    int out = norm(g, a), channels = g->v[a].d[0];
    if (out >= 0 && graph_below(g, 2))
        out = graph_broadcast(g, "mul", out, graph_make_condition(g, channels, NULL));
    if (out >= 0 && graph_below(g, 2)) {
        int shift = graph_make_condition(g, channels, NULL);
        out = graph_below(g, 2) ? graph_broadcast(g, "add", out, shift) : graph_broadcast(g, "add", shift, out);
    }
    return out >= 0 && graph_below(g, 2) ? graph_make_activation(g, out) : out;
}

int graph_make_binary(graph *g, int a) {
    static const char *const ops[] = {"add", "sub", "mul", "mul"};
    int b, kind = graph_below(g, 5);
    if (kind == 0)
        b = graph_below(g, g->n);
    else if (kind == 1)
        b = graph_make_reduction(g, a);
    else
        b = graph_make_condition(g, g->v[a].d[0], &g->v[a]);
    bool swap = graph_below(g, 2);
    if (graph_below(g, 6) == 0) {
        b = graph_same(g, "affine", graph_same(g, "tanh", b, NULL), "{'scale': 0.5, 'shift': 2}");
        return graph_broadcast(g, "div", a, b);
    }
    return graph_broadcast(g, ops[graph_below(g, 4)], swap ? b : a, swap ? a : b);
}
