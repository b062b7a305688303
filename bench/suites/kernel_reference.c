#include "suites/kernel_reference.h"

#include <math.h>
#include <string.h>

#include "base/base.h"
#include "random/random.h"

enum { LANES = 16, TILE = 6, BLOCK = 64 };

/* ---- Convolution ---- */

static void reference_mac(const gs_mac_args *p) {
    for (int i = 0; i < p->rows * p->planes * LANES; i++) {
        int row = i / LANES / p->planes, plane = i / LANES % p->planes, lane = i % LANES;
        const float *w = p->w + plane * p->w_plane + lane;
        double sum = 0;
        for (int s = 0; s < p->segments; s++)
            for (int k = 0; k < p->length; k++, w += LANES)
                sum += (double)p->a[row][p->segment[s] + k] * (double)*w;
        p->out[row][plane * p->out_plane + lane] = (float)sum;
    }
}

/* Cook & Toom: a polynomial of degree 5 is determined by its values at five points and its leading coefficient
 * ("infinity").
 */
static const double points[TILE - 1] = {0, 1, -1, 0.5, -2};

/* Row i of B^T: the coefficients of the product of (x - p) over all points but the i-th, or over all. */
static void input_row(int i, double row[TILE]) {
    int degree = 0;
    memset(row, 0, TILE * sizeof *row);
    row[0] = 1;
    for (int k = 0; k < TILE - 1; k++) {
        if (k == i)
            continue;
        for (int j = ++degree; j >= 0; j--)
            row[j] = (j ? row[j - 1] : 0) - points[k] * row[j];
    }
}

/* Row i of A^T: the points' i-th powers. */
static void output_row(int i, double row[TILE]) {
    for (int k = 0; k < TILE - 1; k++)
        row[k] = pow(points[k], i);
    row[TILE - 1] = i == 3;
}

/* u^T D v of lane 0, D(i, j) at d[i row + j column]. */
static double transform(const double *u, const double *v, const float *d, ptrdiff_t row, ptrdiff_t column) {
    double sum = 0;
    for (int i = 0; i < TILE; i++)
        for (int j = 0; j < TILE; j++)
            sum += u[i] * v[j] * (double)d[i * row + j * column];
    return sum;
}

static void reference_winograd_in(const float *x, ptrdiff_t row, float *v, ptrdiff_t step) {
    double b[TILE][TILE];
    for (int i = 0; i < TILE; i++)
        input_row(i, b[i]);
    for (int t = 0; t < TILE * TILE; t++)
        for (int lane = 0; lane < LANES; lane++)
            v[t * step + lane] = (float)transform(b[t / TILE], b[t % TILE], x + lane, row, LANES);
}

static void reference_winograd_out(const gs_winograd_out_args *p) {
    double a[4][TILE];
    for (int i = 0; i < 4; i++)
        output_row(i, a[i]);
    for (int i = 0; i < p->rows; i++)
        for (int j = 0; j < p->columns; j++)
            for (int lane = 0; lane < LANES; lane++)
                p->y[i * p->y_row + j * LANES + lane] =
                    (float)(transform(a[i], a[j], p->m + lane, TILE * p->step, p->step) + (double)p->bias[lane]);
}

/* ---- Planes ---- */

static double sigmoid(double t) {
    return 1 / (1 + exp(-t));
}

static void silu(const gs_affine_args *p, bool slope) {
    for (int i = 0; i < p->rows; i++)
        for (int k = 0; k < p->columns * LANES; k++) {
            double t = (double)p->x[i * p->x_row + k] * (double)p->scale[k % LANES] + (double)p->shift[k % LANES];
            p->y[i * p->y_row + k] = (float)(t * sigmoid(t));
            if (slope)
                p->slope[i * p->slope_row + k] = (float)(sigmoid(t) * (1 + t * sigmoid(-t)));
        }
}

static void reference_affine(const gs_affine_args *p) {
    silu(p, false);
}

static void reference_affine_slope(const gs_affine_args *p) {
    silu(p, true);
}

static void reference_moments(const gs_moments_args *p) {
    for (int lane = 0; lane < LANES; lane++) {
        double sum = 0, square = 0;
        for (int i = 0; i < p->rows; i++)
            for (int j = 0; j < p->columns; j++) {
                double d = (double)p->x[i * p->row + j * LANES + lane] - (double)p->x[lane];
                sum += d;
                square += d * d;
            }
        p->first[lane] = p->x[lane];
        p->sum[lane] = (float)sum;
        p->square[lane] = (float)square;
    }
}

static void reference_products(const gs_products_args *p) {
    for (int lane = 0; lane < LANES; lane++) {
        double sum = 0, product = 0;
        for (int i = 0; i < p->rows; i++)
            for (int j = 0; j < p->columns; j++) {
                double g = (double)p->g[i * p->g_row + j * LANES + lane];
                sum += g;
                product += g * ((double)p->x[i * p->x_row + j * LANES + lane] - (double)p->center[lane]);
            }
        p->sum[lane] = (float)sum;
        p->product[lane] = (float)product;
    }
}

static void reference_blend(const gs_blend_args *p) {
    for (int i = 0; i < p->rows; i++)
        for (int k = 0; k < p->columns * LANES; k++) {
            int lane = k % LANES;
            p->y[i * p->y_row + k] = (float)((double)p->x[i * p->x_row + k] * (double)p->a[lane] +
                                             (double)p->g[i * p->g_row + k] * (double)p->b[lane] + (double)p->c[lane]);
        }
}

static void reference_window(const gs_window_args *p) {
    for (int lane = 0; lane < LANES; lane++) {
        double sum = 0;
        for (int i = 0; i < p->rows; i++)
            for (int j = 0; j < p->columns; j++)
                sum += (double)p->x[i * p->x_row + j * LANES + lane];
        p->y[lane] = (float)(sum * (double)p->scale);
    }
}

static void reference_binary(gs_binary op, const float *a, ptrdiff_t a_step, const float *b, ptrdiff_t b_step, float *y,
                             size_t count) {
    for (size_t i = 0; i < count * LANES; i++) {
        double x = (double)a[(ptrdiff_t)(i / LANES) * a_step + (ptrdiff_t)(i % LANES)],
               z = (double)b[(ptrdiff_t)(i / LANES) * b_step + (ptrdiff_t)(i % LANES)];
        y[i] = op == GS_BINARY_MUL ? (float)(x * z) : NAN;
    }
}

static void reference_axpby(float a, const float *x, float b, float *y, size_t count) {
    for (size_t i = 0; i < count * LANES; i++)
        y[i] = (float)((double)a * (double)x[i] + (double)b * (double)y[i]);
}

/* ---- Random numbers ---- */

static void draw_words(const uint32_t key[2], const uint32_t counter[4], uint32_t first, uint32_t third,
                       uint32_t words[4]) {
    const uint32_t at[4] = {counter[0] + first, counter[1], counter[2] + third, counter[3]};
    gs_random_words(key[0] | (uint64_t)key[1] << 32, at, words);
}

/* ((w >> 9) + shift) 2^-23 */
static double unit(uint32_t w, double shift) {
    return ((w >> 9) + shift) * 0x1p-23;
}

/* Box & Muller of two words: r cos, or with `sine` r sin, of the angle 2 pi (u - 1/2). */
static double normal(const uint32_t w[2], bool sine) {
    const double turn = 6.28318530717958647692;
    double radius = sqrt(-2 * log(unit(w[0], 0.5))), angle = turn * (unit(w[1], 0.5) - 0.5);
    return radius * (sine ? sin(angle) : cos(angle));
}

/* Element i of vector `vector`. */
static double normal_at(const uint32_t key[2], const uint32_t counter[4], uint32_t vector, int i) {
    uint32_t w[4];
    draw_words(key, counter, vector, (uint32_t)(i / BLOCK * LANES + i % LANES), w);
    return normal(w + i / 32 % 2 * 2, i / LANES % 2);
}

static void reference_normals(const gs_normals_args *p) {
    for (int i = 0; i < p->count * BLOCK; i++)
        p->out[i] = (float)normal_at(p->key, p->counter, 0, i);
}

static void reference_norms(const gs_norms_args *p) {
    for (int v = 0; v < p->count; v++) {
        double sum = 0;
        for (int i = 0; i < p->size; i++) {
            double z = normal_at(p->key, p->counter, (uint32_t)v, i);
            p->out[i] = (float)z;
            sum += z * z;
        }
        p->square[v] = (float)sum;
    }
}

/* A bound may be up to 1e-5 above, so the middle is expected. */
static void reference_exponentials(const gs_exponentials_args *p) {
    for (int i = 0; i < p->count; i++) {
        uint32_t w[4];
        draw_words(p->key, p->counter, (uint32_t)i, 0, w);
        double exact = -log(unit(w[3], 0)) * (double)p->scale;
        p->out[i] = (float)(exact + 5e-6 * (exact + (double)p->scale));
    }
}

static void reference_radii(const gs_radii_args *p) {
    const double d = (double)p->d, c = (double)p->c, s = c / 1000;
    for (int i = 0; i < p->count; i++) {
        uint32_t w[4];
        draw_words(p->key, p->counter, (uint32_t)i, 0, w);
        double y = c * normal(w, false), size = fabs(y) + s;
        double gamma = 0.9999 * (1 - unit(w[2], 1)) * (1 - size) - 0.7501 * d * pow(size, 4);
        double rejection = 0.9999 * (double)p->h * pow(1 + y - s, 3) + log(unit(w[3], 0));
        p->out[i] = (float)fmin(fmin(gamma, rejection), unit(w[0], 0.5) - 0x1p-15);
    }
}

/* ---- The table ---- */

gs_kernels bench_reference_kernels(void) {
    const gs_kernels *scalar = gs_kernels_find("scalar");
    return (gs_kernels){
        .isa = "reference",
        .mac_traits = scalar->mac_traits,
#define GS_KERNEL(name, type, family, exactness, result, parameters, what) .name = reference_##name,
#include "kernels.def"
#undef GS_KERNEL
    };
}

double bench_reference_tolerance(const char *kernel) {
    return strcmp(kernel, "radii") ? 1e-5 : 1e-4; /* whose sums of large terms of either sign kernels.h bounds so */
}
