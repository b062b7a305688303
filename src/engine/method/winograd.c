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

#include "engine/share.h"
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

/* Where a tile begins: image, row and column; its rows and columns; and whether it has as many as any. */
typedef struct tile {
    int image, begin[2], size[2];
    bool large[2];
} tile;

typedef struct winograd {
    int inputs; /* channels */
    int planes; /* of inputs */
    side side[2];
    float *weight, *bias;
    size_t weights; /* floats */
    bool relu;
    gs_conv_views view;
} winograd;

static side side_of(const gs_axis *a) {
    int tiles = (a->size + GS_WINOGRAD_MOST - 1) / GS_WINOGRAD_MOST, size = (a->size + tiles - 1) / tiles;
    return (side){.size = size, .tiles = tiles, .larger = a->size - tiles * (size - 1), .padding = a->padding};
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

/* Floats from one position to the next. The extra vector avoids power-of-two strides. */
static ptrdiff_t v_step(const winograd *own) {
    return (TILES * own->planes + 1) * LANES;
}
enum { M_STEP = (TILES + 1) * LANES };
static ptrdiff_t m_plane(const winograd *own) {
    return positions(own) * (ptrdiff_t)M_STEP;
}

/* ---- Planning ---- */

/* Row i of G. */
static void weight_row(int i, double row[3]) {
    static const double point[POINTS] = {GS_WINOGRAD_A, -GS_WINOGRAD_A, GS_WINOGRAD_B, -GS_WINOGRAD_B,
                                         INFINITY,      GS_WINOGRAD_C,  -GS_WINOGRAD_C};
    bool finite = isfinite(point[i]);
    double f = 1;
    for (int j = 0; finite && j < POINTS; j++)
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

/* Packed as out plane, position, input channel, lane. Lanes past the last output are 0. */
static void transform_weights(const winograd *own, const gs_conv *c) {
    double g[POINTS][3], whole[POINTS * POINTS][LANES];
    size_t inputs = (size_t)c->inputs, count = (size_t)positions(own);
    for (int i = 0; i < POINTS; i++)
        weight_row(i, g[i]);
    for (int o = 0; o < c->outputs; o += LANES)
        for (int i = 0; i < c->inputs; i++) {
            transform_taps(own, c, o, c->outputs - o < LANES ? c->outputs - o : LANES, i, g, whole);
            for (size_t t = 0; t < count; t++) {
                float *out = own->weight + (((size_t)(o / LANES) * count + t) * inputs + (size_t)i) * LANES;
                for (int l = 0; l < LANES; l++)
                    out[l] = (float)whole[t][l];
            }
        }
}

static bool applies(const gs_builder *b, int n) {
    if (!gs_is_conv(&b->model->node[n]))
        return false;
    gs_conv conv = gs_conv_of(&b->model->node[n], gs_builder_shape(b, n, 0));
    return gs_suits_winograd(&conv);
}

/* Pack the weights. False when memory runs out. */
static bool pack(gs_plan *plan, winograd *own, const gs_conv *c) {
    size_t planes = (size_t)(c->outputs + LANES - 1) / LANES;
    own->weights = planes * (size_t)positions(own) * (size_t)c->inputs * LANES;
    own->weight = gs_weights_alloc(plan, own->weights);
    own->bias = gs_weights_alloc(plan, planes * LANES);
    if (!own->weight || !own->bias)
        return false;
    transform_weights(own, c);
    for (int o = 0; c->bias && o < c->outputs; o++)
        own->bias[o] = c->bias[o];
    return true;
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    gs_conv conv = gs_conv_of(&b->model->node[n], gs_builder_shape(b, n, 0));
    gs_step *s = gs_conv_add_step(b, method, n, GS_BLOCKED, true);
    if (!s)
        return false;
    winograd *own = s->own;
    own->relu = gs_conv_absorb_relu(b, s);
    own->inputs = conv.inputs;
    own->planes = (conv.inputs + LANES - 1) / LANES;
    for (int i = 0; i < 2; i++)
        own->side[i] = side_of(&conv.axis[i]);
    gs_conv_want_halo(b, s, &conv);
    return pack(b->plan, own, &conv);
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
    ptrdiff_t room = positions(own) * v_step(own) + GS_MAC_PLANES_MOST * m_plane(own);
    return (gs_cost){.weight_bytes = own->weights * sizeof(float), .room_bytes = (size_t)room * sizeof(float)};
}

/* ---- Running ---- */

/* The tiles of a product: rows of V and of M at the first position. */
typedef struct rows {
    const float *a[TILES];
    float *out[TILES];
    int count;
} rows;

/* Some tiles, from any images. A product at the last position of a dimension
 * has the rows of the larger tiles, by [whether it is the last row][whether it is the last column]. */
typedef struct group {
    tile tile[TILES];
    int tiles;
    float *v, *m;
    rows rows[2][2];
} group;

/* Tile t of the images from i0 onwards. */
static tile tile_at(const winograd *own, int i0, int t) {
    int columns = own->side[1].tiles, per_image = own->side[0].tiles * columns;
    int at[2] = {t % per_image / columns, t % columns};
    tile result = {.image = i0 + t / per_image};
    for (int i = 0; i < 2; i++) {
        const side *s = &own->side[i];
        int smaller = at[i] > s->larger ? at[i] - s->larger : 0;
        result.large[i] = at[i] < s->larger;
        result.size[i] = s->size - !result.large[i];
        result.begin[i] = at[i] * s->size - smaller;
    }
    return result;
}

static void add_row(rows *r, const float *a, float *out) {
    r->a[r->count] = a;
    r->out[r->count++] = out;
}

/* Make a group of `tiles` tiles from tile t0 of the images from i0 onwards. */
static void make_group(const winograd *own, int i0, int t0, int tiles, group *g) {
    g->tiles = tiles;
    for (int k = 0; k < 4; k++)
        g->rows[k / 2][k % 2].count = 0;
    for (int t = 0; t < tiles; t++) {
        tile *at = &g->tile[t];
        *at = tile_at(own, i0, t0 + t);
        for (int k = 0; k < 4; k++)
            if (at->large[0] >= k / 2 && at->large[1] >= k % 2)
                add_row(&g->rows[k / 2][k % 2], g->v + t * own->planes * LANES, g->m + t * LANES);
    }
}

static void transform_input(const winograd *own, gs_worker *worker, const group *g) {
    gs_winograd_in_args args = {.row = own->view.in.row, .v_row = points(own, 1) * v_step(own), .step = v_step(own)};
    for (int t = 0; t < g->tiles; t++) {
        const tile *at = &g->tile[t];
        const float *x = gs_view_at(&own->view.in, worker, at->image, 0) +
                         (at->begin[0] - own->side[0].padding) * own->view.in.row +
                         (at->begin[1] - own->side[1].padding) * LANES;
        args.rows = at->size[0];
        args.columns = at->size[1];
        for (int p = 0; p < own->planes; p++) {
            args.x = x + p * own->view.in.plane;
            args.v = g->v + (t * own->planes + p) * LANES;
            worker->plan->kernels->winograd_in(&args);
        }
    }
}

/* Where a buffer of the result's shape has a tile; NULL where there is no such buffer. */
static float *tile_of(const gs_view *view, const gs_worker *worker, const tile *at, int plane) {
    return view->planes ? gs_view_at(view, worker, at->image, plane) + at->begin[0] * view->row + at->begin[1] * LANES
                        : NULL;
}

static void transform_output(const winograd *own, gs_worker *worker, const group *g, int plane, const float *m) {
    gs_winograd_out_args args = {.m_row = points(own, 1) * (ptrdiff_t)M_STEP,
                                 .step = M_STEP,
                                 .bias = own->bias + LANES * plane,
                                 .y_row = own->view.out.row,
                                 .add_row = own->view.add.row,
                                 .mul_row = own->view.mul.row,
                                 .relu = own->relu};
    for (int t = 0; t < g->tiles; t++) {
        const tile *at = &g->tile[t];
        args.m = m + t * LANES;
        args.y = tile_of(&own->view.out, worker, at, plane);
        args.add = tile_of(&own->view.add, worker, at, plane);
        args.mul = tile_of(&own->view.mul, worker, at, plane);
        args.rows = at->size[0];
        args.columns = at->size[1];
        worker->plan->kernels->winograd_out(&args);
    }
}

/* The products of a group for `planes` planes of outputs from plane p onwards. */
static void multiply(const winograd *own, const gs_worker *worker, const group *g, int p, int planes) {
    int count = positions(own), last[2] = {points(own, 0) - 1, points(own, 1) - 1};
    ptrdiff_t matrix = (ptrdiff_t)own->inputs * LANES;
    for (int t = 0; t < count; t++) {
        const rows *r = &g->rows[t / points(own, 1) == last[0]][t % points(own, 1) == last[1]];
        ptrdiff_t segment = t * v_step(own);
        gs_mac_args args = {.a = r->a,
                            .segment = &segment,
                            .w = own->weight + (p * (ptrdiff_t)count + t) * matrix,
                            .out = r->out,
                            .out_shift = t * (ptrdiff_t)M_STEP,
                            .w_plane = count * matrix,
                            .out_plane = m_plane(own),
                            .rows = r->count,
                            .planes = planes,
                            .segments = 1,
                            .length = own->inputs};
        if (r->count)
            worker->plan->kernels->mac(&args);
    }
}

/* Fetch for writing what the output transform will write, which another core may have read: by then, it has come. */
static void claim_output(const winograd *own, const gs_worker *worker, const group *g, int p, int planes) {
    for (int end = p + planes; p < end; p++)
        for (int t = 0; t < g->tiles; t++) {
            const tile *at = &g->tile[t];
            const float *y = tile_of(&own->view.out, worker, at, p);
            for (int r = 0; r < at->size[0]; r++)
                for (int c = 0; c < at->size[1]; c++)
                    __builtin_prefetch(y + r * own->view.out.row + c * LANES, 1);
        }
}

/* Planes p ... end - 1 of the results of a group, whose input is transformed. */
static void run_group(const winograd *own, gs_worker *worker, const group *g, int p, int end) {
    int most = worker->plan->kernels->mac_traits.planes;
    for (int planes; p < end; p += planes) {
        planes = end - p > GS_MAC_PLANES_MOST ? most : end - p;
        if (worker->parts > 1)
            claim_output(own, worker, g, p, planes);
        multiply(own, worker, g, p, planes);
        for (int k = 0; k < planes; k++)
            transform_output(own, worker, g, p + k, g->m + k * m_plane(own));
    }
}

/* A worker's pieces of the planes of a group of tiles from tile t0 onwards. It transforms the input of all the
 * tiles that any of them has, because to fetch V from another core takes as long. */
static void run_pieces(const winograd *own, gs_worker *worker, int i0, int t0, const gs_piece *piece, int pieces) {
    float *v = worker->room;
    group all, part;
    all.v = v;
    all.m = part.m = v + positions(own) * v_step(own);
    gs_share used = gs_share_rows(piece, pieces);
    make_group(own, i0, t0 + used.begin, used.end - used.begin, &all);
    transform_input(own, worker, &all);
    for (int k = 0; k < pieces; k++) {
        const gs_piece *at = &piece[k];
        if (at->rows == all.tiles) {
            run_group(own, worker, &all, at->plane, at->plane + at->planes);
            continue;
        }
        part.v = v + (at->row - used.begin) * own->planes * LANES;
        make_group(own, i0, t0 + at->row, at->rows, &part);
        run_group(own, worker, &part, at->plane, at->plane + at->planes);
    }
}

/* Each worker of a crew takes some of the tiles; where these are few, some of the planes of the result instead. */
static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
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

static const char *describe(const gs_step *step) {
    static const char *const names[] = {"winograd-f3", "winograd-f4", "winograd-f5"};
    const winograd *own = step->own;
    int size = own->side[0].size > own->side[1].size ? own->side[0].size : own->side[1].size;
    return names[size - GS_WINOGRAD_LEAST];
}

GS_DEFINE_METHOD(winograd) = {.name = "winograd",
                              .own_bytes = sizeof(winograd),
                              .applies = applies,
                              .prepare = prepare,
                              .place = place,
                              .run = run,
                              .shares = true,
                              .describe = describe,
                              .cost = cost};
