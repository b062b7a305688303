/* Everything about the model but its graph. */
#ifndef GS_METADATA_H
#define GS_METADATA_H

#include "model/json.h"

gs_status gs_metadata_read(gs_loader *loader, const json_t *model);

#endif
