#include "measure/statistics.h"

#include <math.h>
#include <stdlib.h>

#include "base/math64.h"

enum { EXACT_MOST = 50 };

/* ---- Order ---- */

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void gs_sort(double *x, size_t n) {
    qsort(x, n, sizeof *x, compare);
}

size_t gs_count_below(const double *sorted, size_t n, double x, bool or_equal) {
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < x || (or_equal && sorted[middle] == x))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many of n sorted values are above x, ties counting half. */
static double count_above(const double *sorted, size_t n, double x) {
    size_t least = gs_count_below(sorted, n, x, false), most = gs_count_below(sorted, n, x, true);
    return (double)(n - most) + 0.5 * (double)(most - least);
}

/* The mean over `of` of the share of `others` above each; *spread: the variance of that mean. */
static double mean_above(const double *of, size_t n, const double *others, size_t m, double *spread) {
    double mean = 0, sum = 0;
    for (size_t i = 0; i < n; i++)
        mean += count_above(others, m, of[i]);
    mean /= (double)m * (double)n;
    for (size_t i = 0; i < n; i++) {
        double share = count_above(others, m, of[i]) / (double)m;
        sum += (share - mean) * (share - mean);
    }
    *spread = n > 1 ? sum / (double)(n - 1) / (double)n : (double)NAN;
    return mean;
}

void gs_mann_whitney(const double *a, size_t n, const double *b, size_t m, double *share, double *error) {
    double spread, other_spread;
    *share = mean_above(a, n, b, m, &spread);
    mean_above(b, m, a, n, &other_spread);
    *error = sqrt(spread + other_spread);
}

double gs_median(const double *sorted, size_t n) {
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

size_t gs_sort_finite(double *values, size_t n) {
    size_t finite = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i]))
            values[finite++] = values[i];
    gs_sort(values, finite);
    return finite;
}

double gs_quantile(const double *sorted, size_t finite, double p) {
    if (finite == 0)
        return NAN;
    double at = p * (double)(finite - 1);
    size_t i = (size_t)at;
    double part = at - (double)i;
    return part > 0 ? (1 - part) * sorted[i] + part * sorted[i + 1] : sorted[i];
}

double gs_rank_quantile(const double *sorted, size_t n, double q) {
    size_t rank = (size_t)ceil(q * (double)n);
    return sorted[(rank > 0 ? rank : 1) - 1];
}

double gs_rank_quantile_bound(const double *sorted, size_t n, double q, double confidence) {
    double below = 0, count = (double)n;
    for (size_t k = 1; k <= n; k++) { /* below: P(Binomial(n, q) < k) */
        double j = (double)(k - 1);
        below += exp(lgamma(count + 1) - lgamma(j + 1) - lgamma(count - j + 1) + j * log(q) + (count - j) * log1p(-q));
        if (below >= confidence)
            return sorted[k - 1];
    }
    return (double)NAN;
}

void gs_median_interval(const double *sorted, size_t n, double *low, double *high) {
    double term = pow(0.5, (double)n), below = 0; /* P(Binomial(n, 1/2) < k) */
    size_t k = 0;
    while (below + term <= 0.005) {
        below += term;
        term *= (double)(n - k) / (double)(k + 1);
        k++;
    }
    size_t first = k ? k - 1 : 0;
    *low = sorted[first];
    *high = sorted[n - 1 - first];
}

/* ---- Distributions ---- */

/* Numerators and denominators of PPND16 around the middle, in the tails, and far out. */
static const double middle[2][8] = {
    {3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
     4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3},
    {1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3, 2.1213794301586595867e+4,
     3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3}};
static const double tails[2][8] = {
    {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4},
    {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
     1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9}};
static const double far_tails[2][8] = {
    {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7},
    {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4,
     1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15}};

static double rational(const double c[2][8], double x) {
    double numerator = 0, denominator = 0;
    for (int i = 7; i >= 0; i--) {
        numerator = numerator * x + c[0][i];
        denominator = denominator * x + c[1][i];
    }
    return numerator / denominator;
}

double gs_normal_quantile(double p) {
    if (!(p >= 0 && p <= 1))
        return NAN;
    double q = p - 0.5;
    if (fabs(q) <= 0.425)
        return q * rational(middle, 0.180625 - q * q);
    double tail = q < 0 ? p : 1 - p;
    if (tail == 0)
        return q < 0 ? -INFINITY : INFINITY;
    double r = sqrt(-gs_log64(tail));
    double z = r <= 5 ? rational(tails, r - 1.6) : rational(far_tails, r - 5);
    return q < 0 ? -z : z;
}

double gs_student(double t, int degrees) {
    const double half_turn = 3.14159265358979323846;
    double angle = atan(fabs(t) / sqrt(degrees)), c = cos(angle), sum = 0;
    bool odd = degrees % 2 != 0;
    double term = odd ? c : 1; /* the sum's terms are the powers of the cosine of this parity, below `degrees` */
    for (int i = 0; i < degrees / 2; i++) {
        sum += term;
        term *= c * c * (odd ? (2 * i + 2.0) / (2 * i + 3.0) : (2 * i + 1.0) / (2 * i + 2.0));
    }
    return odd ? 1 - (angle + sin(angle) * sum) * 2 / half_turn : 1 - sin(angle) * sum;
}

double gs_student_quantile(double p, int degrees) {
    double low = 0, high = 1;
    while (gs_student(high, degrees) > p && high < 1e15)
        high *= 2;
    for (int i = 0; i < 200 && low < high; i++) {
        double centre = (low + high) / 2;
        if (gs_student(centre, degrees) > p)
            low = centre;
        else
            high = centre;
    }
    return high;
}

static double log_choose(double n, double k) {
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

double gs_fisher(double k, double n, double all_k, double all_n) {
    double sum = k + all_k, below = 0, above = 0;
    for (double j = fmax(0, sum - all_n); j <= fmin(n, sum); j++) {
        double p = exp(log_choose(n, j) + log_choose(all_n, sum - j) - log_choose(n + all_n, sum));
        below += j <= k ? p : 0;
        above += j >= k ? p : 0;
    }
    return fmin(1, 2 * fmin(below, above));
}

/* ---- Wilcoxon ---- */

/* Twice the mean rank of the sorted magnitudes i ... j - 1, counted from 0, which is a whole number. */
static size_t twice_rank(size_t i, size_t j) {
    return i + 1 + j;
}

/* P(sum of a random half of the doubled ranks >= w): each is taken or not, with probability 1/2. */
static double exact(const size_t *ranks, size_t n, size_t w) {
    double chance[EXACT_MOST * (EXACT_MOST + 1) + 1] = {1}, p = 0;
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        most += ranks[i];
        for (size_t s = most + 1; s-- > 0;)
            chance[s] = (chance[s] + (s >= ranks[i] ? chance[s - ranks[i]] : 0)) / 2;
    }
    for (size_t s = w; s <= most; s++)
        p += chance[s];
    return p;
}

static double normal(double n, double w, double ties) {
    double mean = n * (n + 1) / 4, variance = n * (n + 1) * (2 * n + 1) / 24 - ties / 48;
    return erfc((w - mean - 0.5) / sqrt(2 * variance)) / 2;
}

double gs_wilcoxon(const double *x, size_t n) {
    double *magnitude = gs_alloc(n + 1, sizeof *magnitude), ties = 0;
    size_t *ranks = gs_alloc(n + 1, sizeof *ranks), used = 0, w = 0;
    if (!magnitude || !ranks) {
        gs_free(magnitude);
        gs_free(ranks);
        return (double)NAN;
    }
    for (size_t i = 0; i < n; i++)
        if (x[i] != 0)
            magnitude[used++] = fabs(x[i]);
    gs_sort(magnitude, used);
    for (size_t i = 0, j; i < used; i = j) {
        for (j = i + 1; j < used && magnitude[j] == magnitude[i];)
            j++;
        double tied = (double)(j - i);
        ties += tied * tied * tied - tied;
        for (size_t k = i; k < j; k++)
            ranks[k] = twice_rank(i, j);
        for (size_t k = 0; k < n; k++)
            w += x[k] == magnitude[i] ? ranks[i] : 0;
    }
    double p = !used ? 1 : used > EXACT_MOST ? normal((double)used, (double)w / 2, ties) : exact(ranks, used, w);
    gs_free(magnitude);
    gs_free(ranks);
    return p;
}

/* ---- Several tests ---- */

void gs_holm(const double *p, double *adjusted, size_t n) {
    for (size_t i = 0; i < n; i++) {
        adjusted[i] = 0;
        for (size_t k = 0; k < n; k++) { /* the largest value among the tests up to this one */
            size_t below = 0;
            for (size_t j = 0; p[k] <= p[i] && j < n; j++)
                below += p[j] < p[k];
            if (p[k] <= p[i])
                adjusted[i] = fmax(adjusted[i], fmin(1, p[k] * (double)(n - below)));
        }
    }
}

/* ---- Values in short ---- */

gs_status gs_summarize(const float *values, const int *labels, int label, size_t n, gs_summary *summary,
                       gs_error *error) {
    static const double quantiles[GS_SUMMARY_QUANTILES] = {0, 0.05, 0.25, 0.5, 0.75, 0.95, 1};
    double *sorted = gs_alloc(n, sizeof *sorted), sum = 0, squares = 0;
    size_t count = 0;
    if (!sorted)
        return gs_fail_memory(error, "a summary");
    for (size_t k = 0; k < n; k++)
        if (!labels || labels[k] == label)
            sorted[count++] = (double)values[k];
    size_t finite = gs_sort_finite(sorted, count);
    for (size_t k = 0; k < finite; k++)
        sum += sorted[k];
    double mean = sum / (double)finite;
    for (size_t k = 0; k < finite; k++)
        squares += (sorted[k] - mean) * (sorted[k] - mean);
    *summary = (gs_summary){.n = count,
                            .finite = finite,
                            .mean = finite ? mean : (double)NAN,
                            .sd = finite > 1 ? sqrt(squares / ((double)finite - 1)) : (double)NAN};
    for (int i = 0; i < GS_SUMMARY_QUANTILES; i++)
        summary->quantile[i] = gs_quantile(sorted, finite, quantiles[i]);
    gs_free(sorted);
    return GS_OK;
}

void gs_histogram(const float *values, size_t n, double low, double high, int bins, double *shares) {
    for (int b = 0; b < bins; b++)
        shares[b] = 0;
    for (size_t k = 0; k < n; k++) {
        double part = ((double)values[k] - low) / (high - low);
        if (!(part >= 0 && part <= 1))
            continue;
        int bin = (int)(part * bins);
        shares[bin < bins ? bin : bins - 1] += 1 / (double)n;
    }
}
