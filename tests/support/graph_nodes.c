#include "support/graph.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/random.h"

const int channel_counts[CHANNEL_COUNTS] = {1, 3, 5, 16, 16, 17, 24, 32, 32, 48};

int graph_below(graph *g, int n) {
    return random_below(&g->random, n);
}

int graph_one_of(graph *g, const int *choices, int n) {
    return choices[graph_below(g, n)];
}

int graph_add_value(graph *g, const char *name, int rank, int c, int h, int w, bool sample) {
    assert_in_range(g->n, 0, VALUES - 1);
    value *v = &g->v[g->n];
    *v = (value){.rank = rank, .d = {c, h, w}, .sample = sample};
    snprintf(v->name, sizeof v->name, "%s", name);
    return g->n++;
}

int graph_node_of(graph *g, const char *op, const int input[4], const char *attributes, const char *tensors, int rank,
                  int c, int h, int w) {
    char name[12], inputs[TEXT] = "[";
    bool sample = false;
    snprintf(name, sizeof name, "n%d", g->n);
    for (int i = 0; i < 4 && input[i] >= 0; i++) {
        size_t used = strlen(inputs);
        snprintf(inputs + used, sizeof inputs - used, "%s'%s'", i ? ", " : "", g->v[input[i]].name);
        sample |= g->v[input[i]].sample;
    }
    strcat(inputs, "]");
    weights_node(g->w, name, op, inputs, attributes, tensors);
    return graph_add_value(g, name, rank, c, h, w, sample);
}

int graph_node(graph *g, const char *op, int a, int b, const char *attributes, const char *tensors, int rank, int c,
               int h, int w) {
    return graph_node_of(g, op, (const int[]){a, b, -1, -1}, attributes, tensors, rank, c, h, w);
}

int graph_same(graph *g, const char *op, int a, const char *attributes) {
    const value v = g->v[a];
    return graph_node(g, op, a, -1, attributes, NULL, v.rank, v.d[0], v.d[1], v.d[2]);
}

void graph_tensor(graph *g, char name[12], int rank, const size_t *shape, double deviation, float mean) {
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

void graph_weight_and_bias(graph *g, char text[TEXT], int rank, const size_t *shape, int bias_rank, double deviation,
                           float mean) {
    char weight[12], bias[12];
    graph_tensor(g, weight, rank, shape, deviation, mean);
    if (graph_below(g, 2)) {
        snprintf(text, TEXT, "{'weight': '%s'}", weight);
        return;
    }
    graph_tensor(g, bias, bias_rank, shape, 0.5, 0);
    snprintf(text, TEXT, "{'weight': '%s', 'bias': '%s'}", weight, bias);
}

int graph_windows(int size, int kernel, int stride, int padding, int dilation) {
    int room = size + 2 * padding - dilation * (kernel - 1) - 1;
    return room < 0 ? 0 : room / stride + 1;
}
