/* Prose with numbers, in HTML and in SVG: exponents are raised, and lines do not end within an equation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "io/prose.h"
#include "support/about.h"

#define TIE "\xe2\x81\xa0\xc2\xa0"
#define TEN    \
    "\xc2\xb7" \
    "10"
#define MINUS "\xe2\x88\x92"
#define SVG(exponent) "<tspan dy=\"-4\" font-size=\"9\">" exponent "</tspan><tspan dy=\"4\">\xe2\x80\x8b</tspan>"

static void assert_prose(const char *text, bool is_svg, const char *expected) {
    char *bytes;
    size_t size;
    FILE *out = open_memstream(&bytes, &size);
    assert_non_null(out);
    gs_prose_put(out, text, strlen(text), is_svg);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(bytes, expected);
    free(bytes);
}

static void numbers_and_blanks(void **state) {
    (void)state;
    static const struct {
        const char *text, *html, *svg; /* svg: NULL if it is the same */
    } rows[] = {
        {"x^2", "x<sup>2</sup>", "x" SVG("2")},
        {"x^-1.5 y", "x<sup>" MINUS "1.5</sup> y", "x" SVG(MINUS "1.5") " y"},
        {"R^-D", "R<sup>" MINUS "D</sup>", "R" SVG(MINUS "D")},
        {"^2", "^2", NULL}, /* of nothing */
        {"x ^2", "x ^2", NULL},
        {"x^", "x^", NULL},
        {"x^-", "x^-", NULL},
        {"x^+", "x^+", NULL},
        {"1e-05", "1" TEN "<sup>" MINUS "5</sup>", "1" TEN SVG(MINUS "5")},
        {"1e+05", "1" TEN "<sup>5</sup>", "1" TEN SVG("5")},
        {"1e5,", "1" TEN "<sup>5</sup>,", "1" TEN SVG("5") ","},
        {"1e12345", "1e12345", NULL}, /* more digits than a power has */
        {"1e", "1e", NULL},
        {"1e-", "1e-", NULL},
        {"1e5x", "1e5x", NULL},
        {"e5 the", "e5 the", NULL},
        {"D = 784", "D" TIE "=" TIE "784", "D = 784"},
        {"5 %", "5" TIE "%", "5 %"},
        {"1 ... 9", "1" TIE "..." TIE "9", "1 ... 9"},
        {"1 .. 9", "1 .. 9", NULL},
        {"a =b", "a =b", NULL},
        {"a =", "a =", NULL},
        {"a ...", "a ...", NULL},
        {"... a", "..." TIE "a", "... a"},
        {".. a", ".. a", NULL},
        {" a ", " a ", NULL},
        {"a  ", "a  ", NULL},
        {"<&\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd>", "&lt;&amp;??????\xef\xbf\xbd&gt;", NULL},
    };
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        about("\"%s\"", rows[i].text);
        assert_prose(rows[i].text, false, rows[i].html);
        assert_prose(rows[i].text, true, rows[i].svg ? rows[i].svg : rows[i].html);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_and_blanks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
