/* Samplers on a Gaussian of deviation SD. They are linear there: a solver of the ODE multiplies its start by a number,
 * which is known exactly, and the variance of a sampler with noise follows step by step. */
#include "study/solvers.h"

#include <math.h>

#include "base/math64.h"
#include "study/plane.h"

enum { COUNTS = 5, DIM = 100, CHAINS = 400, SHOWN_COUNT = 2, LAST = COUNTS - 1 };
static const double counts[COUNTS] = {8, 16, 32, 64, 128}, high = 10, low = 0.05, sd = 0.5;
static const char one_text[] = "gaussian:sd=0.5", many_text[] = "gaussian:dim=100,sd=0.5";

static double denoised(double sigma) {
    return sd * sd / (sd * sd + sigma * sigma);
}

/* ---- Solvers of the ODE ---- */

typedef struct ode {
    const char *name, *sampler;
    int evaluations; /* per level but the first */
    double order, eta;
} ode;
static const ode odes[] = {{"heun", "heun", 2, 2, 0},
                           {"dpmpp-2m", "dpmpp-2m", 1, 2, -1},
                           {"Euler (euler-ancestral with eta 0)", "euler-ancestral", 1, 1, -1}};
enum { ODES = (int)GS_COUNT(odes) };

/* What x becomes over its start: the relative error, as all solvers end with x <- D at the lowest level. Exactly, x
 * stays in proportion to the deviation at its level. */
static gs_status ode_error(gs_study *study, const ode *o, double evaluations, double *x, double *error_of,
                           gs_error *error) {
    int steps = (int)evaluations / o->evaluations;
    float *ways = gs_study_room(study, (size_t)steps + 1, sizeof *ways), *out;
    gs_sample_options options = {.sampler = o->sampler,
                                 .steps = steps,
                                 .sigma_low = low,
                                 .sigma_high = high,
                                 .rho = 7,
                                 .eta = o->eta,
                                 .trajectory = ways,
                                 .seed = gs_study_seed(study)};
    gs_status status =
        ways ? gs_plane_chains(study, one_text, options, 1, &out, error) : gs_fail_memory(error, "the ways of chains");
    if (status)
        return status;
    double exact = sqrt((sd * sd + low * low) / (sd * sd + high * high)) * denoised(low);
    *x = o->evaluations * steps - (o->evaluations - 1); /* Heun's last step has but one */
    *error_of = fabs((double)out[0] / (double)ways[0] / exact - 1);
    return GS_OK;
}

/* ---- Samplers with noise ---- */

/* The variance after a step from level s to t: new of keep x + (1 - keep) D(x) + up z. */
static double stepped(double v, double s, double keep, double up) {
    double factor = keep + (1 - keep) * denoised(s);
    return factor * factor * v + up * up;
}

static double karras(int i, int levels) {
    double a = gs_exp64(gs_log64(high) / 7), b = gs_exp64(gs_log64(low) / 7);
    return gs_exp64(7 * gs_log64(a + i / (levels - 1.0) * (b - a)));
}

static double geometric(int i, int levels) {
    return high * gs_exp64(i / (levels - 1.0) * gs_log64(low / high));
}

static double ancestral(int levels) {
    double v = high * high;
    for (int i = 0; i < levels - 1; i++) {
        double s = karras(i, levels), t = karras(i + 1, levels), k = t / s;
        v = stepped(v, s, k * k, t * sqrt(1 - k * k));
    }
    return sqrt(v) * denoised(low);
}

static const double large_pace = 2, consistent_pace = 0.4; /* in units of the square of the level */

static double consistent(int levels) {
    double v = high * high;
    for (int i = 0; i < levels - 1; i++) {
        double s = geometric(i, levels), t = geometric(i + 1, levels), keep = fmin(1 - consistent_pace, t / s);
        v = stepped(v, s, keep, sqrt(fmax(t * t - keep * keep * s * s, 0)));
    }
    return sqrt(v) * denoised(low);
}

/* With one step of alpha = c sigma^2 per level the variance's relative error at levels far above the deviation is about
 * c / 4 from the step and 2 l / (c n) from the level before, l being the logarithm of the ratio of the levels at the
 * ends: least for this c. Far below the deviation the step adds less, so that a larger c serves this ladder better. */
static double pace_of(int levels) {
    return sqrt(8 * gs_log64(high / low) / levels);
}

static double annealed_by(int levels, double c) {
    double v = high * high;
    for (int i = 0; i < levels; i++) {
        double s = geometric(i, levels);
        v = stepped(v, s, 1 - c / 2, s * sqrt(c));
    }
    return sqrt(v) * denoised(low);
}

static double annealed(int levels) {
    return annealed_by(levels, pace_of(levels));
}

/* A step of Langevin dynamics with e = 2 snr^2 s^2 at each level, then one of ancestral sampling to the next. */
static const double snr = 0.16;
static double corrected(int levels) {
    double v = high * high;
    for (int i = 0; i < levels; i++) {
        double s = geometric(i, levels), t = i < levels - 1 ? geometric(i + 1, levels) : s, k = t / s;
        v = stepped(v, s, 1 - 2 * snr * snr, 2 * snr * s);
        v = i < levels - 1 ? stepped(v, s, k * k, t * sqrt(1 - k * k)) : v;
    }
    return sqrt(v) * denoised(low);
}

typedef struct noisy {
    const char *sampler;
    double (*theory)(int levels);
    int evaluations; /* per level */
} noisy;
static const noisy noisies[] = {{"euler-ancestral", ancestral, 1},
                                {"consistent-annealed", consistent, 1},
                                {"predictor-corrector", corrected, 2},
                                {"annealed-langevin", annealed, 1}};
enum { NOISIES = (int)GS_COUNT(noisies), ANNEALED = 3 };

/* `pace`: the step size over the square of the level, of samplers that have one. */
static gs_status noisy_deviation(gs_study *study, int k, int levels, double pace, gs_estimate *is, gs_error *error) {
    gs_sample_options options = {.sampler = noisies[k].sampler,
                                 .steps = levels,
                                 .steps_per_level = 1,
                                 .sigma_low = low,
                                 .sigma_high = high,
                                 .rho = 7,
                                 .eta = 1,
                                 .epsilon = pace * low * low,
                                 .denoise = 1,
                                 .snr = snr,
                                 .seed = gs_study_seed(study)};
    float *x;
    gs_status status = gs_plane_chains(study, many_text, options, CHAINS, &x, error);
    if (status)
        return status;
    double v = 0, n = (double)CHAINS * DIM;
    for (size_t i = 0; i < (size_t)CHAINS * DIM; i++)
        v += (double)x[i] * (double)x[i] / n;
    gs_estimate e = gs_estimate_error(v, v * sqrt(2 / n));
    *is = (gs_estimate){sqrt(v), sqrt(e.low), sqrt(e.high)};
    return GS_OK;
}

/* ---- Both ---- */

typedef struct errors {
    double x[ODES][COUNTS], of[ODES][COUNTS];
    double measured[NOISIES][COUNTS], low[NOISIES][COUNTS], high[NOISIES][COUNTS], theory[NOISIES][COUNTS];
} errors;

static gs_status run_odes(gs_study *study, errors *e, gs_error *error) {
    gs_status status = GS_OK;
    for (int k = 0; k < ODES && !status; k++) {
        for (int i = 0; i < COUNTS && !status; i++) {
            gs_study_stage(study, 0.05 * (k * COUNTS + i + 1) / (ODES * COUNTS));
            status = ode_error(study, &odes[k], counts[i], &e->x[k][i], &e->of[k][i], error);
        }
        double order = log(e->of[k][LAST - 1] / e->of[k][LAST]) / log(e->x[k][LAST] / e->x[k][LAST - 1]);
        double margin = 0.15; /* of an order that is a limit */
        if (!status)
            gs_study_find(study,
                          &(gs_finding){gs_study_text(study, "order of %s, from 64 to 128 evaluations", odes[k].name),
                                        "",
                                        gs_exact(order),
                                        GS_EXPECT_WITHIN,
                                        {odes[k].order - margin, odes[k].order + margin},
                                        "theory, which is a limit, and 0.15 beside it"});
    }
    return status;
}

static const char by_variance[] = "theory, the variance step by step";

static double exact_deviation(void) {
    return sd * sd / sqrt(sd * sd + low * low);
}

/* How fast annealed Langevin dynamics comes near, and what larger steps give. */
static gs_status find_annealed(gs_study *study, const errors *e, gs_error *error) {
    int most = (int)counts[LAST];
    gs_estimate is;
    gs_status status = noisy_deviation(study, ANNEALED, most, large_pace, &is, error);
    if (status)
        return status;
    gs_study_find(study, &(gs_finding){gs_study_text(study, "the same with steps of %g sigma^2", large_pace),
                                       "",
                                       is,
                                       GS_EXPECT_VALUE,
                                       {annealed_by(most, large_pace)},
                                       by_variance});
    double factor = e->theory[ANNEALED][LAST - 1] / e->theory[ANNEALED][LAST];
    gs_study_find(study, &(gs_finding){"annealed-langevin's error at 64 evaluations over that at 128, by theory",
                                       "",
                                       gs_exact(factor),
                                       GS_EXPECT_WITHIN,
                                       {sqrt(2), 2},
                                       "theory, falling to sqrt 2 in the limit"});
    gs_study_say(study,
                 "Annealed Langevin dynamics takes steps of c sigma^2, c = sqrt(8 log(%g) / n) for n evaluations: of "
                 "%.3g sigma^2 at %d, where it errs by %.1f %% in theory. Such steps are best far above the data's "
                 "deviation. This ladder ends at a tenth of it, where steps of %g sigma^2 leave %.1f %%.",
                 high / low, pace_of(most), most, 100 * e->theory[ANNEALED][LAST], large_pace,
                 100 * fabs(annealed_by(most, large_pace) / exact_deviation() - 1));
    return GS_OK;
}

static gs_status run_noisies(gs_study *study, errors *e, gs_error *error) {
    const double exact = exact_deviation();
    for (int k = 0; k < NOISIES; k++) {
        for (int i = 0; i < COUNTS; i++) {
            gs_estimate is;
            gs_study_stage(study, 0.05 + 0.1 * (k * COUNTS + i + 1) / (NOISIES * COUNTS));
            int levels = (int)counts[i] / noisies[k].evaluations;
            double pace = k == ANNEALED ? pace_of(levels) : consistent_pace;
            gs_status status = noisy_deviation(study, k, levels, pace, &is, error);
            if (status)
                return status;
            double theory = noisies[k].theory(levels);
            e->measured[k][i] = fabs(is.value / exact - 1);
            double reach = (is.high - is.low) / 2 / exact;
            e->low[k][i] = fmax(e->measured[k][i] - reach, 1e-4);
            e->high[k][i] = e->measured[k][i] + reach;
            e->theory[k][i] = fabs(theory / exact - 1);
            if (i == SHOWN_COUNT || i == LAST)
                gs_study_find(study, &(gs_finding){gs_study_text(study, "deviation by %s, %g evaluations, of %.4g",
                                                                 noisies[k].sampler, counts[i], exact),
                                                   "",
                                                   is,
                                                   GS_EXPECT_VALUE,
                                                   {theory},
                                                   by_variance});
        }
    }
    return find_annealed(study, e, error);
}

static void draw(gs_study *study, const errors *e) {
    gs_diagram_series series[ODES + 2 * NOISIES];
    for (int k = 0; k < ODES; k++)
        series[k] = (gs_diagram_series){
            k < ODES - 1 ? odes[k].name : "Euler", GS_STROKE_BOTH, COUNTS, e->x[k], e->of[k], NULL, NULL, k};
    for (int k = 0; k < NOISIES; k++) {
        series[ODES + 2 * k] = (gs_diagram_series){noisies[k].sampler, GS_STROKE_MARKS, COUNTS,     counts,
                                                   e->measured[k],     e->low[k],       e->high[k], ODES + k};
        series[ODES + 2 * k + 1] =
            (gs_diagram_series){NULL, GS_STROKE_DASHED, COUNTS, counts, e->theory[k], NULL, NULL, ODES + k};
    }
    gs_study_diagram(study, "gaussian",
                     "Relative error of the samples' deviation on a Gaussian, by network evaluations. Solvers of the "
                     "ODE have no other error; of samplers with noise, marks are measured with their intervals and "
                     "dashed lines are theory.",
                     &(gs_diagram){.title = "Errors on a Gaussian",
                                   .x_label = "network evaluations",
                                   .y_label = "relative error of the deviation",
                                   .log_x = true,
                                   .log_y = true,
                                   .series = series,
                                   .count = (int)GS_COUNT(series)});
}

gs_status gs_solvers_gaussian(gs_study *study, gs_error *error) {
    errors *e = gs_study_room(study, 1, sizeof *e);
    gs_status status = e ? run_odes(study, e, error) : gs_fail_memory(error, "errors");
    if (!status)
        status = run_noisies(study, e, error);
    if (!status)
        draw(study, e);
    return status;
}
