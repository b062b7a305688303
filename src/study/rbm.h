/* A restricted Boltzmann machine (Smolensky 1986) so small that everything about it is known by enumeration: 9 visible
 * and 6 hidden units, p(v) = exp(-F(v)) / Z with F(v) = -b'v - sum_j log(1 + exp(c_j + v'W_j)). States are the bits of
 * a number, unit 0 the lowest. */
#ifndef GS_STUDY_RBM_H
#define GS_STUDY_RBM_H

#include "density/dice.h"

enum {
    GS_RBM_VISIBLE = 9,
    GS_RBM_HIDDEN = 6,
    GS_RBM_IMAGES = 1 << GS_RBM_VISIBLE,
    GS_RBM_CAUSES = 1 << GS_RBM_HIDDEN,
    GS_RBM_PARAMETERS = GS_RBM_VISIBLE + GS_RBM_HIDDEN + GS_RBM_VISIBLE * GS_RBM_HIDDEN
};

/* The parameters b, c and W, (visible, hidden). */
typedef struct gs_rbm {
    double at[GS_RBM_PARAMETERS];
} gs_rbm;

/* What follows from the parameters. */
typedef struct gs_rbm_tables {
    double hidden[GS_RBM_IMAGES][GS_RBM_HIDDEN];   /* P(h_j = 1 | v) */
    double visible[GS_RBM_CAUSES][GS_RBM_VISIBLE]; /* P(v_i = 1 | h) */
    double p[GS_RBM_IMAGES];                       /* p(v) */
    double energy[GS_RBM_IMAGES];                  /* F(v) */
    double log_z;
} gs_rbm_tables;

void gs_rbm_tabulate(const gs_rbm *rbm, gs_rbm_tables *tables);

/* The steps of Gibbs sampling as matrices, P(h | v) and P(v | h). */
typedef struct gs_rbm_steps {
    double up[GS_RBM_IMAGES][GS_RBM_CAUSES], down[GS_RBM_CAUSES][GS_RBM_IMAGES];
} gs_rbm_steps;

void gs_rbm_tabulate_steps(const gs_rbm_tables *tables, gs_rbm_steps *steps);

/* The distribution of v after one step of Gibbs sampling, v -> h -> v, from the distribution q, in place. */
void gs_rbm_advance(const gs_rbm_steps *steps, double q[GS_RBM_IMAGES]);

/* The same for one state, by chance. */
unsigned gs_rbm_step(const gs_rbm_tables *tables, unsigned image, gs_dice *dice);

/* Add `weight` times -dF/d(parameters) at an image: v, P(h | v), and their products. */
void gs_rbm_add_slopes(const gs_rbm_tables *tables, unsigned image, double weight, double slopes[GS_RBM_PARAMETERS]);

/* Their mean over a distribution of images. */
void gs_rbm_mean_slopes(const gs_rbm_tables *tables, const double q[GS_RBM_IMAGES], double slopes[GS_RBM_PARAMETERS]);

/* The second largest eigenvalue of a step of Gibbs sampling, which is reversible with eigenvalues of 0 ... 1. */
double gs_rbm_second_eigenvalue(const gs_rbm_tables *tables, const gs_rbm_steps *steps);

#endif
