#include "measure/trace.h"

#include <math.h>

#include "kernels.h"
#include "random/random.h"

enum { EXACT_MOST = 16, PROBES = 2, PROBES_MAX = 1000, RUN = 64 };

/* Half the distance of a difference, in units of the noise level: its error is of the order of the square of that, and
 * rounding adds 1e-7 over it. */
static const double reach = 0.01;

gs_status gs_tracer_create(gs_tracer *t, gs_flow *flow, size_t n, gs_error *error) {
    const gs_flow_options *o = flow->options;
    *t = (gs_tracer){.flow = flow, .probes = o->probes ? o->probes : PROBES, .seed = o->seed};
    if (o->trace < GS_TRACE_DEFAULT || o->trace > GS_TRACE_EXACT)
        return gs_fail(error, GS_ERROR_ARGUMENT, "trace %d: expected a gs_trace_method", (int)o->trace);
    if (t->probes < 1 || t->probes > PROBES_MAX)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%d probes: expected 1 ... %d", t->probes, PROBES_MAX);
    bool few = o->trace == GS_TRACE_DEFAULT && !o->probes && flow->pixels <= EXACT_MOST;
    t->normal = o->trace == GS_TRACE_NORMAL;
    t->by_reverse = flow->plan->gradient && flow->plan->model->info.kind != GS_KIND_ENERGY;
    t->exact = o->trace == GS_TRACE_EXACT || few;
    if (t->exact)
        t->probes = (int)flow->pixels;
    size_t size = (n < GS_FLOW_BATCH ? n : GS_FLOW_BATCH) * flow->pixels + RUN;
    t->direction = gs_alloc(size, sizeof *t->direction);
    t->product = gs_alloc(size, sizeof *t->product);
    t->ahead = gs_alloc(size, sizeof *t->ahead);
    t->behind = gs_alloc(size, sizeof *t->behind);
    bool ready = t->direction && t->product && t->ahead && t->behind;
    return ready ? GS_OK : gs_fail_memory(error, "the traces");
}

void gs_tracer_free(gs_tracer *t) {
    gs_free(t->direction);
    gs_free(t->product);
    gs_free(t->ahead);
    gs_free(t->behind);
    *t = (gs_tracer){0};
}

double gs_tracer_evaluations(const gs_tracer *t) {
    return (t->by_reverse ? 3.0 : 2.0) * t->probes;
}

/* ---- Directions ---- */

/* Signs, one bit each. */
static void draw_signs(const gs_tracer *t, uint64_t number, uint32_t step, float *v) {
    for (size_t at = 0; at < t->flow->pixels; at += 128) {
        uint32_t counter[4], word[4];
        gs_random_counter(GS_STREAM_PROBE, number, step, (uint32_t)(at / 4), counter);
        gs_random_words(t->seed, counter, word);
        for (size_t i = 0; i < 128 && at + i < t->flow->pixels; i++)
            v[at + i] = word[i / 32] >> (i % 32) & 1 ? 1.0F : -1.0F;
    }
}

static void draw_normals(const gs_tracer *t, uint64_t number, uint32_t step, float *v) {
    for (size_t at = 0; at < t->flow->pixels; at += RUN) {
        float run[RUN];
        gs_normals_args args = {.key = {(uint32_t)t->seed, (uint32_t)(t->seed >> 32)}, .count = 1, .out = run};
        gs_random_counter(GS_STREAM_PROBE, number, step, (uint32_t)(at / 4), args.counter);
        t->flow->plan->kernels->normals(&args);
        for (size_t i = 0; i < RUN && at + i < t->flow->pixels; i++)
            v[at + i] = run[i];
    }
}

static void choose_direction(const gs_tracer *t, uint64_t number, uint32_t node, int probe, float *v) {
    uint32_t step = node * (uint32_t)PROBES_MAX + (uint32_t)probe;
    for (size_t i = 0; t->exact && i < t->flow->pixels; i++)
        v[i] = i == (size_t)probe ? 1.0F : 0.0F;
    if (!t->exact)
        (t->normal ? draw_normals : draw_signs)(t, number, step, v);
}

/* ---- Products ---- */

static double dot(const float *a, const float *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* product = (dD/dx) v = v - sigma^2 (d(-s)/dx) v by a central difference of scores. */
static gs_status take_difference(gs_tracer *t, const float *x, double sigma, const int *labels, size_t n,
                                 gs_error *error) {
    gs_flow *f = t->flow;
    size_t count = n * f->pixels;
    float h = (float)(reach * sigma), factor = (float)(sigma / (2 * reach));
    for (size_t i = 0; i < count; i++)
        t->product[i] = fmaf(h, t->direction[i], x[i]);
    gs_status status = gs_score_gradient(f->plan, t->product, sigma, labels, n, NULL, t->ahead, error);
    for (size_t i = 0; i < count; i++)
        t->product[i] = fmaf(-h, t->direction[i], x[i]);
    if (!status)
        status = gs_score_gradient(f->plan, t->product, sigma, labels, n, NULL, t->behind, error);
    for (size_t i = 0; i < count && !status; i++)
        t->product[i] = fmaf(-factor, t->ahead[i] - t->behind[i], t->direction[i]);
    return status;
}

/* product = v^T dD/dx by reverse mode, D being F of a denoiser, x + sigma^2 F of a score and x - sigma F of a noise
 * network. */
static gs_status differentiate(gs_tracer *t, const float *x, double sigma, const int *labels, size_t n,
                               gs_error *error) {
    gs_kind kind = t->flow->plan->model->info.kind;
    gs_status status = gs_plan_product(t->flow->plan, x, t->direction, sigma, labels, n, NULL, t->product, error);
    float factor = kind == GS_KIND_SCORE ? (float)(sigma * sigma) : (float)-sigma;
    for (size_t i = 0; i < n * t->flow->pixels && kind != GS_KIND_DENOISER && !status; i++)
        t->product[i] = fmaf(factor, t->product[i], t->direction[i]);
    return status;
}

gs_status gs_tracer_measure(gs_tracer *t, const float *x, double sigma, const int *labels, const uint64_t *number,
                            uint32_t node, size_t n, double *trace, double *variance, gs_error *error) {
    gs_status status = GS_OK;
    size_t d = t->flow->pixels;
    for (size_t k = 0; k < n; k++)
        trace[k] = variance[k] = 0;
    for (int p = 0; p < t->probes && !status; p++) {
        for (size_t k = 0; k < n; k++)
            choose_direction(t, number[k], node, p, t->direction + k * d);
        status = (t->by_reverse ? differentiate : take_difference)(t, x, sigma, labels, n, error);
        if (!status)
            status = gs_flow_count(t->flow, (t->by_reverse ? 3 : 2) * n, error);
        for (size_t k = 0; k < n && !status; k++) {
            double q = dot(t->direction + k * d, t->product + k * d, d), mean = trace[k];
            trace[k] = t->exact ? trace[k] + q : mean + (q - mean) / (p + 1);
            variance[k] += t->exact ? 0 : (q - mean) * (q - trace[k]); /* Welford 1962 */
        }
    }
    for (size_t k = 0; k < n && !t->exact && !status; k++)
        variance[k] = t->probes > 1 ? variance[k] / (t->probes - 1.0) / t->probes : (double)NAN;
    return status;
}
