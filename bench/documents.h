/* Several reports, and files that hold several reports. */
#ifndef BENCH_DOCUMENTS_H
#define BENCH_DOCUMENTS_H

#include "document.h"

enum { BENCH_DOCUMENTS_MAX = 16 };

typedef struct bench_documents {
    int count;
    bench_document document[BENCH_DOCUMENTS_MAX];
} bench_documents;

/* Read `count` files: reports, and files that bench_documents_merge made, which count as the reports that went into
 * them. Errors: those of bench_document_load; GS_ERROR_ARGUMENT for more than BENCH_DOCUMENTS_MAX. *all then needs no
 * bench_documents_free. */
gs_status bench_documents_load(char *const *paths, int count, bench_documents *all, gs_error *error);
void bench_documents_free(bench_documents *all);

/* One tree of all reports, without the rows that are not valid; *dropped is their number. A report without a valid row
 * is left out, and standard error says so. Errors: GS_ERROR_FILE if nothing is left; GS_ERROR_MEMORY. The tree belongs
 * to the caller. */
gs_status bench_documents_merge(const bench_documents *all, json_t **root, int *dropped, gs_error *error);

#endif
