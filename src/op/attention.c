/* attention: per head, each position's query is compared with all keys, and the result is the mean of the values,
 * weighted by the softmax of these scores (Vaswani et al. 2017, "Attention is all you need", equation 1). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/math64.h"
#include "op/check.h"
#include "op/reverse.h"

enum { Q, K, V, MASK };

/* ---- Checks ---- */

static gs_status check_mask(gs_check *c, int heads, size_t queries, size_t keys) {
    gs_shape m = c->in[MASK];
    if (m.rank == 3 && (m.d[0] == 1 || m.d[0] == heads) && (size_t)m.d[1] == queries && (size_t)m.d[2] == keys)
        return GS_OK;
    return gs_check_fail(c, "mask (%d, %d, %d) of rank %d, expected (1 or %d, %zu, %zu)", m.d[0], m.d[1], m.d[2],
                         m.rank, heads, queries, keys);
}

static gs_status infer(gs_check *c) {
    gs_node *node = c->node;
    gs_attributes *a = &node->attributes;
    gs_shape q = c->in[Q], k = c->in[K], v = c->in[V];
    size_t queries = gs_positions(q), keys = gs_positions(k);
    if (q.d[0] % a->heads || v.d[0] % a->heads)
        return gs_check_fail(c, "%d and %d channels of queries and values, expected multiples of heads %d", q.d[0],
                             v.d[0], a->heads);
    if (k.d[0] != q.d[0])
        return gs_check_fail(c, "keys of %d channels, queries of %d, expected as many", k.d[0], q.d[0]);
    if (gs_positions(v) != keys)
        return gs_check_fail(c, "values at %zu positions, keys at %zu, expected as many", gs_positions(v), keys);
    gs_status status = node->inputs > MASK ? check_mask(c, a->heads, queries, keys) : GS_OK;
    if (!status)
        status = gs_check_result(c, q.rank, (uint64_t)v.d[0], (uint64_t)q.d[1], (uint64_t)q.d[2]);
    if (isnan(a->scale))
        a->scale = 1 / sqrt(q.d[0] / a->heads);
    if (!status)
        node->operations = 2 * (uint64_t)queries * keys * ((uint64_t)q.d[0] + (uint64_t)v.d[0]);
    return status;
}

/* ---- Reference ---- */

/* One head: (channels, queries), (channels, keys), (outputs, keys), (queries, keys) or NULL, (outputs, queries). */
typedef struct head {
    const double *q, *k, *v, *mask;
    double *out;
    size_t channels, outputs, queries, keys;
    double scale;
} head;

static double score(const head *h, size_t query, size_t key) {
    double sum = 0;
    for (size_t i = 0; i < h->channels; i++)
        sum += h->q[i * h->queries + query] * h->k[i * h->keys + key];
    sum *= h->scale;
    return h->mask ? sum + h->mask[query * h->keys + key] : sum;
}

/* One query, which sees the first `seen` keys. Scores are computed twice, as references have no memory of their own.
 * The largest is subtracted, so that no exponential overflows; the result is NaN as softmax's is. */
static void attend(const head *h, size_t query, size_t seen) {
    double most = -INFINITY, sum = 0, *out = h->out + query;
    for (size_t key = 0; key < seen; key++) {
        double s = score(h, query, key);
        most = s > most ? s : most;
    }
    for (size_t i = 0; i < h->outputs; i++)
        out[i * h->queries] = 0;
    for (size_t key = 0; key < seen; key++) {
        double weight = gs_exp64(score(h, query, key) - most);
        sum += weight;
        for (size_t i = 0; i < h->outputs; i++)
            out[i * h->queries] += weight * h->v[i * h->keys + key];
    }
    for (size_t i = 0; i < h->outputs; i++)
        out[i * h->queries] /= sum;
}

static void reference(const gs_call *c) {
    const gs_attributes *a = &c->node->attributes;
    head h = {.queries = gs_positions(c->shape[Q]), .keys = gs_positions(c->shape[K]), .scale = a->scale};
    bool masks = c->node->inputs > MASK, each = masks && c->shape[MASK].d[0] > 1;
    h.channels = (size_t)(c->shape[Q].d[0] / a->heads);
    h.outputs = (size_t)(c->shape[V].d[0] / a->heads);
    for (size_t i = 0; i < (size_t)a->heads; i++) {
        h.q = c->in[Q] + i * h.channels * h.queries;
        h.k = c->in[K] + i * h.channels * h.keys;
        h.v = c->in[V] + i * h.outputs * h.keys;
        h.mask = masks ? c->in[MASK] + (each ? i * h.queries * h.keys : 0) : NULL;
        h.out = c->out + i * h.outputs * h.queries;
        for (size_t query = 0; query < h.queries; query++)
            attend(&h, query, a->causal && query + 1 < h.keys ? query + 1 : h.keys);
    }
}

/* ---- Derivative ---- */

/* Value a with its heads apart: (heads, channels, positions). */
static int apart(gs_reverse *r, int n, int a) {
    gs_shape s = gs_reverse_shape(r, a);
    int heads = r->node[n].attributes.heads;
    return gs_reverse_reshape(r, n, a, (gs_shape){.rank = 3, .d = {heads, s.d[0] / heads, s.d[1] * s.d[2]}});
}

/* 0 where a query sees a key, and minus infinity where it does not. Attention after attention takes the same. */
static int causal_mask(gs_reverse *r, int n, int queries, int keys) {
    const gs_shape shape = {.rank = 3, .d = {1, queries, keys}};
    float *mask;
    gs_shape last = r->causal ? gs_reverse_shape(r, r->causal) : (gs_shape){0};
    if (!memcmp(&last, &shape, sizeof shape))
        return r->causal;
    int v = gs_reverse_constant(r, n, shape, &mask);
    for (int q = 0; mask && q < queries; q++)
        for (int k = 0; k < keys; k++)
            *mask++ = k > q ? -INFINITY : 0;
    return r->causal = v;
}

/* The scores (heads, queries, keys) of queries and keys whose heads are apart. */
static int scores(gs_reverse *r, int n, int q, int k) {
    const gs_node *node = &r->node[n];
    gs_attributes a = node->attributes;
    int mask = node->inputs > MASK ? node->input[MASK] : -1;
    int s = gs_reverse_scale(r, n, gs_reverse_matmul(r, n, q, true, k, false), a.scale);
    if (mask >= 0)
        s = gs_reverse_binary(r, GS_OP_ADD, n, s, mask);
    if (a.causal)
        s = gs_reverse_binary(r, GS_OP_ADD, n, s,
                              causal_mask(r, n, gs_reverse_shape(r, q).d[2], gs_reverse_shape(r, k).d[2]));
    return s;
}

/* softmax over the last dimension, or its adjoint. */
static int softmax(gs_reverse *r, int n, gs_op op, int a, int b) {
    int v = gs_reverse_add(r, op, n, a, b, gs_reverse_shape(r, a));
    if (!r->failed)
        r->node[v - GS_VALUE_NODES].attributes.over = GS_SOFTMAX_LAST;
    return v;
}

static void give(gs_reverse *r, int n, int input, int a) {
    if (gs_reverse_wants(r, n, input))
        gs_reverse_give(r, n, input, gs_reverse_reshape(r, n, a, gs_reverse_input(r, n, input)));
}

/* With weights w = softmax(s) of scores s = scale q^T k + mask, the result is v w^T: dv = dy w, dw = dy^T v, ds =
 * softmax' dw, dq = scale k ds^T, dk = scale q ds. The scores are computed again. */
static void derivative(gs_reverse *r, int n, int dy) {
    const int *input = r->node[n].input;
    double scale = r->node[n].attributes.scale;
    bool masks = r->node[n].inputs > MASK;
    int q = apart(r, n, input[Q]), k = apart(r, n, input[K]), v = apart(r, n, input[V]);
    int y = apart(r, n, gs_reverse_full(r, n, dy, r->node[n].shape)), s = scores(r, n, q, k);
    if (gs_reverse_wants(r, n, V))
        give(r, n, V, gs_reverse_matmul(r, n, y, false, softmax(r, n, GS_OP_SOFTMAX, s, -1), false));
    int dw = gs_reverse_matmul(r, n, y, true, v, false), ds = softmax(r, n, GS_OP_SOFTMAX_ADJOINT, dw, s);
    if (gs_reverse_wants(r, n, Q))
        give(r, n, Q, gs_reverse_scale(r, n, gs_reverse_matmul(r, n, k, false, ds, true), scale));
    if (gs_reverse_wants(r, n, K))
        give(r, n, K, gs_reverse_scale(r, n, gs_reverse_matmul(r, n, q, false, ds, false), scale));
    if (masks && gs_reverse_wants(r, n, MASK))
        gs_reverse_give(r, n, MASK,
                        gs_reverse_unstretch(r, n, ds, gs_reverse_shape(r, ds), gs_reverse_input(r, n, MASK)));
}

/* ---- Record ---- */

static void describe(const gs_node *node, char *text, size_t room) {
    snprintf(text, room, " heads %d%s", node->attributes.heads, node->attributes.causal ? ", causal" : "");
}

const gs_operation gs_op_attention = {
    .name = "attention",
    .inputs = {3, 4},
    .takes = "q (h d, ...), k (h d, ...), v (h e, ...), optional mask (1 or h, T, S)",
    .attributes = GS_ATTRIBUTES(
        {"heads", GS_INTEGER, GS_AT(heads), .required = true, .low = 1, .high = GS_ATTRIBUTE_MAX, .form = "h"},
        {"scale", GS_REAL, GS_AT(scale), .fallback = NAN, .form = "d^-0.5"},
        {"causal", GS_FLAG, GS_AT(causal), .low = 0, .high = 1}),
    .result =
        "(h e, sizes of q): per head the sum over s of softmax_s(scale q_t k_s + mask_ts) v_s; t is one of the T "
        "positions of q, s one of the S of k and v, all sizes after the first taken together; causal: s <= t only",
    .infer = infer,
    .reference = reference,
    .derivative = derivative,
    .describe = describe,
};
