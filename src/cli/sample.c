/* gensample sample: prepare, sample, write, judge, report. */
#include "cli/sample.h"

#include "app/interrupt.h"
#include "cli/commands.h"
#include "cli/diagnose.h"
#include "cli/map.h"
#include "io/output.h"
#include "io/progress.h"

/* ---- Sampling ---- */

/* Draw all rows; *cut becomes the number of weights that an interrupted sweep was to have, or 0. */
static gs_status draw(gs_run *run, int *cut, gs_error *error) {
    gs_result *result = &run->result;
    gs_status status = GS_OK;
    int row = 0, rows = gs_result_rows(result);
    for (; row < rows && !status && !run->draws.interrupted; row++) {
        char what[64];
        gs_run_weigh(run, row);
        snprintf(what, sizeof what, "weight %g", result->weights.values[row]);
        status = gs_draws_add(&run->draws, &run->setup, rows > 1 ? what : NULL, result->n,
                              gs_result_row(result, &run->setup, row), &result->done, error);
    }
    *cut = !status && run->draws.interrupted && rows > 1 ? rows : 0;
    if (*cut) {
        result->weights.count = row - 1;
        result->done = row > 1 ? result->n : 0;
        if (row > 1)
            gs_run_weigh(run, row - 2);
    }
    return status;
}

/* ---- Measuring ---- */

/* Show what is done, as it does not report its progress. */
static gs_progress wait_for(const gs_run *run) {
    gs_progress progress = {0};
    if (!run->setup.arguments->quiet)
        gs_progress_start(&progress, stderr, run->judging.judge.plan ? "judging" : "diagnosing");
    gs_progress_wait(&progress);
    return progress;
}

/* Whatever is asked for, until an interruption. */
static gs_status measure(gs_run *run, gs_error *error) {
    const gs_setup *setup = &run->setup;
    gs_status status = GS_OK;
    if (run->judging.judge.plan && !gs_interrupted())
        status = gs_judging_measure(&run->judging, setup, &run->result, &run->start, error);
    if (!status && run->nearest.training.data && !gs_interrupted())
        status = gs_nearest_measure(&run->nearest, setup, &run->result, error);
    if (!status && gs_traced_is_wanted(setup->arguments) && !gs_interrupted()) {
        gs_network none = {0};
        status = gs_traced_diagnose(&run->traced, setup, &run->result, run->judging.done ? &run->judging.judge : &none,
                                    error);
    }
    return status;
}

/* Whether something was left out. */
static bool is_unmeasured(const gs_run *run) {
    return (run->judging.judge.plan && !run->judging.done) ||
           (gs_traced_is_wanted(run->setup.arguments) && !run->traced.record.chains);
}

/* ---- All ---- */

static gs_status report(const gs_run *run, gs_error *error) {
    const gs_arguments *a = run->setup.arguments;
    gs_status status = !a->quiet ? gs_run_report(run, gs_arguments_report(a), error) : GS_OK;
    if (status)
        return status;
    gs_draws_warn(&run->draws, stderr);
    if (!a->quiet)
        gs_judging_warn(&run->judging, &run->setup, stderr);
    if (run->traced.record.chains)
        gs_diagnosis_warn(&run->traced.diagnosis, stderr);
    return GS_OK;
}

/* Say what an interruption left. */
static gs_status tell_interruption(const gs_run *run, int cut, gs_error *error) {
    const char *out = gs_output_label(run->setup.arguments->out);
    const char *rest = is_unmeasured(run) ? ", and not measured" : "";
    if (cut) {
        return gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: samples of %d of %d weights are kept in %s%s",
                       gs_result_rows(&run->result), cut, out, rest);
    }
    if (!run->draws.interrupted && !rest[0])
        return GS_OK;
    return gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: %zu of %zu samples are kept in %s%s", run->result.done,
                   run->result.n, out, rest);
}

static gs_status finish(gs_run *run, int cut, gs_error *error) {
    gs_result *result = &run->result;
    size_t pixels = run->setup.networks.pixels;
    if (run->draws.interrupted && result->done == 0) {
        return gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: no %s was finished, nothing is written",
                       cut ? "weight of the sweep" : "sample");
    }
    gs_close_up(result->trajectory, (size_t)result->levels, result->n * pixels, result->done * pixels);
    gs_status status = gs_run_write(run, error);
    if (!status)
        status = gs_run_map(run, error);
    if (!status) {
        gs_progress progress = wait_for(run);
        status = measure(run, error);
        gs_progress_clear(&progress);
    }
    if (!status)
        status = report(run, error);
    return !status ? tell_interruption(run, cut, error) : status;
}

gs_status gs_sample_command(const gs_arguments *arguments, gs_error *error) {
    gs_run run;
    int cut = 0;
    gs_status status = gs_run_prepare(&run, arguments, error);
    if (!status)
        status = draw(&run, &cut, error);
    if (!status)
        status = finish(&run, cut, error);
    gs_run_free(&run);
    return status;
}
