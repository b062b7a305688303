/* Checks that a report is valid; bench/REPORT.md describes its members in "The report". */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"

enum { PLACE_ROOM = 200, SHOWN = 40, ROWS_MAX = 10000 };

/* The place where the check is, and the first error. */
typedef struct check {
    const char *path;
    char place[PLACE_ROOM];
    gs_status status;
    gs_error *error;
} check;

typedef enum type {
    WORD, /* a non-empty string */
    TEXT,
    FLAG,
    WHOLE,  /* integers: any, */
    COUNT,  /* from 0, */
    NUMBER, /* from 1 */
    REAL,   /* numbers: any, */
    AMOUNT, /* from 0, */
    RATE,   /* above 0 */
    LIST,
    OBJECT
} type;

static const char *const type_names[] = {"a string that is not empty",
                                         "a string",
                                         "true or false",
                                         "a whole number",
                                         "a whole number from 0 on",
                                         "a whole number from 1 on",
                                         "a number",
                                         "a number from 0 on",
                                         "a number above 0",
                                         "an array",
                                         "an object"};

typedef struct member {
    const char *name;
    type type;
    bool optional;
} member;

/* ---- Places ---- */

static size_t enter(check *c, const char *name) {
    size_t length = strlen(c->place);
    snprintf(c->place + length, sizeof c->place - length, "%s%.60s", length ? "." : "", name);
    return length;
}

static size_t enter_item(check *c, size_t i) {
    size_t length = strlen(c->place);
    snprintf(c->place + length, sizeof c->place - length, "[%zu]", i);
    return length;
}

static void leave(check *c, size_t length) {
    c->place[length] = '\0';
}

static void wrong(check *c, const char *format, ...) GS_PRINTF(2, 3);
static void wrong(check *c, const char *format, ...) {
    char what[PLACE_ROOM];
    va_list arguments;
    if (c->status)
        return;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    c->status = gs_fail(c->error, GS_ERROR_FILE, "%s: %s%s%s", c->path, c->place, c->place[0] ? ": " : "", what);
}

static void wrong_member(check *c, const char *name, const char *what) {
    size_t length = enter(c, name);
    wrong(c, "%s", what);
    leave(c, length);
}

/* ---- Strings ---- */

/* Names and strings of the tree may not have control characters, because views and errors print them. */
static void check_strings(check *c, const json_t *value) {
    size_t i, length;
    const char *name;
    json_t *item;
    if (json_is_string(value) && bench_has_controls(json_string_value(value)))
        wrong(c, "control characters");
    json_array_foreach(value, i, item) {
        length = enter_item(c, i);
        if (!json_is_number(item))
            check_strings(c, item);
        leave(c, length);
    }
    json_object_foreach((json_t *)(uintptr_t)value, name, item) {
        if (bench_has_controls(name))
            wrong(c, "a name with control characters");
        length = enter(c, name);
        check_strings(c, item);
        leave(c, length);
    }
}

/* ---- Members ---- */

static bool fits(const json_t *value, type wanted) {
    double number = json_number_value(value);
    switch (wanted) {
    case WORD:
        return json_string_length(value) > 0;
    case TEXT:
        return json_is_string(value);
    case FLAG:
        return json_is_boolean(value);
    case WHOLE:
        return json_is_integer(value);
    case COUNT:
        return json_is_integer(value) && number >= 0;
    case NUMBER:
        return json_is_integer(value) && number >= 1;
    case REAL:
        return json_is_number(value) && isfinite(number);
    case AMOUNT:
        return json_is_number(value) && isfinite(number) && number >= 0;
    case RATE:
        return json_is_number(value) && isfinite(number) && number > 0;
    case LIST:
        return json_is_array(value);
    default:
        return json_is_object(value);
    }
}

static void found_other(check *c, const json_t *value, type wanted) {
    bool nested = json_is_array(value) || json_is_object(value);
    char *text = nested ? NULL : json_dumps(value, JSON_ENCODE_ANY);
    const char *found = nested ? type_names[json_is_array(value) ? LIST : OBJECT] : text ? text : "unknown";
    wrong(c, "%.*s, expected %s", SHOWN, found, type_names[wanted]);
    free(text);
}

static void check_members(check *c, const json_t *object, const member *members, size_t count) {
    for (size_t i = 0; i < count && !c->status; i++) {
        const json_t *value = json_object_get(object, members[i].name);
        size_t length = enter(c, members[i].name);
        if (!value && !members[i].optional)
            wrong(c, "missing");
        else if (value && !fits(value, members[i].type))
            found_other(c, value, members[i].type);
        leave(c, length);
    }
}

/* Checks every item of an optional list. */
static void check_items(check *c, const json_t *object, const char *name, type wanted,
                        void (*look)(check *c, const json_t *item)) {
    const json_t *list = json_object_get(object, name), *item;
    size_t i, length = enter(c, name);
    json_array_foreach(list, i, item) {
        size_t inner = enter_item(c, i);
        if (!fits(item, wanted))
            found_other(c, item, wanted);
        else if (look)
            look(c, item);
        leave(c, inner);
        if (c->status)
            break;
    }
    leave(c, length);
}

/* ---- Rows ---- */

static void check_repetition(check *c, const json_t *repetition) {
    static const member members[] = {{"order", COUNT, true},
                                     {"iterations", NUMBER, false},
                                     {"real_s", RATE, false},
                                     {"cpu_s", AMOUNT, true},
                                     {"wall_s", AMOUNT, true},
                                     {"process_cpu_s", AMOUNT, true},
                                     {"stolen_s", AMOUNT, true},
                                     {"waited_s", AMOUNT, true},
                                     {"peak_before_flops", AMOUNT, true},
                                     {"peak_after_flops", AMOUNT, true},
                                     {"disturbed", WORD, true},
                                     {"samples_ns", LIST, true}};
    check_members(c, repetition, members, GS_COUNT(members));
    check_items(c, repetition, "samples_ns", AMOUNT, NULL);
}

static void check_figures(check *c, const json_t *row) {
    static const member members[] = {{"value", REAL, false}, {"unit", TEXT, false}};
    const char *name;
    json_t *figure;
    size_t length = enter(c, "figures");
    json_object_foreach(json_object_get(row, "figures"), name, figure) {
        size_t inner = enter(c, name);
        if (!json_is_object(figure))
            found_other(c, figure, OBJECT);
        check_members(c, figure, members, GS_COUNT(members));
        leave(c, inner);
    }
    leave(c, length);
}

/* The signature of a PNG file in base64 (RFC 4648), followed by nothing but base64. */
static void check_picture(check *c, const json_t *picture) {
    static const member members[] = {{"png", TEXT, false}, {"caption", TEXT, true}};
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
                      signature[] = "iVBORw0KGgo";
    check_members(c, picture, members, GS_COUNT(members));
    const char *png = bench_text(picture, "png");
    if (c->status)
        return;
    size_t length = strlen(png), plain = strspn(png, alphabet);
    if (strncmp(png, signature, strlen(signature)) || length % 4 || length - plain > 2 ||
        strspn(png + plain, "=") != length - plain)
        wrong_member(c, "png", "no PNG file in base64");
}

static void check_series(check *c, const json_t *series) {
    static const member members[] = {{"name", TEXT, false}, {"y", LIST, false}};
    check_members(c, series, members, GS_COUNT(members));
    check_items(c, series, "y", REAL, NULL);
}

static void check_trace(check *c, const json_t *trace) {
    static const member members[] = {{"title", TEXT, false},
                                     {"x_label", TEXT, false},
                                     {"y_label", TEXT, false},
                                     {"x", LIST, false},
                                     {"series", LIST, false}};
    check_members(c, trace, members, GS_COUNT(members));
    check_items(c, trace, "x", REAL, NULL);
    check_items(c, trace, "series", OBJECT, check_series);
    const json_t *x = json_object_get(trace, "x"), *series = json_object_get(trace, "series"), *one;
    size_t i, n = json_array_size(x);
    for (i = 1; i < n && !c->status; i++)
        if (json_number_value(json_array_get(x, i)) < json_number_value(json_array_get(x, i - 1)))
            wrong_member(c, "x", "not ascending");
    json_array_foreach(series, i, one) {
        if (json_array_size(json_object_get(one, "y")) != n)
            wrong_member(c, "series", "as many y as x expected of each");
    }
}

static void check_part(check *c, const json_t *row, const char *name, void (*look)(check *c, const json_t *item)) {
    const json_t *part = json_object_get(row, name);
    size_t length = enter(c, name);
    if (part && !c->status)
        look(c, part);
    leave(c, length);
}

/* A row that was measured has a figure, and only a row that is not valid has reasons. */
static void check_outcome(check *c, const json_t *row) {
    static const member outcome[] = {{"value", RATE, false}, {"low", RATE, false}, {"high", RATE, false}};
    if (json_array_size(json_object_get(row, "repetitions")))
        check_members(c, row, outcome, GS_COUNT(outcome));
    if (bench_real(row, "low") > bench_real(row, "high"))
        wrong_member(c, "low", "above high");
    if (bench_flag(row, "valid") != !json_array_size(json_object_get(row, "reasons")))
        wrong_member(c, "valid", "expected true without reasons, false with some");
}

static void check_row(check *c, const json_t *row) {
    static const member members[] = {{"name", WORD, false},
                                     {"suite", WORD, false},
                                     {"what", WORD, false},
                                     {"scenario", TEXT, true},
                                     {"model", TEXT, true},
                                     {"model_hash", TEXT, true},
                                     {"isa", TEXT, false},
                                     {"dtype", TEXT, false},
                                     {"backend", TEXT, true},
                                     {"program", WORD, true},
                                     {"threads", NUMBER, false},
                                     {"batch", NUMBER, true},
                                     {"unit", TEXT, false},
                                     {"less_is_better", FLAG, false},
                                     {"valid", FLAG, false},
                                     {"reasons", LIST, false},
                                     {"figures", OBJECT, false},
                                     {"repetitions", LIST, false},
                                     {"set_aside", LIST, true},
                                     {"disturbed", COUNT, true},
                                     {"check", WORD, true},
                                     {"value", RATE, true},
                                     {"low", RATE, true},
                                     {"high", RATE, true},
                                     {"calls_per_iteration", COUNT, true},
                                     {"items_per_call", AMOUNT, true},
                                     {"operations_per_call", AMOUNT, true},
                                     {"bytes_per_call", AMOUNT, true},
                                     {"picture", OBJECT, true},
                                     {"trace", OBJECT, true}};
    check_members(c, row, members, GS_COUNT(members));
    check_items(c, row, "reasons", TEXT, NULL);
    check_items(c, row, "repetitions", OBJECT, check_repetition);
    check_items(c, row, "set_aside", OBJECT, check_repetition);
    check_figures(c, row);
    check_part(c, row, "picture", check_picture);
    check_part(c, row, "trace", check_trace);
    if (!c->status)
        check_outcome(c, row);
}

/* ---- The file ---- */

static void check_version(check *c, const json_t *object) {
    long long version = bench_integer(object, "json_schema_version", -1);
    if (c->status || version == BENCH_SCHEMA_VERSION)
        return;
    size_t length = enter(c, "json_schema_version");
    wrong(c, "%lld, expected %d", version, BENCH_SCHEMA_VERSION);
    leave(c, length);
}

/* Google Benchmark has numbers and lists there as well; ours are strings. */
static void check_context(check *c, const json_t *context) {
    static const member members[] = {{"json_schema_version", WHOLE, false},
                                     {"num_cpus", NUMBER, true},
                                     {"mhz_per_cpu", REAL, true},
                                     {"date", TEXT, true},
                                     {"host_name", TEXT, true},
                                     {"cpu_model", TEXT, true},
                                     {"commit", TEXT, true},
                                     {"dirty", TEXT, true},
                                     {"isa_best", TEXT, true},
                                     {"isa_used", TEXT, true}};
    check_members(c, context, members, GS_COUNT(members));
    check_version(c, context);
}

static void check_benchmark(check *c, const json_t *benchmark) {
    static const member members[] = {{"name", WORD, false},       {"run_name", TEXT, true},
                                     {"run_type", TEXT, true},    {"real_time", AMOUNT, false},
                                     {"cpu_time", AMOUNT, false}, {"time_unit", TEXT, false},
                                     {"iterations", COUNT, false}};
    check_members(c, benchmark, members, GS_COUNT(members));
}

static void check_peak(check *c, const json_t *peak) {
    static const member members[] = {
        {"isa", WORD, false}, {"dtype", WORD, false}, {"threads", NUMBER, false}, {"flops", RATE, false}};
    check_members(c, peak, members, GS_COUNT(members));
}

static void check_ratio(check *c, const json_t *ratio) {
    static const member members[] = {{"name", WORD, false},
                                     {"median", RATE, false},
                                     {"low", RATE, false},
                                     {"high", RATE, false},
                                     {"flagged", FLAG, false}};
    check_members(c, ratio, members, GS_COUNT(members));
    double median = bench_real(ratio, "median");
    if (bench_real(ratio, "low") > median || bench_real(ratio, "high") < median)
        wrong_member(c, "median", "not between low and high");
}

static void check_run(check *c, const json_t *run) {
    static const member members[] = {{"json_schema_version", WHOLE, false},
                                     {"source", TEXT, true},
                                     {"complete", FLAG, true},
                                     {"interrupted", FLAG, true},
                                     {"rows_invalid", COUNT, true},
                                     {"rows_failed", COUNT, true},
                                     {"disturbed", COUNT, true},
                                     {"patience_s", AMOUNT, true},
                                     {"started", TEXT, true},
                                     {"elapsed_s", AMOUNT, true},
                                     {"seed", WHOLE, true},
                                     {"command", LIST, true},
                                     {"triad_bytes_per_second", AMOUNT, true},
                                     {"peak_memory_bytes", AMOUNT, true},
                                     {"peaks", LIST, true},
                                     {"ab", LIST, true},
                                     {"rows", LIST, false}};
    check_members(c, run, members, GS_COUNT(members));
    check_version(c, run);
    check_items(c, run, "command", TEXT, NULL);
    check_items(c, run, "peaks", OBJECT, check_peak);
    check_items(c, run, "ab", OBJECT, check_ratio);
    if (json_array_size(json_object_get(run, "rows")) > ROWS_MAX)
        wrong_member(c, "rows", "more than 10000");
    check_items(c, run, "rows", OBJECT, check_row);
}

gs_status bench_document_check(const json_t *root, const char *path, gs_error *error) {
    static const member members[] = {
        {"context", OBJECT, false}, {"benchmarks", LIST, false}, {"genbench", OBJECT, false}};
    check c = {.path = path, .error = error};
    if (!json_is_object(root))
        wrong(&c, "no report: expected an object");
    check_strings(&c, root);
    check_members(&c, root, members, GS_COUNT(members));
    check_part(&c, root, "context", check_context);
    check_items(&c, root, "benchmarks", OBJECT, check_benchmark);
    check_part(&c, root, "genbench", check_run);
    return c.status;
}
