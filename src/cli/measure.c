/* Measures samples: their quality by one judge or two, their strokes, and how near they are to training images. */
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "measure/judge.h"
#include "measure/strokes.h"

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

/* The requested labels if they name the judge's classes; other labels mean nothing to the judge. */
static const int *labels_for(const gs_run *run, const gs_model *judge) {
    return run->classes == gs_judge_classes(gs_model_get_info(judge)) ? run->labels : NULL;
}

static gs_status measure_row(gs_run *run, gs_row *row, const float *samples, const float *images, int *classes,
                             gs_error *error) {
    const int *labels = labels_for(run, run->judge_model);
    row->stroke = row->thick = row->both = NAN;
    gs_status status = gs_quality_measure(run->judge, images, labels, run->done, &row->quality, error);
    if (!status && run->arguments->compose.count && run->info->shape[0] == 1) {
        status = gs_quality_classify(run->judge, images, run->done, classes, error);
        measure_strokes(run, samples, labels, classes, row);
    }
    return status;
}

/* Compares all samples with real images, and has the second judge measure and compare them; for the samples of one
 * sampler, not of a sweep. */
static gs_status compare(gs_run *run, const float *images, gs_error *error) {
    uint64_t seed = run->arguments->seed;
    gs_status status = gs_quality_compare(run->judge, images, labels_for(run, run->judge_model), run->done, seed,
                                          &run->comparison, error);
    if (status || !run->second.plan)
        return status;
    const int *labels = labels_for(run, run->second.model);
    status = gs_quality_measure(run->second.plan, images, labels, run->done, &run->second.quality, error);
    if (!status)
        status = gs_quality_compare(run->second.plan, images, labels, run->done, seed, &run->second.comparison, error);
    return status;
}

gs_status gs_run_measure(gs_run *run, gs_error *error) {
    float *room = gs_alloc(run->done, run->pixels * sizeof(float));
    int *classes = gs_alloc(run->done, sizeof(int));
    gs_status status = room && classes ? GS_OK : gs_fail_memory(error, "the samples for the judge");
    for (int i = 0; i < run->rows && !status; i++) {
        const float *images = gs_run_map(run, gs_run_row(run, i), run->done, room);
        status = measure_row(run, &run->row[i], gs_run_row(run, i), images, classes, error);
        if (!status && !run->arguments->sweep.count)
            status = compare(run, images, error);
    }
    gs_free(room);
    gs_free(classes);
    if (!status && run->init.data)
        status = gs_run_measure_kept(run, error);
    run->judged = !status;
    return status;
}

/* ---- The nearest training images ---- */

enum { REAL_MIN = 1000 };

/* The first of the names under which the folder has that part of MNIST; if it has none, false, with the first possible
 * name. */
static bool find_part(const char *folder, const char *part, char path[GS_PATH_ROOM]) {
    static const char *const endings[] = {"-images-idx3-ubyte", "-images.idx3-ubyte", "-images-idx3-ubyte.gz",
                                          "-images.idx3-ubyte.gz"};
    for (size_t i = 0; i <= GS_COUNT(endings); i++) {
        int length = snprintf(path, GS_PATH_ROOM, "%s/%s%s", folder, part, endings[i % GS_COUNT(endings)]);
        if (length < GS_PATH_ROOM && i < GS_COUNT(endings) && access(path, F_OK) == 0)
            return true;
    }
    return false;
}

static bool is_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

gs_status gs_run_read_nearest(gs_run *run, gs_error *error) {
    const char *name = run->arguments->nearest;
    char path[GS_PATH_ROOM];
    size_t real = run->n < REAL_MIN ? REAL_MIN : run->n;
    if (!name)
        return GS_OK;
    if (!is_folder(name)) {
        gs_status status = gs_images_read(name, run->info->shape, run->info->range, SIZE_MAX, &run->training, error);
        return status || run->training.n > 1
                   ? status
                   : gs_fail(error, GS_ERROR_ARGUMENT,
                             "--nearest: %s: has a single image; expected at least 2, as each one's nearest among the "
                             "others is what samples are compared with",
                             name);
    }
    if (!find_part(name, "train", path)) {
        return gs_fail(error, GS_ERROR_FILE,
                       "--nearest: there is no %.300s, nor with .gz: expected MNIST's files or a file", path);
    }
    gs_status status = gs_images_read(path, run->info->shape, run->info->range, SIZE_MAX, &run->training, error);
    if (!status && find_part(name, "t10k", path))
        status = gs_images_read(path, run->info->shape, run->info->range, real, &run->held_out, error);
    return status;
}

gs_status gs_run_measure_nearest(gs_run *run, gs_error *error) {
    const float *range = run->info->range;
    size_t count = run->done * run->pixels, stand_ins = run->n < REAL_MIN ? REAL_MIN : run->n;
    float *clipped = gs_alloc(count, sizeof *clipped); /* as training images are, and pictures of samples */
    if (!clipped)
        return gs_fail_memory(error, "the samples beside training images");
    for (size_t i = 0; i < count; i++)
        clipped[i] = fminf(fmaxf(run->samples[i], range[0]), range[1]);
    if (stand_ins > run->training.n)
        stand_ins = run->training.n;
    gs_status status =
        gs_nearness_measure(clipped, run->done, run->training.data, run->training.n, run->held_out.data,
                            run->held_out.data ? run->held_out.n : stand_ins, run->pixels,
                            (double)(range[1] - range[0]), run->arguments->threads, &run->nearness, error);
    gs_free(clipped);
    return status;
}
