/* Buffers that hold the inputs of products in their type, so that neither is a change of type a pass of its own nor do
 * floats go through the cache. */
#ifndef GS_TYPED_H
#define GS_TYPED_H

#include "engine/data.h"

/* Whether products of the type are those of tiles (gs_isa_has_tiles). They read what is adjacent in memory: so what
 * they read has all channels of a pixel beside each other, and the taps of a row then are, too. Direct convolutions
 * by them replace Winograd's in bf16 (gs_prefers_direct). */
bool gs_multiplies_tiles(const gs_plan *plan, const gs_product_type *type);

/* Choose the buffers of a plan, whose steps are made, that hold the inputs of products: those that one step reads, as
 * integers or by tiles, and that are written by steps that can store them (method.h). What the reader multiplies is the
 * same, to the bit. False when memory runs out. */
bool gs_plan_type_buffers(gs_plan *plan);

#endif
