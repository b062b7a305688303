#include "support/statistics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const double errors_allowed = 5;

void assert_moments(const float *x, size_t count, double mean, double variance, const char *what) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        double difference = (double)x[i] - mean;
        sum += difference;
        squares += difference * difference;
    }
    double z_mean = sum / sqrt(variance * (double)count);
    double z_variance = (squares / (double)count / variance - 1) * sqrt((double)count / 2);
    print_message("%s: mean %.1f, variance %.1f errors off\n", what, z_mean, z_variance);
    assert_true(fabs(z_mean) < errors_allowed && fabs(z_variance) < errors_allowed);
}
