/* Group, instance and layer normalisation with what follows it: the condition's scale and shift, and an activation. */
#include "engine/plan.h"

#include <math.h>

/* Mean and 1 / sqrt(variance + eps) of one group, from its channels' sums about their own first values: Chan, Golub &
 * LeVeque 1983, equation 2.1, in float64. `n`: positions. */
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

static void norm_image(const gs_step *step, gs_worker *worker, int image) {
    const gs_plan *plan = worker->plan;
    const gs_buffer *in = &plan->buffer[step->source[0].index], *out = &plan->buffer[step->out];
    const float *x = gs_buffer_at(worker, step->source[0].index, image);
    float *y = gs_buffer_at(worker, step->out, image);
    int channels = in->shape.d[0], planes = gs_planes(in->shape), each = channels / step->groups;
    int height = in->shape.d[1], width = in->shape.d[2];
    float *first = worker->tiles, *sum = first + planes * 16, *square = sum + planes * 16;
    float *factor = square + planes * 16, *offset = factor + planes * 16;
    for (int p = 0; p < planes; p++) {
        gs_moments_args args = {.x = x + p * in->plane,
                                .row = in->row,
                                .rows = height,
                                .columns = width,
                                .first = first + 16 * p,
                                .sum = sum + 16 * p,
                                .square = square + 16 * p};
        plan->kernels->moments(&args);
    }
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
