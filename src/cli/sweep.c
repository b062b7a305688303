/* Samples drawn under several weights: their picture, and their measurements row by row. */
#include "cli/run.h"

#include <math.h>
#include <string.h>

static const float *row_samples(const gs_run *run, int row) {
    return run->samples + (size_t)row * run->n * run->pixels;
}

gs_status gs_run_write_sweep(const gs_run *run, const gs_note *notes, int count, gs_error *error) {
    const int *shape = run->info->shape;
    size_t sizes[5] = {(size_t)run->rows, run->n, (size_t)shape[0], (size_t)shape[1], (size_t)shape[2]};
    if (run->format == GS_FORMAT_NPY)
        return gs_write_npy(run->arguments->out, run->samples, sizes, 5, error);
    gs_sheet sheet;
    gs_status status = gs_sheet_create(&sheet, shape, run->rows, (int)gs_run_shown(run), error);
    for (int i = 0; i < run->rows && !status; i++) {
        snprintf(sheet.row_heads[i], GS_HEAD_MAX, "%g", run->row[i].weight);
        gs_sheet_row(&sheet, i, row_samples(run, i), run->info->range);
    }
    if (!status) {
        status = gs_sheet_write(&sheet, run->arguments->out, notes, count, error);
        gs_sheet_free(&sheet);
    }
    return status;
}

/* Stroke widths, for products with a network that selects by stroke width. */
static void measure_strokes(const gs_run *run, const float *samples, const int *labels, const int *classes,
                            gs_row *row) {
    const int *shape = run->info->shape;
    size_t thick = 0, both = 0;
    double sum = 0;
    for (size_t k = 0; k < run->done; k++) {
        double width = gs_stroke_width(samples + k * run->pixels, shape[1], shape[2], run->info->range);
        bool is_thick = width >= GS_STROKE_THICK;
        sum += width;
        thick += is_thick;
        both += labels && is_thick && labels[k] == classes[k];
    }
    row->stroke = sum / (double)run->done;
    row->thick = (double)thick / (double)run->done;
    row->both = labels ? (double)both / (double)run->done : NAN;
}

gs_status gs_run_measure(gs_run *run, gs_error *error) {
    /* Labels of another set of classes mean nothing to this judge. */
    bool same = (size_t)run->classes == gs_model_get_info(run->judge_model)->output_size[0];
    const int *labels = same ? run->labels : NULL;
    float *room = gs_alloc(run->done, run->pixels * sizeof(float));
    int *classes = gs_alloc(run->done, sizeof(int));
    gs_status status = room && classes ? GS_OK : gs_fail_memory(error, "the samples for the judge");
    for (int i = 0; i < run->rows && !status; i++) {
        gs_row *row = &run->row[i];
        const float *images = gs_run_map(run, row_samples(run, i), run->done, room);
        row->stroke = row->thick = row->both = NAN;
        status = gs_quality_measure(run->judge, images, labels, run->done, &row->quality, error);
        if (!status && run->arguments->compose.count && run->info->shape[0] == 1) {
            status = gs_quality_classify(run->judge, images, run->done, classes, error);
            measure_strokes(run, row_samples(run, i), labels, classes, row);
        }
    }
    gs_free(room);
    gs_free(classes);
    if (!status && run->init.data)
        status = gs_run_measure_kept(run, error);
    run->judged = !status;
    return status;
}
