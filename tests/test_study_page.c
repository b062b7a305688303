/* The page of studies: all that it is given is on it, hostile texts are harmless, and it needs no other file. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "study/record.h"
#include "support/about.h"
#include "support/files.h"
#include "support/svg.h"

/* A word joiner and a blank at which no line ends. */
#define TIE "\xe2\x81\xa0\xc2\xa0"
#define HOSTILE "<script>alert(\"x\")</script>&\x01\xff]]>"

static const gs_study_row row = {.name = "rows", .item = "1.1.2", .title = "Title " HOSTILE, .about = "About " HOSTILE};

static char png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x1e\0\0\0\x14";
static char svg[] = "<svg/>";
static const char *const heads[] = {"head " HOSTILE, "second"};
static const char *const cells[] = {"a", ("b " HOSTILE), "c", "R^-D"};

static gs_study_part parts[] = {
    {.kind = GS_PART_TEXT, .text = "Said " HOSTILE},
    {.kind = GS_PART_FIGURE, .text = "Drawn \"" HOSTILE, .is_vector = true, .bytes = svg, .size = sizeof svg - 1},
    {.kind = GS_PART_FIGURE, .text = "Pixels", .width = 30, .bytes = png, .size = sizeof png - 1},
    {.kind = GS_PART_TABLE, .text = "Table " HOSTILE, .rows = 2, .columns = 2, .heads = heads, .cells = cells},
    {.kind = GS_PART_TEXT, .text = "R^-D = 5 % of 1 ... 2, x^2y ^ ^3 a^-"},
};

static gs_finding findings[] = {
    {.what = "agrees " HOSTILE, .unit = "%", .is = {0.5, 0.4, 0.6}, .kind = GS_EXPECT_VALUE, .expected = {0.5}},
    {.what = "refuted",
     .unit = "",
     .is = {1, 1, 1},
     .kind = GS_EXPECT_REFUTED,
     .expected = {2, INFINITY},
     .by = HOSTILE},
    {.what = "differs", .unit = "m", .is = {1, 0.9, 1.1}, .kind = GS_EXPECT_WITHIN, .expected = {2, 3}, .by = "theory"},
    {.what = "shown", .unit = "", .is = {NAN, NAN, NAN}},
};

static gs_study_record record_of(size_t shown) {
    return (gs_study_record){.row = &row,
                             .networks = "ebm " HOSTILE,
                             .command = "gensample study rows " HOSTILE,
                             .part = parts,
                             .parts = GS_COUNT(parts),
                             .finding = findings,
                             .findings = shown,
                             .used_digits = true,
                             .used_drawn = true,
                             .seconds = 1.5};
}

/* The page, to be freed with free(); it is XML, and every address in it is on the page or has its data. */
static char *page_of(const gs_study_results *results) {
    FILE *file = fopen(test_path, "w");
    assert_non_null(file);
    gs_study_page(results, file);
    assert_int_equal(fclose(file), 0);
    char *text = xml_read(test_path);
    assert_int_equal(occurrences(text, "<script"), 0);
    assert_int_equal(occurrences(text, "://"), occurrences(text, "http://www.w3.org/1999/xhtml"));
    assert_int_equal(occurrences(text, "href=\""), occurrences(text, "href=\"#"));
    assert_int_equal(occurrences(text, "src=\""), occurrences(text, "src=\"data:image/"));
    assert_int_equal(occurrences(text, "url(") + occurrences(text, "@import"), 0);
    return text;
}

static void assert_has(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("no '%s' on the page", part);
}

static void everything_is_there(void **state) {
    (void)state;
    gs_study_record records[] = {record_of(GS_COUNT(findings)), record_of(2)};
    gs_study_results results = {.study = records,
                                .count = 2,
                                .asked = 3,
                                .seed = UINT64_MAX,
                                .data = "MNIST " HOSTILE,
                                .isa = "scalar",
                                .threads = 1,
                                .seconds = 3};
    char *text = page_of(&results);
    static const char *const is_there[] = {
        "2 experiments in 3 s",
        "seed 18446744073709551615",
        "data of MNIST &lt;script&gt;",
        "1 thread, scalar",
        "<p class=\"big\">2 of 5</p><p>numbers are as theory and the course say</p>",
        "<p class=\"big\">2</p><p>claims are refuted here",
        "<b>1 number is not as expected:</b> <a href=\"#rows\">Title",
        "<b>Interrupted:</b> 1 experiment is not here",
        "were drawn by the network ncsn-cond",
        "<span class=\"item\">1.1.2</span>",
        "<p>Said &lt;script&gt;",
        "src=\"data:image/svg+xml;base64,PHN2Zy8+\"",
        "alt=\"Drawn &quot;&lt;script&gt;",
        "width=\"930\" alt=\"Pixels\" src=\"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAB4AAAAU\"", /* 31 times */
        "<b>50</b> <span class=\"interval\">(40",
        "data-label=\"expected\">2" TIE "..." TIE "3 m</td>",
        "<span class=\"badge good\">",
        "as expected</span>",
        "<span class=\"badge mild\">",
        "refuted</span>",
        "<span class=\"badge bad\">",
        "DIFFERS</span>",
        "<caption>Table &lt;script&gt;",
        "<code>gensample study rows &lt;script&gt;",
        "Networks: ebm &lt;script&gt;",
        "Digits were drawn by ncsn-cond.",
    };
    for (size_t i = 0; i < GS_COUNT(is_there); i++)
        assert_has(text, is_there[i]);
    assert_int_equal(occurrences(text, "<figure"), 4);
    assert_int_equal(occurrences(text, "<div class=\"figures\">"), 2);
    free(text);
}

static void a_single_study_is_the_page(void **state) {
    (void)state;
    gs_study_record record = record_of(2);
    record.used_digits = record.used_drawn = false;
    gs_study_results results = {.study = &record, .count = 1, .asked = 1, .isa = "avx2", .threads = 2};
    char *text = page_of(&results);
    assert_has(text, "<h1>Title &lt;script&gt;");
    assert_has(text, "2 threads, avx2");
    assert_int_equal(occurrences(text, "<h2>"), 0);
    assert_int_equal(occurrences(text, "<nav"), 0);
    assert_int_equal(occurrences(text, "class=\"note"), 0);
    assert_int_equal(occurrences(text, "ncsn-cond"), 0);
    free(text);
}

static void little_is_enough(void **state) {
    (void)state;
    gs_study_record record = {.row = &row, .command = "c"};
    for (int count = 0; count < 2; count++) {
        about("count %d", count);
        gs_study_results results = {.study = &record, .count = count, .asked = 1, .threads = 1};
        char *text = page_of(&results);
        assert_int_equal(occurrences(text, "<section"), count);
        assert_int_equal(occurrences(text, "<table"), 0);
        free(text);
    }
}

static void formulas_are_set(void **state) {
    (void)state;
    gs_study_record record = record_of(0);
    gs_study_results results = {.study = &record, .count = 1, .asked = 1, .threads = 1};
    char *text = page_of(&results);
    assert_has(text, "<p>R<sup>\xe2\x88\x92"
                     "D</sup>" TIE "=" TIE "5" TIE "% of 1" TIE "..." TIE "2, x<sup>2</sup>y ^ ^3 a^-</p>");
    assert_has(text, "<td data-label=\"second\">R<sup>\xe2\x88\x92"
                     "D</sup></td>");
    free(text);
}

static gs_verdict verdict_of(double low, double high, gs_expectation kind, double from, double to) {
    return gs_finding_verdict(&(gs_finding){.is = {(low + high) / 2, low, high}, .kind = kind, .expected = {from, to}});
}

/* A bound that cuts an interval leaves it undecided; a number that is none differs. */
static void verdicts_need_whole_intervals(void **state) {
    (void)state;
    assert_int_equal(verdict_of(1, 2, GS_EXPECT_WITHIN, 0, 2), GS_VERDICT_AGREES);
    assert_int_equal(verdict_of(1, 3, GS_EXPECT_WITHIN, 0, 2), GS_VERDICT_UNDECIDED);
    assert_int_equal(verdict_of(3, 4, GS_EXPECT_WITHIN, 0, 2), GS_VERDICT_DIFFERS);
    assert_int_equal(verdict_of(-INFINITY, INFINITY, GS_EXPECT_WITHIN, 0, 2), GS_VERDICT_UNDECIDED);
    assert_int_equal(verdict_of(3, 4, GS_EXPECT_REFUTED, 0, 2), GS_VERDICT_REFUTES);
    assert_int_equal(verdict_of(1, 3, GS_EXPECT_REFUTED, 0, 2), GS_VERDICT_UNDECIDED);
    assert_int_equal(verdict_of(1, 2, GS_EXPECT_REFUTED, 0, 2), GS_VERDICT_DIFFERS);
    assert_int_equal(verdict_of(1, 2, GS_EXPECT_VALUE, 1.5, 0), GS_VERDICT_AGREES);
    assert_int_equal(verdict_of(1, 2, GS_EXPECT_VALUE, 2.5, 0), GS_VERDICT_DIFFERS);
    assert_int_equal(verdict_of(NAN, NAN, GS_EXPECT_WITHIN, 0, 2), GS_VERDICT_DIFFERS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_need_whole_intervals),
        cmocka_unit_test(everything_is_there),
        cmocka_unit_test(a_single_study_is_the_page),
        cmocka_unit_test(little_is_enough),
        cmocka_unit_test(formulas_are_set),
    };
    return cmocka_run_group_tests(tests, make_test_path, remove_test_path);
}
