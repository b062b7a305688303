/* --diagnose and --plot: what is recorded of chains, and what is reported about it. */
#include <string.h>
#include <strings.h>

#include "base/machine.h"
#include "cli/diagnose.h"
#include "cli/run.h"
#include "io/place.h"
#include "measure/judge.h"
#include "sample/samplers.h"

bool gs_run_diagnoses(const gs_run *run) {
    return run->arguments->diagnose || run->arguments->plot;
}

bool gs_run_stores_states(const gs_run *run) {
    return run->arguments->trajectory || (gs_run_diagnoses(run) && run->arguments->quality);
}

/* States are stored at about ten steps if no trajectory is asked for. */
enum { MARKS = 10 };

gs_status gs_run_check_trace(gs_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    if (!gs_run_diagnoses(run))
        return GS_OK;
    const char *option = a->plot ? "plot" : "diagnose";
    int steps = gs_sample_trace_steps(&run->options);
    if (steps == 0) {
        char names[200];
        gs_sampler_list_staying(names, sizeof names);
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--%s: chains of %s pass through noise levels; expected --sampler %s, whose steps are at one",
                       option, run->options.sampler, names);
    }
    if (gs_run_stores_states(run) && !a->trajectory)
        run->options.every = (steps + MARKS - 1) / MARKS;
    if (!a->plot)
        return GS_OK;
    const char *dot = strrchr(a->plot, '.');
    bool to_stdout = gs_output_is_stdout(a->plot);
    if (!to_stdout && (!dot || strcasecmp(dot, ".svg")))
        return gs_fail(error, GS_ERROR_ARGUMENT, "--plot: %s: expected a name that ends in .svg", a->plot);
    if ((to_stdout && gs_output_is_stdout(a->out)) || gs_place_same(a->plot, a->out))
        return gs_fail(error, GS_ERROR_ARGUMENT, "--plot: %s: --out goes there; give each its own name",
                       gs_output_label(a->plot));
    return gs_output_check(a->plot, GS_FORMAT_TEXT, 0, error);
}

gs_status gs_run_allocate_trace(gs_run *run, gs_error *error) {
    bool adapts = gs_run_reads(run, GS_SETTING_TARGET), diagnoses = gs_run_diagnoses(run), ready = true;
    if (adapts || diagnoses)
        run->options.trace = &run->trace;
    if (adapts) {
        run->trace.rate = gs_alloc(run->n, sizeof *run->trace.rate);
        run->trace.step_size = gs_alloc(run->n, sizeof *run->trace.step_size);
        ready = run->trace.rate && run->trace.step_size;
    }
    if (diagnoses) {
        size_t row = run->n * sizeof(float), steps = (size_t)gs_sample_trace_steps(&run->options);
        if (3 * (double)(steps + 1) * (double)row > gs_machine_bytes()) {
            return gs_fail(error, GS_ERROR_MEMORY,
                           "-n: the energies of %zu chains over %zu steps do not fit into memory", run->n, steps);
        }
        run->trace.energy = gs_alloc(steps + 1, row);
        run->trace.gradient_norm = gs_alloc(steps + 1, row);
        run->trace.acceptance = adapts ? gs_alloc(steps, row) : NULL;
        ready = ready && run->trace.energy && run->trace.gradient_norm && (run->trace.acceptance || !adapts);
    }
    return ready ? GS_OK : gs_fail_memory(error, "what is recorded of the chains");
}

bool gs_run_has_energy(const gs_run *run) {
    bool all = run->info->kind == GS_KIND_ENERGY;
    for (int k = 0; k < run->options.term_count; k++)
        all = all && gs_model_get_info(run->factors[k].model)->kind == GS_KIND_ENERGY;
    return all;
}

void gs_run_free_trace(gs_run *run) {
    gs_free(run->trace.energy);
    gs_free(run->trace.gradient_norm);
    gs_free(run->trace.acceptance);
    gs_free(run->trace.rate);
    gs_free(run->trace.step_size);
    gs_free(run->mark);
    gs_free(run->shares);
}

void gs_run_close_up(float *rows, size_t count, size_t from, size_t to) {
    for (size_t i = 1; rows && i < count; i++)
        memmove(rows + i * to, rows + i * from, to * sizeof *rows);
}

/* The judge's class shares at the stored states, unless the chains' classes were chosen by labels. */
static gs_status count_classes(gs_run *run, gs_error *error) {
    size_t states = (size_t)run->levels;
    run->classes_judged = gs_judge_classes(gs_model_get_info(run->judge_model));
    run->mark = gs_alloc(states, sizeof *run->mark);
    run->shares = gs_alloc(states * (size_t)run->classes_judged, sizeof *run->shares);
    int *classes = gs_alloc(run->done, sizeof *classes);
    gs_status status = run->mark && run->shares && classes ? GS_OK : gs_fail_memory(error, "the classes of the states");
    for (size_t i = 0; i < states && !status; i++) {
        run->mark[i] = (size_t)gs_run_state_step(run, (int)i);
        status = gs_run_classify_state(run, (int)i, classes, error);
        for (size_t k = 0; k < run->done && !status; k++)
            if (classes[k] >= 0)
                run->shares[i * (size_t)run->classes_judged + (size_t)classes[k]] += 1 / (double)run->done;
    }
    gs_free(classes);
    return status;
}

gs_status gs_run_diagnose(gs_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    size_t steps = (size_t)gs_sample_trace_steps(&run->options);
    gs_run_close_up(run->trace.energy, steps + 1, run->n, run->done);
    gs_run_close_up(run->trace.gradient_norm, steps + 1, run->n, run->done);
    gs_run_close_up(run->trace.acceptance, steps, run->n, run->done);
    gs_status status = run->judged && !run->labels ? count_classes(run, error) : GS_OK;
    if (status)
        return status;
    run->record = (gs_record){.steps = steps,
                              .chains = run->done,
                              .energy = gs_run_has_energy(run) ? run->trace.energy : NULL,
                              .gradient = run->trace.gradient_norm,
                              .acceptance = run->trace.acceptance,
                              .marks = run->shares ? (size_t)run->levels : 0,
                              .mark = run->mark,
                              .classes = run->classes_judged,
                              .shares = run->shares};
    status = gs_diagnose(&run->record, &run->diagnosis, error);
    if (!status && a->plot) {
        char title[160];
        snprintf(title, sizeof title, "%s, %s, %zu chain%s", run->info->name, run->options.sampler, run->done,
                 run->done == 1 ? "" : "s");
        status = gs_diagnosis_plot(&run->record, &run->diagnosis, title, a->plot, error);
    }
    return status;
}
