#include "kernels/cases.h"

#include <math.h>
#include <string.h>

#include "base/base.h"
#include "support/random.h"

#define GS_KERNEL(op, type, family, exactness, result, parameters, what) \
    {CASE_NAME(op, type), exactness, &GS_MEMBER(kernel_check_##op, type)},
const kernel_row kernel_rows[] = {
#include "kernels.def"
};
#undef GS_KERNEL
const int kernel_rows_count = sizeof kernel_rows / sizeof *kernel_rows;

static const uint32_t canary_bits = 0x7fedcba9U; /* a quiet NaN that no computation produces */

static float canary(void) {
    float x;
    memcpy(&x, &canary_bits, sizeof x);
    return x;
}

static bool is_canary(float x) {
    return !memcmp(&x, &canary_bits, sizeof x);
}

/* ---- Running cases ---- */

kernel_case *kernel_case_new(case_memory *memory, void *owner, const gs_kernels *kernels) {
    kernel_case *c = gs_alloc(1, sizeof *c);
    if (!c)
        return NULL;
    *c = (kernel_case){.memory = memory, .owner = owner, .kernels = kernels};
    c->args = gs_alloc(1, CASE_ARGS_BYTES);
    c->initial = gs_alloc(CASE_EXTENT, sizeof *c->initial);
    c->expected = gs_alloc(CASE_EXTENT, sizeof *c->expected);
    c->allowed = gs_alloc(CASE_EXTENT, sizeof *c->allowed);
    if (c->args && c->initial && c->expected && c->allowed)
        return c;
    kernel_case_free(c);
    return NULL;
}

void kernel_case_free(kernel_case *c) {
    if (c) {
        gs_free(c->args);
        gs_free(c->initial);
        gs_free(c->expected);
        gs_free(c->allowed);
    }
    gs_free(c);
}

void kernel_case_prepare(kernel_case *c, const kernel_row *row, int index) {
    c->index = index;
    c->timed = index == row->check->cases;
    c->random = (uint64_t)index * 2654435761U + (uint64_t)(unsigned char)row->name[0];
    c->at_end = !c->timed && index & 1;
    c->specials = !c->timed && index % 7 == 6;
    c->slots = 0;
    memset(c->args, 0, CASE_ARGS_BYTES);
    row->check->prepare(c);
    for (size_t i = 0; i < c->extent; i++)
        c->allowed[i] = -1;
    memcpy(c->initial, c->out, c->extent * sizeof *c->initial);
    row->check->expect(c);
}

bool case_near(float found, double value, double error) {
    if (error < 0)
        return is_canary(found);
    if (isnan(value) || error == INFINITY)
        return isnan(found) || error == INFINITY;
    if (isinf(value))
        return (double)found == value;
    return fabs((double)found - value) <= error;
}

bool case_same_bits(float x, float y) {
    return !memcmp(&x, &y, sizeof x) || (isnan(x) && isnan(y) && is_canary(x) == is_canary(y));
}

size_t kernel_case_run(kernel_case *c, const kernel_row *row, const gs_kernels *kernels, const float *scalar) {
    bool bits = scalar && row->exactness == GS_EXACT;
    size_t i = 0;
    memcpy(c->out, c->initial, c->extent * sizeof *c->out);
    row->check->call(c, kernels);
    while (i < c->extent &&
           (bits ? case_same_bits(c->out[i], scalar[i]) : case_near(c->out[i], c->expected[i], c->allowed[i])))
        i++;
    return i;
}

/* ---- Inputs and outputs ---- */

static float draw(kernel_case *c) {
    static const float special[] = {INFINITY, -INFINITY, NAN, -0.0F, 1e15F, -1e15F};
    if (c->specials && random_below(&c->random, 23) == 0)
        return special[random_below(&c->random, 6)];
    return random_float(&c->random);
}

float *case_input(kernel_case *c, size_t count) {
    float *x = c->memory(c->owner, c->slots++, count, c->at_end);
    for (size_t i = 0; i < count; i++)
        x[i] = draw(c);
    return x;
}

float *case_output(kernel_case *c, size_t extent) {
    c->extent = extent;
    c->out = c->memory(c->owner, c->slots++, extent, c->at_end);
    for (size_t i = 0; i < extent; i++)
        c->out[i] = canary();
    return c->out;
}

void case_fill(kernel_case *c, float *y) {
    for (int l = 0; l < GS_F32_LANES; l++)
        y[l] = draw(c);
}

void case_expect(kernel_case *c, const float *y, double value, double allowed) {
    size_t i = (size_t)(y - c->out);
    c->expected[i] = value;
    c->allowed[i] = allowed;
}

double case_as_float(double value) {
    return isinf((double)(float)value) ? (double)(float)value : value;
}

kernel_work case_plane_work(const gs_kernels *kernels) {
    (void)kernels;
    return (kernel_work){.elements = CASE_PLANE};
}
