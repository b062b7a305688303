/* The no-U-turn sampler (Hoffman & Gelman 2014) with multinomial sampling along the path (Betancourt 2017, appendix
 * A.3), as in Stan. A path of leapfrog steps, forwards or backwards in time as chance has it, is doubled until it turns
 * back. A state q of it with Hamiltonian H is drawn with probability proportional to exp(-H): within each doubling so,
 * and between the doubling and the path before by min(1, W / W'), which favours the farther part.
 *
 * A chain is a machine that wants one gradient at a time, and takes its steps at its own pace: all chains of a block
 * that have steps left are evaluated at once, whatever the depths of their trees. */
#include <math.h>
#include <string.h>

#include "base/math64.h"
#include "sample/leapfrog.h"
#include "sample/path.h"
#include "sample/samplers.h"
#include "sample/walk.h"

/* Positions of the stream of decisions: those of doublings, then those of states. */
enum { POSITION_DOUBLING = 1, POSITION_STATE = 64 };

/* Weights are at most the exponential of this. */
enum { RAISED = 300 };

/* One chain. */
typedef struct tree {
    gs_adaptation adaptation;
    double step;                /* leapfrog step */
    double begun, reached;      /* H at the beginning of the path and at the last state */
    double weight, part_weight; /* sum of exp(begun - H - raised) over the path, and over the part being built */
    double raised;              /* so that they do not overflow */
    double h, part_h;           /* H of the state drawn from each */
    float energy, part_energy;  /* and E */
    double acceptance;          /* sum of min(1, exp(begun - H)) */
    double luck;                /* the number that chooses between path and part */
    int t, depth;
    uint32_t states, taken; /* of the part; of all parts */
    uint64_t evaluated;     /* evaluations of networks before this step */
    bool forward, moved, divergent;
} tree;

typedef struct block {
    gs_chains *c;
    tree tree[GS_BLOCK_MAX];
    int which[GS_BLOCK_MAX]; /* chains that are evaluated together */
} block;

/* ---- Random numbers ---- */

static void draw(const gs_chains *c, int i, int t, uint32_t position, uint32_t words[4]) {
    const gs_sample_options *o = &c->run->options;
    uint32_t counter[4];
    gs_random_counter(GS_STREAM_ACCEPT, o->first_chain + c->first + (uint64_t)i, (uint32_t)t, position, counter);
    gs_random_words(o->seed, counter, words);
}

/* ---- Beginnings ---- */

static void begin_doubling(block *b, int i) {
    gs_chains *c = b->c;
    tree *n = &b->tree[i];
    uint32_t words[4];
    draw(c, i, n->t, (uint32_t)(POSITION_DOUBLING + n->depth), words);
    n->forward = words[0] >> 31;
    n->luck = gs_random_unit(words[1]);
    n->states = 0;
    n->part_weight = 0;
    int end = n->forward ? GS_PATH_RIGHT : GS_PATH_LEFT;
    memcpy(gs_chains_own(c, GS_PATH_INNER, i), gs_chains_own(c, end + GS_PATH_MOMENTA, i), c->size * sizeof(float));
}

static void begin_step(block *b, int i) {
    gs_chains *c = b->c;
    tree *n = &b->tree[i];
    size_t bytes = c->size * sizeof(float);
    float *momenta = gs_chains_own(c, GS_PATH_SUM, i);
    gs_chains_noise_of(c, i, GS_STREAM_STEP, (uint32_t)n->t, momenta);
    for (int end = GS_PATH_LEFT; end <= GS_PATH_RIGHT; end += GS_PATH_RIGHT - GS_PATH_LEFT) {
        memcpy(gs_chains_own(c, end + GS_PATH_X, i), c->x + (size_t)i * c->size, bytes);
        memcpy(gs_chains_own(c, end + GS_PATH_MOMENTA, i), momenta, bytes);
        memcpy(gs_chains_own(c, end + GS_PATH_GRADIENT, i), c->gradient + (size_t)i * c->size, bytes);
    }
    n->step = gs_adaptation_size(&n->adaptation);
    n->begun = n->h =
        (double)n->energy / c->run->options.temperature + gs_kinetic(c->run->plan->kernels, momenta, c->size);
    n->weight = 1;
    n->raised = n->acceptance = 0;
    n->depth = 0;
    n->taken = 0;
    n->evaluated = c->fate[i].evaluations;
    n->moved = n->divergent = false;
    begin_doubling(b, i);
}

/* ---- Steps of the path ---- */

/* Momenta by half a step from the gradient at that end, and then, unless it is NULL, the state there by a step. */
static void move(const block *b, int i, int end, float *state) {
    const gs_chains *c = b->c;
    const tree *n = &b->tree[i];
    double step = n->forward ? n->step : -n->step;
    gs_leapfrog(c->run->plan->kernels, gs_chains_own(c, end + GS_PATH_MOMENTA, i),
                -0.5 * step / c->run->options.temperature, n->adaptation.scale,
                gs_chains_own(c, end + GS_PATH_GRADIENT, i), state, step, c->size);
}

/* The next state of chain i, whose gradient is wanted, into x, (size). */
static void set_out(const block *b, int i, float *x) {
    const gs_chains *c = b->c;
    const tree *n = &b->tree[i];
    int end = n->forward ? GS_PATH_RIGHT : GS_PATH_LEFT;
    float *state = gs_chains_own(c, end + GS_PATH_X, i);
    move(b, i, end, state);
    memcpy(x, state, c->size * sizeof *x);
}

/* exp(fall - raised), with `raised` so large that it is at most exp(RAISED); `usual` is what it is as `raised` is. */
static double weight_of(tree *n, double fall, double usual) {
    if (fall - n->raised <= RAISED)
        return usual;
    double less = gs_exp64(n->raised - fall);
    n->weight *= less;
    n->part_weight *= less;
    n->raised = fall;
    return 1;
}

/* The state's weight; draw it from the part with its share of the part's. */
static void weigh(block *b, int i, int end, float energy, double usual) {
    gs_chains *c = b->c;
    tree *n = &b->tree[i];
    size_t bytes = c->size * sizeof(float);
    double h = n->reached, fall = n->begun - h, weight = weight_of(n, fall, usual);
    uint32_t words[4];
    draw(c, i, n->t, POSITION_STATE + n->taken, words);
    n->acceptance += fall >= 0 ? 1 : n->raised > 0 ? gs_exp64(fall) : weight;
    n->part_weight += weight;
    if (gs_random_unit(words[0]) * n->part_weight < weight || !n->states) {
        memcpy(gs_chains_own(c, GS_PATH_NEW, i), gs_chains_own(c, end + GS_PATH_X, i), bytes);
        memcpy(gs_chains_own(c, GS_PATH_NEW + 1, i), gs_chains_own(c, end + GS_PATH_GRADIENT, i), bytes);
        n->part_energy = energy;
        n->part_h = h;
    }
}

/* The part is complete: draw from it and the path, which it doubles. True if the path turns. */
static bool join(block *b, int i) {
    gs_chains *c = b->c;
    tree *n = &b->tree[i];
    size_t at = (size_t)i * c->size, bytes = c->size * sizeof(float);
    if (n->luck * n->weight < n->part_weight) {
        memcpy(c->x + at, gs_chains_own(c, GS_PATH_NEW, i), bytes);
        memcpy(c->gradient + at, gs_chains_own(c, GS_PATH_NEW + 1, i), bytes);
        n->energy = n->part_energy;
        n->h = n->part_h;
        n->moved = true;
    }
    n->weight += n->part_weight;
    float *sum = gs_chains_own(c, GS_PATH_SUM, i);
    const float *inner = gs_chains_own(c, GS_PATH_INNER, i);
    int other = n->forward ? GS_PATH_LEFT : GS_PATH_RIGHT;
    gs_stretch path = {gs_chains_own(c, other + GS_PATH_MOMENTA, i), inner, sum};
    if (!n->depth)
        path.first = inner; /* a single state */
    gs_stretch part = gs_path_whole(c, i, n->states);
    bool turns = gs_path_turns(c, &path, &part, sum);
    n->depth++;
    return turns;
}

/* ---- Ends ---- */

/* Progress is measured by the longest paths. */
static void skip(const gs_chains *c, int i, const tree *n) {
    uint64_t most = (UINT64_C(1) << c->run->options.max_depth) - 1;
    uint64_t networks = (c->fate[i].evaluations - n->evaluated) / n->taken;
    gs_chains_skipped(c, (most - n->taken) * networks);
}

/* The step is done. False when no chain of the block is left. */
static bool finish_step(block *b, int i) {
    gs_chains *c = b->c;
    tree *n = &b->tree[i];
    int t = n->t++;
    c->stats[i] = (gs_step_stats){.accepted = n->moved,
                                  .divergent = n->divergent,
                                  .depth = n->depth,
                                  .leapfrog = (int)n->taken,
                                  .energy = n->h,
                                  .energy_error = n->h - n->begun,
                                  .step_size = n->step,
                                  .acceptance = n->acceptance / n->taken};
    gs_adaptation_record(c, i, t);
    gs_walk_trace_of(c, i, t + 1, n->energy);
    gs_adaptation_step(&n->adaptation, c, i, t, n->acceptance / n->taken);
    skip(c, i, n);
    if (!gs_chains_stepped_alone(c, i, (uint32_t)n->t))
        return false;
    if (n->t < c->run->options.steps)
        begin_step(b, i);
    return true;
}

/* Chain i's next state has this energy and gradient. The logarithm of its weight. */
static double arrive(block *b, int i, float energy, const float *gradient) {
    const gs_chains *c = b->c;
    tree *n = &b->tree[i];
    int end = n->forward ? GS_PATH_RIGHT : GS_PATH_LEFT;
    memcpy(gs_chains_own(c, end + GS_PATH_GRADIENT, i), gradient, c->size * sizeof *gradient);
    move(b, i, end, NULL);
    double kinetic = gs_kinetic(c->run->plan->kernels, gs_chains_own(c, end + GS_PATH_MOMENTA, i), c->size);
    n->reached = (double)energy / c->run->options.temperature + kinetic;
    return n->begun - n->reached - n->raised;
}

/* Where that leads, with the exponential of what `arrive` returned. False when no chain of the block is left. */
static bool go_on(block *b, int i, float energy, double usual) {
    gs_chains *c = b->c;
    tree *n = &b->tree[i];
    int end = n->forward ? GS_PATH_RIGHT : GS_PATH_LEFT;
    const float *momenta = gs_chains_own(c, end + GS_PATH_MOMENTA, i);
    bool finite = isfinite(n->reached) && gs_finite(gs_chains_own(c, end + GS_PATH_X, i), c->size);
    n->taken++;
    n->divergent = !(finite && n->reached - n->begun <= GS_ENERGY_DIVERGED);
    if (n->divergent)
        return finish_step(b, i);
    weigh(b, i, end, energy, usual);
    if (!gs_path_add(c, i, n->states, momenta))
        return finish_step(b, i);
    n->states++;
    if (n->states < UINT32_C(1) << n->depth)
        return true;
    if (join(b, i) || n->depth == c->run->options.max_depth)
        return finish_step(b, i);
    begin_doubling(b, i);
    return true;
}

/* One gradient for each chain that has steps left, `count` of them. */
static bool advance(block *b, int count) {
    gs_chains *c = b->c, part = *c;
    float energy[GS_BLOCK_MAX];
    double weight[GS_BLOCK_MAX];
    if (!gs_chains_go_on(c))
        return false;
    part.n = count;
    part.which = b->which;
    part.vectors = ((size_t)count * c->size + 15) / 16;
    for (int k = 0; k < count; k++)
        set_out(b, b->which[k], c->spare + (size_t)k * c->size);
    gs_field_gradient(&part, 0, c->spare, energy, c->denoised);
    for (int k = 0; k < count; k++)
        weight[k] = arrive(b, b->which[k], energy[k], c->denoised + (size_t)k * c->size);
    gs_exp64_each(weight, count);
    for (int k = 0; k < count; k++)
        if (b->which[k] < c->n && !go_on(b, b->which[k], energy[k], weight[k]))
            return false;
    return true;
}

static int gather(block *b) {
    int count = 0;
    for (int i = 0; i < b->c->n; i++)
        if (b->tree[i].t < b->c->run->options.steps)
            b->which[count++] = i;
    return count;
}

bool gs_sampler_nuts(gs_chains *c) {
    const gs_sample_options *o = &c->run->options;
    float energy[GS_BLOCK_MAX];
    block b = {.c = c};
    if (!gs_walk_gradient(c, 0, energy))
        return false;
    for (int i = 0; i < c->n; i++) {
        b.tree[i].energy = energy[i];
        gs_adaptation_begin(&b.tree[i].adaptation, c, i, o->step_size);
        begin_step(&b, i);
    }
    for (int count; (count = gather(&b));)
        if (!advance(&b, count))
            return false;
    for (int i = 0; i < c->n; i++)
        gs_adaptation_tell(&b.tree[i].adaptation, c, i, gs_adaptation_size(&b.tree[i].adaptation));
    gs_walk_finish(c);
    return true;
}
