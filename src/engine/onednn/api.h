/* Everything that differs between oneDNN's C interfaces 2.x and 3.x: memory descriptors are values in the former and
 * objects in the latter, and a primitive is described in two steps or in one. */
#ifndef GS_ONEDNN_API_H
#define GS_ONEDNN_API_H

#include <stdbool.h>

#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_debug.h>

/* An owned memory descriptor of float32; zero-initialised, it is empty. A view is what oneDNN's functions take. */
typedef struct gs_md {
    dnnl_memory_desc_t value;
} gs_md;
#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t gs_md_view;
#else
typedef const dnnl_memory_desc_t *gs_md_view;
#endif

bool gs_md_tagged(gs_md *md, int rank, const dnnl_dims_t sizes, dnnl_format_tag_t tag);
bool gs_md_strided(gs_md *md, int rank, const dnnl_dims_t sizes, const dnnl_dims_t strides);
gs_md_view gs_md_get(const gs_md *md); /* NULL: none */
void gs_md_free(gs_md *md);

/* A convolution, inner product or pooling, forward. */
typedef struct gs_operation {
    dnnl_primitive_kind_t kind; /* dnnl_convolution, dnnl_inner_product, dnnl_pooling */
    dnnl_alg_kind_t algorithm;
    dnnl_dims_t stride, dilation, padding, kernel; /* dilation 0 means none, as oneDNN counts */
    gs_md in, weight, bias, out;
} gs_operation;

/* NULL where oneDNN has no implementation. */
dnnl_primitive_desc_t gs_operation_describe(const gs_operation *o, dnnl_engine_t engine,
                                            const_dnnl_primitive_attr_t attributes);

/* out += ... instead of out = ... */
bool gs_append_sum(dnnl_post_ops_t ops);

#endif
