#include "engine/onednn/api.h"

#include <string.h>

#if DNNL_VERSION_MAJOR >= 3

bool gs_md_tagged(gs_md *md, int rank, const dnnl_dims_t sizes, dnnl_format_tag_t tag) {
    return dnnl_memory_desc_create_with_tag(&md->value, rank, sizes, dnnl_f32, tag) == dnnl_success;
}

bool gs_md_strided(gs_md *md, int rank, const dnnl_dims_t sizes, const dnnl_dims_t strides) {
    return dnnl_memory_desc_create_with_strides(&md->value, rank, sizes, dnnl_f32, strides) == dnnl_success;
}

gs_md_view gs_md_get(const gs_md *md) {
    return md->value;
}

void gs_md_free(gs_md *md) {
    dnnl_memory_desc_destroy(md->value);
    md->value = NULL;
}

dnnl_primitive_desc_t gs_operation_describe(const gs_operation *o, dnnl_engine_t engine,
                                            const_dnnl_primitive_attr_t attributes) {
    dnnl_primitive_desc_t result = NULL;
    dnnl_status_t status = dnnl_unimplemented;
    if (o->kind == dnnl_convolution)
        status = dnnl_convolution_forward_primitive_desc_create(
            &result, engine, dnnl_forward_inference, o->algorithm, o->in.value, o->weight.value, o->bias.value,
            o->out.value, o->stride, o->dilation, o->padding, o->padding, attributes);
    else if (o->kind == dnnl_inner_product)
        status =
            dnnl_inner_product_forward_primitive_desc_create(&result, engine, dnnl_forward_inference, o->in.value,
                                                             o->weight.value, o->bias.value, o->out.value, attributes);
    else if (o->kind == dnnl_pooling)
        status = dnnl_pooling_forward_primitive_desc_create(&result, engine, dnnl_forward_inference, o->algorithm,
                                                            o->in.value, o->out.value, o->stride, o->kernel,
                                                            o->dilation, o->padding, o->padding, attributes);
    return status == dnnl_success ? result : NULL;
}

bool gs_append_sum(dnnl_post_ops_t ops) {
    return dnnl_post_ops_append_sum(ops, 1, 0, dnnl_f32) == dnnl_success;
}

#else

bool gs_md_tagged(gs_md *md, int rank, const dnnl_dims_t sizes, dnnl_format_tag_t tag) {
    return dnnl_memory_desc_init_by_tag(&md->value, rank, sizes, dnnl_f32, tag) == dnnl_success;
}

bool gs_md_strided(gs_md *md, int rank, const dnnl_dims_t sizes, const dnnl_dims_t strides) {
    return dnnl_memory_desc_init_by_strides(&md->value, rank, sizes, dnnl_f32, strides) == dnnl_success;
}

gs_md_view gs_md_get(const gs_md *md) {
    return md->value.ndims ? &md->value : NULL;
}

void gs_md_free(gs_md *md) {
    md->value.ndims = 0;
}

dnnl_primitive_desc_t gs_operation_describe(const gs_operation *o, dnnl_engine_t engine,
                                            const_dnnl_primitive_attr_t attributes) {
    union {
        dnnl_convolution_desc_t convolution;
        dnnl_inner_product_desc_t inner_product;
        dnnl_pooling_desc_t pooling;
    } description;
    gs_md_view in = gs_md_get(&o->in), weight = gs_md_get(&o->weight), bias = gs_md_get(&o->bias),
               out = gs_md_get(&o->out);
    dnnl_primitive_desc_t result = NULL;
    dnnl_status_t status = dnnl_unimplemented;
    if (o->kind == dnnl_convolution)
        status = dnnl_dilated_convolution_forward_desc_init(&description.convolution, dnnl_forward_inference,
                                                            o->algorithm, in, weight, bias, out, o->stride, o->dilation,
                                                            o->padding, o->padding);
    else if (o->kind == dnnl_inner_product)
        status = dnnl_inner_product_forward_desc_init(&description.inner_product, dnnl_forward_inference, in, weight,
                                                      bias, out);
    else if (o->kind == dnnl_pooling)
        status = dnnl_pooling_forward_desc_init(&description.pooling, dnnl_forward_inference, o->algorithm, in, out,
                                                o->stride, o->kernel, o->padding, o->padding);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(&result, &description, attributes, engine, NULL);
    return status == dnnl_success ? result : NULL;
}

bool gs_append_sum(dnnl_post_ops_t ops) {
    return dnnl_post_ops_append_sum(ops, 1) == dnnl_success;
}

#endif
