#ifndef GS_MEMORY_H
#define GS_MEMORY_H

#include "engine/data.h"

/* Choose the block where none is wanted, the segments, and the strides and addresses of buffers. Errors:
 * GS_ERROR_MEMORY. */
gs_status gs_plan_lay_out(gs_plan *plan, gs_error *error);

#endif
