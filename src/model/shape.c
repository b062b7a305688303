#include <string.h>

#include "model/loader.h"

/* A rule is given a node whose inputs, attributes and tensors have been read, and sets its shape and operations. */
typedef gs_status (*rule)(gs_loader *loader, gs_node *node, const gs_draft *draft);

static gs_shape input_shape(const gs_loader *loader, const gs_node *node, int i) {
    return gs_value_shape(loader->model, node->input[i]);
}

/* "(8, 3, 3)" */
static void print_shape(char *text, size_t room, int rank, const size_t *d) {
    size_t used = (size_t)snprintf(text, room, "(");
    for (int i = 0; i < rank && used < room; i++)
        used += (size_t)snprintf(text + used, room - used, "%s%zu", i ? ", " : "", d[i]);
    if (used < room)
        snprintf(text + used, room - used, ")");
}

/* The tensor, if present, must have that shape. */
static gs_status check_tensor(const gs_loader *loader, const gs_node *node, const char *role, const gs_tensor *tensor,
                              int rank, const size_t *d) {
    if (!tensor || (tensor->rank == rank && !memcmp(tensor->shape, d, (size_t)rank * sizeof *d)))
        return GS_OK;
    char found[160], expected[160];
    print_shape(found, sizeof found, tensor->rank, tensor->shape);
    print_shape(expected, sizeof expected, rank, d);
    return gs_node_fail(loader, node, "%s '%.60s': shape %s, expected %s", role, tensor->name, found, expected);
}

static gs_status check_vector(const gs_loader *loader, const gs_node *node, const char *role, const gs_tensor *tensor,
                              int size) {
    size_t d = (size_t)size;
    return check_tensor(loader, node, role, tensor, 1, &d);
}

static gs_status check_rank(const gs_loader *loader, const gs_node *node, gs_shape shape, int rank, const char *form) {
    return shape.rank == rank
               ? GS_OK
               : gs_node_fail(loader, node, "input of rank %d, %s takes %s", shape.rank, gs_op_name(node->op), form);
}

static gs_status check_rank3(const gs_loader *loader, const gs_node *node, gs_shape shape) {
    return check_rank(loader, node, shape, 3, "(C, H, W)");
}

/* Set the result's shape from sizes that may be too large. */
static gs_status set_shape(const gs_loader *loader, gs_node *node, int rank, uint64_t d0, uint64_t d1, uint64_t d2) {
    /* Each factor below 2^26 + 1 keeps the products below 2^52. */
    if (d0 > GS_SIZE_MAX || d1 > GS_SIZE_MAX || d2 > GS_SIZE_MAX || d0 * d1 > GS_SIZE_MAX || d0 * d1 * d2 > GS_SIZE_MAX)
        return gs_node_fail(loader, node, "result (%llu, %llu, %llu) is too large, expected at most %d elements",
                            (unsigned long long)d0, (unsigned long long)d1, (unsigned long long)d2, GS_SIZE_MAX);
    node->shape = (gs_shape){.rank = rank, .d = {(int)d0, (int)d1, (int)d2}};
    return GS_OK;
}

static uint64_t size_at(gs_shape shape, int i) {
    return (uint64_t)shape.d[i];
}

static gs_status infer_constant(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    (void)draft;
    const gs_tensor *t = node->weight;
    if (t->rank < 1 || t->rank > GS_RANK_MAX)
        return gs_node_fail(loader, node, "value '%.60s': rank %d, expected 1 ... 3", t->name, t->rank);
    return set_shape(loader, node, t->rank, t->shape[0], t->rank > 1 ? t->shape[1] : 1, t->rank > 2 ? t->shape[2] : 1);
}

/* floor((size + 2 padding - dilation (kernel - 1) - 1)/stride) + 1, or 0 where the window does not fit. */
static uint64_t windows(int size, int kernel, int stride, int padding, int dilation) {
    int64_t room = (int64_t)size + 2 * (int64_t)padding - (int64_t)dilation * (kernel - 1) - 1;
    return room < 0 ? 0 : (uint64_t)(room / stride) + 1;
}

static gs_status set_windows(const gs_loader *loader, gs_node *node, gs_shape in, uint64_t channels) {
    const gs_attributes *a = &node->attributes;
    uint64_t out[2];
    for (int i = 0; i < 2; i++) {
        out[i] = windows(in.d[i + 1], a->kernel[i], a->stride[i], a->padding[i], a->dilation[i]);
        if (!out[i])
            return gs_node_fail(loader, node, "a window of %d with dilation %d does not fit into %d with padding %d",
                                a->kernel[i], a->dilation[i], in.d[i + 1], a->padding[i]);
    }
    return set_shape(loader, node, 3, channels, out[0], out[1]);
}

static gs_status infer_conv2d(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    (void)draft;
    enum { KERNEL_MAX = 4096 };
    gs_shape in = input_shape(loader, node, 0);
    gs_attributes *a = &node->attributes;
    const gs_tensor *w = node->weight;
    gs_status status = check_rank3(loader, node, in);
    if (status)
        return status;
    if (w->rank != 4 || w->shape[0] > GS_SIZE_MAX || w->shape[2] > KERNEL_MAX || w->shape[3] > KERNEL_MAX)
        return gs_node_fail(loader, node, "weight '%.60s': expected shape (O, C/groups, kh, kw), kh and kw at most %d",
                            w->name, KERNEL_MAX);
    size_t groups = (size_t)a->groups, channels = (size_t)in.d[0];
    if (channels % groups || w->shape[0] % groups)
        return gs_node_fail(loader, node, "%zu input and %zu output channels, expected multiples of groups %zu",
                            channels, w->shape[0], groups);
    size_t expected[4] = {w->shape[0], channels / groups, w->shape[2], w->shape[3]};
    status = check_tensor(loader, node, "weight", w, 4, expected);
    if (!status)
        status = check_vector(loader, node, "bias", node->bias, (int)w->shape[0]);
    a->kernel[0] = (int)w->shape[2];
    a->kernel[1] = (int)w->shape[3];
    if (!status)
        status = set_windows(loader, node, in, w->shape[0]);
    /* Less than 2^27 times the bytes of a file, in practice far too small to overflow. */
    if (!status)
        node->operations = 2 * (uint64_t)gs_shape_size(node->shape) * (w->size / w->shape[0]);
    return status;
}

static gs_status infer_linear(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    (void)draft;
    gs_shape in = input_shape(loader, node, 0);
    const gs_tensor *w = node->weight;
    gs_status status = check_rank(loader, node, in, 1, "(C)");
    if (status)
        return status;
    size_t expected[2] = {w->shape[0], (size_t)in.d[0]};
    status = check_tensor(loader, node, "weight", w, 2, expected);
    if (!status)
        status = set_shape(loader, node, 1, w->shape[0], 1, 1);
    if (!status)
        status = check_vector(loader, node, "bias", node->bias, node->shape.d[0]);
    node->operations = 2 * (uint64_t)w->size;
    return status;
}

static gs_status check_eps(const gs_loader *loader, const gs_node *node) {
    return (float)node->attributes.eps > 0 ? GS_OK
                                           : gs_node_fail(loader, node,
                                                          "attribute 'eps': found %g, expected a positive "
                                                          "number",
                                                          node->attributes.eps);
}

static gs_status infer_channel_norm(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    (void)draft;
    gs_shape in = input_shape(loader, node, 0);
    int channels = in.d[0];
    if (node->op == GS_OP_INSTANCE_NORM)
        node->attributes.groups = channels;
    bool fits = in.rank == 3 || (in.rank == 1 && node->op == GS_OP_GROUP_NORM);
    if (!fits)
        return gs_node_fail(loader, node, "input of rank %d, %s takes rank %s", in.rank, gs_op_name(node->op),
                            node->op == GS_OP_GROUP_NORM ? "1 or 3" : "3");
    if (channels % node->attributes.groups)
        return gs_node_fail(loader, node, "%d channels, expected a multiple of groups %d", channels,
                            node->attributes.groups);
    gs_status status = check_eps(loader, node);
    if (!status)
        status = check_vector(loader, node, "weight", node->weight, channels);
    if (!status)
        status = check_vector(loader, node, "bias", node->bias, channels);
    node->shape = in;
    return status;
}

static gs_status infer_layer_norm(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    (void)draft;
    gs_shape in = input_shape(loader, node, 0);
    if (in.rank == 2)
        return gs_node_fail(loader, node, "input of rank 2, layer_norm takes rank 1 or 3");
    size_t d[GS_RANK_MAX] = {(size_t)in.d[0], (size_t)in.d[1], (size_t)in.d[2]};
    int rank = node->attributes.over == GS_OVER_ALL ? in.rank : 1;
    gs_status status = check_eps(loader, node);
    if (!status)
        status = check_tensor(loader, node, "weight", node->weight, rank, d);
    if (!status)
        status = check_tensor(loader, node, "bias", node->bias, rank, d);
    node->shape = in;
    return status;
}

static gs_status infer_same(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    (void)draft;
    node->shape = input_shape(loader, node, 0);
    return GS_OK;
}

static gs_status infer_broadcast(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    (void)draft;
    gs_shape a = input_shape(loader, node, 0), b = input_shape(loader, node, 1);
    uint64_t d[GS_RANK_MAX];
    for (int i = 0; i < GS_RANK_MAX; i++) {
        if (a.d[i] != b.d[i] && a.d[i] != 1 && b.d[i] != 1)
            return gs_node_fail(loader, node, "inputs (%d, %d, %d) and (%d, %d, %d), expected equal sizes or 1", a.d[0],
                                a.d[1], a.d[2], b.d[0], b.d[1], b.d[2]);
        d[i] = size_at(a.d[i] > b.d[i] ? a : b, i);
    }
    return set_shape(loader, node, a.rank > b.rank ? a.rank : b.rank, d[0], d[1], d[2]);
}

static gs_status infer_concat(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    (void)draft;
    gs_shape first = input_shape(loader, node, 0);
    uint64_t channels = 0;
    for (int i = 0; i < node->inputs; i++) {
        gs_shape in = input_shape(loader, node, i);
        if (in.rank != first.rank || in.d[1] != first.d[1] || in.d[2] != first.d[2])
            return gs_node_fail(loader, node,
                                "input %d is (%d, %d, %d) of rank %d, expected (any, %d, %d) of rank %d like the first",
                                i, in.d[0], in.d[1], in.d[2], in.rank, first.d[1], first.d[2], first.rank);
        channels += size_at(in, 0);
    }
    return set_shape(loader, node, first.rank, channels, size_at(first, 1), size_at(first, 2));
}

static gs_status infer_slice(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    (void)draft;
    gs_shape in = input_shape(loader, node, 0);
    const gs_attributes *a = &node->attributes;
    if (a->begin >= a->end || a->end > in.d[0])
        return gs_node_fail(loader, node, "slice %d ... %d, expected 0 <= begin < end <= %d", a->begin, a->end,
                            in.d[0]);
    return set_shape(loader, node, in.rank, (uint64_t)(a->end - a->begin), size_at(in, 1), size_at(in, 2));
}

static gs_status infer_reshape(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    gs_shape in = input_shape(loader, node, 0);
    gs_status status = set_shape(loader, node, draft->shape.rank, size_at(draft->shape, 0), size_at(draft->shape, 1),
                                 size_at(draft->shape, 2));
    if (!status && gs_shape_size(node->shape) != gs_shape_size(in))
        status = gs_node_fail(loader, node, "attribute 'shape': %zu elements, the input has %zu",
                              gs_shape_size(node->shape), gs_shape_size(in));
    return status;
}

static gs_status infer_upsample(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    (void)draft;
    gs_shape in = input_shape(loader, node, 0);
    const int *scale = node->attributes.scale2;
    gs_status status = check_rank3(loader, node, in);
    return status ? status
                  : set_shape(loader, node, 3, size_at(in, 0), size_at(in, 1) * (uint64_t)scale[0],
                              size_at(in, 2) * (uint64_t)scale[1]);
}

static gs_status infer_pool(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    (void)draft;
    gs_shape in = input_shape(loader, node, 0);
    gs_attributes *a = &node->attributes;
    gs_status status = check_rank3(loader, node, in);
    if (status)
        return status;
    for (int i = 0; i < 2; i++) {
        a->dilation[i] = 1;
        if (!a->stride[i])
            a->stride[i] = a->kernel[i];
        if (2 * a->padding[i] > a->kernel[i])
            return gs_node_fail(loader, node, "padding %d, expected at most half the kernel %d", a->padding[i],
                                a->kernel[i]);
    }
    return set_windows(loader, node, in, size_at(in, 0));
}

static gs_status infer_adaptive_pool(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    (void)draft;
    gs_shape in = input_shape(loader, node, 0);
    const int *size = node->attributes.scale2;
    gs_status status = check_rank3(loader, node, in);
    return status ? status : set_shape(loader, node, 3, size_at(in, 0), (uint64_t)size[0], (uint64_t)size[1]);
}

static gs_status infer_embedding(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    (void)draft;
    const gs_tensor *w = node->weight;
    if (node->input[0] != GS_VALUE_LABEL)
        return gs_node_fail(loader, node, "embedding takes the model input 'label' only");
    if (w->rank != 2 || w->shape[0] < (size_t)loader->model->info.labels + 1)
        return gs_node_fail(loader, node, "weight '%.60s': expected shape (N, O), N at least %d for %d labels and none",
                            w->name, loader->model->info.labels + 1, loader->model->info.labels);
    return set_shape(loader, node, 1, w->shape[1], 1, 1);
}

static gs_status infer_shuffle(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    (void)draft;
    gs_shape in = input_shape(loader, node, 0);
    uint64_t r = (uint64_t)node->attributes.factor;
    gs_status status = check_rank3(loader, node, in);
    if (status)
        return status;
    if (size_at(in, 0) % (r * r))
        return gs_node_fail(loader, node, "%d channels, expected a multiple of factor %d squared", in.d[0], (int)r);
    return set_shape(loader, node, 3, size_at(in, 0) / (r * r), size_at(in, 1) * r, size_at(in, 2) * r);
}

static gs_status infer_unshuffle(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    (void)draft;
    gs_shape in = input_shape(loader, node, 0);
    uint64_t r = (uint64_t)node->attributes.factor;
    gs_status status = check_rank3(loader, node, in);
    if (status)
        return status;
    if (size_at(in, 1) % r || size_at(in, 2) % r)
        return gs_node_fail(loader, node, "%d x %d pixels, expected multiples of factor %d", in.d[1], in.d[2], (int)r);
    return set_shape(loader, node, 3, size_at(in, 0) * r * r, size_at(in, 1) / r, size_at(in, 2) / r);
}

static gs_status infer_reduction(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    (void)draft;
    gs_shape in = input_shape(loader, node, 0);
    gs_status status = GS_OK;
    switch (node->attributes.over) {
    case GS_OVER_CHANNELS:
        status = check_rank3(loader, node, in);
        node->shape = (gs_shape){.rank = 3, .d = {1, in.d[1], in.d[2]}};
        break;
    case GS_OVER_POSITIONS:
        node->shape = (gs_shape){.rank = 1, .d = {in.d[0], 1, 1}};
        break;
    default:
        node->shape = (gs_shape){.rank = 1, .d = {1, 1, 1}};
        break;
    }
    return status;
}

/* Operations missing here keep their input's shape. */
static const rule rules[GS_OP_COUNT] = {
    [GS_OP_CONSTANT] = infer_constant,
    [GS_OP_CONV2D] = infer_conv2d,
    [GS_OP_LINEAR] = infer_linear,
    [GS_OP_GROUP_NORM] = infer_channel_norm,
    [GS_OP_LAYER_NORM] = infer_layer_norm,
    [GS_OP_INSTANCE_NORM] = infer_channel_norm,
    [GS_OP_ADD] = infer_broadcast,
    [GS_OP_SUB] = infer_broadcast,
    [GS_OP_MUL] = infer_broadcast,
    [GS_OP_DIV] = infer_broadcast,
    [GS_OP_CONCAT] = infer_concat,
    [GS_OP_SLICE] = infer_slice,
    [GS_OP_RESHAPE] = infer_reshape,
    [GS_OP_UPSAMPLE_NEAREST] = infer_upsample,
    [GS_OP_AVG_POOL] = infer_pool,
    [GS_OP_MAX_POOL] = infer_pool,
    [GS_OP_ADAPTIVE_AVG_POOL] = infer_adaptive_pool,
    [GS_OP_EMBEDDING] = infer_embedding,
    [GS_OP_PIXEL_SHUFFLE] = infer_shuffle,
    [GS_OP_PIXEL_UNSHUFFLE] = infer_unshuffle,
    [GS_OP_SUM] = infer_reduction,
    [GS_OP_MEAN] = infer_reduction,
};

gs_status gs_shape_infer(gs_loader *loader, gs_node *node, const gs_draft *draft) {
    node->attributes = draft->attributes;
    rule infer = rules[node->op] ? rules[node->op] : infer_same;
    return infer(loader, node, draft);
}
