/* Cases of mac. */
#include "kernels/cases.h"

#include <math.h>

#include "support/random.h"

enum { ROWS = 64, SEGMENTS = 16 };

typedef struct mac_case {
    gs_mac_args args;
    const float *rows[ROWS], *adds[ROWS], *muls[ROWS];
    float *outs[ROWS];
    ptrdiff_t segment[SEGMENTS];
} mac_case;

enum { MAC_SIZES = 40, MAC_MORE = 15 * 9 * 16 };

/* Rows of an image 32 pixels wide, whose channels are one plane, under 3 x 3 taps. */
enum { TAPS = 9, WIDTH = 32 };

static void mac_timed(kernel_case *c) {
    mac_case *m = CASE_ARGS(c, mac_case);
    gs_mac_args *p = &m->args;
    *p = (gs_mac_args){.a = m->rows,
                       .segment = m->segment,
                       .out = m->outs,
                       .w_plane = TAPS * GS_F32_LANES * GS_F32_LANES,
                       .rows = 2 * c->kernels->mac_traits.rows,
                       .segments = TAPS,
                       .length = GS_F32_LANES,
                       .planes = c->kernels->mac_traits.planes};
    p->out_plane = p->rows * GS_F32_LANES;
    const float *image = case_input(c, (size_t)(p->rows + 2 * WIDTH + 2) * GS_F32_LANES);
    p->w = case_input(c, (size_t)(p->planes * p->w_plane));
    float *out = case_output(c, (size_t)(p->planes * p->out_plane));
    for (int r = 0; r < p->rows; r++) {
        m->rows[r] = image + r * GS_F32_LANES;
        m->outs[r] = out + r * GS_F32_LANES;
    }
    for (int t = 0; t < TAPS; t++)
        m->segment[t] = (t / 3 * WIDTH + t % 3) * GS_F32_LANES;
}

/* What the taps reach around the rows counts as read, once per row of taps. */
static kernel_work mac_work(const gs_kernels *k) {
    double rows = 2 * k->mac_traits.rows, outputs = (double)k->mac_traits.planes * GS_F32_LANES,
           terms = TAPS * GS_F32_LANES, in = 3 * (rows + 2) * GS_F32_LANES;
    return (kernel_work){.flops = 2 * rows * terms * outputs, .bytes = sizeof(float) * (in + outputs * (terms + rows))};
}

/* All rows x lengths, with segments, planes and options mixed; then all segments x options for few rows. */
static void mac_prepare(kernel_case *c) {
    mac_case *m = CASE_ARGS(c, mac_case);
    gs_mac_args *p = &m->args;
    int options, i = c->index, many;
    if (c->timed) {
        mac_timed(c);
        return;
    }
    if (i < MAC_SIZES * MAC_SIZES) {
        many = MAC_SIZES;
        p->rows = 1 + i % many;
        p->length = 1 + i / many;
        p->segments = 1 + random_below(&c->random, 9);
        options = random_below(&c->random, 16);
    } else {
        i -= MAC_SIZES * MAC_SIZES;
        many = 15;
        p->rows = 1 + i % many;
        p->segments = 1 + i / many % 9;
        options = i / many / 9;
        p->length = 1 + random_below(&c->random, 20);
    }
    p->planes = 1 + (i + i / many) % 5;
    p->relu = i / 5 % 2;
    bool init = options & 1, in_place = (options & 6) == 6, add = options & 2, mul = options & 8;
    ptrdiff_t pitch = p->length + random_below(&c->random, 3), middle = pitch * (p->segments / 2);
    ptrdiff_t row = pitch * p->segments + random_below(&c->random, 5), out_row = 16 + 16 * random_below(&c->random, 2);
    ptrdiff_t extent = (p->rows - 1) * out_row + 16, gap = 16 * random_below(&c->random, 3);
    const float *a = case_input(c, (size_t)((p->rows - 1) * row + (p->segments - 1) * pitch + p->length));
    p->w_plane = p->segments * p->length * 16 + gap;
    p->w = case_input(c, (size_t)(p->planes * p->w_plane - gap));
    p->init = init ? case_input(c, (size_t)p->planes * 16) : NULL;
    p->out_shift = 16 * random_below(&c->random, 5) - 32;
    p->out_plane = extent + gap;
    p->add_plane = in_place ? p->out_plane : extent;
    p->mul_plane = extent + 16;
    float *out = case_output(c, (size_t)(p->planes * p->out_plane - gap));
    const float *more = in_place ? out : add ? case_input(c, (size_t)(p->planes * p->add_plane)) : NULL;
    const float *factor = mul ? case_input(c, (size_t)(p->planes * p->mul_plane - 16)) : NULL;
    for (int r = 0; r < p->rows; r++) {
        m->rows[r] = a + r * row + middle;
        m->outs[r] = out + r * out_row - p->out_shift;
        m->adds[r] = more ? more + r * out_row : NULL;
        m->muls[r] = mul ? factor + r * out_row : NULL;
        for (int q = 0; in_place && q < p->planes; q++)
            case_fill(c, out + r * out_row + q * p->out_plane);
    }
    for (int s = 0; s < p->segments; s++)
        m->segment[s] = (s * 2 % p->segments + (p->segments % 2 ? 0 : s * 2 / p->segments)) * pitch - middle;
    p->a = m->rows;
    p->out = m->outs;
    p->add = add ? m->adds : NULL;
    p->mul = mul ? m->muls : NULL;
    p->segment = m->segment;
}

static void mac_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->mac(&CASE_ARGS(c, mac_case)->args);
}

static void mac_expect(kernel_case *c) {
    const gs_mac_args *p = &CASE_ARGS(c, mac_case)->args;
    for (int i = 0; i < p->rows * p->planes * 16; i++) {
        int r = i / 16 / p->planes, q = i / 16 % p->planes, l = i % 16;
        const float *w = p->w + q * p->w_plane;
        double sum = p->init ? (double)p->init[16 * q + l] : 0, size = fabs(sum);
        for (int s = 0; s < p->segments; s++)
            for (int k = 0; k < p->length; k++) {
                double term = (double)p->a[r][p->segment[s] + k] *
                              (double)w[gs_mac_at(c->kernels->mac_traits.depth, s * p->length + k, l)];
                sum += term;
                size += fabs(term);
            }
        double add = p->add ? (double)p->add[r][q * p->add_plane + l] : 0;
        double mul = p->mul ? (double)p->mul[r][q * p->mul_plane + l] : 1;
        double value = (sum + add) * mul;
        case_expect(c, p->out[r] + p->out_shift + q * p->out_plane + l, case_as_float(p->relu && value < 0 ? 0 : value),
                    1.01 * (p->segments * p->length + 2) * CASE_ULP * (size + fabs(add)) * fabs(mul));
    }
}

const kernel_check kernel_check_mac = {.cases = MAC_SIZES * MAC_SIZES + MAC_MORE,
                                       .prepare = mac_prepare,
                                       .call = mac_call,
                                       .expect = mac_expect,
                                       .work = mac_work};
