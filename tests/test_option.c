/* Values of options of every kind that are taken, and those that are refused in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/option.h"
#include "support/outputs.h"

#include "support/about.h" /* after the function of that name */

typedef struct fields {
    uint64_t u64;
    int grid[2], whole;
    double sign, rungs[GS_RUNGS_MAX];
    gs_numbers numbers, positives;
    gs_texts names, networks;
    gs_counts counts, two;
} fields;

enum { FIRST = 1, SECOND = 2, THIRD = 4, ALL = 7 };

#define ROW(name, kind, field, low, high, commands) \
    { name, "VALUE", GS_KIND_OPTION_##kind, offsetof(fields, field), low, high, commands, "help" }
static const gs_option_row rows[] = {ROW("u64", U64, u64, 1, UINT64_MAX, ALL),
                                     ROW("n", INT, whole, 1, 9, FIRST | SECOND | THIRD),
                                     ROW("grid", GRID, grid, 0, 6, ALL),
                                     ROW("sign", SIGNED, sign, 1, 5, ALL),
                                     ROW("rungs", LIST, rungs, 1, 5, ALL),
                                     ROW("numbers", NUMBERS, numbers, 0, 0, ALL),
                                     ROW("positives", POSITIVES, positives, 0, 9, ALL),
                                     ROW("names", NAMES, names, 0, 0, ALL),
                                     ROW("networks", NETWORKS, networks, 0, 0, ALL),
                                     ROW("counts", COUNTS, counts, 1, 20, ALL),
                                     ROW("two", TWO, two, 1, 20, ALL),
                                     ROW("some", INT, whole, 1, 9, SECOND | THIRD),
                                     ROW("third", INT, whole, 1, 9, THIRD)};
static const char *const commands[] = {"one", "two", "three"};
static const gs_option_table table = {rows, GS_COUNT(rows), commands, GS_COUNT(commands)};

/* --NAME VALUE, as the first command's. */
static gs_status take(const char *name, const char *value, fields *f, gs_error *error) {
    char option[100], text[400];
    char *argv[] = {option, text};
    bool given[GS_COUNT(rows)] = {false};
    int at = 0;
    snprintf(option, sizeof option, "--%s", name);
    snprintf(text, sizeof text, "%s", value);
    return gs_option_take(&table, FIRST, "one", 2, argv, &at, given, f, error);
}

static void values_that_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *name, *value, *why;
    } bad[] = {{"u64", "", "--u64: the value is empty, which is not a whole number that is at least 1"},
               {"u64", "0", "--u64: \"0\" is not a whole number that is at least 1"},
               {"u64", "18446744073709551616", "is not a whole number below 2^64"},
               {"u64", "18446744073709551620", "is not a whole number below 2^64"},
               {"grid", "7", "ROWSxCOLUMNS with at most 6 cells"},
               {"grid", "x2", "ROWSxCOLUMNS"},
               {"grid", "2x", "ROWSxCOLUMNS"},
               {"grid", "0x3", "ROWSxCOLUMNS"},
               {"grid", "3x0", "ROWSxCOLUMNS"},
               {"grid", "7x1", "ROWSxCOLUMNS"},
               {"grid", "1x7", "ROWSxCOLUMNS"},
               {"grid", "3x3", "ROWSxCOLUMNS"},
               {"sign", "-", "a number from 1 to 5, or the negative of one"},
               {"sign", "0.5", "a number from 1 to 5, or the negative of one"},
               {"sign", "-6", "a number from 1 to 5, or the negative of one"},
               {"sign", "nan", "a number from 1 to 5, or the negative of one"},
               {"rungs", "1,0.5", "numbers from 1 to 5, with commas between"},
               {"rungs", "1,,2", "numbers from 1 to 5, with commas between"},
               {"rungs", "6", "numbers from 1 to 5, with commas between"},
               {"numbers", "1,-", "one or more numbers with commas between"},
               {"numbers", "1,", "one or more numbers with commas between"},
               {"numbers", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", "one or more numbers with commas between"},
               {"numbers", "1e999", "one or more numbers with commas between"},
               {"positives", "0", "at most 16 positive numbers up to 9, with commas between"},
               {"positives", "10", "at most 16 positive numbers up to 9, with commas between"},
               {"names", ",a", "at most 16 names with commas between"},
               {"names", "a,,b", "at most 16 names with commas between"},
               {"names", "a,", "at most 16 names with commas between"},
               {"names", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", "at most 16 names with commas between"},
               {"names", "a,b,a", "--names: \"a\" is there twice"},
               {"networks", "", "--networks: the value is empty, which is not the VALUE that is expected: help"},
               {"counts", "1,0", "at most 16 whole numbers from 1 to 20, with commas between"},
               {"counts", "21", "at most 16 whole numbers from 1 to 20, with commas between"},
               {"counts", "1,x", "at most 16 whole numbers from 1 to 20, with commas between"},
               {"counts", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "at most 16 whole numbers"},
               {"counts", "3,4,3", "--counts: \"3\" is there twice"},
               {"two", "3", "two whole numbers from 1 to 20, with a comma between"},
               {"two", "3,4,5", "two whole numbers from 1 to 20, with a comma between"},
               {"two", "3,x", "two whole numbers from 1 to 20, with a comma between"},
               {"two", "3,3", "--two: \"3\" is there twice"},
               {"some", "3", "--some: no option of one, but of two and three"},
               {"third", "3", "--third: no option of one, but of three"},
               {"none", "3", "--none: unknown option; see one --help"},
               {"u64=3", "", NULL}};
    for (size_t i = 0; i < GS_COUNT(bad); i++) {
        about("bad[%zu]", i);
        fields f = {0};
        gs_error error = {0};
        gs_status status = take(bad[i].name, bad[i].value, &f, &error);
        if (bad[i].why)
            assert_told(status, GS_ERROR_ARGUMENT, &error, bad[i].why);
        else
            assert_int_equal(status, GS_OK);
    }
}

/* One more than there is room for. */
static void lists_have_an_end(void **state) {
    (void)state;
    char text[400] = "1";
    fields f = {0};
    gs_error error = {0};
    for (int i = 1; i < GS_RUNGS_MAX; i++)
        strcat(text, ",2");
    assert_ok(take("rungs", text, &f, &error), &error);
    assert_true(f.rungs[0] == 1 && f.rungs[GS_RUNGS_MAX - 1] == 2);
    strcat(text, ",2");
    assert_told(take("rungs", text, &f, &error), GS_ERROR_ARGUMENT, &error, "with commas between");
    for (int i = 0; i < GS_LIST_MAX; i++)
        assert_ok(take("networks", "a", &f, &error), &error);
    assert_told(take("networks", "a", &f, &error), GS_ERROR_ARGUMENT, &error, "is not one of at most 16 networks");
}

static void values_that_are_taken(void **state) {
    (void)state;
    fields f = {0};
    gs_error error = {0};
    static char names[] = "--names=a,b", one[] = "-n7";
    char *argv[] = {names, one};
    bool given[GS_COUNT(rows)] = {false};
    int at = 0;
    assert_ok(take("grid", "2x3", &f, &error), &error);
    assert_true(f.grid[0] == 2 && f.grid[1] == 3);
    assert_ok(take("sign", "-1.5", &f, &error), &error);
    assert_true(f.sign == -1.5);
    assert_ok(take("numbers", "-2,3", &f, &error), &error);
    assert_true(f.numbers.count == 2 && f.numbers.values[0] == -2 && f.numbers.values[1] == 3);
    assert_ok(take("two", "20,1", &f, &error), &error);
    assert_true(f.two.count == 2 && f.two.values[0] == 20 && f.two.values[1] == 1);
    assert_ok(gs_option_take(&table, FIRST, "one", 2, argv, &at, given, &f, &error), &error);
    assert_ok(gs_option_take(&table, FIRST, "one", 2, argv, &at, given, &f, &error), &error);
    assert_true(at == 2 && f.names.count == 2 && f.whole == 7);
    assert_string_equal(f.names.values[1], "b");
    at = 1;
    assert_told(gs_option_take(&table, FIRST, "one", 2, argv, &at, given, &f, &error), GS_ERROR_ARGUMENT, &error,
                "-n: given twice");
}

/* More commands than a message has room for. */
static void long_lists_of_commands_are_cut(void **state) {
    (void)state;
    enum { COUNT = 30 };
    static char name[GS_MESSAGE_MAX / 10];
    const char *many[COUNT];
    static char option[] = "--x", value[] = "3";
    char *argv[] = {option, value};
    const gs_option_row row = {"x", "X", GS_KIND_OPTION_INT, 0, 0, 9, ~1, "help"};
    const gs_option_row named = {"xx", "X", GS_KIND_OPTION_INT, 0, 0, 9, ~1, "help"}, both[] = {row, named};
    const gs_option_table crowd = {both, 2, many, COUNT};
    bool given[2] = {false};
    int at = 0, field;
    gs_error error = {0};
    static char longer[] = "--xx";
    memset(name, 'c', sizeof name - 1);
    for (int i = 0; i < COUNT; i++)
        many[i] = name;
    argv[0] = longer;
    assert_told(gs_option_take(&crowd, 1, "one", 2, argv, &at, given, &field, &error), GS_ERROR_ARGUMENT, &error,
                "--xx: no option of one, but of ccc");
}

static void the_library_is_quoted(void **state) {
    (void)state;
    static const struct {
        gs_status status, expected;
        const char *name, *said, *told;
    } says[] = {{GS_OK, GS_OK, "eta", "eta: no", "eta: no"},
                {GS_ERROR_MEMORY, GS_ERROR_MEMORY, "eta", "out of memory", "out of memory"},
                {GS_ERROR_FORMAT, GS_ERROR_ARGUMENT, "eta", "eta: no", "--eta: no"},
                {GS_ERROR_FORMAT, GS_ERROR_ARGUMENT, "eta", "eta is 3", "--eta is 3"},
                {GS_ERROR_FORMAT, GS_ERROR_ARGUMENT, "eta", "etas are 3", "--eta: etas are 3"},
                {GS_ERROR_FORMAT, GS_ERROR_ARGUMENT, "eta", "no", "--eta: no"},
                {GS_ERROR_FORMAT, GS_ERROR_ARGUMENT, NULL, "no", "no"}};
    for (size_t i = 0; i < GS_COUNT(says); i++) {
        about("says[%zu]", i);
        gs_error error = {.status = says[i].status};
        snprintf(error.message, sizeof error.message, "%s", says[i].said);
        assert_int_equal(gs_option_blame(says[i].name, says[i].status, &error), says[i].expected);
        assert_string_equal(error.message, says[i].told);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_that_are_refused), cmocka_unit_test(lists_have_an_end),
                                       cmocka_unit_test(values_that_are_taken),
                                       cmocka_unit_test(long_lists_of_commands_are_cut),
                                       cmocka_unit_test(the_library_is_quoted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
