/* The best linear denoiser beside what is known of it: one pixel, independent pixels, pixels that move together. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "study/linear.h"

static void near(double is, double expected) {
    if (!(fabs(is - expected) <= 1e-10 * (1 + fabs(expected))))
        fail_msg("%.17g instead of %.17g", is, expected);
}

static void pixels_by_themselves(void **state) {
    (void)state;
    /* Variances 1, 4 and 0, uncorrelated. */
    static const float images[] = {1, 2, 5, -1, 2, 5, 1, -2, 5, -1, -2, 5};
    gs_linear linear;
    assert_int_equal(gs_linear_create(images, 4, 3, &linear, NULL), GS_OK);
    near(linear.variance, 5);
    near(linear.mean[2], 5);
    near(gs_linear_loss(&linear, 1), 1.0 / 2 + 4.0 / 5);
    near(gs_linear_loss(&linear, 3), 1.0 / 10 + 4.0 / 13);
    gs_linear_free(&linear);
}

/* All pixels are the same number, of variance 1: the only eigenvalue that is not 0 is the number of pixels. */
static void pixels_together(void **state) {
    (void)state;
    enum { PIXELS = 37 };
    float images[2 * PIXELS];
    gs_linear linear;
    for (int i = 0; i < PIXELS; i++) {
        images[i] = 3;
        images[PIXELS + i] = 1;
    }
    assert_int_equal(gs_linear_create(images, 2, PIXELS, &linear, NULL), GS_OK);
    near(linear.variance, PIXELS);
    near(gs_linear_loss(&linear, 0.5), PIXELS / (PIXELS + 0.25));
    near(gs_linear_loss(&linear, 100), PIXELS / (PIXELS + 10000.0));
    gs_linear_free(&linear);
}

/* As sigma grows, the loss is (tr C - tr C^2 / sigma^2) / sigma^2; as it falls, the rank of C. */
static void limits(void **state) {
    (void)state;
    enum { PIXELS = 60, N = 20 };
    float images[N * PIXELS];
    double squares = 0;
    gs_linear linear;
    uint32_t word = 1;
    for (int i = 0; i < N * PIXELS; i++) {
        word = word * 1664525u + 1013904223u;
        images[i] = (float)(word >> 8) * 0x1p-24F;
    }
    assert_int_equal(gs_linear_create(images, N, PIXELS, &linear, NULL), GS_OK);
    for (int i = 0; i < PIXELS; i++)
        squares += linear.diagonal[i] * linear.diagonal[i] + 2 * linear.beside[i] * linear.beside[i];
    double loss = gs_linear_loss(&linear, 100);
    assert_true(fabs(loss * 1e4 - (linear.variance - squares / 1e4)) < 1e-6);
    assert_true(fabs(gs_linear_loss(&linear, 1e-4) - (N - 1)) < 1e-5);
    gs_linear_free(&linear);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_by_themselves),
        cmocka_unit_test(pixels_together),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
