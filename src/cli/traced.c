#include "cli/traced.h"

#include <math.h>

#include "app/words.h"
#include "cli/diagnose.h"
#include "cli/settings.h"
#include "io/output.h"
#include "measure/judge.h"
#include "measure/stepping.h"
#include "sample/samplers.h"

/* States are stored at about ten steps if no trajectory is asked for. */
enum { MARKS = 10 };

bool gs_traced_is_wanted(const gs_arguments *arguments) {
    return arguments->diagnose || arguments->plot;
}

/* ---- Preparing ---- */

gs_status gs_traced_check(gs_setup *setup, gs_error *error) {
    const gs_arguments *a = setup->arguments;
    if (gs_settings_read_by(&setup->options, GS_SETTING_LABEL_STEPS) && a->given[GS_OPTION_LABEL])
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--label: the sampler %s draws the labels, too: leave --label out, or choose another sampler",
                       setup->options.sampler);
    if (!gs_traced_is_wanted(a))
        return GS_OK;
    int steps = gs_sample_trace_steps(&setup->options);
    gs_status status = gs_settings_check_alike(&setup->options, a->plot ? "--plot" : "--diagnose", error);
    if (status)
        return status;
    if (gs_result_has_states(a) && !a->trajectory)
        setup->options.every = (steps + MARKS - 1) / MARKS;
    return a->plot ? gs_arguments_check_svg(a, "--plot", a->plot, error) : GS_OK;
}

/* Of unfinished chains nothing is told. */
static bool watch(void *context, const gs_step_view *view) {
    gs_traced *traced = context;
    if (traced->followed.values) {
        gs_followed_watch(&traced->followed, view);
        gs_recorded_watch(&traced->recorded, view);
    }
    return traced->kept.file ? gs_kept_watch(&traced->kept, view) : true;
}

void gs_traced_watch(gs_traced *traced, gs_setup *setup) {
    if (!traced->followed.values && !traced->kept.file)
        return;
    setup->options.watch = watch;
    setup->options.watch_context = traced;
}

gs_status gs_traced_allocate(gs_traced *traced, gs_setup *setup, size_t n, gs_error *error) {
    gs_trace *trace = &traced->trace;
    bool ready = true;
    bool adapts = gs_settings_read_by(&setup->options, GS_SETTING_BURN_IN);
    bool is_wanted = gs_traced_is_wanted(setup->arguments);
    bool is_kept = gs_output_is_chains(setup->arguments);
    if (adapts)
        setup->options.trace = trace;
    if (gs_settings_read_by(&setup->options, GS_SETTING_LABEL_STEPS) && setup->networks.classes) {
        gs_labels *labels = &setup->labels;
        labels->of_chain = labels->of_chain ? labels->of_chain : gs_alloc(n, sizeof *labels->of_chain);
        trace->label = labels->of_chain;
        ready = trace->label != NULL;
    }
    if (gs_settings_read_by(&setup->options, GS_SETTING_REPLICAS)) {
        traced->chains = n;
        trace->exchange = gs_alloc((size_t)setup->options.replicas - 1, n * sizeof *trace->exchange);
        ready = ready && trace->exchange;
    }
    if (adapts) {
        trace->rate = gs_alloc(n, sizeof *trace->rate);
        trace->step_size = gs_alloc(n, sizeof *trace->step_size);
        ready = ready && trace->rate && trace->step_size;
    }
    if (is_kept && gs_settings_read_by(&setup->options, GS_SETTING_TARGET)) {
        traced->stats.inverse_mass = gs_alloc(n, setup->networks.pixels * sizeof *traced->stats.inverse_mass);
        setup->options.stats = &traced->stats;
        ready = ready && traced->stats.inverse_mass;
    }
    gs_status status = is_wanted ? gs_followed_open(&traced->followed, setup, n, error) : GS_OK;
    if (!status && is_wanted)
        status = gs_recorded_open(&traced->recorded, setup, n, error);
    if (status)
        return status;
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

static gs_status draw(const gs_traced *traced, const gs_setup *setup, size_t n, gs_error *error) {
    char title[160];
    snprintf(title, sizeof title, "%s, %s, %zu chain%s", setup->networks.info->name, setup->options.sampler, n,
             n == 1 ? "" : "s");
    return gs_diagnosis_plot(&traced->record, &traced->diagnosis, &traced->followed, title, setup->arguments->plot,
                             error);
}

double gs_traced_diagnose_bytes(const gs_traced *traced, const gs_setup *setup) {
    const gs_recorded *r = &traced->recorded;
    double energies = gs_networks_have_energy(&setup->networks) ? gs_diagnose_bytes(r->chains, r->part[1].rows) : 0;
    return fmax(energies, gs_followed_bytes(&traced->followed));
}

gs_status gs_traced_diagnose(gs_traced *traced, const gs_setup *setup, const gs_result *result, const gs_network *judge,
                             gs_error *error) {
    /* labels choose the chains' classes */
    int classes = judge->plan && !setup->labels.of_chain ? gs_judge_classes(gs_model_get_info(judge->model)) : 0;
    gs_status status = classes ? count_classes(traced, setup, result, judge, classes, error) : GS_OK;
    if (status)
        return status;
    traced->record = gs_recorded_get(&traced->recorded, setup, result->done);
    traced->record.marks = classes ? (size_t)result->levels : 0;
    traced->record.mark = traced->mark;
    traced->record.classes = classes;
    traced->record.shares = traced->shares;
    status = gs_diagnose(&traced->record, &traced->diagnosis, error);
    if (!status)
        status = gs_followed_summarize(&traced->followed, result->done, error);
    return !status && setup->arguments->plot ? draw(traced, setup, result->done, error) : status;
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

/* Mean over chains of the exchanges of replicas r and r + 1; NaN where there was no try. */
static double exchanged(const gs_traced *traced, size_t r, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += traced->trace.exchange[r * traced->chains + i];
    return sum / (double)n;
}

json_t *gs_traced_acceptance_json(const gs_traced *traced, const gs_sample_options *o, size_t n) {
    if (!traced->trace.rate)
        return NULL;
    acceptance a = accepted(&traced->trace, n);
    json_t *object = json_object();
    if (gs_settings_read_by(o, GS_SETTING_TARGET)) {
        json_object_set_new(object, "rate", json_real(a.rate));
        json_object_set_new(object, "rates", json_pack("[f, f]", a.rate_low, a.rate_high));
    }
    json_object_set_new(object, "step_size", json_real(a.step));
    json_object_set_new(object, "step_sizes", json_pack("[f, f]", a.step_low, a.step_high));
    if (!traced->trace.exchange)
        return object;
    json_t *pairs = json_array();
    for (int r = 0; r + 1 < o->replicas; r++)
        json_array_append_new(pairs, gs_real_json(exchanged(traced, (size_t)r, n)));
    json_object_set_new(object, "exchange", pairs);
    return object;
}

static void put_exchange(const gs_traced *traced, const gs_sample_options *o, size_t n, FILE *out) {
    fputs("exchanges of neighbouring replicas, in %:", out);
    for (int r = 0; r + 1 < o->replicas; r++) {
        double share = exchanged(traced, (size_t)r, n);
        if (isfinite(share))
            fprintf(out, " %.0f", 100 * share);
        else
            fputs(" -", out);
    }
    fputc('\n', out);
}

void gs_traced_report(const gs_traced *traced, const gs_sample_options *o, size_t n, bool exactly, FILE *out) {
    fprintf(out, "temperature %.4g", gs_settings_temperature(o));
    if (!traced->trace.rate) { /* nothing is adapted */
        fprintf(out, ": step size %g", o->step_size);
        if (gs_settings_read_by(o, GS_SETTING_NOISE))
            fprintf(out, ", noise %g", o->noise > 0 ? o->noise : 0);
        if (gs_settings_read_by(o, GS_SETTING_FRICTION))
            fprintf(out, ", friction %g", o->friction);
        fputc('\n', out);
        return;
    }
    acceptance a = accepted(&traced->trace, n);
    int burn_in = o->burn_in > 0 ? o->burn_in : 0;
    fprintf(out, "; after %d step%s of burn-in: ", burn_in, burn_in == 1 ? "" : "s");
    if (gs_settings_read_by(o, GS_SETTING_TARGET))
        fprintf(out, "acceptance %.1f %%%s (chains %.1f - %.1f %%), ", 100 * a.rate,
                exactly ? " by energies in f32" : "", 100 * a.rate_low, 100 * a.rate_high);
    fprintf(out, "step size %.4g (%.4g - %.4g)\n", a.step, a.step_low, a.step_high);
    if (traced->trace.exchange)
        put_exchange(traced, o, n, out);
}

void gs_traced_free(gs_traced *traced) {
    gs_free(traced->trace.rate);
    gs_free(traced->trace.step_size);
    gs_free(traced->trace.exchange);
    gs_free(traced->stats.inverse_mass);
    gs_recorded_free(&traced->recorded);
    gs_followed_free(&traced->followed);
    gs_kept_free(&traced->kept);
    gs_free(traced->mark);
    gs_free(traced->shares);
    *traced = (gs_traced){0};
}
