/* The command line, from the rows of options.def. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "engine/backend.h"
#include "engine/plan.h"
#include "sample/samplers.h"
#include "shim.h"
#include "text.h"

static const gs_option_row rows[] = {
#define BENCH_OPTION(name, metavar, kind, field, low, high, commands, help) \
    {name, metavar, GS_KIND_OPTION_##kind, offsetof(bench_settings, field), low, high, commands, help},
#include "options.def"
#undef BENCH_OPTION
};
static const gs_option_table options = {.row = rows, .rows = GS_COUNT(rows)};

static const char google_prefix[] = "--benchmark_";
static const double QUICK_S = 0.1, MIN_TIME_MOST_S = 3600;

const bench_suite bench_suites[] = {
#define BENCH_SUITE(id, name, help) {name, help, bench_add_##id},
#include "suites.def"
#undef BENCH_SUITE
    {0}};

static bool begins_with(const char *text, const char *prefix) {
    return !strncmp(text, prefix, strlen(prefix));
}

/* ---- Help ---- */

static void put_rows(int command) {
    for (size_t i = 0; i < GS_COUNT(rows); i++) {
        char left[64];
        if (!(rows[i].commands & command))
            continue;
        snprintf(left, sizeof left, "%s%s%s%s", rows[i].name[1] ? "--" : "-", rows[i].name, rows[i].metavar ? " " : "",
                 rows[i].metavar ? rows[i].metavar : "");
        printf("  %-24s %s\n", left, rows[i].help);
    }
    if (command & (BENCH_CHECK | BENCH_AB))
        printf("  %-24s rows whose name matches\n", "--benchmark_filter=REGEX");
}

static void put_usage(const bench_command *c, const char *before) {
    printf("%sgenbench %s%s%s", before, c->name, c->name[0] ? " " : "", c->usage);
}

void bench_help(const bench_command *commands, const bench_command *command) {
    put_usage(command, "usage: ");
    printf("\n\n%s\n", command->help ? command->help : command->about);
    if (command == commands) {
        puts("\ncommands, which have help of their own:");
        for (const bench_command *c = commands + 1; c->name; c++)
            if (c->usage)
                printf("  %-24s %s\n", c->name, c->about);
    }
    puts("\noptions:");
    put_rows(command->command);
    if (command->end)
        printf("\n%s\n", command->end);
    if (!(command->command & (BENCH_MEASURE | BENCH_LIST)))
        return;
    puts("\nOptions of Google Benchmark go to it: --benchmark_filter=REGEX, --benchmark_min_time=SECONDS, ...\n\n"
         "suites:");
    for (const bench_suite *suite = bench_suites; suite->name; suite++)
        printf("  %-24s %s\n", suite->name, suite->help);
}

/* ---- Google Benchmark ---- */

static bool given(const bench_settings *s, const char *prefix) {
    bool found = false;
    for (int i = 1; i < s->argc; i++)
        found = found || begins_with(s->argv[i], prefix);
    return found;
}

/* Values on which Google Benchmark would print its usage or run for ever. */
static gs_status check_google(const char *word, gs_error *error) {
    static const char time[] = "--benchmark_min_time=", format[] = "--benchmark_format=";
    static const char *const formats[] = {"console", "json", "csv"};
    if (begins_with(word, time)) {
        const char *value = word + strlen(time);
        char *end;
        double seconds = strtod(value, &end);
        bool whole = !*end || !strcmp(end, "s") || !strcmp(end, "x");
        if (end == value || !whole || !(seconds > 0 && seconds <= MIN_TIME_MOST_S))
            return gs_fail(error, GS_ERROR_ARGUMENT, "%.60s: expected seconds above 0, at most %g", word,
                           MIN_TIME_MOST_S);
    }
    if (begins_with(word, format)) {
        bool known = false;
        for (size_t i = 0; i < GS_COUNT(formats); i++)
            known = known || !strcmp(word + strlen(format), formats[i]);
        if (!known)
            return gs_fail(error, GS_ERROR_ARGUMENT, "%.60s: expected console, json or csv", word);
    }
    return GS_OK;
}

/* Hand Google Benchmark its options; one that it does not know is an error. */
static gs_status initialize(int argc, char *const *argv, bool quick, gs_error *error) {
    char **words = gs_alloc((size_t)argc + 2, sizeof *words); /* bench_initialize needs room for one more */
    int left = argc;
    if (!words)
        return gs_fail_memory(error, "the command line");
    memcpy(words, argv, (size_t)argc * sizeof *words);
    gs_status status = GS_OK;
    for (int i = 1; i < argc && !status; i++)
        status = check_google(argv[i], error);
    if (!status)
        bench_initialize(&left, words, quick ? QUICK_S : 0);
    for (int i = 1; i < left && !status; i++)
        if (begins_with(words[i], "--benchmark_"))
            status = gs_fail(error, GS_ERROR_ARGUMENT, "%.60s: Google Benchmark has no such option", words[i]);
    gs_free(words);
    return status;
}

/* ---- What is asked for ---- */

typedef gs_status name_check(const char *name, gs_error *error);

/* Whether a name is one of a list, which ends with NULL. */
static gs_status check_known(const char *option, const char *const *known, const char *name, gs_error *error) {
    char all[BENCH_TEXT_ROOM] = "";
    for (; *known; known++) {
        if (!strcmp(*known, name))
            return GS_OK;
        bench_append_item(all, sizeof all, ", ", *known);
    }
    return gs_fail(error, GS_ERROR_ARGUMENT, "%s: \"%.40s\" is unknown, expected one of %s", option, name, all);
}

static gs_status check_suite(const char *name, gs_error *error) {
    const char *known[GS_COUNT(bench_suites)];
    for (size_t i = 0; i < GS_COUNT(bench_suites); i++)
        known[i] = bench_suites[i].name;
    return check_known("suite", known, name, error);
}

static gs_status check_scenario(const char *name, gs_error *error) {
    return check_known("scenario", (const char *const[]){"offline", "single-stream", NULL}, name, error);
}

static gs_status check_dtype(const char *name, gs_error *error) {
    static const char *const known[] = {
#define GS_DTYPE(ID, name, mac, stored, what) name,
#include "model/dtypes.def"
        NULL};
    return check_known("dtype", known, name, error);
}

static gs_status check_sampler(const char *name, gs_error *error) {
    return gs_sampler_find(name) ? GS_OK : gs_sampler_unknown(name, error);
}

static gs_status check_isa(const char *name, gs_error *error) {
    const gs_kernels *kernels;
    return gs_kernels_choose(name, &kernels, error);
}

static gs_status check_backend(const char *name, gs_error *error) {
    const gs_backend *backend;
    return gs_backend_find(name, &backend, error);
}

/* Check that all names of lists are known, and that what is asked for runs here; $GENSAMPLE_ISA stands for --isa, as
 * for gensample. */
static gs_status check(bench_settings *s, gs_error *error) {
    const struct {
        const char *option;
        const gs_texts *names;
        name_check *check;
    } lists[] = {{"suite", &s->suite, check_suite}, {"scenario", &s->scenario, check_scenario},
                 {"dtype", &s->dtype, check_dtype}, {"sampler", &s->sampler, check_sampler},
                 {"isa", &s->isa, check_isa},       {"backend", &s->backend, check_backend}};
    const char *isa = getenv("GENSAMPLE_ISA");
    gs_status status = GS_OK;
    if ((s->command & (BENCH_MEASURE | BENCH_LIST | BENCH_WORK)) && !s->isa.count && isa && *isa) {
        status = gs_option_blame(NULL, check_isa(NULL, error), error);
        s->isa = (gs_texts){1, {isa}};
    }
    for (size_t i = 0; i < GS_COUNT(lists); i++)
        for (int k = 0; k < lists[i].names->count && !status; k++)
            status = gs_option_blame(lists[i].option, lists[i].check(lists[i].names->values[k], error), error);
    return status;
}

/* By default the page lies beside the report, with the same name. */
static gs_status name_page(bench_settings *s, gs_error *error) {
    static const char json[] = ".json", html[] = ".html";
    s->json = s->json ? s->json : "genbench.json";
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

static gs_status take_operand(bench_settings *s, const bench_command *c, char *word, gs_error *error) {
    if (!c->operand)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%.60s: genbench%s%s takes no such word; see genbench%s%s --help",
                       word, *c->name ? " " : "", c->name, *c->name ? " " : "", c->name);
    if (s->operands == c->most)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%s: more than %d %s%s", c->name, c->most, c->operand,
                       c->most > 1 ? "s" : "");
    s->operand[s->operands++] = word;
    return GS_OK;
}

static gs_status parse(bench_settings *s, const bench_command *c, int argc, gs_error *error) {
    char name[32];
    bool seen[GS_COUNT(rows)] = {false};
    gs_status status = GS_OK;
    snprintf(name, sizeof name, "genbench%s%s", c->name[0] ? " " : "", c->name);
    for (int i = 0; i < argc && !status;)
        if (begins_with(s->words[i], google_prefix) && (c->command & (BENCH_ROWS | BENCH_CHECK | BENCH_COUNT)))
            i++;
        else if (s->words[i][0] == '-' && s->words[i][1])
            status = gs_option_take(&options, c->command, name, argc, s->words, &i, seen, s, error);
        else
            status = take_operand(s, c, s->words[i++], error);
    if (!status && !s->help && s->operands < c->least)
        status =
            gs_fail(error, GS_ERROR_ARGUMENT, "%s: expected %s; see genbench %s --help", c->name, c->usage, c->name);
    return status;
}

/* Without any option other than where to write, quick is meant. */
static bool is_plain(const bench_settings *s) {
    return !s->suite.count && !s->model.count && !s->scenario.count && !s->threads.count && !s->batch.count;
}

/* What the rows of the command are made of; the workers of ab have rows of their own. */
static gs_status prepare(bench_settings *s, gs_error *error) {
    if (s->command & (BENCH_EVAL | BENCH_QUALITY))
        return bench_models_load(&s->models, &s->model, error);
    if (!(s->command & (BENCH_ROWS | BENCH_CHECK | BENCH_COUNT)) || s->command == BENCH_AB)
        return GS_OK;
    s->display = given(s, "--benchmark_format");
    s->quick = s->quick || is_plain(s);
    if (given(s, "--benchmark_out=")) /* the file has what ran last */
        s->patience = 0;
    gs_status status = initialize(s->argc, s->argv, s->quick, error);
    return status ? status : bench_models_load(&s->models, &s->model, error);
}

gs_status bench_settings_take(bench_settings *s, const bench_command *c, int argc, char *const *argv, gs_error *error) {
    int skip = c->name[0] ? 2 : 1;
    *s = (bench_settings){
        .argc = argc, .argv = argv, .command = c->command, .patience = -1, .seconds = 1, .sigma = 0.5, .label = -1};
    s->words = copy_words(argc - skip, argv + skip);
    if (!s->words)
        return gs_fail_memory(error, "the command line");
    gs_status status = parse(s, c, argc - skip, error);
    if (status || s->help || s->version)
        return status;
    s->github = s->format && !strcmp(s->format, "github");
    if (s->format && !s->github && strcmp(s->format, "text"))
        return gs_fail(error, GS_ERROR_ARGUMENT, "--format: \"%.40s\": expected text or github", s->format);
    if (c->command & (BENCH_MEASURE | BENCH_LIST))
        status = name_page(s, error);
    if (!status)
        status = check(s, error);
    return status ? status : prepare(s, error);
}

int bench_words_for(const bench_settings *s, int command, char **words) {
    int count = 0;
    const char *value;
    for (int i = 2; i < s->argc; i++) {
        char *word = s->argv[i];
        bool google = begins_with(word, google_prefix), is_option = word[0] == '-' && word[1];
        const gs_option_row *row = is_option && !google ? gs_option_find(&options, command, word, &value) : NULL;
        bool takes = google || (row && (row->commands & command)), two = row && row->metavar && !value;
        if (takes)
            words[count++] = word;
        if (takes && two)
            words[count++] = s->argv[i + 1];
        i += two;
    }
    return count;
}

void bench_settings_free(bench_settings *settings) {
    bench_models_free(&settings->models);
    gs_free(settings->page);
    gs_free(settings->words);
    settings->page = NULL;
    settings->words = NULL;
}

bool bench_wants(const gs_texts *names, const char *name) {
    bool found = !names->count;
    for (int i = 0; i < names->count; i++)
        found = found || (name && !strcmp(names->values[i], name));
    return found;
}
