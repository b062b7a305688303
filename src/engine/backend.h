/* A second source of methods for steps, beside the native kernels. A node that the backend takes becomes a step that it
 * runs; all others stay native. Its results equal the native ones within rounding, but are not the same bytes. */
#ifndef GS_BACKEND_H
#define GS_BACKEND_H

#include "engine/plan.h"

struct gs_backend {
    const char *name;

    /* Its version and the instruction set that it picks, as one line. */
    void (*about)(char *text, size_t size);

    /* Whether it computes this node for an operand of shape `in`. The planner then makes a step with `run` and the same
     * sources as the native step, all blocked and without a halo. */
    bool (*takes)(const gs_node *node, gs_shape in);
    gs_step_run *run;

    /* Prepare its steps, once strides and segments are known and before the workers' memory is allocated: set `own` and
     * `method`, raise tiles_size. Errors: GS_ERROR_UNSUPPORTED, GS_ERROR_MEMORY. */
    gs_status (*create)(gs_plan *plan, gs_error *error);

    /* Free what `create` made, which may be only part of it. */
    void (*destroy)(gs_plan *plan);
};

extern const gs_backend gs_backend_onednn; /* defined only in builds that have it */

/* The backend with this name; NULL for "native" or a NULL name. Errors: GS_ERROR_ARGUMENT (unknown),
 * GS_ERROR_UNSUPPORTED (not in this build). */
gs_status gs_backend_find(const char *name, const gs_backend **backend, gs_error *error);

#endif
