/* Several reports, and files that hold several. */
#ifndef BENCH_DOCUMENTS_H
#define BENCH_DOCUMENTS_H

#include "document.h"

enum { BENCH_DOCUMENTS_MAX = 16 };

typedef struct bench_documents {
    int count;
    bench_document document[BENCH_DOCUMENTS_MAX];
} bench_documents;

/* Read `count` files: reports, and what bench_documents_merge made of some, which count as those that went into it.
 * Errors: as bench_document_load; more than BENCH_DOCUMENTS_MAX: GS_ERROR_ARGUMENT. *all then needs no
 * bench_documents_free. */
gs_status bench_documents_load(char *const *paths, int count, bench_documents *all, gs_error *error);
void bench_documents_free(bench_documents *all);

/* One tree of all reports, without rows that are not valid, whose number is *dropped. A report without a valid row is
 * left out, and standard error says so. Errors: nothing is left: GS_ERROR_FILE; GS_ERROR_MEMORY. The tree is the
 * caller's. */
gs_status bench_documents_merge(const bench_documents *all, json_t **root, int *dropped, gs_error *error);

#endif
