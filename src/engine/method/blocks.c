/* Derivatives and transposed convolutions of few channels. A convolution of one output channel would use one lane of a
 * vector. Instead, lanes hold blocks of pixels: some rows and columns of each channel, computed by a convolution with
 * (outputs x rows x columns) channels and correspondingly fewer positions, whose kernel covers a whole block. A second
 * step takes the blocks apart. */
#include "engine/method/direct.h"
#include "engine/method/winograd.h"

#include <string.h>

/* The rows and columns of a block: whole phases, then doubling columns and rows in turn, as long as there is room.
 * False where blocks are no gain, or where Winograd's method is better. */
static bool choose_block(const gs_conv *c, int block[2]) {
    for (int i = 0; i < 2; i++)
        block[i] = gs_axis_phases(&c->axis[i]);
    for (int i = 1, full = 0; c->outputs * block[0] * block[1] <= GS_F32_LANES / 2 && full < 2; i = 1 - i) {
        full = block[i] < c->axis[i].size ? 0 : full + 1;
        block[i] *= full ? 1 : 2;
    }
    return c->outputs * block[0] * block[1] <= GS_F32_LANES && block[0] * block[1] >= 4 &&
           (c->outputs == 1 || !gs_suits_winograd(c));
}

/* The axis of a convolution over blocks: window position u of block m is input position m stride + u - padding. */
static gs_axis block_axis(const gs_axis *a, int block) {
    gs_axis b = {.size = (a->size + block - 1) / block, .input = a->input, .dilation = 1};
    if (!a->adjoint) {
        b.stride = block;
        b.padding = a->padding;
        b.kernel = block + (a->kernel - 1) * a->dilation;
        return b;
    }
    int low = a->padding - (a->kernel - 1) * a->dilation; /* block 0 begins to read here */
    int first = low > 0 ? (low + a->stride - 1) / a->stride : low / a->stride;
    b.stride = block / a->stride;
    b.padding = -first;
    b.kernel = (block - 1 + a->padding) / a->stride - first + 1;
    return b;
}

/* The tap of `a` with which position i of a block reads position u of the block's window, or -1. */
static int block_tap(const gs_axis *a, const gs_axis *b, int i, int u) {
    int distance = a->adjoint ? i + a->padding - (u - b->padding) * a->stride : u - i;
    return distance >= 0 && distance % a->dilation == 0 && distance / a->dilation < a->kernel ? distance / a->dilation
                                                                                              : -1;
}

/* The convolution of blocks; its weights and bias are in *memory, to be freed with gs_free. False when memory runs out.
 */
static bool make_blocks(const gs_conv *c, const int block[2], gs_conv *b, float **memory) {
    int each = block[0] * block[1];
    *b = (gs_conv){.inputs = c->inputs, .outputs = c->outputs * each};
    for (int i = 0; i < 2; i++)
        b->axis[i] = block_axis(&c->axis[i], block[i]);
    int height = b->axis[0].kernel, width = b->axis[1].kernel;
    b->tap_step[0] = width;
    b->tap_step[1] = 1;
    b->in_step = (ptrdiff_t)height * width;
    b->out_step = b->in_step * c->inputs;
    float *w = gs_alloc((size_t)b->outputs, (size_t)(b->out_step + 1) * sizeof *w), *bias = w;
    *memory = w;
    for (int o = 0; w && c->bias && o < b->outputs; o++)
        bias[o] = c->bias[o / each];
    b->bias = c->bias ? bias : NULL;
    w = w ? w + b->outputs : NULL;
    b->weight = w;
    for (int o = 0; w && o < b->outputs; o++)
        for (int i = 0; i < c->inputs; i++)
            for (int u = 0; u < height; u++)
                for (int v = 0; v < width; v++, w++) {
                    int t = block_tap(&c->axis[0], &b->axis[0], o % each / block[1], u);
                    int s = block_tap(&c->axis[1], &b->axis[1], o % block[1], v);
                    if (t >= 0 && s >= 0)
                        *w = c->weight[o / each * c->out_step + i * c->in_step + t * c->tap_step[0] +
                                       s * c->tap_step[1]];
                }
    return *memory != NULL;
}

static bool applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    if ((node->op != GS_OP_CONV2D_ADJOINT && node->op != GS_OP_CONV_TRANSPOSE2D) || !gs_is_conv(node))
        return false;
    gs_conv conv = gs_conv_of(node, gs_builder_shape(b, n, 0));
    int block[2];
    return choose_block(&conv, block);
}

/* ---- Taking blocks apart ---- */

typedef struct apart {
    int block[2];
    ptrdiff_t row; /* of the blocks, floats */
} apart;

static gs_status place_apart(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    ((apart *)step->own)->row = gs_floats(plan->buffer[step->source[0].index].row);
    return GS_OK;
}

/* To planar; pixels past the edge are left out. */
static void run_apart(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const apart *own = step->own;
    gs_shape shape = worker->plan->buffer[step->out].shape;
    int rows = own->block[0], columns = own->block[1];
    for (int i = i0; i < i1; i++) {
        float *y = gs_buffer_at(worker, step->out, i);
        for (int c = 0; c < shape.d[0]; c++)
            for (int r = 0; r < shape.d[1]; r++, y += shape.d[2]) {
                const float *x = (const float *)gs_buffer_at(worker, step->source[0].index, i) + r / rows * own->row +
                                 (c * rows + r % rows) * columns;
                int k = 0;
                for (; columns == 4 && k + 4 <= shape.d[2]; k += 4, x += GS_F32_LANES) /* most common: without a call */
                    memcpy(y + k, x, 4 * sizeof *y);
                for (; k < shape.d[2]; k += columns, x += GS_F32_LANES)
                    memcpy(y + k, x, (size_t)(shape.d[2] - k < columns ? shape.d[2] - k : columns) * sizeof *y);
            }
    }
}

static const gs_method from_blocks = {
    .name = "from-blocks", .own_bytes = sizeof(apart), .place = place_apart, .run = run_apart};

/* ---- The method ---- */

/* The step that computes blocks; its buffer, or -1. */
static int add_blocks(gs_builder *b, const gs_method *method, int n, int in, const int block[2]) {
    gs_conv conv = gs_conv_of(&b->model->node[n], gs_builder_shape(b, n, 0)), blocks;
    float *memory;
    if (in < 0 || !make_blocks(&conv, block, &blocks, &memory))
        return -1;
    gs_shape shape = {.rank = 3, .d = {blocks.outputs, blocks.axis[0].size, blocks.axis[1].size}};
    int made = gs_builder_add_buffer(b, shape, GS_BLOCKED);
    gs_step *s = gs_builder_add_step(b, method, n, 1, made);
    bool ok = s != NULL;
    if (ok) {
        s->source[0] = gs_builder_from_buffer(b, in);
        gs_conv_want_halo(b, s, &blocks);
        ok = gs_direct_prepare(b->plan, s, &blocks, gs_direct_length(&blocks), &b->plan->product[0], NULL);
    }
    gs_free(memory);
    return ok ? made : -1;
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    const gs_node *node = &b->model->node[n];
    gs_conv conv = gs_conv_of(node, gs_builder_shape(b, n, 0));
    int block[2];
    choose_block(&conv, block);
    int made = add_blocks(b, method, n, gs_conv_input(b, node->input[0], GS_BLOCKED), block);
    int out = made < 0 ? -1 : gs_builder_add_buffer(b, node->shape, GS_PLANAR);
    gs_step *s = gs_builder_add_step(b, &from_blocks, n, 1, out);
    if (!s)
        return false;
    s->source[0] = gs_builder_from_buffer(b, made);
    memcpy(((apart *)s->own)->block, block, sizeof block);
    gs_builder_set_value(b, n + GS_VALUE_NODES, out);
    return true;
}

GS_DEFINE_DIRECT(blocks, "direct, in blocks", applies, prepare);
