/* Direct convolution, linear layers and their adjoints, as chains of multiply-adds over pixels or images
 * (gs_mac_args). */
#include "engine/method/direct.h"

#include "engine/method/flat.h"
#include "engine/method/stored.h"
#include "engine/share.h"
#include "engine/typed.h"
#include "engine/weights.h"

/* Rows of a call of mac, and of the last one, so that few are not left alone: of 49 rows, one would wait for its own
 * sums. */
enum { ROWS_AT_ONCE = 48, ROWS_MOST = 96 };

/* Floats from one plane to the next of what is stored as integers. */
enum { FLOATS_PLANE = (ROWS_MOST + 1) * GS_F32_LANES };

/* Neighbouring positions of one dimension that have the same taps. */
typedef struct part {
    int phase, begin, count;
    bool trimmed; /* taps outside the input are left out; they are the same for all positions */
} part;

/* Rows of mac that have the same taps: those of one part of the rows and one part of the columns. Offsets are in floats
 * from an image's first pixel, for the result in bytes. */
struct gs_mac_set {
    part part[2];
    int rows, segments, length;
    int at_once, most;                /* rows of a call of mac, and of the last one */
    ptrdiff_t *from, *to, *add, *mul; /* by row: input, result, summand, factor of the sum */
    ptrdiff_t *taps;                  /* by segment */
    size_t weight;                    /* elements into the weights */
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

/* From one plane's weights to the next. */
static ptrdiff_t weights_of_plane(const gs_mac_set *set) {
    return (ptrdiff_t)set->segments * set->length * GS_F32_LANES;
}

static void *weights_at(const gs_direct *own, const gs_mac_set *set, int plane) {
    return (char *)own->weight + gs_weight_bytes(own->type, (ptrdiff_t)set->weight + plane * weights_of_plane(set));
}

/* What is done with the weights k of a plane of a set, which are of input i. */
typedef void take_weights(gs_direct *own, const gs_quant *quant, int set, int plane, ptrdiff_t k, int i,
                          double lane[GS_F32_LANES]);

static void measure_weights(gs_direct *own, const gs_quant *quant, int set, int plane, ptrdiff_t k, int i,
                            double lane[GS_F32_LANES]) {
    (void)k;
    gs_scales_measure(&own->scales, quant, 0, 0, plane, set, i, lane);
}

static void store_weights(gs_direct *own, const gs_quant *quant, int set, int plane, ptrdiff_t k, int i,
                          double lane[GS_F32_LANES]) {
    if (own->scales.inv)
        gs_scales_round(&own->scales, quant, 0, 0, plane, set, i, lane);
    own->type->pack(weights_at(own, &own->set[set], plane), k, lane);
}

/* One plane of one set's weights in the order (tap, input segment, k), lane. */
static void take_plane(gs_direct *own, const gs_conv *c, const gs_quant *quant, int number, int plane,
                       take_weights *take) {
    enum { LANES = GS_F32_LANES };
    const gs_mac_set *set = &own->set[number];
    int o = plane * LANES, lanes = c->outputs - o < LANES ? c->outputs - o : LANES;
    ptrdiff_t k = 0;
    for (int t = 0, ignored; t < c->axis[0].kernel; t++)
        for (int u = 0; takes(&c->axis[0], &set->part[0], t, &ignored) && u < c->axis[1].kernel; u++) {
            const float *w = c->weight + o * c->out_step + t * c->tap_step[0] + u * c->tap_step[1];
            for (int i = 0; takes(&c->axis[1], &set->part[1], u, &ignored) && i < c->inputs; i++, w += c->in_step) {
                double lane[LANES] = {0};
                for (int l = 0; l < lanes; l++)
                    lane[l] = (double)w[l * c->out_step];
                take(own, quant, number, plane, k++, i, lane);
            }
        }
}

static void take_all(gs_direct *own, const gs_conv *c, const gs_quant *quant, take_weights *take) {
    for (int s = 0; s < own->sets; s++)
        for (int p = 0; p < own->planes; p++)
            take_plane(own, c, quant, s, p, take);
}

/* The scales of integers, which all sets share. */
static bool make_scales(gs_plan *plan, gs_direct *own, const gs_conv *c, const gs_quant *quant) {
    own->scales.positions = 1;
    own->scales.in_planes = (c->inputs + GS_F32_LANES - 1) / GS_F32_LANES;
    own->scales.out_planes = own->planes;
    own->scales.type = own->type;
    if (!gs_scales_make(plan, &own->scales, own->sets))
        return false;
    take_all(own, c, quant, measure_weights);
    gs_scales_finish(plan, &own->scales, quant, 0, 0, c->inputs);
    return true;
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
static bool reserve(gs_plan *plan, gs_direct *own) {
    size_t offsets = 0, weights = 0, lanes = GS_F32_LANES, planes = (size_t)own->planes;
    for (int s = 0; s < own->sets; s++) {
        gs_mac_set *set = &own->set[s];
        set->weight = weights;
        offsets += 4 * (size_t)set->rows + (size_t)set->segments;
        weights += planes * (size_t)set->segments * (size_t)set->length * lanes;
    }
    own->weight_bytes = (size_t)gs_weight_bytes(own->type, (ptrdiff_t)weights) + planes * lanes * sizeof(float);
    own->offsets = gs_alloc(offsets, sizeof *own->offsets);
    own->weight = gs_weights_alloc_of(plan, own->type, weights);
    own->bias = gs_weights_alloc(plan, planes * lanes);
    return own->offsets && own->weight && own->bias;
}

bool gs_direct_prepare(gs_plan *plan, gs_step *step, const gs_conv *c, int length, const gs_product_type *type,
                       const gs_quant *quant) {
    gs_direct *own = step->own;
    own->type = type;
    own->conv = *c;
    own->conv.weight = own->conv.bias = NULL; /* the step may outlive them */
    own->planes = (c->outputs + GS_F32_LANES - 1) / GS_F32_LANES;
    own->sets = make_sets(c, length, NULL);
    own->set = gs_alloc((size_t)own->sets, sizeof *own->set);
    if (!own->set)
        return false;
    make_sets(c, length, own->set);
    if (!reserve(plan, own))
        return false;
    if (gs_is_quantised(type) && !make_scales(plan, own, c, quant))
        return false;
    take_all(own, c, quant, store_weights);
    gs_scales_packed(&own->scales);
    for (int o = 0; c->bias && o < c->outputs; o++)
        own->bias[o] = c->bias[o];
    return true;
}

bool gs_prefers_direct(const gs_builder *b, const gs_conv *c) {
    const gs_product_type *type = &b->plan->product[1];
    return !gs_is_quantised(type) && gs_multiplies_tiles(b->plan, type) && c->inputs % GS_F32_LANES == 0;
}

int gs_direct_length(const gs_conv *c) {
    return gcd(c->inputs, GS_F32_LANES);
}

bool gs_direct_prepare_conv(gs_builder *b, gs_step *step, const gs_conv *c) {
    ((gs_direct *)step->own)->relu = gs_conv_absorb_relu(b, step);
    gs_conv_want_halo(b, step, c);
    int length = gs_direct_length(c);
    return gs_direct_prepare(b->plan, step, c, length, gs_builder_product(b, step->node, length, GS_QUANT_DIRECT),
                             b->model->node[step->node].quant);
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    const gs_node *node = &b->model->node[n];
    gs_conv conv = gs_conv_of(node, gs_builder_shape(b, n, 0));
    bool plane = (node->op == GS_OP_CONV2D || node->op == GS_OP_CONV_TRANSPOSE2D) && conv.inputs == 1;
    gs_step *s = gs_conv_add_step(b, method, n, plane ? GS_PADDED : GS_BLOCKED, GS_CONV_GATES);
    return s && gs_direct_prepare_conv(b, s, &conv);
}

static bool add_linear(gs_builder *b, const gs_method *method, int n, const gs_conv *conv, int length) {
    gs_step *s = gs_conv_add_step(b, method, n, GS_BLOCKED, GS_CONV_GATES);
    if (!s)
        return false;
    ((gs_direct *)s->own)->relu = gs_conv_absorb_relu(b, s);
    const gs_quant *quant = b->model->node[n].quant;
    /* Of an image in a row, the pixels of a channel share a scale. */
    ((gs_direct *)s->own)->scales.share = conv->axis[0].kernel * conv->axis[1].kernel;
    const gs_product_type *type = gs_builder_product(b, n, length, GS_QUANT_DIRECT);
    return gs_direct_prepare(b->plan, s, conv, length, type, quant);
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
    const gs_converted *in = &((const gs_direct *)step->own)->converted;
    const gs_buffer *out = &plan->buffer[step->out];
    const gs_buffer *add = gs_conv_operand(plan, step, 1), *mul = gs_conv_operand(plan, step, 2);
    int row = 0;
    for (int i = p->begin; i < p->begin + p->count; i++)
        for (int j = q->begin; j < q->begin + q->count; j++, row++) {
            int r = p->phase + i * gs_axis_phases(y), c = q->phase + j * gs_axis_phases(x);
            set->from[row] = i * gs_axis_step(y) * in->row + j * gs_axis_step(x) * in->column;
            set->to[row] = r * out->row + c * out->column;
            set->add[row] = add ? gs_floats(r * add->row + c * add->column) : 0;
            set->mul[row] = mul ? gs_floats(r * mul->row + c * mul->column) : 0;
        }
}

static void place_taps(const gs_conv *c, gs_mac_set *set, const gs_converted *in, int lanes) {
    ptrdiff_t *at = set->taps;
    for (int t = 0, y; t < c->axis[0].kernel; t++)
        for (int u = 0, x; takes(&c->axis[0], &set->part[0], t, &y) && u < c->axis[1].kernel; u++)
            for (int i = 0; takes(&c->axis[1], &set->part[1], u, &x) && i < c->inputs; i += set->length)
                *at++ = y * in->row + x * in->column + i / lanes * in->plane + i % lanes;
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

/* A tile has rows of few lines of an image, so calls have whole images or lines, as many as six tiles of 16 have at
 * most. */
static void cut_calls(const gs_plan *plan, const gs_direct *own, gs_mac_set *set) {
    set->at_once = ROWS_AT_ONCE;
    set->most = ROWS_AT_ONCE + ROWS_AT_ONCE / 4;
    if (!gs_multiplies_tiles(plan, own->type))
        return;
    int line = set->part[1].count, whole = set->rows <= ROWS_MOST ? set->rows : line <= ROWS_MOST ? line : 1;
    set->at_once = set->most = ROWS_MOST / whole * whole;
}

gs_status gs_direct_place(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    gs_direct *own = step->own;
    ptrdiff_t *at = own->offsets;
    const gs_buffer *in = gs_conv_operand(plan, step, 0);
    own->converted = gs_converted_of(plan, step, own->type, &own->scales, gs_multiplies_tiles(plan, own->type));
    for (int s = 0; s < own->sets; s++) {
        gs_mac_set *set = &own->set[s];
        set->from = at;
        set->to = at + set->rows;
        set->add = at + 2 * set->rows;
        set->mul = at + 3 * set->rows;
        set->taps = at + 4 * set->rows;
        at = set->taps + set->segments;
        place_rows(plan, step, set);
        place_taps(&own->conv, set, &own->converted, in->layout == GS_BLOCKED ? GS_F32_LANES : 1);
        cut_calls(plan, own, set);
        join_taps(set);
    }
    const gs_buffer *add = gs_conv_operand(plan, step, 1), *mul = gs_conv_operand(plan, step, 2);
    own->adds = add;
    own->gates = step->sources > 2 && step->source[2].kind == GS_SOURCE_CONDITION;
    own->multiplies = mul || own->gates;
    own->in_plane = own->converted.plane;
    own->out_plane = plan->buffer[step->out].plane;
    own->add_plane = add ? gs_floats(add->plane) : 0;
    own->mul_plane = mul ? gs_floats(mul->plane) : GS_F32_LANES;
    return GS_OK;
}

void gs_direct_free(const gs_plan *plan, gs_step *step) {
    (void)plan;
    gs_direct *own = step->own;
    gs_scales_packed(&own->scales);
    gs_free(own->set);
    gs_free(own->offsets);
}

gs_cost gs_direct_cost(const gs_plan *plan, const gs_step *step) {
    const gs_direct *own = step->own;
    size_t room = plan->buffer[step->out].type ? GS_STORED_PLANES * FLOATS_PLANE * sizeof(float) : 0;
    return (gs_cost){.weight_bytes = own->weight_bytes, .room_bytes = own->converted.bytes + room};
}

const gs_scales *gs_direct_reads(const gs_step *step) {
    const gs_direct *own = step->own;
    return gs_is_narrow(own->type) ? &own->scales : NULL;
}

const gs_product_type *gs_direct_product(const gs_step *step) {
    return ((const gs_direct *)step->own)->type;
}

/* ---- Running ---- */

/* Some rows of a set, from any images, and the planes that are computed of them. */
typedef struct rows {
    const void *a[ROWS_MOST];
    const float *add[ROWS_MOST], *mul[ROWS_MOST];
    char *out[ROWS_MOST]; /* of plane 0 */
    int count, plane, planes, band;
} rows;

static void run_rows(const gs_step *step, const gs_worker *worker, const gs_mac_set *set, rows *r) {
    const gs_direct *own = step->own;
    const gs_buffer *result = &worker->plan->buffer[step->out];
    const bool once = result->type == own->type && gs_is_quantised(own->type); /* else that of the result comes after */
    float *out[ROWS_MOST], *typed = (float *)((char *)worker->room + own->converted.bytes);
    for (int i = 0; i < r->count; i++)
        out[i] = result->type && !once ? typed + i * GS_F32_LANES : (void *)(r->out[i] + r->plane * own->out_plane);
    gs_products args = {.a = r->a,
                        .segment = set->taps,
                        .w = weights_at(own, set, r->plane),
                        .init = own->scales.inv
                                    ? (const void *)gs_scales_init(&own->scales, (int)(set - own->set), r->plane)
                                    : own->bias + r->plane * GS_F32_LANES,
                        .scale = gs_scales_of(&own->scales, r->band, 0, r->plane),
                        .bias = own->bias + r->plane * GS_F32_LANES,
                        .add = own->adds ? r->add : NULL,
                        .mul = own->multiplies ? r->mul : NULL,
                        .out = out,
                        .w_plane = weights_of_plane(set),
                        .inv = once ? gs_scales_inv(result->scales, r->band, 0, r->plane) : NULL,
                        .out_plane = result->type && !once ? FLOATS_PLANE : gs_buffer_elements(result, own->out_plane),
                        .add_plane = own->add_plane,
                        .mul_plane = own->mul_plane,
                        .rows = r->count,
                        .segments = set->segments,
                        .length = set->length,
                        .planes = r->planes,
                        .relu = own->relu,
                        .gates = own->gates};
    own->type->mac(worker->plan->kernels, &args);
    if (result->type && !once)
        gs_store_pixels(result, r->band, r->plane, r->planes, typed, FLOATS_PLANE, r->out, r->count);
    r->count = 0;
}

static void add_offsets(const float **to, const gs_worker *worker, const gs_step *step, int k, int image,
                        const ptrdiff_t *offset, int count, ptrdiff_t shift) {
    const float *base = gs_source_at(worker, step, k, image) + shift;
    for (int i = 0; i < count; i++)
        to[i] = base + offset[i];
}

/* Where the inputs of a plane's group begin. */
static ptrdiff_t group_shift(const gs_direct *own, int plane) {
    return own->group_out ? plane / own->group_out * own->group_in * own->in_plane : 0;
}

/* `count` rows of a set from row k onwards, for one image. */
static void add_rows(const gs_step *step, const gs_worker *worker, const gs_mac_set *set, int image, int k, int count,
                     rows *r) {
    const gs_direct *own = step->own;
    char *y = gs_buffer_at(worker, step->out, image);
    for (int i = 0; i < count; i++)
        r->out[r->count + i] = y + set->to[k + i];
    const char *x = gs_converted_at(&own->converted, worker, image);
    ptrdiff_t shift = group_shift(own, r->plane);
    for (int i = 0; i < count; i++)
        r->a[r->count + i] = x + gs_input_bytes(own->type, set->from[k + i] + shift);
    if (own->adds)
        add_offsets(r->add + r->count, worker, step, 1, image, set->add + k, count, r->plane * own->add_plane);
    if (own->multiplies)
        add_offsets(r->mul + r->count, worker, step, 2, image, set->mul + k, count, r->plane * own->mul_plane);
    r->count += count;
}

/* Some planes of some of the rows of all images, which follow each other from image i0 on. */
static void run_piece(const gs_step *step, const gs_worker *worker, const gs_mac_set *set, int i0,
                      const gs_piece *piece) {
    rows r;
    r.count = 0;
    r.band = gs_band_of(worker, i0);
    r.plane = piece->plane;
    r.planes = piece->planes;
    for (int at = piece->row, end = at + piece->rows, most = 0, count; at < end; at += count) {
        int k = at % set->rows, left = end - at;
        if (r.count == 0)
            most = left <= set->most ? left : set->at_once;
        int room = most - r.count;
        count = set->rows - k < left ? set->rows - k : left;
        count = count < room ? count : room;
        add_rows(step, worker, set, i0 + at / set->rows, k, count, &r);
        if (r.count == most)
            run_rows(step, worker, set, &r);
    }
}

/* The same for planes of several groups, a group at a time, or for as many as are stored as integers at once. */
static void run_groups(const gs_step *step, const gs_worker *worker, const gs_mac_set *set, int i0, gs_piece piece) {
    int group = ((const gs_direct *)step->own)->group_out;
    if (worker->plan->buffer[step->out].type && (!group || group > GS_STORED_PLANES))
        group = group ? gcd(group, GS_STORED_PLANES) : GS_STORED_PLANES;
    for (int end = piece.plane + piece.planes; piece.plane < end; piece.plane += piece.planes) {
        int left = end - piece.plane, most = group ? group - piece.plane % group : left;
        piece.planes = left < most ? left : most;
        run_piece(step, worker, set, i0, &piece);
    }
}

/* Images of one band. */
static void run_band(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const gs_direct *own = step->own;
    for (int s = 0; s < own->sets; s++) {
        gs_piece piece[GS_PIECES_MOST];
        int pieces = gs_share_pieces(worker, own->planes, (i1 - i0) * own->set[s].rows, piece);
        for (int k = 0; k < pieces; k++)
            run_groups(step, worker, &own->set[s], i0, piece[k]);
    }
}

void gs_direct_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    gs_convert(&((const gs_direct *)step->own)->converted, worker, i0, i1);
    for (int i = i0, end; i < i1; i = end) {
        end = gs_band_end(worker, i, i1);
        run_band(step, worker, i, end);
    }
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

GS_DEFINE_DIRECT(linear, "linear", linear_applies, prepare_linear);
GS_DEFINE_DIRECT(linear_flat, "linear", flat_applies, prepare_flat);
GS_DEFINE_DIRECT(phases, "direct, by phase", phases_applies, prepare);
GS_DEFINE_DIRECT(direct, "direct", applies, prepare);
