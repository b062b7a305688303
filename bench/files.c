/* genbench report, merge and history, which work on existing reports. */
#include <string.h>

#include "documents.h"
#include "history.h"
#include "outputs.h"
#include "views.h"

static gs_status write_merged(const bench_settings *s, const bench_documents *all, gs_error *error) {
    json_t *root;
    int dropped;
    gs_status status = bench_documents_merge(all, &root, &dropped, error);
    if (status)
        return status;
    status = bench_document_write(root, true, s->json, error);
    json_decref(root);
    if (!status && dropped)
        fprintf(stderr, "genbench: %d row%s left out, not being valid\n", dropped, dropped == 1 ? " was" : "s were");
    return status;
}

/* Only the page is named, as it is what a reader opens. */
static void name_page(const bench_settings *s, FILE *console) {
    const bench_settings page = {.html = s->html};
    bench_outputs_name(&page, console);
}

gs_status bench_report(bench_settings *settings, gs_error *error) {
    static bench_documents all;
    FILE *console;
    if (settings->command == BENCH_MERGE && !settings->json)
        return gs_fail(error, GS_ERROR_ARGUMENT, "merge: --json FILE is missing; see genbench merge --help");
    gs_status status = bench_outputs_check(settings, &console, error);
    if (!status)
        status = bench_documents_load(settings->operand, settings->operands, &all, error);
    if (!status && settings->json)
        status = write_merged(settings, &all, error);
    if (!status)
        status = bench_outputs_write(settings, all.document, all.count, error);
    if (!status)
        status = bench_console_print(console, all.document, all.count, error);
    if (!status)
        name_page(settings, console);
    bench_documents_free(&all);
    return status;
}

gs_status bench_history(bench_settings *settings, gs_error *error) {
    json_t *history;
    FILE *console;
    gs_status status = bench_outputs_check(settings, &console, error);
    if (!status)
        status = bench_history_read(settings->operand[0], &history, error);
    if (status)
        return status;
    if (settings->json)
        status = bench_document_write(history, false, settings->json, error);
    if (!status && settings->html)
        status = bench_history_write(history, settings->html, error);
    if (!status)
        bench_history_print(console, history);
    if (!status)
        name_page(settings, console);
    json_decref(history);
    return status;
}
