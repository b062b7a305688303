/* A run as a report, from which all views are made. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "document.h"
#include "runner.h"

/* The report as a tree: Google Benchmark's "context" and "benchmarks", so that its tools can read the file, and
 * "genbench" with everything else; bench/REPORT.md describes the members. The tree belongs to the caller; if memory
 * runs out, members are missing, which bench_document_take notices. */
json_t *bench_report_tree(const bench_result *result);

/* Name and value of fact i = 0, 1, 2, ... about program, machine and run; false past the last. The value is truncated
 * to fit. */
bool bench_context_line(const bench_result *result, int i, const char **name, char *value, size_t room);

#endif
