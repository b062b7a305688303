/* Every kernel of kernels.def, on data in the nearest cache, on one thread: the timed one of each kernel's cases
 * (tests/kernels/cases.h). */
#include "kernels/cases.h"

#include <string.h>

#include "bench.h"

/* A store delays later loads from the same place of another page. So slots of memory begin at different places, each a
 * bit before that of the slot ahead of it: outputs, which come last, are stored where inputs have been loaded. */
enum {
    PAGE_FLOATS = 4096 / (int)sizeof(float),
    SLOT_FLOATS = (CASE_TIMED_FLOATS / PAGE_FLOATS + 2) * PAGE_FLOATS - 7 * GS_F32_LANES
};

typedef struct state {
    const kernel_row *kernel;
    kernel_case *one;
    float *memory, *scalar; /* (CASE_SLOTS, SLOT_FLOATS); what scalar C has computed (CASE_EXTENT) */
} state;

static float *slot_of(void *owner, int slot, size_t count, bool at_end) {
    (void)count;
    (void)at_end;
    return ((state *)owner)->memory + slot * SLOT_FLOATS;
}

static gs_status open(bench_row *row, gs_error *error) {
    state *s = row->state;
    const gs_kernels *kernels = gs_kernels_find(row->isa);
    s->kernel = row->data;
    row->ran = kernels->isa;
    s->memory = gs_alloc((size_t)CASE_SLOTS * SLOT_FLOATS, sizeof *s->memory);
    s->scalar = gs_alloc(CASE_EXTENT, sizeof *s->scalar);
    s->one = kernel_case_new(slot_of, s, kernels);
    if (!s->memory || !s->scalar || !s->one)
        return gs_fail_memory(error, "a kernel's data");
    kernel_case_prepare(s->one, s->kernel, s->kernel->check->cases);
    return GS_OK;
}

static gs_status call(bench_row *row, gs_error *error) {
    (void)error;
    const state *s = row->state;
    s->kernel->check->call(s->one, s->one->kernels);
    return GS_OK;
}

/* Check that one call gives the same bytes as scalar C, or that scalar C gives nearly the same as float64. */
static gs_status check(bench_row *row, gs_error *error) {
    (void)error;
    const state *s = row->state;
    kernel_case *c = s->one;
    const gs_kernels *scalar = gs_kernels_find("scalar");
    size_t wrong = kernel_case_run(c, s->kernel, scalar, NULL);
    memcpy(s->scalar, c->out, c->extent * c->element->bytes);
    if (wrong == c->extent && c->kernels != scalar)
        wrong = kernel_case_run(c, s->kernel, c->kernels, s->scalar);
    if (wrong < c->extent)
        bench_wrong(row, "element %zu is %.9g, expected %.9g", wrong, kernel_case_value(c, c->out, wrong),
                    c->expected[wrong]);
    return GS_OK;
}

static void close(bench_row *row) {
    state *s = row->state;
    gs_free(s->memory);
    gs_free(s->scalar);
    kernel_case_free(s->one);
}

static uint64_t digest(const bench_row *row) {
    const state *s = row->state;
    return bench_digest(s->one->out, s->one->extent * s->one->element->bytes);
}

static const bench_kind kernel_kind = {sizeof(state), open, call, check, close, digest};

/* The name of a kernel's type where products are concerned. */
static const char *dtype_of(const char *type) {
    static const char *const names[][2] = {
#define GS_DTYPE(ID, name, mac, stored, what) {#mac, name},
#include "model/dtypes.def"
    };
    for (size_t i = 0; i < GS_COUNT(names); i++)
        if (!strcmp(names[i][0], type))
            return names[i][1];
    return type;
}

void bench_add_kernels(bench_rows *rows) {
    const bench_axes axes = {.threads = {1, {1}}, .all_isas = !rows->settings->quick, .no_backend = true};
    for (bench_variant v = {0}; bench_next(rows->settings, &axes, &v);)
        for (int i = 0; v.threads == 1 && i < kernel_rows_count; i++) {
            const kernel_row *kernel = &kernel_rows[i];
            const kernel_work work = kernel->check->work(gs_kernels_find(v.isa));
            bench_variant typed = v;
            typed.dtype = dtype_of(kernel->type);
            bench_row *row = bench_row_add(rows, "kernels", NULL, kernel->name, &typed, &kernel_kind);
            row->data = kernel;
            row->unit = work.flops > 0 ? "FLOP/s" : "elements/s";
            row->items = work.flops > 0 ? work.flops : work.elements;
            row->operations = work.flops;
            row->bytes = work.bytes;
        }
}
