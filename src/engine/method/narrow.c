/* Convolutions with few outputs, whose lanes are input channels. Their results are planar, as those who read a few
 * channels want them. */
#include "engine/method/conv.h"
#include "engine/method/view.h"
#include "engine/weights.h"

typedef struct narrow {
    gs_conv conv; /* without its weights and bias */
    float *weight, *bias;
    ptrdiff_t *segment;
    int segments;
} narrow;

static bool applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    if (!gs_is_conv(node) || node->shape.rank != 3)
        return false;
    gs_conv c = gs_conv_of(node, gs_builder_shape(b, n, 0));
    return c.outputs <= GS_NARROW_OUTPUTS_MOST && c.inputs % GS_F32_LANES == 0 && !c.axis[0].adjoint;
}

static void pack(const narrow *own, const gs_conv *c) {
    float *w = own->weight;
    for (int t = 0; t < c->axis[0].kernel; t++)
        for (int u = 0; u < c->axis[1].kernel; u++)
            for (int p = 0; p < c->inputs; p += GS_F32_LANES)
                for (int o = 0; o < c->outputs; o++)
                    for (int l = 0; l < GS_F32_LANES; l++)
                        *w++ =
                            c->weight[o * c->out_step + (p + l) * c->in_step + t * c->tap_step[0] + u * c->tap_step[1]];
    for (int o = 0; c->bias && o < c->outputs; o++)
        own->bias[o] = c->bias[o];
}

static size_t weights(const narrow *own) {
    return (size_t)own->segments * (size_t)own->conv.outputs * GS_F32_LANES;
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    gs_conv conv = gs_conv_of(&b->model->node[n], gs_builder_shape(b, n, 0));
    gs_step *s = gs_conv_add_planar_step(b, method, n);
    if (!s)
        return false;
    gs_conv_want_halo(b, s, &conv);
    narrow *own = s->own;
    own->conv = conv;
    own->conv.weight = own->conv.bias = NULL; /* the step may outlive them */
    own->segments = conv.axis[0].kernel * conv.axis[1].kernel * (conv.inputs / GS_F32_LANES);
    own->weight = gs_weights_alloc(b->plan, weights(own));
    own->bias = gs_weights_alloc(b->plan, (size_t)conv.outputs);
    own->segment = gs_alloc((size_t)own->segments, sizeof *own->segment);
    if (!own->weight || !own->bias || !own->segment)
        return false;
    pack(own, &conv);
    return true;
}

static gs_status place(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    narrow *own = step->own;
    const gs_buffer *in = gs_conv_operand(plan, step, 0);
    gs_conv_offsets(&own->conv, in, own->conv.inputs / GS_F32_LANES, in->plane, own->segment);
    return GS_OK;
}

static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const narrow *own = step->own;
    const gs_axis *axis = own->conv.axis;
    const gs_buffer *in = gs_conv_operand(worker->plan, step, 0);
    ptrdiff_t row = axis[1].size, plane = row * axis[0].size, vector = gs_floats(in->column);
    gs_narrow_args args = {.x_row = axis[0].stride * gs_floats(in->row),
                           .x_column = axis[1].stride * vector,
                           .segment = own->segment,
                           .w = own->weight,
                           .bias = own->bias,
                           .y_plane = plane,
                           .y_row = row,
                           .add_plane = plane,
                           .add_row = row,
                           .rows = axis[0].size,
                           .columns = axis[1].size,
                           .segments = own->segments,
                           .outputs = own->conv.outputs};
    for (int i = i0; i < i1; i++) {
        args.x = gs_buffer_at(worker, step->source[0].index, i);
        args.add = step->sources > 1 ? gs_buffer_at(worker, step->source[1].index, i) : NULL;
        args.y = gs_buffer_at(worker, step->out, i);
        worker->plan->kernels->narrow(&args);
    }
}

static void free_own(const gs_plan *plan, gs_step *step) {
    (void)plan;
    narrow *own = step->own;
    gs_free(own->segment);
}

static gs_cost cost(const gs_plan *plan, const gs_step *step) {
    (void)plan;
    return (gs_cost){.weight_bytes = weights(step->own) * sizeof(float)};
}

GS_DEFINE_METHOD(narrow) = {.name = "direct, few outputs",
                            .own_bytes = sizeof(narrow),
                            .applies = applies,
                            .prepare = prepare,
                            .place = place,
                            .run = run,
                            .free = free_own,
                            .cost = cost};
