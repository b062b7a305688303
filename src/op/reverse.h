/* What rules of derivatives build gradients of: the nodes of a graph, added from the energy backwards. Values are
 * numbered as in the graph (node.h). A derivative may have size 1 in a dimension where its value has more: it is then
 * the same for all of these elements, as after a mean. Operations that broadcast accept it as it is;
 * gs_reverse_full stretches it for the others. When memory runs out or a value is too large `failed` is set, and what
 * is returned is some value. */
#ifndef GS_REVERSE_H
#define GS_REVERSE_H

#include "base/arena.h"
#include "op/node.h"

typedef struct gs_reverse {
    gs_arena *arena;
    gs_node *node;
    int nodes, room;
    gs_shape input[GS_VALUE_NODES]; /* shapes of x, sigma, label */
    int *adjoint; /* per value of the model: the value that is the energy's derivative with respect to it, or -1 */
    bool failed;
    const char *large; /* the node whose derivative needs values of more than GS_SIZE_MAX elements, or NULL */
    size_t constants;  /* elements of all constants, which together are as many at most */
    int causal;        /* the last mask of causal attention, or 0 */
} gs_reverse;

gs_shape gs_reverse_shape(const gs_reverse *r, int v);

/* The shape of an input of node n, and whether it depends on x, so that it wants its derivative. */
gs_shape gs_reverse_input(const gs_reverse *r, int n, int input);
bool gs_reverse_wants(const gs_reverse *r, int n, int input);

/* Add a node with the attributes and tensors of node `of`; the result is its value. Inputs of -1 are left out. */
int gs_reverse_add(gs_reverse *r, gs_op op, int of, int a, int b, gs_shape shape);

/* a scale + shift; a scale; channels begin ... begin + C - 1 of a; a op b, stretched to each other; all on behalf of
 * node `of`. */
int gs_reverse_affine(gs_reverse *r, int of, int a, double scale, double shift);
int gs_reverse_scale(gs_reverse *r, int of, int a, double scale);
int gs_reverse_slice(gs_reverse *r, int of, int a, int begin, gs_shape shape);
int gs_reverse_binary(gs_reverse *r, gs_op op, int of, int a, int b);

/* Derivative `dy` times a factor, on behalf of node `of`. What depends on the level alone goes next to the slope in dy,
 * if there is one: (a slope) factor is a (slope factor), so that the step that computes the slope multiplies it by the
 * factor for nothing. */
int gs_reverse_product(gs_reverse *r, int of, int dy, int factor);

/* The elements of `a` in another shape. */
int gs_reverse_reshape(gs_reverse *r, int of, int a, gs_shape shape);

/* A constant of that shape, whose elements, in the arena, are the caller's to fill in; NULL where it failed. */
int gs_reverse_constant(gs_reverse *r, int of, gs_shape shape, float **data);

/* The vector of the product to be computed, in the shape of node `of`'s result (seed.c). */
int gs_reverse_seed(gs_reverse *r, int of);

/* The products of the matrices of a and b, both of rank 3 or both of rank 2, each transposed first where asked for. */
int gs_reverse_matmul(gs_reverse *r, int of, int a, bool transpose_a, int b, bool transpose_b);

/* Derivative `a` in exactly this shape. */
int gs_reverse_full(gs_reverse *r, int of, int a, gs_shape shape);

/* From the derivative with respect to a value of shape `from` to the derivative with respect to what was stretched to
 * it. */
int gs_reverse_unstretch(gs_reverse *r, int of, int a, gs_shape from, gs_shape shape);

/* Add derivative `a` to that of an input of node n. */
void gs_reverse_give(gs_reverse *r, int n, int input, int a);

/* Give the first input of node n the result of an operation on dy, and on that input if it takes x. */
void gs_reverse_give_node(gs_reverse *r, int n, int dy, gs_op op, bool takes_x);

#endif
