/* Files of numbers, image by image: .csv, .json or .npy. */
#ifndef GS_CLI_TABLE_H
#define GS_CLI_TABLE_H

#include "cli/inputs.h"

typedef struct gs_table {
    const gs_input *const *input; /* (inputs) */
    int inputs, columns;
    const char *const *names; /* (columns) */
    const void *context;
    double (*value)(const void *context, int input, size_t image, int column); /* is handed the context */
} gs_table;

/* Check that a file of numbers can be called what --out says, if it says anything. Errors: GS_ERROR_ARGUMENT,
 * GS_ERROR_FILE. */
gs_status gs_table_check(const gs_arguments *arguments, gs_error *error);

/* Write it, unless `path` is NULL. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY. */
gs_status gs_table_write(const gs_table *table, const char *path, gs_error *error);

#endif
