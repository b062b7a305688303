/* Effective sample size and R-hat of chains (Vehtari et al. 2021), defined as in Stan and ArviZ. */
#include "measure/halves.h"

#include <math.h>
#include <stdlib.h>

#include "base/math64.h"
#include "measure/statistics.h"

/* ---- Split chains ---- */

/* Mean and variance of each row, whose draws are then centred if `centre` is set. Sums are taken about the first draw,
 * so that a constant row has exactly its value as the mean and a variance of 0. */
static void take_moments(gs_halves *h, bool centre) {
    double within = 0, *means = h->work;
    for (size_t k = 0; k < h->rows; k++) {
        double *x = h->draws + k * h->n, sum = 0, squares = 0;
        for (size_t i = 0; i < h->n; i++)
            sum += x[i] - x[0];
        means[k] = x[0] + sum / (double)h->n;
        for (size_t i = 0; i < h->n; i++) {
            double difference = x[i] - means[k];
            squares += difference * difference;
            x[i] = centre ? difference : x[i];
        }
        within += squares / (double)(h->n - 1);
    }
    double sum = 0, squares = 0;
    for (size_t k = 0; k < h->rows; k++)
        sum += means[k] - means[0];
    double mean = means[0] + sum / (double)h->rows;
    for (size_t k = 0; k < h->rows; k++)
        squares += (means[k] - mean) * (means[k] - mean);
    h->within = within / (double)h->rows;
    h->variance = h->within * (double)(h->n - 1) / (double)h->n + squares / (double)(h->rows - 1);
}

gs_status gs_halves_split(gs_halves *halves, const double *draws, size_t chains, size_t n, size_t least,
                          gs_error *error) {
    size_t all;
    gs_halves *h = halves;
    *h = (gs_halves){.rows = 2 * chains, .n = n / 2};
    if (chains < 1 || n < least) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "%zu chain%s of %zu draws; at least 1 chain of %zu is needed", chains,
                       chains == 1 ? "" : "s", n, least);
    }
    if (!gs_mul_size(chains, n, &all))
        return gs_fail_memory(error, "the draws of chains");
    h->draws = gs_alloc(all, sizeof *h->draws);
    h->work = gs_alloc(2 * chains, sizeof *h->work);
    if (!h->draws || !h->work)
        return gs_fail_memory(error, "the draws of chains");
    for (size_t k = 0; k < h->rows; k++) {
        const double *from = draws + k / 2 * n + (k % 2 ? n - h->n : 0);
        for (size_t i = 0; i < h->n; i++) {
            h->draws[k * h->n + i] = from[i];
            h->spread = h->spread || from[i] != draws[0];
        }
    }
    for (size_t i = 0; i < all; i++)
        h->spread = h->spread && isfinite(draws[i]);
    return GS_OK;
}

void gs_halves_free(gs_halves *halves) {
    gs_free(halves->draws);
    gs_free(halves->work);
    gs_free(halves->order);
}

/* ---- Effective sample size ---- */

/* Autocorrelation at lag t of all rows, from their mean autocovariance: 1 - (W - mean) / var+. */
static double autocorrelation(const gs_halves *h, size_t t) {
    double covariance = 0;
    for (size_t k = 0; k < h->rows; k++) {
        const double *x = h->draws + k * h->n;
        double sum = 0;
        for (size_t i = 0; i + t < h->n; i++)
            sum += x[i] * x[i + t];
        covariance += sum / (double)h->n;
    }
    return 1 - (h->within - covariance / (double)h->rows) / h->variance;
}

/* Sums of neighbouring autocorrelations of a reversible chain are positive and decrease with the lag. Where noise makes
 * one negative, the sum ends; where it makes one increase, it is lowered (Geyer 1992, section 3.3). rho: (n), zeros.
 * Returns 1 + 2 (rho_1 + rho_2 + ...). */
static double autocorrelation_time(const gs_halves *h, double *rho) {
    double even = 1, odd = autocorrelation(h, 1);
    size_t t = 1;
    rho[0] = even;
    rho[1] = odd;
    while (t + 3 < h->n && even + odd > 0) {
        even = autocorrelation(h, t + 1);
        odd = autocorrelation(h, t + 2);
        if (even + odd >= 0) {
            rho[t + 1] = even;
            rho[t + 2] = odd;
        }
        t += 2;
    }
    size_t whole = t - 1; /* these count twice; the even one after them, which lowers the variance, once */
    if (even > 0)
        rho[whole] = even;
    for (size_t i = 2; i + 1 < whole; i += 2) {
        double before = rho[i - 2] + rho[i - 1];
        if (rho[i] + rho[i + 1] > before)
            rho[i] = rho[i + 1] = before / 2;
    }
    double sum = 0;
    for (size_t i = 0; i < whole; i++)
        sum += rho[i];
    return -1 + 2 * sum + rho[whole];
}

gs_status gs_halves_ess(gs_halves *halves, double *ess, gs_error *error) {
    gs_halves *h = halves;
    double *rho = gs_alloc(h->n, sizeof *rho);
    if (!rho)
        return gs_fail_memory(error, "the autocorrelations of chains");
    double count = (double)(h->rows * h->n), log10_count = gs_log64(count) / gs_log64(10);
    take_moments(h, true);
    *ess = count / fmax(autocorrelation_time(h, rho), 1 / log10_count);
    gs_free(rho);
    return GS_OK;
}

gs_status gs_ess(const double *draws, size_t chains, size_t n, double *ess, gs_error *error) {
    *ess = NAN;
    gs_halves h;
    gs_status status = gs_halves_split(&h, draws, chains, n, GS_HALVES_ESS_MIN, error);
    if (!status && h.spread)
        status = gs_halves_ess(&h, ess, error);
    gs_halves_free(&h);
    return status;
}

/* ---- R-hat ---- */

static int compare_ranked(const void *a, const void *b) {
    double x = ((const gs_ranked *)a)->value, y = ((const gs_ranked *)b)->value;
    return (x > y) - (x < y);
}

gs_status gs_halves_rank(gs_halves *halves, double *median, gs_error *error) {
    gs_halves *h = halves;
    size_t count = h->rows * h->n;
    if (!h->order)
        h->order = gs_alloc(count, sizeof *h->order);
    if (!h->order)
        return gs_fail_memory(error, "the ranks of chains");
    for (size_t i = 0; i < count; i++)
        h->order[i] = (gs_ranked){h->draws[i], i};
    qsort(h->order, count, sizeof *h->order, compare_ranked);
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && h->order[end].value == h->order[first].value; end++) {
        }
        double rank = 0.5 * (double)(first + 1 + end);
        double z = gs_normal_quantile((rank - 0.375) / ((double)count + 0.25));
        for (size_t i = first; i < end; i++)
            h->draws[h->order[i].place] = z;
    }
    *median = 0.5 * h->order[count / 2 - 1].value + 0.5 * h->order[count / 2].value;
    return GS_OK;
}

void gs_halves_fold(gs_halves *halves, double median) {
    for (size_t i = 0; i < halves->rows * halves->n; i++)
        halves->draws[halves->order[i].place] = fabs(halves->order[i].value - median);
}

double gs_halves_rhat(gs_halves *halves) {
    take_moments(halves, false);
    return sqrt(halves->variance / halves->within);
}

gs_status gs_rhat(const double *draws, size_t chains, size_t n, double *rhat, gs_error *error) {
    *rhat = NAN;
    gs_halves h;
    double median, bulk = NAN;
    gs_status status = gs_halves_split(&h, draws, chains, n, GS_HALVES_DRAWS_MIN, error);
    bool known = !status && h.spread;
    if (known)
        status = gs_halves_rank(&h, &median, error);
    if (known && !status) {
        bulk = gs_halves_rhat(&h);
        gs_halves_fold(&h, median);
        status = gs_halves_rank(&h, &median, error);
    }
    if (known && !status)
        *rhat = fmax(bulk, gs_halves_rhat(&h)); /* the bulk's, where all draws are equally far from the median */
    gs_halves_free(&h);
    return status;
}
