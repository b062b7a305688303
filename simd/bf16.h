/* The operations of the multiply-add kernel on bf16 where processors have no dot products of it: the exact ones. */
#ifndef GS_BF16_H
#define GS_BF16_H

#include "bf16_exact.h"

#define GS_MAC_ROWS_bf16 GS_MAC_ROWS_bf16_exact
#define GS_MAC_PLANES_bf16 GS_MAC_PLANES_bf16_exact
#define GS_MAC_EXACTNESS_bf16 GS_MAC_EXACTNESS_bf16_exact
#define v_broadcast_bf16(x) v_broadcast_bf16_exact(x)
#define v_weights_bf16(w) v_weights_bf16_exact(w)
#define v_sums_bf16(init) v_sums_bf16_exact(init)
#define v_dot_bf16(x, w, sum) v_dot_bf16_exact(x, w, sum)
#define v_result_bf16(sum) v_result_bf16_exact(sum)
#define v_store_bf16(y, x, inv) gs_store_bf16(y, x)

#endif
