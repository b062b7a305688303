/* The operations on a network that several suites share: make a plan, inputs and memory for results; evaluate; compare
 * with scalar C. */
#ifndef BENCH_NETWORK_H
#define BENCH_NETWORK_H

#include "bench.h"

typedef struct bench_network {
    gs_plan *plan;
    size_t n, in, out; /* images per call; elements of an image and of its result */
    double sigma;
    int *labels; /* (n), or NULL if the network takes none */
    float *x;    /* (n, in): noisy grey */
    float *y;    /* outputs (n, out) or, with the gradient, energies (n), then gradients (n, in) */
    bool gradient;
} bench_network;

/* The plan of a row's model, instruction set, threads and backend, which sets row->ran and row->plan_bytes; and that of
 * the same model with one thread of scalar C, with which results are compared. */
gs_status bench_plan_open(bench_row *row, bool gradient, gs_plan **plan, gs_error *error);
gs_status bench_plan_scalar(const bench_row *row, bool gradient, gs_plan **plan, gs_error *error);

/* The row's plan, and inputs for n images drawn from the seed. bench_network_close must be called on failure too. */
gs_status bench_network_open(bench_network *network, bench_row *row, size_t n, bool gradient, gs_error *error);
void bench_network_close(bench_network *network);

/* The first output of all n images, or energies and gradients. */
gs_status bench_network_evaluate(bench_network *network, gs_error *error);

/* Whether the last evaluation's results for the first and the last image are those of one thread of scalar C: the same
 * bytes or, for a backend other than the native one, within 1e-5 of the largest element. Scalar C itself is compared
 * with float64 (engine/reference.h): outputs within 1e-5 of the largest element, energies within 1e-4, and gradients as
 * differences of energies along them, within 1 %. If not, or if they are not finite, the row gets a reason. */
gs_status bench_network_check(const bench_network *network, bench_row *row, gs_error *error);

/* The comparison with float64 for the result found for image i, if it is an output. */
gs_status bench_reference_check(const bench_network *network, bench_row *row, const float *found, size_t i,
                                gs_error *error);

/* Whether a row's own code is scalar C, so that comparing it with scalar C would show nothing. */
bool bench_is_scalar(const bench_row *row);

/* Record that for a row that has nothing else to be compared with. */
void bench_unchecked_scalar(bench_row *row);

/* Standard normal numbers from the seed. */
gs_status bench_normals(uint64_t seed, float *x, size_t count, gs_error *error);

/* Whether two results agree as well as the backend promises; `what` goes into the row's reason. */
void bench_compare(bench_row *row, const char *what, const float *found, const float *expected, size_t count);

/* The same, within a share of the largest element; 0 means to the byte. */
void bench_compare_within(bench_row *row, const char *what, const float *found, const float *expected, size_t count,
                          double tolerance);

/* For the rows that have a network: any; whether a sampler can draw from the network and is meant to, according to the
 * network's file; and whether it is an energy. */
bool bench_any(const bench_model *model);
bool bench_can_sample(const bench_model *model);
bool bench_is_energy(const bench_model *model);

/* The network that a quick run measures where one is enough: the first that is named, else
 * gensample's default. */
bool bench_is_usual(const bench_settings *settings, const bench_model *model);

/* The number of elements of an input, and of an image that is drawn: a decoder's inputs are latents. */
size_t bench_pixels(const gs_model_info *info);
size_t bench_image_pixels(const gs_model_info *info);

#endif
