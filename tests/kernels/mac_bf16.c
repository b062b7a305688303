/* Cases of mac on bf16, whose dot products processors may round on their own. */
#define MAC_TYPE bf16
#define MAC_ARGS gs_bf16_mac_args
#define MAC_ROUNDINGS 2 /* per product */
#include "kernels/mac_bf16.inc"
