/* Every kernel of kernels.def, on data in the nearest cache, on one thread. */
#include "kernels.h"

#include <stdio.h>
#include <string.h>

#include "network.h"
#include "suites/kernel_reference.h"

enum { LANES = 16, VECTORS = 128, ELEMENTS = LANES * VECTORS, TAPS = 9, CHANNELS = 16, TILE = 6, ROWS_MAX = 64 };
enum { INPUTS = 16384, WEIGHTS = 4096, OUTPUTS = 4096, REPEATS = 100 }; /* REPEATS: kernel calls per call of a row */

/* The arrays that all kernels read and write. */
typedef struct state {
    const gs_kernels *kernels;
    float *in, *out, *initial, *expected; /* INPUTS elements; OUTPUTS elements each */
    const float *rows[ROWS_MAX];
    float *outs[ROWS_MAX];
    ptrdiff_t taps[TAPS];
} state;

typedef void kernel_call(const gs_kernels *kernels, state *s);

/* ---- One call of each kernel ---- */

static void call_mac(const gs_kernels *k, state *s) {
    gs_mac_args args = {.a = s->rows,
                        .segment = s->taps,
                        .w = s->in + WEIGHTS,
                        .out = s->outs,
                        .w_plane = TAPS * CHANNELS * LANES,
                        .out_plane = OUTPUTS / 2,
                        .rows = 2 * s->kernels->mac_traits.rows,
                        .segments = TAPS,
                        .length = CHANNELS,
                        .planes = s->kernels->mac_traits.planes};
    k->mac(&args);
}

static void call_winograd_in(const gs_kernels *k, state *s) {
    k->winograd_in(s->in, TILE * LANES, s->out, LANES);
}

static void call_winograd_out(const gs_kernels *k, state *s) {
    gs_winograd_out_args args = {
        .m = s->in, .step = LANES, .bias = s->in + WEIGHTS, .y = s->out, .y_row = 4 * LANES, .rows = 4, .columns = 4};
    k->winograd_out(&args);
}

static gs_affine_args affine_args(const state *s) {
    return (gs_affine_args){.x = s->in,
                            .x_row = ELEMENTS / 8,
                            .scale = s->in + WEIGHTS,
                            .shift = s->in + WEIGHTS + LANES,
                            .y = s->out,
                            .y_row = ELEMENTS / 8,
                            .rows = 8,
                            .columns = VECTORS / 8,
                            .activation = GS_ACT_SILU,
                            .slope = s->out + ELEMENTS,
                            .slope_row = ELEMENTS / 8};
}

static void call_affine(const gs_kernels *k, state *s) {
    gs_affine_args args = affine_args(s);
    k->affine(&args);
}

static void call_affine_slope(const gs_kernels *k, state *s) {
    gs_affine_args args = affine_args(s);
    k->affine_slope(&args);
}

static void call_moments(const gs_kernels *k, state *s) {
    gs_moments_args args = {.x = s->in,
                            .row = ELEMENTS / 8,
                            .rows = 8,
                            .columns = VECTORS / 8,
                            .first = s->out,
                            .sum = s->out + LANES,
                            .square = s->out + 2 * LANES};
    k->moments(&args);
}

static void call_products(const gs_kernels *k, state *s) {
    gs_products_args args = {.x = s->in,
                             .g = s->in + ELEMENTS,
                             .x_row = ELEMENTS / 8,
                             .g_row = ELEMENTS / 8,
                             .center = s->in + 2 * ELEMENTS,
                             .rows = 8,
                             .columns = VECTORS / 8,
                             .sum = s->out,
                             .product = s->out + LANES};
    k->products(&args);
}

static void call_blend(const gs_kernels *k, state *s) {
    gs_blend_args args = {.x = s->in,
                          .g = s->in + ELEMENTS,
                          .x_row = ELEMENTS / 8,
                          .g_row = ELEMENTS / 8,
                          .a = s->in + 2 * ELEMENTS,
                          .b = s->in + 2 * ELEMENTS + LANES,
                          .c = s->in + 2 * ELEMENTS + 2 * LANES,
                          .y = s->out,
                          .y_row = ELEMENTS / 8,
                          .rows = 8,
                          .columns = VECTORS / 8};
    k->blend(&args);
}

static void call_window(const gs_kernels *k, state *s) {
    gs_window_args args = {.op = GS_WINDOW_SUM,
                           .x = s->in,
                           .y = s->out,
                           .x_row = ELEMENTS / 8,
                           .rows = 8,
                           .columns = VECTORS / 8,
                           .scale = 1.0f / VECTORS};
    k->window(&args);
}

static void call_binary(const gs_kernels *k, state *s) {
    k->binary(GS_BINARY_MUL, s->in, LANES, s->in + ELEMENTS, LANES, s->out, VECTORS);
}

static void call_axpby(const gs_kernels *k, state *s) {
    k->axpby(0.5f, s->in, 0.5f, s->out, VECTORS);
}

static void call_normals(const gs_kernels *k, state *s) {
    gs_normals_args args = {.key = {1, 2}, .count = ELEMENTS / 64, .out = s->out};
    k->normals(&args);
}

static void call_norms(const gs_kernels *k, state *s) {
    gs_norms_args args = {.key = {1, 2}, .count = 4, .size = ELEMENTS / 4, .out = s->out, .square = s->out + ELEMENTS};
    k->norms(&args);
}

static void call_exponentials(const gs_kernels *k, state *s) {
    gs_exponentials_args args = {.key = {1, 2}, .count = ELEMENTS, .scale = 1, .out = s->out};
    k->exponentials(&args);
}

/* The values belong to 784 dimensions and a ratio of 1.01. */
static void call_radii(const gs_kernels *k, state *s) {
    gs_radii_args args = {.key = {1, 2}, .count = ELEMENTS, .c = 0.0168f, .d = 391.7f, .h = 7.87f, .out = s->out};
    k->radii(&args);
}

/* ---- Rows ---- */

static gs_status make(state *s, const bench_row *row, gs_error *error) {
    s->kernels = gs_kernels_find(row->isa);
    s->in = gs_alloc(INPUTS, sizeof *s->in);
    s->out = gs_alloc(OUTPUTS, sizeof *s->out);
    s->initial = gs_alloc(OUTPUTS, sizeof *s->initial);
    s->expected = gs_alloc(OUTPUTS, sizeof *s->expected);
    if (!s->in || !s->out || !s->initial || !s->expected)
        return gs_fail_memory(error, "a kernel's data");
    for (int i = 0; i < ROWS_MAX; i++) {
        s->rows[i] = s->in + i * LANES;
        s->outs[i] = s->out + i % (OUTPUTS / 2 / LANES) * LANES;
    }
    for (int t = 0; t < TAPS; t++)
        s->taps[t] = t / 3 * 32 * LANES + t % 3 * LANES;
    gs_status status = bench_normals(row->settings->seed, s->in, INPUTS, error);
    if (!status)
        status = bench_normals(row->settings->seed + 1, s->initial, OUTPUTS, error);
    if (!status)
        memcpy(s->out, s->initial, OUTPUTS * sizeof *s->out);
    return status;
}

static gs_status open(bench_row *row, gs_error *error) {
    state *s = row->state = gs_alloc(1, sizeof *s);
    if (!s)
        return gs_fail_memory(error, "a kernel");
    row->ran = gs_kernels_find(row->isa)->isa;
    return make(s, row, error);
}

static kernel_call *const *call_of(const bench_row *row) {
    return row->data;
}

static gs_status call(bench_row *row, gs_error *error) {
    (void)error;
    state *s = row->state;
    kernel_call *kernel = *call_of(row);
    kernel(s->kernels, s);
    return GS_OK;
}

/* Check that one call gives the same bytes as scalar C, or that scalar C gives nearly the same as float64. */
static gs_status check(bench_row *row, gs_error *error) {
    (void)error;
    state *s = row->state;
    bool scalar = !strcmp(row->isa, "scalar");
    char name[BENCH_NAME_ROOM];
    snprintf(name, sizeof name, "%.*s", (int)row->what_length, row->name + row->what_at);
    const gs_kernels reference = scalar ? bench_reference_kernels() : *gs_kernels_find("scalar");
    memcpy(s->out, s->initial, OUTPUTS * sizeof *s->out);
    (*call_of(row))(&reference, s);
    memcpy(s->expected, s->out, OUTPUTS * sizeof *s->out);
    memcpy(s->out, s->initial, OUTPUTS * sizeof *s->out);
    (*call_of(row))(s->kernels, s);
    bench_compare_within(row, "an element", s->out, s->expected, OUTPUTS, scalar ? bench_reference_tolerance(name) : 0);
    return GS_OK;
}

static void close(bench_row *row) {
    state *s = row->state;
    if (!s)
        return;
    gs_free(s->in);
    gs_free(s->out);
    gs_free(s->initial);
    gs_free(s->expected);
    gs_free(s);
    row->state = NULL;
}

static uint64_t digest(const bench_row *row) {
    const state *s = row->state;
    return bench_digest(s->out, OUTPUTS * sizeof *s->out);
}

static const bench_kind kernel_kind = {open, call, check, close, digest};

/* The elements that a call reads or, for mac, 2 x multiply-adds. */
static double work(const char *name, const gs_kernels *k) {
    if (!strcmp(name, "mac"))
        return 2.0 * 2 * k->mac_traits.rows * TAPS * CHANNELS * LANES * k->mac_traits.planes;
    if (!strcmp(name, "winograd_in") || !strcmp(name, "winograd_out"))
        return TILE * TILE * LANES;
    return ELEMENTS;
}

/* The bytes of a call of mac: rows of 16 channels with what 3 x 3 taps reach around them, weights, and sums. */
static double traffic(const gs_kernels *k) {
    double rows = 2 * k->mac_traits.rows, in = 3 * (rows + 2) * CHANNELS;
    return sizeof(float) * (in + (double)k->mac_traits.planes * LANES * (TAPS * CHANNELS + rows));
}

static const struct {
    const char *name;
    kernel_call *call;
} calls[] = {
#define GS_KERNEL(name, type, family, exactness, result, parameters, what) {#name, call_##name},
#include "kernels.def"
#undef GS_KERNEL
};

gs_status bench_add_kernels(bench_rows *rows, gs_error *error) {
    const bench_axes axes = {.threads = {1, {1}}, .all_isas = !rows->settings->quick, .no_backend = true};
    int at = 0;
    bench_variant v;
    while (bench_next(rows->settings, &axes, &at, &v))
        for (size_t i = 0; v.threads == 1 && i < GS_COUNT(calls); i++) {
            const gs_kernels *k = gs_kernels_find(v.isa);
            bench_row *row = bench_row_add(rows, "kernels", NULL, calls[i].name, &v, &kernel_kind);
            if (!row)
                return gs_fail_memory(error, "rows");
            bool mac = !strcmp(calls[i].name, "mac");
            row->data = &calls[i].call;
            row->unit = mac ? "FLOP/s" : "elements/s";
            row->items = work(calls[i].name, k);
            row->operations = mac ? row->items : 0;
            row->bytes = mac ? traffic(k) : 0;
        }
    return GS_OK;
}
