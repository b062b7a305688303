/* Reshapes of an image to one row that cost nothing, because the linear layer that reads them knows where channels
 * are. */
#ifndef GS_FLAT_H
#define GS_FLAT_H

#include "engine/builder.h"

/* Whether value v is such a row: its buffer is that of the image, blocked and of rank 3. */
bool gs_is_flat_view(const gs_builder *b, int v);

#endif
