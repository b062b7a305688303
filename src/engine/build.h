#ifndef GS_BUILD_H
#define GS_BUILD_H

#include "engine/data.h"

/* Make the steps and buffers of plan->model, and say which values the condition's vectors hold. Errors:
 * GS_ERROR_MEMORY. */
gs_status gs_plan_build(gs_plan *plan, gs_error *error);

#endif
