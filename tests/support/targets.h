/* Targets with known answers for samplers: Gaussians, for which every sampler is linear, and two wells; and samples
 * from them. Images are 4 x 4, and every pixel is independent of the others. */
#ifndef TEST_TARGETS_H
#define TEST_TARGETS_H

#include "gensample/gensample.h"
#include "support/weights.h"

enum { SIDE = 4, PIXELS = SIDE * SIDE, STATES_MAX = 64, NONE = 2 };

/* The denoiser of N(mean of the label, deviation^2): D = (s^2 x + sigma^2 m) / (s^2 + sigma^2). Means are of labels 0
 * and 1, and of none. */
extern const double gaussian_deviation, gaussian_means[3];
weights *gaussian_weights(void);

/* The energy E(x, sigma) = |x - m|^2 / 2 t of the same deviation. */
extern const double energy_mean;
weights *gaussian_energy(void);

/* The denoiser of p N(1, s^2) + (1 - p) N(-1, s^2). */
extern const double well_share, well_deviation;
gs_model *two_wells(void);

/* weights_load, and weights_free. */
gs_model *load_target(weights *w);

/* D(x, sigma) of the Gaussian with that mean. */
double gaussian_denoised(double x, double sigma, double mean);

/* A normal distribution, and what D(x, sigma) of the Gaussian without a label makes of it. */
typedef struct gaussian {
    double mean, variance;
} gaussian;
gaussian gaussian_denoise(gaussian g, double sigma);

/* The means of the labels in turn, moved by guidance of weight w at sigma; for NULL labels, the mean without a
 * label. */
double mean_at(const int *labels, size_t chain, const gs_sample_options *o, double sigma);

typedef struct draw {
    float *out, *states; /* (n, pixels); (levels + 1, n, pixels) */
    double sigma[STATES_MAX];
    int levels;
    size_t n;
} draw;

draw draw_from(const gs_model *model, gs_sample_options options, const int *labels, size_t n);
void free_draw(draw d);

/* Fails the running test if samples of two_wells are not in the right share in either well, or the mean or deviation
 * within one is more than 4 % of the wells' distance or deviation off, which discretisation is allowed; the false-alarm
 * rate is 3e-6. */
void check_wells(gs_sample_options o);

/* Fails the running test unless the settings are refused with this status and one line that has the words. */
void refuse_options(const gs_model *model, gs_sample_options o, gs_status expected, const char *what);

#endif
