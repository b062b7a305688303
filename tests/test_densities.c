/* Densities that need no file: their energies by formulas written here, by quadrature and by differences; the networks
 * made of them on every instruction set; and exact samples. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gensample/gensample.h"
#include "support/about.h"
#include "support/effort.h"
#include "support/statistics.h"
#include "support/worst.h"

enum { DIM_MAX = 16, POINTS = 40 };
static const double errors_allowed = 5, pi = 3.14159265358979324;

/* Densities of at most DIM_MAX dimensions, each kind at least once. */
static const char *const texts[] = {"gaussian",
                                    "gaussian:dim=16,mean=3,sd=0.2",
                                    "gaussian:mean=1/-2/0.5,sd=0.5/1/2,log-z=7",
                                    "correlated",
                                    "correlated:dim=12,mean=-1,sd=0.5,correlation=-0.05,log-z=1",
                                    "correlated:mean=1/-2/0.5,correlation=0.99,levels=no",
                                    "mixture",
                                    "mixture:dim=1,means=-2,2,sd=0.5,weights=0.3,0.7",
                                    "mixture:means=-1/0/3,4/4/4,0/0/0,sd=0.1,0.5,2,levels=no",
                                    "rings",
                                    "rings:radii=0.5,1,2,sd=0.3,weights=1,2,3",
                                    "moons",
                                    "moons:sd=0.4,levels=no,log-z=-3",
                                    "funnel",
                                    "funnel:dim=10,scale=1",
                                    "banana",
                                    "banana:dim=4,b=0.5,sd=2,log-z=2.5",
                                    "double-well",
                                    "double-well:dim=3,height=2.5,wells=2"};
enum { TEXTS = sizeof texts / sizeof *texts };

static gs_density *create(const char *text) {
    gs_error error;
    gs_density *density;
    if (gs_density_create(text, &density, &error))
        fail_msg("%s", error.message);
    return density;
}

static gs_model *create_model(const char *text) {
    gs_error error;
    gs_model *model;
    if (gs_model_create_density(text, &model, &error))
        fail_msg("%s: %s", text, error.message);
    return model;
}

/* -log p without noise where `sigma` is 0; `gradient` may be NULL. */
static double energy_at(const gs_density *density, const double *x, double sigma, double *gradient) {
    double energy;
    assert_int_equal(gs_density_energy(density, x, sigma, 1, &energy, gradient, NULL), GS_OK);
    return energy;
}

/* Whether the noisy density is known. */
static bool has_noise(const gs_density *density) {
    double x[DIM_MAX] = {0};
    return gs_density_energy(density, x, 1, 1, NULL, NULL, NULL) == GS_OK;
}

static float *draw(const gs_density *density, double sigma, uint64_t seed, size_t n) {
    float *x = malloc(n * (size_t)gs_density_dimensions(density) * sizeof *x);
    assert_non_null(x);
    assert_int_equal(gs_density_draw(density, sigma, seed, 0, n, x, NULL), GS_OK);
    return x;
}

/* ---- Closed forms ---- */

static double log_normal(double x, double mean, double sd) {
    double z = (x - mean) / sd;
    return -0.5 * z * z - log(sd * sqrt(2 * pi));
}

static double gaussian_formula(const double *x) {
    return -log_normal(x[0], 1, 0.5) - log_normal(x[1], -2, 1) - log_normal(x[2], 0.5, 2) - 7;
}

/* By the inverse of ((4, 2), (2, 4)). */
static double correlated_formula(const double *x) {
    double y = x[0] - 1, z = x[1] + 1;
    return (4 * y * y - 4 * y * z + 4 * z * z) / 24 + 0.5 * log(12) + log(2 * pi);
}

/* With noise of deviation 2 the matrix is ((8, 2), (2, 8)). */
static double noisy_correlated_formula(const double *x) {
    double y = x[0] - 1, z = x[1] + 1;
    return (8 * y * y - 4 * y * z + 8 * z * z) / 120 + 0.5 * log(60) + log(2 * pi);
}

static double mixture_formula(const double *x) {
    return -log(0.3 * exp(log_normal(x[0], -2, 0.5)) + 0.7 * exp(log_normal(x[0], 2, 0.5)));
}

/* With noise of deviation 0.75. */
static double noisy_formula(const double *x) {
    double sd = sqrt(0.25 + 0.5625);
    return -log(0.3 * exp(log_normal(x[0], -2, sd)) + 0.7 * exp(log_normal(x[0], 2, sd)));
}

static double funnel_formula(const double *x) {
    double sum = -log_normal(x[0], 0, 1);
    for (int i = 1; i < 10; i++)
        sum -= log_normal(x[i], 0, exp(x[0] / 2));
    return sum;
}

static double banana_formula(const double *x) {
    double y = x[1] - 0.5 * (x[0] * x[0] - 4);
    return -log_normal(x[0], 0, 2) - log_normal(y, 0, 1) - log_normal(x[2], 0, 1) - log_normal(x[3], 0, 1) - 2.5;
}

/* Their weights and the parameters are rounded to single precision. */
static void energies_are_those_of_formulas(void **state) {
    (void)state;
    const struct {
        const char *text;
        double sigma;
        double (*formula)(const double *x);
    } cases[] = {{"gaussian:mean=1/-2/0.5,sd=0.5/1/2,log-z=7", 0, gaussian_formula},
                 {"correlated:mean=1/-1,sd=2,correlation=0.5", 0, correlated_formula},
                 {"correlated:mean=1/-1,sd=2,correlation=0.5", 2, noisy_correlated_formula},
                 {"mixture:dim=1,means=-2,2,sd=0.5,weights=0.3,0.7", 0, mixture_formula},
                 {"mixture:dim=1,means=-2,2,sd=0.5,weights=0.3,0.7", 0.75, noisy_formula},
                 {"funnel:dim=10,scale=1", 0, funnel_formula},
                 {"banana:dim=4,b=0.5,sd=2,log-z=2.5", 0, banana_formula}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        about("%s", cases[k].text);
        gs_density *density = create(cases[k].text);
        size_t dim = (size_t)gs_density_dimensions(density);
        float *at = draw(density, 1, 1, POINTS);
        for (size_t i = 0; i < POINTS; i++) {
            double x[DIM_MAX];
            for (size_t j = 0; j < dim; j++)
                x[j] = (double)at[i * dim + j];
            double expected = cases[k].formula(x), found = energy_at(density, x, cases[k].sigma, NULL);
            assert_true(fabs(found - expected) <= 1e-7 * fmax(1, fabs(expected)));
        }
        free(at);
        gs_density_free(density);
    }
}

/* Differences over 2 h err by h^2 and by rounding over h. */
static void gradients_are_those_of_differences(void **state) {
    (void)state;
    for (int k = 0; k < TEXTS; k++) {
        about("%s", texts[k]);
        gs_density *density = create(texts[k]);
        size_t dim = (size_t)gs_density_dimensions(density);
        float *at = draw(density, 0.5, 2, POINTS);
        for (int noisy = 0; noisy <= (int)has_noise(density); noisy++)
            for (size_t i = 0; i < POINTS; i++) {
                double x[DIM_MAX], gradient[DIM_MAX], sigma = 0.7 * noisy;
                for (size_t j = 0; j < dim; j++)
                    x[j] = (double)at[i * dim + j];
                double scale = 1 + fabs(energy_at(density, x, sigma, gradient));
                for (size_t j = 0; j < dim; j++) {
                    const double h = 1e-5, middle = x[j];
                    x[j] = middle + h;
                    double up = energy_at(density, x, sigma, NULL);
                    x[j] = middle - h;
                    double difference = (up - energy_at(density, x, sigma, NULL)) / (2 * h);
                    x[j] = middle;
                    assert_true(fabs(difference - gradient[j]) < 1e-6 * (scale + fabs(gradient[j])));
                }
            }
        free(at);
        gs_density_free(density);
    }
}

/* The trapezoid rule over a square around the data range is exact to many digits for smooth functions. */
static double integral(const gs_density *density, const float range[2], double sigma) {
    enum { SIDE = 300 };
    double width = (double)range[1] - (double)range[0] + 12 * sigma, low = (double)range[0] - 6 * sigma;
    double step = width / SIDE, sum = 0;
    bool plane = gs_density_dimensions(density) == 2;
    for (int i = 0; i <= SIDE; i++)
        for (int j = 0; j <= (plane ? SIDE : 0); j++)
            sum += exp(-energy_at(density, (double[]){low + i * step, low + j * step}, sigma, NULL));
    return sum * step * (plane ? step : 1);
}

/* Of the funnel too much is outside, and its neck is too narrow. */
static void densities_integrate_to_z(void **state) {
    (void)state;
    for (int k = 0; k < TEXTS; k++) {
        gs_density *density = create(texts[k]);
        if (gs_density_dimensions(density) <= 2 && strncmp(texts[k], "funnel", 6) != 0) {
            gs_model *model = create_model(texts[k]);
            for (int noisy = 0; noisy <= (int)has_noise(density) && noisy < effort(2); noisy++) {
                double z = integral(density, gs_model_get_info(model)->range, 0.8 * noisy);
                double ratio = z / exp(gs_density_log_z(density));
                print_message("%s, noise %g: integral / Z = 1 %+.1e\n", texts[k], 0.8 * noisy, ratio - 1);
                assert_true(fabs(ratio - 1) < 2e-4);
            }
            gs_model_free(model);
        }
        gs_density_free(density);
    }
}

/* ---- Networks ---- */

/* Largest errors of energies, relative to 1 or the energy without log Z if that is larger, and of gradients relative to
 * the largest element. */
static void compare(gs_plan *plan, const gs_density *density, const float *x, double sigma, double worst[2]) {
    float energy[POINTS], gradient[POINTS * DIM_MAX];
    size_t dim = (size_t)gs_density_dimensions(density);
    gs_error error;
    if (gs_plan_gradient(plan, x, sigma > 0 ? sigma : 1, NULL, POINTS, energy, gradient, &error))
        fail_msg("%s", error.message);
    for (size_t i = 0; i < POINTS; i++) {
        double wide[DIM_MAX], expected[DIM_MAX], largest = 0, off = 0;
        for (size_t j = 0; j < dim; j++)
            wide[j] = (double)x[i * dim + j];
        double e = energy_at(density, wide, sigma, expected);
        for (size_t j = 0; j < dim; j++) {
            largest = worst_of(largest, fabs(expected[j]));
            off = worst_of(off, fabs((double)gradient[i * dim + j] - expected[j]));
        }
        worst[0] = worst_of(worst[0], fabs((double)energy[i] - e) / fmax(1, fabs(e)));
        worst[1] = worst_of(worst[1], off / fmax(1, largest));
    }
}

/* Gradients of curves are sums over many Gaussians that nearly cancel. */
static void networks_compute_the_closed_forms(void **state) {
    (void)state;
    for (int k = 0; k < TEXTS; k++) {
        about("%s", texts[k]);
        gs_density *density = create(texts[k]);
        gs_model *model = create_model(texts[k]);
        gs_plan *plan;
        double worst[2] = {0, 0};
        bool levels = gs_model_get_info(model)->takes_sigma;
        assert_int_equal(gs_plan_create(model, &(gs_plan_options){.gradient = true}, &plan, NULL), GS_OK);
        for (int level = 0; level < (levels ? 3 : 1); level++) {
            double sigma = levels ? (double[]){0.1, 1, 20}[level] : 0;
            float *x = draw(density, levels ? sigma : 0.3, 3, POINTS);
            compare(plan, density, x, sigma, worst);
            free(x);
        }
        print_message("%s: energies err by at most %.1e, gradients by %.1e\n", texts[k], worst[0], worst[1]);
        assert_true(worst[0] < 1e-5 && worst[1] < 1e-5);
        gs_plan_free(plan);
        gs_model_free(model);
        gs_density_free(density);
    }
}

static void networks_are_the_same_bytes_everywhere(void **state) {
    (void)state;
    for (int k = 0; k < TEXTS; k++) {
        gs_density *density = create(texts[k]);
        gs_model *model = create_model(texts[k]);
        float *x = draw(density, 0.5, 4, POINTS), energy[2][POINTS], gradient[2][POINTS * DIM_MAX];
        bool supported;
        const char *isa;
        for (int i = 0; (isa = gs_isa_name(i, &supported)); i++) {
            gs_plan *plan;
            if (!supported)
                continue;
            about("%s, %s", texts[k], isa);
            assert_int_equal(gs_plan_create(model, &(gs_plan_options){.isa = isa, .gradient = true}, &plan, NULL),
                             GS_OK);
            assert_int_equal(gs_plan_gradient(plan, x, 0.5, NULL, POINTS, energy[i > 0], gradient[i > 0], NULL), GS_OK);
            gs_plan_free(plan);
            size_t size = POINTS * (size_t)gs_density_dimensions(density) * sizeof(float);
            if (i > 0) {
                assert_memory_equal(energy[0], energy[1], sizeof energy[0]);
                assert_memory_equal(gradient[0], gradient[1], size);
            }
        }
        free(x);
        gs_model_free(model);
        gs_density_free(density);
    }
}

/* ---- Samples ---- */

/* Stein's identities, E[dE/dx_i] = 0 and E[x_i dE/dx_i] = 1 for every coordinate, hold for exact samples of smooth
 * densities. The false-alarm rate is 6e-7 each where the central limit theorem holds, and it nearly does: heavy tails
 * enlarge the standard error, too. */
static void check_stein(const gs_density *density, double sigma, size_t n) {
    size_t dim = (size_t)gs_density_dimensions(density);
    float *x = draw(density, sigma, 5, n);
    double sum[2][DIM_MAX] = {{0}}, squares[2][DIM_MAX] = {{0}};
    for (size_t i = 0; i < n; i++) {
        double wide[DIM_MAX], gradient[DIM_MAX];
        for (size_t j = 0; j < dim; j++)
            wide[j] = (double)x[i * dim + j];
        energy_at(density, wide, sigma, gradient);
        for (size_t j = 0; j < dim; j++) {
            double values[2] = {gradient[j], wide[j] * gradient[j] - 1};
            for (int k = 0; k < 2; k++) {
                sum[k][j] += values[k];
                squares[k][j] += values[k] * values[k];
            }
        }
    }
    for (int k = 0; k < 2; k++)
        for (size_t j = 0; j < dim; j++)
            assert_true(fabs(sum[k][j]) < errors_allowed * sqrt(squares[k][j]));
    free(x);
}

static void samples_have_their_density(void **state) {
    (void)state;
    for (int k = 0; k < TEXTS; k++) {
        about("%s", texts[k]);
        gs_density *density = create(texts[k]);
        for (int noisy = 0; noisy <= (int)has_noise(density); noisy++)
            check_stein(density, 0.6 * noisy, (size_t)effort(8000));
        gs_density_free(density);
    }
}

/* One coordinate, 1 of n of them, as an array. */
static void assert_coordinate(const char *text, double sigma, int coordinate, double mean, double variance) {
    const size_t n = (size_t)effort(20000);
    gs_density *density = create(text);
    size_t dim = (size_t)gs_density_dimensions(density);
    float *x = draw(density, sigma, 6, n);
    for (size_t i = 0; i < n; i++)
        x[i] = x[i * dim + (size_t)coordinate];
    assert_moments(x, n, mean, variance, text);
    free(x);
    gs_density_free(density);
}

static void normal_coordinates_have_their_moments(void **state) {
    (void)state;
    assert_coordinate("gaussian", 0, 0, 0, 1);
    assert_coordinate("gaussian:mean=1/-2/0.5,sd=0.5/1/2", 1.5, 2, 0.5, 4 + 2.25);
    assert_coordinate("correlated:dim=3,mean=2,sd=1.5,correlation=0.8", 1, 2, 2, 2.25 + 1);
    assert_coordinate("funnel:dim=3", 0, 0, 0, 9);
    assert_coordinate("banana:dim=5", 2, 0, 0, 104);
    assert_coordinate("banana:dim=5", 0, 4, 0, 1);
}

/* The shares of components, of rings and of wells. The false-alarm rate is 6e-7 each. */
static void components_have_their_shares(void **state) {
    (void)state;
    const struct {
        const char *text;
        double from, to; /* of the distance from 0 */
        double share;
    } cases[] = {{"mixture:dim=1,means=1,3,8,sd=0.1,weights=1,2,5", 2, 4, 0.25},
                 {"rings:radii=1,3,sd=0.05,weights=3,1", 0, 2, 0.75},
                 {"rings", 2, 9, 0.5}};
    const size_t n = (size_t)effort(20000);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        gs_density *density = create(cases[k].text);
        size_t dim = (size_t)gs_density_dimensions(density), within = 0;
        float *x = draw(density, 0, 7, n);
        for (size_t i = 0; i < n; i++) {
            double y = dim > 1 ? (double)x[i * dim + 1] : 0, r = hypot((double)x[i * dim], y);
            within += r > cases[k].from && r < cases[k].to;
        }
        double error = sqrt(cases[k].share * (1 - cases[k].share) / (double)n);
        print_message("%s: share %.4f\n", cases[k].text, (double)within / (double)n);
        assert_true(fabs((double)within / (double)n - cases[k].share) < errors_allowed * error);
        free(x);
        gs_density_free(density);
    }
}

static void sample_k_is_the_same_whatever_else_is_drawn(void **state) {
    (void)state;
    enum { N = 10 };
    for (int k = 0; k < TEXTS; k++) {
        about("%s", texts[k]);
        gs_density *density = create(texts[k]);
        size_t dim = (size_t)gs_density_dimensions(density);
        float *all = draw(density, 0.3, 8, N), some[2 * DIM_MAX];
        assert_int_equal(gs_density_draw(density, 0.3, 8, 5, 2, some, NULL), GS_OK);
        assert_memory_equal(some, all + 5 * dim, 2 * dim * sizeof *some);
        free(all);
        gs_density_free(density);
    }
}

static void arguments_are_checked(void **state) {
    (void)state;
    gs_density *density = create("funnel");
    gs_error error;
    double x[2] = {0};
    float out[2];
    assert_int_equal(gs_density_energy(density, x, 1, 1, x, NULL, &error), GS_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "no closed form"));
    const double wrong[] = {-1, NAN, INFINITY};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(gs_density_energy(density, x, wrong[i], 1, x, NULL, &error), GS_ERROR_ARGUMENT);
        assert_int_equal(gs_density_draw(density, wrong[i], 0, 0, 1, out, &error), GS_ERROR_ARGUMENT);
    }
    assert_int_equal(gs_density_draw(density, 0, 0, UINT64_MAX, 1, out, &error), GS_ERROR_ARGUMENT);
    assert_int_equal(gs_density_draw(density, 0, 0, UINT64_C(1) << 60, 0, out, &error), GS_ERROR_ARGUMENT);
    gs_density_free(density);
    gs_density_free(NULL);
}

/* ---- Rows ---- */

/* The defaults that rows name are values that they take, and every kind is among the texts above. */
static void rows_are_sound(void **state) {
    (void)state;
    const gs_density_info *info;
    for (int i = 0; (info = gs_density_get(i)); i++) {
        about("%s", info->name);
        char text[400];
        int used = snprintf(text, sizeof text, "%s", info->name), found = 0;
        for (const gs_density_parameter *p = info->parameters; p->name; p++)
            if (p->value[0])
                used += snprintf(text + used, sizeof text - (size_t)used, "%c%s=%s", p == info->parameters ? ':' : ',',
                                 p->name, p->value);
        gs_model *written = create_model(text), *short_one = create_model(info->name);
        assert_memory_equal(gs_model_get_info(written)->shape, gs_model_get_info(short_one)->shape, sizeof(int[3]));
        assert_string_equal(gs_model_get_info(short_one)->name, info->name);
        gs_model_free(written);
        gs_model_free(short_one);
        for (int k = 0; k < TEXTS; k++)
            found += !strncmp(texts[k], info->name, strlen(info->name));
        assert_true(found);
    }
    assert_null(gs_density_get(-1));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(energies_are_those_of_formulas),
                                       cmocka_unit_test(gradients_are_those_of_differences),
                                       cmocka_unit_test(densities_integrate_to_z),
                                       cmocka_unit_test(networks_compute_the_closed_forms),
                                       cmocka_unit_test(networks_are_the_same_bytes_everywhere),
                                       cmocka_unit_test(samples_have_their_density),
                                       cmocka_unit_test(normal_coordinates_have_their_moments),
                                       cmocka_unit_test(components_have_their_shares),
                                       cmocka_unit_test(sample_k_is_the_same_whatever_else_is_drawn),
                                       cmocka_unit_test(arguments_are_checked),
                                       cmocka_unit_test(rows_are_sound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
