/* Operations on values small enough to compute by hand, in a table per family, which is a file here and a row of
 * families.def. */
#ifndef TEST_EXAMPLE_H
#define TEST_EXAMPLE_H

#include "op/node.h"

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

/* Several values in braces, as one argument. */
#define LIST(...) \
    { __VA_ARGS__ }

#define EXAMPLE(...) \
    { __VA_ARGS__ }

/* An example without tensors. */
#define PLAIN(op, inputs, attributes, shape, x, result, expected) \
    { op, inputs, attributes, NULL, shape, x, NONE, NONE, result, expected }

/* What a function of single elements makes of two, a and b. */
#define PAIR(op, attributes, a, b, of_a, of_b) \
    PLAIN(op, "['x']", attributes, ROW2, LIST(a, b), SHAPE3(1, 1, 2), LIST(of_a, of_b))

/* A family's table, which ends with NONE. */
#define EXAMPLES(family) const example examples_##family[]
#define FAMILY(name) extern EXAMPLES(name);
#include "reference/families.def"

#endif
