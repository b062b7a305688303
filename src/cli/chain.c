/* Reports how chains at one noise level went. */
#include <math.h>
#include <string.h>

#include "cli/run.h"

/* Means and extremes over the finished chains, for samplers that accept or reject and adapt. */
typedef struct acceptance {
    double rate, rate_low, rate_high, step, step_low, step_high;
} acceptance;

static acceptance accepted(const gs_run *run) {
    const double *rate = run->trace.rate, *step = run->trace.step_size;
    acceptance a = {.rate_low = rate[0], .rate_high = rate[0], .step_low = step[0], .step_high = step[0]};
    for (size_t i = 0; i < run->done; i++) {
        a.rate += rate[i] / (double)run->done;
        a.step += step[i] / (double)run->done;
        a.rate_low = fmin(a.rate_low, rate[i]);
        a.rate_high = fmax(a.rate_high, rate[i]);
        a.step_low = fmin(a.step_low, step[i]);
        a.step_high = fmax(a.step_high, step[i]);
    }
    return a;
}

json_t *gs_run_acceptance_json(const gs_run *run) {
    acceptance a = accepted(run);
    return json_pack("{s: f, s: [f, f], s: f, s: [f, f]}", "rate", a.rate, "rates", a.rate_low, a.rate_high,
                     "step_size", a.step, "step_sizes", a.step_low, a.step_high);
}

void gs_run_report_chains(const gs_run *run, FILE *out) {
    const gs_sample_options *o = &run->options;
    fprintf(out, "temperature %.4g", gs_run_temperature(run));
    if (gs_run_reads(run, GS_SETTING_NOISE)) {
        fprintf(out, ": step size %g, noise %g\n", o->step_size, o->noise > 0 ? o->noise : 0);
        return;
    }
    acceptance a = accepted(run);
    int burn_in = o->burn_in > 0 ? o->burn_in : 0;
    fprintf(out,
            "; after %d step%s of burn-in: acceptance %.1f %% (chains %.1f - %.1f %%), step size %.4g (%.4g - %.4g)\n",
            burn_in, burn_in == 1 ? "" : "s", 100 * a.rate, 100 * a.rate_low, 100 * a.rate_high, a.step, a.step_low,
            a.step_high);
}
