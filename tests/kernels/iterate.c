/* Cases of dot products in registers. */
#include "kernels/cases.h"

#include <math.h>

#include "support/random.h"

enum { TIMED_STEPS = 64, WORD_MOST = 2047 };

typedef struct iterate_args {
    int count;
    const void *x, *w;
    long steps;
} iterate_args;

static void prepare(kernel_case *c, const gs_mac_traits *traits) {
    iterate_args *p = CASE_ARGS(c, iterate_args);
    p->count = c->timed ? traits->rows * traits->planes : 1 + c->index % 27;
    p->steps = c->timed ? TIMED_STEPS : c->index / 27;
    case_output(c, (size_t)p->count * GS_F32_LANES);
}

/* Inputs of 1 ... 255 and weights of -127 ... 127: the same bits, but neither 0 nor 128. */
static void *random_bytes(kernel_case *c, size_t count) {
    uint8_t *x = case_room(c, count);
    for (size_t i = 0; i < count; i++)
        x[i] = (uint8_t)(random_below(&c->random, 127) + 1 + 128 * random_below(&c->random, 2));
    return x;
}

static double offset_from_128(uint8_t x) {
    return x - 128;
}

/* -2047 ... 2047, of which the products of all steps stay within 32 bits. */
static int16_t *random_words(kernel_case *c, size_t count) {
    int16_t *x = case_room(c, count * sizeof *x);
    for (size_t i = 0; i < count; i++)
        x[i] = (int16_t)(random_below(&c->random, 2 * WORD_MOST + 1) - WORD_MOST);
    return x;
}

/* `step` is what a step adds to a lane, and `size` the sum of the absolute values. */
static void expect(kernel_case *c, int lane, double step, double size, int roundings) {
    const iterate_args *p = CASE_ARGS(c, iterate_args);
    const double n = (double)p->steps;
    for (int i = 0; i < p->count; i++)
        case_expect(c, c->out + i * GS_F32_LANES + lane, n > 0 ? n * step : 0,
                    n > 0 ? 1.01 * n * roundings * CASE_ULP * n * size : 0);
}

static kernel_work work(const gs_mac_traits *traits) {
    return (kernel_work){.flops = 2.0 * TIMED_STEPS * traits->depth * GS_F32_LANES * traits->rows * traits->planes};
}

#define ITERATE(type, draw_input, draw_weight, value_of_input, value_of_weight, roundings)              \
    static void type##_prepare(kernel_case *c) {                                                        \
        const gs_mac_traits *traits = &c->kernels->GS_MEMBER(mac_traits, type);                         \
        CASE_ARGS(c, iterate_args)->x = draw_input(c, (size_t)traits->depth);                           \
        CASE_ARGS(c, iterate_args)->w = draw_weight(c, (size_t)traits->depth * GS_F32_LANES);           \
        prepare(c, traits);                                                                             \
    }                                                                                                   \
    static void type##_call(const kernel_case *c, const gs_kernels *kernels) {                          \
        const iterate_args *p = CASE_ARGS(c, iterate_args);                                             \
        kernels->GS_MEMBER(iterate, type)(c->out, p->count, p->x, p->w, p->steps);                      \
    }                                                                                                   \
    static void type##_expect(kernel_case *c) {                                                         \
        const gs_##type##_input *x = CASE_ARGS(c, iterate_args)->x;                                     \
        const gs_##type##_weight *w = CASE_ARGS(c, iterate_args)->w;                                    \
        for (int l = 0, depth = c->kernels->GS_MEMBER(mac_traits, type).depth; l < GS_F32_LANES; l++) { \
            double step = 0, size = 0;                                                                  \
            for (int k = 0; k < depth; k++) {                                                           \
                double term = value_of_input(x[k]) * value_of_weight(w[gs_mac_at(depth, k, l)]);        \
                step += term;                                                                           \
                size += fabs(term);                                                                     \
            }                                                                                           \
            expect(c, l, step, size, (roundings)*depth);                                                \
        }                                                                                               \
    }                                                                                                   \
    static kernel_work type##_work(const gs_kernels *k) {                                               \
        return work(&k->GS_MEMBER(mac_traits, type));                                                   \
    }                                                                                                   \
    const kernel_check GS_MEMBER(kernel_check_iterate, type) = {.cases = 27 * 5,                        \
                                                                .prepare = type##_prepare,              \
                                                                .call = type##_call,                    \
                                                                .expect = type##_expect,                \
                                                                .work = type##_work};
ITERATE(f32, case_input, case_input, (double), (double), 1)
ITERATE(i8, random_bytes, random_bytes, offset_from_128, (double), 1)
ITERATE(i16, random_words, random_words, (double), (double), 1)
ITERATE(bf16, case_input_bf16, case_input_bf16, case_value_bf16, case_value_bf16, 2)
ITERATE(bf16_exact, case_input_bf16, case_input_bf16, case_value_bf16, case_value_bf16, 1)
