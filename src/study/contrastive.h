/* The study of contrastive divergence in parts: what is computed, what is shown of it, and Langevin chains. */
#ifndef GS_STUDY_CONTRASTIVE_H
#define GS_STUDY_CONTRASTIVE_H

#include "study/rbm.h"
#include "study/study.h"

enum {
    GS_CD_STEPS = 4000, /* of training */
    GS_CD_EVERY = 100,  /* steps between the points of curves */
    GS_CD_POINTS = GS_CD_STEPS / GS_CD_EVERY + 1,
    GS_CD_FAR = 128, /* Gibbs steps */
    GS_CD_KS = 7,
    GS_CD_TRAININGS = 4
};

/* One way to train, and what was seen on the way at each of the points. */
typedef struct gs_cd_training {
    const char *name;
    int k; /* Gibbs steps per gradient; 0: the exact gradient */
    bool is_persistent;
    gs_rbm rbm;
    double likelihood[GS_CD_POINTS];
    double data[GS_CD_POINTS], fake[GS_CD_POINTS], all[GS_CD_POINTS]; /* mean energies */
    double bias[GS_CD_POINTS], lag[GS_CD_POINTS]; /* of the gradient by CD-1, and by persistent chains, at the same
                                                     parameters */
} gs_cd_training;

/* The bias of CD-k against k, at the parameters where CD-1 ends. */
typedef struct gs_cd_biases {
    double exact[GS_CD_FAR + 1];                   /* lengths */
    int k[GS_CD_KS];                               /* for which chains estimate it, */
    double direction[GS_CD_KS][GS_RBM_PARAMETERS]; /* along these directions of length 1 */
    gs_estimate estimate[GS_CD_KS];
    double eigenvalue, rate; /* the factor per step, by theory and far out */
    double own;              /* length of the expected CD-1 gradient */
    double left;             /* and of the exact gradient where training with it ends */
} gs_cd_biases;

/* Everything, of the exact gradient, CD-1, CD-10 and persistent chains; `best` is the highest log likelihood that there
 * can be. */
void gs_cd_show(gs_study *study, const gs_cd_training training[GS_CD_TRAININGS], const gs_cd_biases *biases,
                double best);

/* The bias with n Langevin chains on a Gaussian energy. */
gs_status gs_cd_langevin(gs_study *study, size_t n, gs_error *error);

#endif
