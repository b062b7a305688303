/* Measures how near samples are to training images, compared with real images. */
#include <math.h>

#include "base/floats.h"
#include "base/parallel.h"
#include "engine/plan.h"
#include "measure/statistics.h"

/* Training images are packed PACKED at a time, lane by lane, for the multiply-add kernel, and held against the queries
 * in groups of ROWS: |x - t|^2 = |x|^2 + |t|^2 - 2 x.t, of which |x|^2 is the same for all t. */
enum { LANES = 16, PLANES = 32, PACKED = LANES * PLANES, ROWS = 12 };

typedef struct training_set {
    const float *at; /* (m, pixels) */
    size_t m, pixels;
    float *packed; /* (PLANES, pixels, LANES) of the images from `first` on */
    float norm[PACKED];
    size_t first, count;
} training_set;

/* Images that look for their nearest training image. */
typedef struct query {
    const float *at;
    size_t index;    /* of the training image that it is itself; SIZE_MAX: of none */
    size_t found;    /* the nearest so far */
    float score;     /* its |t|^2 - 2 x.t */
    double distance; /* at the end */
} query;

/* One plane of images. */
static void pack_plane(void *context, size_t plane, int thread) {
    (void)thread;
    training_set *set = context;
    for (size_t i = plane * LANES; i < (plane + 1) * LANES; i++) {
        const float *image = set->at + (set->first + i) * set->pixels;
        float *lane = set->packed + plane * set->pixels * LANES + i % LANES;
        double norm = 0;
        for (size_t k = 0; k < set->pixels; k++) {
            float v = i < set->count ? image[k] : 0;
            lane[k * LANES] = v;
            norm += (double)v * (double)v;
        }
        set->norm[i] = (float)norm;
    }
}

/* Up to ROWS queries beside the packed images. */
static void search(const gs_kernels *kernels, const training_set *set, query *queries, int count) {
    const float *rows[ROWS];
    float product[ROWS][PACKED], *out[ROWS];
    for (int i = 0; i < count; i++) {
        rows[i] = queries[i].at;
        out[i] = product[i];
    }
    kernels->mac(&(gs_mac_args){.a = rows,
                                .segment = (const ptrdiff_t[]){0},
                                .w = set->packed,
                                .out = out,
                                .w_plane = (ptrdiff_t)(set->pixels * LANES),
                                .out_plane = LANES,
                                .rows = count,
                                .segments = 1,
                                .length = (int)set->pixels,
                                .planes = (int)((set->count + LANES - 1) / LANES)});
    for (int i = 0; i < count; i++) {
        query *q = &queries[i];
        for (size_t k = 0; k < set->count; k++) {
            float score = set->norm[k] - 2 * product[i][k];
            if (score < q->score && set->first + k != q->index) {
                q->score = score;
                q->found = set->first + k;
            }
        }
    }
}

static double distance(const float *a, const float *b, size_t pixels) {
    double sum = 0;
    for (size_t k = 0; k < pixels; k++) {
        double difference = (double)a[k] - (double)b[k];
        sum += difference * difference;
    }
    return sqrt(sum);
}

/* What the turns of a loop over groups of queries share. */
typedef struct search_turns {
    const gs_kernels *kernels;
    const training_set *set;
    query *queries;
    size_t n;
} search_turns;

static void search_turn(void *context, size_t group, int thread) {
    (void)thread;
    const search_turns *t = context;
    size_t i = group * ROWS;
    search(t->kernels, t->set, t->queries + i, t->n - i < ROWS ? (int)(t->n - i) : ROWS);
}

static void search_all(const gs_kernels *kernels, training_set *set, query *queries, size_t n, int threads) {
    search_turns turns = {.kernels = kernels, .set = set, .queries = queries, .n = n};
    for (set->first = 0; set->first < set->m; set->first += PACKED) {
        set->count = set->m - set->first < PACKED ? set->m - set->first : PACKED;
        gs_parallel_for(threads, PLANES, pack_plane, set);
        gs_parallel_for(threads, (n + ROWS - 1) / ROWS, search_turn, &turns);
    }
    for (size_t i = 0; i < n; i++)
        queries[i].distance = distance(queries[i].at, set->at + queries[i].found * set->pixels, set->pixels);
}

/* ---- Figures ---- */

static bool is_copy(const float *a, const float *b, size_t pixels, double most) {
    for (size_t k = 0; k < pixels; k++)
        if (!(fabs((double)a[k] - (double)b[k]) <= most))
            return false;
    return true;
}

static void summarise(const training_set *set, const query *samples, size_t n, const query *real, size_t r,
                      double range, double *distances, gs_nearness *out) {
    double *others = distances + n;
    for (size_t i = 0; i < n; i++) {
        distances[i] = samples[i].distance;
        out->distance += distances[i] / (double)n;
        out->copies += is_copy(samples[i].at, set->at + samples[i].found * set->pixels, set->pixels, range / 510);
    }
    for (size_t i = 0; i < r; i++) {
        others[i] = real[i].distance;
        out->distance_real += others[i] / (double)r;
    }
    out->nearer = out->error = NAN;
    if (!isfinite(out->distance + out->distance_real))
        return; /* a pixel is no number */
    gs_sort(distances, n);
    gs_sort(others, r);
    gs_mann_whitney(distances, n, others, r, &out->nearer, &out->error);
}

/* The memory of a search. */
typedef struct workspace {
    float *packed;
    query *queries; /* (n + r) */
    double *distances;
} workspace;

static bool allocate(workspace *w, size_t n, size_t r, size_t pixels) {
    size_t all, room;
    *w = (workspace){0};
    if (!gs_add_size(n, r, &all) || !gs_mul_size(pixels, PACKED, &room))
        return false;
    *w = (workspace){.packed = gs_alloc(room, sizeof(float)),
                     .queries = gs_alloc(all, sizeof(query)),
                     .distances = gs_alloc(all, sizeof(double))};
    return w->packed && w->queries && w->distances;
}

static gs_status measure(const float *samples, size_t n, const float *training, size_t m, const float *real, size_t r,
                         size_t pixels, double range, int threads, gs_nearness *nearness, gs_error *error) {
    *nearness = (gs_nearness){.samples = n, .training = m, .real = r, .held_out = real != NULL};
    if (n < 1 || m < 2 || r < 1 || pixels < 1 || (!real && r > m)) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "the nearest of %zu training images to %zu samples and %zu real images; at least 2, 1 and 1 are "
                       "needed, and no more training images stand in for real ones than there are",
                       m, n, r);
    }
    const gs_kernels *kernels;
    gs_status status = gs_threads_choose(threads, &threads, error);
    if (!status)
        status = gs_kernels_choose(NULL, &kernels, error);
    if (status)
        return status;
    training_set *set = gs_alloc(1, sizeof *set);
    workspace w;
    bool ready = allocate(&w, n, r, pixels);
    if (set && ready) {
        *set = (training_set){.at = training, .m = m, .pixels = pixels, .packed = w.packed};
        for (size_t i = 0; i < n; i++)
            w.queries[i] = (query){.at = samples + i * pixels, .index = SIZE_MAX, .score = INFINITY};
        for (size_t i = 0; i < r; i++) {
            size_t index = (size_t)((double)i / (double)r * (double)m);
            const float *at = real ? real + i * pixels : training + index * pixels;
            w.queries[n + i] = (query){.at = at, .index = real ? SIZE_MAX : index, .score = INFINITY};
        }
        search_all(kernels, set, w.queries, n + r, threads);
        summarise(set, w.queries, n, w.queries + n, r, range, w.distances, nearness);
    } else {
        status = gs_fail_memory(error, "the nearest training images");
    }
    gs_free(set);
    gs_free(w.packed);
    gs_free(w.queries);
    gs_free(w.distances);
    return status;
}

gs_status gs_nearness_measure(const float *samples, size_t n, const float *training, size_t m, const float *real,
                              size_t r, size_t pixels, double range, int threads, gs_nearness *nearness,
                              gs_error *error) {
    fenv_t callers = gs_floats_enter();
    gs_status status = measure(samples, n, training, m, real, r, pixels, range, threads, nearness, error);
    gs_floats_leave(&callers);
    return status;
}
