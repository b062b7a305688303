/* The wording of times in the line of progress, and the line on a terminal, which cli/doubt.sh tests too. */
#define _XOPEN_SOURCE 700 /* posix_openpt */

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

/* What a program has shown on a terminal, in `text`. */
static void read_shown(int terminal, char *text, size_t room) {
    ssize_t count = read(terminal, text, room - 1);
    assert_true(count >= 0);
    text[count] = 0;
}

/* The line is as long as the terminal is wide, if it knows that. */
static void test_terminal(void **state) {
    (void)state;
    char shown[600];
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0)
        skip();
    FILE *file = fopen(ptsname(terminal), "w");
    assert_non_null(file);
    for (unsigned short columns = 0; columns <= 30; columns = (unsigned short)(columns + 30)) {
        const struct winsize window = {.ws_row = 20, .ws_col = columns};
        gs_progress progress;
        assert_int_equal(ioctl(terminal, TIOCSWINSZ, &window), 0);
        gs_progress_start(&progress, file, "sampling");
        progress.start_s -= 1000; /* so that the rate is known */
        gs_progress_update(&progress, 0.5, 5, 10);
        read_shown(terminal, shown, sizeof shown);
        assert_true(!strncmp(shown, "\r\033[Ksampling [##########..........]", 4 + 29));
        assert_int_equal(strstr(shown, "5 of 10, 0.00") != NULL, !columns);
        assert_true(!columns == (strstr(shown, " samples/s, 16 min ") != NULL));
        progress.has_no_rate = true;
        progress.shown = false; /* so that it is shown at once */
        gs_progress_update(&progress, 0.5, 5, 10);
        read_shown(terminal, shown, sizeof shown);
        assert_true(!columns == (strstr(shown, "5 of 10, 16 min ") != NULL));
        gs_progress_update(&progress, 0.6, 6, 10); /* too soon to be shown */
        gs_progress_clear(&progress);
        read_shown(terminal, shown, sizeof shown);
        assert_string_equal(shown, "\r\033[K");
        gs_progress_clear(&progress); /* once is enough */
        gs_progress_stages(&progress, 0);
        gs_progress_stages(&progress, 4);
        read_shown(terminal, shown, sizeof shown);
        assert_true(!strncmp(shown, "\r\033[Ksampling [....................]", 4 + 29));
        gs_progress_next(&progress);
        read_shown(terminal, shown, sizeof shown);
        assert_true(!strncmp(shown, "\r\033[Ksampling [#####...............]", 4 + 29));
        gs_progress_clear(&progress);
        read_shown(terminal, shown, sizeof shown);
    }
    fclose(file);
    close(terminal);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_files_get_nothing),
        cmocka_unit_test(test_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
