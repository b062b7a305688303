/* Convolutions in groups, by the direct method: an output plane reads the planes of its own group, or, where groups are
 * so small that several share a plane, the plane of the same number, with weights of 0 between different groups. Those
 * products are wasted, 15 of 16 where every channel is a group of its own; the reference's step, which these nodes had
 * before, is slower still: 64 channels of 14 x 14 with 3 x 3 taps each take 16 us instead of 136 us on Zen 5, two
 * groups of 32 take 27 us instead of 3,900 us. */
#include "engine/method/direct.h"

enum { LANES = GS_F32_LANES };

/* Channels per group, and how planes belong together. */
typedef struct grouping {
    int in, out;               /* channels of a group */
    int in_planes, out_planes; /* planes of a group, or of the groups that share a plane */
    int inputs;                /* channels that an output plane reads */
} grouping;

static bool find_grouping(const gs_node *node, gs_shape in, grouping *g) {
    int groups = node->attributes.groups, channels = in.d[0];
    *g = (grouping){.in = channels / groups, .out = node->shape.d[0] / groups, .in_planes = 1, .out_planes = 1};
    bool whole = g->in % LANES == 0 && g->out % LANES == 0;
    if (whole) {
        g->in_planes = g->in / LANES;
        g->out_planes = g->out / LANES;
        g->inputs = g->in;
    } else {
        g->inputs = channels < LANES ? channels : LANES;
    }
    return whole || (g->in == g->out && LANES % g->in == 0 && (channels % LANES == 0 || channels < LANES));
}

static bool applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    bool conv = node->op == GS_OP_CONV2D || node->op == GS_OP_CONV2D_ADJOINT || node->op == GS_OP_CONV_TRANSPOSE2D;
    grouping g;
    return conv && node->attributes.groups > 1 && gs_has_few_phases(node) &&
           find_grouping(node, gs_builder_shape(b, n, 0), &g);
}

/* The taps of output o and the i-th of the inputs that its plane reads; NULL where they are of different groups. */
static const float *taps_of(const gs_node *node, const grouping *g, int o, int i) {
    const int *kernel = node->attributes.kernel;
    int channel = o / LANES / g->out_planes * g->in_planes * LANES + i;
    if (channel / g->in != o / g->out)
        return NULL;
    bool plain = node->op == GS_OP_CONV2D;
    size_t row = (size_t)(plain ? o : channel), column = (size_t)(plain ? channel % g->in : o % g->out);
    size_t columns = (size_t)(plain ? g->in : g->out);
    return node->weight->data + (row * columns + column) * (size_t)(kernel[0] * kernel[1]);
}

/* Weights (O, inputs, kh, kw), to be freed with gs_free; NULL when memory runs out. */
static float *spread_weights(const gs_node *node, const grouping *g) {
    size_t taps = (size_t)node->attributes.kernel[0] * (size_t)node->attributes.kernel[1],
           outputs = (size_t)node->shape.d[0];
    float *all = gs_alloc(outputs * (size_t)g->inputs, taps * sizeof *all), *to = all;
    for (int o = 0; all && o < node->shape.d[0]; o++)
        for (int i = 0; i < g->inputs; i++, to += taps) {
            const float *from = taps_of(node, g, o, i);
            for (size_t t = 0; from && t < taps; t++)
                to[t] = from[t];
        }
    return all;
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    const gs_node *node = &b->model->node[n];
    gs_shape in = gs_builder_shape(b, n, 0);
    grouping g;
    find_grouping(node, in, &g);
    gs_conv conv = gs_conv_of(node, in);
    float *weight = spread_weights(node, &g);
    gs_step *s = weight ? gs_conv_add_step(b, method, n, GS_BLOCKED, GS_CONV_GATES) : NULL;
    bool ok = s != NULL;
    if (ok) {
        gs_direct *own = s->own;
        ptrdiff_t taps = (ptrdiff_t)node->attributes.kernel[0] * node->attributes.kernel[1];
        bool reversed = conv.tap_step[0] < 0;
        conv.weight = reversed ? weight + taps - 1 : weight;
        conv.inputs = g.inputs;
        conv.in_step = taps;
        conv.out_step = taps * g.inputs;
        own->group_in = g.in_planes;
        own->group_out = g.out_planes;
        ok = gs_direct_prepare_conv(b, s, &conv);
    }
    gs_free(weight);
    return ok;
}

GS_DEFINE_DIRECT(grouped, "direct, in groups", applies, prepare);
