/* Scores of images of another kind, and how well they tell them apart: AUROC by counting pairs, its standard error by
 * repetition, and its curve.
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

#include "support/about.h"
#include "support/networks.h"

enum { N = 50, M = 40, POINTS = 1001 };

/* Normal numbers, rounded to multiples of `step` so that some are equal. */
static void draw(uint64_t seed, double shift, double step, size_t n, double *x) {
    float z[N + M] = {0};
    assert_int_equal(gs_sample_add_noise(seed, 0, 1, 1, n, z, NULL), GS_OK);
    for (size_t k = 0; k < n; k++)
        x[k] = step > 0 ? floor(((double)z[k] + shift) / step) * step : (double)z[k] + shift;
}

static double count_pairs(const double *in, size_t n, const double *out, size_t m) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            sum += out[j] > in[i] ? 1 : out[j] == in[i] ? 0.5 : 0;
    return sum / (double)n / (double)m;
}

static void areas_are_shares_of_pairs(void **state) {
    (void)state;
    static const double steps[] = {0, 0.1, 1};
    double in[N], out[M], rate[POINTS], auroc, error;
    for (size_t i = 0; i < GS_COUNT(steps); i++) {
        about("step %g", steps[i]);
        draw(1, 0, steps[i], N, in);
        draw(2, 0.7, steps[i], M, out);
        assert_int_equal(gs_auroc(in, N, out, M, &auroc, &error, NULL), GS_OK);
        assert_true(fabs(auroc - count_pairs(in, N, out, M)) < 1e-12 && error > 0.02 && error < 0.08);
        assert_int_equal(gs_roc(in, N, out, M, POINTS, rate, NULL), GS_OK);
        double area = 0;
        for (size_t k = 0; k + 1 < POINTS; k++) {
            assert_true(rate[k] <= rate[k + 1]);
            area += (rate[k] + rate[k + 1]) / 2 / (POINTS - 1);
        }
        assert_true(rate[0] >= 0 && rate[POINTS - 1] == 1 && fabs(area - auroc) < 0.02);
    }
}

/* The deviation of the area over repetitions is what one of them says. */
static void errors_are_those_of_other_images(void **state) {
    (void)state;
    enum { TIMES = 400 };
    double in[N], out[M], sum = 0, squares = 0, variance = 0;
    for (int t = 0; t < TIMES; t++) {
        double auroc, error;
        draw(1000 + (uint64_t)t, 0, 0, N, in);
        draw(5000 + (uint64_t)t, 1, 0, M, out);
        assert_int_equal(gs_auroc(in, N, out, M, &auroc, &error, NULL), GS_OK);
        sum += auroc;
        squares += auroc * auroc;
        variance += error * error / TIMES;
    }
    double mean = sum / TIMES, spread = squares / TIMES - mean * mean;
    /* Phi(1 / sqrt 2) */
    assert_true(fabs(mean - 0.760250) < 5 * sqrt(variance / TIMES));
    assert_true(fabs(spread / variance - 1) < 5 * sqrt(2.0 / TIMES));
}

static void extremes_are_known(void **state) {
    (void)state;
    const double low[] = {1, 2, -INFINITY}, high[] = {3, INFINITY}, nan_one[] = {NAN};
    double auroc, error, rate[3];
    assert_int_equal(gs_auroc(low, 3, high, 2, &auroc, &error, NULL), GS_OK);
    /* The smaller set has 2 scores, so the error is that of an area of 3 / 4. */
    assert_true(auroc == 1 && fabs(error - sqrt((0.1875 + 2 * (0.6 - 0.5625) + (9 / 14.0 - 0.5625)) / 6)) < 1e-12);
    assert_int_equal(gs_roc(low, 3, high, 2, 3, rate, NULL), GS_OK);
    assert_true(rate[0] == 1 && rate[2] == 1);
    assert_int_equal(gs_roc(high, 2, low, 3, 3, rate, NULL), GS_OK);
    assert_true(rate[0] == 0 && rate[1] == 0 && rate[2] == 1);
    assert_int_equal(gs_auroc(low, 3, low, 3, &auroc, &error, NULL), GS_OK);
    assert_true(auroc == 0.5);
    assert_int_equal(gs_auroc(low, 1, high, 1, &auroc, &error, NULL), GS_OK);
    assert_true(isnan(error));
    assert_int_equal(gs_auroc(low, 0, high, 2, &auroc, &error, NULL), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_auroc(low, 3, nan_one, 1, &auroc, &error, NULL), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_roc(low, 3, high, 2, 1, rate, NULL), GS_ERROR_ARGUMENT);
}

/* A score that is infinite is none. */
static void scores_are_finite(void **state) {
    (void)state;
    const float x[4] = {0, 0, 1e30F, 0};
    double score[2];
    gs_model *model;
    gs_error error;
    assert_int_equal(gs_model_create_density("gaussian:dim=2,levels=no", &model, NULL), GS_OK);
    gs_plan *plan = make_plan(model, (gs_plan_options){.gradient = true});
    assert_int_equal(gs_novelty_measure(plan, "energy", x, 1, NULL, score, NULL), GS_OK);
    assert_int_equal(gs_novelty_measure(plan, "energy", x, 2, NULL, score, &error), GS_ERROR_DIVERGED);
    assert_non_null(strstr(error.message, "the energy of image 1 is not a finite number"));
    gs_plan_free(plan);
    gs_model_free(model);
}

/* Points of the density, and points far out, by every score. */
static void strange_points_are_stranger(void **state) {
    (void)state;
    float known[2 * N], strange[2 * M];
    double in[N], out[M], auroc, error;
    gs_density *density;
    gs_model *model;
    const gs_novelty_info *info;
    assert_int_equal(gs_density_create("mixture:means=-2/0,2/0,sd=0.5", &density, NULL), GS_OK);
    assert_int_equal(gs_density_model(density, &model, NULL), GS_OK);
    assert_int_equal(gs_density_draw(density, 0, 1, 0, N, known, NULL), GS_OK);
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 1, .gradient = true});
    for (size_t k = 0; k < 2 * M; k++)
        strange[k] = k % 2 ? 2.0F + (float)k / 50 : 0.0F;
    const gs_novelty_options o = {.steps = 16, .draws = 4};
    for (int i = 0; (info = gs_novelty_get(i)); i++) {
        about("%s", info->name);
        assert_int_equal(gs_novelty_measure(plan, info->name, known, N, &o, in, NULL), GS_OK);
        assert_int_equal(gs_novelty_measure(plan, info->name, strange, M, &o, out, NULL), GS_OK);
        assert_int_equal(gs_auroc(in, N, out, M, &auroc, &error, NULL), GS_OK);
        assert_true(auroc > 0.9);
    }
    assert_int_equal(gs_novelty_measure(plan, "wrong", known, N, &o, in, NULL), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_novelty_measure(plan, "energy", known, N, &(gs_novelty_options){.sigma = 1e9}, in, NULL),
                     GS_ERROR_ARGUMENT);
    gs_plan_free(plan);
    gs_model_free(model);
    gs_density_free(density);
}

/* Half of the images, and none after them. */
static bool stop_halfway(void *context, double part) {
    *(double *)context = part;
    return part < 0.5;
}

/* Scores go by a thousand images at a time, each image's as alone, and stop between two of them. */
static void scores_can_be_stopped(void **state) {
    (void)state;
    enum { MANY = 3000 };
    static float x[2 * MANY];
    static double score[MANY];
    double alone, part = 0;
    gs_density *density;
    gs_model *model;
    gs_error error;
    assert_int_equal(gs_density_create("gaussian:dim=2", &density, NULL), GS_OK);
    assert_int_equal(gs_density_model(density, &model, NULL), GS_OK);
    assert_int_equal(gs_density_draw(density, 0, 1, 0, MANY, x, NULL), GS_OK);
    gs_plan *plan = make_plan(model, (gs_plan_options){.threads = 1, .gradient = true});
    assert_int_equal(gs_novelty_measure(plan, "energy", x, MANY, NULL, score, NULL), GS_OK);
    for (size_t k = 0; k < MANY; k += 523) {
        assert_int_equal(gs_novelty_measure(plan, "energy", x + 2 * k, 1, NULL, &alone, NULL), GS_OK);
        assert_true(score[k] == alone);
    }
    const gs_novelty_options stopped = {.progress = stop_halfway, .context = &part};
    assert_int_equal(gs_novelty_measure(plan, "gradient", x, MANY, &stopped, score, &error), GS_ERROR_INTERRUPTED);
    assert_string_equal(error.message, "interrupted with 2048 of 3000 images measured");
    assert_true(part > 0.5 && part < 1);
    gs_plan_free(plan);
    gs_model_free(model);
    gs_density_free(density);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_are_shares_of_pairs),   cmocka_unit_test(errors_are_those_of_other_images),
        cmocka_unit_test(extremes_are_known),          cmocka_unit_test(scores_are_finite),
        cmocka_unit_test(strange_points_are_stranger), cmocka_unit_test(scores_can_be_stopped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
