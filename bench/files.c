/* genbench report and genbench merge: what can be made of existing reports. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "documents.h"
#include "page/html.h"
#include "outputs.h"
#include "views.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

typedef struct request {
    const char *command, *help;
    const char *json, *html, *markdown, *csv, *chart; /* outputs, or NULL */
    char *files[BENCH_DOCUMENTS_MAX];
    int count;
} request;

static const char **output_of(request *r, const char *name) {
    const bool merges = !strcmp(r->command, "merge");
    if (!strcmp(name, "--json"))
        return merges ? &r->json : NULL;
    if (!strcmp(name, "--html"))
        return &r->html;
    if (!strcmp(name, "--markdown"))
        return &r->markdown;
    if (!strcmp(name, "--chart") && !merges)
        return &r->chart;
    return !strcmp(name, "--csv") && !merges ? &r->csv : NULL;
}

/* "--name value" or "--name=value"; *i is moved past a value of its own. */
static gs_status parse_output(request *r, int argc, char **argv, int *i, gs_error *error) {
    char name[32];
    const char *argument = argv[*i], *equals = strchr(argument, '=');
    snprintf(name, sizeof name, "%.*s", (int)(equals ? equals - argument : 31), argument);
    const char **output = output_of(r, name);
    if (!output)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%.60s: unknown; see genbench %s --help", argument, r->command);
    if (*output)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s: given twice", name);
    *output = equals ? equals + 1 : *i + 1 < argc ? argv[++*i] : "";
    if (!**output || !strncmp(*output, "--", 2))
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s: its value FILE is missing", name);
    return GS_OK;
}

static gs_status parse(request *r, int argc, char **argv, gs_error *error) {
    gs_status status = GS_OK;
    for (int i = 1; i < argc && !status; i++)
        if (argv[i][0] == '-' && argv[i][1])
            status = parse_output(r, argc, argv, &i, error);
        else if (r->count == BENCH_DOCUMENTS_MAX)
            status = gs_fail(error, GS_ERROR_ARGUMENT, "more than %d files", BENCH_DOCUMENTS_MAX);
        else
            r->files[r->count++] = argv[i];
    if (!status && !r->count)
        status = gs_fail(error, GS_ERROR_ARGUMENT, "%s: no files; see genbench %s --help", r->command, r->command);
    if (!status && !strcmp(r->command, "merge") && !r->json)
        status = gs_fail(error, GS_ERROR_ARGUMENT, "merge: --json FILE is missing; see genbench merge --help");
    return status;
}

static gs_status check_outputs(const request *r, gs_error *error) {
    const bench_output outputs[] = {{r->json, "the report"},
                                    {r->html, "the page"},
                                    {r->markdown, "the tables"},
                                    {r->csv, "the values"},
                                    {r->chart, "the chart"}};
    return bench_outputs_check(outputs, (int)GS_COUNT(outputs), r->files, r->count, error);
}

static gs_status write_merged(const request *r, const bench_documents *all, gs_error *error) {
    json_t *root;
    int dropped;
    gs_status status = bench_documents_merge(all, &root, &dropped, error);
    if (status)
        return status;
    status = bench_document_write(root, true, r->json, error);
    json_decref(root);
    if (!status && dropped)
        fprintf(stderr, "genbench: %d row%s left out, not being valid\n", dropped, dropped == 1 ? " was" : "s were");
    return status;
}

static gs_status write_all(const request *r, const bench_documents *all, gs_error *error) {
    gs_status status = GS_OK;
    if (r->csv && all->count > 1)
        status = gs_fail(error, GS_ERROR_ARGUMENT, "--csv: of one report only, and these are %d", all->count);
    if (!status && r->json)
        status = write_merged(r, all, error);
    if (!status && r->html)
        status = bench_html_write(all->document, all->count, r->html, error);
    if (!status && r->chart)
        status = bench_chart_write(all->document, all->count, r->chart, error);
    if (!status && r->markdown)
        status = bench_markdown_write(all->document, all->count, r->markdown, error);
    if (!status && r->csv)
        status = bench_csv_write(all->document, r->csv, error);
    if (!status)
        status = bench_console_print(stdout, all->document, all->count, error);
    if (!status && r->html)
        printf("the page: %s\n", r->html);
    return status;
}

static int run(request *r, int argc, char **argv) {
    static bench_documents all;
    gs_error error = {0};
    if (argc == 2 && !strcmp(argv[1], "--help")) {
        puts(r->help);
        return 0;
    }
    gs_status status = parse(r, argc, argv, &error);
    if (!status)
        status = check_outputs(r, &error);
    if (!status)
        status = bench_documents_load(r->files, r->count, &all, &error);
    if (!status)
        status = write_all(r, &all, &error);
    bench_documents_free(&all);
    if (!status && (fflush(stdout) || ferror(stdout)))
        status = gs_fail(&error, GS_ERROR_FILE, "standard output: cannot write");
    if (status)
        fprintf(stderr, "genbench: %s\n", error.message);
    return !status ? 0 : status == GS_ERROR_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
}

int bench_report(int argc, char **argv) {
    return run(&(request){.command = "report",
                          .help = "usage: genbench report FILE... [--html FILE] [--markdown FILE] [--csv FILE] [--chart FILE]\n\n"
                                  "Views of reports that genbench wrote, on standard output and as files. Of several\n"
                                  "reports, what they all measure side by side; a ratio above 1 is better than the\n"
                                  "first. --chart draws, as SVG, how many times as fast gensample is as the other\n"
                                  "programs of reports by bench/peers/run.sh, of one machine."},
               argc, argv);
}

int bench_merge(int argc, char **argv) {
    return run(&(request){.command = "merge",
                          .help = "usage: genbench merge FILE... --json FILE [--html FILE] [--markdown FILE]\n\n"
                                  "One file of several reports, of other machines or instruction sets, without rows\n"
                                  "that are not valid. genbench report takes it as it takes the reports themselves."},
               argc, argv);
}
