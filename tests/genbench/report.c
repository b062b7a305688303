/* Checks a report of genbench, or prints what is in it; for run.sh:
 *
 *     report FILE check        the schema, and that figures follow from what was measured
 *     report FILE order        names of rows in the order they were measured
 *     report FILE counts       "rows R measured M checked C interrupted I"
 *     report FILE other ISA F  prints it as if all rows were valid, of another instruction set, and F times as fast */
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

enum { MEASUREMENTS_MAX = 10000 };

static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    exit(1);
}

static json_t *member(json_t *object, const char *name, json_type type) {
    json_t *value = json_object_get(object, name);
    if (!value || json_typeof(value) != type)
        fail("%s: missing, or of another type", name);
    return value;
}

static double number(json_t *object, const char *name) {
    json_t *value = json_object_get(object, name);
    if (!json_is_number(value))
        fail("%s: no number", name);
    return json_number_value(value);
}

static const char *text(json_t *object, const char *name) {
    return json_string_value(member(object, name, JSON_STRING));
}

static void check_context(json_t *context) {
    static const char *const known[] = {
        "date",      "commit",   "dirty",  "compiler", "flags",    "build_type", "cpu_model",      "cpu_features",
        "microcode", "isa_used", "cores",  "smt",      "affinity", "governor",   "virtualisation", "kernel",
        "onednn",    "openmp",   "models", "seed",     "peaks",    "bandwidth",  "dtype",          "thread_placement"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!*text(context, known[i]))
            fail("context: %s is empty", known[i]);
    if (number(context, "json_schema_version") != 1 || number(context, "num_cpus") < 1)
        fail("context: schema or number of CPUs");
}

/* The entries of "benchmarks" with that name and run_type. */
static int count_entries(json_t *benchmarks, const char *name, const char *type) {
    size_t i;
    json_t *e;
    int count = 0;
    json_array_foreach(benchmarks, i, e) {
        count += !strcmp(text(e, "run_name"), name) && !strcmp(text(e, "run_type"), type);
    }
    return count;
}

static void check_benchmarks(json_t *benchmarks) {
    size_t i;
    json_t *e;
    json_array_foreach(benchmarks, i, e) {
        bool failed = json_object_get(e, "error_occurred") != NULL;
        bool deviation = strstr(text(e, "name"), "_stddev") != NULL;
        if (!failed && !deviation && !(number(e, "real_time") > 0 && number(e, "iterations") >= 1))
            fail("%s: real_time or iterations", text(e, "name"));
        if (strcmp(text(e, "time_unit"), "ns"))
            fail("%s: time_unit", text(e, "name"));
    }
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The row's figure, computed from its repetitions: the median of rates or of milliseconds, or the median call. */
static double expected_value(json_t *row, bool single) {
    static double all[1 << 20];
    size_t count = 0, i, k;
    json_t *repetition, *sample;
    bool time = !strcmp(text(row, "unit"), "ms");
    json_array_foreach(member(row, "repetitions", JSON_ARRAY), i, repetition) {
        double calls = number(repetition, "iterations") * number(row, "calls_per_iteration");
        double seconds = number(repetition, "real_s") / calls;
        if (!single)
            all[count++] = time ? 1e3 * seconds : number(row, "items_per_call") / seconds;
        json_array_foreach(member(repetition, "samples_ns", JSON_ARRAY), k, sample) {
            if (single && count < sizeof all / sizeof *all)
                all[count++] = 1e-6 * json_number_value(sample);
        }
    }
    qsort(all, count, sizeof *all, compare);
    return single ? all[(count + 1) / 2 - 1] : (all[(count - 1) / 2] + all[count / 2]) / 2;
}

static void check_row(json_t *row, json_t *benchmarks) {
    const char *name = text(row, "name");
    size_t repetitions = json_array_size(member(row, "repetitions", JSON_ARRAY));
    bool single = json_object_get(member(row, "figures", JSON_OBJECT), "p99") != NULL;
    if (json_is_true(json_object_get(row, "valid")) != (json_array_size(member(row, "reasons", JSON_ARRAY)) == 0))
        fail("%s: valid does not follow from reasons", name);
    if (count_entries(benchmarks, name, "iteration") != (repetitions ? (int)repetitions : 1))
        fail("%s: not as many benchmarks as repetitions", name);
    if (!repetitions)
        return;
    double value = number(row, "value"), expected = expected_value(row, single);
    if (!(fabs(value - expected) <= 1e-6 * expected + (single ? 1e-6 : 0))) /* samples are whole nanoseconds */
        fail("%s: value %g, of its repetitions %g", name, value, expected);
    if (!single && !(number(row, "low") <= value && value <= number(row, "high")))
        fail("%s: value not between low and high", name);
    if (single &&
        json_array_size(json_object_get(json_array_get(json_object_get(row, "repetitions"), 0), "samples_ns")) !=
            (size_t)(number(json_array_get(json_object_get(row, "repetitions"), 0), "iterations") *
                     number(row, "calls_per_iteration")))
        fail("%s: not every call is kept", name);
}

static bool starts(const char *text, const char *with) {
    return !strncmp(text, with, strlen(with));
}

/* Rows of samples at their own settings must have a picture; rows of chains at one noise level must have energies by
 * step. */
static void check_pictures(json_t *row) {
    bool stepper = strcmp(text(row, "suite"), "energy") == 0 && strcmp(text(row, "what"), "gradient") != 0;
    json_t *picture = json_object_get(row, "picture"), *trace = json_object_get(row, "trace");
    if (picture && !starts(text(picture, "png"), "iVBORw0KGgo")) /* the signature of PNG */
        fail("%s: the picture is none", text(row, "name"));
    if (!trace != !stepper)
        fail("%s: trace", text(row, "name"));
    size_t points = trace ? json_array_size(member(trace, "x", JSON_ARRAY)) : 0, i;
    json_t *series;
    json_array_foreach(trace ? member(trace, "series", JSON_ARRAY) : NULL, i, series) {
        if (points < 2 || json_array_size(member(series, "y", JSON_ARRAY)) != points)
            fail("%s: points of the trace", text(row, "name"));
    }
}

static void check(json_t *root) {
    json_t *benchmarks = member(root, "benchmarks", JSON_ARRAY), *own = member(root, "genbench", JSON_OBJECT), *row;
    size_t i;
    check_context(member(root, "context", JSON_OBJECT));
    check_benchmarks(benchmarks);
    if (number(own, "json_schema_version") != 1 || json_array_size(member(own, "rows", JSON_ARRAY)) == 0)
        fail("genbench: schema or rows");
    json_array_foreach(json_object_get(own, "rows"), i, row) {
        check_row(row, benchmarks);
        check_pictures(row);
    }
}

static void print_order(json_t *rows) {
    static const char *names[MEASUREMENTS_MAX];
    size_t i, k;
    json_t *row, *repetition;
    json_array_foreach(rows, i, row) {
        json_array_foreach(member(row, "repetitions", JSON_ARRAY), k, repetition) {
            int order = (int)number(repetition, "order");
            if (order < 0 || order >= MEASUREMENTS_MAX || names[order])
                fail("%s: order %d", text(row, "name"), order);
            names[order] = text(row, "name");
        }
    }
    for (i = 0; i < MEASUREMENTS_MAX; i++)
        if (names[i])
            puts(names[i]);
}

static void print_counts(json_t *own) {
    json_t *rows = member(own, "rows", JSON_ARRAY), *row, *reason;
    size_t i, k, measured = 0, checked = 0;
    json_array_foreach(rows, i, row) {
        bool wrong = false;
        json_array_foreach(member(row, "reasons", JSON_ARRAY), k, reason) {
            const char *why = json_string_value(reason);
            wrong = wrong || !strncmp(why, "wrong", 5) || strstr(why, "not checked") || strstr(why, "failed");
        }
        size_t repetitions = json_array_size(member(row, "repetitions", JSON_ARRAY));
        measured += repetitions > 0;
        checked += repetitions > 0 && !wrong;
    }
    printf("rows %zu measured %zu checked %zu interrupted %d\n", json_array_size(rows), measured, checked,
           json_is_true(json_object_get(own, "interrupted")));
}

/* The name "a/isa:x/b" with another instruction set. */
static json_t *renamed(const char *name, const char *isa) {
    const char *at = strstr(name, "isa:");
    size_t rest = at ? strcspn(at, "/") : 0;
    return at ? json_sprintf("%.*sisa:%s%s", (int)(at - name), name, isa, at + rest) : json_string(name);
}

static void print_other(json_t *root, const char *isa, double factor) {
    static const char *const values[] = {"value", "low", "high"};
    json_t *entry, *row;
    size_t i, k;
    json_array_foreach(member(root, "benchmarks", JSON_ARRAY), i, entry) {
        json_object_set_new(entry, "run_name", renamed(text(entry, "run_name"), isa));
    }
    json_array_foreach(member(member(root, "genbench", JSON_OBJECT), "rows", JSON_ARRAY), i, row) {
        json_object_set_new(row, "name", renamed(text(row, "name"), isa));
        json_object_set_new(row, "isa", json_string(isa));
        json_object_set_new(row, "valid", json_true());
        json_object_set_new(row, "reasons", json_array());
        for (k = 0; k < sizeof values / sizeof *values; k++)
            json_object_set_new(row, values[k], json_real(number(row, values[k]) * factor));
    }
    json_dumpf(root, stdout, 0);
}

int main(int argc, char **argv) {
    json_error_t error;
    bool other = argc == 5 && !strcmp(argv[2], "other"), usable = argc == 3 || other;
    json_t *root = usable ? json_load_file(argv[1], 0, &error) : NULL;
    if (!root)
        fail("%s", usable ? error.text : "usage: report FILE check|order|counts, or report FILE other ISA FACTOR");
    if (other)
        print_other(root, argv[3], strtod(argv[4], NULL));
    else if (!strcmp(argv[2], "check"))
        check(root);
    else if (!strcmp(argv[2], "order"))
        print_order(member(member(root, "genbench", JSON_OBJECT), "rows", JSON_ARRAY));
    else
        print_counts(member(root, "genbench", JSON_OBJECT));
    json_decref(root);
    return 0;
}
