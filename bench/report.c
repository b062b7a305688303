/* The command `genbench report`: views of reports that are files. */
#include <stdio.h>
#include <string.h>

#include "html.h"
#include "io/output.h"
#include "report.h"

typedef struct arguments {
    const char *html;
    const char *file[BENCH_PAGE_DOCUMENTS_MAX];
    int files;
    bool help;
} arguments;

static void print_help(void) {
    puts("usage: genbench report FILE.json [FILE.json ...] --html OUT\n\n"
         "Writes a page of one report, or of several side by side: of several CPUs, instruction sets, or peers.\n\n"
         "options:\n"
         "  --html OUT               the page\n"
         "  --help                   print this text");
}

/* Option --html and its value, attached or the next word. */
static gs_status take_html(arguments *a, int argc, char *const *argv, int *at, gs_error *error) {
    const char *value = argv[*at] + strlen("--html");
    if (a->html)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--html: given twice");
    if (*value == '=')
        a->html = value + 1;
    else if (*at + 1 < argc && strncmp(argv[*at + 1], "--", 2) != 0)
        a->html = argv[++*at];
    if (!a->html || !a->html[0])
        return gs_fail(error, GS_ERROR_ARGUMENT, "--html: its value OUT is missing");
    return GS_OK;
}

static gs_status parse(arguments *a, int argc, char *const *argv, gs_error *error) {
    gs_status status = GS_OK;
    for (int i = 0; i < argc && !status; i++) {
        size_t length = strcspn(argv[i], "=");
        if (!strcmp(argv[i], "--help"))
            a->help = true;
        else if (length == strlen("--html") && !strncmp(argv[i], "--html", length))
            status = take_html(a, argc, argv, &i, error);
        else if (argv[i][0] == '-')
            status = gs_fail(error, GS_ERROR_ARGUMENT, "%.60s: unknown; see genbench report --help", argv[i]);
        else if (a->files == BENCH_PAGE_DOCUMENTS_MAX)
            status = gs_fail(error, GS_ERROR_ARGUMENT, "report: more than %d files", BENCH_PAGE_DOCUMENTS_MAX);
        else
            a->file[a->files++] = argv[i];
    }
    if (status || a->help)
        return status;
    if (!a->files)
        return gs_fail(error, GS_ERROR_ARGUMENT, "report: which FILE.json? See genbench report --help");
    if (!a->html)
        return gs_fail(error, GS_ERROR_ARGUMENT, "report: --html OUT is missing; see genbench report --help");
    return GS_OK;
}

gs_status bench_report_command(int argc, char *const *argv, gs_error *error) {
    arguments a = {0};
    bench_document documents[BENCH_PAGE_DOCUMENTS_MAX];
    int loaded = 0;
    gs_status status = parse(&a, argc, argv, error);
    if (!status && a.help)
        print_help();
    for (; !status && loaded < a.files && !a.help; loaded += !status)
        status = bench_document_load(a.file[loaded], &documents[loaded], error);
    if (!status && loaded)
        status = bench_html_write(documents, loaded, a.html, error);
    if (!status && loaded)
        printf("The page is %s\n", a.html);
    for (int i = 0; i < loaded; i++)
        bench_document_free(&documents[i]);
    return status;
}
