/* Convolutions, linear layers and pools by oneDNN.
 *
 * A step is one or two *calls*, primitives for a fixed number of images: the segment's, and one for what is left over.
 * Everything is made at planning: primitives with one thread each, packed weights, and memory objects for every worker,
 * of which only the addresses are set when a step runs. oneDNN's scratchpads and the operands that it wants in layouts
 * of its own are in the worker's scratch memory. (oneDNN itself allocates a little in dnnl_primitive_execute.) */
#include "engine/backend.h"
#include "engine/method/conv.h"
#include "engine/method/view.h"
#include "engine/onednn/api.h"

#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A call's memory objects for one worker: in the planner's layout, in oneDNN's where that differs, and its
 * scratchpad. */
enum { IN, ADD, OUT, INNER_IN, INNER_OUT, SCRATCH, ROLES };

typedef struct call {
    int images;
    dnnl_primitive_t main;
    dnnl_primitive_t enter, preload, leave; /* reorders IN to INNER_IN, ADD to INNER_OUT, INNER_OUT to OUT, or NULL */
    dnnl_memory_t weight, bias;             /* or NULL */
    float *packed;                          /* the weights' memory, or NULL where it belongs to another call */
    size_t packed_bytes;
    size_t offset[ROLES], room;     /* in the worker's room, and what of it is used; bytes */
    dnnl_memory_t (*memory)[ROLES]; /* by worker; NULL if there is none */
} call;

/* A step's own data. */
typedef struct own_data {
    call turn, single; /* for the segment's images and for one image; `single` is unused where these are the same */
    float *bias;
    size_t bias_bytes;
    const char *implementation;
} own_data;

/* gs_plan.backend_data. */
typedef struct state {
    dnnl_engine_t engine;
    dnnl_stream_t *stream; /* by worker */
} state;

/* ---- Which nodes it takes ---- */

/* Whether all windows of a pool are alike. */
static bool even_windows(const gs_node *node, gs_shape in) {
    return in.d[1] % node->shape.d[1] == 0 && in.d[2] % node->shape.d[2] == 0;
}

static bool convolution_applies(const gs_builder *b, int n) {
    gs_op op = b->model->node[n].op;
    return op == GS_OP_CONV2D || op == GS_OP_LINEAR;
}

static bool pool_applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    bool adaptive = node->op == GS_OP_ADAPTIVE_AVG_POOL;
    return node->op == GS_OP_AVG_POOL || node->op == GS_OP_MAX_POOL ||
           (adaptive && even_windows(node, gs_builder_shape(b, n, 0)));
}

static void about(char *text, size_t size) {
    const dnnl_version_t *v = dnnl_version();
    const char *isa = dnnl_cpu_isa2str(dnnl_get_effective_cpu_isa()), *prefix = "cpu_isa_";
    isa += strncmp(isa, prefix, strlen(prefix)) ? 0 : strlen(prefix);
    snprintf(text, size, "oneDNN %d.%d.%d, %s", v->major, v->minor, v->patch, isa);
}

/* ---- Descriptions ---- */

/* The planner's layout for n images of a buffer. */
static bool describe_buffer(gs_md *md, const gs_buffer *b, int n) {
    if (b->shape.rank > 1)
        return gs_md_tagged(md, 4, (dnnl_dims_t){n, b->shape.d[0], b->shape.d[1], b->shape.d[2]}, dnnl_nChw16c);
    return gs_md_strided(md, 2, (dnnl_dims_t){n, b->shape.d[0]},
                         (dnnl_dims_t){n > 1 ? gs_floats(b->image) : b->shape.d[0], 1});
}

/* Another layout, for where the planner's has no fast implementation: oneDNN's choice, which pools do not offer. */
static bool describe_freely(gs_md *md, const gs_node *node, const gs_buffer *b, int n) {
    bool pool = node->op != GS_OP_CONV2D && node->op != GS_OP_LINEAR;
    return gs_md_tagged(md, b->shape.rank > 1 ? 4 : 2, (dnnl_dims_t){n, b->shape.d[0], b->shape.d[1], b->shape.d[2]},
                        pool ? dnnl_nChw8c : dnnl_format_tag_any);
}

/* (O, I), (O, I, h, w) or by groups (G, O / G, I / G, h, w). */
static bool describe_weight(gs_md *md, const gs_node *node, bool packed) {
    const gs_attributes *a = &node->attributes;
    const size_t *d = node->weight->shape;
    dnnl_dims_t sizes = {(int64_t)d[0], (int64_t)d[1]};
    int rank = node->weight->rank, grouped = rank == 4 && a->groups > 1;
    if (grouped) {
        sizes[0] = a->groups;
        sizes[1] = (int64_t)d[0] / a->groups;
        sizes[2] = (int64_t)d[1];
    }
    for (int i = 2; i < rank; i++)
        sizes[i + grouped] = a->kernel[i - 2];
    rank += grouped;
    dnnl_format_tag_t plain = rank == 2 ? dnnl_ab : rank == 4 ? dnnl_abcd : dnnl_abcde;
    return gs_md_tagged(md, rank, sizes, packed ? dnnl_format_tag_any : plain);
}

static void describe_windows(gs_operation *o, const gs_node *node, gs_shape in) {
    const gs_attributes *a = &node->attributes;
    bool adaptive = node->op == GS_OP_ADAPTIVE_AVG_POOL;
    for (int i = 0; i < 2; i++) {
        int window = in.d[i + 1] / node->shape.d[i + 1];
        o->kernel[i] = adaptive ? window : a->kernel[i];
        o->stride[i] = adaptive ? window : a->stride[i];
        o->padding[i] = adaptive ? 0 : a->padding[i];
        o->dilation[i] = adaptive ? 0 : a->dilation[i] - 1;
    }
}

static void free_operation(gs_operation *o) {
    gs_md_free(&o->in);
    gs_md_free(&o->weight);
    gs_md_free(&o->bias);
    gs_md_free(&o->out);
}

/* The operation of a step on n images, with activations in the planner's layout or in any. */
static bool describe_operation(gs_operation *o, const gs_plan *plan, const gs_step *step, int n, bool freely) {
    const gs_node *node = &plan->model->node[step->node];
    const gs_buffer *in = &plan->buffer[step->source[0].index], *out = &plan->buffer[step->out];
    *o = (gs_operation){.kind = dnnl_pooling, .algorithm = dnnl_pooling_avg_exclude_padding};
    if (node->op == GS_OP_MAX_POOL)
        o->algorithm = dnnl_pooling_max;
    else if (node->op == GS_OP_AVG_POOL && node->attributes.count_padding)
        o->algorithm = dnnl_pooling_avg_include_padding;
    else if (node->op == GS_OP_CONV2D)
        o->algorithm = dnnl_convolution_direct;
    if (node->op == GS_OP_CONV2D)
        o->kind = dnnl_convolution;
    if (node->op == GS_OP_LINEAR)
        o->kind = dnnl_inner_product;
    else
        describe_windows(o, node, in->shape);
    bool ok = freely ? describe_freely(&o->in, node, in, n) && describe_freely(&o->out, node, out, n)
                     : describe_buffer(&o->in, in, n) && describe_buffer(&o->out, out, n);
    if (o->kind != dnnl_pooling)
        ok = ok && describe_weight(&o->weight, node, true);
    if (o->kind != dnnl_pooling && node->bias)
        ok = ok && gs_md_tagged(&o->bias, 1, (dnnl_dims_t){node->shape.d[0]}, dnnl_a);
    return ok;
}

/* Scratch memory is the caller's; the residual, which is loaded into `out` beforehand, is added. */
static dnnl_primitive_attr_t make_attributes(bool sum) {
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_post_ops_t ops = NULL;
    bool ok = dnnl_primitive_attr_create(&attributes) == dnnl_success &&
              dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user) == dnnl_success;
    if (ok && sum)
        ok = dnnl_post_ops_create(&ops) == dnnl_success && gs_append_sum(ops) &&
             dnnl_primitive_attr_set_post_ops(attributes, ops) == dnnl_success;
    dnnl_post_ops_destroy(ops);
    if (ok)
        return attributes;
    dnnl_primitive_attr_destroy(attributes);
    return NULL;
}

static const char *implementation(const_dnnl_primitive_desc_t description) {
    const char *name = NULL;
    bool ok = dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, &name) == dnnl_success;
    return ok && name ? name : "unknown";
}

/* oneDNN's reference accepts every shape and layout, but is hundreds of times slower than the other implementations. */
static bool is_slow(const_dnnl_primitive_desc_t description) {
    return !strncmp(implementation(description), "ref", 3);
}

/* A fast implementation in the planner's layout, else one in any layout, else whatever there is; NULL if nothing. */
static dnnl_primitive_desc_t choose(const gs_plan *plan, const gs_step *step, int n) {
    const state *s = plan->backend_data;
    dnnl_primitive_attr_t attributes = make_attributes(step->sources > 1);
    dnnl_primitive_desc_t found = NULL;
    for (int freely = 0; attributes && freely < 2 && (!found || is_slow(found)); freely++) {
        gs_operation o;
        bool ok = describe_operation(&o, plan, step, n, freely);
        dnnl_primitive_desc_t next = ok ? gs_operation_describe(&o, s->engine, attributes) : NULL;
        free_operation(&o);
        if (next && (!found || !is_slow(next))) {
            dnnl_primitive_desc_destroy(found);
            found = next;
        } else {
            dnnl_primitive_desc_destroy(next);
        }
    }
    dnnl_primitive_attr_destroy(attributes);
    return found;
}

/* ---- Planning ---- */

static bool same_layout(gs_md_view a, gs_md_view b) {
    return dnnl_memory_desc_equal(a, b) != 0;
}

static bool make_memory(dnnl_memory_t *memory, const state *s, gs_md_view md, void *data) {
    return dnnl_memory_create(memory, md, s->engine, data) == dnnl_success;
}

static bool make_reorder(dnnl_primitive_t *reorder, const state *s, gs_md_view from, gs_md_view to) {
    dnnl_primitive_desc_t description = NULL;
    bool ok = dnnl_reorder_primitive_desc_create(&description, from, s->engine, to, s->engine, NULL) == dnnl_success &&
              dnnl_primitive_create(reorder, description) == dnnl_success;
    dnnl_primitive_desc_destroy(description);
    return ok;
}

static bool run_reorder(dnnl_primitive_t reorder, dnnl_stream_t stream, dnnl_memory_t from, dnnl_memory_t to) {
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    return dnnl_primitive_execute(reorder, stream, 2, arguments) == dnnl_success;
}

/* Pack the weights as `wanted`, once for both calls of a step if they agree on the layout. */
static bool pack(gs_plan *plan, const gs_node *node, call *c, gs_md_view wanted, const call *other) {
    const state *s = plan->backend_data;
    dnnl_primitive_t reorder = NULL;
    dnnl_memory_t plain = NULL;
    gs_md md = {0};
    void *shared = NULL;
    if (other) {
        const_dnnl_primitive_desc_t description;
        if (dnnl_primitive_get_primitive_desc(other->main, &description) == dnnl_success &&
            same_layout(dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0), wanted))
            dnnl_memory_get_data_handle(other->weight, &shared);
    }
    if (shared)
        return make_memory(&c->weight, s, wanted, shared);
    size_t bytes = dnnl_memory_desc_get_size(wanted);
    c->packed = gs_alloc(bytes, 1);
    bool ok = c->packed && describe_weight(&md, node, false) &&
              make_memory(&plain, s, gs_md_get(&md), (void *)(uintptr_t)node->weight->data) && /* only read */
              make_memory(&c->weight, s, wanted, c->packed) && make_reorder(&reorder, s, gs_md_get(&md), wanted) &&
              run_reorder(reorder, s->stream[0], plain, c->weight);
    dnnl_primitive_destroy(reorder);
    dnnl_memory_destroy(plain);
    gs_md_free(&md);
    c->packed_bytes = bytes;
    return ok;
}

/* Make a memory object of this role for every worker; those in oneDNN's own layouts follow each other in the worker's
 * room. */
static bool make_memories(gs_plan *plan, call *c, int role, gs_md_view md) {
    bool ok = true;
    for (int t = 0; ok && t < plan->threads; t++)
        ok = make_memory(&c->memory[t][role], plan->backend_data, md, DNNL_MEMORY_NONE);
    if (role >= INNER_IN) {
        c->offset[role] = c->room;
        c->room += (dnnl_memory_desc_get_size(md) + GS_VECTOR_BYTES - 1) / GS_VECTOR_BYTES * GS_VECTOR_BYTES;
    }
    return ok;
}

static bool make_call(gs_plan *plan, const gs_step *step, call *c, const_dnnl_primitive_desc_t description,
                      const call *other) {
    const state *s = plan->backend_data;
    const gs_node *node = &plan->model->node[step->node];
    gs_md_view in = dnnl_primitive_desc_query_md(description, dnnl_query_src_md, 0),
               out = dnnl_primitive_desc_query_md(description, dnnl_query_dst_md, 0),
               scratch = dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0);
    gs_md own_in = {0}, own_out = {0};
    c->memory = gs_alloc((size_t)plan->threads, sizeof *c->memory);
    bool ok = c->memory && dnnl_primitive_create(&c->main, description) == dnnl_success &&
              describe_buffer(&own_in, &plan->buffer[step->source[0].index], c->images) &&
              describe_buffer(&own_out, &plan->buffer[step->out], c->images) &&
              make_memories(plan, c, IN, gs_md_get(&own_in)) && make_memories(plan, c, OUT, gs_md_get(&own_out)) &&
              make_memories(plan, c, SCRATCH, scratch);
    if (ok && step->sources > 1)
        ok = make_memories(plan, c, ADD, gs_md_get(&own_out));
    if (ok && !same_layout(in, gs_md_get(&own_in)))
        ok = make_memories(plan, c, INNER_IN, in) && make_reorder(&c->enter, s, gs_md_get(&own_in), in);
    if (ok && !same_layout(out, gs_md_get(&own_out)))
        ok = make_memories(plan, c, INNER_OUT, out) && make_reorder(&c->leave, s, out, gs_md_get(&own_out)) &&
             make_reorder(&c->preload, s, gs_md_get(&own_out), out);
    if (ok && node->weight)
        ok = pack(plan, node, c, dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0), other);
    if (ok && node->bias)
        ok = make_memory(&c->bias, s, dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 1),
                         ((const own_data *)step->own)->bias);
    gs_md_free(&own_in);
    gs_md_free(&own_out);
    return ok;
}

static gs_status create_call(gs_plan *plan, gs_step *step, call *c, int images, const call *other, gs_error *error) {
    const gs_node *node = &plan->model->node[step->node];
    c->images = images;
    dnnl_primitive_desc_t description = choose(plan, step, images);
    if (!description)
        return gs_fail(error, GS_ERROR_UNSUPPORTED, "node '%.60s': oneDNN has no %s like this", node->name,
                       gs_op_name(node->op));
    bool ok = make_call(plan, step, c, description, other);
    dnnl_primitive_desc_destroy(description);
    return ok ? GS_OK : gs_fail_memory(error, "oneDNN's primitives");
}

/* oneDNN's SSE code needs more than the 4-byte alignment of a file's tensors. */
static bool copy_bias(own_data *own, const gs_tensor *bias) {
    if (!bias)
        return true;
    own->bias_bytes = bias->size * sizeof(float);
    own->bias = gs_alloc(own->bias_bytes, 1);
    if (own->bias)
        memcpy(own->bias, bias->data, own->bias_bytes);
    return own->bias != NULL;
}

static gs_status create_calls(gs_plan *plan, gs_step *step, gs_error *error) {
    int images = plan->segment[step->segment].images;
    own_data *own = step->own;
    if (!copy_bias(own, plan->model->node[step->node].bias))
        return gs_fail_memory(error, "oneDNN's primitives");
    gs_status status = create_call(plan, step, &own->turn, images, NULL, error);
    if (!status && images > 1)
        status = create_call(plan, step, &own->single, 1, &own->turn, error);
    const_dnnl_primitive_desc_t description;
    if (!status && dnnl_primitive_get_primitive_desc(own->turn.main, &description) == dnnl_success)
        own->implementation = implementation(description);
    return status;
}

/* Primitives are laid out for the number of threads at the time they are made. */
static gs_status place(gs_plan *plan, gs_step *step, gs_error *error) {
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    gs_status status = create_calls(plan, step, error);
    omp_set_num_threads(threads);
    return status;
}

static bool prepare_convolution(gs_builder *b, const gs_method *method, int n) {
    return gs_conv_add_step(b, method, n, GS_BLOCKED, GS_CONV_ADDS) != NULL;
}

static bool prepare_pool(gs_builder *b, const gs_method *method, int n) {
    return gs_builder_add_simple(b, method, n, GS_BLOCKED) != NULL;
}

static const char *describe(const gs_step *step) {
    const own_data *own = step->own;
    return own->implementation ? own->implementation : step->method->name;
}

static gs_cost cost(const gs_plan *plan, const gs_step *step) {
    (void)plan;
    const own_data *own = step->own;
    return (gs_cost){.weight_bytes = own->turn.packed_bytes + own->single.packed_bytes + own->bias_bytes,
                     .room_bytes = own->turn.room > own->single.room ? own->turn.room : own->single.room};
}

static bool create_streams(gs_plan *plan) {
    state *s = plan->backend_data = gs_alloc(1, sizeof *s);
    if (!s || dnnl_engine_create(&s->engine, dnnl_cpu, 0) != dnnl_success)
        return false;
    s->stream = gs_alloc((size_t)plan->threads, sizeof *s->stream);
    for (int t = 0; s->stream && t < plan->threads; t++)
        if (dnnl_stream_create(&s->stream[t], s->engine, dnnl_stream_default_flags) != dnnl_success)
            return false;
    return s->stream != NULL;
}

static gs_status open_backend(gs_plan *plan, gs_error *error) {
    return create_streams(plan) ? GS_OK : gs_fail_memory(error, "oneDNN");
}

static void destroy_call(const gs_plan *plan, call *c) {
    dnnl_primitive_destroy(c->main);
    dnnl_primitive_destroy(c->enter);
    dnnl_primitive_destroy(c->preload);
    dnnl_primitive_destroy(c->leave);
    dnnl_memory_destroy(c->weight);
    dnnl_memory_destroy(c->bias);
    for (int t = 0; c->memory && t < plan->threads; t++)
        for (int role = 0; role < ROLES; role++)
            dnnl_memory_destroy(c->memory[t][role]);
    gs_free(c->memory);
    gs_free(c->packed);
}

static void free_calls(const gs_plan *plan, gs_step *step) {
    own_data *own = step->own;
    destroy_call(plan, &own->turn);
    destroy_call(plan, &own->single);
    gs_free(own->bias);
}

static void close_backend(gs_plan *plan) {
    state *s = plan->backend_data;
    for (int t = 0; s && s->stream && t < plan->threads; t++)
        dnnl_stream_destroy(s->stream[t]);
    if (s) {
        gs_free(s->stream);
        dnnl_engine_destroy(s->engine);
    }
    gs_free(s);
}

/* ---- Running ---- */

/* Clears the lanes past the last channel, which oneDNN assumes to be 0 and our kernels leave as they are. */
static void clear_lanes(char *x, const gs_buffer *b, int images) {
    size_t used = (size_t)(b->shape.d[0] % GS_F32_LANES) * sizeof(float);
    if (used == 0 || b->shape.rank == 1)
        return;
    for (int i = 0; i < images; i++) {
        char *plane = x + i * b->image + (b->planes - 1) * b->plane;
        for (int p = 0; p < b->shape.d[1] * b->shape.d[2]; p++)
            memset(plane + p * b->column + used, 0, GS_VECTOR_BYTES - used);
    }
}

static bool set_address(dnnl_memory_t memory, void *data) {
    return !memory || dnnl_memory_set_data_handle(memory, data) == dnnl_success;
}

/* Images i ... i + c->images - 1. */
static bool execute(const call *c, const gs_step *step, const gs_worker *worker, int i) {
    const gs_plan *plan = worker->plan;
    const gs_buffer *in = &plan->buffer[step->source[0].index], *out = &plan->buffer[step->out];
    const state *s = plan->backend_data;
    ptrdiff_t thread = worker - plan->worker;
    dnnl_stream_t stream = s->stream[thread];
    const dnnl_memory_t *m = c->memory[thread];
    void *x = gs_buffer_at(worker, step->source[0].index, i), *y = gs_buffer_at(worker, step->out, i);
    void *add = step->sources > 1 ? gs_buffer_at(worker, step->source[1].index, i) : NULL;
    clear_lanes(x, in, c->images);
    bool ok = set_address(m[IN], x) && set_address(m[ADD], add) && set_address(m[OUT], y);
    for (int role = INNER_IN; role < ROLES; role++)
        ok = ok && set_address(m[role], (char *)worker->room + c->offset[role]);
    if (c->enter)
        ok = ok && run_reorder(c->enter, stream, m[IN], m[INNER_IN]);
    if (add && c->preload)
        ok = ok && run_reorder(c->preload, stream, m[ADD], m[INNER_OUT]);
    else if (add)
        memcpy(y, add, (size_t)(c->images * out->image));
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, m[c->enter ? INNER_IN : IN]},
                                         {DNNL_ARG_DST, m[c->leave ? INNER_OUT : OUT]},
                                         {DNNL_ARG_SCRATCHPAD, m[SCRATCH]},
                                         {DNNL_ARG_WEIGHTS, c->weight},
                                         {DNNL_ARG_BIAS, c->bias}};
    int count = c->bias ? 5 : c->weight ? 4 : 3;
    ok = ok && dnnl_primitive_execute(c->main, stream, count, arguments) == dnnl_success;
    if (c->leave)
        ok = ok && run_reorder(c->leave, stream, m[INNER_OUT], m[OUT]);
    return ok && dnnl_stream_wait(stream) == dnnl_success;
}

/* Our workers are the parallelism: each runs its primitives on one thread, even if it is the only worker and OpenMP
 * sees no parallel region. A step cannot fail, so a result that oneDNN could not compute for lack of memory is NaN. */
static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const own_data *own = step->own;
    const gs_buffer *out = &worker->plan->buffer[step->out];
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    for (int i = i0; i < i1;) {
        const call *c = i1 - i >= own->turn.images ? &own->turn : &own->single;
        if (!execute(c, step, worker, i)) {
            float *y = gs_buffer_at(worker, step->out, i);
            for (ptrdiff_t k = 0; k < c->images * gs_floats(out->image); k++)
                y[k] = NAN;
        }
        i += c->images;
    }
    omp_set_num_threads(threads);
}

const gs_backend gs_backend_onednn = {.name = "onednn", .about = about, .open = open_backend, .close = close_backend};

#define GS_ONEDNN(kind)                                               \
    GS_DEFINE_METHOD(onednn_##kind) = {.name = #kind,                 \
                                       .backend = &gs_backend_onednn, \
                                       .own_bytes = sizeof(own_data), \
                                       .applies = kind##_applies,     \
                                       .prepare = prepare_##kind,     \
                                       .place = place,                \
                                       .run = run,                    \
                                       .free = free_calls,            \
                                       .describe = describe,          \
                                       .cost = cost}
GS_ONEDNN(convolution);
GS_ONEDNN(pool);
