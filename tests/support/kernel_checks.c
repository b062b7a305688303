#include "support/kernel_checks.h"

#include <math.h>
#include <string.h>

#include "support/guard.h"
#include "support/random.h"

static const uint32_t canary_bits = 0x7fedcba9U; /* a quiet NaN */
static const double ulp = 0x1p-24;               /* relative error of one rounding */

float canary(void) {
    float x;
    memcpy(&x, &canary_bits, sizeof x);
    return x;
}

bool is_canary(float x) {
    return !memcmp(&x, &canary_bits, sizeof x);
}

/* ---- Inputs and outputs ---- */

static float draw(kernel_case *c) {
    static const float special[] = {INFINITY, -INFINITY, NAN, -0.0F, 1e15F, -1e15F};
    if (c->specials && random_below(&c->random, 23) == 0)
        return special[random_below(&c->random, 6)];
    return random_float(&c->random);
}

float *case_input(kernel_case *c, size_t count) {
    float *x = guard_floats(c->slots++, count, c->at_end);
    for (size_t i = 0; i < count; i++)
        x[i] = draw(c);
    return x;
}

float *case_output(kernel_case *c, size_t extent) {
    c->extent = extent;
    c->out = guard_floats(c->slots++, extent, c->at_end);
    for (size_t i = 0; i < extent; i++)
        c->out[i] = canary();
    return c->out;
}

void case_fill(kernel_case *c, float *y) {
    for (int l = 0; l < 16; l++)
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

/* ---- mac ---- */

enum { MAC_SIZES = 40, MAC_MORE = 15 * 9 * 16 };

/* All rows x lengths, with segments and options mixed; then all segments x options for few rows. */
static void mac_prepare(kernel_case *c) {
    gs_mac_args *p = &c->mac;
    int options, i = c->index;
    if (i < MAC_SIZES * MAC_SIZES) {
        p->rows = 1 + i % MAC_SIZES;
        p->length = 1 + i / MAC_SIZES;
        p->segments = 1 + random_below(&c->random, 9);
        options = random_below(&c->random, 16);
    } else {
        i -= MAC_SIZES * MAC_SIZES;
        p->rows = 1 + i % 15;
        p->segments = 1 + i / 15 % 9;
        options = i / 15 / 9;
        p->length = 1 + random_below(&c->random, 20);
    }
    p->planes = 1 + i % 5;
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
        c->rows[r] = a + r * row + middle;
        c->outs[r] = out + r * out_row - p->out_shift;
        c->adds[r] = more ? more + r * out_row : NULL;
        c->muls[r] = mul ? factor + r * out_row : NULL;
        for (int q = 0; in_place && q < p->planes; q++)
            case_fill(c, out + r * out_row + q * p->out_plane);
    }
    for (int s = 0; s < p->segments; s++)
        c->segment[s] = (s * 2 % p->segments + (p->segments % 2 ? 0 : s * 2 / p->segments)) * pitch - middle;
    p->a = c->rows;
    p->out = c->outs;
    p->add = add ? c->adds : NULL;
    p->mul = mul ? c->muls : NULL;
    p->segment = c->segment;
}

static void mac_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->mac(&c->mac);
}

static void mac_expect(kernel_case *c) {
    const gs_mac_args *p = &c->mac;
    for (int i = 0; i < p->rows * p->planes * 16; i++) {
        int r = i / 16 / p->planes, q = i / 16 % p->planes, l = i % 16;
        const float *w = p->w + q * p->w_plane + l;
        double sum = p->init ? (double)p->init[16 * q + l] : 0, size = fabs(sum);
        for (int s = 0; s < p->segments; s++)
            for (int k = 0; k < p->length; k++, w += 16) {
                double term = (double)p->a[r][p->segment[s] + k] * (double)*w;
                sum += term;
                size += fabs(term);
            }
        double add = p->add ? (double)p->add[r][q * p->add_plane + l] : 0;
        double mul = p->mul ? (double)p->mul[r][q * p->mul_plane + l] : 1;
        case_expect(c, p->out[r] + p->out_shift + q * p->out_plane + l, case_as_float((sum + add) * mul),
                    1.01 * (p->segments * p->length + 2) * ulp * (size + fabs(add)) * fabs(mul));
    }
}

/* ---- Winograd's transforms ---- */

static const double matrix_b[6][6] = {{1, -1.5, -2, 1.5, 1, 0}, {0, -1, 0.5, 2.5, 1, 0},  {0, 1, -2.5, 0.5, 1, 0},
                                      {0, -2, -1, 2, 1, 0},     {0, 0.5, -1, -0.5, 1, 0}, {0, 1, -1.5, -2, 1.5, 1}};
static const double matrix_a[4][6] = {
    {1, 1, 1, 1, 1, 0}, {0, 1, -1, 0.5, -2, 0}, {0, 1, 1, 0.25, 4, 0}, {0, 1, -1, 0.125, -8, 1}};

/* Element (i, j) of M d M^T for a matrix of six columns, d(r, s) = d[r * row + s * column]; *size with absolute values.
 */
static double transformed(const double m[][6], int i, int j, const float *d, ptrdiff_t row, ptrdiff_t column,
                          double *size) {
    double sum = 0;
    *size = 0;
    for (int r = 0; r < 6; r++)
        for (int s = 0; s < 6; s++) {
            if (m[i][r] == 0 || m[j][s] == 0)
                continue;
            double term = m[i][r] * m[j][s] * (double)d[r * row + s * column];
            sum += term;
            *size += fabs(term);
        }
    return sum;
}

/* In the kernel infinities and NaN spread further than in the formula, so the bounds hold only for finite inputs. */
static void winograd_in_prepare(kernel_case *c) {
    c->step[0] = 96 + 16 * random_below(&c->random, 4) + random_below(&c->random, 2);
    c->step[1] = 16 + random_below(&c->random, 3) * 8;
    c->x = case_input(c, (size_t)(5 * c->step[0] + 96));
    case_output(c, (size_t)(35 * c->step[1] + 16));
}

static void winograd_in_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->winograd_in(c->x, c->step[0], c->out, c->step[1]);
}

static void winograd_in_expect(kernel_case *c) {
    for (int t = 0; t < 36; t++)
        for (int l = 0; l < 16; l++) {
            double size, value = transformed(matrix_b, t / 6, t % 6, c->x + l, c->step[0], 16, &size);
            case_expect(c, c->out + t * c->step[1] + l, value, c->specials ? INFINITY : 6 * ulp * size);
        }
}

static void winograd_out_prepare(kernel_case *c) {
    gs_winograd_out_args *p = &c->winograd_out;
    int add = c->index / 16 % 3; /* none, apart, in place */
    bool mul = c->index / 48 % 2;
    p->rows = 1 + c->index % 4;
    p->columns = 1 + c->index / 4 % 4;
    p->step = 16 + random_below(&c->random, 3) * 8;
    p->y_row = p->columns * 16 + 16 * random_below(&c->random, 3);
    p->add_row = add == 2 ? p->y_row : p->columns * 16 + 16 * random_below(&c->random, 3);
    p->m = case_input(c, (size_t)(35 * p->step + 16));
    p->bias = case_input(c, 16);
    p->y = case_output(c, (size_t)((p->rows - 1) * p->y_row + p->columns * 16));
    p->mul_row = p->columns * 16 + 16 * random_below(&c->random, 3);
    p->mul = mul ? case_input(c, (size_t)((p->rows - 1) * p->mul_row + p->columns * 16)) : NULL;
    p->add = add == 0 ? NULL : add == 2 ? p->y : case_input(c, (size_t)((p->rows - 1) * p->add_row + p->columns * 16));
    for (int i = 0; add == 2 && i < p->rows * p->columns; i++)
        case_fill(c, p->y + i / p->columns * p->y_row + i % p->columns * 16);
}

static void winograd_out_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->winograd_out(&c->winograd_out);
}

static void winograd_out_expect(kernel_case *c) {
    const gs_winograd_out_args *p = &c->winograd_out;
    for (int i = 0; i < p->rows; i++)
        for (int j = 0; j < p->columns; j++)
            for (int l = 0; l < 16; l++) {
                double size, value = transformed(matrix_a, i, j, p->m + l, 6 * p->step, p->step, &size);
                double add = p->add ? (double)p->add[i * p->add_row + j * 16 + l] : 0, bias = (double)p->bias[l];
                double mul = p->mul ? (double)p->mul[i * p->mul_row + j * 16 + l] : 1;
                case_expect(c, p->y + i * p->y_row + j * 16 + l, (value + bias + add) * mul,
                            c->specials ? INFINITY : 9 * ulp * (size + fabs(bias) + fabs(add)) * fabs(mul));
            }
}

/* ---- affine ---- */

void affine_prepare(kernel_case *c) {
    gs_affine_args *p = &c->affine;
    p->activation = (gs_activation)(c->index % GS_ACT_COUNT);
    int size = c->index / GS_ACT_COUNT;
    bool in_place = size % 3 == 2;
    p->rows = 1 + size % 4;
    p->columns = 1 + size / 4 % 10;
    p->y_row = p->columns * 16 + 16 * random_below(&c->random, 2);
    p->x_row = in_place ? p->y_row : p->columns * 16 + random_below(&c->random, 20);
    p->parameter = 0.3F;
    float *scale = case_input(c, 16);
    p->shift = case_input(c, 16);
    for (int l = 0; l < 16; l++)
        scale[l] *= (float)(1 << c->index % 8);
    p->scale = scale;
    p->y = case_output(c, (size_t)((p->rows - 1) * p->y_row + p->columns * 16));
    p->x = in_place ? p->y : case_input(c, (size_t)((p->rows - 1) * p->x_row + p->columns * 16));
    for (int i = 0; in_place && i < p->rows * p->columns; i++)
        case_fill(c, p->y + i / p->columns * p->y_row + i % p->columns * 16);
}

void affine_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->affine(&c->affine);
}

void affine_expect(kernel_case *c) {
    const gs_affine_args *p = &c->affine;
    for (int i = 0; i < p->rows; i++)
        for (int j = 0; j < p->columns * 16; j++) {
            double t = (double)fmaf(p->x[i * p->x_row + j], p->scale[j % 16], p->shift[j % 16]);
            double exact = activation_exact(p->activation, t, (double)p->parameter);
            case_expect(c, p->y + i * p->y_row + j, exact,
                        activation_allowed(p->activation, t, exact, (double)p->parameter));
        }
}

/* ---- moments, binary, axpby ---- */

enum { MOMENTS_GAP = 24 };

static void moments_prepare(kernel_case *c) {
    gs_moments_args *p = &c->moments;
    p->rows = 1 + c->index % 9;
    p->columns = 1 + c->index / 9 % 9;
    p->row = p->columns * 16 + random_below(&c->random, 3) * 8;
    float *x = case_input(c, (size_t)((p->rows - 1) * p->row + p->columns * 16));
    float mean = c->index % 2 ? 100 : 0;
    for (int i = 0; i < (p->rows - 1) * p->row + p->columns * 16; i++)
        x[i] += mean;
    p->x = x;
    p->first = case_output(c, 2 * MOMENTS_GAP + 16);
    p->sum = p->first + MOMENTS_GAP;
    p->square = p->sum + MOMENTS_GAP;
}

static void moments_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->moments(&c->moments);
}

static void moments_expect(kernel_case *c) {
    const gs_moments_args *p = &c->moments;
    for (int l = 0; l < 16; l++) {
        double first = (double)p->x[l], sum = 0, square = 0, size = 0, n = p->rows * p->columns;
        for (int i = 0; i < p->rows; i++)
            for (int j = 0; j < p->columns; j++) {
                double d = (double)p->x[i * p->row + j * 16 + l] - first;
                sum += d;
                size += fabs(d);
                square += d * d;
            }
        case_expect(c, p->first + l, first, 0);
        case_expect(c, p->sum + l, sum, 1.01 * (n + 1) * ulp * size);
        case_expect(c, p->square + l, square, 1.01 * (n + 3) * ulp * square);
    }
}

static void binary_prepare(kernel_case *c) {
    int options = c->index / GS_BINARY_COUNT % 4;
    c->binary = (gs_binary)(c->index % GS_BINARY_COUNT);
    c->count = (size_t)(1 + c->index / (4 * GS_BINARY_COUNT));
    for (int i = 0; i < 2; i++)
        c->step[i] = options >> i & 1 ? 16 : 0;
    c->x = case_input(c, c->step[0] ? c->count * 16 : 16);
    c->y = case_input(c, c->step[1] ? c->count * 16 : 16);
    case_output(c, c->count * 16);
}

static void binary_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->binary(c->binary, c->x, c->step[0], c->y, c->step[1], c->out, c->count);
}

static void binary_expect(kernel_case *c) {
    for (size_t i = 0; i < c->count * 16; i++) {
        double x = (double)c->x[(ptrdiff_t)(i / 16) * c->step[0] + (ptrdiff_t)(i % 16)],
               y = (double)c->y[(ptrdiff_t)(i / 16) * c->step[1] + (ptrdiff_t)(i % 16)];
        double value = c->binary == GS_BINARY_ADD   ? x + y
                       : c->binary == GS_BINARY_SUB ? x - y
                       : c->binary == GS_BINARY_MUL ? x * y
                                                    : x / y;
        case_expect(c, c->out + i, (double)(float)value, 0);
    }
}

/* In every third case b is 0; y then holds canaries, which are NaN. */
static void axpby_prepare(kernel_case *c) {
    c->count = (size_t)(1 + c->index / 3);
    c->a = random_float(&c->random);
    c->b = c->index % 3 ? random_float(&c->random) : 0;
    c->x = case_input(c, c->count * 16);
    case_output(c, c->count * 16);
    for (size_t i = 0; c->b != 0 && i < c->count; i++)
        case_fill(c, c->out + i * 16);
}

static void axpby_call(const kernel_case *c, const gs_kernels *kernels) {
    kernels->axpby(c->a, c->x, c->b, c->out, c->count);
}

static void axpby_expect(kernel_case *c) {
    for (size_t i = 0; i < c->count * 16; i++) {
        float value = c->b == 0 ? c->a * c->x[i] : fmaf(c->a, c->x[i], c->b * c->out[i]);
        case_expect(c, c->out + i, (double)value, 0);
    }
}

#define CHECK(name, cases, bench) \
    { #name, cases, bench, name##_prepare, name##_call, name##_expect }
const kernel_check kernel_checks[] = {
    CHECK(mac, MAC_SIZES *MAC_SIZES + MAC_MORE, MAC_SIZES *MAC_SIZES - 5),
    CHECK(winograd_in, 40, 0),
    CHECK(winograd_out, 16 * 3 * 2 * 2, 15),
    CHECK(affine, GS_ACT_COUNT * 40 * 3, GS_ACT_COUNT * 39 + GS_ACT_SILU),
    CHECK(affine_slope, GS_ACT_COUNT * 40 * 3, GS_ACT_COUNT * 36 + GS_ACT_SILU),
    CHECK(moments, 9 * 9 * 2, 80),
    CHECK(products, 9 * 9 * 2, 80),
    CHECK(blend, 4 * 10 * 3, 39),
    CHECK(window, GS_WINDOW_COUNT * 7 * 7 * 3, GS_WINDOW_COUNT * 16 + GS_WINDOW_TOP),
    CHECK(binary, GS_BINARY_COUNT * 4 * 9, GS_BINARY_COUNT * 4 * 8 + 12),
    CHECK(axpby, 3 * 17, 49),
    CHECK(normals, 17 * 5, 16),
    CHECK(norms, 600, 111),
    CHECK(exponentials, 7 * 5, 4),
    CHECK(radii, 5 * 9, 4),
};
const int kernel_checks_count = sizeof kernel_checks / sizeof *kernel_checks;
