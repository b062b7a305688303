/* Quantised networks by their definition (gs_quant). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/effort.h"
#include "support/quantised.h"
#include "support/weights.h"

/* The image's element, or 0 outside. */
static double pixel(const float *x, const int d[3], int c, int row, int column) {
    bool inside = row >= 0 && row < d[1] && column >= 0 && column < d[2];
    return inside ? (double)x[(c * d[1] + row) * d[2] + column] : 0;
}

/* What integers of a type go up to. */
static double most_input(const gs_quant *q) {
    return q->dtype == GS_DTYPE_INT16 ? 16383 : 127;
}

static double whole(double v, double most) {
    return fmax(-most, fmin(most, rint(v)));
}

/* What the weights of an output are multiples of: `most` is the largest of `count`, `total` what they add up to. */
static double unit_of(const gs_quant *q, double most, double total, int count) {
    return q->dtype == GS_DTYPE_INT16 ? fmax(most / 32767, total / (131079 - count / 2.0)) : most / 127;
}

/* A convolution of 3 x 3 taps, stride 2 and padding 1 in the domain of the input. */
static double direct_result(const gs_node *node, const float *x, const int d[3], int band, int o, int row, int column) {
    const gs_quant *q = node->quant;
    const double n = most_input(q);
    double range = (double)q->range->data[band], most = 0, total = 0, unit = 0, sum = 0;
    for (int pass = 0; pass < 2; pass++, unit = unit_of(q, most, total, 9 * d[0]))
        for (int c = 0; c < d[0]; c++)
            for (int t = 0; t < 9; t++) {
                double factor = (double)q->factor->data[c];
                double u = (double)node->weight->data[(o * d[0] + c) * 9 + t] * factor;
                float inv = (float)(n / (range * factor));
                double v = pixel(x, d, c, 2 * row + t / 3 - 1, 2 * column + t % 3 - 1);
                if (pass) {
                    sum += whole(v * (double)inv, n) * whole(u / unit, 32767);
                } else {
                    most = fmax(most, fabs(u));
                    total += fabs(u);
                }
            }
    return sum * (double)(float)(range / n * unit) + (double)node->bias->data[o];
}

/* A classifier of (c, size, size) with the weights of a convolution of 3 x 3 taps, which the caller adds. */
static weights *with_convolution(int c, int size, int out) {
    weights *w = weights_new("classifier", c, size, size);
    weights_inputs(w, true, 0);
    weights_random(w, "w", 4, (size_t[]){(size_t)out, (size_t)c, 3, 3}, 3);
    weights_random(w, "b", 1, (size_t[]){(size_t)out}, 4);
    return w;
}

static void check_direct(gs_dtype dtype) {
    enum { C = 20, SIZE = 9, OUT = 24, RESULT = 5 };
    weights *w = with_convolution(C, SIZE, OUT);
    quantised q;
    weights_node(w, "conv", "conv2d", "['x']", "{'padding': [1, 1], 'stride': [2, 2]}", "{'weight': 'w', 'bias': 'b'}");
    weights_node(w, "scaled", "mul", "['conv', 'sigma']", NULL, NULL);
    weights_node(w, "row", "reshape", "['scaled']", "{'shape': [600]}", NULL);
    weights_node(w, "logits", "slice", "['row']", "{'begin': 0, 'end': 600}", NULL);
    gs_model *model = weights_load(w);
    quantise_as(model, &q, dtype, GS_QUANT_DIRECT);
    gs_plan *plan = plan_of(model, NULL, 1, 0, GS_DTYPE_INT8);
    float *x = random_images(model, 1, 7);
    char line[200];
    assert_true(gs_plan_describe(plan, 1, line, sizeof line));
    assert_non_null(strstr(line, gs_dtype_name(dtype)));
    for (int band = 0; band < 2; band++) {
        double sigma = band ? 2 : 1;
        result r = evaluate(plan, x, sigma, NULL, 1);
        for (int i = 0; i < OUT * RESULT * RESULT; i++) {
            double y = direct_result(&model->node[0], x, (int[]){C, SIZE, SIZE}, band, i / RESULT / RESULT,
                                     i / RESULT % RESULT, i % RESULT);
            if (fabs((double)r.out[0][i] - sigma * y) > 1e-5 * fmax(1, fabs(sigma * y)))
                fail_msg("element %d, band %d: found %.9g, expected %.9g (%s)", i, band, (double)r.out[0][i], sigma * y,
                         line);
        }
        free_result(r);
    }
    free(x);
    gs_plan_free(plan);
    gs_model_free(model);
    free_quantised(&q);
    weights_free(w);
}

static void direct_integers_are_as_defined(void **state) {
    (void)state;
    check_direct(GS_DTYPE_INT8);
    check_direct(GS_DTYPE_INT16);
}

/* Two convolutions, with a ReLU between them whose result is integers in memory, unless something else reads it, too.
 */
static result chain(unsigned seed, bool read_twice, int threads) {
    enum { C = 20, SIZE = 9, OUT = 24 };
    weights *w = weights_new("classifier", C, SIZE, SIZE);
    quantised q;
    weights_inputs(w, true, 0);
    weights_random(w, "w", 4, (size_t[]){OUT, C, 3, 3}, 3);
    weights_random(w, "v", 4, (size_t[]){OUT, OUT, 3, 3}, 4);
    weights_random(w, "b", 1, (size_t[]){OUT}, 5);
    weights_node(w, "one", "conv2d", "['x']", "{'padding': [1, 1], 'stride': [2, 2]}", "{'weight': 'w', 'bias': 'b'}");
    weights_node(w, "relu", "relu", "['one']", NULL, NULL);
    weights_node(w, "two", "conv2d", "['relu']", "{'padding': [2, 2], 'dilation': [2, 2]}",
                 "{'weight': 'v', 'bias': 'b'}");
    if (read_twice) {
        weights_node(w, "zero", "sub", "['relu', 'relu']", NULL, NULL);
        weights_node(w, "same", "add", "['two', 'zero']", NULL, NULL);
    }
    weights_node(w, "scaled", "mul", read_twice ? "['same', 'sigma']" : "['two', 'sigma']", NULL, NULL);
    weights_node(w, "logits", "reshape", "['scaled']", "{'shape': [600]}", NULL);
    gs_model *model = weights_load(w);
    quantise(model, &q, seed);
    gs_plan *plan = plan_of(model, NULL, threads, 0, GS_DTYPE_INT8);
    float *x = random_images(model, 5, 7);
    result r = evaluate(plan, x, 0.5, NULL, 5);
    free(x);
    gs_plan_free(plan);
    gs_model_free(model);
    free_quantised(&q);
    weights_free(w);
    return r;
}

static void integers_may_stay_integers(void **state) {
    (void)state;
    for (unsigned seed = 1; seed <= 8; seed++)
        for (int threads = 1; threads <= 2; threads++) {
            result a = chain(seed, false, threads), b = chain(seed, true, threads);
            for (size_t i = 0; i < 5 * a.size[0]; i++)
                if (a.out[0][i] != b.out[0][i])
                    fail_msg("seed %u, %d threads, element %zu: found %.9g, expected %.9g", seed, threads, i,
                             (double)a.out[0][i], (double)b.out[0][i]);
            free_result(a);
            free_result(b);
        }
}

/* Winograd's matrices for tiles of m = 3, 4 or 5 on the points of integers (simd/winograd.inc). */
typedef struct points {
    int count;
    double at[7];
} points;
static const points of_int8 = {6, {0.625, -0.625, 1.5, -1.5, INFINITY, 0}},
                    of_int16 = {7, {0.375, -0.375, 0.875, -0.875, INFINITY, 2, -2}};

/* Row i of B^T at x^k. */
static double input_row(const points *of, int m, int i, int k) {
    const double *point = of->at;
    double row[7] = {1};
    for (int j = 0; j < of->count; j++) {
        bool own = j < m + 2;
        if (j == i || isinf(point[j]) || (!own && isinf(point[i])))
            continue;
        for (int l = 6; l >= 0; l--)
            row[l] = row[l] * (own ? -point[j] : point[i] - point[j]) + (own && l ? row[l - 1] : 0);
    }
    return row[k];
}

static double weight_row(const points *of, int i, int k) {
    const double *point = of->at;
    double f = 1;
    if (isinf(point[i]))
        return k == 2;
    for (int j = 0; j < of->count; j++)
        f *= j == i || isinf(point[j]) ? 1 : point[i] - point[j];
    return pow(point[i], k) / f;
}

static double output_row(const points *of, int m, int k, int i) {
    return isinf(of->at[i]) ? k == m - 1 : pow(of->at[i], k);
}

/* Result (o, y, x) of the tile of rows x columns whose first result is at (row, column), by position of its transform.
 */
static double tile_result(const gs_node *node, const float *image, const int d[3], int band, int o, const int tile[2],
                          const int at[2], int y, int x) {
    const gs_quant *quant = node->quant;
    const points *of = quant->dtype == GS_DTYPE_INT16 ? &of_int16 : &of_int8;
    const double n = most_input(quant);
    double value = (double)node->bias->data[o];
    for (int p = 0; p < tile[0] + 2; p++)
        for (int q = 0; q < tile[1] + 2; q++) {
            int position = of->count * p + q;
            double range = (double)quant->range->data[band * quant->positions + position];
            double most = 0, total = 0, unit = 0, sum = 0;
            for (int pass = 0; pass < 2; pass++, unit = unit_of(quant, most, total, d[0]))
                for (int c = 0; c < d[0]; c++) {
                    double factor = (double)quant->factor->data[position * d[0] + c], u = 0, v = 0;
                    for (int t = 0; t < 9; t++)
                        u += weight_row(of, p, t / 3) * weight_row(of, q, t % 3) *
                             (double)node->weight->data[(o * d[0] + c) * 9 + t] * factor;
                    for (int r = 0; pass && r < tile[0] + 2; r++)
                        for (int s = 0; s < tile[1] + 2; s++)
                            v += input_row(of, tile[0], p, r) * input_row(of, tile[1], q, s) *
                                 pixel(image, d, c, at[0] + r - 1, at[1] + s - 1);
                    if (pass) {
                        sum += whole(v * (n / (range * factor)), n) * whole(u / unit, 32767);
                    } else {
                        most = fmax(most, fabs(u));
                        total += fabs(u);
                    }
                }
            value += output_row(of, tile[0], y, p) * output_row(of, tile[1], x, q) * sum * range / n * unit;
        }
    return value;
}

/* A value that lies between two integers may be rounded either way: then results differ by what one is worth. */
static void check_transformed(gs_dtype dtype, gs_quant_domain domain, double allowed) {
    enum { C = 16, OUT = 20 };
    const int first = dtype == GS_DTYPE_INT16 ? 5 : 4, size = 2 * first - 1;
    const int elements = OUT * size * size;
    char shape[60];
    weights *w = with_convolution(C, size, OUT);
    quantised q;
    weights_node(w, "conv", "conv2d", "['x']", "{'padding': [1, 1]}", "{'weight': 'w', 'bias': 'b'}");
    weights_node(w, "one", "div", "['sigma', 'sigma']", NULL, NULL);
    weights_node(w, "same", "mul", "['conv', 'one']", NULL, NULL);
    snprintf(shape, sizeof shape, "{'shape': [%d]}", elements);
    weights_node(w, "row", "reshape", "['same']", shape, NULL);
    gs_model *model = weights_load(w);
    quantise_as(model, &q, dtype, domain);
    gs_plan *plan = plan_of(model, NULL, 1, 0, GS_DTYPE_INT8);
    float *x = random_images(model, 1, 7);
    for (int band = 0; band < 2; band++) {
        double largest = 0, worst = 0;
        result r = evaluate(plan, x, band ? 2 : 1, NULL, 1);
        for (int i = 0; i < elements; i += (int)effort_step()) {
            int row = i / size % size, column = i % size;
            int at[2] = {row < first ? 0 : first, column < first ? 0 : first};
            int tile[2] = {first - (at[0] > 0), first - (at[1] > 0)}; /* 9 = 5 + 4, 7 = 4 + 3 */
            double y = tile_result(&model->node[0], x, (int[]){C, size, size}, band, i / size / size, tile, at,
                                   row - at[0], column - at[1]);
            largest = fmax(largest, fabs(y));
            worst = fmax(worst, fabs(y - (double)r.out[0][i]));
        }
        print_message("%s, band %d: %.2g of the largest from the definition\n", gs_dtype_name(dtype), band,
                      worst / largest);
        assert_true(worst < allowed * largest);
        free_result(r);
    }
    free(x);
    gs_plan_free(plan);
    gs_model_free(model);
    free_quantised(&q);
    weights_free(w);
}

static void transformed_integers_are_as_defined(void **state) {
    (void)state;
    check_transformed(GS_DTYPE_INT8, GS_QUANT_WINOGRAD_F4, 0.02);
    check_transformed(GS_DTYPE_INT16, GS_QUANT_WINOGRAD_F5, 0.002);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(direct_integers_are_as_defined),
        cmocka_unit_test(transformed_integers_are_as_defined),
        cmocka_unit_test(integers_may_stay_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
