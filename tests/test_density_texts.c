/* Texts of densities: numbers in all their forms, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gensample/gensample.h"
#include "support/about.h"

static void refuse(const char *text, const char *words) {
    gs_error error = {.message = ""};
    gs_density *density = (gs_density *)&error;
    gs_model *model = (gs_model *)&error;
    gs_status status = gs_density_create(text, &density, &error);
    if (status != GS_ERROR_ARGUMENT || density || !strstr(error.message, words) || strchr(error.message, '\n'))
        fail_msg("'%.60s': status %d; no '%s' in '%s'", text, (int)status, words, error.message);
    assert_int_equal(gs_model_create_density(text, &model, NULL), GS_ERROR_ARGUMENT);
    assert_null(model);
}

static void hostile_texts_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {{"", "is unknown: expected one of gaussian"},
                 {":", "is unknown"},
                 {"nope", "density 'nope' is unknown"},
                 {"gaussia", "is unknown"},
                 {"gaussian2:dim=2", "is unknown"},
                 {"Gaussian", "is unknown"},
                 {"gaussian:", "expected NAME=VALUE"},
                 {"gaussian:,", "expected NAME=VALUE"},
                 {"gaussian:dim", "expected NAME=VALUE"},
                 {"gaussian:dim=", "expected a whole number of 1 ... 4096"},
                 {"gaussian:=2", "parameter '' is unknown"},
                 {"gaussian:dim=2,dim=2", "dim is given twice"},
                 {"gaussian:dimension=2", "parameter 'dimension' is unknown: expected some of dim, mean"},
                 {"gaussian:dim=0", "dim=0: found '0', expected a whole number"},
                 {"gaussian:dim=-1", "dim=-1"},
                 {"gaussian:dim=1.5", "dim=1.5"},
                 {"gaussian:dim=4097", "dim=4097"},
                 {"gaussian:dim=1e9", "dim=1e9"},
                 {"gaussian:dim=1e308", "dim=1e308"},
                 {"gaussian:dim=1e999", "dim=1e999"},
                 {"gaussian:dim=99999999999999999999999999", "dim=9999"},
                 {"gaussian:dim=two", "found 'two'"},
                 {"gaussian:dim=2 ", "found '2 '"},
                 {"gaussian: dim=2", "parameter ' dim' is unknown"},
                 {"gaussian:dim=2,", "found '2,'"},
                 {"gaussian:dim=2,,sd=1", "found '2,'"},
                 {"gaussian:dim=2,3", "found '2,3'"},
                 {"gaussian:dim=2:sd=1", "found '2:sd=1'"},
                 {"gaussian:dim=0x10", "found '0x10'"},
                 {"gaussian:mean=nan", "found 'nan'"},
                 {"gaussian:mean=NaN", "found 'NaN'"},
                 {"gaussian:mean=inf", "found 'inf'"},
                 {"gaussian:mean=-inf", "found '-inf'"},
                 {"gaussian:mean=1e308", "found '1e308'"},
                 {"gaussian:mean=1e7", "expected one number, or one per dimension with / between of -1000000"},
                 {"gaussian:mean=1/2,dim=3", "mean has 2 numbers per point, expected 1 or 3"},
                 {"gaussian:mean=1/2,sd=1/2/3", "mean has 2 numbers per point, expected 1 or 3"},
                 {"gaussian:mean=1/", "found ''"},
                 {"gaussian:mean=/1", "found ''"},
                 {"gaussian:mean=1,2", "found '1,2'"},
                 {"gaussian:sd=0", "sd=0"},
                 {"gaussian:sd=-1", "sd=-1"},
                 {"gaussian:sd=1e-300", "sd=1e-300"},
                 {"gaussian:sd={}", "found '{}'"},
                 {"gaussian:sd=\"1\"", "found '\"1\"'"},
                 {"gaussian:sd=true", "found 'true'"},
                 {"gaussian:levels=maybe", "expected yes or no"},
                 {"gaussian:levels=1", "expected yes or no"},
                 {"gaussian:levels=YES", "expected yes or no"},
                 {"gaussian:log-z=1e7", "log-z"},
                 {"gaussian:mean=1e6,sd=1e-4", "all samples are 1000000 in single precision"},
                 {"gaussian:range=1", "expected two numbers"},
                 {"gaussian:range=2,1", "the lower one first"},
                 {"gaussian:range=1,1.00000001", "the lower one first"},
                 {"gaussian:range=0,nan", "found 'nan'"},
                 {"gaussian:range=", "found ''"},
                 {"gaussian:sd\n=1", "is unknown"},
                 {"mixture:means=1/2,3", "point 2 has 1 number, expected 2, as the first"},
                 {"mixture:means=1,2,sd=1,2,3", "sd has 3 numbers, expected 1 or 2"},
                 {"mixture:means=1,2,weights=1,2,3", "weights has 3 numbers, expected 1 or 2"},
                 {"mixture:means=1,2,weights=0,1", "weights"},
                 {"mixture:means=1,2,weights=-1,2", "weights"},
                 {"mixture:dim=4096,means=0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6", "17 Gaussians in 4096 dimensions"},
                 {"rings:radii=0", "radii"},
                 {"rings:radii=1000,sd=0.001", "6283186 Gaussians of sd 0.001"},
                 {"rings:radii=1,weights=1,2", "weights has 2 numbers, expected 1 or 1"},
                 {"rings:dim=3", "parameter 'dim' is unknown"},
                 {"moons:sd=0", "sd=0"},
                 {"correlated:dim=1", "expected a whole number of 2 ... 4096"},
                 {"correlated:dim=3,correlation=-0.5", "expected at least -0.49995"},
                 {"correlated:correlation=1", "correlation=1"},
                 {"funnel:dim=1", "expected a whole number of 2 ... 4096"},
                 {"funnel:scale=11", "scale"},
                 {"banana:dim=1", "dim"},
                 {"banana:b=nan", "b=nan"},
                 {"double-well:height=0", "height"},
                 {"double-well:levels=no", "parameter 'levels' is unknown"}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        refuse(cases[k].text, cases[k].words);
}

/* A number that is written in different ways is the same. */
static void numbers_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {{"0", 0},
                 {"-0", 0},
                 {"1", 1},
                 {"007", 7},
                 {"0.1", (double)0.1F},
                 {"-2.5e2", -250},
                 {"25E1", 250},
                 {"1e+2", 100},
                 {"123.456789", (double)123.456789F},
                 {"0.0000000000000000000000000000001e31", 1},
                 {"100000000000000000000000000000000e-30", 100},
                 {"0.3333333333333333333333333333333333333333", (double)(1.0F / 3)},
                 {"1e-400", 0},
                 {"0e999999999999999999999999", 0},
                 {"1e-99999999999999999999999999", 0}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char text[120];
        double zero = 0, energy, gradient;
        about("%s", cases[k].text);
        snprintf(text, sizeof text, "gaussian:mean=%s", cases[k].text);
        gs_density *density;
        assert_int_equal(gs_density_create(text, &density, NULL), GS_OK);
        assert_int_equal(gs_density_energy(density, &zero, 0, 1, &energy, &gradient, NULL), GS_OK);
        assert_true(gradient == -cases[k].value);
        gs_density_free(density);
    }
    static const char *const wrong[] = {"1.", ".5", "-", "--1", "+1", "1e", "1e-", "e5", "1e5.5", "1.2.3", "1_0", "1f"};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        char text[40];
        snprintf(text, sizeof text, "gaussian:mean=%s", wrong[k]);
        refuse(text, "mean=");
    }
}

static void long_texts_are_refused(void **state) {
    (void)state;
    enum { LENGTH = 300000 };
    static char text[LENGTH + 1];
    memset(text, '1', LENGTH);
    memcpy(text, "gaussian:sd=", 12);
    refuse(text, "found '1111");
    for (int i = 15; i < LENGTH; i += 2)
        text[i] = ',';
    memcpy(text, "mixture:means=", 14);
    refuse(text, "numbers, expected at most 65536");
    memset(text, 'a', LENGTH);
    refuse(text, "is unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(hostile_texts_are_refused), cmocka_unit_test(numbers_are_read),
                                       cmocka_unit_test(long_texts_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
