/* The picture of samples drawn under several weights, row by row. */
#include "cli/run.h"

const float *gs_run_row(const gs_run *run, int row) {
    return run->samples + (size_t)row * run->n * run->pixels;
}

gs_status gs_run_write_sweep(const gs_run *run, const gs_note *notes, int count, gs_error *error) {
    const int *shape = run->info->shape;
    gs_sink_input input = gs_run_sink_input(run, (size_t)run->rows, run->n);
    input.labels = run->labels;
    if (gs_format_holds(run->format) != GS_HOLDS_PICTURE)
        return gs_sink_put_all(run->format, run->arguments->out, &input, run->samples, error);
    gs_sheet sheet;
    gs_status status = gs_sheet_create(&sheet, shape, run->rows, (int)gs_run_shown(run), error);
    for (int i = 0; i < run->rows && !status; i++) {
        snprintf(sheet.row_heads[i], GS_HEAD_MAX, "%g", run->row[i].weight);
        gs_sheet_row(&sheet, i, gs_run_row(run, i), run->info->range);
    }
    if (!status) {
        status = gs_sheet_write(&sheet, run->format, run->arguments->out, notes, count, error);
        gs_sheet_free(&sheet);
    }
    return status;
}
