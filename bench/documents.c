#include "documents.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

enum { NAME_ROOM = 4200 };

static gs_status add(bench_documents *all, json_t *root, const char *path, gs_error *error) {
    if (all->count == BENCH_DOCUMENTS_MAX) {
        json_decref(root);
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s: more than %d reports", path, BENCH_DOCUMENTS_MAX);
    }
    gs_status status = bench_document_take(root, path, &all->document[all->count], error);
    all->count += !status;
    return status;
}

static gs_status check_merged(const json_t *root, const char *path, gs_error *error) {
    long long version = bench_integer(root, "json_schema_version", -1);
    if (!json_object_get(root, "json_schema_version"))
        return gs_fail(error, GS_ERROR_FILE, "%s: json_schema_version: missing", path);
    if (version != BENCH_SCHEMA_VERSION)
        return gs_fail(error, GS_ERROR_FILE, "%s: json_schema_version: expected %d", path, BENCH_SCHEMA_VERSION);
    if (!json_array_size(json_object_get(root, "merged")))
        return gs_fail(error, GS_ERROR_FILE, "%s: merged: no reports", path);
    return GS_OK;
}

/* A merged report is checked like a separate file. */
static gs_status add_merged(bench_documents *all, const json_t *root, const char *path, gs_error *error) {
    gs_status status = check_merged(root, path, error);
    const json_t *merged = json_object_get(root, "merged");
    size_t i;
    json_t *report;
    json_array_foreach(merged, i, report) {
        char name[NAME_ROOM];
        const char *own = bench_text(report, "path");
        if (own && !bench_has_controls(own))
            snprintf(name, sizeof name, "%s", own);
        else
            snprintf(name, sizeof name, "%s: merged[%zu]", path, i);
        if (!status)
            status = add(all, json_incref(report), name, error);
    }
    return status;
}

gs_status bench_documents_load(char *const *paths, int count, bench_documents *all, gs_error *error) {
    *all = (bench_documents){0};
    gs_status status = GS_OK;
    for (int i = 0; i < count && !status; i++) {
        json_t *root;
        status = bench_document_parse(paths[i], "a report", &root, error);
        if (status)
            break;
        if (json_is_array(json_object_get(root, "merged"))) {
            status = add_merged(all, root, paths[i], error);
            json_decref(root);
        } else {
            status = add(all, root, paths[i], error);
        }
    }
    if (status)
        bench_documents_free(all);
    return status;
}

void bench_documents_free(bench_documents *all) {
    for (int i = 0; i < all->count; i++)
        bench_document_free(&all->document[i]);
    all->count = 0;
}

/* ---- Merging ---- */

/* The entries whose `name` is that of a valid row. */
static json_t *filter(const bench_document *d, const json_t *entries, const char *name) {
    json_t *kept = json_array(), *entry;
    size_t i;
    json_array_foreach(entries, i, entry) {
        const char *of = bench_text(entry, name);
        const json_t *row = of ? bench_document_row(d, of) : NULL;
        if (row && bench_flag(row, "valid"))
            json_array_append(kept, entry);
    }
    return kept;
}

/* A report that shares everything with the other except the rows that are dropped. */
static json_t *without_invalid(const bench_document *d) {
    json_t *genbench = json_copy(d->genbench), *root = json_copy(d->root);
    json_object_set_new(genbench, "rows", filter(d, d->rows, "name"));
    json_object_set_new(genbench, "rows_invalid", json_integer(0));
    json_object_set_new(root, "benchmarks", filter(d, d->benchmarks, "run_name"));
    json_object_set_new(root, "genbench", genbench);
    bench_put_text(root, "path", d->path);
    return root;
}

gs_status bench_documents_merge(const bench_documents *all, json_t **root, int *dropped, gs_error *error) {
    json_t *merged = json_array();
    gs_status status = GS_OK;
    size_t left = 0;
    *dropped = 0;
    for (int i = 0; i < all->count; i++) {
        const bench_document *d = &all->document[i];
        json_t *report = without_invalid(d);
        size_t kept = json_array_size(json_object_get(json_object_get(report, "genbench"), "rows"));
        *dropped += (int)(json_array_size(d->rows) - kept);
        left += kept > 0;
        if (kept)
            json_array_append_new(merged, report);
        else
            json_decref(report);
        if (!kept)
            fprintf(stderr, "genbench: %s: no row is valid; this report is left out\n", d->path);
    }
    *root = json_pack("{s:i, s:o}", "json_schema_version", BENCH_SCHEMA_VERSION, "merged", merged);
    if (!left)
        status = gs_fail(error, GS_ERROR_FILE, "no report has a valid row; nothing is left to merge");
    else if (!*root || json_array_size(merged) != left)
        status = gs_fail_memory(error, "merging reports");
    if (status) {
        json_decref(*root);
        *root = NULL;
    }
    return status;
}
