/* genbench eval: evaluations per second of one network, through the public interface; for scripts. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "base/stream.h"
#include "bench.h"
#include "io/output.h"
#include "network.h"
#include "peak.h"

static const double SECONDS_MOST = 86400;

typedef struct evaluation {
    const bench_settings *settings;
    gs_plan *plan;
    size_t batch, in, out; /* in, out: elements of the whole batch, out with the gradients */
    double sigma;
    float *x, *y;
    int *labels;
} evaluation;

/* x: the file's images, or pseudo-random ones of unit size. */
static gs_status fill(evaluation *e, gs_error *error) {
    const char *input = e->settings->input;
    unsigned state = 1;
    for (size_t i = 0; !input && i < e->in; i++) {
        state = state * 1664525u + 1013904223u;
        e->x[i] = (float)(state >> 8) * 0x1p-24f;
    }
    if (!input)
        return GS_OK;
    gs_stream stream;
    size_t left = e->in * sizeof *e->x, got = 1;
    gs_status status = gs_stream_open(&stream, input, "images", error);
    if (status)
        return status;
    for (char *to = (char *)e->x; !status && left && got; to += got, left -= got)
        status = gs_stream_read(&stream, to, left, &got);
    gs_stream_close(&stream);
    return status || !left ? status
                           : gs_fail(error, GS_ERROR_FILE, "%s: expected raw float32 of the batch's images", input);
}

static gs_status dump(const evaluation *e, gs_error *error) {
    gs_output output;
    gs_status status = gs_output_open(&output, e->settings->dump, error);
    return status ? status
                  : gs_output_end(&output, gs_output_write(&output, e->y, e->out * sizeof *e->y, error), error);
}

static gs_status run(const evaluation *e, gs_error *error) {
    return e->settings->gradient
               ? gs_plan_gradient(e->plan, e->x, e->sigma, e->labels, e->batch, e->y, e->y + e->batch, error)
               : gs_plan_evaluate(e->plan, e->x, e->sigma, e->labels, e->batch, (float *const[2]){e->y, NULL}, error);
}

/* Operations of one evaluation: 2 x multiply-adds. */
static void print(const evaluation *e, size_t batches, double seconds) {
    gs_plan_info info = gs_plan_get_info(e->plan);
    double operations = (double)e->settings->models.model[0].info->operations * (e->settings->gradient ? 2 : 1);
    printf("{\"evaluations_per_second\": %.6g, \"batch\": %zu, \"threads\": %d, \"isa\": \"%s\", \"backend\": \"%s\", "
           "\"block\": %d, \"weight_bytes\": %zu, \"scratch_bytes\": %zu, \"batches\": %zu, \"seconds\": %.9g, "
           "\"operations\": %.17g, \"peak_flops\": %.6g}\n",
           (double)(batches * e->batch) / seconds, e->batch, info.threads, info.isa, info.backend, info.block,
           info.weight_bytes, info.scratch_bytes, batches, seconds, operations,
           bench_peak_measure(info.isa, info.threads));
}

/* Evaluate batches until the time is up; the result is checked to be finite. */
static gs_status measure(const evaluation *e, gs_error *error) {
    size_t batches = 0;
    gs_status status = run(e, error);
    double start = gs_now_s(), elapsed = 0;
    do {
        if (!status)
            status = run(e, error);
        batches++;
        elapsed = gs_now_s() - start;
    } while (!status && elapsed < e->settings->seconds);
    for (size_t i = 0; i < e->out && !status; i++)
        if (!isfinite(e->y[i]))
            status = gs_fail(error, GS_ERROR_DIVERGED, "eval: the output is not finite");
    if (!status)
        print(e, batches, elapsed);
    return status;
}

static gs_status make(evaluation *e, const bench_settings *s, gs_error *error) {
    const gs_model_info *info = s->models.model[0].info;
    gs_plan_options options = {.isa = s->isa.values[0],
                               .threads = s->threads.values[0],
                               .block = s->block,
                               .backend = s->backend.values[0],
                               .gradient = s->gradient};
    size_t batch = s->batch.count ? (size_t)s->batch.values[0] : 64, in = batch * bench_pixels(info);
    *e = (evaluation){.settings = s,
                      .batch = batch,
                      .in = in,
                      .out = batch * info->output_size[0] + (s->gradient ? in : 0),
                      .sigma = fmax(0, s->sigma)};
    e->x = gs_alloc(e->in, sizeof *e->x);
    e->y = gs_alloc(e->out, sizeof *e->y);
    e->labels = gs_alloc(batch, sizeof *e->labels);
    if (!e->x || !e->y || !e->labels)
        return gs_fail_memory(error, "a batch");
    for (size_t i = 0; i < batch; i++)
        e->labels[i] = s->label < 0 ? info->labels : s->label;
    gs_status status = gs_plan_create(s->models.model[0].model, &options, &e->plan, error);
    return status ? status : fill(e, error);
}

gs_status bench_eval(bench_settings *s, gs_error *error) {
    evaluation e;
    if (s->model.count != 1 || s->isa.count > 1 || s->backend.count > 1 || s->threads.count > 1 || s->batch.count > 1)
        return gs_fail(error, GS_ERROR_ARGUMENT, "eval: expected one network and one value of each option");
    if (s->seconds > SECONDS_MOST)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--seconds: %g is not at most %g", s->seconds, SECONDS_MOST);
    gs_status status = make(&e, s, error);
    if (!status)
        status = measure(&e, error);
    if (!status && s->dump)
        status = dump(&e, error);
    gs_plan_free(e.plan);
    gs_free(e.x);
    gs_free(e.y);
    gs_free(e.labels);
    return status;
}
