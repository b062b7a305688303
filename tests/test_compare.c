/* Samples beside a reference: nearest neighbours, the kernel distance and standard errors, against answers known in
 * closed form, by brute force, or from many repetitions. All seeds are fixed, so that a test fails always or never; the
 * stated false-alarm rates are those over other seeds. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "measure/neighbours.h"
#include "support/effort.h"
#include "support/random.h"
#include "support/weights.h"

static void assert_near(const char *what, double found, double expected, double tolerance) {
    if (!(fabs(found - expected) <= tolerance))
        fail_msg("%s: %.17g is not within %g of %.17g", what, found, tolerance, expected);
}

/* Normal numbers by Box and Muller's method. */
static void fill_normal(float *x, size_t count, double mean, double deviation, uint64_t *state) {
    for (size_t i = 0; i < count; i++) {
        double u = ((double)(random_next(state) >> 11) + 0.5) * 0x1p-53,
               v = (double)(random_next(state) >> 11) * 0x1p-53;
        x[i] = (float)(mean + deviation * sqrt(-2 * log(u)) * cos(6.283185307179586 * v));
    }
}

static gs_neighbour_figures compare_sets(const float *reference, size_t m, const float *samples, size_t n, size_t d) {
    uint64_t *members = calloc(n, sizeof *members);
    for (size_t i = 0; i < n; i++)
        members[i] = 1;
    gs_neighbourhood hood;
    gs_neighbour_figures figures;
    assert_int_equal(gs_neighbourhood_create(reference, m, d, 2, &hood, NULL), GS_OK);
    assert_int_equal(gs_neighbourhood_measure(&hood, samples, members, n, 1, &figures, NULL), GS_OK);
    gs_neighbourhood_free(&hood);
    free(members);
    return figures;
}

static void a_set_beside_itself(void **state) {
    (void)state;
    enum { N = 300, D = 7 };
    static float x[N * D];
    uint64_t random = 1;
    fill_normal(x, N * D, 0, 1, &random);
    gs_neighbour_figures f = compare_sets(x, N, x, N, D);
    assert_near("precision", f.precision, 1, 0);
    assert_near("recall", f.recall, 1, 0);
    assert_near("coverage", f.coverage, 1, 0);
    assert_near("density", f.density, 1.2, 1e-15); /* five neighbours and itself, over five */
}

static void sets_far_apart(void **state) {
    (void)state;
    enum { N = 100, D = 3 };
    static float x[N * D], y[N * D];
    uint64_t random = 2;
    fill_normal(x, N * D, 0, 1, &random);
    fill_normal(y, N * D, 100, 1, &random);
    gs_neighbour_figures f = compare_sets(x, N, y, N, D);
    assert_near("precision", f.precision, 0, 0);
    assert_near("recall", f.recall, 0, 0);
    assert_near("density", f.density, 0, 0);
    assert_near("coverage", f.coverage, 0, 0);
    assert_true(f.kernel > 1e6);
}

/* Copies of one reference image are precise and cover nothing; a set with one half's images has half of the recall. */
static void precision_and_recall_are_told_apart(void **state) {
    (void)state;
    enum { N = 400, D = 2 };
    static float x[N * D], copies[N * D];
    uint64_t random = 3;
    fill_normal(x, N * D, 0, 1, &random);
    for (size_t i = 0; i < N / 2; i++)
        x[i * D] += 1000; /* two clusters */
    for (size_t i = 0; i < N; i++)
        memcpy(copies + i * D, x, D * sizeof *x);
    gs_neighbour_figures f = compare_sets(x, N, copies, N, D);
    assert_near("precision of copies", f.precision, 1, 0);
    assert_true(f.recall <= 1.0 / N && f.coverage <= 10.0 / N);
    f = compare_sets(x, N, x, N / 2, D);
    assert_near("precision of a half", f.precision, 1, 0);
    assert_near("recall of a half", f.recall, 0.5, 0);
    assert_near("coverage of a half", f.coverage, 0.5, 0);
}

/* ---- By brute force ---- */

static double distance2(const float *a, const float *b, size_t d) {
    float sum = 0;
    for (size_t k = 0; k < d; k++)
        sum += (a[k] - b[k]) * (a[k] - b[k]);
    return (double)sum;
}

static double kernel(const float *a, const float *b, size_t d) {
    double sum = 0;
    for (size_t k = 0; k < d; k++)
        sum += (double)a[k] * (double)b[k];
    return pow(sum / (double)d + 1, 3);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double radius2(const float *x, size_t n, size_t d, size_t i, size_t k) {
    double all[600];
    size_t count = 0;
    for (size_t j = 0; j < n; j++)
        if (j != i)
            all[count++] = distance2(x + i * d, x + j * d, d);
    qsort(all, count, sizeof *all, ascending);
    return k <= count ? all[k - 1] : -1;
}

static double mean_kernel(const float *x, size_t n, const float *y, size_t m, size_t d) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            sum += x == y && i == j ? 0 : kernel(x + i * d, y + j * d, d);
    return x == y ? sum / (double)(n * (n - 1)) : sum / (double)(n * m);
}

static gs_neighbour_figures by_brute_force(const float *y, size_t m, const float *x, size_t n, size_t d) {
    gs_neighbour_figures f = {0};
    for (size_t i = 0; i < n; i++) {
        bool precise = false;
        for (size_t j = 0; j < m; j++) {
            precise = precise || distance2(x + i * d, y + j * d, d) <= radius2(y, m, d, j, 3);
            f.density += distance2(x + i * d, y + j * d, d) <= radius2(y, m, d, j, 5);
        }
        f.precision += precise / (double)n;
    }
    for (size_t j = 0; j < m; j++) {
        bool recalled = false, covered = false;
        for (size_t i = 0; i < n; i++) {
            recalled = recalled || distance2(x + i * d, y + j * d, d) <= radius2(x, n, d, i, 3);
            covered = covered || distance2(x + i * d, y + j * d, d) <= radius2(y, m, d, j, 5);
        }
        f.recall += recalled / (double)m;
        f.coverage += covered / (double)m;
    }
    f.density /= 5 * (double)n;
    f.kernel = mean_kernel(x, n, x, n, d) + mean_kernel(y, m, y, m, d) - 2 * mean_kernel(x, n, y, m, d);
    return f;
}

static void every_subset_agrees_with_brute_force(void **state) {
    (void)state;
    enum { N = 75, M = 70, D = 3 };
    static float x[N * D], y[M * D], subset[N * D];
    uint64_t random = 4, members[N];
    fill_normal(x, N * D, 0.3, 1.2, &random);
    fill_normal(y, M * D, 0, 1, &random);
    for (size_t i = 0; i < N; i++)
        members[i] = random_next(&random) | 1;
    gs_neighbourhood hood;
    gs_neighbour_figures found[GS_SUBSETS];
    assert_int_equal(gs_neighbourhood_create(y, M, D, 1, &hood, NULL), GS_OK);
    assert_int_equal(gs_neighbourhood_measure(&hood, x, members, N, GS_SUBSETS, found, NULL), GS_OK);
    gs_neighbourhood_free(&hood);
    for (int s = 0; s < GS_SUBSETS; s++) {
        size_t count = 0;
        for (size_t i = 0; i < N; i++)
            if (members[i] >> s & 1)
                memcpy(subset + D * count++, x + i * D, D * sizeof *x);
        gs_neighbour_figures expected = by_brute_force(y, M, subset, count, D);
        char what[32];
        snprintf(what, sizeof what, "subset %d of %zu", s, count);
        assert_near(what, found[s].precision, expected.precision, 1e-12);
        assert_near(what, found[s].recall, expected.recall, 1e-12);
        assert_near(what, found[s].density, expected.density, 1e-12);
        assert_near(what, found[s].coverage, expected.coverage, 1e-12);
        assert_near(what, found[s].kernel, expected.kernel, 1e-4);
    }
}

/* ---- The kernel distance ---- */

/* In one dimension (x y + 1)^3 = sum of C(3, i) x^i y^i, so that the squared discrepancy is the sum of C(3, i) (E x^i -
 * E y^i)^2: for N(0.5, 1) and N(0, 1), 3 0.5^2 + 3 0.25^2 + 1.625^2. Means of 400 within 4 standard errors: false-alarm
 * rate 6e-5 each. */
static void the_kernel_distance_is_unbiased(void **state) {
    (void)state;
    enum { TRIALS = 400, N = 20, M = 30 };
    static const struct { double mean, expected; } cases[] = {{0, 0}, {0.5, 3 * 0.25 + 3 * 0.0625 + 1.625 * 1.625}};
    uint64_t random = 5;
    for (size_t i = 0; i < 2; i++) {
        double sum = 0, square = 0;
        for (int trial = 0; trial < TRIALS; trial++) {
            float x[N], y[M];
            fill_normal(x, N, cases[i].mean, 1, &random);
            fill_normal(y, M, 0, 1, &random);
            double v = compare_sets(y, M, x, N, 1).kernel;
            sum += v / TRIALS;
            square += v * v / TRIALS;
        }
        char what[64];
        snprintf(what, sizeof what, "mean kernel distance of N(%g, 1)", cases[i].mean);
        assert_near(what, sum, cases[i].expected, 4 * sqrt((square - sum * sum) / TRIALS));
    }
}

/* ---- The whole comparison, by a judge whose features are its D pixels ---- */

enum { D = 3, CLASSES = 3 };

static weights *judge_weights(void) {
    static const float unit[D * D] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, zero[D] = {0};
    weights *w = weights_new("classifier", D, 1, 1);
    weights_set(w, "data.range", "[-1000, 1000]");
    weights_node(w, "features", "reshape", "['x']", "{'shape': [3]}", NULL);
    weights_node(w, "logits", "affine", "['features']", "{'scale': 10}", NULL);
    weights_outputs(w, "['logits', 'features']");
    weights_tensor(w, "reference_mean", 1, (size_t[]){D}, zero);
    weights_tensor(w, "reference_covariance", 2, (size_t[]){D, D}, unit);
    return w;
}

static void add_rows(weights *w, const char *name, const float *rows, size_t n) {
    weights_tensor(w, name, 2, (const size_t[]){n, D}, rows);
}

/* Compare with a judge, which is freed; the status and the words are checked if that fails. */
static gs_status compare(weights *w, const float *images, const int *labels, size_t n, int threads,
                         gs_comparison *comparison, gs_error *error) {
    gs_model *model = weights_load(w);
    gs_plan_options options = {.threads = threads};
    gs_plan *plan;
    assert_int_equal(gs_plan_create(model, &options, &plan, error), GS_OK);
    gs_status status = gs_quality_compare(plan, images, labels, n, 7, comparison, error);
    gs_plan_free(plan);
    gs_model_free(model);
    weights_free(w);
    return status;
}

enum { M = 200, R = 150 };

/* Features of reference and real images from N(0, 1). */
static weights *judge_with_features(float *reference, float *real, uint64_t *random) {
    fill_normal(reference, M * D, 0, 1, random);
    fill_normal(real, R * D, 0, 1, random);
    weights *w = judge_weights();
    add_rows(w, "reference_features", reference, M);
    add_rows(w, "real_features", real, R);
    return w;
}

static void sizes_are_told(void **state) {
    (void)state;
    static float reference[M * D], real[R * D], x[300 * D];
    uint64_t random = 6;
    fill_normal(x, 300 * D, 0, 1, &random);
    static const struct {
        size_t n, compared, real;
        int resamples;
    } cases[] = {{300, M, R, 63}, {170, 170, R, 63}, {100, 100, 100, 63}, {15, 15, 15, 0}, {1, 1, 1, 0}};
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        gs_comparison c;
        gs_error error = {0};
        if (compare(judge_with_features(reference, real, &random), x, NULL, cases[i].n, 1, &c, &error))
            fail_msg("n = %zu: %s", cases[i].n, error.message);
        assert_int_equal(c.n, cases[i].n);
        assert_int_equal(c.compared, cases[i].compared);
        assert_int_equal(c.reference, M);
        assert_int_equal(c.real, cases[i].real);
        assert_int_equal(c.resamples, cases[i].resamples);
        assert_int_equal(isnan(c.frechet.value), cases[i].n < 2);
        assert_int_equal(isnan(c.recall.value), cases[i].n < 4);
        assert_int_equal(isnan(c.recall.error), !cases[i].resamples);
        assert_int_equal(isnan(c.frechet.error), !cases[i].resamples);
    }
    gs_error error = {0};
    gs_comparison c;
    assert_int_equal(compare(judge_with_features(reference, real, &random), x, NULL, 0, 1, &c, &error),
                     GS_ERROR_ARGUMENT);
}

/* Real images have the figures that identical samples would have. */
static void real_images_stand_beside(void **state) {
    (void)state;
    static float reference[M * D], real[R * D];
    uint64_t random = 8;
    weights *w = judge_with_features(reference, real, &random);
    gs_comparison c;
    assert_int_equal(compare(w, real, NULL, R, 2, &c, NULL), GS_OK);
    const gs_measured *figures[] = {&c.frechet, &c.kernel, &c.precision, &c.recall, &c.density, &c.coverage};
    for (size_t i = 0; i < GS_COUNT(figures); i++) {
        assert_true(isfinite(figures[i]->value) && figures[i]->error > 0);
        assert_near("real beside the same", figures[i]->real, figures[i]->value, 0);
    }
}

/* The mean of the reported errors is compared with the deviation of the figures over many sets of samples. The latter
 * is known to 1/sqrt(2 200) = 5 %, and the halves behind the former differ a little from n/2 samples; 20 % is 4
 * standard errors. */
static void standard_errors_are_those_of_repetition(void **state) {
    (void)state;
    enum { TRIALS = 200, N = 120, FIGURES = 6 };
    if (effort_percent() < 100)
        skip();
    static const char *const names[FIGURES] = {"frechet", "kernel", "precision", "recall", "density", "coverage"};
    static float reference[M * D], real[R * D], x[N * D];
    uint64_t random = 9;
    weights *w = judge_with_features(reference, real, &random);
    gs_model *model = weights_load(w);
    gs_plan *plan;
    assert_int_equal(gs_plan_create(model, NULL, &plan, NULL), GS_OK);
    double sum[FIGURES] = {0}, square[FIGURES] = {0}, error[FIGURES] = {0};
    for (int trial = 0; trial < TRIALS; trial++) {
        gs_comparison c;
        fill_normal(x, N * D, 0.5, 1.3, &random);
        assert_int_equal(gs_quality_compare(plan, x, NULL, N, (uint64_t)trial, &c, NULL), GS_OK);
        const gs_measured *figures[FIGURES] = {&c.frechet, &c.kernel, &c.precision, &c.recall, &c.density, &c.coverage};
        for (int i = 0; i < FIGURES; i++) {
            sum[i] += figures[i]->value / TRIALS;
            square[i] += figures[i]->value * figures[i]->value / TRIALS;
            error[i] += figures[i]->error / TRIALS;
        }
    }
    for (int i = 0; i < FIGURES; i++) {
        double deviation = sqrt(square[i] - sum[i] * sum[i]);
        assert_near(names[i], error[i] / deviation, 1, 0.2);
    }
    gs_plan_free(plan);
    gs_model_free(model);
    weights_free(w);
}

static void any_number_of_threads_says_the_same(void **state) {
    (void)state;
    static float reference[M * D], real[R * D], x[130 * D];
    gs_comparison first, other;
    uint64_t random = 10;
    fill_normal(x, 130 * D, 0.1, 1, &random);
    for (int threads = 1; threads < 4; threads++) {
        random = 11;
        memset(&other, 0, sizeof other);
        assert_int_equal(compare(judge_with_features(reference, real, &random), x, NULL, 130, threads, &other, NULL),
                         GS_OK);
        if (threads == 1)
            first = other;
        if (memcmp(&first, &other, sizeof other) != 0)
            fail_msg("%d threads say something else than one", threads);
    }
}

static void what_the_file_lacks_is_not_measured(void **state) {
    (void)state;
    static float x[30 * D];
    uint64_t random = 12;
    fill_normal(x, 30 * D, 0, 1, &random);
    gs_comparison c;
    assert_int_equal(compare(judge_weights(), x, NULL, 30, 1, &c, NULL), GS_OK);
    assert_true(isfinite(c.frechet.value) && c.frechet.error > 0 && isnan(c.frechet.real));
    assert_true(isnan(c.precision.value) && isnan(c.kernel.value) && isnan(c.coverage.real));
    assert_int_equal(c.reference, 0);
    assert_int_equal(c.compared, 0);
    assert_int_equal(c.real, 0);
    weights *w = judge_weights();
    add_rows(w, "reference_features", x, 5); /* too few for five neighbours */
    assert_int_equal(compare(w, x, NULL, 30, 1, &c, NULL), GS_OK);
    assert_int_equal(c.reference, 0);
    assert_true(isnan(c.density.value));
}

static void tensors_of_other_sizes_are_refused(void **state) {
    (void)state;
    static const float zeros[64] = {0}, halves[8] = {0, 0.5F}, threes[8] = {3};
    static const struct {
        const char *name;
        int rank;
        size_t shape[3];
        const float *data;
        const char *words;
    } cases[] = {
        {"reference_features", 2, {8, 2, 0}, zeros, "tensor reference_features has other sizes"},
        {"reference_features", 1, {8, 0, 0}, zeros, "tensor reference_features has other sizes"},
        {"real_features", 3, {8, 3, 1}, zeros, "tensor real_features has other sizes"},
        {"label_mean", 2, {2, 3, 0}, zeros, "tensor label_mean has other sizes"},
        {"label_covariance", 3, {3, 3, 2}, zeros, "tensor label_covariance has other sizes"},
        {"real_labels", 1, {7, 0, 0}, zeros, "tensor real_labels has other sizes"},
        {"real_labels", 1, {8, 0, 0}, halves, "real_labels[1] is 0.5, expected a class, 0 ... 2"},
        {"real_labels", 1, {8, 0, 0}, threes, "real_labels[0] is 3, expected a class, 0 ... 2"},
    };
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        weights *w = judge_weights();
        if (!strcmp(cases[i].name, "real_labels"))
            add_rows(w, "real_features", zeros, 8);
        weights_tensor(w, cases[i].name, cases[i].rank, cases[i].shape, cases[i].data);
        gs_comparison c;
        gs_error error = {0};
        assert_int_equal(compare(w, zeros, NULL, 20, 1, &c, &error), GS_ERROR_ARGUMENT);
        if (!strstr(error.message, cases[i].words))
            fail_msg("case %zu, %s: \"%s\" does not say \"%s\"", i, cases[i].name, error.message, cases[i].words);
    }
}

/* ---- Labels ---- */

enum { EACH = 60 };

/* A judge of three classes whose images lie around 0, 100 and 200, with EACH of each as reference and as real images.
 */
static weights *judge_of_classes(float *reference, float *real, uint64_t *random) {
    static float labels[CLASSES * EACH], mean[CLASSES * D], covariance[CLASSES * D * D];
    for (size_t k = 0; k < CLASSES * EACH; k++) {
        labels[k] = (float)(k % CLASSES);
        fill_normal(reference + k * D, D, 100 * (double)labels[k], 1, random);
        fill_normal(real + k * D, D, 100 * (double)labels[k], 1, random);
    }
    for (size_t i = 0; i < CLASSES * D; i++) {
        mean[i] = 100 * (float)(i / D);
        covariance[i * D + i % D] = 1;
    }
    weights *w = judge_weights();
    add_rows(w, "reference_features", reference, CLASSES * EACH);
    weights_tensor(w, "reference_labels", 1, (size_t[]){CLASSES * EACH}, labels);
    add_rows(w, "real_features", real, CLASSES * EACH);
    weights_tensor(w, "real_labels", 1, (size_t[]){CLASSES * EACH}, labels);
    weights_tensor(w, "label_mean", 2, (size_t[]){CLASSES, D}, mean);
    weights_tensor(w, "label_covariance", 3, (size_t[]){CLASSES, D, D}, covariance);
    return w;
}

static void images_of_one_label_are_compared_with_their_own(void **state) {
    (void)state;
    enum { N = 50 };
    static float reference[CLASSES * EACH * D], real[CLASSES * EACH * D], x[N * D];
    int labels[N];
    uint64_t random = 13;
    fill_normal(x, N * D, 200, 1, &random);
    for (size_t k = 0; k < N; k++)
        labels[k] = 2;
    gs_comparison c;
    assert_int_equal(compare(judge_of_classes(reference, real, &random), x, labels, N, 1, &c, NULL), GS_OK);
    assert_int_equal(c.label, 2);
    assert_int_equal(c.reference, EACH);
    assert_int_equal(c.real, N);
    assert_true(c.frechet.value < 1 && c.frechet.real < 1 && c.precision.value > 0.7 && c.recall.value > 0.7);
    labels[0] = 1; /* now they are of two labels */
    assert_int_equal(compare(judge_of_classes(reference, real, &random), x, labels, N, 1, &c, NULL), GS_OK);
    assert_int_equal(c.label, -1);
    assert_int_equal(c.reference, CLASSES * EACH);
    assert_true(c.frechet.value > 10000 && c.recall.value < 0.4);
}

/* Real images are chosen with the labels of the samples, as far as there are any. */
static void real_images_have_the_samples_labels(void **state) {
    (void)state;
    enum { N = 100 };
    static float reference[CLASSES * EACH * D], real[CLASSES * EACH * D], x[N * D], chosen[N * D];
    int labels[N];
    uint64_t random = 14;
    fill_normal(x, N * D, 0, 1, &random);
    for (size_t k = 0; k < N; k++)
        labels[k] = k < 70 ? 0 : 1; /* more of the first than there are */
    gs_comparison c;
    weights *w = judge_of_classes(reference, real, &random);
    assert_int_equal(compare(w, x, labels, N, 1, &c, NULL), GS_OK);
    assert_int_equal(c.real, EACH + 30);
    for (size_t k = 0; k < EACH + 30; k++)
        memcpy(chosen + k * D, real + (k < EACH ? 3 * k : 3 * (k - EACH) + 1) * D, D * sizeof *real);
    double mean[D], covariance[D * D], expected;
    gs_feature_moments(chosen, EACH + 30, D, mean, covariance, NULL);
    gs_frechet_distance(mean, covariance, (double[D]){0}, (double[]){1, 0, 0, 0, 1, 0, 0, 0, 1}, D, &expected, NULL);
    assert_near("real images of the samples' labels", c.frechet.real, expected, 1e-6 * expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_beside_itself),
        cmocka_unit_test(sets_far_apart),
        cmocka_unit_test(precision_and_recall_are_told_apart),
        cmocka_unit_test(every_subset_agrees_with_brute_force),
        cmocka_unit_test(the_kernel_distance_is_unbiased),
        cmocka_unit_test(sizes_are_told),
        cmocka_unit_test(real_images_stand_beside),
        cmocka_unit_test(standard_errors_are_those_of_repetition),
        cmocka_unit_test(any_number_of_threads_says_the_same),
        cmocka_unit_test(what_the_file_lacks_is_not_measured),
        cmocka_unit_test(tensors_of_other_sizes_are_refused),
        cmocka_unit_test(images_of_one_label_are_compared_with_their_own),
        cmocka_unit_test(real_images_have_the_samples_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
