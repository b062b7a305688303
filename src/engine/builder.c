#include "engine/builder.h"

#include <string.h>

#include "engine/method/layout.h"

gs_shape gs_builder_shape(const gs_builder *b, int n, int k) {
    return gs_value_shape(b->model, b->model->node[n].input[k]);
}

bool gs_same_sizes(gs_shape x, gs_shape y) {
    return x.d[0] == y.d[0] && x.d[1] == y.d[1] && x.d[2] == y.d[2];
}

/* The type of a node's products: of a plan in integers what the node is quantised to, else float32. */
static const gs_product_type *type_of(const gs_builder *b, int n) {
    const gs_product_type *type = b->plan->product;
    const gs_quant *quant = b->model->node[n].quant;
    if (!gs_is_quantised(&type[1]))
        return &type[1];
    for (int i = 1; quant && i < GS_PRODUCTS; i++)
        if (type[i].dtype == quant->dtype)
            return &type[i];
    return &type[0];
}

bool gs_builder_quantises(const gs_builder *b, int n, gs_quant_domain *domain) {
    bool is = gs_is_quantised(type_of(b, n));
    if (is)
        *domain = b->model->node[n].quant->domain;
    return is;
}

const gs_product_type *gs_builder_product(const gs_builder *b, int n, int length, gs_quant_domain domain) {
    const gs_product_type *type = type_of(b, n);
    bool fits = !gs_is_quantised(type) || b->model->node[n].quant->domain == domain;
    return fits && length % type->traits.depth == 0 ? type : &b->plan->product[0];
}

bool gs_is_channel_vector(gs_shape shape, int channels) {
    return shape.d[0] == channels && shape.d[1] == 1 && shape.d[2] == 1;
}

int gs_builder_sole_reader(const gs_builder *b, int v) {
    return b->value[v].users == 1 ? b->value[v].reader : -1;
}

int gs_builder_reader(const gs_builder *b, int v, gs_op op, int *operand) {
    int n = gs_builder_sole_reader(b, v);
    if (n < 0 || b->model->node[n].op != op)
        return -1;
    const int *in = b->model->node[n].input;
    *operand = in[0] == v ? in[1] : in[0];
    return n;
}

static bool reserve(void **array, int *room, int count, size_t size) {
    if (count < *room)
        return true;
    int larger = *room ? 2 * *room : 64;
    void *moved = gs_alloc((size_t)larger, size);
    if (!moved)
        return false;
    if (*array)
        memcpy(moved, *array, (size_t)count * size);
    gs_free(*array);
    *array = moved;
    *room = larger;
    return true;
}

int gs_builder_add_buffer(gs_builder *b, gs_shape shape, gs_layout layout) {
    gs_plan *p = b->plan;
    if (shape.rank == 1)
        layout = GS_BLOCKED;
    if (b->abreast)
        layout = GS_ABREAST;
    if (!reserve((void **)&p->buffer, &b->room_buffers, p->buffers, sizeof *p->buffer))
        return -1;
    int lanes = layout == GS_BLOCKED ? gs_element_lanes(p->element) : 1;
    p->buffer[p->buffers] = (gs_buffer){.shape = shape,
                                        .layout = layout,
                                        .element = p->element,
                                        .planes = b->abreast ? 1 : (shape.d[0] + lanes - 1) / lanes,
                                        .first = -1,
                                        .last = -1};
    return p->buffers++;
}

gs_step *gs_builder_add_step(gs_builder *b, const gs_method *method, int node, int sources, int out) {
    gs_plan *p = b->plan;
    if (out < 0 || !reserve((void **)&p->step, &b->room_steps, p->steps, sizeof *p->step))
        return NULL;
    gs_step *s = &p->step[p->steps];
    *s = (gs_step){.method = method, .node = node, .sources = sources, .out = out, .slope = -1};
    /* The operands and the own data share one allocation. */
    enum { ALIGNMENT = _Alignof(max_align_t) };
    size_t sources_bytes = ((size_t)sources * sizeof *s->source + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    s->source = gs_alloc(1, sources_bytes + method->own_bytes);
    if (!s->source)
        return NULL;
    s->own = (char *)s->source + sources_bytes;
    p->steps++;
    return s;
}

gs_source gs_builder_from_buffer(const gs_builder *b, int buffer) {
    return (gs_source){.kind = GS_SOURCE_BUFFER, .index = buffer, .shape = b->plan->buffer[buffer].shape};
}

gs_source gs_builder_from_condition(gs_builder *b, int v) {
    gs_plan *p = b->plan;
    gs_shape shape = gs_value_shape(b->model, v);
    if (p->condition_offset[v] == SIZE_MAX) {
        p->condition_offset[v] = p->condition_size;
        p->condition_size += (gs_shape_size(shape) + GS_F32_LANES - 1) / GS_F32_LANES * GS_F32_LANES;
    }
    return (gs_source){.kind = GS_SOURCE_CONDITION, .offset = p->condition_offset[v], .shape = shape};
}

/* A buffer that holds a value of the condition, for steps that take only buffers. */
static bool load_condition(gs_builder *b, int v) {
    int out = gs_builder_add_buffer(b, gs_value_shape(b->model, v), GS_PLANAR);
    gs_step *s = gs_builder_add_step(b, &gs_method_load, -1, 1, out);
    if (!s)
        return false;
    s->source[0] = gs_builder_from_condition(b, v);
    b->value[v].buffer = out;
    return true;
}

int gs_builder_buffer_in(gs_builder *b, int v, gs_layout layout) {
    if (b->value[v].buffer < 0 && !load_condition(b, v))
        return -1;
    int have = b->value[v].buffer;
    gs_shape shape = b->plan->buffer[have].shape;
    if (shape.rank == 1 || b->abreast || b->plan->buffer[have].layout == layout)
        return have;
    if (layout == GS_PADDED)
        have = gs_builder_buffer_in(b, v, GS_PLANAR);
    if (have >= 0 && b->value[v].other[layout] < 0) {
        int out = gs_builder_add_buffer(b, shape, layout);
        gs_step *s = gs_builder_add_step(b, gs_methods_to[layout], -1, 1, out);
        if (!s)
            return -1;
        s->source[0] = gs_builder_from_buffer(b, have);
        b->value[v].other[layout] = out;
    }
    return have < 0 ? -1 : b->value[v].other[layout];
}

bool gs_builder_source(gs_builder *b, int v, gs_layout layout, gs_source *source) {
    if (!gs_value_per_sample(b->model, v)) {
        *source = gs_builder_from_condition(b, v);
        return true;
    }
    int buffer = gs_builder_buffer_in(b, v, layout);
    if (buffer >= 0)
        *source = gs_builder_from_buffer(b, buffer);
    return buffer >= 0;
}

void gs_builder_set_value(gs_builder *b, int v, int buffer) {
    b->value[v].buffer = buffer;
}

void gs_builder_absorb(gs_builder *b, int reader, int *v) {
    b->plan->owner[reader] = b->plan->owner[*v - GS_VALUE_NODES];
    b->value[reader + GS_VALUE_NODES].absorbed = true;
    *v = reader + GS_VALUE_NODES;
}

gs_step *gs_builder_add_node(gs_builder *b, const gs_method *method, int n, const gs_source *source, gs_layout layout) {
    const gs_node *node = &b->model->node[n];
    int out = gs_builder_add_buffer(b, node->shape, layout);
    gs_step *s = gs_builder_add_step(b, method, n, node->inputs, out);
    if (!s)
        return NULL;
    for (int i = 0; i < node->inputs; i++)
        s->source[i] = source[i];
    gs_builder_set_value(b, n + GS_VALUE_NODES, out);
    return s;
}

gs_step *gs_builder_add_simple(gs_builder *b, const gs_method *method, int n, gs_layout layout) {
    const gs_node *node = &b->model->node[n];
    gs_source source[GS_INPUT_MAX];
    for (int i = 0; i < node->inputs; i++) {
        int buffer = gs_builder_buffer_in(b, node->input[i], layout);
        if (buffer < 0)
            return NULL;
        source[i] = gs_builder_from_buffer(b, buffer);
    }
    return gs_builder_add_node(b, method, n, source, layout);
}

static int max_int(int a, int b) {
    return a > b ? a : b;
}

void gs_builder_want_halo(gs_builder *b, int buffer, int before, int after) {
    gs_buffer *buf = &b->plan->buffer[buffer];
    buf->before = max_int(buf->before, before);
    buf->after = max_int(buf->after, after);
}
