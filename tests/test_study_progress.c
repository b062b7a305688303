/* How far a study is: from 0 to 1, stage by stage, and never back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "study/private.h"

static void assert_done(gs_study *study, double part, double expected) {
    double error = gs_study_done(study, part) - expected;
    assert_true(error > -1e-12 && error < 1e-12);
}

static void stages_follow_each_other(void **state) {
    (void)state;
    gs_study study = {.until = 1};
    gs_study_stage(&study, 0.3);
    assert_done(&study, 0, 0);
    assert_done(&study, 0.5, 0.15);
    assert_done(&study, 1, 0.3);
    gs_study_stage(&study, 0.9);
    assert_done(&study, 0, 0.3);
    assert_done(&study, 2, 0.9);
    gs_study_stage(&study, 1);
    assert_done(&study, 1, 1);
}

static void without_stages_a_study_is_one(void **state) {
    (void)state;
    gs_study study = {.until = 1};
    assert_done(&study, 0.25, 0.25);
    assert_done(&study, 0.1, 0.25); /* work that begins anew within a stage */
    assert_done(&study, 0.5, 0.5);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(stages_follow_each_other),
                                       cmocka_unit_test(without_stages_a_study_is_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
