/* Elementary functions in double precision, from +, -, *, / and exactly defined operations (floor, fmod) alone, so that
 * every IEEE machine computes the same bytes whatever its C library. The relative error is below 1e-14; infinities,
 * NaN, zeros and overflow are treated as in C's Annex F, but without exceptions or errno. Thread-safe. */
#ifndef GS_MATH64_H
#define GS_MATH64_H

double gs_exp64(double x);

/* x[i] = gs_exp64(x[i]), i < n, to the same bytes, in less time than one by one. */
void gs_exp64_each(double *x, int n);

double gs_expm1_64(double x);
double gs_log64(double x);
double gs_log1p64(double x);

/* Accurate for |x| <= 1e6; beyond that the reduction is coarse, though the result is still in [-1, 1]. */
double gs_sin64(double x);
double gs_cos64(double x);

/* x^p, as pow() of C has it. The relative error is below 1e-14 times the greater of 1 and the result's logarithm. */
double gs_pow64(double x, double p);

double gs_erf64(double x);
double gs_tanh64(double x);

/* 1/(1 + exp(-x)). */
double gs_sigmoid64(double x);

/* log(1 + exp(x)). */
double gs_softplus64(double x);

#endif
