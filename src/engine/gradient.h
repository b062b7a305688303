/* The gradient of an energy, and the vector-Jacobian products of other networks, as a graph. */
#ifndef GS_GRADIENT_H
#define GS_GRADIENT_H

#include "model/model.h"

/* A copy of the network `model` with added nodes that compute dE/dx, of an energy, or v^T dF/dx, of a network F of
 * another kind with one output: its second output, (C, H, W). The vector v is a node of its own (op/seed.c). The first
 * nodes are those of `model`. The copy is to be freed with gs_model_free before `model`. Errors: GS_ERROR_UNSUPPORTED
 * (a classifier, or an operation that has no derivative here), GS_ERROR_MEMORY.
 */
gs_status gs_gradient_graph(const gs_model *model, gs_model **graph, gs_error *error);

#endif
