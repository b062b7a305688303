#include "measure/neighbours.h"

#include <math.h>

#include "base/parallel.h"
#include "measure/pairs.h"

enum { NARROW = 3, WIDE = 5, NEAREST = 32 };

/* The neighbours and sums of each sample. */
typedef struct neighbour_lists {
    float *distance; /* (n, NEAREST) squared, ascending; infinite past the last neighbour */
    uint64_t *open;  /* (n, NEAREST) subsets of which fewer than three samples are nearer than that */
    double *kernel;  /* (n) mean over the reference images */
    double *pairs;   /* (blocks, subsets) sums over pairs of samples of a subset, the first one in that block */
    unsigned *dense; /* (n) reference images within whose fifth neighbour's distance the sample is */
    bool *precise;   /* (n) whether it is within some third neighbour's distance */
} neighbour_lists;

/* ---- The reference ---- */

/* Put a distance into an ascending list of the smallest ones; returns its place, or `count` if it is not among them. */
static int insert(float *list, int count, float distance) {
    int at = count;
    while (at > 0 && distance < list[at - 1])
        at--;
    for (int i = count - 1; i > at; i--)
        list[i] = list[i - 1];
    if (at < count)
        list[at] = distance;
    return at;
}

/* Compare one block of reference images with all of them; *sum is that of the kernel over pairs whose second image is
 * in the block. */
static void measure_reference(gs_neighbourhood *hood, const gs_pair_block *block, double *sum) {
    float nearest[GS_PAIR_LANES][WIDE], d2[GS_PAIR_LANES];
    double kernel[GS_PAIR_LANES], sums[GS_PAIR_LANES] = {0};
    for (int lane = 0; lane < GS_PAIR_LANES; lane++)
        for (int i = 0; i < WIDE; i++)
            nearest[lane][i] = INFINITY;
    for (size_t row = 0; row < hood->m; row++) {
        gs_pair_distances(block, hood->features + row * hood->d, d2);
        gs_pair_kernels(block, hood->features + row * hood->d, kernel);
        for (int lane = 0; lane < block->count; lane++) {
            if (block->first + (size_t)lane == row)
                continue;
            sums[lane] += kernel[lane];
            insert(nearest[lane], WIDE, d2[lane]);
        }
    }
    *sum = 0;
    for (int lane = 0; lane < block->count; lane++) {
        hood->narrow[block->first + (size_t)lane] = nearest[lane][NARROW - 1];
        hood->wide[block->first + (size_t)lane] = nearest[lane][WIDE - 1];
        *sum += sums[lane];
    }
}

/* What the turns of a loop over the blocks of reference images share. */
typedef struct reference_turns {
    gs_neighbourhood *hood;
    const gs_pair_block *block;
    double *sums; /* by block */
} reference_turns;

static void reference_turn(void *context, size_t i, int thread) {
    (void)thread;
    const reference_turns *t = context;
    measure_reference(t->hood, &t->block[i], &t->sums[i]);
}

gs_status gs_neighbourhood_create(const float *features, size_t m, size_t d, int threads, gs_neighbourhood *hood,
                                  gs_error *error) {
    size_t blocks = gs_pair_blocks(m);
    *hood = (gs_neighbourhood){.features = features, .m = m, .d = d, .threads = threads};
    hood->narrow = gs_alloc(m, sizeof(float));
    hood->wide = gs_alloc(m, sizeof(float));
    double *sums = gs_alloc(blocks, sizeof *sums);
    gs_pair_block *block = gs_pair_blocks_create(features, m, d);
    if (!hood->narrow || !hood->wide || !sums || !block) {
        gs_neighbourhood_free(hood);
        gs_free(sums);
        gs_free(block);
        return gs_fail_memory(error, "the neighbours of reference images");
    }
    gs_parallel_for(threads, blocks, reference_turn, &(reference_turns){.hood = hood, .block = block, .sums = sums});
    for (size_t i = 0; i < blocks; i++)
        hood->kernel += sums[i];
    hood->kernel /= (double)m * ((double)m - 1);
    gs_free(sums);
    gs_free(block);
    return GS_OK;
}

void gs_neighbourhood_free(gs_neighbourhood *hood) {
    gs_free(hood->narrow);
    gs_free(hood->wide);
    *hood = (gs_neighbourhood){0};
}

/* ---- The samples among themselves ---- */

/* Which subsets have fewer than three of the sample's first t neighbours, for each t. */
static void open_subsets(const uint32_t neighbour[NEAREST], const float distance[NEAREST], const uint64_t *members,
                         uint64_t open[NEAREST]) {
    uint64_t having[NARROW] = {0}; /* [k]: subsets that more than k of them are in */
    for (int t = 0; t < NEAREST; t++) {
        open[t] = ~having[NARROW - 1];
        uint64_t member = isfinite(distance[t]) ? members[neighbour[t]] : 0;
        for (int k = NARROW - 1; k > 0; k--)
            having[k] |= having[k - 1] & member;
        having[0] |= member;
    }
    /* Without a third neighbour in the list there is no distance to compare with. */
    for (int t = 0; t < NEAREST; t++)
        open[t] &= having[NARROW - 1];
}

static void take_neighbour(float list[NEAREST], uint32_t neighbour[NEAREST], float distance, size_t row) {
    if (!(distance < list[NEAREST - 1]))
        return;
    int at = insert(list, NEAREST, distance);
    for (int i = NEAREST - 1; i > at; i--)
        neighbour[i] = neighbour[i - 1];
    neighbour[at] = (uint32_t)row;
}

/* sums[subset][lane] += kernel[lane] for the subsets of the mask. */
static void add_to_subsets(uint64_t mask, const double *kernel, double (*sums)[GS_PAIR_LANES]) {
    for (; mask; mask &= mask - 1) {
        double *sum = sums[__builtin_ctzll(mask)];
        for (int lane = 0; lane < GS_PAIR_LANES; lane++)
            sum[lane] += kernel[lane];
    }
}

/* Compare one block of samples with all samples: their neighbours, and the kernel's sums over pairs; pairs:
 * (subsets). */
static void measure_samples(const gs_pair_block *block, const float *features, const uint64_t *members, size_t n,
                            int subsets, const neighbour_lists *lists, double *pairs) {
    uint32_t neighbour[GS_PAIR_LANES][NEAREST] = {0};
    float d2[GS_PAIR_LANES], *distance = lists->distance + block->first * NEAREST;
    double kernel[GS_PAIR_LANES], sums[GS_SUBSETS][GS_PAIR_LANES] = {0};
    for (int i = 0; i < block->count * NEAREST; i++)
        distance[i] = INFINITY;
    for (size_t row = 0; row < n; row++) {
        gs_pair_distances(block, features + row * block->d, d2);
        gs_pair_kernels(block, features + row * block->d, kernel);
        if (row >= block->first && row - block->first < (size_t)block->count) {
            kernel[row - block->first] = 0;
            d2[row - block->first] = INFINITY;
        }
        add_to_subsets(members[row], kernel, sums);
        for (int lane = 0; lane < block->count; lane++)
            take_neighbour(distance + lane * NEAREST, neighbour[lane], d2[lane], row);
    }
    for (int lane = 0; lane < block->count; lane++) {
        size_t k = block->first + (size_t)lane;
        open_subsets(neighbour[lane], distance + lane * NEAREST, members, lists->open + k * NEAREST);
        for (int s = 0; s < subsets; s++)
            pairs[s] += members[k] >> s & 1 ? sums[s][lane] : 0;
    }
}

/* ---- Samples and reference ---- */

/* Compare one block of samples with the reference. */
static void place_samples(const gs_neighbourhood *hood, const gs_pair_block *block, const neighbour_lists *lists) {
    float d2[GS_PAIR_LANES];
    double kernel[GS_PAIR_LANES], sums[GS_PAIR_LANES] = {0};
    for (size_t row = 0; row < hood->m; row++) {
        gs_pair_distances(block, hood->features + row * hood->d, d2);
        gs_pair_kernels(block, hood->features + row * hood->d, kernel);
        for (int lane = 0; lane < GS_PAIR_LANES; lane++)
            sums[lane] += kernel[lane];
        for (int lane = 0; lane < block->count; lane++) {
            size_t k = block->first + (size_t)lane;
            lists->precise[k] = lists->precise[k] || d2[lane] <= hood->narrow[row];
            lists->dense[k] += d2[lane] <= hood->wide[row];
        }
    }
    for (int lane = 0; lane < block->count; lane++)
        lists->kernel[block->first + (size_t)lane] = sums[lane] / (double)hood->m;
}

/* The subsets in which a sample's third neighbour is at least that far away. */
static uint64_t subsets_around(const neighbour_lists *lists, size_t k, float distance) {
    const float *list = lists->distance + k * NEAREST;
    int t = 0;
    while (t < NEAREST && list[t] < distance)
        t++;
    return t < NEAREST ? lists->open[k * NEAREST + (size_t)t] : 0;
}

/* Counts of reference images by subset. */
typedef struct reach {
    unsigned recalled[GS_SUBSETS], covered[GS_SUBSETS];
} reach;

static void count_bits(uint64_t mask, unsigned *counts) {
    for (; mask; mask &= mask - 1)
        counts[__builtin_ctzll(mask)]++;
}

/* Compare one block of reference images with the samples. */
static void reach_reference(const gs_neighbourhood *hood, const gs_pair_block *block, const float *features,
                            const uint64_t *members, size_t n, const neighbour_lists *lists, reach *counts) {
    float d2[GS_PAIR_LANES];
    uint64_t recalled[GS_PAIR_LANES] = {0}, covered[GS_PAIR_LANES] = {0};
    for (size_t k = 0; k < n; k++) {
        float furthest = lists->distance[k * NEAREST + NEAREST - 1];
        gs_pair_distances(block, features + k * block->d, d2);
        for (int lane = 0; lane < block->count; lane++) {
            if (d2[lane] <= hood->wide[block->first + (size_t)lane])
                covered[lane] |= members[k];
            if (d2[lane] <= furthest)
                recalled[lane] |= members[k] & subsets_around(lists, k, d2[lane]);
        }
    }
    for (int lane = 0; lane < block->count; lane++) {
        count_bits(recalled[lane], counts->recalled);
        count_bits(covered[lane], counts->covered);
    }
}

/* ---- Figures ---- */

static gs_neighbour_figures summarise(const gs_neighbourhood *hood, const neighbour_lists *lists, const reach *counts,
                                      size_t blocks, const uint64_t *members, size_t n, int subset, double pairs) {
    double size = 0, precise = 0, dense = 0, across = 0;
    size_t recalled = 0, covered = 0;
    for (size_t k = 0; k < n; k++) {
        if (!(members[k] >> subset & 1))
            continue;
        size++;
        precise += lists->precise[k];
        dense += lists->dense[k];
        across += lists->kernel[k];
    }
    for (size_t i = 0; i < blocks; i++) {
        recalled += counts[i].recalled[subset];
        covered += counts[i].covered[subset];
    }
    double m = (double)hood->m;
    return (gs_neighbour_figures){.precision = precise / size,
                                  .recall = size > NARROW ? (double)recalled / m : NAN,
                                  .density = dense / (WIDE * size),
                                  .coverage = size > 0 ? (double)covered / m : NAN,
                                  .kernel =
                                      size > 1 ? pairs / (size * (size - 1)) + hood->kernel - 2 * across / size : NAN};
}

static void free_lists(neighbour_lists *lists) {
    gs_free(lists->distance);
    gs_free(lists->open);
    gs_free(lists->kernel);
    gs_free(lists->pairs);
    gs_free(lists->dense);
    gs_free(lists->precise);
}

static bool allocate_lists(neighbour_lists *lists, size_t n, size_t subsets) {
    *lists = (neighbour_lists){.distance = gs_alloc(n, NEAREST * sizeof(float)),
                               .open = gs_alloc(n, NEAREST * sizeof(uint64_t)),
                               .kernel = gs_alloc(n, sizeof(double)),
                               .pairs = gs_alloc(gs_pair_blocks(n), subsets * sizeof(double)),
                               .dense = gs_alloc(n, sizeof(unsigned)),
                               .precise = gs_alloc(n, sizeof(bool))};
    return lists->distance && lists->open && lists->kernel && lists->pairs && lists->dense && lists->precise;
}

/* What the turns of the loops over samples, and over reference images, share. */
typedef struct sample_turns {
    const gs_neighbourhood *hood;
    const gs_pair_block *samples, *reference;
    const float *features;
    const uint64_t *members;
    size_t n;
    int subsets;
    const neighbour_lists *lists;
    reach *counts; /* by block of reference images */
} sample_turns;

static void sample_turn(void *context, size_t i, int thread) {
    (void)thread;
    const sample_turns *t = context;
    measure_samples(&t->samples[i], t->features, t->members, t->n, t->subsets, t->lists,
                    t->lists->pairs + i * (size_t)t->subsets);
    place_samples(t->hood, &t->samples[i], t->lists);
}

static void reach_turn(void *context, size_t i, int thread) {
    (void)thread;
    const sample_turns *t = context;
    reach_reference(t->hood, &t->reference[i], t->features, t->members, t->n, t->lists, &t->counts[i]);
}

gs_status gs_neighbourhood_measure(const gs_neighbourhood *hood, const float *features, const uint64_t *members,
                                   size_t n, int subsets, gs_neighbour_figures *figures, gs_error *error) {
    size_t own = gs_pair_blocks(n), theirs = gs_pair_blocks(hood->m), columns = (size_t)subsets;
    neighbour_lists lists;
    bool ready = allocate_lists(&lists, n, columns);
    reach *counts = gs_alloc(theirs, sizeof *counts);
    gs_pair_block *samples = gs_pair_blocks_create(features, n, hood->d),
                  *reference = gs_pair_blocks_create(hood->features, hood->m, hood->d);
    ready = ready && counts && samples && reference;
    if (ready) {
        sample_turns turns = {.hood = hood,
                              .samples = samples,
                              .reference = reference,
                              .features = features,
                              .members = members,
                              .n = n,
                              .subsets = subsets,
                              .lists = &lists,
                              .counts = counts};
        gs_parallel_for(hood->threads, own, sample_turn, &turns);
        gs_parallel_for(hood->threads, theirs, reach_turn, &turns);
        for (int s = 0; s < subsets; s++) {
            double pairs = 0;
            for (size_t i = 0; i < own; i++)
                pairs += lists.pairs[i * columns + (size_t)s];
            figures[s] = summarise(hood, &lists, counts, theirs, members, n, s, pairs);
        }
    }
    free_lists(&lists);
    gs_free(counts);
    gs_free(samples);
    gs_free(reference);
    return ready ? GS_OK : gs_fail_memory(error, "the neighbours of samples");
}
