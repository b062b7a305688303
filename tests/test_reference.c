/* Every operation, on cases small enough to compute by hand: the shape that the loader infers and the reference's
 * values. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "engine/reference.h"
#include "support/about.h"
#include "support/weights.h"

enum { VALUES_MAX = 24, X_MAX = 16 };

typedef struct tensor {
    int rank;
    size_t shape[4];
    float data[VALUES_MAX];
} tensor;

/* Node "t" is an `op` of `inputs`, which may be x, v (x as a vector), m (x as (C, H W)), sigma = 2, label = 1 of 2, and
 * k, a constant of tensor w where `tensors` does not use that. */
typedef struct example {
    const char *op, *inputs, *attributes, *tensors;
    int shape[3]; /* of x */
    double x[X_MAX];
    tensor w, b; /* left out if all are 0 */
    gs_shape result;
    double expected[VALUES_MAX];
} example;

#define ROW2 \
    { 1, 1, 2 }
#define ROW4 \
    { 1, 1, 4 }
#define SQUARE2 \
    { 1, 2, 2 }
#define CHANNELS2 \
    { 2, 1, 2 }
#define SHAPE1(a)   \
    {               \
        1, {        \
            a, 1, 1 \
        }           \
    }
#define SHAPE2(a, b) \
    {                \
        2, {         \
            a, b, 1  \
        }            \
    }
#define SHAPE3(a, b, c) \
    {                   \
        3, {            \
            a, b, c     \
        }               \
    }
#define NONE \
    { 0 }

static const example examples[] = {
    {"constant", NULL, NULL, "{'value': 'w'}", ROW2, {0}, {2, {1, 2}, {3, -4}}, NONE, SHAPE2(1, 2), {3, -4}},
    {"conv2d",
     "['x']",
     NULL,
     "{'weight': 'w'}",
     SQUARE2,
     {1, 2, 3, 4},
     {4, {1, 1, 2, 2}, {1, 10, 100, 1000}},
     NONE,
     SHAPE3(1, 1, 1),
     {4321}},
    {"conv2d",
     "['x']",
     "{'padding': [1, 1]}",
     "{'weight': 'w', 'bias': 'b'}",
     SQUARE2,
     {1, 2, 3, 4},
     {4, {1, 1, 3, 3}, {0, 0, 0, 0, 1, 10, 0, 0, 100}},
     {1, {1}, {0.5F}},
     SHAPE3(1, 2, 2),
     {421.5, 2.5, 43.5, 4.5}},
    {"conv2d",
     "['x']",
     "{'stride': [1, 2], 'padding': [0, 1]}",
     "{'weight': 'w'}",
     ROW4,
     {1, 2, 3, 4},
     {4, {1, 1, 1, 3}, {1, 10, 100}},
     NONE,
     SHAPE3(1, 1, 2),
     {210, 432}},
    {"conv2d",
     "['x']",
     "{'dilation': [1, 2]}",
     "{'weight': 'w'}",
     ROW4,
     {1, 2, 3, 4},
     {4, {1, 1, 1, 2}, {1, 10}},
     NONE,
     SHAPE3(1, 1, 2),
     {31, 42}},
    {"conv2d",
     "['x']",
     "{'groups': 2}",
     "{'weight': 'w'}",
     CHANNELS2,
     {1, 2, 3, 4},
     {4, {4, 1, 1, 1}, {1, 2, 3, 4}},
     NONE,
     SHAPE3(4, 1, 2),
     {1, 2, 2, 4, 9, 12, 12, 16}},
    {"conv2d",
     "['x']",
     NULL,
     "{'weight': 'w'}",
     CHANNELS2,
     {1, 2, 3, 4},
     {4, {1, 2, 1, 1}, {1, 10}},
     NONE,
     SHAPE3(1, 1, 2),
     {31, 42}},
    {"linear",
     "['v']",
     NULL,
     "{'weight': 'w', 'bias': 'b'}",
     ROW2,
     {1, 2},
     {2, {3, 2}, {1, 10, 2, 20, 3, 30}},
     {1, {3}, {0.5F, 0, -0.5F}},
     SHAPE1(3),
     {21.5, 42, 62.5}},
    /* Groups of (1, 3) and (2, 2): variance 1 + 3 and 0 + 4. */
    {"group_norm",
     "['x']",
     "{'groups': 2, 'eps': 3}",
     NULL,
     CHANNELS2,
     {1, 3, 2, 2},
     NONE,
     NONE,
     SHAPE3(2, 1, 2),
     {-0.5, 0.5, 0, 0}},
    {"group_norm",
     "['v']",
     "{'groups': 1, 'eps': 3}",
     "{'weight': 'w', 'bias': 'b'}",
     ROW2,
     {1, 3},
     {1, {2}, {2, 4}},
     {1, {2}, {10, 20}},
     SHAPE1(2),
     {9, 22}},
    {"layer_norm",
     "['x']",
     "{'over': 'channels', 'eps': 3}",
     "{'weight': 'w', 'bias': 'b'}",
     CHANNELS2,
     {1, 5, 3, 5},
     {1, {2}, {2, 4}},
     {1, {2}, {10, 20}},
     SHAPE3(2, 1, 2),
     {9, 10, 22, 20}},
    {"layer_norm",
     "['x']",
     "{'over': 'all', 'eps': 3}",
     "{'weight': 'w'}",
     CHANNELS2,
     {1, 3, 3, 1},
     {3, {2, 1, 2}, {1, 2, 3, 4}},
     NONE,
     SHAPE3(2, 1, 2),
     {-0.5, 1, 1.5, -2}},
    {"instance_norm",
     "['x']",
     "{'eps': 3}",
     "{'bias': 'b'}",
     CHANNELS2,
     {1, 3, 7, 5},
     NONE,
     {1, {2}, {10, 20}},
     SHAPE3(2, 1, 2),
     {9.5, 10.5, 20.5, 19.5}},
    {"relu", "['x']", NULL, NULL, ROW2, {-2, 3}, NONE, NONE, SHAPE3(1, 1, 2), {0, 3}},
    {"leaky_relu", "['x']", NULL, NULL, ROW2, {-2, 3}, NONE, NONE, SHAPE3(1, 1, 2), {-0.02, 3}},
    {"leaky_relu", "['x']", "{'slope': 0.5}", NULL, ROW2, {-2, 3}, NONE, NONE, SHAPE3(1, 1, 2), {-1, 3}},
    {"silu",
     "['x']",
     NULL,
     NULL,
     ROW2,
     {1, -2},
     NONE,
     NONE,
     SHAPE3(1, 1, 2),
     {0.7310585786300049, -0.2384058440442351}},
    {"gelu",
     "['x']",
     NULL,
     NULL,
     ROW2,
     {1, -2},
     NONE,
     NONE,
     SHAPE3(1, 1, 2),
     {0.8413447460685429, -0.04550026389635842}},
    {"gelu",
     "['x']",
     "{'approximate': 'tanh'}",
     NULL,
     ROW2,
     {1, -2},
     NONE,
     NONE,
     SHAPE3(1, 1, 2),
     {0.8411919906082768, -0.04540230591222494}},
    {"elu", "['x']", "{'alpha': 2}", NULL, ROW2, {-1, 3}, NONE, NONE, SHAPE3(1, 1, 2), {-1.2642411176571153, 3}},
    {"tanh", "['x']", NULL, NULL, ROW2, {1, -30}, NONE, NONE, SHAPE3(1, 1, 2), {0.7615941559557649, -1}},
    {"sigmoid", "['x']", NULL, NULL, ROW2, {0, 1}, NONE, NONE, SHAPE3(1, 1, 2), {0.5, 0.7310585786300049}},
    {"softplus", "['x']", NULL, NULL, ROW2, {0, 800}, NONE, NONE, SHAPE3(1, 1, 2), {0.6931471805599453, 800}},
    {"exp", "['x']", NULL, NULL, ROW2, {0, 1}, NONE, NONE, SHAPE3(1, 1, 2), {1, 2.718281828459045}},
    {"log", "['x']", NULL, NULL, ROW2, {1, 10}, NONE, NONE, SHAPE3(1, 1, 2), {0, 2.302585092994046}},
    {"sqrt", "['x']", NULL, NULL, ROW2, {4, 2}, NONE, NONE, SHAPE3(1, 1, 2), {2, 1.4142135623730951}},
    {"sin", "['x']", NULL, NULL, ROW2, {0, 1}, NONE, NONE, SHAPE3(1, 1, 2), {0, 0.8414709848078965}},
    {"cos", "['x']", NULL, NULL, ROW2, {0, 1}, NONE, NONE, SHAPE3(1, 1, 2), {1, 0.5403023058681398}},
    {"reciprocal", "['x']", NULL, NULL, ROW2, {4, -2}, NONE, NONE, SHAPE3(1, 1, 2), {0.25, -0.5}},
    {"neg", "['x']", NULL, NULL, ROW2, {4, -2}, NONE, NONE, SHAPE3(1, 1, 2), {-4, 2}},
    {"square", "['x']", NULL, NULL, ROW2, {4, -2}, NONE, NONE, SHAPE3(1, 1, 2), {16, 4}},
    {"add", "['x', 'x']", NULL, NULL, ROW2, {1, 2}, NONE, NONE, SHAPE3(1, 1, 2), {2, 4}},
    /* (C) with (C, H, W): aligned at the left, so there is one number per channel. */
    {"sub",
     "['x', 'k']",
     NULL,
     NULL,
     CHANNELS2,
     {1, 2, 3, 4},
     {1, {2}, {10, 20}},
     NONE,
     SHAPE3(2, 1, 2),
     {-9, -8, -17, -16}},
    {"mul",
     "['k', 'x']",
     NULL,
     NULL,
     CHANNELS2,
     {1, 2, 3, 4},
     {3, {1, 3, 1}, {1, 10, 100}},
     NONE,
     SHAPE3(2, 3, 2),
     {1, 2, 10, 20, 100, 200, 3, 4, 30, 40, 300, 400}},
    {"div", "['x', 'sigma']", NULL, NULL, ROW2, {1, 3}, NONE, NONE, SHAPE3(1, 1, 2), {0.5, 1.5}},
    {"affine", "['x']", "{'scale': 2, 'shift': -1}", NULL, ROW2, {1, 3}, NONE, NONE, SHAPE3(1, 1, 2), {1, 5}},
    {"concat",
     "['x', 'k', 'x']",
     NULL,
     NULL,
     ROW2,
     {1, 2},
     {3, {2, 1, 2}, {3, 4, 5, 6}},
     NONE,
     SHAPE3(4, 1, 2),
     {1, 2, 3, 4, 5, 6, 1, 2}},
    {"slice", "['x']", "{'begin': 1, 'end': 2}", NULL, CHANNELS2, {1, 2, 3, 4}, NONE, NONE, SHAPE3(1, 1, 2), {3, 4}},
    {"reshape", "['x']", "{'shape': [2, 2]}", NULL, ROW4, {1, 2, 3, 4}, NONE, NONE, SHAPE2(2, 2), {1, 2, 3, 4}},
    {"upsample_nearest",
     "['x']",
     "{'scale': [2, 1]}",
     NULL,
     SQUARE2,
     {1, 2, 3, 4},
     NONE,
     NONE,
     SHAPE3(1, 4, 2),
     {1, 2, 1, 2, 3, 4, 3, 4}},
    {"avg_pool", "['x']", "{'kernel': [1, 2]}", NULL, ROW4, {1, 2, 3, 4}, NONE, NONE, SHAPE3(1, 1, 2), {1.5, 3.5}},
    {"avg_pool",
     "['x']",
     "{'kernel': [1, 2], 'stride': [1, 2], 'padding': [0, 1]}",
     NULL,
     ROW4,
     {2, 2, 3, 4},
     NONE,
     NONE,
     SHAPE3(1, 1, 3),
     {1, 2.5, 2}},
    {"avg_pool",
     "['x']",
     "{'kernel': [1, 2], 'padding': [0, 1], 'count_padding': 0}",
     NULL,
     ROW4,
     {2, 2, 3, 4},
     NONE,
     NONE,
     SHAPE3(1, 1, 3),
     {2, 2.5, 4}},
    {"max_pool",
     "['x']",
     "{'kernel': [1, 3], 'stride': [1, 1], 'padding': [0, 1]}",
     NULL,
     ROW4,
     {-1, -2, -4, -3},
     NONE,
     NONE,
     SHAPE3(1, 1, 4),
     {-1, -1, -2, -3}},
    {"adaptive_avg_pool",
     "['x']",
     "{'size': [1, 3]}",
     NULL,
     ROW4,
     {1, 2, 3, 4},
     NONE,
     NONE,
     SHAPE3(1, 1, 3),
     {1.5, 2.5, 3.5}},
    {"embedding",
     "['label']",
     NULL,
     "{'weight': 'w'}",
     ROW2,
     {0},
     {2, {3, 2}, {1, 2, 3, 4, 5, 6}},
     NONE,
     SHAPE1(2),
     {3, 4}},
    {"pixel_shuffle",
     "['x']",
     "{'factor': 2}",
     NULL,
     {4, 1, 2},
     {1, 2, 3, 4, 5, 6, 7, 8},
     NONE,
     NONE,
     SHAPE3(1, 2, 4),
     {1, 3, 2, 4, 5, 7, 6, 8}},
    {"pixel_unshuffle",
     "['x']",
     "{'factor': 2}",
     NULL,
     {1, 2, 4},
     {1, 3, 2, 4, 5, 7, 6, 8},
     NONE,
     NONE,
     SHAPE3(4, 1, 2),
     {1, 2, 3, 4, 5, 6, 7, 8}},
    {"sum", "['x']", "{'over': 'channels'}", NULL, CHANNELS2, {1, 2, 3, 4}, NONE, NONE, SHAPE3(1, 1, 2), {4, 6}},
    {"sum", "['x']", "{'over': 'positions'}", NULL, CHANNELS2, {1, 2, 3, 4}, NONE, NONE, SHAPE1(2), {3, 7}},
    {"sum", "['m']", "{'over': 'all'}", NULL, CHANNELS2, {1, 2, 3, 4}, NONE, NONE, SHAPE1(1), {10}},
    {"mean", "['x']", "{'over': 'channels'}", NULL, CHANNELS2, {1, 2, 3, 4}, NONE, NONE, SHAPE3(1, 1, 2), {2, 3}},
    {"mean", "['m']", "{'over': 'positions'}", NULL, CHANNELS2, {1, 2, 3, 4}, NONE, NONE, SHAPE1(2), {1.5, 3.5}},
    {"mean", "['x']", "{'over': 'all'}", NULL, CHANNELS2, {1, 2, 3, 4}, NONE, NONE, SHAPE1(1), {2.5}},
    {"softmax",
     "['x']",
     "{'over': 'channels'}",
     NULL,
     CHANNELS2,
     {1, -2, 0, 800},
     NONE,
     NONE,
     SHAPE3(2, 1, 2),
     {0.7310585786300049, 0, 0.2689414213699951, 1}},
    {"softmax",
     "['x']",
     "{'over': 'last'}",
     NULL,
     CHANNELS2,
     {1, -2, 0, 800},
     NONE,
     NONE,
     SHAPE3(2, 1, 2),
     {0.9525741268224334, 0.04742587317756679, 0, 1}},
    {"softmax",
     "['m']",
     "{'over': 'channels'}",
     NULL,
     CHANNELS2,
     {1, -2, 0, 800},
     NONE,
     NONE,
     SHAPE2(2, 2),
     {0.7310585786300049, 0, 0.2689414213699951, 1}},
    {"softmax",
     "['m']",
     "{'over': 'last'}",
     NULL,
     CHANNELS2,
     {1, -2, 0, 800},
     NONE,
     NONE,
     SHAPE2(2, 2),
     {0.9525741268224334, 0.04742587317756679, 0, 1}},
    /* PyTorch's in float64. */
    {"softmax",
     "['v']",
     "{'over': 'last'}",
     NULL,
     {6, 1, 1},
     {0.5, -1, 2, 0, 1.25, -0.75},
     NONE,
     NONE,
     SHAPE1(6),
     {0.11474660611136192, 0.025603428598116984, 0.5142586104676777, 0.06959733470451004, 0.24291856704400122,
      0.032875453074332}},
};

static void add_tensor(weights *w, const char *name, const tensor *t) {
    if (t->rank)
        weights_tensor(w, name, t->rank, t->shape, t->data);
}

/* For a model that build() made: where node "t" is, and how many logits there can be. */
#define T_INDEX(model) ((model)->nodes - 3)
enum { LOGITS_MAX = VALUES_MAX + X_MAX };

/* A classifier whose logits are the values of node "t" and then, because logits must depend on x, x. */
static gs_model *build(const example *e) {
    char attributes[64];
    int size = e->shape[0] * e->shape[1] * e->shape[2];
    weights *w = weights_new("classifier", e->shape[0], e->shape[1], e->shape[2]);
    weights_inputs(w, true, 2);
    add_tensor(w, "w", &e->w);
    add_tensor(w, "b", &e->b);
    snprintf(attributes, sizeof attributes, "{'shape': [%d]}", size);
    weights_node(w, "v", "reshape", "['x']", attributes, NULL);
    snprintf(attributes, sizeof attributes, "{'shape': [%d, %d]}", e->shape[0], size / e->shape[0]);
    weights_node(w, "m", "reshape", "['x']", attributes, NULL);
    if (e->w.rank && !e->tensors)
        weights_node(w, "k", "constant", NULL, NULL, "{'value': 'w'}");
    weights_node(w, "t", e->op, e->inputs, e->attributes, e->tensors);
    snprintf(attributes, sizeof attributes, "{'shape': [%zu]}", gs_shape_size(e->result));
    weights_node(w, "flat", "reshape", "['t']", attributes, NULL);
    weights_node(w, "logits", "concat", "['flat', 'v']", NULL, NULL);
    gs_model *model = weights_load(w);
    weights_free(w);
    return model;
}

static void test_every_operation(void **state) {
    (void)state;
    bool seen[GS_OP_COUNT] = {false};
    for (size_t i = 0; i < GS_COUNT(examples); i++) {
        about("examples[%zu]", i);
        const example *e = &examples[i];
        gs_model *model = build(e);
        const gs_node *t = &model->node[T_INDEX(model)];
        double out[LOGITS_MAX];
        seen[t->op] = true;
        if (t->shape.rank != e->result.rank || memcmp(t->shape.d, e->result.d, sizeof t->shape.d))
            fail_msg("example %zu, %s: shape (%d, %d, %d) of rank %d", i, e->op, t->shape.d[0], t->shape.d[1],
                     t->shape.d[2], t->shape.rank);
        assert_int_equal(gs_reference_evaluate(model, e->x, 2, 1, out, NULL, NULL), GS_OK);
        for (size_t k = 0; k < gs_shape_size(e->result); k++)
            if (!(fabs(out[k] - e->expected[k]) <= 1e-8 * fabs(e->expected[k])))
                fail_msg("example %zu, %s: value %zu is %.17g, expected %.17g", i, e->op, k, out[k], e->expected[k]);
        gs_model_free(model);
    }
    for (int op = 0; op < GS_OP_COUNT; op++)
        if (!seen[op])
            fail_msg("no example of %s", gs_op_name((gs_op)op));
}

static void test_node_alone(void **state) {
    (void)state;
    const example e = {"add", "['x', 'sigma']", NULL, NULL, ROW2, {0}, NONE, NONE, SHAPE3(1, 1, 2), {0}};
    gs_model *model = build(&e);
    const double x[2] = {1, 2}, sigma[1] = {10};
    double out[2];
    gs_reference_node(model, T_INDEX(model), (const double *const[]){x, sigma}, out);
    assert_true(out[0] == 11 && out[1] == 12);
    gs_model_free(model);
}

static void test_embedding_of_unknown_label_is_nan(void **state) {
    (void)state;
    const example e = {"embedding", "['label']", NULL, "{'weight': 'w'}", ROW2, {0}, {2, {3, 1}, {1, 2, 3}},
                       NONE,        SHAPE1(1),   {0}};
    gs_model *model = build(&e);
    double out[LOGITS_MAX];
    for (int label = -1; label <= 3; label += 4) {
        about("label %d", label);
        assert_int_equal(gs_reference_evaluate(model, e.x, 1, label, out, NULL, NULL), GS_OK);
        assert_true(isnan(out[0]));
    }
    gs_model_free(model);
}

static void test_limits_at_minus_infinity(void **state) {
    (void)state;
    const char *const rows[][2] = {
        {"silu", NULL}, {"gelu", NULL}, {"gelu", "{'approximate': 'tanh'}"}, {"sigmoid", NULL}, {"softplus", NULL}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        about("rows[%zu]", i);
        const example e = {rows[i][0], "['x']", rows[i][1],      NULL, ROW2, {-INFINITY, NAN},
                           NONE,       NONE,    SHAPE3(1, 1, 2), {0}};
        gs_model *model = build(&e);
        double out[LOGITS_MAX];
        assert_int_equal(gs_reference_evaluate(model, e.x, 1, 0, out, NULL, NULL), GS_OK);
        assert_true(out[0] == 0 && isnan(out[1]));
        gs_model_free(model);
    }
}

/* A line of softmax with NaN or plus infinity is NaN, as is one of minus infinity alone, as in PyTorch. */
static void test_softmax_of_what_is_not_finite(void **state) {
    (void)state;
    const double rows[][4] = {
        {-INFINITY, 3, 0, 1}, {NAN, 3, NAN, NAN}, {INFINITY, 3, NAN, NAN}, {-INFINITY, -INFINITY, NAN, NAN}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        about("rows[%zu]", i);
        const example e = {"softmax", "['x']", "{'over': 'last'}", NULL, ROW2, {0}, NONE, NONE, SHAPE3(1, 1, 2), {0}};
        gs_model *model = build(&e);
        double out[LOGITS_MAX];
        assert_int_equal(gs_reference_evaluate(model, rows[i], 1, 0, out, NULL, NULL), GS_OK);
        for (int k = 0; k < 2; k++)
            assert_true(i == 0 ? out[k] == rows[i][2 + k] : isnan(out[k]));
        gs_model_free(model);
    }
}

/* Values that are used late, twice or never; two outputs, one of which is also used by a node. */
static void test_lifetimes(void **state) {
    (void)state;
    weights *w = weights_new("classifier", 1, 1, 2);
    weights_node(w, "dead", "exp", "['x']", NULL, NULL);
    weights_node(w, "a", "reshape", "['x']", "{'shape': [2]}", NULL);
    weights_node(w, "b", "add", "['a', 'a']", NULL, NULL);
    weights_node(w, "features", "mul", "['b', 'a']", NULL, NULL);
    weights_node(w, "logits", "add", "['features', 'a']", NULL, NULL);
    weights_node(w, "later", "neg", "['logits']", NULL, NULL);
    weights_outputs(w, "['logits', 'features']");
    gs_model *model = weights_load(w);
    weights_free(w);
    const double x[2] = {1, 3};
    double logits[2], features[2];
    assert_int_equal(gs_reference_evaluate(model, x, 0, 0, logits, features, NULL), GS_OK);
    assert_true(features[0] == 2 && features[1] == 18 && logits[0] == 3 && logits[1] == 21);
    assert_int_equal(gs_reference_evaluate(model, x, 0, 0, logits, NULL, NULL), GS_OK);
    gs_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_operation),
        cmocka_unit_test(test_node_alone),
        cmocka_unit_test(test_embedding_of_unknown_label_is_nan),
        cmocka_unit_test(test_limits_at_minus_infinity),
        cmocka_unit_test(test_softmax_of_what_is_not_finite),
        cmocka_unit_test(test_lifetimes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
