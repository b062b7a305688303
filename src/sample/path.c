#include "sample/path.h"

#include <string.h>

/* The products of the sums of momenta below with the momenta at their ends. */
enum { PRODUCTS = 6, LANES = 4 };
typedef double sums[PRODUCTS][LANES];

static inline void add_products(const gs_stretch *a, const gs_stretch *b, size_t i, size_t k, sums sum) {
    double a_first = (double)a->first[i], a_last = (double)a->last[i], a_sum = (double)a->sum[i];
    double b_first = (double)b->first[i], b_last = (double)b->last[i], b_sum = (double)b->sum[i];
    sum[0][k] += a_first * (a_sum + b_sum);
    sum[1][k] += b_last * (a_sum + b_sum);
    sum[2][k] += a_first * (a_sum + b_first);
    sum[3][k] += b_first * (a_sum + b_first);
    sum[4][k] += a_last * (a_last + b_sum);
    sum[5][k] += b_last * (a_last + b_sum);
}

/* Of single states all three pairs are this one. */
static inline void add_products_of_two(const float *a, const float *b, size_t i, size_t k, sums sum) {
    double x = (double)a[i], y = (double)b[i];
    sum[0][k] += x * (x + y);
    sum[1][k] += y * (x + y);
}

/* One pass over all arrays, since it takes as long as a small network; sums in an order of their own, whatever the
 * vector's width. */
bool gs_path_turns(const gs_stretch *a, const gs_stretch *b, size_t size) {
    bool two = a->first == a->last && b->first == b->last;
    size_t whole = size / LANES * LANES;
    sums sum = {{0}};
    for (size_t i = 0; i < whole && two; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            add_products_of_two(a->first, b->first, i + k, k, sum);
    for (size_t i = 0; i < whole && !two; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            add_products(a, b, i + k, k, sum);
    for (size_t i = whole; i < size && two; i++)
        add_products_of_two(a->first, b->first, i, i - whole, sum);
    for (size_t i = whole; i < size && !two; i++)
        add_products(a, b, i, i - whole, sum);
    for (int p = 0; p < (two ? 2 : PRODUCTS); p++)
        if (!(sum[p][0] + sum[p][2] + (sum[p][1] + sum[p][3]) > 0))
            return true;
    return false;
}

static float *array(const gs_chains *c, int i, int level, int k) {
    return gs_chains_own(c, GS_PATH_STRETCH + GS_STRETCH_STATES * level + k, i);
}

/* The stretch at `level` of the pile; a single state has all of its momenta in one array. */
static gs_stretch at(const gs_chains *c, int i, int level, bool single) {
    float *first = array(c, i, level, GS_STRETCH_FIRST);
    return single ? (gs_stretch){first, first, first}
                  : (gs_stretch){first, array(c, i, level, GS_STRETCH_LAST), array(c, i, level, GS_STRETCH_SUM)};
}

static int ones(uint32_t n) {
    int count = 0;
    for (; n; n &= n - 1)
        count++;
    return count;
}

bool gs_path_add(const gs_chains *c, int i, uint32_t states, const float *r) {
    int level = ones(states);
    gs_stretch whole = {r, r, r};
    for (uint32_t left = states; left & 1; left >>= 1) {
        level--;
        gs_stretch before = at(c, i, level, left == states);
        if (gs_path_turns(&before, &whole, c->size))
            return false;
        float *sum = array(c, i, level, GS_STRETCH_SUM);
        for (size_t k = 0; k < c->size; k++)
            sum[k] = before.sum[k] + whole.sum[k];
        whole = (gs_stretch){before.first, r, sum};
    }
    int k = states & 1 ? GS_STRETCH_LAST : GS_STRETCH_FIRST;
    memcpy(array(c, i, level, k), r, c->size * sizeof *r);
    return true;
}

gs_stretch gs_path_whole(const gs_chains *c, int i, uint32_t states) {
    return at(c, i, 0, states == 1);
}
