/* Products of matrices, some rows at a time, by the multiply-add kernel, whose lanes are columns of the result: the
 * right matrix is packed by 16 columns, a transposed left one is turned. */
#include "engine/builder.h"
#include "engine/method/view.h"
#include "engine/share.h"

#include <string.h>

enum { LANES = GS_F32_LANES, ROWS = 48 };

typedef struct matmul {
    int count, rows, inner, columns; /* of the result, and the length of its sums */
    int most;                        /* rows at a time */
    bool transposed[2];
    size_t step[2]; /* from one matrix of an operand to the next; 0: there is one for all */
} matmul;

static bool applies(const gs_builder *b, int n) {
    return b->model->node[n].op == GS_OP_MATMUL;
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    const gs_node *node = &b->model->node[n];
    gs_source source[2];
    for (int i = 0; i < 2; i++)
        if (!gs_builder_source(b, node->input[i], GS_PLANAR, &source[i]))
            return false;
    gs_step *s = gs_builder_add_node(b, method, n, source, GS_PLANAR);
    if (!s)
        return false;
    gs_shape y = node->shape, a = gs_builder_shape(b, n, 0);
    matmul *own = s->own;
    *own = (matmul){.count = y.rank == 3 ? y.d[0] : 1,
                    .rows = y.d[y.rank - 2],
                    .columns = y.d[y.rank - 1],
                    .transposed = {node->attributes.transpose_a, node->attributes.transpose_b}};
    own->inner = a.d[a.rank - (own->transposed[0] ? 2 : 1)];
    own->most = own->rows < ROWS ? own->rows : ROWS;
    for (int i = 0; i < 2; i++) {
        gs_shape x = gs_builder_shape(b, n, i);
        own->step[i] = x.rank == 3 && x.d[0] > 1 ? gs_shape_size(x) / (size_t)x.d[0] : 0;
    }
    return true;
}

/* Floats of the packed right matrix, and of the turned rows of the left one. */
static size_t packed_floats(const matmul *own) {
    return (size_t)gs_whole(own->columns) * (size_t)own->inner;
}

static size_t turned_floats(const matmul *own) {
    return own->transposed[0] ? (size_t)own->most * (size_t)own->inner : 0;
}

/* These, and some rows of the result. */
static gs_cost cost(const gs_plan *plan, const gs_step *step) {
    (void)plan;
    const matmul *own = step->own;
    size_t result = own->columns % LANES ? (size_t)own->most * (size_t)gs_whole(own->columns) : 0;
    return (gs_cost){.room_bytes = (packed_floats(own) + turned_floats(own) + result) * sizeof(float)};
}

/* y(j, i) = x(i, j) for rows x columns elements of x. */
static void turn(const gs_kernels *kernels, const float *x, ptrdiff_t x_row, int rows, int columns, float *y,
                 ptrdiff_t y_row) {
    float from[LANES * LANES] = {0}, to[LANES * LANES];
    for (int i = 0; i < rows; i += LANES)
        for (int j = 0; j < columns; j += LANES) {
            const float *x_at = x + i * x_row + j;
            float *y_at = y + j * y_row + i;
            int height = rows - i, width = columns - j;
            if (height >= LANES && width >= LANES) {
                kernels->transpose16(x_at, x_row, y_at, y_row);
                continue;
            }
            height = height < LANES ? height : LANES;
            width = width < LANES ? width : LANES;
            for (int k = 0; k < height; k++)
                memcpy(from + k * LANES, x_at + k * x_row, (size_t)width * sizeof *x);
            kernels->transpose16(from, LANES, to, LANES);
            for (int k = 0; k < width; k++)
                memcpy(y_at + k * y_row, to + k * LANES, (size_t)height * sizeof *y);
        }
}

/* By 16 columns, row after row; columns past the last are 0. */
static void pack(const matmul *own, const gs_kernels *kernels, const float *b, float *to) {
    for (int j = 0; j < own->columns; j += LANES, to += (size_t)own->inner * LANES) {
        int left = own->columns - j, count = left < LANES ? left : LANES;
        if (count < LANES)
            memset(to, 0, (size_t)own->inner * GS_VECTOR_BYTES);
        if (own->transposed[1])
            turn(kernels, b + (ptrdiff_t)j * own->inner, own->inner, count, own->inner, to, LANES);
        for (int k = 0; !own->transposed[1] && k < own->inner; k++)
            memcpy(to + (ptrdiff_t)k * LANES, b + (ptrdiff_t)k * own->columns + j, (size_t)count * sizeof *to);
    }
}

/* Rows of a product of matrix a and the packed one; `room` is for what is turned, and for results with columns that do
 * not fill vectors. */
static void run_rows(const matmul *own, const gs_kernels *kernels, const float *a, const float *packed, int row,
                     int rows, float *y, float *room) {
    const ptrdiff_t segment = 0;
    const float *from[ROWS];
    float *to[ROWS], *result = room + turned_floats(own);
    ptrdiff_t columns = gs_whole(own->columns);
    bool direct = columns == own->columns;
    if (own->transposed[0])
        turn(kernels, a + row, own->rows, own->inner, rows, room, own->inner);
    for (int i = 0; i < rows; i++) {
        from[i] = own->transposed[0] ? room + (ptrdiff_t)i * own->inner : a + (ptrdiff_t)(row + i) * own->inner;
        to[i] = direct ? y + (ptrdiff_t)(row + i) * own->columns : result + i * columns;
    }
    kernels->mac(&(gs_mac_args){.a = from,
                                .segment = &segment,
                                .w = packed,
                                .out = to,
                                .w_plane = (ptrdiff_t)own->inner * LANES,
                                .out_plane = LANES,
                                .rows = rows,
                                .segments = 1,
                                .length = own->inner,
                                .planes = (int)(columns / LANES)});
    for (int i = 0; !direct && i < rows; i++)
        memcpy(y + (ptrdiff_t)(row + i) * own->columns, to[i], (size_t)own->columns * sizeof *y);
}

static const float *operand(const gs_step *step, const gs_worker *worker, int k, int image, int matrix) {
    return gs_source_at(worker, step, k, image) + (size_t)matrix * ((const matmul *)step->own)->step[k];
}

/* Blocks of rows of all matrices are shared out in this order; a matrix that comes again is not packed again. */
static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const matmul *own = step->own;
    const gs_kernels *kernels = worker->plan->kernels;
    int blocks = (own->rows + ROWS - 1) / ROWS;
    float *packed = worker->room, *room = packed + packed_floats(own);
    const float *last = NULL;
    gs_share share = gs_share_of(worker, own->count * blocks);
    for (int image = i0; image < i1; image++)
        for (int k = share.begin; k < share.end; k++) {
            int row = k % blocks * ROWS, matrix = k / blocks, left = own->rows - row;
            const float *b = operand(step, worker, 1, image, matrix);
            float *y = gs_buffer_at(worker, step->out, image);
            if (b != last)
                pack(own, kernels, b, packed);
            last = b;
            run_rows(own, kernels, operand(step, worker, 0, image, matrix), packed, row, left < ROWS ? left : ROWS,
                     y + (size_t)matrix * (size_t)own->rows * (size_t)own->columns, room);
        }
}

GS_DEFINE_METHOD(matmul) = {.name = "matmul",
                            .own_bytes = sizeof(matmul),
                            .applies = applies,
                            .prepare = prepare,
                            .run = run,
                            .shares = true,
                            .cost = cost};
