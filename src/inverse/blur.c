/* Blurs, which wrap around at the edges: a circular convolution by a kernel that is the same from both sides, along
 * columns and along rows. It is diagonal in the Fourier basis of cosines and sines, A = V diag(s_i s_j) V^T. */
#include <math.h>

#include "base/math64.h"
#include "inverse/operator.h"

/* Products of the basis take n^3 multiply-adds. */
enum { SIDE_MAX = 512 };

/* Below this singular values count as 0: the blur loses these frequencies, and no inverse brings them back. */
static const double least = 1e-4;

static const double tau = 6.283185307179586477;

/* A kernel: its weight at distance d, for d up to `reach`, as yet without a common factor. */
typedef struct kernel {
    double sd; /* of a Gaussian; 0: all weights are equal */
    int reach;
} kernel;

static double weight(const kernel *k, int d) {
    return k->sd > 0 ? gs_exp64(-0.5 * d * d / (k->sd * k->sd)) : 1;
}

/* Vector 0 is constant, 2 f - 1 and 2 f are the cosine and sine of frequency f, and the last alternates if n is even.
 */
static double element(int n, int vector, int i) {
    int f = (vector + 1) / 2;
    double angle = tau * (double)((int64_t)f * i % n) / n, norm = sqrt((f == 0 || 2 * f == n ? 1.0 : 2.0) / n);
    return norm * (vector % 2 || vector == 0 ? gs_cos64(angle) : gs_sin64(angle));
}

static double gain(int n, int vector, const kernel *k) {
    int f = (vector + 1) / 2;
    double sum = weight(k, 0), all = sum;
    for (int d = 1; d <= k->reach; d++) {
        sum += 2 * weight(k, d) * gs_cos64(tau * (double)((int64_t)f * d % n) / n);
        all += 2 * weight(k, d);
    }
    return sum / all;
}

static gs_status set_spectrum(gs_spectrum *s, int n, kernel k, gs_error *error) {
    s->n = n;
    s->basis = gs_alloc((size_t)n * (size_t)n, sizeof *s->basis);
    s->gain = gs_alloc((size_t)n, sizeof *s->gain);
    if (!s->basis || !s->gain)
        return gs_fail_memory(error, "the operator");
    for (int v = 0; v < n; v++) {
        s->gain[v] = gain(n, v, &k);
        for (int i = 0; i < n; i++)
            s->basis[(size_t)v * (size_t)n + (size_t)i] = element(n, v, i);
    }
    return GS_OK;
}

static gs_status set(gs_operator *a, kernel k, gs_error *error) {
    gs_status status = GS_OK;
    for (int i = 0; i < 2 && !status; i++) {
        int n = a->shape[1 + i];
        if (n > SIDE_MAX)
            return gs_operator_fail(a, error, "images of %d x %d pixels: expected sides of at most %d", a->shape[1],
                                    a->shape[2], (int)SIDE_MAX);
        kernel fits = {k.sd, k.sd > 0 && k.reach > (n - 1) / 2 ? (n - 1) / 2 : k.reach};
        status = 2 * fits.reach + 1 > n
                     ? gs_operator_fail(a, error, "width %d: expected at most the image's %d", 2 * fits.reach + 1, n)
                     : set_spectrum(&a->spectrum[i], n, fits, error);
    }
    a->room = 2 * (size_t)a->shape[1] * (size_t)a->shape[2];
    return status;
}

/* ---- Applying ---- */

/* out = B in, or B^T in, of B (n, n) and in (n, m). */
static void multiply(const double *b, bool transpose, int n, const double *in, int m, double *out) {
    for (int i = 0; i < n; i++) {
        double *row = out + (size_t)i * (size_t)m;
        for (int j = 0; j < m; j++)
            row[j] = 0;
        for (int k = 0; k < n; k++) {
            double of = b[transpose ? (size_t)k * (size_t)n + (size_t)i : (size_t)i * (size_t)n + (size_t)k];
            for (int j = 0; j < m; j++)
                row[j] += of * in[(size_t)k * (size_t)m + (size_t)j];
        }
    }
}

/* out = in B^T, or in B, of in (m, n). */
static void multiply_rows(const double *b, bool transpose, int n, const double *in, int m, double *out) {
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            double sum = 0;
            for (int k = 0; k < n; k++)
                sum += in[(size_t)i * (size_t)n + (size_t)k] *
                       b[transpose ? (size_t)k * (size_t)n + (size_t)j : (size_t)j * (size_t)n + (size_t)k];
            out[(size_t)i * (size_t)n + (size_t)j] = sum;
        }
}

/* The singular value s is multiplied by, for A, s, and to solve, s / (s^2 + rho). */
static double factor(double s, bool solves, double rho) {
    if (fabs(s) < least)
        return 0;
    return solves ? s / (s * s + rho) : s;
}

static void filter(const gs_operator *a, const float *from, bool solves, double rho, float *to, double *room) {
    const gs_spectrum *columns = &a->spectrum[0], *rows = &a->spectrum[1];
    int h = columns->n, w = rows->n;
    size_t plane = (size_t)h * (size_t)w;
    double *one = room, *other = room + plane;
    for (int c = 0; c < a->shape[0]; c++, from += plane, to += plane) {
        for (size_t i = 0; i < plane; i++)
            one[i] = (double)from[i];
        multiply(columns->basis, false, h, one, w, other);
        multiply_rows(rows->basis, false, w, other, h, one);
        for (size_t i = 0; i < plane; i++)
            one[i] *= factor(columns->gain[i / (size_t)w] * rows->gain[i % (size_t)w], solves, rho);
        multiply(columns->basis, true, h, one, w, other);
        multiply_rows(rows->basis, true, w, other, h, one);
        for (size_t i = 0; i < plane; i++)
            to[i] = (float)one[i];
    }
}

static void blur(const gs_operator *a, const float *from, float *to, double *room) {
    filter(a, from, false, 0, to, room);
}

static void solve(const gs_operator *a, const float *y, double rho, float *x, double *room) {
    filter(a, y, true, rho, x, room);
}

/* ---- Records ---- */

static gs_status prepare_gaussian(gs_operator *a, gs_error *error) {
    double sd = a->value[0].number;
    if (!(sd >= 0.1 && sd <= 100))
        return gs_operator_fail(a, error, "found '%s', expected a standard deviation of 0.1 ... 100 pixels",
                                a->value[0].word);
    return set(a, (kernel){sd, (int)ceil(4 * sd)}, error);
}

static gs_status prepare_box(gs_operator *a, gs_error *error) {
    int width = 0;
    gs_status status = gs_operator_whole(a, 0, 1, SIDE_MAX - 1, &width, error);
    if (!status && width % 2 == 0)
        status = gs_operator_fail(a, error, "width %d: expected an odd number", width);
    return status ? status : set(a, (kernel){0, width / 2}, error);
}

const gs_operator_row gs_operator_blur = {
    {.name = "blur",
     .parameters = "SD",
     .help = "a Gaussian blur of standard deviation SD pixels, which wraps around at the edges"},
    .parameters = {1, 1},
    .prepare = prepare_gaussian,
    .apply = blur,
    .adjoint = blur,
    .solve = solve};

const gs_operator_row gs_operator_box = {
    {.name = "box",
     .parameters = "WIDTH",
     .help = "averages of WIDTH x WIDTH pixels around each, WIDTH odd, which wrap around at the edges"},
    .parameters = {1, 1},
    .prepare = prepare_box,
    .apply = blur,
    .adjoint = blur,
    .solve = solve};
