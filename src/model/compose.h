/* Weight files in memory, put together from their JSON and their tensors. */
#ifndef GS_COMPOSE_H
#define GS_COMPOSE_H

#include <jansson.h>

#include "model/stored.h"

/* A file that is being written. Every function does nothing once `failed`, which only a lack of memory sets. */
typedef struct gs_draft {
    json_t *header; /* the tensors' entries */
    unsigned char *data;
    size_t bytes, room; /* of the data */
    bool failed;
} gs_draft;

void gs_draft_begin(gs_draft *draft);
void gs_draft_end(gs_draft *draft);

/* Add a tensor of these values; false where one of them has no finite value in this type. */
bool gs_draft_tensor(gs_draft *draft, const char *name, const gs_stored *stored, int rank, const size_t *shape,
                     const float *values);

/* The file of these tensors and of this model object, whose "graph" it has already, to be freed with gs_free; NULL when
 * memory runs out. `version` is that of the format: "1". */
unsigned char *gs_draft_compose(gs_draft *draft, const json_t *model, const char *version, size_t *size);

#endif
