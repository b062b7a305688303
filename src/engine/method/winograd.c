/* 3 x 3 convolutions of stride 1 by Winograd's F(m, 3): Lavin & Gray 2015, "Fast algorithms for convolutional neural
 * networks". (m + 2)(n + 2) products per tile of m x n pixels instead of 9 m n.
 *
 * A dimension of n positions is cut into the fewest tiles of at most 5, as equal as can be: 7 = 4 + 3, 14 = 5 + 5 + 4.
 * So no tile reaches past the edge, and the products, n + 2 per tile, are the fewest that tiles of at most 5 allow.
 * Tiles of 6 would need 10 % fewer at 28 positions and err more than twice as much. All sizes are computed on the same
 * points, of which a smaller tile lacks the last (kernels.h), so they share one set of weights, at most 49 matrices,
 * and a product takes part of the tiles.
 *
 * A group of tiles, from one image or several, goes through all three stages while it is in the cache: the input
 * transform, which gives V (positions, tiles, C); for every one to three output planes, a product per position that
 * shares the group's V and gives M (planes, positions, tiles, 16); and the output transform with bias, residual and
 * factor.
 *
 * Stride 2 is another method's (polyphase.c). */
#include "engine/method/winograd.h"

#include <math.h>
#include <string.h>

#include "engine/method/direct.h"
#include "engine/method/stored.h"
#include "engine/share.h"
#include "engine/typed.h"
#include "engine/weights.h"

/* Tiles of a group: three times the rows of mac's tile. For each input and plane of outputs, mac reads 64 bytes of
 * weights, from the third-level cache, and 4 bytes of V per tile: more tiles would save little, and V and M of fewer
 * than 100 inputs fit into a second-level cache of 1 MiB. */
enum { LANES = GS_F32_LANES, TILES = 36, POINTS = GS_WINOGRAD_MOST + 2 };

/* One dimension of the result: `tiles` tiles, of which the first `larger` have `size` positions and the others one
 * less. */
typedef struct side {
    int size, tiles, larger, padding;
} side;

/* Where a tile's first element is in a plane's input, halo included, and in its result, summand and factor, NULL where
 * there is none; and the tile's rows and columns. */
typedef struct tile {
    const float *x, *add, *mul;
    char *y;
    int size[2];
} tile;

typedef struct winograd {
    int inputs; /* channels */
    int planes; /* of inputs */
    side side[2];
    const gs_product_type *type; /* of V and the weights */
    gs_scales scales;            /* of integers */
    void *weight;
    float *bias;
    size_t weights;
    bool relu;
    gs_conv_views view;
} winograd;

static side side_of(const gs_axis *a, int most) {
    int tiles = (a->size + most - 1) / most, size = (a->size + tiles - 1) / tiles;
    return (side){.size = size, .tiles = tiles, .larger = a->size - tiles * (size - 1), .padding = a->padding};
}

/* The plan's type of products where its tiles, of at most 4 positions where it has 6 points, do: 5 positions would be
 * cut into 3 and 2. Where products of the type are those of AMX's tiles, what is left to Winograd's method has few
 * inputs, whose transforms take most of the time, and more than those of float32, whose tiles are larger: ncsn's first
 * convolution takes 15 us in bf16 and 8 in float32. */
static const gs_product_type *type_of(const gs_builder *b, int n, const gs_conv *c) {
    gs_quant_domain domain = GS_QUANT_DOMAINS;
    gs_builder_quantises(b, n, &domain);
    const gs_product_type *type = gs_builder_product(b, n, c->inputs, domain);
    if (!gs_is_quantised(type) && gs_multiplies_tiles(b->plan, type))
        return &b->plan->product[0];
    for (int i = 0; i < 2; i++) {
        side s = side_of(&c->axis[i], type->winograd_points - 2);
        if (s.size - (s.larger < s.tiles) < GS_WINOGRAD_LEAST)
            return &b->plan->product[0];
    }
    return type;
}

bool gs_suits_winograd(const gs_conv *c) {
    for (int i = 0; i < 2; i++) {
        const gs_axis *a = &c->axis[i];
        if (a->kernel != 3 || a->stride != 1 || a->dilation != 1 || a->adjoint || a->size < GS_WINOGRAD_LEAST)
            return false;
    }
    return c->inputs >= LANES / 2; /* with fewer, the transforms take as long as the products that they save */
}

/* Positions of the largest tile along one dimension, and of both. */
static int points(const winograd *own, int i) {
    return own->side[i].size + 2;
}
static int positions(const winograd *own) {
    return points(own, 0) * points(own, 1);
}

/* Elements from one position to the next. The extra vector avoids power-of-two strides. */
static ptrdiff_t v_step(const winograd *own) {
    return (TILES * own->planes + 1) * LANES;
}
/* Bytes of V, whole vectors. */
static ptrdiff_t v_bytes(const winograd *own) {
    return gs_whole_bytes(gs_input_bytes(own->type, positions(own) * v_step(own)));
}
enum { M_STEP = (TILES + 1) * LANES };
static ptrdiff_t m_plane(const winograd *own) {
    return positions(own) * (ptrdiff_t)M_STEP;
}

/* ---- Planning ---- */

/* Row i of G. */
static void weight_row(const gs_product_type *type, int i, double row[3]) {
    const double *point = type->winograd_point;
    bool finite = isfinite(point[i]);
    double f = 1;
    for (int j = 0; finite && j < type->winograd_points; j++)
        if (j != i && isfinite(point[j]))
            f *= point[i] - point[j];
    row[0] = finite ? 1 / f : 0;
    row[1] = finite ? point[i] / f : 0;
    row[2] = finite ? point[i] * point[i] / f : 1;
}

/* U = G g G^T of one input channel for `lanes` outputs from o onwards, in float64, as positions of vectors. */
static void transform_taps(const winograd *own, const gs_conv *c, int o, int lanes, int i, double g[POINTS][3],
                           double u[POINTS * POINTS][LANES]) {
    double w[3][3][LANES] = {{{0}}}, half[3][LANES];
    for (int l = 0; l < lanes; l++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 3; k++)
                w[j][k][l] =
                    (double)c->weight[(o + l) * c->out_step + i * c->in_step + j * c->tap_step[0] + k * c->tap_step[1]];
    for (int r = 0; r < points(own, 0); r++) {
        for (int k = 0; k < 3; k++)
            for (int l = 0; l < LANES; l++)
                half[k][l] = g[r][0] * w[0][k][l] + g[r][1] * w[1][k][l] + g[r][2] * w[2][k][l];
        for (int s = 0; s < points(own, 1); s++)
            for (int l = 0; l < LANES; l++)
                u[r * points(own, 1) + s][l] = g[s][0] * half[0][l] + g[s][1] * half[1][l] + g[s][2] * half[2][l];
    }
}

/* Those of an output plane and a position. */
static void *weights_at(const winograd *own, int plane, ptrdiff_t position) {
    ptrdiff_t matrix = (ptrdiff_t)own->inputs * LANES;
    return (char *)own->weight + gs_weight_bytes(own->type, (plane * (ptrdiff_t)positions(own) + position) * matrix);
}

/* The number that a position has where a node is quantised, in the type's largest tile. */
static int quantised_position(const winograd *own, int t) {
    return t / points(own, 1) * own->type->winograd_points + t % points(own, 1);
}

/* What is done with the transformed weights of an input for an output plane. */
typedef void take_weights(winograd *own, const gs_quant *quant, int plane, int i, double u[POINTS * POINTS][LANES]);

static void measure_weights(winograd *own, const gs_quant *quant, int plane, int i, double u[POINTS * POINTS][LANES]) {
    for (int t = 0; t < positions(own); t++)
        gs_scales_measure(&own->scales, quant, t, quantised_position(own, t), plane, t, i, u[t]);
}

/* Packed as out plane, position, input channel, lane. */
static void store_weights(winograd *own, const gs_quant *quant, int plane, int i, double u[POINTS * POINTS][LANES]) {
    for (int t = 0; t < positions(own); t++) {
        if (own->scales.inv)
            gs_scales_round(&own->scales, quant, t, quantised_position(own, t), plane, t, i, u[t]);
        own->type->pack(weights_at(own, plane, t), i, u[t]);
    }
}

/* Lanes past the last output are 0. */
static void transform_weights(winograd *own, const gs_conv *c, const gs_quant *quant, take_weights *take) {
    double g[POINTS][3], whole[POINTS * POINTS][LANES];
    for (int i = 0; i < own->type->winograd_points; i++)
        weight_row(own->type, i, g[i]);
    for (int o = 0; o < c->outputs; o += LANES)
        for (int i = 0; i < c->inputs; i++) {
            transform_taps(own, c, o, c->outputs - o < LANES ? c->outputs - o : LANES, i, g, whole);
            take(own, quant, o / LANES, i, whole);
        }
}

/* The scales of integers. */
static bool make_scales(gs_plan *plan, winograd *own, const gs_conv *c, const gs_quant *quant) {
    gs_scales *s = &own->scales;
    s->positions = positions(own);
    s->in_planes = own->planes;
    s->out_planes = (c->outputs + LANES - 1) / LANES;
    s->type = own->type;
    if (!gs_scales_make(plan, s, s->positions))
        return false;
    transform_weights(own, c, quant, measure_weights);
    for (int t = 0; t < s->positions; t++)
        gs_scales_finish(plan, s, quant, t, quantised_position(own, t), c->inputs);
    return true;
}

static bool applies(const gs_builder *b, int n) {
    gs_quant_domain domain;
    if (!gs_is_conv(&b->model->node[n]) || (gs_builder_quantises(b, n, &domain) && domain == GS_QUANT_DIRECT))
        return false;
    gs_conv conv = gs_conv_of(&b->model->node[n], gs_builder_shape(b, n, 0));
    return gs_suits_winograd(&conv) && !gs_prefers_direct(b, &conv);
}

/* Pack the weights. False when memory runs out. */
static bool pack(gs_plan *plan, winograd *own, const gs_conv *c, const gs_quant *quant) {
    size_t planes = (size_t)(c->outputs + LANES - 1) / LANES;
    own->weights = planes * (size_t)positions(own) * (size_t)c->inputs * LANES;
    own->weight = gs_weights_alloc_of(plan, own->type, own->weights);
    own->bias = gs_weights_alloc(plan, planes * LANES);
    if (!own->weight || !own->bias)
        return false;
    if (gs_is_quantised(own->type) && !make_scales(plan, own, c, quant))
        return false;
    transform_weights(own, c, quant, store_weights);
    gs_scales_packed(&own->scales);
    for (int o = 0; c->bias && o < c->outputs; o++)
        own->bias[o] = c->bias[o];
    return true;
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    gs_conv conv = gs_conv_of(&b->model->node[n], gs_builder_shape(b, n, 0));
    gs_step *s = gs_conv_add_step(b, method, n, GS_BLOCKED, GS_CONV_MULTIPLIES);
    if (!s)
        return false;
    winograd *own = s->own;
    own->relu = gs_conv_absorb_relu(b, s);
    own->type = type_of(b, n, &conv);
    own->inputs = conv.inputs;
    own->planes = (conv.inputs + LANES - 1) / LANES;
    for (int i = 0; i < 2; i++)
        own->side[i] = side_of(&conv.axis[i], own->type->winograd_points - 2);
    gs_conv_want_halo(b, s, &conv);
    return pack(b->plan, own, &conv, b->model->node[n].quant);
}

static gs_status place(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    winograd *own = step->own;
    own->view = gs_conv_views_of(plan, step);
    return GS_OK;
}

static gs_cost cost(const gs_plan *plan, const gs_step *step) {
    (void)plan;
    const winograd *own = step->own;
    return (gs_cost){.weight_bytes = (size_t)gs_weight_bytes(own->type, (ptrdiff_t)own->weights),
                     .room_bytes = (size_t)v_bytes(own) + GS_MAC_PLANES_MOST * (size_t)m_plane(own) * sizeof(float)};
}

/* ---- Running ---- */

/* The tiles of a product: rows of V and of M at the first position. */
typedef struct rows {
    const void *a[TILES];
    float *out[TILES];
    int count;
} rows;

/* Some tiles, from any images. A product at the last position of a dimension
 * has the rows of the larger tiles, by [whether it is the last row][whether it is the last column]. */
typedef struct group {
    tile tile[TILES];
    int tiles, band;
    char *v; /* of the first tile */
    float *m;
    rows rows[2][2];
} group;

static void add_row(rows *r, const void *a, float *out) {
    r->a[r->count] = a;
    r->out[r->count++] = out;
}

/* One dimension of a tile: where it begins, how many positions it has, and whether that is as many as any has. */
typedef struct span {
    int begin, size;
    bool large;
} span;

static span span_of(const side *s, int t) {
    bool large = t < s->larger;
    return (span){.begin = t * s->size - (large ? 0 : t - s->larger), .size = s->size - !large, .large = large};
}

/* V of the first position of a tile. */
static char *v_of(const winograd *own, const group *g, int t) {
    return g->v + gs_input_bytes(own->type, t * (ptrdiff_t)own->planes * LANES);
}

/* Where a plane's vector is in a buffer; NULL where there is no such buffer. */
static float *vector_of(const gs_view *view, const gs_worker *worker, int image, int row, int column) {
    return view->planes ? gs_view_at(view, worker, image, 0) + row * view->row + column * LANES : NULL;
}

/* Make a group of `tiles` tiles from tile t0 of the images from i0 onwards. */
static void make_group(const winograd *own, const gs_worker *worker, int i0, int t0, int tiles, group *g) {
    const gs_conv_views *view = &own->view;
    int columns = own->side[1].tiles, per_image = own->side[0].tiles * columns;
    g->tiles = tiles;
    for (int k = 0; k < 4; k++)
        g->rows[k / 2][k % 2].count = 0;
    for (int t = 0; t < tiles; t++) {
        tile *at = &g->tile[t];
        int image = i0 + (t0 + t) / per_image, in_image = (t0 + t) % per_image;
        span r = span_of(&own->side[0], in_image / columns), c = span_of(&own->side[1], in_image % columns);
        at->size[0] = r.size;
        at->size[1] = c.size;
        at->x = vector_of(&view->in, worker, image, r.begin - own->side[0].padding, c.begin - own->side[1].padding);
        at->y = gs_pixel_at(worker, view->out.buffer, image, r.begin, c.begin);
        at->add = vector_of(&view->add, worker, image, r.begin, c.begin);
        at->mul = vector_of(&view->mul, worker, image, r.begin, c.begin);
        for (int k = 0; k < 4; k++)
            if (r.large >= k / 2 && c.large >= k % 2)
                add_row(&g->rows[k / 2][k % 2], v_of(own, g, t), g->m + t * LANES);
    }
}

static void transform_input(const winograd *own, const group *g) {
    const ptrdiff_t vector = gs_input_bytes(own->type, LANES);
    gs_winograd_in_args args = {.row = own->view.in.row,
                                .v_row = points(own, 1) * v_step(own),
                                .step = v_step(own),
                                .inv_row = points(own, 1) * LANES};
    for (int t = 0; t < g->tiles; t++) {
        const tile *at = &g->tile[t];
        args.rows = at->size[0];
        args.columns = at->size[1];
        args.x = at->x;
        char *v = v_of(own, g, t);
        for (int p = 0; p < own->planes; p++, args.x += own->view.in.plane, v += vector) {
            args.v = v;
            args.inv = gs_scales_inv(&own->scales, g->band, 0, p);
            own->type->winograd_in(&args);
        }
    }
}

static void transform_output(const winograd *own, const gs_worker *worker, const group *g, int plane, const float *m) {
    const gs_conv_views *view = &own->view;
    const gs_buffer *out = &worker->plan->buffer[view->out.buffer];
    float typed[GS_WINOGRAD_MOST * GS_WINOGRAD_MOST * LANES] __attribute__((aligned(GS_VECTOR_BYTES)));
    gs_winograd_out_args args = {.m = m,
                                 .m_row = points(own, 1) * (ptrdiff_t)M_STEP,
                                 .step = M_STEP,
                                 .bias = own->bias + LANES * plane,
                                 .y_row = out->type ? GS_WINOGRAD_MOST * LANES : view->out.row,
                                 .add_row = view->add.row,
                                 .mul_row = view->mul.row,
                                 .relu = own->relu};
    for (int t = 0; t < g->tiles; t++, args.m += LANES) {
        const tile *at = &g->tile[t];
        char *y = at->y + plane * out->plane;
        args.y = out->type ? typed : (float *)y;
        args.add = at->add ? at->add + plane * view->add.plane : NULL;
        args.mul = at->mul ? at->mul + plane * view->mul.plane : NULL;
        args.rows = at->size[0];
        args.columns = at->size[1];
        own->type->winograd_out(&args);
        if (out->type)
            gs_store_typed(out, g->band, plane, typed, args.y_row, y, out->row, args.rows, args.columns);
    }
}

/* The products of a group for `planes` planes of outputs from plane p onwards. */
static void multiply(const winograd *own, const gs_worker *worker, const group *g, int p, int planes) {
    int count = positions(own), last[2] = {points(own, 0) - 1, points(own, 1) - 1};
    ptrdiff_t matrix = (ptrdiff_t)own->inputs * LANES;
    for (int t = 0; t < count; t++) {
        const rows *r = &g->rows[t / points(own, 1) == last[0]][t % points(own, 1) == last[1]];
        ptrdiff_t segment = t * v_step(own);
        gs_products args = {.a = r->a,
                            .segment = &segment,
                            .w = weights_at(own, p, t),
                            .init = gs_scales_init(&own->scales, t, p),
                            .scale = gs_scales_of(&own->scales, g->band, t, p),
                            .out = r->out,
                            .out_shift = t * (ptrdiff_t)M_STEP,
                            .w_plane = count * matrix,
                            .out_plane = m_plane(own),
                            .rows = r->count,
                            .planes = planes,
                            .segments = 1,
                            .length = own->inputs};
        if (r->count)
            own->type->mac(worker->plan->kernels, &args);
    }
}

/* Fetch for writing what the output transform will write, which another core may have read: by then, it has come. */
static void claim_output(const gs_buffer *out, const group *g, int p, int planes) {
    for (int end = p + planes; p < end; p++)
        for (int t = 0; t < g->tiles; t++) {
            const tile *at = &g->tile[t];
            const char *y = at->y + p * out->plane;
            for (int r = 0; r < at->size[0]; r++)
                for (int c = 0; c < at->size[1]; c++)
                    __builtin_prefetch(y + r * out->row + c * out->column, 1);
        }
}

/* Planes p ... end - 1 of the results of a group, whose input is transformed. */
static void run_group(const winograd *own, gs_worker *worker, const group *g, int p, int end) {
    int most = own->type->traits.planes;
    for (int planes; p < end; p += planes) {
        planes = end - p > GS_MAC_PLANES_MOST ? most : end - p;
        if (worker->parts > 1)
            claim_output(&worker->plan->buffer[own->view.out.buffer], g, p, planes);
        multiply(own, worker, g, p, planes);
        for (int k = 0; k < planes; k++)
            transform_output(own, worker, g, p + k, g->m + k * m_plane(own));
    }
}

/* A worker's pieces of the planes of a group of tiles from tile t0 onwards. It transforms the input of all the
 * tiles that any of them has, because to fetch V from another core takes as long. */
static void run_pieces(const winograd *own, gs_worker *worker, int i0, int t0, const gs_piece *piece, int pieces) {
    group all, part;
    all.band = part.band = gs_band_of(worker, i0);
    all.v = worker->room;
    all.m = part.m = (float *)(all.v + v_bytes(own));
    gs_share used = gs_share_rows(piece, pieces);
    make_group(own, worker, i0, t0 + used.begin, used.end - used.begin, &all);
    transform_input(own, &all);
    for (int k = 0; k < pieces; k++) {
        const gs_piece *at = &piece[k];
        if (at->rows == all.tiles) {
            run_group(own, worker, &all, at->plane, at->plane + at->planes);
            continue;
        }
        part.v = v_of(own, &all, at->row - used.begin);
        make_group(own, worker, i0, t0 + at->row, at->rows, &part);
        run_group(own, worker, &part, at->plane, at->plane + at->planes);
    }
}

/* Images of one band. Each worker of a crew takes some of the tiles; where these are few, some of the planes of the
 * result instead. */
static void run_band(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const winograd *own = step->own;
    int total = (i1 - i0) * own->side[0].tiles * own->side[1].tiles;
    bool by_tiles = gs_shares_rows(worker, total);
    gs_share all = by_tiles ? gs_share_of(worker, total) : (gs_share){0, total};
    int groups = (all.end - all.begin + TILES - 1) / TILES;
    for (int g = 0, t0 = all.begin, tiles; g < groups; g++, t0 += tiles) {
        tiles = (all.end - t0 + groups - g - 1) / (groups - g);
        gs_piece piece[GS_PIECES_MOST] = {{0, own->view.out.planes, 0, tiles}};
        int pieces = by_tiles ? 1 : gs_share_pieces(worker, own->view.out.planes, tiles, piece);
        run_pieces(own, worker, i0, t0, piece, pieces);
    }
}

static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    for (int i = i0, end; i < i1; i = end) {
        end = gs_band_end(worker, i, i1);
        run_band(step, worker, i, end);
    }
}

static void free_own(const gs_plan *plan, gs_step *step) {
    (void)plan;
    gs_scales_packed(&((winograd *)step->own)->scales);
}

static const char *describe(const gs_step *step) {
    static const char *const names[] = {"winograd-f3", "winograd-f4", "winograd-f5"};
    const winograd *own = step->own;
    int size = own->side[0].size > own->side[1].size ? own->side[0].size : own->side[1].size;
    return names[size - GS_WINOGRAD_LEAST];
}

static const gs_product_type *product(const gs_step *step) {
    return ((const winograd *)step->own)->type;
}

GS_DEFINE_METHOD(winograd) = {.name = "winograd",
                              .own_bytes = sizeof(winograd),
                              .applies = applies,
                              .prepare = prepare,
                              .place = place,
                              .run = run,
                              .stores = true,
                              .shares = true,
                              .free = free_own,
                              .describe = describe,
                              .product = product,
                              .cost = cost};
