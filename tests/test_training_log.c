/* Logs of trainings: what a good one holds, and what is said of others, with file and line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "study/training_log.h"
#include "support/files.h"

#define HEAD                                                                           \
    "{\"gensample_log\": 1, \"network\": \"U-Net\", \"images\": 60000, \"columns\": [" \
    "{\"name\": \"loss\", \"meaning\": \"the loss\", \"unit\": \"\"}, "                \
    "{\"name\": \"levels\", \"meaning\": \"of each level\", \"unit\": \"\", \"length\": 2}]}\n"
#define FIRST "{\"epoch\": 0, \"loss\": 121.5, \"levels\": [1, 2.5]}\n"

static gs_status read_text(const char *text, gs_training_log *log, gs_error *error) {
    write_file(test_path, text, strlen(text));
    return gs_training_log_read(test_path, log, error);
}

static void a_log_is_read(void **state) {
    (void)state;
    gs_training_log log;
    gs_error error;
    const gs_training_column *loss, *levels;
    const char *text;
    double number;
    assert_int_equal(read_text(HEAD FIRST "{\"loss\": -2e1, \"levels\": [3, 4], \"epoch\": 1}", &log, &error), GS_OK);
    assert_int_equal(log.epochs, 2);
    assert_int_equal(gs_training_log_find(&log, "loss", 1, &loss, &error), GS_OK);
    assert_int_equal(gs_training_log_find(&log, "levels", 2, &levels, &error), GS_OK);
    assert_string_equal(loss->meaning, "the loss");
    assert_true(loss->values[0] == 121.5 && loss->values[1] == -20);
    assert_true(levels->values[0] == 1 && levels->values[1] == 3 && levels->values[2] == 2.5 && levels->values[3] == 4);
    assert_int_equal(gs_training_log_text(&log, "network", &text, &error), GS_OK);
    assert_string_equal(text, "U-Net");
    assert_int_equal(gs_training_log_number(&log, "images", &number, &error), GS_OK);
    assert_true(number == 60000);
    assert_int_equal(gs_training_log_find(&log, "levels", 3, &levels, &error), GS_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "line 1: column 'levels' has a length of 2: expected 3"));
    assert_int_equal(gs_training_log_find(&log, "score", 1, &levels, &error), GS_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "has no column 'score'"));
    assert_int_equal(gs_training_log_text(&log, "images", &text, &error), GS_ERROR_FORMAT);
    assert_int_equal(gs_training_log_number(&log, "network", &number, &error), GS_ERROR_FORMAT);
    gs_training_log_free(&log);
}

/* What files from outside say, and what is answered. */
static const struct {
    const char *text, *problem;
} bad[] = {
    {"", "has 0 lines: expected one about the training"},
    {"\n", "has 1 lines"},
    {HEAD, "has 1 lines"},
    {"{\n}\n", "line 1: "},
    {"[]\n" FIRST, "line 1: is an array: expected a JSON object"},
    {"{}\n" FIRST, "line 1: is no training log"},
    {"{\"gensample_log\": 2}\n" FIRST, "line 1: is no training log"},
    {"{\"gensample_log\": 1}\n" FIRST, "line 1: expected \"columns\", a list"},
    {"{\"gensample_log\": 1, \"columns\": []}\n" FIRST, "line 1: expected \"columns\", a list"},
    {"{\"gensample_log\": 1, \"columns\": {\"a\": 1}}\n" FIRST, "line 1: expected \"columns\", a list"},
    {"{\"gensample_log\": 1, \"columns\": [1]}\n" FIRST, "line 1: column 0 has no name and meaning"},
    {"{\"gensample_log\": 1, \"columns\": [{\"name\": \"\", \"meaning\": \"m\"}]}\n" FIRST, "column 0 has no name"},
    {"{\"gensample_log\": 1, \"columns\": [{\"name\": \"epoch\", \"meaning\": \"m\"}]}\n" FIRST, "is named twice"},
    {"{\"gensample_log\": 1, \"columns\": [{\"name\": \"a\", \"meaning\": \"m\"}, {\"name\": \"a\", \"meaning\": "
     "\"m\"}]}\n" FIRST,
     "line 1: column 'a' is named twice"},
    {"{\"gensample_log\": 1, \"columns\": [{\"name\": \"a\", \"meaning\": \"m\", \"length\": 65}]}\n" FIRST,
     "line 1: column 'a': expected a length of 1 ... 64"},
    {"{\"gensample_log\": 1, \"columns\": [{\"name\": \"a\", \"meaning\": \"m\", \"length\": -1}]}\n" FIRST,
     "expected a length of 1 ... 64"},
    {"{\"gensample_log\": 1, \"columns\": [{\"name\": \"a\", \"meaning\": \"m\", \"length\": \"2\"}]}\n" FIRST,
     "expected a length of 1 ... 64"},
    {"{\"gensample_log\": 1, \"gensample_log\": 1}\n" FIRST, "line 1: duplicate object key"},
    {HEAD "\n" FIRST, "line 2: "},
    {HEAD FIRST FIRST, "line 3: expected \"epoch\": 1"},
    {HEAD "{\"epoch\": 1, \"loss\": 1, \"levels\": [1, 2]}\n", "line 2: expected \"epoch\": 0"},
    {HEAD "{\"epoch\": 0.0, \"loss\": 1, \"levels\": [1, 2]}\n", "line 2: expected \"epoch\": 0"},
    {HEAD "{\"epoch\": 0, \"loss\": 1}\n", "line 2: 'levels' has 1 numbers: expected 2"},
    {HEAD "{\"epoch\": 0, \"levels\": [1, 2]}\n", "line 2: 'loss' is nothing: expected a number"},
    {HEAD "{\"epoch\": 0, \"loss\": \"1\", \"levels\": [1, 2]}\n", "line 2: 'loss' is a string: expected a number"},
    {HEAD "{\"epoch\": 0, \"loss\": NaN, \"levels\": [1, 2]}\n", "line 2: "},
    {HEAD "{\"epoch\": 0, \"loss\": 1e999, \"levels\": [1, 2]}\n", "line 2: "},
    {HEAD "{\"epoch\": 0, \"loss\": 1, \"levels\": [1, 2, 3]}\n", "line 2: 'levels' has 3 numbers: expected 2"},
    {HEAD "{\"epoch\": 0, \"loss\": 1, \"levels\": [1, null]}\n", "line 2: 'levels' is null: expected a number"},
    {HEAD "{\"epoch\": 0, \"loss\": 1, \"levels\": [1, 2], \"more\": 1}\n", "line 2: has 4 members"},
    {HEAD FIRST "{\"epoch\": 1", "line 3: "},
    {HEAD "\xff\n", "line 2: "},
};

static void others_are_refused(void **state) {
    (void)state;
    gs_training_log log;
    gs_error error;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gs_status status = read_text(bad[i].text, &log, &error);
        if (status != GS_ERROR_FORMAT || strncmp(error.message, test_path, strlen(test_path)) ||
            !strstr(error.message, bad[i].problem))
            fail_msg("case %zu: status %d, '%s'", i, (int)status, error.message);
    }
}

/* A file of one character, over and over. */
static void refuse_run(char of, size_t size, const char *problem) {
    gs_training_log log;
    gs_error error;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, of, size);
    text[size - 1] = '\n';
    text[size / 2] = '\n';
    write_file(test_path, text, size);
    assert_int_equal(gs_training_log_read(test_path, &log, &error), GS_ERROR_FORMAT);
    assert_non_null(strstr(error.message, problem));
    free(text);
}

static void sizes_are_bounded(void **state) {
    (void)state;
    gs_training_log log;
    gs_error error;
    refuse_run('[', GS_LOG_BYTES_MAX, "line 1: maximum parsing depth reached");
    refuse_run('\n', GS_LOG_BYTES_MAX, "lines: expected");
    refuse_run(' ', GS_LOG_BYTES_MAX + 1, "has more than 1048576 bytes");
    assert_int_equal(gs_training_log_read("/nowhere/log.jsonl", &log, &error), GS_ERROR_FILE);
    assert_int_equal(gs_training_log_read(test_directory, &log, &error), GS_ERROR_FILE);
}

/* Every beginning of a good log is refused, but for the one that lacks only the last end of line. */
static void cut_logs_are_refused(void **state) {
    (void)state;
    static const char good[] = HEAD FIRST;
    gs_training_log log;
    gs_error error;
    for (size_t size = 0; size + 2 < sizeof good - 1; size++) {
        write_file(test_path, good, size);
        if (!gs_training_log_read(test_path, &log, &error))
            fail_msg("%zu bytes are accepted", size);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_is_read),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(cut_logs_are_refused),
    };
    return cmocka_run_group_tests(tests, make_test_path, remove_test_path);
}
