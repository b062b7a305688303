/* The part of the study of score matching about the trace of ds/dx: what it costs exactly, and by random directions
 * (Hutchinson 1990), on networks. */
#ifndef GS_STUDY_SCORE_TRACE_H
#define GS_STUDY_SCORE_TRACE_H

#include "study/study.h"

gs_status gs_study_trace(gs_study *study, gs_error *error);

#endif
