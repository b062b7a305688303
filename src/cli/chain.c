/* Settings of chains at one noise level, and what became of them. */
#include <math.h>
#include <string.h>

#include "cli/run.h"
#include "cli/words.h"

/* What -1 stands for is 0 to people. */
static double none_as_0(double v) {
    return v > 0 ? v : 0;
}

/* Of chains of langevin, as its step size goes to 0; of the others what they are told. */
static double temperature(const gs_run *run) {
    const gs_sample_options *o = &run->options;
    double noise = none_as_0(o->noise);
    return gs_run_reads(run, "noise") ? noise * noise / (2 * o->step_size) : o->temperature;
}

/* Settings of chains at one noise level. */
void gs_run_put_chain_settings(const gs_run *run, json_t *object) {
    const gs_sample_options *o = &run->options;
    const struct {
        const char *name, *key;
        json_t *value;
    } settings[] = {{"step-size", "step_size", json_real(o->step_size)},
                    {"noise", "noise", json_real(none_as_0(o->noise))},
                    {"noise-first", "noise_first", json_boolean(o->noise_first > 0)},
                    {"clip", "clip", json_real(none_as_0(o->clip))},
                    {"step-size", "temperature", json_real(temperature(run))},
                    {"clamp", "clamp", json_boolean(o->clamp > 0)},
                    {"leapfrog", "leapfrog", json_integer(o->leapfrog)},
                    {"burn-in", "burn_in", json_integer(o->burn_in > 0 ? o->burn_in : 0)},
                    {"target", "target", json_real(o->target)},
                    {"every", "every", json_integer(o->every)}};
    for (size_t i = 0; i < GS_COUNT(settings); i++) {
        bool drawn = strcmp(settings[i].name, "every") || run->arguments->trajectory;
        if (drawn && gs_run_reads(run, settings[i].name)) {
            json_object_set(object, settings[i].key, settings[i].value);
        }
        json_decref(settings[i].value);
    }
}

void gs_run_put_chain_options(const gs_run *run, FILE *out) {
    const gs_sample_options *o = &run->options;
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"step-size", o->step_size},  {"noise", none_as_0(o->noise)},
                   {"clip", none_as_0(o->clip)}, {"temperature", o->temperature},
                   {"leapfrog", o->leapfrog},    {"burn-in", none_as_0(o->burn_in)},
                   {"target", o->target}};
    const struct {
        const char *name;
        int value;
    } choices[] = {{"noise-first", o->noise_first}, {"clamp", o->clamp}};
    char text[32];
    const char *prefix = run->arguments->command == GS_DENOISE ? "chain-" : ""; /* there --noise is of the images */
    for (size_t i = 0; i < GS_COUNT(numbers); i++) {
        if (gs_run_reads(run, numbers[i].name)) {
            fprintf(out, " --%s%s %s", strcmp(numbers[i].name, "noise") ? "" : prefix, numbers[i].name,
                    gs_shortest(numbers[i].value, text));
        }
    }
    for (size_t i = 0; i < GS_COUNT(choices); i++) {
        if (gs_run_reads(run, choices[i].name)) {
            fprintf(out, " --%s %s", choices[i].name, choices[i].value > 0 ? "yes" : "no");
        }
    }
    if (run->arguments->trajectory && gs_run_reads(run, "every")) {
        fprintf(out, " --every %d", o->every);
    }
}

/* Means and extremes over the finished chains, for samplers that accept and adapt. */
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
    fprintf(out, "temperature %.4g", temperature(run));
    if (gs_run_reads(run, "noise")) {
        fprintf(out, ": step size %g, noise %g\n", o->step_size, none_as_0(o->noise));
        return;
    }
    acceptance a = accepted(run);
    int burn_in = o->burn_in > 0 ? o->burn_in : 0;
    fprintf(out,
            "; after %d steps of burn-in: acceptance %.1f %% (chains %.1f - %.1f %%), step size %.4g (%.4g - %.4g)\n",
            burn_in, 100 * a.rate, 100 * a.rate_low, 100 * a.rate_high, a.step, a.step_low, a.step_high);
}
