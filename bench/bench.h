/* genbench: rows, which are the figures of a report; suites, which make rows; and the settings that choose among them.
 *
 * A suite is a function in bench/suites/ and a line in suites.def. It adds rows. The runner (runner.h) has Google
 * Benchmark time each row several times, in random order among all others, and judges whether its figure is valid.
 * Reports (report.h) are views of the rows. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "app/curve.h"
#include "app/option.h"
#include "base/base.h"

enum {
    BENCH_NAME_ROOM = 128,
    BENCH_CALLS_P99 = 662, /* that p99 needs at 99 % confidence, by the rule of MLPerf LoadGen */
    BENCH_FIGURES_MAX = 24,
    BENCH_REASONS_MAX = 8,
    BENCH_TEXT_ROOM = 200,
    BENCH_WHY_ROOM = 64
};

/* ---- Models ---- */

typedef struct bench_model {
    bool named; /* on the command line */
    char *path;
    gs_model *model;
    const gs_model_info *info;
} bench_model;

typedef struct bench_models {
    bench_model *model;
    int count;
    char *judge; /* path of judge.bin, shipped or in the current folder; NULL if there is none */
} bench_models;

/* ---- Settings ---- */

/* The commands, as bits; the last two are for genbench itself. */
enum {
    BENCH_MEASURE = 1,
    BENCH_LIST = 2,
    BENCH_CHECK = 4,
    BENCH_AB = 8,
    BENCH_EVAL = 16,
    BENCH_DOCTOR = 32,
    BENCH_REPORT = 64,
    BENCH_MERGE = 128,
    BENCH_HISTORY = 256,
    BENCH_WORK = 512,
    BENCH_COUNT = 1024,
    BENCH_QUALITY = 2048,
    BENCH_ROWS = BENCH_MEASURE | BENCH_LIST | BENCH_AB | BENCH_WORK, /* those that choose rows */
    BENCH_ANY = 4095
};

enum { BENCH_OPERANDS_MAX = 16 };

typedef struct bench_settings {
    int argc;
    char *const *argv; /* the whole command line */
    int exit_status;   /* of a success; 0 at first */
    int command;
    char *operand[BENCH_OPERANDS_MAX]; /* (operands) reports, a folder, builds */
    int operands;
    gs_texts model, suite, scenario, isa, backend, dtype, sampler;
    gs_counts threads, batch;
    const char *json, *html, *chart, *markdown, *csv; /* NULL: not asked for */
    uint64_t seed;
    int repetitions; /* 0: not given */
    int patience;    /* seconds for measuring disturbed repetitions again; -1: as long as measuring took */
    bool pin, quick, help, version;
    bool display;             /* --benchmark_format: Google Benchmark writes to standard output instead of us */
    const char *baseline;     /* of check */
    bool write, github;       /* of check; of check and ab */
    const char *format;       /* "text" or "github" */
    uint64_t count;           /* of quality: samples; 0: not given */
    const char *pictures;     /* of quality: a folder, or NULL */
    const char *input, *dump; /* of eval, as the rest */
    double seconds, sigma;
    int block, label;
    bool gradient;
    char **words;        /* copies of the command line, which the texts above point into */
    char *page;          /* and html, if it is not given */
    bench_models models; /* the networks asked for, else all that are shipped */
} bench_settings;

/* ---- Rows ---- */

typedef struct bench_row bench_row;

/* The functions of the rows of one kind. `call` is timed. */
typedef struct bench_kind {
    size_t state;                                        /* of its state, which is zeroed before `open` and freed after
                                                            `close`; 0: none, or `open` allocates it */
    gs_status (*open)(bench_row *row, gs_error *error);  /* prepare the calls; on failure `close` is called too */
    gs_status (*call)(bench_row *row, gs_error *error);  /* one call */
    gs_status (*check)(bench_row *row, gs_error *error); /* after the last call, still open: add figures about what was
                                                            computed, compare it with something independent, and say
                                                            so where it is wrong or there is no such thing */
    void (*close)(bench_row *row);                       /* free what the state holds; NULL: nothing */
    uint64_t (*digest)(const bench_row *row);            /* bench_digest of the first call's results; NULL: none */
} bench_kind;

/* For rows that draw chains: a sampler and its settings; 0 means the network's own. */
typedef struct bench_sampling {
    const char *sampler;
    int steps, steps_per_level;
    bool brief;       /* so few steps that none adapt, and paths of nuts of 7 leapfrog steps at most */
    const char *unit; /* "samples/s", whose quality is measured, or "steps/s" of evaluations. With settings other than
                         the network's own, samples count as good if the first chain equals scalar C's */
    int mixing;       /* steps of the chains that show how many steps an effective sample takes; 0: not wanted */
} bench_sampling;

typedef struct bench_figure {
    const char *name, *unit;
    double value;
} bench_figure;

/* The state of the machine during a repetition. It alone decides whether the repetition was disturbed (again.h), never
 * the measurements. */
typedef struct bench_conditions {
    double peak[2];        /* FLOP/s of multiply-adds, before and after */
    double process_s;      /* CPU time of all our threads */
    double stolen, waited; /* CPU seconds the hypervisor took from our threads, other programs took */
} bench_conditions;

/* Between begin and end of the runner: `iterations` batches of `calls` calls each. */
typedef struct bench_repetition {
    int order; /* its place among all repetitions of the run */
    int pass;  /* 0, or the number of the pass in which it was measured again */
    long long iterations;
    double real_s, cpu_s; /* as Google Benchmark has it, of all iterations together */
    double wall_s;        /* from begin to end */
    bench_conditions conditions;
    char disturbed[BENCH_WHY_ROOM]; /* what disturbed it; "" if nothing did */
    size_t samples;
    double *sample; /* seconds of every single call, or else the mean over the calls of each iteration */
} bench_repetition;

/* The outcome of comparing a result with one that was computed in another way. */
typedef enum bench_check_state {
    BENCH_CHECK_OPEN, /* it has not been tried */
    BENCH_CHECK_PASSED,
    BENCH_CHECK_FAILED,
    BENCH_CHECK_IMPOSSIBLE /* there is nothing to compare it with */
} bench_check_state;

struct bench_row {
    char name[BENCH_NAME_ROOM];   /* first, as bench_filter_items wants it */
    const char *suite, *scenario; /* scenario: or NULL */
    size_t what_at, what_length;  /* where the name says what it is: a sampler, a kernel */
    const bench_kind *kind;
    const bench_model *model; /* or NULL */
    const bench_settings *settings;
    const char *isa, *backend; /* backend: NULL where none matters */
    const char *dtype;         /* of the products, by whose peak the row is judged */
    bool approximate;          /* whether other instruction sets may give other bytes */
    int threads, batch;        /* batch: 0 if there is none */
    int calls;                 /* calls per iteration: as many as percentiles need, else the runner's choice */
    bool single;               /* whether the figure is of single calls: percentiles */
    const char *unit;          /* "samples/s", or "ms" per call, for which less is better */
    double items;              /* what one call does, in units of `unit` without "/s" */
    double operations;         /* 2 x multiply-adds per call, or 0 where % of peak makes no sense */
    double bytes;      /* bytes that a call must at least read and write: inputs, weights, outputs; 0: not known */
    size_t plan_bytes; /* packed weights and scratch memory, or 0 */
    const char *ran;   /* set by open: the instruction set in use, or NULL where there is no choice */
    bench_sampling sampling; /* of rows that draw chains */
    bool gradient;           /* of rows that evaluate networks: energies and gradients */
    const void *data;        /* the suite's own, constant data */
    void *state;             /* from open to close */
    /* Filled while running. */
    int repetitions, reasons, figures;
    int aside;                                       /* disturbed repetitions that do not count, behind those that do */
    bench_repetition *repetition;                    /* (repetitions + aside) */
    size_t room;                                     /* of these */
    char reason[BENCH_REASONS_MAX][BENCH_TEXT_ROOM]; /* why the figure is not valid; none if it is */
    bench_figure figure[BENCH_FIGURES_MAX];
    double ess_per_item; /* effective samples per item; 0: not known */
    char *picture;       /* samples as a PNG file in base64, or NULL */
    gs_curve trace;      /* energies across chains by step; n is 0 if there are none */
    bench_check_state check;
    bool failed;
    double value, low, high; /* in `unit`: the median, least and greatest of the repetitions */
};

typedef struct bench_rows {
    bench_row *row;
    int count;
    size_t room;
    bool failed;    /* memory ran out, */
    bench_row lost; /* and this is the row that could not be added */
    const bench_settings *settings;
} bench_rows;

/* Add a figure beside the main one; one that is not finite is left out. Names and units must be constants. */
void bench_figure_add(bench_row *row, const char *name, const char *unit, double value);

/* The figure's value, or NaN. */
double bench_figure_get(const bench_row *row, const char *name);

/* Add a reason why the figure is not valid. Each of these takes a format and its arguments. */
#define bench_doubt(row, ...) bench_reason(row, BENCH_CHECK_OPEN, __VA_ARGS__)

/* For a kind's `check`, which has passed if it calls neither. The output is wrong, which is a reason; or there is
 * nothing independent to compare it with, which is a reason too, since an unchecked row is not valid. */
#define bench_wrong(row, ...) bench_reason(row, BENCH_CHECK_FAILED, __VA_ARGS__)
#define bench_unchecked(row, ...) bench_reason(row, BENCH_CHECK_IMPOSSIBLE, __VA_ARGS__)
void bench_reason(bench_row *row, bench_check_state check, const char *format, ...) GS_PRINTF(3, 4);

/* Open a row with its state, and close it, also after a failure of the former. */
gs_status bench_row_open(bench_row *row, gs_error *error);
void bench_row_close(bench_row *row);

/* A 64-bit hash of `count` bytes, by which the results of builds are compared (Fowler, Noll & Vo's hash 1a). */
uint64_t bench_digest(const void *bytes, size_t count);

/* ---- Suites ---- */

typedef struct bench_suite {
    const char *name, *help;
    void (*add)(bench_rows *rows);
} bench_suite;

#define BENCH_SUITE(id, name, help) void bench_add_##id(bench_rows *rows);
#include "suites.def"
#undef BENCH_SUITE

/* The rows of suites.def; the name is NULL past the last one. */
extern const bench_suite bench_suites[];

/* The settings over which a suite's rows range: everything asked for on the command line, or else these. */
typedef struct bench_axes {
    bool (*takes)(const bench_model *model); /* NULL: rows have no model */
    gs_counts threads, batch;                /* none: all processors; no batch */
    bool all_isas;                           /* without --isa, all that run here rather than only the best */
    bool all_backends, no_backend;
    bool typed; /* --dtype chooses the type of the products */
} bench_axes;

typedef struct bench_variant {
    const bench_model *model;
    int threads, batch;
    const char *isa, *backend, *dtype;
    int next; /* the number of the one that follows */
} bench_variant;

/* The variant that follows, at first that of a zeroed one; false past the last. */
bool bench_next(const bench_settings *settings, const bench_axes *axes, bench_variant *variant);

/* A new row of the variant, zeroed except for what the variant says and its name:
 * SUITE/[MODEL/]WHAT[/SCENARIO][/b:BATCH]/t:THREADS/isa:ISA/DTYPE[/BACKEND unless native]. `what` is copied into the
 * name. When memory runs out, rows->failed says so. */
bench_row *bench_row_add(bench_rows *rows, const char *suite, const char *scenario, const char *what,
                         const bench_variant *variant, const bench_kind *kind);

/* All rows that the settings and --benchmark_filter select. Errors: GS_ERROR_FILE if there is none; with `strict`,
 * those of bench_rows_obey. */
gs_status bench_rows_make(bench_rows *rows, bool strict, gs_error *error);

/* Whether the rows are those that were asked for: some row has each value of --threads, --batch, --isa and --backend;
 * if suites are named, no row has another value; and if a network is named, some row has a network. Errors:
 * GS_ERROR_ARGUMENT. */
gs_status bench_rows_obey(const bench_rows *rows, gs_error *error);

void bench_rows_free(bench_rows *rows);

/* Number of threads that run here by default. */
int bench_processors(void);

/* ---- Settings and models ---- */

typedef struct bench_command {
    const char *name; /* "" for measuring */
    int command;
    const char *operand; /* what its operands are: "report"; NULL: it has none */
    int least, most;     /* number of operands */
    const char *usage, *about;
    const char *help; /* text before the options, or NULL for `about`, and behind them, or NULL */
    const char *end;
    gs_status (*run)(bench_settings *settings, gs_error *error);
} bench_command;

/* Take a command's words, argv[1] and so on, or argv[2] for a named command; and all that comes with them: Google
 * Benchmark gets its options, and the networks are loaded, unless help or the version is asked for. Errors:
 * GS_ERROR_ARGUMENT; GS_ERROR_UNSUPPORTED: this CPU or build lacks what is asked for; those of bench_models_load. */
gs_status bench_settings_take(bench_settings *settings, const bench_command *command, int argc, char *const *argv,
                              gs_error *error);
void bench_settings_free(bench_settings *settings);

/* Print the help of a command; of the first, also that of all. */
void bench_help(const bench_command *commands, const bench_command *command);

/* Collect the options of the command line that `command` takes, too, and Google Benchmark's, in `words`, which has room
 * for the whole command line; returns how many. */
int bench_words_for(const bench_settings *settings, int command, char **words);

/* Whether a list has the name, or is empty. */
bool bench_wants(const gs_texts *names, const char *name);

/* Load the networks that --model names, else all shipped ones. Errors: those of gs_model_load; GS_ERROR_FILE if none is
 * found. */
gs_status bench_models_load(bench_models *models, const gs_texts *names, gs_error *error);
void bench_models_free(bench_models *models);

/* Exit statuses. Wrong usage is 2 as everywhere, and a regression that check or ab finds is too: only of the latter
 * there is a report on standard output. */
enum { BENCH_PASS, BENCH_ERROR, BENCH_REGRESSION, BENCH_INCONCLUSIVE, BENCH_USAGE = 2, BENCH_INTERRUPTED = 130 };

/* The commands. */
gs_status bench_eval(bench_settings *settings, gs_error *error);
gs_status bench_survey(bench_settings *settings, gs_error *error);
gs_status bench_doctor(bench_settings *settings, gs_error *error);
gs_status bench_report(bench_settings *settings, gs_error *error);
gs_status bench_history(bench_settings *settings, gs_error *error);
gs_status bench_check(bench_settings *settings, gs_error *error);
gs_status bench_ab(bench_settings *settings, gs_error *error);
gs_status bench_work(bench_settings *settings, gs_error *error);
gs_status bench_count_here(bench_settings *settings, gs_error *error);

#endif
