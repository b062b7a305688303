/* A random network in the making, for the files that make its nodes; draws follow each other, so that another order of
 * them, or one more, makes other networks. */
#ifndef TEST_GRAPH_H
#define TEST_GRAPH_H

#include <stdint.h>

#include "support/weights.h"

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

enum { CHANNEL_COUNTS = 10 };
extern const int channel_counts[CHANNEL_COUNTS];

static inline int elements(const value *v) {
    return v->d[0] * v->d[1] * v->d[2];
}

int graph_below(graph *g, int n);
int graph_one_of(graph *g, const int *choices, int n);
int graph_add_value(graph *g, const char *name, int rank, int c, int h, int w, bool sample);

/* Adds a node with those inputs (-1: none), whose result has this shape. */
int graph_node_of(graph *g, const char *op, const int input[4], const char *attributes, const char *tensors, int rank,
                  int c, int h, int w);
int graph_node(graph *g, const char *op, int a, int b, const char *attributes, const char *tensors, int rank, int c,
               int h, int w);

/* Adds a node of a's shape. */
int graph_same(graph *g, const char *op, int a, const char *attributes);

/* Adds a tensor of uniform numbers with this mean and standard deviation; `name` receives its name. */
void graph_tensor(graph *g, char name[12], int rank, const size_t *shape, double deviation, float mean);

/* "{'weight': 't1', 'bias': 't2'}"; half of the cases have the bias, whose shape is the first bias_rank sizes. */
void graph_weight_and_bias(graph *g, char text[TEXT], int rank, const size_t *shape, int bias_rank, double deviation,
                           float mean);

/* How often a window fits into `size` positions with this padding; 0: it does not. */
int graph_windows(int size, int kernel, int stride, int padding, int dilation);

/* ---- Nodes that several makers use ---- */

int graph_linear(graph *g, int a, int outputs);
int graph_broadcast(graph *g, const char *op, int a, int b);

/* ---- Makers: a node or a few on value a; -1 where a does not fit ---- */

int graph_make_reduction(graph *g, int a);
int graph_make_conv(graph *g, int a);
int graph_make_linear(graph *g, int a);
int graph_make_residual(graph *g, int a);
int graph_make_activation(graph *g, int a);
int graph_make_tamed(graph *g, int a);
int graph_make_condition(graph *g, int channels, const value *like);
int graph_make_norm(graph *g, int a);
int graph_make_binary(graph *g, int a);
int graph_make_concat(graph *g, int a);
int graph_make_slice(graph *g, int a);
int graph_make_reshape(graph *g, int a);
int graph_make_upsample(graph *g, int a);
int graph_make_pool(graph *g, int a);
int graph_make_shuffle(graph *g, int a);
int graph_make_permute(graph *g, int a);
int graph_make_resample(graph *g, int a);
int graph_make_comparison(graph *g, int a);
int graph_make_step(graph *g, int a);
int graph_make_table(graph *g, int a);

#endif
