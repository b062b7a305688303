/* Values repeated over positions: one value per channel, or a single number, over all of them; nearest-neighbour
 * upsampling. */
#include "engine/builder.h"
#include "engine/method/view.h"

#include <string.h>

typedef struct repeat {
    gs_view in, out;
    bool single;  /* stretch: a single number for all channels */
    int scale[2]; /* upsample */
} repeat;

static gs_status place(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    repeat *own = step->own;
    own->in = gs_view_of_source(plan, step, 0);
    own->out = gs_view_of(plan, step->out);
    return GS_OK;
}

/* ---- Stretch ---- */

static bool stretch_applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    if (node->op != GS_OP_STRETCH)
        return false;
    gs_shape from = gs_builder_shape(b, n, 0);
    return gs_is_channel_vector(from, node->shape.d[0]) || gs_shape_size(from) == 1;
}

static bool prepare_stretch(gs_builder *b, const gs_method *method, int n) {
    gs_step *s = gs_builder_add_simple(b, method, n, GS_BLOCKED);
    if (s)
        ((repeat *)s->own)->single = gs_shape_size(s->source[0].shape) == 1;
    return s != NULL;
}

static void run_stretch(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const repeat *own = step->own;
    const gs_view *out = &own->out;
    for (int i = i0; i < i1; i++)
        for (int p = 0; p < out->planes; p++) {
            const float *x = gs_view_at(&own->in, worker, i, own->single ? 0 : p);
            float *y = gs_view_at(out, worker, i, p), vector[GS_F32_LANES];
            for (int l = 0; l < GS_F32_LANES; l++)
                vector[l] = own->single ? *x : x[l];
            for (int k = 0; k < out->rows * out->columns; k++)
                memcpy(y + k / out->columns * out->row + k % out->columns * GS_F32_LANES, vector, sizeof vector);
        }
}

GS_DEFINE_METHOD(stretch) = {.name = "copy",
                             .own_bytes = sizeof(repeat),
                             .applies = stretch_applies,
                             .prepare = prepare_stretch,
                             .place = place,
                             .run = run_stretch};

/* ---- Upsampling ---- */

static bool upsample_applies(const gs_builder *b, int n) {
    return b->model->node[n].op == GS_OP_UPSAMPLE_NEAREST;
}

static bool prepare_upsample(gs_builder *b, const gs_method *method, int n) {
    gs_step *s = gs_builder_add_simple(b, method, n, GS_BLOCKED);
    if (s)
        memcpy(((repeat *)s->own)->scale, b->model->node[n].attributes.extent, sizeof(int[2]));
    return s != NULL;
}

static void run_upsample(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const repeat *own = step->own;
    for (int i = i0; i < i1; i++)
        for (int p = 0; p < own->in.planes; p++)
            for (int r = 0; r < own->out.rows; r++) {
                const float *x = gs_view_at(&own->in, worker, i, p) + r / own->scale[0] * own->in.row;
                float *y = gs_view_at(&own->out, worker, i, p) + r * own->out.row;
                for (int c = 0; c < own->in.columns; c++, x += GS_F32_LANES)
                    for (int k = 0; k < own->scale[1]; k++, y += GS_F32_LANES)
                        memcpy(y, x, GS_VECTOR_BYTES);
            }
}

GS_DEFINE_METHOD(upsample) = {.name = "upsample",
                              .own_bytes = sizeof(repeat),
                              .applies = upsample_applies,
                              .prepare = prepare_upsample,
                              .place = place,
                              .run = run_upsample};
