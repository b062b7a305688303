/* A second source of methods for steps, beside the native kernels. What a backend takes becomes a step that it runs;
 * all else stays native. Its results are within rounding of the native ones, not the same bytes. */
#ifndef GS_BACKEND_H
#define GS_BACKEND_H

#include "engine/plan.h"

struct gs_backend {
    const char *name;

    /* Its version and the instruction set it picks, as one line. */
    void (*about)(char *text, size_t size);

    /* Whether it computes this node of an operand of shape `in`. The planner then makes a step with `run` and the same
     * sources as the native one's, all blocked and without halo. */
    bool (*takes)(const gs_node *node, gs_shape in);
    gs_step_run *run;

    /* Prepare its steps, once strides and segments are known and before the workers' memory is made: set `own` and
     * `method`, raise tiles_size. Errors: GS_ERROR_UNSUPPORTED, GS_ERROR_MEMORY. */
    gs_status (*create)(gs_plan *plan, gs_error *error);

    /* Free what `create` made, all or some of it. */
    void (*destroy)(gs_plan *plan);
};

extern const gs_backend gs_backend_onednn; /* where the build has it */

/* The backend of a name, NULL for "native" or a name that is NULL. Errors: GS_ERROR_ARGUMENT (unknown),
 * GS_ERROR_UNSUPPORTED (not in this build). */
gs_status gs_backend_find(const char *name, const gs_backend **backend, gs_error *error);

#endif
