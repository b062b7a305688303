/* The program's reports on chains: table, warnings, JSON and picture for small records. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/curve.h"
#include "cli/diagnose.h"
#include "support/about.h"
#include "support/files.h"
#include "support/record.h"
#include "support/svg.h"

enum { STEPS = 40, CHAINS = 5, CLASSES = 3, MARKS = 21 };

static float energy[(STEPS + 1) * CHAINS], gradient[(STEPS + 1) * CHAINS], acceptance[STEPS * CHAINS];
static double shares[MARKS * CLASSES];
static size_t mark[MARKS];
static char *const path = test_path;

/* Chain k at step t: energy 100 k + t, norm 10^k, accepted where t is odd. */
static gs_record make_record(void) {
    for (size_t i = 0; i < (STEPS + 1) * CHAINS; i++) {
        energy[i] = (float)(100 * (i % CHAINS) + i / CHAINS);
        gradient[i] = powf(10, (float)(i % CHAINS));
    }
    for (size_t i = 0; i < STEPS * CHAINS; i++)
        acceptance[i] = i / CHAINS % 2 ? 1.0F : 0.0F;
    for (size_t i = 0; i < MARKS; i++) {
        mark[i] = 2 * i;
        shares[i * CLASSES] = 0.01 * (double)i;
        shares[i * CLASSES + 1] = 0.5;
        shares[i * CLASSES + 2] = 0.5 - 0.01 * (double)i;
    }
    return (gs_record){.steps = STEPS,
                       .chains = CHAINS,
                       .energy = energy,
                       .gradient = gradient,
                       .acceptance = acceptance,
                       .marks = MARKS,
                       .mark = mark,
                       .classes = CLASSES,
                       .shares = shares};
}

/* The printed text, to be freed with free(). */
static char *print(const gs_record *record) {
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    gs_diagnosis d = diagnose(record);
    assert_int_equal(gs_diagnosis_print(record, &d, out, NULL), GS_OK);
    gs_diagnosis_warn(&d, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void assert_has(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("no '%s' in:\n%s", part, text);
}

/* ---- Curves ---- */

static void curves_are_quantiles_at_even_steps(void **state) {
    (void)state;
    gs_record record = make_record();
    gs_curve curve;
    assert_int_equal(gs_curve_fill(&curve, record.energy, (gs_curve_rows){.last = STEPS}, CHAINS, 11, NULL), GS_OK);
    assert_int_equal(curve.n, 11);
    assert_int_equal(curve.singles, 3);
    assert_int_equal(curve.chain[2], 3);
    for (size_t i = 0; i < 11; i++) {
        about("i %zu", i);
        double t = 4 * (double)i;
        assert_true(curve.step[i] == t && curve.median[i] == 200 + t);
        assert_true(fabs(curve.low[i] - (20 + t)) < 1e-9 && fabs(curve.high[i] - (380 + t)) < 1e-9);
        assert_true(curve.single[0][i] == t && curve.single[2][i] == 300 + t);
    }
    gs_curve_free(&curve);
    assert_int_equal(gs_curve_fill(&curve, record.energy, (gs_curve_rows){.last = 1}, CHAINS, 11, NULL), GS_OK);
    assert_int_equal(curve.n, 2);
    gs_curve_free(&curve);
    energy[0] = NAN;
    energy[1] = INFINITY;
    assert_int_equal(gs_curve_fill(&curve, record.energy, (gs_curve_rows){.last = STEPS}, CHAINS, 11, NULL), GS_OK);
    assert_true(curve.median[0] == 300 && isnan(curve.single[0][0]));
    gs_curve_free(&curve);
    assert_int_equal(
        gs_curve_fill_acceptance(&curve, record.acceptance, (gs_curve_rows){.last = STEPS}, CHAINS, 10, NULL), GS_OK);
    assert_true(isnan(curve.median[0]));
    assert_true(curve.step[1] == 4 && curve.step[2] == 9 && curve.step[9] == STEPS);
    double sum = 0;
    for (size_t i = 1; i < curve.n; i++)
        sum += curve.median[i] * (curve.step[i] - curve.step[i - 1]);
    assert_true(fabs(sum - STEPS / 2.0) < 1e-9); /* each step counts once */
    gs_curve_free(&curve);
}

/* ---- Text ---- */

static void the_table(void **state) {
    (void)state;
    gs_record record = make_record();
    char *text = print(&record);
    assert_has(text, "    step    energy: 5 %     median       95 %   gradient norm   acceptance\n"
                     "       0             20        200        380             100\n"
                     "       4             24        204        384             100       50.0 %\n");
    assert_has(text, "\n      40             60        240        420             100       50.0 %\n"
                     "    step   shares of classes 0 ... 2, in %\n"
                     "       0     0.0  50.0  50.0\n"
                     "       4     2.0  50.0  48.0\n");
    assert_has(text, "\n      40    20.0  50.0  30.0\n"
                     "5 chains of 40 steps: energy 200 +- 1.6e+02 before the first, 240 +- 1.6e+02 after the last\n"
                     "second half, 20 energies per chain: effective sample size ");
    assert_has(text, "drift 10 +- 0\nacceptance in the second half 50.0 %, of chains 50.0 to 50.0 %\n"
                     "class shares from 20.0 % (class 0) to 50.0 % (class 1)\nwarning: the chains disagree strongly: ");
    free(text);
}

static void what_was_not_recorded_is_left_out(void **state) {
    (void)state;
    gs_record record = make_record();
    record.energy = NULL;
    record.gradient = NULL;
    record.marks = 0;
    char *text = print(&record);
    assert_has(text, "    step   acceptance\n       0\n       4       50.0 %\n");
    assert_has(text, "5 chains of 40 steps\nacceptance in the second half 50.0 %, of chains 50.0 to 50.0 %\n");
    assert_null(strstr(text, "nan"));
    free(text);
    record.acceptance = NULL;
    text = print(&record);
    assert_string_equal(text, "5 chains of 40 steps\n");
    free(text);
    record = make_record();
    record.steps = record.chains = 1;
    record.marks = 1;
    text = print(&record);
    assert_has(text, "\n1 chain of 1 step: energy 0 +- 0 before the first, 100 +- 0 after the last\n");
    assert_has(text, "warning: too few steps (1)");
    free(text);
}

/* ---- JSON ---- */

static json_t *item(json_t *object, const char *name) {
    json_t *value = json_object_get(object, name);
    if (!value)
        fail_msg("no %s", name);
    return value;
}

static double real_at(json_t *array, size_t i) {
    return json_number_value(json_array_get(array, i));
}

static void the_object(void **state) {
    (void)state;
    gs_record record = make_record();
    gs_diagnosis d = diagnose(&record);
    json_t *object = gs_diagnosis_json(&record, &d);
    assert_int_equal(json_integer_value(item(object, "steps")), STEPS);
    assert_int_equal(json_integer_value(item(object, "chains")), CHAINS);
    assert_int_equal(json_integer_value(item(object, "kept")), 20);
    assert_true(json_is_null(item(object, "diverged_step")));
    assert_true(real_at(item(object, "energy_last"), 0) == 240);
    assert_true(json_real_value(item(object, "rhat")) == d.rhat);
    assert_true(json_real_value(item(object, "ess")) == d.ess);
    assert_true(json_real_value(item(object, "acceptance")) == 0.5);
    assert_int_equal(json_integer_value(item(object, "largest_class")), 1);
    json_t *flags = item(object, "flags");
    assert_int_equal(json_array_size(flags), json_array_size(item(object, "warnings")));
    assert_string_equal(json_string_value(json_array_get(flags, 0)), "disagree");
    json_t *table = item(object, "table"), *row = json_array_get(table, 10);
    assert_int_equal(json_array_size(table), 11);
    assert_int_equal(json_integer_value(item(row, "step")), STEPS);
    assert_true(real_at(item(row, "energy"), 0) == 60 && real_at(item(row, "energy"), 1) == 240 &&
                real_at(item(row, "gradient"), 1) == 100);
    assert_true(json_is_null(item(json_array_get(table, 0), "acceptance")));
    row = json_array_get(item(object, "class_shares"), 10);
    assert_int_equal(json_integer_value(item(row, "step")), STEPS);
    assert_true(real_at(item(row, "shares"), 1) == 0.5);
    json_decref(object);
}

static void each_flag_has_its_name(void **state) {
    (void)state;
    static const char *const names[] = {"diverged", "collapsed", "classes",  "moving",
                                        "disagree", "few",       "rejected", "short"};
    gs_record record = make_record();
    for (size_t i = 0; i < GS_COUNT(names); i++) {
        about("names[%zu]", i);
        gs_diagnosis d = {.flags = 1U << i, .steps = 1, .ess = NAN};
        json_t *object = gs_diagnosis_json(&record, &d), *flags = item(object, "flags");
        assert_int_equal(json_array_size(flags), 1);
        assert_int_equal(json_array_size(item(object, "warnings")), 1);
        assert_string_equal(json_string_value(json_array_get(flags, 0)), names[i]);
        assert_true(json_is_null(item(object, "ess")));
        json_decref(object);
    }
}

/* ---- The picture ---- */

static char *draw(const gs_record *record) {
    gs_diagnosis d = diagnose(record);
    gs_error error = {0};
    if (gs_diagnosis_plot(record, &d, NULL, "a title", path, &error))
        fail_msg("%s", error.message);
    return svg_read(path);
}

static void the_picture(void **state) {
    (void)state;
    gs_record record = make_record();
    char *text = draw(&record);
    static const char *const parts[] = {">a title</text>",
                                        ">Energy</text>",
                                        ">chain 3</text>",
                                        ">Gradient norm</text>",
                                        ">Acceptance</text>",
                                        ">class 2: 30.0 %</text>",
                                        ">5 chains, 40 steps; acceptance in the second half 50.0 %</text>",
                                        "class=\"warning\""};
    for (size_t i = 0; i < GS_COUNT(parts); i++) {
        about("parts[%zu]", i);
        assert_has(text, parts[i]);
    }
    assert_int_equal(occurrences(text, "class=\"part a"), 2 * CLASSES); /* areas, and their legend */
    assert_null(strstr(text, "Energy, second half"));
    free(text);
    for (size_t i = 0; i < 5 * CHAINS; i++)
        energy[i] += 1e5F;
    text = draw(&record);
    char *late = strstr(text, ">Energy, second half</text>"), *after = strstr(text, ">Gradient norm</text>");
    assert_true(late && late < after);
    *after = 0; /* in that panel only */
    assert_has(late, "\"middle\">20</text>");
    assert_has(late, "\"middle\">40</text>");
    assert_null(strstr(late, "\"middle\">45</text>"));
    free(text);
}

static void odd_records_are_drawn(void **state) {
    (void)state;
    gs_record record = make_record();
    record.steps = record.chains = 1;
    record.marks = 1;
    free(draw(&record));
    record = make_record();
    for (size_t i = 0; i < (STEPS + 1) * CHAINS; i++) {
        energy[i] = i < 100 ? 3.4e38F : NAN;
        gradient[i] = 1;
    }
    char *text = draw(&record);
    assert_has(text, "5 of 5 chains diverged");
    free(text);
    text = print(&record);
    assert_has(text, "\n      40              -          -          -               1       50.0 %\n");
    assert_has(text, "\n5 chains of 40 steps\nclass shares");
    free(text);
    record = make_record();
    for (size_t i = 0; i < (STEPS + 1) * CHAINS; i++) {
        energy[i] = 7;
        gradient[i] = i % 2 ? 0 : INFINITY;
    }
    free(draw(&record));
    record.gradient = NULL;
    text = print(&record);
    assert_has(text, "\nsecond half, 20 energies per chain: all are equal\n");
    free(text);
    record = (gs_record){.steps = 3, .chains = 2};
    text = draw(&record);
    assert_has(text, ">2 chains, 3 steps</text>");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_are_quantiles_at_even_steps),
        cmocka_unit_test(the_table),
        cmocka_unit_test(what_was_not_recorded_is_left_out),
        cmocka_unit_test(the_object),
        cmocka_unit_test(each_flag_has_its_name),
        cmocka_unit_test(the_picture),
        cmocka_unit_test(odd_records_are_drawn),
    };
    return cmocka_run_group_tests(tests, make_test_path, remove_test_path);
}
