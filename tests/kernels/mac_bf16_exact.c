/* Cases of mac on bf16 by multiply-adds of floats. */
#define MAC_TYPE bf16_exact
#define MAC_ARGS gs_bf16_exact_mac_args
#define MAC_ROUNDINGS 1 /* per product */
#include "kernels/mac_bf16.inc"
