/* Numbers and words as reports and commands write them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/words.h"
#include "support/about.h"

static void words_are_quoted(void **state) {
    (void)state;
    static const struct {
        const char *word, *put;
    } rows[] = {{"a/b-c_1.5,=+:@", " a/b-c_1.5,=+:@"},
                {"", " ''"},
                {"a b", " 'a b'"},
                {"it's", " 'it'\\''s'"},
                {"caf\xc3\xa9", " 'caf\xc3\xa9'"},
                {"a\nb", " $'a\\012b'"},
                {"\x7f", " $'\\177'"},
                {"it's\n\\", " $'it\\'s\\012\\\\'"},
                {"\xe9 1", " $'\\351 1'"}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        about("rows[%zu]", i);
        char *text;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        gs_put_word(out, rows[i].word);
        assert_int_equal(fclose(out), 0);
        assert_string_equal(text, rows[i].put);
        free(text);
    }
}

static void what_controls_a_terminal_is_not_put(void **state) {
    (void)state;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    gs_put_plain("a ~\x1b[2J\xff\x7f", out);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "a ~?[2J??");
    free(text);
}

static void texts_become_json(void **state) {
    (void)state;
    json_t *text = gs_text_json("caf\xc3\xa9 \xe9");
    assert_string_equal(json_string_value(text), "caf\xc3\xa9 \\xE9");
    json_decref(text);
}

static void numbers_become_json(void **state) {
    (void)state;
    static const struct {
        double value;
        json_type type;
    } rows[] = {{3, JSON_INTEGER},   {0, JSON_INTEGER}, {-1, JSON_REAL},      {2.5, JSON_REAL},
                {0x1p60, JSON_REAL}, {NAN, JSON_NULL},  {INFINITY, JSON_NULL}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        about("rows[%zu]", i);
        json_t *number = gs_mean_json(rows[i].value);
        assert_int_equal(json_typeof(number), rows[i].type);
        json_decref(number);
    }
    json_t *large = gs_whole_json(UINT64_MAX);
    assert_string_equal(json_string_value(large), "18446744073709551615");
    json_decref(large);
}

static void decimals_are_short(void **state) {
    (void)state;
    static const double values[] = {0, 0.1, 1.0 / 3, 1e300, -2.5, 123456789.125};
    for (size_t i = 0; i < GS_COUNT(values); i++) {
        char text[32];
        assert_true(strtod(gs_shortest(values[i], text), NULL) == values[i]);
    }
    char text[32];
    assert_string_equal(gs_shortest(0.1, text), "0.1");
    gs_shortest(NAN, text); /* equals nothing, itself included */
    assert_non_null(strstr(text, "nan"));
}

static void numbers_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool decimal, number;
    } rows[] = {
        {"1.5e3", true, true},   {"-2", false, true},
        {"", false, false},      {"1x", false, false},
        {"1.5.2", false, false}, {"e", false, false},
        {"1e999", false, false}, {"0x10", false, false},
        {"--1", false, false},   {"0000000000000000000000000000000000000000000000000000000000000001", false, false}};
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        about("rows[%zu]", i);
        double value;
        assert_int_equal(gs_parse_decimal(rows[i].text, strlen(rows[i].text), &value), rows[i].decimal);
        assert_int_equal(gs_parse_number(rows[i].text, &value), rows[i].number);
    }
    assert_string_equal(gs_base_name("a/b"), "b");
    assert_string_equal(gs_base_name("a/"), "a/");
    assert_string_equal(gs_base_name("a"), "a");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_quoted),   cmocka_unit_test(what_controls_a_terminal_is_not_put),
        cmocka_unit_test(texts_become_json),  cmocka_unit_test(numbers_become_json),
        cmocka_unit_test(decimals_are_short), cmocka_unit_test(numbers_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
