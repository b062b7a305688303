/* Direct convolution, linear layers and their adjoints, as chains of multiply-adds over pixels or images
 * (gs_mac_args). */
#include "engine/plan.h"

enum { GS_ROWS_AT_ONCE = 48 };

/* Neighbouring positions of one dimension that have the same taps. */
typedef struct part {
    int phase, begin, count;
    bool trimmed; /* taps outside the input are left out; they are the same for all positions */
} part;

/* Rows of mac that have the same taps: those of one part of the rows and one part of the columns. Offsets are in floats
 * from an image's first pixel. */
typedef struct gs_mac_set {
    part part[2];
    int rows, segments, length;
    ptrdiff_t *from, *to, *add, *mul; /* by row: input, result, summand, factor of the sum */
    ptrdiff_t *taps;                  /* by segment */
    size_t weight;                    /* floats into step->weight */
} gs_mac_set;

/* ---- One dimension ---- */

static int phases(const gs_axis *a) {
    return a->adjoint ? a->stride : 1;
}

/* The positions of a phase; position k is result position first + k phases, where tap t reads input position k step +
 * offset. */
static int positions(const gs_axis *a, int phase) {
    return (a->size - phase + phases(a) - 1) / phases(a);
}

static bool tap(const gs_axis *a, int phase, int t, int *offset) {
    if (!a->adjoint) {
        *offset = t * a->dilation - a->padding;
        return true;
    }
    int distance = phase + a->padding - t * a->dilation;
    *offset = distance / a->stride;
    return distance % a->stride == 0;
}

static int step_of(const gs_axis *a) {
    return a->adjoint ? 1 : a->stride;
}

static bool is_inside(const gs_axis *a, int position, int offset) {
    int at = position * step_of(a) + offset;
    return at >= 0 && at < a->input;
}

/* Whether a part takes tap t. */
static bool takes(const gs_axis *a, const part *p, int t, int *offset) {
    return tap(a, p->phase, t, offset) && (!p->trimmed || is_inside(a, p->begin, *offset));
}

static int count_taps(const gs_axis *a, const part *p) {
    int count = 0, offset;
    for (int t = 0; t < a->kernel; t++)
        count += takes(a, p, t, &offset);
    return count;
}

static bool same_taps(const gs_axis *a, int phase, int i, int j) {
    for (int t = 0, offset; t < a->kernel; t++)
        if (tap(a, phase, t, &offset) && is_inside(a, i, offset) != is_inside(a, j, offset))
            return false;
    return true;
}

/* Go from one part of the dimension, initially an empty one, to the next; false past the last. */
static bool next_part(const gs_axis *a, part *p) {
    p->begin += p->count;
    while (p->begin >= positions(a, p->phase)) {
        p->begin = 0;
        if (++p->phase == phases(a))
            return false;
    }
    int left = positions(a, p->phase) - p->begin;
    for (p->count = 1; p->count < left && (!p->trimmed || same_taps(a, p->phase, p->begin, p->begin + p->count));)
        p->count++;
    return true;
}

void gs_axis_reach(const gs_axis *a, int *before, int *after) {
    *before = *after = 0;
    for (int phase = 0; phase < phases(a); phase++)
        for (int t = 0, offset; positions(a, phase) > 0 && t < a->kernel; t++) {
            if (!tap(a, phase, t, &offset))
                continue;
            int last = (positions(a, phase) - 1) * step_of(a) + offset - (a->input - 1);
            *before = -offset > *before ? -offset : *before;
            *after = last > *after ? last : *after;
        }
}

/* ---- The common form ---- */

static gs_axis axis_of(const gs_node *node, gs_shape in, int i, bool adjoint) {
    const gs_attributes *a = &node->attributes;
    gs_axis axis = {.size = node->shape.d[i + 1], .input = in.d[i + 1], .kernel = 1, .stride = 1, .dilation = 1};
    if (node->op == GS_OP_LINEAR || node->op == GS_OP_LINEAR_ADJOINT)
        return axis;
    axis.kernel = a->kernel[i];
    axis.stride = a->stride[i];
    axis.padding = a->padding[i];
    axis.dilation = a->dilation[i];
    axis.adjoint = adjoint;
    return axis;
}

gs_conv gs_conv_of(const gs_node *node, gs_shape in) {
    bool adjoint = node->op == GS_OP_CONV2D_ADJOINT || node->op == GS_OP_LINEAR_ADJOINT;
    gs_conv c = {.inputs = in.d[0], .outputs = node->shape.d[0], .weight = node->weight->data};
    c.axis[0] = axis_of(node, in, 0, adjoint);
    c.axis[1] = axis_of(node, in, 1, adjoint);
    ptrdiff_t taps = (ptrdiff_t)c.axis[0].kernel * c.axis[1].kernel;
    c.out_step = adjoint ? taps : taps * c.inputs;
    c.in_step = adjoint ? taps * c.outputs : taps;
    c.tap_step[0] = c.axis[1].kernel;
    c.tap_step[1] = 1;
    c.bias = node->bias && !adjoint ? node->bias->data : NULL;
    if (!adjoint || c.axis[0].stride > 1 || c.axis[1].stride > 1)
        return c;
    for (int i = 0; i < 2; i++) { /* reversed: tap kernel - 1 - t */
        gs_axis *a = &c.axis[i];
        a->adjoint = false;
        a->padding = (a->kernel - 1) * a->dilation - a->padding;
        c.tap_step[i] = -c.tap_step[i];
    }
    c.weight += taps - 1;
    return c;
}

/* ---- Few output channels ---- */

/* Whole phases, then doubling columns and rows in turn, as long as there is room. */
bool gs_conv_in_blocks(const gs_conv *c, int block[2]) {
    for (int i = 0; i < 2; i++)
        block[i] = phases(&c->axis[i]);
    for (int i = 1, full = 0; c->outputs * block[0] * block[1] <= 8 && full < 2; i = 1 - i) {
        full = block[i] < c->axis[i].size ? 0 : full + 1;
        block[i] *= full ? 1 : 2;
    }
    return c->outputs * block[0] * block[1] <= 16 && block[0] * block[1] >= 4 &&
           (c->outputs == 1 || !gs_winograd_applies(c));
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

bool gs_conv_make_blocks(const gs_conv *c, const int block[2], gs_conv *b, float **memory) {
    int each = block[0] * block[1];
    *b = (gs_conv){.inputs = c->inputs, .outputs = c->outputs * each};
    for (int i = 0; i < 2; i++)
        b->axis[i] = block_axis(&c->axis[i], block[i]);
    int height = b->axis[0].kernel, width = b->axis[1].kernel;
    b->tap_step[0] = width;
    b->tap_step[1] = 1;
    b->in_step = (ptrdiff_t)height * width;
    b->out_step = b->in_step * c->inputs;
    float *w = gs_alloc((size_t)b->outputs, (size_t)b->out_step * sizeof *w);
    *memory = w;
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

/* ---- Planning ---- */

static int gcd(int a, int b) {
    return b ? gcd(b, a % b) : a;
}

/* One set's weights, in the order out plane, (tap, input segment, k), lane. */
static void pack_set(const gs_step *step, const gs_conv *c, const gs_mac_set *set) {
    size_t chain = (size_t)set->segments * (size_t)set->length;
    for (int o = 0; o < c->outputs; o++) {
        float *out = step->weight + set->weight + (size_t)(o / 16) * chain * 16 + o % 16;
        for (int t = 0, ignored; t < c->axis[0].kernel; t++)
            for (int u = 0; takes(&c->axis[0], &set->part[0], t, &ignored) && u < c->axis[1].kernel; u++)
                for (int i = 0; takes(&c->axis[1], &set->part[1], u, &ignored) && i < c->inputs; i++, out += 16)
                    *out = c->weight[o * c->out_step + i * c->in_step + t * c->tap_step[0] + u * c->tap_step[1]];
    }
}

/* When there are few positions, much of what the taps read is the zeros around the input: 31 % for 3 x 3 taps of stride
 * 2 on 4 x 4. When there are many, separate sets for the edges are not worth their calls. */
static bool is_small(const gs_conv *c) {
    enum { MOST = 16 };
    return positions(&c->axis[0], 0) * positions(&c->axis[1], 0) <= MOST;
}

/* Write the sets, without their offsets, to `set` unless it is NULL; returns their number. */
static int make_sets(const gs_conv *c, int length, gs_mac_set *set) {
    int sets = 0;
    part y = {.trimmed = is_small(c)};
    while (next_part(&c->axis[0], &y)) {
        part x = {.trimmed = y.trimmed};
        for (; next_part(&c->axis[1], &x); sets++) {
            if (!set)
                continue;
            int chain = count_taps(&c->axis[0], &y) * count_taps(&c->axis[1], &x) * c->inputs;
            set[sets] =
                (gs_mac_set){.part = {y, x}, .rows = y.count * x.count, .segments = chain / length, .length = length};
        }
    }
    return sets;
}

/* Allocate all offsets and weights. */
static bool reserve(gs_plan *plan, gs_step *step) {
    size_t offsets = 0, weights = 0;
    for (int s = 0; s < step->sets; s++) {
        gs_mac_set *set = &step->set[s];
        set->weight = weights;
        offsets += 4 * (size_t)set->rows + (size_t)set->segments;
        weights += (size_t)step->out_planes * (size_t)set->segments * (size_t)set->length * 16;
    }
    plan->weight_size += weights + (size_t)step->out_planes * 16;
    step->offsets = gs_alloc(offsets, sizeof *step->offsets);
    step->weight = gs_alloc_large(weights, sizeof(float));
    step->bias = gs_alloc((size_t)step->out_planes, 16 * sizeof(float));
    return step->offsets && step->weight && step->bias;
}

static gs_step_run conv_run;

/* Offsets have to wait for the strides of the buffers: see gs_conv_place. `length`: inputs that are adjacent in
 * memory. */
static bool prepare(gs_plan *plan, gs_step *step, const gs_conv *c, int length) {
    step->run = conv_run;
    step->conv = *c;
    step->out_planes = (c->outputs + 15) / 16;
    step->sets = make_sets(c, length, NULL);
    step->set = gs_alloc((size_t)step->sets, sizeof *step->set);
    if (!step->set)
        return false;
    make_sets(c, length, step->set);
    if (!reserve(plan, step))
        return false;
    for (int s = 0; s < step->sets; s++)
        pack_set(step, c, &step->set[s]);
    for (int o = 0; c->bias && o < c->outputs; o++)
        step->bias[o] = c->bias[o];
    step->conv.weight = step->conv.bias = NULL; /* a copy, since the step may outlive it */
    return true;
}

bool gs_conv_prepare(gs_plan *plan, gs_step *step, const gs_conv *c) {
    step->method = c->axis[0].adjoint ? "direct, by phase" : "direct";
    return prepare(plan, step, c, gcd(c->inputs, 16));
}

bool gs_linear_prepare(gs_plan *plan, gs_step *step, const gs_conv *c) {
    step->method = "linear";
    return prepare(plan, step, c, c->inputs);
}

static const gs_buffer *source_buffer(const gs_plan *plan, const gs_step *step, int k) {
    bool there = k < step->sources && step->source[k].kind == GS_SOURCE_BUFFER;
    return there ? &plan->buffer[step->source[k].index] : NULL;
}

static void place_rows(const gs_plan *plan, const gs_step *step, gs_mac_set *set) {
    const gs_axis *y = &step->conv.axis[0], *x = &step->conv.axis[1];
    const part *p = &set->part[0], *q = &set->part[1];
    const gs_buffer *in = source_buffer(plan, step, 0), *out = &plan->buffer[step->out];
    const gs_buffer *add = source_buffer(plan, step, 1), *mul = source_buffer(plan, step, 2);
    int row = 0, pixel = in->layout == GS_PADDED ? 1 : 16;
    for (int i = p->begin; i < p->begin + p->count; i++)
        for (int j = q->begin; j < q->begin + q->count; j++, row++) {
            int r = p->phase + i * phases(y), c = q->phase + j * phases(x);
            set->from[row] = i * step_of(y) * in->row + j * step_of(x) * pixel;
            set->to[row] = r * out->row + c * 16;
            set->add[row] = add ? r * add->row + c * 16 : 0;
            set->mul[row] = mul ? r * mul->row + c * 16 : 0;
        }
}

static void place_taps(const gs_step *step, gs_mac_set *set, const gs_buffer *in) {
    const gs_conv *c = &step->conv;
    ptrdiff_t *at = set->taps;
    int pixel = in->layout == GS_PADDED ? 1 : 16;
    for (int t = 0, y; t < c->axis[0].kernel; t++)
        for (int u = 0, x; takes(&c->axis[0], &set->part[0], t, &y) && u < c->axis[1].kernel; u++)
            for (int i = 0; takes(&c->axis[1], &set->part[1], u, &x) && i < c->inputs; i += set->length)
                *at++ = y * in->row + x * pixel + i / 16 * in->plane + i % 16;
}

/* Taps that are adjacent in memory, as those of one input channel are, become one segment. */
static void join_taps(gs_mac_set *set) {
    int run = 1;
    while (run < set->segments && set->taps[run] == set->taps[run - 1] + set->length)
        run++;
    for (int s = 0; s < set->segments; s++)
        if (set->segments % run || set->taps[s] != set->taps[s / run * run] + s % run * set->length)
            return;
    set->segments /= run;
    for (int s = 0; s < set->segments; s++)
        set->taps[s] = set->taps[s * run];
    set->length *= run;
}

void gs_conv_place(const gs_plan *plan, gs_step *step) {
    ptrdiff_t *at = step->offsets;
    for (int s = 0; s < step->sets; s++) {
        gs_mac_set *set = &step->set[s];
        set->from = at;
        set->to = at + set->rows;
        set->add = at + 2 * set->rows;
        set->mul = at + 3 * set->rows;
        set->taps = at + 4 * set->rows;
        at = set->taps + set->segments;
        place_rows(plan, step, set);
        place_taps(step, set, source_buffer(plan, step, 0));
        join_taps(set);
    }
}

/* ---- Running ---- */

/* Some rows of a set, from any images. */
typedef struct rows {
    const float *a[GS_ROWS_AT_ONCE], *add[GS_ROWS_AT_ONCE], *mul[GS_ROWS_AT_ONCE];
    float *out[GS_ROWS_AT_ONCE];
    int count;
} rows;

static void run_rows(const gs_step *step, const gs_worker *worker, const gs_mac_set *set, rows *r) {
    const gs_plan *plan = worker->plan;
    const gs_buffer *add = source_buffer(plan, step, 1), *mul = source_buffer(plan, step, 2);
    gs_mac_args args = {.a = r->a,
                        .segment = set->taps,
                        .w = step->weight + set->weight,
                        .init = step->bias,
                        .add = add ? r->add : NULL,
                        .mul = mul ? r->mul : NULL,
                        .out = r->out,
                        .w_plane = (ptrdiff_t)set->segments * set->length * 16,
                        .out_plane = plan->buffer[step->out].plane,
                        .add_plane = add ? add->plane : 0,
                        .mul_plane = mul ? mul->plane : 0,
                        .rows = r->count,
                        .segments = set->segments,
                        .length = set->length,
                        .planes = step->out_planes};
    plan->kernels->mac(&args);
    r->count = 0;
}

static void add_offsets(const float **to, const gs_worker *worker, const gs_step *step, int k, int image,
                        const ptrdiff_t *offset, int count) {
    if (!source_buffer(worker->plan, step, k))
        return;
    const float *base = gs_buffer_at(worker, step->source[k].index, image);
    for (int i = 0; i < count; i++)
        to[i] = base + offset[i];
}

/* `count` rows of a set from row k onwards, for one image. */
static void add_rows(const gs_step *step, const gs_worker *worker, const gs_mac_set *set, int image, int k, int count,
                     rows *r) {
    float *y = gs_buffer_at(worker, step->out, image);
    for (int i = 0; i < count; i++)
        r->out[r->count + i] = y + set->to[k + i];
    add_offsets(r->a + r->count, worker, step, 0, image, set->from + k, count);
    add_offsets(r->add + r->count, worker, step, 1, image, set->add + k, count);
    add_offsets(r->mul + r->count, worker, step, 2, image, set->mul + k, count);
    r->count += count;
}

static void run_set(const gs_step *step, const gs_worker *worker, const gs_mac_set *set, int i0, int i1) {
    rows r;
    r.count = 0;
    for (int i = i0; i < i1; i++)
        for (int k = 0, count; k < set->rows; k += count) {
            int room = GS_ROWS_AT_ONCE - r.count;
            count = set->rows - k < room ? set->rows - k : room;
            add_rows(step, worker, set, i, k, count, &r);
            if (r.count == GS_ROWS_AT_ONCE)
                run_rows(step, worker, set, &r);
        }
    if (r.count)
        run_rows(step, worker, set, &r);
}

static void conv_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    for (int s = 0; s < step->sets; s++)
        run_set(step, worker, &step->set[s], i0, i1);
}
