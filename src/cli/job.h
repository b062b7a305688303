/* Jobs of gensample work: a file is a JSON object of the options of gensample sample, which become a command line. */
#ifndef GS_CLI_JOB_H
#define GS_CLI_JOB_H

#include "base/base.h"

enum { GS_WORDS_MOST = 256 };

/* The words of a command line, each to be freed with free, and NULL behind them. */
typedef struct gs_words {
    char *word[GS_WORDS_MOST + 1];
    int count;
} gs_words;

/* Add a word, which is taken over; NULL counts as a lack of memory. Errors: GS_ERROR_FORMAT: there are too many;
 * GS_ERROR_MEMORY. */
gs_status gs_words_add(gs_words *words, char *text, gs_error *error);
void gs_words_free(gs_words *words);

/* Add the options that a job asks for. Errors: GS_ERROR_FILE, GS_ERROR_FORMAT, GS_ERROR_MEMORY. */
gs_status gs_job_read(const char *path, gs_words *words, gs_error *error);

#endif
