/* The part of the study of Z that estimates it. */
#ifndef GS_STUDY_ANNEALING_H
#define GS_STUDY_ANNEALING_H

#include "study/study.h"

/* Add the figure and the numbers of annealed importance sampling with n chains. */
gs_status gs_study_anneal(gs_study *study, size_t n, gs_error *error);

#endif
