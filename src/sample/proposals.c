/* How proposals are decided: gs_rejection explains why each algorithm gives the same distribution.
 *
 * The counter of a proposal's vector is (proposal, 0, position, GS_STREAM_PROPOSAL). The numbers for the decision are
 * on the stream GS_STREAM_DECISION: steps 2 a and 2 a + 1 hold the upper and the lower words of four uniform numbers,
 * of which the fourth of step 0 is u, and the others serve attempt a at a gamma variate. Kernels read only step 0,
 * whose upper bits settle nearly all proposals. */
#include "sample/proposals.h"

#include "base/math64.h"
#include "random/random.h"

#include <math.h>

/* Four uniform numbers in (0, 1) of 52 bits. */
static void draw_uniforms(const gs_target *t, uint64_t proposal, uint32_t attempt, double u[4]) {
    uint32_t counter[4], high[4], low[4];
    gs_random_counter(GS_STREAM_DECISION, proposal, 2 * attempt, 0, counter);
    gs_random_words(t->seed, counter, high);
    gs_random_counter(GS_STREAM_DECISION, proposal, 2 * attempt + 1, 0, counter);
    gs_random_words(t->seed, counter, low);
    for (int i = 0; i < 4; i++) {
        uint64_t bits = (uint64_t)high[i] << 32 | low[i];
        u[i] = ((double)(bits >> 12) + 0.5) * 0x1p-52;
    }
}

static bool norm_accepts(const gs_target *t, uint64_t proposal, double square) {
    double u[4];
    draw_uniforms(t, proposal, 0, u);
    return square * t->steepness <= -gs_log64(u[3]);
}

/* The bounds of |z|^2 above which a proposal is certain to be rejected. */
static void bound_squares(const gs_target *t, uint64_t first, int count, float *bound) {
    double scale = t->steepness > 0 ? 1.0001 / t->steepness : (double)INFINITY;
    gs_exponentials_args args = {.key = {(uint32_t)t->seed, (uint32_t)(t->seed >> 32)},
                                 .count = count,
                                 .scale = (float)fmax(scale, 1e-30),
                                 .out = bound};
    gs_random_counter(GS_STREAM_DECISION, first, 0, 0, args.counter);
    t->kernels->exponentials(&args);
}

static gs_norms_args norms_args(const gs_target *t, uint64_t first, int count, float *vector, float *square) {
    gs_norms_args args = {.key = {(uint32_t)t->seed, (uint32_t)(t->seed >> 32)},
                          .count = count,
                          .size = t->dim,
                          .out = vector,
                          .square = square};
    gs_random_counter(GS_STREAM_PROPOSAL, first, 0, 0, args.counter);
    return args;
}

static size_t decide_by_norm(const gs_target *t, uint64_t first, int count, bool stop, float *vector,
                             gs_accepted *accepted) {
    float bound[GS_PROPOSAL_BATCH], square[GS_PROPOSAL_BATCH];
    size_t n = 0;
    bound_squares(t, first, count, bound);
    gs_norms_args args = norms_args(t, first, count, vector, square);
    args.bound = stop ? bound : NULL;
    t->kernels->norms(&args);
    for (int i = 0; i < count; i++) {
        uint64_t proposal = first + (uint64_t)i;
        if (square[i] <= bound[i] && norm_accepts(t, proposal, (double)square[i]))
            accepted[n++] = (gs_accepted){.proposal = proposal, .square = (double)square[i]};
    }
    return n;
}

size_t gs_decide_plain(const gs_target *t, uint64_t first, int count, float *vector, gs_accepted *accepted) {
    return decide_by_norm(t, first, count, false, vector, accepted);
}

size_t gs_decide_early(const gs_target *t, uint64_t first, int count, float *vector, gs_accepted *accepted) {
    return decide_by_norm(t, first, count, true, vector, accepted);
}

/* Marsaglia & Tsang 2000, "A simple method for generating gamma variables": with d = D/2 - 1/3, c = 1/sqrt(9 d), x
 * normal and y = c x, d (1 + y)^3 is a gamma variate of shape D/2 if u < exp(x^2/2 + d - d v + d log v), v = (1 + y)^3
 * > 0. The exponent is 3 d (log(1 + y) - y + y^2/2 - y^3/3); its derivative with respect to y is -3 d y^3/(1 + y), so
 * it is never above 0, and the method is valid for every D >= 1. */
bool gs_radius_accepts(const gs_target *t, uint64_t proposal, double *square) {
    const double turn = 6.28318530717958647692, d = 0.5 * t->dim - 1.0 / 3, c = 1 / sqrt(9 * d);
    double u[4], exponential = 0;
    for (uint32_t attempt = 0;; attempt++) {
        draw_uniforms(t, proposal, attempt, u);
        if (attempt == 0)
            exponential = -gs_log64(u[3]);
        double y = c * sqrt(-2 * gs_log64(u[0])) * gs_cos64(turn * (u[1] - 0.5)), v = (1 + y) * (1 + y) * (1 + y);
        if (y > -1 && gs_log64(u[2]) <= 3 * d * (gs_log1p64(y) - y + y * y / 2 - y * y * y / 3)) {
            *square = 2 * d * v;
            return *square * t->steepness <= exponential;
        }
    }
}

size_t gs_decide_radius(const gs_target *t, uint64_t first, int count, float *vector, gs_accepted *accepted) {
    (void)vector;
    float verdict[GS_PROPOSAL_BATCH];
    const double d = 0.5 * t->dim - 1.0 / 3;
    gs_radii_args args = {.key = {(uint32_t)t->seed, (uint32_t)(t->seed >> 32)},
                          .count = count,
                          .c = (float)(1 / sqrt(9 * d)),
                          .d = (float)d,
                          .h = (float)fmin(2 * d * t->steepness, 1e30), /* a lower bound rejects less */
                          .out = verdict};
    size_t n = 0;
    gs_random_counter(GS_STREAM_DECISION, first, 0, 0, args.counter);
    t->kernels->radii(&args);
    for (int i = 0; i < count; i++) {
        gs_accepted a = {.proposal = first + (uint64_t)i};
        if (!(verdict[i] > 0) && gs_radius_accepts(t, a.proposal, &a.square))
            accepted[n++] = a;
    }
    return n;
}

static void place(const gs_target *t, double scale, const float *z, float *out) {
    float s = (float)scale;
    for (int i = 0; i < t->dim; i++)
        out[i] = (t->mu ? t->mu[i] : 0) + s * z[i];
}

void gs_draw_vector(const gs_target *t, const gs_accepted *accepted, float *vector, float *out) {
    float square;
    gs_norms_args args = norms_args(t, accepted->proposal, 1, vector, &square);
    t->kernels->norms(&args);
    place(t, t->wide, vector, out);
}

/* A vector of zeros has no direction; the next step's vector is used instead. */
void gs_draw_direction(const gs_target *t, const gs_accepted *accepted, float *vector, float *out) {
    float square;
    gs_norms_args args = norms_args(t, accepted->proposal, 1, vector, &square);
    do
        t->kernels->norms(&args);
    while (square == 0 && ++args.counter[1]);
    place(t, t->wide * sqrt(accepted->square / (double)square), vector, out);
}
