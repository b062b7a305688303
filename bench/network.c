#include "network.h"

#include <math.h>
#include <string.h>

#include "app/find.h"
#include "engine/reference.h"
#include "kernels.h"
#include "model/model.h"

static const double SIGMA = 0.5; /* in the middle of the levels that samplers visit */
static const double FOREIGN_ERROR = 1e-5;

/* What rounding to narrow types may add up to, of the largest element: 5 %. */
static const double NARROW_ERROR = 0.05;

/* Tolerances of energies, whose terms cancel, and of their differences along the gradient; and a step so small that few
 * kinks of leaky ReLUs lie within it. */
static const double ENERGY_ERROR = 1e-4, SLOPE_STEP = 1e-3, SLOPE_ERROR = 0.01;

size_t bench_image_pixels(const gs_model_info *info) {
    return (size_t)info->image[0] * (size_t)info->image[1] * (size_t)info->image[2];
}

size_t bench_pixels(const gs_model_info *info) {
    return (size_t)info->shape[0] * (size_t)info->shape[1] * (size_t)info->shape[2];
}

bool bench_any(const bench_model *model) {
    return model != NULL;
}

bool bench_can_sample(const bench_model *model) {
    gs_sample_options options = {0};
    bool meant = model->named || model->model->defaults.sampler; /* energies to be added to others have none */
    return meant && !gs_sample_resolve(model->model, &options, NULL);
}

bool bench_is_energy(const bench_model *model) {
    return model->info->kind == GS_KIND_ENERGY;
}

bool bench_is_usual(const bench_settings *s, const bench_model *model) {
    return s->model.count ? model == &s->models.model[0] : !strcmp(model->info->name, GS_DEFAULT_NETWORK);
}

gs_status bench_normals(uint64_t seed, float *x, size_t count, gs_error *error) {
    enum { BLOCK = 64 };
    size_t blocks = (count + BLOCK - 1) / BLOCK;
    float *whole = gs_alloc(blocks, BLOCK * sizeof *whole);
    if (!whole)
        return gs_fail_memory(error, "random numbers");
    gs_normals_args args = {.key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                            .counter = {0, 0, 0, UINT32_MAX},
                            .count = (int)blocks,
                            .out = whole};
    gs_kernels_find("scalar")->normals(&args);
    memcpy(x, whole, count * sizeof *x);
    gs_free(whole);
    return GS_OK;
}

static gs_status make_input(bench_network *w, uint64_t seed, int classes, gs_error *error) {
    gs_status status = bench_normals(seed, w->x, w->n * w->in, error);
    for (size_t i = 0; !status && i < w->n * w->in; i++)
        w->x[i] = 0.5f + (float)w->sigma * w->x[i];
    for (size_t i = 0; w->labels && i < w->n; i++)
        w->labels[i] = (int)(i % (size_t)classes);
    return status;
}

gs_status bench_plan_open(bench_row *row, bool gradient, gs_plan **plan, gs_error *error) {
    gs_plan_options options = {.isa = row->isa, .threads = row->threads, .backend = row->backend, .gradient = gradient};
    gs_dtype_find(row->dtype, &options.dtype);
    gs_status status = gs_plan_create(row->model->model, &options, plan, error);
    if (!status) {
        gs_plan_info info = gs_plan_get_info(*plan);
        row->ran = info.isa;
        row->approximate = !info.exact;
        row->plan_bytes = info.weight_bytes + info.scratch_bytes;
    }
    return status;
}

gs_status bench_plan_scalar(const bench_row *row, bool gradient, gs_plan **plan, gs_error *error) {
    gs_plan_options options = {.isa = "scalar", .threads = 1, .block = 1, .gradient = gradient};
    gs_dtype_find(row->dtype, &options.dtype);
    return gs_plan_create(row->model->model, &options, plan, error);
}

gs_status bench_network_open(bench_network *w, bench_row *row, size_t n, bool gradient, gs_error *error) {
    const gs_model_info *info = row->model->info;
    *w = (bench_network){.n = n, .in = bench_pixels(info), .sigma = SIGMA, .gradient = gradient};
    w->out = gradient ? 1 + w->in : info->output_size[0];
    gs_status status = bench_plan_open(row, gradient, &w->plan, error);
    if (status)
        return status;
    w->x = gs_alloc(n, w->in * sizeof *w->x);
    w->y = gs_alloc(n, w->out * sizeof *w->y);
    w->labels = info->labels ? gs_alloc(n, sizeof *w->labels) : NULL;
    if (!w->x || !w->y || (info->labels && !w->labels))
        return gs_fail_memory(error, "a batch");
    return make_input(w, row->settings->seed, info->labels, error);
}

void bench_network_close(bench_network *w) {
    gs_plan_free(w->plan);
    gs_free(w->x);
    gs_free(w->y);
    gs_free(w->labels);
    *w = (bench_network){0};
}

/* Evaluate images i ... i + n - 1 with a given plan. */
static gs_status evaluate(const bench_network *w, gs_plan *plan, size_t i, size_t n, float *y, gs_error *error) {
    const float *x = w->x + i * w->in;
    const int *labels = w->labels ? w->labels + i : NULL;
    return w->gradient ? gs_plan_gradient(plan, x, w->sigma, labels, n, y, y + n, error)
                       : gs_plan_evaluate(plan, x, w->sigma, labels, n, (float *const[2]){y, NULL}, error);
}

gs_status bench_network_evaluate(bench_network *w, gs_error *error) {
    return evaluate(w, w->plan, 0, w->n, w->y, error);
}

void bench_compare_within(bench_row *row, const char *what, const float *found, const float *expected, size_t count,
                          double tolerance) {
    double error = 0, largest = 0;
    bool finite = true;
    for (size_t i = 0; i < count; i++) {
        finite = finite && isfinite(found[i]);
        error = fmax(error, fabs((double)found[i] - (double)expected[i]));
        largest = fmax(largest, fabs((double)expected[i]));
    }
    bool same = tolerance > 0 ? error <= tolerance * largest : !memcmp(found, expected, count * sizeof *found);
    if (!finite)
        bench_wrong(row, "%s is not finite", what);
    else if (!same)
        bench_wrong(row, "%s is off by %.2g of the largest", what, error / largest);
}

static bool is_native(const bench_row *row) {
    return !row->backend || !strcmp(row->backend, "native");
}

void bench_compare(bench_row *row, const char *what, const float *found, const float *expected, size_t count) {
    bench_compare_within(row, what, found, expected, count,
                         !is_native(row)    ? FOREIGN_ERROR
                         : row->approximate ? NARROW_ERROR
                                            : 0);
}

bool bench_is_scalar(const bench_row *row) {
    return is_native(row) && !strcmp(row->isa, "scalar");
}

void bench_unchecked_scalar(bench_row *row) {
    bench_unchecked(row, "what others are compared with is scalar C itself");
}

/* ---- Against float64 ---- */

static int label_of(const bench_network *w, const gs_model_info *info, size_t i) {
    return w->labels ? w->labels[i] : info->needs_label ? 0 : info->labels;
}

/* The first output for image i, moved by `step` along `direction` (not at all if NULL). */
static gs_status evaluate_reference(const bench_network *w, const gs_model *model, size_t i, const float *direction,
                                    double step, double *y, gs_error *error) {
    double *x = gs_alloc(w->in, sizeof *x);
    if (!x)
        return gs_fail_memory(error, "an image");
    for (size_t k = 0; k < w->in; k++)
        x[k] = (double)w->x[i * w->in + k] + (direction ? step * (double)direction[k] : 0);
    gs_status status =
        gs_reference_evaluate(model, x, w->sigma, label_of(w, gs_model_get_info(model), i), y, NULL, error);
    gs_free(x);
    return status;
}

gs_status bench_reference_check(const bench_network *w, bench_row *row, const float *found, size_t i, gs_error *error) {
    double *y = gs_alloc(w->out, sizeof *y);
    float *expected = gs_alloc(w->out, sizeof *expected);
    gs_status status = y && expected ? evaluate_reference(w, row->model->model, i, NULL, 0, y, error)
                                     : gs_fail_memory(error, "an image");
    for (size_t k = 0; k < w->out && !status; k++)
        expected[k] = (float)y[k];
    if (!status)
        bench_compare_within(row, "an output", found, expected, w->out,
                             strcmp(row->dtype, "f32") ? NARROW_ERROR : FOREIGN_ERROR);
    gs_free(y);
    gs_free(expected);
    return status;
}

/* The energy, and its slope along the gradient that was found: |g|^2 by central differences in float64. */
static gs_status check_slope(const bench_network *w, bench_row *row, double energy, const float *gradient, size_t i,
                             gs_error *error) {
    const gs_model *model = row->model->model;
    double square = 0, exact, ahead, behind;
    for (size_t k = 0; k < w->in; k++)
        square += (double)gradient[k] * (double)gradient[k];
    double step = SLOPE_STEP / sqrt(square);
    gs_status status = evaluate_reference(w, model, i, NULL, 0, &exact, error);
    if (!status)
        status = evaluate_reference(w, model, i, gradient, step, &ahead, error);
    if (!status)
        status = evaluate_reference(w, model, i, gradient, -step, &behind, error);
    if (status)
        return status;
    double slope = (ahead - behind) / (2 * step);
    if (!(fabs(energy - exact) <= ENERGY_ERROR * fmax(1, fabs(exact))))
        bench_wrong(row, "the energy is %.9g, in float64 %.9g", energy, exact);
    if (!(fabs(slope - square) <= SLOPE_ERROR * square))
        bench_wrong(row, "along the gradient the energy rises by %.6g, expected %.6g", slope, square);
    return GS_OK;
}

/* ---- Against scalar C ---- */

/* The result found for image i: its output, or its energy and gradient. */
static void gather(const bench_network *w, size_t i, float *found) {
    if (!w->gradient) {
        memcpy(found, w->y + i * w->out, w->out * sizeof *found);
        return;
    }
    found[0] = w->y[i];
    memcpy(found + 1, w->y + w->n + i * w->in, w->in * sizeof *found);
}

/* `scalar` is NULL if scalar C itself is checked. */
static gs_status check_image(const bench_network *w, bench_row *row, gs_plan *scalar, size_t i, gs_error *error) {
    float *expected = gs_alloc(w->out, 2 * sizeof *expected), *found = expected + w->out;
    if (!expected)
        return gs_fail_memory(error, "an image");
    gather(w, i, found);
    gs_status status = scalar        ? evaluate(w, scalar, i, 1, expected, error)
                       : w->gradient ? check_slope(w, row, (double)found[0], found + 1, i, error)
                                     : bench_reference_check(w, row, found, i, error);
    if (!status && scalar)
        bench_compare(row, "an output", found, expected, w->out);
    gs_free(expected);
    return status;
}

gs_status bench_network_check(const bench_network *w, bench_row *row, gs_error *error) {
    gs_plan *scalar = NULL;
    gs_status status = bench_is_scalar(row) ? GS_OK : bench_plan_scalar(row, w->gradient, &scalar, error);
    if (!status)
        status = check_image(w, row, scalar, 0, error);
    if (!status && w->n > 1)
        status = check_image(w, row, scalar, w->n - 1, error);
    gs_plan_free(scalar);
    return status;
}
