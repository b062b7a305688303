/* Convolutions of few channels, which are planar with a halo: lanes are outputs. */
#include "engine/method/conv.h"
#include "engine/method/stored.h"
#include "engine/share.h"
#include "engine/weights.h"

typedef struct taps {
    gs_conv conv; /* without its weights and bias */
    int planes;   /* of the result */
    bool relu;
    float *weight, *bias;
    ptrdiff_t *offset;
} taps;

/* With more channels, the change of layout is worth it. A sum or a product that the step could store at once is left to
 * the direct method. */
static bool applies(const gs_builder *b, int n) {
    enum { CHANNELS = 4 };
    const gs_node *node = &b->model->node[n];
    if (node->op != GS_OP_CONV2D || !gs_is_conv(node))
        return false;
    int reader = gs_builder_sole_reader(b, n + GS_VALUE_NODES);
    bool stores = reader < 0 || (b->model->node[reader].op != GS_OP_ADD && b->model->node[reader].op != GS_OP_MUL);
    return gs_builder_shape(b, n, 0).d[0] <= CHANNELS && stores;
}

static int count(const taps *own) {
    return own->conv.axis[0].kernel * own->conv.axis[1].kernel * own->conv.inputs;
}

static size_t weights(const taps *own) {
    return (size_t)count(own) * (size_t)own->planes * GS_F32_LANES;
}

/* In the order out plane, tap, input channel, lane. */
static void pack(const taps *own, const gs_conv *c) {
    int each = count(own);
    for (int o = 0; o < c->outputs; o++) {
        float *w = own->weight + (ptrdiff_t)(o / GS_F32_LANES) * each * GS_F32_LANES + o % GS_F32_LANES;
        for (int t = 0; t < c->axis[0].kernel; t++)
            for (int u = 0; u < c->axis[1].kernel; u++)
                for (int i = 0; i < c->inputs; i++, w += GS_F32_LANES)
                    *w = c->weight[o * c->out_step + i * c->in_step + t * c->tap_step[0] + u * c->tap_step[1]];
        own->bias[o] = c->bias ? c->bias[o] : 0;
    }
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    gs_conv conv = gs_conv_of(&b->model->node[n], gs_builder_shape(b, n, 0));
    gs_step *s = gs_conv_add_step(b, method, n, GS_PADDED, GS_CONV_ADDS);
    if (!s)
        return false;
    gs_conv_want_halo(b, s, &conv);
    taps *own = s->own;
    own->conv = conv;
    own->conv.weight = own->conv.bias = NULL; /* the step may outlive them */
    own->planes = (conv.outputs + GS_F32_LANES - 1) / GS_F32_LANES;
    own->relu = gs_conv_absorb_relu(b, s);
    own->weight = gs_weights_alloc(b->plan, weights(own));
    own->bias = gs_weights_alloc(b->plan, (size_t)own->planes * GS_F32_LANES);
    own->offset = gs_alloc((size_t)count(own), sizeof *own->offset);
    if (!own->weight || !own->bias || !own->offset)
        return false;
    pack(own, &conv);
    return true;
}

static gs_status place(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    const taps *own = step->own;
    const gs_buffer *in = gs_conv_operand(plan, step, 0);
    gs_conv_offsets(&own->conv, in, own->conv.inputs, in->plane, own->offset);
    return GS_OK;
}

/* Rows that are computed at once where the result's buffer holds integers. */
enum { ROWS = 7 };

static ptrdiff_t row_floats(const gs_buffer *out) {
    return out->shape.d[2] * (ptrdiff_t)GS_F32_LANES;
}

/* Rows of an image, of which args has the first, as integers. */
static void run_typed(const gs_step *step, gs_worker *worker, int image, gs_share rows, gs_taps_args *args) {
    const gs_buffer *out = &worker->plan->buffer[step->out];
    args->y = worker->room;
    args->y_row = row_floats(out);
    args->y_plane = ROWS * row_floats(out);
    for (int r = rows.begin; r < rows.end; r += ROWS, args->x += ROWS * args->x_row) {
        char *y = gs_pixel_at(worker, step->out, image, r, 0);
        args->rows = rows.end - r < ROWS ? rows.end - r : ROWS;
        worker->plan->kernels->taps(args);
        for (int p = 0; p < args->planes; p++)
            gs_store_typed(out, gs_band_of(worker, image), p, args->y + p * args->y_plane, args->y_row,
                           y + p * out->plane, out->row, args->rows, args->columns);
    }
}

static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const taps *own = step->own;
    const gs_buffer *in = gs_conv_operand(worker->plan, step, 0), *out = &worker->plan->buffer[step->out];
    gs_share rows = gs_share_of(worker, out->shape.d[1]);
    gs_taps_args args = {.x_row = own->conv.axis[0].stride * gs_floats(in->row),
                         .x_column = own->conv.axis[1].stride,
                         .offset = own->offset,
                         .w = own->weight,
                         .bias = own->bias,
                         .y_plane = gs_floats(out->plane),
                         .y_row = gs_floats(out->row),
                         .rows = rows.end - rows.begin,
                         .columns = out->shape.d[2],
                         .taps = count(own),
                         .planes = own->planes,
                         .relu = own->relu};
    for (int i = i0; i < i1; i++) {
        args.x = (const float *)gs_buffer_at(worker, step->source[0].index, i) + rows.begin * args.x_row;
        if (out->type) {
            run_typed(step, worker, i, rows, &args);
            continue;
        }
        args.y = (float *)gs_buffer_at(worker, step->out, i) + rows.begin * args.y_row;
        worker->plan->kernels->taps(&args);
    }
}

static void free_own(const gs_plan *plan, gs_step *step) {
    (void)plan;
    taps *own = step->own;
    gs_free(own->offset);
}

static gs_cost cost(const gs_plan *plan, const gs_step *step) {
    const taps *own = step->own;
    const gs_buffer *out = &plan->buffer[step->out];
    size_t room = out->type ? (size_t)(own->planes * ROWS * row_floats(out)) * sizeof(float) : 0;
    return (gs_cost){.weight_bytes = weights(own) * sizeof(float), .room_bytes = room};
}

GS_DEFINE_METHOD(taps) = {.name = "direct, few inputs",
                          .own_bytes = sizeof(taps),
                          .applies = applies,
                          .prepare = prepare,
                          .place = place,
                          .run = run,
                          .stores = true,
                          .shares = true,
                          .free = free_own,
                          .cost = cost};
