/* The shipped energies and their gradients compared with PyTorch's in double precision, on every instruction set. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/plan.h"
#include "support/about.h"
#include "support/effort.h"
#include "support/networks.h"
#include "support/worst.h"

static const char *const names[] = {"ebm-document", "ebm-thick", "ebm", "ebm-cond"};
enum { NAMES = sizeof names / sizeof *names };

/* Relative to an energy, or to 1 if that is larger, and to the largest element of a gradient; measured: 4.1e-6 and
 * 1.9e-5. */
static const double energy_tolerance = 1e-5, gradient_tolerance = 3e-5;

static double part_error(const npy *expected, size_t at, const float *found, size_t size) {
    double *wide = malloc(size * sizeof *wide);
    assert_non_null(wide);
    assert_true((at + 1) * size <= expected->size);
    for (size_t i = 0; i < size; i++)
        wide[i] = (double)expected->data[at * size + i];
    double error = relative_error(found, wide, size);
    free(wide);
    return error;
}

static void check_plan(const golden *g, const npy *gradients, gs_plan *plan, const char *what) {
    size_t size = gradients->size / (g->levels * g->images);
    float *energy = calloc(g->images, sizeof *energy), *gradient = calloc(g->images * size, sizeof *gradient);
    assert_true(energy && gradient && size > 0);
    double worst[2] = {0, 0};
    for (size_t s = 0; s < g->levels; s++) {
        about("s %zu", s);
        int labels[64];
        assert_int_equal(gs_plan_gradient(plan, golden_x(g, s), golden_sigma(g, s), golden_labels(g, s, labels),
                                          g->images, energy, gradient, NULL),
                         GS_OK);
        for (size_t i = 0; i < g->images; i++) {
            double expected = (double)g->out[0].data[s * g->images + i];
            worst[0] = worst_of(worst[0], fabs((double)energy[i] - expected) / fmax(1, fabs(expected)));
            worst[1] = worst_of(worst[1], part_error(gradients, s * g->images + i, gradient + i * size, size));
        }
    }
    print_message("%s: energies err by at most %.2g, gradients by %.2g\n", what, worst[0], worst[1]);
    assert_true(worst[0] <= energy_tolerance && worst[1] <= gradient_tolerance);
    free(energy);
    free(gradient);
}

static void energies_agree_with_pytorch(void **state) {
    (void)state;
    for (int k = 0; k < effort(NAMES); k++) {
        golden g = golden_load(names[k]);
        char path[400];
        snprintf(path, sizeof path, GS_SOURCE_DIR "/tests/golden/%s.gradient.npy", names[k]);
        npy gradients = npy_read(path);
        bool supported;
        const char *isa;
        for (int i = 0; (isa = gs_isa_name(i, &supported)); i++) {
            gs_plan *plan;
            gs_error error;
            if (!supported)
                continue;
            if (gs_plan_create(g.model, &(gs_plan_options){.isa = isa, .gradient = true}, &plan, &error))
                fail_msg("%s", error.message);
            char what[60];
            snprintf(what, sizeof what, "%s, %s", names[k], isa);
            check_plan(&g, &gradients, plan, what);
            gs_plan_free(plan);
        }
        free(gradients.data);
        golden_free(&g);
    }
}

static void sampling_an_energy_needs_the_gradient(void **state) {
    (void)state;
    golden g = golden_load("ebm-thick");
    gs_plan *plan;
    gs_error error;
    float out[784];
    assert_int_equal(gs_plan_create(g.model, NULL, &plan, &error), GS_OK);
    assert_int_equal(gs_sample(plan, &(gs_sample_options){.steps = 2}, 1, out, NULL, &error), GS_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "gradient"));
    gs_plan_free(plan);
    golden_free(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energies_agree_with_pytorch),
        cmocka_unit_test(sampling_an_energy_needs_the_gradient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
