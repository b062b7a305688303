/* Energies and their gradients by plans, compared with the reference. Any failure here fails the running test. Where no
 * noise level is given it is 0.75. */
#ifndef TEST_ENERGIES_H
#define TEST_ENERGIES_H

#include "support/networks.h"
#include "support/weights.h"

gs_model *gradient_graph(const gs_model *model);

/* The energy and, unless NULL, the gradient of one image in double precision. */
double reference_energy(const gs_model *graph, const double *x, int label, double *gradient);
double *doubles(const float *x, size_t size);

typedef struct gradients {
    float *energy, *gradient;
} gradients;

gradients gradient_at(gs_plan *plan, const float *x, double level, const int *given, size_t n);
gradients gradient_of(gs_plan *plan, const float *x, const int *given, size_t n);
void free_gradients(gradients r);
void assert_same_floats(const float *a, const float *b, size_t n, const char *what);

/* The largest error in units of the largest element; the absolute error where the gradient should vanish, as before the
 * norm of a single number or the mean of a norm's result. */
double gradient_error(const float *found, const double *expected, size_t size);

/* Checks that every instruction set gives the bytes of scalar C, and returns the error of these. Frees the weights. */
double check_energy_network(weights *w, unsigned seed);

#endif
