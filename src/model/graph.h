/* The graph of a model, whose operations mean what their records say (op/operation.h). */
#ifndef GS_GRAPH_H
#define GS_GRAPH_H

#include "model/json.h"

gs_status gs_graph_read(gs_loader *loader, const json_t *graph);

#endif
