/* matmul: products of matrices, one per index of the first dimension. */
#include "op/check.h"
#include "op/reverse.h"

/* What an input of rank 2 or 3 holds: `count` matrices of rows x columns, after they were transposed. */
typedef struct matrices {
    int count, rows, columns;
    size_t row_step, column_step;
} matrices;

static matrices matrices_of(gs_shape s, bool transposed) {
    int rows = s.d[s.rank - 2], columns = s.d[s.rank - 1], count = s.rank == 3 ? s.d[0] : 1;
    return transposed ? (matrices){count, columns, rows, 1, (size_t)columns}
                      : (matrices){count, rows, columns, (size_t)columns, 1};
}

static gs_status infer(gs_check *c) {
    gs_node *node = c->node;
    const gs_attributes *attributes = &node->attributes;
    for (int i = 0; i < 2; i++)
        if (c->in[i].rank < 2)
            return gs_check_fail(c, "input %d of rank %d, matmul takes rank 2 or 3", i, c->in[i].rank);
    matrices a = matrices_of(c->in[0], attributes->transpose_a), b = matrices_of(c->in[1], attributes->transpose_b);
    if (a.columns != b.rows)
        return gs_check_fail(c, "%d x %d matrices times %d x %d ones, expected as many columns as rows", a.rows,
                             a.columns, b.rows, b.columns);
    if (a.count != b.count && a.count != 1 && b.count != 1)
        return gs_check_fail(c, "%d matrices times %d, expected equal numbers or 1", a.count, b.count);
    uint64_t count = (uint64_t)(a.count > b.count ? a.count : b.count), rows = (uint64_t)a.rows,
             columns = (uint64_t)b.columns;
    bool one = c->in[0].rank == 2 && c->in[1].rank == 2;
    gs_status status = one ? gs_check_result(c, 2, rows, columns, 1) : gs_check_result(c, 3, count, rows, columns);
    if (!status)
        node->operations = 2 * gs_shape_size(node->shape) * (uint64_t)a.columns;
    return status;
}

static void reference(const gs_call *c) {
    const gs_attributes *attributes = &c->node->attributes;
    matrices a = matrices_of(c->shape[0], attributes->transpose_a),
             b = matrices_of(c->shape[1], attributes->transpose_b);
    size_t count = (size_t)(a.count > b.count ? a.count : b.count);
    size_t x_step = a.count > 1 ? (size_t)a.rows * (size_t)a.columns : 0,
           y_step = b.count > 1 ? (size_t)b.rows * (size_t)b.columns : 0;
    double *out = c->out;
    for (size_t i = 0; i < count; i++) {
        const double *x = c->in[0] + i * x_step, *y = c->in[1] + i * y_step;
        for (size_t m = 0; m < (size_t)a.rows; m++)
            for (size_t n = 0; n < (size_t)b.columns; n++) {
                double sum = 0;
                for (size_t k = 0; k < (size_t)a.columns; k++)
                    sum += x[m * a.row_step + k * a.column_step] * y[k * b.row_step + n * b.column_step];
                *out++ = sum;
            }
    }
}

/* Input i of node n as its product sees it, of the result's rank. */
static int operand(gs_reverse *r, int n, int i) {
    gs_shape s = gs_reverse_input(r, n, i);
    int v = r->node[n].input[i];
    return s.rank == r->node[n].shape.rank
               ? v
               : gs_reverse_reshape(r, n, v, (gs_shape){.rank = 3, .d = {1, s.d[0], s.d[1]}});
}

/* A matrix that multiplies several takes the sum of their derivatives. */
static void give(gs_reverse *r, int n, int i, int a) {
    gs_shape s = gs_reverse_input(r, n, i), own = gs_reverse_shape(r, a);
    if (own.rank == 3)
        own.d[0] = s.rank == 3 ? s.d[0] : 1;
    a = gs_reverse_unstretch(r, n, a, gs_reverse_shape(r, a), own);
    gs_reverse_give(r, n, i, own.rank == s.rank ? a : gs_reverse_reshape(r, n, a, s));
}

/* For y = a b: da = dy b^T and db = a^T dy, transposed where a or b was. */
static void derivative(gs_reverse *r, int n, int dy) {
    bool ta = r->node[n].attributes.transpose_a, tb = r->node[n].attributes.transpose_b;
    int full = gs_reverse_full(r, n, dy, r->node[n].shape);
    if (gs_reverse_wants(r, n, 0)) {
        int b = operand(r, n, 1);
        give(r, n, 0, ta ? gs_reverse_matmul(r, n, b, tb, full, true) : gs_reverse_matmul(r, n, full, false, b, !tb));
    }
    if (gs_reverse_wants(r, n, 1)) {
        int a = operand(r, n, 0);
        give(r, n, 1, tb ? gs_reverse_matmul(r, n, full, true, a, ta) : gs_reverse_matmul(r, n, a, !ta, full, false));
    }
}

const gs_operation gs_op_matmul = {
    .name = "matmul",
    .inputs = {2, 2},
    .takes = "two, rank 2 or 3",
    .attributes = GS_ATTRIBUTES({"transpose_a", GS_FLAG, GS_AT(transpose_a), .low = 0, .high = 1},
                                {"transpose_b", GS_FLAG, GS_AT(transpose_b), .low = 0, .high = 1}),
    .result = "a b: (B, M, K) x (B, K, N) -> (B, M, N), each matrix transposed first where asked for; rank 2 is one "
              "matrix; B of one of them may be 1",
    .infer = infer,
    .reference = reference,
    .derivative = derivative,
};
