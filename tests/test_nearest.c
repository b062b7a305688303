/* The nearness of samples to training images, compared with brute force and with the known answers for sets that are
 * made here. All seeds are fixed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "support/effort.h"
#include "support/random.h"

enum { PIXELS = 20, TRAINING = 1100, SAMPLES = 100, REAL = 150 };

static float training[TRAINING * PIXELS], samples[SAMPLES * PIXELS], held_out[REAL * PIXELS];

static void assert_near(const char *what, double found, double expected, double tolerance) {
    if (!(fabs(found - expected) <= tolerance))
        fail_msg("%s: %.17g is not within %g of %.17g", what, found, tolerance, expected);
}

static void fill(float *x, size_t count, uint64_t *random) {
    for (size_t i = 0; i < count; i++)
        x[i] = 0.5F + 0.5F * random_float(random);
}

static int prepare(void **state) {
    (void)state;
    uint64_t random = 1;
    fill(training, TRAINING * PIXELS, &random);
    fill(samples, SAMPLES * PIXELS, &random);
    fill(held_out, REAL * PIXELS, &random);
    return 0;
}

static gs_nearness measure(const float *x, size_t n, const float *real, size_t r, int threads) {
    gs_nearness found;
    gs_error error = {0};
    if (gs_nearness_measure(x, n, training, TRAINING, real, r, PIXELS, 1, threads, &found, &error))
        fail_msg("%s", error.message);
    return found;
}

static double nearest(const float *x, size_t own) {
    double least = INFINITY;
    for (size_t j = 0; j < TRAINING; j++) {
        double sum = 0;
        for (size_t k = 0; k < PIXELS; k++) {
            double difference = (double)x[k] - (double)training[j * PIXELS + k];
            sum += difference * difference;
        }
        least = j != own && sum < least ? sum : least;
    }
    return sqrt(least);
}

/* The figures by the definitions, from distances found one by one. */
static void agrees_with_brute_force(void **state) {
    (void)state;
    for (int own = 0; own < 2; own++) {
        double of[SAMPLES], others[REAL], mean = 0, mean_real = 0, nearer = 0;
        for (size_t i = 0; i < SAMPLES; i++)
            mean += (of[i] = nearest(samples + i * PIXELS, SIZE_MAX)) / SAMPLES;
        for (size_t i = 0; i < REAL; i++) {
            size_t index = i * TRAINING / REAL;
            const float *at = own ? training + index * PIXELS : held_out + i * PIXELS;
            mean_real += (others[i] = nearest(at, own ? index : SIZE_MAX)) / REAL;
        }
        for (size_t i = 0; i < SAMPLES; i++)
            for (size_t j = 0; j < REAL; j++)
                nearer += (of[i] < others[j] ? 1 : of[i] > others[j] ? 0 : 0.5) / (SAMPLES * REAL);
        gs_nearness found = measure(samples, SAMPLES, own ? NULL : held_out, REAL, 2);
        const char *what = own ? "training images stand in" : "held-out images";
        assert_near(what, found.distance, mean, 1e-5);
        assert_near(what, found.distance_real, mean_real, 1e-5);
        assert_near(what, found.nearer, nearer, 1e-3);
        assert_int_equal(found.held_out, !own);
        assert_int_equal(found.copies, 0);
    }
}

static void copies_are_found(void **state) {
    (void)state;
    static float x[SAMPLES * PIXELS];
    memcpy(x, samples, sizeof x);
    for (size_t i = 0; i < 40; i++) {
        memcpy(x + i * PIXELS, training + (i * 27) * PIXELS, PIXELS * sizeof *x);
        x[i * PIXELS + i % PIXELS] += i < 30 ? 0.49F / 255 : 0.51F / 255; /* of which 30 are within half a grey level */
    }
    gs_nearness found = measure(x, SAMPLES, held_out, REAL, 1);
    assert_int_equal(found.copies, 30);
    assert_true(found.nearer > 0.6);
    found = measure(training, TRAINING, held_out, REAL, 2);
    assert_int_equal(found.copies, TRAINING);
    assert_near("the training images themselves", found.nearer, 1, 0);
    assert_near("the training images themselves", found.distance, 0, 0);
}

/* Samples of the real images' distribution are nearer in half of the pairs. Over 200 sets, the share's deviation equals
 * the reported one within 15 % (3 standard errors; false-alarm rate 3e-3 for other seeds), and its mean is within 4
 * standard errors of 0.5 (6e-5). */
static void samples_like_real_images_are_as_near(void **state) {
    (void)state;
    enum { TRIALS = 200, N = 30, R = 40 };
    if (effort_percent() < 100)
        skip();
    static float x[N * PIXELS], real[R * PIXELS];
    uint64_t random = 2;
    double sum = 0, square = 0, error = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        fill(x, N * PIXELS, &random);
        fill(real, R * PIXELS, &random);
        gs_nearness found = measure(x, N, real, R, 1);
        sum += found.nearer / TRIALS;
        square += found.nearer * found.nearer / TRIALS;
        error += found.error / TRIALS;
    }
    double deviation = sqrt(square - sum * sum);
    assert_near("mean share", sum, 0.5, 4 * deviation / sqrt(TRIALS));
    assert_near("standard error", error / deviation, 1, 0.15);
}

static void any_number_of_threads_says_the_same(void **state) {
    (void)state;
    gs_nearness first = measure(samples, SAMPLES, held_out, REAL, 1);
    for (int threads = 2; threads < 5; threads++) {
        gs_nearness found = measure(samples, SAMPLES, held_out, REAL, threads);
        if (found.nearer != first.nearer || found.error != first.error || found.distance != first.distance ||
            found.distance_real != first.distance_real)
            fail_msg("%d threads say something else than one", threads);
    }
}

static void single_images_have_no_standard_error(void **state) {
    (void)state;
    gs_nearness found = measure(samples, 1, held_out, 1, 1);
    assert_true(isnan(found.error) && (found.nearer == 0 || found.nearer == 1));
    static float bad[PIXELS] = {NAN};
    found = measure(bad, 1, held_out, REAL, 1);
    assert_true(isnan(found.nearer));
}

static void too_few_images_are_refused(void **state) {
    (void)state;
    static const struct {
        size_t n, m, r;
        bool real;
    } cases[] = {
        {0, TRAINING, REAL, true}, {SAMPLES, 1, 1, true}, {SAMPLES, TRAINING, 0, true}, {SAMPLES, 5, 6, false}};
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        gs_nearness found;
        gs_error error = {0};
        gs_status status =
            gs_nearness_measure(samples, cases[i].n, training, cases[i].m, cases[i].real ? held_out : NULL, cases[i].r,
                                PIXELS, 1, 1, &found, &error);
        if (status != GS_ERROR_ARGUMENT || !strstr(error.message, "at least 2, 1 and 1"))
            fail_msg("case %zu: status %d, \"%s\"", i, status, error.message);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_brute_force),
        cmocka_unit_test(copies_are_found),
        cmocka_unit_test(samples_like_real_images_are_as_near),
        cmocka_unit_test(any_number_of_threads_says_the_same),
        cmocka_unit_test(single_images_have_no_standard_error),
        cmocka_unit_test(too_few_images_are_refused),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
