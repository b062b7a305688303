/* Laws that single chains of one image do not have: labels drawn with images, products of networks by weights, and the
 * bias of mclmc in many dimensions. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/about.h"
#include "support/effort.h"
#include "support/geweke.h"
#include "support/networks.h"
#include "support/targets.h"

enum { LABELS = 3 };

static void sample(gs_plan *plan, const gs_sample_options *o, size_t n, float *out) {
    gs_error error;
    if (gs_sample(plan, o, n, out, NULL, &error))
        fail_msg("%s", error.message);
}

/* p(0 | x) of each image, by the energies of all labels. */
static void posterior(gs_plan *plan, const float *x, size_t n, double *p) {
    float *energy = malloc(LABELS * n * sizeof *energy), *gradient = malloc(n * GEWEKE_PIXELS * sizeof *gradient);
    int *labels = malloc(n * sizeof *labels);
    assert_true(energy && gradient && labels);
    for (int y = 0; y < LABELS; y++) {
        for (size_t k = 0; k < n; k++)
            labels[k] = y;
        assert_int_equal(gs_plan_gradient(plan, x, 0, labels, n, energy + (size_t)y * n, gradient, NULL), GS_OK);
    }
    for (size_t k = 0; k < n; k++) {
        double sum = 0;
        for (int y = 0; y < LABELS; y++)
            sum += exp((double)energy[k] - (double)energy[(size_t)y * n + k]);
        p[k] = 1 / sum;
    }
    free(energy);
    free(gradient);
    free(labels);
}

/* Labels are equally likely, and given images as likely as the energies say: means over independent chains, each five
 * standard errors off with probability 6e-7. */
static void labels_are_drawn_with_images(void **state) {
    (void)state;
    size_t n = (size_t)effort(900);
    gs_model *model = geweke_model();
    gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = true, .threads = 2});
    float *x = malloc(n * GEWEKE_PIXELS * sizeof *x);
    int *label = malloc(n * sizeof *label);
    double *p = malloc(n * sizeof *p), sums[3][2] = {{0}};
    assert_true(x && label && p);
    const gs_trace trace = {.label = label};
    sample(plan, &(gs_sample_options){.sampler = "gibbs", .steps = 300, .label_steps = 3, .trace = &trace}, n, x);
    posterior(plan, x, n, p);
    for (size_t k = 0; k < n; k++) {
        assert_true(label[k] >= 0 && label[k] < LABELS);
        const double off[3] = {(label[k] == 0) - 1.0 / 3, (label[k] == 0) - p[k], ((label[k] == 0) - p[k]) * p[k]};
        for (int j = 0; j < 3; j++) {
            sums[j][0] += off[j];
            sums[j][1] += off[j] * off[j];
        }
    }
    for (int j = 0; j < 3; j++) {
        print_message("function %d: %.2f errors off\n", j, sums[j][0] / sqrt(sums[j][1]));
        assert_true(fabs(sums[j][0]) < 5 * sqrt(sums[j][1]));
    }
    free(x);
    free(label);
    free(p);
    gs_plan_free(plan);
    gs_model_free(model);
}

static gs_plan *plan_density(const char *text, gs_model **model) {
    gs_error error;
    if (gs_model_create_density(text, model, &error))
        fail_msg("%s", error.message);
    return make_plan(*model, (gs_plan_options){.gradient = true, .threads = 2});
}

/* Means and variances of n independent chains; discretisation and few particles are allowed 4 % of the deviation and 8
 * % of the variance beyond five standard errors (6e-7 each). */
static void check(const float *x, size_t count, double mean, double variance, double variance_slack) {
    double sum = 0, square = 0, deviation = sqrt(variance), slack = 5 / sqrt((double)count);
    for (size_t k = 0; k < count; k++) {
        double r = ((double)x[k] - mean) / deviation;
        sum += r / (double)count;
        square += r * r / (double)count;
    }
    print_message("mean %+.3f deviations off, variance %.3f of what it should be\n", sum, square);
    assert_true(fabs(sum) < 0.04 + slack);
    assert_true(fabs(square - 1) < variance_slack + sqrt(2) * slack);
}

/* N(-1, 1)^a N(1, s^2)^b is N((b / s^2 - a) / q, 1 / q), q = a + b / s^2; at the lowest noise level, which is next to
 * none. A solver of the composed score ends at 0.6 of the variance. */
static void products_of_energies_are_weighted(void **state) {
    (void)state;
    const struct { double a, b, s2; } cases[] = {{1, 1, 1}, {2, -0.5, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double a = cases[i].a, b = cases[i].b, q = a + b / cases[i].s2;
        size_t n = (size_t)effort(500);
        gs_model *one, *two;
        about("cases[%zu]", i);
        gs_plan *first = plan_density("gaussian:dim=2,mean=-1,range=-6,6", &one);
        gs_plan *second =
            plan_density(i ? "gaussian:dim=2,mean=1,sd=2,range=-6,6" : "gaussian:dim=2,mean=1,range=-6,6", &two);
        float *x = malloc(n * 2 * sizeof *x);
        assert_non_null(x);
        const gs_term term = {.plan = second, .weight = b};
        gs_sample_options o = {.sampler = "smc",
                               .steps = 60,
                               .particles = 64,
                               .sigma_low = 0.05,
                               .sigma_high = 40,
                               .weight = a,
                               .terms = &term,
                               .term_count = 1};
        sample(first, &o, n, x);
        check(x, 2 * n, (b / cases[i].s2 - a) / q, 1 / q, 0.12);
        free(x);
        gs_plan_free(first);
        gs_plan_free(second);
        gs_model_free(one);
        gs_model_free(two);
    }
}

/* The square of a Gaussian, by denoisers. */
static void products_of_denoisers_are_weighted(void **state) {
    (void)state;
    size_t n = (size_t)effort(100);
    gs_model *model = load_target(gaussian_weights());
    gs_plan *first = make_plan(model, (gs_plan_options){.threads = 2}),
            *second = make_plan(model, (gs_plan_options){.threads = 2});
    float *x = malloc(n * PIXELS * sizeof *x);
    assert_non_null(x);
    const gs_term term = {.plan = second, .weight = 1};
    gs_sample_options o = {.sampler = "smc", .steps = 80, .particles = 128, .terms = &term, .term_count = 1};
    o.sigma_low = 0.02;
    sample(first, &o, n, x);
    check(x, n * PIXELS, gaussian_means[NONE], 0.5 * gaussian_deviation * gaussian_deviation, 0.2);
    free(x);
    gs_plan_free(first);
    gs_plan_free(second);
    gs_model_free(model);
}

static void mclmc_is_nearly_right(void **state) {
    (void)state;
    size_t n = (size_t)effort(60);
    gs_model *model;
    gs_plan *plan = plan_density("gaussian:dim=50,mean=1,sd=0.5,levels=no", &model);
    float *x = malloc(n * 50 * sizeof *x);
    assert_non_null(x);
    sample(plan, &(gs_sample_options){.sampler = "mclmc", .steps = 600}, n, x);
    check(x, n * 50, 1, 0.25, 0.05);
    sample(plan, &(gs_sample_options){.sampler = "mclmc-adjusted", .steps = 80}, n, x);
    check(x, n * 50, 1, 0.25, 0.05);
    free(x);
    gs_plan_free(plan);
    gs_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_drawn_with_images), cmocka_unit_test(products_of_energies_are_weighted),
        cmocka_unit_test(products_of_denoisers_are_weighted), cmocka_unit_test(mclmc_is_nearly_right)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
