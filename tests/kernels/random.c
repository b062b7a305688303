/* Cases of the kernels that draw random numbers. */
#include "kernels/cases.h"

#include <math.h>
#include <string.h>

#include "support/random.h"

static void draw_key(kernel_case *c, uint32_t key[2], uint32_t counter[4]) {
    for (int i = 0; i < 4; i++)
        counter[i] = (uint32_t)random_next(&c->random);
    key[0] = (uint32_t)random_next(&c->random);
    key[1] = (uint32_t)random_next(&c->random);
}

static int normals_of(const gs_normals_args *p) {
    return p->count * 64 - (p->vectors ? 64 - 16 * p->vectors : 0);
}

static void normals_prepare(kernel_case *c) {
    gs_normals_args *p = CASE_ARGS(c, gs_normals_args);
    *p = (gs_normals_args){.count = c->timed ? CASE_PLANE / GS_NORMALS_BLOCK : 1 + c->index % 17,
                           .vectors = c->timed ? 0 : c->index / 17 % 4};
    draw_key(c, p->key, p->counter);
    if (c->index % 5 == 0 && !c->timed)
        p->counter[2] = 0xfffffff8U; /* the position wraps */
    p->out = case_output(c, (size_t)normals_of(p));
}

static void normals_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->normals(CASE_ARGS(c, gs_normals_args));
}

/* (w >> 9) + shift in units of 2^-23. */
static double unit(uint32_t w, double shift) {
    return ((w >> 9) + shift) * 0x1p-23;
}

/* Element i of the normals of a counter, and the radius to which its error is proportional. */
static double normal_at(const uint32_t key[2], const uint32_t counter[4], int i, double *radius) {
    const double turn = 6.28318530717958647692;
    const uint32_t position = (uint32_t)(i / 64 * 16 + i % 16);
    const uint32_t at[4] = {counter[0], counter[1], counter[2] + position, counter[3]};
    uint32_t w[4];
    philox_words(at, key, w);
    int pair = i / 32 % 2;
    double angle = turn * (unit(w[2 * pair + 1], 0.5) - 0.5);
    *radius = sqrt(-2 * log(unit(w[2 * pair], 0.5)));
    return *radius * (i / 16 % 2 ? sin(angle) : cos(angle));
}

static void normals_expect(kernel_case *c) {
    const gs_normals_args *p = CASE_ARGS(c, gs_normals_args);
    for (int i = 0; i < normals_of(p); i++) {
        double radius, value = normal_at(p->key, p->counter, i, &radius);
        case_expect(c, p->out + i, value, 1e-6 * radius);
    }
}

const kernel_check kernel_check_normals = {.cases = 17 * 5,
                                           .prepare = normals_prepare,
                                           .call = normals_call,
                                           .expect = normals_expect,
                                           .work = case_plane_work};

/* Up to two blocks of 64 elements and a part of a third, of counters that have nothing in common. */
enum { COUNTS16 = 150 };

typedef struct normals16_args {
    gs_counters16 counters;
    size_t count;
} normals16_args;

static void draw_counters16(kernel_case *c, gs_counters16 *p) {
    uint32_t counter[4];
    for (int l = 0; l < 16; l++) {
        draw_key(c, p->key, counter);
        p->first[l] = counter[0];
        p->last[l] = counter[3];
    }
    p->step = counter[1];
    p->position = c->index % 5 == 0 && !c->timed ? 0xfffffff8U : counter[2]; /* the position wraps */
}

static void counter_of(const gs_counters16 *p, int l, uint32_t counter[4]) {
    const uint32_t all[4] = {p->first[l], p->step, p->position, p->last[l]};
    memcpy(counter, all, sizeof all);
}

static void normals16_prepare(kernel_case *c) {
    normals16_args *p = CASE_ARGS(c, normals16_args);
    p->count = c->timed ? CASE_PLANE / 16 : (size_t)(1 + c->index);
    draw_counters16(c, &p->counters);
    case_output(c, 16 * p->count);
}

static void normals16_call(const kernel_case *c, const gs_kernels *kernels) {
    const normals16_args *p = CASE_ARGS(c, normals16_args);
    kernels->normals16(&p->counters, p->count, c->out);
}

static void normals16_expect(kernel_case *c) {
    const normals16_args *p = CASE_ARGS(c, normals16_args);
    for (int i = 0; i < (int)p->count * 16; i++) {
        uint32_t counter[4];
        counter_of(&p->counters, i % 16, counter);
        double radius, value = normal_at(p->counters.key, counter, i / 16, &radius);
        case_expect(c, c->out + i, value, 1e-6 * radius);
    }
}

const kernel_check kernel_check_normals16 = {.cases = COUNTS16,
                                             .prepare = normals16_prepare,
                                             .call = normals16_call,
                                             .expect = normals16_expect,
                                             .work = case_plane_work};

static void uniforms16_prepare(kernel_case *c) {
    draw_counters16(c, CASE_ARGS(c, gs_counters16));
    case_output(c, 2 * 2 * 16);
}

static void uniforms16_call(const kernel_case *c, const gs_kernels *kernels) {
    double uniform[2 * 16];
    kernels->uniforms16(CASE_ARGS(c, gs_counters16), uniform);
    case_put_doubles(c->out, uniform, 2 * 16);
}

static void uniforms16_expect(kernel_case *c) {
    const gs_counters16 *p = CASE_ARGS(c, gs_counters16);
    for (int i = 0; i < 2 * 16; i++) {
        uint32_t counter[4], w[4];
        counter_of(p, i % 16, counter);
        philox_words(counter, p->key, w);
        case_expect_double(c, c->out + 2 * i, (w[i / 16] + 0.5) * 0x1p-32);
    }
}

static kernel_work uniforms16_work(const gs_kernels *kernels) {
    (void)kernels;
    return (kernel_work){.elements = 2 * 16};
}

const kernel_check kernel_check_uniforms16 = {.cases = 50,
                                              .prepare = uniforms16_prepare,
                                              .call = uniforms16_call,
                                              .expect = uniforms16_expect,
                                              .work = uniforms16_work};

/* ---- Rejection sampling ---- */

/* Up to 3 vectors of 1 ... 200 elements, in every second case with bounds that some exceed before their end. The
 * squares come first in the output, then the last vector. */
static void norms_prepare(kernel_case *c) {
    static const float part[] = {0.1F, 0.5F, 1, 3};
    gs_norms_args *p = CASE_ARGS(c, gs_norms_args);
    *p = (gs_norms_args){.count = 1 + c->index % 3, .size = 1 + c->index * 7 % 200};
    if (c->timed)
        *p = (gs_norms_args){.count = 4, .size = CASE_PLANE / 4};
    draw_key(c, p->key, p->counter);
    p->counter[0] &= 0x7fffffffU;
    if (c->index % 2 && !c->timed) {
        float *bound = case_input(c, (size_t)p->count);
        for (int i = 0; i < p->count; i++)
            bound[i] = part[(c->index / 2 + i) % 4] * (float)p->size;
        p->bound = bound;
    }
    p->square = case_output(c, (size_t)(p->count + (p->size + 63) / 64 * 64));
    p->out = p->square + p->count;
}

static void norms_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->norms(CASE_ARGS(c, gs_norms_args));
}

static void norms_expect(kernel_case *c) {
    const gs_norms_args *p = CASE_ARGS(c, gs_norms_args);
    for (int i = 0; i < p->count; i++) {
        const uint32_t counter[4] = {p->counter[0] + (uint32_t)i, p->counter[1], p->counter[2], p->counter[3]};
        double sum = 0, error = 0, radius;
        bool last = i == p->count - 1;
        int k = 0, padded = (p->size + 63) / 64 * 64;
        for (; k < padded && !(k % 64 == 0 && k && p->bound && sum > (double)p->bound[i]); k++) {
            double z = normal_at(p->key, counter, k, &radius);
            sum += k < p->size ? z * z : 0;
            error += 2e-6 * radius * radius;
            if (last)
                case_expect(c, p->out + k, z, k < p->size ? 1e-6 * radius : (double)INFINITY);
        }
        for (; last && k < padded; k++) /* as another vector may have left it */
            case_expect(c, p->out + k, 0, (double)INFINITY);
        case_expect(c, p->square + i, sum, error + 100 * CASE_ULP * sum);
    }
}

static void exponentials_prepare(kernel_case *c) {
    gs_exponentials_args *p = CASE_ARGS(c, gs_exponentials_args);
    *p = (gs_exponentials_args){.count = c->timed ? CASE_PLANE : 16 * (1 + c->index % 5), .scale = 1};
    if (!c->timed)
        p->scale = c->index % 7 == 6 ? INFINITY : expf(10 * random_float(&c->random));
    draw_key(c, p->key, p->counter);
    p->counter[0] &= 0x7fffffffU;
    p->out = case_output(c, (size_t)p->count);
}

static void exponentials_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->exponentials(CASE_ARGS(c, gs_exponentials_args));
}

static void proposal_words(const uint32_t key[2], const uint32_t counter[4], int i, uint32_t w[4]) {
    const uint32_t at[4] = {counter[0] + (uint32_t)i, counter[1], counter[2], counter[3]};
    philox_words(at, key, w);
}

/* The bound is at most 1e-5 above and never below, so the middle is expected. */
static void exponentials_expect(kernel_case *c) {
    const gs_exponentials_args *p = CASE_ARGS(c, gs_exponentials_args);
    for (int i = 0; i < p->count; i++) {
        uint32_t w[4];
        proposal_words(p->key, p->counter, i, w);
        double exact = -log(unit(w[3], 0)) * (double)p->scale, slack = 5e-6 * (exact + (double)p->scale);
        case_expect(c, p->out + i, isinf(p->scale) ? (double)INFINITY : exact + slack, slack);
    }
}

enum { DIMENSIONS = 784 };

static void radii_prepare(kernel_case *c) {
    gs_radii_args *p = CASE_ARGS(c, gs_radii_args);
    *p = (gs_radii_args){.count = c->timed ? CASE_PLANE : 16 * (1 + c->index % 5)};
    p->d = 0.5F * (float)(c->timed ? DIMENSIONS : 1 + c->index * c->index) - 1 / 3.0F;
    p->c = 1 / sqrtf(9 * p->d);
    p->h = c->timed ? 7.87F : (float)(c->index % 4 * 5); /* of a ratio of 1.01 */
    draw_key(c, p->key, p->counter);
    p->counter[0] &= 0x7fffffffU;
    p->out = case_output(c, (size_t)p->count);
}

static void radii_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->radii(CASE_ARGS(c, gs_radii_args));
}

static void radii_expect(kernel_case *c) {
    const gs_radii_args *p = CASE_ARGS(c, gs_radii_args);
    const double d = (double)p->d, scale = (double)p->c, s = scale / 1000, turn = 6.28318530717958647692;
    for (int i = 0; i < p->count; i++) {
        uint32_t w[4];
        proposal_words(p->key, p->counter, i, w);
        double y = scale * sqrt(-2 * log(unit(w[0], 0.5))) * cos(turn * (unit(w[1], 0.5) - 0.5)), size = fabs(y) + s;
        double gamma = 0.9999 * (1 - unit(w[2], 1)) * (1 - size) - 0.7501 * d * pow(size, 4);
        double reject = 0.9999 * (double)p->h * pow(1 + y - s, 3) + log(unit(w[3], 0));
        double least = fmin(fmin(gamma, reject), unit(w[0], 0.5) - 0x1p-15);
        case_expect(c, p->out + i, least, 1e-4 * (1 + fabs(least)));
    }
}

const kernel_check kernel_check_norms = {
    .cases = 600, .prepare = norms_prepare, .call = norms_call, .expect = norms_expect, .work = case_plane_work};

const kernel_check kernel_check_exponentials = {.cases = 7 * 5,
                                                .prepare = exponentials_prepare,
                                                .call = exponentials_call,
                                                .expect = exponentials_expect,
                                                .work = case_plane_work};

const kernel_check kernel_check_radii = {
    .cases = 5 * 9, .prepare = radii_prepare, .call = radii_call, .expect = radii_expect, .work = case_plane_work};
