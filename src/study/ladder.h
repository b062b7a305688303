/* The ladder of noise levels (2.1.4): its top, on modes and on digits, and its bottom. */
#ifndef GS_STUDY_LADDER_H
#define GS_STUDY_LADDER_H

#include "study/study.h"

/* What a top that is too low loses: of the modes of a mixture, and of digits. */
gs_status gs_ladder_modes(gs_study *study, gs_error *error);
gs_status gs_ladder_digits(gs_study *study, gs_error *error);

/* What annealed Langevin dynamics leaves of the noise, by the ladder's bottom, its step sizes and its length. */
gs_status gs_ladder_noise(gs_study *study, gs_error *error);

#endif
