/* Diagrams: known coordinates, odd input, hostile text. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/diagram.h"
#include "support/about.h"
#include "support/files.h"
#include "support/svg.h"

static const gs_stroke strokes[] = {GS_STROKE_LINE, GS_STROKE_DASHED, GS_STROKE_MARKS, GS_STROKE_BOTH, GS_STROKE_BARS};

/* The text of a diagram, to be freed with free(). */
static char *draw(const gs_diagram *diagram) {
    gs_error error = {0};
    char *bytes;
    size_t size;
    if (gs_diagram_encode(diagram, &bytes, &size, &error))
        fail_msg("%s", error.message);
    write_file(test_path, bytes, size);
    free(bytes);
    return svg_read(test_path);
}

static void assert_has(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("no '%s' in the diagram", part);
}

/* The plot is 200 high, from 38 on where only a title is above it, and ends 22 before the right edge of 420. */
static void a_line_goes_through_its_points(void **state) {
    (void)state;
    const double y[] = {0, 1, 2}, low[] = {0, 0.5, 1}, high[] = {0.5, 1.5, 2};
    const gs_diagram_series series[] = {{.n = 3, .y = y, .low = low, .high = high, .colour = 3},
                                        {.n = 3, .y = low, .stroke = GS_STROKE_DASHED, .colour = 9}};
    gs_diagram diagram = {.title = "T", .series = series, .count = 2};
    char *text = draw(&diagram);
    assert_has(text, "<path class=\"line l3\" d=\"M33.0 238.0 215.5 138.0 398.0 38.0 \"/>");
    assert_has(text, "<path class=\"line dashed l1\" d=\"M33.0 238.0 215.5 188.0 398.0 138.0 \"/>");
    assert_has(text,
               "<path class=\"band a3\" d=\"M33.0 188.0 215.5 88.0 398.0 38.0 398.0 138.0 215.5 188.0 33.0 238.0");
    assert_int_equal(occurrences(text, "prefers-color-scheme:dark"), 1);
    free(text);
}

static void bars_stand_on_zero_beside_each_other(void **state) {
    (void)state;
    const double y[] = {2, -1}, low[] = {1, -INFINITY}, high[] = {INFINITY, -1};
    const char *const names[] = {"one two", "b"};
    const gs_diagram_series series[] = {
        {.n = 2, .y = y, .low = low, .high = high, .stroke = GS_STROKE_BARS, .name = "first"},
        {.n = 2, .y = y, .stroke = GS_STROKE_BARS, .name = "second", .colour = 1}};
    gs_diagram diagram = {.title = "T", .categories = names, .category_count = 2, .series = series, .count = 2};
    char *text = draw(&diagram);
    assert_has(text, "<rect class=\"bar a0\" x=\"75.0\" y=\"56.0\" width=\"44.0\" height=\"133.3\"/>");
    assert_has(text, "<rect class=\"bar a1\" x=\"119.0\" y=\"56.0\" width=\"44.0\" height=\"133.3\"/>");
    assert_has(text, "<rect class=\"bar a0\" x=\"261.0\" y=\"189.3\" width=\"44.0\" height=\"66.7\"/>");
    assert_has(text, "d=\"M97.0 56.0v66.7\""); /* up to infinity, which is where the plot ends */
    assert_int_equal(occurrences(text, ">one two</text>"), 1);
    assert_int_equal(occurrences(text, ">first</text>"), 1);
    free(text);
}

/* They need a row each, and bars are across. */
static void long_names_are_not_cut(void **state) {
    (void)state;
    const double y[] = {1, 0.5, 0.25, 0.2}, theory[] = {0.9, 0.5, 0.2, NAN};
    const char *const names[] = {"the samples of annealed Langevin dynamics", "of the predictor-corrector",
                                 "of Heun's method", "of Euler's ancestral method"};
    const gs_diagram_series series[] = {{.n = 4, .y = y, .low = theory, .high = y, .stroke = GS_STROKE_BARS},
                                        {.n = 4, .y = theory, .stroke = GS_STROKE_DASHED, .colour = 1},
                                        {.n = 4, .y = y, .low = theory, .high = y, .stroke = GS_STROKE_MARKS}};
    gs_diagram diagram = {.title = "T", .categories = names, .category_count = 4, .series = series, .count = 3};
    char *text = draw(&diagram);
    for (size_t i = 0; i < GS_COUNT(names); i++)
        assert_int_equal(occurrences(text, names[i]), 1);
    assert_int_equal(occurrences(text, "<rect class=\"bar a0\" x=\"12.0\""), 4);
    assert_int_equal(occurrences(text, "<path class=\"mark"), 4);
    assert_int_equal(occurrences(text, "<path class=\"line l1\""), 3);
    free(text);
}

static void odd_points_are_left_out(void **state) {
    (void)state;
    const double odd[] = {NAN, INFINITY, -INFINITY, 0, -1, 1e308, -1e308, 5e-324, 1, 1, 1e100, NAN};
    const char *const names[] = {"a", "a name that is far too long to stand below a plot", ""};
    enum { N = GS_COUNT(odd), KINDS = 16 };
    gs_diagram_series series[3 * GS_COUNT(strokes)] = {0};
    for (int kind = 0; kind < KINDS; kind++)
        for (size_t n = 1; n <= N; n += 11)
            for (int count = 1; count <= (int)GS_COUNT(series); count += 7) {
                about("kind %d, n %zu, %d series", kind, n, count);
                for (int i = 0; i < count; i++)
                    series[i] = (gs_diagram_series){.n = n,
                                                    .y = odd + (N - n) / (size_t)(1 + i % 2),
                                                    .x = i % 3 ? NULL : odd,
                                                    .low = i % 2 ? odd : NULL,
                                                    .high = i % 2 ? odd + (N - n) : NULL,
                                                    .name = "s",
                                                    .stroke = strokes[i % (int)GS_COUNT(strokes)],
                                                    .colour = i - 2};
                gs_diagram diagram = {.title = "T", .y_label = "y", .series = series, .count = count};
                diagram.log_x = kind & 1;
                diagram.log_y = kind & 2;
                diagram.categories = kind & 4 ? names : NULL;
                diagram.category_count = kind & 8 ? 3 : 1;
                diagram.y_range[1] = kind & 8 ? 5 : 0;
                free(draw(&diagram));
            }
}

static void few_points_are_drawn(void **state) {
    (void)state;
    const double one[] = {3};
    for (size_t i = 0; i < GS_COUNT(strokes); i++)
        for (size_t n = 0; n < 2; n++) {
            about("stroke %zu, n %zu", i, n);
            gs_diagram_series series = {.n = n, .x = one, .y = one, .low = one, .high = one, .stroke = strokes[i]};
            gs_diagram diagram = {.title = "T", .series = &series, .count = 1};
            char *text = draw(&diagram);
            bool seen = strstr(text, "h0 ") || strstr(text, "<path class=\"mark") || strstr(text, "<rect class=\"bar");
            assert_int_equal(seen, n == 1);
            free(text);
        }
    gs_diagram diagram = {.title = ""};
    free(draw(&diagram));
}

static void texts_are_escaped(void **state) {
    (void)state;
    static const char hostile[] = "<script>&\"'\x01\xff\xcf\x83</svg>";
    const double one[] = {3};
    const char *const names[] = {hostile};
    char endless[3000];
    memset(endless, '<', sizeof endless - 1);
    endless[sizeof endless - 1] = 0;
    for (int kind = 0; kind < 2; kind++) {
        const char *name = kind ? endless : hostile;
        gs_diagram_series series = {.n = 1, .y = one, .name = name};
        gs_diagram diagram = {
            .title = hostile, .x_label = name, .y_label = name, .series = &series, .count = 1, .categories = names};
        diagram.category_count = kind;
        char *text = draw(&diagram);
        assert_int_equal(occurrences(text, "<script"), 0);
        assert_int_equal(occurrences(text, "</svg>"), 1);
        assert_has(text, kind ? "&lt;\xe2\x80\xa6</text>" : "&lt;script&gt;&amp;&quot;'??\xcf\x83&lt;/svg&gt;</text>");
        free(text);
    }
}

static void exponents_are_raised(void **state) {
    (void)state;
    const double y[] = {1e-7, 0.1}, small[] = {0, 2e-9};
    gs_diagram_series series = {.n = 2, .y = y, .name = "R^-D and 3e-05"};
    gs_diagram diagram = {.title = "x^2", .x_label = "e", .log_y = true, .series = &series, .count = 1};
    char *text = draw(&diagram);
#define RAISED(exponent) "<tspan dy=\"-4\" font-size=\"9\">" exponent "</tspan><tspan dy=\"4\">\xe2\x80\x8b</tspan>"
#define MINUS "\xe2\x88\x92"
    assert_has(text, ">R" RAISED(MINUS "D") " and 3\xc2\xb7"
                                            "10" RAISED(MINUS "5") "</text>");
    assert_has(text, ">x" RAISED("2") "</text>");
    assert_has(text, ">10\xe2\x81\xbb\xc2\xb9</text>");
    assert_has(text, ">10\xe2\x81\xbb\xe2\x81\xb7</text>");
    free(text);
    series = (gs_diagram_series){.n = 2, .y = small};
    diagram.log_y = false;
    text = draw(&diagram);
    assert_has(text, ">0</text>");
    assert_has(text, ">2\xc2\xb7"
                     "10\xe2\x81\xbb\xe2\x81\xb9</text>");
    free(text);
}

/* A legend of many long names takes rows above the plot, and pushes it down. */
static void the_legend_is_above_the_plot(void **state) {
    (void)state;
    const double y[] = {0, 1};
    gs_diagram_series series[GS_DIAGRAM_COLOURS];
    for (int i = 0; i < GS_DIAGRAM_COLOURS; i++)
        series[i] = (gs_diagram_series){.n = 2, .y = y, .name = "a name of thirty characters ...", .colour = i};
    gs_diagram diagram = {.title = "T", .series = series, .count = GS_DIAGRAM_COLOURS};
    char *text = draw(&diagram);
    assert_has(text, "y=\"167.0\" text-anchor=\"start\">a name"); /* the eighth row of 18 */
    assert_has(text, "M33 182.0h365");                            /* the plot's first line of the grid */
    free(text);
}

/* Series of many marks have small ones. */
static void many_marks_are_dots(void **state) {
    (void)state;
    double y[81];
    for (int i = 0; i < 81; i++)
        y[i] = i == 40 ? (double)NAN : i;
    for (size_t n = 80; n <= 81; n++) {
        gs_diagram_series series = {.n = n, .y = y, .stroke = GS_STROKE_MARKS, .colour = 2};
        gs_diagram diagram = {.title = "T", .series = &series, .count = 1};
        char *text = draw(&diagram);
        assert_int_equal(occurrences(text, "<path class=\"mark"), n == 80 ? 79 : 0);
        assert_int_equal(occurrences(text, "<path class=\"dots l2\""), n == 81);
        assert_int_equal(occurrences(text, "h0M"), n == 81 ? 79 : 0);
        free(text);
    }
}

/* A logarithmic axis has no 0: bars stand on its foot, or in rows begin at its end. */
static void logarithmic_bars(void **state) {
    (void)state;
    const double y[] = {1, 100};
    const char *const names[] = {"a", "b"};
    const char *const long_names[] = {
        "the samples of annealed Langevin dynamics, which takes a great many steps of a small size",
        "the samples of the predictor-corrector, which takes two networks for each of its steps"};
    gs_diagram_series series = {.n = 2, .y = y, .stroke = GS_STROKE_BARS};
    for (int rows = 0; rows < 2; rows++) {
        about("rows %d", rows);
        gs_diagram diagram = {.title = "T",
                              .log_y = true,
                              .categories = rows ? long_names : names,
                              .category_count = 2,
                              .series = &series,
                              .count = 1};
        char *text = draw(&diagram);
        assert_has(text, rows ? "<rect class=\"bar a0\" x=\"12.0\" y=\"" : "height=\"0.0\"/>");
        assert_has(text, rows ? "width=\"386.0\"" : "height=\"200.0\"");
        free(text);
    }
}

/* Where no category's name fits below the plot, each has a row, here with lines alone. */
static void rows_of_lines(void **state) {
    (void)state;
    enum { N = 100 };
    const char *names[N];
    double y[N];
    for (int i = 0; i < N; i++) {
        names[i] = "n";
        y[i] = i;
    }
    gs_diagram_series series = {.n = N, .y = y, .stroke = GS_STROKE_DASHED};
    gs_diagram diagram = {.title = "T", .categories = names, .category_count = N, .series = &series, .count = 1};
    char *text = draw(&diagram);
    assert_int_equal(occurrences(text, ">n</text>"), N);
    assert_int_equal(occurrences(text, "<path class=\"line l0\""), N);
    free(text);
}

/* The frame is at the foot where all values are below 0, and intervals need two ends that are numbers. */
static void negative_values_and_half_intervals(void **state) {
    (void)state;
    const double y[] = {-3, -2.5}, low[] = {-3.5, -3}, high[] = {NAN, NAN};
    gs_diagram_series series[] = {{.n = 2, .y = y, .name = "one end", .low = low, .stroke = GS_STROKE_BOTH},
                                  {.n = 2, .y = y, .low = low, .high = high, .stroke = GS_STROKE_MARKS},
                                  {.n = 2, .y = y, .low = low, .name = "a line"}};
    gs_diagram diagram = {.title = "T", .series = series, .count = 3};
    char *text = draw(&diagram);
    assert_int_equal(occurrences(text, "class=\"band"), 0);
    assert_int_equal(occurrences(text, "h8M"), 0);
    assert_has(text, "<path class=\"frame\" d=\"M");
    assert_has(text, "256.0h"); /* 200 below the legend */
    free(text);
}

/* A label becomes a power of ten where it has room for its factor, and one without an exponent where its value is one.
 */
static void some_ticks_are_powers(void **state) {
    (void)state;
    const double wide[] = {1234567e9, 1234569e9}, mixed[] = {3e-5, 5e-4};
    gs_diagram_series series = {.n = 2, .y = wide};
    gs_diagram diagram = {.title = "T", .series = &series, .count = 1};
    char *text = draw(&diagram);
    assert_has(text, "e+15</text>");
    free(text);
    series.y = mixed;
    diagram.log_y = true;
    text = draw(&diagram);
    assert_has(text, ">5\xc2\xb7"
                     "10\xe2\x81\xbb\xe2\x81\xb5</text>");
    assert_has(text, ">10\xe2\x81\xbb\xe2\x81\xb4</text>");
    assert_has(text, ">0.0002</text>");
    free(text);
}

/* Bytes that are no characters have no width, and are cut all the same. */
static void bytes_without_width_are_cut(void **state) {
    (void)state;
    char name[400];
    const double one[] = {3};
    memset(name, 0x80, sizeof name - 1);
    name[sizeof name - 1] = 0;
    gs_diagram_series series = {.n = 1, .y = one, .name = name};
    gs_diagram diagram = {.title = "T", .series = &series, .count = 1};
    char *text = draw(&diagram);
    assert_has(text, "?\xe2\x80\xa6</text>");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_goes_through_its_points),
        cmocka_unit_test(bars_stand_on_zero_beside_each_other),
        cmocka_unit_test(long_names_are_not_cut),
        cmocka_unit_test(odd_points_are_left_out),
        cmocka_unit_test(few_points_are_drawn),
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(exponents_are_raised),
        cmocka_unit_test(the_legend_is_above_the_plot),
        cmocka_unit_test(many_marks_are_dots),
        cmocka_unit_test(logarithmic_bars),
        cmocka_unit_test(rows_of_lines),
        cmocka_unit_test(negative_values_and_half_intervals),
        cmocka_unit_test(some_ticks_are_powers),
        cmocka_unit_test(bytes_without_width_are_cut),
    };
    return cmocka_run_group_tests(tests, make_test_path, remove_test_path);
}
