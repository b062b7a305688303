#include "runner.h"

#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "again.h"
#include "app/interrupt.h"
#include "io/progress.h"
#include "measure/peak.h"
#include "random/random.h"
#include "shim.h"
#include "system.h"
#include "triad.h"

enum { SAMPLES_FIRST = 1024, CALLS_MOST = 1 << 20, ROWS_AGAIN = 6 /* in a later pass */ };
static const double SAMPLE_S = 5e-4; /* so long is a sample of calls that are shorter */
static const double CALM_S = 1;      /* how long a job of a later pass waits for the machine to be calm */

/* One measurement of a row, of several in random order with those of all others. */
typedef struct job {
    struct run *run;
    bench_row *row;
    int order;
    bool open;
    bench_times before;
    double start_s, peak_before;
    size_t room;
    bench_repetition now; /* the one that runs */
    /* All so far; Google Benchmark only says in the end how many of the last ones count. */
    int done;
    bench_repetition *all;
    size_t all_room;
} job;

/* A pass over the rows: pass 0 measures all, later ones those that were disturbed (again.h). */
typedef struct run {
    bench_result *result;
    bench_gauge gauge;
    int pass, order; /* order: number of jobs in earlier passes */
    double deadline_s;
    job *jobs;
    int count, reported;
    int *left;   /* by row: jobs of this pass that have not reported */
    int *wanted; /* by row: repetitions from the `each` jobs of pass 0 */
    int each;
    double *usual; /* by row: the peak that a repetition of a later pass must have */
    bool terminal;
} run;

bool bench_filters(void) {
    const char *filter = bench_filter();
    return filter[0] && strcmp(filter, "all");
}

gs_status bench_filter_items(void *list, int *count, size_t size, gs_error *error) {
    const char *filter = bench_filter();
    bool others = filter[0] == '-';
    regex_t expression;
    char *items = list;
    int kept = 0;
    if (!bench_filters())
        return GS_OK;
    if (regcomp(&expression, filter + others, REG_EXTENDED | REG_NOSUB))
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--benchmark_filter: \"%.60s\": expected an extended regular expression", filter);
    for (int i = 0; i < *count; i++) {
        const char *item = items + (size_t)i * size;
        if ((regexec(&expression, item, 0, NULL, 0) != 0) == others)
            memmove(items + (size_t)kept++ * size, item, size);
    }
    *count = kept;
    regfree(&expression);
    return GS_OK;
}

/* Rows are identified by their names. */
static gs_status check_names(const bench_rows *rows, gs_error *error) {
    for (int i = 0; i < rows->count; i++)
        for (int k = 0; k < i; k++)
            if (!strcmp(rows->row[i].name, rows->row[k].name))
                return gs_fail(error, GS_ERROR_ARGUMENT, "two rows have the name %s: a network or value is there twice",
                               rows->row[i].name);
    return GS_OK;
}

gs_status bench_rows_make(bench_rows *rows, bool strict, gs_error *error) {
    const bench_settings *s = rows->settings;
    for (const bench_suite *suite = bench_suites; suite->name; suite++)
        if (bench_wants(&s->suite, suite->name))
            suite->add(rows);
    gs_status status = rows->failed ? gs_fail_memory(error, "rows") : GS_OK;
    if (!status && strict)
        status = bench_rows_obey(rows, error);
    if (!status)
        status = bench_filter_items(rows->row, &rows->count, sizeof *rows->row, error);
    int kept = 0;
    for (int i = 0; i < rows->count; i++)
        if (bench_wants(&s->scenario, rows->row[i].scenario))
            rows->row[kept++] = rows->row[i];
    rows->count = kept;
    if (!status && !kept)
        status =
            gs_fail(error, GS_ERROR_FILE, "nothing to measure: no row is left by these options; see genbench list");
    return status ? status : check_names(rows, error);
}

/* ---- One job ---- */

/* A row that cannot run is told once, and not tried again. */
static bool fail_row(bench_row *row, const gs_error *error) {
    if (error->status == GS_ERROR_INTERRUPTED)
        return false;
    if (!row->failed)
        bench_doubt(row, "failed: %s", error->message);
    row->failed = true;
    return false;
}

static void show_progress(const job *j) {
    const run *r = j->run;
    int tenth = r->count / 10 ? r->count / 10 : 1;
    const char *again = r->pass ? "again: " : "";
    if (r->terminal)
        fprintf(stderr, "\r\033[K[%s%d/%d] %s", again, r->reported + 1, r->count, j->row->name);
    else if (r->pass && !j->done && r->reported == 0)
        fprintf(stderr, "genbench: measuring again what was disturbed: %d\n", r->count);
    else if (!r->pass && !j->done && r->reported % tenth == 0)
        fprintf(stderr, "genbench: %d of %d measurements\n", r->reported, r->count);
    fflush(stderr);
}

/* Calls an iteration, the same in all repetitions. */
static bool choose_calls(bench_row *row, gs_error *error) {
    for (int calls = 1; !row->calls && calls < CALLS_MOST; calls *= 2) {
        double start = gs_now_s();
        for (int i = 0; i < calls; i++)
            if (row->kind->call(row, error))
                return false;
        if (gs_now_s() - start >= SAMPLE_S / 2)
            row->calls = calls;
    }
    row->calls = row->calls ? row->calls : CALLS_MOST;
    return true;
}

static bool open_job(job *j) {
    gs_error error = {0};
    show_progress(j);
    if (j->row->failed || gs_interrupted())
        return false;
    j->open = true;
    if (bench_row_open(j->row, &error) || j->row->kind->call(j->row, &error)) /* the first call warms up */
        return fail_row(j->row, &error);
    return choose_calls(j->row, &error) || fail_row(j->row, &error);
}

static bench_conditions conditions_since(bench_times before, double peak_before, double peak_after,
                                         const bench_gauge *g) {
    bench_times now = g->times();
    return (bench_conditions){.peak = {peak_before, peak_after},
                              .process_s = now.process - before.process,
                              .stolen = now.stolen - before.stolen,
                              .waited = now.waited - before.waited};
}

static bool is_late(const run *r) {
    return r->pass && r->gauge.now_s() >= r->deadline_s;
}

/* Wait in later passes until the machine looks calm, but not longer than CALM_S. */
static void await_calm(const job *j) {
    const run *r = j->run;
    const bench_gauge *g = &r->gauge;
    char why[BENCH_WHY_ROOM];
    double end_s = g->now_s() + CALM_S;
    for (bool noisy = r->pass > 0; noisy && !gs_interrupted();) {
        bench_times before = g->times();
        double peak = g->peak(j->row->isa, j->row->dtype, j->row->threads);
        bench_conditions c = conditions_since(before, peak, peak, g);
        noisy = bench_disturbed(&c, r->usual[j->row - r->result->rows->row], why) && g->now_s() < end_s;
        if (noisy)
            g->pause();
    }
}

static bool begin(void *context) {
    job *j = context;
    const run *r = j->run;
    const bench_gauge *g = &r->gauge;
    if (gs_interrupted() || (!j->open && (is_late(r) || !open_job(j))) || j->row->failed)
        return false;
    await_calm(j);
    j->now = (bench_repetition){.order = j->order, .pass = r->pass, .sample = gs_alloc(SAMPLES_FIRST, sizeof(double))};
    j->room = SAMPLES_FIRST;
    j->peak_before = g->peak(j->row->isa, j->row->dtype, j->row->threads);
    j->before = g->times();
    j->start_s = gs_now_s();
    return j->now.sample != NULL;
}

static bool note_sample(job *j, double seconds) {
    double *all = gs_grow(j->now.sample, j->now.samples, &j->room, sizeof *all);
    if (!all)
        return false;
    j->now.sample = all;
    all[j->now.samples++] = seconds;
    return true;
}

static bool batch(void *context) {
    job *j = context;
    gs_error error = {0};
    bench_row *row = j->row;
    for (int i = 0; i < row->calls;) {
        int together = row->single ? 1 : row->calls;
        double start = gs_now_s();
        for (int end = i + together; i < end; i++)
            if (row->kind->call(row, &error))
                return fail_row(row, &error);
        if (!note_sample(j, (gs_now_s() - start) / together))
            return false;
    }
    return !gs_interrupted();
}

/* Add a repetition to *count others; when memory runs out it is lost. */
static void keep(bench_repetition **all, int *count, size_t *room, bench_repetition repetition) {
    bench_repetition *larger = gs_grow(*all, (size_t)*count, room, sizeof *larger);
    if (!larger) {
        gs_free(repetition.sample);
        return;
    }
    *all = larger;
    larger[(*count)++] = repetition;
}

static void end(void *context, bool complete) {
    job *j = context;
    const bench_gauge *g = &j->run->gauge;
    if (!complete) {
        gs_free(j->now.sample);
        j->now.sample = NULL;
        return;
    }
    j->now.wall_s = gs_now_s() - j->start_s;
    j->now.conditions = conditions_since(j->before, j->peak_before, 0, g);
    j->now.conditions.peak[1] = g->peak(j->row->isa, j->row->dtype, j->row->threads);
    keep(&j->all, &j->done, &j->all_room, j->now);
    j->now.sample = NULL;
}

/* ---- The end of a job, of a row ---- */

static void finish(job *j, bool last) {
    bench_row *row = j->row;
    gs_error error = {0};
    if (j->open && last && row->repetitions && !row->failed && !gs_interrupted()) {
        row->check = BENCH_CHECK_PASSED;
        if (row->kind->check(row, &error)) {
            row->check = BENCH_CHECK_OPEN;
            fail_row(row, &error);
        }
    }
    if (j->open)
        bench_row_close(row);
    j->open = false;
}

static void report(void *context, int number, const bench_timing *timings, size_t count) {
    run *r = context;
    if (number < 0 || number >= r->count)
        return;
    job *j = &r->jobs[number];
    size_t row = (size_t)(j->row - r->result->rows->row);
    int first = j->done - (int)count;
    for (int i = 0; i < j->done; i++) {
        if (i < first || first < 0) {
            gs_free(j->all[i].sample);
            continue;
        }
        j->all[i].iterations = timings[i - first].iterations;
        j->all[i].real_s = timings[i - first].real_s;
        j->all[i].cpu_s = timings[i - first].cpu_s;
        bench_disturbed(&j->all[i].conditions, r->usual[row], j->all[i].disturbed);
        keep(&j->row->repetition, &j->row->repetitions, &j->row->room, j->all[i]);
    }
    gs_free(j->all);
    j->all = NULL;
    j->done = 0;
    r->reported++;
    finish(j, --r->left[row] == 0 && r->pass == 0);
}

/* ---- All ---- */

/* Measure every row as often as `left` says, in random order (Fisher & Yates). */
static bool make_jobs(run *r) {
    bench_rows *rows = r->result->rows;
    r->count = r->reported = 0;
    for (int i = 0; i < rows->count; i++)
        r->count += r->left[i];
    gs_free(r->jobs);
    r->jobs = gs_alloc((size_t)r->count, sizeof *r->jobs);
    bench_row **order = gs_alloc((size_t)r->count, sizeof(bench_row *));
    if (!r->jobs || !order) {
        gs_free(order);
        return false;
    }
    int most = 0, made = 0;
    for (int i = 0; i < rows->count; i++)
        most = r->left[i] > most ? r->left[i] : most;
    for (int k = 0; k < most; k++)
        for (int i = 0; i < rows->count; i++)
            if (k < r->left[i])
                order[made++] = &rows->row[i];
    /* no sampler's stream */
    gs_random_shuffle(r->result->settings->seed, (const uint32_t[]){0, (uint32_t)r->pass, UINT32_MAX}, order,
                      (size_t)r->count, sizeof(bench_row *));
    for (int i = 0; i < r->count; i++) {
        r->jobs[i].run = r;
        r->jobs[i].row = order[i];
        r->jobs[i].order = r->order + i;
    }
    r->order += r->count;
    gs_free(order);
    return true;
}

static bool measure_pass(run *r) {
    static const bench_callbacks callbacks = {begin, batch, end};
    if (!make_jobs(r))
        return false;
    for (int i = 0; i < r->count; i++)
        bench_register(r->jobs[i].row->name, &callbacks, &r->jobs[i]);
    bench_run(report, r, r->result->settings->display);
    if (r->terminal)
        fputs("\r\033[K", stderr);
    return true;
}

/* The next row to be measured again, among those that `left` has not chosen yet: the one that lacks least, where each
 * disturbed attempt counts as if it lacked one more; at random among equals. -1 if there is none. */
static int choose_row(const run *r) {
    const bench_rows *rows = r->result->rows;
    int chosen = -1;
    double least = INFINITY;
    for (int i = 0; i < rows->count; i++) {
        int lacking = r->left[i] ? 0 : bench_lacking(&rows->row[i], r->wanted[i]);
        const uint32_t counter[4] = {UINT32_MAX - (uint32_t)i, 0, (uint32_t)r->pass, UINT32_MAX};
        double chance = gs_random_below(r->result->settings->seed, counter, UINT32_MAX) * 0x1p-32,
               key = lacking + bench_count_disturbed(&rows->row[i], 1) + chance;
        if (lacking && key < least) {
            chosen = i;
            least = key;
        }
    }
    return chosen;
}

/* Set in `left` how often a few rows are measured again, so that some are done when the time is over; returns the
 * number of these rows. */
static int choose_again(run *r) {
    int chosen = 0, i;
    memset(r->left, 0, (size_t)r->result->rows->count * sizeof *r->left);
    while (chosen < ROWS_AGAIN && (i = choose_row(r)) >= 0) {
        int a_job = r->wanted[i] > r->each ? r->wanted[i] / r->each : 1; /* more with --benchmark_repetitions */
        r->left[i] = (bench_lacking(&r->result->rows->row[i], r->wanted[i]) + a_job - 1) / a_job;
        chosen++;
    }
    return chosen;
}

/* Make pass after pass while something is lacking and there is time. */
static bool measure_again(run *r, double started_s) {
    bench_result *result = r->result;
    const bench_gauge *g = &r->gauge;
    double now = g->now_s();
    bool ok = true;
    result->patience_s = result->settings->patience < 0 ? now - started_s : result->settings->patience;
    r->deadline_s = now + result->patience_s;
    for (int i = 0; i < result->rows->count; i++) {
        r->wanted[i] = result->rows->row[i].repetitions;
        r->usual[i] = bench_usual_peak(result->rows, &result->rows->row[i]);
    }
    while (ok && !gs_interrupted() && g->now_s() < r->deadline_s && choose_again(r)) {
        r->pass++;
        ok = measure_pass(r);
    }
    for (int i = 0; i < result->rows->count; i++) {
        result->disturbed += bench_count_disturbed(&result->rows->row[i], 0);
        bench_set_aside(&result->rows->row[i]);
    }
    return ok;
}

static void measure_bandwidth(bench_result *result) {
    enum { TIMES = 3, BYTES = 192 << 20 };
    bench_triad triad = bench_triad_new(BYTES, bench_processors());
    for (int i = 0; triad.a && triad.b && triad.c && i < TIMES; i++) {
        double start = gs_now_s();
        bench_triad_run(&triad, 3);
        double rate = 3.0 * (double)triad.count * sizeof(float) / (gs_now_s() - start);
        result->triad_bytes_s = rate > result->triad_bytes_s ? rate : result->triad_bytes_s;
    }
    bench_triad_free(&triad);
}

static int most_threads(const bench_rows *rows) {
    int most = 1;
    for (int i = 0; i < rows->count; i++)
        most = rows->row[i].threads > most ? rows->row[i].threads : most;
    return most;
}

static void machine_pause(void) {
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
}

/* Make all passes; false when memory runs out. */
static bool measure(run *r, int repetitions) {
    size_t rows = (size_t)r->result->rows->count;
    double started_s = r->gauge.now_s();
    r->each = repetitions;
    r->left = gs_alloc(rows, sizeof *r->left);
    r->wanted = gs_alloc(rows, sizeof *r->wanted);
    r->usual = gs_alloc(rows, sizeof *r->usual);
    bool ok = r->left && r->wanted && r->usual;
    for (size_t i = 0; i < rows && ok; i++)
        r->left[i] = repetitions;
    ok = ok && measure_pass(r) && measure_again(r, started_s);
    bench_run_end();
    gs_free(r->jobs);
    gs_free(r->left);
    gs_free(r->wanted);
    gs_free(r->usual);
    return ok;
}

gs_status bench_measure(bench_result *result, gs_error *error) {
    static const bench_gauge machine = {gs_peak_measure, bench_times_now, gs_now_s, machine_pause};
    const bench_settings *s = result->settings;
    int usual = s->quick ? BENCH_REPETITIONS_QUICK : BENCH_REPETITIONS;
    run r = {.result = result, .gauge = result->gauge ? *result->gauge : machine, .terminal = isatty(STDERR_FILENO)};
    time_t now = time(NULL);
    struct tm utc;
    strftime(result->started, sizeof result->started, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    double start = gs_now_s();
    if (s->pin && !bench_pin(most_threads(result->rows)))
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "--pin: this system cannot");
    measure_bandwidth(result);
    if (!measure(&r, s->repetitions ? s->repetitions : usual))
        return gs_fail_memory(error, "the measurements");
    result->interrupted = gs_interrupted();
    bench_judge(result);
    result->elapsed_s = gs_now_s() - start;
    return GS_OK;
}
