/* Follows rows over many reports, and finds where they changed. */
#ifndef BENCH_HISTORY_H
#define BENCH_HISTORY_H

#include "document.h"

/* The history as a tree, which is what --json writes:
 * {"json_schema_version": 1, "reports": [{"path", "started", "commit"}] by time,
 *  "series": [{"name", "machine", "suite", "unit", "less_is_better", "changes": [{"report", "times_as_fast"}],
 *              "points": [{"report", "value", "valid"}]}]}
 * where `report` is an index. A series is the row of one name, network and CPU; changes are those of its valid figures.
 * Reads all files of the folder whose names end with .json. Errors: as bench_documents_load; no report: GS_ERROR_FILE.
 * The tree belongs to the caller. */
gs_status bench_history_read(const char *folder, json_t **history, gs_error *error);

/* Print all changes. */
void bench_history_print(FILE *out, const json_t *history);

/* The history as a page. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY; nothing is left behind. */
gs_status bench_history_write(const json_t *history, const char *path, gs_error *error);

/* The commit of a report of the history, "0123456", or its date if it has no commit. */
enum { BENCH_REPORT_ROOM = 24 };
void bench_history_label(const json_t *history, long long report, char label[BENCH_REPORT_ROOM]);

#endif
