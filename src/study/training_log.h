/* Logs of trainings, models/logs/NAME.jsonl, a JSON object per line: the first describes the run and names the columns,
 * each of the others has an epoch's numbers:
 *
 *     {"gensample_log": 1, ..., "columns": [{"name": "loss", "meaning": "...", "unit": ""}, ...]}
 *     {"epoch": 0, "loss": 121.5, ...}
 *
 * Epochs are counted from 0. A column is a number or, with a "length", a list of so many. */
#ifndef GS_STUDY_TRAINING_LOG_H
#define GS_STUDY_TRAINING_LOG_H

#include <jansson.h>

#include "base/base.h"

/* The most that is read of a file. */
enum { GS_LOG_BYTES_MAX = 1 << 20, GS_LOG_EPOCHS_MAX = 10000, GS_LOG_COLUMNS_MAX = 64, GS_LOG_LENGTH_MAX = 64 };

typedef struct gs_training_column {
    const char *name, *meaning, *unit;
    size_t length;        /* numbers per epoch */
    const double *values; /* (length, epochs), finite */
} gs_training_column;

typedef struct gs_training_log {
    char *path;
    json_t *head; /* the first line, to which texts belong */
    size_t epochs, columns;
    gs_training_column *column; /* (columns) */
    double *values;             /* of all columns */
} gs_training_log;

/* Read a log. Errors name file and line: GS_ERROR_FILE, GS_ERROR_FORMAT: it is no log, an epoch is missing or twice, or
 * a column is missing, unknown or not finite; GS_ERROR_MEMORY. The log then needs no gs_training_log_free. */
gs_status gs_training_log_read(const char *path, gs_training_log *log, gs_error *error);
void gs_training_log_free(gs_training_log *log);

/* The column of a name and length. Errors: GS_ERROR_FORMAT: there is none. */
gs_status gs_training_log_find(const gs_training_log *log, const char *name, size_t length,
                               const gs_training_column **column, gs_error *error);

/* What the first line says under a key: a text, or a number. Errors: GS_ERROR_FORMAT: there is none. */
gs_status gs_training_log_text(const gs_training_log *log, const char *key, const char **text, gs_error *error);
gs_status gs_training_log_number(const gs_training_log *log, const char *key, double *number, gs_error *error);

#endif
