/* Judges chains by the record of their run, in numbers and in words. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "measure/halves.h"
#include "measure/stepping.h"

/* KEPT_MIN is needed for the drift, AGREEMENT_MIN for everything that compares halves of chains, since autocorrelations
 * need some draws.
 */
enum { KEPT_MIN = 4, AGREEMENT_MIN = 20, KEPT_MAX = 4096, CLASSES_MAX = 64, MOVING_CHAINS = 8, CHAINS_A_CLASS = 10 };
static const double same_energy = 1e-6, same_motion = 0.01;                    /* GS_FLAG_COLLAPSED */
static const double most_share = 0.5, most_times_even = 3, least_share = 0.01; /* GS_FLAG_CLASSES */
static const double moving_errors = 3, moving_deviations = 0.1;                /* GS_FLAG_MOVING */
static const double rhat_good = 1.01, rhat_bad = 1.1;                          /* Vehtari et al. 2021; Gelman 1992 */
static const double ess_enough = 400, acceptance_low = 0.1, deep_share = 0.05;

/* ---- Numbers ---- */

/* Mean and, with n - 1, standard deviation of values[at[i]], i from 0 to n - 1. */
static void moments(const float *values, const size_t *at, size_t n, double out[2]) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)values[at[i]];
    out[0] = n ? sum / (double)n : NAN;
    for (size_t i = 0; i < n; i++) {
        double difference = (double)values[at[i]] - out[0];
        squares += difference * difference;
    }
    out[1] = n ? sqrt(squares / (double)(n > 1 ? n - 1 : 1)) : NAN;
}

static gs_status check_record(const gs_record *record, gs_error *error) {
    if (record->steps < 1 || record->chains < 1) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "a record of %zu steps of %zu chains; at least 1 of each is needed",
                       record->steps, record->chains);
    }
    size_t taken = gs_record_taken(record);
    for (size_t i = 0; i < record->marks; i++) {
        if (record->mark[i] > taken || (i && record->mark[i] <= record->mark[i - 1])) {
            return gs_fail(error, GS_ERROR_ARGUMENT,
                           "mark %zu of the record is at step %zu; marks increase and are at most %zu", i,
                           record->mark[i], taken);
        }
    }
    if (record->burn_in >= taken && record->burn_in > 0)
        return gs_fail(error, GS_ERROR_ARGUMENT, "burn-in of %zu steps of %zu; expected fewer", record->burn_in, taken);
    if (record->marks && (record->classes < 1 || record->classes > CLASSES_MAX)) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "a record with %d classes; 1 to %d are counted", record->classes,
                       CLASSES_MAX);
    }
    return GS_OK;
}

/* The first step after which chain k has a value that is not finite; steps + 1 if there is none. */
static size_t first_divergence(const gs_record *record, size_t k) {
    for (size_t t = 0; t <= record->steps; t++) {
        size_t at = t * record->chains + k;
        if ((record->energy && !isfinite(record->energy[at])) || (record->gradient && !isfinite(record->gradient[at])))
            return t;
    }
    return record->steps + 1;
}

/* Lists the chains that stayed finite in `whole`; returns their number. */
static size_t find_whole(const gs_record *record, size_t *whole, gs_diagnosis *d) {
    size_t count = 0, first = record->steps + 1;
    for (size_t k = 0; k < record->chains; k++) {
        size_t t = first_divergence(record, k);
        if (t > record->steps)
            whole[count++] = k;
        first = t < first ? t : first;
    }
    d->diverged = record->chains - count;
    d->diverged_step = d->diverged ? gs_record_step(record, first) : 0;
    return count;
}

/* Mean change from the first to the second half of each chain's draws, its standard error, and the root mean variance
 * along the chains. */
static void measure_motion(const double *draws, size_t chains, size_t n, gs_diagnosis *d, double *along) {
    double sum = 0, squares = 0, variances = 0;
    size_t half = n / 2;
    for (size_t k = 0; k < chains; k++) {
        const double *x = draws + k * n;
        double early = 0, late = 0, mean = 0, variance = 0;
        for (size_t i = 0; i < n; i++) {
            early += i < half ? x[i] : 0;
            late += i >= n - half ? x[i] : 0;
            mean += x[i] / (double)n;
        }
        for (size_t i = 0; i < n; i++)
            variance += (x[i] - mean) * (x[i] - mean) / (double)(n - 1);
        double change = (late - early) / (double)half;
        sum += change;
        squares += change * change;
        variances += variance;
    }
    double m = (double)chains;
    d->drift = sum / m;
    d->drift_error = chains > 1 ? sqrt(fmax(squares / m - d->drift * d->drift, 0) / (m - 1)) : NAN;
    *along = sqrt(variances / m);
}

/* Of so many rows every *stride-th is kept; how many these are. */
static size_t kept_of(size_t rows, size_t *stride) {
    *stride = (rows + KEPT_MAX - 1) / KEPT_MAX;
    return rows < KEPT_MIN ? 0 : rows / *stride;
}

double gs_diagnose_bytes(size_t chains, size_t rows) {
    size_t stride, n = kept_of(rows, &stride);
    return (double)chains * (double)n * (double)(sizeof(double) + (n < AGREEMENT_MIN ? 0 : GS_SUMMARY_DRAW_BYTES));
}

/* Agreement, effective sample size and drift of what is left of the whole chains' energies. */
static gs_status measure_agreement(const gs_record *record, const size_t *whole, size_t count, gs_diagnosis *d,
                                   double *along, gs_error *error) {
    size_t stride, n = kept_of(record->steps - gs_record_left_out(record), &stride), all;
    if (!n || count == 0 || !record->energy)
        return GS_OK;
    double *draws = gs_mul_size(count, n, &all) ? gs_alloc(all, sizeof *draws) : NULL;
    if (!draws)
        return gs_fail_memory(error, "the energies of chains");
    for (size_t k = 0; k < count; k++) {
        for (size_t i = 0; i < n; i++) {
            size_t t = record->steps - (n - 1 - i) * stride;
            draws[k * n + i] = (double)record->energy[t * record->chains + whole[k]];
        }
    }
    d->kept = n;
    measure_motion(draws, count, n, d, along);
    bool enough = n >= AGREEMENT_MIN;
    gs_status status = enough ? gs_ess(draws, count, n, &d->ess, error) : GS_OK;
    if (enough && !status)
        status = gs_rhat(draws, count, n, &d->rhat, error);
    if (enough && !status)
        status = gs_chain_summarize(draws, count, n, &d->summary, error);
    gs_free(draws);
    return status;
}

static void measure_acceptance(const gs_record *record, const size_t *whole, size_t count, gs_diagnosis *d) {
    double sum = 0;
    d->acceptance = d->acceptance_range[0] = d->acceptance_range[1] = NAN;
    for (size_t i = 0; record->acceptance && i < count; i++) {
        const gs_step_sums s = gs_record_sums(record, whole[i]);
        double mean = s.acceptance / (double)s.steps;
        d->acceptance_range[0] = fmin(d->acceptance_range[0], mean);
        d->acceptance_range[1] = fmax(d->acceptance_range[1], mean);
        sum += mean;
    }
    if (record->acceptance && count)
        d->acceptance = sum / (double)count;
}

static void measure_classes(const gs_record *record, gs_diagnosis *d) {
    d->largest = d->smallest = -1;
    d->largest_share = d->smallest_share = NAN;
    if (record->marks == 0)
        return;
    const double *share = record->shares + (record->marks - 1) * (size_t)record->classes;
    d->largest = d->smallest = 0;
    for (int i = 1; i < record->classes; i++) {
        d->largest = share[i] > share[d->largest] ? i : d->largest;
        d->smallest = share[i] < share[d->smallest] ? i : d->smallest;
    }
    d->largest_share = share[d->largest];
    d->smallest_share = share[d->smallest];
}

/* ---- Flags ---- */

static bool collapsed(const gs_diagnosis *d, size_t whole, double along) {
    double spread = d->energy_last[1];
    return whole > 1 && (spread <= same_energy * fabs(d->energy_last[0]) || spread < same_motion * along);
}

/* These minimum numbers of chains rule out chance: of ten equal classes, one exceeds half of 10 chains, or stays below
 * 1 % of 100, in fewer than 4 runs of 1000. */
static bool uneven(const gs_record *record, const gs_diagnosis *d) {
    if (d->largest < 0)
        return false;
    double even = 1.0 / record->classes, most = fmax(most_share, most_times_even * even);
    bool much = record->chains >= CHAINS_A_CLASS && d->largest_share > most;
    bool little = record->chains >= CHAINS_A_CLASS * (size_t)record->classes && d->smallest_share < least_share;
    return much || little;
}

/* Student's t of a steady energy is beyond 3 in 2 % of runs of 8 chains, and in 0.4 % of runs of 64. */
static bool moving(const gs_diagnosis *d, size_t whole) {
    return whole >= MOVING_CHAINS && fabs(d->drift) > moving_errors * d->drift_error &&
           fabs(d->drift) > moving_deviations * d->energy_last[1];
}

static unsigned raise_flags(const gs_record *record, const gs_diagnosis *d, size_t whole, double along) {
    unsigned flags = d->diverged ? GS_FLAG_DIVERGED : 0;
    flags |= collapsed(d, whole, along) ? GS_FLAG_COLLAPSED : 0;
    flags |= uneven(record, d) ? GS_FLAG_CLASSES : 0;
    flags |= moving(d, whole) ? GS_FLAG_MOVING : 0;
    flags |= d->rhat > rhat_good ? GS_FLAG_DISAGREE : 0;
    flags |= fmin(d->summary.ess_bulk, d->summary.ess_tail) < ess_enough ? GS_FLAG_FEW : 0;
    flags |= d->acceptance < acceptance_low ? GS_FLAG_REJECTED : 0;
    flags |= record->energy && d->kept < AGREEMENT_MIN && whole ? GS_FLAG_SHORT : 0;
    flags |= d->divergences ? GS_FLAG_DIVERGENT : 0;
    flags |= d->bfmi_chains ? GS_FLAG_ENERGY : 0;
    flags |= d->deepest > deep_share ? GS_FLAG_DEPTH : 0;
    return flags;
}

gs_status gs_diagnose(const gs_record *record, gs_diagnosis *diagnosis, gs_error *error) {
    gs_diagnosis *d = diagnosis;
    *d = (gs_diagnosis){.chains = record->chains, .burn_in = record->burn_in};
    d->ess = d->rhat = d->drift = d->drift_error = NAN;
    d->energy_first[0] = d->energy_first[1] = d->energy_last[0] = d->energy_last[1] = NAN;
    d->gradient_first = d->gradient_last = NAN;
    gs_chain_summarize(NULL, 0, 0, &d->summary, NULL); /* refused, so that all is NaN */
    gs_status status = check_record(record, error);
    if (status)
        return status;
    d->steps = gs_record_taken(record);
    size_t *whole = gs_alloc(record->chains, sizeof *whole), last = record->steps * record->chains;
    if (!whole)
        return gs_fail_memory(error, "the record of chains");
    size_t count = find_whole(record, whole, d);
    double along = NAN, norms[2];
    if (record->energy) {
        moments(record->energy, whole, count, d->energy_first);
        moments(record->energy + last, whole, count, d->energy_last);
    }
    if (record->gradient) {
        moments(record->gradient, whole, count, norms);
        d->gradient_first = norms[0];
        moments(record->gradient + last, whole, count, norms);
        d->gradient_last = norms[0];
    }
    measure_acceptance(record, whole, count, d);
    measure_classes(record, d);
    status = measure_agreement(record, whole, count, d, &along, error);
    gs_stepping_measure(record, d);
    d->flags = raise_flags(record, d, count, along);
    gs_free(whole);
    return status;
}

/* ---- Words ---- */

static void describe_classes(const gs_diagnosis *d, char *text, size_t size) {
    int used = 0;
    if (d->largest_share > most_share)
        used = snprintf(text, size, "%.0f %% of the chains ended in class %d", 100 * d->largest_share, d->largest);
    else
        used = snprintf(text, size, "class %d has %.1f %% of the chains", d->smallest, 100 * d->smallest_share);
    if (used >= 0 && (size_t)used < size) {
        snprintf(
            text + used, size - (size_t)used,
            ": they do not cover the model's modes; start at a higher noise level, or run longer from fresh noise");
    }
}

static void describe_stepping(const gs_diagnosis *d, gs_flag flag, char *text, size_t size) {
    if (flag == GS_FLAG_DIVERGENT) {
        snprintf(
            text, size,
            "%zu step%s of %zu chain%s after burn-in %s divergent: the integrator left the path, so that narrow parts "
            "of the distribution are missing; raise --target towards 0.99 or lower the step size, and if that does "
            "not help write the model in other variables",
            d->divergences, d->divergences == 1 ? "" : "s", d->divergent_chains, d->divergent_chains == 1 ? "" : "s",
            d->divergences == 1 ? "is" : "are");
    } else if (flag == GS_FLAG_ENERGY) {
        snprintf(text, size,
                 "E-BFMI %.2g of %zu chain%s is below 0.3: momenta change the energy too little to explore its heavy "
                 "tails; take many more steps, or write the model in other variables",
                 d->bfmi, d->bfmi_chains, d->bfmi_chains == 1 ? "" : "s");
    } else {
        snprintf(
            text, size,
            "%.3g %% of the trees ended at the largest depth: paths are cut off, which costs time but is not wrong; "
            "raise --max-depth, or adapt the mass",
            100 * d->deepest);
    }
}

static void describe(const gs_diagnosis *d, gs_flag flag, char *text, size_t size) {
    switch (flag) {
    case GS_FLAG_DIVERGED:
        snprintf(
            text, size,
            "%zu of %zu chain%s diverged, the first at step %zu, where its energy or gradient is not finite; lower "
            "the step size, or clip the gradients as the model was trained with",
            d->diverged, d->chains, d->chains == 1 ? "" : "s", d->diverged_step);
        return;
    case GS_FLAG_COLLAPSED:
        snprintf(text, size,
                 "the chains collapsed: at the last step their energies differ by only %.2g around %.6g; start them in "
                 "different states, and see that each step adds noise",
                 d->energy_last[1], d->energy_last[0]);
        return;
    case GS_FLAG_CLASSES:
        describe_classes(d, text, size);
        return;
    case GS_FLAG_MOVING:
        snprintf(text, size,
                 "the energy still %s, by %.3g from the third quarter of the steps to the fourth: burn-in has not "
                 "ended; take more steps",
                 d->drift < 0 ? "falls" : "rises", fabs(d->drift));
        return;
    case GS_FLAG_DISAGREE:
        snprintf(text, size,
                 d->rhat > rhat_bad
                     ? "the chains disagree strongly: R-hat %.4g is above 1.1; each keeps to a region of its own, so "
                       "together they are no sample of the model; take many more steps, or anneal the noise level"
                     : "the chains disagree: R-hat %.4g is above 1.01, so no chain has seen the whole distribution "
                       "yet; take "
                       "more steps before trusting what one of them says",
                 d->rhat);
        return;
    case GS_FLAG_FEW:
        snprintf(
            text, size,
            "the effective sample size of the energy's %s, %.3g, is below 400, of %zu draws of each of %zu chain%s: "
            "take more steps, more chains, or larger steps",
            d->summary.ess_bulk <= d->summary.ess_tail ? "bulk" : "tail",
            fmin(d->summary.ess_bulk, d->summary.ess_tail), d->kept, d->chains - d->diverged,
            d->chains - d->diverged == 1 ? "" : "s");
        return;
    case GS_FLAG_REJECTED:
        snprintf(text, size, "%.2g %% of the proposals are accepted, the chains hardly move; lower the step size",
                 100 * d->acceptance);
        return;
    case GS_FLAG_SHORT:
        snprintf(text, size,
                 "too few steps (%zu) to tell whether the chains agree; %zu are needed, and hundreds are better",
                 d->steps, d->burn_in ? d->burn_in + AGREEMENT_MIN : 2 * AGREEMENT_MIN - 1);
        return;
    default:
        describe_stepping(d, flag, text, size);
    }
}

bool gs_diagnosis_warning(const gs_diagnosis *diagnosis, int i, char *text, size_t size) {
    for (unsigned flag = GS_FLAG_DIVERGED; flag <= GS_FLAG_DEPTH; flag <<= 1) {
        if (!(diagnosis->flags & flag) || i-- > 0)
            continue;
        describe(diagnosis, (gs_flag)flag, text, size);
        return true;
    }
    return false;
}
