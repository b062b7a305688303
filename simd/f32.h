/* The operations of the multiply-add kernel on f32: see mac in kernels.h. A dot product is one product deep. They are
 * macros, because GCC copies the vectors of scalar C that pass through one more function: 10 % more instructions. */
#ifndef GS_F32_H
#define GS_F32_H

#include "vec.h"

/* Rows and planes per tile: what the registers of vec.h hold. */
#define GS_MAC_ROWS_f32 GS_TILE_ROWS
#define GS_MAC_PLANES_f32 GS_TILE_PLANES
#define GS_MAC_EXACTNESS_f32 GS_EXACT

#define v_broadcast_f32(x) v_set1(*(x))
#define v_weights_f32(w) v_load(w)
#define v_sums_f32(init) ((init) ? v_load(init) : v_set1(0.0f))
#define v_dot_f32(x, w, sum) v_fma(x, w, sum)
#define v_result_f32(sum) (sum)
#define v_store_f32(y, x, inv) v_store(y, x)

#endif
