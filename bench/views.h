/* Views of reports in text. */
#ifndef BENCH_VIEWS_H
#define BENCH_VIEWS_H

#include <stdio.h>

#include "document.h"

/* Print tables, and how many rows there are and how many are not valid. Errors: GS_ERROR_MEMORY. */
gs_status bench_console_print(FILE *out, const bench_document *documents, int count, gs_error *error);

/* The same as a Markdown file. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY; nothing is left behind. */
gs_status bench_markdown_write(const bench_document *documents, int count, const char *path, gs_error *error);

/* One line per row of one report; for a report without rows, one line per ratio of two builds. Errors: the same. */
gs_status bench_csv_write(const bench_document *document, const char *path, gs_error *error);

#endif
