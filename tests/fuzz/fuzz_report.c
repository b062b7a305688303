/* Fuzz target: the bytes of a report of genbench. What is accepted is shown in every view, which trusts it. */
#include "fuzz.h"

#include "views.h"

static void show(const bench_document *document) {
    static FILE *nowhere;
    gs_error error = {.status = GS_OK};
    char name[64];
    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    bench_cpu_name(document->context, name, sizeof name);
    if (bench_console_print(nowhere, document, 1, &error))
        fuzz_finding("no tables", error.message);
    if (bench_markdown_write(document, 1, "/dev/null", &error))
        fuzz_finding("no Markdown", error.message);
    if (bench_csv_write(document, "/dev/null", &error))
        fuzz_finding("no CSV", error.message);
    if (bench_html_write(document, 1, "/dev/null", &error))
        fuzz_finding("no page", error.message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bench_document document;
    gs_error error = {.status = GS_OK};
    gs_status status = bench_document_load(fuzz_path(data, size), &document, &error);
    if (status) {
        fuzz_check_refusal(status, 1U << GS_ERROR_FILE, &error);
        return 0;
    }
    show(&document);
    bench_document_free(&document);
    return 0;
}
