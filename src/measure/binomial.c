/* Binomial probabilities, and what follows from them: Clopper & Pearson's interval, and how improbable a count is. */
#include "base/base.h"
#include "base/math64.h"

#include <math.h>

static const double log_2pi = 1.83787706640934548356, trials_max = 9007199254740992.0, score_max = 38;

/* log n! - (log(2 pi n)/2 + n log n - n) (Loader 2000, "Fast and accurate computation of binomial probabilities"):
 * for n of 16 or more by Stirling's series, whose next term is below 1e-15 there. */
static double stirling_error(double n) {
    if (n < 16) {
        double factorial = 1;
        for (int i = 2; i <= (int)n; i++)
            factorial *= i;
        return gs_log64(factorial) - (0.5 * (log_2pi + gs_log64(n)) + n * gs_log64(n) - n);
    }
    double s = 1 / (n * n);
    return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - s / 1188) * s) * s) * s) / n;
}

/* x log(x/m) + m - x, without cancellation near x = m: Loader's bd0. With v = (x - m)/(x + m), log(x/m) = 2 atanh v. */
static double deviance(double x, double m) {
    if (fabs(x - m) >= 0.1 * (x + m))
        return x * gs_log64(x / m) + m - x;
    double v = (x - m) / (x + m), sum = (x - m) * v, term = 2 * x * v, before;
    int i = 1;
    do {
        before = sum;
        term *= v * v;
        sum += term / (2 * i++ + 1);
    } while (sum != before);
    return sum;
}

/* P(X = k) for n trials with probability p, 0 < p < 1. */
static double probability(double k, double n, double p) {
    if (k == 0)
        return gs_exp64(n * gs_log1p64(-p));
    if (k == n)
        return gs_exp64(n * gs_log64(p));
    double rest = n - k;
    double exponent =
        stirling_error(n) - stirling_error(k) - stirling_error(rest) - deviance(k, n * p) - deviance(rest, n * (1 - p));
    return gs_exp64(exponent - 0.5 * (log_2pi + gs_log64(k) + gs_log64(rest / n)));
}

/* P(X >= k) for k >= n p, or with `down` P(X <= k) for k <= n p, by adding terms from k outwards, where they
 * decrease. */
static double tail(double k, double n, double p, bool down) {
    double odds = down ? (1 - p) / p : p / (1 - p), term = 1, sum = 1;
    for (double j = down ? n - k : k; j < n && term > 1e-17 * sum; j++) {
        term *= (n - j) / (j + 1) * odds;
        sum += term;
    }
    return probability(k, n, p) * sum;
}

/* The p between k/n and `end`, 0 or 1, whose tail beyond k is `share`. */
static double solve(double k, double n, double end, double share) {
    bool down = end > 0;
    double inside = k / n, outside = end;
    while (fabs(outside - inside) > 1e-12 * fmin(inside, outside) && inside != outside) {
        double middle = 0.5 * (inside + outside);
        if (middle == inside || middle == outside)
            break;
        if (tail(k, n, middle, down) > share)
            inside = middle;
        else
            outside = middle;
    }
    return 0.5 * (inside + outside);
}

gs_status gs_binomial_interval(uint64_t k, uint64_t n, double confidence, double *low, double *high, gs_error *error) {
    if (n == 0 || (double)n > trials_max || k > n)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "%llu successes in %llu trials: expected 1 ... 2^53 trials, and not more "
                       "successes",
                       (unsigned long long)k, (unsigned long long)n);
    if (!(confidence >= 0.5 && confidence <= 1 - 1e-9))
        return gs_fail(error, GS_ERROR_ARGUMENT, "confidence %g: expected 0.5 ... 1 - 1e-9", confidence);
    double share = (1 - confidence) / 2;
    *low = k == 0 ? 0 : solve((double)k, (double)n, 0, share);
    *high = k == n ? 1 : solve((double)k, (double)n, 1, share);
    return GS_OK;
}

/* The z >= 0 with 1 - Phi(z) = share, or a z below 0 where share is above 1/2. */
static double normal_deviate(double share) {
    double low = -score_max, high = score_max;
    while (high - low > 1e-12) {
        double middle = 0.5 * (low + high);
        if (0.5 * erfc(middle * 0.70710678118654752440) > share)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

double gs_binomial_score(uint64_t k, uint64_t n, double p) {
    if (n == 0 || (double)n > trials_max || k > n || !(p >= 0 && p <= 1))
        return NAN;
    if (p == 0 || p == 1)
        return k == (p == 0 ? 0 : n) ? 0 : p == 0 ? score_max : -score_max;
    bool down = (double)k < (double)n * p;
    double share = tail((double)k, (double)n, p, down) - 0.5 * probability((double)k, (double)n, p);
    return down ? -normal_deviate(share) : normal_deviate(share);
}
