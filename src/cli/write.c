/* The file of samples. */
#include <string.h>

#include "cli/output.h"
#include "cli/sample.h"
#include "cli/settings.h"
#include "io/picture.h"
#include "io/sheet.h"

size_t gs_run_shown(const gs_run *run) {
    size_t most = run->result.done;
    if (gs_format_holds(run->format) != GS_HOLDS_PICTURE)
        return most;
    if (gs_result_rows(&run->result) > 1)
        most = GS_SHEET_COLUMNS;
    else
        most =
            run->setup.arguments->trajectory ? GS_TRAJECTORY_ROWS : (size_t)run->grid.rows * (size_t)run->grid.columns;
    return run->result.done < most ? run->result.done : most;
}

/* Samples that are no picture: (n, C, H, W) or, if `rows` is not 0, (rows, n, C, H, W). */
static gs_sink_input input_of(const gs_run *run, size_t rows, size_t n) {
    gs_sink_input input = gs_output_input(run->setup.networks.info, rows, n);
    input.labels = run->setup.labels.of_chain;
    return input;
}

static gs_status put(const gs_run *run, const gs_sink_input *input, const float *data, gs_error *error) {
    return gs_sink_put_all(run->format, run->setup.arguments->out, input, data, error);
}

/* The picture of samples drawn under several weights, row by row. */
static gs_status draw_sweep(const gs_run *run, const gs_note *notes, int count, gs_error *error) {
    const gs_model_info *info = run->setup.networks.info;
    const gs_numbers *weights = &run->result.weights;
    gs_sheet sheet;
    gs_status status = gs_sheet_create(&sheet, info->image, weights->count, (int)gs_run_shown(run), error);
    if (status)
        return status;
    sheet.scale = run->setup.arguments->scale;
    for (int i = 0; i < weights->count; i++) {
        snprintf(sheet.row_heads[i], GS_HEAD_MAX, "%g", weights->values[i]);
        gs_sheet_row(&sheet, i, gs_result_row(&run->result, &run->setup, i), info->range);
    }
    status = gs_sheet_write(&sheet, run->format, run->setup.arguments->out, notes, count, error);
    gs_sheet_free(&sheet);
    return status;
}

static gs_status draw_trajectory(const gs_run *run, const gs_note *notes, int count, gs_error *error) {
    const gs_setup *setup = &run->setup;
    const gs_sample_options *o = &setup->options;
    const gs_model_info *info = setup->networks.info;
    gs_trajectory trajectory = {.states = {.data = run->result.trajectory, .n = run->result.done},
                                .levels = run->result.levels,
                                .sigmas = run->result.sigmas,
                                .every = gs_settings_read_by(o, GS_SETTING_EVERY) ? o->every : 0,
                                .steps = o->steps,
                                .labels = setup->labels.of_chain,
                                .classes = setup->labels.classes,
                                .originals = run->start.images.data,
                                .scale = setup->arguments->scale};
    memcpy(trajectory.states.shape, info->image, sizeof trajectory.states.shape);
    memcpy(trajectory.states.range, info->range, sizeof trajectory.states.range);
    return gs_write_trajectory(run->format, setup->arguments->out, &trajectory, notes, count, error);
}

static gs_status write_sweep(const gs_run *run, const gs_note *notes, int count, gs_error *error) {
    if (gs_format_holds(run->format) == GS_HOLDS_PICTURE)
        return draw_sweep(run, notes, count, error);
    gs_sink_input input = input_of(run, (size_t)gs_result_rows(&run->result), run->result.n);
    return put(run, &input, run->result.samples, error);
}

static gs_status write_trajectory(const gs_run *run, const gs_note *notes, int count, gs_error *error) {
    if (gs_format_holds(run->format) == GS_HOLDS_PICTURE)
        return draw_trajectory(run, notes, count, error);
    gs_sink_input input = input_of(run, (size_t)run->result.levels, run->result.done);
    return put(run, &input, run->result.trajectory, error);
}

static gs_status write_samples(const gs_run *run, const gs_note *notes, int count, gs_error *error) {
    gs_sink_input input = input_of(run, 0, run->result.done);
    input.grid = run->grid;
    input.scale = run->setup.arguments->scale;
    input.notes = notes;
    input.note_count = count;
    return put(run, &input, run->result.samples, error);
}

static void put_command(const void *context, FILE *out) {
    gs_run_put_command(context, out);
}

gs_status gs_run_keep(gs_run *run, gs_error *error) {
    const gs_traced *traced = &run->traced;
    json_t *settings = json_object();
    run->result.done = run->result.n; /* what will be drawn, as far as settings know */
    gs_run_put_settings(run, settings);
    return gs_kept_open(&run->traced.kept, &run->setup, run->result.n, traced->stats.inverse_mass,
                        gs_output_settings(settings), gs_output_command(put_command, run), error);
}

static gs_status write_chains(gs_run *run, gs_error *error) {
    gs_traced *traced = &run->traced;
    return gs_kept_finish(&traced->kept, run->result.done, traced->stats.inverse_mass, error);
}

gs_status gs_run_write(gs_run *run, gs_error *error) {
    if (gs_output_is_chains(run->setup.arguments))
        return write_chains(run, error);
    json_t *settings = json_object();
    gs_notes notes;
    gs_run_put_settings(run, settings);
    gs_status status = gs_notes_make(&notes, run->setup.networks.info, gs_output_settings(settings),
                                     gs_output_command(put_command, run), error);
    if (!status) {
        bool is_table = gs_result_rows(&run->result) > 1, has_states = run->setup.arguments->trajectory;
        status = (is_table     ? write_sweep
                  : has_states ? write_trajectory
                               : write_samples)(run, notes.note, GS_NOTES, error);
    }
    gs_notes_free(&notes);
    return status;
}
