/* Parts of the study of score matching. */
#ifndef GS_STUDY_SCORE_MATCHING_H
#define GS_STUDY_SCORE_MATCHING_H

#include "study/study.h"

/* The scores s = -t x, learned on n samples of N(0, 1): implicitly, which gives t = 1, and from noised ones, which
 * gives 1 / (1 + sigma^2). */
gs_status gs_study_match_normal(gs_study *study, size_t n, gs_error *error);

/* What the trace of ds/dx costs, exactly and by random directions (Hutchinson 1990), on networks. */
gs_status gs_study_trace(gs_study *study, gs_error *error);

#endif
