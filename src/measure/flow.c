#include "measure/flow.h"

#include <math.h>
#include <string.h>

#include "base/floats.h"
#include "base/math64.h"

/* ---- Preparing ---- */

static gs_status check_levels(gs_flow *f, const gs_model_info *info, gs_error *error) {
    const gs_flow_options *o = f->options;
    f->low = o->sigma_low != 0 ? o->sigma_low : info->sigma[0];
    f->high = o->sigma_high != 0 ? o->sigma_high : info->sigma[1];
    if (!gs_sigma_is_trained(info, f->low) || !gs_sigma_is_trained(info, f->high))
        return gs_fail(error, GS_ERROR_ARGUMENT, "noise levels %g ... %g: model '%s' was trained on %g ... %g", f->low,
                       f->high, info->name, info->sigma[0], info->sigma[1]);
    if (!(f->low < f->high))
        return gs_fail(error, GS_ERROR_ARGUMENT, "noise levels %g ... %g: expected the lower one first", f->low,
                       f->high);
    return GS_OK;
}

static gs_status check(gs_flow *f, gs_error *error) {
    const gs_model_info *info = &f->plan->model->info;
    gs_status status = gs_score_check(f->plan, error);
    if (status)
        return status;
    if (!info->takes_sigma)
        return gs_fail(error, GS_ERROR_UNSUPPORTED,
                       "model '%s' takes no noise level: a probability flow needs a network that knows all of them",
                       info->name);
    f->steps = f->options->steps ? f->options->steps : GS_FLOW_STEPS;
    if (f->steps < 2 || f->steps > GS_FLOW_STEPS_MAX)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%d step%s: expected 2 ... %d", f->steps, f->steps == 1 ? "" : "s",
                       GS_FLOW_STEPS_MAX);
    return check_levels(f, info, error);
}

gs_status gs_flow_create(gs_flow *f, gs_plan *plan, const gs_flow_options *options, size_t n, gs_error *error) {
    const gs_model_info *info = &plan->model->info;
    *f = (gs_flow){.plan = plan, .options = options};
    f->pixels = (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2];
    gs_status status = check(f, error);
    if (status)
        return status;
    size_t size = (n < GS_FLOW_BATCH ? n : GS_FLOW_BATCH) * f->pixels + 1;
    f->slope = gs_alloc(size, sizeof *f->slope);
    f->stage = gs_alloc(size, sizeof *f->stage);
    f->sum = gs_alloc(size, sizeof *f->sum);
    return f->slope && f->stage && f->sum ? GS_OK : gs_fail_memory(error, "the probability flow");
}

void gs_flow_free(gs_flow *f) {
    gs_free(f->slope);
    gs_free(f->stage);
    gs_free(f->sum);
    *f = (gs_flow){0};
}

double gs_flow_sigma(const gs_flow *f, int i, int steps) {
    if (i == 0)
        return f->low;
    return i == steps ? f->high : f->low * gs_exp64((double)i / steps * gs_log64(f->high / f->low));
}

/* ---- Steps ---- */

gs_status gs_flow_count(gs_flow *f, size_t n, gs_error *error) {
    const gs_flow_options *o = f->options;
    f->done += (double)n;
    return !o->progress || o->progress(o->context, fmin(f->done / f->all, 1))
               ? GS_OK
               : gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted");
}

/* slope = dx/dsigma at x. */
static gs_status find_slope(gs_flow *f, const float *x, double sigma, const int *labels, size_t n, gs_error *error) {
    gs_status status = gs_score_gradient(f->plan, x, sigma, labels, n, NULL, f->slope, error);
    for (size_t i = 0; i < n * f->pixels && !status; i++)
        f->slope[i] *= (float)sigma;
    return status ? status : gs_flow_count(f, n, error);
}

static gs_status check_states(const float *x, size_t count, double sigma, gs_error *error) {
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i]))
            return gs_fail(error, GS_ERROR_DIVERGED,
                           "the probability flow left the finite numbers at noise level %g: take more steps, or a "
                           "narrower range of levels",
                           sigma);
    return GS_OK;
}

gs_status gs_flow_step(gs_flow *f, float *x, const int *labels, size_t n, double a, double b, gs_error *error) {
    static const double ahead[] = {0.5, 0.5, 1, 0}, share[] = {1, 2, 2, 1};
    const double sigma[] = {a, a + (b - a) / 2, a + (b - a) / 2, b};
    size_t count = n * f->pixels;
    const float *at = x;
    for (int k = 0; k < 4; k++) {
        gs_status status = find_slope(f, at, sigma[k], labels, n, error);
        if (status)
            return status;
        for (size_t i = 0; i < count; i++) {
            f->sum[i] = k ? fmaf((float)share[k], f->slope[i], f->sum[i]) : f->slope[i];
            f->stage[i] = fmaf((float)(ahead[k] * (b - a)), f->slope[i], x[i]);
        }
        at = f->stage;
    }
    for (size_t i = 0; i < count; i++)
        x[i] = fmaf((float)((b - a) / 6), f->sum[i], x[i]);
    return check_states(x, count, b, error);
}

/* ---- Encoding and decoding ---- */

static gs_status follow(gs_flow *f, float *x, size_t n, bool up, gs_error *error) {
    gs_status status = GS_OK;
    const int *labels = f->options->labels;
    f->all = 4.0 * f->steps * (double)n;
    for (size_t at = 0; at < n && !status; at += GS_FLOW_BATCH) {
        size_t count = n - at < GS_FLOW_BATCH ? n - at : GS_FLOW_BATCH;
        for (int i = 0; i < f->steps && !status; i++) {
            int from = up ? i : f->steps - i;
            status = gs_flow_step(f, x + at * f->pixels, labels ? labels + at : NULL, count,
                                  gs_flow_sigma(f, from, f->steps),
                                  gs_flow_sigma(f, up ? from + 1 : from - 1, f->steps), error);
        }
    }
    return status;
}

static gs_status run(gs_plan *plan, const float *x, size_t n, const gs_flow_options *options, bool up, float *out,
                     gs_error *error) {
    static const gs_flow_options none;
    gs_flow f;
    fenv_t callers = gs_floats_enter();
    gs_status status = gs_flow_create(&f, plan, options ? options : &none, n, error);
    if (!status) {
        memmove(out, x, n * f.pixels * sizeof *out);
        status = follow(&f, out, n, up, error);
    }
    gs_flow_free(&f);
    gs_floats_leave(&callers);
    return status;
}

gs_status gs_encode(gs_plan *plan, const float *x, size_t n, const gs_flow_options *options, float *latent,
                    gs_error *error) {
    return run(plan, x, n, options, true, latent, error);
}

gs_status gs_decode(gs_plan *plan, const float *latent, size_t n, const gs_flow_options *options, float *out,
                    gs_error *error) {
    return run(plan, latent, n, options, false, out, error);
}

/* ---- Between two points ---- */

/* The angle in 0 ... pi whose cosine is c, by bisection: cosines fall over all of it. */
static double angle_of(double c) {
    double low = 0, high = 3.14159265358979323846;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (gs_cos64(middle) > c)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

void gs_slerp(const float *a, const float *b, size_t count, double t, float *out) {
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < count; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    double angle = aa > 0 && bb > 0 ? angle_of(ab / (sqrt(aa) * sqrt(bb))) : 0, sine = gs_sin64(angle);
    bool straight = !(sine > 1e-6); /* the same direction or the opposite one, where no arc is the shortest */
    double of_a = straight ? 1 - t : gs_sin64((1 - t) * angle) / sine;
    double of_b = straight ? t : gs_sin64(t * angle) / sine;
    for (size_t i = 0; i < count; i++)
        out[i] = (float)(of_a * (double)a[i] + of_b * (double)b[i]);
}
