/* Operators that average: the pixels of a square, for super-resolution, and the channels of a pixel. All their singular
 * values are equal, A A^T = square I. */
#include "inverse/operator.h"

/* ---- Pixels ---- */

static gs_status prepare_pool(gs_operator *a, gs_error *error) {
    int h = a->shape[1], w = a->shape[2];
    gs_status status = gs_operator_whole(a, 0, 1, h < w ? h : w, &a->factor, error);
    if (status)
        return status;
    if (h % a->factor || w % a->factor)
        return gs_operator_fail(a, error, "images of %d x %d pixels: expected multiples of %d", h, w, a->factor);
    a->measured[1] = h / a->factor;
    a->measured[2] = w / a->factor;
    a->square = 1.0 / (a->factor * a->factor);
    return GS_OK;
}

static void pool(const gs_operator *a, const float *x, float *y, double *room) {
    int k = a->factor, w = a->shape[2], rows = a->shape[0] * a->measured[1], columns = a->measured[2];
    (void)room;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) {
            double sum = 0;
            for (int p = 0; p < k * k; p++)
                sum += (double)x[(size_t)(i * k + p / k) * (size_t)w + (size_t)(j * k + p % k)];
            y[(size_t)i * (size_t)columns + (size_t)j] = (float)(sum * a->square);
        }
}

static void spread(const gs_operator *a, const float *y, float *x, double *room) {
    int k = a->factor, w = a->shape[2], rows = a->shape[0] * a->shape[1], columns = a->measured[2];
    (void)room;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < w; j++)
            x[(size_t)i * (size_t)w + (size_t)j] =
                (float)((double)y[(size_t)(i / k) * (size_t)columns + (size_t)(j / k)] * a->square);
}

const gs_operator_row gs_operator_pool = {
    {.name = "pool", .parameters = "K", .help = "averages of K x K pixels, for super-resolution"},
    .parameters = {1, 1},
    .prepare = prepare_pool,
    .apply = pool,
    .adjoint = spread};

/* ---- Channels ---- */

/* Luma of red, green and blue (ITU-R BT.601). */
static const double share[3] = {0.299, 0.587, 0.114};

static gs_status prepare_grey(gs_operator *a, gs_error *error) {
    if (a->shape[0] != 3)
        return gs_operator_fail(a, error, "images of %d channel%s: expected 3, red, green and blue", a->shape[0],
                                a->shape[0] == 1 ? "" : "s");
    a->measured[0] = 1;
    a->square = share[0] * share[0] + share[1] * share[1] + share[2] * share[2];
    return GS_OK;
}

static void mix(const gs_operator *a, const float *x, float *y, double *room) {
    size_t positions = gs_operator_measured(a);
    (void)room;
    for (size_t i = 0; i < positions; i++)
        y[i] = (float)(share[0] * (double)x[i] + share[1] * (double)x[positions + i] +
                       share[2] * (double)x[2 * positions + i]);
}

static void unmix(const gs_operator *a, const float *y, float *x, double *room) {
    size_t positions = gs_operator_measured(a);
    (void)room;
    for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < positions; i++)
            x[(size_t)c * positions + i] = (float)(share[c] * (double)y[i]);
}

const gs_operator_row gs_operator_grey = {
    {.name = "grey",
     .parameters = "nothing",
     .help = "0.299 red + 0.587 green + 0.114 blue, of networks with three channels: restoring gives colours"},
    .prepare = prepare_grey,
    .apply = mix,
    .adjoint = unmix};
