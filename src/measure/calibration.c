/* How good probabilities of classes are, beside the true classes. */
#include <math.h>

#include "base/math64.h"
#include "measure/statistics.h"

/* Sums over the images. */
typedef struct sums {
    double right, loss, squares, brier;
    size_t impossible; /* images whose true class has a probability of 0 */
    double confidence[GS_CALIBRATION_BINS], hits[GS_CALIBRATION_BINS];
} sums;

/* One image; false: its probabilities are none. */
static bool add(const double *log_p, int label, size_t classes, double before, size_t k, sums *s,
                gs_classification *c) {
    size_t best = 0;
    double total = 0, brier = 0;
    for (size_t y = 0; y < classes; y++) {
        double p = gs_exp64(log_p[y]), wanted = y == (size_t)label;
        best = log_p[y] > log_p[best] ? y : best;
        total += p;
        brier += (p - wanted) * (p - wanted);
    }
    if (!(fabs(total - 1) < 1e-6))
        return false;
    double confidence = fmin(gs_exp64(log_p[best]), 1), loss = -log_p[label];
    int bin = (int)(confidence * GS_CALIBRATION_BINS);
    bin = bin < GS_CALIBRATION_BINS ? bin : GS_CALIBRATION_BINS - 1;
    bool right = best == (size_t)label;
    s->right += right;
    s->brier += brier;
    s->impossible += isinf(loss) != 0;
    s->loss += (loss - before) / (double)(k + 1);
    s->squares += (loss - before) * (loss - s->loss);
    s->confidence[bin] += confidence;
    s->hits[bin] += right;
    c->bin_count[bin]++;
    return true;
}

gs_status gs_classes_judge(const double *log_p, const int *labels, size_t n, int classes, gs_classification *result,
                           gs_error *error) {
    sums s = {0};
    gs_classification c = {.n = n};
    double count = (double)n;
    if (!n || classes < 1)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%zu images and %d classes: expected at least one of each", n,
                       classes);
    for (size_t k = 0; k < n; k++) {
        if (labels[k] < 0 || labels[k] >= classes)
            return gs_fail(error, GS_ERROR_ARGUMENT, "label %d at image %zu: expected 0 ... %d", labels[k], k,
                           classes - 1);
        if (!add(log_p + k * (size_t)classes, labels[k], (size_t)classes, s.loss, k, &s, &c))
            return gs_fail(error, GS_ERROR_ARGUMENT, "image %zu: its probabilities do not sum to 1", k);
    }
    c.accuracy = s.right / count;
    c.accuracy_error = sqrt(c.accuracy * (1 - c.accuracy) / count);
    c.log_loss = s.impossible ? (double)INFINITY : s.loss;
    c.log_loss_error = n > 1 && !s.impossible ? sqrt(s.squares / (count - 1) / count) : (double)NAN;
    c.brier = s.brier / count;
    for (int b = 0; b < GS_CALIBRATION_BINS; b++) {
        double in_bin = (double)c.bin_count[b];
        c.bin_confidence[b] = in_bin > 0 ? s.confidence[b] / in_bin : (double)NAN;
        c.bin_accuracy[b] = in_bin > 0 ? s.hits[b] / in_bin : (double)NAN;
        c.calibration_error += fabs(s.hits[b] - s.confidence[b]) / count;
    }
    *result = c;
    return GS_OK;
}
