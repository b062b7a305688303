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
 * planes, a product per point that shares the group's V, and one of the second phase's columns as they lie in the
 * input, which together give M (planes, points and columns, rows, tiles, 16); and the output transform, which adds the
 * two.
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
enum { LANES = GS_F32_LANES, ROWS = 24, COLUMNS = ROWS * GS_POLYPHASE_MOST, POINTS = GS_POLYPHASE_MOST + 1 };

typedef struct polyphase {
    gs_axis axis[2];
    int inputs; /* channels */
    int planes; /* of inputs */
    int tiles, size;
    int length; /* channels that are adjacent in memory */
    float *weight, *bias;
    ptrdiff_t *segment; /* where inputs of a product are: by point, of V; behind, of the second phase, of the input */
    size_t weights;     /* floats */
    bool relu;
    gs_conv_views view;
} polyphase;

static int points(const polyphase *own) {
    return own->size + 1;
}

/* Products per weight matrix. */
static int chain(const polyphase *own) {
    return own->axis[0].kernel * own->inputs;
}

/* Rows of the input that a row of the result reads. */
static int reach(const polyphase *own) {
    return (own->axis[0].kernel - 1) * own->axis[0].dilation + 1;
}

/* Floats from one row of V, and from one position of M, to the next. The extra vectors avoid power-of-two strides. */
static ptrdiff_t v_row(const polyphase *own) {
    return ((ptrdiff_t)own->tiles * points(own) * own->planes + 1) * LANES;
}
enum { M_STEP = (ROWS + 1) * LANES };
static ptrdiff_t m_plane(const polyphase *own) {
    return (points(own) + own->size) * (ptrdiff_t)M_STEP;
}

/* Rows of the result that make a group. */
static int group_rows(const polyphase *own) {
    return ROWS / own->tiles;
}

/* ---- Planning ---- */

/* Of few positions the direct method leaves out the taps that fall on the padding. With few inputs the transforms take
 * as long as the products that they save; with more tiles than there are rows in a group, rows would be cut. */
static bool applies(const gs_builder *b, int n) {
    const gs_node *node = &b->model->node[n];
    if (node->op != GS_OP_CONV2D || !gs_is_conv(node))
        return false;
    gs_conv c = gs_conv_of(node, gs_builder_shape(b, n, 0));
    const gs_axis *a = &c.axis[1];
    return a->kernel == 3 && a->stride == 2 && a->dilation == 1 && a->size > GS_POLYPHASE_LEAST && a->size <= COLUMNS &&
           c.inputs >= LANES / 2;
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

/* Packed as out plane, point, row of taps, input channel, lane. Lanes past the last output are 0. */
static void pack(const polyphase *own, const gs_conv *c) {
    for (int o = 0; o < c->outputs; o++) {
        float *w = own->weight + (ptrdiff_t)(o / LANES) * (points(own) + 1) * chain(own) * LANES + o % LANES;
        for (int k = 0; k <= points(own); k++)
            for (int t = 0; t < c->axis[0].kernel; t++)
                for (int i = 0; i < c->inputs; i++, w += LANES) {
                    const float *tap = c->weight + o * c->out_step + i * c->in_step + t * c->tap_step[0];
                    *w = (float)weight_at(own, k, (double)tap[0], (double)tap[2 * c->tap_step[1]],
                                          (double)tap[c->tap_step[1]]);
                }
        own->bias[o] = c->bias ? c->bias[o] : 0;
    }
}

static bool prepare(gs_builder *b, const gs_method *method, int n) {
    gs_conv conv = gs_conv_of(&b->model->node[n], gs_builder_shape(b, n, 0));
    gs_step *s = gs_conv_add_step(b, method, n, GS_BLOCKED, true);
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
    gs_conv_want_halo(b, s, &conv);
    gs_builder_want_halo(b, s->source[0].index, 0, 2 * own->tiles * own->size - a->padding - (a->input - 1));
    own->weights = planes * (size_t)(points(own) + 1) * (size_t)chain(own) * LANES;
    own->weight = gs_weights_alloc(b->plan, own->weights);
    own->bias = gs_weights_alloc(b->plan, planes * LANES);
    own->segment =
        gs_alloc((size_t)(points(own) * conv.axis[0].kernel + chain(own) / own->length), sizeof *own->segment);
    if (!own->weight || !own->bias || !own->segment)
        return false;
    pack(own, &conv);
    return true;
}

static gs_status place(gs_plan *plan, gs_step *step, gs_error *error) {
    (void)error;
    polyphase *own = step->own;
    own->view = gs_conv_views_of(plan, step);
    ptrdiff_t *at = own->segment;
    for (int k = 0; k < points(own); k++)
        for (int t = 0; t < own->axis[0].kernel; t++)
            *at++ = t * own->axis[0].dilation * v_row(own) + k * (ptrdiff_t)own->planes * LANES;
    for (int t = 0; t < own->axis[0].kernel; t++)
        for (int i = 0; i < own->inputs; i += own->length)
            *at++ = t * own->axis[0].dilation * own->view.in.row + i / LANES * own->view.in.plane + i % LANES;
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
    ptrdiff_t room = group_rows(own) * each * v_row(own) + GS_MAC_PLANES_MOST * m_plane(own);
    return (gs_cost){.weight_bytes = own->weights * sizeof(float), .room_bytes = (size_t)room * sizeof(float)};
}

/* ---- Running ---- */

/* Rows of the result that follow each other in one image, and what they read of V. */
typedef struct run {
    int image, row, rows;
    float *v;
    int first; /* of the group's rows */
} run;

/* Some rows of the result, from any images. */
typedef struct group {
    run run[ROWS];
    int runs, rows;
    float *m;
    const float *a[ROWS], *x[COLUMNS]; /* of V, by row and tile; of the second phase's columns, by row and column */
    float *out[ROWS], *out_x[COLUMNS];
} group;

/* Column 0 of the first tap of a row of the result. */
static const float *input_at(const polyphase *own, const gs_worker *worker, int image, int row) {
    const gs_axis *y = &own->axis[0];
    return gs_view_at(&own->view.in, worker, image, 0) + (row * y->stride - y->padding) * own->view.in.row -
           own->axis[1].padding * LANES;
}

/* The pointers of row r of a run. */
static void add_row(const polyphase *own, const gs_worker *worker, const run *part, int r, group *g) {
    int columns = own->axis[1].size, at = part->first + r;
    const float *v = part->v + r * own->axis[0].stride * v_row(own);
    const float *x = input_at(own, worker, part->image, part->row + r) + LANES, **from = g->x + at * columns;
    float **to = g->out_x + at * columns;
    for (int t = 0, left = columns; t < own->tiles; t++, left -= own->size) {
        int tile = at * own->tiles + t, count = left < own->size ? left : own->size;
        g->a[tile] = v + (ptrdiff_t)t * points(own) * own->planes * LANES;
        g->out[tile] = g->m + tile * LANES;
        float *m = g->out[tile] + points(own) * (ptrdiff_t)M_STEP;
        for (int j = 0; j < count; j++, x += 2 * LANES, m += M_STEP) {
            *from++ = x;
            *to++ = m;
        }
    }
}

/* Make a group of rows from row `row` on, of the images from i0 onwards. */
static void make_group(const polyphase *own, const gs_worker *worker, int i0, int row, int rows, group *g) {
    int height = own->axis[0].size;
    float *v = (float *)worker->room + GS_MAC_PLANES_MOST * m_plane(own);
    g->m = worker->room;
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
        for (int r = 0; r < part->rows; r++)
            add_row(own, worker, part, r, g);
        v += ((part->rows - 1) * own->axis[0].stride + reach(own)) * v_row(own);
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
        const float *x = input_at(own, worker, part->image, part->row);
        args.rows = (part->rows - 1) * own->axis[0].stride + reach(own);
        for (int t = 0; t < own->tiles; t++)
            for (int p = 0; p < own->planes; p++) {
                args.x = x + p * own->view.in.plane + 2 * t * own->size * LANES;
                args.v = part->v + (t * points(own) * own->planes + p) * (ptrdiff_t)LANES;
                worker->plan->kernels->polyphase_in(&args);
            }
    }
}

/* The products of a group for `planes` planes of outputs from plane p onwards. */
static void multiply(const polyphase *own, const gs_worker *worker, const group *g, int p, int planes) {
    int kernel = own->axis[0].kernel;
    ptrdiff_t matrix = (ptrdiff_t)chain(own) * LANES;
    gs_mac_args args = {.a = g->a,
                        .segment = own->segment,
                        .w = own->weight + p * (points(own) + 1) * matrix,
                        .out = g->out,
                        .w_plane = (points(own) + 1) * matrix,
                        .out_plane = m_plane(own),
                        .rows = g->rows * own->tiles,
                        .planes = planes,
                        .segments = kernel,
                        .length = own->inputs};
    for (int k = 0; k < points(own); k++) {
        worker->plan->kernels->mac(&args);
        args.segment += kernel;
        args.w += matrix;
        args.out_shift += M_STEP;
    }
    args.a = g->x;
    args.init = own->bias + p * LANES;
    args.out = g->out_x;
    args.out_shift = 0;
    args.rows = g->rows * own->axis[1].size;
    args.segments = chain(own) / own->length;
    args.length = own->length;
    worker->plan->kernels->mac(&args);
}

/* Where a buffer of the result's shape has a row; NULL where there is no such buffer. */
static float *row_of(const gs_view *view, const gs_worker *worker, int image, int plane, int row, int column) {
    return view->planes ? gs_view_at(view, worker, image, plane) + row * view->row + column * LANES : NULL;
}

static void transform_output(const polyphase *own, const gs_worker *worker, const group *g, int plane, const float *m) {
    gs_polyphase_out_args args = {.m_row = own->tiles * LANES,
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
            args.m = m + (part->first * own->tiles + t) * LANES;
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
            planes = end - p > GS_MAC_PLANES_MOST ? worker->plan->kernels->mac_traits.planes : end - p;
            multiply(own, worker, &g, p, planes);
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
    bool by_rows = gs_shares_rows(worker, rows * own->tiles);
    int pieces = by_rows ? 1 : gs_share_pieces(worker, own->view.out.planes, rows, piece);
    for (int k = 0; k < pieces; k++)
        run_piece(own, worker, i0, &piece[k]);
}

static const char *describe(const gs_step *step) {
    static const char *const names[] = {"polyphase-f4", "polyphase-f5", "polyphase-f6", "polyphase-f7"};
    return names[((const polyphase *)step->own)->size - GS_POLYPHASE_LEAST];
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
                               .cost = cost};
