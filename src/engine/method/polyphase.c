/* Convolutions whose rows have three taps and stride 2, by phases: result column j is
 *
 *     y(j) = w0 x(2 j - p) + w2 x(2 j + 2 - p) + w1 x(2 j + 1 - p).
 *
 * The columns of one phase meet two taps, with stride 1, which Winograd's F(m, 2) computes with m + 1 products for m
 * columns; those of the other meet one. So a tile of m columns takes 2 m + 1 products for every row of taps instead of
 * 3 m: 15 instead of 21 for m = 7. Rows of taps are added up in the products, as those of a direct convolution are, so
 * their kernel and stride may be any.
 *
 * A dimension of n columns is cut into the fewest tiles of at most 7, all equally wide; the last one may reach past the
 * edge, and what it computes there is left out.
 *
 * A group of rows of the result, from one image or several, goes through all stages while it is in the cache: the
 * transform of the first phase's columns, which gives V (input rows, tiles, points, C); for every one to three output
 * planes, a product per point that shares the group's V and gives M (planes, points, tiles, rows, 16), and one per
 * column of a tile of the second phase's columns as they lie in the input, which gives the result as far as they go;
 * and the output transform, which adds the first phase's part to that.
 *
 * On Zen 5, one thread, in microseconds per image, this takes 6.3 where the direct method takes 7.6 for 16 channels of
 * 28 x 28 to 32, 5.7 where it takes 7.5 for 32 of 14 x 14 to 64, and 12.9 where it takes 15.0 for 48 to 96; with
 * AVX2 11.8, 11.1 instead of 14.4, 14.4. Groups of 12, 28 or 56 rows take as long as those of 24.
 *
 * Rejected: the same along columns too. 7 x 7 positions then take (9 + 7)^2 = 256 products per plane and input instead
 * of 441, where this takes 315; but each has a third of the chain, whose beginning and end are a tenth of its time with
 * 32 inputs, and all columns are transformed. Measured on Zen 5, such products of 32 channels of 14 x 14 to 64 take 4.6
 * us instead of 6.7, those of 48 to 96 9.6 us instead of 15.0, those of 16 channels of 28 x 28 to 32 4.9 us instead
 * of 6.8, and transforms at the rate of winograd.inc add about 1.3, 1.9 and 2.4 us. */
#include "engine/method/conv.h"
#include "engine/method/direct.h"
#include "engine/share.h"
#include "engine/weights.h"

/* Rows of mac of a group: result rows times tiles. */
enum { LANES = GS_F32_LANES, ROWS = 24 };

typedef struct polyphase {
    gs_axis axis[2];
    int inputs; /* channels */
    int planes; /* of inputs */
    int tiles, size;
    int length;                  /* channels that are adjacent in memory */
    const gs_product_type *type; /* of V, the weights and what else they are multiplied by */
    void *weight;
    float *bias;
    ptrdiff_t *segment; /* where inputs of a product are: by point, of V; behind, by column, of the input */
    size_t weights;
    bool relu;
    gs_conv_views view;
    gs_converted converted; /* the input, where the type is narrow */
} polyphase;

static int points(const polyphase *own) {
    return own->size + 1;
}

/* Products per weight matrix. */
static int chain(const polyphase *own) {
    return own->axis[0].kernel * own->inputs;
}

/* Where they are adjacent in the input. */
static int segments(const polyphase *own) {
    return chain(own) / own->length;
}

/* Rows of the input that a row of the result reads. */
static int reach(const polyphase *own) {
    return (own->axis[0].kernel - 1) * own->axis[0].dilation + 1;
}

/* Elements from one row of V, and floats from one position of M, to the next. The extra vectors avoid power-of-two
 * strides. */
static ptrdiff_t v_row(const polyphase *own) {
    return ((ptrdiff_t)own->tiles * points(own) * own->planes + 1) * LANES;
}
enum { M_STEP = (ROWS + 1) * LANES };
static ptrdiff_t m_plane(const polyphase *own) {
    return points(own) * (ptrdiff_t)M_STEP;
}

/* Rows of the result that make a group. */
static int group_rows(const polyphase *own) {
    return ROWS / own->tiles;
}

/* ---- Planning ---- */

/* Integers are the direct method's. Of few positions the direct method leaves out the taps that fall on the padding.
 * With few inputs the transforms take as long as the products that they save; with more tiles than there are rows in a
 * group, rows would be cut. */
static bool applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    gs_quant_domain domain;
    if (node->op != GS_OP_CONV2D || !gs_is_conv(node) || gs_builder_quantises(b, n, &domain))
        return false;
    gs_conv c = gs_conv_of(node, gs_builder_shape(b, n, 0));
    const gs_axis *a = &c.axis[1];
    return !gs_prefers_direct(b, &c) && a->kernel == 3 && a->stride == 2 && a->dilation == 1 &&
           a->size > GS_POLYPHASE_LEAST && a->size <= ROWS * GS_POLYPHASE_MOST && c.inputs >= LANES / 2;
}

/* Column k of the matrix: row k of G times the taps of the first phase; behind the points, the tap of the second. */
static double weight_at(const polyphase *own, int k, double first, double last, double middle) {
    static const double point[] = {GS_POLYPHASE_A,  -GS_POLYPHASE_A, GS_POLYPHASE_B,
                                   -GS_POLYPHASE_B, GS_POLYPHASE_C,  -GS_POLYPHASE_C};
    int pairs = own->size / 2, zero = own->size % 2;
    if (k == points(own))
        return middle;
    if (k == 2 * pairs)
        return last;
    double p = k < 2 * pairs ? point[k] : 0, f = zero && k < 2 * pairs ? p : 1;
    for (int j = 0; j < 2 * pairs; j++)
        f *= j == k ? 1 : p - point[j];
    return (first + p * last) / f;
}

/* Those of an output plane and a point; behind the points, of the second phase. */
static void *weights_at(const polyphase *own, int plane, int k) {
    ptrdiff_t matrix = (ptrdiff_t)chain(own) * LANES;
    return (char *)own->weight + gs_weight_bytes(own->type, (plane * (ptrdiff_t)(points(own) + 1) + k) * matrix);
}

/* Those of row t of taps of input i for `lanes` outputs from o onwards. */
static void weights_of_taps(const polyphase *own, const gs_conv *c, int k, int o, int lanes, int t, int i,
                            double lane[LANES]) {
    const float *tap = c->weight + o * c->out_step + i * c->in_step + t * c->tap_step[0];
    for (int l = 0; l < lanes; l++, tap += c->out_step)
        lane[l] = weight_at(own, k, (double)tap[0], (double)tap[2 * c->tap_step[1]], (double)tap[c->tap_step[1]]);
}

/* Packed as out plane, point, row of taps, input channel, lane. Lanes past the last output are 0. */
static void pack(const polyphase *own, const gs_conv *c) {
    for (int o = 0; o < c->outputs; o += LANES)
        for (int k = 0; k <= points(own); k++) {
            double lane[LANES] = {0};
            int lanes = c->outputs - o < LANES ? c->outputs - o : LANES;
            for (int t = 0; t < c->axis[0].kernel; t++)
                for (int i = 0; i < c->inputs; i++) {
                    weights_of_taps(own, c, k, o, lanes, t, i, lane);
                    own->type->pack(weights_at(own, o / LANES, k), (ptrdiff_t)t * c->inputs + i, lane);
                }
        }
    for (int o = 0; c->bias && o < c->outputs; o++)
        own->bias[o] = c->bias[o];
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    gs_conv conv = gs_conv_of(&b->model->node[n], gs_builder_shape(b, n, 0));
    gs_step *s = gs_conv_add_step(b, method, n, GS_BLOCKED, GS_CONV_MULTIPLIES);
    if (!s)
        return false;
    polyphase *own = s->own;
    const gs_axis *a = &conv.axis[1];
    size_t planes = (size_t)(conv.outputs + LANES - 1) / LANES;
    own->relu = gs_conv_absorb_relu(b, s);
    own->axis[0] = conv.axis[0];
    own->axis[1] = conv.axis[1];
    own->inputs = conv.inputs;
    own->planes = (conv.inputs + LANES - 1) / LANES;
    own->tiles = (a->size + GS_POLYPHASE_MOST - 1) / GS_POLYPHASE_MOST;
    own->size = (a->size + own->tiles - 1) / own->tiles;
    own->length = gs_direct_length(&conv);
    own->type = gs_builder_product(b, n, own->length, GS_QUANT_DOMAINS);
    gs_conv_want_halo(b, s, &conv);
    gs_builder_want_halo(b, s->source[0].index, 0, 2 * own->tiles * own->size - a->padding - (a->input - 1));
    own->weights = planes * (size_t)(points(own) + 1) * (size_t)chain(own) * LANES;
    own->weight = gs_weights_alloc_of(b->plan, own->type, own->weights);
    own->bias = gs_weights_alloc(b->plan, planes * LANES);
    own->segment =
        gs_alloc((size_t)(points(own) * own->axis[0].kernel + own->size * segments(own)), sizeof *own->segment);
    if (!own->weight || !own->bias || !own->segment)
        return false;
    pack(own, &conv);
    return true;
}

static gs_status place(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    polyphase *own = step->own;
    own->view = gs_conv_views_of(plan, step);
    own->converted = gs_converted_of(plan, step, own->type, NULL, false);
    ptrdiff_t *at = own->segment;
    for (int k = 0; k < points(own); k++)
        for (int t = 0; t < own->axis[0].kernel; t++)
            *at++ = t * own->axis[0].dilation * v_row(own) + k * (ptrdiff_t)own->planes * LANES;
    for (int j = 0; j < own->size; j++)
        for (int t = 0; t < own->axis[0].kernel; t++)
            for (int i = 0; i < own->inputs; i += own->length)
                *at++ = t * own->axis[0].dilation * own->view.in.row + i / LANES * own->view.in.plane + i % LANES +
                        (2 * j + 1) * LANES;
    return GS_OK;
}

static void free_own(const gs_plan *plan, gs_step *step) {
    (void)plan;
    gs_free(((polyphase *)step->own)->segment);
}

static gs_cost cost(const gs_plan *plan, const gs_step *step) {
    (void)plan;
    const polyphase *own = step->own;
    int each = reach(own) > own->axis[0].stride ? reach(own) : own->axis[0].stride;
    ptrdiff_t v = gs_input_bytes(own->type, group_rows(own) * each * v_row(own));
    return (gs_cost){.weight_bytes = (size_t)gs_weight_bytes(own->type, (ptrdiff_t)own->weights),
                     .room_bytes =
                         own->converted.bytes + GS_MAC_PLANES_MOST * (size_t)m_plane(own) * sizeof(float) + (size_t)v};
}

/* ---- Running ---- */

/* Rows of the result that follow each other in one image, and what they read of V. */
typedef struct run {
    int image, row, rows;
    char *v;
    int first; /* of the group's rows */
} run;

/* Some rows of the result, from any images. */
typedef struct group {
    run run[ROWS];
    int runs, rows;
    float *m;
    const void *a[ROWS], *x[ROWS]; /* by tile and row: of V, and of the input in the type of products */
    float *out[ROWS], *y[ROWS];    /* of M, and of the result's first plane */
} group;

/* From an image's first pixel to column 0 of the first tap of a row of the result. */
static ptrdiff_t input_offset(const polyphase *own, int row) {
    const gs_axis *y = &own->axis[0];
    return (row * y->stride - y->padding) * own->view.in.row - own->axis[1].padding * LANES;
}

/* Where a buffer of the result's shape has a row; NULL where there is no such buffer. */
static float *row_of(const gs_view *view, const gs_worker *worker, int image, int plane, int row, int column) {
    return view->planes ? gs_view_at(view, worker, image, plane) + row * view->row + column * LANES : NULL;
}

/* The pointers of a run's rows. */
static void add_run(const polyphase *own, const gs_worker *worker, const run *part, group *g) {
    const int stride = own->axis[0].stride, first = part->first;
    const ptrdiff_t v_step = gs_input_bytes(own->type, stride * v_row(own)),
                    x_step = gs_input_bytes(own->type, stride * own->view.in.row), y_step = own->view.out.row;
    const char *v = part->v, *x = gs_converted_at(&own->converted, worker, part->image) +
                                  gs_input_bytes(own->type, input_offset(own, part->row));
    float *y = row_of(&own->view.out, worker, part->image, 0, part->row, 0);
    for (int t = 0, at = first; t < own->tiles; t++, at += g->rows) {
        for (int r = 0; r < part->rows; r++) {
            g->a[at + r] = v + r * v_step;
            g->x[at + r] = x + r * x_step;
            g->y[at + r] = y + r * y_step;
            g->out[at + r] = g->m + (at + r) * LANES;
        }
        v += gs_input_bytes(own->type, points(own) * own->planes * LANES);
        x += gs_input_bytes(own->type, 2 * own->size * LANES);
        y += own->size * LANES;
    }
}

/* Make a group of rows from row `row` on, of the images from i0 onwards. */
static void make_group(const polyphase *own, const gs_worker *worker, int i0, int row, int rows, group *g) {
    int height = own->axis[0].size;
    g->m = (float *)((char *)worker->room + own->converted.bytes);
    char *v = (char *)(g->m + GS_MAC_PLANES_MOST * m_plane(own));
    g->runs = 0;
    g->rows = rows;
    for (int at = 0; at < rows; g->runs++) {
        run *part = &g->run[g->runs];
        int begin = (row + at) % height, left = height - begin;
        *part = (run){.image = i0 + (row + at) / height,
                      .row = begin,
                      .rows = left < rows - at ? left : rows - at,
                      .v = v,
                      .first = at};
        add_run(own, worker, part, g);
        v += gs_input_bytes(own->type, ((part->rows - 1) * own->axis[0].stride + reach(own)) * v_row(own));
        at += part->rows;
    }
}

static void transform_input(const polyphase *own, const gs_worker *worker, const group *g) {
    gs_polyphase_in_args args = {.x_row = own->view.in.row,
                                 .x_column = 2 * LANES,
                                 .v_row = v_row(own),
                                 .step = own->planes * (ptrdiff_t)LANES,
                                 .size = own->size};
    for (int k = 0; k < g->runs; k++) {
        const run *part = &g->run[k];
        const float *x = gs_view_at(&own->view.in, worker, part->image, 0) + input_offset(own, part->row);
        args.rows = (part->rows - 1) * own->axis[0].stride + reach(own);
        for (int t = 0; t < own->tiles; t++)
            for (int p = 0; p < own->planes; p++) {
                args.x = x + p * own->view.in.plane + 2 * t * own->size * LANES;
                args.v = part->v + gs_input_bytes(own->type, (t * points(own) * own->planes + p) * (ptrdiff_t)LANES);
                own->type->polyphase_in(&args);
            }
    }
}

/* The first phase's products of a group for `planes` planes of outputs from plane p onwards. */
static void multiply_first(const polyphase *own, const gs_worker *worker, const group *g, int p, int planes) {
    ptrdiff_t matrix = (ptrdiff_t)chain(own) * LANES;
    gs_products args = {.a = g->a,
                        .segment = own->segment,
                        .out = g->out,
                        .w_plane = (points(own) + 1) * matrix,
                        .out_plane = m_plane(own),
                        .rows = g->rows * own->tiles,
                        .planes = planes,
                        .segments = own->axis[0].kernel,
                        .length = own->inputs};
    for (int k = 0; k < points(own); k++) {
        args.w = weights_at(own, p, k);
        own->type->mac(worker->plan->kernels, &args);
        args.segment += args.segments;
        args.out_shift += M_STEP;
    }
}

/* The second phase's. Of the last tile, columns past the edge are left out. */
static void multiply_second(const polyphase *own, const gs_worker *worker, const group *g, int p, int planes) {
    ptrdiff_t matrix = (ptrdiff_t)chain(own) * LANES;
    int last = own->axis[1].size - (own->tiles - 1) * own->size;
    gs_products args = {.a = g->x,
                        .segment = own->segment + points(own) * own->axis[0].kernel,
                        .w = weights_at(own, p, points(own)),
                        .init = own->bias + p * LANES,
                        .out = g->y,
                        .w_plane = (points(own) + 1) * matrix,
                        .out_plane = own->view.out.plane,
                        .out_shift = p * own->view.out.plane,
                        .planes = planes,
                        .segments = segments(own),
                        .length = own->length};
    for (int j = 0; j < own->size; j++) {
        args.rows = g->rows * (j < last ? own->tiles : own->tiles - 1);
        own->type->mac(worker->plan->kernels, &args);
        args.segment += args.segments;
        args.out_shift += LANES;
    }
}

static void transform_output(const polyphase *own, const gs_worker *worker, const group *g, int plane, const float *m) {
    gs_polyphase_out_args args = {.m_row = LANES,
                                  .step = M_STEP,
                                  .y_row = own->view.out.row,
                                  .add_row = own->view.add.row,
                                  .mul_row = own->view.mul.row,
                                  .size = own->size,
                                  .relu = own->relu};
    for (int k = 0; k < g->runs; k++)
        for (int t = 0; t < own->tiles; t++) {
            const run *part = &g->run[k];
            int column = t * own->size, left = own->axis[1].size - column;
            args.m = m + (t * g->rows + part->first) * LANES;
            args.y = row_of(&own->view.out, worker, part->image, plane, part->row, column);
            args.add = row_of(&own->view.add, worker, part->image, plane, part->row, column);
            args.mul = row_of(&own->view.mul, worker, part->image, plane, part->row, column);
            args.rows = part->rows;
            args.columns = left < own->size ? left : own->size;
            worker->plan->kernels->polyphase_out(&args);
        }
}

/* The worker's piece of the planes of all rows, group by group. */
static void run_piece(const polyphase *own, const gs_worker *worker, int i0, const gs_piece *piece) {
    int most = group_rows(own), groups = (piece->rows + most - 1) / most;
    for (int k = 0, row = piece->row, rows; k < groups; k++, row += rows) {
        group g;
        rows = (piece->row + piece->rows - row + groups - k - 1) / (groups - k);
        make_group(own, worker, i0, row, rows, &g);
        transform_input(own, worker, &g);
        for (int p = piece->plane, end = p + piece->planes, planes; p < end; p += planes) {
            planes = end - p > GS_MAC_PLANES_MOST ? own->type->traits.planes : end - p;
            multiply_first(own, worker, &g, p, planes);
            multiply_second(own, worker, &g, p, planes);
            for (int j = 0; j < planes; j++)
                transform_output(own, worker, &g, p + j, g.m + j * m_plane(own));
        }
    }
}

/* Each worker of a crew takes some of the rows; where these are few, some of the planes of the result instead. */
static void run_step(const gs_step *step, gs_worker *worker, int i0, int i1) {
    const polyphase *own = step->own;
    int rows = (i1 - i0) * own->axis[0].size;
    gs_share all = gs_share_of(worker, rows);
    gs_piece piece[GS_PIECES_MOST] = {{0, own->view.out.planes, all.begin, all.end - all.begin}};
    gs_convert(&own->converted, worker, i0, i1);
    bool by_rows = gs_shares_rows(worker, rows * own->tiles);
    int pieces = by_rows ? 1 : gs_share_pieces(worker, own->view.out.planes, rows, piece);
    for (int k = 0; k < pieces; k++)
        run_piece(own, worker, i0, &piece[k]);
}

static const char *describe(const gs_step *step) {
    static const char *const names[] = {"polyphase-f4", "polyphase-f5", "polyphase-f6", "polyphase-f7"};
    return names[((const polyphase *)step->own)->size - GS_POLYPHASE_LEAST];
}

static const gs_product_type *product(const gs_step *step) {
    return ((const polyphase *)step->own)->type;
}

GS_DEFINE_METHOD(polyphase) = {.name = "polyphase",
                               .own_bytes = sizeof(polyphase),
                               .applies = applies,
                               .prepare = prepare,
                               .place = place,
                               .run = run_step,
                               .shares = true,
                               .free = free_own,
                               .describe = describe,
                               .product = product,
                               .cost = cost};
