/* Samplers beside each other: on a Gaussian, where their errors are known, and on a network. */
#ifndef GS_STUDY_SOLVERS_H
#define GS_STUDY_SOLVERS_H

#include "study/study.h"

gs_status gs_solvers_gaussian(gs_study *study, gs_error *error);
gs_status gs_solvers_digits(gs_study *study, gs_error *error);

#endif
