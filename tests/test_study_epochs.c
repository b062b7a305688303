/* What the log of a training adds to the numbers of a study. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "study/epochs.h"
#include "study/private.h"

/* Losses of so many epochs: `first` after the first, `last` after the last, 50 between. */
static const double *losses(size_t n, double first, double last) {
    static double loss[GS_COURSE_EPOCHS];
    for (size_t i = 0; i < n; i++)
        loss[i] = 50;
    loss[0] = first;
    loss[n - 1] = last;
    return loss;
}

/* The findings of these epochs, in a record of its own, which the next call frees. */
static gs_study_record *found(const gs_epochs *epochs) {
    static gs_study_record record;
    gs_study study = {.record = &record, .until = 1};
    gs_study_record_free(&record);
    record = (gs_study_record){.arena = gs_arena_create()};
    gs_epochs_find(&study, epochs);
    assert_int_equal(study.status, GS_OK);
    return &record;
}

static void a_course_of_epochs_is_held_to_its_loss(void **state) {
    (void)state;
    gs_epochs epochs = {.n = GS_COURSE_EPOCHS};
    epochs.loss = losses(epochs.n, 45, 45.9);
    gs_study_record *record = found(&epochs);
    assert_int_equal(record->findings, 2);
    assert_true(record->finding[0].is.value == 45.9);
    assert_int_equal(gs_finding_verdict(&record->finding[0]), GS_VERDICT_AGREES);
    assert_true(record->finding[1].is.value == 1);
    assert_int_equal(gs_finding_verdict(&record->finding[1]), GS_VERDICT_NONE);

    epochs.loss = losses(epochs.n, 121, 45.9);
    assert_true(found(&epochs)->finding[1].is.value == GS_COURSE_EPOCHS);

    epochs.loss = losses(epochs.n, 121, 46.1);
    record = found(&epochs);
    assert_int_equal(record->findings, 1); /* it is never below */
    assert_int_equal(gs_finding_verdict(&record->finding[0]), GS_VERDICT_DIFFERS);
}

static void fewer_epochs_are_only_shown(void **state) {
    (void)state;
    gs_epochs epochs = {.n = GS_COURSE_EPOCHS - 1, .loss = losses(GS_COURSE_EPOCHS - 1, 121, 60)};
    gs_study_record *record = found(&epochs);
    assert_int_equal(record->findings, 1);
    assert_true(record->finding[0].is.value == 60);
    assert_int_equal(gs_finding_verdict(&record->finding[0]), GS_VERDICT_NONE);
    assert_int_equal(found(&(gs_epochs){0})->findings, 0);
}

static void labels_are_named(void **state) {
    (void)state;
    gs_epochs epochs = {.n = GS_COURSE_EPOCHS, .loss = losses(GS_COURSE_EPOCHS, 121, 38)};
    gs_study_record *record = found(&epochs);
    for (size_t i = 0; i < 2; i++)
        assert_null(strstr(record->finding[i].what, "with labels"));
    epochs.no_label = epochs.loss;
    record = found(&epochs);
    for (size_t i = 0; i < 2; i++)
        assert_non_null(strstr(record->finding[i].what, "with labels"));
    found(&(gs_epochs){0});
}

static void rises_are_counted(void **state) {
    (void)state;
    const double loss[] = {5, 4, 4, 6, 3, 3.5};
    assert_int_equal(gs_epochs_rises(&(gs_epochs){.n = 6, .loss = loss}), 2);
    assert_int_equal(gs_epochs_rises(&(gs_epochs){.n = 1, .loss = loss}), 0);
    assert_int_equal(gs_epochs_rises(&(gs_epochs){0}), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_course_of_epochs_is_held_to_its_loss),
                                       cmocka_unit_test(fewer_epochs_are_only_shown),
                                       cmocka_unit_test(labels_are_named), cmocka_unit_test(rises_are_counted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
