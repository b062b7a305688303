/* JSON as files of programs have it: read whole, whoever wrote it, with what is wrong in words; and written with the
 * shortest numbers. */
#ifndef GS_APP_JSON_FILE_H
#define GS_APP_JSON_FILE_H

#include <jansson.h>
#include <stdio.h>

#include "base/base.h"

/* A file as it is to be read. */
typedef struct gs_json_wish {
    const char *path;
    const char *what;       /* "a manifest", in messages about reading */
    size_t most, tree_most; /* bytes of the file, and of memory that its tree may take */
    const char *expected;   /* the end of messages about its text: "expected an object of settings" */
} gs_json_wish;

typedef struct gs_json_file {
    char *text;
    size_t length;
    json_t *tree;
} gs_json_file;

/* Read a file; the result is to be freed in any case. A message about its text names the line and what is wrong there:
 * a key that is there twice or a number that is too large is said, as is a file that is empty. Errors: GS_ERROR_FILE;
 * GS_ERROR_FORMAT: it is no JSON, or its tree would take more memory; GS_ERROR_MEMORY. */
gs_status gs_json_file_read(gs_json_file *file, const gs_json_wish *wish, gs_error *error);
void gs_json_file_free(gs_json_file *file);

/* Write a value on one line; real numbers are the shortest that read back as the same number, and as real ones. Errors:
 * GS_ERROR_MEMORY. */
gs_status gs_json_put(const json_t *value, FILE *out, gs_error *error);

#endif
