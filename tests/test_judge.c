/* The shipped judges are sure of digits, and of nothing else. All other images are made here, from a fixed seed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/plan.h"
#include "support/effort.h"
#include "support/random.h"

enum { SIDE = 28, PIXELS = SIDE * SIDE, IMAGES = 200, DIGITS = 32 };

/* Shares of images that a judge may be sure of, above 0.9, and must be. */
static const double MOST = 0.05, LEAST = 0.6;

static float digits[DIGITS * PIXELS];

static double uniform(uint64_t *random, double low, double high) {
    return low + (high - low) * ((double)random_float(random) + 1) / 2;
}

/* ---- What is no digit: one image each ---- */

static void uniform_noise(float *image, int k, uint64_t *random) {
    (void)k;
    for (int i = 0; i < PIXELS; i++)
        image[i] = (float)uniform(random, 0, 1);
}

static void white_dots(float *image, int k, uint64_t *random) {
    double density = 0.05 + 0.9 * k / IMAGES;
    for (int i = 0; i < PIXELS; i++)
        image[i] = uniform(random, 0, 1) < density ? 1 : 0;
}

static void clipped_noise(float *image, int k, uint64_t *random) {
    double deviation = 0.1 + 1.9 * k / IMAGES;
    for (int i = 0; i < PIXELS; i++) {
        double v = deviation * (uniform(random, -1, 1) + uniform(random, -1, 1) + uniform(random, -1, 1));
        image[i] = (float)(v < 0 ? 0 : v > 1 ? 1 : v);
    }
}

static void constant(float *image, int k, uint64_t *random) {
    (void)random;
    for (int i = 0; i < PIXELS; i++)
        image[i] = (float)k / (IMAGES - 1);
}

static void blobs(float *image, int k, uint64_t *random) {
    memset(image, 0, PIXELS * sizeof *image);
    for (int blob = 0; blob <= k % 3; blob++) {
        double x = uniform(random, 6, 22), y = uniform(random, 6, 22), width = uniform(random, 3, 9);
        for (int i = 0; i < PIXELS; i++) {
            double dx = i % SIDE - x, dy = i / SIDE - y;
            double v = (double)image[i] + exp(-(dx * dx + dy * dy) / (2 * width * width));
            image[i] = (float)(v > 1 ? 1 : v);
        }
    }
}

static void checkerboard(float *image, int k, uint64_t *random) {
    int cell = 1 + k % 9, x = random_below(random, SIDE), y = random_below(random, SIDE);
    float dark = (float)uniform(random, 0, 0.5), light = (float)uniform(random, 0.5, 1);
    for (int i = 0; i < PIXELS; i++)
        image[i] = ((i % SIDE + x) / cell + (i / SIDE + y) / cell) % 2 ? light : dark;
}

static void stripes(float *image, int k, uint64_t *random) {
    double angle = uniform(random, 0, 3.1416), wave = uniform(random, 2, 10) / 6.2832;
    for (int i = 0; i < PIXELS; i++)
        image[i] = (float)(0.5 + 0.5 * sin((i % SIDE * cos(angle) + i / SIDE * sin(angle)) / wave + k));
}

static void inverted_digit(float *image, int k, uint64_t *random) {
    (void)random;
    for (int i = 0; i < PIXELS; i++)
        image[i] = 1 - digits[k % DIGITS * PIXELS + i];
}

static void shuffled_digit(float *image, int k, uint64_t *random) {
    memcpy(image, digits + k % DIGITS * PIXELS, PIXELS * sizeof *image);
    for (int i = PIXELS - 1; i > 0; i--) {
        int j = random_below(random, i + 1);
        float v = image[i];
        image[i] = image[j];
        image[j] = v;
    }
}

/* A digit blurred until nobody can read it: the mean over windows of 13 x 13. */
static void blurred_digit(float *image, int k, uint64_t *random) {
    (void)random;
    const float *digit = digits + k % DIGITS * PIXELS;
    for (int i = 0; i < PIXELS; i++) {
        float sum = 0;
        for (int dy = -6; dy <= 6; dy++) {
            for (int dx = -6; dx <= 6; dx++) {
                int x = i % SIDE + dx, y = i / SIDE + dy;
                sum += x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : digit[y * SIDE + x];
            }
        }
        image[i] = sum / 169;
    }
}

/* ---- Strokes ---- */

static void stroke(float *image, double x0, double y0, double x1, double y1, double width) {
    for (int i = 0; i < PIXELS; i++) {
        double dx = x1 - x0, dy = y1 - y0, px = i % SIDE - x0, py = i / SIDE - y0;
        double length = dx * dx + dy * dy, t = length > 0 ? (px * dx + py * dy) / length : 0;
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        double v = width / 2 + 0.5 - hypot(px - t * dx, py - t * dy);
        v = v < 0 ? 0 : v > 1 ? 1 : v;
        image[i] = v > (double)image[i] ? (float)v : image[i];
    }
}

/* Strokes that have not become a digit: short ones here and there. */
static void scattered_strokes(float *image, int k, uint64_t *random) {
    memset(image, 0, PIXELS * sizeof *image);
    for (int i = 0; i < 4 + k % 4; i++) {
        double x = uniform(random, 3, 25), y = uniform(random, 3, 25), angle = uniform(random, 0, 6.2832);
        double length = uniform(random, 2, 5);
        stroke(image, x, y, x + length * cos(angle), y + length * sin(angle), uniform(random, 1.5, 3));
    }
}

/* Polygons and letters in a square from -1 to 1, as strokes "x0 y0 x1 y1" in tenths. */
static const struct drawing {
    const char *name;
    int count;
    signed char strokes[5][4];
} drawings[] = {
    {"square", 4, {{-9, -9, 9, -9}, {9, -9, 9, 9}, {9, 9, -9, 9}, {-9, 9, -9, -9}}},
    {"crossed square", 5, {{-9, -9, 9, -9}, {9, -9, 9, 9}, {9, 9, -9, 9}, {-9, 9, -9, -9}, {-9, -9, 9, 9}}},
    {"plus", 2, {{-9, 0, 9, 0}, {0, -9, 0, 9}}},
    {"star", 3, {{-9, -5, 9, 5}, {-9, 5, 9, -5}, {0, -10, 0, 10}}},
    {"arrow", 3, {{-9, 0, 9, 0}, {9, 0, 3, -6}, {9, 0, 3, 6}}},
    {"A", 3, {{-7, 10, 0, -10}, {0, -10, 7, 10}, {-4, 3, 4, 3}}},
    {"E", 4, {{-6, -10, -6, 10}, {-6, -10, 7, -10}, {-6, 0, 5, 0}, {-6, 10, 7, 10}}},
    {"H", 3, {{-7, -10, -7, 10}, {7, -10, 7, 10}, {-7, 0, 7, 0}}},
    {"K", 3, {{-6, -10, -6, 10}, {-6, 1, 6, -10}, {-6, 1, 7, 10}}},
    {"M", 4, {{-8, 10, -7, -10}, {-7, -10, 0, 6}, {0, 6, 7, -10}, {7, -10, 8, 10}}},
    {"N", 3, {{-7, 10, -7, -10}, {-7, -10, 7, 10}, {7, 10, 7, -10}}},
    {"W", 4, {{-9, -10, -4, 10}, {-4, 10, 0, -5}, {0, -5, 4, 10}, {4, 10, 9, -10}}},
    {"X", 2, {{-7, -10, 7, 10}, {7, -10, -7, 10}}},
};

static void other_shape(float *image, int k, uint64_t *random) {
    const struct drawing *d = &drawings[(size_t)k % GS_COUNT(drawings)];
    double scale = uniform(random, 0.7, 0.95), x = uniform(random, 13, 15), y = uniform(random, 13, 15);
    double width = uniform(random, 1.8, 3.2), lean = uniform(random, -0.15, 0.15);
    memset(image, 0, PIXELS * sizeof *image);
    for (int i = 0; i < d->count; i++) {
        double at[4];
        for (int j = 0; j < 4; j++)
            at[j] = d->strokes[i][j] * scale;
        stroke(image, x + at[0] + lean * at[1], y + at[1], x + at[2] + lean * at[3], y + at[3], width);
    }
}

/* ---- Judges ---- */

/* Of fewer than a dozen, a share says little. */
static int digits_drawn(void) {
    int some = effort(DIGITS);
    return some < 12 ? 12 : some;
}

static gs_plan *plan_of(const char *name, gs_model **model) {
    char path[512];
    gs_plan *plan = NULL;
    gs_error error = {0};
    snprintf(path, sizeof path, "%s/models/%s", GS_SOURCE_DIR, name);
    if (gs_model_load(path, model, &error) || gs_plan_create(*model, NULL, &plan, &error))
        fail_msg("%s", error.message);
    return plan;
}

static int draw_digits(void **state) {
    (void)state;
    gs_model *model;
    gs_plan *plan = plan_of("ncsn.bin", &model);
    gs_sample_options options = {.seed = 5};
    gs_error error = {0};
    if (gs_sample_resolve(model, &options, &error) ||
        gs_sample(plan, &options, (size_t)digits_drawn(), digits, NULL, &error))
        fail_msg("%s", error.message);
    for (int k = digits_drawn(); k < DIGITS; k++)
        memcpy(digits + k * PIXELS, digits + k % digits_drawn() * PIXELS, PIXELS * sizeof *digits);
    for (int i = 0; i < DIGITS * PIXELS; i++)
        digits[i] = digits[i] < 0 ? 0 : digits[i] > 1 ? 1 : digits[i];
    gs_plan_free(plan);
    gs_model_free(model);
    return 0;
}

static gs_quality judged(gs_plan *judge, const float *images, size_t n) {
    gs_quality quality;
    gs_error error = {0};
    if (gs_quality_measure(judge, images, NULL, n, &quality, &error))
        fail_msg("%s", error.message);
    return quality;
}

static void judge_all(const char *name) {
    static const struct {
        const char *name;
        void (*draw)(float *image, int k, uint64_t *random);
    } kinds[] = {
        {"uniform noise", uniform_noise},
        {"white dots", white_dots},
        {"clipped noise", clipped_noise},
        {"constant images", constant},
        {"blobs", blobs},
        {"checkerboards", checkerboard},
        {"stripes", stripes},
        {"inverted digits", inverted_digit},
        {"shuffled digits", shuffled_digit},
        {"blurred digits", blurred_digit},
        {"scattered strokes", scattered_strokes},
        {"letters and polygons", other_shape},
    };
    static float images[IMAGES * PIXELS];
    gs_model *model;
    gs_plan *judge = plan_of(name, &model);
    uint64_t random = 1;
    int wrong = 0;
    gs_quality q = judged(judge, digits, (size_t)digits_drawn());
    print_message("%s: digits of ncsn.bin: confident %.1f %%, rejected %.1f %%\n", name, 100 * q.confident,
                  100 * q.rejected);
    wrong += q.confident < LEAST;
    for (size_t i = 0; i < GS_COUNT(kinds); i++) {
        int drawn = 0;
        for (int k = 0; k < IMAGES; k += (int)effort_step())
            kinds[i].draw(images + drawn++ * PIXELS, k, &random);
        q = judged(judge, images, (size_t)drawn);
        print_message("%s: %s: confident %.1f %%, rejected %.1f %%\n", name, kinds[i].name, 100 * q.confident,
                      100 * q.rejected);
        wrong += q.confident > MOST;
    }
    gs_plan_free(judge);
    gs_model_free(model);
    if (wrong)
        fail_msg(
            "%s: %d of %zu kinds of images above have another share than expected: digits at least %g %%, others at "
            "most %g %%",
            name, wrong, 1 + GS_COUNT(kinds), 100 * LEAST, 100 * MOST);
}

static void the_judge_is_sure_of_digits_alone(void **state) {
    (void)state;
    judge_all("judge.bin");
}

static void the_second_judge_is_sure_of_digits_alone(void **state) {
    (void)state;
    judge_all("judge2.bin");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_judge_is_sure_of_digits_alone),
        cmocka_unit_test(the_second_judge_is_sure_of_digits_alone),
    };
    return cmocka_run_group_tests(tests, draw_digits, NULL);
}
