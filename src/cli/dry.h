/* gensample sample --dry-run: what a run would do, and what memory it would take. */
#ifndef GS_CLI_DRY_H
#define GS_CLI_DRY_H

#include "cli/sample.h"

/* What is to be told of a run in shards beside its settings. */
typedef struct gs_dry_shards {
    const gs_shards *shards;
    size_t per_chain; /* samples that a chain gives */
    size_t chains;    /* that are drawn at a time */
} gs_dry_shards;

/* Print what a prepared run would do, as text or, with --json, as one JSON object. `shards` is NULL where it is not in
 * shards. Errors: GS_ERROR_MEMORY. */
gs_status gs_dry_report(gs_run *run, const gs_dry_shards *shards, FILE *out, gs_error *error);

#endif
