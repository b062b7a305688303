/* Views of a run. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "document.h"
#include "runner.h"

/* Tables for people, one a suite. */
void bench_table_print(const bench_result *result);

/* The report as a tree: Google Benchmark's "context" and "benchmarks", so that its tools read the file, and "genbench"
 * with all there is; bench/README.md says what is where. The caller's; where memory ended, members are missing, which
 * bench_document_take tells. */
json_t *bench_report_tree(const bench_result *result, int argc, char *const *argv);

/* Write --csv: a line a row. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY; nothing is left behind. */
gs_status bench_csv_write(const bench_result *result, gs_error *error);

/* Name and value i = 0, 1, 2, ... of what is told of program, machine and run; false past the last. The value is cut to
 * fit. */
bool bench_context_line(const bench_result *result, int i, const char **name, char *value, size_t room);

/* All reasons of a row with "; " between. */
void bench_reasons(const bench_row *row, char *text, size_t room);

/* The command `genbench report` with the arguments behind it. Errors: GS_ERROR_ARGUMENT, and of files. */
gs_status bench_report_command(int argc, char *const *argv, gs_error *error);

#endif
