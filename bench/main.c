/* The program genbench. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/interrupt.h"
#include "io/output.h"
#include "page/html.h"
#include "outputs.h"
#include "regression/regression.h"
#include "report.h"
#include "shim.h"
#include "views.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 130, OUTPUTS = 4 };
static const double QUICK_S = 0.1, MIN_TIME_MOST_S = 3600;

/* ---- Settings ---- */

static bool has_prefix(const char *text, const char *prefix) {
    return !strncmp(text, prefix, strlen(prefix));
}

/* Without any option other than where to write, quick is meant. */
static bool is_plain(const bench_settings *s) {
    return !s->suite.count && !s->model.count && !s->scenario.count && !s->threads.count && !s->batch.count;
}

static bool given(int argc, char *const *argv, const char *prefix) {
    bool found = false;
    for (int i = 0; i < argc; i++)
        found = found || has_prefix(argv[i], prefix);
    return found;
}

/* ---- Rows ---- */

/* Rows are identified by their names. */
static gs_status check_names(const bench_rows *rows, gs_error *error) {
    for (int i = 0; i < rows->count; i++)
        for (int k = 0; k < i; k++)
            if (!strcmp(rows->row[i].name, rows->row[k].name))
                return gs_fail(error, GS_ERROR_ARGUMENT, "two rows have the name %s: a network or value is there twice",
                               rows->row[i].name);
    return GS_OK;
}

gs_status bench_rows_make(bench_rows *rows, bool strict, gs_error *error) {
    const bench_settings *s = rows->settings;
    gs_status status = GS_OK;
    for (const bench_suite *suite = bench_suites; suite->name && !status; suite++)
        if (bench_wants(&s->suite, suite->name))
            status = suite->add(rows, error);
    if (!status && strict)
        status = bench_rows_obey(rows, error);
    if (!status)
        status = bench_rows_filter(rows, bench_filter(), error);
    int kept = 0;
    for (int i = 0; i < rows->count; i++)
        if (bench_wants(&s->scenario, rows->row[i].scenario))
            rows->row[kept++] = rows->row[i];
    rows->count = kept;
    if (!status && !kept)
        status =
            gs_fail(error, GS_ERROR_FILE, "nothing to measure: no row is left by these options; see genbench list");
    return status ? status : check_names(rows, error);
}

static gs_status list(bench_rows *rows, gs_error *error) {
    gs_status status = bench_rows_make(rows, true, error);
    for (int i = 0; !status && i < rows->count; i++)
        puts(rows->row[i].name);
    return status;
}

/* ---- Measuring ---- */

static void list_outputs(const bench_settings *s, bench_output outputs[OUTPUTS]) {
    const bench_output all[OUTPUTS] = {
        {s->json, "the report"}, {s->html, "the page"}, {s->markdown, "the tables"}, {s->csv, "the values"}};
    memcpy(outputs, all, sizeof all);
}

static gs_status write_reports(const bench_settings *s, const bench_document *document, gs_error *error) {
    bench_output outputs[OUTPUTS];
    list_outputs(s, outputs);
    FILE *out = s->display ? stderr : bench_outputs_console(outputs, OUTPUTS);
    gs_status status = s->display ? GS_OK : bench_console_print(out, document, 1, error);
    if (!status)
        status = bench_document_write(document->root, false, s->json, error);
    if (!status && s->html)
        status = bench_html_write(document, 1, s->html, error);
    if (!status && s->markdown)
        status = bench_markdown_write(document, 1, s->markdown, error);
    if (!status && s->csv)
        status = bench_csv_write(document, s->csv, error);
    for (int i = 0; i < OUTPUTS && !status; i++)
        if (outputs[i].path)
            fprintf(out, "%s: %s\n", outputs[i].what, gs_output_label(outputs[i].path));
    return status;
}

/* Whether there is anything to report. */
static bool is_empty(const bench_result *result) {
    bool empty = true;
    for (int i = 0; i < result->rows->count; i++)
        empty = empty && !result->rows->row[i].repetitions && !result->rows->row[i].failed;
    return empty;
}

static gs_status explain_nothing(const bench_result *result, int argc, char *const *argv, gs_error *error) {
    if (result->interrupted)
        return gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted before a row was measured: no report is written");
    if (given(argc, argv, "--benchmark_list_tests"))
        return GS_OK;
    return gs_fail(error, GS_ERROR_FILE, "nothing was measured: no report is written");
}

static gs_status measure(bench_rows *rows, int argc, char *const *argv, gs_error *error) {
    bench_result result = {.rows = rows, .settings = rows->settings};
    bench_document document;
    bench_output outputs[OUTPUTS];
    list_outputs(rows->settings, outputs);
    gs_status status = bench_rows_make(rows, true, error);
    if (!status)
        status = bench_outputs_check(outputs, OUTPUTS, NULL, 0, error);
    if (status)
        return status;
    gs_interrupt_install();
    status = bench_measure(&result, error);
    if (!status && is_empty(&result))
        return explain_nothing(&result, argc, argv, error);
    if (!status)
        status = bench_document_take(bench_report_tree(&result, argc, argv), rows->settings->json, &document, error);
    if (status)
        return status;
    status = write_reports(rows->settings, &document, error);
    bench_document_free(&document);
    if (!status && result.interrupted)
        return gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: the rows that were finished are kept");
    if (!status && result.failed)
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "%d of %d rows failed", result.failed, rows->count);
    return status;
}

/* Values on which Google Benchmark would print its usage or run for ever. */
static gs_status check_google(const char *word, gs_error *error) {
    static const char time[] = "--benchmark_min_time=", format[] = "--benchmark_format=";
    static const char *const formats[] = {"console", "json", "csv"};
    if (has_prefix(word, time)) {
        const char *value = word + strlen(time);
        char *end;
        double seconds = strtod(value, &end);
        bool whole = !*end || !strcmp(end, "s") || !strcmp(end, "x");
        if (end == value || !whole || !(seconds > 0 && seconds <= MIN_TIME_MOST_S))
            return gs_fail(error, GS_ERROR_ARGUMENT, "%.60s: expected seconds above 0, at most %g", word,
                           MIN_TIME_MOST_S);
    }
    if (has_prefix(word, format)) {
        bool known = false;
        for (size_t i = 0; i < GS_COUNT(formats); i++)
            known = known || !strcmp(word + strlen(format), formats[i]);
        if (!known)
            return gs_fail(error, GS_ERROR_ARGUMENT, "%.60s: expected console, json or csv", word);
    }
    return GS_OK;
}

/* Hand Google Benchmark its options; one that it does not know is an error. */
static gs_status initialize(int argc, char *const *argv, bool quick, gs_error *error) {
    char **words = gs_alloc((size_t)argc + 2, sizeof *words); /* bench_initialize needs room for one more */
    int left = argc;
    if (!words)
        return gs_fail_memory(error, "the command line");
    memcpy(words, argv, (size_t)argc * sizeof *words);
    gs_status status = GS_OK;
    for (int i = 1; i < argc && !status; i++)
        status = check_google(argv[i], error);
    if (!status)
        bench_initialize(&left, words, quick ? QUICK_S : 0);
    for (int i = 1; i < left && !status; i++)
        if (has_prefix(words[i], "--benchmark_"))
            status = gs_fail(error, GS_ERROR_ARGUMENT, "%.60s: Google Benchmark has no such option", words[i]);
    gs_free(words);
    return status;
}

gs_status bench_settings_take(bench_settings *settings, int argc, char *const *argv, int skip, gs_error *error) {
    gs_status status = bench_settings_parse(settings, argc - skip, argv + skip, error);
    if (status || settings->help || settings->version)
        return status;
    settings->display = given(argc, argv, "--benchmark_format");
    settings->quick = settings->quick || is_plain(settings);
    if (given(argc, argv, "--benchmark_out=")) /* the file has what ran last */
        settings->patience = 0;
    status = initialize(argc, argv, settings->quick, error);
    return status ? status : bench_models_load(&settings->models, &settings->model, error);
}

static gs_status run(int argc, char *const *argv, gs_error *error) {
    bench_settings settings;
    bool lists = argc > 1 && !strcmp(argv[1], "list");
    gs_status status = bench_settings_take(&settings, argc, argv, lists ? 2 : 1, error);
    bench_rows rows = {.settings = &settings};
    if (!status && settings.help)
        bench_help();
    else if (!status && settings.version)
        puts("genbench " GS_VERSION);
    else if (!status)
        status = lists ? list(&rows, error) : measure(&rows, argc, argv, error);
    bench_rows_free(&rows);
    bench_settings_free(&settings);
    return status;
}

static int exit_code(gs_status status) {
    return !status                          ? 0
           : status == GS_ERROR_ARGUMENT    ? EXIT_USAGE
           : status == GS_ERROR_INTERRUPTED ? EXIT_INTERRUPTED
                                            : EXIT_FAILED;
}

/* Commands that have options of their own. */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {{"eval", bench_eval},       {"doctor", bench_doctor}, {"report", bench_report}, {"merge", bench_merge},
                {"history", bench_history}, {"check", bench_check},   {"ab", bench_ab},         {"work", bench_work}};

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN); /* so that writing to a closed pipe or past a limit is an error like any other */
    signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; argc > 1 && i < GS_COUNT(commands); i++)
        if (!strcmp(argv[1], commands[i].name))
            return commands[i].run(argc - 1, argv + 1);
    gs_error error = {0};
    gs_status status = run(argc, argv, &error);
    bool written = fflush(stdout) == 0 && !ferror(stdout);
    if (!status && !written)
        status = gs_fail(&error, GS_ERROR_FILE, "standard output: %s", strerror(errno));
    if (status)
        fprintf(stderr, "genbench: %s\n", error.message);
    return exit_code(status);
}
