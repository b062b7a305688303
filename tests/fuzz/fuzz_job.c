/* Fuzz target: the bytes of a job of gensample work, as far as a command line. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "cli/arguments.h"
#include "cli/job.h"

enum { REFUSALS = 1U << GS_ERROR_ARGUMENT | 1U << GS_ERROR_FILE | 1U << GS_ERROR_FORMAT };

/* What a job may never bring about. */
static void check(const gs_arguments *a) {
    if (a->help || a->version || a->dry_run || a->resume || a->json || a->quiet || a->threads || a->out_is_given)
        fuzz_finding("a job that sets what is not its own", "");
    if (a->command != GS_SAMPLE)
        fuzz_finding("a job with another command", "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gs_words words = {.count = 0};
    gs_arguments arguments;
    gs_error error = {.status = GS_OK};
    gs_status status = gs_words_add(&words, strdup("gensample"), &error);
    if (!status)
        status = gs_words_add(&words, strdup("sample"), &error);
    if (!status)
        status = gs_job_read(fuzz_path(data, size), &words, &error);
    if (!status)
        status = gs_arguments_parse(&arguments, words.count, words.word, &error);
    if (!status)
        check(&arguments);
    else
        fuzz_check_refusal(status, REFUSALS, &error);
    gs_words_free(&words);
    return 0;
}
