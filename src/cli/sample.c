/* gensample sample: prepare, sample, write, judge, report. */
#include "cli/sample.h"

#include "app/interrupt.h"
#include "app/ranks.h"
#include "cli/commands.h"
#include "cli/diagnose.h"
#include "cli/dry.h"
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

/* Begin to show what is done, and how much of it. */
static void show(gs_progress *progress, const gs_run *run, const char *what, int stages) {
    if (run->setup.arguments->quiet)
        return;
    gs_progress_start(progress, stderr, what);
    gs_progress_stages(progress, stages);
}

/* Whatever is asked for, until an interruption. */
static gs_status measure(gs_run *run, gs_progress *progress, gs_error *error) {
    const gs_setup *setup = &run->setup;
    gs_status status = GS_OK;
    if (run->judging.judge.plan && !gs_interrupted()) {
        show(progress, run, "judging", gs_judging_stages(&run->judging, &run->result, &run->start));
        status = gs_judging_measure(&run->judging, setup, &run->result, &run->start, progress, error);
    }
    if (!status && run->nearest.training.data && !gs_interrupted()) {
        show(progress, run, "looking for the nearest training images", 1);
        status = gs_nearest_measure(&run->nearest, setup, &run->result, error);
    }
    if (!status && gs_traced_is_wanted(setup->arguments) && !gs_interrupted()) {
        gs_network none = {0};
        show(progress, run, "diagnosing", 1);
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

static void warn(void *context, const char *text) {
    fprintf(context, "warning: %s\n", text);
}

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
    if (run->traced.record.chains)
        gs_followed_warn(&run->traced.followed, warn, stderr);
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
    if (run->draws.interrupted && result->done == 0 && !run->traced.kept.status) {
        return gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: no %s was finished, nothing is written",
                       cut ? "weight of the sweep" : "sample");
    }
    gs_close_up(result->trajectory, (size_t)result->levels, result->n * pixels, result->done * pixels);
    gs_status status = gs_run_write(run, error);
    if (!status)
        status = gs_run_map(run, error);
    if (!status) {
        gs_progress progress = {0};
        status = measure(run, &progress, error);
        gs_progress_clear(&progress);
    }
    if (!status)
        status = report(run, error);
    return !status ? tell_interruption(run, cut, error) : status;
}

/* Checks --compose, --sweep and --init. */
static gs_status check_product(const gs_arguments *arguments, gs_error *error) {
    const bool *given = arguments->given;
    if (given[GS_OPTION_COMPOSE] && arguments->model)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--model: cannot go with --compose, which names all networks");
    if (given[GS_OPTION_INIT_NOISE] && !arguments->init) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--init-noise: noise is added to the images of --init, which is missing");
    }
    if (!given[GS_OPTION_SWEEP])
        return GS_OK;
    if (!given[GS_OPTION_COMPOSE])
        return gs_fail(error, GS_ERROR_ARGUMENT, "--sweep: weights of the last --compose, which is missing");
    const struct {
        bool given;
        const char *name;
    } others[] = {{given[GS_OPTION_GRID], "grid"},   {arguments->trajectory, "trajectory"},
                  {arguments->init != NULL, "init"}, {arguments->diagnose, "diagnose"},
                  {arguments->plot != NULL, "plot"}, {arguments->map != NULL, "map"}};
    for (size_t i = 0; i < GS_COUNT(others); i++)
        if (others[i].given)
            return gs_fail(error, GS_ERROR_ARGUMENT, "--sweep: cannot go with --%s", others[i].name);
    for (int i = 0; arguments->compose.count == 1 && i < arguments->sweep.count; i++)
        if (arguments->sweep.values[i] == 0)
            return gs_fail(error, GS_ERROR_ARGUMENT, "--sweep: a weight of 0 leaves nothing of the only --compose");
    return GS_OK;
}

static gs_status check(const gs_arguments *arguments, gs_error *error) {
    gs_status status = check_product(arguments, error);
    if (status)
        return status;
    if (arguments->quiet && (arguments->quality || arguments->judge)) {
        return gs_fail(error, GS_ERROR_ARGUMENT, "--quiet: cannot go with --%s, whose figures it would not print",
                       arguments->quality ? "quality" : "judge");
    }
    if (arguments->quiet && arguments->diagnose && !arguments->plot) {
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--quiet: cannot go with --diagnose, whose figures it would not print");
    }
    status = gs_dry_check(arguments, error);
    if (status)
        return status;
    bool is_chains = gs_output_is_chains(arguments);
    if (arguments->given[GS_OPTION_EVERY] && !arguments->trajectory && !is_chains)
        return gs_fail(error, GS_ERROR_ARGUMENT,
                       "--every: says which states --trajectory draws, or --out FILE.nc has; add that");
    if (arguments->warmup && !is_chains)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--warmup: says what .nc files have; add --out FILE.nc");
    if (arguments->coordinates.count && !arguments->diagnose && !arguments->plot)
        return gs_fail(error, GS_ERROR_ARGUMENT, "--coordinates: --diagnose or --plot follows them; add one");
    if (arguments->trajectory && arguments->given[GS_OPTION_GRID])
        return gs_fail(error, GS_ERROR_ARGUMENT, "--grid: cannot go with --trajectory, which has one row per chain");
    return gs_shards_check_arguments(arguments, error);
}

static gs_status run_command(const gs_arguments *arguments, gs_error *error) {
    gs_run run;
    int cut = 0;
    size_t busy = 0;
    if (!arguments->shard_size && gs_ranks_count() > 1)
        return gs_fail(
            error, GS_ERROR_ARGUMENT,
            "--shard-size: missing: each of the %d processes would draw all samples and write the same file; "
            "add --shard-size K and --out DIR/, or set GENSAMPLE_MPI=off where each has a run of its own",
            gs_ranks_count());
    if (arguments->shard_size)
        return gs_shards_run(arguments, arguments->resume ? GS_SHARDS_RESUME : GS_SHARDS_NEW, &busy, error);
    gs_status status = gs_run_prepare(&run, arguments, error);
    if (arguments->dry_run) {
        status = !status ? gs_dry_report(&run, NULL, stdout, error) : status;
        gs_run_free(&run);
        return status;
    }
    if (!status)
        status = draw(&run, &cut, error);
    if (!status)
        status = finish(&run, cut, error);
    gs_run_free(&run);
    return status;
}

const gs_command gs_command_sample = {
    .about = "gensample draws samples from a generative network on the CPU.\n",
    .examples = "  gensample -n 1024 --out samples.png\n"
                "  gensample --label all -n 100 --out classes.png\n"
                "  gensample -n 8 --trajectory --out trajectory.png\n"
                "  gensample -n 10000 --quality --json --out samples.npy\n"
                "  gensample --model my/network.bin --sampler heun --steps 30\n"
                "  gensample --model mixture:means=-2/0,2/0,sd=0.5 -n 1000 --out points.npy\n"
                "  gensample --compose ncsn-cond:1 --compose ebm-thick:2 --label 3 --out thick.png\n"
                "  gensample -n 10000000 --out run/ --shard-size 100000 --resume\n"
                "  gensample --init digits.png --sigmas 0.02,1 --trajectory --out strips.png\n"
                "\nexit status: 0 success, 1 failure, 2 usage, 130 interrupted (finished samples are kept)\n",
    .lists = GS_LISTS_SAMPLERS | GS_LISTS_DENSITIES | GS_LISTS_NETWORKS,
    .out = "samples.png",
    .check = check,
    .sharing = GS_SHARING_RANKS,
    .run = run_command};
