/* genbench report, merge and history, which work on existing reports. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "documents.h"
#include "io/output.h"
#include "history.h"
#include "page/html.h"
#include "outputs.h"
#include "views.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, REPORT = 1, MERGE = 2, HISTORY = 4, OPTION_ROOM = 32 };

enum { JSON, HTML, CHART, MARKDOWN, CSV, OUTPUTS };

/* The outputs, and the commands that have each. */
static const struct {
    const char *option, *what;
    int commands;
} options[OUTPUTS] = {[JSON] = {"--json", "the report", MERGE | HISTORY},
                      [HTML] = {"--html", "the page", REPORT | MERGE | HISTORY},
                      [CHART] = {"--chart", "the chart", REPORT},
                      [MARKDOWN] = {"--markdown", "the tables", REPORT | MERGE},
                      [CSV] = {"--csv", "the values", REPORT}};

typedef struct request {
    int command;
    const char *name, *help;
    const char *output[OUTPUTS]; /* or NULL */
    char *files[BENCH_DOCUMENTS_MAX];
    int count;
} request;

/* "--name value" or "--name=value"; *i is moved past a value of its own. */
static gs_status parse_output(request *r, int argc, char **argv, int *i, gs_error *error) {
    char name[OPTION_ROOM];
    const char *argument = argv[*i], *equals = strchr(argument, '=');
    int o = 0;
    snprintf(name, sizeof name, "%.*s", (int)(equals ? equals - argument : OPTION_ROOM - 1), argument);
    while (o < OUTPUTS && (!(options[o].commands & r->command) || strcmp(options[o].option, name)))
        o++;
    if (o == OUTPUTS)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%.60s: unknown; see genbench %s --help", argument, r->name);
    if (r->output[o])
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s: given twice", name);
    r->output[o] = equals ? equals + 1 : *i + 1 < argc ? argv[++*i] : "";
    if (!*r->output[o] || !strncmp(r->output[o], "--", 2))
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s: its value FILE is missing", name);
    return GS_OK;
}

static gs_status parse(request *r, int argc, char **argv, gs_error *error) {
    const int most = r->command == HISTORY ? 1 : BENCH_DOCUMENTS_MAX;
    const char *kind = r->command == HISTORY ? "folder" : "file";
    gs_status status = GS_OK;
    for (int i = 1; i < argc && !status; i++)
        if (argv[i][0] == '-' && argv[i][1])
            status = parse_output(r, argc, argv, &i, error);
        else if (r->count == most)
            status = gs_fail(error, GS_ERROR_ARGUMENT, "more than %d %s%s", most, kind, most > 1 ? "s" : "");
        else
            r->files[r->count++] = argv[i];
    if (!status && !r->count)
        status = gs_fail(error, GS_ERROR_ARGUMENT, "%s: no %ss; see genbench %s --help", r->name, kind, r->name);
    if (!status && r->command == MERGE && !r->output[JSON])
        status = gs_fail(error, GS_ERROR_ARGUMENT, "merge: --json FILE is missing; see genbench merge --help");
    return status;
}

/* Checks the outputs; *console is where the tables go. */
static gs_status check_outputs(const request *r, FILE **console, gs_error *error) {
    bench_output outputs[OUTPUTS];
    for (int o = 0; o < OUTPUTS; o++)
        outputs[o] = (bench_output){r->output[o], options[o].what};
    *console = bench_outputs_console(outputs, OUTPUTS);
    return bench_outputs_check(outputs, OUTPUTS, r->files, r->count, error);
}

static gs_status write_merged(const request *r, const bench_documents *all, gs_error *error) {
    json_t *root;
    int dropped;
    gs_status status = bench_documents_merge(all, &root, &dropped, error);
    if (status)
        return status;
    status = bench_document_write(root, true, r->output[JSON], error);
    json_decref(root);
    if (!status && dropped)
        fprintf(stderr, "genbench: %d row%s left out, not being valid\n", dropped, dropped == 1 ? " was" : "s were");
    return status;
}

static gs_status write_views(const request *r, const bench_documents *all, FILE *console, gs_error *error) {
    gs_status status = GS_OK;
    if (r->output[CSV] && all->count > 1)
        status = gs_fail(error, GS_ERROR_ARGUMENT, "--csv: of one report only, and these are %d", all->count);
    if (!status && r->output[JSON])
        status = write_merged(r, all, error);
    if (!status && r->output[HTML])
        status = bench_html_write(all->document, all->count, r->output[HTML], error);
    if (!status && r->output[CHART])
        status = bench_chart_write(all->document, all->count, r->output[CHART], error);
    if (!status && r->output[MARKDOWN])
        status = bench_markdown_write(all->document, all->count, r->output[MARKDOWN], error);
    if (!status && r->output[CSV])
        status = bench_csv_write(all->document, r->output[CSV], error);
    return status ? status : bench_console_print(console, all->document, all->count, error);
}

static gs_status view(const request *r, FILE *console, gs_error *error) {
    static bench_documents all;
    gs_status status = bench_documents_load(r->files, r->count, &all, error);
    if (!status)
        status = write_views(r, &all, console, error);
    bench_documents_free(&all);
    return status;
}

static gs_status tell_history(const request *r, FILE *console, gs_error *error) {
    json_t *history;
    gs_status status = bench_history_read(r->files[0], &history, error);
    if (!status && r->output[JSON])
        status = bench_document_write(history, false, r->output[JSON], error);
    if (!status && r->output[HTML])
        status = bench_history_write(history, r->output[HTML], error);
    if (!status)
        bench_history_print(console, history);
    json_decref(history);
    return status;
}

static int run(request *r, int argc, char **argv) {
    gs_error error = {0};
    FILE *console;
    if (argc == 2 && !strcmp(argv[1], "--help")) {
        puts(r->help);
        return 0;
    }
    gs_status status = parse(r, argc, argv, &error);
    if (!status)
        status = check_outputs(r, &console, &error);
    if (!status)
        status = r->command == HISTORY ? tell_history(r, console, &error) : view(r, console, &error);
    if (!status && r->output[HTML])
        fprintf(console, "the page: %s\n", gs_output_label(r->output[HTML]));
    if (!status && (fflush(stdout) || ferror(stdout)))
        status = gs_fail(&error, GS_ERROR_FILE, "standard output: cannot write");
    if (status)
        fprintf(stderr, "genbench: %s\n", error.message);
    return !status ? 0 : status == GS_ERROR_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
}

int bench_report(int argc, char **argv) {
    return run(
        &(request){.command = REPORT,
                   .name = "report",
                   .help =
                       "usage: genbench report FILE... [--html FILE] [--chart FILE] [--markdown FILE] [--csv FILE]\n\n"
                       "Views of reports that genbench wrote, on standard output and as files. Of several\n"
                       "reports, what they all measure side by side; a ratio above 1 is better than the\n"
                       "first. --chart draws, as SVG, how many times as fast gensample is as the other\n"
                       "programs in reports of bench/peers/run.sh, of one machine."},
        argc, argv);
}

int bench_merge(int argc, char **argv) {
    return run(&(request){.command = MERGE,
                          .name = "merge",
                          .help = "usage: genbench merge FILE... --json FILE [--html FILE] [--markdown FILE]\n\n"
                                  "One file of several reports, of other machines or instruction sets, without rows\n"
                                  "that are not valid. genbench report takes it as it takes the reports themselves."},
               argc, argv);
}

int bench_history(int argc, char **argv) {
    return run(&(request){.command = HISTORY,
                          .name = "history",
                          .help =
                              "usage: genbench history FOLDER [--html FILE] [--json FILE]\n\n"
                              "How fast each row was in all reports of a folder, files whose names end with .json,\n"
                              "by time, and since when it is faster or slower: by 2 % at least, at a rate of false\n"
                              "alarms of 1 in 1,000 rows. That takes some 14 reports with the row valid. The page\n"
                              "draws every row."},
               argc, argv);
}
