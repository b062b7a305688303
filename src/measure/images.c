/* Distances between two images. */
#include <math.h>

#include "base/base.h"
#include "base/math64.h"

enum { WINDOW = 11 };
static const double WINDOW_SIGMA = 1.5, K1 = 0.01, K2 = 0.03;

double gs_psnr(const float *a, const float *b, size_t count, double range) {
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        double difference = (double)a[i] - (double)b[i];
        sum += difference * difference;
    }
    return 10.0 * log10(range * range * (double)count / sum);
}

static void gaussian_window(double window[WINDOW]) {
    double sum = 0.0;
    for (int i = 0; i < WINDOW; i++) {
        double at = (i - WINDOW / 2) / WINDOW_SIGMA;
        window[i] = gs_exp64(-0.5 * at * at);
        sum += window[i];
    }
    for (int i = 0; i < WINDOW; i++)
        window[i] /= sum;
}

/* Wang et al. 2004, equation 13, for the windows whose first pixels are *a and *b, in rows of `width`. */
static double similarity(const float *a, const float *b, size_t width, const double window[WINDOW], double range) {
    double ma = 0.0, mb = 0.0, aa = 0.0, bb = 0.0, ab = 0.0;
    for (size_t i = 0; i < WINDOW; i++) {
        for (size_t j = 0; j < WINDOW; j++) {
            double w = window[i] * window[j], x = (double)a[i * width + j], y = (double)b[i * width + j];
            ma += w * x;
            mb += w * y;
            aa += w * x * x;
            bb += w * y * y;
            ab += w * x * y;
        }
    }
    double c1 = K1 * K1 * range * range, c2 = K2 * K2 * range * range;
    double variances = aa - ma * ma + bb - mb * mb, covariance = ab - ma * mb;
    return (2.0 * ma * mb + c1) * (2.0 * covariance + c2) / ((ma * ma + mb * mb + c1) * (variances + c2));
}

double gs_ssim(const float *a, const float *b, const int shape[3], double range) {
    if (shape[1] < WINDOW || shape[2] < WINDOW)
        return NAN;
    double window[WINDOW], sum = 0.0;
    gaussian_window(window);
    size_t height = (size_t)shape[1], width = (size_t)shape[2], count = 0;
    for (size_t c = 0; c < (size_t)shape[0]; c++) {
        for (size_t y = 0; y + WINDOW <= height; y++) {
            for (size_t x = 0; x + WINDOW <= width; x++, count++) {
                size_t at = (c * height + y) * width + x;
                sum += similarity(a + at, b + at, width, window, range);
            }
        }
    }
    return sum / (double)count;
}
