#include "kernels/cases.h"

#include <math.h>
#include <string.h>

#include "base/base.h"
#include "support/random.h"

#define GS_KERNEL(op, type, family, exactness, result, parameters, what) \
    {CASE_NAME(op, type), #type, &GS_MEMBER(kernel_check_##op, type)},
const kernel_row kernel_rows[] = {
#include "kernels.def"
};
#undef GS_KERNEL
const int kernel_rows_count = sizeof kernel_rows / sizeof *kernel_rows;

static double value_of_float(const void *element) {
    float x;
    memcpy(&x, element, sizeof x);
    return (double)x;
}

static double value_of_byte(const void *element) {
    return *(const uint8_t *)element - 128;
}

static double stored_as_float(double least, double most, double factor, double *error) {
    (void)factor;
    *error = (most - least) / 2;
    return least + *error;
}

static double value_of_i16(const void *element) {
    int16_t x;
    memcpy(&x, element, sizeof x);
    return x;
}

static double integer_of(double x, double limit) {
    return isnan(x) || x < -limit ? -limit : x > limit ? limit : rint(x);
}

static double stored_as_integer(double least, double most, double limit, double *error) {
    double a = integer_of(least, limit), b = integer_of(most, limit);
    *error = fabs(b - a) / 2;
    return (a + b) / 2;
}

static double stored_as_byte(double least, double most, double factor, double *error) {
    return stored_as_integer(least * factor, most * factor, 127, error);
}

static double stored_as_i16(double least, double most, double factor, double *error) {
    return stored_as_integer(least * factor, most * factor, 16383, error);
}

static double value_of_bf16(const void *element) {
    uint16_t x;
    memcpy(&x, element, sizeof x);
    return case_value_bf16(x);
}

/* Eight digits, fewer below the normal range. */
static double bf16_of(double x) {
    int exponent;
    if (!isfinite(x) || x == 0)
        return x;
    frexp(x, &exponent);
    double unit = ldexp(1, exponent - 8 > -133 ? exponent - 8 : -133), y = rint(x / unit) * unit;
    return fabs(y) < 0x1p128 ? y : copysign(INFINITY, x);
}

static double stored_as_bf16(double least, double most, double factor, double *error) {
    (void)factor;
    double a = bf16_of(least), b = bf16_of(most);
    *error = a < b ? (b - a) / 2 : 0;
    return a < b ? a + *error : a;
}

/* A quiet NaN that no computation produces, and integers. */
const case_element case_f32 = {sizeof(float), 0x7fedcba9U, value_of_float, stored_as_float};
const case_element case_bf16 = {sizeof(uint16_t), 0x7fed7fedU, value_of_bf16, stored_as_bf16};
const case_element case_u8 = {sizeof(uint8_t), 0, value_of_byte, stored_as_byte};
const case_element case_i16 = {sizeof(int16_t), 0x80008000U, value_of_i16, stored_as_i16};

static bool is_canary(const case_element *e, const void *element) {
    return !memcmp(element, &e->canary, e->bytes); /* of both ends' order, since parts are the same or all */
}

/* ---- Running cases ---- */

kernel_case *kernel_case_new(case_memory *memory, void *owner, const gs_kernels *kernels) {
    kernel_case *c = gs_alloc(1, sizeof *c);
    if (!c)
        return NULL;
    *c = (kernel_case){.memory = memory, .owner = owner, .kernels = kernels};
    c->args = gs_alloc(1, CASE_ARGS_BYTES);
    c->initial = gs_alloc(CASE_EXTENT, sizeof(float));
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
    c->element = &case_f32;
    memset(c->args, 0, CASE_ARGS_BYTES);
    row->check->prepare(c);
    for (size_t i = 0; i < c->extent; i++)
        c->allowed[i] = -1;
    memcpy(c->initial, c->out, c->extent * c->element->bytes);
    row->check->expect(c);
}

bool case_near(double found, double value, double error) {
    if (isnan(value) || error == INFINITY)
        return isnan(found) || error == INFINITY;
    if (isinf(value))
        return found == value;
    return fabs(found - value) <= error;
}

bool case_same_bits(float x, float y) {
    return !memcmp(&x, &y, sizeof x) || (isnan(x) && isnan(y) && is_canary(&case_f32, &x) == is_canary(&case_f32, &y));
}

static const void *element_of(const kernel_case *c, const float *out, size_t i) {
    return (const char *)out + i * c->element->bytes;
}

double kernel_case_value(const kernel_case *c, const float *out, size_t i) {
    return c->element->value(element_of(c, out, i));
}

/* Whether element i is as in scalar C's results. */
static bool same(const kernel_case *c, size_t i, const float *scalar) {
    const void *x = element_of(c, c->out, i), *y = element_of(c, scalar, i);
    return !memcmp(x, y, c->element->bytes) || (isnan(c->element->value(x)) && isnan(c->element->value(y)) &&
                                                is_canary(c->element, x) == is_canary(c->element, y));
}

static bool as_expected(const kernel_case *c, size_t i) {
    if (c->allowed[i] < 0)
        return is_canary(c->element, element_of(c, c->out, i));
    return case_near(kernel_case_value(c, c->out, i), c->expected[i], c->allowed[i]);
}

size_t kernel_case_run(kernel_case *c, const kernel_row *row, const gs_kernels *kernels, const float *scalar) {
    bool bits = scalar && gs_kernel_exactness(kernels, (int)(row - kernel_rows)) == GS_EXACT;
    size_t i = 0;
    memcpy(c->out, c->initial, c->extent * c->element->bytes);
    row->check->call(c, kernels);
    while (i < c->extent && (bits ? same(c, i, scalar) : as_expected(c, i)))
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

void *case_room(kernel_case *c, size_t bytes) {
    size_t floats = (bytes + sizeof(float) - 1) / sizeof(float);
    char *x = (char *)c->memory(c->owner, c->slots++, floats, c->at_end);
    return c->at_end ? x + floats * sizeof(float) - bytes : x;
}

uint16_t *case_input_bf16(kernel_case *c, size_t count) {
    uint16_t *x = case_room(c, count * sizeof *x);
    for (size_t i = 0; i < count; i++) {
        float value = draw(c);
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        x[i] = (uint16_t)(bits >> 16);
    }
    return x;
}

double case_value_bf16(uint16_t x) {
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

void *case_output_of(kernel_case *c, const case_element *element, size_t extent) {
    size_t floats = (extent * element->bytes + sizeof(float) - 1) / sizeof(float);
    c->element = element;
    c->extent = floats * sizeof(float) / element->bytes;
    c->out = c->memory(c->owner, c->slots++, floats, c->at_end);
    for (size_t i = 0; i < c->extent; i++)
        memcpy((char *)c->out + i * element->bytes, &element->canary, element->bytes);
    return c->out;
}

float *case_output(kernel_case *c, size_t extent) {
    return case_output_of(c, &case_f32, extent);
}

void case_fill(kernel_case *c, float *y) {
    for (int l = 0; l < GS_F32_LANES; l++)
        y[l] = draw(c);
}

void case_expect(kernel_case *c, const void *y, double value, double allowed) {
    size_t i = (size_t)((const char *)y - (const char *)c->out) / c->element->bytes;
    c->expected[i] = value;
    c->allowed[i] = allowed;
}

void case_expect_stored(kernel_case *c, ptrdiff_t i, double value, double allowed, const float *inv) {
    const double factor = inv ? (double)*inv : 1;
    double error = allowed;
    if (isfinite(allowed) && isfinite(value))
        value = c->element->stored(value - allowed, value + allowed, factor, &error);
    else if (allowed == 0)
        value = c->element->stored(value, value, factor, &error);
    case_expect(c, (const char *)c->out + i * (ptrdiff_t)c->element->bytes, value, error);
}

float *case_factors(kernel_case *c, const case_element *element, size_t count) {
    float *inv = case_room(c, count * sizeof *inv);
    int doublings = element == &case_i16 ? 16 : 10;
    for (size_t i = 0; i < count; i++)
        inv[i] = (float)(1 << random_below(&c->random, doublings)) * (1 + random_float(&c->random) / 2);
    return inv;
}

double case_as_float(double value) {
    return isinf((double)(float)value) ? (double)(float)value : value;
}

void case_put_doubles(float *y, const double *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        y[2 * i] = (float)values[i];
        y[2 * i + 1] = (float)(values[i] - (double)y[2 * i]);
    }
}

void case_expect_double(kernel_case *c, const float *y, double value) {
    float expected[2];
    case_put_doubles(expected, &value, 1);
    for (int k = 0; k < 2; k++)
        case_expect(c, y + k, (double)expected[k], 0);
}

kernel_work case_plane_work(const gs_kernels *kernels) {
    (void)kernels;
    return (kernel_work){.elements = CASE_PLANE};
}
