/* Group, instance and layer normalisation with what follows it: the condition's scale and shift, and an activation. */
#include "engine/plan.h"

#include <math.h>

/* Mean and 1 / sqrt(variance + eps) of one group, from its channels' sums, each taken about the channel's first value:
 * Chan, Golub & LeVeque 1983, equation 2.1, in float64. `n`: positions. */
static void group_moments(const float *first, const float *sum, const float *square, int channels, double n, double eps,
                          double *mean, double *scale) {
    double total = 0, spread = 0;
    for (int c = 0; c < channels; c++)
        total += (double)first[c] + (double)sum[c] / n;
    *mean = total / channels;
    for (int c = 0; c < channels; c++) {
        double own = (double)first[c] + (double)sum[c] / n - *mean;
        spread += (double)square[c] - (double)sum[c] * (double)sum[c] / n + n * own * own;
    }
    double variance = spread > 0 ? spread / (n * channels) : spread * 0;
    *scale = 1 / sqrt(variance + eps);
}

/* Each channel's factor and offset: ((x - mean) scale gamma + beta) film_scale + film_shift. */
static void fill_affine(const gs_step *step, double mean, double scale, int c0, int c1, const float *film_scale,
                        const float *film_shift, float *factor, float *offset) {
    for (int c = c0; c < c1; c++) {
        double f = scale * (step->gamma ? (double)step->gamma[c] : 1.0);
        double o = (step->beta ? (double)step->beta[c] : 0.0) - mean * f;
        double s = film_scale ? (double)film_scale[c] : 1.0;
        factor[c] = (float)(f * s);
        offset[c] = (float)(o * s + (film_shift ? (double)film_shift[c] : 0.0));
    }
}

static const float *film(const gs_step *step, const gs_worker *worker, int k, int image) {
    return step->source[k].kind == GS_SOURCE_CONDITION ? worker->condition[image] + step->source[k].offset : NULL;
}

/* Each array has one vector per plane. */
static void plane_moments(const gs_worker *worker, const gs_buffer *in, const float *x, float *first, float *sum,
                          float *square) {
    for (int p = 0; p < gs_planes(in->shape); p++) {
        gs_moments_args args = {.x = x + p * in->plane,
                                .row = in->row,
                                .rows = in->shape.d[1],
                                .columns = in->shape.d[2],
                                .first = first + 16 * p,
                                .sum = sum + 16 * p,
                                .square = square + 16 * p};
        worker->plan->kernels->moments(&args);
    }
}

static void norm_image(const gs_step *step, gs_worker *worker, int image) {
    const gs_plan *plan = worker->plan;
    const gs_buffer *in = &plan->buffer[step->source[0].index], *out = &plan->buffer[step->out];
    const float *x = gs_buffer_at(worker, step->source[0].index, image);
    float *y = gs_buffer_at(worker, step->out, image);
    int channels = in->shape.d[0], planes = gs_planes(in->shape), each = channels / step->groups;
    int height = in->shape.d[1], width = in->shape.d[2];
    float *first = worker->tiles, *sum = first + planes * 16, *square = sum + planes * 16;
    float *factor = square + planes * 16, *offset = factor + planes * 16;
    plane_moments(worker, in, x, first, sum, square);
    for (int g = 0; g < step->groups; g++) {
        double mean, scale;
        int c0 = g * each;
        group_moments(first + c0, sum + c0, square + c0, each, (double)height * width, step->eps, &mean, &scale);
        fill_affine(step, mean, scale, c0, c0 + each, film(step, worker, 1, image), film(step, worker, 2, image),
                    factor, offset);
    }
    for (int p = 0; p < planes; p++) {
        gs_affine_args args = {.x = x + p * in->plane,
                               .x_row = in->row,
                               .scale = factor + 16 * p,
                               .shift = offset + 16 * p,
                               .y = y + p * out->plane,
                               .y_row = out->row,
                               .rows = height,
                               .columns = width,
                               .activation = step->activation,
                               .parameter = step->parameter};
        gs_affine_call(step, worker, image, p, &args);
    }
}

void gs_norm_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    for (int i = i0; i < i1; i++)
        norm_image(step, worker, i);
}

/* ---- The adjoint ---- */

/* Memory for one image: each array has one vector per plane. */
typedef struct adjoint_room {
    float *first, *sum, *square;     /* results of moments */
    float *center, *total, *product; /* results of products */
    float *a, *b, *c;                /* arguments of blend */
} adjoint_room;

static adjoint_room take_room(float *free_space, int planes) {
    float *v[9];
    for (int i = 0; i < 9; i++)
        v[i] = free_space + i * planes * 16;
    return (adjoint_room){v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8]};
}

/* With s = 1 / sqrt(variance + eps), xhat = (x - mean) s and g = gamma dy over the n elements of a group,
 *     dx = s (g - mean(g) - xhat mean(g xhat)) = gamma s dy - s^2 m2 x + s (s m2 mean - m1).
 * For the products the mean is rounded to float, as x is in what follows. */
static void fill_blend(const gs_step *step, const adjoint_room *r, int c0, int c1, double n, double mean,
                       double scale) {
    double m1 = 0, m2 = 0;
    for (int c = c0; c < c1; c++) {
        double gamma = step->gamma ? (double)step->gamma[c] : 1;
        m1 += gamma * (double)r->total[c];
        m2 += gamma * (double)r->product[c];
    }
    m1 /= n;
    m2 *= scale / n;
    for (int c = c0; c < c1; c++) {
        r->a[c] = (float)(-scale * scale * m2);
        r->b[c] = (float)(scale * (step->gamma ? (double)step->gamma[c] : 1));
        r->c[c] = (float)(scale * (scale * m2 * mean - m1));
    }
}

/* Sums over the planes of dy and x, which `products` computes about the groups' means. */
static void adjoint_sums(const gs_worker *worker, const gs_buffer *g, const gs_buffer *in, const float *dy,
                         const float *x, const adjoint_room *r) {
    for (int p = 0; p < gs_planes(in->shape); p++) {
        gs_products_args args = {.x = x + p * in->plane,
                                 .g = dy + p * g->plane,
                                 .x_row = in->row,
                                 .g_row = g->row,
                                 .center = r->center + 16 * p,
                                 .rows = in->shape.d[1],
                                 .columns = in->shape.d[2],
                                 .sum = r->total + 16 * p,
                                 .product = r->product + 16 * p};
        worker->plan->kernels->products(&args);
    }
}

static void norm_adjoint_image(const gs_step *step, gs_worker *worker, int image) {
    const gs_plan *plan = worker->plan;
    const gs_buffer *g = &plan->buffer[step->source[0].index], *in = &plan->buffer[step->source[1].index];
    const gs_buffer *out = &plan->buffer[step->out];
    const float *dy = gs_buffer_at(worker, step->source[0].index, image);
    const float *x = gs_buffer_at(worker, step->source[1].index, image);
    float *y = gs_buffer_at(worker, step->out, image);
    int planes = gs_planes(in->shape), each = in->shape.d[0] / step->groups;
    double n = (double)in->shape.d[1] * in->shape.d[2], scale = 0, mean = 0;
    adjoint_room r = take_room(worker->tiles, planes);
    plane_moments(worker, in, x, r.first, r.sum, r.square);
    for (int c = 0; c < in->shape.d[0]; c++) {
        if (c % each == 0)
            group_moments(r.first + c, r.sum + c, r.square + c, each, n, step->eps, &mean, &scale);
        r.center[c] = (float)mean;
    }
    adjoint_sums(worker, g, in, dy, x, &r);
    for (int c = 0; c < in->shape.d[0]; c += each) {
        group_moments(r.first + c, r.sum + c, r.square + c, each, n, step->eps, &mean, &scale);
        fill_blend(step, &r, c, c + each, n * each, mean, scale);
    }
    for (int p = 0; p < planes; p++) {
        gs_blend_args args = {.x = x + p * in->plane,
                              .g = dy + p * g->plane,
                              .x_row = in->row,
                              .g_row = g->row,
                              .a = r.a + 16 * p,
                              .b = r.b + 16 * p,
                              .c = r.c + 16 * p,
                              .y = y + p * out->plane,
                              .y_row = out->row,
                              .rows = in->shape.d[1],
                              .columns = in->shape.d[2]};
        plan->kernels->blend(&args);
    }
}

void gs_norm_adjoint_run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    for (int i = i0; i < i1; i++)
        norm_adjoint_image(step, worker, i);
}
