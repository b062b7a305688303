#include "quantize/domain.h"

#include <math.h>
#include <string.h>

#include "kernels.h"
#include "model/quant.h"

enum { POINTS = GS_WINOGRAD_MOST + 2, LEAST = GS_WINOGRAD_LEAST };

/* A domain's finite points, whose order is that of positions but for the fifth, which is infinity's; and the largest
 * tile, which has one position less than there are such points. */
typedef struct points {
    int finite, tile;
    double at[POINTS - 1];
} points;
enum { INFINITY_AT = 4 };
#define AT(a, b, c) \
    { a, -a, b, -b, c, -c }
#define AT_OF(...) AT(__VA_ARGS__)
static const points of_domain[GS_QUANT_DOMAINS] = {
    [GS_QUANT_WINOGRAD_F4] = {5, 4, AT_OF(GS_WINOGRAD_POINTS_i8)},
    [GS_QUANT_WINOGRAD_F5] = {6, 5, AT_OF(GS_WINOGRAD_POINTS_i16)},
};

/* ---- Winograd's matrices (simd/winograd.inc) ---- */

/* polynomial *= x - root. */
static void multiply(double *polynomial, int *degree, double root) {
    polynomial[*degree + 1] = 0;
    for (int k = ++*degree; k > 0; k--)
        polynomial[k] = polynomial[k - 1] - root * polynomial[k];
    polynomial[0] *= -root;
}

/* The rows of B^T for tiles of m, at the positions of the largest, of which smaller ones lack the last. */
static void input_rows(const points *of, int m, double rows[POINTS][POINTS]) {
    int own = m + 1; /* finite points */
    const double *point = of->at;
    memset(rows, 0, POINTS * sizeof rows[0]);
    for (int p = 0; p < m + 2; p++) {
        int degree = 0, self = p == INFINITY_AT ? -1 : p - (p > INFINITY_AT);
        rows[p][0] = 1;
        for (int q = 0; q < own; q++)
            if (q != self)
                multiply(rows[p], &degree, point[q]);
        for (int q = own; q < of->finite && self >= 0; q++)
            for (int k = 0; k < POINTS; k++)
                rows[p][k] *= point[self] - point[q];
    }
}

/* The rows of G. */
static void weight_rows(const points *of, double rows[POINTS][3]) {
    const double *point = of->at;
    for (int p = 0; p <= of->finite; p++) {
        int self = p == INFINITY_AT ? 0 : p - (p > INFINITY_AT);
        double f = 1;
        for (int q = 0; q < of->finite; q++)
            if (q != self)
                f *= point[self] - point[q];
        const double t = point[self], powers[3] = {1, t, t * t};
        for (int k = 0; k < 3; k++)
            rows[p][k] = p == INFINITY_AT ? k == 2 : powers[k] / f;
    }
}

/* ---- Inputs ---- */

/* One dimension of a result, cut into tiles as the method cuts it: `larger` of `size` and the others one smaller. */
typedef struct side {
    int tiles, size, larger, padding, input;
} side;

static side side_of(const points *of, const gs_node *node, gs_shape in, int axis) {
    int n = node->shape.d[1 + axis], tiles = (n + of->tile - 1) / of->tile, size = (n + tiles - 1) / tiles;
    return (side){.tiles = tiles,
                  .size = size,
                  .larger = n - tiles * (size - 1),
                  .padding = node->attributes.padding[axis],
                  .input = in.d[1 + axis]};
}

static int tile_size(const side *s, int i) {
    return i < s->larger ? s->size : s->size - 1;
}
static int tile_begin(const side *s, int i) {
    return i < s->larger ? i * s->size : s->larger * s->size + (i - s->larger) * (s->size - 1);
}

bool gs_domain_suits(const gs_node *node, gs_quant_domain domain, gs_shape in) {
    for (int axis = 0; axis < 2 && gs_quant_is_winograd(domain); axis++) {
        side s = side_of(&of_domain[domain], node, in, axis);
        if (tile_size(&s, s.tiles - 1) < LEAST)
            return false;
    }
    return true;
}

/* What the tiles of one image have along an axis. */
static double positions_along(const points *of, const gs_node *node, gs_shape in, int axis) {
    side s = side_of(of, node, in, axis);
    return node->shape.d[1 + axis] + 2.0 * s.tiles;
}

double gs_domain_positions(const gs_node *node, gs_quant_domain domain, gs_shape in) {
    const points *of = &of_domain[domain];
    if (gs_quant_is_winograd(domain))
        return positions_along(of, node, in, 0) * positions_along(of, node, in, 1);
    bool conv = node->op == GS_OP_CONV2D;
    return conv ? (double)node->shape.d[1] * node->shape.d[2] * node->attributes.kernel[0] * node->attributes.kernel[1]
                : (double)gs_shape_size(node->shape) / (double)node->weight->shape[0];
}

typedef float wide[GS_WIDE];

/* The tile's input, zero outside, as columns of vectors of channels. */
static void gather(const float *x, gs_shape in, const int origin[2], int rows, int columns, int lanes,
                   wide d[POINTS][POINTS]) {
    size_t plane = (size_t)in.d[1] * (size_t)in.d[2];
    memset(d, 0, POINTS * sizeof d[0]);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) {
            int h = origin[0] + i, w = origin[1] + j;
            if (h < 0 || h >= in.d[1] || w < 0 || w >= in.d[2])
                continue;
            const float *from = x + (size_t)h * (size_t)in.d[2] + (size_t)w;
            for (int k = 0; k < lanes; k++)
                d[i][j][k] = from[(size_t)k * plane];
        }
}

/* y = sum over k < count of row[k] x[k step]. */
static void combine(const float row[POINTS], size_t count, const wide *x, size_t step, wide y) {
    for (int l = 0; l < GS_WIDE; l++) {
        float sum = 0;
        for (size_t k = 0; k < count; k++)
            sum += row[k] * x[k * step][l];
        y[l] = sum;
    }
}

static void raise(const wide v, float *most) {
    for (int l = 0; l < GS_WIDE; l++) {
        float a = v[l] < 0 ? -v[l] : v[l];
        most[l] = a > most[l] ? a : most[l];
    }
}

static void tile_most(float rows[2][POINTS][POINTS], const int size[2], int columns, wide d[POINTS][POINTS],
                      float *most) {
    wide half[POINTS][POINTS], v;
    for (int i = 0; i < size[0] + 2; i++)
        for (int j = 0; j < size[1] + 2; j++)
            combine(rows[0][i], (size_t)size[0] + 2, &d[0][j], POINTS, half[i][j]);
    for (int i = 0; i < size[0] + 2; i++)
        for (int j = 0; j < size[1] + 2; j++) {
            combine(rows[1][j], (size_t)size[1] + 2, half[i], 1, v);
            raise(v, most + (i * columns + j) * GS_WIDE);
        }
}

static void winograd_most(const points *of, const gs_node *node, gs_shape in, const float *x, int lanes, float *most) {
    double exact[GS_WINOGRAD_MOST + 1][POINTS][POINTS];
    float rows[GS_WINOGRAD_MOST + 1][POINTS][POINTS], of_tile[2][POINTS][POINTS];
    const side s[2] = {side_of(of, node, in, 0), side_of(of, node, in, 1)};
    wide d[POINTS][POINTS];
    for (int m = LEAST; m <= of->tile; m++) {
        input_rows(of, m, exact[m]);
        for (int i = 0; i < POINTS * POINTS; i++)
            rows[m][i / POINTS][i % POINTS] = (float)exact[m][i / POINTS][i % POINTS];
    }
    for (int t = 0; t < s[0].tiles * s[1].tiles; t++) {
        const int at[2] = {t / s[1].tiles, t % s[1].tiles};
        int size[2], origin[2];
        for (int k = 0; k < 2; k++) {
            size[k] = tile_size(&s[k], at[k]);
            origin[k] = tile_begin(&s[k], at[k]) - s[k].padding;
            memcpy(of_tile[k], rows[size[k]], sizeof of_tile[k]);
        }
        gather(x, in, origin, size[0] + 2, size[1] + 2, lanes, d);
        tile_most(of_tile, size, of->tile + 2, d, most);
    }
}

static void direct_most(gs_shape in, const float *x, int lanes, float *most) {
    size_t plane = (size_t)in.d[1] * (size_t)in.d[2];
    for (int k = 0; k < lanes; k++)
        for (size_t i = 0; i < plane; i++)
            if (fabsf(x[(size_t)k * plane + i]) > most[k])
                most[k] = fabsf(x[(size_t)k * plane + i]);
}

void gs_domain_most(const gs_node *node, gs_quant_domain domain, gs_shape in, const float *x, int first, float *most) {
    int lanes = in.d[0] - first < GS_WIDE ? in.d[0] - first : GS_WIDE;
    const float *from = x + (size_t)first * (size_t)in.d[1] * (size_t)in.d[2];
    if (gs_quant_is_winograd(domain))
        winograd_most(&of_domain[domain], node, in, from, lanes, most);
    else
        direct_most(in, from, lanes, most);
}

/* ---- Weights ---- */

/* |U| of one output and input, at all positions. */
static void raise_taps(double rows[POINTS][3], int columns, const float *g, double *most, size_t channels) {
    for (int i = 0; i < columns; i++)
        for (int j = 0; j < columns; j++) {
            double u = 0;
            for (int k = 0; k < 9; k++)
                u += rows[i][k / 3] * rows[j][k % 3] * (double)g[k];
            double *to = &most[(size_t)(i * columns + j) * channels];
            if (fabs(u) > *to)
                *to = fabs(u);
        }
}

void gs_domain_weights(const gs_node *node, gs_quant_domain domain, double *most) {
    const gs_tensor *w = node->weight;
    size_t channels = w->shape[1], taps = w->size / (w->shape[0] * channels);
    double rows[POINTS][3];
    const bool winograd = gs_quant_is_winograd(domain);
    if (winograd)
        weight_rows(&of_domain[domain], rows);
    for (size_t oc = 0; oc < w->shape[0] * channels; oc++) {
        const float *g = w->data + oc * taps;
        size_t c = oc % channels;
        if (winograd)
            raise_taps(rows, of_domain[domain].tile + 2, g, most + c, channels);
        for (size_t t = 0; t < taps && !winograd; t++)
            if (fabs((double)g[t]) > most[c])
                most[c] = fabs((double)g[t]);
    }
}
