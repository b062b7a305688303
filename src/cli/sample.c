/* gensample sample: prepare, sample, write, judge, report. */
#include <stdlib.h>
#include <string.h>

#include "app/interrupt.h"
#include "cli/commands.h"
#include "cli/diagnose.h"
#include "cli/run.h"
#include "measure/quality.h"

static bool show_progress(void *context, double part, size_t done, size_t n) {
    gs_progress_update(context, part, done, n);
    return !gs_interrupted();
}

static void note_warnings(gs_run *run, const char *what) {
    char text[GS_MESSAGE_MAX];
    if (!run->warnings)
        run->warnings = json_array();
    for (int i = 0; gs_outcome_warning(run->options.outcome, &run->options, i, text, sizeof text); i++)
        json_array_append_new(run->warnings, json_sprintf("%s%s%s", what ? what : "", what ? ": " : "", text));
}

gs_status gs_run_draw(gs_run *run, const char *what, float *samples, gs_error *error) {
    gs_progress progress = {0};
    gs_outcome outcome = {0};
    gs_interrupt_install();
    if (!run->arguments->quiet)
        gs_progress_start(&progress, stderr, what);
    run->options.progress = show_progress;
    run->options.context = &progress;
    run->options.outcome = &outcome;
    double start_s = gs_now_s();
    gs_status status = gs_sample(run->plan, &run->options, run->n, samples, &run->done, error);
    run->seconds += gs_now_s() - start_s;
    gs_progress_clear(&progress);
    if (!status)
        run->done = run->n;
    if (!status || status == GS_ERROR_INTERRUPTED) {
        run->interrupted = status != GS_OK;
        note_warnings(run, what);
        status = GS_OK;
    }
    run->options.outcome = NULL;
    return status;
}

gs_progress gs_run_wait(const gs_run *run, const char *what) {
    gs_progress progress = {0};
    if (!run->arguments->quiet)
        gs_progress_start(&progress, stderr, what);
    gs_progress_wait(&progress);
    return progress;
}

void gs_run_warn(const gs_run *run, FILE *out) {
    for (size_t i = 0; i < json_array_size(run->warnings); i++)
        fprintf(out, "warning: %s\n", json_string_value(json_array_get(run->warnings, i)));
}

const float *gs_run_map(const gs_run *run, const float *images, size_t n, float *room) {
    const float *range = gs_model_get_info(run->judge_model)->range;
    if (!memcmp(range, run->info->range, sizeof run->info->range))
        return images;
    gs_map_range(images, n * run->pixels, run->info->range, range, room);
    return room;
}

size_t gs_run_shown(const gs_run *run) {
    size_t most = run->done;
    if (gs_format_holds(run->format) != GS_HOLDS_PICTURE)
        return most;
    if (run->rows > 1)
        most = GS_SHEET_COLUMNS;
    else
        most = run->arguments->trajectory ? GS_TRAJECTORY_ROWS : (size_t)run->grid.rows * (size_t)run->grid.columns;
    return run->done < most ? run->done : most;
}

gs_sink_input gs_run_sink_input(const gs_run *run, size_t rows, size_t n) {
    const int *shape = run->info->shape;
    gs_sink_input input = {.range = {run->info->range[0], run->info->range[1]}};
    if (rows)
        input.sizes[input.rank++] = rows;
    input.sizes[input.rank++] = n;
    for (int i = 0; i < 3; i++)
        input.sizes[input.rank++] = (size_t)shape[i];
    return input;
}

static gs_status draw_trajectory(const gs_run *run, const gs_note *notes, int count, gs_error *error) {
    gs_trajectory trajectory = {.states = {.data = run->trajectory, .n = run->done},
                                .levels = run->levels,
                                .sigmas = run->sigmas,
                                .every = gs_run_reads(run, GS_SETTING_EVERY) ? run->options.every : 0,
                                .steps = run->options.steps,
                                .labels = run->labels,
                                .classes = run->classes,
                                .originals = run->init.data};
    memcpy(trajectory.states.shape, run->info->shape, sizeof trajectory.states.shape);
    memcpy(trajectory.states.range, run->info->range, sizeof trajectory.states.range);
    return gs_write_trajectory(run->format, run->arguments->out, &trajectory, notes, count, error);
}

static gs_status write_samples(const gs_run *run, const gs_note *notes, int count, gs_error *error) {
    const char *path = run->arguments->out;
    bool is_picture = gs_format_holds(run->format) == GS_HOLDS_PICTURE;
    if (run->rows > 1)
        return gs_run_write_sweep(run, notes, count, error);
    if (run->arguments->trajectory && is_picture)
        return draw_trajectory(run, notes, count, error);
    if (run->arguments->trajectory) {
        gs_sink_input states = gs_run_sink_input(run, (size_t)run->levels, run->done);
        states.labels = run->labels;
        return gs_sink_put_all(run->format, path, &states, run->trajectory, error);
    }
    gs_sink_input input = gs_run_sink_input(run, 0, run->done);
    input.labels = run->labels;
    input.grid = run->grid;
    input.notes = notes;
    input.note_count = count;
    return gs_sink_put_all(run->format, path, &input, run->samples, error);
}

gs_status gs_run_write(const gs_run *run, gs_error *error) {
    char *settings = gs_run_settings(run), *command = gs_run_command(run);
    gs_status status = GS_OK;
    if (settings && command) {
        gs_note notes[] = {{"Software", "gensample " GS_VERSION},
                           {"gensample:model", run->info->name},
                           {"gensample:hash", run->info->hash},
                           {"gensample:settings", settings},
                           {"gensample:command", command}};
        status = write_samples(run, notes, (int)GS_COUNT(notes), error);
    } else {
        status = gs_fail_memory(error, "the picture's notes");
    }
    free(settings);
    free(command);
    return status;
}

gs_arguments *gs_run_own_arguments(gs_run *run) {
    run->own = *run->arguments;
    run->arguments = &run->own;
    return &run->own;
}

/* Keep the first `rows` rows of an interrupted sweep. */
static void keep_rows(gs_run *run, int rows) {
    gs_run_own_arguments(run)->sweep.count = rows;
    run->rows = rows;
    run->done = rows ? run->n : 0;
    if (rows)
        gs_run_weigh(run, rows - 1);
}

/* `weights`: the number of weights that an interrupted sweep was to have; else 0. */
static gs_status finish(gs_run *run, int weights, gs_error *error) {
    const gs_arguments *a = run->arguments;
    if (run->interrupted && run->done == 0) {
        return gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: no %s was finished, nothing is written",
                       weights ? "weight of the sweep" : "sample");
    }
    gs_status status = gs_run_write(run, error);
    gs_progress progress = gs_run_wait(run, run->judge ? "judging" : "diagnosing");
    if (!status && run->judge && !gs_interrupted())
        status = gs_run_measure(run, error);
    if (!status && run->training.data && !gs_interrupted())
        status = gs_run_measure_nearest(run, error);
    if (!status && gs_run_diagnoses(run) && !gs_interrupted())
        status = gs_run_diagnose(run, error);
    gs_progress_clear(&progress);
    bool is_cut = !status && ((run->judge && !run->judged) || (gs_run_diagnoses(run) && !run->record.chains));
    if (!status && !a->quiet)
        status = gs_run_report(run, gs_arguments_report(a), error);
    if (!status)
        gs_run_warn(run, stderr);
    if (!status && !a->quiet)
        gs_run_warn_of_quality(run, stderr);
    if (!status && run->record.chains)
        gs_diagnosis_warn(&run->diagnosis, stderr);
    if (!status && weights) {
        status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: samples of %d of %d weights are kept in %s%s",
                         run->rows, weights, gs_output_label(a->out), is_cut ? ", and not measured" : "");
    } else if (!status && (run->interrupted || is_cut)) {
        status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: %zu of %zu samples are kept in %s%s", run->done,
                         run->n, gs_output_label(a->out), is_cut ? ", and not measured" : "");
    }
    return status;
}

gs_status gs_sample_command(const gs_arguments *arguments, gs_error *error) {
    gs_run run;
    gs_status status = gs_run_prepare(&run, arguments, error);
    int row = 0, weights = 0;
    for (; row < run.rows && !status && !run.interrupted; row++) {
        char what[64];
        gs_run_weigh(&run, row);
        snprintf(what, sizeof what, "weight %g", run.row[row].weight);
        status = gs_run_draw(&run, run.rows > 1 ? what : NULL, run.samples + (size_t)row * run.n * run.pixels, error);
    }
    if (!status) {
        if (run.interrupted && run.rows > 1) {
            weights = run.rows;
            keep_rows(&run, row - 1);
        }
        gs_run_close_up(run.trajectory, (size_t)run.levels, run.n * run.pixels, run.done * run.pixels);
        status = finish(&run, weights, error);
    }
    gs_run_free(&run);
    return status;
}
