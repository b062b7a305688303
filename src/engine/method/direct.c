/* Direct convolution, linear layers and their adjoints, as chains of multiply-adds over pixels or images
 * (gs_mac_args). */
#include "engine/method/direct.h"

#include "engine/method/flat.h"

enum { ROWS_AT_ONCE = 48 };

/* Neighbouring positions of one dimension that have the same taps. */
typedef struct part {
    int phase, begin, count;
    bool trimmed; /* taps outside the input are left out; they are the same for all positions */
} part;

/* Rows of mac that have the same taps: those of one part of the rows and one part of the columns. Offsets are in floats
 * from an image's first pixel. */
struct gs_mac_set {
    part part[2];
    int rows, segments, length;
    ptrdiff_t *from, *to, *add, *mul; /* by row: input, result, summand, factor of the sum */
    ptrdiff_t *taps;                  /* by segment */
    size_t weight;                    /* floats into the weights */
};

/* ---- Parts of a dimension ---- */

static bool is_inside(const gs_axis *a, int position, int offset) {
    int at = position * gs_axis_step(a) + offset;
    return at >= 0 && at < a->input;
}

/* Whether a part takes tap t. */
static bool takes(const gs_axis *a, const part *p, int t, int *offset) {
    return gs_axis_tap(a, p->phase, t, offset) && (!p->trimmed || is_inside(a, p->begin, *offset));
}

static int count_taps(const gs_axis *a, const part *p) {
    int count = 0, offset;
    for (int t = 0; t < a->kernel; t++)
        count += takes(a, p, t, &offset);
    return count;
}

static bool same_taps(const gs_axis *a, int phase, int i, int j) {
    for (int t = 0, offset; t < a->kernel; t++)
        if (gs_axis_tap(a, phase, t, &offset) && is_inside(a, i, offset) != is_inside(a, j, offset))
            return false;
    return true;
}

/* Go from one part of the dimension, initially an empty one, to the next; false past the last. */
static bool next_part(const gs_axis *a, part *p) {
    p->begin += p->count;
    while (p->begin >= gs_axis_positions(a, p->phase)) {
        p->begin = 0;
        if (++p->phase == gs_axis_phases(a))
            return false;
    }
    int left = gs_axis_positions(a, p->phase) - p->begin;
    for (p->count = 1; p->count < left && (!p->trimmed || same_taps(a, p->phase, p->begin, p->begin + p->count));)
        p->count++;
    return true;
}

/* ---- Planning ---- */

static int gcd(int a, int b) {
    return b ? gcd(b, a % b) : a;
}

/* One set's weights, in the order out plane, (tap, input segment, k), lane. */
static void pack_set(const gs_direct *own, const gs_conv *c, const gs_mac_set *set) {
    enum { LANES = GS_F32_LANES };
    size_t chain = (size_t)set->segments * (size_t)set->length;
    for (int o = 0; o < c->outputs; o++) {
        float *out = own->weight + set->weight + (size_t)(o / LANES) * chain * LANES + o % LANES;
        for (int t = 0, ignored; t < c->axis[0].kernel; t++)
            for (int u = 0; takes(&c->axis[0], &set->part[0], t, &ignored) && u < c->axis[1].kernel; u++)
                for (int i = 0; takes(&c->axis[1], &set->part[1], u, &ignored) && i < c->inputs; i++, out += LANES)
                    *out = c->weight[o * c->out_step + i * c->in_step + t * c->tap_step[0] + u * c->tap_step[1]];
    }
}

/* When there are few positions, much of what the taps read is the zeros around the input: 31 % for 3 x 3 taps of stride
 * 2 on 4 x 4. When there are many, separate sets for the edges are not worth their calls. */
static bool is_small(const gs_conv *c) {
    enum { MOST = 16 };
    return gs_axis_positions(&c->axis[0], 0) * gs_axis_positions(&c->axis[1], 0) <= MOST;
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
static bool reserve(gs_direct *own) {
    size_t offsets = 0, weights = 0, lanes = GS_F32_LANES, planes = (size_t)own->planes;
    for (int s = 0; s < own->sets; s++) {
        gs_mac_set *set = &own->set[s];
        set->weight = weights;
        offsets += 4 * (size_t)set->rows + (size_t)set->segments;
        weights += planes * (size_t)set->segments * (size_t)set->length * lanes;
    }
    own->weight_bytes = (weights + planes * lanes) * sizeof(float);
    own->offsets = gs_alloc(offsets, sizeof *own->offsets);
    own->weight = gs_alloc_large(weights, sizeof(float));
    own->bias = gs_alloc(planes, lanes * sizeof(float));
    return own->offsets && own->weight && own->bias;
}

bool gs_direct_prepare(gs_step *step, const gs_conv *c, int length) {
    gs_direct *own = step->own;
    own->conv = *c;
    own->conv.weight = own->conv.bias = NULL; /* the step may outlive them */
    own->planes = (c->outputs + GS_F32_LANES - 1) / GS_F32_LANES;
    own->sets = make_sets(c, length, NULL);
    own->set = gs_alloc((size_t)own->sets, sizeof *own->set);
    if (!own->set)
        return false;
    make_sets(c, length, own->set);
    if (!reserve(own))
        return false;
    for (int s = 0; s < own->sets; s++)
        pack_set(own, c, &own->set[s]);
    for (int o = 0; c->bias && o < c->outputs; o++)
        own->bias[o] = c->bias[o];
    return true;
}

int gs_direct_length(const gs_conv *c) {
    return gcd(c->inputs, GS_F32_LANES);
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    const gs_node *node = &b->model->node[n];
    gs_conv conv = gs_conv_of(node, gs_builder_shape(b, n, 0));
    bool plane = node->op == GS_OP_CONV2D && conv.inputs == 1;
    gs_step *s = gs_conv_add_step(b, method, n, plane ? GS_PADDED : GS_BLOCKED, true);
    if (!s)
        return false;
    ((gs_direct *)s->own)->relu = gs_conv_absorb_relu(b, s);
    gs_conv_want_halo(b, s, &conv);
    return gs_direct_prepare(s, &conv, gs_direct_length(&conv));
}

static bool add_linear(gs_builder *b, const gs_method *method, int n, const gs_conv *conv, int length) {
    gs_step *s = gs_conv_add_step(b, method, n, GS_BLOCKED, true);
    if (!s)
        return false;
    ((gs_direct *)s->own)->relu = gs_conv_absorb_relu(b, s);
    return gs_direct_prepare(s, conv, length);
}

/* Inputs are adjacent in memory. */
static bool prepare_linear(gs_builder *b, const gs_method *method, int n) {
    gs_conv conv = gs_conv_of(&b->model->node[n], gs_builder_shape(b, n, 0));
    return add_linear(b, method, n, &conv, conv.inputs);
}

/* The channels of an image, which a reshape puts in a row, are read where they are, by a convolution whose kernel
 * covers the image. */
static bool prepare_flat(gs_builder *b, const gs_method *method, int n) {
    const gs_node *node = &b->model->node[n];
    gs_conv conv = gs_conv_of(node, gs_builder_shape(b, n, 0));
    gs_shape image = b->plan->buffer[b->value[node->input[0]].buffer].shape;
    conv.inputs = image.d[0];
    for (int i = 0; i < 2; i++)
        conv.axis[i].kernel = conv.axis[i].input = image.d[i + 1];
    conv.in_step = (ptrdiff_t)image.d[1] * image.d[2];
    conv.tap_step[0] = image.d[2];
    conv.tap_step[1] = 1;
    return add_linear(b, method, n, &conv, gs_direct_length(&conv));
}

/* ---- Placing ---- */

static void place_rows(const gs_plan *plan, const gs_step *step, gs_mac_set *set) {
    const gs_conv *conv = &((const gs_direct *)step->own)->conv;
    const gs_axis *y = &conv->axis[0], *x = &conv->axis[1];
    const part *p = &set->part[0], *q = &set->part[1];
    const gs_buffer *in = gs_conv_operand(plan, step, 0), *out = &plan->buffer[step->out];
    const gs_buffer *add = gs_conv_operand(plan, step, 1), *mul = gs_conv_operand(plan, step, 2);
    int row = 0;
    for (int i = p->begin; i < p->begin + p->count; i++)
        for (int j = q->begin; j < q->begin + q->count; j++, row++) {
            int r = p->phase + i * gs_axis_phases(y), c = q->phase + j * gs_axis_phases(x);
            set->from[row] = gs_floats(i * gs_axis_step(y) * in->row + j * gs_axis_step(x) * in->column);
            set->to[row] = gs_floats(r * out->row + c * out->column);
            set->add[row] = add ? gs_floats(r * add->row + c * add->column) : 0;
            set->mul[row] = mul ? gs_floats(r * mul->row + c * mul->column) : 0;
        }
}

static void place_taps(const gs_conv *c, gs_mac_set *set, const gs_buffer *in) {
    ptrdiff_t *at = set->taps;
    int lanes = in->layout == GS_BLOCKED ? GS_F32_LANES : 1;
    for (int t = 0, y; t < c->axis[0].kernel; t++)
        for (int u = 0, x; takes(&c->axis[0], &set->part[0], t, &y) && u < c->axis[1].kernel; u++)
            for (int i = 0; takes(&c->axis[1], &set->part[1], u, &x) && i < c->inputs; i += set->length)
                *at++ = gs_floats(y * in->row + x * in->column + i / lanes * in->plane) + i % lanes;
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

gs_status gs_direct_place(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    gs_direct *own = step->own;
    ptrdiff_t *at = own->offsets;
    for (int s = 0; s < own->sets; s++) {
        gs_mac_set *set = &own->set[s];
        set->from = at;
        set->to = at + set->rows;
        set->add = at + 2 * set->rows;
        set->mul = at + 3 * set->rows;
        set->taps = at + 4 * set->rows;
        at = set->taps + set->segments;
        place_rows(plan, step, set);
        place_taps(&own->conv, set, gs_conv_operand(plan, step, 0));
        join_taps(set);
    }
    const gs_buffer *add = gs_conv_operand(plan, step, 1), *mul = gs_conv_operand(plan, step, 2);
    own->adds = add;
    own->multiplies = mul;
    own->out_plane = gs_floats(plan->buffer[step->out].plane);
    own->add_plane = add ? gs_floats(add->plane) : 0;
    own->mul_plane = mul ? gs_floats(mul->plane) : 0;
    return GS_OK;
}

void gs_direct_free(const gs_plan *plan, gs_step *step) {
    (void)plan;
    gs_direct *own = step->own;
    gs_free(own->weight);
    gs_free(own->bias);
    gs_free(own->set);
    gs_free(own->offsets);
}

gs_cost gs_direct_cost(const gs_plan *plan, const gs_step *step) {
    (void)plan;
    return (gs_cost){.weight_bytes = ((const gs_direct *)step->own)->weight_bytes};
}

/* ---- Running ---- */

/* Some rows of a set, from any images. */
typedef struct rows {
    const float *a[ROWS_AT_ONCE], *add[ROWS_AT_ONCE], *mul[ROWS_AT_ONCE];
    float *out[ROWS_AT_ONCE];
    int count;
} rows;

static void run_rows(const gs_direct *own, const gs_worker *worker, const gs_mac_set *set, rows *r) {
    gs_mac_args args = {.a = r->a,
                        .segment = set->taps,
                        .w = own->weight + set->weight,
                        .init = own->bias,
                        .add = own->adds ? r->add : NULL,
                        .mul = own->multiplies ? r->mul : NULL,
                        .out = r->out,
                        .w_plane = (ptrdiff_t)set->segments * set->length * GS_F32_LANES,
                        .out_plane = own->out_plane,
                        .add_plane = own->add_plane,
                        .mul_plane = own->mul_plane,
                        .rows = r->count,
                        .segments = set->segments,
                        .length = set->length,
                        .planes = own->planes,
                        .relu = own->relu};
    worker->plan->kernels->mac(&args);
    r->count = 0;
}

static void add_offsets(const float **to, const gs_worker *worker, const gs_step *step, int k, int image,
                        const ptrdiff_t *offset, int count) {
    const float *base = gs_buffer_at(worker, step->source[k].index, image);
    for (int i = 0; i < count; i++)
        to[i] = base + offset[i];
}

/* `count` rows of a set from row k onwards, for one image. */
static void add_rows(const gs_step *step, const gs_worker *worker, const gs_mac_set *set, int image, int k, int count,
                     rows *r) {
    const gs_direct *own = step->own;
    float *y = gs_buffer_at(worker, step->out, image);
    for (int i = 0; i < count; i++)
        r->out[r->count + i] = y + set->to[k + i];
    add_offsets(r->a + r->count, worker, step, 0, image, set->from + k, count);
    if (own->adds)
        add_offsets(r->add + r->count, worker, step, 1, image, set->add + k, count);
    if (own->multiplies)
        add_offsets(r->mul + r->count, worker, step, 2, image, set->mul + k, count);
    r->count += count;
}

static void run_set(const gs_step *step, const gs_worker *worker, const gs_mac_set *set, int i0, int i1) {
    rows r;
    r.count = 0;
    for (int i = i0; i < i1; i++)
        for (int k = 0, count; k < set->rows; k += count) {
            int room = ROWS_AT_ONCE - r.count;
            count = set->rows - k < room ? set->rows - k : room;
            add_rows(step, worker, set, i, k, count, &r);
            if (r.count == ROWS_AT_ONCE)
                run_rows(step->own, worker, set, &r);
        }
    if (r.count)
        run_rows(step->own, worker, set, &r);
}

void gs_direct_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_direct *own = step->own;
    for (int s = 0; s < own->sets; s++)
        run_set(step, worker, &own->set[s], i0, i1);
}

/* ---- The methods ---- */

static bool applies(const gs_builder *b, int n) {
    return gs_is_conv(&b->model->node[n]);
}

static bool linear_applies(const gs_builder *b, int n) {
    return applies(b, n) && gs_builder_shape(b, n, 0).rank == 1;
}

static bool flat_applies(const gs_builder *b, int n) {
    return b->model->node[n].op == GS_OP_LINEAR && gs_is_flat_view(b, b->model->node[n].input[0]);
}

static bool phases_applies(const gs_builder *b, int n) {
    return applies(b, n) && gs_conv_of(&b->model->node[n], gs_builder_shape(b, n, 0)).axis[0].adjoint;
}

#define GS_DIRECT(id, method_name, method_applies, method_prepare) \
    GS_DEFINE_METHOD(id) = {.name = method_name,                   \
                            .own_bytes = sizeof(gs_direct),        \
                            .applies = method_applies,             \
                            .prepare = method_prepare,             \
                            .place = gs_direct_place,              \
                            .run = gs_direct_run,                  \
                            .free = gs_direct_free,                \
                            .cost = gs_direct_cost}
GS_DIRECT(linear, "linear", linear_applies, prepare_linear);
GS_DIRECT(linear_flat, "linear", flat_applies, prepare_flat);
GS_DIRECT(phases, "direct, by phase", phases_applies, prepare);
GS_DIRECT(direct, "direct", applies, prepare);
