/* Graphs of small values, whose images are computed abreast (data.h). */
#ifndef GS_SMALL_H
#define GS_SMALL_H

#include "engine/builder.h"

/* Whether steps of images abreast compute the graph, whose needed values are marked: every node that depends on x has a
 * method for it, and no value is so large that a single image would take long. */
bool gs_small_suits(const gs_builder *b, const gs_method *const *methods);

#endif
