/* gensample sample: prepare, sample, write, judge, report. */
#include <stdlib.h>
#include <string.h>

#include "cli/interrupt.h"
#include "cli/run.h"
#include "io/progress.h"
#include "measure/quality.h"

static bool show_progress(void *context, size_t done, size_t n) {
    gs_progress_update(context, done, n);
    return !gs_interrupted();
}

/* Close up the states of the finished chains of each level: (levels, n, ...) to (levels, done, ...). */
static void keep_finished(gs_run *run) {
    size_t row = run->n * run->pixels, kept = run->done * run->pixels;
    for (size_t level = 1; run->trajectory && level < (size_t)run->levels; level++) {
        memmove(run->trajectory + level * kept, run->trajectory + level * row, kept * sizeof(float));
    }
}

static gs_status draw(gs_run *run, gs_error *error) {
    gs_progress progress = {0};
    gs_interrupt_install();
    if (!run->arguments->quiet) {
        gs_progress_start(&progress, stderr);
    }
    run->options.progress = show_progress;
    run->options.context = &progress;
    double start_s = gs_now_s();
    gs_status status = gs_sample(run->plan, &run->options, run->n, run->samples, &run->done, error);
    run->seconds = gs_now_s() - start_s;
    gs_progress_clear(&progress);
    if (status == GS_OK) {
        run->done = run->n;
    } else if (status == GS_ERROR_INTERRUPTED) {
        run->interrupted = true;
        keep_finished(run);
        status = GS_OK;
    }
    return status;
}

static gs_status judge(gs_run *run, gs_error *error) {
    const gs_model_info *info = gs_model_get_info(run->judge_model);
    const float *images = run->samples;
    float *mapped = NULL;
    if (memcmp(info->range, run->info->range, sizeof info->range) != 0) {
        mapped = gs_alloc(run->done, run->pixels * sizeof(float));
        if (!mapped) {
            return gs_fail_memory(error, "the samples for the judge");
        }
        gs_map_range(run->samples, run->done * run->pixels, run->info->range, info->range, mapped);
        images = mapped;
    }
    /* Labels of another set of classes say nothing to this judge. */
    const int *labels = (size_t)run->info->labels == info->output_size[0] ? run->labels : NULL;
    gs_status status = gs_quality_measure(run->judge, images, labels, run->done, &run->quality, error);
    run->judged = status == GS_OK;
    gs_free(mapped);
    return status;
}

size_t gs_run_shown(const gs_run *run) {
    size_t most = run->done;
    if (run->format == GS_FORMAT_PNG) {
        most = run->arguments->trajectory ? GS_TRAJECTORY_ROWS : (size_t)run->grid.rows * (size_t)run->grid.columns;
    }
    return run->done < most ? run->done : most;
}

static gs_status write_samples(const gs_run *run, const gs_note *notes, int count, gs_error *error) {
    const char *path = run->arguments->out;
    const int *shape = run->info->shape;
    gs_images images = {.data = run->samples, .n = run->done};
    memcpy(images.shape, shape, sizeof images.shape);
    memcpy(images.range, run->info->range, sizeof images.range);
    size_t sizes[5] = {(size_t)run->levels, run->done, (size_t)shape[0], (size_t)shape[1], (size_t)shape[2]};
    if (run->trajectory && run->format == GS_FORMAT_NPY) {
        return gs_write_npy(path, run->trajectory, sizes, 5, error);
    }
    if (run->trajectory) {
        gs_trajectory trajectory = {.states = images,
                                    .levels = run->levels,
                                    .sigmas = run->sigmas,
                                    .every = gs_run_reads(run, "every") ? run->options.every : 0,
                                    .steps = run->options.steps,
                                    .labels = run->labels,
                                    .classes = run->info->labels};
        trajectory.states.data = run->trajectory;
        return gs_write_trajectory(path, &trajectory, notes, count, error);
    }
    switch (run->format) {
    case GS_FORMAT_PNG:
        return gs_write_grid(path, &images, run->grid, notes, count, error);
    case GS_FORMAT_NPY:
        return gs_write_npy(path, run->samples, sizes + 1, 4, error);
    case GS_FORMAT_IDX:
        return gs_write_idx(path, &images, error);
    case GS_FORMAT_DIRECTORY:
        return gs_write_directory(path, &images, notes, count, error);
    }
    return GS_OK;
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

static gs_status finish(gs_run *run, gs_error *error) {
    const gs_arguments *a = run->arguments;
    if (run->interrupted && run->done == 0) {
        return gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: no sample was finished, nothing is written");
    }
    gs_status status = gs_run_write(run, error);
    if (status == GS_OK && run->judge && !gs_interrupted()) {
        status = judge(run, error);
    }
    if (status == GS_OK && !a->quiet) {
        status = gs_run_report(run, stdout, error);
    }
    if (status == GS_OK && run->interrupted) {
        status = gs_fail(error, GS_ERROR_INTERRUPTED, "interrupted: %zu of %zu samples are kept in %s", run->done,
                         run->n, a->out);
    }
    return status;
}

gs_status gs_sample_command(const gs_arguments *arguments, gs_error *error) {
    gs_run run;
    gs_status status = gs_run_prepare(&run, arguments, error);
    if (status == GS_OK) {
        status = draw(&run, error);
    }
    if (status == GS_OK) {
        status = finish(&run, error);
    }
    gs_run_free(&run);
    return status;
}
