/* 3 x 3 convolutions of stride 1 by Winograd's F(4 x 4, 3 x 3): Lavin & Gray 2015, "Fast algorithms for convolutional
 * neural networks". 36 products per tile of 16 pixels instead of 144.
 *
 * A group of tiles, from one image or several, goes through all three stages while it is in the cache: the input
 * transform, which gives V (36, tiles, C); for every one or two output planes, 36 products that share the group's V and
 * give M (planes, 36, tiles, 16); and the output transform with bias, residual and factor. */
#include "engine/method/winograd.h"

#include <string.h>

#include "engine/method/view.h"
#include "engine/share.h"
#include "engine/weights.h"

enum { LANES = GS_F32_LANES, TILES = 32 };

/* Where a tile begins: image, row and column. */
typedef struct tile {
    int image, row, column;
} tile;

typedef struct winograd {
    int inputs;     /* channels */
    int padding[2]; /* rows and columns */
    int tiles[2];   /* rows and columns of tiles */
    float *weight, *bias;
    size_t weights; /* floats */
    gs_view in, out, add, mul;
} winograd;

bool gs_suits_winograd(const gs_conv *c) {
    for (int i = 0; i < 2; i++) {
        const gs_axis *a = &c->axis[i];
        if (a->kernel != 3 || a->stride != 1 || a->dilation != 1 || a->adjoint || a->size < 4)
            return false;
    }
    return c->inputs % LANES == 0;
}

/* Floats from one of the 36 positions to the next. The extra vector avoids power-of-two strides. */
static ptrdiff_t v_step(int inputs) {
    return TILES * (ptrdiff_t)inputs + LANES;
}
enum { M_STEP = TILES * LANES + LANES, M_PLANE = 36 * M_STEP };

/* ---- Planning ---- */

/* One line of G: six values from three, for all lanes. */
static void weight_line(const double *restrict a, const double *restrict b, const double *restrict c,
                        double *restrict out, ptrdiff_t step) {
    const double third = 1.0 / 3, fifteenth = 1.0 / 15;
    for (int l = 0; l < LANES; l++) {
        double even = (a[l] + c[l]) * third, odd = b[l] * third;
        out[l] = a[l];
        out[step + l] = even + odd;
        out[2 * step + l] = odd - even;
        out[3 * step + l] = (16 * a[l] + 8 * b[l] + 4 * c[l]) * -fifteenth;
        out[4 * step + l] = (a[l] - 2 * b[l] + 4 * c[l]) * fifteenth;
        out[5 * step + l] = c[l];
    }
}

/* U = G g G^T, in float64, for each pair of channels: packed as out plane, position, input channel, lane. Lanes past
 * the last output are 0. */
static void transform_weights(float *u, const gs_conv *c) {
    double tap[9][LANES] = {{0}}, half[6][3][LANES], whole[36][LANES];
    int inputs = c->inputs, outputs = c->outputs;
    for (int o = 0; o < outputs; o += LANES) {
        int lanes = outputs - o < LANES ? outputs - o : LANES;
        if (lanes < LANES)
            memset(tap, 0, sizeof tap);
        for (int i = 0; i < inputs; i++) {
            for (int l = 0; l < lanes; l++)
                for (int k = 0; k < 9; k++)
                    tap[k][l] = (double)c->weight[(o + l) * c->out_step + i * c->in_step + k / 3 * c->tap_step[0] +
                                                  k % 3 * c->tap_step[1]];
            for (int k = 0; k < 3; k++)
                weight_line(tap[k], tap[3 + k], tap[6 + k], half[0][k], 3 * LANES);
            for (int r = 0; r < 6; r++)
                weight_line(half[r][0], half[r][1], half[r][2], whole[6 * r], LANES);
            for (int t = 0; t < 36; t++) {
                float *out = u + (((size_t)(o / LANES) * 36 + (size_t)t) * (size_t)inputs + (size_t)i) * LANES;
                for (int l = 0; l < LANES; l++)
                    out[l] = (float)whole[t][l];
            }
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
    own->weights = planes * 36 * (size_t)c->inputs * LANES;
    own->weight = gs_weights_alloc(plan, own->weights);
    own->bias = gs_weights_alloc(plan, planes * LANES);
    if (!own->weight || !own->bias)
        return false;
    transform_weights(own->weight, c);
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
    int after[2]; /* the last tile reads up to 4 tiles + 1 - padding */
    own->inputs = conv.inputs;
    for (int i = 0; i < 2; i++) {
        const gs_axis *a = &conv.axis[i];
        own->tiles[i] = (a->size + 3) / 4;
        own->padding[i] = a->padding;
        after[i] = own->tiles[i] * 4 + 2 - a->padding - a->input;
    }
    gs_conv_want_halo(b, s, &conv, after);
    return pack(b->plan, own, &conv);
}

static gs_status place(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    winograd *own = step->own;
    own->in = gs_view_of_source(plan, step, 0);
    own->out = gs_view_of(plan, step->out);
    if (gs_conv_operand(plan, step, 1))
        own->add = gs_view_of_source(plan, step, 1);
    if (gs_conv_operand(plan, step, 2))
        own->mul = gs_view_of_source(plan, step, 2);
    return GS_OK;
}

static gs_cost cost(const gs_plan *plan, const gs_step *step) {
    (void)plan;
    const winograd *own = step->own;
    ptrdiff_t room = 36 * v_step(own->inputs) + GS_MAC_PLANES_MOST * (ptrdiff_t)M_PLANE;
    return (gs_cost){.weight_bytes = own->weights * sizeof(float), .room_bytes = (size_t)room * sizeof(float)};
}

/* ---- Running ---- */

static tile tile_at(const winograd *own, int i0, int index) {
    int per_image = own->tiles[0] * own->tiles[1], rest = index % per_image;
    return (tile){i0 + index / per_image, rest / own->tiles[1] * 4, rest % own->tiles[1] * 4};
}

static void transform_input(const winograd *own, gs_worker *worker, int i0, int t0, const gs_share *tiles, float *v) {
    for (int t = tiles->begin; t < tiles->end; t++) {
        tile at = tile_at(own, i0, t0 + t);
        const float *x = gs_view_at(&own->in, worker, at.image, 0) + (at.row - own->padding[0]) * own->in.row +
                         (at.column - own->padding[1]) * LANES;
        for (int p = 0; p < own->inputs / LANES; p++)
            worker->plan->kernels->winograd_in(x + p * own->in.plane, own->in.row, v + t * own->inputs + p * LANES,
                                               v_step(own->inputs));
    }
}

/* Where a buffer of the result's shape has a tile; NULL where there is no such buffer. */
static float *tile_of(const gs_view *view, const gs_worker *worker, tile at, int plane) {
    return view->planes ? gs_view_at(view, worker, at.image, plane) + at.row * view->row + at.column * LANES : NULL;
}

static void transform_output(const winograd *own, gs_worker *worker, int i0, int t0, int tiles, int plane,
                             const float *m) {
    const gs_view *out = &own->out;
    gs_winograd_out_args args = {.step = M_STEP,
                                 .bias = own->bias + LANES * plane,
                                 .y_row = out->row,
                                 .add_row = own->add.row,
                                 .mul_row = own->mul.row};
    for (int t = 0; t < tiles; t++) {
        tile at = tile_at(own, i0, t0 + t);
        args.m = m + t * LANES;
        args.y = tile_of(out, worker, at, plane);
        args.add = tile_of(&own->add, worker, at, plane);
        args.mul = tile_of(&own->mul, worker, at, plane);
        args.rows = out->rows - at.row < 4 ? out->rows - at.row : 4;
        args.columns = out->columns - at.column < 4 ? out->columns - at.column : 4;
        worker->plan->kernels->winograd_out(&args);
    }
}

/* The 36 products of a group of tiles for `planes` planes of outputs from plane p onwards. */
static void multiply(const winograd *own, const gs_worker *worker, int p, int planes, int tiles, const float *const *a,
                     float *const *out) {
    size_t inputs = (size_t)own->inputs;
    const float *u = own->weight + (size_t)p * 36 * inputs * LANES;
    for (int t = 0; t < 36; t++) {
        ptrdiff_t segment = t * v_step(own->inputs);
        gs_mac_args args = {.a = a,
                            .segment = &segment,
                            .w = u + (size_t)t * inputs * LANES,
                            .out = out,
                            .out_shift = t * M_STEP,
                            .w_plane = 36 * (ptrdiff_t)inputs * LANES,
                            .out_plane = M_PLANE,
                            .rows = tiles,
                            .planes = planes,
                            .segments = 1,
                            .length = own->inputs};
        worker->plan->kernels->mac(&args);
    }
}

/* Fetch for writing what the output transform will write, which another core may have read: by then, it has come. */
static void claim_output(const winograd *own, const gs_worker *worker, int i0, int t0, int tiles, int plane,
                         int planes) {
    for (int p = plane; p < plane + planes; p++)
        for (int t = 0; t < tiles; t++) {
            tile at = tile_at(own, i0, t0 + t);
            const float *y = tile_of(&own->out, worker, at, p);
            for (int r = 0; r < 4 && r < own->out.rows - at.row; r++)
                for (int c = 0; c < 4 && c < own->out.columns - at.column; c++)
                    __builtin_prefetch(y + r * own->out.row + c * LANES, 1);
        }
}

/* Some planes of some tiles of a group that begins at tile t0. */
static void run_piece(const winograd *own, gs_worker *worker, int i0, int t0, const gs_piece *piece) {
    int most = worker->plan->kernels->mac_traits.planes;
    float *v = worker->room, *m = v + 36 * v_step(own->inputs);
    const float *a[TILES];
    float *out[TILES];
    for (int t = 0; t < piece->rows; t++) {
        a[t] = v + (piece->row + t) * own->inputs;
        out[t] = m + t * LANES;
    }
    int end = piece->plane + piece->planes;
    for (int p = piece->plane, planes; p < end; p += planes) {
        planes = end - p < most ? end - p : most;
        if (worker->parts > 1)
            claim_output(own, worker, i0, t0 + piece->row, piece->rows, p, planes);
        multiply(own, worker, p, planes, piece->rows, a, out);
        for (int k = 0; k < planes; k++)
            transform_output(own, worker, i0, t0 + piece->row, piece->rows, p + k, m + k * M_PLANE);
    }
}

/* Each worker of a crew takes some of the tiles; where these are few, some of the planes of the result instead, for
 * which it transforms all input, because to fetch V from another core takes as long. */
static void run(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const winograd *own = step->own;
    int total = (i1 - i0) * own->tiles[0] * own->tiles[1];
    bool by_tiles = gs_shares_rows(worker, total);
    gs_share all = by_tiles ? gs_share_of(worker, total) : (gs_share){0, total};
    int groups = (all.end - all.begin + TILES - 1) / TILES;
    for (int g = 0, t0 = all.begin, tiles; g < groups; g++, t0 += tiles) {
        tiles = (all.end - t0 + groups - g - 1) / (groups - g);
        gs_piece piece[GS_PIECES_MOST] = {{0, own->out.planes, 0, tiles}};
        int pieces = by_tiles ? 1 : gs_share_pieces(worker, own->out.planes, tiles, piece);
        gs_share rows = gs_share_rows(piece, pieces);
        transform_input(own, worker, i0, t0, &rows, worker->room);
        for (int k = 0; k < pieces; k++)
            run_piece(own, worker, i0, t0, &piece[k]);
    }
}

GS_DEFINE_METHOD(winograd) = {.name = "winograd-f4",
                              .own_bytes = sizeof(winograd),
                              .applies = applies,
                              .prepare = prepare,
                              .place = place,
                              .run = run,
                              .shares = true,
                              .cost = cost};
