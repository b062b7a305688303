/* Samples compared with their distribution. */
#ifndef TEST_STATISTICS_H
#define TEST_STATISTICS_H

#include <stddef.h>

/* Fails the running test if the mean of `count` independent normal numbers is 5 standard errors or more from `mean`, or
 * their mean square about it is that far from `variance`; the false-alarm rate is 6e-7 each. */
void assert_moments(const float *x, size_t count, double mean, double variance, const char *what);

#endif
