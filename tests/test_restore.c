/* Methods of restoring: on normal distributions, where each step is linear, so that mean and variance of the results
 * are known for any number of steps, and p(x | y) in closed form; what is kept exactly; and the same bytes however they
 * are run.
 *
 * Statistical tests have fixed seeds and compare with bounds of 5 standard errors: false-alarm rate 6e-7 each. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "support/about.h"
#include "support/networks.h"
#include "support/statistics.h"
#include "support/targets.h"

enum { CHAINS = 600, MOST = CHAINS * PIXELS, STEPS_MOST = 1000 };
static const int shape[3] = {1, SIDE, SIDE};

/* Restore n measurements, which are all `y`. */
static float *restore(const gs_model *model, const char *operator_, const float *y, double noise, gs_sample_options o,
                      size_t n) {
    gs_error error = {.status = GS_OK};
    gs_operator *a;
    int d[3];
    assert_int_equal(gs_operator_create(operator_, shape, &a, &error), GS_OK);
    gs_operator_shape(a, d);
    size_t each = (size_t)(d[0] * d[1] * d[2]);
    float *all = malloc(n * each * sizeof *all), *out = malloc(n * PIXELS * sizeof *out);
    assert_non_null(all);
    assert_non_null(out);
    for (size_t i = 0; i < n * each; i++)
        all[i] = y[i % each];
    gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = true});
    if (gs_restore(plan, &(gs_measurement){a, all, noise}, &o, n, out, NULL, &error))
        fail_msg("%s", error.message);
    gs_plan_free(plan);
    gs_operator_free(a);
    free(all);
    return out;
}

/* ---- One coordinate u of a normal distribution, measured as y = a u + noise ---- */

typedef struct coordinate {
    double mean, variance, a, y, noise;
} coordinate;

static gaussian posterior(coordinate u) {
    if (u.a == 0)
        return (gaussian){u.mean, u.variance};
    double precision = 1 / u.variance + u.a * u.a / (u.noise * u.noise);
    return (gaussian){(u.mean / u.variance + u.a * u.y / (u.noise * u.noise)) / precision, 1 / precision};
}

/* The share c of a y that a method puts in the place of the same share of a D: D_y = D + c (y - a D). */
static double share(const char *method, const gs_sample_options *o, coordinate u, double s) {
    double v = u.variance, r2 = s * s * v / (s * s + v), slope = v / (v + s * s);
    if (u.a == 0 || !strcmp(method, "sdedit"))
        return 0;
    if (!strcmp(method, "pigdm"))
        return s * s * slope * u.a / (u.a * u.a * r2 + u.noise * u.noise);
    return u.a / (u.a * u.a + o->prior * u.noise * u.noise / (s * s));
}

/* Mean and variance after all steps: of DDIM's, or of DiffPIR's. */
static gaussian expected(const gs_model *model, gs_sample_options o, coordinate u) {
    double sigma[STEPS_MOST + 1];
    assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
    int levels = gs_sample_levels(model, &o, sigma, STEPS_MOST + 1) - 1;
    bool renews = !strcmp(o.sampler, "diffpir");
    gaussian g = {strcmp(o.sampler, "sdedit") ? 0 : u.y, sigma[0] * sigma[0]};
    for (int i = 0; i < levels; i++) {
        double s = sigma[i], t = sigma[i + 1], v = u.variance, c = share(o.sampler, &o, u, s);
        double up = renews ? t * sqrt(fmax(o.renewal, 0)) : fmin(fmax(o.eta, 0) * t * sqrt(1 - t * t / (s * s)), t);
        double keep = sqrt(t * t - up * up) / s, rest = (1 - keep) * (1 - c * u.a);
        double of_x = keep + rest * v / (v + s * s), shift = rest * u.mean * s * s / (v + s * s) + (1 - keep) * c * u.y;
        g = (gaussian){of_x * g.mean + shift, of_x * of_x * g.variance + up * up};
    }
    return g;
}

static const double variance = 0.16; /* of gaussian_weights, and its mean */
static const double mean = 0.25;

/* The pixels whose column is below 2, or the others. */
static size_t take(const float *x, bool left, float *out) {
    size_t count = 0;
    for (size_t i = 0; i < MOST; i++)
        if ((i % SIDE < SIDE / 2) == left)
            out[count++] = x[i];
    return count;
}

/* Pixels of the right half are seen with noise. */
static void check_mask(const gs_model *model, gs_sample_options o, double noise) {
    float y[PIXELS];
    static float some[MOST];
    for (int i = 0; i < PIXELS; i++)
        y[i] = i % SIDE < SIDE / 2 ? 0 : 0.9F;
    float *x = restore(model, "mask:left", y, noise, o, CHAINS);
    for (int left = 0; left < 2; left++) {
        about("%s, left %d, noise %g, eta %g, renewal %g", o.sampler, left, noise, o.eta, o.renewal);
        size_t count = take(x, left, some);
        gaussian g = expected(model, o, (coordinate){mean, variance, !left, (double)0.9F, noise});
        assert_moments(some, count, g.mean, fmax(g.variance, 1e-12), o.sampler);
    }
    free(x);
}

/* Sums over squares of 2 x 2 pixels over 2 are coordinates of the same variance, which the average has halved. */
static void check_pool(const gs_model *model, gs_sample_options o, double noise) {
    const float y[4] = {0.7F, 0.7F, 0.7F, 0.7F};
    static float some[MOST];
    float *x = restore(model, "pool:2", y, noise, o, CHAINS);
    size_t count = 0;
    for (size_t k = 0; k < CHAINS; k++)
        for (int b = 0; b < 4; b++) {
            const float *at = x + k * PIXELS + b / 2 * 2 * SIDE + b % 2 * 2;
            some[count++] = (at[0] + at[1] + at[SIDE] + at[SIDE + 1]) / 2;
        }
    about("%s, pool, noise %g", o.sampler, noise);
    gaussian g = expected(model, o, (coordinate){2 * mean, variance, 0.5, (double)0.7F, noise});
    assert_moments(some, count, g.mean, g.variance, o.sampler);
    count = 0;
    for (size_t i = 0; i < MOST; i += 2)
        some[count++] = (x[i] - x[i + 1]) / sqrtf(2); /* what is not measured has the network's variance */
    g = expected(model, o, (coordinate){0, variance, 0, 0, noise});
    assert_moments(some, count, 0, g.variance, o.sampler);
    free(x);
}

static gs_sample_options options(const char *method, uint64_t seed) {
    return (gs_sample_options){.sampler = method, .steps = 50, .sigma_low = 0.02, .sigma_high = 20, .seed = seed};
}

/* Exact in the limit of many steps. */
static void pigdm_is_exact_for_gaussians(void **state) {
    (void)state;
    gs_model *model = load_target(gaussian_weights());
    gs_sample_options o = options("pigdm", 1);
    o.data_sd = sqrt(variance);
    check_mask(model, o, 0.3);
    check_mask(model, o, 0.05);
    check_pool(model, o, 0.3);
    o.eta = -1;
    check_mask(model, o, 0.3);
    o.eta = 0.5;
    check_pool(model, o, 0.1);
    static const double as[] = {1, 0, 0.5};
    for (size_t i = 0; i < GS_COUNT(as); i++) {
        gs_sample_options fine = {
            .sampler = "pigdm", .steps = STEPS_MOST, .sigma_low = 0.02, .sigma_high = 20, .eta = 1};
        fine.data_sd = sqrt(variance);
        coordinate u = {mean, variance, as[i], 0.9, 0.3};
        gaussian found = expected(model, fine, u), exact = posterior(u);
        about("a %g: mean %g, variance %g", u.a, found.mean, found.variance);
        assert_true(fabs(found.mean - exact.mean) < 1e-3);
        assert_true(fabs(found.variance / exact.variance - 1) < 0.03);
    }
    gs_model_free(model);
}

/* Its mean is that of p(x | y) for a prior of weight 1, its variance too small: a half where all noise is renewed. */
static void diffpir_has_the_right_mean(void **state) {
    (void)state;
    gs_model *model = load_target(gaussian_weights());
    static const double renewals[] = {-1, 0.3, 1};
    for (size_t i = 0; i < GS_COUNT(renewals); i++) {
        gs_sample_options o = options("diffpir", 10 + i);
        o.renewal = renewals[i];
        check_mask(model, o, 0.3);
        check_pool(model, o, 0.1);
    }
    gs_sample_options fine = options("diffpir", 0);
    fine.renewal = 1;
    fine.steps = STEPS_MOST;
    coordinate u = {mean, variance, 1, 0.9, 0.3};
    gaussian found = expected(model, fine, u), exact = posterior(u);
    print_message("diffpir: mean %.4f of %.4f, variance %.4f of %.4f\n", found.mean, exact.mean, found.variance,
                  exact.variance);
    assert_true(fabs(found.mean - exact.mean) < 2e-3 && found.variance > 0.48 * exact.variance);
    gs_model_free(model);
}

static void sdedit_begins_at_the_image(void **state) {
    (void)state;
    gs_model *model = load_target(gaussian_weights());
    float y[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        y[i] = 0.9F;
    static const double strengths[] = {0.1, 0.5, 1};
    double before = 0;
    for (size_t i = 0; i < GS_COUNT(strengths); i++) {
        gs_sample_options o = options("sdedit", 20 + i);
        o.strength = strengths[i];
        gaussian g = expected(model, o, (coordinate){mean, variance, 1, (double)0.9F, 0});
        float *x = restore(model, "none", y, 0, o, CHAINS);
        about("strength %g", strengths[i]);
        assert_moments(x, MOST, g.mean, g.variance, "sdedit");
        assert_true(i == 0 || g.mean < before); /* a stronger one goes farther from the image */
        before = g.mean;
        free(x);
    }
    assert_true(fabs(before - mean) < 0.02);
    gs_model_free(model);
}

/* ---- Exact measurements ---- */

static void what_is_seen_is_kept(void **state) {
    (void)state;
    static const struct {
        const char *method;
        double tolerance; /* 0: to the bit */
    } methods[] = {{"replacement", 0}, {"repaint", 0}, {"diffpir", 1e-6}, {"pigdm", 1e-4}};
    gs_model *models[] = {load_target(gaussian_weights()), two_wells()};
    float y[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        y[i] = i % SIDE < SIDE / 2 ? 0 : 0.1F * (float)i;
    for (size_t m = 0; m < 2; m++)
        for (size_t k = 0; k < GS_COUNT(methods); k++) {
            gs_sample_options o = {.sampler = methods[k].method, .steps = 20, .jump = 5, .seed = 30, .data_sd = 0.4};
            float *x = restore(models[m], "mask:left", y, 0, o, 5);
            about("%s, model %zu", methods[k].method, m);
            for (int i = 0; i < 5 * PIXELS && (m == 0 || k != 3); i++)
                if (i % SIDE >= SIDE / 2)
                    assert_true(fabs((double)x[i] - (double)y[i % PIXELS]) <= methods[k].tolerance);
            free(x);
        }
    gs_model_free(models[0]);
    gs_model_free(models[1]);
}

/* N(0, a I + b 1 1^T): pixels that know of each other. D = t_a x + (t_b - t_a) mean(x), t_a = a / (a + sigma^2), t_b =
 * l / (l + sigma^2), l = a + 16 b. */
static const double own = 0.1, common = 0.15;

static void add_shrinkage(weights *w, const char *name, double of) {
    char text[80], sum[20], inverse[20], inputs[40];
    snprintf(sum, sizeof sum, "%s_sum", name);
    snprintf(inverse, sizeof inverse, "%s_inverse", name);
    snprintf(text, sizeof text, "{'scale': 1, 'shift': %.17g}", of);
    weights_node(w, sum, "affine", "['v']", text, NULL);
    snprintf(inputs, sizeof inputs, "['%s']", sum);
    weights_node(w, inverse, "reciprocal", inputs, NULL, NULL);
    snprintf(inputs, sizeof inputs, "['%s']", inverse);
    snprintf(text, sizeof text, "{'scale': %.17g, 'shift': 0}", of);
    weights_node(w, name, "affine", inputs, text, NULL);
}

static gs_model *correlated(void) {
    weights *w = weights_new("denoiser", 1, SIDE, SIDE);
    weights_inputs(w, true, 0);
    weights_node(w, "v", "square", "['sigma']", NULL, NULL);
    add_shrinkage(w, "ta", own);
    add_shrinkage(w, "tb", own + PIXELS * common);
    weights_node(w, "mean", "mean", "['x']", "{'over': 'all'}", NULL);
    weights_node(w, "t", "sub", "['tb', 'ta']", NULL, NULL);
    weights_node(w, "level", "mul", "['mean', 't']", NULL, NULL);
    weights_node(w, "rest", "mul", "['x', 'ta']", NULL, NULL);
    weights_node(w, "d", "add", "['rest', 'level']", NULL, NULL);
    return load_target(w);
}

/* The mean of the hidden pixels, all chains together, and the deviation of a chain's mean, given that 8 pixels are 1:
 * by the formula of conditional normals, with c = common / (own + 8 common), 8 c and own / 8 + common (1 - 8 c). */
static void hidden_means(const gs_model *model, gs_sample_options o, double *level, double *sd) {
    float y[PIXELS];
    double sum = 0, squares = 0;
    for (int i = 0; i < PIXELS; i++)
        y[i] = i % SIDE < SIDE / 2 ? 0 : 1;
    float *x = restore(model, "mask:left", y, 0, o, CHAINS);
    for (size_t k = 0; k < CHAINS; k++) {
        double each = 0;
        for (size_t i = 0; i < PIXELS; i++)
            each += i % SIDE < SIDE / 2 ? (double)x[k * PIXELS + i] / 8 : 0;
        sum += each;
        squares += each * each;
    }
    *level = sum / CHAINS;
    *sd = sqrt(squares / CHAINS - *level * *level);
    free(x);
}

/* What is hidden is to follow what is seen. Bounds are what was measured and five standard errors of 0.006: replacement
 * comes too late, 0.29 below the mean; RePaint and DiffPIR are 0.06 below it, PiGDM and DPS as much above. */
static void hidden_pixels_follow(void **state) {
    (void)state;
    static const struct {
        const char *method;
        double off; /* of the mean, at most */
    } methods[] = {{"replacement", 0.32}, {"repaint", 0.095}, {"diffpir", 0.085}, {"pigdm", 0.095}, {"dps", 0.1}};
    const double c = common / (own + 8 * common), exact = 8 * c, sd = sqrt(own / 8 + common * (1 - 8 * c));
    gs_model *model = correlated();
    for (size_t k = 0; k < GS_COUNT(methods); k++) {
        gs_sample_options o = options(methods[k].method, 40 + k);
        double level, deviation;
        o.resamplings = 10;
        o.data_sd = 0.5;
        hidden_means(model, o, &level, &deviation);
        print_message("%-12s mean %.3f of %.3f, deviation %.3f of %.3f\n", o.sampler, level, exact, deviation, sd);
        about("%s: mean %.3f, deviation %.3f", o.sampler, level, deviation);
        assert_true(fabs(level - exact) < methods[k].off && deviation > 0.6 * sd && deviation < 1.4 * sd);
    }
    gs_model_free(model);
}

/* ---- Mixtures ---- */

/* Pixels of 0.7 N(1, s^2) + 0.3 N(-1, s^2) with noise of 1, all seen as 0.1: p(x > 0 | y) is known, and the methods,
 * which take p(x_0 | x) for one normal distribution, come as near as was measured: 0.03, and five standard errors of
 * 0.005, since 9600 pixels are independent. DPS takes a measurement for exact, and is left out. */
static void wells_are_found_about_right(void **state) {
    (void)state;
    static const struct {
        const char *method;
        double off;
    } methods[] = {{"pigdm", 0.07}, {"diffpir", 0.07}};
    gs_model *model = two_wells();
    float y[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        y[i] = 0.1F;
    double v = well_deviation * well_deviation + 1, high = well_share * exp(-0.9 * 0.9 / (2 * v));
    double exact = high / (high + (1 - well_share) * exp(-1.1 * 1.1 / (2 * v)));
    for (size_t k = 0; k < GS_COUNT(methods); k++) {
        gs_sample_options o = options(methods[k].method, 50 + k);
        o.data_sd = 1;
        float *x = restore(model, "none", y, 1, o, CHAINS);
        double above = 0;
        for (size_t i = 0; i < MOST; i++)
            above += (x[i] > 0) / (double)MOST;
        print_message("%-8s share %.3f of %.3f\n", o.sampler, above, exact);
        about("%s: share %.3f", o.sampler, above);
        assert_true(fabs(above - exact) < methods[k].off);
        free(x);
    }
    gs_model_free(model);
}

/* ---- Running ---- */

static const char *method_at(int i) {
    const gs_sampler_info *info = gs_restorer_get(i);
    return info ? info->name : NULL;
}

static void results_are_the_same_bytes(void **state) {
    (void)state;
    enum { N = 11 };
    gs_model *model = two_wells();
    gs_operator *a;
    float y[N * PIXELS], first[N * PIXELS], out[N * PIXELS];
    const char *isa, *method;
    for (int i = 0; i < N * PIXELS; i++)
        y[i] = 0.1F * (float)(i % 13);
    assert_int_equal(gs_operator_create("blur:0.7", shape, &a, NULL), GS_OK);
    gs_measurement m = {a, y, 0.1};
    for (int k = 0; (method = method_at(k)); k++) {
        gs_sample_options o = {.sampler = method, .steps = 7, .jump = 3, .seed = 60};
        for (int i = 0; (isa = isa_at(i)); i++) {
            gs_plan *plan = make_plan(
                model, (gs_plan_options){.isa = isa, .threads = 1 + i % 3, .block = 1 + 3 * i, .gradient = true});
            size_t done;
            assert_int_equal(gs_restore(plan, &m, &o, N, i ? out : first, &done, NULL), GS_OK);
            assert_int_equal(done, N);
            about("%s, %s", method, isa);
            if (i)
                assert_memory_equal(first, out, sizeof out);
            gs_plan_free(plan);
        }
    }
    gs_operator_free(a);
    gs_model_free(model);
}

/* The evaluations that are counted are those that gs_sample_evaluations announces. */
static void evaluations_are_counted(void **state) {
    (void)state;
    gs_model *model = load_target(gaussian_weights());
    gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = true});
    gs_operator *a;
    float y[2 * PIXELS] = {0}, out[2 * PIXELS];
    const char *method;
    assert_int_equal(gs_operator_create("none", shape, &a, NULL), GS_OK);
    for (int k = 0; (method = method_at(k)); k++) {
        gs_outcome outcome;
        gs_sample_options o = {.sampler = method, .steps = 12, .jump = 5, .resamplings = 3, .outcome = &outcome};
        int labels[2] = {0, 1};
        o.labels = labels;
        o.guidance = 0.5;
        assert_int_equal(gs_sample_resolve(model, &o, NULL), GS_OK);
        assert_int_equal(gs_restore(plan, &(gs_measurement){a, y, 0}, &o, 2, out, NULL, NULL), GS_OK);
        about("%s", method);
        assert_true(outcome.evaluations == 2 * gs_sample_evaluations(model, &o));
    }
    gs_operator_free(a);
    gs_plan_free(plan);
    gs_model_free(model);
}

/* ---- Mistakes ---- */

static void refuse(gs_plan *plan, gs_measurement m, gs_sample_options o, gs_status expected_, const char *words) {
    gs_error error = {.message = ""};
    float out[4 * PIXELS];
    about("%s", words);
    assert_int_equal(gs_restore(plan, &m, &o, 1, out, NULL, &error), expected_);
    if (!strstr(error.message, words))
        fail_msg("no '%s' in '%s'", words, error.message);
}

static void mistakes_are_refused(void **state) {
    (void)state;
    gs_model *model = load_target(gaussian_weights()), *energy = load_target(gaussian_energy());
    gs_plan *plan = make_plan(model, (gs_plan_options){0}),
            *other = make_plan(energy, (gs_plan_options){.gradient = true});
    gs_operator *a, *wide;
    float y[PIXELS] = {0}, bad[PIXELS] = {[7] = NAN};
    assert_int_equal(gs_operator_create("none", shape, &a, NULL), GS_OK);
    assert_int_equal(gs_operator_create("none", (int[]){1, SIDE, SIDE + 1}, &wide, NULL), GS_OK);
    gs_measurement m = {a, y, 0};
    refuse(plan, m, (gs_sample_options){.sampler = "magic"}, GS_ERROR_ARGUMENT, "expected one of diffpir, pigdm");
    refuse(plan, m, (gs_sample_options){.sampler = "heun"}, GS_ERROR_ARGUMENT, "heun");
    refuse(plan, m, (gs_sample_options){.sampler = "dps"}, GS_ERROR_ARGUMENT, "gradient");
    refuse(plan, m, (gs_sample_options){.init = y}, GS_ERROR_ARGUMENT, "init");
    refuse(plan, m, (gs_sample_options){.trajectory = bad}, GS_ERROR_ARGUMENT, "trajectory");
    refuse(plan, m, (gs_sample_options){.sampler = "sdedit", .strength = 1.5}, GS_ERROR_ARGUMENT, "strength");
    refuse(plan, m, (gs_sample_options){.sampler = "repaint", .jump = -1}, GS_ERROR_ARGUMENT, "jump");
    refuse(plan, m, (gs_sample_options){.sampler = "diffpir", .renewal = 2}, GS_ERROR_ARGUMENT, "renewal");
    refuse(plan, (gs_measurement){wide, y, 0}, (gs_sample_options){0}, GS_ERROR_ARGUMENT, "1 x 4 x 5");
    refuse(plan, (gs_measurement){a, bad, 0}, (gs_sample_options){0}, GS_ERROR_ARGUMENT, "measurement 0");
    refuse(plan, (gs_measurement){a, y, -1}, (gs_sample_options){0}, GS_ERROR_ARGUMENT, "noise");
    refuse(plan, (gs_measurement){a, y, (double)NAN}, (gs_sample_options){0}, GS_ERROR_ARGUMENT, "noise");
    refuse(other, m, (gs_sample_options){.sampler = "pigdm"}, GS_ERROR_UNSUPPORTED, "derivative");
    gs_error error = {.message = ""};
    assert_int_equal(gs_sample(plan, &(gs_sample_options){.sampler = "diffpir"}, 1, bad, NULL, &error),
                     GS_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "measurement"));
    gs_sample_options o = {.steps = 4, .sigma_high = 20};
    assert_int_equal(gs_restore(other, &m, &o, 1, bad, NULL, NULL),
                     GS_OK); /* an energy, by a method without products */
    assert_int_equal(gs_restore(plan, &m, &o, 0, bad, NULL, NULL), GS_OK);
    gs_operator_free(a);
    gs_operator_free(wide);
    gs_plan_free(plan);
    gs_plan_free(other);
    gs_model_free(model);
    gs_model_free(energy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_refused),        cmocka_unit_test(pigdm_is_exact_for_gaussians),
        cmocka_unit_test(diffpir_has_the_right_mean),  cmocka_unit_test(sdedit_begins_at_the_image),
        cmocka_unit_test(what_is_seen_is_kept),        cmocka_unit_test(hidden_pixels_follow),
        cmocka_unit_test(wells_are_found_about_right), cmocka_unit_test(results_are_the_same_bytes),
        cmocka_unit_test(evaluations_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
