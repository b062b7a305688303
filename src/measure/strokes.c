#include "measure/strokes.h"

#include <math.h>

static const double INK_LOW = 0.1, INK_HIGH = 0.9;

/* The ink at row y and column x; pixels beyond the border are black. NaN counts as black. */
static double ink(const float *image, int height, int width, const float range[2], int y, int x) {
    if (y < 0 || x < 0 || y >= height || x >= width)
        return 0.0;
    double low = (double)range[0], p = ((double)image[y * width + x] - low) / ((double)range[1] - low);
    return fmin(fmax((p - INK_LOW) / (INK_HIGH - INK_LOW), 0.0), 1.0);
}

double gs_stroke_width(const float *image, int height, int width, const float range[2]) {
    double area = 0.0, variation = 0.0;
    for (int y = -1; y < height; y++) {
        for (int x = -1; x < width; x++) {
            double here = ink(image, height, width, range, y, x);
            double down = ink(image, height, width, range, y + 1, x) - here;
            double right = ink(image, height, width, range, y, x + 1) - here;
            area += here;
            variation += sqrt(down * down + right * right);
        }
    }
    return variation > 0.0 ? 2.0 * area / variation : 0.0;
}
