/* Mixtures of Gaussians, of which several records are made. */
#ifndef GS_GAUSSIANS_H
#define GS_GAUSSIANS_H

#include "density/density.h"

enum { GS_COMPONENTS_MAX = 4096 };

/* Make room for `count` components. Errors: GS_ERROR_ARGUMENT: too many; GS_ERROR_MEMORY. */
gs_status gs_mixture_create(gs_density *density, int count, gs_error *error);

/* Set component k: its weight, of which only the ratios count, and its mean and deviations, each an item whose single
 * number stands for all coordinates. */
void gs_mixture_set(gs_density *density, int k, double weight, const gs_values *mean, int item, const gs_values *sd,
                    int sd_item);

/* Once all are set: the weights' logarithms, and the data range and noise levels. The row has the parameter "levels".
 */
void gs_mixture_finish(gs_density *density);

/* For records. */
double gs_mixture_energy(const gs_density *density, const double *x, double sigma, double *gradient);
void gs_mixture_draw(const gs_density *density, gs_dice *dice, double *x);
void gs_mixture_build(const gs_density *density, gs_sketch *sketch);

#endif
