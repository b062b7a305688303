/* genbench eval: evaluations per second of one network, through the public interface; for scripts. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "base/stream.h"
#include "bench.h"
#include "io/output.h"
#include "measure/peak.h"
#include "model/model.h"
#include "network.h"

static const double SECONDS_MOST = 86400;

/* x: the file's images, or pseudo-random ones of unit size. */
static gs_status fill(bench_network *w, const char *input, gs_error *error) {
    unsigned state = 1;
    for (size_t i = 0; !input && i < w->n * w->in; i++) {
        state = state * 1664525u + 1013904223u;
        w->x[i] = (float)(state >> 8) * 0x1p-24f;
    }
    if (!input)
        return GS_OK;
    gs_stream stream;
    size_t left = w->n * w->in * sizeof *w->x, got = 1;
    gs_status status = gs_stream_open(&stream, input, "images", error);
    if (status)
        return status;
    for (char *to = (char *)w->x; !status && left && got; to += got, left -= got)
        status = gs_stream_read(&stream, to, left, &got);
    gs_stream_close(&stream);
    return status || !left ? status
                           : gs_fail(error, GS_ERROR_FILE, "%s: expected raw float32 of the batch's images", input);
}

static gs_status dump(const bench_network *w, const char *path, gs_error *error) {
    gs_output output;
    gs_status status = gs_output_open(&output, path, error);
    return status ? status
                  : gs_output_end(&output, gs_output_write(&output, w->y, w->n * w->out * sizeof *w->y, error), error);
}

/* Operations of one evaluation: 2 x multiply-adds. */
static void print(const bench_network *w, const bench_settings *s, size_t batches, double seconds) {
    gs_plan_info info = gs_plan_get_info(w->plan);
    double operations = (double)s->models.model[0].info->operations * (s->gradient ? 2 : 1);
    printf("{\"evaluations_per_second\": %.6g, \"batch\": %zu, \"threads\": %d, \"isa\": \"%s\", \"backend\": \"%s\", "
           "\"dtype\": \"%s\", \"exact\": %s, \"block\": %d, \"weight_bytes\": %zu, \"scratch_bytes\": %zu, "
           "\"batches\": %zu, \"seconds\": %.9g, \"operations\": %.17g, \"peak_flops\": %.6g}\n",
           (double)(batches * w->n) / seconds, w->n, info.threads, info.isa, info.backend, gs_dtype_name(info.dtype),
           info.exact ? "true" : "false", info.block, info.weight_bytes, info.scratch_bytes, batches, seconds,
           operations, gs_peak_measure(info.isa, gs_dtype_name(info.dtype), info.threads));
}

/* Evaluate batches until the time is up; the result is checked to be finite. */
static gs_status measure(bench_network *w, const bench_settings *s, gs_error *error) {
    size_t batches = 0;
    gs_status status = bench_network_evaluate(w, error);
    double start = gs_now_s(), elapsed = 0;
    do {
        if (!status)
            status = bench_network_evaluate(w, error);
        batches++;
        elapsed = gs_now_s() - start;
    } while (!status && elapsed < s->seconds);
    for (size_t i = 0; i < w->n * w->out && !status; i++)
        if (!isfinite(w->y[i]))
            status = gs_fail(error, GS_ERROR_DIVERGED, "eval: the output is not finite");
    if (!status)
        print(w, s, batches, elapsed);
    return status;
}

static gs_status make(bench_network *w, const bench_settings *s, gs_error *error) {
    const gs_model_info *info = s->models.model[0].info;
    gs_plan_options options = {.isa = s->isa.values[0],
                               .threads = s->threads.values[0],
                               .block = s->block,
                               .backend = s->backend.values[0],
                               .gradient = s->gradient};
    if (s->dtype.count)
        gs_dtype_find(s->dtype.values[0], &options.dtype);
    *w = (bench_network){.n = s->batch.count ? (size_t)s->batch.values[0] : 64,
                         .in = bench_pixels(info),
                         .sigma = fmax(0, s->sigma),
                         .gradient = s->gradient};
    w->out = s->gradient ? 1 + w->in : info->output_size[0];
    w->x = gs_alloc(w->n, w->in * sizeof *w->x);
    w->y = gs_alloc(w->n, w->out * sizeof *w->y);
    w->labels = gs_alloc(w->n, sizeof *w->labels);
    if (!w->x || !w->y || !w->labels)
        return gs_fail_memory(error, "a batch");
    for (size_t i = 0; i < w->n; i++)
        w->labels[i] = s->label >= 0 ? s->label : info->needs_label ? 0 : info->labels;
    gs_status status = gs_plan_create(s->models.model[0].model, &options, &w->plan, error);
    return status ? status : fill(w, s->input, error);
}

gs_status bench_eval(bench_settings *s, gs_error *error) {
    bench_network w;
    if (s->model.count != 1 || s->isa.count > 1 || s->backend.count > 1 || s->dtype.count > 1 || s->threads.count > 1 ||
        s->batch.count > 1)
        return gs_fail(error, GS_ERROR_ARGUMENT, "eval: expected one network and one value of each option");
    if (s->seconds > SECONDS_MOST)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--seconds: %g is not at most %g", s->seconds, SECONDS_MOST);
    gs_status status = make(&w, s, error);
    if (!status)
        status = measure(&w, s, error);
    if (!status && s->dump)
        status = dump(&w, s->dump, error);
    bench_network_close(&w);
    return status;
}
