/* --dry-run: what a run would do, and what memory it would take. */
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

/* Refuse --dry-run where nothing is to be printed. Errors: GS_ERROR_ARGUMENT. */
gs_status gs_dry_check(const gs_arguments *arguments, gs_error *error);

/* The same for another command that has taken its memory but for `later` bytes, has the judge or NULL, and is about to
 * call gs_sample for n chains. Errors: GS_ERROR_MEMORY. */
gs_status gs_dry_report_taken(const gs_setup *setup, const gs_network *judge, size_t n, size_t later, FILE *out,
                              gs_error *error);

#endif
