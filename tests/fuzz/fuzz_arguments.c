/* Fuzz target: the words of a command line, one a line. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "cli/arguments.h"

enum { WORDS_MOST = 64, REFUSALS = 1U << GS_ERROR_ARGUMENT | 1U << GS_ERROR_FILE | 1U << GS_ERROR_UNSUPPORTED };

static void parse(int count, char *const *words) {
    gs_arguments arguments;
    gs_error error = {.status = GS_OK};
    gs_status status = gs_arguments_parse(&arguments, count, words, &error);
    if (!status)
        status = gs_arguments_find(&arguments, &error);
    if (status)
        fuzz_check_refusal(status, REFUSALS, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1), *words[WORDS_MOST + 1] = {(char[]){"gensample"}};
    int count = 1;
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    for (char *at = text, *end; size && at && count < WORDS_MOST; at = end ? end + 1 : NULL) {
        end = strchr(at, '\n');
        if (end)
            *end = '\0';
        if (end || *at)
            words[count++] = at;
    }
    parse(count, words);
    free(text);
    return 0;
}
