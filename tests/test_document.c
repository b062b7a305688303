/* Reports of genbench as other programs might have written them: what is refused, and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "document.h"
#include "support/about.h"
#include "support/files.h"

enum { PATH_ROOM = 120 };

static const char report[] =
    "{\"context\": {\"json_schema_version\": 1, \"date\": \"2028-02-29T23:59:60-01:30\", \"cpu_model\": \"a CPU\","
    "  \"num_cpus\": 2},"
    " \"benchmarks\": [{\"name\": \"kernels/a\", \"real_time\": 5.0, \"cpu_time\": 5.0, \"time_unit\": \"ns\","
    "   \"iterations\": 3}],"
    " \"genbench\": {\"json_schema_version\": 1, \"started\": \"2026-11-28T12:00:00Z\", \"source\": \"peer\", "
    "\"complete\": true, \"interrupted\": false,"
    "  \"peaks\": [{\"isa\": \"avx2\", \"dtype\": \"f32\", \"threads\": 2, \"flops\": 1e11}],"
    "  \"ab\": [{\"name\": \"kernels/a\", \"median\": 1.0, \"low\": 0.9, \"high\": 1.1, \"flagged\": false}],"
    "  \"rows\": [{\"name\": \"kernels/a\", \"suite\": \"kernels\", \"what\": \"a\", \"isa\": \"avx2\", \"dtype\": "
    "\"f32\","
    "    \"threads\": 2, \"unit\": \"FLOP/s\", \"less_is_better\": false, \"valid\": false, \"reasons\": [\"why\"],"
    "    \"figures\": {\"of peak\": {\"value\": 50.0, \"unit\": \"%\"}}, \"value\": 2.0, \"low\": 1.0, \"high\": 3.0,"
    "    \"repetitions\": [{\"iterations\": 3, \"real_s\": 0.1, \"samples_ns\": [1, 2, 3.5]}],"
    "    \"picture\": {\"png\": \"iVBORw0KGgoA\", \"caption\": \"digits\"},"
    "    \"trace\": {\"title\": \"E\", \"x_label\": \"step\", \"y_label\": \"energy\", \"x\": [0, 1],"
    "      \"series\": [{\"name\": \"s\", \"y\": [3, 4.5]}]}},"
    "   {\"name\": \"kernels/b\", \"suite\": \"kernels\", \"what\": \"b\", \"isa\": \"avx2\", \"dtype\": \"f32\","
    "    \"threads\": 1, \"unit\": \"FLOP/s\", \"less_is_better\": false, \"valid\": false, \"reasons\": [\"failed\"],"
    "    \"figures\": {}, \"repetitions\": []}]}}";

static json_t *good(void) {
    json_error_t error;
    json_t *root = json_loads(report, 0, &error);
    if (!root)
        fail_msg("%s", error.text);
    return root;
}

/* Replaces the member at "a/0/b" by the given JSON; NULL removes it. */
static void change(json_t *root, const char *place, const char *json) {
    char path[PATH_ROOM], *next, *step = path;
    json_t *at = root, *value = json ? json_loads(json, JSON_DECODE_ANY, NULL) : NULL;
    snprintf(path, sizeof path, "%s", place);
    for (; (next = strchr(step, '/')); step = next) {
        *next++ = '\0';
        at = json_is_array(at) ? json_array_get(at, strtoul(step, NULL, 10)) : json_object_get(at, step);
        assert_non_null(at);
    }
    int status = json_is_array(at) ? json_array_set_new(at, strtoul(step, NULL, 10), value)
                 : value           ? json_object_set_new(at, step, value)
                                   : json_object_del(at, step);
    assert_int_equal(status, 0);
}

static void a_report_is_read(void **state) {
    (void)state;
    bench_document d;
    gs_error error = {0};
    const char *unit;
    assert_int_equal(bench_document_take(good(), "x.json", &d, &error), GS_OK);
    const json_t *row = bench_document_row(&d, "kernels/a");
    assert_string_equal(bench_text(row, "what"), "a");
    assert_true(bench_row_figure(row, "of peak", &unit) == 50 && !strcmp(unit, "%"));
    assert_true(bench_row_figure(row, "none", NULL) != bench_row_figure(row, "none", NULL));
    assert_true(bench_integer(row, "threads", 0) == 2 && bench_integer(row, "batch", 7) == 7);
    assert_true(bench_flag(d.genbench, "complete") && !bench_flag(row, "valid"));
    assert_null(bench_document_row(&d, "kernels/c"));
    bench_document_free(&d);
}

static void what_is_wrong_is_named(void **state) {
    (void)state;
    static const struct {
        const char *place, *json, *message;
    } cases[] = {
        {"context", NULL, "context: missing"},
        {"context", "[]", "context: an array, expected an object"},
        {"context/json_schema_version", NULL, "context.json_schema_version: missing"},
        {"context/json_schema_version", "2", "context.json_schema_version: 2, expected 1"},
        {"context/cpu_model", "5", "context.cpu_model: 5, expected a string"},
        {"context/cpu_model", "\"\\u001b[31m\"", "context.cpu_model: control characters"},
        {"context/anything", "{\"a\\u007f\": 1}", "context.anything: a name with control characters"},
        {"genbench/rows/0/reasons/0", "\"a\\nb\"", "genbench.rows[0].reasons[0]: control characters"},
        {"genbench/rows/0/picture/caption", "\"\\u009b31m\"", "genbench.rows[0].picture.caption: control characters"},
        {"benchmarks", "{}", "benchmarks: an object, expected an array"},
        {"benchmarks/0", "3", "benchmarks[0]: 3, expected an object"},
        {"benchmarks/0/name", NULL, "benchmarks[0].name: missing"},
        {"benchmarks/0/real_time", "-5", "benchmarks[0].real_time: -5, expected a number from 0 on"},
        {"genbench", NULL, "genbench: missing"},
        {"genbench/json_schema_version", "0", "genbench.json_schema_version: 0, expected 1"},
        {"genbench/complete", "1", "genbench.complete: 1, expected true or false"},
        {"genbench/command", "[1]", "genbench.command[0]: 1, expected a string"},
        {"genbench/peaks/0/flops", "0", "genbench.peaks[0].flops: 0, expected a number above 0"},
        {"genbench/ab/0/median", "1.5", "genbench.ab[0].median: not between low and high"},
        {"genbench/ab/0/flagged", NULL, "genbench.ab[0].flagged: missing"},
        {"genbench/rows", NULL, "genbench.rows: missing"},
        {"genbench/rows/1", "null", "genbench.rows[1]: null, expected an object"},
        {"genbench/rows/1/name", "\"\"", "genbench.rows[1].name: \"\", expected a string that is not empty"},
        {"genbench/rows/1/name", "\"kernels/a\"", "genbench.rows[1].name: \"kernels/a\" is there twice"},
        {"genbench/rows/0/threads", "0", "genbench.rows[0].threads: 0, expected a whole number from 1 on"},
        {"genbench/rows/0/threads", "1.5", "genbench.rows[0].threads: 1.5, expected a whole number from 1 on"},
        {"genbench/rows/0/reasons", "[]", "genbench.rows[0].valid: expected true without reasons, false with some"},
        {"genbench/rows/0/reasons/0", "{}", "genbench.rows[0].reasons[0]: an object, expected a string"},
        {"genbench/rows/0/figures/of peak", "7", "genbench.rows[0].figures.of peak: 7, expected an object"},
        {"genbench/rows/0/figures/of peak/unit", NULL, "genbench.rows[0].figures.of peak.unit: missing"},
        {"genbench/rows/0/value", NULL, "genbench.rows[0].value: missing"},
        {"genbench/rows/0/repetitions", "[]",
         "genbench.rows[0].repetitions: none, expected some of a row that is valid or has a value"},
        {"genbench/rows/1/value", "1",
         "genbench.rows[1].repetitions: none, expected some of a row that is valid or has a value"},
        {"genbench/rows/0/value", "\"fast\"", "genbench.rows[0].value: \"fast\", expected a number above 0"},
        {"genbench/rows/0/low", "4", "genbench.rows[0].low: above high"},
        {"genbench/rows/0/bytes_per_call", "-1", "genbench.rows[0].bytes_per_call: -1, expected a number from 0 on"},
        {"genbench/rows/0/repetitions/0/real_s", "0",
         "genbench.rows[0].repetitions[0].real_s: 0, expected a number above 0"},
        {"genbench/rows/0/repetitions/0/samples_ns/1", "-2",
         "genbench.rows[0].repetitions[0].samples_ns[1]: -2, expected a number from 0 on"},
        {"genbench/rows/0/picture/png", "\"x.png\"", "genbench.rows[0].picture.png: no PNG file in base64"},
        {"genbench/rows/0/picture/png", "\"iVBORw0KGgo=\\\"><b>\"",
         "genbench.rows[0].picture.png: no PNG file in base64"},
        {"genbench/rows/0/trace/x", "[1, 0]", "genbench.rows[0].trace.x: not ascending"},
        {"genbench/rows/0/trace/series/0/y", "[1]", "genbench.rows[0].trace.series: as many y as x expected of each"},
        {"genbench/rows/0/trace/series/0/y/0", "null",
         "genbench.rows[0].trace.series[0].y[0]: null, expected a number"}};
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        bench_document d;
        gs_error error = {0};
        char expected[GS_MESSAGE_MAX];
        json_t *root = good();
        change(root, cases[i].place, cases[i].json);
        snprintf(expected, sizeof expected, "x.json: %s", cases[i].message);
        gs_status status = bench_document_take(root, "x.json", &d, &error);
        if (status != GS_ERROR_FILE || strcmp(error.message, expected))
            fail_msg("%s: status %d, \"%s\", expected \"%s\"", cases[i].place, status, error.message, expected);
    }
}

/* Dates and times must be some. */
static void dates_are_checked(void **state) {
    (void)state;
    static const char *const none[] = {"",
                                       "2026",
                                       "today",
                                       "2026-02-29T00:00:00Z",
                                       "2100-02-29T00:00:00Z",
                                       "2026-13-01T00:00:00Z",
                                       "2026-00-01T00:00:00Z",
                                       "2026-04-31T00:00:00Z",
                                       "2026-01-00T00:00:00Z",
                                       "2026-01-01T24:00:00Z",
                                       "2026-01-01T00:60:00Z",
                                       "2026-01-01T00:00:61Z",
                                       "2026-01-01 00:00:00Z",
                                       "2026-01-01T00:00:00",
                                       "2026-01-01T00:00:00ZZ",
                                       "2026-01-01T00:00:00+0100",
                                       "2026-01-01T00:00:00+01:000"};
    for (size_t i = 0; i < GS_COUNT(none); i++) {
        bench_document d;
        gs_error error = {0};
        json_t *root = good();
        char json[PATH_ROOM], expected[GS_MESSAGE_MAX];
        snprintf(json, sizeof json, "\"%s\"", none[i]);
        change(root, i % 2 ? "context/date" : "genbench/started", json);
        snprintf(expected, sizeof expected, "x.json: %s: %s, expected a date and time such as 2026-01-31T12:00:00Z",
                 i % 2 ? "context.date" : "genbench.started", json);
        gs_status status = bench_document_take(root, "x.json", &d, &error);
        if (status != GS_ERROR_FILE || strcmp(error.message, expected))
            fail_msg("%s: status %d, \"%s\", expected \"%s\"", json, status, error.message, expected);
    }
}

/* Optional members may be left out, one at a time. */
static void peers_may_leave_out(void **state) {
    (void)state;
    static const char *const places[] = {"genbench/source",
                                         "genbench/peaks",
                                         "genbench/ab",
                                         "genbench/rows/0/picture",
                                         "genbench/rows/0/picture/caption",
                                         "genbench/rows/0/trace",
                                         "genbench/rows/0/repetitions/0/samples_ns"};
    for (size_t i = 0; i < GS_COUNT(places); i++) {
        bench_document d;
        gs_error error = {0};
        json_t *root = good();
        change(root, places[i], NULL);
        if (bench_document_take(root, "x.json", &d, &error))
            fail_msg("%s: %s", places[i], error.message);
        bench_document_free(&d);
    }
}

static void write_text(const char *text, size_t bytes) {
    FILE *f = fopen(test_path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, bytes, f), bytes);
    assert_int_equal(fclose(f), 0);
}

static void files_that_are_no_reports(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {{"", "line 1: no JSON"},
                 {"{\"a\": 1, \"a\": 2}", "line 1: no JSON: duplicate object key"},
                 {"{\"genbench\": NaN}", "line 1: no JSON: invalid token"},
                 {"{\"genbench\": 1e999}", "line 1: no JSON: real number overflow"},
                 {"{\n\"genbench\": \"\\u0000\"}", "line 2: no JSON: \\u0000 in a text, where it may not be"},
                 {"{\n\"gen\\u0000bench\": 1}", "line 2: no JSON: \\u0000 in a text, where it may not be"},
                 {"\xff", "line 1: no JSON: unable to decode byte 0xff"},
                 {"{\"a\": \x1b[31m}", "line 1: no JSON: invalid token near ' '"},
                 {"[]", "an array, expected an object"}};
    for (size_t i = 0; i < GS_COUNT(cases); i++) {
        about("cases[%zu]", i);
        bench_document d;
        gs_error error = {0};
        write_text(cases[i].text, strlen(cases[i].text));
        assert_int_equal(bench_document_load(test_path, &d, &error), GS_ERROR_FILE);
        if (strncmp(error.message, test_path, strlen(test_path)) || !strstr(error.message, cases[i].message))
            fail_msg("\"%s\", expected \"%s\"", error.message, cases[i].message);
    }
}

static void depth_and_size_are_bounded(void **state) {
    (void)state;
    enum { DEPTH = 1 << 20 };
    bench_document d;
    gs_error error = {0};
    char *deep = gs_alloc(DEPTH, 1);
    memset(deep, '[', DEPTH);
    write_text(deep, DEPTH);
    gs_free(deep);
    assert_int_equal(bench_document_load(test_path, &d, &error), GS_ERROR_FILE);
    assert_non_null(strstr(error.message, "depth"));
    FILE *f = fopen(test_path, "wb"); /* a hole, which takes no space on the disk */
    assert_non_null(f);
    assert_int_equal(fseek(f, (long)BENCH_FILE_BYTES_MAX + 1, SEEK_SET), 0);
    assert_int_equal(fputc(' ', f), ' ');
    assert_int_equal(fclose(f), 0);
    assert_int_equal(bench_document_load(test_path, &d, &error), GS_ERROR_FILE);
    assert_non_null(strstr(error.message, "more than 268435456 bytes"));
    remove(test_path);
    assert_int_equal(bench_document_load(test_path, &d, &error), GS_ERROR_FILE);
    assert_non_null(strstr(error.message, "No such file"));
}

/* The tree that is made and the tree that is read from its file are the same. */
static void trees_survive_their_files(void **state) {
    (void)state;
    bench_document before, after;
    gs_error error = {0};
    json_t *root = good(), *row = json_array_get(json_object_get(json_object_get(root, "genbench"), "rows"), 0);
    bench_put_real(row, "value", 2.0 / 3 * 3.1);
    bench_put_real(row, "high", 1e300 / 7);
    bench_put_text(row, "program", "caf\xc3\xa9 \xff <&>\"");
    bench_put_text(row, "scenario", "a\nb \x1b[31m \xc2\x9b c\xc3\xa9\x7f");
    assert_string_equal(bench_text(row, "scenario"), "a b  [31m    c\xc3\xa9 ");
    assert_int_equal(bench_document_take(root, "x.json", &before, &error), GS_OK);
    assert_int_equal(bench_document_write(before.root, false, test_path, &error), GS_OK);
    assert_int_equal(bench_document_load(test_path, &after, &error), GS_OK);
    assert_true(json_equal(before.root, after.root));
    bench_document_free(&before);
    bench_document_free(&after);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_is_read),          cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(dates_are_checked),         cmocka_unit_test(peers_may_leave_out),
        cmocka_unit_test(files_that_are_no_reports), cmocka_unit_test(depth_and_size_are_bounded),
        cmocka_unit_test(trees_survive_their_files),
    };
    return cmocka_run_group_tests(tests, make_test_path, remove_test_path);
}
