/* Buffers that hold the inputs of products in their type, so that neither is a change of type a pass of its own nor do
 * floats go through the cache. */
#ifndef GS_TYPED_H
#define GS_TYPED_H

#include "engine/data.h"

/* Choose the buffers of a plan, whose steps are made, that hold integers: those that one step reads, as integers, and
 * that are written by steps that can store them (method.h). What the reader multiplies is the same, to the bit. False
 * when memory runs out. */
bool gs_plan_type_buffers(gs_plan *plan);

#endif
