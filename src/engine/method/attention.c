/* Attention, some queries of one head at a time, whose scores stay in the cache: their products with all keys, by the
 * multiply-add kernel, whose lanes are keys; then softmax together with the products of these weights with the first
 * plane of values, or, with a mask or causal, alone; and the other products, whose lanes are channels. Keys are packed
 * once per image and head, 16 positions by one channel, times the scale; values are read where they are if a head's
 * channels are whole planes. The sums of the softmax divide the result as it is stored. Dao et al. 2022,
 * "FlashAttention", goes through the keys in blocks as well, for whose running maxima the result is scaled again; here
 * the scores of a few queries with all keys are small enough. */
#include "engine/builder.h"
#include "engine/method/view.h"
#include "engine/share.h"

#include <math.h>
#include <string.h>

enum { Q, K, V, MASK, LANES = GS_F32_LANES, ROWS_MOST = 64 };

/* The vectors of a blocked buffer: position t of a plane. */
typedef struct tokens {
    int buffer, width;
    int first; /* channel, as the value may be a slice of what is in the buffer */
    ptrdiff_t plane, row;
    bool run; /* whether all positions of a plane follow each other */
} tokens;

typedef struct attention {
    int heads, channels, outputs; /* channels of queries and keys, and of values, per head */
    int queries, keys, rows;      /* rows: queries at a time */
    bool causal, masks_each;      /* whether each head has a mask of its own */
    bool direct;                  /* whether values are read and results written where they are */
    float scale[LANES];           /* of keys, in all lanes, so that weights are powers of 2 of scores */
    tokens token[3], out;
} attention;

static ptrdiff_t position(const tokens *t, int i) {
    return t->run ? (ptrdiff_t)i * LANES : i / t->width * t->row + i % t->width * LANES;
}

/* ---- Planning ---- */

static bool applies(const gs_builder *b, int n) {
    return b->model->node[n].op == GS_OP_ATTENTION;
}

/* Queries at a time: equally many, so that the multiply-add kernel has whole tiles and the scores fit in the
 * first-level cache beside keys and values, or, of so many keys that they do not, in the second-level one. 12 queries
 * of 196 keys, for which 12 KiB would do, take 5 % less time on Zen 5 than with 24 or 40 KiB; 16 KiB hold all of 49. */
static int rows_of(int queries, int keys) {
    enum { FIRST = 16 << 10, SECOND = 1 << 20, TILE = 12 };
    int row = gs_whole(keys) * (int)sizeof(float), most = FIRST / row;
    if (most < TILE)
        most = SECOND / row < TILE ? SECOND / row + 1 : TILE;
    most = most > TILE && most < queries ? most / TILE * TILE : most;
    most = most < ROWS_MOST ? most : ROWS_MOST;
    int blocks = (queries + most - 1) / most;
    return (queries + blocks - 1) / blocks;
}

/* 0, or where a slice that is no copy begins. */
static int first_channel(const gs_builder *b, int v) {
    bool copy = gs_same_sizes(b->plan->buffer[b->value[v].buffer].shape, gs_value_shape(b->model, v));
    return copy ? 0 : b->model->node[v - GS_VALUE_NODES].attributes.begin;
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    const gs_node *node = &b->model->node[n];
    bool masks = node->inputs > MASK;
    gs_source source[MASK + 1];
    for (int i = 0; i < MASK; i++) {
        int buffer = gs_builder_buffer_in(b, node->input[i], GS_BLOCKED);
        if (buffer < 0)
            return false;
        source[i] = gs_builder_from_buffer(b, buffer);
    }
    if (masks && !gs_builder_source(b, node->input[MASK], GS_PLANAR, &source[MASK]))
        return false;
    gs_step *s = gs_builder_add_node(b, method, n, source, GS_BLOCKED);
    if (!s)
        return false;
    gs_shape q = gs_builder_shape(b, n, Q), v = gs_builder_shape(b, n, V);
    const gs_attributes *a = &node->attributes;
    attention *own = s->own;
    *own = (attention){.heads = a->heads,
                       .channels = q.d[0] / a->heads,
                       .outputs = v.d[0] / a->heads,
                       .queries = q.d[1] * q.d[2],
                       .keys = v.d[1] * v.d[2],
                       .causal = a->causal,
                       .masks_each = masks && gs_builder_shape(b, n, MASK).d[0] > 1};
    for (int l = 0; l < LANES; l++)
        own->scale[l] = (float)a->scale * GS_LOG2_E;
    own->rows = rows_of(own->queries, own->keys);
    for (int i = 0; i < MASK; i++)
        own->token[i].first = first_channel(b, node->input[i]);
    return true;
}

static tokens tokens_of(const gs_plan *plan, int buffer, int first) {
    const gs_buffer *b = &plan->buffer[buffer];
    ptrdiff_t row = gs_floats(b->row);
    return (tokens){.buffer = buffer,
                    .first = first,
                    .width = b->shape.d[2],
                    .plane = gs_floats(b->plane),
                    .row = row,
                    .run = b->shape.d[1] == 1 || row == (ptrdiff_t)b->shape.d[2] * LANES};
}

static gs_status place(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    attention *own = step->own;
    for (int i = 0; i < MASK; i++)
        own->token[i] = tokens_of(plan, step->source[i].index, own->token[i].first);
    own->out = tokens_of(plan, step->out, 0);
    own->direct = own->outputs % LANES == 0 && own->token[V].first % LANES == 0 && own->token[V].run;
    return GS_OK;
}

/* Memory of one worker, in floats. */
typedef struct sizes {
    size_t keys, values, scores, starts, factors, result, segments;
} sizes;

static sizes sizes_of(const attention *a) {
    size_t outputs = (size_t)gs_whole(a->outputs), rows = (size_t)a->rows;
    return (sizes){.keys = (size_t)gs_whole(a->keys) * (size_t)a->channels,
                   .values = a->direct ? 0 : outputs * (size_t)a->keys,
                   .scores = rows * (size_t)gs_whole(a->keys),
                   .starts = (size_t)gs_whole(a->keys),
                   .factors = rows * LANES,
                   .result = a->direct ? 0 : rows * outputs,
                   .segments = ((size_t)a->channels * sizeof(ptrdiff_t) / sizeof(float) + LANES - 1) / LANES * LANES};
}

static gs_cost cost(const gs_plan *plan, const gs_step *step) {
    (void)plan;
    sizes s = sizes_of(step->own);
    return (gs_cost){.room_bytes =
                         (s.keys + s.values + s.scores + s.starts + s.factors + s.result + s.segments) * sizeof(float)};
}

/* ---- One head of an image ---- */

typedef struct head {
    const attention *own;
    const gs_kernels *kernels;
    int number;
    const float *q, *mask; /* of the image and of the head */
    float *out;            /* of the image */
    const float *v;        /* packed, or where they are */
    ptrdiff_t v_plane;
    int segments, length;                                      /* of a query's channels */
    float *keys, *values, *scores, *starts, *factors, *result; /* starts: what sums of scores begin with */
    ptrdiff_t *segment;
} head;

/* The room is cut into pieces, the largest alignment first. */
static void take_room(head *h, float *room) {
    sizes s = sizes_of(h->own);
    h->segment = (ptrdiff_t *)room;
    h->factors = room + s.segments;
    h->starts = h->factors + s.factors;
    h->keys = h->starts + s.starts;
    h->scores = h->keys + s.keys;
    h->values = h->scores + s.scores;
    h->result = h->values + s.values;
    for (int i = 0; i < (int)s.starts; i++)
        h->starts[i] = i < h->own->keys ? 0 : -INFINITY; /* so that there need be no care for lanes past the last key */
}

/* 16 positions of a plane from position t on, of which `count` exist, one behind the other. */
static const float *gather(const tokens *t, const float *plane, int at, int count, float *copy) {
    if (t->run && count == LANES)
        return plane + (ptrdiff_t)at * LANES;
    for (int i = 0; i < count; i++)
        memcpy(copy + i * LANES, plane + position(t, at + i), GS_VECTOR_BYTES);
    memset(copy + count * LANES, 0, (size_t)(LANES - count) * GS_VECTOR_BYTES);
    return copy;
}

/* Keys k as the multiply-add kernel takes weights: (16 positions, channel, position of these), times the scale. */
static void pack_keys(const head *h, const float *k) {
    const attention *own = h->own;
    const tokens *t = &own->token[K];
    int first = t->first + h->number * own->channels;
    const float zero[LANES] = {0};
    float copy[LANES * LANES], turned[LANES * LANES], *to = h->keys;
    for (int at = 0; at < own->keys; at += LANES)
        for (int c = 0, n; c < own->channels; c += n, to += n * LANES) {
            int lane = (first + c) % LANES, left = own->channels - c, count = own->keys - at;
            n = LANES - lane < left ? LANES - lane : left;
            const float *x = gather(t, k + (first + c) / LANES * t->plane, at, count < LANES ? count : LANES, copy);
            h->kernels->transpose16(x, LANES, n == LANES ? to : turned, LANES);
            if (n < LANES)
                memcpy(to, turned + lane * LANES, (size_t)n * GS_VECTOR_BYTES);
        }
    h->kernels->affine(&(gs_affine_args){.x = h->keys,
                                         .scale = own->scale,
                                         .shift = zero,
                                         .y = h->keys,
                                         .rows = 1,
                                         .columns = (int)((to - h->keys) / LANES)});
}

/* Copy channels first ... first + count - 1 of a position of a blocked value, plane_step floats from plane to plane, to
 * those from 0 on of another, or back. */
static void copy_channels(float *apart, ptrdiff_t apart_step, float *blocked, ptrdiff_t step, int first, int count,
                          bool back) {
    for (int c = 0, n; c < count; c += n) {
        int lane = (first + c) % LANES, room = LANES - (lane > c % LANES ? lane : c % LANES);
        n = room < count - c ? room : count - c;
        float *x = blocked + (first + c) / LANES * step + lane, *y = apart + c / LANES * apart_step + c % LANES;
        memcpy(back ? x : y, back ? y : x, (size_t)n * sizeof *x);
    }
}

/* Values as the multiply-add kernel takes weights: (16 channels, position, channel of these). */
static void pack_values(head *h, float *v) {
    const attention *own = h->own;
    const tokens *t = &own->token[V];
    int first = t->first + h->number * own->outputs;
    if (own->direct) {
        h->v = v + first / LANES * t->plane;
        h->v_plane = t->plane;
        return;
    }
    h->v = h->values;
    h->v_plane = (ptrdiff_t)own->keys * LANES;
    memset(h->values, 0, sizes_of(own).values * sizeof(float));
    for (int i = 0; i < own->keys; i++)
        copy_channels(h->values + i * LANES, h->v_plane, v + position(t, i), t->plane, first, own->outputs, false);
}

static int gcd(int a, int b) {
    return b ? gcd(b, a % b) : a;
}

/* Where a query's channels are: runs that no plane's end interrupts. As sums go through the channels in order, their
 * length makes no difference. */
static void find_segments(head *h) {
    const attention *own = h->own;
    int first = own->token[Q].first + h->number * own->channels;
    h->length = gcd(gcd(own->channels, first), LANES);
    h->segments = own->channels / h->length;
    for (int s = 0; s < h->segments; s++) {
        int c = first + s * h->length;
        h->segment[s] = c / LANES * own->token[Q].plane + c % LANES;
    }
}

static void begin_head(head *h, const gs_step *step, const gs_worker *worker, int image) {
    const attention *own = h->own;
    size_t each = (size_t)own->queries * (size_t)own->keys;
    h->q = gs_buffer_at(worker, own->token[Q].buffer, image);
    h->out = gs_buffer_at(worker, step->out, image);
    if (step->sources > MASK) {
        const float *mask = gs_source_at(worker, step, MASK, image);
        h->mask = mask + (own->masks_each ? (size_t)h->number * each : 0);
    }
    find_segments(h);
    pack_keys(h, gs_buffer_at(worker, own->token[K].buffer, image));
    pack_values(h, gs_buffer_at(worker, own->token[V].buffer, image));
}

/* ---- Some queries of a head ---- */

static void compute_scores(const head *h, int query, int rows, int seen) {
    const attention *own = h->own;
    const float *a[ROWS_MOST];
    float *out[ROWS_MOST];
    for (int i = 0; i < rows; i++) {
        a[i] = h->q + position(&own->token[Q], query + i);
        out[i] = h->scores + i * gs_whole(own->keys);
    }
    h->kernels->mac(&(gs_mac_args){.a = a,
                                   .segment = h->segment,
                                   .w = h->keys,
                                   .init = h->starts,
                                   .out = out,
                                   .w_plane = (ptrdiff_t)own->channels * LANES,
                                   .out_plane = LANES,
                                   .rows = rows,
                                   .segments = h->segments,
                                   .length = h->length,
                                   .planes = gs_whole(seen) / LANES});
}

static void weigh(const head *h, int query, int rows, int seen) {
    const attention *own = h->own;
    ptrdiff_t row = gs_whole(own->keys);
    h->kernels->softmax(&(gs_softmax_args){.x = h->scores,
                                           .x_row = row,
                                           .mask = h->mask ? h->mask + (ptrdiff_t)query * own->keys : NULL,
                                           .mask_row = own->keys,
                                           .y = h->scores,
                                           .y_row = row,
                                           .factor = h->factors,
                                           .rows = rows,
                                           .columns = seen,
                                           .seen = own->causal && query + 1 < seen ? query + 1 : seen,
                                           .more = own->causal,
                                           .scale = 1});
}

/* The results of some planes of values from the first on, by weights that are there. */
static void compute_result(const head *h, float *const *to, int first, int rows, int seen) {
    const attention *own = h->own;
    const ptrdiff_t segment = 0;
    const float *a[ROWS_MOST], *factor[ROWS_MOST];
    int planes = gs_whole(own->outputs) / LANES - first;
    for (int i = 0; i < rows; i++) {
        a[i] = h->scores + i * gs_whole(own->keys);
        factor[i] = h->factors + i * LANES;
    }
    ptrdiff_t plane = own->direct ? own->out.plane : LANES;
    h->kernels->mac(&(gs_mac_args){.a = a,
                                   .segment = &segment,
                                   .w = h->v + first * h->v_plane,
                                   .mul = factor,
                                   .out = to,
                                   .w_plane = h->v_plane,
                                   .out_plane = plane,
                                   .out_shift = first * plane,
                                   .rows = rows,
                                   .segments = 1,
                                   .length = seen,
                                   .planes = planes});
}

/* Where the results of some queries go: their first channels. */
static void find_results(const head *h, int query, int rows, float **to) {
    const attention *own = h->own;
    int first = h->number * own->outputs;
    for (int i = 0; i < rows; i++)
        to[i] = own->direct ? h->out + position(&own->out, query + i) + first / LANES * own->out.plane
                            : h->result + i * gs_whole(own->outputs);
}

/* Weights, and with the first plane of values their products. */
static void weigh_all(const head *h, float *const *to, int rows) {
    const attention *own = h->own;
    h->kernels->weigh(&(gs_weigh_args){.x = h->scores,
                                       .x_row = gs_whole(own->keys),
                                       .v = h->v,
                                       .out = to,
                                       .factor = h->factors,
                                       .rows = rows,
                                       .columns = own->keys});
}

/* The result's lanes from where it was computed; those past the last channel become 0. */
static void put_result(const head *h, int query, int rows) {
    const attention *own = h->own;
    int first = h->number * own->outputs, end = first + own->outputs;
    for (int i = 0; i < rows; i++) {
        float *to = h->out + position(&own->out, query + i);
        copy_channels(h->result + i * gs_whole(own->outputs), LANES, to, own->out.plane, first, own->outputs, true);
        if (h->number == own->heads - 1 && end % LANES)
            memset(to + end / LANES * own->out.plane + end % LANES, 0, (size_t)(LANES - end % LANES) * sizeof *to);
    }
}

static void run_rows(const head *h, int query, int rows) {
    const attention *own = h->own;
    int seen = own->causal && query + rows < own->keys ? query + rows : own->keys;
    float *to[ROWS_MOST];
    find_results(h, query, rows, to);
    compute_scores(h, query, rows, seen);
    bool plain = !h->mask && !own->causal;
    if (plain)
        weigh_all(h, to, rows);
    else
        weigh(h, query, rows, seen);
    if (!plain || own->outputs > LANES)
        compute_result(h, to, plain, rows, seen);
    if (!own->direct)
        put_result(h, query, rows);
}

/* Blocks of queries of all heads are shared out in this order; who has some of a head packs its keys. */
static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const attention *own = step->own;
    int blocks = (own->queries + own->rows - 1) / own->rows;
    head h = {.own = own, .kernels = worker->plan->kernels};
    take_room(&h, worker->room);
    gs_share share = gs_share_of(worker, own->heads * blocks);
    for (int image = i0; image < i1; image++)
        for (int k = share.begin; k < share.end; k++) {
            int query = k % blocks * own->rows, left = own->queries - query;
            h.number = k / blocks;
            if (query == 0 || k == share.begin)
                begin_head(&h, step, worker, image);
            run_rows(&h, query, left < own->rows ? left : own->rows);
        }
}

GS_DEFINE_METHOD(attention) = {.name = "attention",
                               .own_bytes = sizeof(attention),
                               .applies = applies,
                               .prepare = prepare,
                               .place = place,
                               .run = run,
                               .shares = true,
                               .cost = cost};
