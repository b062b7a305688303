#include "cli/traced.h"

#include <math.h>
#include <string.h>

#include "base/machine.h"
#include "cli/diagnose.h"
#include "cli/settings.h"
#include "io/output.h"
#include "measure/judge.h"
#include "sample/samplers.h"

/* States are stored at about ten steps if no trajectory is asked for. */
enum { MARKS = 10 };

bool gs_traced_is_wanted(const gs_arguments *arguments) {
    return arguments->diagnose || arguments->plot;
}

/* ---- Preparing ---- */

gs_status gs_traced_check(gs_setup *setup, gs_error *error) {
    const gs_arguments *a = setup->arguments;
    if (!gs_traced_is_wanted(a))
        return GS_OK;
    int steps = gs_sample_trace_steps(&setup->options);
    if (steps == 0) {
        char names[200];
        gs_sampler_list_staying(names, sizeof names);
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--%s: chains of %s pass through noise levels; expected --sampler %s, whose steps are at one",
                       a->plot ? "plot" : "diagnose", setup->options.sampler, names);
    }
    if (gs_result_has_states(a) && !a->trajectory)
        setup->options.every = (steps + MARKS - 1) / MARKS;
    return a->plot ? gs_arguments_check_svg(a, "--plot", a->plot, error) : GS_OK;
}

gs_status gs_traced_allocate(gs_traced *traced, gs_setup *setup, size_t n, gs_error *error) {
    gs_trace *trace = &traced->trace;
    bool adapts = gs_settings_read_by(&setup->options, GS_SETTING_TARGET), ready = true;
    bool is_wanted = gs_traced_is_wanted(setup->arguments);
    if (adapts || is_wanted)
        setup->options.trace = trace;
    if (adapts) {
        trace->rate = gs_alloc(n, sizeof *trace->rate);
        trace->step_size = gs_alloc(n, sizeof *trace->step_size);
        ready = trace->rate && trace->step_size;
    }
    if (is_wanted) {
        size_t row = n * sizeof(float), steps = (size_t)gs_sample_trace_steps(&setup->options);
        if (3 * (double)(steps + 1) * (double)row > gs_machine_bytes()) {
            return gs_fail(error, GS_ERROR_MEMORY,
                           "-n: the energies of %zu chains over %zu steps do not fit into memory", n, steps);
        }
        trace->energy = gs_alloc(steps + 1, row);
        trace->gradient_norm = gs_alloc(steps + 1, row);
        trace->acceptance = adapts ? gs_alloc(steps, row) : NULL;
        ready = ready && trace->energy && trace->gradient_norm && (trace->acceptance || !adapts);
    }
    return ready ? GS_OK : gs_fail_memory(error, "what is recorded of the chains");
}

/* ---- The diagnosis ---- */

/* The judge's class shares at the stored states. */
static gs_status count_classes(gs_traced *traced, const gs_setup *setup, const gs_result *result,
                               const gs_network *judge, int count, gs_error *error) {
    size_t states = (size_t)result->levels;
    traced->mark = gs_alloc(states, sizeof *traced->mark);
    traced->shares = gs_alloc(states * (size_t)count, sizeof *traced->shares);
    int *classes = gs_alloc(result->done, sizeof *classes);
    gs_status status =
        traced->mark && traced->shares && classes ? GS_OK : gs_fail_memory(error, "the classes of the states");
    for (size_t i = 0; i < states && !status; i++) {
        traced->mark[i] = (size_t)gs_result_step(result, setup, (int)i);
        status = gs_result_classify(result, setup, judge, (int)i, classes, error);
        for (size_t k = 0; k < result->done && !status; k++)
            if (classes[k] >= 0)
                traced->shares[i * (size_t)count + (size_t)classes[k]] += 1 / (double)result->done;
    }
    gs_free(classes);
    return status;
}

/* Leave out the chains that an interruption cut. */
static void close_up(gs_trace *trace, size_t steps, const gs_result *result) {
    gs_close_up(trace->energy, steps + 1, result->n, result->done);
    gs_close_up(trace->gradient_norm, steps + 1, result->n, result->done);
    gs_close_up(trace->acceptance, steps, result->n, result->done);
}

static gs_status plot(const gs_traced *traced, const gs_setup *setup, size_t n, gs_error *error) {
    char title[160];
    snprintf(title, sizeof title, "%s, %s, %zu chain%s", setup->networks.info->name, setup->options.sampler, n,
             n == 1 ? "" : "s");
    return gs_diagnosis_plot(&traced->record, &traced->diagnosis, title, setup->arguments->plot, error);
}

gs_status gs_traced_diagnose(gs_traced *traced, const gs_setup *setup, const gs_result *result, const gs_network *judge,
                             gs_error *error) {
    gs_trace *trace = &traced->trace;
    size_t steps = (size_t)gs_sample_trace_steps(&setup->options);
    /* labels choose the chains' classes */
    int classes = judge->plan && !setup->labels.of_chain ? gs_judge_classes(gs_model_get_info(judge->model)) : 0;
    close_up(trace, steps, result);
    gs_status status = classes ? count_classes(traced, setup, result, judge, classes, error) : GS_OK;
    if (status)
        return status;
    traced->record = (gs_record){.steps = steps,
                                 .chains = result->done,
                                 .energy = gs_networks_have_energy(&setup->networks) ? trace->energy : NULL,
                                 .gradient = trace->gradient_norm,
                                 .acceptance = trace->acceptance,
                                 .marks = classes ? (size_t)result->levels : 0,
                                 .mark = traced->mark,
                                 .classes = classes,
                                 .shares = traced->shares};
    status = gs_diagnose(&traced->record, &traced->diagnosis, error);
    return !status && setup->arguments->plot ? plot(traced, setup, result->done, error) : status;
}

/* ---- Acceptance ---- */

/* Means and extremes over chains. */
typedef struct acceptance {
    double rate, rate_low, rate_high, step, step_low, step_high;
} acceptance;

static acceptance accepted(const gs_trace *trace, size_t n) {
    const double *rate = trace->rate, *step = trace->step_size;
    acceptance a = {.rate_low = rate[0], .rate_high = rate[0], .step_low = step[0], .step_high = step[0]};
    for (size_t i = 0; i < n; i++) {
        a.rate += rate[i] / (double)n;
        a.step += step[i] / (double)n;
        a.rate_low = fmin(a.rate_low, rate[i]);
        a.rate_high = fmax(a.rate_high, rate[i]);
        a.step_low = fmin(a.step_low, step[i]);
        a.step_high = fmax(a.step_high, step[i]);
    }
    return a;
}

json_t *gs_traced_acceptance_json(const gs_traced *traced, size_t n) {
    if (!traced->trace.rate)
        return NULL;
    acceptance a = accepted(&traced->trace, n);
    return json_pack("{s: f, s: [f, f], s: f, s: [f, f]}", "rate", a.rate, "rates", a.rate_low, a.rate_high,
                     "step_size", a.step, "step_sizes", a.step_low, a.step_high);
}

void gs_traced_report(const gs_traced *traced, const gs_sample_options *o, size_t n, FILE *out) {
    fprintf(out, "temperature %.4g", gs_settings_temperature(o));
    if (gs_settings_read_by(o, GS_SETTING_NOISE)) {
        fprintf(out, ": step size %g, noise %g\n", o->step_size, o->noise > 0 ? o->noise : 0);
        return;
    }
    acceptance a = accepted(&traced->trace, n);
    int burn_in = o->burn_in > 0 ? o->burn_in : 0;
    fprintf(out,
            "; after %d step%s of burn-in: acceptance %.1f %% (chains %.1f - %.1f %%), step size %.4g (%.4g - %.4g)\n",
            burn_in, burn_in == 1 ? "" : "s", 100 * a.rate, 100 * a.rate_low, 100 * a.rate_high, a.step, a.step_low,
            a.step_high);
}

void gs_traced_free(gs_traced *traced) {
    gs_free(traced->trace.energy);
    gs_free(traced->trace.gradient_norm);
    gs_free(traced->trace.acceptance);
    gs_free(traced->trace.rate);
    gs_free(traced->trace.step_size);
    gs_free(traced->mark);
    gs_free(traced->shares);
    *traced = (gs_traced){0};
}
