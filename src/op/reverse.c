#include "op/reverse.h"

#include <stdio.h>
#include <string.h>

gs_shape gs_reverse_shape(const gs_reverse *r, int v) {
    return v < GS_VALUE_NODES ? r->input[v] : r->node[v - GS_VALUE_NODES].shape;
}

gs_shape gs_reverse_input(const gs_reverse *r, int n, int input) {
    return gs_reverse_shape(r, r->node[n].input[input]);
}

static bool per_sample(const gs_reverse *r, int v) {
    return v < GS_VALUE_NODES ? v == GS_VALUE_X : r->node[v - GS_VALUE_NODES].per_sample;
}

bool gs_reverse_wants(const gs_reverse *r, int n, int input) {
    return per_sample(r, r->node[n].input[input]);
}

static bool same_sizes(gs_shape a, gs_shape b) {
    return !memcmp(a.d, b.d, sizeof a.d);
}

static bool reserve(gs_reverse *r) {
    if (r->nodes < r->room)
        return true;
    int room = 2 * r->room;
    gs_node *moved = gs_arena_alloc(r->arena, (size_t)room, sizeof *moved);
    if (!moved)
        return false;
    memcpy(moved, r->node, (size_t)r->nodes * sizeof *moved);
    r->node = moved;
    r->room = room;
    return true;
}

int gs_reverse_add(gs_reverse *r, gs_op op, int of, int a, int b, gs_shape shape) {
    const gs_node *source = &r->node[of];
    char name[300];
    if (gs_shape_size(shape) > GS_SIZE_MAX) {
        r->large = r->large ? r->large : source->name;
        r->failed = true;
        return a;
    }
    snprintf(name, sizeof name, "%s'", source->name);
    gs_node node = {.name = gs_arena_string(r->arena, name),
                    .op = op,
                    .inputs = b < 0 ? 1 : 2,
                    .input = gs_arena_alloc(r->arena, 2, sizeof(int)),
                    .attributes = source->attributes,
                    .weight = source->weight,
                    .shape = shape,
                    .per_sample = per_sample(r, a) || (b >= 0 && per_sample(r, b))};
    if (!node.name || !node.input || !reserve(r)) {
        r->failed = true;
        return a;
    }
    node.attributes.of = of;
    node.input[0] = a;
    node.input[1] = b;
    r->node[r->nodes] = node;
    return r->nodes++ + GS_VALUE_NODES;
}

int gs_reverse_affine(gs_reverse *r, int of, int a, double scale, double shift) {
    int v = gs_reverse_add(r, GS_OP_AFFINE, of, a, -1, gs_reverse_shape(r, a));
    if (!r->failed) {
        gs_attributes *attributes = &r->node[v - GS_VALUE_NODES].attributes;
        attributes->scale = scale;
        attributes->shift = shift;
    }
    return v;
}

int gs_reverse_scale(gs_reverse *r, int of, int a, double scale) {
    return gs_reverse_affine(r, of, a, scale, 0);
}

int gs_reverse_slice(gs_reverse *r, int of, int a, int begin, gs_shape shape) {
    int v = gs_reverse_add(r, GS_OP_SLICE, of, a, -1, shape);
    gs_attributes *attributes = &r->node[v - GS_VALUE_NODES].attributes;
    attributes->begin = begin;
    attributes->end = begin + shape.d[0];
    return v;
}

int gs_reverse_binary(gs_reverse *r, gs_op op, int of, int a, int b) {
    gs_shape s = gs_reverse_shape(r, a), t = gs_reverse_shape(r, b);
    if (t.rank > s.rank)
        s.rank = t.rank;
    for (int i = 0; i < GS_RANK_MAX; i++)
        s.d[i] = s.d[i] > t.d[i] ? s.d[i] : t.d[i];
    return gs_reverse_add(r, op, of, a, b, s);
}

int gs_reverse_product(gs_reverse *r, int of, int dy, int factor) {
    const gs_node *product = dy < GS_VALUE_NODES ? NULL : &r->node[dy - GS_VALUE_NODES];
    if (per_sample(r, factor) || !product || product->op != GS_OP_MUL)
        return gs_reverse_binary(r, GS_OP_MUL, of, dy, factor);
    int a = product->input[0], slope = product->input[1];
    if (slope < GS_VALUE_NODES || r->node[slope - GS_VALUE_NODES].op != GS_OP_SLOPE)
        return gs_reverse_binary(r, GS_OP_MUL, of, dy, factor);
    if (!per_sample(r, a))
        return gs_reverse_binary(r, GS_OP_MUL, of, slope, gs_reverse_binary(r, GS_OP_MUL, of, a, factor));
    return gs_reverse_binary(r, GS_OP_MUL, of, a, gs_reverse_binary(r, GS_OP_MUL, of, slope, factor));
}

int gs_reverse_reshape(gs_reverse *r, int of, int a, gs_shape shape) {
    int v = gs_reverse_add(r, GS_OP_RESHAPE, of, a, -1, shape);
    if (!r->failed)
        r->node[v - GS_VALUE_NODES].attributes.begin = 0; /* node `of` may be a slice */
    return v;
}

int gs_reverse_constant(gs_reverse *r, int of, gs_shape shape, float **data) {
    gs_tensor *tensor = gs_arena_alloc(r->arena, 1, sizeof *tensor);
    int v = gs_reverse_add(r, GS_OP_CONSTANT, of, GS_VALUE_SIGMA, -1, shape);
    r->constants += gs_shape_size(shape);
    if (r->constants > GS_SIZE_MAX && !r->failed) {
        r->large = r->node[of].name;
        r->failed = true;
    }
    *data = tensor && !r->failed ? gs_arena_alloc(r->arena, gs_shape_size(shape), sizeof **data) : NULL;
    if (!*data) {
        r->failed = true;
        return v;
    }
    gs_node *node = &r->node[v - GS_VALUE_NODES];
    *tensor = (gs_tensor){.name = node->name, .rank = shape.rank, .size = gs_shape_size(shape), .data = *data};
    for (int i = 0; i < shape.rank; i++)
        tensor->shape[i] = (size_t)shape.d[i];
    node->inputs = 0;
    node->weight = tensor;
    return v;
}

int gs_reverse_seed(gs_reverse *r, int of) {
    int v = gs_reverse_add(r, GS_OP_SEED, of, GS_VALUE_X, -1, r->node[of].shape);
    if (!r->failed)
        r->node[v - GS_VALUE_NODES].inputs = 0;
    return v;
}

int gs_reverse_matmul(gs_reverse *r, int of, int a, bool transpose_a, int b, bool transpose_b) {
    gs_shape s = gs_reverse_shape(r, a), t = gs_reverse_shape(r, b), shape = s;
    if (r->failed)
        return a;
    int row = s.rank - 2, column = s.rank - 1;
    if (s.rank == 3 && t.d[0] > s.d[0])
        shape.d[0] = t.d[0];
    shape.d[row] = s.d[transpose_a ? column : row];
    shape.d[column] = t.d[transpose_b ? row : column];
    int v = gs_reverse_add(r, GS_OP_MATMUL, of, a, b, shape);
    if (!r->failed) {
        gs_node *node = &r->node[v - GS_VALUE_NODES];
        node->attributes.transpose_a = transpose_a;
        node->attributes.transpose_b = transpose_b;
        node->operations = 2 * gs_shape_size(shape) * (uint64_t)s.d[transpose_a ? row : column];
    }
    return v;
}

int gs_reverse_full(gs_reverse *r, int of, int a, gs_shape shape) {
    gs_shape have = gs_reverse_shape(r, a);
    if (!same_sizes(have, shape))
        return gs_reverse_add(r, GS_OP_STRETCH, of, a, -1, shape);
    if (have.rank == shape.rank)
        return a;
    return gs_reverse_reshape(r, of, a, shape);
}

int gs_reverse_unstretch(gs_reverse *r, int of, int a, gs_shape from, gs_shape shape) {
    return same_sizes(from, shape) ? a
                                   : gs_reverse_add(r, GS_OP_UNSTRETCH, of, gs_reverse_full(r, of, a, from), -1, shape);
}

/* The node of an adjoint of slices, zeros around what its operand has of each image; else NULL. */
static const gs_node *unslice_of(const gs_reverse *r, int v) {
    const gs_node *node = v < GS_VALUE_NODES ? NULL : &r->node[v - GS_VALUE_NODES];
    return node && node->op == GS_OP_UNSLICE && per_sample(r, node->input[0]) ? node : NULL;
}

/* a + b, of slices' adjoints where one ends where the other begins: nothing but those is added to zeros. -1: they are
 * none. */
static int join_slices(gs_reverse *r, int of, int a, int b) {
    const gs_node *first = unslice_of(r, a), *second = unslice_of(r, b);
    if (!first || !second)
        return -1;
    if (first->attributes.begin > second->attributes.begin) {
        const gs_node *swap = first;
        first = second;
        second = swap;
    }
    gs_shape whole = first->shape, part = gs_reverse_shape(r, first->input[0]);
    int begin = first->attributes.begin;
    if (begin + part.d[0] != second->attributes.begin)
        return -1;
    part.d[0] += gs_reverse_shape(r, second->input[0]).d[0];
    int joined = gs_reverse_add(r, GS_OP_CONCAT, of, first->input[0], second->input[0], part);
    if (same_sizes(part, whole))
        return joined;
    int v = gs_reverse_add(r, GS_OP_UNSLICE, of, joined, -1, whole);
    if (!r->failed)
        r->node[v - GS_VALUE_NODES].attributes.begin = begin;
    return v;
}

void gs_reverse_give(gs_reverse *r, int n, int input, int a) {
    int v = r->node[n].input[input], have = r->adjoint[v], joined = have < 0 ? a : join_slices(r, n, have, a);
    r->adjoint[v] = joined < 0 ? gs_reverse_binary(r, GS_OP_ADD, n, have, a) : joined;
}

void gs_reverse_give_node(gs_reverse *r, int n, int dy, gs_op op, bool takes_x) {
    int full = gs_reverse_full(r, n, dy, r->node[n].shape), x = takes_x ? r->node[n].input[0] : -1;
    int v = gs_reverse_add(r, op, n, full, x, gs_reverse_input(r, n, 0));
    if (!r->failed) /* a linear map's adjoint has as many multiply-adds */
        r->node[v - GS_VALUE_NODES].operations = r->node[n].operations;
    gs_reverse_give(r, n, 0, v);
}
