/* Plans, their results, and networks whose results were computed by PyTorch. Any failure here fails the running test.
 */
#ifndef TEST_NETWORKS_H
#define TEST_NETWORKS_H

#include "engine/plan.h"
#include "support/npy.h"
#include "support/weights.h"

gs_plan *make_plan(const gs_model *model, gs_plan_options options);

/* The i-th instruction set that this CPU runs, beginning with scalar; NULL past the last. */
const char *isa_at(int i);

typedef struct result {
    float *out[2];
    size_t size[2]; /* floats per image */
} result;

result evaluate(gs_plan *plan, const float *x, double sigma, const int *labels, size_t n);
void free_result(result r);

/* The largest error of one image, in units of the largest expected element. */
double relative_error(const float *found, const double *expected, size_t size);

/* The largest such error of n images, compared with the reference. */
double reference_error(const gs_model *model, const float *x, size_t n, double sigma, const int *labels, result r);

/* Checks that the first n images of two results are the same bytes. */
void assert_same_results(result a, result b, size_t n, const char *what);

/* Checks that every instruction set gives the bytes of scalar C for random images, and returns the error of these.
 * Frees the weights. */
double check_network(weights *w, unsigned seed);

/* A network with inputs and PyTorch's outputs at several noise levels. */
typedef struct golden {
    gs_model *model;
    npy x, sigma, label, out[2];
    size_t levels, images;
} golden;

enum { GOLDENS = 9 };
extern const char *const golden_names[GOLDENS]; /* the fastest first */

/* The file golden/NAME.PART.npy; of rank 0 where there is none. */
npy golden_array(const char *name, const char *part);

golden golden_load(const char *name);
void golden_free(golden *g);

/* The input, noise level and labels of level s. */
const float *golden_x(const golden *g, size_t s);
double golden_sigma(const golden *g, size_t s);
const int *golden_labels(const golden *g, size_t s, int labels[64]);

/* A plan's largest error compared with PyTorch. */
double golden_error(const golden *g, gs_plan *plan);

/* The elements of an image that the model takes; and n random ones, to be freed. */
size_t image_size(const gs_model *model);
float *random_images(const gs_model *model, size_t n, unsigned seed);

#endif
