/* Header and tensors of a weight file. */
#ifndef GS_SAFETENSORS_H
#define GS_SAFETENSORS_H

#include "model/json.h"

/* Read the whole file: fills model->tensor (sorted by name), info.parameters, and *metadata. */
gs_status gs_safetensors_read(gs_loader *loader, json_t **metadata);

#endif
