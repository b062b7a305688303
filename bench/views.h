/* Views of reports: text, and one HTML page: who is faster, tables, charts as inline SVG, the environment; nothing is
 * fetched, and the page can be read without its script. It is also well-formed XML. */
#ifndef BENCH_VIEWS_H
#define BENCH_VIEWS_H

#include <stdio.h>

#include "documents.h"

/* Print tables, and how many rows there are and how many are not valid. Errors: GS_ERROR_MEMORY. */
gs_status bench_console_print(FILE *out, const bench_document *documents, int count, gs_error *error);

/* The same as a Markdown file. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY; nothing is left behind. */
gs_status bench_markdown_write(const bench_document *documents, int count, const char *path, gs_error *error);

/* One line per row of one report; for a report without rows, one line per ratio of two builds. Errors: the same. */
gs_status bench_csv_write(const bench_document *document, const char *path, gs_error *error);

enum { BENCH_PAGE_DOCUMENTS_MAX = BENCH_DOCUMENTS_MAX };

/* Write a page of one report, or of several side by side; those of peers stand beside the others. Charts of what no
 * report has are left out. The bytes depend on the reports alone. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY; nothing is
 * left behind then. */
gs_status bench_html_write(const bench_document *documents, int count, const char *path, gs_error *error);

/* The bars of how many times as fast gensample is as other programs, as an SVG file of its own. Errors: no rows of
 * other programs, or several machines: GS_ERROR_ARGUMENT; those of bench_html_write. */
gs_status bench_chart_write(const bench_document *documents, int count, const char *path, gs_error *error);

#endif
