/* A model with new values of tensors, for plans that are updated. */
#ifndef GS_RENEW_H
#define GS_RENEW_H

#include "model/model.h"

/* A copy of `model` in which these tensors have new values: to be freed with gs_model_free, before `model` and whatever
 * that was itself made from, with which it shares all but nodes and the tensors that they use. Errors:
 * GS_ERROR_ARGUMENT, GS_ERROR_MEMORY. */
gs_status gs_model_renew(const gs_model *model, const gs_tensor_values *values, size_t count, gs_model **renewed,
                         gs_error *error);

#endif
