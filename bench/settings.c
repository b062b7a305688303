/* The command line, from the rows of options.def. */
#include "bench.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum kind { NAMES, NUMBERS, INTEGER, SECONDS, SEED, TEXT, FLAG } kind;

typedef struct option_row {
    const char *name, *metavar;
    kind kind;
    size_t offset;
    const char *help;
} option_row;

static const option_row options[] = {
#define BENCH_OPTION(name, metavar, kind, field, help) {name, metavar, kind, offsetof(bench_settings, field), help},
#include "options.def"
#undef BENCH_OPTION
};

enum { THREADS_MAX = 1024, NUMBER_MAX = 65536 };

const bench_suite bench_suites[] = {
#define BENCH_SUITE(name, help) {#name, help, bench_add_##name},
#include "suites.def"
#undef BENCH_SUITE
    {0}};

void bench_help(void) {
    puts("usage: genbench [options]         measure, print a table and write a report\n"
         "       genbench list [options]    print the names of the rows that would be measured\n"
         "       genbench check ...         counts against a baseline; see genbench check --help\n"
         "       genbench ab BASE HEAD      times of two builds beside each other; see genbench ab --help\n"
         "       genbench eval ...          evaluations per second of one network; see genbench eval --help\n"
         "       genbench doctor            what makes this machine noisy, and how to calm it\n"
         "       genbench report FILE...    views of reports, side by side if there are several\n"
         "       genbench merge FILE...     one file of several reports\n"
         "       genbench history FOLDER    rows over many reports, and since when they are faster or slower\n\n"
         "options:");
    for (size_t i = 0; i < GS_COUNT(options); i++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", options[i].name, options[i].metavar ? " " : "",
                 options[i].metavar ? options[i].metavar : "");
        printf("  %-24s %s\n", left, options[i].help);
    }
    puts("\nOptions of Google Benchmark go to it: --benchmark_filter=REGEX, --benchmark_min_time=SECONDS, "
         "...\n\nsuites:");
    for (const bench_suite *suite = bench_suites; suite->name; suite++)
        printf("  %-24s %s\n", suite->name, suite->help);
}

/* Parse the digits of a whole number in low ... high. */
static bool parse_number(const char *text, unsigned long long low, unsigned long long high,
                         unsigned long long *number) {
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return isdigit((unsigned char)text[0]) && !*end && !errno && *number >= low && *number <= high;
}

/* Whether the last value of a list occurs earlier in it. */
static bool is_repeated(const option_row *row, const void *field) {
    const bench_names *names = field;
    const bench_numbers *numbers = field;
    bool found = false;
    if (row->kind == NAMES)
        for (int i = 0; i < names->count - 1; i++)
            found = found || !strcmp(names->name[i], names->name[names->count - 1]);
    else
        for (int i = 0; i < numbers->count - 1; i++)
            found = found || numbers->number[i] == numbers->number[numbers->count - 1];
    return found;
}

/* Split the words at the commas; an empty word is refused. */
static gs_status parse_list(const option_row *row, char *text, void *field, gs_error *error) {
    bench_names *names = field;
    bench_numbers *numbers = field;
    int *count = row->kind == NAMES ? &names->count : &numbers->count;
    for (char *word = text, *next; word; word = next) {
        next = strchr(word, ',');
        if (next)
            *next++ = '\0';
        unsigned long long number = 0, most = strcmp(row->name, "threads") ? NUMBER_MAX : THREADS_MAX;
        if (*count == BENCH_LIST_MAX)
            return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: more than %d values", row->name, BENCH_LIST_MAX);
        if (row->kind == NUMBERS && !parse_number(word, 1, most, &number))
            return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: \"%.40s\": expected whole numbers from 1 to %llu",
                           row->name, word, most);
        if (!*word)
            return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: a name is empty", row->name);
        if (row->kind == NAMES)
            names->name[(*count)++] = word;
        else
            numbers->number[(*count)++] = (int)number;
        if (is_repeated(row, field))
            return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: \"%.40s\" is there twice", row->name, word);
    }
    return GS_OK;
}

/* One whole number of the kind's range. */
static gs_status parse_whole(const option_row *row, const char *text, void *field, gs_error *error) {
    static const struct {
        unsigned long long low, high;
        const char *range;
    } ranges[] = {[INTEGER] = {1, 1000, "1 to 1000"},
                  [SECONDS] = {0, 86400, "0 to 86400"},
                  [SEED] = {0, UINT64_MAX, "0 to 2^64 - 1"}};
    unsigned long long number;
    if (!parse_number(text, ranges[row->kind].low, ranges[row->kind].high, &number))
        return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: \"%.40s\": expected a whole number from %s", row->name, text,
                       ranges[row->kind].range);
    if (row->kind == SEED)
        *(uint64_t *)field = number;
    else
        *(int *)field = (int)number;
    return GS_OK;
}

static gs_status parse_value(const option_row *row, char *text, bench_settings *settings, gs_error *error) {
    void *field = (char *)settings + row->offset;
    switch (row->kind) {
    case NAMES:
    case NUMBERS:
        return parse_list(row, text, field, error);
    case TEXT:
        if (!*text)
            return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: its value %s is empty", row->name, row->metavar);
        *(const char **)field = text;
        return GS_OK;
    case FLAG:
        *(bool *)field = true;
        return GS_OK;
    default:
        return parse_whole(row, text, field, error);
    }
}

/* "--name" or "--name=value"; *value is the attached value, or NULL. */
static const option_row *find_option(char *argument, char **value) {
    size_t length = strcspn(argument, "=");
    *value = argument[length] ? argument + length + 1 : NULL;
    for (size_t i = 0; i < GS_COUNT(options); i++)
        if (strlen(options[i].name) + 2 == length && !strncmp(argument, "--", 2) &&
            !strncmp(argument + 2, options[i].name, length - 2))
            return &options[i];
    return NULL;
}

/* Check that all names of a list are among those of next(0), next(1), ... */
static gs_status check_names(const char *option, const bench_names *names, const char *(*next)(int i),
                             gs_error *error) {
    for (int k = 0; k < names->count; k++) {
        char known[BENCH_TEXT_ROOM] = "";
        bool found = false;
        for (int i = 0; next(i); i++) {
            found = found || !strcmp(next(i), names->name[k]);
            snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", next(i));
        }
        if (!found)
            return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: \"%.40s\" is unknown, expected one of %s", option,
                           names->name[k], known);
    }
    return GS_OK;
}

static const char *suite_name(int i) {
    return bench_suites[i].name;
}
static const char *scenario_name(int i) {
    return i == 0 ? "offline" : i == 1 ? "single-stream" : NULL;
}
static const char *dtype_name(int i) {
    return i == 0 ? "f32" : NULL;
}
static const char *isa_name(int i) {
    bool supported;
    return gs_isa_name(i, &supported);
}
static const char *backend_name(int i) {
    bool built;
    char about[BENCH_TEXT_ROOM];
    return gs_backend_name(i, &built, about, sizeof about);
}

/* Check that what is asked for runs here. */
static gs_status check_support(const bench_settings *s, gs_error *error) {
    bool there;
    char about[BENCH_TEXT_ROOM];
    const char *name;
    for (int i = 0; (name = gs_isa_name(i, &there)); i++)
        if (!there && s->isa.count && bench_wants(&s->isa, name))
            return gs_fail(error, GS_ERROR_UNSUPPORTED, "--isa: this CPU does not run %s; the best it has is %s", name,
                           gs_isa_best());
    for (int i = 0; (name = gs_backend_name(i, &there, about, sizeof about)); i++)
        if (!there && s->backend.count && bench_wants(&s->backend, name))
            return gs_fail(error, GS_ERROR_UNSUPPORTED, "--backend: this build has no %s", name);
    return GS_OK;
}

/* $GENSAMPLE_ISA stands for --isa, as for gensample. */
static void take_environment(bench_settings *s) {
    const char *isa = getenv("GENSAMPLE_ISA");
    if (!s->isa.count && isa && *isa)
        s->isa = (bench_names){.count = 1, .name = {isa}};
}

static gs_status check(bench_settings *s, gs_error *error) {
    take_environment(s);
    const struct {
        const char *option;
        const bench_names *names;
        const char *(*next)(int i);
    } lists[] = {{"suite", &s->suite, suite_name},
                 {"scenario", &s->scenario, scenario_name},
                 {"dtype", &s->dtype, dtype_name},
                 {"isa", &s->isa, isa_name},
                 {"backend", &s->backend, backend_name}};
    gs_status status = GS_OK;
    for (size_t i = 0; i < GS_COUNT(lists) && !status; i++)
        status = check_names(lists[i].option, lists[i].names, lists[i].next, error);
    return status ? status : check_support(s, error);
}

/* By default the page lies beside the report, with the same name. */
static gs_status name_page(bench_settings *s, gs_error *error) {
    static const char json[] = ".json", html[] = ".html";
    size_t length = strlen(s->json), stem = length - strlen(json);
    if (s->html || length < strlen(json) || strcmp(s->json + stem, json))
        return GS_OK;
    s->page = gs_alloc(length + 1, 1);
    if (!s->page)
        return gs_fail_memory(error, "the command line");
    memcpy(s->page, s->json, stem);
    memcpy(s->page + stem, html, sizeof html);
    s->html = s->page;
    return GS_OK;
}

/* Copies of all arguments, which may be cut into words. */
static char **copy_words(int argc, char *const *argv) {
    size_t size = (size_t)argc * sizeof(char *);
    for (int i = 0; i < argc; i++)
        size += strlen(argv[i]) + 1;
    char **words = gs_alloc(size, 1), *text = (char *)(words + argc);
    for (int i = 0; words && i < argc; text += strlen(argv[i]) + 1, i++)
        words[i] = strcpy(text, argv[i]);
    return words;
}

gs_status bench_settings_parse(bench_settings *s, int argc, char *const *argv, gs_error *error) {
    *s = (bench_settings){.json = "genbench.json", .patience = -1};
    s->words = copy_words(argc, argv);
    if (!s->words)
        return gs_fail_memory(error, "the command line");
    bool given[GS_COUNT(options)] = {false};
    for (int i = 0; i < argc; i++) {
        char *value;
        if (!strncmp(argv[i], "--benchmark_", strlen("--benchmark_")))
            continue;
        const option_row *row = find_option(s->words[i], &value);
        if (!row)
            return gs_fail(error, GS_ERROR_ARGUMENT, "%.60s: unknown; see genbench --help", argv[i]);
        if (given[row - options])
            return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: given twice", row->name);
        given[row - options] = true;
        if (!row->metavar && value)
            return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: takes no value", row->name);
        if (row->metavar && !value && (i + 1 == argc || !strncmp(argv[i + 1], "--", 2)))
            return gs_fail(error, GS_ERROR_ARGUMENT, "--%s: its value %s is missing", row->name, row->metavar);
        gs_status status = parse_value(row, row->metavar && !value ? s->words[++i] : value, s, error);
        if (status)
            return status;
    }
    gs_status status = name_page(s, error);
    return status || s->help ? status : check(s, error);
}

void bench_settings_free(bench_settings *settings) {
    bench_models_free(&settings->models);
    gs_free(settings->page);
    gs_free(settings->words);
    settings->page = NULL;
    settings->words = NULL;
}

bool bench_wants(const bench_names *names, const char *name) {
    bool found = !names->count;
    for (int i = 0; i < names->count; i++)
        found = found || (name && !strcmp(names->name[i], name));
    return found;
}
