/* Probabilities of classes, where they are known: classes that are normal, with means m_y and variances v_y, as an
 * energy and as a denoiser that is told the class, D = m_y + (x - m_y) v_y / (v_y + sigma^2); and how they are judged.
 *
 * Statistical tests have fixed seeds and bounds of 5 standard errors: a false-alarm rate of 6e-7 each. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels.h"
#include "support/about.h"
#include "support/networks.h"
#include "support/weights.h"

enum { D = 4, K = 3, IMAGES = 60 };

static const float means[(K + 1) * D] = {0.2F, 0.5F, 0.5F, 0.8F, 0.5F, 0.5F, 0.5F, 0.5F,
                                         0.8F, 0.2F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F};
static const float variances[(K + 1) * D] = {0.04F, 0.04F, 0.04F, 0.04F, 0.09F, 0.09F, 0.09F, 0.09F,
                                             0.04F, 0.04F, 0.04F, 0.04F, 0.09F, 0.09F, 0.09F, 0.09F};
static float images[IMAGES * D];

/* Points all over the range, where all classes have their share. */
static int make_images(void **state) {
    (void)state;
    for (size_t i = 0; i < IMAGES * D; i++)
        images[i] = 0.5F;
    return gs_sample_add_noise(9, 0, 0.25, IMAGES, D, images, NULL) ? -1 : 0;
}

/* ---- Networks ---- */

static weights *classes_of(const char *kind, bool sigma) {
    weights *w = weights_new(kind, D, 1, 1);
    weights_inputs(w, sigma, K);
    weights_tensor(w, "m", 2, (const size_t[]){K + 1, D}, means);
    weights_tensor(w, "v", 2, (const size_t[]){K + 1, D}, variances);
    weights_node(w, "mean", "embedding", "['label']", NULL, "{'weight': 'm'}");
    weights_node(w, "variance", "embedding", "['label']", NULL, "{'weight': 'v'}");
    weights_node(w, "c", "sub", "['x', 'mean']", NULL, NULL);
    return w;
}

static gs_model *load(weights *w) {
    gs_model *model = weights_load(w);
    weights_free(w);
    return model;
}

static gs_model *denoiser(void) {
    weights *w = classes_of("denoiser", true);
    weights_node(w, "s2", "square", "['sigma']", NULL, NULL);
    weights_node(w, "total", "add", "['variance', 's2']", NULL, NULL);
    weights_node(w, "a", "div", "['variance', 'total']", NULL, NULL);
    weights_node(w, "part", "mul", "['c', 'a']", NULL, NULL);
    weights_node(w, "out", "add", "['part', 'mean']", NULL, NULL);
    return load(w);
}

/* E(x, y) = |x - m_y|^2 / 2 v_y, with the normal density's constant or without it. */
static gs_model *energy(void) {
    weights *w = classes_of("energy", false);
    weights_node(w, "q", "square", "['c']", NULL, NULL);
    weights_node(w, "r", "div", "['q', 'variance']", NULL, NULL);
    weights_node(w, "t", "sum", "['r']", "{'over': 'all'}", NULL);
    weights_node(w, "out", "affine", "['t']", "{'scale': 0.5}", NULL);
    return load(w);
}

/* p(y | x) of an image under a prior; `whole`: of normal densities, else of exp(-E). */
static void find_truth(const float *x, const double prior[K], bool whole, double extra, double p[K]) {
    double sum = 0;
    for (size_t y = 0; y < K; y++) {
        double square = 0, v = (double)variances[y * D] + extra;
        for (size_t i = 0; i < D; i++)
            square += pow((double)x[i] - (double)means[y * D + i], 2);
        p[y] = prior[y] * exp(-square / 2 / v) / (whole ? pow(v, D / 2.0) : 1);
        sum += p[y];
    }
    for (size_t y = 0; y < K; y++)
        p[y] /= sum;
}

/* ---- Probabilities ---- */

static void energies_give_the_known_probabilities(void **state) {
    (void)state;
    const double priors[2][K] = {{1, 1, 1}, {1, 5, 0}};
    double log_p[IMAGES * K], errors[IMAGES * K], p[K];
    gs_model *model = energy();
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 2, .gradient = true});
    for (size_t i = 0; i < 2; i++) {
        const gs_classes_options o = {.prior = i ? priors[i] : NULL};
        assert_int_equal(gs_classes_measure(plan, images, IMAGES, &o, log_p, errors, NULL), GS_OK);
        for (size_t k = 0; k < IMAGES; k++) {
            find_truth(images + k * D, priors[i], false, 0, p);
            for (size_t y = 0; y < K; y++) {
                about("prior %zu, image %zu, class %zu", i, k, y);
                assert_true(fabs(exp(log_p[k * K + y]) - p[y]) < 1e-5 && errors[k * K + y] == 0);
            }
        }
    }
    gs_plan_free(plan);
    gs_model_free(model);
}

static void denoising_gives_the_known_probabilities(void **state) {
    (void)state;
    const double prior[K] = {0.2, 0.5, 0.3};
    double log_p[IMAGES * K], errors[IMAGES * K], p[K], squares = 0, count = 0;
    gs_model *model = denoiser();
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 2});
    const gs_classes_options o = {.prior = prior, .levels = 30, .draws = 12, .seed = 2};
    assert_int_equal(gs_classes_measure(plan, images, IMAGES, &o, log_p, errors, NULL), GS_OK);
    for (size_t k = 0; k < IMAGES; k++) {
        double sum = 0;
        find_truth(images + k * D, prior, true, 1e-4, p);
        for (size_t y = 0; y < K; y++) {
            about("image %zu, class %zu", k, y);
            double off = exp(log_p[k * K + y]) - p[y], error = errors[k * K + y];
            assert_true(fabs(off) < 5 * error + 0.01);
            sum += exp(log_p[k * K + y]);
            if (error > 0.02) {
                squares += off * off / (error * error);
                count++;
            }
        }
        assert_true(fabs(sum - 1) < 1e-12);
    }
    assert_true(count > 30 && squares / count > 0.4 && squares / count < 2);
    assert_int_equal(gs_classes_measure(plan, images, 1, &(gs_classes_options){.draws = 1}, log_p, errors, NULL),
                     GS_OK);
    assert_true(isnan(errors[0]));
    assert_int_equal(gs_classes_measure(plan, images, 1, NULL, log_p, NULL, NULL), GS_OK);
    gs_plan_free(plan);
    gs_model_free(model);
}

static void they_are_the_same_bytes_everywhere(void **state) {
    (void)state;
    double first[IMAGES * K], log_p[IMAGES * K];
    gs_model *model = denoiser();
    const gs_classes_options o = {.levels = 3, .draws = 2};
    for (int i = 0; isa_at(i); i++) {
        about("%s", isa_at(i));
        gs_plan *plan = make_plan(model, (gs_plan_options){.isa = isa_at(i), .threads = 1 + i % 3, .block = 1 + i});
        size_t n = i ? 7 : IMAGES;
        assert_int_equal(gs_classes_measure(plan, images, n, &o, i ? log_p : first, NULL, NULL), GS_OK);
        assert_true(!i || !memcmp(first, log_p, n * K * sizeof *log_p));
        gs_plan_free(plan);
    }
    gs_model_free(model);
}

static bool stop_halfway(void *context, double part) {
    *(double *)context = part;
    return part < 0.4;
}

static void mistakes_are_refused(void **state) {
    (void)state;
    const double negative[K] = {1, -1, 1}, none[K] = {0, 0, 0}, nan_one[K] = {1, NAN, 1};
    double log_p[K], part = 0;
    gs_error error;
    gs_model *of[3] = {denoiser(), energy(), NULL};
    assert_int_equal(gs_model_create_density("gaussian:dim=4", &of[2], NULL), GS_OK);
    gs_plan *plan[3];
    for (int i = 0; i < 3; i++)
        plan[i] = make_plan(of[i], (gs_plan_options){.threads = 1, .gradient = i > 0});
    const gs_classes_options bad[] = {{.levels = 1},
                                      {.levels = 10001},
                                      {.draws = -1},
                                      {.draws = 10001},
                                      {.levels = 10000, .draws = 10000},
                                      {.sigma_low = 31},
                                      {.sigma_low = 1, .sigma_high = 1},
                                      {.prior = negative},
                                      {.prior = none},
                                      {.prior = nan_one},
                                      {.method = (gs_class_method)7}};
    for (size_t i = 0; i < GS_COUNT(bad); i++) {
        about("bad[%zu]", i);
        assert_int_equal(gs_classes_measure(plan[0], images, 1, &bad[i], log_p, NULL, &error), GS_ERROR_ARGUMENT);
    }
    const gs_classes_options by_energy = {.method = GS_CLASS_ENERGY}, by_denoising = {.method = GS_CLASS_DENOISING};
    const gs_classes_options stopped = {.progress = stop_halfway, .context = &part};
    assert_int_equal(gs_classes_measure(plan[0], images, 1, &by_energy, log_p, NULL, &error), GS_ERROR_UNSUPPORTED);
    assert_int_equal(gs_classes_measure(plan[1], images, 1, &by_denoising, log_p, NULL, &error), GS_ERROR_UNSUPPORTED);
    assert_int_equal(gs_classes_measure(plan[2], images, 1, NULL, log_p, NULL, &error), GS_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "takes no labels"));
    assert_int_equal(gs_classes_measure(plan[0], images, 1, &stopped, log_p, NULL, &error), GS_ERROR_INTERRUPTED);
    assert_true(part >= 0.4 && part < 1);
    for (int i = 0; i < 3; i++) {
        gs_plan_free(plan[i]);
        gs_model_free(of[i]);
    }
}

/* ---- Judgement ---- */

static void probabilities_are_judged(void **state) {
    (void)state;
    const double p[] = {0.9, 0.1, 0.6, 0.4, 0.3, 0.7, 0.2, 0.8};
    const int labels[] = {0, 1, 1, 1}, wrong[] = {0, 1, 2, 1};
    double log_p[8];
    gs_classification c;
    for (size_t i = 0; i < 8; i++)
        log_p[i] = log(p[i]);
    assert_int_equal(gs_classes_judge(log_p, labels, 4, 2, &c, NULL), GS_OK);
    assert_true(c.n == 4 && c.accuracy == 0.75 && fabs(c.accuracy_error - sqrt(0.75 * 0.25 / 4)) < 1e-12);
    assert_true(fabs(c.log_loss + (log(0.9) + log(0.4) + log(0.7) + log(0.8)) / 4) < 1e-12);
    assert_true(fabs(c.brier - (0.02 + 0.72 + 0.18 + 0.08) / 4) < 1e-12);
    /* each in a bin of its own: |1 - 0.9|, |0 - 0.6|, |1 - 0.7|, |1 - 0.8| */
    assert_true(fabs(c.calibration_error - (0.1 + 0.6 + 0.3 + 0.2) / 4) < 1e-12);
    assert_true(c.bin_count[13] == 1 && fabs(c.bin_confidence[13] - 0.9) < 1e-12 && c.bin_accuracy[13] == 1);
    assert_true(c.bin_count[0] == 0 && isnan(c.bin_accuracy[0]));
    assert_int_equal(gs_classes_judge(log_p, wrong, 4, 2, &c, NULL), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_classes_judge(log_p, labels, 0, 2, &c, NULL), GS_ERROR_ARGUMENT);
    log_p[3] = log(0.5);
    assert_int_equal(gs_classes_judge(log_p, labels, 4, 2, &c, NULL), GS_ERROR_ARGUMENT);
}

/* The loss of a class that the prior leaves out is infinite, and has no standard error; of others it is not. */
static void impossible_classes_cost_infinitely(void **state) {
    (void)state;
    const double log_p[] = {0, -INFINITY, 0, -INFINITY, 0, -INFINITY};
    const int labels[] = {0, 1, 0}, possible[] = {0, 0, 0};
    gs_classification c;
    assert_int_equal(gs_classes_judge(log_p, labels, 3, 2, &c, NULL), GS_OK);
    assert_true(isinf(c.log_loss) && c.log_loss > 0 && isnan(c.log_loss_error));
    assert_true(fabs(c.accuracy - 2.0 / 3) < 1e-12 && fabs(c.brier - 2.0 / 3) < 1e-12);
    assert_int_equal(gs_classes_judge(log_p, possible, 3, 2, &c, NULL), GS_OK);
    assert_true(c.log_loss == 0 && c.log_loss_error == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(energies_give_the_known_probabilities),
                                       cmocka_unit_test(denoising_gives_the_known_probabilities),
                                       cmocka_unit_test(they_are_the_same_bytes_everywhere),
                                       cmocka_unit_test(mistakes_are_refused),
                                       cmocka_unit_test(probabilities_are_judged),
                                       cmocka_unit_test(impossible_classes_cost_infinitely)};
    return cmocka_run_group_tests(tests, make_images, NULL);
}
