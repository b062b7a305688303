/* Gibbs sampling of label and image together, p(x, y) ~ exp(-E(x, y) / T) (Geman & Geman 1984): after each M steps of
 * mala on the image given the label, the label is drawn given the image, exactly, as its K energies are all computed:
 * the largest of -E(x, y) / T + g_y, g_y of Gumbel's distribution, is at a label with probability p(y | x) (Maddison,
 * Tarlow & Minka 2014, section 2). Without labels, it is mala. */
#include "sample/field.h"
#include "sample/metropolis.h"
#include "sample/replicas.h"
#include "sample/samplers.h"

#include <math.h>

#include "base/math64.h"

/* The labels of the first network that has any. */
static int labels_of(const gs_chains *c) {
    for (int k = 0; k < c->run->fields; k++)
        if (c->run->field[k].plan->model->info.labels)
            return c->run->field[k].plan->model->info.labels;
    return 0;
}

static double gumbel(const gs_chains *c, int i, int label) {
    uint32_t words[4];
    gs_replica_words(c, i, c->step, (uint32_t)label / 4, words);
    return -gs_log64(-gs_log64(gs_random_unit(words[label % 4])));
}

static void draw_labels(gs_metropolis *b) {
    gs_chains *c = b->c;
    int labels = labels_of(c), best[GS_BLOCK_MAX] = {0};
    double top[GS_BLOCK_MAX];
    for (int y = 0; y < labels; y++) {
        float energy[GS_BLOCK_MAX];
        for (int i = 0; i < c->n; i++)
            c->drawn[i] = y;
        gs_field_energy(c, 0, c->x, energy);
        for (int i = 0; i < c->n; i++) {
            double value = gumbel(c, i, y) - (double)energy[i] / c->run->options.temperature;
            if (y && !(value > top[i]))
                continue;
            top[i] = value;
            best[i] = y;
        }
    }
    for (int i = 0; i < c->n; i++)
        c->drawn[i] = best[i];
    gs_field_gradient(c, 0, c->x, b->energy, c->gradient);
}

static bool propose(gs_metropolis *b) {
    gs_chains *c = b->c;
    if (labels_of(c) && c->step % (uint32_t)c->run->options.label_steps == 0)
        draw_labels(b);
    return gs_metropolis_follow(b);
}

bool gs_sampler_gibbs(gs_chains *c) {
    const gs_trace *trace = c->run->options.trace;
    int drawn[GS_BLOCK_MAX] = {0};
    c->drawn = drawn;
    bool done =
        gs_metropolis_run(c, (gs_proposer){.propose = propose, .leapfrog = 1, .is_squared = true, .has_momenta = true});
    for (int i = 0; i < c->n && done && trace && trace->label; i++)
        trace->label[c->first + (size_t)i] = drawn[i];
    c->drawn = NULL;
    return done;
}
