/* permute: elements go from one layout to another by strides. The dimensions of both buffers (a blocked one has planes,
 * lanes, rows and columns) cut those of the array into pieces, each of which has one stride in the operand and one in
 * the result. Where the same piece has stride 1 in both, as the lanes have when positions change, runs are copied; else
 * blocks of 16 x 16 elements are transposed. */
#include "engine/builder.h"
#include "engine/method/view.h"

#include <string.h>

enum { LANES = GS_F32_LANES, MOST = GS_DIMENSIONS_MAX + 8 };

/* Dimensions of a buffer in memory. */
enum { WHOLE, PLANE, LANE, ROW, COLUMN };

/* A dimension, or part of one, whose elements are `step` of its own apart. */
typedef struct dimension {
    int size, id, step;
} dimension;

typedef struct dimensions {
    int count;
    dimension d[MOST];
} dimensions;

typedef struct piece {
    dimension from, to; /* of the operand's buffer and the result's; the sizes are equal */
    ptrdiff_t in, out;  /* strides in floats, once those of the buffers are known */
} piece;

typedef struct permute {
    int pieces;
    piece piece[MOST + 2]; /* as they follow each other in the result, and two units */
} permute;

/* ---- Cutting dimensions to pieces ---- */

static void append(dimensions *list, int size, int id, int step) {
    if (size > 1)
        list->d[list->count++] = (dimension){size, id, step};
}

/* What is left of the last dimension, or of the one before that. */
typedef struct rest {
    int left, taken;
} rest;

static void next(const dimensions *list, int *i, rest *r) {
    if (r->left == 1 && *i > 0)
        *r = (rest){list->d[--*i].size, 1};
}

static dimension take(const dimensions *list, int i, rest *r, int size) {
    dimension part = {size, list->d[i].id, list->d[i].step * r->taken};
    r->left /= size;
    r->taken *= size;
    return part;
}

/* Cut both lists, whose sizes have the same product, at each other's ends; false where the ends do not meet in whole
 * numbers, or there are too many. */
static bool refine(const dimensions *a, const dimensions *b, dimensions *of_a, dimensions *of_b) {
    dimension parts[2][MOST];
    int i = a->count, k = b->count, n = 0;
    rest x = {1, 1}, y = {1, 1};
    for (;;) {
        next(a, &i, &x);
        next(b, &k, &y);
        if (x.left == 1 && y.left == 1)
            break;
        int size = x.left < y.left ? x.left : y.left;
        if (n == MOST || x.left % size || y.left % size)
            return false;
        parts[0][n] = take(a, i, &x, size);
        parts[1][n++] = take(b, k, &y, size);
    }
    of_a->count = of_b->count = n;
    for (int p = 0; p < n; p++) {
        of_a->d[n - 1 - p] = parts[0][p];
        of_b->d[n - 1 - p] = parts[1][p];
    }
    return true;
}

/* How a shape lies in memory, with `channels` in the place of its first size, which a blocked layout fills up to whole
 * planes. */
static dimensions laid_out(gs_shape shape, gs_layout layout, int channels) {
    dimensions list = {0};
    if (layout != GS_BLOCKED || shape.rank == 1) {
        append(&list, channels * shape.d[1] * shape.d[2], WHOLE, 1);
        return list;
    }
    append(&list, channels / LANES, PLANE, 1);
    append(&list, LANES, LANE, 1);
    append(&list, shape.d[1], ROW, 1);
    append(&list, shape.d[2], COLUMN, 1);
    return list;
}

/* How many of the first dimensions are the channels, which stay in their place as the result's; 0: they do not. */
static int channels_kept(const gs_node *node, gs_shape in) {
    const gs_list *seen = &node->attributes.seen, *order = &node->attributes.order;
    int product = 1, count = 0;
    while (count < seen->count && order->d[count] == count && product < in.d[0])
        product *= seen->d[count++];
    return product == in.d[0] && node->shape.d[0] == in.d[0] ? count : 0;
}

/* The pieces of node n between buffers of these layouts; false where they cannot be cut. Channels that stay in their
 * place may be filled up, if they are in both. */
static bool cut(const gs_node *node, gs_shape in, gs_layout from, gs_layout to, permute *own) {
    const gs_list *seen = &node->attributes.seen, *order = &node->attributes.order;
    bool ragged = (from == GS_BLOCKED && in.rank > 1 && in.d[0] % LANES) ||
                  (to == GS_BLOCKED && node->shape.rank > 1 && node->shape.d[0] % LANES);
    int kept = ragged ? channels_kept(node, in) : 0, channels = kept ? (in.d[0] + LANES - 1) / LANES * LANES : in.d[0];
    if (ragged && (!kept || from != to || in.rank == 1 || node->shape.rank == 1))
        return false;
    dimensions array = {0}, memory = laid_out(in, from, channels), of_array, of_memory, moved = {0}, of_moved, result;
    append(&array, kept ? channels : 1, 0, 1);
    for (int i = kept; i < seen->count; i++)
        append(&array, seen->d[i], i, 1);
    if (!refine(&array, &memory, &of_array, &of_memory))
        return false;
    for (int k = kept ? kept - 1 : 0; k < order->count; k++)
        for (int p = 0; p < of_array.count; p++)
            if (of_array.d[p].id == (kept && k == kept - 1 ? 0 : order->d[k]))
                moved.d[moved.count++] = of_memory.d[p];
    memory = laid_out(node->shape, to, kept ? channels : node->shape.d[0]);
    if (!refine(&moved, &memory, &of_moved, &result))
        return false;
    own->pieces = of_moved.count;
    for (int p = 0; p < own->pieces; p++)
        own->piece[p] = (piece){.from = of_moved.d[p], .to = result.d[p]};
    return true;
}

/* ---- Planning ---- */

static bool has_unit_stride(dimension d, gs_layout layout, gs_shape shape) {
    int column = layout == GS_BLOCKED && shape.rank > 1 ? LANE : WHOLE;
    return d.id == column && d.step == 1;
}

/* How fast it will be: 2 for runs of vectors, 1 for blocks of 16 x 16, 0 for less, -1 where it cannot be cut. */
static int rate(const gs_node *node, gs_shape in, gs_layout from, gs_layout to) {
    permute own;
    int row = 1, column = 1;
    if (!cut(node, in, from, to, &own))
        return -1;
    for (int p = 0; p < own.pieces; p++) {
        bool read = has_unit_stride(own.piece[p].from, from, in),
             written = has_unit_stride(own.piece[p].to, to, node->shape);
        if (read && written)
            return own.piece[p].from.size >= LANES ? 2 : 0;
        row = read ? own.piece[p].from.size : row;
        column = written ? own.piece[p].from.size : column;
    }
    return row >= LANES && column >= LANES;
}

static bool applies(const gs_builder *b, int n) {
    return b->model->node[n].op == GS_OP_PERMUTE;
}

/* The operand is read as it lies, where it can be; of the layouts of the result the faster one counts, of two equal
 * ones that in which the operand lies. */
static bool prepare(gs_builder *b, const gs_method *method, int n) {
    const gs_node *node = &b->model->node[n];
    int v = node->input[0], buffer = b->value[v].buffer, best = -1;
    gs_shape in = gs_value_shape(b->model, v);
    gs_layout from = buffer < 0 || in.rank == 1 ? GS_PLANAR : b->plan->buffer[buffer].layout, to = from;
    for (int again = 0; again < 2 && best < 0; again++) {
        from = again ? GS_PLANAR : from;
        for (int k = 0; k < 2; k++) {
            gs_layout layout = k == 0 ? from : from == GS_PLANAR ? GS_BLOCKED : GS_PLANAR;
            int speed = rate(node, in, from, layout);
            to = speed > best ? layout : to;
            best = speed > best ? speed : best;
        }
    }
    buffer = gs_builder_buffer_in(b, v, from);
    int out = buffer < 0 ? -1 : gs_builder_add_buffer(b, node->shape, to);
    gs_step *s = gs_builder_add_step(b, method, n, 1, out);
    if (!s)
        return false;
    s->source[0] = gs_builder_from_buffer(b, buffer);
    gs_builder_set_value(b, n + GS_VALUE_NODES, out);
    return cut(node, in, from, to, s->own);
}

static ptrdiff_t stride_of(const gs_buffer *b, dimension d) {
    const ptrdiff_t strides[] = {
        [WHOLE] = 1, [PLANE] = gs_floats(b->plane), [LANE] = 1, [ROW] = gs_floats(b->row), [COLUMN] = LANES};
    return strides[d.id] * d.step;
}

/* Put the pieces in the order in which the result lies in memory; those that follow each other in both buffers become
 * one. */
static void join(permute *own) {
    int n = 0;
    for (int p = 0; p < own->pieces; p++) {
        piece one = own->piece[p];
        int k = p;
        for (; k > 0 && own->piece[k - 1].out < one.out; k--)
            own->piece[k] = own->piece[k - 1];
        own->piece[k] = one;
    }
    for (int p = 0; p < own->pieces; p++) {
        piece *last = n ? &own->piece[n - 1] : NULL, next = own->piece[p];
        if (last && last->in == next.in * next.from.size && last->out == next.out * next.from.size) {
            next.from.size *= last->from.size;
            *last = next;
        } else {
            own->piece[n++] = next;
        }
    }
    own->pieces = n;
}

/* Put the pieces of stride 1 in the operand and in the result last, in this order; if they are one, or there is none, a
 * piece of one element takes the place of the other. */
static void end_with_units(permute *own) {
    piece unit[2] = {{.from.size = 1, .in = 1, .out = 1}, {.from.size = 1, .in = 1, .out = 1}};
    int n = 0;
    for (int p = 0; p < own->pieces; p++) {
        piece one = own->piece[p];
        if (one.out == 1)
            unit[0] = one;
        else if (one.in == 1)
            unit[1] = one;
        else
            own->piece[n++] = one;
    }
    own->piece[n++] = unit[1];
    own->piece[n++] = unit[0];
    own->pieces = n;
}

static gs_status place(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    permute *own = step->own;
    for (int p = 0; p < own->pieces; p++) {
        own->piece[p].in = stride_of(&plan->buffer[step->source[0].index], own->piece[p].from);
        own->piece[p].out = stride_of(&plan->buffer[step->out], own->piece[p].to);
    }
    join(own);
    end_with_units(own);
    return GS_OK;
}

/* ---- Running ---- */

/* y[i out + k] = x[i + k in], i < rows, k < columns. */
static void transpose(const gs_kernels *kernels, const float *x, const piece *row, float *y, const piece *column) {
    int rows = row->from.size, columns = column->from.size;
    ptrdiff_t in = column->in, out = row->out;
    for (int i = 0; i < rows; i += LANES)
        for (int k = 0; k < columns; k += LANES) {
            int height = rows - i < LANES ? rows - i : LANES, width = columns - k < LANES ? columns - k : LANES;
            const float *from = x + i + k * in;
            float *to = y + i * out + k;
            if (height == LANES && width == LANES)
                kernels->transpose16(from, in, to, out);
            else
                for (int r = 0; r < height; r++)
                    for (int c = 0; c < width; c++)
                        to[r * out + c] = from[r + c * in];
        }
}

static void copy(const float *x, float *y, int count) {
    if (count == LANES) /* most common: without a call */
        memcpy(y, x, GS_VECTOR_BYTES);
    else
        memcpy(y, x, (size_t)count * sizeof *y);
}

/* The last two pieces, and `more` of the last but two. */
static void move(const gs_kernels *kernels, const permute *own, const float *x, float *y, const piece *more) {
    const piece *column = &own->piece[own->pieces - 1], *row = column - 1;
    bool runs = column->in == 1 && row->from.size == 1;
    for (int k = 0; k < more->from.size; k++, x += more->in, y += more->out)
        if (runs)
            copy(x, y, column->from.size);
        else
            transpose(kernels, x, row, y, column);
}

static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    static const piece once = {.from.size = 1};
    const permute *own = step->own;
    int outer = own->pieces - 3;
    for (int i = i0; i < i1; i++) {
        const float *x = gs_buffer_at(worker, step->source[0].index, i);
        float *y = gs_buffer_at(worker, step->out, i);
        int at[MOST] = {0}, p;
        do {
            move(worker->plan->kernels, own, x, y, outer < 0 ? &once : &own->piece[outer]);
            for (p = outer - 1; p >= 0; p--) {
                const piece *d = &own->piece[p];
                x += d->in;
                y += d->out;
                if (++at[p] < d->from.size)
                    break;
                x -= d->in * at[p];
                y -= d->out * at[p];
                at[p] = 0;
            }
        } while (p >= 0);
    }
}

GS_DEFINE_METHOD(permute) = {.name = "permute",
                             .own_bytes = sizeof(permute),
                             .applies = applies,
                             .prepare = prepare,
                             .place = place,
                             .run = run};
