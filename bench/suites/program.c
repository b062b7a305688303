/* The time to n samples: the program gensample beside this one, from its start until the picture is closed. */
#include "suites/rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/os.h"
#include "io/picture.h"
#include "io/read.h"
#include "process.h"
#include "system.h"

enum { QUICK_SAMPLES = 64, NUMBER_ROOM = 24 };

extern char **environ;

typedef struct state {
    bench_folder folder;
    char picture[BENCH_PATH_ROOM], log[BENCH_PATH_ROOM], program[BENCH_PATH_ROOM];
} state;

static gs_status open(bench_row *row, gs_error *error) {
    state *s = row->state;
    char self[BENCH_FOLDER_ROOM];
    gs_status status = bench_folder_make(&s->folder, error);
    if (status)
        return status;
    row->ran = row->isa;
    snprintf(s->picture, sizeof s->picture, "%s/samples.png", s->folder.path);
    snprintf(s->log, sizeof s->log, "%s/log", s->folder.path);
    if (!gs_os_program_path(self, sizeof self))
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "the system does not tell where this program is");
    snprintf(s->program, sizeof s->program, "%.*s/gensample", (int)(strrchr(self, '/') - self), self);
    return GS_OK;
}

static gs_status explain(const state *s, int status, gs_error *error) {
    char line[BENCH_LINE_ROOM];
    bench_last_line(s->log, line);
    if (WIFSIGNALED(status))
        return gs_fail(error, GS_ERROR_FILE, "%s ended with signal %d", s->program, WTERMSIG(status));
    return gs_fail(error, GS_ERROR_FILE, "%s ended with exit status %d: %s", s->program, WEXITSTATUS(status), line);
}

static gs_status call(bench_row *row, gs_error *error) {
    const state *s = row->state;
    char n[NUMBER_ROOM], seed[NUMBER_ROOM], threads[NUMBER_ROOM];
    snprintf(n, sizeof n, "%d", row->batch);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)row->settings->seed);
    snprintf(threads, sizeof threads, "%d", row->threads);
    const char *const words[] = {s->program,   "--model",   row->model->path, "-n",    n,        "--seed",
                                 seed,         "--threads", threads,          "--isa", row->isa, "--backend",
                                 row->backend, "--out",     s->picture,       NULL};
    int ended = 0;
    if (row->settings->pin) /* it may use all processors */
        bench_place(-1);
    gs_status status = bench_process_run((char *const *)(uintptr_t)words, environ, s->log, &ended, error);
    if (row->settings->pin)
        bench_place(0);
    return status || !ended ? status : explain(s, ended, error);
}

/* The picture must have what the library draws here, reduced to 256 grey levels. */
static void compare(bench_row *row, const float *found, const float *expected, size_t count) {
    const float *range = row->model->info->range;
    double step = (range[1] - range[0]) / 255.0, worst = 0;
    for (size_t i = 0; i < count; i++) { /* fmax here is an internal error of GCC 12.2 for aarch64 */
        double off = fabs(found[i] - fmin(fmax(expected[i], range[0]), range[1]));
        worst = off <= worst ? worst : off;
    }
    if (!(worst <= 0.51 * step))
        bench_wrong(row, "the picture is %.3g grey levels from the samples", worst / step);
}

static gs_status draw(const bench_row *row, const char *isa, const char *backend, size_t n, float *out,
                      gs_error *error) {
    gs_plan_options options = {
        .isa = isa, .threads = row->threads, .backend = backend, .gradient = row->model->info->kind == GS_KIND_ENERGY};
    gs_sample_options sampling = {.seed = row->settings->seed};
    gs_plan *plan = NULL;
    int *labels = gs_alloc(n, sizeof *labels);
    bool needs = row->model->info->needs_label;
    gs_status status =
        labels ? gs_plan_create(row->model->model, &options, &plan, error) : gs_fail_memory(error, "labels");
    sampling.labels = needs ? labels : NULL;
    if (!status && needs)
        status = gs_model_draw_labels(row->model->model, sampling.seed, 0, n, labels, error);
    if (!status)
        status = gs_sample(plan, &sampling, n, out, NULL, error);
    gs_plan_free(plan);
    gs_free(labels);
    return status;
}

/* All samples must be the library's with the same code, and the first one scalar C's. */
static gs_status check_images(bench_row *row, const gs_image_file *images, size_t n, gs_error *error) {
    size_t pixels = bench_image_pixels(row->model->info);
    bool native = !strcmp(row->backend, "native");
    float *expected = gs_alloc(n, pixels * sizeof *expected);
    if (!expected)
        return gs_fail_memory(error, "samples");
    gs_status status = draw(row, row->isa, row->backend, n, expected, error);
    if (!status)
        compare(row, images->data, expected, n * pixels);
    if (!status && native && !bench_is_scalar(row))
        status = draw(row, "scalar", "native", 1, expected, error);
    if (!status && native && !bench_is_scalar(row))
        compare(row, images->data, expected, pixels);
    gs_free(expected);
    if (bench_is_scalar(row))
        bench_unchecked_scalar(row);
    return status;
}

static gs_status check(bench_row *row, gs_error *error) {
    const state *s = row->state;
    const gs_model_info *info = row->model->info;
    size_t n = row->batch < GS_GRID_MAX ? (size_t)row->batch : GS_GRID_MAX;
    const gs_image_wish wish = {.shape = info->image, .range = info->range, .most = n};
    gs_image_file images = {0};
    gs_status status = gs_images_read(s->picture, &wish, &images, error);
    if (!status && images.n != n)
        bench_wrong(row, "the picture has %zu samples, expected %zu", images.n, n);
    else if (!status)
        status = check_images(row, &images, n, error);
    gs_images_free(&images);
    return status;
}

static void close(bench_row *row) {
    bench_folder_remove(&((state *)row->state)->folder);
}

static const bench_kind program_kind = {sizeof(state), open, call, check, close, NULL};

void bench_program_add(bench_rows *rows, const char *suite, const char *what, const bench_variant *v) {
    bench_row *row = bench_row_add(rows, suite, NULL, what, v, &program_kind);
    row->unit = "ms";
    row->items = 1;
}

bool bench_draws_pictures(const bench_model *model) {
    gs_error ignored;
    return bench_can_sample(model) && !gs_images_check("samples.png", GS_FORMAT_PNG, model->info->image, &ignored);
}

void bench_add_program(bench_rows *rows) {
    static const bench_axes axes = {.takes = bench_draws_pictures, .batch = {2, {QUICK_SAMPLES, GS_GRID_MAX}}};
    const bench_settings *s = rows->settings;
    for (bench_variant v = {0}; bench_next(s, &axes, &v);) {
        bool large = !s->batch.count && v.batch > QUICK_SAMPLES;
        if (!s->quick || (bench_is_usual(s, v.model) && !large))
            bench_program_add(rows, "program", "picture", &v);
    }
}
