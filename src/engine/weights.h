/* Memory of packed weights, which all steps of a plan share: in few blocks, which get large pages, since a page of 4
 * KiB takes as long to get as to fill. */
#ifndef GS_WEIGHTS_H
#define GS_WEIGHTS_H

#include "engine/data.h"
#include "engine/product.h"

/* Zeroed memory for so many floats, at a boundary of 64 bytes, which is freed with the plan; NULL when memory runs out.
 */
float *gs_weights_alloc(gs_plan *plan, size_t floats);

/* The same for so many weights of a type. */
void *gs_weights_alloc_of(gs_plan *plan, const gs_product_type *type, size_t count);

/* Bytes of all that memory, of the plan alone, in whole large pages; and in *spare of what is behind the last weights
 * of blocks, which costs addresses only. */
size_t gs_weights_bytes(const gs_plan *plan, size_t *spare);

void gs_weights_free(gs_plan *plan);

#endif
