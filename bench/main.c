/* The program genbench: its commands, and how they end. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "app/interrupt.h"
#include "app/words.h"
#include "outputs.h"
#include "regression/count.h"
#include "report.h"
#include "views.h"

/* ---- Measuring ---- */

static gs_status list(bench_settings *settings, gs_error *error) {
    bench_rows rows = {.settings = settings};
    gs_status status = bench_rows_make(&rows, true, error);
    for (int i = 0; !status && i < rows.count; i++)
        puts(rows.row[i].name);
    bench_rows_free(&rows);
    return status;
}

/* Whether there is anything to report. */
static bool is_empty(const bench_result *result) {
    bool empty = true;
    for (int i = 0; i < result->rows->count; i++)
        empty = empty && !result->rows->row[i].repetitions && !result->rows->row[i].failed;
    return empty;
}

static gs_status explain_nothing(const bench_result *result, gs_error *error) {
    const bench_settings *s = result->settings;
    if (result->interrupted)
        return gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted before a row was measured: no report is written");
    for (int i = 1; i < s->argc; i++)
        if (!strncmp(s->argv[i], "--benchmark_list_tests", strlen("--benchmark_list_tests")))
            return GS_OK;
    return gs_fail(error, GS_ERROR_FILE, "nothing was measured: no report is written");
}

static gs_status measure_rows(bench_rows *rows, gs_error *error) {
    const bench_settings *s = rows->settings;
    bench_result result = {.rows = rows, .settings = s};
    bench_document document;
    FILE *console;
    gs_status status = bench_rows_make(rows, true, error);
    if (!status)
        status = bench_outputs_check(s, &console, error);
    if (status)
        return status;
    gs_interrupt_install();
    status = bench_measure(&result, error);
    if (!status && is_empty(&result))
        return explain_nothing(&result, error);
    if (!status)
        status = bench_document_take(bench_report_tree(&result), s->json, &document, error);
    if (status)
        return status;
    status = s->display ? GS_OK : bench_console_print(console, &document, 1, error);
    if (!status)
        status = bench_document_write(document.root, false, s->json, error);
    if (!status)
        status = bench_outputs_write(s, &document, 1, error);
    if (!status)
        bench_outputs_name(s, s->display ? stderr : console);
    bench_document_free(&document);
    if (!status && result.interrupted)
        return gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: the rows that were finished are kept");
    if (!status && result.failed)
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "%d of %d rows failed", result.failed, rows->count);
    return status;
}

static gs_status measure(bench_settings *settings, gs_error *error) {
    bench_rows rows = {.settings = settings};
    gs_status status = measure_rows(&rows, error);
    bench_rows_free(&rows);
    return status;
}

/* ---- Commands ---- */

static const char statuses[] = "exit status: 0 no worse, 1 an error, or nothing compared, 2 a regression, or wrong\n"
                               "usage, which prints nothing on standard output, 3 inconclusive";

/* Names, operands, usage, what the list of commands says, what their own help says, and their functions. */
static const bench_command commands[] = {
    {"", BENCH_MEASURE, NULL, 0, 0, "[options]", "Measures, prints a table and writes a report.", NULL, NULL, measure},
    {"list", BENCH_LIST, NULL, 0, 0, "[options]", "print the names of the rows that would be measured", NULL, NULL,
     list},
    {"check", BENCH_CHECK, NULL, 0, 0, "--baseline FILE [options]",
     "counts of instructions and allocations against a baseline",
     "Counts instructions under valgrind's callgrind, allocations and operations of single calls, and compares\n"
     "them with a baseline: more than 1 % more is a regression.",
     statuses, bench_check},
    {"ab", BENCH_AB, "build", 2, 2, "BASE_BUILD HEAD_BUILD [options]", "times of two builds beside each other",
     "Measures rows of two builds, folders with a genbench or such programs, beside each other: short batches in\n"
     "random order. A row is slower when a Wilcoxon test of more than 3 %, corrected for all rows, has p <= 0.01,\n"
     "the median is 5 % or more, and both again in fresh processes. Options that choose rows go to both builds\n"
     "(default: a quick choice, --batch 1).",
     statuses, bench_ab},
    {"eval", BENCH_EVAL, NULL, 0, 0, "--model FILE [options]",
     "evaluations per second of one network, as one JSON object",
     "Network evaluations per second, as one JSON object, for scripts; every option has one value.", NULL, bench_eval},
    {"quality", BENCH_QUALITY, NULL, 0, 0, "[options]",
     "every sampler on every density and network, at several numbers of evaluations",
     "The quality of every sampler on every density and every network that it applies to, at several numbers of\n"
     "network evaluations per sample, as tables in Markdown.",
     NULL, bench_survey},
    {"doctor", BENCH_DOCTOR, NULL, 0, 0, "", "what makes this machine noisy, and how to calm it",
     "Says what makes this machine noisy, and how to calm it. Takes three seconds.", NULL, bench_doctor},
    {"report", BENCH_REPORT, "file", 1, BENCH_OPERANDS_MAX, "FILE... [options]",
     "views of reports, side by side if there are several",
     "Views of reports that genbench wrote, on standard output and as files. Of several reports, what they all\n"
     "measure side by side; a ratio above 1 is better than the first.",
     NULL, bench_report},
    {"merge", BENCH_MERGE, "file", 1, BENCH_OPERANDS_MAX, "FILE... --json FILE [options]",
     "one file of several reports",
     "One file of several reports, of other machines or instruction sets, without rows that are not valid.\n"
     "genbench report takes it as it takes the reports themselves.",
     NULL, bench_report},
    {"history", BENCH_HISTORY, "folder", 1, 1, "FOLDER [options]",
     "rows over many reports, and since when they are faster or slower",
     "How fast each row was in all reports of a folder, files whose names end with .json, by time, and since\n"
     "when it is faster or slower: by 2 % at least, at a rate of false alarms of 1 in 1,000 rows. That takes some\n"
     "14 reports with the row valid. The page draws every row.",
     NULL, bench_history},
    {"work", BENCH_WORK, "protocol", 1, 1, NULL, NULL, NULL, NULL, bench_work},
    {"count", BENCH_COUNT, "folder", 1, 1, NULL, NULL, NULL, NULL, bench_count_here},
    {0}};

static const bench_command *find_command(const char *name) {
    const bench_command *c = commands + 1;
    while (c->name && strcmp(c->name, name))
        c++;
    return c->name ? c : commands;
}

static gs_status run(int argc, char **argv, int *exit_status, gs_error *error) {
    bench_settings settings;
    const bench_command *command = argc > 1 ? find_command(argv[1]) : commands;
    if (command->command == BENCH_COUNT)
        bench_count_prepare();
    gs_status status = bench_settings_take(&settings, command, argc, argv, error);
    if (!status && settings.help)
        bench_help(commands, command);
    else if (!status && settings.version)
        puts("genbench " GS_VERSION);
    else if (!status)
        status = command->run(&settings, error);
    *exit_status = settings.exit_status;
    bench_settings_free(&settings);
    return status;
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN); /* so that writing to a closed pipe or past a limit is an error like any other */
    signal(SIGXFSZ, SIG_IGN);
    gs_json_watch();
    gs_error error = {0};
    int exit_status = BENCH_PASS;
    gs_status status = run(argc, argv, &exit_status, &error);
    bool written = fflush(stdout) == 0 && !ferror(stdout);
    if (!status && !written)
        status = gs_fail(&error, GS_ERROR_FILE, "standard output: %s", strerror(errno));
    if (status)
        fprintf(stderr, "genbench: %s\n", error.message);
    return !status                          ? exit_status
           : status == GS_ERROR_ARGUMENT    ? BENCH_USAGE
           : status == GS_ERROR_INTERRUPTED ? BENCH_INTERRUPTED
                                            : BENCH_ERROR;
}
