/* A run as a report, from which all views are made. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "document.h"
#include "runner.h"

/* The report as a tree: Google Benchmark's "context" and "benchmarks", so that its tools can read the file, and
 * "genbench" with everything else; bench/REPORT.md describes the members. The tree belongs to the caller; if memory
 * runs out, members are missing, which bench_document_take notices. */
json_t *bench_report_tree(const bench_result *result);

/* Its "context": Google Benchmark's members, and strings about program, machine and run. */
json_t *bench_context(const bench_result *result);

#endif
