#include "base/math64.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

_Static_assert(FLT_EVAL_METHOD == 0 || FLT_EVAL_METHOD == 1, "results are rounded to doubles, not to something wider");

/* ln 2 in two parts; the first has 32 trailing zero bits, so that its product with an exponent is exact. */
static const double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
static const double log2_e = 1.44269504088896338700e+00;

/* 2^k for -1022 <= k <= 1023. */
static double power_of_two(int k) {
    uint64_t bits = (uint64_t)(k + 1023) << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* exp(r) - 1 - r for |r| <= 0.36, by its Taylor series: the first omitted term is 2^-66 of r. */
enum { TERMS = 15 };
static const double inverse_factorial[TERMS + 1] = {1,
                                                    1,
                                                    1.0 / 2,
                                                    1.0 / 6,
                                                    1.0 / 24,
                                                    1.0 / 120,
                                                    1.0 / 720,
                                                    1.0 / 5040,
                                                    1.0 / 40320,
                                                    1.0 / 362880,
                                                    1.0 / 3628800,
                                                    1.0 / 39916800,
                                                    1.0 / 479001600,
                                                    1.0 / 6227020800,
                                                    1.0 / 87178291200,
                                                    1.0 / 1307674368000};
static double exp_tail(double r) {
    double sum = inverse_factorial[TERMS];
    for (int i = TERMS - 1; i >= 2; i--)
        sum = sum * r + inverse_factorial[i];
    return sum * r * r;
}

/* x = k ln 2 + r. The rounding error of r deserves a term of its own: exp(r + e) = exp(r) (1 + e). */
typedef struct reduced {
    double k, r, lost;
} reduced;

static reduced reduce(double x) {
    static const double to_whole = 0x1.8p52; /* added and subtracted again, it rounds to the nearest whole number */
    double k = x * log2_e + to_whole - to_whole;
    double high = x - k * ln2_high, low = k * ln2_low, r = high - low;
    return (reduced){k, r, (high - r) - low};
}

/* Two factors, because the power alone may be outside a double's range. */
static double enlarge(reduced x, double tail) {
    double value = 1 + (x.r + (tail + x.lost));
    int half = (int)x.k / 2;
    return value * power_of_two(half) * power_of_two((int)x.k - half);
}

static bool is_usual(double x) {
    return x >= -745.14 && x <= 709.79;
}

double gs_exp64(double x) {
    if (!is_usual(x))
        return isnan(x) ? x : x > 0 ? INFINITY : 0;
    reduced to = reduce(x);
    return enlarge(to, exp_tail(to.r));
}

/* A series is one chain of products and sums, so that several at a time take little longer than one. */
void gs_exp64_each(double *x, int n) {
    enum { TOGETHER = 8 };
    for (int i = 0; i < n; i += TOGETHER) {
        int count = n - i < TOGETHER ? n - i : TOGETHER;
        double y[TOGETHER] = {0}, k[TOGETHER], r[TOGETHER], lost[TOGETHER], sum[TOGETHER];
        for (int l = 0; l < count; l++)
            y[l] = is_usual(x[i + l]) ? x[i + l] : 0;
        for (int l = 0; l < TOGETHER; l++) {
            reduced to = reduce(y[l]);
            k[l] = to.k;
            r[l] = to.r;
            lost[l] = to.lost;
            sum[l] = inverse_factorial[TERMS];
        }
        for (int term = TERMS - 1; term >= 2; term--)
            for (int l = 0; l < TOGETHER; l++)
                sum[l] = sum[l] * r[l] + inverse_factorial[term];
        for (int l = 0; l < TOGETHER; l++)
            y[l] = enlarge((reduced){k[l], r[l], lost[l]}, sum[l] * r[l] * r[l]);
        for (int l = 0; l < count; l++)
            x[i + l] = is_usual(x[i + l]) ? y[l] : gs_exp64(x[i + l]);
    }
}

double gs_expm1_64(double x) {
    if (fabs(x) < 0.35)
        return x + exp_tail(x);
    return gs_exp64(x) - 1;
}

/* The k and m of x = 2^k m, m in [sqrt(1/2), sqrt(2)), for a positive finite x. */
static int split(double x, double *m) {
    int k = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        k = -54;
    }
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    k += (int)(bits >> 52) - 1023;
    bits = (bits & 0xfffffffffffffU) | (uint64_t)1023 << 52;
    memcpy(m, &bits, sizeof *m);
    if (*m >= 1.4142135623730951) {
        *m *= 0.5;
        k++;
    }
    return k;
}

/* x = 2^k (1 + f), and with s = f/(2 + f)
 * log(1 + f) = 2 atanh(s) = f - (f^2/2 - s (f^2/2 + R)), R = 2 (s^2/3 + s^4/5 + ...), as in FreeBSD's msun. */
double gs_log64(double x) {
    if (isnan(x) || x < 0)
        return NAN;
    if (x == 0)
        return -INFINITY;
    if (isinf(x))
        return x;
    double m;
    int k = split(x, &m);
    double f = m - 1, s = f / (2 + f), s2 = s * s, series = 0;
    for (int i = 13; i >= 1; i--)
        series = (series + 2.0 / (2 * i + 1)) * s2;
    double half = 0.5 * f * f;
    return k * ln2_high - ((half - (s * (half + series) + k * ln2_low)) - f);
}

/* log(u) x/(u - 1) with u = 1 + x rounded: the rounding of u cancels (Kahan; Goldberg 1991, theorem 4). */
double gs_log1p64(double x) {
    double u = 1 + x;
    if (u == 1)
        return x;
    if (isinf(u) || u <= 0)
        return gs_log64(u);
    return gs_log64(u) * (x / (u - 1));
}

/* x^p of a positive finite x = 2^k m: 2^n exp(y), where n is the whole part of k p + p log2(m). */
static double power(double x, double p) {
    static const double ln2 = 0.69314718055994530942;
    double m;
    int k = split(x, &m);
    double whole = k * p, lost = fma(k, p, -whole), n = floor(whole + 0.5);
    double y = p * gs_log64(m), more = floor(y * log2_e + 0.5);
    y = (y - more * ln2_high) - more * ln2_low + ((whole - n) + lost) * ln2;
    n += more;
    if (n > 1100)
        return INFINITY;
    if (n < -1100)
        return 0;
    int half = (int)n / 2;
    return gs_exp64(y) * power_of_two(half) * power_of_two((int)n - half);
}

double gs_pow64(double x, double p) {
    if (p == 0 || x == 1)
        return 1;
    if (isnan(x) || isnan(p))
        return x + p;
    double size = fabs(x);
    bool even = fmod(p, 2) == 0, odd = fabs(fmod(p, 2)) == 1;
    if (isinf(p))
        return size == 1 ? 1 : (size > 1) == (p > 0) ? INFINITY : 0;
    if (x < 0 && !even && !odd && !isinf(x))
        return NAN;
    double value = size == 0 || isinf(size) ? (isinf(size) == (p > 0) ? INFINITY : 0) : power(size, p);
    return odd && signbit(x) ? -value : value;
}

/* x = k pi/2 + r, |r| <= pi/4; returns k modulo 4. pi/2 is split into parts of 33 bits, whose products with k are exact
 * below k = 2^20. For larger x, the remainder by the double nearest 2 pi is taken first, which is exact but has a
 * slightly wrong period. */
static int reduce_quarter(double x, double *r) {
    if (fabs(x) > 1e6)
        x = fmod(x, 6.28318530717958647692);
    double k = floor(x * 6.36619772367581382433e-01 + 0.5);
    double rest = x - k * 1.57079632673412561417e+00;
    rest -= k * 6.07710050630396597660e-11;
    *r = rest - k * 2.02226624879595063154e-21;
    return (int)(k - 4 * floor(k / 4));
}

/* Taylor series for |r| <= pi/4; the first omitted terms are below 2^-63 of the sum. */
static double sine_series(double r) {
    double r2 = r * r, sum = 0;
    for (int i = 18; i >= 2; i -= 2)
        sum = -(1 + sum) * r2 / (i * (i + 1));
    return r + r * sum;
}

static double cosine_series(double r) {
    double r2 = r * r, sum = 0;
    for (int i = 17; i >= 3; i -= 2)
        sum = -(1 + sum) * r2 / (i * (i + 1));
    return 1 - 0.5 * (r2 + r2 * sum);
}

/* sin(x + quarter pi/2). */
static double sine(double x, int quarter) {
    if (!isfinite(x))
        return NAN;
    double r;
    quarter = (reduce_quarter(x, &r) + quarter) % 4;
    double value = quarter % 2 ? cosine_series(r) : sine_series(r);
    return quarter >= 2 ? -value : value;
}

double gs_sin64(double x) {
    return x == 0 ? x : sine(x, 0);
}

double gs_cos64(double x) {
    return sine(x, 1);
}

/* erf x = 2/sqrt(pi) exp(-x^2) (x + 2 x^3/3 + 4 x^5/15 + ...) (DLMF 7.6.2): all terms have one sign, so nothing
 * cancels. */
double gs_erf64(double x) {
    if (isnan(x) || x == 0)
        return x;
    if (fabs(x) > 6)
        return x > 0 ? 1 : -1;
    double x2 = x * x, term = 1, sum = 1;
    for (int n = 1; term > 1e-18 * sum; n++) {
        term *= 2 * x2 / (2 * n + 1);
        sum += term;
    }
    return 1.12837916709551257390 * gs_exp64(-x2) * sum * x;
}

double gs_tanh64(double x) {
    if (isnan(x) || x == 0)
        return x;
    if (fabs(x) > 20)
        return x > 0 ? 1 : -1;
    double t = gs_expm1_64(2 * fabs(x));
    double value = t / (t + 2);
    return x > 0 ? value : -value;
}

double gs_sigmoid64(double x) {
    if (x >= 0)
        return 1 / (1 + gs_exp64(-x));
    double e = gs_exp64(x);
    return e / (1 + e);
}

double gs_softplus64(double x) {
    return x > 0 ? x + gs_log1p64(gs_exp64(-x)) : gs_log1p64(gs_exp64(x));
}
