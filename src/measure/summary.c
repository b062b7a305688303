/* Quantities of chains in numbers, as ArviZ's summary has them. */
#include <math.h>
#include <string.h>

#include "base/math64.h"
#include "measure/halves.h"
#include "measure/statistics.h"

static const double hdi_share = 0.94;                      /* ArviZ's default */
static const double one_sigma[2] = {0.1586553, 0.8413447}; /* Phi(-1), Phi(1), with the digits of ArviZ */
static const double log_2pi = 1.83787706640934548356, beta_end = 1e-12;

/* ---- The beta distribution ---- */

/* log Gamma(x), x >= 1: recursion up to 16, then Stirling's series, whose next term is below 1e-16 there. */
static double log_gamma(double x) {
    double product = 1;
    for (; x < 16; x++)
        product *= x;
    double s = 1 / (x * x);
    double series = (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - s / 1188) * s) * s) * s) / x;
    return (x - 0.5) * gs_log64(x) - x + 0.5 * log_2pi + series - gs_log64(product);
}

/* The continued fraction of the incomplete beta function by Lentz's method (Press et al. 2007, section 6.4). */
static double beta_fraction(double x, double a, double b) {
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1), value;
    d = 1 / (fabs(d) < tiny ? tiny : d);
    value = d;
    for (int m = 1; m < 100000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), before = value;
        for (int k = 0; k < 2; k++) {
            double term = k ? odd : even;
            d = 1 + term * d;
            c = 1 + term / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            value *= d * c;
        }
        if (fabs(value - before) <= 1e-16 * fabs(value))
            break;
    }
    return value;
}

/* P(Beta(a, b) <= x) for a, b >= 1 and 0 < x < 1. */
static double beta_below(double x, double a, double b) {
    double front = gs_exp64(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * gs_log64(x) + b * gs_log1p64(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(x, a, b) / a : 1 - front * beta_fraction(1 - x, b, a) / b;
}

static double beta_quantile(double p, double a, double b) {
    double low = 0, high = 1;
    while (high - low > beta_end) {
        double middle = 0.5 * (low + high);
        if (beta_below(middle, a, b) < p)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

/* ---- Moments and quantiles of all draws ---- */

/* What all draws of all chains say, whatever their order. */
typedef struct pool {
    const double *draws;
    size_t chains, n, all;
    double *sorted, *room; /* (all) each */
    bool finite;
    double mean, second, fourth; /* central moments: sums of powers over `all` */
} pool;

static void free_pool(pool *p) {
    gs_free(p->sorted);
    gs_free(p->room);
}

static void take_moments(pool *p) {
    double sum = 0;
    for (size_t i = 0; i < p->all; i++)
        sum += p->draws[i] - p->draws[0];
    p->mean = p->draws[0] + sum / (double)p->all;
    for (size_t i = 0; i < p->all; i++) {
        double square = (p->draws[i] - p->mean) * (p->draws[i] - p->mean);
        p->second += square / (double)p->all;
        p->fourth += square * square / (double)p->all;
    }
}

static gs_status make_pool(pool *p, const double *draws, size_t chains, size_t n, gs_error *error) {
    *p = (pool){.draws = draws, .chains = chains, .n = n};
    if (chains < 1 || n < GS_HALVES_ESS_MIN) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "%zu chain%s of %zu draws; at least 1 chain of %d is needed", chains,
                       chains == 1 ? "" : "s", n, GS_HALVES_ESS_MIN);
    }
    bool fits = gs_mul_size(chains, n, &p->all);
    p->sorted = fits ? gs_alloc(p->all, sizeof *p->sorted) : NULL;
    p->room = fits ? gs_alloc(p->all, sizeof *p->room) : NULL;
    if (!p->sorted || !p->room)
        return gs_fail_memory(error, "the draws of chains");
    memcpy(p->sorted, draws, p->all * sizeof *draws);
    p->finite = gs_sort_finite(p->sorted, p->all) == p->all;
    if (p->finite)
        take_moments(p);
    return GS_OK;
}

/* Quantile p by the very operations of SciPy's mquantiles (alphap = betap = 1), which ArviZ uses: what is at most a
 * quantile must not depend on a rounding of ours. */
static double quantile(const pool *p, double share) {
    double n = (double)p->all, at = n * share + (1 - share), k = floor(fmin(fmax(at, 1), n - 1));
    double part = fmin(fmax(at - k, 0), 1);
    return (1 - part) * p->sorted[(size_t)k - 1] + part * p->sorted[(size_t)k];
}

static void find_hdi(const pool *p, double hdi[2]) {
    size_t width = (size_t)floor(hdi_share * (double)p->all), best = 0;
    for (size_t i = 1; i + width < p->all; i++)
        if (p->sorted[i + width] - p->sorted[i] < p->sorted[best + width] - p->sorted[best])
            best = i;
    hdi[0] = p->sorted[best];
    hdi[1] = p->sorted[best + width];
}

/* ---- Effective sample sizes ---- */

/* That of p->room. A constant has `constant` draws. */
static gs_status ess_of_room(const pool *p, double constant, double *ess, gs_error *error) {
    gs_status status = gs_ess(p->room, p->chains, p->n, ess, error);
    if (!status && isnan(*ess))
        *ess = constant;
    return status;
}

static gs_status ess_of_squares(const pool *p, double *ess, gs_error *error) {
    for (size_t i = 0; i < p->all; i++)
        p->room[i] = (p->draws[i] - p->mean) * (p->draws[i] - p->mean);
    return ess_of_room(p, NAN, ess, error);
}

static gs_status quantile_of(const pool *p, double share, gs_chain_quantile_info *q, gs_error *error) {
    *q = (gs_chain_quantile_info){NAN, NAN, NAN};
    if (!p->finite)
        return GS_OK;
    q->value = quantile(p, share);
    for (size_t i = 0; i < p->all; i++)
        p->room[i] = p->draws[i] <= q->value;
    gs_status status = ess_of_room(p, (double)p->all, &q->ess, error);
    if (status)
        return status;
    double a = q->ess * share + 1, b = q->ess * (1 - share) + 1, last = (double)(p->all - 1);
    double low = floor(fmax(beta_quantile(one_sigma[0], a, b) * (double)p->all - 1, 0));
    double high = ceil(fmin(beta_quantile(one_sigma[1], a, b) * (double)p->all - 1, last));
    q->mcse = (p->sorted[(size_t)high] - p->sorted[(size_t)low]) / 2;
    return GS_OK;
}

/* Of ranks: the bulk, and both R-hats. */
static gs_status agreement_of(const pool *p, gs_chain_summary *s, gs_error *error) {
    gs_halves h;
    double median;
    gs_status status = gs_halves_split(&h, p->draws, p->chains, p->n, GS_HALVES_ESS_MIN, error);
    bool known = !status && h.spread;
    if (known)
        status = gs_halves_rank(&h, &median, error);
    if (known && !status) {
        s->rhat_bulk = gs_halves_rhat(&h);
        status = gs_halves_ess(&h, &s->ess_bulk, error);
    }
    if (known && !status) {
        gs_halves_fold(&h, median);
        status = gs_halves_rank(&h, &median, error);
    }
    if (known && !status) {
        s->rhat_folded = gs_halves_rhat(&h);
        s->rhat = fmax(s->rhat_bulk, s->rhat_folded);
    }
    gs_halves_free(&h);
    return status;
}

/* ---- Public ---- */

static const gs_chain_summary unknown = {NAN, NAN, {NAN, NAN}, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};

/* Everything but the mean's own numbers needs draws that differ. */
static gs_status summarize(const pool *p, gs_chain_summary *s, gs_error *error) {
    s->mean = p->mean;
    s->sd = sqrt(p->second * (double)p->all / (double)(p->all - 1));
    s->median = gs_median(p->sorted, p->all);
    find_hdi(p, s->hdi);
    if (p->sorted[0] == p->sorted[p->all - 1])
        return GS_OK;
    gs_chain_quantile_info low, middle, high;
    gs_status status = gs_ess(p->draws, p->chains, p->n, &s->ess_mean, error);
    status = !status ? ess_of_squares(p, &s->ess_sd, error) : status;
    status = !status ? quantile_of(p, 0.05, &low, error) : status;
    status = !status ? quantile_of(p, 0.5, &middle, error) : status;
    status = !status ? quantile_of(p, 0.95, &high, error) : status;
    status = !status ? agreement_of(p, s, error) : status;
    if (status)
        return status;
    s->mcse_mean = s->sd / sqrt(s->ess_mean);
    s->mcse_sd = sqrt(fmax(p->fourth - p->second * p->second, 0) / s->ess_sd / p->second / 4);
    s->mcse_median = middle.mcse;
    s->ess_tail = fmin(low.ess, high.ess);
    return GS_OK;
}

gs_status gs_chain_summarize(const double *draws, size_t chains, size_t n, gs_chain_summary *summary, gs_error *error) {
    *summary = unknown;
    pool p;
    gs_status status = make_pool(&p, draws, chains, n, error);
    if (!status && p.finite)
        status = summarize(&p, summary, error);
    if (status)
        *summary = unknown;
    free_pool(&p);
    return status;
}

gs_status gs_chain_quantile(const double *draws, size_t chains, size_t n, double p, gs_chain_quantile_info *quantile,
                            gs_error *error) {
    *quantile = (gs_chain_quantile_info){NAN, NAN, NAN};
    if (!(p > 0 && p < 1))
        return gs_fail(error, GS_ERROR_ARGUMENT, "quantile %g: expected a number between 0 and 1", p);
    pool of;
    gs_status status = make_pool(&of, draws, chains, n, error);
    if (!status)
        status = quantile_of(&of, p, quantile, error);
    free_pool(&of);
    return status;
}

gs_status gs_chain_bfmi(const double *energy, size_t chains, size_t n, double *bfmi, gs_error *error) {
    if (chains < 1 || n < 2)
        return gs_fail(error, GS_ERROR_ARGUMENT, "%zu chain%s of %zu energies; at least 1 chain of 2 is needed", chains,
                       chains == 1 ? "" : "s", n);
    for (size_t k = 0; k < chains; k++) {
        const double *h = energy + k * n;
        double sum = 0, steps = 0, spread = 0;
        for (size_t i = 0; i < n; i++) {
            sum += h[i] - h[0];
            steps += i ? (h[i] - h[i - 1]) * (h[i] - h[i - 1]) : 0;
        }
        for (size_t i = 0; i < n; i++)
            spread += (h[i] - h[0] - sum / (double)n) * (h[i] - h[0] - sum / (double)n);
        bfmi[k] = spread > 0 && isfinite(spread) ? steps / spread : NAN;
    }
    return GS_OK;
}
