/* Proposals that are accepted or rejected by their energies, for all chains of a block at once. */
#ifndef GS_METROPOLIS_H
#define GS_METROPOLIS_H

#include "sample/adaptation.h"
#include "sample/walk.h"

typedef struct gs_metropolis gs_metropolis;

/* How one sampler proposes: from x, whose gradient is c->gradient, a state c->spare, whose energy and gradient go to
 * b->proposed and c->denoised. False when told to stop. `before` and `after`, zeros at first, become what the energies
 * over T of x and of the proposal lack for the logarithm of the acceptance,
 *   E(x) / T + before - E(x') / T - after:
 * the kinetic energies, or minus the logarithms of the probabilities to propose x' from x, and x from x'. */
typedef struct gs_proposer {
    bool (*propose)(gs_metropolis *b);
    int leapfrog;     /* gradients per proposal */
    bool is_squared;  /* the option step_size is half the square of the step */
    bool has_momenta; /* before and after are kinetic energies */
    double jitter;    /* each step is multiplied by a number uniform in 1 - jitter ... 1 + jitter */
} gs_proposer;

struct gs_metropolis {
    gs_chains *c;
    gs_proposer how;
    gs_adaptation adaptation[GS_BLOCK_MAX];
    double step[GS_BLOCK_MAX]; /* of this proposal, jittered */
    int scaled;                /* windows that had ended when the scales were last put abreast; -1: they never were */
    double before[GS_BLOCK_MAX], after[GS_BLOCK_MAX];
    float energy[GS_BLOCK_MAX];   /* at x */
    float proposed[GS_BLOCK_MAX]; /* at the proposal */
};

bool gs_metropolis_run(gs_chains *chains, gs_proposer how);

/* The proposal of `how.leapfrog` leapfrog steps. */
bool gs_metropolis_follow(gs_metropolis *b);

#endif
