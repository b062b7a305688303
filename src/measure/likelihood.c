/* The likelihood of images by the instantaneous change of variables along the probability-flow ODE (Chen et al. 2018;
 * Grathwohl et al. 2019; Song et al. 2021, equation 39). With u = log sigma the flow's divergence is d - tr dD/dx, so
 *
 *     log p(x) = log N(x'; 0, sigma_high^2 I) + integral of (d - tr dD/dx) du from low to high,
 *
 * x' being where the flow takes x. The trace is smooth in u at both ends, where it is d or 0, so that Simpson's rule
 * over the states after whole steps is as accurate as these. As states do not depend on the directions of the trace,
 * each level has directions of its own: the errors of all levels average out, where directions that stay the same, as
 * an adaptive solver needs them, would add up. */
#include <math.h>
#include <string.h>

#include "base/floats.h"
#include "base/math64.h"
#include "measure/trace.h"
#include "random/random.h"

enum { DOUBLINGS = 7, LEVELS_MAX = 65536 };
#define LOG_2PI 1.8378770664093454836

typedef struct measuring {
    gs_flow flow;
    gs_tracer tracer;
    const float *images;
    gs_likelihood *result;
    float *x;              /* (batch, pixels) */
    uint64_t *number;      /* (batch) which images these are */
    int *labels;           /* (batch), or unused */
    double *trace, *noise; /* (batch) at one level */
    double *sum, *squares; /* (batch): the integral so far, and its variance */
} measuring;

/* ---- One batch ---- */

/* A pixel in lo ... hi that is one of `levels` equal steps becomes uniform in that one's share of the range. */
static void dequantise(const measuring *m, uint64_t number, float *x) {
    const float *range = m->flow.plan->model->info.range;
    double levels = m->flow.options->dequantize, width = (double)range[1] - (double)range[0];
    uint32_t counter[4], word[4];
    for (size_t i = 0; i < m->flow.pixels; i++) {
        if (i % 4 == 0) {
            gs_random_counter(GS_STREAM_PROBE, number, UINT32_MAX, (uint32_t)(i / 4), counter);
            gs_random_words(m->flow.options->seed, counter, word);
        }
        double step = floor(((double)x[i] - (double)range[0]) / width * (levels - 1) + 0.5);
        step = fmin(fmax(step, 0), levels - 1);
        x[i] = (float)((double)range[0] + width * (step + gs_random_unit(word[i % 4])) / levels);
    }
}

static void take_images(measuring *m, size_t n) {
    size_t d = m->flow.pixels;
    for (size_t k = 0; k < n; k++) {
        memcpy(m->x + k * d, m->images + m->number[k] * d, d * sizeof *m->x);
        if (m->flow.options->labels)
            m->labels[k] = m->flow.options->labels[m->number[k]];
        if (m->flow.options->dequantize)
            dequantise(m, m->number[k], m->x + k * d);
        m->sum[k] = m->squares[k] = 0;
    }
}

/* The weight of state i in Simpson's rule, in units of the distance in u; `steps` is even. */
static double simpson(int i, int steps) {
    return i == 0 || i == steps ? 1.0 / 3 : i % 2 ? 4.0 / 3 : 2.0 / 3;
}

static double log_normal(const float *x, size_t d, double sigma) {
    double sum = 0;
    for (size_t i = 0; i < d; i++)
        sum += (double)x[i] * (double)x[i];
    return -sum / (2 * sigma * sigma) - (double)d * (LOG_2PI / 2 + gs_log64(sigma));
}

/* Directions of a level are those of all finer divisions that have it. */
static gs_status follow(measuring *m, size_t n, int steps, int doublings, gs_error *error) {
    gs_flow *f = &m->flow;
    const int *labels = f->options->labels ? m->labels : NULL;
    double distance = gs_log64(f->high / f->low) / steps;
    gs_status status = GS_OK;
    for (int i = 0; i <= steps && !status; i++) {
        double sigma = gs_flow_sigma(f, i, steps), weight = distance * simpson(i, steps);
        uint32_t node = (uint32_t)i << (DOUBLINGS - doublings);
        status = gs_tracer_measure(&m->tracer, m->x, sigma, labels, m->number, node, n, m->trace, m->noise, error);
        for (size_t k = 0; k < n && !status; k++) {
            m->sum[k] += weight * ((double)f->pixels - m->trace[k]);
            m->squares[k] += weight * weight * m->noise[k];
        }
        if (!status && i < steps)
            status = gs_flow_step(f, m->x, labels, n, sigma, gs_flow_sigma(f, i + 1, steps), error);
    }
    return status;
}

static gs_status check_finite(const gs_likelihood *r, uint64_t image, gs_error *error) {
    return isfinite(r->nats)
               ? GS_OK
               : gs_fail(error, GS_ERROR_DIVERGED,
                         "image %llu: its log-likelihood is not a finite number, as the network's derivative is not on "
                         "its way: take more steps, or a narrower range of levels",
                         (unsigned long long)image);
}

/* Bits per dimension: of the steps of quantised pixels, whose probability is the density's integral over their share of
 * the range, which the density at a point drawn from it bounds in the mean (Theis et al. 2016, equation 6). */
static double bits_of(const gs_flow *f, double nats) {
    const float *range = f->plan->model->info.range;
    double levels = f->options->dequantize, bit = gs_log64(2);
    double offset = levels > 0 ? gs_log64(levels / ((double)range[1] - (double)range[0])) / bit : 0;
    return -nats / ((double)f->pixels * bit) + offset;
}

static gs_status keep(measuring *m, size_t n, int steps, gs_error *error) {
    gs_flow *f = &m->flow;
    gs_status status = GS_OK;
    for (size_t k = 0; k < n && !status; k++) {
        gs_likelihood *r = &m->result[m->number[k]];
        double before = r->nats;
        bool again = r->steps > 0;
        r->steps = steps;
        r->prior = log_normal(m->x + k * f->pixels, f->pixels, f->high);
        r->volume = m->sum[k];
        r->nats = r->prior + r->volume;
        r->error = sqrt(m->squares[k]);
        r->change = again ? fabs(r->nats - before) : (double)NAN;
        r->bits = bits_of(f, r->nats);
        r->bits_error = r->error / ((double)f->pixels * gs_log64(2));
        status = check_finite(r, m->number[k], error);
    }
    return status;
}

/* ---- All images ---- */

/* Whether an image is through: its likelihood changes no more than the tolerance, or than what its noise hides. */
static bool is_through(const gs_likelihood *r, double tolerance) {
    return tolerance == 0 || r->change <= tolerance || r->change <= r->error;
}

static gs_status measure_batch(measuring *m, size_t first, size_t n, gs_error *error) {
    double tolerance = m->flow.options->tolerance;
    int steps = m->flow.steps + m->flow.steps % 2;
    gs_status status = GS_OK;
    for (int doublings = 0; doublings <= DOUBLINGS && !status; doublings++, steps *= 2) {
        size_t left = 0;
        for (size_t k = first; k < first + n; k++)
            if (!doublings || !is_through(&m->result[k], tolerance))
                m->number[left++] = k;
        if (!left)
            break;
        take_images(m, left);
        status = follow(m, left, steps, doublings, error);
        if (!status)
            status = keep(m, left, steps, error);
    }
    return status;
}

static gs_status measure(measuring *m, size_t n, gs_error *error) {
    gs_status status = GS_OK;
    double steps = m->flow.steps, each = 4 * steps + (steps + 1) * gs_tracer_evaluations(&m->tracer);
    m->flow.all = (double)n * each * (m->flow.options->tolerance > 0 ? 3 : 1);
    for (size_t k = 0; k < n; k++)
        m->result[k] = (gs_likelihood){.change = (double)NAN};
    for (size_t at = 0; at < n && !status; at += GS_FLOW_BATCH)
        status = measure_batch(m, at, n - at < GS_FLOW_BATCH ? n - at : GS_FLOW_BATCH, error);
    return status;
}

static gs_status check(const gs_flow_options *o, gs_error *error) {
    if (o->dequantize != 0 && (o->dequantize < 2 || o->dequantize > LEVELS_MAX))
        return gs_fail(error, GS_ERROR_ARGUMENT, "dequantisation of %d level%s: expected 2 ... %d, or 0 for none",
                       o->dequantize, o->dequantize == 1 ? "" : "s", LEVELS_MAX);
    if (!(o->tolerance >= 0 && o->tolerance < HUGE_VAL))
        return gs_fail(error, GS_ERROR_ARGUMENT, "tolerance %g: expected a positive number, or 0 for none",
                       o->tolerance);
    return GS_OK;
}

static gs_status prepare(measuring *m, gs_plan *plan, size_t n, const gs_flow_options *options, gs_error *error) {
    size_t most = n < GS_FLOW_BATCH ? n : GS_FLOW_BATCH;
    gs_status status = gs_flow_create(&m->flow, plan, options, n, error);
    if (!status)
        status = check(options, error);
    if (!status)
        status = gs_tracer_create(&m->tracer, &m->flow, n, error);
    if (!status && options->labels)
        status = gs_plan_check_labels(plan, options->labels, n, error);
    if (status)
        return status;
    m->x = gs_alloc(most * m->flow.pixels + 1, sizeof *m->x);
    m->number = gs_alloc(most + 1, sizeof *m->number);
    m->labels = gs_alloc(most + 1, sizeof *m->labels);
    m->trace = gs_alloc(4 * most + 4, sizeof *m->trace);
    if (!m->x || !m->number || !m->labels || !m->trace)
        return gs_fail_memory(error, "the likelihoods");
    m->noise = m->trace + most;
    m->sum = m->noise + most;
    m->squares = m->sum + most;
    return GS_OK;
}

gs_status gs_likelihood_measure(gs_plan *plan, const float *x, size_t n, const gs_flow_options *options,
                                gs_likelihood *result, gs_error *error) {
    static const gs_flow_options none;
    measuring m = {.images = x, .result = result};
    fenv_t callers = gs_floats_enter();
    gs_status status = prepare(&m, plan, n, options ? options : &none, error);
    if (!status)
        status = measure(&m, n, error);
    gs_tracer_free(&m.tracer);
    gs_flow_free(&m.flow);
    gs_free(m.x);
    gs_free(m.number);
    gs_free(m.labels);
    gs_free(m.trace);
    gs_floats_leave(&callers);
    return status;
}
