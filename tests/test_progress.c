/* The wording of times in the line of progress. cli/doubt.sh tests the line on a terminal. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "io/progress.h"

static void test_times(void **state) {
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } rows[] = {{0, "0 s"},
                {0.4, "0 s"},
                {42, "42 s"},
                {59.4, "59 s"},
                {59.6, "1 min 0 s"},
                {60, "1 min 0 s"},
                {200, "3 min 20 s"},
                {3599, "59 min 59 s"},
                {3600, "1 h 0 min"},
                {7500, "2 h 5 min"},
                {86399, "23 h 59 min"},
                {86400, "1 d 0 h"},
                {371000, "4 d 7 h"},
                {1e30, "more than 10^8 d"},
                {(double)INFINITY, "more than 10^8 d"}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        char text[40] = "";
        gs_progress_time(rows[i].seconds, text, sizeof text);
        if (strcmp(text, rows[i].text))
            fail_msg("%g s: '%s', expected '%s'", rows[i].seconds, text, rows[i].text);
    }
}

/* Nothing goes to what is no terminal, however often it is told. */
static void test_files_get_nothing(void **state) {
    (void)state;
    FILE *file = tmpfile();
    gs_progress progress;
    assert_non_null(file);
    gs_progress_start(&progress, file, "sampling");
    for (int i = 0; i <= 10; i++)
        gs_progress_update(&progress, 0.1 * i, (size_t)i, 10);
    gs_progress_stages(&progress, 2);
    gs_progress_next(&progress);
    gs_progress_clear(&progress);
    assert_int_equal(ftell(file), 0);
    fclose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_files_get_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
