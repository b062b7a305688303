/* genbench eval: evaluations per second of one network, through the public interface; for scripts.
 *
 *     genbench eval --model FILE [--threads T] [--batch B] [--seconds S] [--isa ISA] [--block K]
 *         [--backend native|onednn]: network evaluations per second, as one JSON object
 *     genbench eval --model FILE --input X --sigma S [--label K] --dump OUT --batch B
 *         the network's first output for B images of raw float32 in X, as raw float32 in OUT
 *     genbench eval --gradient ...
 *         an energy and its gradient instead; OUT has the B energies, then the gradients */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/stream.h"
#include "bench.h"
#include "app/words.h"
#include "io/output.h"
#include "peak.h"

typedef struct settings {
    const char *model, *isa, *backend, *input, *dump;
    int threads, block, label, batch;
    double seconds, sigma;
    bool gradient;
} settings;

typedef enum kind { FLAG, TEXT, WHOLE, REAL } kind;

static const struct row {
    const char *name;
    kind kind;
    size_t offset;
    double low, high;
} rows[] = {{"model", TEXT, offsetof(settings, model), 0, 0},
            {"isa", TEXT, offsetof(settings, isa), 0, 0},
            {"backend", TEXT, offsetof(settings, backend), 0, 0},
            {"input", TEXT, offsetof(settings, input), 0, 0},
            {"dump", TEXT, offsetof(settings, dump), 0, 0},
            {"threads", WHOLE, offsetof(settings, threads), 1, 1024},
            {"block", WHOLE, offsetof(settings, block), 1, 64},
            {"label", WHOLE, offsetof(settings, label), 0, 65534},
            {"batch", WHOLE, offsetof(settings, batch), 1, 65536},
            {"seconds", REAL, offsetof(settings, seconds), 0, 86400}, /* 0: once */
            {"sigma", REAL, offsetof(settings, sigma), 0, 1e30},
            {"gradient", FLAG, offsetof(settings, gradient), 0, 0}};
enum { ROWS = sizeof rows / sizeof *rows };

static int fail(const char *what, const char *why) {
    fprintf(stderr, "genbench: %s: %s\n", what, why);
    return 1;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Parse into the row's field; false, with a line on standard error, if it is not a number in its range. */
static bool take(const struct row *row, const char *text, settings *s) {
    char *field = (char *)s + row->offset;
    double v = 0;
    bool number = row->kind == WHOLE || row->kind == REAL;
    if (number && (!gs_parse_decimal(text, strlen(text), &v) || v < row->low || v > row->high ||
                   (row->kind == WHOLE && v != floor(v)))) {
        fprintf(stderr, "genbench: --%s: \"%.40s\" is no %snumber from %g to %g\n", row->name, text,
                row->kind == WHOLE ? "whole " : "", row->low, row->high);
        return false;
    }
    switch (row->kind) {
    case FLAG:
        *(bool *)(void *)field = true;
        break;
    case TEXT:
        *(const char **)(void *)field = text;
        break;
    case WHOLE:
        *(int *)(void *)field = (int)v;
        break;
    case REAL:
        *(double *)(void *)field = v;
        break;
    }
    return true;
}

static bool parse(int argc, char **argv, settings *s) {
    struct option options[ROWS + 1] = {0};
    for (int i = 0; i < ROWS; i++)
        options[i] = (struct option){rows[i].name, rows[i].kind != FLAG, NULL, 1 + i};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (c < 1 || c > ROWS || !take(&rows[c - 1], optarg, s))
            return false;
    return s->model && optind == argc;
}

/* x: the file's images, or pseudo-random ones of unit size. */
static bool fill(const settings *s, float *x, size_t count) {
    if (!s->input) {
        unsigned state = 1;
        for (size_t i = 0; i < count; i++) {
            state = state * 1664525u + 1013904223u;
            x[i] = (float)(state >> 8) * 0x1p-24f;
        }
        return true;
    }
    gs_stream stream;
    size_t left = count * sizeof *x, got = 1;
    gs_status status = gs_stream_open(&stream, s->input, "images", NULL);
    if (status)
        return false;
    for (char *to = (char *)x; !status && left && got; to += got, left -= got)
        status = gs_stream_read(&stream, to, left, &got);
    gs_stream_close(&stream);
    return !status && !left;
}

static int dump(const settings *s, const float *y, size_t count) {
    gs_output output;
    gs_error error;
    gs_status status = gs_output_open(&output, s->dump, &error);
    if (!status)
        status = gs_output_end(&output, gs_output_write(&output, y, count * sizeof *y, &error), &error);
    return status ? fail("eval", error.message) : 0;
}

/* Evaluate one batch; y has room for the output and, if the gradient is asked for, for that after it. */
static gs_status run(const settings *s, gs_plan *plan, const float *x, const int *labels, float *y, gs_error *error) {
    return s->gradient
               ? gs_plan_gradient(plan, x, s->sigma, labels, (size_t)s->batch, y, y + s->batch, error)
               : gs_plan_evaluate(plan, x, s->sigma, labels, (size_t)s->batch, (float *const[2]){y, NULL}, error);
}

/* Operations of one evaluation: 2 x multiply-adds. */
static void print(const settings *s, const gs_plan *plan, size_t batches, double seconds, double operations) {
    gs_plan_info info = gs_plan_get_info(plan);
    printf("{\"evaluations_per_second\": %.6g, \"batch\": %d, \"threads\": %d, \"isa\": \"%s\", \"backend\": \"%s\", "
           "\"block\": %d, \"weight_bytes\": %zu, \"scratch_bytes\": %zu, \"batches\": %zu, \"seconds\": %.9g, "
           "\"operations\": %.17g, \"peak_flops\": %.6g}\n",
           (double)batches * s->batch / seconds, s->batch, info.threads, info.isa, info.backend, info.block,
           info.weight_bytes, info.scratch_bytes, batches, seconds, operations,
           bench_peak_measure(info.isa, info.threads));
}

/* Evaluate batches until the time is up; the result is checked to be finite. */
static int measure(const settings *s, gs_plan *plan, double operations, const float *x, const int *labels, float *y,
                   size_t size) {
    gs_error error;
    size_t batches = 0;
    run(s, plan, x, labels, y, &error);
    double start = now(), elapsed;
    do {
        if (run(s, plan, x, labels, y, &error))
            return fail("eval", error.message);
        batches++;
        elapsed = now() - start;
    } while (elapsed < s->seconds);
    for (size_t i = 0; i < size; i++)
        if (!isfinite(y[i]))
            return fail("eval", "the output is not finite");
    print(s, plan, batches, elapsed, operations);
    return 0;
}

static int eval(const settings *s) {
    gs_model *model = NULL;
    gs_plan *plan = NULL;
    gs_error error;
    char *path;
    gs_status found = bench_model_find(s->model, &path, &error);
    if (!found)
        found = gs_model_load(path, &model, &error);
    gs_free(path);
    if (found)
        return fail("eval", error.message);
    gs_plan_options options = {
        .isa = s->isa, .threads = s->threads, .block = s->block, .backend = s->backend, .gradient = s->gradient};
    if (gs_plan_create(model, &options, &plan, &error)) {
        gs_model_free(model);
        return fail("eval", error.message);
    }
    const gs_model_info *info = gs_model_get_info(model);
    size_t batch = (size_t)s->batch,
           in = batch * (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2];
    size_t out = batch * info->output_size[0] + (s->gradient ? in : 0);
    float *x = malloc(in * sizeof *x), *y = malloc(out * sizeof *y);
    int *labels = malloc(batch * sizeof *labels), status;
    for (size_t i = 0; labels && i < batch; i++)
        labels[i] = s->label < 0 ? info->labels : s->label;
    if (!x || !y || !labels)
        status = fail("eval", "out of memory");
    else if (!fill(s, x, in))
        status = fail(s->input, "expected raw float32 of the batch's images");
    else
        status = measure(s, plan, (double)info->operations * (s->gradient ? 2 : 1), x, labels, y, out);
    if (!status && s->dump)
        status = dump(s, y, out);
    free(x);
    free(y);
    free(labels);
    gs_plan_free(plan);
    gs_model_free(model);
    return status;
}

int bench_eval(int argc, char **argv) {
    settings s = {.batch = 64, .seconds = 1, .sigma = 0.5, .label = -1};
    bool help = argc == 2 && !strcmp(argv[1], "--help");
    if (help || !parse(argc, argv, &s)) {
        fprintf(help ? stdout : stderr,
                "usage: genbench eval --model FILE [--threads T] [--batch B] [--seconds S] [--isa ISA] [--block K] "
                "[--backend native|onednn] [--input X --dump OUT] [--sigma S] [--label K] [--gradient] [--help]\n");
        return help ? 0 : 2;
    }
    return eval(&s);
}
