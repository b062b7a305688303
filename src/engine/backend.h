/* A second source of methods for steps, beside the native kernels: its methods come first in methods.def, and nodes to
 * which none of them applies stay native. Its results equal the native ones within rounding, but are not the same
 * bytes. */
#ifndef GS_BACKEND_H
#define GS_BACKEND_H

#include "engine/data.h"

struct gs_backend {
    const char *name;

    /* Its version and the instruction set that it picks, as one line. */
    void (*about)(char *text, size_t size);

    /* Make what its steps share, plan->backend_data, before there are steps. Errors: GS_ERROR_MEMORY. */
    gs_status (*open)(gs_plan *plan, gs_error *error);

    /* Free what `open` made, which may be only part of it, after the steps. */
    void (*close)(gs_plan *plan);
};

extern const gs_backend gs_backend_onednn; /* defined only in builds that have it */

/* The backend with this name; NULL for "native" or a NULL name. Errors: GS_ERROR_ARGUMENT (unknown),
 * GS_ERROR_UNSUPPORTED (not in this build). */
gs_status gs_backend_find(const char *name, const gs_backend **backend, gs_error *error);

#endif
