/* Every operation, on the examples of reference/: the shape that the loader infers and the reference's values. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "engine/reference.h"
#include "reference/example.h"
#include "support/about.h"
#include "support/weights.h"

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

static const struct family {
    const char *name;
    const example *examples;
} families[] = {
#define FAMILY(name) {#name, examples_##name},
#include "reference/families.def"
};

/* Returns the example's operation. */
static gs_op check_example(const example *e) {
    gs_model *model = build(e);
    const gs_node *t = &model->node[T_INDEX(model)];
    gs_op op = t->op;
    double out[LOGITS_MAX];
    if (t->shape.rank != e->result.rank || memcmp(t->shape.d, e->result.d, sizeof t->shape.d))
        fail_msg("%s: shape (%d, %d, %d) of rank %d", e->op, t->shape.d[0], t->shape.d[1], t->shape.d[2],
                 t->shape.rank);
    assert_int_equal(gs_reference_evaluate(model, e->x, 2, 1, out, NULL, NULL), GS_OK);
    for (size_t k = 0; k < gs_shape_size(e->result); k++)
        if (!(fabs(out[k] - e->expected[k]) <= 1e-8 * fabs(e->expected[k])))
            fail_msg("%s: value %zu is %.17g, expected %.17g", e->op, k, out[k], e->expected[k]);
    gs_model_free(model);
    return op;
}

static void test_every_operation(void **state) {
    (void)state;
    bool seen[GS_OP_COUNT] = {false};
    for (size_t f = 0; f < GS_COUNT(families); f++)
        for (int i = 0; families[f].examples[i].op; i++) {
            about("%s, example %d", families[f].name, i);
            seen[check_example(&families[f].examples[i])] = true;
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

/* The nearest row and the straight line of the table 0, 1, 2, 3. */
static void test_tables(void **state) {
    (void)state;
    static const struct {
        double sigma, row, line;
    } rows[] = {{-1e30, 0, 0},   {-0.5, 0, 0}, {0.5, 0, 0.5}, {0.51, 1, 0.51},  {1.5, 2, 1.5},     {2.5, 2, 2.5},
                {2.75, 3, 2.75}, {3, 3, 3},    {3.5, 3, 3},   {INFINITY, 3, 3}, {-INFINITY, 0, 0}, {NAN, NAN, NAN}};
    const float table[4] = {0, 1, 2, 3};
    weights *w = weights_new("classifier", 1, 1, 2);
    weights_inputs(w, true, 0);
    weights_tensor(w, "rows", 2, (size_t[]){4, 1}, table);
    weights_tensor(w, "points", 1, (size_t[]){4}, table);
    weights_node(w, "row", "lookup", "['sigma']", NULL, "{'weight': 'rows'}");
    weights_node(w, "line", "interpolate", "['sigma']", NULL, "{'points': 'points', 'values': 'points'}");
    weights_node(w, "v", "reshape", "['x']", "{'shape': [2]}", NULL);
    weights_node(w, "logits", "concat", "['row', 'line', 'v']", NULL, NULL);
    gs_model *model = weights_load(w);
    weights_free(w);
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        about("rows[%zu]", i);
        const double x[2] = {0}, expected[2] = {rows[i].row, rows[i].line};
        double out[4];
        assert_int_equal(gs_reference_evaluate(model, x, rows[i].sigma, 0, out, NULL, NULL), GS_OK);
        for (int k = 0; k < 2; k++)
            assert_true(isnan(expected[k]) ? isnan(out[k]) : fabs(out[k] - expected[k]) <= 1e-15);
    }
    gs_model_free(model);
}

/* NaN passes through all operations that compare. */
static void test_comparisons_with_nan(void **state) {
    (void)state;
    const char *const rows[][3] = {{"abs", "['x']", NULL},
                                   {"sign", "['x']", NULL},
                                   {"floor", "['x']", NULL},
                                   {"clamp", "['x']", "{'low': 0, 'high': 1}"},
                                   {"minimum", "['x', 'k']", NULL},
                                   {"minimum", "['k', 'x']", NULL},
                                   {"maximum", "['x', 'k']", NULL},
                                   {"maximum", "['k', 'x']", NULL},
                                   {"max", "['x']", "{'over': 'channels'}"}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        about("rows[%zu]", i);
        const example e = {rows[i][0],    rows[i][1], rows[i][2],      NULL, ROW2, {NAN, 3},
                           {1, {1}, {2}}, NONE,       SHAPE3(1, 1, 2), {0}};
        gs_model *model = build(&e);
        double out[LOGITS_MAX];
        assert_int_equal(gs_reference_evaluate(model, e.x, 1, 0, out, NULL, NULL), GS_OK);
        assert_true(isnan(out[0]) && !isnan(out[1]));
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
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_comparisons_with_nan),
        cmocka_unit_test(test_lifetimes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
