/* Sums, means and the largest of all elements of a value, and the sums that adjoints take of what was one number. */
#include <math.h>

#include "engine/builder.h"
#include "engine/program.h"

enum { CHAINS = 8 }; /* of additions, which do not wait for each other */

typedef struct total {
    size_t count;
    double divisor;
    bool largest;
} total;

static bool applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    bool sums = node->op == GS_OP_SUM || node->op == GS_OP_MEAN || node->op == GS_OP_UNSTRETCH;
    return (sums || node->op == GS_OP_MAX) && gs_shape_size(node->shape) == 1;
}

/* Where there is one channel, sums over its positions may be the windows' (pool.c), of floats. */
static bool abreast(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    return node->op == GS_OP_UNSTRETCH ? gs_builder_shape(b, n, 0).d[0] > 1 : node->op != GS_OP_MAX;
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    gs_step *s = gs_builder_add_simple(b, method, n, GS_PLANAR);
    if (!s)
        return false;
    total *own = s->own;
    own->count = gs_shape_size(gs_builder_shape(b, n, 0));
    own->largest = b->model->node[n].op == GS_OP_MAX;
    own->divisor = b->model->node[n].op == GS_OP_MEAN ? (double)own->count : 1;
    return true;
}

/* In float64, as the reference. */
static double sum_of(const float *x, size_t count) {
    double sum[CHAINS] = {0};
    size_t i = 0;
    for (; i + CHAINS <= count; i += CHAINS)
        for (size_t k = 0; k < CHAINS; k++)
            sum[k] += (double)x[i + k];
    for (size_t k = 0; i + k < count; k++)
        sum[k] += (double)x[i + k];
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

/* Larger than all others; NaN if any is. */
static float largest_of(const float *x, size_t count) {
    float most[2 * CHAINS];
    int strange[2 * CHAINS] = {0};
    for (size_t k = 0; k < 2 * CHAINS; k++)
        most[k] = x[0];
    size_t i = 0;
    for (; i + 2 * CHAINS <= count; i += 2 * CHAINS)
        for (size_t k = 0; k < 2 * CHAINS; k++) {
            most[k] = x[i + k] > most[k] ? x[i + k] : most[k];
            strange[k] |= isnan(x[i + k]);
        }
    for (; i < count; i++) {
        most[0] = x[i] > most[0] ? x[i] : most[0];
        strange[0] |= isnan(x[i]);
    }
    for (size_t k = 0; k < 2 * CHAINS; k++) {
        most[0] = most[k] > most[0] ? most[k] : most[0];
        strange[0] |= strange[k];
    }
    return strange[0] ? NAN : most[0];
}

static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const total *own = step->own;
    for (int i = i0; i < i1; i++) {
        const float *x = gs_buffer_at(worker, step->source[0].index, i);
        float *y = gs_buffer_at(worker, step->out, i);
        *y = own->largest ? largest_of(x, own->count) : (float)(sum_of(x, own->count) / own->divisor);
    }
}

static void encode(const gs_plan *plan, const gs_step *step, gs_program *program) {
    const total *own = step->own;
    gs_program_add(program, (gs_program_op){.kind = GS_PROGRAM_SUM,
                                            .count = (int)own->count,
                                            .in = {gs_program_source(plan, step, 0, 0)},
                                            .out = gs_program_buffer(plan, step->out, 0),
                                            .divisor = own->divisor});
}

GS_DEFINE_METHOD(total) = {.name = "total",
                           .own_bytes = sizeof(total),
                           .applies = applies,
                           .abreast = abreast,
                           .encode = encode,
                           .prepare = prepare,
                           .run = run};
