/* Suites and their rows, as the HTML page groups, names and compares them. */
#include <math.h>
#include <string.h>

#include "app/find.h"
#include "page/page.h"
#include "measure/statistics.h"

static const char *const part_names[PAGE_PARTS] = {"program", "model", "scenario", "batch",
                                                   "threads", "isa",   "dtype",    "backend"};

/* ---- Titles ---- */

void page_part_text(const json_t *row, enum page_part part, char text[PAGE_TEXT_ROOM]) {
    const char *word = bench_text(row, part_names[part]);
    long long number = bench_integer(row, part_names[part], 0);
    text[0] = '\0';
    if (part == PART_BATCH && number)
        snprintf(text, PAGE_TEXT_ROOM, "batch %lld", number);
    else if (part == PART_THREADS)
        snprintf(text, PAGE_TEXT_ROOM, "%lld thread%s", number, number == 1 ? "" : "s");
    else if (part == PART_PROGRAM)
        snprintf(text, PAGE_TEXT_ROOM, "%s", word ? word : "gensample");
    else if (word)
        snprintf(text, PAGE_TEXT_ROOM, "%s", word);
}

/* Layers are of no one network, whatever the file says it found them in. */
static bool names_model(const json_t *row) {
    const char *model = bench_text(row, "model");
    return model && strstr(bench_text(row, "name"), model);
}

void page_append(char list[PAGE_TEXT_ROOM], const char *part) {
    bench_append_item(list, PAGE_TEXT_ROOM, part[0] ? ", " : "", part);
}

void page_thing(const json_t *row, char text[PAGE_TEXT_ROOM]) {
    snprintf(text, PAGE_TEXT_ROOM, "%s", names_model(row) ? bench_text(row, "model") : "");
    page_append(text, bench_text(row, "what"));
}

static void make_title(const page_suite *suite, page_row *row) {
    char part[PAGE_TEXT_ROOM];
    row->title[0] = '\0';
    for (int i = PART_PROGRAM; i < PAGE_PARTS; i++) {
        part[0] = '\0';
        if (i == PART_MODEL && !suite->one_thing)
            page_thing(row->json, part);
        else if (i != PART_MODEL && suite->varies[i])
            page_part_text(row->json, (enum page_part)i, part);
        page_append(row->title, part);
    }
}

void page_name(const page *p, int d, const char *title, char name[PAGE_TEXT_ROOM]) {
    name[0] = '\0';
    page_append(name, p->label[d]);
    page_append(name, title);
}

const json_t *page_find(const page_suite *suite, int d, const char *title, const char *unit) {
    for (size_t i = 0; i < suite->rows[d]; i++)
        if (!strcmp(title, suite->row[d][i].title) && !strcmp(unit, bench_text(suite->row[d][i].json, "unit")))
            return suite->row[d][i].json;
    return NULL;
}

/* ---- Suites ---- */

static bool is_of(const json_t *row, const char *suite) {
    return !strcmp(bench_text(row, "suite"), suite);
}

static bool collect(page_suite *suite, int d) {
    size_t k, count = 0;
    const json_t *row;
    json_array_foreach(suite->document[d].rows, k, row) {
        count += is_of(row, suite->name);
    }
    suite->row[d] = gs_alloc(count, sizeof *suite->row[d]);
    json_array_foreach(suite->document[d].rows, k, row) {
        if (suite->row[d] && is_of(row, suite->name))
            suite->row[d][suite->rows[d]++].json = row;
    }
    return suite->row[d] != NULL;
}

static void find_varying(page_suite *suite) {
    for (int d = 0; d < suite->documents; d++)
        for (size_t i = 1; i < suite->rows[d]; i++)
            for (int part = 0; part < PAGE_PARTS; part++)
                suite->varies[part] =
                    suite->varies[part] || !page_same_but(suite->row[d][0].json, suite->row[d][i].json, ~(1u << part));
}

static bool is_one_thing(const page_suite *suite) {
    char first[PAGE_TEXT_ROOM] = "", thing[PAGE_TEXT_ROOM];
    bool parts = false;
    for (int part = 0; part < PAGE_PARTS; part++)
        parts = parts || (part != PART_MODEL && suite->varies[part]);
    for (int d = 0; parts && d < suite->documents; d++)
        for (size_t i = 0; i < suite->rows[d]; i++) {
            page_thing(suite->row[d][i].json, thing);
            if (first[0] && strcmp(first, thing))
                return false;
            snprintf(first, sizeof first, "%s", thing);
        }
    return parts;
}

static const char *name_suite(const bench_document *documents, int count, int i) {
    enum { SUITES_MAX = 64 };
    const char *known[SUITES_MAX];
    int found = 0;
    for (int d = 0; d < count; d++) {
        size_t k;
        const json_t *row;
        json_array_foreach(documents[d].rows, k, row) {
            const char *name = bench_text(row, "suite");
            int at = 0;
            while (at < found && strcmp(known[at], name))
                at++;
            if (at == found && found < SUITES_MAX)
                known[found++] = name;
        }
    }
    return i < found ? known[i] : NULL;
}

bool page_suite_get(page *p, const bench_document *documents, int count, int i, page_suite *suite) {
    *suite = (page_suite){.name = name_suite(documents, count, i), .document = documents, .documents = count};
    bool ok = suite->name != NULL;
    for (int d = 0; ok && d < count; d++) {
        ok = collect(suite, d);
        p->failed = p->failed || !ok;
    }
    if (!ok) {
        page_suite_free(suite);
        return false;
    }
    find_varying(suite);
    suite->one_thing = is_one_thing(suite);
    for (int d = 0; d < count; d++)
        for (size_t k = 0; k < suite->rows[d]; k++)
            make_title(suite, &suite->row[d][k]);
    for (int d = 0; d < count; d++)
        for (size_t k = 0; k < suite->rows[d] && !suite->rivals[d]; k++)
            suite->rivals[d] = bench_rival_of(documents[d].rows, suite->row[d][k].json).ours;
    return true;
}

void page_suite_free(page_suite *suite) {
    for (int d = 0; d < suite->documents; d++)
        gs_free(suite->row[d]);
    *suite = (page_suite){0};
}

const char *page_suite_about(const char *name) {
    static const struct {
        const char *name, *about;
    } suites[] = {
#define BENCH_SUITE(id, name, about) {name, about},
#include "suites.def"
#undef BENCH_SUITE
    };
    for (size_t i = 0; i < GS_COUNT(suites); i++)
        if (!strcmp(suites[i].name, name))
            return suites[i].about;
    return NULL;
}

/* ---- Comparing ---- */

bool page_is_usual(const json_t *row) {
    const char *model = bench_text(row, "model");
    return model && !strcmp(model, GS_DEFAULT_NETWORK);
}

bool page_is_shown(const page_suite *suite, const json_t *row) {
    bool any = false;
    for (int d = 0; suite->documents > 1 && d < suite->documents; d++)
        for (size_t i = 0; i < suite->rows[d]; i++)
            any = any || page_is_usual(suite->row[d][i].json);
    return !any || page_is_usual(row);
}

bool page_same_but(const json_t *a, const json_t *b, unsigned but) {
    char of_a[PAGE_TEXT_ROOM], of_b[PAGE_TEXT_ROOM];
    for (int i = 0; i < PAGE_PARTS; i++) {
        page_part_text(a, (enum page_part)i, of_a);
        page_part_text(b, (enum page_part)i, of_b);
        if (!(but & 1u << i) && strcmp(of_a, of_b))
            return false;
    }
    return true;
}

/* ---- Measurements ---- */

double page_repetition(const json_t *row, size_t k) {
    const json_t *repetition = json_array_get(json_object_get(row, "repetitions"), k);
    double calls = (double)bench_integer(row, "calls_per_iteration", 1), items = bench_real(row, "items_per_call");
    double seconds = bench_real(repetition, "real_s") / (bench_real(repetition, "iterations") * calls);
    if (bench_flag(row, "less_is_better"))
        return 1e3 * seconds;
    return (isfinite(items) ? items : 1) / seconds;
}

double page_median(const json_t *row) {
    enum { REPETITIONS_MAX = 1000 };
    double all[REPETITIONS_MAX];
    size_t count = json_array_size(json_object_get(row, "repetitions"));
    count = count < REPETITIONS_MAX ? count : REPETITIONS_MAX;
    for (size_t k = 0; k < count; k++)
        all[k] = page_repetition(row, k);
    gs_sort(all, count);
    return count ? gs_median(all, count) : (double)NAN;
}

double *page_calls(page *p, const json_t *row, size_t *count) {
    const json_t *repetitions = json_object_get(row, "repetitions"), *repetition, *sample;
    size_t k, i, n = 0;
    json_array_foreach(repetitions, k, repetition) {
        n += json_array_size(json_object_get(repetition, "samples_ns"));
    }
    double *calls = n ? gs_alloc(n, sizeof *calls) : NULL;
    p->failed = p->failed || (n && !calls);
    *count = calls ? n : 0;
    n = 0;
    json_array_foreach(repetitions, k, repetition) {
        json_array_foreach(json_object_get(repetition, "samples_ns"), i, sample) {
            if (calls)
                calls[n++] = 1e-6 * json_number_value(sample);
        }
    }
    if (calls)
        gs_sort(calls, n);
    return calls;
}
