/* Layer normalisation over channels, with the condition's scale and shift that follow it. */
#include "engine/method/activation.h"

typedef struct layer {
    float eps;
    const float *gamma, *beta; /* by channel, or NULL */
    gs_view in, out;
    int channels;
} layer;

static bool applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    return node->op == GS_OP_LAYER_NORM && node->attributes.over == GS_OVER_CHANNELS;
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    const gs_node *node = &b->model->node[n];
    int v;
    gs_step *s = gs_film_add_step(b, method, n, &v);
    if (!s)
        return false;
    *(layer *)s->own = (layer){.eps = (float)node->attributes.eps,
                               .gamma = node->weight ? node->weight->data : NULL,
                               .beta = node->bias ? node->bias->data : NULL,
                               .channels = node->shape.d[0]};
    gs_builder_set_value(b, v, s->out);
    return true;
}

/* Rows that follow each other are one, so that the kernel has as many pixels at a time as it likes. */
static void join_rows(gs_view *view) {
    view->columns *= view->rows;
    view->rows = 1;
}

static gs_status place(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    layer *own = step->own;
    own->in = gs_view_of_source(plan, step, 0);
    own->out = gs_view_of(plan, step->out);
    ptrdiff_t row = (ptrdiff_t)own->in.columns * GS_F32_LANES;
    if (own->in.row == row && own->out.row == row) {
        join_rows(&own->in);
        join_rows(&own->out);
    }
    return GS_OK;
}

static gs_cost cost(const gs_plan *plan, const gs_step *step) {
    return (gs_cost){.room_bytes = (size_t)plan->buffer[step->out].planes * GS_VECTOR_BYTES * 2};
}

/* xhat gamma + beta, times the condition's scale, plus its shift. */
static void fill(const layer *own, const float *film_scale, const float *film_shift, float *scale, float *shift) {
    for (int c = 0; c < own->channels; c++) {
        double by = film_scale ? (double)film_scale[c] : 1.0, to = own->beta ? (double)own->beta[c] : 0.0;
        scale[c] = (float)(by * (own->gamma ? (double)own->gamma[c] : 1.0));
        shift[c] = (float)(to * by + (film_shift ? (double)film_shift[c] : 0.0));
    }
}

static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const layer *own = step->own;
    int lanes = own->in.planes * GS_F32_LANES;
    float *scale = worker->room, *shift = scale + lanes;
    for (int l = own->channels; l < lanes; l++)
        scale[l] = shift[l] = 0;
    for (int i = i0; i < i1; i++) {
        fill(own, gs_film_at(step, worker, 1, i, 0), gs_film_at(step, worker, 2, i, 0), scale, shift);
        worker->plan->kernels->layer_norm(&(gs_layer_norm_args){.x = gs_view_at(&own->in, worker, i, 0),
                                                                .x_plane = own->in.plane,
                                                                .x_row = own->in.row,
                                                                .scale = scale,
                                                                .shift = shift,
                                                                .y = gs_view_at(&own->out, worker, i, 0),
                                                                .y_plane = own->out.plane,
                                                                .y_row = own->out.row,
                                                                .rows = own->in.rows,
                                                                .columns = own->in.columns,
                                                                .channels = own->channels,
                                                                .eps = own->eps});
    }
}

GS_DEFINE_METHOD(layer) = {.name = "layer norm",
                           .own_bytes = sizeof(layer),
                           .applies = applies,
                           .prepare = prepare,
                           .place = place,
                           .run = run,
                           .cost = cost};
