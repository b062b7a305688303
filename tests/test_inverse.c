/* Linear operators of inverse problems: adjoints, pseudo-inverses, and what they measure. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "support/about.h"
#include "support/random.h"
#include "support/statistics.h"

typedef struct example {
    const char *text;
    int shape[3], measured[3];
} example;

/* Sides that are even and odd, and of one pixel. */
static const example examples[] = {{"none", {2, 3, 5}, {2, 3, 5}},        {"mask:left", {1, 7, 5}, {1, 7, 5}},
                                   {"mask:right", {3, 4, 6}, {3, 4, 6}},  {"mask:top", {1, 5, 4}, {1, 5, 4}},
                                   {"mask:bottom", {2, 6, 3}, {2, 6, 3}}, {"mask:box", {1, 8, 9}, {1, 8, 9}},
                                   {"mask:box,3", {1, 8, 9}, {1, 8, 9}},  {"mask:random,0.3,5", {3, 9, 8}, {3, 9, 8}},
                                   {"mask:random", {1, 9, 8}, {1, 9, 8}}, {"pool:4", {3, 8, 12}, {3, 2, 3}},
                                   {"pool:1", {1, 5, 3}, {1, 5, 3}},      {"blur:1.5", {2, 9, 8}, {2, 9, 8}},
                                   {"blur:0.4", {1, 1, 6}, {1, 1, 6}},    {"blur:20", {1, 8, 5}, {1, 8, 5}},
                                   {"box:3", {1, 8, 5}, {1, 8, 5}},       {"box:5", {3, 5, 6}, {3, 5, 6}},
                                   {"grey", {3, 4, 5}, {1, 4, 5}}};

enum { N = 3, MOST = N * 3 * 12 * 12 };

static gs_operator *make(const char *text, const int shape[3]) {
    gs_operator *a;
    gs_error error = {.status = GS_OK};
    if (gs_operator_create(text, shape, &a, &error))
        fail_msg("%s", error.message);
    return a;
}

static size_t count_of(const int shape[3]) {
    return (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
}

static void fill(float *x, size_t count, unsigned seed) {
    uint64_t random = seed;
    for (size_t i = 0; i < count; i++)
        x[i] = random_float(&random);
}

static double dot(const float *a, const float *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static void assert_near(const float *a, const float *b, size_t count, double tolerance, const char *what) {
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)a[i] - (double)b[i]) <= tolerance))
            fail_msg("%s: element %zu is %g and %g", what, i, (double)a[i], (double)b[i]);
}

/* x.(A^T y) = (A x).y */
static void adjoints_are(void **state) {
    (void)state;
    for (size_t e = 0; e < GS_COUNT(examples); e++) {
        const example *of = &examples[e];
        about("operator %s", of->text);
        gs_operator *a = make(of->text, of->shape);
        float x[MOST], y[MOST], forth[MOST], back[MOST];
        int measured[3];
        gs_operator_shape(a, measured);
        assert_memory_equal(measured, of->measured, sizeof measured);
        size_t from = N * count_of(of->shape), to = N * count_of(measured);
        fill(x, from, 1);
        fill(y, to, 2);
        assert_int_equal(gs_operator_apply(a, x, N, forth, NULL), GS_OK);
        assert_int_equal(gs_operator_adjoint(a, y, N, back, NULL), GS_OK);
        assert_true(fabs(dot(forth, y, to) - dot(x, back, from)) <= 1e-5);
        gs_operator_free(a);
    }
}

/* A A^+ A = A and A^+ A A^+ = A^+; (A^T A + rho I) x = A^T y for x = A^T (A A^T + rho I)^-1 y. */
static void inverses_are(void **state) {
    (void)state;
    for (size_t e = 0; e < GS_COUNT(examples); e++) {
        const example *of = &examples[e];
        about("operator %s", of->text);
        gs_operator *a = make(of->text, of->shape);
        float x[MOST], y[MOST], image[MOST], again[MOST], back[MOST];
        size_t from = N * count_of(of->shape), to = N * count_of(of->measured);
        fill(x, from, 3);
        gs_operator_apply(a, x, N, y, NULL);
        gs_operator_solve(a, y, 0, N, image, NULL);
        gs_operator_apply(a, image, N, again, NULL);
        assert_near(again, y, to, 1e-5, "A A^+ A x");
        gs_operator_solve(a, again, 0, N, back, NULL);
        double most = 1;
        for (size_t i = 0; i < from; i++) /* not by fmax(): GCC 12 for 64-bit ARM fails to vectorise that */
            most = fabs((double)image[i]) > most ? fabs((double)image[i]) : most;
        assert_near(back, image, from, 2e-3 * most, "A^+ A A^+ y"); /* rounding of y over the least singular value */
        fill(y, to, 4);
        gs_operator_solve(a, y, 0.3, N, image, NULL);
        gs_operator_apply(a, image, N, again, NULL);
        gs_operator_adjoint(a, again, N, back, NULL);
        gs_operator_adjoint(a, y, N, again, NULL);
        for (size_t i = 0; i < from; i++)
            back[i] += 0.3F * image[i];
        assert_near(back, again, from, 1e-5, "A^T y");
        gs_operator_free(a);
    }
}

/* What is hidden, as a text of rows. */
static void check_mask(const char *text, const int shape[3], const char *hidden) {
    gs_operator *a = make(text, shape);
    float x[MOST], y[MOST];
    for (size_t i = 0; i < count_of(shape); i++)
        x[i] = 1;
    about("operator %s", text);
    gs_operator_apply(a, x, 1, y, NULL);
    for (size_t i = 0; i < count_of(shape); i++)
        assert_true(y[i] == (hidden[i] == '.'));
    gs_operator_free(a);
}

static void masks_hide_what_they_say(void **state) {
    (void)state;
    check_mask("mask:left", (int[]){1, 2, 5}, "xx...xx...");
    check_mask("mask:right", (int[]){1, 2, 4}, "..xx..xx");
    check_mask("mask:top", (int[]){2, 3, 1}, "x..x..");
    check_mask("mask:bottom", (int[]){1, 3, 2}, "....xx");
    check_mask("mask:box", (int[]){1, 4, 4}, ".....xx..xx.....");
    check_mask("mask:box,1", (int[]){1, 3, 3}, "....x....");
    float seen[4] = {1, 0, 0, 1}, x[8] = {1, 2, 3, 4, 5, 6, 7, 8}, y[8];
    gs_operator *a;
    assert_int_equal(gs_operator_create_mask(seen, (int[]){2, 2, 2}, &a, NULL), GS_OK);
    gs_operator_apply(a, x, 1, y, NULL);
    assert_memory_equal(y, ((float[]){1, 0, 0, 4, 5, 0, 0, 8}), sizeof y);
    gs_operator_free(a);
}

/* The share of hidden pixels is within 5 standard errors: false-alarm rate 6e-7. A larger share hides the same and
 * more, and another seed others. */
static void random_masks_are(void **state) {
    (void)state;
    enum { SIDE = 100, COUNT = SIDE * SIDE };
    static const char *const texts[] = {"mask:random,0.3,1", "mask:random,0.7,1", "mask:random,0.3,2"};
    float *x = malloc(COUNT * sizeof *x), *y[3];
    assert_non_null(x);
    for (int i = 0; i < COUNT; i++)
        x[i] = 1;
    for (int k = 0; k < 3; k++) {
        gs_operator *a = make(texts[k], (int[]){1, SIDE, SIDE});
        y[k] = malloc(COUNT * sizeof *x);
        assert_non_null(y[k]);
        gs_operator_apply(a, x, 1, y[k], NULL);
        double seen = dot(x, y[k], COUNT) / COUNT, share = k == 1 ? 0.3 : 0.7;
        assert_true(fabs(seen - share) < 5 * sqrt(0.21 / COUNT));
        gs_operator_free(a);
    }
    int both = 0;
    for (int i = 0; i < COUNT; i++) {
        assert_true(y[1][i] <= y[0][i]);
        both += y[0][i] > 0 && y[2][i] > 0;
    }
    assert_true(fabs((double)both / COUNT - 0.49) < 5 * 0.5 / SIDE);
    for (int k = 0; k < 3; k++)
        free(y[k]);
    free(x);
}

/* A constant image stays what it is; a point becomes the kernel, whose weights are known. */
static void blurs_are(void **state) {
    (void)state;
    const int shape[3] = {1, 9, 9};
    float x[81] = {0}, y[81];
    gs_operator *a = make("box:3", shape);
    x[0] = 9;
    gs_operator_apply(a, x, 1, y, NULL);
    for (int i = 0; i < 81; i++) {
        int row = i / 9, column = i % 9;
        assert_true(fabs((double)y[i] - ((row < 2 || row == 8) && (column < 2 || column == 8))) < 2e-3);
    }
    gs_operator_free(a);
    a = make("blur:1", shape);
    gs_operator_apply(a, x, 1, y, NULL);
    assert_true(fabs((double)(y[1] / y[0]) - exp(-0.5)) < 2e-3 && fabs((double)(y[18] / y[0]) - exp(-2)) < 2e-3);
    for (int i = 0; i < 81; i++)
        x[i] = 0.5F;
    gs_operator_apply(a, x, 1, y, NULL);
    assert_near(y, x, 81, 1e-6, "a constant image");
    gs_operator_free(a);
}

/* Noise of measurements: its moments, within 5 standard errors (false-alarm rate 6e-7 each), and that it belongs to
 * seed and image. */
static void measurements_have_noise(void **state) {
    (void)state;
    enum { IMAGES = 40, EACH = 64 };
    static float x[IMAGES * EACH], y[IMAGES * EACH], again[IMAGES * EACH];
    gs_operator *a = make("none", (int[]){1, 8, 8});
    assert_int_equal(gs_operator_measure(a, x, 0.7, 9, 0, IMAGES, y, NULL), GS_OK);
    assert_moments(y, IMAGES * EACH, 0, 0.49, "noise");
    assert_int_equal(gs_operator_measure(a, x, 0.7, 9, 5, IMAGES - 5, again, NULL), GS_OK);
    assert_memory_equal(again, y + 5 * EACH, (IMAGES - 5) * EACH * sizeof *y);
    assert_int_equal(gs_operator_measure(a, x, 0.7, 10, 0, IMAGES, again, NULL), GS_OK);
    assert_true(fabs(dot(y, again, IMAGES * EACH)) < 5 * 0.49 * sqrt(IMAGES * EACH));
    assert_int_equal(gs_sample_add_noise(9, 0, 0.7, IMAGES, EACH, x, NULL), GS_OK);
    assert_true(fabs(dot(y, x, IMAGES * EACH)) < 5 * 0.49 * sqrt(IMAGES * EACH));
    assert_int_equal(gs_operator_measure(a, x, -1, 9, 0, IMAGES, y, NULL), GS_ERROR_ARGUMENT);
    gs_operator_free(a);
}

static void mistakes_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
        int shape[3];
    } cases[] = {{"fog", "fog", {1, 4, 4}},
                 {"", "unknown", {1, 4, 4}},
                 {"mask", "left, right", {1, 4, 4}},
                 {"mask:", "left, right", {1, 4, 4}},
                 {"mask:middle", "middle", {1, 4, 4}},
                 {"mask:left,2", "left", {1, 4, 4}},
                 {"mask:box,9", "1 ... 4", {1, 4, 5}},
                 {"mask:box,2,3", "box", {1, 4, 4}},
                 {"mask:random,1.5", "1.5", {1, 4, 4}},
                 {"mask:random,nan", "nan", {1, 4, 4}},
                 {"mask:random,0.5,x", "x", {1, 4, 4}},
                 {"mask:left,1,2,3", "expected", {1, 4, 4}},
                 {"pool", "K", {1, 4, 4}},
                 {"pool:3", "multiples of 3", {1, 4, 4}},
                 {"pool:2.5", "2.5", {1, 4, 4}},
                 {"pool:0", "0", {1, 4, 4}},
                 {"pool:-2", "-2", {1, 4, 4}},
                 {"pool:99999999999999999999", "expected K", {1, 4, 4}},
                 {"blur:0", "0.1", {1, 4, 4}},
                 {"blur:1e3", "1e3", {1, 4, 4}},
                 {"blur:1", "512", {1, 600, 4}},
                 {"box:2", "odd", {1, 4, 4}},
                 {"box:7", "width 7", {1, 8, 5}},
                 {"grey", "3", {1, 4, 4}},
                 {"grey:1", "nothing", {3, 4, 4}},
                 {"none:1", "nothing", {3, 4, 4}},
                 {"none", "4096", {0, 4, 4}},
                 {"none", "4096", {1, 4, 5000}}};
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        gs_operator *a = NULL;
        gs_error error = {.message = ""};
        about("operator %s", cases[i].text);
        assert_int_equal(gs_operator_create(cases[i].text, cases[i].shape, &a, &error), GS_ERROR_ARGUMENT);
        assert_null(a);
        if (!strstr(error.message, cases[i].words))
            fail_msg("no '%s' in '%s'", cases[i].words, error.message);
    }
    gs_operator *a = make("none", (int[]){1, 1, 1});
    float one = 1, out;
    assert_int_equal(gs_operator_solve(a, &one, -1, 1, &out, NULL), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_operator_solve(a, &one, (double)NAN, 1, &out, NULL), GS_ERROR_ARGUMENT);
    gs_operator_free(a);
    gs_operator_free(NULL);
    assert_int_equal(gs_operator_create_mask((float[]){0.5F}, (int[]){1, 1, 1}, &a, NULL), GS_ERROR_ARGUMENT);
    assert_non_null(gs_operator_get(0));
    assert_null(gs_operator_get(-1));
    assert_null(gs_operator_get(99));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adjoints_are),
        cmocka_unit_test(inverses_are),
        cmocka_unit_test(masks_hide_what_they_say),
        cmocka_unit_test(random_masks_are),
        cmocka_unit_test(blurs_are),
        cmocka_unit_test(measurements_have_noise),
        cmocka_unit_test(mistakes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
