/* genbench ab: how long rows of two builds take, measured side by side in one job.
 *
 * Three workers (worker.h) stay open: one of the base, one of the head, and a second one of the base, the control. A
 * row is measured in triples of short batches, one on each worker in random order, so that whatever slows the machine
 * for longer than a few milliseconds slows all three. The placement of code, stack and data can slow a short row by ten
 * per cent and more for the life of a process, so there are several rounds, each with fresh processes, in which all
 * rows take turns in random order. Rows that are flagged, or whose control is off, are measured again. */
#include "regression/ab.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/interrupt.h"
#include "io/output.h"
#include "io/progress.h"
#include "random/random.h"
#include "measure/statistics.h"
#include "regression/worker.h"

/* The least length of a batch; the number of triples after which a row's round ends; and the time after which it ends
 * if it has the least number of triples. Every attempt has twice as many rounds as the one before, so that the last
 * ones find medians on a busy machine too. */
enum {
    ROUNDS = 8,
    TRIPLES = 8,
    TRIPLES_LEAST = 2,
    ATTEMPTS = 4,
    CALLS_MOST = 1 << 20,
    PATH_ROOM = 4096,
    PROCESSORS_MOST = 1024
};
static const double BATCH_S = 3e-3, ROUND_S = 1;

enum { BASE, HEAD, CONTROL, SIDES };
static const char *const sides[SIDES] = {"base", "head", "control"};

typedef struct job {
    bench_ab_result result;
    char program[SIDES][PATH_ROOM];
    char **options; /* for the workers */
    bench_worker worker[SIDES];
    uint32_t drawn;
    int attempt; /* 0 ... ATTEMPTS - 1 */
} job;

/* Streams that no sampler uses. */
static void shuffle(job *j, int *order, int n) {
    const uint32_t stream[3] = {j->drawn++, 1, UINT32_MAX};
    gs_random_shuffle(j->result.settings->seed, stream, order, (size_t)n, sizeof *order);
}

/* ---- Workers ---- */

static void stop_workers(job *j) {
    for (int s = 0; s < SIDES; s++)
        bench_worker_stop(&j->worker[s]);
}

static gs_status start_workers(job *j, gs_error *error) {
    gs_status status = GS_OK;
    for (int s = 0; s < SIDES && !status; s++)
        status = bench_worker_start(&j->worker[s], sides[s], j->program[s], j->options, error);
    return status;
}

/* Find the row on each side; whether all have it. */
static bool locate(const job *j, bench_ab_row *row) {
    bool everywhere = true;
    for (int s = 0; s < SIDES; s++) {
        row->at[s] = bench_worker_find(&j->worker[s], row->name);
        everywhere = everywhere && row->at[s] >= 0;
    }
    return everywhere;
}

static bench_ab_row *add_row(bench_ab_result *result, const char *name) {
    bench_ab_row *row = &result->row[result->rows++];
    snprintf(row->name, sizeof row->name, "%s", name);
    return row;
}

/* The rows of both builds, in which those of only one build are marked. */
static gs_status make_rows(job *j, gs_error *error) {
    bench_ab_result *r = &j->result;
    const bench_worker *base = &j->worker[BASE], *head = &j->worker[HEAD];
    r->row = gs_alloc((size_t)(base->rows + head->rows) + 1, sizeof *r->row);
    if (!r->row)
        return gs_fail_memory(error, "rows");
    snprintf(r->commit[BASE], sizeof r->commit[BASE], "%s", base->commit);
    snprintf(r->commit[HEAD], sizeof r->commit[HEAD], "%s", head->commit);
    for (int i = 0; i < base->rows; i++) {
        bench_ab_row *row = add_row(r, base->row[i].name);
        if (locate(j, row)) {
            row->model_differs = strcmp(base->row[i].hash, head->row[row->at[HEAD]].hash) != 0;
        } else {
            row->state = BENCH_AB_ONE_SIDE;
            snprintf(row->why, sizeof row->why, "only the base has it");
        }
    }
    for (int i = 0; i < head->rows; i++)
        if (bench_worker_find(base, head->row[i].name) < 0) {
            bench_ab_row *row = add_row(r, head->row[i].name);
            row->state = BENCH_AB_ONE_SIDE;
            snprintf(row->why, sizeof row->why, "only the head has it");
        }
    return GS_OK;
}

/* ---- One row ---- */

static gs_status time_batch(job *j, const bench_ab_row *row, int side, long calls, double *seconds, gs_error *error) {
    char answer[BENCH_WORKER_LINE];
    gs_status status = bench_worker_ask(&j->worker[side], "took", answer, error, "time %d %ld\n", row->at[side], calls);
    *seconds = status ? 0 : 1e-9 * strtod(answer, NULL);
    if (!status && !(*seconds > 0))
        status = gs_fail(error, GS_ERROR_UNSUPPORTED, "%s: a batch took \"%.40s\" ns", sides[side], answer);
    return status;
}

/* Open the row on all sides, and compare the results of the first call. */
static gs_status open_row(job *j, bench_ab_row *row, bool opened[SIDES], gs_error *error) {
    char answer[SIDES][BENCH_WORKER_LINE];
    const uint32_t counter[4] = {0, j->drawn++, 1, UINT32_MAX};
    uint32_t processor = gs_random_below(j->result.settings->seed, counter, PROCESSORS_MOST);
    for (int s = 0; s < SIDES; s++) {
        gs_status status =
            bench_worker_ask(&j->worker[s], "opened", answer[s], error, "open %d %" PRIu32 "\n", row->at[s], processor);
        if (status)
            return status;
        opened[s] = true;
    }
    row->output_differs = strcmp(answer[BASE], answer[HEAD]) != 0;
    return GS_OK;
}

static gs_status choose_calls(job *j, bench_ab_row *row, gs_error *error) {
    double seconds = 0;
    gs_status status = GS_OK;
    long calls = 1;
    while (!status && !row->calls) {
        status = time_batch(j, row, BASE, calls, &seconds, error);
        if (seconds >= BATCH_S || calls >= CALLS_MOST)
            row->calls = calls;
        calls *= 2;
    }
    return status;
}

static void keep(bench_ab_row *row, const double seconds[SIDES]) {
    bench_pairs *p = &row->series;
    p->head[p->count] = log(seconds[HEAD] / seconds[BASE]);
    p->control[p->count++] = log(seconds[CONTROL] / seconds[BASE]);
}

static gs_status measure_triples(job *j, bench_ab_row *row, gs_error *error) {
    double start = gs_now_s(), seconds[SIDES] = {0};
    gs_status status = choose_calls(j, row, error);
    for (int i = 0; i < TRIPLES && !status && (i < TRIPLES_LEAST || gs_now_s() - start < ROUND_S); i++) {
        int order[SIDES] = {BASE, HEAD, CONTROL};
        shuffle(j, order, SIDES);
        for (int k = 0; k < SIDES && !status; k++)
            status = time_batch(j, row, order[k], row->calls, &seconds[order[k]], error);
        if (!status)
            keep(row, seconds);
    }
    return status;
}

/* One round of one row. A worker that reports that the row fails has closed it and continues; a worker that ended is
 * fatal. */
static gs_status measure_row(job *j, bench_ab_row *row, gs_error *error) {
    bool opened[SIDES] = {false};
    char answer[BENCH_WORKER_LINE];
    gs_error failure = {0};
    gs_status status = open_row(j, row, opened, &failure);
    if (!status)
        status = measure_triples(j, row, &failure);
    if (status && status != GS_ERROR_UNSUPPORTED)
        return gs_fail(error, status, "%s, at %s", failure.message, row->name);
    if (status) {
        row->state = BENCH_AB_FAILED;
        snprintf(row->why, sizeof row->why, "%.*s", BENCH_TEXT_ROOM - 1, failure.message);
    }
    for (int s = 0; s < SIDES; s++) {
        bool failed_here = status && !strncmp(row->why, sides[s], strlen(sides[s]));
        if (!opened[s] || failed_here)
            continue;
        gs_status closed = bench_worker_ask(&j->worker[s], "closed", answer, error, "close %d\n", row->at[s]);
        if (closed)
            return closed;
    }
    return GS_OK;
}

/* ---- All rows ---- */

static void free_series(bench_ab_row *row) {
    gs_free(row->series.head);
    row->series = (bench_pairs){0};
}

static gs_status make_series(bench_ab_row *row, int attempt, gs_error *error) {
    size_t room = (size_t)TRIPLES * ((size_t)ROUNDS << attempt);
    row->series.head = gs_alloc(2 * room, sizeof *row->series.head);
    row->series.control = row->series.head + room;
    return row->series.head ? GS_OK : gs_fail_memory(error, "the pairs");
}

/* The numbers of the undecided rows. */
static int find_open(const bench_ab_result *r, int *order) {
    int count = 0;
    for (int i = 0; i < r->rows; i++)
        if (r->row[i].state == BENCH_AB_OPEN)
            order[count++] = i;
    return count;
}

/* Measure all undecided rows once, in fresh processes or, in the very first round, in those that listed the rows. */
static gs_status measure_round(job *j, int round, int *order, gs_error *error) {
    bench_ab_result *r = &j->result;
    bool terminal = isatty(STDERR_FILENO);
    int count = find_open(r, order);
    gs_status status = count && !j->worker[BASE].side ? start_workers(j, error) : GS_OK;
    shuffle(j, order, count);
    for (int k = 0; k < count && !status; k++) {
        bench_ab_row *row = &r->row[order[k]];
        if (terminal)
            fprintf(stderr, "\r\033[K[round %d of %d, %d/%d] %s", round + 1, ROUNDS << j->attempt, k + 1, count,
                    row->name);
        status = locate(j, row) ? measure_row(j, row, error)
                                : gs_fail(error, GS_ERROR_FILE, "ab: %s: a fresh process does not have it", row->name);
    }
    if (terminal)
        fputs("\r\033[K", stderr);
    stop_workers(j);
    return status;
}

static void decide(bench_ab_row *row, const bench_pairs_verdict *v, bool last) {
    row->verdict = *v;
    row->alarms += v->slower;
    if (row->alarms > 1)
        row->state = BENCH_AB_SLOWER;
    else if (!v->slower && !v->noisy)
        row->state = BENCH_AB_SAME;
    else if (last)
        row->state = BENCH_AB_NOISY;
}

/* Judge the measurements of an attempt. */
static gs_status judge(job *j, int *order, gs_error *error) {
    bench_ab_result *r = &j->result;
    bool last = j->attempt == ATTEMPTS - 1;
    int count = find_open(r, order);
    bench_pairs *pairs = gs_alloc((size_t)count + 1, sizeof *pairs);
    bench_pairs_verdict *verdicts = gs_alloc((size_t)count + 1, sizeof *verdicts);
    for (int k = 0; pairs && k < count; k++)
        pairs[k] = r->row[order[k]].series;
    bool good = pairs && verdicts && bench_pairs_judge(pairs, (size_t)count, verdicts);
    for (int k = 0; good && k < count; k++) {
        bench_ab_row *row = &r->row[order[k]];
        row->pairs = row->series.count;
        decide(row, &verdicts[k], last);
    }
    gs_free(pairs);
    gs_free(verdicts);
    return good ? GS_OK : gs_fail_memory(error, "the verdicts");
}

/* The median of all rows' controls, each from the attempt that decided the row. */
static gs_status judge_control(bench_ab_result *r, gs_error *error) {
    double *controls = gs_alloc((size_t)r->rows + 1, sizeof *controls);
    size_t count = 0;
    if (!controls)
        return gs_fail_memory(error, "the control");
    for (int i = 0; i < r->rows; i++)
        if (r->row[i].pairs)
            controls[count++] = r->row[i].verdict.control;
    gs_sort(controls, count);
    r->control = count ? gs_median(controls, count) : 0;
    gs_free(controls);
    return GS_OK;
}

/* One attempt at all undecided rows. */
static gs_status attempt(job *j, int *order, gs_error *error) {
    bench_ab_result *r = &j->result;
    gs_status status = GS_OK;
    for (int i = 0; i < r->rows && !status; i++)
        if (r->row[i].state == BENCH_AB_OPEN)
            status = make_series(&r->row[i], j->attempt, error);
    for (int round = 0; round < ROUNDS << j->attempt && !status; round++)
        status = measure_round(j, round, order, error);
    if (!status)
        status = judge(j, order, error);
    for (int i = 0; i < r->rows; i++)
        free_series(&r->row[i]);
    return status;
}

static gs_status compare(job *j, gs_error *error) {
    bench_ab_result *r = &j->result;
    double start = gs_now_s();
    gs_status status = start_workers(j, error);
    if (!status)
        status = make_rows(j, error);
    int *order = gs_alloc((size_t)r->rows + 1, sizeof *order);
    if (!status && !order)
        status = gs_fail_memory(error, "rows");
    for (j->attempt = 0; j->attempt < ATTEMPTS && !status && find_open(r, order); j->attempt++)
        status = attempt(j, order, error);
    if (!status)
        status = judge_control(r, error);
    gs_free(order);
    stop_workers(j);
    r->elapsed_s = gs_now_s() - start;
    return status;
}

/* ---- The command ---- */

/* The program of a build. */
static gs_status find_program(const char *build, char program[PATH_ROOM], gs_error *error) {
    struct stat about;
    bool folder = stat(build, &about) == 0 && S_ISDIR(about.st_mode);
    int length = snprintf(program, PATH_ROOM, "%s%s", build, folder ? "/genbench" : "");
    if (length < PATH_ROOM && access(program, X_OK) == 0)
        return GS_OK;
    return gs_fail(error, GS_ERROR_FILE, "ab: %.200s: there is no genbench that runs", program);
}

static bool has_option(char *const *options, const char *name) {
    bool found = false;
    for (; *options; options++)
        found = found || !strncmp(*options, name, strlen(name));
    return found;
}

/* Pass the options that choose rows to the workers; `words` has room for four more than the command line. */
static gs_status choose_options(job *j, const bench_settings *s, char **words, gs_error *error) {
    static char suites[] = "--suite=latency,energy,rejection,layers,kernels,load,scaling", quick[] = "--quick";
    static char batch[] = "--batch=1"; /* short calls, so that there are many pairs */
    static const char *const refused[] = {"--benchmark_format", "--benchmark_out"};
    int count = bench_words_for(s, BENCH_WORK, words);
    for (size_t k = 0; k < GS_COUNT(refused); k++)
        if (has_option(words, refused[k]))
            return gs_fail(error, GS_ERROR_ARGUMENT, "%s: no option of genbench ab", refused[k]);
    if (!s->suite.count) {
        words[count++] = suites;
        if (!s->quick)
            words[count++] = quick;
    }
    if (!s->batch.count)
        words[count++] = batch;
    j->options = words;
    gs_status status = find_program(s->operand[0], j->program[BASE], error);
    memcpy(j->program[CONTROL], j->program[BASE], PATH_ROOM);
    return status ? status : find_program(s->operand[1], j->program[HEAD], error);
}

static gs_status run(job *j, bench_settings *s, char **words, gs_error *error) {
    j->result.settings = s;
    gs_status status = choose_options(j, s, words, error);
    if (!status && s->json && gs_output_is_stdout(s->json))
        status = gs_fail(error, GS_ERROR_ARGUMENT, "ab: --json: the table goes to standard output; name a file");
    if (!status && s->json)
        status = gs_output_check(s->json, GS_FORMAT_TEXT, 0, error);
    if (status)
        return status;
    gs_interrupt_install();
    status = compare(j, error);
    if (!status)
        status = bench_ab_report(&j->result, error);
    s->exit_status = status ? BENCH_PASS : bench_ab_exit(&j->result);
    return status;
}

gs_status bench_ab(bench_settings *settings, gs_error *error) {
    job *j = gs_alloc(1, sizeof *j);
    char **words = gs_alloc((size_t)settings->argc + 4, sizeof *words);
    gs_status status = j && words ? run(j, settings, words, error) : gs_fail_memory(error, "the command line");
    if (j)
        gs_free(j->result.row);
    gs_free(j);
    gs_free(words);
    return status;
}
