#include "regression/baseline.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <nettle/version.h>

#include "app/words.h"
#include "document.h"
#include "io/output.h"
#include "regression/regression.h"
#include "system.h"

static const char *const surrounding_names[BENCH_SURROUNDINGS] = {"architecture", "compiler", "flags",   "libc",
                                                                  "jansson",      "nettle",   "valgrind"};

static const struct {
    const char *name, *what;
} counts[] = {
#define BENCH_COUNT_NAMES(name, what) {#name, what},
    BENCH_COUNT_ROWS(BENCH_COUNT_NAMES)
#undef BENCH_COUNT_NAMES
};

const char *bench_surrounding_name(int i) {
    return surrounding_names[i];
}

const char *bench_count_what(int k) {
    return counts[k].what;
}

void bench_tally_free(bench_tally *tally) {
    gs_free(tally->row);
    *tally = (bench_tally){0};
}

/* ---- This build ---- */

void bench_surroundings_fill(bench_tally *tally, const char *valgrind) {
    struct utsname machine;
    char nettle[32];
    snprintf(nettle, sizeof nettle, "%d.%d", nettle_version_major(), nettle_version_minor());
    const char *const values[BENCH_SURROUNDINGS] = {uname(&machine) ? "unknown" : machine.machine,
                                                    BENCH_COMPILER,
                                                    BENCH_FLAGS,
                                                    bench_libc(),
                                                    jansson_version_str(),
                                                    nettle,
                                                    valgrind};
    for (int i = 0; i < BENCH_SURROUNDINGS; i++)
        snprintf(tally->surrounding[i], sizeof tally->surrounding[i], "%s", values[i]);
}

/* ---- Reading ---- */

static gs_status missing(const char *path, const char *place, const char *member, gs_error *error) {
    return gs_fail(error, GS_ERROR_FILE, "%s: %s.%s: missing; genbench check --write makes a baseline", path, place,
                   member);
}

static gs_status read_row(const char *path, const char *name, const json_t *from, bench_tally_row *row,
                          gs_error *error) {
    char place[BENCH_NAME_ROOM + 8];
    snprintf(row->name, sizeof row->name, "%s", name);
    snprintf(place, sizeof place, "rows.%s", name);
    for (int k = 0; k < BENCH_COUNTS; k++) {
        row->of[k] = bench_integer(from, counts[k].name, -1);
        if (row->of[k] < 0)
            return missing(path, place, counts[k].name, error);
    }
    return GS_OK;
}

static gs_status read_all(const char *path, const json_t *root, bench_tally *tally, gs_error *error) {
    const json_t *surroundings = json_object_get(root, "surroundings");
    json_t *rows = json_object_get(root, "rows"), *from;
    gs_status status = bench_schema_check(BENCH_SCHEMA_BASELINE, root, path, error);
    for (int i = 0; i < BENCH_SURROUNDINGS && !status; i++) {
        const char *text = bench_text(surroundings, surrounding_names[i]);
        snprintf(tally->surrounding[i], BENCH_SURROUNDING_ROOM, "%s", text ? text : "");
        status = text ? GS_OK : missing(path, "surroundings", surrounding_names[i], error);
    }
    tally->row = status ? NULL : gs_alloc(json_object_size(rows), sizeof *tally->row);
    if (!status && !tally->row)
        return gs_fail_memory(error, "the baseline");
    const char *name;
    json_object_foreach(rows, name, from) {
        if (!status)
            status = read_row(path, name, from, &tally->row[tally->count++], error);
    }
    return status;
}

gs_status bench_tally_read(const char *path, bench_tally *tally, gs_error *error) {
    json_t *root;
    *tally = (bench_tally){0};
    if (access(path, R_OK))
        return gs_fail(error, GS_ERROR_FILE, "%s: it cannot be read; genbench check --write makes a baseline", path);
    gs_status status = bench_document_parse(path, "a baseline", &root, error);
    if (status)
        return status;
    status = read_all(path, root, tally, error);
    json_decref(root);
    if (status)
        bench_tally_free(tally);
    return status;
}

/* ---- Writing ---- */

/* `before`, an object of one line, and its end. */
static gs_status write_line(gs_output *output, const char *before, json_t *object, const char *after, gs_error *error) {
    char *text = gs_json_text(object, 0);
    gs_status status =
        text ? gs_output_write(output, before, strlen(before), error) : gs_fail_memory(error, "the baseline");
    if (!status)
        status = gs_output_write(output, text, strlen(text), error);
    if (!status)
        status = gs_output_write(output, after, strlen(after), error);
    json_decref(object);
    free(text);
    return status;
}

static gs_status write_rows(gs_output *output, const bench_tally *tally, gs_error *error) {
    gs_status status = GS_OK;
    for (int i = 0; i < tally->count && !status; i++) {
        char before[BENCH_NAME_ROOM + 8];
        json_t *object = json_object();
        for (int k = 0; k < BENCH_COUNTS; k++)
            json_object_set_new(object, counts[k].name, json_integer(tally->row[i].of[k]));
        snprintf(before, sizeof before, "  \"%s\": ", tally->row[i].name);
        status = write_line(output, before, object, i + 1 < tally->count ? ",\n" : "\n }\n}\n", error);
    }
    return status;
}

gs_status bench_tally_write(const bench_tally *tally, const char *path, gs_error *error) {
    gs_output output;
    gs_status status = gs_output_open(&output, path, error);
    if (status)
        return status;
    json_t *surroundings = json_object();
    for (int i = 0; i < BENCH_SURROUNDINGS; i++)
        json_object_set_new(surroundings, surrounding_names[i], json_string(tally->surrounding[i]));
    status = write_line(&output, "{\n \"gensample_baseline\": 1,\n \"surroundings\": ", surroundings,
                        ",\n \"rows\": {\n", error);
    if (!status)
        status = write_rows(&output, tally, error);
    return gs_output_end(&output, status, error);
}

/* ---- Some rows instead of others ---- */

static bench_tally_row *find(const bench_tally *tally, const char *name) {
    for (int i = 0; i < tally->count; i++)
        if (!strcmp(tally->row[i].name, name))
            return &tally->row[i];
    return NULL;
}

/* The first surrounding that differs, or -1. */
static int differing(const bench_tally *a, const bench_tally *b) {
    for (int i = 0; i < BENCH_SURROUNDINGS; i++)
        if (strcmp(a->surrounding[i], b->surrounding[i]))
            return i;
    return -1;
}

/* Whether a row's name asks for an instruction set that this CPU or build lacks. */
static bool is_impossible(const char *row) {
    const char *at = strstr(row, "/isa:"), *name;
    bool supported, there = false;
    for (int i = 0; at && (name = gs_isa_name(i, &supported)); i++) {
        size_t length = strlen(name);
        there = there || (supported && !strncmp(at + 5, name, length) && at[5 + length] == '/');
    }
    return at && !there;
}

bool bench_tally_is_gone(const bench_tally *now, const char *name) {
    return !find(now, name) && !is_impossible(name);
}

gs_status bench_tally_renew(bench_tally *tally, const bench_tally *part, gs_error *error) {
    int differs = differing(tally, part);
    if (differs >= 0)
        return gs_fail(
            error, GS_ERROR_ARGUMENT,
            "--write: %s is \"%s\", the baseline's is \"%s\", and its rows must be of one; write all of them",
            surrounding_names[differs], part->surrounding[differs], tally->surrounding[differs]);
    bench_tally_row *rows = gs_alloc((size_t)(tally->count + part->count), sizeof *rows);
    if (!rows)
        return gs_fail_memory(error, "the baseline");
    memcpy(rows, tally->row, (size_t)tally->count * sizeof *rows);
    gs_free(tally->row);
    tally->row = rows;
    for (int i = 0; i < part->count; i++) {
        bench_tally_row *old = find(tally, part->row[i].name);
        *(old ? old : &rows[tally->count++]) = part->row[i];
    }
    return GS_OK;
}

/* ---- Comparison ---- */

static void add(bench_comparison *c, bench_change change, const char *row, int count, long long before, long long now) {
    c->finding[c->findings++] = (bench_finding){change, row, count, before, now};
    c->of[change]++;
}

static void compare_row(bench_comparison *c, const bench_tally_row *before, const bench_tally_row *now) {
    for (int k = 0; k < BENCH_COUNTS; k++) {
        double a = (double)before->of[k], b = (double)now->of[k];
        if (k == BENCH_COUNT_instructions && c->differs >= 0)
            continue;
        if (b > a * (1 + BENCH_COUNT_TOLERANCE))
            add(c, BENCH_WORSE, now->name, k, before->of[k], now->of[k]);
        else if (b < a * (1 - BENCH_COUNT_TOLERANCE))
            add(c, BENCH_BETTER, now->name, k, before->of[k], now->of[k]);
    }
    c->compared++;
}

gs_status bench_tally_compare(const bench_tally *before, const bench_tally *now, bool some, bench_comparison *c,
                              gs_error *error) {
    *c = (bench_comparison){.differs = differing(before, now)};
    c->finding = gs_alloc((size_t)(before->count + now->count) * BENCH_COUNTS, sizeof *c->finding);
    if (!c->finding)
        return gs_fail_memory(error, "the comparison");
    for (int i = 0; i < now->count; i++) {
        const bench_tally_row *other = find(before, now->row[i].name);
        if (other)
            compare_row(c, other, &now->row[i]);
        else
            add(c, BENCH_UNKNOWN, now->row[i].name, 0, 0, 0);
    }
    for (int i = 0; i < before->count; i++) {
        const char *name = before->row[i].name;
        if (find(now, name))
            continue;
        if (some)
            c->left_out++;
        else
            add(c, is_impossible(name) ? BENCH_IMPOSSIBLE : BENCH_GONE, name, 0, 0, 0);
    }
    return GS_OK;
}

void bench_comparison_free(bench_comparison *c) {
    gs_free(c->finding);
    *c = (bench_comparison){0};
}

int bench_comparison_exit(const bench_comparison *c) {
    if (c->of[BENCH_WORSE])
        return BENCH_REGRESSION;
    if (c->of[BENCH_GONE] || c->of[BENCH_UNKNOWN] || !c->compared)
        return BENCH_ERROR;
    return c->differs >= 0 || c->of[BENCH_IMPOSSIBLE] ? BENCH_INCONCLUSIVE : BENCH_PASS;
}
