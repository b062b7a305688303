/* The loss of denoising score matching, and energies of images, on networks with known answers: pixels that are normal
 * with mean 0 and variance 1/4, whose denoiser is D = a x, a = 1 / (1 + 4 sigma^2), as networks of every kind.
 *
 * For an image x and noise z a pixel of the residual is r = ((a - 1) x + a sigma z) / sigma, normal with mean m = (a -
 * 1) x / sigma and deviation a, so that r^2 has the mean m^2 + a^2 and the variance 2 a^4 + 4 m^2 a^2. Statistical
 * tests have fixed seeds and bounds of 5 standard errors: a false-alarm rate of 6e-7 each. */
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

enum { SIDE = 9, PIXELS = SIDE * SIDE, IMAGES = 300, LEVELS = 3 };
static const double levels[LEVELS] = {2, 0.3, 0.02};
static float images[IMAGES * PIXELS];

/* Normal pixels of deviation 1/2, by the sampler's own noise. */
static int make_images(void **state) {
    (void)state;
    return gs_sample_add_noise(99, 0, 0.5, IMAGES, PIXELS, images, NULL) ? -1 : 0;
}

/* ---- Networks ---- */

static gs_model *normal_of(const char *kind) {
    weights *w = weights_new(kind, 1, SIDE, SIDE);
    weights_inputs(w, true, 0);
    weights_node(w, "s2", "square", "['sigma']", NULL, NULL);
    weights_node(w, "a", "affine", "['s2']", "{'scale': 4, 'shift': 1}", NULL);
    weights_node(w, "r", "reciprocal", "['a']", NULL, NULL);
    if (!strcmp(kind, "energy")) {
        weights_node(w, "q", "square", "['x']", NULL, NULL);
        weights_node(w, "t", "sum", "['q']", "{'over': 'all'}", NULL);
        weights_node(w, "p", "mul", "['t', 'r']", NULL, NULL);
        weights_node(w, "out", "affine", "['p']", "{'scale': 2}", NULL);
    } else {
        weights_node(w, "d", "mul", "['x', 'r']", NULL, NULL);
        if (!strcmp(kind, "score"))
            weights_node(w, "out", "affine", "['d']", "{'scale': -4}", NULL);
        if (!strcmp(kind, "noise")) {
            weights_node(w, "e", "mul", "['d', 'sigma']", NULL, NULL);
            weights_node(w, "out", "affine", "['e']", "{'scale': 4}", NULL);
        }
    }
    gs_model *model = weights_load(w);
    weights_free(w);
    return model;
}

/* E = scale |x|^2, without a noise level. */
static gs_model *plain_of(double scale) {
    char text[64];
    weights *w = weights_new("energy", 1, SIDE, SIDE);
    snprintf(text, sizeof text, "{'scale': %g}", scale);
    weights_node(w, "q", "square", "['x']", NULL, NULL);
    weights_node(w, "t", "sum", "['q']", "{'over': 'all'}", NULL);
    weights_node(w, "out", "affine", "['t']", text, NULL);
    gs_model *model = weights_load(w);
    weights_free(w);
    return model;
}

static gs_plan *plan_of(const gs_model *model, gs_plan_options options) {
    options.gradient = gs_model_get_info(model)->kind == GS_KIND_ENERGY;
    return make_plan(model, options);
}

/* ---- The loss ---- */

/* The mean of the loss of an image, and the variance of one draw of it. */
static double expected(const float *x, double sigma, double *variance) {
    double a = 1 / (1 + 4 * sigma * sigma), sum = 0;
    *variance = 0;
    for (size_t i = 0; i < PIXELS; i++) {
        double m = (a - 1) * (double)x[i] / sigma;
        sum += m * m + a * a;
        *variance += 2 * a * a * a * a + 4 * m * m * a * a;
    }
    return sum;
}

static void the_loss_is_the_known_one(void **state) {
    (void)state;
    const int draws = 9;
    gs_model *model = normal_of("denoiser");
    gs_plan *plan = plan_of(model, (gs_plan_options){.threads = 2});
    gs_loss level[LEVELS], mean;
    gs_loss_options o = {.sigmas = levels, .levels = LEVELS, .draws = draws, .seed = 5};
    assert_int_equal(gs_loss_measure(plan, images, IMAGES, &o, level, &mean, NULL), GS_OK);
    double all = 0;
    for (int i = 0; i < LEVELS; i++) {
        about("level %d", i);
        double sum = 0, squares = 0, noise = 0, variance;
        for (size_t k = 0; k < IMAGES; k++) {
            double loss = expected(images + k * PIXELS, levels[i], &variance);
            sum += loss;
            squares += loss * loss;
            noise += variance;
        }
        double wanted = sum / IMAGES, by_noise = sqrt(noise / draws) / IMAGES;
        double by_all = sqrt((squares / IMAGES - wanted * wanted) / IMAGES + by_noise * by_noise);
        assert_true(level[i].sigma == levels[i]);
        assert_true(fabs(level[i].loss - wanted) < 5 * by_noise);
        assert_true(fabs(level[i].error / by_all - 1) < 0.25);
        assert_true(fabs(level[i].noise_error / by_noise - 1) < 0.25);
        /* the denoiser knows the mean and the deviation, and nothing else */
        assert_true(fabs(level[i].weighted - 1) < 0.1);
        assert_true(fabs(level[i].weighted_error / level[i].weighted / (level[i].error / level[i].loss) - 1) < 1e-9);
        all += level[i].loss / LEVELS;
    }
    assert_true(fabs(mean.loss - all) < 1e-9 * all && mean.error > 0 && mean.noise_error > 0);
    assert_true(mean.noise_error < mean.error && mean.sigma == 0);
    gs_plan_free(plan);
    gs_model_free(model);
}

static void all_kinds_have_the_same_loss(void **state) {
    (void)state;
    static const char *const kinds[] = {"denoiser", "score", "noise", "energy"};
    gs_loss first[LEVELS], level[LEVELS], mean;
    gs_loss_options o = {.sigmas = levels, .levels = LEVELS};
    for (size_t k = 0; k < GS_COUNT(kinds); k++) {
        gs_model *model = normal_of(kinds[k]);
        gs_plan *plan = plan_of(model, (gs_plan_options){.threads = 1});
        assert_int_equal(gs_loss_measure(plan, images, 20, &o, k ? level : first, &mean, NULL), GS_OK);
        for (int i = 0; k && i < LEVELS; i++) {
            about("%s, level %d", kinds[k], i);
            assert_true(fabs(level[i].loss / first[i].loss - 1) < 2e-5);
        }
        assert_true(isnan(mean.noise_error));
        gs_plan_free(plan);
        gs_model_free(model);
    }
}

/* Also that it does not depend on how many images are measured with it. */
static void it_is_the_same_bytes_everywhere(void **state) {
    (void)state;
    gs_model *model = normal_of("energy");
    gs_loss first[LEVELS], level[LEVELS], mean;
    gs_loss_options o = {.sigmas = levels, .levels = LEVELS, .seed = 7, .draws = 2};
    const gs_kernels *kernels;
    for (int i = 0; (kernels = gs_kernels_at(i)); i++) {
        bool supported;
        if (!gs_isa_name(i, &supported) || !supported)
            continue;
        for (int threads = 1; threads <= 3; threads += 2) {
            about("%s, %d threads", kernels->isa, threads);
            gs_plan *plan =
                plan_of(model, (gs_plan_options){.isa = kernels->isa, .threads = threads, .block = 1 + 3 * (i % 2)});
            bool is_first = !i && threads == 1;
            assert_int_equal(gs_loss_measure(plan, images, IMAGES, &o, is_first ? first : level, &mean, NULL), GS_OK);
            assert_true(is_first || !memcmp(first, level, sizeof level));
            gs_plan_free(plan);
        }
    }
    gs_model_free(model);
}

/* ---- Levels and errors ---- */

static void levels_are_chosen(void **state) {
    (void)state;
    gs_model *model = normal_of("denoiser"), *plain = plain_of(1);
    double sigma[12];
    int count;
    gs_loss_options o = {.levels = 3, .sigma_low = 0.1, .sigma_high = 10};
    assert_int_equal(gs_loss_levels(model, &o, sigma, 12, &count, NULL), GS_OK);
    assert_int_equal(count, 3);
    assert_true(sigma[0] == 10 && fabs(sigma[1] - 1) < 1e-12 && sigma[2] == 0.1);
    assert_int_equal(gs_loss_levels(model, NULL, sigma, 12, &count, NULL), GS_OK);
    assert_true(count == 10 && sigma[0] == 30 && sigma[9] == 0.01);
    assert_int_equal(gs_loss_levels(plain, NULL, sigma, 12, &count, NULL), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_loss_levels(plain, &o, sigma, 12, &count, NULL), GS_OK);
    const double outside[] = {31, 0.005, 0, -1, NAN, INFINITY};
    for (size_t i = 0; i < GS_COUNT(outside); i++) {
        about("outside[%zu]", i);
        gs_loss_options bad = {.sigmas = &outside[i], .levels = 1};
        assert_int_equal(gs_loss_levels(model, &bad, NULL, 0, &count, NULL), GS_ERROR_ARGUMENT);
    }
    const gs_loss_options bad[] = {
        {.levels = 10001}, {.levels = -1}, {.sigmas = levels}, {.sigma_low = 2, .sigma_high = 1}, {.sigma_low = 31}};
    for (size_t i = 0; i < GS_COUNT(bad); i++) {
        about("bad[%zu]", i);
        assert_int_equal(gs_loss_levels(model, &bad[i], NULL, 0, &count, NULL), GS_ERROR_ARGUMENT);
    }
    gs_model_free(model);
    gs_model_free(plain);
}

static bool stop_halfway(void *context, double part) {
    *(double *)context = part;
    return part < 0.4;
}

static void mistakes_are_refused(void **state) {
    (void)state;
    gs_model *model = normal_of("denoiser"), *energy = normal_of("energy");
    gs_plan *plan = plan_of(model, (gs_plan_options){.threads = 1});
    gs_plan *without = make_plan(energy, (gs_plan_options){.threads = 1});
    gs_loss level[LEVELS], mean;
    const int wrong[1] = {1};
    double part = 0;
    gs_loss_options o = {.sigmas = levels, .levels = LEVELS};
    gs_loss_options labelled = o, many = o, stopped = o;
    labelled.labels = wrong;
    many.draws = 10001;
    stopped.progress = stop_halfway;
    stopped.context = &part;
    gs_error error;
    assert_int_equal(gs_loss_measure(plan, images, 0, &o, level, &mean, &error), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_loss_measure(plan, images, 1, &labelled, level, &mean, &error), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_loss_measure(plan, images, 1, &many, level, &mean, &error), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_loss_measure(plan, images, 1, &stopped, level, &mean, &error), GS_ERROR_INTERRUPTED);
    assert_true(part > 0.4 && part < 1);
    assert_int_equal(gs_loss_measure(without, images, 1, &o, level, &mean, &error), GS_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "with the gradient"));
    assert_int_equal(gs_loss_measure(plan, images, 1, &o, level, &mean, NULL), GS_OK);
    assert_true(isnan(level[0].error) && isnan(level[0].noise_error) && level[0].loss > 0);
    gs_plan_free(plan);
    gs_plan_free(without);
    gs_model_free(model);
    gs_model_free(energy);
}

/* ---- Energies ---- */

static double square_of(const float *x) {
    double sum = 0;
    for (size_t i = 0; i < PIXELS; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

static void energies_are_the_known_ones(void **state) {
    (void)state;
    gs_model *half = plain_of(0.5), *level = normal_of("energy"), *score = normal_of("score");
    gs_plan *first = plan_of(half, (gs_plan_options){.threads = 2});
    gs_plan *second = plan_of(level, (gs_plan_options){.threads = 2});
    gs_plan *third = plan_of(score, (gs_plan_options){.threads = 2});
    const gs_term terms[] = {
        {.plan = first, .weight = 3}, {.plan = second, .weight = -0.5}, {.plan = third, .weight = 1}};
    float energy[IMAGES], norm[IMAGES];
    double sigma = 0.7, r = 1 / (1 + 4 * sigma * sigma);
    const double of_square[] = {1.5, 1.5 - r, NAN}, of_length[] = {3, 3 - 2 * r, 3 + 2 * r};
    for (int count = 1; count <= 3; count++) {
        assert_int_equal(gs_energy_measure(terms, count, images, sigma, IMAGES, energy, norm, NULL), GS_OK);
        for (size_t k = 0; k < IMAGES; k++) {
            about("%d networks, image %zu", count, k);
            double square = square_of(images + k * PIXELS), wanted = of_square[count - 1] * square;
            assert_true(count == 3 ? isnan(energy[k]) : fabs((double)energy[k] / wanted - 1) < 1e-5);
            assert_true(fabs((double)norm[k] / (of_length[count - 1] * sqrt(square)) - 1) < 1e-5);
        }
    }
    assert_int_equal(gs_energy_measure(terms, 0, images, sigma, 1, energy, norm, NULL), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_energy_measure(terms, 2, images, 0, 1, energy, norm, NULL), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_energy_measure(terms, 1, images, 0, 1, energy, NULL, NULL), GS_OK);
    gs_plan_free(first);
    gs_plan_free(second);
    gs_plan_free(third);
    gs_model_free(half);
    gs_model_free(level);
    gs_model_free(score);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_loss_is_the_known_one),
                                       cmocka_unit_test(all_kinds_have_the_same_loss),
                                       cmocka_unit_test(it_is_the_same_bytes_everywhere),
                                       cmocka_unit_test(levels_are_chosen),
                                       cmocka_unit_test(mistakes_are_refused),
                                       cmocka_unit_test(energies_are_the_known_ones)};
    return cmocka_run_group_tests(tests, make_images, NULL);
}
