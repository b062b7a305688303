#include "measure/pixels.h"

#include <math.h>

#include "random/random.h"

gs_pixels gs_pixels_measure(const float *images, size_t size, const size_t *picked, size_t count,
                            const float range[2]) {
    gs_pixels p = {.least = INFINITY, .greatest = -INFINITY};
    double sum = 0, squares = 0, n = (double)count * (double)size, middle = ((double)range[0] + (double)range[1]) / 2;
    for (size_t k = 0; k < count; k++) {
        const float *image = images + picked[k] * size;
        for (size_t i = 0; i < size; i++) {
            double v = (double)image[i];
            sum += v - middle;
            squares += (v - middle) * (v - middle);
            p.least = v < p.least ? v : p.least;
            p.greatest = v > p.greatest ? v : p.greatest;
            p.lowest += image[i] == range[0];
            p.highest += image[i] == range[1];
        }
    }
    double mean = sum / n, variance = squares / n - mean * mean;
    p.mean = middle + mean;
    p.sd = variance > 0 ? sqrt(variance) : 0;
    p.lowest /= n;
    p.highest /= n;
    return p;
}

static bool is_wanted(int label, const int *only, int kinds) {
    bool found = kinds == 0;
    for (int i = 0; i < kinds; i++)
        found = found || only[i] == label;
    return found;
}

gs_status gs_pixels_pick(const int *labels, size_t n, const int *only, int kinds, bool random, uint64_t seed,
                         size_t **picked, size_t *count, gs_error *error) {
    static const uint32_t stream[3] = {0, 0, (uint32_t)GS_STREAM_ORDER << 28};
    *picked = gs_alloc(n, sizeof **picked);
    *count = 0;
    if (!*picked)
        return gs_fail_memory(error, "the order of the images");
    for (size_t k = 0; k < n; k++)
        if (is_wanted(labels ? labels[k] : 0, only, kinds))
            (*picked)[(*count)++] = k;
    if (random)
        gs_random_shuffle(seed, stream, *picked, *count, sizeof **picked);
    return GS_OK;
}
