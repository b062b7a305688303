/* Axes and SVG files: known coordinates, odd input, hostile text. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/axis.h"
#include "io/chart.h"
#include "io/plot.h"
#include "support/about.h"
#include "support/files.h"
#include "support/svg.h"

static char *const path = test_path;

/* ---- Axes ---- */

static void ticks_are_round_numbers(void **state) {
    (void)state;
    static const struct {
        double low, high;
        bool log, round;
        const char *labels;
        double ends[2];
    } cases[] = {
        {0, 300, false, false, "0 50 100 150 200 250 300 ", {0, 300}},
        {150, 299, false, false, "160 180 200 220 240 260 280 ", {150, 299}},
        {-48, 870, false, true, "-200 0 200 400 600 800 1000 ", {-200, 1000}},
        {0, 1, false, true, "0 0.2 0.4 0.6 0.8 1 ", {0, 1}},
        {1234.5, 1234.9, false, true, "1234.5 1234.6 1234.7 1234.8 1234.9 ", {1234.5, 1234.9}},
        {0, 1e6, false, true, "0 200000 400000 600000 800000 1000000 ", {0, 1e6}},
        {-2e-9, 1e-9, false, true, "-2e-09 -1e-09 0 1e-09 ", {-2e-9, 1e-9}},
        {0, 0, false, true, "-1 -0.5 0 0.5 1 ", {-1, 1}},
        {7, 7, false, true, "6 6.5 7 7.5 8 ", {6, 8}},
        {1, -1, false, true, "0 0.2 0.4 0.6 0.8 1 ", {0, 1}},
        {3, 150, true, true, "2 5 10 20 50 100 200 ", {2, 200}},
        {2e-3, 9e4, true, true, "0.1 10 1000 100000 ", {2e-3, 1e5}},
        {10, 10, true, true, "5 10 20 ", {5, 20}},
        {3, 3, true, true, "2 5 ", {2, 5}},
        {1, -1, true, true, "1 2 5 10 ", {1, 10}},
    };
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        gs_axis axis = gs_axis_fit(cases[i].low, cases[i].high, cases[i].log, cases[i].round);
        char labels[GS_TICKS_MAX * GS_TICK_ROOM] = "";
        for (int k = 0; k < axis.count; k++) {
            about("cases[%zu], k %d", i, k);
            snprintf(labels + strlen(labels), sizeof labels - strlen(labels), "%s ", axis.labels[k]);
            double at = gs_axis_place(&axis, axis.ticks[k]);
            assert_true(at > -1e-9 && at < 1 + 1e-9);
            assert_true(fabs(strtod(axis.labels[k], NULL) - axis.ticks[k]) <= 1e-9 * fabs(axis.ticks[k]));
        }
        if (strcmp(labels, cases[i].labels) || fabs(axis.low - cases[i].ends[0]) > 1e-9 * fabs(axis.low) ||
            fabs(axis.high - cases[i].ends[1]) > 1e-9 * fabs(axis.high))
            fail_msg("case %zu: %s from %.12g to %.12g", i, labels, axis.low, axis.high);
    }
}

static void any_axis_has_ticks(void **state) {
    (void)state;
    static const double ends[] = {-1e100, -3.3e38, -7, -1e-30, 0, 1e-100, 1e-9, 0.99999999, 1, 1.00000001, 17, 1e100};
    for (size_t i = 0; i < GS_COUNT(ends); i++) {
        for (size_t j = i; j < GS_COUNT(ends); j++) {
            for (int kind = 0; kind < 4; kind++) {
                bool log = kind & 1;
                if (log && ends[i] <= 0)
                    continue;
                gs_axis axis = gs_axis_fit(ends[i], ends[j], log, kind & 2);
                double low = gs_axis_place(&axis, ends[i]), high = gs_axis_place(&axis, ends[j]);
                if (!(low >= -1e-6 && high <= 1 + 1e-6) || axis.count < 1 || !(axis.low < axis.high)) {
                    fail_msg("%g to %g, kind %d: %d ticks, from %g to %g", ends[i], ends[j], kind, axis.count, low,
                             high);
                }
            }
        }
    }
    assert_false(gs_axis_takes(false, NAN) || gs_axis_takes(false, INFINITY) || gs_axis_takes(false, -1e101));
    assert_false(gs_axis_takes(true, NAN) || gs_axis_takes(true, 0) || gs_axis_takes(true, -1));
    assert_true(gs_axis_takes(false, -1e100) && gs_axis_takes(true, 1e-100));
}

/* ---- Figures ---- */

/* The text of a figure of these panels, to be freed with free(). */
static char *draw(const gs_panel *panels, int count) {
    gs_figure figure = {.title = "T", .panels = panels, .count = count};
    gs_error error = {0};
    if (gs_plot_write(path, &figure, &error))
        fail_msg("%s", error.message);
    return svg_read(path);
}

static gs_panel panel_of(const double *x, size_t n, const gs_series *series, int count) {
    return (gs_panel){
        .title = "P", .x_label = "step", .y_label = "y", .x = x, .n = n, .series = series, .count = count};
}

static void assert_has(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("no '%s' in the picture", part);
}

/* A plot is 660 x 180 with its lower left corner at (76, 262) when nothing stands above it. */
static void a_line_goes_through_its_points(void **state) {
    (void)state;
    const double x[] = {0, 1, 2}, y[] = {0, 1, 2}, low[] = {0, 0.5, 1}, high[] = {0.5, 1.5, 2};
    const gs_series series[] = {{.name = "one", .y = y, .low = low, .high = high, .colour = 3},
                                {.y = x, .colour = 12, .faint = true}};
    gs_panel panel = panel_of(x, 3, series, 2);
    char *text = draw(&panel, 1);
    assert_has(text, "<path class=\"line l3\" d=\"M76.00 262.00 406.00 172.00 736.00 82.00 \"/>");
    assert_has(text, "<path class=\"line faint l2\" d=\"M76.00 262.00 406.00 172.00 736.00 82.00 \"/>");
    assert_has(text, "<path class=\"band a3\" d=\"M76.00 217.00 406.00 127.00 736.00 82.00 736.00 172.00 406.00 217.00 "
                     "76.00 262.00 Z\"/>");
    assert_int_equal(occurrences(text, ">one</text>"), 1);
    assert_int_equal(occurrences(text, "prefers-color-scheme:dark"), 1);
    free(text);
}

static void a_band_widens_the_axis(void **state) {
    (void)state;
    const double x[] = {0, 1}, y[] = {1, 1}, low[] = {0, 0.5}, high[] = {1.5, 2};
    const gs_series series = {.y = y, .low = low, .high = high};
    gs_panel panel = panel_of(x, 2, &series, 1);
    char *text = draw(&panel, 1);
    assert_has(text, "d=\"M76.00 172.00 736.00 172.00 \"/>");
    assert_has(text, "d=\"M76.00 127.00 736.00 82.00 736.00 217.00 76.00 262.00 Z\"/>");
    free(text);
}

/* A band needs both edges. */
static void half_a_band_is_none(void **state) {
    (void)state;
    const double x[] = {0, 1}, y[] = {1, 1}, low[] = {0, 0.5};
    const gs_series series = {.y = y, .low = low};
    gs_panel panel = panel_of(x, 2, &series, 1);
    char *text = draw(&panel, 1);
    assert_int_equal(occurrences(text, "<path class=\"band"), 0);
    free(text);
}

/* Values that no axis holds are drawn within a length of it, and ticks that are too close have one label. */
static void charts_keep_to_the_page(void **state) {
    (void)state;
    char *text;
    size_t size;
    gs_chart chart = {.out = open_memstream(&text, &size), .right = 100, .bottom = 100, .x = {.high = 1, .count = 3}};
    assert_non_null(chart.out);
    static const double ticks[] = {0, 0.05, 1};
    for (int i = 0; i < chart.x.count; i++) {
        chart.x.ticks[i] = ticks[i];
        snprintf(chart.x.labels[i], GS_TICK_ROOM, "%g", ticks[i]);
    }
    assert_true(gs_chart_place(&chart.x, -5) == -1 && gs_chart_place(&chart.x, 7) == 2);
    assert_true(gs_chart_place(&chart.x, NAN) == -1 && gs_chart_place(&chart.x, 0.25) == 0.25);
    gs_chart_axes(&chart, "x");
    assert_int_equal(fclose(chart.out), 0);
    assert_int_equal(occurrences(text, "class=\"frame\""), 3);
    assert_int_equal(occurrences(text, ">0</text>") + occurrences(text, ">1</text>"), 2);
    assert_int_equal(occurrences(text, ">0.05</text>"), 0);
    free(text);
}

static void a_logarithmic_line(void **state) {
    (void)state;
    const double x[] = {0, 1, 2, 3, 4}, y[] = {1, 0, 10, 100, -5};
    const gs_series series = {.y = y};
    gs_panel panel = panel_of(x, 5, &series, 1);
    panel.log_y = true;
    char *text = draw(&panel, 1);
    assert_has(text, "d=\"M76.00 262.00 h0 M406.00 172.00 571.00 82.00 \"/>");
    free(text);
}

static void lines_break_where_values_are_missing(void **state) {
    (void)state;
    const double x[] = {0, 1, 2, 3, 4}, y[] = {NAN, 0, INFINITY, 1, 1}, low[] = {0, 0, NAN, 0, 0};
    const gs_series series = {.y = y, .low = low, .high = y};
    gs_panel panel = panel_of(x, 5, &series, 1);
    char *text = draw(&panel, 1);
    assert_has(text, "d=\"M241.00 262.00 h0 M571.00 82.00 736.00 82.00 \"/>");
    assert_int_equal(occurrences(text, "class=\"band"), 1);
    free(text);
}

static void stacked_shares(void **state) {
    (void)state;
    const double x[] = {0, 10}, y[3][2] = {{0.25, 0.5}, {0.75, NAN}, {-1, 0.5}};
    const gs_series series[] = {{.name = "a", .y = y[0], .colour = 0},
                                {.name = "b", .y = y[1], .colour = 1},
                                {.name = "c", .y = y[2], .colour = 2}};
    gs_panel panel = panel_of(x, 2, series, 3);
    panel.stacked = true;
    char *text = draw(&panel, 1);
    assert_has(text, "a0\" d=\"M76.00 217.00 736.00 172.00 736.00 262.00 76.00 262.00 Z\"/>");
    assert_has(text, "a1\" d=\"M76.00 82.00 736.00 172.00 736.00 172.00 76.00 217.00 Z\"/>");
    assert_has(text, "a2\" d=\"M76.00 82.00 736.00 82.00 736.00 172.00 76.00 82.00 Z\"/>");
    assert_true(strstr(text, ">c</text>") < strstr(text, ">b</text>")); /* from the top */
    free(text);
    panel.n = 1;
    text = draw(&panel, 1);
    assert_has(text, "a1\" x=\"76\" y=\"82.00\" width=\"660\" height=\"135.00\"/>");
    free(text);
}

static void odd_input_is_drawn(void **state) {
    (void)state;
    enum { SERIES = 64 };
    const double x[] = {0, 1, 2}, none[] = {NAN, NAN, NAN}, same[] = {0.3, 0.3, 0.3}, negative[] = {-1, -2, -3};
    const double huge[] = {-1e308, 1e308, 1}, zeros[] = {0, 0, 0}, tiny[] = {5e-324, 1, 1};
    const double *const values[] = {none, same, negative, huge, zeros, tiny};
    gs_series series[SERIES];
    for (size_t i = 0; i < SERIES; i++) {
        series[i] = (gs_series){.name = "s", .y = values[i % GS_COUNT(values)], .low = zeros, .high = same};
        series[i].colour = (int)i;
    }
    for (int kind = 0; kind < 4; kind++) {
        for (size_t n = 0; n <= 3; n++) {
            about("kind %d, n %zu", kind, n);
            gs_panel panels[GS_COUNT(values) + 2];
            for (size_t i = 0; i < GS_COUNT(panels); i++) {
                int count = i < GS_COUNT(values) ? 1 : i == GS_COUNT(values) ? 0 : SERIES;
                panels[i] = panel_of(x, n, count == 1 ? series + i : series, count);
                panels[i].log_y = kind & 1;
                panels[i].stacked = kind & 2;
            }
            char *text = draw(panels, (int)GS_COUNT(panels));
            assert_int_equal(occurrences(text, ">P</text>"), GS_COUNT(panels));
            free(text);
        }
    }
    free(draw(NULL, 0));
}

/* ---- Text ---- */

static void texts_are_escaped(void **state) {
    (void)state;
    gs_remark remarks[] = {{"<script>&\"'", false},
                           {"\x01 tab\t \xff \xc0\xaf \xed\xa0\x80 \xef\xbf\xbe \xf4\x90\x80\x80 \xcf", true}};
    gs_figure figure = {
        .title = "\xcf\x83 \xe2\x82\xac \xf0\x9f\x98\x80 </title>", .remarks = remarks, .remarks_count = 2};
    gs_error error = {0};
    assert_int_equal(gs_plot_write(path, &figure, &error), GS_OK);
    char *text = svg_read(path);
    assert_has(text, "<title>\xcf\x83 \xe2\x82\xac \xf0\x9f\x98\x80 &lt;/title&gt;</title>");
    assert_has(text, "&lt;script&gt;&amp;&quot;'</text>");
    assert_has(text, "<text class=\"warning\" x=\"20\" y=\"74\">? tab? ? ?? ??? ??? ???? ?</text>");
    assert_null(strstr(text, "<script"));
    free(text);
}

static void remarks_are_wrapped(void **state) {
    (void)state;
    char words[1000] = "";
    for (int i = 0; i < 100; i++)
        strcat(words, i % 2 ? "\xcf\x83\xcf\x83\xcf\x83\xcf\x83 " : "four ");
    char long_word[410];
    memset(long_word, 'x', 400);
    memcpy(long_word + 400, " tail", 6);
    gs_remark remarks[] = {{words, false}, {long_word, false}, {"", false}, {"end", false}};
    gs_figure figure = {.title = "T", .remarks = remarks, .remarks_count = 4};
    gs_error error = {0};
    assert_int_equal(gs_plot_write(path, &figure, &error), GS_OK);
    char *text = svg_read(path);
    /* 500 characters in lines of 140, an unbreakable word and what follows it, and the last line. */
    assert_int_equal(occurrences(text, "<text class=\"soft\""), 4 + 2 + 1);
    assert_has(text, ">tail</text>");
    assert_has(text, ">end</text>");
    const char *line = text;
    for (int i = 0; i < 4; i++) {
        about("i %d", i);
        line = strstr(line, "<text class=\"soft\"");
        line = strchr(line, '>') + 1;
        int characters = 0;
        for (const char *c = line; *c != '<'; c++)
            characters += (*c & 0xC0) != 0x80;
        assert_in_range(characters, i < 3 ? 136 : 1, 140);
        assert_true(*line != ' ');
    }
    free(text);
}

static void failures_leave_nothing(void **state) {
    (void)state;
    unlink(path);
    char nowhere[600];
    snprintf(nowhere, sizeof nowhere, "%s/none/plot.svg", test_directory);
    gs_figure figure = {.title = "T"};
    gs_error error = {0};
    assert_int_equal(gs_plot_write(nowhere, &figure, &error), GS_ERROR_FILE);
    assert_non_null(strstr(error.message, "none/plot.svg"));
    assert_int_equal(gs_plot_write("/dev/full", &figure, &error), GS_ERROR_FILE);
    assert_string_equal(error.message, "/dev/full: cannot write: No space left on device");
    assert_int_equal(rmdir(test_directory), 0);
    assert_int_equal(mkdir(test_directory, 0700), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_are_round_numbers),
        cmocka_unit_test(any_axis_has_ticks),
        cmocka_unit_test(a_line_goes_through_its_points),
        cmocka_unit_test(a_band_widens_the_axis),
        cmocka_unit_test(half_a_band_is_none),
        cmocka_unit_test(charts_keep_to_the_page),
        cmocka_unit_test(a_logarithmic_line),
        cmocka_unit_test(lines_break_where_values_are_missing),
        cmocka_unit_test(stacked_shares),
        cmocka_unit_test(odd_input_is_drawn),
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(remarks_are_wrapped),
        cmocka_unit_test(failures_leave_nothing),
    };
    return cmocka_run_group_tests(tests, make_test_path, remove_test_path);
}
