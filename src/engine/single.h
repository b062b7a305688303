/* One node of a network by itself, for measurements. */
#ifndef GS_SINGLE_H
#define GS_SINGLE_H

#include "model/model.h"

/* A network of node n of `model` alone, which has one operand; its input is that operand as an image, its last node is
 * the copy of node n. It is to be freed with gs_model_free before `model`. Errors: GS_ERROR_MEMORY. */
gs_status gs_single_create(const gs_model *model, int n, gs_model **single, gs_error *error);

#endif
