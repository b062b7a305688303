/* The gradient of an energy as a graph. */
#ifndef GS_GRADIENT_H
#define GS_GRADIENT_H

#include "model/model.h"

/* A copy of the energy network `model` with added nodes that compute dE/dx, which is its second output, (C, H, W). The
 * first nodes are those of `model`. The copy is to be freed with gs_model_free before `model`. Errors:
 * GS_ERROR_UNSUPPORTED (another kind of model, or an operation that has no derivative here), GS_ERROR_MEMORY.
 */
gs_status gs_gradient_graph(const gs_model *model, gs_model **graph, gs_error *error);

#endif
