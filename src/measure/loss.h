/* Denoising losses, image by image, for what is made of them. */
#ifndef GS_MEASURE_LOSS_H
#define GS_MEASURE_LOSS_H

#include "measure/score.h"

/* noisy = image + sigma z, z being the noise of image number k at a step: that of chain k in a stream of its own. */
void gs_loss_add_noise(const gs_plan *plan, uint64_t seed, uint64_t k, uint32_t step, double sigma, const float *image,
                       size_t pixels, float *noisy);

/* |r|^2 of an image, r = z - sigma `gradient`, where gradient = -s at the noisy image. */
double gs_loss_residual(const float *image, const float *noisy, const float *gradient, size_t pixels, double sigma);

#endif
