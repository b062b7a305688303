/* The weight file of a network that is written node by node, in memory. Whatever fails on the way is told at the end.
 */
#ifndef GS_SKETCH_H
#define GS_SKETCH_H

#include "model/compose.h"

typedef struct gs_sketch {
    gs_draft draft; /* the constants' tensors */
    json_t *nodes;  /* models/FORMAT.md */
    bool failed;    /* memory ran out */
} gs_sketch;

void gs_sketch_begin(gs_sketch *sketch);
void gs_sketch_end(gs_sketch *sketch);

/* Add a node with inputs `a` and, unless it is NULL, `b`; `attributes` is a format of json_pack, or NULL. */
void gs_sketch_node(gs_sketch *sketch, const char *name, const char *op, const char *a, const char *b,
                    const char *attributes, ...);

/* Add a node "constant", of values (d0, d1, 1), or (d0) if d1 is 0. */
void gs_sketch_constant(gs_sketch *sketch, const char *name, int d0, int d1, const double *values);

/* Add the node "reshape" to (d0, d1, 1), or (d0) if d1 is 0. */
void gs_sketch_reshape(gs_sketch *sketch, const char *name, const char *of, int d0, int d1);

/* The network of these nodes and of `model`, the object of models/FORMAT.md without its graph, which is taken over and
 * may be NULL for a lack of memory. Errors: those of gs_model_load_memory. */
gs_status gs_sketch_load(gs_sketch *sketch, json_t *model, const char *name, gs_model **result, gs_error *error);

#endif
