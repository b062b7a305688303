/* Data near a surface of few dimensions (2.1.4): how few, and what that makes of scores. */
#ifndef GS_STUDY_MANIFOLD_H
#define GS_STUDY_MANIFOLD_H

#include "study/study.h"

/* How few directions hold the digits, and how noise fills the others. */
gs_status gs_manifold_spectrum(gs_study *study, gs_error *error);

/* The score that data teach, beside the true one, in the plane. */
gs_status gs_manifold_scores(gs_study *study, gs_error *error);

/* A denoiser and chains far from the digits. */
gs_status gs_manifold_digits(gs_study *study, gs_error *error);

#endif
