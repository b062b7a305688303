/* A run as a report, which all views are of. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "document.h"
#include "runner.h"

/* The report as a tree: Google Benchmark's "context" and "benchmarks", so that its tools read the file, and "genbench"
 * with all there is; bench/README.md says what is where. The caller's; where memory ended, members are missing, which
 * bench_document_take tells. */
json_t *bench_report_tree(const bench_result *result, int argc, char *const *argv);

/* Name and value i = 0, 1, 2, ... of what is told of program, machine and run; false past the last. The value is cut to
 * fit. */
bool bench_context_line(const bench_result *result, int i, const char **name, char *value, size_t room);

#endif
