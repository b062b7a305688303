/* How a weight file says that its network is quantised. */
#ifndef GS_QUANT_H
#define GS_QUANT_H

#include "model/json.h"

enum { GS_BANDS_MAX = 16 };

/* The longest sum of products of integers, so that no partial sum of bytes 0 ... 255 times -127 ... 127 overflows 32
 * bits; of 16 bits, weights are as small as that wants (gs_quant). */
enum { GS_QUANT_LENGTH_MAX = 65536 };

/* The name of a domain in files, "direct", and its positions. */
const char *gs_quant_domain_name(gs_quant_domain domain);
int gs_quant_positions(gs_quant_domain domain);

/* Whether a domain is one of Winograd's, and of a type of integers the one that it has. */
static inline bool gs_quant_is_winograd(gs_quant_domain domain) {
    return domain != GS_QUANT_DIRECT;
}
static inline gs_quant_domain gs_quant_winograd(gs_dtype dtype) {
    return dtype == GS_DTYPE_INT8 ? GS_QUANT_WINOGRAD_F4 : GS_QUANT_WINOGRAD_F5;
}

/* The channels C of a node's input, of which its factors are, and whether a node's products can be computed in integers
 * in this domain: what keeps it from that in words, or NULL. The node is checked but for its `quant`. */
size_t gs_quant_channels(const gs_node *node);
const char *gs_quant_problem(const gs_node *node, gs_quant_domain domain);

/* Read the model's "quantization", before its nodes; NULL: it has none. */
gs_status gs_quantization_read(gs_loader *loader, const json_t *object);

/* Read a node's "quant" once the rest of it is checked; NULL: it has none. */
gs_status gs_quant_read(gs_loader *loader, gs_node *node, const json_t *object);

/* Check the quantisation once all nodes are read. */
gs_status gs_quantization_check(gs_loader *loader);

#endif
