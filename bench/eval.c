/* genbench eval: evaluations a second of one network, through the public interface; what scripts call.
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

#include "bench.h"

typedef struct settings {
    const char *model, *isa, *backend, *input, *dump;
    int threads, block, label;
    size_t batch;
    double seconds, sigma;
    bool gradient;
} settings;

static int fail(const char *what, const char *why) {
    fprintf(stderr, "genbench: %s: %s\n", what, why);
    return 1;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool parse(int argc, char **argv, settings *s) {
    static const struct option options[] = {
        {"model", 1, NULL, 'm'},   {"isa", 1, NULL, 'i'},   {"input", 1, NULL, 'x'},   {"dump", 1, NULL, 'd'},
        {"threads", 1, NULL, 't'}, {"block", 1, NULL, 'k'}, {"label", 1, NULL, 'l'},   {"batch", 1, NULL, 'b'},
        {"seconds", 1, NULL, 's'}, {"sigma", 1, NULL, 'g'}, {"backend", 1, NULL, 'e'}, {"gradient", 0, NULL, 'r'},
        {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'm':
            s->model = optarg;
            break;
        case 'i':
            s->isa = optarg;
            break;
        case 'e':
            s->backend = optarg;
            break;
        case 'x':
            s->input = optarg;
            break;
        case 'd':
            s->dump = optarg;
            break;
        case 't':
            s->threads = atoi(optarg);
            break;
        case 'k':
            s->block = atoi(optarg);
            break;
        case 'l':
            s->label = atoi(optarg);
            break;
        case 'b':
            s->batch = (size_t)atoi(optarg);
            break;
        case 's':
            s->seconds = atof(optarg);
            break;
        case 'g':
            s->sigma = atof(optarg);
            break;
        case 'r':
            s->gradient = true;
            break;
        default:
            return false;
        }
    }
    return s->model && s->batch > 0 && s->batch <= 65536 && optind == argc;
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
    FILE *f = fopen(s->input, "rb");
    bool ok = f && fread(x, sizeof *x, count, f) == count;
    if (f)
        fclose(f);
    return ok;
}

static int dump(const settings *s, const float *y, size_t count) {
    FILE *f = fopen(s->dump, "wb");
    bool ok = f && fwrite(y, sizeof *y, count, f) == count;
    ok = f && fclose(f) == 0 && ok;
    return ok ? 0 : fail(s->dump, "can't be written");
}

/* One batch; y has room for the output, and the gradient after it where that is asked for. */
static gs_status run(const settings *s, gs_plan *plan, const float *x, const int *labels, float *y, gs_error *error) {
    return s->gradient ? gs_plan_gradient(plan, x, s->sigma, labels, s->batch, y, y + s->batch, error)
                       : gs_plan_evaluate(plan, x, s->sigma, labels, s->batch, (float *const[2]){y, NULL}, error);
}

/* Batches until the time is up; the result is checked to be finite. */
static int measure(const settings *s, gs_plan *plan, const float *x, const int *labels, float *y, size_t size) {
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
    gs_plan_info info = gs_plan_get_info(plan);
    printf("{\"evaluations_per_second\": %.6g, \"batch\": %zu, \"threads\": %d, \"isa\": \"%s\", \"backend\": \"%s\", "
           "\"block\": %d, \"weight_bytes\": %zu, \"scratch_bytes\": %zu}\n",
           (double)(batches * s->batch) / elapsed, s->batch, info.threads, info.isa, info.backend, info.block,
           info.weight_bytes, info.scratch_bytes);
    return 0;
}

static int eval(const settings *s) {
    gs_model *model = NULL;
    gs_plan *plan = NULL;
    gs_error error;
    if (gs_model_load(s->model, &model, &error))
        return fail("eval", error.message);
    gs_plan_options options = {
        .isa = s->isa, .threads = s->threads, .block = s->block, .backend = s->backend, .gradient = s->gradient};
    if (gs_plan_create(model, &options, &plan, &error)) {
        gs_model_free(model);
        return fail("eval", error.message);
    }
    const gs_model_info *info = gs_model_get_info(model);
    size_t in = s->batch * (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2];
    size_t out = s->batch * info->output_size[0] + (s->gradient ? in : 0);
    float *x = malloc(in * sizeof *x), *y = malloc(out * sizeof *y);
    int *labels = malloc(s->batch * sizeof *labels), status;
    for (size_t i = 0; labels && i < s->batch; i++)
        labels[i] = s->label < 0 ? info->labels : s->label;
    if (!x || !y || !labels)
        status = fail("eval", "out of memory");
    else if (!fill(s, x, in))
        status = fail(s->input, "expected raw float32 of the batch's images");
    else
        status = measure(s, plan, x, labels, y, out);
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
