/* Checks JSON against the JSON Schemas (draft 2020-12) of this folder, *.schema.json, which are part of the program. */
#ifndef BENCH_SCHEMA_H
#define BENCH_SCHEMA_H

#include <jansson.h>

#include "base/base.h"

typedef enum bench_schema { BENCH_SCHEMA_REPORT, BENCH_SCHEMA_QUALITY, BENCH_SCHEMA_BASELINE } bench_schema;

/* Check a tree, which messages call `path`. Besides what the schema says, no string or name may have control
 * characters, because views and errors print them. Errors: GS_ERROR_FILE, which names file and place, such as "a.json:
 * genbench.rows[3].name: missing", and ends with the schema's description, if it has one; GS_ERROR_MEMORY. */
gs_status bench_schema_check(bench_schema schema, const json_t *root, const char *path, gs_error *error);

#endif
