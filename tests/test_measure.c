/* Moments, the Frechet distance and the quality of samples, compared with closed forms. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "measure/quality.h"
#include "measure/strokes.h"
#include "support/about.h"
#include "support/weights.h"

static void assert_near(double found, double expected, double tolerance) {
    if (!(fabs(found - expected) <= tolerance))
        fail_msg("%.17g is not within %g of %.17g", found, tolerance, expected);
}

static double distance_of(const double *m1, const double *c1, const double *m2, const double *c2, int d) {
    double distance = -1;
    gs_error error = {0};
    assert_int_equal(gs_frechet_distance(m1, c1, m2, c2, d, &distance, &error), GS_OK);
    return distance;
}

static void moments_of_known_rows(void **state) {
    (void)state;
    const float rows[] = {1, 10, 2, 20, 3, 60};
    double mean[2], covariance[4];
    assert_int_equal(gs_feature_moments(rows, 3, 2, mean, covariance, NULL), GS_OK);
    assert_near(mean[0], 2, 0);
    assert_near(mean[1], 30, 0);
    assert_near(covariance[0], 1, 1e-15);
    assert_near(covariance[1], 25, 1e-14);
    assert_near(covariance[2], 25, 1e-14);
    assert_near(covariance[3], 700, 1e-12);
}

static void moments_of_far_rows_do_not_cancel(void **state) {
    (void)state;
    const float rows[] = {16777215, 16777213, 16777214};
    double mean[1], covariance[1];
    assert_int_equal(gs_feature_moments(rows, 3, 1, mean, covariance, NULL), GS_OK);
    assert_near(mean[0], 16777214, 0);
    assert_near(covariance[0], 1, 1e-15);
}

static void moments_refuse_single_rows(void **state) {
    (void)state;
    const float row[] = {1};
    double mean[1], covariance[1];
    gs_error error;
    assert_int_equal(gs_feature_moments(row, 1, 1, mean, covariance, &error), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_feature_moments(row, 2, 0, mean, covariance, &error), GS_ERROR_ARGUMENT);
}

static void one_dimension(void **state) {
    (void)state;
    /* (m1 - m2)^2 + (s1 - s2)^2 */
    assert_near(distance_of((double[]){3}, (double[]){4}, (double[]){-1}, (double[]){25}, 1), 16 + 9, 1e-12);
}

static void diagonal_covariances(void **state) {
    (void)state;
    const double m1[] = {1, 2, 3}, m2[] = {1, 0, 6};
    const double c1[] = {1, 0, 0, 0, 4, 0, 0, 0, 9}, c2[] = {16, 0, 0, 0, 4, 0, 0, 0, 0};
    assert_near(distance_of(m1, c1, m2, c2, 3), 4 + 9 + 9 + 0 + 9, 1e-12);
    assert_near(distance_of(m2, c2, m1, c1, 3), 4 + 9 + 9 + 0 + 9, 1e-12);
}

static void a_gaussian_is_at_distance_0_of_itself(void **state) {
    (void)state;
    const double m[] = {1, -2}, c[] = {2, 1.5, 1.5, 3};
    assert_near(distance_of(m, c, m, c, 2), 0, 1e-14);
}

/* Covariances that do not commute. For 2 x 2 matrices tr (C1 C2)^(1/2) = sqrt(tr(C1 C2) + 2 sqrt(det C1 det C2)). */
static void full_covariances_in_two_dimensions(void **state) {
    (void)state;
    const double m[] = {0, 0}, c1[] = {2, 1, 1, 3}, c2[] = {5, -2, -2, 1};
    double trace = 2 * 5 + 1 * -2 + 1 * -2 + 3 * 1, determinants = (2 * 3 - 1) * (5 * 1 - 4);
    double expected = 2 + 3 + 5 + 1 - 2 * sqrt(trace + 2 * sqrt(determinants));
    assert_near(distance_of(m, c1, m, c2, 2), expected, 1e-13);
}

/* Both rotated by the same orthogonal matrix (I - 2 v v^T), diagonal covariances keep their distance. */
static void a_rotation_changes_nothing(void **state) {
    (void)state;
    enum { D = 64 };
    static double c1[D * D], c2[D * D], m[D];
    double expected = 0;
    for (int i = 0; i < D; i++) {
        for (int j = 0; j < D; j++) {
            for (int k = 0; k < D; k++) {
                double r = ((i == k) - 2.0 / D) * ((j == k) - 2.0 / D);
                c1[i * D + j] += r * (k + 1) * (k + 1);
                c2[i * D + j] += r * (k % 5) * (k % 5);
            }
        }
        expected += (i + 1 - i % 5) * (i + 1 - i % 5);
    }
    assert_near(distance_of(m, c1, m, c2, D), expected, 1e-9 * expected);
}

static void not_a_number_gives_not_a_number(void **state) {
    (void)state;
    const double m[] = {0, 0}, good[] = {1, 0, 0, 1}, bad[] = {1, 0, 0, NAN};
    assert_true(isnan(distance_of(m, good, m, bad, 2)));
    assert_true(isnan(distance_of(m, bad, m, good, 2)));
    gs_error error;
    double distance;
    assert_int_equal(gs_frechet_distance(m, good, m, good, 0, &distance, &error), GS_ERROR_ARGUMENT);
}

static void ranges_are_mapped(void **state) {
    (void)state;
    const float x[] = {-1, 0, 1, 2};
    float out[4];
    gs_map_range(x, 4, (float[]){-1, 1}, (float[]){0, 4}, out);
    assert_memory_equal(out, ((float[]){0, 2, 4, 6}), sizeof out);
}

/* ---- The judge: logits 10 x, features x, of three pixels x ---- */

enum { CLASSES = 3 };

static weights *judge_weights(void) {
    static const float covariance[] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, mean[] = {0, 0, 0};
    weights *w = weights_new("classifier", CLASSES, 1, 1);
    weights_node(w, "features", "reshape", "['x']", "{'shape': [3]}", NULL);
    weights_node(w, "logits", "affine", "['features']", "{'scale': 10}", NULL);
    weights_outputs(w, "['logits', 'features']");
    weights_tensor(w, "reference_mean", 1, (size_t[]){3}, mean);
    weights_tensor(w, "reference_covariance", 2, (size_t[]){3, 3}, covariance);
    return w;
}

static gs_status measure(weights *w, const float *images, const int *labels, size_t n, gs_quality *quality) {
    gs_model *model = weights_load(w);
    gs_plan *plan = NULL;
    gs_error error = {0};
    assert_int_equal(gs_plan_create(model, NULL, &plan, &error), GS_OK);
    gs_status status = gs_quality_measure(plan, images, labels, n, quality, &error);
    assert_true(!status || error.message[0]);
    gs_plan_free(plan);
    gs_model_free(model);
    weights_free(w);
    return status;
}

static void quality_of_known_images(void **state) {
    (void)state;
    /* The third is outside the range [0, 1] and clipped to (0, 0, 1); the fourth is undecided between 0 and 1. */
    const float images[] = {1, 0, 0, 0, 1, 0, -5, -1, 7, 0.51F, 0.5F, 0};
    const int labels[] = {0, 2, 2, CLASSES};
    gs_quality q;
    assert_int_equal(measure(judge_weights(), images, labels, 4, &q), GS_OK);
    assert_int_equal(q.n, 4);
    assert_int_equal(q.classes, CLASSES);
    assert_near(q.share[0], 0.5, 0);
    assert_near(q.share[1], 0.25, 0);
    assert_near(q.share[2], 0.25, 0);
    assert_near(q.agreement, 2.0 / 3, 1e-15);
    assert_near(q.confident, 0.75, 0);

    const float clipped[] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0.51F, 0.5F, 0};
    double mean[3], covariance[9], expected;
    gs_feature_moments(clipped, 4, 3, mean, covariance, NULL);
    gs_frechet_distance(mean, covariance, (double[3]){0}, (double[]){1, 0, 0, 0, 1, 0, 0, 0, 1}, 3, &expected, NULL);
    assert_near(q.frechet, expected, 1e-12);
}

/* More images than are judged at once. */
static void quality_of_many_images(void **state) {
    (void)state;
    enum { N = 1000 };
    static float images[N * CLASSES];
    static int labels[N];
    for (int k = 0; k < N; k++) {
        labels[k] = k % CLASSES;
        images[k * CLASSES + (k < 900 ? labels[k] : (k + 1) % CLASSES)] = 1;
    }
    gs_quality q;
    assert_int_equal(measure(judge_weights(), images, labels, N, &q), GS_OK);
    assert_near(q.agreement, 0.9, 1e-15);
    assert_near(q.confident, 1, 0);
    assert_near(q.share[0] + q.share[1] + q.share[2], 1, 1e-15);
}

static void quality_of_one_image_without_label(void **state) {
    (void)state;
    gs_quality q;
    assert_int_equal(measure(judge_weights(), (float[]){0, 0, 1}, NULL, 1, &q), GS_OK);
    assert_true(isnan(q.frechet));
    assert_true(isnan(q.agreement));
    assert_near(q.share[2], 1, 0);
    assert_int_equal(measure(judge_weights(), (float[]){0, 0, 1}, NULL, 0, &q), GS_ERROR_ARGUMENT);
}

static void judges_without_reference_are_refused(void **state) {
    (void)state;
    gs_quality q;
    const float image[] = {0, 0, 1};
    weights *w = weights_new("classifier", CLASSES, 1, 1);
    weights_node(w, "features", "reshape", "['x']", "{'shape': [3]}", NULL);
    weights_node(w, "logits", "affine", "['features']", NULL, NULL);
    weights_outputs(w, "['logits', 'features']");
    assert_int_equal(measure(w, image, NULL, 1, &q), GS_ERROR_ARGUMENT);

    w = weights_new("classifier", CLASSES, 1, 1);
    weights_node(w, "logits", "reshape", "['x']", "{'shape': [3]}", NULL);
    assert_int_equal(measure(w, image, NULL, 1, &q), GS_ERROR_ARGUMENT);

    w = weights_new("denoiser", CLASSES, 1, 1);
    weights_node(w, "d", "neg", "['x']", NULL, NULL);
    assert_int_equal(measure(w, image, NULL, 1, &q), GS_ERROR_ARGUMENT);
}

static void images_are_classified(void **state) {
    (void)state;
    enum { N = 300 }; /* more than one chunk */
    static float images[N * CLASSES];
    int classes[N];
    for (int k = 0; k < N; k++)
        images[k * CLASSES + k % CLASSES] = 1;
    images[1] = NAN;
    weights *w = judge_weights();
    gs_model *model = weights_load(w);
    gs_plan *plan;
    assert_int_equal(gs_plan_create(model, NULL, &plan, NULL), GS_OK);
    assert_int_equal(gs_quality_classify(plan, images, N, classes, NULL), GS_OK);
    for (int k = 0; k < N; k++) {
        about("k %d", k);
        assert_int_equal(classes[k], k ? k % CLASSES : -1);
    }
    gs_plan_free(plan);
    gs_model_free(model);
    weights_free(w);
}

/* The same judge with a fourth logit, 5, which stands for none of the classes. */
static weights *rejecting_judge(void) {
    static const float unit[] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}, bias[] = {0, 0, 0, 0.5F};
    weights *w = weights_new("classifier", CLASSES, 1, 1);
    weights_tensor(w, "w", 2, (size_t[]){CLASSES + 1, CLASSES}, unit);
    weights_tensor(w, "b", 1, (size_t[]){CLASSES + 1}, bias);
    weights_set(w, "data.reject", "true");
    weights_node(w, "features", "reshape", "['x']", "{'shape': [3]}", NULL);
    weights_node(w, "scores", "linear", "['features']", NULL, "{'weight': 'w', 'bias': 'b'}");
    weights_node(w, "logits", "affine", "['scores']", "{'scale': 10}", NULL);
    weights_outputs(w, "['logits', 'features']");
    weights_tensor(w, "reference_mean", 1, (size_t[]){CLASSES}, (float[CLASSES]){0});
    weights_tensor(w, "reference_covariance", 2, (size_t[]){CLASSES, CLASSES}, unit);
    return w;
}

static void images_of_no_class_are_rejected(void **state) {
    (void)state;
    /* The judge is sure of one class, is sure of another, wavers between a class and none (soft-max 0.73), rejects, and
     * gives NaN. */
    const float images[] = {1, 0, 0, 0, 1, 0, 0.6F, 0, 0, 0.4F, 0.4F, 0.4F, NAN, 0, 0};
    const int labels[] = {0, 2, 0, 0, CLASSES};
    gs_quality q;
    assert_int_equal(measure(rejecting_judge(), images, labels, 5, &q), GS_OK);
    assert_int_equal(q.classes, CLASSES);
    assert_near(q.share[0], 0.4, 1e-15);
    assert_near(q.share[1], 0.2, 1e-15);
    assert_near(q.share[2], 0, 0);
    assert_near(q.confident, 0.4, 1e-15);
    assert_near(q.rejected, 0.2, 1e-15);
    assert_near(q.agreement, 0.5, 1e-15);
    weights *w = rejecting_judge();
    gs_model *model = weights_load(w);
    gs_plan *plan;
    int classes[5];
    assert_int_equal(gs_plan_create(model, NULL, &plan, NULL), GS_OK);
    assert_int_equal(gs_quality_classify(plan, images, 5, classes, NULL), GS_OK);
    assert_memory_equal(classes, ((int[]){0, 1, 0, -1, -1}), sizeof classes);
    gs_plan_free(plan);
    gs_model_free(model);
    weights_free(w);
}

/* Images that were all drawn for one label are compared with that label's own images if the file describes them. */
static void one_label_has_its_own_statistics(void **state) {
    (void)state;
    const float images[] = {1, 0, 0, 0.9F, 0, 0, 0.8F, 0.1F, 0};
    float mean[CLASSES * CLASSES] = {0}, covariance[CLASSES * CLASSES * CLASSES] = {0};
    mean[2 * CLASSES] = 0.5F;
    for (size_t i = 0; i < CLASSES; i++)
        covariance[2 * CLASSES * CLASSES + i * (CLASSES + 1)] = 0.25F;
    static const struct {
        int labels[3];
        bool told;
        int expected;
    } cases[] = {{{2, 2, 2}, true, 2},
                 {{2, 2, 2}, false, -1},
                 {{2, 2, 1}, true, -1},
                 {{2, 2, CLASSES}, true, -1},
                 {{CLASSES, CLASSES, CLASSES}, true, -1}};
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        weights *w = judge_weights();
        if (cases[i].told) {
            weights_tensor(w, "label_mean", 2, (size_t[]){CLASSES, CLASSES}, mean);
            weights_tensor(w, "label_covariance", 3, (size_t[]){CLASSES, CLASSES, CLASSES}, covariance);
        }
        gs_quality q;
        assert_int_equal(measure(w, images, cases[i].labels, 3, &q), GS_OK);
        double own[CLASSES], own_covariance[9], of_label[CLASSES] = {0.5}, expected;
        bool label = cases[i].expected == 2;
        double scale = label ? 0.25 : 1, unit[9] = {scale, 0, 0, 0, scale, 0, 0, 0, scale};
        gs_feature_moments(images, 3, CLASSES, own, own_covariance, NULL);
        gs_frechet_distance(own, own_covariance, label ? of_label : (double[CLASSES]){0}, unit, CLASSES, &expected,
                            NULL);
        if (q.label != cases[i].expected || !(fabs(q.frechet - expected) < 1e-7))
            fail_msg("case %zu: label %d, distance %.9g; expected %d, %.9g", i, q.label, q.frechet, cases[i].expected,
                     expected);
        assert_int_equal(q.features, CLASSES);
    }
}

/* An image of the reference numbers below. */
static void draw_reference(float *image, int height, int width, int mixed) {
    for (int i = 0; i < height * width; i++) {
        int y = i / width, x = i % width;
        image[i] = (float)((x * x * 3 + y * y * 5 + x * y * mixed) % 97) / 96;
    }
}

/* scikit-image 0.26.0: peak_signal_noise_ratio, and structural_similarity with gaussian_weights, sigma 1.5 and
 * use_sample_covariance False. */
static void distances_of_images(void **state) {
    (void)state;
    static const struct {
        int height, width;
        double psnr, ssim, ssim_of_two; /* of a data range of 2 */
    } cases[] = {{28, 28, 21.761309432540, 0.946954940547, 0.947969517087},
                 {11, 11, 22.251650201373, 0.951157145456, 0.952081259153},
                 {13, 19, 21.795921489057, 0.947672053368, 0.948641129865}};
    for (size_t i = 0; i < 3; i++) {
        about("i %zu", i);
        int height = cases[i].height, width = cases[i].width, size = height * width;
        float a[2 * 784], b[2 * 784];
        draw_reference(a, height, width, 7);
        draw_reference(b, height, width, 2);
        for (int k = 0; k < size; k++)
            b[k] = (float)(0.8 * (double)a[k] + 0.2 * (double)b[k]);
        const int shape[3] = {1, height, width};
        assert_near(gs_psnr(a, b, (size_t)size, 1), cases[i].psnr, 1e-5);
        assert_near(gs_psnr(a, b, (size_t)size, 10), cases[i].psnr + 20, 1e-5);
        assert_near(gs_ssim(a, b, shape, 1), cases[i].ssim, 1e-6);
        assert_near(gs_ssim(a, b, shape, 2), cases[i].ssim_of_two, 1e-6);
        assert_near(gs_ssim(a, a, shape, 1), 1, 1e-12);
        memcpy(a + size, a, (size_t)size * sizeof(float)); /* a second channel that is equal */
        memcpy(b + size, a, (size_t)size * sizeof(float));
        assert_near(gs_ssim(a, b, (const int[]){2, height, width}, 1), (cases[i].ssim + 1) / 2, 1e-6);
    }
    const float black[100] = {0}, nan[121] = {[60] = NAN};
    assert_true(isinf(gs_psnr(black, black, 100, 1)));
    assert_true(isnan(gs_psnr(black, nan, 100, 1)));
    assert_true(isnan(gs_ssim(black, black, (const int[]){1, 10, 10}, 1)));
    assert_true(isnan(gs_ssim(nan, nan, (const int[]){1, 11, 11}, 1)));
}

/* The widths are those of the Python code that chose the training images, models/train/stroke.py. */
static void widths_of_strokes(void **state) {
    (void)state;
    enum { SIDE = 12 };
    static float bar[SIDE * SIDE], line[SIDE * SIDE], ring[SIDE * SIDE], blank[SIDE * SIDE], centred[SIDE * SIDE];
    const float unit[2] = {0, 1};
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            int i = y * SIDE + x;
            bool hole = y >= 5 && y < 7 && x >= 5 && x < 7;
            bar[i] = y >= 2 && y < 10 && x >= 4 && x < 7 ? 1 : 0;
            line[i] = y == 5 && x >= 1 && x < 11 ? 0.5F : 0;
            ring[i] = y >= 3 && y < 9 && x >= 3 && x < 9 && !hole ? 0.95F : 0.05F;
            centred[i] = 2 * bar[i] - 1;
        }
    }
    assert_near(gs_stroke_width(bar, SIDE, SIDE, unit), 2.241501808, 1e-6);
    assert_near(gs_stroke_width(line, SIDE, SIDE, unit), 0.933959126, 1e-6);
    assert_near(gs_stroke_width(ring, SIDE, SIDE, unit), 2.076006174, 1e-6);
    assert_near(gs_stroke_width(centred, SIDE, SIDE, (const float[]){-1, 1}), 2.241501808, 1e-6);
    assert_near(gs_stroke_width(blank, SIDE, SIDE, unit), 0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_of_known_rows),
        cmocka_unit_test(moments_of_far_rows_do_not_cancel),
        cmocka_unit_test(moments_refuse_single_rows),
        cmocka_unit_test(one_dimension),
        cmocka_unit_test(diagonal_covariances),
        cmocka_unit_test(a_gaussian_is_at_distance_0_of_itself),
        cmocka_unit_test(full_covariances_in_two_dimensions),
        cmocka_unit_test(a_rotation_changes_nothing),
        cmocka_unit_test(not_a_number_gives_not_a_number),
        cmocka_unit_test(ranges_are_mapped),
        cmocka_unit_test(quality_of_known_images),
        cmocka_unit_test(quality_of_many_images),
        cmocka_unit_test(quality_of_one_image_without_label),
        cmocka_unit_test(judges_without_reference_are_refused),
        cmocka_unit_test(images_are_classified),
        cmocka_unit_test(images_of_no_class_are_rejected),
        cmocka_unit_test(one_label_has_its_own_statistics),
        cmocka_unit_test(distances_of_images),
        cmocka_unit_test(widths_of_strokes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
