/* A Brownian path W over noise levels, whose clock is v = 1 / sigma^2.
 *
 * The clock is that of the reverse SDE: where D does not change on the way from s to t, (x - D) / sigma^2 is W itself,
 *   x_t - D = (t / s)^2 (x_s - D) + t^2 (W(1 / t^2) - W(1 / s^2)),
 * whose noise has the deviation t sqrt(1 - t^2 / s^2) of the steps with eta 1, so that they have there the same states
 * for any number of levels. Samplers whose noise has another clock scale the increments to their own deviation; what
 * they come to is the same in the limit of many steps.
 *
 * W is drawn from above: its value at the end, then that in the middle of an interval whose ends are known, which is
 * normal (Levy's Brownian bridge): with l < m < r and v their clock,
 *   W(m) = ((v_r - v_m) W(l) + (v_m - v_l) W(r)) / (v_r - v_l) + sqrt((v_m - v_l) (v_r - v_m) / (v_r - v_l)) z.
 * Intervals are halved in log sigma, the same for all runs. An interval's z has its number as its counter, as in the
 * virtual Brownian tree of Li et al. 2020 ("Scalable gradients for stochastic differential equations"), but levels are
 * those nearest among 2^DEPTH, so that increments are exactly normal and independent. */
#include "sample/tree.h"

#include <math.h>
#include <string.h>

#include "base/math64.h"

/* Levels from 2^16 down to 2^-16; those beyond count as these. */
enum { OCTAVES = 32, DEPTH = 20, LEVELS = 1 << DEPTH };

static const double log2_e = 1.44269504088896340736;

/* The number of the level nearest to sigma, 1 ... LEVELS. */
static int number_of(double sigma) {
    double at = (OCTAVES / 2 - gs_log64(sigma) * log2_e) * ((double)LEVELS / OCTAVES);
    return (int)fmin(fmax(floor(at + 0.5), 1), LEVELS);
}

/* Level 0 is sigma = infinity, where the path begins. */
static double clock_of(int number) {
    double octave = OCTAVES / 2 - number * ((double)OCTAVES / LEVELS);
    return number ? gs_exp64(-2 * octave / log2_e) : 0;
}

/* The way down the tree to a level: at each interval, its number and the three factors of the bridge. */
typedef struct way {
    int depth;
    double clock, end; /* v of the level, and the deviation of W at the end */
    struct {
        uint32_t interval;
        bool lower; /* the level is in the lower half, or its end */
        float of_left, of_right, of_normal;
    } turn[DEPTH];
} way;

static way find_way(int number) {
    way w = {.clock = clock_of(number), .end = sqrt(clock_of(LEVELS))};
    int left = 0, right = LEVELS;
    uint32_t interval = 1;
    for (; number != right; w.depth++) {
        int middle = (left + right) / 2;
        double l = clock_of(left), m = clock_of(middle), r = clock_of(right);
        bool lower = number <= middle;
        w.turn[w.depth].interval = interval;
        w.turn[w.depth].lower = lower;
        w.turn[w.depth].of_left = (float)((r - m) / (r - l));
        w.turn[w.depth].of_right = (float)((m - l) / (r - l));
        w.turn[w.depth].of_normal = (float)sqrt((m - l) * ((r - m) / (r - l)));
        *(lower ? &right : &left) = middle;
        interval = 2 * interval + !lower;
    }
    return w;
}

/* The pixels that are walked with at a time. */
typedef struct pixels {
    const gs_chains *chains;
    uint64_t chain;
    size_t at;
} pixels;

static void draw(const pixels *p, uint32_t interval, float z[GS_NORMALS_BLOCK]) {
    const gs_sampling *run = p->chains->run;
    gs_random_normals(run->plan->kernels, run->options.seed, GS_STREAM_TREE, p->chain, interval, p->at, z);
}

/* W at the level, of these pixels. */
static void walk(const pixels *p, const way *w, float out[GS_NORMALS_BLOCK]) {
    enum { VECTORS = GS_NORMALS_BLOCK / GS_F32_LANES };
    float room[3][GS_NORMALS_BLOCK] = {{0}}, *left = room[0], *right = room[1], *middle = room[2];
    const gs_kernels *kernels = p->chains->run->plan->kernels;
    draw(p, 0, middle);
    kernels->axpby((float)w->end, middle, 0, right, VECTORS);
    for (int i = 0; i < w->depth; i++) {
        draw(p, w->turn[i].interval, middle);
        kernels->axpby(w->turn[i].of_left, left, w->turn[i].of_normal, middle, VECTORS);
        kernels->axpby(w->turn[i].of_right, right, 1, middle, VECTORS);
        float **replaced = w->turn[i].lower ? &right : &left, *free = *replaced;
        *replaced = middle;
        middle = free;
    }
    memcpy(out, right, sizeof room[0]);
}

bool gs_tree_noise(gs_chains *c, double s, double t) {
    int before = number_of(s), after = number_of(t);
    if (before == after)
        return false;
    const way from = find_way(before), to = find_way(after);
    float scale = (float)(1 / sqrt(to.clock - from.clock));
    for (int i = 0; i < c->n; i++) {
        pixels p = {.chains = c, .chain = c->run->options.first_chain + c->first + (uint64_t)i};
        for (p.at = 0; p.at < c->size; p.at += GS_NORMALS_BLOCK) {
            float w[2][GS_NORMALS_BLOCK], *out = c->noise + (size_t)i * c->size + p.at;
            walk(&p, &from, w[0]);
            walk(&p, &to, w[1]);
            for (size_t k = 0; k < GS_NORMALS_BLOCK && p.at + k < c->size; k++)
                out[k] = scale * (w[1][k] - w[0][k]);
        }
    }
    return true;
}
