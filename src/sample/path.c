#include "sample/path.h"

#include <string.h>

bool gs_path_turns(const gs_chains *c, const gs_stretch *a, const gs_stretch *b, float *sum) {
    return c->run->plan->kernels->turns(&(gs_turns_args){.a_first = a->first,
                                                         .a_last = a->last,
                                                         .a_sum = a->sum,
                                                         .b_first = b->first,
                                                         .b_last = b->last,
                                                         .b_sum = b->sum,
                                                         .sum = sum,
                                                         .count = c->size});
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
        float *sum = array(c, i, level, GS_STRETCH_SUM);
        if (gs_path_turns(c, &before, &whole, sum))
            return false;
        whole = (gs_stretch){before.first, r, sum};
    }
    int k = states & 1 ? GS_STRETCH_LAST : GS_STRETCH_FIRST;
    memcpy(array(c, i, level, k), r, c->size * sizeof *r);
    return true;
}

gs_stretch gs_path_whole(const gs_chains *c, int i, uint32_t states) {
    return at(c, i, 0, states == 1);
}
