/* A report as a JSON tree, from a file, ours or a peer's, or from the run that has just ended. bench/REPORT.md
 * describes its members, and report.schema.json what a reader may rely on. Once a tree is checked, views may read it
 * with these getters and jansson's without further checks: required members are present, all members have their type
 * and range, numbers are finite, strings have no control characters, and no two rows have the same name. */
#ifndef BENCH_DOCUMENT_H
#define BENCH_DOCUMENT_H

#include "schema.h"

enum { BENCH_SCHEMA_VERSION = 1, BENCH_FILE_BYTES_MAX = 256 << 20 };

/* Immutable once made. All but `path`, `root` and `row_of` are borrowed from the root. */
typedef struct bench_document {
    char *path; /* its name in errors and views */
    json_t *root;
    json_t *context, *benchmarks, *genbench;
    json_t *rows;   /* genbench.rows */
    json_t *row_of; /* the rows by name */
} bench_document;

/* Read and check a report. Errors: GS_ERROR_FILE, which names file and place, such as
 * "a.json: genbench.rows[3].name: missing"; GS_ERROR_MEMORY. *document then needs no bench_document_free. */
gs_status bench_document_load(const char *path, bench_document *document, gs_error *error);

/* Only read a file as JSON; `what` says in messages what it should be. The tree belongs to the caller. Errors: the
 * same. */
gs_status bench_document_parse(const char *path, const char *what, json_t **root, gs_error *error);

/* Check a tree, which messages call `path`, and make a document of it. Takes over the reference to `root`, also on
 * failure. Errors: those of bench_document_load. */
gs_status bench_document_take(json_t *root, const char *path, bench_document *document, gs_error *error);

void bench_document_free(bench_document *document);

/* Write a tree with one line per item, or all on one line if `dense`. Errors: GS_ERROR_FILE, GS_ERROR_MEMORY; nothing
 * is left behind. */
gs_status bench_document_write(const json_t *root, bool dense, const char *path, gs_error *error);

/* The row with that name, or NULL. */
const json_t *bench_document_row(const bench_document *document, const char *name);

/* ---- Getters of members ---- */

/* NULL if it is missing or not a string. */
const char *bench_text(const json_t *object, const char *name);

/* NaN if it is missing or not a number. */
double bench_real(const json_t *object, const char *name);

/* `otherwise` if it is missing or not an integer. */
long long bench_integer(const json_t *object, const char *name, long long otherwise);

/* False if it is missing. */
bool bench_flag(const json_t *object, const char *name);

/* One of a row's figures beside the main one, or NaN; *unit, if wanted, is its unit. */
double bench_row_figure(const json_t *row, const char *name, const char **unit);

/* "Intel Xeon Gold 6430" of "Intel(R) Xeon(R) Gold 6430 CPU @ 2.10GHz"; names without a number, as in virtual machines,
 * get the model's number: "Intel Xeon model 207". "" if the context names no CPU. */
void bench_cpu_name(const json_t *context, char *name, size_t room);

/* ---- Making trees ---- */

/* Set a member to a number rounded to the twelve digits that files have, so that a view of the tree and a view of its
 * file are the same; a number that is not finite is left out. */
void bench_put_real(json_t *object, const char *name, double value);

/* A NULL value is left out. */
void bench_put_text(json_t *object, const char *name, const char *text);
void bench_put_integer(json_t *object, const char *name, long long value);
void bench_put_flag(json_t *object, const char *name, bool value);

/* A string; bytes that are not UTF-8 are written as \xE9, and control characters become spaces. */
json_t *bench_json_text(const char *text);

#endif
