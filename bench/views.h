/* Views of reports in text. */
#ifndef BENCH_VIEWS_H
#define BENCH_VIEWS_H

#include <stdio.h>

#include "document.h"

/* Tables for people, and how many rows there are and are not valid. Errors: GS_ERROR_MEMORY. */
gs_status bench_console_print(FILE *out, const bench_document *documents, int count, gs_error *error);

/* The same as a Markdown file. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY; nothing is left behind. */
gs_status bench_markdown_write(const bench_document *documents, int count, const char *path, gs_error *error);

/* A line a row, of one report; without rows a line a ratio of two builds. Errors: the same. */
gs_status bench_csv_write(const bench_document *document, const char *path, gs_error *error);

#endif
