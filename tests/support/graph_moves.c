/* Makers of what moves, pools, compares and looks up elements. */
#include "support/graph.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

int graph_make_concat(graph *g, int a) {
    int b = graph_below(g, 2) ? graph_same(g, "sin", graph_same(g, "tanh", a, NULL), NULL) : graph_below(g, g->n);
    const value v = g->v[a], u = g->v[b];
    if (u.rank != v.rank || u.d[1] != v.d[1] || u.d[2] != v.d[2] || elements(&v) + elements(&u) > MOST)
        return -1;
    return graph_node(g, "concat", a, b, NULL, NULL, v.rank, v.d[0] + u.d[0], v.d[1], v.d[2]);
}

int graph_make_slice(graph *g, int a) {
    const value v = g->v[a];
    int begin = graph_below(g, 2) ? v.d[0] / 16 * graph_below(g, 2) * 16 : graph_below(g, v.d[0]);
    begin = begin < v.d[0] ? begin : 0;
    int end = begin + 1 + graph_below(g, v.d[0] - begin);
    char attributes[TEXT];
    snprintf(attributes, TEXT, "{'begin': %d, 'end': %d}", begin, end);
    return graph_node(g, "slice", a, -1, attributes, NULL, v.rank, end - begin, v.d[1], v.d[2]);
}

int graph_make_reshape(graph *g, int a) {
    const value v = g->v[a];
    char attributes[TEXT];
    const int forms[4][4] = {{1, elements(&v), 1, 1},
                             {2, v.d[0] * v.d[1], v.d[2], 1},
                             {3, v.d[0], 1, v.d[1] * v.d[2]},
                             {3, v.d[2], v.d[0], v.d[1]}};
    const int *f = forms[graph_below(g, 4)];
    snprintf(attributes, TEXT,
             f[0] == 1   ? "{'shape': [%d]}"
             : f[0] == 2 ? "{'shape': [%d, %d]}"
                         : "{'shape': [%d, %d, %d]}",
             f[1], f[2], f[3]);
    return graph_node(g, "reshape", a, -1, attributes, NULL, f[0], f[1], f[2], f[3]);
}

/* With stride, dilation, groups, padding and output padding; its draws are its own, so that other networks stay as they
 * are. */
static int transposed(graph *g, int a) {
    const value v = g->v[a];
    uint64_t drawn = g->random;
    int k[2], s[2], p[2], d[2], extra[2], out[2], groups = v.d[0] % 2 || graph_below(g, 3) ? 1 : 2;
    int outputs = groups == 1 ? graph_one_of(g, channel_counts, CHANNEL_COUNTS) : 2 * (1 + graph_below(g, 3)),
        result = -1;
    for (int i = 0; i < 2; i++) {
        k[i] = 1 + graph_below(g, 4);
        s[i] = 1 + graph_below(g, 3);
        d[i] = 1 + graph_below(g, 2);
        p[i] = graph_below(g, k[i]);
        extra[i] = graph_below(g, s[i] > d[i] ? s[i] : d[i]);
        out[i] = (v.d[i + 1] - 1) * s[i] - 2 * p[i] + d[i] * (k[i] - 1) + extra[i] + 1;
    }
    if (v.rank == 3 && out[0] > 0 && out[1] > 0 && outputs * out[0] * out[1] <= MOST) {
        size_t shape[4] = {(size_t)v.d[0], (size_t)(outputs / groups), (size_t)k[0], (size_t)k[1]};
        char attributes[TEXT], tensors[TEXT], weight[12], bias[12];
        graph_tensor(g, weight, 4, shape, 1 / sqrt(v.d[0] / groups * k[0] * k[1]), 0);
        graph_tensor(g, bias, 1, (size_t[]){(size_t)outputs}, 0.5, 0);
        snprintf(tensors, TEXT, "{'weight': '%s', 'bias': '%s'}", weight, bias);
        snprintf(attributes, TEXT,
                 "{'stride': [%d, %d], 'padding': [%d, %d], 'dilation': [%d, %d], 'output_padding': [%d, %d], "
                 "'groups': %d}",
                 s[0], s[1], p[0], p[1], d[0], d[1], extra[0], extra[1], groups);
        result = graph_node(g, "conv_transpose2d", a, -1, attributes, tensors, 3, outputs, out[0], out[1]);
    }
    g->random = drawn;
    return result;
}

int graph_make_upsample(graph *g, int a) {
    const value v = g->v[a];
    int instead = g->n % 2 ? transposed(g, a) : -1;
    if (instead >= 0)
        return instead;
    int h = 1 + graph_below(g, 3), w = 1 + graph_below(g, 3);
    if (v.rank != 3 || elements(&v) * h * w > MOST)
        return -1;
    char attributes[TEXT];
    snprintf(attributes, TEXT, "{'scale': [%d, %d]}", h, w);
    return graph_node(g, "upsample_nearest", a, -1, attributes, NULL, 3, v.d[0], v.d[1] * h, v.d[2] * w);
}

int graph_make_pool(graph *g, int a) {
    const value v = g->v[a];
    if (v.rank != 3)
        return -1;
    char attributes[TEXT];
    int kind = graph_below(g, 3), k[2], s[2], p[2], out[2];
    for (int i = 0; i < 2; i++) {
        k[i] = 1 + graph_below(g, 3);
        s[i] = 1 + graph_below(g, 3);
        p[i] = graph_below(g, k[i] / 2 + 1);
        out[i] = kind ? graph_windows(v.d[i + 1], k[i], s[i], p[i], 1) : 1 + graph_below(g, 5);
    }
    if (!out[0] || !out[1] || v.d[0] * out[0] * out[1] > MOST)
        return -1;
    if (kind == 0)
        snprintf(attributes, TEXT, "{'size': [%d, %d]}", out[0], out[1]);
    else
        snprintf(attributes, TEXT, "{'kernel': [%d, %d], 'stride': [%d, %d], 'padding': [%d, %d]%s}", k[0], k[1], s[0],
                 s[1], p[0], p[1], kind == 1 && graph_below(g, 2) ? ", 'count_padding': 0" : "");
    return graph_node(g,
                      kind == 0   ? "adaptive_avg_pool"
                      : kind == 1 ? "avg_pool"
                                  : "max_pool",
                      a, -1, attributes, NULL, 3, v.d[0], out[0], out[1]);
}

int graph_make_shuffle(graph *g, int a) {
    const value v = g->v[a];
    if (v.rank != 3)
        return -1;
    if (v.d[0] % 4 == 0 && graph_below(g, 2))
        return graph_node(g, "pixel_shuffle", a, -1, "{'factor': 2}", NULL, 3, v.d[0] / 4, v.d[1] * 2, v.d[2] * 2);
    if (v.d[1] % 2 == 0 && v.d[2] % 2 == 0)
        return graph_node(g, "pixel_unshuffle", a, -1, "{'factor': 2}", NULL, 3, v.d[0] * 4, v.d[1] / 2, v.d[2] / 2);
    return -1;
}

/* Some dimensions are cut in two; up to three of the result are made of those that are neighbours there. */
int graph_make_permute(graph *g, int a) {
    const value v = g->v[a];
    int size[6], order[6] = {0}, result[3] = {1, 1, 1}, count = 0, rank = 1 + graph_below(g, 3);
    for (int i = 0; i < v.rank; i++) {
        static const int wanted[] = {1, 2, 3, 4, 16};
        int part = graph_one_of(g, wanted, 5);
        part = v.d[i] % part ? 1 : part;
        if (part > 1)
            size[count++] = v.d[i] / part;
        size[count++] = part > 1 ? part : v.d[i];
    }
    for (int i = 0; i < count; i++) {
        int k = graph_below(g, i + 1);
        order[i] = order[k];
        order[k] = i;
    }
    for (int i = 0; i < count; i++)
        result[i * rank / count] *= size[order[i]];
    char attributes[TEXT], *end = attributes;
    for (int i = 0; i < 2 * count + rank; i++) {
        const char *before = i == 0           ? "{'shape': ["
                             : i == count     ? "], 'order': ["
                             : i == 2 * count ? "], 'result': ["
                                              : ", ";
        int number = i < count ? size[i] : i < 2 * count ? order[i - count] : result[i - 2 * count];
        end += snprintf(end, (size_t)(attributes + TEXT - end), "%s%d", before, number);
    }
    snprintf(end, (size_t)(attributes + TEXT - end), "]}");
    return graph_node(g, "permute", a, -1, attributes, NULL, rank, result[0], result[1], result[2]);
}

/* A window of one dimension, which may go past its ends, forwards or backwards; or elements at random. */
int graph_make_resample(graph *g, int a) {
    const value v = g->v[a];
    int axis = graph_below(g, v.rank), size = v.d[axis], each = 1 + graph_below(g, 3), kind = graph_below(g, 3);
    int count = 1 + graph_below(g, size + 5), begin = graph_below(g, size + 5) - 4;
    if (elements(&v) / size * count > MOST)
        return -1;
    float *index = malloc((size_t)(count * each) * sizeof *index);
    assert_non_null(index);
    for (int i = 0; i < count * each; i++) {
        int at = begin + i / each + i % each;
        at = kind == 0 ? graph_below(g, size + 1) - 1 : kind == 1 ? at : size - 1 - at;
        index[i] = (float)(at < -1 || at >= size ? -1 : at);
    }
    index[0] = (float)(size / 2); /* the result depends on a */
    char name[12], weight[12], attributes[TEXT], tensors[TEXT];
    size_t shape[2] = {(size_t)count, (size_t)each};
    snprintf(name, sizeof name, "t%d", g->tensors++);
    weights_tensor(g->w, name, 2, shape, index);
    free(index);
    snprintf(tensors, TEXT, "{'index': '%s'}", name);
    if (graph_below(g, 2)) {
        graph_tensor(g, weight, 2, shape, 0.6, 0);
        snprintf(tensors, TEXT, "{'index': '%s', 'weight': '%s'}", name, weight);
    }
    int d[3] = {v.d[0], v.d[1], v.d[2]};
    d[axis] = count;
    snprintf(attributes, TEXT, "{'axis': %d}", axis);
    return graph_node(g, "resample", a, -1, attributes, tensors, v.rank, d[0], d[1], d[2]);
}

/* Operations with kinks, on a and something like it. */
int graph_make_comparison(graph *g, int a) {
    static const struct {
        const char *op, *attributes;
    } choices[] = {{"abs", NULL},
                   {"erf", NULL},
                   {"clamp", "{'low': -0.5, 'high': 0.75}"},
                   {"clamp", "{'low': 0.125}"},
                   {"clamp", "{'high': 0.25}"}};
    int i = graph_below(g, 9);
    if (i < 5)
        return graph_same(g, choices[i].op, a, choices[i].attributes);
    if (i == 5)
        return graph_node(g, "max", a, -1, "{'over': 'positions'}", NULL, 1, g->v[a].d[0], 1, 1);
    if (i == 6)
        return g->v[a].rank == 3
                   ? graph_node(g, "max", a, -1, "{'over': 'channels'}", NULL, 3, 1, g->v[a].d[1], g->v[a].d[2])
                   : graph_node(g, "max", a, -1, "{'over': 'all'}", NULL, 1, 1, 1, 1);
    int b = graph_below(g, 2) ? graph_make_condition(g, g->v[a].d[0], &g->v[a]) : graph_same(g, "sin", a, NULL);
    return graph_broadcast(g, i == 7 ? "minimum" : "maximum", a, b);
}

/* a times steps of it, which are taken well away from where they jump: those of a number less than 0.3 beside halves.
 */
int graph_make_step(graph *g, int a) {
    int kind = graph_below(g, 3), small = graph_same(g, "affine", graph_same(g, "tanh", a, NULL), "{'scale': 0.3}");
    int halves = graph_make_condition(g, g->v[a].d[0], graph_below(g, 2) ? &g->v[a] : NULL);
    halves = graph_same(g, "affine",
                        graph_same(g, "floor", graph_same(g, "affine", halves, "{'scale': 3, 'shift': -3}"), NULL),
                        "{'shift': 0.5}");
    int step = graph_broadcast(g, kind ? "add" : "greater", small, halves);
    if (step < 0)
        return -1;
    step = kind ? graph_same(g, kind == 1 ? "floor" : "sign", step, NULL) : step;
    return graph_broadcast(g, "mul", a, graph_same(g, "affine", step, "{'scale': 0.5, 'shift': 0.75}"));
}

/* Powers, and what tables have at sigma or the label. */
int graph_make_table(graph *g, int a) {
    static const char *const exponents[] = {"{'exponent': 3}", "{'exponent': -1.5}", "{'exponent': 0.75}"};
    const value v = g->v[a];
    char points[12], values[12], text[TEXT];
    int kind = graph_below(g, 3);
    if (!kind)
        return graph_same(g, "power",
                          graph_same(g, "affine", graph_same(g, "tanh", a, NULL), "{'scale': 0.5, 'shift': 2}"),
                          exponents[graph_below(g, 3)]);
    if (kind == 1) {
        graph_tensor(g, values, 2, (size_t[]){4, (size_t)v.d[0]}, 0.5, 1);
        snprintf(text, TEXT, "{'weight': '%s'}", values);
        return graph_broadcast(g, "mul", a,
                               graph_node(g, "lookup", 1 + graph_below(g, 2), -1, NULL, text, 1, v.d[0], 1, 1));
    }
    snprintf(points, sizeof points, "t%d", g->tensors++);
    weights_tensor(g->w, points, 1, (size_t[]){3}, (const float[]){0.5F, 1, 2.5F});
    graph_tensor(g, values, 1, (size_t[]){3}, 0.5, 1);
    snprintf(text, TEXT, "{'points': '%s', 'values': '%s'}", points, values);
    return graph_broadcast(g, "mul", graph_node(g, "interpolate", 1 + graph_below(g, 2), -1, NULL, text, 1, 1, 1, 1),
                           a);
}
