/* Group, instance and layer normalisation with what follows it: the condition's scale and shift, and an activation. */
#include <math.h>

#include "engine/method/activation.h"
#include "engine/method/stored.h"

typedef struct norm {
    int groups, each; /* groups, and channels of one */
    double eps;
    const float *gamma, *beta; /* by channel, or NULL */
    gs_applied applied;
    gs_view in, out;
    gs_view dy; /* the adjoint's */
} norm;

/* ---- Planning ---- */

/* Whether a norm scales and shifts by channel, over groups of whole channels; the reference computes the others. */
static bool is_by_channel(const gs_node *node) {
    bool is_norm = node->op == GS_OP_GROUP_NORM || node->op == GS_OP_INSTANCE_NORM || node->op == GS_OP_LAYER_NORM;
    size_t channels = (size_t)node->shape.d[0];
    return is_norm && (!node->weight || node->weight->size == channels) &&
           (!node->bias || node->bias->size == channels) &&
           (node->op != GS_OP_LAYER_NORM || node->attributes.over == GS_OVER_ALL);
}

static int groups_of(const gs_node *node) {
    return node->op == GS_OP_LAYER_NORM      ? 1
           : node->op == GS_OP_INSTANCE_NORM ? node->shape.d[0]
                                             : node->attributes.groups;
}

static void set_norm(gs_step *step, const gs_node *node) {
    norm *own = step->own;
    own->groups = groups_of(node);
    own->each = node->shape.d[0] / own->groups;
    own->eps = node->attributes.eps;
    own->gamma = node->weight ? node->weight->data : NULL;
    own->beta = node->bias ? node->bias->data : NULL;
}

static gs_status place(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    norm *own = step->own;
    own->in = gs_view_of_source(plan, step, 0);
    own->out = gs_view_of(plan, step->out);
    gs_activation_place(plan, step, &own->applied);
    return GS_OK;
}

/* Scratch memory of `arrays` arrays that have one vector per plane. */
static gs_cost cost_of(const gs_plan *plan, const gs_step *step, size_t arrays) {
    return (gs_cost){.room_bytes = (size_t)plan->buffer[step->out].planes * GS_VECTOR_BYTES * arrays};
}

/* ---- Moments ---- */

/* Mean and 1 / sqrt(variance + eps) of one group, from its channels' sums, each taken about the channel's first value:
 * Chan, Golub & LeVeque 1983, equation 2.1, in float64. `n`: positions. Of the loops, only the chains of additions are
 * not independent, and divisions are few, for on 7 x 7 positions this takes as long as the sums themselves. */
static void group_moments(const float *first, const float *sum, const float *square, int channels, double n, double eps,
                          double *mean, double *scale) {
    double total = 0, spread = 0, within = 0, one = 1 / n;
    for (int c = 0; c < channels; c++)
        total += (double)first[c] + (double)sum[c] * one;
    *mean = total / channels;
    for (int c = 0; c < channels; c++) {
        double about = (double)sum[c] * one, own = (double)first[c] + about - *mean;
        within += (double)square[c] - (double)sum[c] * about;
        spread += own * own;
    }
    spread = within + n * spread;
    double variance = spread > 0 ? spread / (n * channels) : spread * 0;
    *scale = 1 / sqrt(variance + eps);
}

/* Each array has one vector per plane. */
static void plane_moments(const gs_worker *worker, const gs_view *in, int image, float *first, float *sum,
                          float *square) {
    for (int p = 0; p < in->planes; p++) {
        gs_moments_args args = {.x = gs_view_at(in, worker, image, p),
                                .row = in->row,
                                .rows = in->rows,
                                .columns = in->columns,
                                .first = first + GS_F32_LANES * p,
                                .sum = sum + GS_F32_LANES * p,
                                .square = square + GS_F32_LANES * p};
        worker->plan->kernels->moments(&args);
    }
}

/* ---- The norm ---- */

static bool applies(const gs_builder *b, int n) {
    return is_by_channel(&b->model->node[n]);
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    int v;
    gs_step *s = gs_film_add_step(b, method, n, &v);
    if (!s)
        return false;
    norm *own = s->own;
    set_norm(s, &b->model->node[n]);
    bool ok = gs_activation_absorb(b, s, &own->applied, &v);
    gs_builder_set_value(b, v, s->out);
    return ok;
}

/* Behind the arrays there is room for the floats of a plane whose buffer holds another type. */
enum { NORM_ARRAYS = 5 };

static gs_cost cost(const gs_plan *plan, const gs_step *step) {
    gs_cost c = cost_of(plan, step, NORM_ARRAYS);
    const gs_buffer *out = &plan->buffer[step->out];
    if (out->type)
        c.room_bytes += (size_t)out->shape.d[1] * (size_t)out->shape.d[2] * GS_VECTOR_BYTES;
    return c;
}

/* Each channel's factor and offset: ((x - mean) scale gamma + beta) film_scale + film_shift. */
static void fill_affine(const norm *own, double mean, double scale, int c0, int c1, const float *film_scale,
                        const float *film_shift, float *factor, float *offset) {
    for (int c = c0; c < c1; c++) {
        double f = scale * (own->gamma ? (double)own->gamma[c] : 1.0);
        double o = (own->beta ? (double)own->beta[c] : 0.0) - mean * f;
        double s = film_scale ? (double)film_scale[c] : 1.0;
        factor[c] = (float)(f * s);
        offset[c] = (float)(o * s + (film_shift ? (double)film_shift[c] : 0.0));
    }
}

/* Normalise one plane, into the buffer or, where that holds another type, into floats that are stored there. */
static void run_plane(const gs_step *step, gs_worker *worker, int image, int p, const float *factor,
                      const float *offset, float *floats) {
    const norm *own = step->own;
    const gs_buffer *out = &worker->plan->buffer[step->out];
    gs_affine_args args = {.x = gs_view_at(&own->in, worker, image, p),
                           .x_row = own->in.row,
                           .scale = factor + GS_F32_LANES * p,
                           .shift = offset + GS_F32_LANES * p,
                           .y = out->type ? floats : gs_view_at(&own->out, worker, image, p),
                           .y_row = out->type ? own->in.columns * GS_F32_LANES : own->out.row,
                           .rows = own->in.rows,
                           .columns = own->in.columns};
    gs_activation_run(&own->applied, worker, image, p, &args);
    if (out->type)
        gs_store_typed(out, gs_band_of(worker, image), p, floats, args.y_row,
                       gs_pixel_at(worker, step->out, image, 0, 0) + p * out->plane, out->row, args.rows, args.columns);
}

static void run_image(const gs_step *step, gs_worker *worker, int image) {
    const norm *own = step->own;
    int planes = own->in.planes, lanes = planes * GS_F32_LANES;
    double positions = (double)own->in.rows * own->in.columns;
    float *first = worker->room, *sum = first + lanes, *square = sum + lanes;
    float *factor = square + lanes, *offset = factor + lanes;
    plane_moments(worker, &own->in, image, first, sum, square);
    for (int g = 0; g < own->groups; g++) {
        double mean, scale;
        int c0 = g * own->each;
        group_moments(first + c0, sum + c0, square + c0, own->each, positions, own->eps, &mean, &scale);
        fill_affine(own, mean, scale, c0, c0 + own->each, gs_film_at(step, worker, 1, image, 0),
                    gs_film_at(step, worker, 2, image, 0), factor, offset);
    }
    for (int p = 0; p < planes; p++)
        run_plane(step, worker, image, p, factor, offset, offset + lanes);
}

static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    for (int i = i0; i < i1; i++)
        run_image(step, worker, i);
}

GS_DEFINE_METHOD(norm) = {.name = "norm",
                          .own_bytes = sizeof(norm),
                          .applies = applies,
                          .prepare = prepare,
                          .place = place,
                          .run = run,
                          .stores = true,
                          .cost = cost};

/* ---- The adjoint ---- */

static bool adjoint_applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    return node->op == GS_OP_NORM_ADJOINT && is_by_channel(&b->model->node[node->attributes.of]);
}

static bool prepare_adjoint(gs_builder *b, const gs_method *method, int n) {
    gs_step *s = gs_builder_add_simple(b, method, n, GS_BLOCKED);
    if (s)
        set_norm(s, &b->model->node[b->model->node[n].attributes.of]);
    return s != NULL;
}

static gs_status place_adjoint(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    norm *own = step->own;
    own->dy = gs_view_of_source(plan, step, 0);
    own->in = gs_view_of_source(plan, step, 1);
    own->out = gs_view_of(plan, step->out);
    return GS_OK;
}

/* Memory for one image: each array has one vector per plane. */
typedef struct adjoint_room {
    float *first, *sum, *square;     /* results of moments */
    float *center, *total, *product; /* results of products */
    float *a, *b, *c;                /* arguments of blend */
} adjoint_room;
enum { ARRAYS = 9 };

static gs_cost adjoint_cost(const gs_plan *plan, const gs_step *step) {
    return cost_of(plan, step, ARRAYS);
}

static adjoint_room take_room(float *free_space, int planes) {
    float *v[ARRAYS];
    for (int i = 0; i < ARRAYS; i++)
        v[i] = free_space + i * planes * GS_F32_LANES;
    return (adjoint_room){v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8]};
}

/* With s = 1 / sqrt(variance + eps), xhat = (x - mean) s and g = gamma dy over the n elements of a group,
 *     dx = s (g - mean(g) - xhat mean(g xhat)) = gamma s dy - s^2 m2 x + s (s m2 mean - m1).
 * For the products the mean is rounded to float, as x is in what follows. */
static void fill_blend(const norm *own, const adjoint_room *r, int c0, int c1, double n, double mean, double scale) {
    double m1 = 0, m2 = 0;
    for (int c = c0; c < c1; c++) {
        double gamma = own->gamma ? (double)own->gamma[c] : 1;
        m1 += gamma * (double)r->total[c];
        m2 += gamma * (double)r->product[c];
    }
    m1 /= n;
    m2 *= scale / n;
    for (int c = c0; c < c1; c++) {
        r->a[c] = (float)(-scale * scale * m2);
        r->b[c] = (float)(scale * (own->gamma ? (double)own->gamma[c] : 1));
        r->c[c] = (float)(scale * (scale * m2 * mean - m1));
    }
}

/* Sums over the planes of dy and x, which `products` computes about the groups' means. */
static void adjoint_sums(const norm *own, const gs_worker *worker, int image, const adjoint_room *r) {
    for (int p = 0; p < own->in.planes; p++) {
        gs_products_args args = {.x = gs_view_at(&own->in, worker, image, p),
                                 .g = gs_view_at(&own->dy, worker, image, p),
                                 .x_row = own->in.row,
                                 .g_row = own->dy.row,
                                 .center = r->center + GS_F32_LANES * p,
                                 .rows = own->in.rows,
                                 .columns = own->in.columns,
                                 .sum = r->total + GS_F32_LANES * p,
                                 .product = r->product + GS_F32_LANES * p};
        worker->plan->kernels->products(&args);
    }
}

static void blend(const norm *own, const gs_worker *worker, int image, const adjoint_room *r) {
    for (int p = 0; p < own->in.planes; p++) {
        gs_blend_args args = {.x = gs_view_at(&own->in, worker, image, p),
                              .g = gs_view_at(&own->dy, worker, image, p),
                              .x_row = own->in.row,
                              .g_row = own->dy.row,
                              .a = r->a + GS_F32_LANES * p,
                              .b = r->b + GS_F32_LANES * p,
                              .c = r->c + GS_F32_LANES * p,
                              .y = gs_view_at(&own->out, worker, image, p),
                              .y_row = own->out.row,
                              .rows = own->in.rows,
                              .columns = own->in.columns};
        worker->plan->kernels->blend(&args);
    }
}

static void run_adjoint_image(const norm *own, gs_worker *worker, int image) {
    int channels = own->each * own->groups, each = own->each;
    double n = (double)own->in.rows * own->in.columns, scale = 0, mean = 0;
    adjoint_room r = take_room(worker->room, own->in.planes);
    plane_moments(worker, &own->in, image, r.first, r.sum, r.square);
    for (int c = 0; c < channels; c++) {
        if (c % each == 0)
            group_moments(r.first + c, r.sum + c, r.square + c, each, n, own->eps, &mean, &scale);
        r.center[c] = (float)mean;
    }
    adjoint_sums(own, worker, image, &r);
    for (int c = 0; c < channels; c += each) {
        group_moments(r.first + c, r.sum + c, r.square + c, each, n, own->eps, &mean, &scale);
        fill_blend(own, &r, c, c + each, n * each, mean, scale);
    }
    blend(own, worker, image, &r);
}

static void run_adjoint(const gs_step *step, gs_worker *worker, int i0, int i1) {
    for (int i = i0; i < i1; i++)
        run_adjoint_image(step->own, worker, i);
}

GS_DEFINE_METHOD(norm_adjoint) = {.name = "norm",
                                  .own_bytes = sizeof(norm),
                                  .applies = adjoint_applies,
                                  .prepare = prepare_adjoint,
                                  .place = place_adjoint,
                                  .run = run_adjoint,
                                  .cost = adjoint_cost};
